//! The checks of this stage, in order.

use crate::check::Check;

mod local_browser;
mod local_clock;
mod local_server_env;

pub(super) const ALL: &[&Check] = &[&local_clock::CHECK, &local_browser::CHECK, &local_server_env::CHECK];

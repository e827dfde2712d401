//! The checks of this stage, in order.

use crate::check::Check;

mod authz_browser_open;
mod authz_callback_listener;

pub(super) const ALL: &[&Check] = &[&authz_browser_open::CHECK, &authz_callback_listener::CHECK];

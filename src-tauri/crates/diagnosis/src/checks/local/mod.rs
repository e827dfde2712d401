//! The checks of this stage, in order.

use crate::check::Check;

mod local_browser;

pub(super) const ALL: &[&Check] = &[&local_browser::CHECK];

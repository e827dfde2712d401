//! The checks of this stage, in order.

use crate::check::Check;

mod cl_duplicate;
mod cl_static_header;

pub(super) const ALL: &[&Check] = &[&cl_duplicate::CHECK, &cl_static_header::CHECK];

//! The checks of this stage, in order.

use crate::check::Check;

pub(super) const ALL: &[&Check] = &[];

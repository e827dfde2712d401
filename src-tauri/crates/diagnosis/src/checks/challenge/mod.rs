//! The checks of the stage `challenge`, in order.

use crate::check::Check;

mod challenge_present;

pub(super) const ALL: &[&Check] = &[&challenge_present::CHECK];

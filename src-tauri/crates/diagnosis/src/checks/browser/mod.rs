//! The checks of this stage, in order.

use crate::check::Check;

mod browser_confinement;
mod browser_display;
mod browser_loopback;
mod browser_opener;
mod browser_policy;
mod browser_round_trip;
mod browser_variable;
mod browser_way_back;

pub(super) const ALL: &[&Check] = &[
    &browser_opener::CHECK,
    &browser_display::CHECK,
    &browser_variable::CHECK,
    &browser_confinement::CHECK,
    &browser_policy::CHECK,
    &browser_loopback::CHECK,
    &browser_way_back::CHECK,
    &browser_round_trip::CHECK,
];

//! The checks of this stage, in order.

use crate::check::Check;

mod authz_browser_open;
mod authz_callback_listener;
mod authz_code_present;
mod authz_consent;
mod authz_error;
mod authz_iss;
mod authz_state;
mod authz_timeout;

pub(super) const ALL: &[&Check] = &[
    &authz_error::CHECK,
    &authz_iss::CHECK,
    &authz_state::CHECK,
    &authz_code_present::CHECK,
    &authz_timeout::CHECK,
    &authz_browser_open::CHECK,
    &authz_callback_listener::CHECK,
    &authz_consent::CHECK,
];

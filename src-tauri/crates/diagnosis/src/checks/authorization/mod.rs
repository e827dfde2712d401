//! The checks of this stage, in order.

use crate::check::Check;

mod authz_browser_open;
mod authz_callback_browser_block;
mod authz_callback_listener;
mod authz_code_present;
mod authz_consent;
mod authz_ema;
pub(crate) use authz_ema::is_managed;
mod authz_error;
mod authz_iss;
mod authz_login_connection;
mod authz_pkce_enforced;
mod authz_popup;
mod authz_redirect_registered;
mod authz_redirect_rules;
mod authz_resource;
mod authz_scope;
mod authz_state;
mod authz_timeout;

pub(super) const ALL: &[&Check] = &[
    &authz_redirect_registered::CHECK,
    &authz_redirect_rules::CHECK,
    &authz_resource::CHECK,
    &authz_scope::CHECK,
    &authz_pkce_enforced::CHECK,
    &authz_error::CHECK,
    &authz_iss::CHECK,
    &authz_state::CHECK,
    &authz_code_present::CHECK,
    &authz_timeout::CHECK,
    &authz_popup::CHECK,
    &authz_browser_open::CHECK,
    &authz_callback_listener::CHECK,
    &authz_callback_browser_block::CHECK,
    &authz_login_connection::CHECK,
    &authz_consent::CHECK,
    &authz_ema::CHECK,
];

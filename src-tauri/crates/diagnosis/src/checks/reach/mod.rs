//! The checks of the stage `reach`, in order.

use crate::check::Check;

mod reach_dns;
mod reach_https_required;
mod reach_localhost_family;
mod reach_port_443;
mod reach_proxy;
mod reach_public_for_cloud;
mod reach_tcp;
mod reach_tls_chain;
mod reach_tls_date;
mod reach_tls_mitm;
mod reach_tls_name;
mod reach_tls_protocol;
mod reach_url_valid;

pub(super) const ALL: &[&Check] = &[
    &reach_url_valid::CHECK,
    &reach_dns::CHECK,
    &reach_tcp::CHECK,
    &reach_localhost_family::CHECK,
    &reach_public_for_cloud::CHECK,
    &reach_port_443::CHECK,
    &reach_https_required::CHECK,
    &reach_tls_chain::CHECK,
    &reach_tls_date::CHECK,
    &reach_tls_name::CHECK,
    &reach_tls_mitm::CHECK,
    &reach_tls_protocol::CHECK,
    &reach_proxy::CHECK,
];

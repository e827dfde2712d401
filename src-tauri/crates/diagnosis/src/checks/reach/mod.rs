//! The checks of the stage `reach`, in order.

use crate::check::Check;

mod reach_5xx;
mod reach_decode;
mod reach_dns;
mod reach_host_header;
mod reach_https_required;
mod reach_latency;
mod reach_lb_path_rule;
mod reach_localhost_family;
mod reach_path;
mod reach_port_443;
mod reach_proxy;
mod reach_public_for_cloud;
mod reach_rate_limit;
mod reach_redirect;
mod reach_slash;
mod reach_tcp;
mod reach_tls_chain;
mod reach_tls_date;
mod reach_tls_mitm;
mod reach_tls_name;
mod reach_tls_protocol;
mod reach_url_valid;
mod reach_waf;

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
    &reach_redirect::CHECK,
    &reach_slash::CHECK,
    &reach_path::CHECK,
    &reach_lb_path_rule::CHECK,
    &reach_waf::CHECK,
    &reach_rate_limit::CHECK,
    &reach_5xx::CHECK,
    &reach_host_header::CHECK,
    &reach_decode::CHECK,
    &reach_latency::CHECK,
];

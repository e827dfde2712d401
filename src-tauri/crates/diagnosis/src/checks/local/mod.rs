//! The checks of this stage, in order.

use crate::check::Check;

mod local_browser;
mod local_cache;
mod local_clock;
mod local_config_readable;
mod local_config_used;
mod local_hosts;
mod local_mcp_remote_arguments;
mod local_port_free;
mod local_runtime;
mod local_server_env;
mod local_trust;

pub(super) const ALL: &[&Check] = &[
    &local_clock::CHECK,
    &local_config_readable::CHECK,
    &local_config_used::CHECK,
    &local_mcp_remote_arguments::CHECK,
    &local_port_free::CHECK,
    &local_hosts::CHECK,
    &local_browser::CHECK,
    &local_cache::CHECK,
    &local_runtime::CHECK,
    &local_trust::CHECK,
    &local_server_env::CHECK,
];

//! The checks of the stage `client-specific`, in order.

use crate::check::Check;

mod cl_chatgpt;
mod cl_claude_code;
mod cl_claude_connector;
mod cl_cursor;
mod cl_duplicate;
mod cl_inspector;
mod cl_message;
mod cl_static_header;
mod cl_transport_type;
mod cl_version;
mod cl_vscode;

pub(super) const ALL: &[&Check] = &[
    &cl_message::CHECK,
    &cl_claude_connector::CHECK,
    &cl_chatgpt::CHECK,
    &cl_claude_code::CHECK,
    &cl_cursor::CHECK,
    &cl_vscode::CHECK,
    &cl_inspector::CHECK,
    &cl_duplicate::CHECK,
    &cl_static_header::CHECK,
    &cl_version::CHECK,
    &cl_transport_type::CHECK,
];

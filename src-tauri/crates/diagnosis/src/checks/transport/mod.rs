//! The checks of the stage `transport`, in order.

use crate::check::Check;

mod tr_accept;
mod tr_body;
mod tr_content_type;
mod tr_era;
mod tr_get;
mod tr_initialize;
mod tr_kind;
mod tr_mcp_headers;
mod tr_notification_202;
mod tr_protocol_header;
mod tr_second_request;
mod tr_session;
mod tr_sse_stream;

pub(super) const ALL: &[&Check] = &[
    &tr_kind::CHECK,
    &tr_era::CHECK,
    &tr_accept::CHECK,
    &tr_content_type::CHECK,
    &tr_protocol_header::CHECK,
    &tr_get::CHECK,
    &tr_session::CHECK,
    &tr_second_request::CHECK,
    &tr_sse_stream::CHECK,
    &tr_body::CHECK,
    &tr_mcp_headers::CHECK,
    &tr_initialize::CHECK,
    &tr_notification_202::CHECK,
];

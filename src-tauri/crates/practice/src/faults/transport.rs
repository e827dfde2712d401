//! The messages themselves.

use super::{APP_PAGE, answer, error, warning};
use crate::behaviour::{Fault, Needs, Place, Quirk, Twist};

pub(super) const FAULTS: &[Fault] = &[
    warning(
        "event-stream-only",
        "The server speaks the oldest dialect of MCP (HTTP with server-sent events).",
        ("tr-kind", "sse-only"),
        &[Twist::Quirk(Quirk::EventStreamOnly)],
    ),
    error(
        "modern-only",
        "The server speaks only the newest protocol, and older apps cannot talk to it.",
        ("tr-era", "modern-only"),
        &[Twist::Quirk(Quirk::ModernOnly)],
    )
    .needing(Needs::Token),
    error(
        "modern-crashes",
        "A message in the newest protocol makes the server crash (500).",
        ("tr-era", "modern-fails"),
        &[answer(Place::Modern, 500, "Internal Server Error")],
    )
    .needing(Needs::Token),
    error(
        "accept-refused",
        "A proxy changes what apps say they can read (Accept), and the server refuses.",
        ("tr-accept", "refused"),
        &[answer(
            Place::Post,
            406,
            "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32000,\"message\":\"Not Acceptable: Client must accept both application/json and text/event-stream\"}}",
        )],
    ),
    error(
        "content-type-refused",
        "The server refuses messages for their label (415), although it is right.",
        ("tr-content-type", "refused"),
        &[answer(Place::Post, 415, "Unsupported Media Type: Content-Type must be application/json")],
    ),
    error(
        "protocol-version-refused",
        "The server refuses the version of the protocol that apps speak (400).",
        ("tr-protocol-header", "refused"),
        &[answer(
            Place::GoodToken,
            400,
            "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32000,\"message\":\"Bad Request: Unsupported protocol version (supported versions: 2024-11-05)\"}}",
        )],
    )
    .needing(Needs::Token),
    warning(
        "listening-not-found",
        "Listening is answered with a web page (404) where 405 belongs, and some apps stumble.",
        ("tr-get", "not-found"),
        &[answer(Place::Get, 404, "<!DOCTYPE html><html><body><pre>Cannot GET /mcp</pre></body></html>")],
    ),
    warning(
        "listening-crashes",
        "Listening makes the server crash (500), and some apps stumble.",
        ("tr-get", "server-error"),
        &[answer(Place::Get, 500, "Internal Server Error")],
    ),
    error(
        "sessions-forgotten",
        "The server forgets apps between two messages.",
        ("tr-session", "forgotten"),
        &[Twist::Quirk(Quirk::ForgetsSessions)],
    )
    .needing(Needs::Token),
    error(
        "second-request-fails",
        "The server can serve only its first visitor.",
        ("tr-second-request", "already-connected"),
        &[Twist::Quirk(Quirk::SecondRequestFails)],
    )
    .needing(Needs::Token),
    error(
        "one-session-for-all",
        "The server lets in its first visitor, and nobody after that.",
        ("tr-second-request", "already-initialized"),
        &[Twist::Quirk(Quirk::OneSession)],
    )
    .needing(Needs::Token),
    error(
        "answers-web-page",
        "With a good token the server answers with a web page.",
        ("tr-body", "web-page"),
        &[answer(Place::GoodToken, 200, APP_PAGE)],
    )
    .needing(Needs::Token),
    error(
        "answers-nothing",
        "With a good token the server answers with nothing.",
        ("tr-body", "empty"),
        &[answer(Place::GoodToken, 200, "")],
    )
    .needing(Needs::Token),
    error(
        "message-too-large",
        "The server finds ordinary messages too large (413).",
        ("tr-body", "too-large"),
        &[answer(
            Place::GoodToken,
            413,
            "<!DOCTYPE html><html><body><pre>PayloadTooLargeError: request entity too large</pre></body></html>",
        )],
    )
    .needing(Needs::Token),
    error(
        "mcp-headers-dropped",
        "A proxy takes away labels that the newest protocol needs.",
        ("tr-mcp-headers", "mismatch"),
        &[Twist::Quirk(Quirk::HeadersDropped)],
    )
    .needing(Needs::Token),
    error(
        "tools-fail",
        "Signing in works, and listing the tools fails.",
        ("tr-initialize", "tools-fail"),
        &[answer(
            Place::ToolsList,
            200,
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32603,\"message\":\"Internal error\"}}",
        )],
    )
    .needing(Needs::Token),
    warning(
        "no-tools",
        "Signing in works, and the server offers no tools.",
        ("tr-initialize", "no-tools"),
        &[Twist::Quirk(Quirk::NoTools)],
    )
    .needing(Needs::Token),
    warning(
        "notifications-crash",
        "A small acknowledgement makes the server crash (500).",
        ("tr-notification-202", "server-error"),
        &[answer(Place::Notification, 500, "Internal Server Error")],
    )
    .needing(Needs::Token),
    warning(
        "cold-start",
        "The first visitor finds the server still starting (503).",
        ("reach-5xx", "cold-start"),
        &[Twist::Quirk(Quirk::ColdStart)],
    ),
];

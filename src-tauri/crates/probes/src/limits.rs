//! How long and how much: nothing that a server does can make a diagnosis hang or grow.

use std::time::Duration;

/// The caps of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// One request, from its start to the last byte of its body.
    pub request: Duration,
    /// One TCP connection, one TLS handshake, one look-up of a name.
    pub connect: Duration,
    /// How long an open event stream is listened to for its first event.
    pub event_stream: Duration,
    /// How long the stream that answers a call is listened to for the reply itself: the server may be at work, and may tell
    /// of it first (MCP, streamable HTTP, Sending Messages to the Server).
    pub reply_stream: Duration,
    /// The whole run. What was seen until then is the result.
    pub run: Duration,
    /// After this long the window says that it takes longer than expected.
    pub slow: Duration,
    /// Bytes of one body; the rest is not read.
    pub body: usize,
    /// Header fields of one answer.
    pub headers: usize,
    /// Bytes of all header fields of one answer over HTTP/2. Over HTTP/1 the library stops at about 400 KB.
    pub header_bytes: u32,
    /// Redirects that are followed by hand.
    pub redirects: u8,
    /// Issuers of one resource metadata document that are looked at.
    pub issuers: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request: Duration::from_secs(10),
            connect: Duration::from_secs(5),
            event_stream: Duration::from_secs(1),
            reply_stream: Duration::from_secs(5),
            run: Duration::from_secs(45),
            slow: Duration::from_secs(3),
            body: 1024 * 1024,
            headers: 200,
            header_bytes: 256 * 1024,
            redirects: 5,
            issuers: 3,
        }
    }
}

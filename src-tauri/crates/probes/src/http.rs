//! One request, one answer, within the limits. Redirects are never followed, cookies never kept, bodies never unpacked.

use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use mcp_auth_diagnosis::evidence::{Answer, Body, Headers, NoAnswer, NoAnswerKind, Proxy};
use mcp_auth_diagnosis::subject::is_loopback;
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response};
use tokio::sync::OnceCell;
use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::ask::Ask;
use crate::config::ProbeConfig;
use crate::failure;
use crate::limits::Limits;
use crate::names::{Guard, Guarded, NameFault, Names, Unguarded};
use crate::trust::{self, Trust};

/// What is sent as `User-Agent`.
pub(crate) const USER_AGENT: &str = concat!("mcp-auth-check/", env!("CARGO_PKG_VERSION"));

/// The HTTP clients of one run: each is made when first needed and keeps its connections.
pub(crate) struct Clients {
    limits: Limits,
    pub guard: Guard,
    pub trust: Arc<Trust>,
    proxies: Option<Matcher>,
    /// By [`Way`], then http and https.
    clients: [[OnceCell<Client>; 2]; 3],
}

/// How a request leaves this computer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// To what the user typed.
    Direct,
    /// To what a server named: only permitted addresses are called.
    Guarded,
    /// Through the proxy of this system, which looks up the names.
    Proxied,
}

impl Clients {
    /// No client is made yet.
    pub fn new(server: Option<Url>, config: &ProbeConfig) -> Self {
        let names = Arc::new(Names::new(config.names.clone(), config.resolver.clone(), config.limits.connect));
        Self {
            limits: config.limits.clone(),
            guard: Guard { names, server },
            trust: Trust::of(config),
            proxies: config.use_proxy.then(Matcher::from_system),
            clients: Default::default(),
        }
    }

    /// The proxy that this system is set to use for this URL, without credentials.
    pub fn proxy(&self, url: &Url) -> Option<Proxy> {
        if is_loopback(url) {
            return None;
        }
        let uri: Uri = url.as_str().parse().ok()?;
        let proxy = self.proxies.as_ref()?.intercept(&uri)?;
        let (scheme, host) = (proxy.uri().scheme_str().unwrap_or("http"), proxy.uri().host().unwrap_or_default());
        let port = proxy.uri().port_u16().map(|port| format!(":{port}")).unwrap_or_default();
        Some(Proxy { url: format!("{scheme}://{host}{port}"), found_in: found_in(url.scheme()) })
    }

    /// Has the system's trust store read where it will be needed, so that the time this takes is not taken for the server's.
    pub async fn ready(&self, url: &Url) {
        if url.scheme() == "https" {
            let trust = self.trust.clone();
            // What keeps it from being read is said by the request that needs it.
            let _ = tokio::task::spawn_blocking(move || trust.system().map(drop)).await;
        }
    }

    /// Sends one request and reads its answer. A document that moved within its origin is fetched where it is now, as the SDKs do
    /// (TypeScript SDK 1.32.0, Python SDK 2.3.0). Where that leads to none, or elsewhere, the first answer counts: it is what
    /// clients stumble over.
    pub async fn send(&self, ask: &Ask) -> Result<Answer, NoAnswer> {
        let first = self.once(ask).await?;
        if !ask.is_document() {
            return Ok(first);
        }
        let mut at = ask.clone();
        let mut next = first.redirect(&at.url);
        for _ in 0..self.limits.redirects {
            let Some(to) = next.filter(|to| to.origin() == ask.url.origin()) else { break };
            at.url = to;
            match self.once(&at).await {
                Ok(answer) if (200..300).contains(&answer.status) => return Ok(answer),
                Ok(answer) => next = answer.redirect(&at.url),
                Err(_) => break,
            }
        }
        Ok(first)
    }

    async fn once(&self, ask: &Ask) -> Result<Answer, NoAnswer> {
        if !matches!(ask.url.scheme(), "http" | "https") || !ask.url.has_host() {
            return Err(silence(NoAnswerKind::NotHttpUrl, "not an http(s) address; nothing was sent"));
        }
        let at_home = self.guard.server.as_ref().is_some_and(|server| server.origin() == ask.url.origin());
        if ask.bearer.is_some() && (!at_home || ask.named_by_server) {
            return Err(silence(NoAnswerKind::Other, "the token belongs to another address; nothing was sent"));
        }
        let deadline = Instant::now() + self.limits.request;
        let late = |_| {
            silence(
                NoAnswerKind::AnswerTimedOut,
                &format!("no complete answer within {}", seconds(self.limits.request)),
            )
        };
        let way = timeout_at(deadline, self.way(ask)).await.map_err(late)??;
        let client = self.client(way, ask.url.scheme() == "https").await?;
        let method = Method::from_bytes(ask.method.as_bytes()).unwrap_or(Method::GET);
        let mut request = client.request(method, ask.url.clone());
        for (name, value) in &ask.headers.0 {
            request = request.header(name, value);
        }
        if let Some(token) = &ask.bearer {
            // Marks the header as secret, so that no log of a library shows it.
            request = request.bearer_auth(token.expose());
        }
        if let Some(body) = &ask.body {
            request = request.body(body.clone());
        }
        let response = timeout_at(deadline, request.send()).await.map_err(late)?.map_err(failure::no_answer)?;
        self.read(response, deadline, ask.body.is_some()).await
    }

    /// Checks the address before anything is sent, and says which way the request goes.
    async fn way(&self, ask: &Ask) -> Result<Way, NoAnswer> {
        let proxied = self.proxy(&ask.url).is_some();
        let typed = self.guard.server.as_ref().is_some_and(|server| server.origin() == ask.url.origin());
        if !ask.named_by_server || typed {
            return Ok(if proxied { Way::Proxied } else { Way::Direct });
        }
        match self.guard.permitted(ask.url.host_str().unwrap_or_default()).await {
            Ok(_) if proxied => Ok(Way::Proxied),
            Ok(_) => Ok(Way::Guarded),
            Err(NameFault::Refused { address, .. }) => Err(NoAnswer {
                kind: NoAnswerKind::PrivateAddress { address: address.to_string() },
                detail: "the address is not reached from where the typed server is; nothing was sent".to_owned(),
            }),
            // A name that only the proxy knows.
            Err(NameFault::NotFound { .. }) if proxied => Ok(Way::Proxied),
            Err(fault @ NameFault::NotFound { .. }) => Err(silence(NoAnswerKind::NameNotFound, &fault.to_string())),
        }
    }

    async fn client(&self, way: Way, https: bool) -> Result<&Client, NoAnswer> {
        self.clients[way as usize][usize::from(https)]
            .get_or_try_init(|| async {
                let trust = self.trust.clone();
                let tls = if https {
                    // The system's store is read from disk the first time.
                    let made = tokio::task::spawn_blocking(move || trust.for_requests()).await;
                    made.unwrap_or_else(|_| Err("reading the certificates of this system failed".to_owned()))
                } else {
                    trust::trusting_nobody()
                };
                let tls = tls.map_err(|words| silence(NoAnswerKind::Other, &words))?;
                let builder = Client::builder()
                    .tls_backend_preconfigured(tls)
                    .user_agent(USER_AGENT)
                    .redirect(Policy::none())
                    .referer(false)
                    .connect_timeout(self.limits.connect)
                    .http1_max_headers(self.limits.headers)
                    .http1_allow_obsolete_multiline_headers_in_responses(true)
                    .http2_max_header_list_size(self.limits.header_bytes);
                let builder = match way {
                    Way::Direct => builder.no_proxy().dns_resolver(Unguarded(self.guard.names.clone())),
                    Way::Guarded => builder.no_proxy().dns_resolver(Guarded(self.guard.clone())),
                    Way::Proxied => builder,
                };
                builder.build().map_err(failure::no_answer)
            })
            .await
    }

    /// `calls`: a message was sent, and a stream that follows carries its reply.
    async fn read(&self, mut response: Response, deadline: Instant, calls: bool) -> Result<Answer, NoAnswer> {
        let status = response.status().as_u16();
        let headers = lenient(response.headers());
        let stream =
            headers.get("content-type").is_some_and(|value| value.trim_start().starts_with("text/event-stream"));
        let patience = if calls { self.limits.reply_stream } else { self.limits.event_stream };
        let until = if stream { deadline.min(Instant::now() + patience) } else { deadline };
        let mut bytes: Vec<u8> = Vec::new();
        let mut whole = false;
        while bytes.len() < self.limits.body && !(stream && has_event(&bytes, calls)) {
            match timeout_at(until, response.chunk()).await {
                Ok(Ok(Some(chunk))) => bytes.extend_from_slice(&chunk),
                Ok(Ok(None)) => {
                    whole = true;
                    break;
                }
                Ok(Err(error)) => {
                    let mut silence = failure::no_answer(error);
                    // Something was answered, so nothing later than the connection can be at fault.
                    if !matches!(silence.kind, NoAnswerKind::AnswerTimedOut) {
                        silence.kind = NoAnswerKind::Closed;
                    }
                    silence.detail = format!(
                        "HTTP {status}, then the body broke off after {} bytes: {}",
                        bytes.len(),
                        silence.detail
                    );
                    return Err(silence);
                }
                // An open stream is a whole answer; a body that never ends is none.
                Err(_) if stream => break,
                Err(_) => {
                    let words = format!(
                        "HTTP {status}, then no complete body within {} ({} bytes came)",
                        seconds(self.limits.request),
                        bytes.len()
                    );
                    return Err(silence(NoAnswerKind::AnswerTimedOut, &words));
                }
            }
        }
        let length = bytes.len();
        bytes.truncate(self.limits.body);
        let text = String::from_utf8_lossy(&bytes);
        let mut body = if whole { Body::new(text) } else { Body::cut(text) };
        body.length = length;
        Ok(Answer { status, headers, body })
    }
}

/// An event that carries data (an event without is how servers open a stream); for a call, one that carries its reply.
fn has_event(bytes: &[u8], calls: bool) -> bool {
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
    let Some((complete, _)) = text.rsplit_once("\n\n") else { return false };
    complete.lines().filter_map(|line| line.strip_prefix("data:")).any(|data| match serde_json::from_str(data.trim()) {
        // A notification or a request of the server's own comes before the reply.
        Ok(serde_json::Value::Object(message)) if calls => !message.contains_key("method"),
        _ => !data.trim().is_empty(),
    })
}

/// Header values are bytes: UTF-8 where they are, else each byte is a character (ISO 8859-1).
fn lenient(headers: &HeaderMap) -> Headers {
    let decode = |bytes: &[u8]| match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    };
    Headers(headers.iter().map(|(name, value)| (name.as_str().to_owned(), decode(value.as_bytes()))).collect())
}

/// The variable that names the proxy; where none does, the system's settings do.
fn found_in(scheme: &str) -> String {
    let own = format!("{scheme}_proxy");
    [own.to_ascii_uppercase(), own, "ALL_PROXY".to_owned(), "all_proxy".to_owned()]
        .into_iter()
        .find(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
        .unwrap_or_else(|| "system settings".to_owned())
}

fn silence(kind: NoAnswerKind, detail: &str) -> NoAnswer {
    NoAnswer { kind, detail: detail.to_owned() }
}

fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f32())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reply_to_a_call_is_waited_for_past_what_the_server_tells_first() {
        let told =
            b"event: message\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{}}\n\n";
        let reply = b"data: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\r\n\r\n";
        assert!(has_event(told, false), "a listener has heard something");
        assert!(!has_event(told, true));
        assert!(has_event(&[told.as_slice(), reply].concat(), true));
        assert!(!has_event(b": ping\n\n", true));
        assert!(!has_event(&reply[..20], true), "cut in the middle");
    }
}

//! The first call without a token, understood: which of the calls counts, and what its answer says.
//!
//! Every check of the stages `reach`, `challenge` and `transport` starts from the same reading, so that one answer never has
//! two causes.

use std::net::IpAddr;

use serde_json::Value;
use url::{Host, Url};

use crate::clients::ClientId;
use crate::computer::{ConfiguredServer, Route};
use crate::edge;
use crate::evidence::{Answer, Evidence, Exchange, Look, Purpose};
use crate::oauth::well_known;
use crate::subject::is_loopback;

/// The call that counts and its answer.
#[derive(Debug, Clone, Copy)]
pub struct Door<'a> {
    /// The whole exchange.
    pub exchange: &'a Exchange,
    /// Its answer.
    pub answer: &'a Answer,
    /// What the answer says.
    pub said: Said,
}

/// What an answer to an MCP call without a token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// `401`: sign in first.
    SignIn,
    /// A JSON-RPC result (or an open event stream): come in.
    Open,
    /// `2xx` whose message says that one is not signed in.
    RefusedIn200,
    /// `2xx` and a web page.
    Page,
    /// `2xx` and something that is not MCP.
    NotMcp,
    /// A bot filter's page.
    BotFilter,
    /// A tunnel whose other end is not connected.
    TunnelOffline,
    /// The server does not know its own name (`421`, or `403` with *Invalid Host*).
    HostRefused,
    /// `429`.
    TooMany,
    /// `5xx`.
    ServerError,
    /// `3xx`.
    Redirect,
    /// `404` or `410`.
    NotHere,
    /// `405` or `501`.
    WrongVerb,
    /// `406`, or a `400` that complains about `Accept`.
    NotAcceptable,
    /// `415`, or a `400` that complains about `Content-Type`.
    MediaType,
    /// The codes with which servers of 2026-07-28 refuse older calls.
    OtherEra,
    /// The protocol version is refused.
    Version,
    /// `400` of any other kind.
    BadRequest,
    /// `403`.
    Forbidden,
    /// Any other status.
    Other,
}

impl Said {
    /// It is an MCP server that answered, and the answer is one that a client can go on with.
    pub fn is_mcp(self) -> bool {
        matches!(self, Self::SignIn | Self::Open)
    }
}

/// Error codes of 2026-07-28: missing or differing headers, missing capability, version not spoken.
const MODERN_CODES: [i64; 3] = [-32020, -32021, -32022];

/// Whether a refusal (401) speaks of a key that people are given, and not of a sign-in.
pub fn asks_for_a_key(evidence: &Evidence) -> bool {
    const WORDS: [&str; 7] =
        ["api key", "api-key", "apikey", "api_key", "api token", "personal access token", "subscription key"];
    let Some(door) = evidence.door().filter(|door| door.answer.status == 401) else { return false };
    let fields = door.answer.headers.all("www-authenticate").collect::<Vec<_>>().join(" ");
    let text = format!("{fields} {}", door.answer.body.text).to_ascii_lowercase();
    WORDS.iter().any(|word| text.contains(word))
}

/// A refusal of a call's form in the newest dialect, which apps answer with an older one.
pub fn is_modern_code(code: i64) -> bool {
    MODERN_CODES.contains(&code)
}

/// What an answer says.
pub fn said(answer: &Answer) -> Said {
    if edge::bot_filter(answer).is_some() {
        return Said::BotFilter;
    }
    if edge::tunnel_offline(answer).is_some() {
        return Said::TunnelOffline;
    }
    let text = || answer.body.text.to_ascii_lowercase();
    match answer.status {
        401 => Said::SignIn,
        200..=299 => in_200(answer),
        300..=399 => Said::Redirect,
        404 | 410 => Said::NotHere,
        405 | 501 => Said::WrongVerb,
        406 => Said::NotAcceptable,
        415 => Said::MediaType,
        421 => Said::HostRefused,
        429 => Said::TooMany,
        400 => {
            let said = text();
            if rpc_error(answer).is_some_and(|(code, _)| MODERN_CODES.contains(&code)) {
                Said::OtherEra
            } else if said.contains("content-type") {
                Said::MediaType
            } else if said.contains("not acceptable") {
                Said::NotAcceptable
            } else if said.contains("protocol version") || said.contains("protocol-version") {
                Said::Version
            } else if names_host(&said) || said.contains("<title>bad request (400)</title>") {
                // Django says no more than that of a name that is not in `ALLOWED_HOSTS`.
                Said::HostRefused
            } else {
                Said::BadRequest
            }
        }
        403 if names_host(&text()) => Said::HostRefused,
        // Amazon API Gateway says so of a path or a method that it has no route for, whatever the words make of it.
        403 if is_missing_route(answer) => Said::NotHere,
        403 => Said::Forbidden,
        500..=599 => Said::ServerError,
        _ => Said::Other,
    }
}

/// Amazon API Gateway has no route for what was asked (its documentation, gateway response `MISSING_AUTHENTICATION_TOKEN`).
fn is_missing_route(answer: &Answer) -> bool {
    answer.headers.get("x-amzn-errortype").is_some_and(|kind| kind.starts_with("MissingAuthenticationToken"))
        && answer.body.text.contains("Missing Authentication Token")
}

fn names_host(text: &str) -> bool {
    [
        "invalid host",
        "host not allowed",
        "host header",
        "blocked host",
        "disallowed host",
        "disallowedhost",
        "invalid http_host",
        "unknown host",
    ]
    .iter()
    .any(|words| text.contains(words))
}

fn in_200(answer: &Answer) -> Said {
    if answer.media_type().as_deref() == Some("text/event-stream") {
        return Said::Open;
    }
    if let Some(message) = rpc(answer) {
        let refused = message.pointer("/error/message").and_then(Value::as_str).is_some_and(is_refusal)
            || message.pointer("/error/code").and_then(Value::as_i64).is_some_and(|code| code == -32001 || code == 401);
        return if refused && message.get("result").is_none() { Said::RefusedIn200 } else { Said::Open };
    }
    if answer.is_html() {
        return Said::Page;
    }
    let refused = answer.body.json().ok().is_some_and(|value| {
        ["error", "message", "detail"].iter().filter_map(|name| value.get(name)?.as_str()).any(is_refusal)
            || value.get("statusCode").or_else(|| value.get("status")).and_then(Value::as_i64) == Some(401)
    });
    if refused { Said::RefusedIn200 } else { Said::NotMcp }
}

fn is_refusal(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    [
        "unauthorized",
        "unauthenticated",
        "not authenticated",
        "authentication required",
        "authorization required",
        "missing bearer",
        "missing token",
        "missing authorization",
        "invalid_token",
        "login required",
        "sign in",
    ]
    .iter()
    .any(|words| text.contains(words))
}

/// The JSON-RPC message of an answer, plain or as an event of a stream.
pub fn rpc(answer: &Answer) -> Option<Value> {
    let is_message = |value: &Value| value.get("jsonrpc").is_some();
    if let Ok(value) = answer.body.json() {
        return Some(value.clone()).filter(is_message);
    }
    let data = answer.body.text.lines().filter_map(|line| line.strip_prefix("data:"));
    data.filter_map(|data| serde_json::from_str(data.trim()).ok()).find(is_message)
}

/// Code and message of a JSON-RPC error.
pub fn rpc_error(answer: &Answer) -> Option<(i64, String)> {
    // Some servers leave `jsonrpc` out of an error.
    let message = rpc(answer).or_else(|| answer.body.json().ok().cloned())?;
    let error = message.get("error")?;
    let text = error.get("message").and_then(Value::as_str).unwrap_or_default().to_owned();
    Some((error.get("code")?.as_i64()?, text))
}

/// The protocol versions that a refusal lists, in its `data` or its words.
pub fn listed_versions(answer: &Answer) -> Vec<String> {
    let text = answer.body.text.as_str();
    let mut versions: Vec<String> = Vec::new();
    for word in text.split(|character: char| !(character.is_ascii_digit() || character == '-')) {
        let is_date = word.len() == 10
            && word.starts_with("20")
            && word.bytes().enumerate().all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte != b'-' });
        if is_date && !versions.iter().any(|have| have == word) {
            versions.push(word.to_owned());
        }
    }
    versions
}

/// An event stream that begins as the transport of 2024-11-05 does.
pub fn is_old_event_stream(answer: &Answer) -> bool {
    answer.status == 200
        && answer.media_type().as_deref() == Some("text/event-stream")
        && answer
            .body
            .text
            .lines()
            .any(|line| line.trim_end() == "event: endpoint" || line.trim_end() == "event:endpoint")
}

/// One line for the evidence: what was asked and what came.
pub fn line(exchange: &Exchange) -> String {
    let asked = format!("{} {}", exchange.request.method, exchange.request.url);
    match &exchange.outcome {
        Err(silence) => format!("{asked}: no answer ({})", silence.detail),
        Ok(answer) => {
            let kind = answer.media_type().map(|kind| format!(", {kind}")).unwrap_or_default();
            let place = answer.headers.get("location").map(|place| format!(", Location: {place}")).unwrap_or_default();
            format!(
                "{asked}: HTTP {}{kind}{place}{}",
                answer.status,
                excerpt(answer).map(|text| format!(", \"{text}\"")).unwrap_or_default()
            )
        }
    }
}

/// The first words of a body, on one line. `None` for an empty one.
pub fn excerpt(answer: &Answer) -> Option<String> {
    const SHOWN: usize = 120;
    let words: Vec<&str> = answer.body.text.split_whitespace().take(40).collect();
    let text = words.join(" ");
    let short: String = text.chars().filter(|character| !character.is_control()).take(SHOWN).collect();
    if short.is_empty() {
        None
    } else if short.len() < text.len() {
        Some(format!("{short}…"))
    } else {
        Some(short)
    }
}

/// `https://host:port`, the port always there; the key of [`Evidence::tls`].
pub fn origin(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
    format!("{}://{host}:{}", url.scheme(), url.port_or_known_default().unwrap_or_default())
}

/// Two URLs that differ only in the slash at the end of their paths.
pub fn differ_by_slash(one: &Url, other: &Url) -> bool {
    one.path() != other.path()
        && one.path().trim_end_matches('/') == other.path().trim_end_matches('/')
        && one.query() == other.query()
}

/// A URL that looks like a login page for people.
pub fn looks_like_login(url: &Url) -> bool {
    const WORDS: [&str; 14] = [
        "login",
        "log-in",
        "signin",
        "sign-in",
        "sign_in",
        "sso",
        "saml",
        "oauth",
        "oauth2",
        "authorize",
        "auth",
        "session",
        "accounts",
        "cdn-cgi",
    ];
    let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
    let path = url.path().to_ascii_lowercase();
    let names = host.split('.').chain(path.split('/'));
    names.into_iter().any(|name| WORDS.contains(&name) || name.starts_with("login") || name.starts_with("signin"))
        || ["okta.com", "auth0.com", "microsoftonline.com", "cloudflareaccess.com", "onelogin.com"]
            .iter()
            .any(|domain| host.ends_with(domain))
}

/// The URL without what does not matter for which server it is.
fn address_only(url: &Url) -> String {
    let mut url = url.clone();
    url.set_fragment(None);
    url.as_str().trim_end_matches('/').to_owned()
}

/// From where a server can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// From anywhere.
    Public,
    /// From its own network only.
    PrivateNetwork,
    /// From this computer only.
    ThisComputer,
    /// Nobody looked the name up.
    Unknown,
}

/// From where the server of this URL can be reached, by its name and its addresses.
pub fn reach(url: &Url, evidence: &Evidence) -> Reach {
    if is_loopback(url) {
        return Reach::ThisComputer;
    }
    let of = |ip: IpAddr| match ip {
        _ if ip.is_loopback() || ip.is_unspecified() => Reach::ThisComputer,
        _ if is_private(ip) => Reach::PrivateNetwork,
        _ => Reach::Public,
    };
    match url.host() {
        Some(Host::Ipv4(ip)) => of(ip.into()),
        Some(Host::Ipv6(ip)) => of(ip.to_ipv4_mapped().map_or(IpAddr::V6(ip), IpAddr::V4)),
        Some(Host::Domain(name)) if is_private_name(name) => Reach::PrivateNetwork,
        Some(Host::Domain(name)) => {
            let found = evidence.addresses.get(&name.to_ascii_lowercase()).and_then(|fact| fact.value());
            let mut zones = found.into_iter().flat_map(|found| found.ips.iter().map(|ip| of(*ip)));
            match zones.next() {
                None => Reach::Unknown,
                // A name with any public address can be reached from anywhere.
                Some(first) => zones.fold(first, |have, next| if next == Reach::Public { next } else { have }),
            }
        }
        None => Reach::Unknown,
    }
}

/// A name that only its own network knows.
pub fn is_private_name(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let last = name.rsplit('.').next().unwrap_or_default();
    !name.contains('.')
        || matches!(
            last,
            "local" | "internal" | "lan" | "home" | "corp" | "intranet" | "private" | "svc" | "localdomain"
        )
        || name.ends_with(".home.arpa")
}

/// An address that only its own network knows.
pub fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [first, second, ..] = ip.octets();
            ip.is_private() || ip.is_link_local() || (first == 100 && (64..=127).contains(&second))
        }
        IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(ip) => is_private(ip.into()),
            None => matches!(ip.segments()[0], 0xfc00..=0xfdff | 0xfe80..=0xfeff),
        },
    }
}

impl Evidence {
    /// The client that was asked about, when it calls from its maker's cloud. Claude Desktop does so through its connectors,
    /// but not where its settings reach this server with a program on this computer.
    pub fn cloud_client(&self) -> Option<ClientId> {
        let client = self.subject.client.filter(|client| client.is_cloud())?;
        let by_a_program = client == ClientId::ClaudeDesktop
            && self.configured().any(|one| one.client == client && !matches!(one.route, Route::Native { .. }));
        (!by_a_program).then(|| client.signs_in_as())
    }

    /// The entries of this computer's clients that lead to the server in question.
    pub fn configured(&self) -> impl Iterator<Item = &ConfiguredServer> {
        let wanted = self.subject.server.as_ref().map(address_only);
        let computer = self.computer.as_ref().and_then(|fact| fact.value());
        computer.into_iter().flat_map(|computer| &computer.servers).filter(move |one| {
            let url = one.url.as_deref().and_then(|url| Url::parse(url.trim()).ok());
            !one.disabled && url.is_some() && url.as_ref().map(address_only) == wanted
        })
    }

    /// The call without a token that counts: the first that a client could go on with, in the order in which clients try
    /// (legacy, the same again after a failure, newest protocol, the old event stream), else the first that was answered.
    /// Redirects within the server's own origin are followed, as clients do.
    pub fn door(&self) -> Option<Door<'_>> {
        let door = |exchange: &'_ Exchange| -> Option<Said> { exchange.outcome.as_ref().ok().map(said) };
        let make = |exchange| -> Option<Door<'_>> {
            let exchange: &Exchange = exchange;
            let answer = exchange.outcome.as_ref().ok()?;
            Some(Door { exchange, answer, said: door(exchange)? })
        };
        let first = self.exchange(&Purpose::Initialize).and_then(make);
        let first = first.map(|first| self.behind_redirects(first).unwrap_or(first));
        if first.is_some_and(|first| first.said.is_mcp()) {
            return first;
        }
        let again = self.exchange(&Purpose::InitializeAgain).and_then(make);
        if again.is_some_and(|again| again.said.is_mcp()) {
            return again;
        }
        let other_era = first.is_none_or(|first| {
            matches!(
                first.said,
                Said::OtherEra
                    | Said::BadRequest
                    | Said::Version
                    | Said::NotHere
                    | Said::WrongVerb
                    | Said::ServerError
                    | Said::TooMany
            )
        });
        let modern = self.exchange(&Purpose::Discover).and_then(make);
        if other_era && modern.is_some_and(|modern| modern.said.is_mcp()) {
            return modern;
        }
        // The transport of 2024-11-05 takes no message at the address where it is listened to.
        let old = first.is_some_and(|first| matches!(first.said, Said::NotHere | Said::WrongVerb));
        let listening = self.exchange(&Purpose::Get).and_then(make);
        let refuses_post = first.is_some_and(|first| first.said == Said::WrongVerb);
        let guarded = |get: &Door<'_>| {
            get.said == Said::SignIn && (refuses_post || get.exchange.request.url.path().contains("sse"))
        };
        // A limit that the many questions of one run used up: what it said before that counts.
        let limited = first.is_some_and(|first| first.said == Said::TooMany);
        if limited && listening.as_ref().is_some_and(|get| get.said == Said::SignIn) {
            return listening;
        }
        if old && listening.as_ref().is_some_and(|get| guarded(get) || is_old_event_stream(get.answer)) {
            return listening;
        }
        first.or(modern)
    }

    /// The last answer of the redirects that stay on the server's origin and keep the method. `None` when they lead away or end
    /// in another redirect.
    fn behind_redirects<'a>(&'a self, first: Door<'a>) -> Option<Door<'a>> {
        let mut door = first;
        for step in 1..=8 {
            if !matches!(door.answer.status, 307 | 308) {
                break;
            }
            let next = door.answer.redirect(&door.exchange.request.url)?;
            if next.origin() != door.exchange.request.url.origin() {
                return None;
            }
            let exchange = self.exchange(&Purpose::Redirected { step })?;
            let answer = exchange.outcome.as_ref().ok()?;
            door = Door { exchange, answer, said: said(answer) };
        }
        (door.said != Said::Redirect).then_some(door)
    }

    /// The first call is forwarded to a login page for people.
    pub fn leads_to_login(&self) -> bool {
        let Some(first) = self.exchange(&Purpose::Initialize) else { return false };
        let Some(next) = first.outcome.as_ref().ok().and_then(|answer| answer.redirect(&first.request.url)) else {
            return false;
        };
        let ends_on_a_page = (1..=8)
            .map_while(|step| self.exchange(&Purpose::Redirected { step }))
            .last()
            .and_then(|last| last.outcome.as_ref().ok())
            .is_some_and(|answer| {
                let text = answer.body.text.to_ascii_lowercase();
                answer.is_html()
                    && ["type=\"password\"", "sign in", "log in", "login"].iter().any(|words| text.contains(words))
            });
        looks_like_login(&next) || ends_on_a_page
    }

    /// Something that speaks HTTP at the server's origin answered some request: name, connection and TLS are fine.
    pub fn server_answered(&self) -> bool {
        let Some(server) = &self.subject.server else { return false };
        self.exchanges()
            .iter()
            .any(|exchange| exchange.outcome.is_ok() && exchange.request.url.origin() == server.origin())
    }

    /// No answer came to the first call, and why not.
    pub fn silence(&self) -> Option<&crate::evidence::NoAnswer> {
        match self.look(&Purpose::Initialize) {
            Look::NoAnswer(silence) => Some(silence),
            _ => None,
        }
    }

    /// Resource metadata that is JSON was found at one of the well-known addresses, so that clients find it without a signpost.
    pub fn metadata_without_signpost(&self) -> bool {
        use crate::evidence::Place;
        let usable = |answer: &Answer| answer.status == 200 && answer.body.json().is_ok_and(Value::is_object);
        let addresses: Vec<Url> = self
            .subject
            .server
            .iter()
            .flat_map(|server| [Place::Path, Place::Root].map(|place| well_known::resource_metadata(server, place)))
            .flatten()
            .collect();
        [Place::Path, Place::Root]
            .iter()
            .any(|place| self.answer(&Purpose::ResourceMetadata { place: *place }).is_some_and(usable))
            || self.exchange(&Purpose::ResourceMetadata { place: Place::Header }).is_some_and(|exchange| {
                addresses.contains(&exchange.request.url) && exchange.outcome.as_ref().is_ok_and(usable)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{Body, Headers};
    use crate::sample::Sample;

    fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Answer {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Answer { status, headers: Headers(headers), body: Body::new(body) }
    }

    #[test]
    fn every_kind_of_answer_is_told_apart() {
        let json = &[("content-type", "application/json")];
        for (status, body, wanted) in [
            (401, "", Said::SignIn),
            (200, r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, Said::Open),
            (200, r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32001,"message":"Unauthorized"}}"#, Said::RefusedIn200),
            (200, r#"{"error":"Missing Bearer token"}"#, Said::RefusedIn200),
            (200, r#"{"hello":1}"#, Said::NotMcp),
            (200, "<!doctype html><p>hi", Said::Page),
            (400, r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32022,"message":"x"}}"#, Said::OtherEra),
            (400, "Bad Request: Unsupported protocol version (supported versions: 2025-03-26)", Said::Version),
            (400, "Invalid Content-Type header", Said::MediaType),
            (400, "no", Said::BadRequest),
            (400, "<h1>Bad Request (400)</h1><title>Bad Request (400)</title>", Said::HostRefused),
            (403, "Invalid Host: mcp.example.com", Said::HostRefused),
            (403, "no", Said::Forbidden),
            (404, "", Said::NotHere),
            (405, "", Said::WrongVerb),
            (406, "", Said::NotAcceptable),
            (421, "", Said::HostRefused),
            (429, "", Said::TooMany),
            (503, "", Said::ServerError),
            (302, "", Said::Redirect),
            (418, "", Said::Other),
        ] {
            assert_eq!(said(&answer(status, json, body)), wanted, "{status} {body}");
        }
    }

    #[test]
    fn the_newest_protocol_counts_where_the_older_one_is_not_spoken() {
        let sample =
            Sample::healthy().answer(Purpose::Initialize, 400, &[], r#"{"error":{"code":-32022,"message":"x"}}"#);
        assert_eq!(sample.evidence().door().map(|door| door.said), Some(Said::SignIn));
    }

    #[test]
    fn versions_are_read_out_of_words() {
        let refusal = answer(400, &[], "supported versions: 2024-11-05, 2025-03-26, 2025-03-26");
        assert_eq!(listed_versions(&refusal), ["2024-11-05", "2025-03-26"]);
    }
}

//! What was seen: who looked, when, in which environment, and what came back.
//!
//! Evidence is append-only. It is tri-state everywhere: nobody looked (`None`), somebody looked and could not see
//! ([`Fact::seen`] is `Err`), seen (`Ok`). A check must keep the three apart: not seeing is never a pass.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::browser::BrowserReading;
use crate::computer::Computer;
use crate::dashboard::Dashboard;
use crate::oauth::challenge::{self, Challenges};
use crate::oauth::resource_metadata::{self, ResourceMetadata};
use crate::oauth::server_metadata::{self, ServerMetadata};
use crate::oauth::token::{Signature, TokenReading};
use crate::redact::{self, Masked};
use crate::settings::Settings;
use crate::sign_in::SignInReading;
use crate::subject::Subject;

/// One thing that a probe looked at. `None` in the evidence means that nobody looked.
pub type Seen<T> = Option<Fact<T>>;

/// A value with its origin.
#[derive(Debug, Clone, Serialize)]
pub struct Fact<T> {
    /// What was seen, or why it could not be seen.
    pub seen: Result<T, Blind>,
    /// The probe that looked, kebab-case.
    pub by: &'static str,
    /// When, in milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// In whose environment it was seen. What our process sees is not always what the client sees.
    pub environment: Environment,
}

impl<T> Fact<T> {
    /// The value, when it was seen.
    pub fn value(&self) -> Option<&T> {
        self.seen.as_ref().ok()
    }
}

/// Somebody looked and could not see.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Blind {
    /// One plain clause that fits after "could not be checked: ".
    pub why: String,
}

/// In whose environment a fact was seen.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(tag = "of", rename_all = "kebab-case")]
pub enum Environment {
    /// This program's own process.
    ThisApp,
    /// A running client's process.
    Client {
        /// The client's id.
        client: String,
    },
    /// The user's login shell.
    LoginShell,
    /// A simulation of another trust store or name resolution, named.
    Simulated {
        /// What was simulated, e.g. `mozilla-roots`.
        what: String,
    },
}

/// Everything that was seen in one diagnosis.
#[derive(Debug, Clone, Serialize)]
pub struct Evidence {
    /// What is being diagnosed: the server's URL, the client, the symptom.
    pub subject: Subject,
    /// When the run began, in milliseconds since the Unix epoch. The only clock that checks know.
    pub began_ms: u64,
    /// Addresses of each host that was looked up, keyed by host name in lower case.
    pub addresses: BTreeMap<String, Fact<Addresses>>,
    /// One plain TCP connection attempt per address of the server.
    pub connections: Vec<Fact<Connection>>,
    /// The TLS handshake with each origin (`https://host:port`), with the system's trust store.
    pub tls: BTreeMap<String, Fact<TlsReading>>,
    /// The same handshakes with Mozilla's roots only, as a Node client without the system's store sees them.
    pub tls_mozilla: BTreeMap<String, Fact<TlsReading>>,
    /// The proxy that this system is set to use for the server's URL.
    pub proxy: Seen<Option<Proxy>>,
    /// Every HTTP exchange, in the order in which they ended. Private: use [`Evidence::exchange`].
    exchanges: Vec<Exchange>,
    /// The clients, configured servers and caches of this computer.
    pub computer: Seen<Computer>,
    /// What the dashboard of the sign-in service shows for this server, as the user copied it.
    pub dashboard: Seen<Dashboard>,
    /// A sign-in that the app made itself.
    pub sign_in: Seen<SignInReading>,
    /// The user's token, read. Never the token itself.
    pub token: Seen<TokenReading>,
    /// The token's signature, checked here against the keys of the sign-in service.
    pub signature: Seen<Signature>,
    /// Why the token was not sent to the server, when it was not. `None` with a token: it was, or its turn did not come.
    pub token_withheld: Option<String>,
    /// The server's settings, as the person who runs it pasted them.
    pub settings: Seen<Settings>,
    /// The browser: what this system says about it, and the test.
    pub browser: Seen<BrowserReading>,
    /// The run was cancelled or ran out of time before every probe had looked.
    pub cut_short: Option<String>,
}

impl Evidence {
    /// Nobody has looked at anything yet.
    pub fn new(subject: Subject, began_ms: u64) -> Self {
        Self {
            subject,
            began_ms,
            addresses: BTreeMap::new(),
            connections: Vec::new(),
            tls: BTreeMap::new(),
            tls_mozilla: BTreeMap::new(),
            proxy: None,
            exchanges: Vec::new(),
            computer: None,
            dashboard: None,
            sign_in: None,
            token: None,
            signature: None,
            token_withheld: None,
            settings: None,
            browser: None,
            cut_short: None,
        }
    }

    /// Adds an exchange. Nothing is ever taken away.
    pub fn add(&mut self, exchange: Exchange) {
        self.exchanges.push(exchange);
    }

    /// All exchanges, in the order in which they ended.
    pub fn exchanges(&self) -> &[Exchange] {
        &self.exchanges
    }

    /// The newest exchange that was made for this purpose.
    pub fn exchange(&self, purpose: &Purpose) -> Option<&Exchange> {
        self.exchanges.iter().rev().find(|exchange| exchange.purpose == *purpose)
    }

    /// The three states of one purpose.
    pub fn look(&self, purpose: &Purpose) -> Look<'_> {
        match self.exchange(purpose) {
            None => Look::NotLooked,
            Some(Exchange { outcome: Ok(answer), .. }) => Look::Answered(answer),
            Some(Exchange { outcome: Err(no_answer), .. }) => Look::NoAnswer(no_answer),
        }
    }

    /// The answer for this purpose, when there was one.
    pub fn answer(&self, purpose: &Purpose) -> Option<&Answer> {
        match self.look(purpose) {
            Look::Answered(answer) => Some(answer),
            _ => None,
        }
    }

    /// The call without a token that decides: the legacy `initialize` where it was answered, else the modern
    /// `server/discover`. Both are made; clients of both eras must be told to sign in.
    pub fn first_call(&self) -> Look<'_> {
        match self.look(&Purpose::Initialize) {
            Look::Answered(answer) => Look::Answered(answer),
            other => match self.look(&Purpose::Discover) {
                Look::Answered(answer) => Look::Answered(answer),
                _ => other,
            },
        }
    }

    /// The `401` that asks for a sign-in, wherever it came: on the first call (legacy or modern) or, for servers that
    /// guard only their tools, on `tools/list`.
    pub fn unauthorized(&self) -> Option<&Answer> {
        let server = self.subject.server.as_ref().map(Url::origin);
        SIGN_IN_FIRST
            .iter()
            .filter_map(|purpose| self.exchange(purpose))
            // A redirect within the server's own origin is followed by clients; another origin speaks for itself.
            .filter(|exchange| {
                !matches!(exchange.purpose, Purpose::Redirected { .. })
                    || server.as_ref().is_none_or(|server| exchange.request.url.origin() == *server)
            })
            .filter_map(|exchange| exchange.outcome.as_ref().ok())
            .find(|answer| answer.status == 401)
    }

    /// The challenges of that `401`, read strictly and tolerantly. `None` when there was no `401`.
    pub fn challenges(&self) -> Option<Challenges> {
        self.unauthorized().map(|answer| challenge::read(&answer.headers))
    }

    /// The resource metadata that a spec-following client would use: the one named by the challenge, else the
    /// path-aware well-known, else the root well-known; a copy that is a JSON object comes before one that is not. `None` when
    /// no place answered `200`.
    pub fn resource_metadata(&self) -> Option<(Place, &Answer)> {
        let copies: Vec<(Place, &Answer)> = [Place::Header, Place::Path, Place::Root]
            .into_iter()
            .filter_map(|place| self.answer(&Purpose::ResourceMetadata { place }).map(|answer| (place, answer)))
            .filter(|(_, answer)| answer.status == 200)
            .collect();
        let readable = copies.iter().find(|(_, answer)| answer.body.json().is_ok_and(serde_json::Value::is_object));
        readable.or(copies.first()).copied()
    }

    /// That metadata, read leniently: faults are kept beside what could be read.
    pub fn resource_metadata_read(&self) -> Option<ResourceMetadata> {
        self.resource_metadata().map(|(_, answer)| resource_metadata::read(answer))
    }

    /// The issuers that the resource metadata names, as written: those of the first copy that names any.
    pub fn issuers(&self) -> Vec<String> {
        [Place::Header, Place::Path, Place::Root]
            .into_iter()
            .filter_map(|place| self.answer(&Purpose::ResourceMetadata { place }))
            .filter(|answer| answer.status == 200)
            .map(|answer| resource_metadata::read(answer).authorization_servers())
            .find(|issuers| !issuers.is_empty())
            .unwrap_or_default()
    }

    /// The authorization-server metadata that a spec-following client would use for the first issuer (or for a server of
    /// the revision 2025-03-26, which is its own authorization server): the first form that answered `200` with JSON.
    pub fn server_metadata(&self) -> Option<(Purpose, &Answer)> {
        let purposes: Vec<Purpose> = match self.issuers().into_iter().next() {
            Some(issuer) => MetadataForm::SPEC_ORDER
                .iter()
                .map(|form| Purpose::ServerMetadata { issuer: issuer.clone(), form: *form })
                .collect(),
            None => vec![
                Purpose::OwnServerMetadata { place: Place::Path },
                Purpose::OwnServerMetadata { place: Place::Root },
            ],
        };
        purposes
            .into_iter()
            .filter_map(|purpose| self.answer(&purpose).map(|answer| (purpose, answer)))
            .find(|(_, answer)| answer.status == 200 && answer.body.json().is_ok())
    }

    /// That metadata, read leniently.
    pub fn server_metadata_read(&self) -> Option<ServerMetadata> {
        self.server_metadata().map(|(_, answer)| server_metadata::read(answer))
    }
}

/// The calls without a token whose `401` is the challenge, the first that has one counts.
pub const SIGN_IN_FIRST: [Purpose; 11] = [
    Purpose::Initialize,
    Purpose::Redirected { step: 1 },
    Purpose::Redirected { step: 2 },
    Purpose::Redirected { step: 3 },
    Purpose::Redirected { step: 4 },
    Purpose::Redirected { step: 5 },
    Purpose::InitializeAgain,
    Purpose::Discover,
    Purpose::ToolsList,
    Purpose::ToolsCall,
    Purpose::Get,
];

/// The three states of one look.
#[derive(Debug, Clone, Copy)]
pub enum Look<'a> {
    /// Nobody looked.
    NotLooked,
    /// Somebody looked, and no HTTP answer came.
    NoAnswer(&'a NoAnswer),
    /// An HTTP answer came, of any status.
    Answered(&'a Answer),
}

/// Where a metadata document was looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// At the URL that the challenge names (RFC 9728 section 5.1).
    Header,
    /// At the well-known address made from the whole URL, path included (RFC 9728 section 3.1).
    Path,
    /// At the well-known address of the origin alone.
    Root,
}

/// The four addresses at which authorization-server metadata is published in practice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MetadataForm {
    /// `https://as/.well-known/oauth-authorization-server/tenant` (RFC 8414 section 3.1).
    OauthInsert,
    /// `https://as/.well-known/openid-configuration/tenant`.
    OidcInsert,
    /// `https://as/tenant/.well-known/openid-configuration` (OpenID Connect Discovery section 4).
    OidcAppend,
    /// `https://as/tenant/.well-known/oauth-authorization-server`: no client tries this one.
    OauthAppend,
}

impl MetadataForm {
    /// The order in which the MCP specification tells clients to try them. [`MetadataForm::OauthAppend`] is not among them.
    pub const SPEC_ORDER: [Self; 3] = [Self::OauthInsert, Self::OidcInsert, Self::OidcAppend];
}

/// Why an exchange was made. No token is sent unless the purpose says so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Purpose {
    /// `POST initialize` with protocol version 2025-11-25.
    Initialize,
    /// The same once more, when the first call failed in a way that may pass by itself (`5xx`, connection closed).
    InitializeAgain,
    /// `POST server/discover` with protocol version 2026-07-28.
    Discover,
    /// `GET` of the endpoint with `Accept: text/event-stream`.
    Get,
    /// `POST tools/list`, when `initialize` was open: is the challenge late?
    ToolsList,
    /// `POST tools/call` of a name that cannot exist, when `tools/list` was open too.
    ToolsCall,
    /// `POST notifications/initialized`, when `initialize` was open.
    Notification,
    /// `POST initialize` with a made-up token.
    MadeUpToken,
    /// The same with `bearer` in lower case.
    MadeUpTokenLowerCase,
    /// `POST initialize` to the URL with one slash more or less at its end.
    OtherSlash,
    /// `POST initialize` to another usual path of the same origin, when the given one is not there.
    OtherPath {
        /// The path, e.g. `/mcp`.
        path: String,
    },
    /// `POST initialize` to a path that cannot exist: does the server say 401 everywhere?
    RandomPath,
    /// `POST initialize` to the place that a redirect named, one step a time, at most five.
    Redirected {
        /// 1 for the first redirect.
        step: u8,
    },
    /// `POST initialize` over https when the typed URL is http and not loopback.
    HttpsInstead,
    /// `GET` of the protected-resource metadata.
    ResourceMetadata {
        /// Which of the three places.
        place: Place,
    },
    /// `GET` of authorization-server metadata for one issuer.
    ServerMetadata {
        /// The issuer as the resource metadata writes it.
        issuer: String,
        /// Which of the four addresses.
        form: MetadataForm,
    },
    /// `GET` of authorization-server metadata on the MCP server's own origin (revision 2025-03-26, and FastMCP's copy).
    OwnServerMetadata {
        /// Path-aware or root.
        place: Place,
    },
    /// `GET` of the environment's own `openid-configuration`, for issuers of the form `…/resources/res_…`, or of an issuer
    /// that looks like a bare Scalekit environment.
    EnvironmentMetadata,
    /// `GET jwks_uri`.
    Jwks,
    /// `GET authorization_endpoint` without parameters: is anything there? Redirects are not followed.
    AuthorizationEndpoint,
    /// `POST token_endpoint` without anything to exchange: a live one says 400 or 401.
    TokenEndpoint,
    /// `OPTIONS registration_endpoint`: is anything there, without registering?
    RegistrationEndpoint,
    /// `OPTIONS` preflight as a page on the subject's origin, for one endpoint of the flow.
    Preflight {
        /// Which endpoint.
        endpoint: Endpoint,
    },
    /// The actual request with an `Origin` header, for one endpoint of the flow.
    CrossOrigin {
        /// Which endpoint.
        endpoint: Endpoint,
    },
    /// `POST initialize` with another `User-Agent`.
    AsUserAgent {
        /// `browser`, `sdk` or `claude-user`.
        who: String,
    },
    /// `POST` registration, only with consent.
    Register {
        /// For which client's shape.
        client: String,
        /// Which redirect URI alone, or all of the client's when `None`.
        redirect_uri: Option<String>,
    },
    /// `GET` of the document that stands for a client, when the user gave its address as the client's id.
    ClientDocument,
    /// `GET authorization_endpoint` with harmless parameters, no cookies, redirects not followed: does the authorization server know this
    /// client, redirect URI, resource and scope?
    Authorize {
        /// What is being asked, e.g. `cached-client`, `redirect-uri`, `resource`, `scope`.
        question: String,
        /// For which client.
        client: String,
    },
    /// A step of a sign-in that the app made itself: registration, token, refresh, revocation.
    SignIn {
        /// Which, kebab-case.
        step: String,
    },
    /// With the user's token: `POST initialize`.
    TokenInitialize,
    /// With the user's token: `POST initialize` a second time.
    TokenInitializeAgain,
    /// With the user's token: `POST notifications/initialized`, which a server of 2025-11-25 waits for.
    TokenInitialized,
    /// A made-up token in the address (`?access_token=`), where none may be.
    MadeUpTokenInQuery,
    /// With the user's token: `POST server/discover` (2026-07-28).
    TokenDiscover,
    /// With the user's token: `POST tools/list`.
    TokenToolsList,
    /// With the user's token: `POST tools/call` of a tool that the user chose.
    TokenToolsCall {
        /// The tool's name.
        tool: String,
    },
}

/// An endpoint of the flow, where CORS is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Endpoint {
    /// The MCP endpoint.
    Mcp,
    /// The MCP endpoint, with the headers of later calls: session, and those of 2026-07-28 (preflight only).
    McpLater,
    /// The protected-resource metadata in use.
    ResourceMetadata,
    /// The authorization-server metadata in use.
    ServerMetadata,
    /// The registration endpoint (preflight only).
    Registration,
    /// The token endpoint (preflight only).
    Token,
}

/// One request and what came of it.
#[derive(Debug, Clone, Serialize)]
pub struct Exchange {
    /// Why it was made.
    pub purpose: Purpose,
    /// What was sent. Secret values are already masked.
    pub request: Request,
    /// What came back.
    pub outcome: Result<Answer, NoAnswer>,
    /// The probe that asked.
    pub by: &'static str,
    /// When it began, in milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// How long it took, in milliseconds.
    pub took_ms: u32,
    /// In whose environment.
    pub environment: Environment,
}

/// What was sent.
#[derive(Clone, Serialize)]
pub struct Request {
    /// `GET`, `POST`, `OPTIONS`.
    pub method: String,
    /// The whole URL.
    pub url: Url,
    /// Headers as sent; `Authorization` is masked.
    pub headers: Headers,
    /// The body as sent; secrets are masked.
    pub body: Option<String>,
}

impl fmt::Debug for Request {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Request")
            .field("method", &self.method)
            .field("url", &Masked(self.url.as_str()))
            .field("headers", &self.headers)
            .field("body", &self.body.as_deref().map(Masked))
            .finish()
    }
}

/// An HTTP answer of any status.
#[derive(Debug, Clone, Serialize)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// All headers, in order, repeated ones kept apart.
    pub headers: Headers,
    /// What came of the body.
    pub body: Body,
}

impl Answer {
    /// The media type of `Content-Type`, in lower case, without parameters.
    pub fn media_type(&self) -> Option<String> {
        let value = self.headers.get("content-type")?;
        Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
    }

    /// Whether the body is a web page, by its label or by its first characters.
    pub fn is_html(&self) -> bool {
        let start: String = self.body.text.trim_start().chars().take(64).collect::<String>().to_ascii_lowercase();
        start.starts_with("<!doctype html")
            || start.starts_with("<html")
            || start.starts_with("<head")
            || (self.media_type().as_deref() == Some("text/html") && start.starts_with('<'))
    }

    /// Where a redirect leads, when the status is 3xx with a usable `Location`, resolved against the request's URL.
    pub fn redirect(&self, request: &Url) -> Option<Url> {
        if !(300..400).contains(&self.status) {
            return None;
        }
        request.join(self.headers.get("location")?.trim()).ok()
    }
}

/// HTTP headers, in order, names in lower case, values decoded leniently.
#[derive(Clone, Default, Serialize, PartialEq, Eq)]
pub struct Headers(pub Vec<(String, String)>);

impl fmt::Debug for Headers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The name says whether its value is a secret.
        let lines = self.0.iter().map(|(name, value)| redact::mask(&format!("{name}: {value}")));
        formatter.debug_list().entries(lines).finish()
    }
}

impl Headers {
    /// The first value of this header. `name` is compared without regard to case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(have, _)| have.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// All values of this header.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        self.0.iter().filter(move |(have, _)| have.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// A body, up to the limit that the probe was given.
#[derive(Clone, Default, Serialize)]
pub struct Body {
    /// The text, decoded as UTF-8 with replacement characters.
    pub text: String,
    /// How many bytes arrived.
    pub length: usize,
    /// The limit was reached and the rest was not read.
    pub truncated: bool,
    #[serde(skip)]
    parsed: OnceLock<Result<serde_json::Value, JsonFault>>,
}

impl Body {
    /// A whole body.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { length: text.len(), text, truncated: false, parsed: OnceLock::new() }
    }

    /// A body that was cut off at the limit.
    pub fn cut(text: impl Into<String>) -> Self {
        Self { truncated: true, ..Self::new(text) }
    }

    /// The body as JSON; parsed once.
    pub fn json(&self) -> Result<&serde_json::Value, &JsonFault> {
        self.parsed.get_or_init(|| JsonFault::parse(&self.text)).as_ref()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Body")
            .field("length", &self.length)
            .field("truncated", &self.truncated)
            .finish_non_exhaustive()
    }
}

/// Why a text is not JSON, with the position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JsonFault {
    /// What the parser says, without the position.
    pub what: String,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
}

impl JsonFault {
    fn parse(text: &str) -> Result<serde_json::Value, Self> {
        // A byte-order mark is not part of the text; a check complains where it matters.
        serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| {
            let whole = error.to_string();
            let what = whole.split(" at line ").next().unwrap_or(&whole).to_owned();
            Self { what, line: error.line(), column: error.column() }
        })
    }
}

/// Why no HTTP answer came.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct NoAnswer {
    /// The kind, for checks.
    pub kind: NoAnswerKind,
    /// The underlying words, for the evidence. Never shown alone.
    pub detail: String,
}

impl fmt::Debug for NoAnswer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("NoAnswer").field("kind", &self.kind).field("detail", &Masked(&self.detail)).finish()
    }
}

/// The kinds of silence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum NoAnswerKind {
    /// The name has no address.
    NameNotFound,
    /// Every address refused the connection.
    Refused,
    /// No route, or the network is down.
    Unreachable,
    /// No connection within the cap.
    ConnectTimedOut,
    /// Connected, and no complete answer within the cap.
    AnswerTimedOut,
    /// The connection was closed or reset before a complete answer.
    Closed,
    /// The TLS handshake failed.
    Tls {
        /// The cause.
        fault: TlsFault,
    },
    /// What came is not HTTP.
    NotHttp,
    /// The headers were larger than the limit.
    HeadersTooLarge,
    /// The proxy refused or asked for a password.
    Proxy,
    /// The address is private and the user's server is not: nothing was sent.
    PrivateAddress {
        /// The address that was refused.
        address: String,
    },
    /// The URL is not http(s): nothing was sent.
    NotHttpUrl,
    /// The run was cancelled.
    Cancelled,
    /// Anything else; see the detail.
    Other,
}

/// The cause of a failed TLS handshake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum TlsFault {
    /// The chain ends at an issuer that this trust store does not know.
    UnknownIssuer,
    /// The certificate signs itself.
    SelfSigned,
    /// Past its `notAfter`.
    Expired {
        /// Seconds since the Unix epoch.
        not_after: Option<i64>,
    },
    /// Before its `notBefore`.
    NotYetValid {
        /// Seconds since the Unix epoch.
        not_before: Option<i64>,
    },
    /// Issued for other names.
    WrongName {
        /// The names it is for.
        presented: Vec<String>,
    },
    /// Revoked.
    Revoked,
    /// The other side speaks plain HTTP on this port.
    PlainHttp,
    /// No common protocol version or cipher.
    NoCommonProtocol,
    /// Anything else.
    Other {
        /// What the library says.
        what: String,
    },
}

/// Addresses of one host.
#[derive(Debug, Clone, Default, Serialize, PartialEq, Eq)]
pub struct Addresses {
    /// As text, in the resolver's order. Empty: the name does not exist or has no address.
    pub ips: Vec<std::net::IpAddr>,
    /// The resolver's words when there is no address.
    pub error: Option<String>,
}

/// One plain TCP connection attempt.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Connection {
    /// `address:port`.
    pub address: std::net::SocketAddr,
    /// Connected, or why not.
    pub outcome: Result<(), NoAnswerKind>,
}

/// One TLS handshake.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct TlsReading {
    /// The verdict of the trust store.
    pub verdict: Result<(), TlsFault>,
    /// `TLSv1.3`, when a connection was made.
    pub version: Option<String>,
    /// The chain as sent, leaf first. Read even when the verdict is bad, where the handshake got that far.
    pub chain: Vec<Certificate>,
}

/// What a certificate says of itself.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Certificate {
    /// Distinguished name.
    pub subject: String,
    /// Distinguished name.
    pub issuer: String,
    /// DNS names and addresses it is for.
    pub names: Vec<String>,
    /// Seconds since the Unix epoch.
    pub not_before: i64,
    /// Seconds since the Unix epoch.
    pub not_after: i64,
}

/// A proxy setting, without credentials.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Proxy {
    /// `http://host:port`, credentials removed.
    pub url: String,
    /// Where it was found: `HTTPS_PROXY`, `system settings`.
    pub found_in: String,
}

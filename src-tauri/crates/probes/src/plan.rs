//! What to look at next: a pure function of what was seen so far.
//!
//! There is no schedule. After every answer the rules below are asked again which probes the evidence now calls for, and
//! those that have not been started are started at once. So everything that does not depend on something else runs beside it,
//! and the dependency graph is what the rules say, nothing more.

use mcp_auth_diagnosis::check::Stage;
use mcp_auth_diagnosis::clients::ClientId;
use mcp_auth_diagnosis::door::{self, Said};
use mcp_auth_diagnosis::evidence::{
    Answer, Endpoint, Evidence, Exchange, Look, MetadataForm, NoAnswer, NoAnswerKind, Place, Purpose, SIGN_IN_FIRST,
};
use mcp_auth_diagnosis::oauth::challenge::{self, Challenges};
use mcp_auth_diagnosis::oauth::token::{Signature, TokenForm, TokenReading, TokenRole};
use mcp_auth_diagnosis::oauth::{resource_metadata, server_metadata, well_known};
use mcp_auth_diagnosis::redact::Secret;
use mcp_auth_diagnosis::scalekit;
use mcp_auth_diagnosis::subject::{Subject, Symptom, is_loopback};
use mcp_auth_diagnosis::trial::{Stranger, Trial};
use serde_json::Value;
use url::Url;

use crate::ask::{Ask, LEGACY_VERSION, Session};
use crate::known;
use crate::limits::Limits;
use crate::remembered;

/// Which probes a run may use. None of them creates anything on a server: that is `mcp-auth-sign-in`'s.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbePlan {
    /// The origin of a web page that calls the server. `None`: no browser is involved, and CORS is not looked at.
    pub origin: Option<String>,
    /// Read what this system says about the browser. No browser is started by this.
    pub browser: bool,
    /// The user agreed that this tool is called once, with their token and without arguments.
    pub tool: Option<String>,
    /// Knock at the sign-in page and at the token endpoint, to see that they are there. Not needed beside a sign-in that goes
    /// through them.
    pub knocks: bool,
    /// Look no further along the way than a check of this stage needs. `None`: all the way. What is looked at every few
    /// seconds, while somebody repairs a server, asks that server for no more than it has to.
    pub until: Option<Stage>,
}

impl ProbePlan {
    /// What the user's words call for. Nothing that needs consent.
    pub fn for_subject(subject: &Subject) -> Self {
        let in_a_browser =
            subject.client.is_some_and(|client| client.is_browser()) || subject.symptom == Symptom::WorksElsewhere;
        let origin = subject.origin.clone().or_else(|| in_a_browser.then(|| INSPECTOR.to_owned()));
        Self { origin, browser: subject.symptom == Symptom::BrowserNeverOpens, tool: None, knocks: true, until: None }
    }
}

/// Where MCP Inspector's page runs unless told otherwise.
const INSPECTOR: &str = "http://localhost:6274";

/// Paths at which endpoints usually are.
const USUAL_PATHS: [&str; 5] = ["/mcp", "/sse", "/", "/api/mcp", "/v1/mcp"];

/// A token that nobody issued, to see that tokens are looked at.
const MADE_UP_TOKEN: &str = "Bearer made-up-by-mcp-auth-check";

/// Who a bot filter might let pass: name for the evidence, `User-Agent`.
const OTHER_AGENTS: [(&str, &str); 3] = [
    (
        "browser",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    ),
    ("sdk", "node"),
    ("claude-user", "Claude-User"),
];

/// What the headers of a page's calls are called in its preflight.
const PAGE_HEADERS: &str = "authorization,content-type,mcp-protocol-version";
const PAGE_LATER_HEADERS: &str =
    "authorization,content-type,last-event-id,mcp-method,mcp-name,mcp-protocol-version,mcp-session-id";
const PAGE_DOCUMENT_HEADERS: &str = "mcp-protocol-version";

/// One thing to look at.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Probe {
    /// The proxy set for the server.
    Proxy(Url),
    /// The addresses of a URL's host.
    Addresses(Url),
    /// One connection to each address of the server.
    Connections(Url),
    /// A TLS handshake with a URL's origin.
    Tls {
        url: Url,
        named_by_server: bool,
    },
    Ask(Box<Ask>),
}

/// Everything that the evidence so far calls for, started or not, in the order in which it is worth starting.
pub(crate) fn wanted(evidence: &Evidence, plan: &ProbePlan, limits: &Limits, token: Option<&Secret>) -> Vec<Probe> {
    let Some(server) = &evidence.subject.server else { return Vec::new() };
    if !matches!(server.scheme(), "http" | "https") || !server.has_host() {
        // Recorded as what it is; nothing is sent.
        return vec![Probe::Ask(Box::new(Ask::initialize(Purpose::Initialize, server.clone())))];
    }
    let rules = Rules { evidence, plan, limits, server, token };
    let mut asks = rules.first_calls();
    asks.extend(rules.after_an_open_first_call());
    asks.extend(rules.after_a_refused_first_call());
    asks.extend(rules.after_a_wrong_address());
    let challenge = rules.challenge(&asks);
    asks.extend(rules.named_resource_metadata(&challenge));
    let issuers = rules.issuers(&challenge);
    let named = match &issuers {
        Known::Yes(issuers) => issuers.as_slice(),
        Known::NotYet => &[],
    };
    asks.extend(rules.server_metadata(named));
    asks.extend(rules.endpoints(&issuers));
    asks.extend(known::asks(evidence, rules.server_metadata_in_use(&issuers)));
    if let Known::Yes(named) = &issuers {
        asks.extend(rules.web_page(&asks));
        asks.extend(rules.with_token(named));
    }
    asks.extend(remembered::asks(evidence, rules.server_metadata_in_use(&issuers)));
    asks.retain(|ask| plan.until.is_none_or(|stage| lies_before(&ask.purpose, stage)));

    let mut probes = vec![Probe::Proxy(server.clone()), Probe::Addresses(server.clone())];
    probes.extend(asks.into_iter().map(|ask| Probe::Ask(Box::new(ask))));
    probes.push(Probe::Connections(server.clone()));
    probes.extend((server.scheme() == "https").then(|| Probe::Tls { url: server.clone(), named_by_server: false }));
    for issuer in named.iter().filter_map(|issuer| Url::parse(issuer.trim()).ok()).filter(Url::has_host) {
        if issuer.host() != server.host() {
            probes.push(Probe::Addresses(issuer.clone()));
        }
        if issuer.scheme() == "https" && issuer.origin() != server.origin() {
            probes.push(Probe::Tls { url: issuer, named_by_server: true });
        }
    }
    probes
}

/// Whether a check of this stage may look at the answer to this request.
fn lies_before(purpose: &Purpose, stage: Stage) -> bool {
    use Purpose as P;
    let is_about_the_server = matches!(
        purpose,
        P::Initialize
            | P::InitializeAgain
            | P::Discover
            | P::Get
            | P::ToolsList
            | P::ToolsCall
            | P::OtherSlash
            | P::OtherPath { .. }
            | P::Redirected { .. }
            | P::HttpsInstead
            | P::AsUserAgent { .. }
            | P::ResourceMetadata { .. }
            | P::OwnServerMetadata { .. }
            | P::ServerMetadata { .. }
            | P::EnvironmentMetadata
    );
    let is_an_endpoint =
        matches!(purpose, P::Jwks | P::AuthorizationEndpoint | P::TokenEndpoint | P::RegistrationEndpoint);
    let tries_the_door = matches!(
        purpose,
        P::Notification | P::MadeUpToken | P::MadeUpTokenLowerCase | P::MadeUpTokenInQuery | P::RandomPath
    );
    match stage {
        Stage::ResourceMetadata => is_about_the_server,
        Stage::Challenge => is_about_the_server || tries_the_door,
        Stage::Reach | Stage::AsMetadata => is_about_the_server || is_an_endpoint,
        // These look at answers from everywhere.
        _ => true,
    }
}

/// Something that a running probe may still tell.
enum Known<T> {
    NotYet,
    Yes(T),
}

struct Rules<'a> {
    evidence: &'a Evidence,
    plan: &'a ProbePlan,
    limits: &'a Limits,
    server: &'a Url,
    token: Option<&'a Secret>,
}

impl Rules<'_> {
    /// What every run asks at once. The well-known addresses do not wait for the challenge: clients guess them too.
    fn first_calls(&self) -> Vec<Ask> {
        let server = self.server;
        let mut asks = vec![
            Ask::initialize(Purpose::Initialize, server.clone()),
            Ask::discover(Purpose::Discover, server.clone()),
        ];
        for place in [Place::Path, Place::Root] {
            let url = well_known::resource_metadata(server, place);
            asks.extend(url.map(|url| Ask::document(Purpose::ResourceMetadata { place }, url)));
        }
        asks.push(Ask::listen(Purpose::Get, server.clone()));
        for place in [Place::Path, Place::Root] {
            let url = well_known::own_server_metadata(server, place);
            asks.extend(url.map(|url| Ask::document(Purpose::OwnServerMetadata { place }, url)));
        }
        if server.scheme() == "http" && !is_loopback(server) {
            let mut https = server.clone();
            if https.set_scheme("https").is_ok() {
                asks.push(Ask::initialize(Purpose::HttpsInstead, https));
            }
        }
        asks
    }

    /// The door is open: are the tools guarded, or nothing at all?
    fn after_an_open_first_call(&self) -> Vec<Ask> {
        let Some(session) = self.session(&Purpose::Initialize, &Purpose::Discover) else { return Vec::new() };
        let mut asks = vec![Ask::tools(Purpose::ToolsList, self.server.clone(), &session)];
        if matches!(session, Session::Legacy { .. }) {
            asks.push(Ask::notification(Purpose::Notification, self.server.clone(), &session));
        }
        if self.evidence.answer(&Purpose::ToolsList).is_some_and(|answer| (200..300).contains(&answer.status)) {
            asks.push(Ask::tools(Purpose::ToolsCall, self.server.clone(), &session));
        }
        asks
    }

    /// It says "sign in first": does it say so to everybody and everywhere?
    fn after_a_refused_first_call(&self) -> Vec<Ask> {
        if self.evidence.answer(&Purpose::Initialize).is_none_or(|answer| answer.status != 401) {
            return Vec::new();
        }
        let mut nowhere = self.server.clone();
        nowhere.set_path(&format!("/mcp-auth-check-{:x}", self.evidence.began_ms));
        nowhere.set_query(None);
        let mut in_query = self.server.clone();
        in_query.query_pairs_mut().append_pair("access_token", MADE_UP_TOKEN.trim_start_matches("Bearer "));
        vec![
            Ask::initialize(Purpose::MadeUpTokenInQuery, in_query),
            Ask::initialize(Purpose::MadeUpToken, self.server.clone()).with("authorization", MADE_UP_TOKEN),
            Ask::initialize(Purpose::MadeUpTokenLowerCase, self.server.clone())
                .with("authorization", &MADE_UP_TOKEN.replacen('B', "b", 1)),
            Ask::initialize(Purpose::RandomPath, nowhere),
        ]
    }

    /// The endpoint is not here, forwards elsewhere, or turns this program away.
    fn after_a_wrong_address(&self) -> Vec<Ask> {
        let mut asks = Vec::new();
        let cloud = self.evidence.subject.client.is_some_and(ClientId::is_cloud);
        match self.evidence.look(&Purpose::Initialize) {
            Look::Answered(answer) => {
                let said = door::said(answer);
                if matches!(
                    said,
                    Said::NotHere | Said::WrongVerb | Said::Redirect | Said::Page | Said::NotMcp | Said::TunnelOffline
                ) {
                    asks.extend(self.neighbours());
                }
                // A client in a cloud may be turned away where this computer is not.
                if cloud || matches!(answer.status, 403 | 406 | 429 | 503) || said == Said::BotFilter {
                    asks.extend(self.other_agents());
                }
                if said == Said::ServerError {
                    asks.push(self.once_more());
                }
            }
            Look::NoAnswer(NoAnswer { kind: NoAnswerKind::Closed, .. }) => asks.push(self.once_more()),
            Look::NoAnswer(_) | Look::NotLooked => {}
        }
        // Two first calls at once trip some servers over their own start. One more, alone, tells it from a server that breaks.
        if self.breaks(&Purpose::Discover) && !self.breaks(&Purpose::Initialize) {
            asks.push(Ask::discover(Purpose::Discover, self.server.clone()).with("cache-control", "no-cache"));
        }
        if self.breaks(&Purpose::Get) && !self.breaks(&Purpose::Initialize) {
            asks.push(Ask::listen(Purpose::Get, self.server.clone()).with("cache-control", "no-cache"));
        }
        asks.extend(self.redirects());
        asks
    }

    /// It answers this call with an error of its own (5xx).
    fn breaks(&self, purpose: &Purpose) -> bool {
        self.evidence.answer(purpose).is_some_and(|answer| answer.status >= 500)
    }

    fn once_more(&self) -> Ask {
        // Another header, so that it is another request and not the answer that is already there.
        Ask::initialize(Purpose::InitializeAgain, self.server.clone()).with("cache-control", "no-cache")
    }

    fn neighbours(&self) -> Vec<Ask> {
        let typed = self.server.path();
        let mut other_slash = self.server.clone();
        other_slash.set_path(&match typed.strip_suffix('/') {
            Some(without) => without.to_owned(),
            None => format!("{typed}/"),
        });
        let mut asks = Vec::new();
        if other_slash != *self.server {
            asks.push(Ask::initialize(Purpose::OtherSlash, other_slash));
        }
        let below = format!("{}/mcp", typed.trim_end_matches('/'));
        let mut paths: Vec<&str> = USUAL_PATHS.to_vec();
        if !paths.contains(&below.as_str()) && !below.ends_with("/mcp/mcp") {
            paths.push(&below);
        }
        for path in paths.into_iter().filter(|path| path.trim_end_matches('/') != typed.trim_end_matches('/')) {
            let mut url = self.server.clone();
            url.set_path(path);
            let purpose = Purpose::OtherPath { path: path.to_owned() };
            // The transport of 2024-11-05 lives at `/sse` and is listened to, not called.
            asks.push(if path == "/sse" { Ask::listen(purpose, url) } else { Ask::initialize(purpose, url) });
        }
        asks
    }

    fn other_agents(&self) -> Vec<Ask> {
        let ask = |(who, agent): &(&str, &str)| {
            Ask::initialize(Purpose::AsUserAgent { who: (*who).to_owned() }, self.server.clone())
                .with("user-agent", agent)
        };
        OTHER_AGENTS.iter().map(ask).collect()
    }

    /// Follows the redirects of the first call by hand, without credentials, until they end, repeat or are too many.
    fn redirects(&self) -> Vec<Ask> {
        let mut asks = Vec::new();
        let mut visited = vec![self.server.clone()];
        let mut purpose = Purpose::Initialize;
        for step in 1..=self.limits.redirects {
            let Some(exchange) = self.evidence.exchange(&purpose) else { break };
            let Ok(answer) = &exchange.outcome else { break };
            let Some(next) = answer.redirect(&exchange.request.url) else { break };
            if visited.contains(&next) {
                break;
            }
            visited.push(next.clone());
            purpose = Purpose::Redirected { step };
            asks.push(Ask::initialize(purpose.clone(), next).named_by_server());
        }
        asks
    }

    /// Where the first call ends: behind the redirects that keep it on the typed origin and keep it a message, as apps follow them.
    fn endpoint(&self) -> Url {
        let (mut purpose, mut url) = (Purpose::Initialize, self.server.clone());
        for step in 1..=self.limits.redirects {
            let Some(answer) = self.evidence.answer(&purpose).filter(|answer| matches!(answer.status, 307 | 308))
            else {
                break;
            };
            let Some(next) = answer.redirect(&url).filter(|next| next.origin() == self.server.origin()) else { break };
            purpose = Purpose::Redirected { step };
            if self.evidence.answer(&purpose).is_none() {
                break;
            }
            url = next;
        }
        url
    }

    /// The challenge of the first `401`, in the order in which [`Evidence::unauthorized`] looks for it.
    fn challenge(&self, asks: &[Ask]) -> Known<Option<Challenges>> {
        for purpose in SIGN_IN_FIRST {
            match self.evidence.exchange(&purpose) {
                Some(exchange) if exchange.request.url.origin() != self.server.origin() => {}
                Some(Exchange { outcome: Ok(answer), .. }) if answer.status == 401 => {
                    return Known::Yes(Some(challenge::read(&answer.headers)));
                }
                None if asks.iter().any(|ask| ask.purpose == purpose) => return Known::NotYet,
                _ => {}
            }
        }
        Known::Yes(None)
    }

    fn named_resource_metadata(&self, challenge: &Known<Option<Challenges>>) -> Option<Ask> {
        let url = header_url(challenge)?;
        Some(Ask::document(Purpose::ResourceMetadata { place: Place::Header }, url).named_by_server())
    }

    /// The issuers that count: those of the first copy, in the order header, path, root, that names any.
    fn issuers(&self, challenge: &Known<Option<Challenges>>) -> Known<Vec<String>> {
        if matches!(challenge, Known::NotYet) {
            return Known::NotYet;
        }
        for place in [Place::Header, Place::Path, Place::Root] {
            let asked = match place {
                Place::Header => header_url(challenge).is_some(),
                other => well_known::resource_metadata(self.server, other).is_some(),
            };
            match self.evidence.look(&Purpose::ResourceMetadata { place }) {
                Look::NotLooked if asked => return Known::NotYet,
                Look::Answered(answer) if answer.status == 200 => {
                    let mut issuers = resource_metadata::read(answer).authorization_servers();
                    issuers.truncate(self.limits.issuers);
                    if !issuers.is_empty() {
                        return Known::Yes(issuers);
                    }
                }
                _ => {}
            }
        }
        Known::Yes(Vec::new())
    }

    fn server_metadata(&self, issuers: &[String]) -> Vec<Ask> {
        const ALL_FORMS: [MetadataForm; 4] =
            [MetadataForm::OauthInsert, MetadataForm::OidcInsert, MetadataForm::OidcAppend, MetadataForm::OauthAppend];
        let mut asks = Vec::new();
        for issuer in issuers {
            for form in ALL_FORMS {
                let url = well_known::server_metadata(issuer, form);
                let purpose = Purpose::ServerMetadata { issuer: issuer.clone(), form };
                asks.extend(url.map(|url| Ask::document(purpose, url).named_by_server()));
            }
        }
        let environment = issuers.first().and_then(|issuer| scalekit_environment(issuer));
        asks.extend(environment.map(|url| Ask::document(Purpose::EnvironmentMetadata, url).named_by_server()));
        asks
    }

    /// The endpoints that the metadata in use names.
    fn endpoints(&self, issuers: &Known<Vec<String>>) -> Vec<Ask> {
        let Some(answer) = self.server_metadata_in_use(issuers) else { return Vec::new() };
        let metadata = server_metadata::read(answer);
        let url = |name: &str| Url::parse(metadata.text(name)?.trim()).ok();
        let asks = [
            url("jwks_uri").map(|url| Ask::document(Purpose::Jwks, url)),
            url("authorization_endpoint").filter(|_| self.plan.knocks).map(Ask::page_knock),
            url("token_endpoint").filter(|_| self.plan.knocks).map(Ask::token_knock),
            url("registration_endpoint").map(|url| Ask::options(Purpose::RegistrationEndpoint, url)),
        ];
        asks.into_iter().flatten().map(Ask::named_by_server).collect()
    }

    fn server_metadata_in_use(&self, issuers: &Known<Vec<String>>) -> Option<&Answer> {
        let Known::Yes(issuers) = issuers else { return None };
        let candidates: Vec<(Purpose, bool)> = match issuers.first() {
            Some(issuer) => MetadataForm::SPEC_ORDER
                .iter()
                .map(|form| {
                    let asked = well_known::server_metadata(issuer, *form).is_some();
                    (Purpose::ServerMetadata { issuer: issuer.clone(), form: *form }, asked)
                })
                .collect(),
            None => [Place::Path, Place::Root]
                .iter()
                .map(|place| {
                    let asked = well_known::own_server_metadata(self.server, *place).is_some();
                    (Purpose::OwnServerMetadata { place: *place }, asked)
                })
                .collect(),
        };
        for (purpose, asked) in candidates {
            match self.evidence.look(&purpose) {
                Look::NotLooked if asked => return None,
                Look::Answered(answer) if answer.status == 200 && answer.body.json().is_ok() => return Some(answer),
                _ => {}
            }
        }
        None
    }

    /// What a web page on the given origin would meet, at every endpoint of the flow.
    fn web_page(&self, asks: &[Ask]) -> Vec<Ask> {
        let Some(origin) = &self.plan.origin else { return Vec::new() };
        let find = |wanted: &Purpose| asks.iter().find(|ask| ask.purpose == *wanted);
        let mut made = Vec::new();
        let mut both = |ask: &Ask, endpoint: Endpoint, headers: &str| {
            made.push(ask.preflight(Purpose::Preflight { endpoint }, origin, headers));
            let actual = Ask { purpose: Purpose::CrossOrigin { endpoint }, ..ask.clone() };
            made.push(actual.with("origin", origin));
        };
        if let Some(ask) = find(&Purpose::Initialize) {
            both(ask, Endpoint::Mcp, PAGE_HEADERS);
        }
        let place = self.evidence.resource_metadata().map(|(place, _)| place);
        if let Some(ask) = place.and_then(|place| find(&Purpose::ResourceMetadata { place })) {
            both(ask, Endpoint::ResourceMetadata, PAGE_DOCUMENT_HEADERS);
        }
        let metadata = self.evidence.server_metadata().map(|(purpose, _)| purpose);
        if let Some(ask) = metadata.and_then(|purpose| find(&purpose)) {
            both(ask, Endpoint::ServerMetadata, PAGE_DOCUMENT_HEADERS);
        }
        if let Some(ask) = find(&Purpose::Initialize) {
            made.push(ask.preflight(Purpose::Preflight { endpoint: Endpoint::McpLater }, origin, PAGE_LATER_HEADERS));
        }
        for (purpose, endpoint) in
            [(Purpose::RegistrationEndpoint, Endpoint::Registration), (Purpose::TokenEndpoint, Endpoint::Token)]
        {
            if let Some(ask) = find(&purpose) {
                made.push(ask.preflight_of_a_post(Purpose::Preflight { endpoint }, origin, "content-type"));
            }
        }
        made
    }

    /// The same calls with the user's token, where the server asks for one and nothing says that the token is another's.
    fn with_token(&self, issuers: &[String]) -> Vec<Ask> {
        let (Some(token), Some(reading)) = (self.token, self.evidence.token.as_ref().and_then(|fact| fact.value()))
        else {
            return Vec::new();
        };
        let turned_away =
            self.evidence.answer(&Purpose::Initialize).is_some_and(|answer| matches!(answer.status, 400 | 403 | 406));
        if (self.evidence.unauthorized().is_none() && !turned_away)
            || withheld(self.server, reading, self.evidence, issuers).is_some()
        {
            return Vec::new();
        }
        let endpoint = self.endpoint();
        let url = || endpoint.clone();
        let mut asks =
            vec![Ask::initialize(Purpose::TokenInitialize, url()), Ask::discover(Purpose::TokenDiscover, url())];
        match [Purpose::TokenInitialize, Purpose::TokenDiscover].map(|purpose| self.breaks(&purpose)) {
            [true, false] => {
                asks.push(Ask::initialize(Purpose::TokenInitialize, url()).with("cache-control", "no-cache"));
            }
            [false, true] => asks.push(Ask::discover(Purpose::TokenDiscover, url()).with("cache-control", "no-cache")),
            _ => {}
        }
        if let Some(session) = self.session(&Purpose::TokenInitialize, &Purpose::TokenDiscover) {
            let ready = match &session {
                Session::Modern => true,
                Session::Legacy { .. } => {
                    asks.push(Ask::initialize(Purpose::TokenInitializeAgain, url()));
                    asks.push(Ask::notification(Purpose::TokenInitialized, url(), &session));
                    self.evidence.exchange(&Purpose::TokenInitialized).is_some()
                }
            };
            if ready {
                asks.push(Ask::tools(Purpose::TokenToolsList, url(), &session));
            }
            let listed = self.evidence.exchange(&Purpose::TokenToolsList).is_some();
            if let Some(tool) =
                self.plan.tool.as_ref().filter(|tool| listed && tool.bytes().all(|byte| (0x20..0x7f).contains(&byte)))
            {
                asks.push(Ask::tools(Purpose::TokenToolsCall { tool: tool.clone() }, url(), &session));
            }
        }
        asks.into_iter().map(|ask| ask.bearing(token)).collect()
    }

    /// What a first call opened, when it was answered as MCP.
    fn session(&self, legacy: &Purpose, modern: &Purpose) -> Option<Session> {
        if let Some(answer) = self.evidence.answer(legacy).filter(|answer| (200..300).contains(&answer.status)) {
            let message = message(answer)?;
            let version = message.pointer("/result/protocolVersion").and_then(Value::as_str).unwrap_or(LEGACY_VERSION);
            // What a server says goes into a header again: only what a header may hold.
            let printable = |text: &&str| text.bytes().all(|byte| (0x21..0x7f).contains(&byte));
            let id = answer.headers.get("mcp-session-id").filter(printable).map(str::to_owned);
            let version = Some(version).filter(printable).unwrap_or(LEGACY_VERSION).to_owned();
            return Some(Session::Legacy { version, id });
        }
        // The newest protocol decides only where the older one was asked and is not spoken.
        self.evidence.exchange(legacy)?;
        let answer = self.evidence.answer(modern).filter(|answer| (200..300).contains(&answer.status))?;
        message(answer).map(|_| Session::Modern)
    }
}

/// Why the token is not sent to this server, when it is not. `issuers` are those that the server names.
pub(crate) fn withheld(server: &Url, token: &TokenReading, evidence: &Evidence, issuers: &[String]) -> Option<String> {
    match &token.role {
        TokenRole::Access => {}
        TokenRole::Id { .. } => return Some("it is an ID token, and only access tokens are for servers".to_owned()),
        TokenRole::Refresh { .. } => {
            return Some("it is a refresh token, which only the sign-in service may see".to_owned());
        }
        TokenRole::Credential { why } => return Some(why.clone()),
    }
    if let TokenForm::Truncated { how } = &token.form {
        return Some(format!("a piece of it is missing ({how})"));
    }
    if server.scheme() != "https" && !is_loopback(server) {
        return Some("the server's address is not https, so everybody on the way could read it".to_owned());
    }
    let issuer = Url::parse(token.issuer()?.trim()).ok().filter(Url::has_host)?;
    let mut named = issuers.iter().filter_map(|issuer| Url::parse(issuer.trim()).ok()).peekable();
    if named.peek().is_none() || named.any(|named| named.origin() == issuer.origin()) {
        return None;
    }
    // A sign-in service can have several names. Then its keys still fit, or its tokens say for whom they are. Fitting keys are
    // no reason to hand a token to a server other than the one that it names.
    let same_keys = matches!(evidence.signature.as_ref().and_then(|fact| fact.value()), Some(Signature::Good { .. }));
    if same_keys && Trial::of(evidence).is_ok_and(|trial| trial.stranger() != Stranger::OtherServer) {
        return None;
    }
    let resource = evidence.resource_metadata_read().and_then(|read| read.resource().map(str::to_owned));
    let ids: Vec<&str> = issuers.iter().filter_map(|issuer| scalekit::resource_id_of(issuer)).collect();
    let is_for_us = token.audiences().iter().any(|audience| {
        let same = |address: &str| address.trim_end_matches('/') == audience.trim_end_matches('/');
        ids.contains(&audience.as_str())
            || resource.as_deref().is_some_and(same)
            || Url::parse(audience).is_ok_and(|url| url.origin() == server.origin())
    });
    (!is_for_us).then(|| {
        format!(
            "it comes from {} and is not for this server, so it may belong to another one",
            token.issuer().unwrap_or_default()
        )
    })
}

fn header_url(challenge: &Known<Option<Challenges>>) -> Option<Url> {
    let Known::Yes(Some(challenges)) = challenge else { return None };
    Url::parse(challenges.resource_metadata()?.trim()).ok()
}

/// The JSON-RPC message of an answer, plain or as the first event of a stream.
fn message(answer: &Answer) -> Option<Value> {
    let is_message = |value: &Value| value.get("jsonrpc").is_some();
    if let Ok(value) = answer.body.json() {
        return Some(value.clone()).filter(is_message);
    }
    let data = answer.body.text.lines().filter_map(|line| line.strip_prefix("data:"));
    data.filter_map(|data| serde_json::from_str(data.trim()).ok()).find(is_message)
}

/// The metadata of the whole Scalekit environment, when the issuer looks like one of its resources or like a bare environment.
fn scalekit_environment(issuer: &str) -> Option<Url> {
    let mut url = Url::parse(issuer.trim()).ok()?;
    let of_a_resource = url.path().contains("/resources/res_");
    let bare = url.path() == "/"
        && url.domain().is_some_and(|host| {
            [".scalekit.dev", ".scalekit.com", ".scalekit.cloud"].iter().any(|domain| host.ends_with(domain))
        });
    (of_a_resource || bare).then(|| {
        url.set_query(None);
        url.set_fragment(None);
        url.set_path("/.well-known/openid-configuration");
        url
    })
}

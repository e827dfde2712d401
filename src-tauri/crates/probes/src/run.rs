//! One run: starts what the evidence calls for, adds what comes back, and ends when nothing is left to look at.

use std::collections::{HashMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use futures::FutureExt;
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use mcp_auth_diagnosis::authorize;
use mcp_auth_diagnosis::check::{Hop, Stage};
use mcp_auth_diagnosis::computer::Computer;
use mcp_auth_diagnosis::evidence::{
    Addresses, Answer, Blind, Connection, Environment, Evidence, Exchange, Fact, Headers, NoAnswer, NoAnswerKind,
    Proxy, Purpose, Request, TlsReading,
};
use mcp_auth_diagnosis::oauth::token;
use mcp_auth_diagnosis::redact::{self, Secret};
use mcp_auth_diagnosis::report::{Light, Report};
use mcp_auth_diagnosis::subject::Subject;
use mcp_auth_diagnosis::triage;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::ask::Ask;
use crate::browser::{self, System};
use crate::computer;
use crate::config::ProbeConfig;
use crate::http::{Clients, USER_AGENT};
use crate::network;
use crate::plan::{self, Probe, ProbePlan};
use crate::progress::Progress;
use crate::scrub::Scrub;
use crate::signature;

/// Looks at everything that the plan allows and the evidence calls for. Never fails: what could not be seen is part of the
/// evidence. A cancelled run, or one that reaches its cap, returns what was seen until then.
pub async fn run(
    subject: Subject,
    plan: ProbePlan,
    config: &ProbeConfig,
    progress: impl Fn(Progress) + Send + Sync,
    cancel: CancellationToken,
) -> Evidence {
    let began = Instant::now();
    let mut run = Run {
        clients: Arc::new(Clients::new(subject.server.clone(), config)),
        evidence: Evidence::new(subject, now_ms()),
        plan,
        config,
        progress: &progress,
        running: FuturesUnordered::new(),
        in_flight: HashMap::new(),
        started: HashSet::new(),
        requests: HashMap::new(),
        lights: Lights::default(),
        token: None,
        scrub: Scrub::default(),
    };
    run.take_what_was_given();
    let slow = sleep_until(began + config.limits.slow);
    let over = sleep_until(began + config.limits.run);
    tokio::pin!(slow, over);
    let mut told_slow = false;

    if run.plan.browser {
        let client = run.evidence.subject.client;
        let system = client.map_or_else(System::this, |client| System::this().as_seen_by(client));
        run.evidence.browser = Some(browser::look(&system, client).await);
    }
    run.look_at_this_computer();
    run.start_wanted();
    while !run.running.is_empty() {
        tokio::select! {
            biased;
            () = cancel.cancelled() => {
                run.evidence.cut_short = Some("the check was stopped".to_owned());
                break;
            }
            Some((id, seen)) = run.running.next() => {
                run.take(id, seen);
                run.start_wanted();
                run.tell_settled();
            }
            () = &mut over => {
                run.evidence.cut_short = Some(format!("not everything was answered within {} seconds", config.limits.run.as_secs()));
                break;
            }
            () = &mut slow, if !told_slow => {
                told_slow = true;
                run.tell_slow();
            }
        }
    }
    run.conclude_the_token();
    run.tell_all();
    run.evidence
}

/// Looks, and says what it means.
pub async fn diagnose(
    subject: Subject,
    plan: ProbePlan,
    config: &ProbeConfig,
    progress: impl Fn(Progress) + Send + Sync,
    cancel: CancellationToken,
) -> Report {
    let began = Instant::now();
    let evidence = run(subject, plan, config, progress, cancel).await;
    triage::diagnose(&evidence, u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX))
}

struct Run<'a, P> {
    clients: Arc<Clients>,
    evidence: Evidence,
    plan: ProbePlan,
    config: &'a ProbeConfig,
    progress: &'a P,
    running: FuturesUnordered<BoxFuture<'static, (usize, Seen)>>,
    /// What runs at present, by its number.
    in_flight: HashMap<usize, Probe>,
    /// The purposes and other probes that were started, by their names.
    started: HashSet<String>,
    /// Every request by its wire form: the same request is not sent twice, its answer counts for every purpose.
    requests: HashMap<String, Shared>,
    lights: Lights,
    /// The user's token, without what stood around it.
    token: Option<Secret>,
    /// Takes the token out of everything that servers say.
    scrub: Scrub,
}

/// A request that several purposes may share.
enum Shared {
    /// On its way; these purposes wait for the same answer.
    Waiting(Vec<Purpose>),
    /// Answered; the place of the exchange in the evidence.
    Done(usize),
}

/// What a probe saw.
enum Seen {
    Computer(Box<Fact<Computer>>),
    Proxy(Option<Proxy>),
    Addresses(String, Fact<Addresses>),
    Connections(Vec<Fact<Connection>>),
    /// By the system's trust store, by Mozilla's roots.
    Tls(String, Box<[Fact<TlsReading>; 2]>),
    Exchange(Box<Exchange>),
}

/// A home on a network that is gone must not keep the check.
const READING_CAP: std::time::Duration = std::time::Duration::from_secs(3);
/// The last wall: whatever a rule asks for, what could create something on a server is not sent.
const NOT_A_LOOK: &str = "this request could create something on the server; nothing was sent";
/// The number of the reading of this computer, which is no probe of the plan.
const THIS_COMPUTER: usize = usize::MAX;

impl<P: Fn(Progress)> Run<'_, P> {
    /// What the user gave beside the server's address.
    fn take_what_was_given(&mut self) {
        if let Some(settings) = &self.config.settings {
            self.evidence.settings = Some(fact(Ok(settings.clone()), "settings", Environment::ThisApp));
        }
        if let Some(dashboard) = &self.config.dashboard {
            self.evidence.dashboard = Some(fact(Ok(dashboard.clone()), "dashboard", Environment::ThisApp));
        }
        let Some(pasted) = &self.config.token else { return };
        let read = match token::read(pasted.expose()) {
            Ok((token, reading)) => {
                self.scrub = Scrub::of(&token);
                self.token = Some(token);
                Ok(reading)
            }
            Err(error) => Err(Blind { why: format!("the token could not be read: {error}") }),
        };
        self.evidence.token = Some(fact(read, "token", Environment::ThisApp));
    }

    /// What can be said of the token only when all documents are there.
    fn conclude_the_token(&mut self) {
        let Some(reading) = self.evidence.token.as_ref().and_then(|fact| fact.value()) else { return };
        let issuers = self.evidence.issuers();
        let server = self.evidence.subject.server.as_ref();
        self.evidence.token_withheld =
            server.and_then(|server| plan::withheld(server, reading, &self.evidence, &issuers));
        self.check_the_signature();
    }

    /// The signature, as soon as the keys have come: whether the token may be sent depends on it.
    fn check_the_signature(&mut self) {
        let Some(reading) = self.evidence.token.as_ref().and_then(|fact| fact.value()) else { return };
        let Some(token) = self.token.as_ref().filter(|_| reading.is_jwt()) else { return };
        let verdict = match self.evidence.exchange(&Purpose::Jwks) {
            Some(Exchange { outcome: Ok(answer), .. }) if answer.status == 200 => match answer.body.json() {
                Ok(keys) => signature::verify(token, reading, keys),
                Err(error) => Err(format!("the keys of the sign-in service are not JSON ({})", error.what)),
            },
            Some(Exchange { outcome: Ok(answer), .. }) => {
                Err(format!("the keys of the sign-in service were not there (HTTP {})", answer.status))
            }
            Some(Exchange { outcome: Err(_), .. }) => Err("the keys of the sign-in service did not come".to_owned()),
            None => signature::without_keys(reading)
                .map_or_else(|| Err("the keys of the sign-in service are not known".to_owned()), Ok),
        };
        self.evidence.signature = Some(fact(verdict.map_err(|why| Blind { why }), "signature", Environment::ThisApp));
    }

    /// Reads this computer beside everything else.
    fn look_at_this_computer(&mut self) {
        let Some(mut machine) = self.config.machine.clone() else { return };
        let subject = &self.evidence.subject;
        let typed = Some(subject.typed.trim().to_owned()).filter(|typed| !typed.is_empty());
        machine.urls.extend(typed.or_else(|| subject.server.as_ref().map(ToString::to_string)));
        let environment = if machine.only_home {
            Environment::Simulated { what: "another-home".to_owned() }
        } else {
            Environment::ThisApp
        };
        let look = async move {
            let reading = tokio::task::spawn_blocking(move || computer::look(&machine));
            let seen = match tokio::time::timeout(READING_CAP, reading).await {
                Ok(Ok(computer)) => Ok(computer),
                Ok(Err(_)) => Err("the reading itself failed; please send us the report"),
                Err(_) => Err("reading this computer took too long"),
            };
            let seen = seen.map_err(|why| Blind { why: why.to_owned() });
            (THIS_COMPUTER, Seen::Computer(Box::new(fact(seen, "computer", environment))))
        };
        self.running.push(look.boxed());
    }

    fn start_wanted(&mut self) {
        if self.evidence.signature.is_none() && self.evidence.exchange(&Purpose::Jwks).is_some() {
            self.check_the_signature();
        }
        // A shared answer is there at once and may call for more.
        loop {
            let before = self.evidence.exchanges().len();
            for probe in plan::wanted(&self.evidence, &self.plan, &self.config.limits, self.token.as_ref()) {
                if self.started.insert(name(&probe)) {
                    self.start(probe);
                }
            }
            if self.evidence.exchanges().len() == before {
                return;
            }
        }
    }

    fn start(&mut self, probe: Probe) {
        if let Probe::Ask(ask) = &probe {
            match self.requests.get_mut(&ask.wire()) {
                Some(Shared::Waiting(purposes)) => {
                    purposes.push(ask.purpose.clone());
                    return;
                }
                Some(Shared::Done(at)) => {
                    let same = self.evidence.exchanges()[*at].clone();
                    self.evidence.add(Exchange { purpose: ask.purpose.clone(), ..same });
                    return;
                }
                None => drop(self.requests.insert(ask.wire(), Shared::Waiting(Vec::new()))),
            }
        }
        if self.lights.looking.insert(stage(&probe).hop()) {
            (self.progress)(Progress::Hop { hop: stage(&probe).hop(), light: Light::Looking });
        }
        let id = self.started.len();
        self.in_flight.insert(id, probe.clone());
        let clients = self.clients.clone();
        let limit = self.config.limits.connect;
        let look = async move {
            let began = now_ms();
            let seen = AssertUnwindSafe(look(&clients, &probe, limit)).catch_unwind().await;
            (id, seen.unwrap_or_else(|_| failed(&probe, began)))
        };
        self.running.push(look.boxed());
    }

    fn take(&mut self, id: usize, seen: Seen) {
        let probe = self.in_flight.remove(&id);
        match seen {
            Seen::Computer(fact) => self.evidence.computer = Some(*fact),
            Seen::Proxy(proxy) => self.evidence.proxy = Some(fact(Ok(proxy), "proxy", Environment::ThisApp)),
            Seen::Addresses(host, fact) => drop(self.evidence.addresses.insert(host, fact)),
            Seen::Connections(facts) => self.evidence.connections.extend(facts),
            Seen::Tls(origin, facts) => {
                let [system, mozilla] = *facts;
                self.evidence.tls.insert(origin.clone(), system);
                self.evidence.tls_mozilla.insert(origin, mozilla);
            }
            Seen::Exchange(mut exchange) => {
                self.scrub.clean(&mut exchange.outcome);
                (self.progress)(asked(&exchange));
                let Some(Probe::Ask(ask)) = probe else { return };
                let at = self.evidence.exchanges().len();
                self.evidence.add((*exchange).clone());
                if let Some(Shared::Waiting(purposes)) = self.requests.insert(ask.wire(), Shared::Done(at)) {
                    for purpose in purposes {
                        self.evidence.add(Exchange { purpose, ..(*exchange).clone() });
                    }
                }
            }
        }
    }

    fn tell_slow(&self) {
        let waiting: Vec<String> =
            self.in_flight.values().filter_map(|probe| url(probe).host_str().map(str::to_owned)).collect();
        if let Some(host) = waiting.into_iter().min() {
            (self.progress)(Progress::Slow { what: format!("Waiting for {host}") });
        }
    }

    /// Lights for the stages of which every probe has ended.
    fn tell_settled(&mut self) {
        let nearest = self.in_flight.values().map(stage).min();
        let settled = |stage: Stage| nearest.is_some_and(|nearest| needs(stage) < nearest);
        let newly: Vec<Stage> =
            STAGES.into_iter().filter(|stage| settled(*stage) && !self.lights.settled.contains(stage)).collect();
        if newly.is_empty() {
            return;
        }
        self.lights.settled.extend(&newly);
        let report = triage::diagnose(&self.evidence, 0);
        for line in report.checks.iter().filter(|line| newly.contains(&line.stage)) {
            if !matches!(line.light, Light::NotLooked | Light::CouldNotSee) {
                self.tell_check(&line.code, line.light);
            }
        }
    }

    /// Every light, at the end.
    fn tell_all(&mut self) {
        let report = triage::diagnose(&self.evidence, 0);
        for line in &report.checks {
            self.tell_check(&line.code, line.light);
        }
        for line in report.hops {
            (self.progress)(Progress::Hop { hop: line.hop, light: line.light });
        }
    }

    fn tell_check(&mut self, code: &str, light: Light) {
        if self.lights.checks.insert(code.to_owned(), light) != Some(light) {
            (self.progress)(Progress::Check { code: code.to_owned(), light });
        }
    }
}

/// What was told so far.
#[derive(Default)]
struct Lights {
    looking: HashSet<Hop>,
    settled: HashSet<Stage>,
    checks: HashMap<String, Light>,
}

/// The stages that network probes serve.
const STAGES: [Stage; 6] = [
    Stage::Reach,
    Stage::Challenge,
    Stage::ResourceMetadata,
    Stage::AsMetadata,
    Stage::Registration,
    Stage::Authorization,
];

/// The last stage whose probes a check of this stage may look at: where the challenge points is a question of the challenge.
fn needs(of: Stage) -> Stage {
    match of {
        Stage::Reach => Stage::Challenge,
        Stage::Challenge => Stage::ResourceMetadata,
        other => other,
    }
}

async fn look(clients: &Clients, probe: &Probe, limit: std::time::Duration) -> Seen {
    match probe {
        Probe::Proxy(url) => Seen::Proxy(clients.proxy(url)),
        Probe::Addresses(url) => {
            let addresses = network::addresses(clients, url).await;
            Seen::Addresses(host(url), fact(Ok(addresses), "addresses", Environment::ThisApp))
        }
        Probe::Connections(url) => {
            let connections = network::connections(clients, url, limit).await;
            let facts = connections.into_iter().map(|one| fact(Ok(one), "connections", Environment::ThisApp));
            Seen::Connections(facts.collect())
        }
        Probe::Tls { url, named_by_server } => {
            let [system, mozilla] = network::tls(clients, url, *named_by_server, limit).await;
            let simulated = Environment::Simulated { what: "mozilla-roots".to_owned() };
            Seen::Tls(
                origin(url),
                Box::new([fact(system, "tls", Environment::ThisApp), fact(mozilla, "tls", simulated)]),
            )
        }
        Probe::Ask(ask) => {
            clients.ready(&ask.url).await;
            let (at_ms, began) = (now_ms(), Instant::now());
            let outcome = if ask.only_looks() {
                clients.send(ask).await.map(|answer| without_cookies(without_codes(&ask.purpose, answer)))
            } else {
                Err(NoAnswer { kind: NoAnswerKind::Other, detail: NOT_A_LOOK.to_owned() })
            };
            let took_ms = u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX);
            Seen::Exchange(Box::new(Exchange {
                purpose: ask.purpose.clone(),
                request: recorded(ask),
                outcome,
                by: "http",
                at_ms,
                took_ms,
                environment: Environment::ThisApp,
            }))
        }
    }
}

/// What remains of a probe that panicked: somebody looked and could not see.
fn failed(probe: &Probe, at_ms: u64) -> Seen {
    const WHY: &str = "the probe itself failed; please send us the report";
    fn blind<T>(by: &'static str) -> Fact<T> {
        fact(Err(Blind { why: WHY.to_owned() }), by, Environment::ThisApp)
    }
    match probe {
        Probe::Proxy(_) => Seen::Proxy(None),
        Probe::Addresses(url) => Seen::Addresses(host(url), blind("addresses")),
        Probe::Connections(_) => Seen::Connections(vec![blind("connections")]),
        Probe::Tls { url, .. } => Seen::Tls(origin(url), Box::new([blind("tls"), blind("tls")])),
        Probe::Ask(ask) => Seen::Exchange(Box::new(Exchange {
            purpose: ask.purpose.clone(),
            request: recorded(ask),
            outcome: Err(NoAnswer { kind: NoAnswerKind::Other, detail: WHY.to_owned() }),
            by: "http",
            at_ms,
            took_ms: 0,
            environment: Environment::ThisApp,
        })),
    }
}

/// A sign-in page may send a code back: it is taken out before it becomes evidence.
fn without_codes(purpose: &Purpose, answer: Answer) -> Answer {
    if matches!(purpose, Purpose::Authorize { .. }) { authorize::without_codes(answer) } else { answer }
}

/// That a cookie was set, and its name, is evidence; its value is a secret.
fn without_cookies(mut answer: Answer) -> Answer {
    for (_, value) in answer.headers.0.iter_mut().filter(|(name, _)| name == "set-cookie") {
        let (pair, attributes) = value.split_once(';').map_or((value.as_str(), ""), |(pair, rest)| (pair, rest));
        let name = pair.split_once('=').map_or("", |(name, _)| name);
        *value = format!("{name}=********;{attributes}").trim_end_matches(';').to_owned();
    }
    answer
}

/// What was sent, with what is secret masked.
fn recorded(ask: &Ask) -> Request {
    let mut headers: Vec<(String, String)> = ask.headers.0.clone();
    for (name, value) in &mut headers {
        if name == "authorization" {
            let scheme = value.split(' ').next().unwrap_or_default();
            *value = format!("{scheme} ********");
        }
    }
    if ask.bearer.is_some() {
        headers.push(("authorization".to_owned(), "Bearer ********".to_owned()));
    }
    if !headers.iter().any(|(name, _)| name == "user-agent") {
        headers.push(("user-agent".to_owned(), USER_AGENT.to_owned()));
    }
    Request { method: ask.method.to_owned(), url: ask.url.clone(), headers: Headers(headers), body: ask.body.clone() }
}

fn asked(exchange: &Exchange) -> Progress {
    let result = match &exchange.outcome {
        Ok(answer) => format!("HTTP {}", answer.status),
        Err(_) => "no answer".to_owned(),
    };
    Progress::Asked {
        purpose: triage::purpose_words(&exchange.purpose),
        url: redact::mask(exchange.request.url.as_str()),
        result,
        took_ms: exchange.took_ms,
    }
}

/// The stage that a probe serves first.
fn stage(probe: &Probe) -> Stage {
    match probe {
        Probe::Tls { named_by_server: true, .. } => Stage::AsMetadata,
        Probe::Proxy(_) | Probe::Addresses(_) | Probe::Connections(_) | Probe::Tls { .. } => Stage::Reach,
        Probe::Ask(ask) => match &ask.purpose {
            Purpose::ResourceMetadata { .. } => Stage::ResourceMetadata,
            Purpose::ServerMetadata { .. }
            | Purpose::OwnServerMetadata { .. }
            | Purpose::EnvironmentMetadata
            | Purpose::Jwks
            | Purpose::AuthorizationEndpoint
            | Purpose::TokenEndpoint
            | Purpose::RegistrationEndpoint => Stage::AsMetadata,
            Purpose::Register { .. } | Purpose::ClientDocument => Stage::Registration,
            Purpose::Authorize { .. } => Stage::Authorization,
            Purpose::Preflight { .. } | Purpose::CrossOrigin { .. } => Stage::Cors,
            Purpose::ToolsList
            | Purpose::ToolsCall
            | Purpose::Notification
            | Purpose::MadeUpToken
            | Purpose::MadeUpTokenLowerCase
            | Purpose::MadeUpTokenInQuery
            | Purpose::RandomPath => Stage::Challenge,
            Purpose::TokenInitialize
            | Purpose::TokenInitializeAgain
            | Purpose::TokenInitialized
            | Purpose::TokenDiscover => Stage::TokenValidation,
            Purpose::TokenToolsList | Purpose::TokenToolsCall { .. } => Stage::Scope,
            _ => Stage::Reach,
        },
    }
}

/// Two probes of one name are the same probe.
fn name(probe: &Probe) -> String {
    match probe {
        Probe::Proxy(_) => "proxy".to_owned(),
        Probe::Addresses(url) => format!("addresses {}", host(url)),
        Probe::Connections(_) => "connections".to_owned(),
        Probe::Tls { url, .. } => format!("tls {}", origin(url)),
        // The same question may be asked once more; see the rules of `plan`.
        Probe::Ask(ask) if ask.headers.get("cache-control").is_some() => format!("ask {:?} again", ask.purpose),
        Probe::Ask(ask) => format!("ask {:?}", ask.purpose),
    }
}

fn url(probe: &Probe) -> &Url {
    match probe {
        Probe::Proxy(url) | Probe::Addresses(url) | Probe::Connections(url) | Probe::Tls { url, .. } => url,
        Probe::Ask(ask) => &ask.url,
    }
}

fn host(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_ascii_lowercase()
}

/// `https://host:port`, the port always there.
fn origin(url: &Url) -> String {
    format!("{}://{}:{}", url.scheme(), host(url), url.port_or_known_default().unwrap_or_default())
}

fn fact<T>(seen: Result<T, Blind>, by: &'static str, environment: Environment) -> Fact<T> {
    Fact { seen, by, at_ms: now_ms(), environment }
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

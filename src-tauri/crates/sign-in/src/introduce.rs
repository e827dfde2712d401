//! Introducing apps to a sign-in service, and asking it about them.
//!
//! A registration stays on the server unless it can be taken back, so it happens only with consent, at most once for each client.
//! When a whole set of return addresses is refused, each is tried alone, to say which one it is. The questions to the sign-in
//! page create nothing.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use futures::future::join_all;
use mcp_auth_diagnosis::authorize::{self, NOBODY};
use mcp_auth_diagnosis::clients::ClientId;
use mcp_auth_diagnosis::discovery::unsafe_address;
use mcp_auth_diagnosis::evidence::{Answer, Environment, Evidence, Exchange, Headers, Purpose, Request};
use mcp_auth_diagnosis::introduction::{self, Introduction};
use mcp_auth_diagnosis::oauth::server_metadata::{self, ServerMetadata};
use mcp_auth_diagnosis::redact::Secret;
use mcp_auth_diagnosis::registering::{self, Attempt, REGISTRATION, SPECIFICATION};
use mcp_auth_diagnosis::report::Report;
use mcp_auth_diagnosis::sign_in::{Created, Identity};
use mcp_auth_diagnosis::subject::Subject;
use mcp_auth_diagnosis::triage;
use mcp_auth_probes::{Call, ProbeConfig, ProbePlan, Progress, Web, run};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::flow::{fields, now_ms};

/// Stands for the port that a client would choose.
const PORT: u16 = 41_739;
/// Another one, to see whether the port has to be the registered one.
const OTHER_PORT: u16 = 41_740;
/// Nobody registered this address (RFC 2606).
const NOWHERE: &str = "https://mcp-auth-check.invalid/callback";
/// The clients whose shapes are tried when none was named: a private scheme, a website, this computer by number and by name.
const SHAPES: [ClientId; 5] =
    [ClientId::Cursor, ClientId::VsCode, ClientId::ClaudeConnectors, ClientId::ClaudeCode, ClientId::McpRemote];

/// Looks at the server, introduces the apps that people use to its sign-in service, takes that back where the service offers it,
/// and says what it all means. No browser is opened. Only for those who agreed to registrations.
pub async fn diagnose_introducing(
    subject: Subject,
    plan: ProbePlan,
    config: &ProbeConfig,
    progress: impl Fn(Progress) + Send + Sync,
    cancel: CancellationToken,
) -> Report {
    let began = Instant::now();
    let mut evidence = run(subject, plan, config, &progress, cancel.clone()).await;
    let mut introduced = Introduced::default();
    let web = evidence.subject.server.clone().map(|server| Web::new(server, config));
    if let Some(web) = &web {
        introduced = introduce(&mut evidence, web, config, &progress, &cancel).await;
    }
    let mut report = triage::diagnose(&evidence, u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX));
    if let Some(web) = &web {
        introduced.take_back(web, &mut report).await;
    }
    report
}

/// The registrations that were made.
#[derive(Default)]
pub struct Introduced {
    /// All of them.
    pub created: Vec<Created>,
    /// Those that can be taken back.
    registered: Vec<Registered>,
}

struct Registered {
    client_id: String,
    manage: Management,
}

/// Where a registration can be taken back, and the token for it (RFC 7592).
pub(crate) struct Management {
    url: Url,
    token: Secret,
}

impl Management {
    /// From the reply to a registration at this endpoint. The token for it is for whoever gave it out: an address at another
    /// origin gets nothing.
    pub fn of(reply: &serde_json::Map<String, Value>, endpoint: &Url) -> Option<Self> {
        let text = |name: &str| reply.get(name)?.as_str().filter(|text| !text.is_empty());
        let url = crate::plan::web_address(text("registration_client_uri")?).ok()?;
        if url.origin() != endpoint.origin() {
            return None;
        }
        Some(Self { url, token: Secret::new(text("registration_access_token")?) })
    }

    /// Takes the registration back. Says whether it is gone.
    pub async fn take_back(self, web: &Web) -> bool {
        let headers = vec![("authorization".to_owned(), format!("Bearer {}", self.token.expose()))];
        let outcome = web.send(Call { method: "DELETE", url: self.url, headers, body: None }).await;
        outcome.is_ok_and(|answer| answer.status == 204 || answer.status == 200)
    }
}

impl Introduced {
    /// Takes the registrations back, where the sign-in service offers it (RFC 7592), and says so in the report.
    pub async fn take_back(&mut self, web: &Web, report: &mut Report) {
        let gone = std::mem::take(&mut self.registered).into_iter().map(|one| async move {
            let Registered { client_id, manage } = one;
            manage.take_back(web).await.then_some(client_id)
        });
        for client_id in join_all(gone).await.into_iter().flatten() {
            mark_taken_back(report, REGISTRATION, Some(&client_id));
            let same = |created: &&mut Created| created.client_id.as_deref() == Some(&client_id);
            self.created.iter_mut().filter(same).for_each(|created| created.taken_back = true);
        }
    }
}

/// Says in the report that something is not on the server any more.
pub(crate) fn mark_taken_back(report: &mut Report, kind: &str, client_id: Option<&str>) {
    for effect in &mut report.side_effects {
        if effect["kind"] == kind && effect["client_id"].as_str() == client_id {
            effect["taken_back"] = Value::Bool(true);
        }
    }
}

/// One request that the evidence calls for.
struct Ask {
    purpose: Purpose,
    url: Url,
    /// A registration; without one it is a question to the sign-in page.
    registration: Option<String>,
}

impl Ask {
    /// Two with the same form are one request: its answer counts for both.
    fn wire(&self) -> String {
        format!("{} {:?}", self.url, self.registration)
    }
}

/// Makes the registrations and asks the questions that the evidence calls for, until it calls for nothing more. What is under way
/// when the person stops it is waited for: otherwise nobody would know what it created.
pub(crate) async fn introduce(
    evidence: &mut Evidence,
    web: &Web,
    config: &ProbeConfig,
    progress: impl Fn(Progress) + Send + Sync,
    cancel: &CancellationToken,
) -> Introduced {
    let began = Instant::now();
    let mut introduced = Introduced::default();
    let mut started: HashSet<String> =
        evidence.exchanges().iter().map(|exchange| format!("{:?}", exchange.purpose)).collect();
    let mut answered: HashMap<String, Exchange> = HashMap::new();
    loop {
        let mut new = asks(evidence);
        new.retain(|ask| started.insert(format!("{:?}", ask.purpose)));
        if new.is_empty() {
            return introduced;
        }
        if cancel.is_cancelled() {
            evidence.cut_short = Some("the check was stopped".to_owned());
            return introduced;
        }
        if began.elapsed() > config.limits.run {
            let seconds = config.limits.run.as_secs();
            evidence.cut_short = Some(format!("not everything was answered within {seconds} seconds"));
            return introduced;
        }
        let mut sent = HashSet::new();
        let first: Vec<&Ask> =
            new.iter().filter(|ask| !answered.contains_key(&ask.wire()) && sent.insert(ask.wire())).collect();
        for (wire, exchange, management) in join_all(first.into_iter().map(|ask| send(web, ask))).await {
            progress(Progress::Asked {
                purpose: triage::purpose_words(&exchange.purpose),
                url: exchange.request.url.to_string(),
                result: match &exchange.outcome {
                    Ok(answer) => format!("HTTP {}", answer.status),
                    Err(_) => "no answer".to_owned(),
                },
                took_ms: exchange.took_ms,
            });
            introduced.registered.extend(management);
            introduced.created.extend(created(&exchange));
            answered.insert(wire, exchange);
        }
        for ask in new {
            if let Some(exchange) = answered.get(&ask.wire()) {
                evidence.add(Exchange { purpose: ask.purpose, ..exchange.clone() });
            }
        }
    }
}

/// What an accepted registration created.
fn created(exchange: &Exchange) -> Option<Created> {
    let accepted = |answer: &&Answer| matches!(answer.status, 200 | 201);
    let answer = exchange.outcome.as_ref().ok().filter(accepted)?;
    matches!(exchange.purpose, Purpose::Register { .. }).then(|| Created {
        kind: REGISTRATION.to_owned(),
        url: exchange.request.url.to_string(),
        client_id: answer.body.json().ok().and_then(|reply| reply.get("client_id")?.as_str().map(str::to_owned)),
        taken_back: false,
    })
}

async fn send(web: &Web, ask: &Ask) -> (String, Exchange, Option<Registered>) {
    let mut sent = vec![("accept", "*/*")];
    if ask.registration.is_some() {
        sent = vec![("accept", "application/json"), ("content-type", "application/json")];
    }
    let headers = fields(&sent);
    let method = if ask.registration.is_some() { "POST" } else { "GET" };
    let call = Call { method, url: ask.url.clone(), headers: headers.clone(), body: ask.registration.clone() };
    let (at_ms, began) = (now_ms(), Instant::now());
    let outcome = web.send(call).await;
    let took_ms = u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX);
    let registered = outcome.as_ref().ok().filter(|_| ask.registration.is_some()).and_then(|answer| {
        let reply = answer.body.json().ok()?.as_object()?;
        let client_id = reply.get("client_id")?.as_str()?.to_owned();
        Some(Registered { client_id, manage: Management::of(reply, &ask.url)? })
    });
    let kept = |answer: Answer| {
        if ask.registration.is_some() { registering::without_secrets(answer) } else { authorize::without_codes(answer) }
    };
    let exchange = Exchange {
        purpose: ask.purpose.clone(),
        request: Request {
            method: method.to_owned(),
            url: ask.url.clone(),
            headers: Headers(headers),
            body: ask.registration.clone(),
        },
        outcome: outcome.map(kept),
        by: "sign-in",
        at_ms,
        took_ms,
        environment: Environment::ThisApp,
    };
    (ask.wire(), exchange, registered)
}

/// Everything that the evidence calls for.
fn asks(evidence: &Evidence) -> Vec<Ask> {
    let Some((_, metadata)) = evidence.server_metadata() else { return Vec::new() };
    let rules = Rules { evidence, metadata: server_metadata::read(metadata) };
    let mut asks = rules.registrations();
    asks.extend(rules.questions());
    asks
}

struct Rules<'a> {
    evidence: &'a Evidence,
    metadata: ServerMetadata,
}

impl Rules<'_> {
    /// The clients that are introduced, and the one that a sign-in has introduced already.
    fn shapes(&self) -> Vec<Introduction> {
        let mut shapes: Vec<Introduction> = match self.evidence.subject.client {
            Some(client) => vec![Introduction::of(Some(client))],
            None => SHAPES.into_iter().map(|client| Introduction::of(Some(client))).collect(),
        };
        for attempt in registering::attempts(self.evidence).iter().filter(|attempt| attempt.alone.is_none()) {
            if shapes.iter().all(|shape| id(shape) != attempt.shape) {
                shapes.push(Introduction::of(attempt.client));
            }
        }
        shapes
    }

    /// Addresses that no program may open are reported, not asked.
    fn endpoint(&self, name: &str) -> Option<Url> {
        let address = self.metadata.text(name).filter(|address| !unsafe_address(address))?;
        Url::parse(address).ok()
    }

    fn registrations(&self) -> Vec<Ask> {
        let Some(endpoint) = self.endpoint("registration_endpoint") else { return Vec::new() };
        let attempts = registering::attempts(self.evidence);
        let mut asks = Vec::new();
        for shape in self.shapes() {
            if self.identity(&shape) != Some(Identity::Registration) {
                continue;
            }
            let id = id(&shape);
            let uris = shape.redirects(PORT);
            let engine = shape.client.and_then(ClientId::engine);
            let scope = shape.names_scopes.then(|| introduction::scopes(engine, self.evidence)).flatten();
            let scope = scope.as_deref();
            let mut ask = |client: &str, alone: Option<&str>, body: &Value| {
                let redirect_uri = alone.map(str::to_owned);
                let purpose = Purpose::Register { client: client.to_owned(), redirect_uri };
                asks.push(Ask { purpose, url: endpoint.clone(), registration: Some(body.to_string()) });
            };
            ask(id, None, &shape.registration(&uris, scope));
            let whole = attempts.iter().find(|attempt| attempt.shape == id && attempt.alone.is_none());
            if !whole.is_some_and(Attempt::refused_content) {
                continue;
            }
            if uris.len() > 1 {
                for uri in &uris {
                    ask(id, Some(uri), &shape.registration(std::slice::from_ref(uri), scope));
                }
            }
            for uri in uris.iter().filter(|uri| uri.starts_with("http://")) {
                // Is it the name of this computer, or the missing word "native"?
                let refused = |attempt: &&Attempt<'_>| {
                    attempt.shape == id && attempt.redirect_uris == [uri.clone()] && attempt.refused_content()
                };
                if !attempts.iter().any(|attempt| refused(&attempt)) {
                    continue;
                }
                if let Some(by_number) =
                    uri.strip_prefix("http://localhost").map(|rest| format!("http://127.0.0.1{rest}"))
                {
                    ask(id, Some(&by_number), &shape.registration(std::slice::from_ref(&by_number), scope));
                }
                if !shape.says_native {
                    let native = Introduction::of(None).registration(std::slice::from_ref(uri), None);
                    ask(SPECIFICATION, Some(uri), &native);
                }
            }
        }
        asks
    }

    /// The way in, as the client would take it; for one that was named and has an id, that is another question.
    fn identity(&self, shape: &Introduction) -> Option<Identity> {
        shape.identity(&self.metadata, None)
    }

    fn questions(&self) -> Vec<Ask> {
        let Some(endpoint) = self.endpoint("authorization_endpoint") else { return Vec::new() };
        let asked = authorize::asked(self.evidence);
        let mut asks = Vec::new();
        let mut ask = |question: &str, shape: &Introduction, client_id: &str, redirect: &str, leave_out: &[&str]| {
            let purpose = Purpose::Authorize { question: question.to_owned(), client: id(shape).to_owned() };
            let url = authorize::address(&endpoint, self.evidence, shape.client, client_id, redirect, leave_out);
            asks.push(Ask { purpose, url, registration: None });
        };
        let nobody = Introduction::of(None);
        let usual = nobody.redirects(PORT).into_iter().next().unwrap_or_default();
        ask(authorize::UNKNOWN_CLIENT, &nobody, NOBODY, &usual, &[]);
        for shape in self.shapes() {
            if let (Some(Identity::Document { url }), Some(loopback)) = (self.identity(&shape), shape.loopback) {
                let at = |port: u16| format!("http://{}:{port}{}", loopback.host, loopback.path);
                ask(authorize::DOCUMENT, &shape, &url, &at(loopback.port.unwrap_or(PORT)), &[]);
                ask(authorize::DOCUMENT_PORT, &shape, &url, &at(OTHER_PORT), &[]);
            }
        }
        let mut first = true;
        for attempt in registering::attempts(self.evidence) {
            let (Some(client_id), None) = (attempt.client_id(), attempt.alone) else { continue };
            let shape = Introduction::of(attempt.client);
            for uri in &attempt.redirect_uris {
                ask(&authorize::with_redirect(uri), &shape, client_id, uri, &[]);
            }
            // By number what was registered by name is another address; by another port it is the same (RFC 8252 section 7.3).
            if let Some(loopback) = shape.loopback {
                let moved =
                    attempt.redirect_uris.iter().find(|uri| uri.starts_with(&format!("http://{}:", loopback.host)));
                if let Some(moved) = moved.and_then(|uri| other_port(uri)) {
                    ask(authorize::OTHER_PORT, &shape, client_id, &moved, &[]);
                }
            }
            if !std::mem::take(&mut first) {
                continue;
            }
            let Some(uri) = attempt.redirect_uris.first() else { continue };
            ask(authorize::UNKNOWN_REDIRECT, &shape, client_id, NOWHERE, &[]);
            ask(authorize::NO_PKCE, &shape, client_id, uri, &["code_challenge", "code_challenge_method"]);
            let question = authorize::with_redirect(uri);
            let code = asked
                .iter()
                .find(|one| one.question == question && one.client_id == client_id)
                .and_then(|one| one.reading.code().map(str::to_owned));
            match code.as_deref() {
                Some("invalid_target" | "invalid_resource" | "AADSTS9010010") => {
                    ask(authorize::NO_RESOURCE, &shape, client_id, uri, &["resource"]);
                }
                Some("invalid_scope") => ask(authorize::NO_SCOPE, &shape, client_id, uri, &["scope"]),
                _ => {}
            }
        }
        asks
    }
}

fn id(shape: &Introduction) -> &'static str {
    shape.client.map_or(SPECIFICATION, ClientId::id)
}

fn other_port(uri: &str) -> Option<String> {
    let mut url = Url::parse(uri).ok()?;
    url.set_port(Some(OTHER_PORT)).ok()?;
    Some(url.to_string())
}

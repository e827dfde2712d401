//! The flow itself (MCP 2026-07-28, authorization; OAuth 2.1 section 4.1): introduction, browser, answer, token, refresh.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mcp_auth_diagnosis::authorize;
use mcp_auth_diagnosis::evidence::{Answer, Body, Environment, Exchange, Headers, NoAnswer, Purpose, Request};
use mcp_auth_diagnosis::introduction::Loopback;
use mcp_auth_diagnosis::redact::Secret;
use mcp_auth_diagnosis::registering::{self, REGISTRATION};
use mcp_auth_diagnosis::report::Light;
use mcp_auth_diagnosis::sign_in::{BrowserAnswer, Created, Identity, Party, SignInReading, Step, Stop, TokenAnswer};
use mcp_auth_probes::{Call, Web};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use url::Url;
use url::form_urlencoded::Serializer;

use crate::exchange::{self, Secrets};
use crate::introduce::Management;
use crate::listener::{Listener, Returned};
use crate::plan::Plan;
use crate::random;

/// Opens a page in the browser. It says that a browser was asked, not that the page arrived.
pub type Opener = Arc<dyn Fn(&Url) -> Result<(), String> + Send + Sync>;

/// What came of a sign-in.
pub struct SignedIn {
    /// What was seen, without any secret.
    pub reading: SignInReading,
    /// The access token, when there is one. It is wiped when dropped.
    pub access_token: Option<Secret>,
    /// The scopes that were granted, separated by spaces, as far as the service said.
    pub granted_scope: Option<String>,
    /// The registration, as evidence for the checks. Secrets in it are hidden.
    pub exchanges: Vec<Exchange>,
    /// What the look before the sign-in saw at the sign-in page and the token endpoint. They are not knocked at again.
    pub(crate) knocks: Vec<Exchange>,
    refresh_token: Option<Secret>,
    /// Tokens that were replaced by newer ones. They are taken back as well.
    older: Vec<(Secret, &'static str)>,
    client: Option<Client>,
    registration: Option<Management>,
    /// Registrations of earlier sign-ins of the same run.
    older_registrations: Vec<Management>,
    revocation_endpoint: Option<Url>,
}

/// The client as the sign-in service knows it.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    id: String,
    secret: Option<Secret>,
    /// `none`, `client_secret_basic` or `client_secret_post`.
    method: &'static str,
}

/// A sign-in between its introduction and its end.
pub(crate) struct Flow<'a, P> {
    plan: &'a Plan,
    web: &'a Web,
    progress: P,
    began: Instant,
    secrets: Secrets,
    reading: SignInReading,
    registration: Option<Management>,
    /// The registration, as evidence for the checks. Secrets in it are hidden.
    pub exchanges: Vec<Exchange>,
    older: Vec<(Secret, &'static str)>,
}

/// What waits for the browser.
pub(crate) struct Ready {
    client: Client,
    listener: Listener,
}

/// Signs in as planned. Never fails: where it stopped is part of the reading.
pub async fn sign_in(
    plan: &Plan,
    web: &Web,
    open: &Opener,
    progress: impl Fn(&Step) + Send + Sync,
    cancel: CancellationToken,
) -> SignedIn {
    let mut flow = Flow::new(plan, web, progress);
    let ready = flow.prepare().await;
    flow.finish(ready, open, &cancel).await
}

#[derive(Default)]
struct Tokens {
    access: Option<Secret>,
    refresh: Option<Secret>,
    scope: Option<String>,
}

impl<'a, P: Fn(&Step)> Flow<'a, P> {
    /// Nothing is done yet.
    pub fn new(plan: &'a Plan, web: &'a Web, progress: P) -> Self {
        let reading = SignInReading {
            client: plan.introduction.client,
            identity: plan.identity.clone(),
            issuer: plan.issuer.clone(),
            guessed: plan.guessed,
            promises_iss: plan.promises_iss,
            redirect_uri: String::new(),
            resource: plan.resource.clone(),
            requested_scope: plan.scope.clone(),
            answer: None,
            token: None,
            refresh: None,
            stopped: None,
            created: Vec::new(),
            steps: Vec::new(),
            stepped_up: None,
            turned_away: 0,
        };
        Self {
            plan,
            web,
            progress,
            began: Instant::now(),
            secrets: Secrets::default(),
            reading,
            registration: None,
            exchanges: Vec::new(),
            older: Vec::new(),
        }
    }

    /// Opens the browser for what is ready, and goes through to the token.
    pub async fn finish(mut self, ready: Result<Ready, Stop>, open: &Opener, cancel: &CancellationToken) -> SignedIn {
        let outcome = match ready {
            Ok(ready) => self.go(ready, open, cancel).await,
            Err(stop) => Err(stop),
        };
        match outcome {
            Ok((client, tokens)) => self.end(Some(client), tokens),
            Err(stop) => {
                self.reading.stopped = Some(stop);
                self.end(None, Tokens::default())
            }
        }
    }

    /// Ends it without a browser. What was created is taken back by [`SignedIn::take_back`].
    pub fn leave(self) -> SignedIn {
        self.end(None, Tokens::default())
    }

    fn end(self, client: Option<Client>, tokens: Tokens) -> SignedIn {
        SignedIn {
            granted_scope: tokens.scope.or_else(|| self.reading.requested_scope.clone()),
            access_token: tokens.access,
            knocks: Vec::new(),
            refresh_token: tokens.refresh,
            older: self.older,
            client,
            exchanges: self.exchanges,
            registration: self.registration,
            older_registrations: Vec::new(),
            revocation_endpoint: self.plan.revocation_endpoint.clone(),
            reading: self.reading,
        }
    }

    /// Listens for the browser and introduces the app.
    pub async fn prepare(&mut self) -> Result<Ready, Stop> {
        let listener = match Listener::open(self.plan.loopback).await {
            Ok(listener) => listener,
            Err(error) => {
                self.note(
                    "listen",
                    "Wait for the browser on this computer",
                    Party::App,
                    Party::App,
                    Light::Broken,
                    error,
                );
                return Err(Stop::Listening);
            }
        };
        self.reading.redirect_uri.clone_from(&listener.redirect_uri);
        if let Some(port) = listener.moved {
            let note = format!(
                "Port {port}, which this client uses, is taken by another program. A free port is used instead."
            );
            self.note(
                "listen",
                "Wait for the browser on this computer",
                Party::App,
                Party::App,
                Light::Attention,
                note,
            );
        }
        let client = self.introduce(&listener.redirect_uri).await?;
        Ok(Ready { client, listener })
    }

    async fn go(
        &mut self,
        Ready { client, mut listener }: Ready,
        open: &Opener,
        cancel: &CancellationToken,
    ) -> Result<(Client, Tokens), Stop> {
        let (returned, verifier) = self.browse(&client, &mut listener, open, cancel).await?;
        drop(listener);
        let code = self.judge(returned)?;
        let mut tokens = self.exchange(&client, &code, &verifier).await?;
        if let Some(refresh) = tokens.refresh.clone() {
            self.refresh(&client, &refresh, &mut tokens).await;
        }
        Ok((client, tokens))
    }

    // Introduction

    async fn introduce(&mut self, redirect_uri: &str) -> Result<Client, Stop> {
        // At most one registration for one client: a second sign-in uses that of the first.
        if let Some(client) = &self.plan.registered {
            if let Some(secret) = &client.secret {
                self.secrets.keep(secret);
            }
            return Ok(client.clone());
        }
        match &self.plan.identity {
            Identity::Known { client_id } => {
                let secret = self.plan.client_secret.clone();
                if let Some(secret) = &secret {
                    self.secrets.keep(secret);
                }
                let method = method(None, secret.is_some(), &self.plan.token_auth_methods);
                Ok(Client { id: client_id.clone(), secret, method })
            }
            Identity::Document { url } => Ok(Client { id: url.clone(), secret: None, method: "none" }),
            Identity::Registration => self.register(redirect_uri).await,
        }
    }

    /// RFC 7591. One registration for one sign-in, never repeated.
    async fn register(&mut self, redirect_uri: &str) -> Result<Client, Stop> {
        let Some(url) = self.plan.registration_endpoint.clone() else { return Err(Stop::Registration) };
        let port = Url::parse(redirect_uri).ok().and_then(|url| url.port()).unwrap_or(80);
        let mut uris = self.plan.introduction.redirects(port);
        if !uris.iter().any(|uri| uri == redirect_uri) {
            uris.push(redirect_uri.to_owned());
        }
        let body = self.plan.introduction.registration(&uris, self.plan.scope.as_deref()).to_string();
        let headers = fields(&[("content-type", "application/json"), ("accept", "application/json")]);
        let call = Call { method: "POST", url: url.clone(), headers, body: Some(body.clone()) };
        let (outcome, mut line) = exchange::send(self.web, call, "Registration", body, self.began).await;
        let reply = document(&outcome);
        let text = |name: &str| reply.as_ref().and_then(|reply| reply.get(name)?.as_str()).map(str::to_owned);
        let created = outcome.as_ref().is_ok_and(|answer| (200..300).contains(&answer.status));
        let secret = text("client_secret").filter(|secret| !secret.is_empty()).map(Secret::new);
        for secret in secret.iter() {
            self.secrets.keep(secret);
        }
        if let Some(token) = text("registration_access_token") {
            self.secrets.keep(&Secret::new(token));
        }
        self.registration = reply.as_ref().filter(|_| created).and_then(|reply| Management::of(reply, &url));
        exchange::tell(&mut line, &outcome, &self.secrets);
        let shape = self.plan.introduction.client.map_or(registering::SPECIFICATION, |client| client.id()).to_owned();
        let request = Request {
            method: "POST".to_owned(),
            url: url.clone(),
            headers: Headers::default(),
            body: Some(line.request.split_once("\n\n").map_or("", |(_, body)| body).to_owned()),
        };
        self.exchanges.push(Exchange {
            purpose: Purpose::Register { client: shape, redirect_uri: None },
            request,
            outcome: outcome
                .clone()
                .map(|answer| Answer { body: Body::new(self.secrets.hide(&answer.body.text)), ..answer }),
            by: "sign-in",
            at_ms: now_ms(),
            took_ms: line.took_ms,
            environment: Environment::ThisApp,
        });
        let id = text("client_id").filter(|_| created);
        let light = if id.is_some() { Light::Fine } else { Light::Broken };
        self.step(
            "register",
            "Introduce the app (registration)",
            Party::App,
            Party::AuthorizationServer,
            light,
            None,
            Some(line),
        );
        let Some(id) = id else { return Err(Stop::Registration) };
        self.reading.created.push(Created {
            kind: REGISTRATION.to_owned(),
            url: url.to_string(),
            client_id: Some(id.clone()),
            taken_back: false,
        });
        let said = text("token_endpoint_auth_method");
        let method = method(said.as_deref(), secret.is_some(), &self.plan.token_auth_methods);
        Ok(Client { id, secret, method })
    }

    // Browser

    async fn browse(
        &mut self,
        client: &Client,
        listener: &mut Listener,
        open: &Opener,
        cancel: &CancellationToken,
    ) -> Result<((Returned, Option<bool>, Duration), Secret), Stop> {
        let no_random = |_| Stop::Listening;
        let state = random::secret().map_err(no_random)?;
        let verifier = random::secret().map_err(no_random)?;
        self.secrets.keep(&state);
        self.secrets.keep(&verifier);
        let url = self.page(client, &listener.redirect_uri, state.expose(), &random::challenge(&verifier));
        let started = Instant::now();
        let shown = self.secrets.hide(url.as_str());
        let title = "Open the sign-in page in the browser";
        if let Err(error) = open(&url) {
            self.note("open-browser", title, Party::App, Party::Browser, Light::Broken, error);
            return Err(Stop::Browser);
        }
        self.note("open-browser", title, Party::App, Party::Browser, Light::Fine, shown);
        self.step("answer", WAY_BACK, Party::Browser, Party::App, Light::Looking, None, None);
        let returned = tokio::select! {
            biased;
            () = cancel.cancelled() => Err("It was stopped before the browser came back."),
            returned = listener.answer() => returned.ok_or("Nobody was listening any more."),
            () = tokio::time::sleep(self.plan.wait) => Err("The browser did not come back in time."),
        };
        self.reading.turned_away = listener.turned_away();
        self.reading.steps.pop();
        match returned {
            Ok(returned) => {
                let fits = returned.state.as_ref().map(|got| got.expose() == state.expose());
                if let Some(code) = &returned.code {
                    self.secrets.keep(code);
                }
                Ok(((returned, fits, started.elapsed()), verifier))
            }
            Err(words) => {
                self.note("answer", WAY_BACK, Party::Browser, Party::App, Light::Broken, words);
                self.look_at_page(client, &listener.redirect_uri).await;
                Err(Stop::NoAnswer)
            }
        }
    }

    /// The authorization request (OAuth 2.1 section 4.1.1, RFC 8707, RFC 7636).
    fn page(&self, client: &Client, redirect_uri: &str, state: &str, challenge: &str) -> Url {
        let mut url = self.plan.authorization_endpoint.clone();
        let mut query = url.query_pairs_mut();
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &client.id)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("state", state)
            .append_pair("code_challenge", challenge)
            .append_pair("code_challenge_method", "S256");
        if let Some(resource) = &self.plan.resource {
            query.append_pair("resource", resource);
        }
        if let Some(scope) = &self.plan.scope {
            query.append_pair("scope", scope);
        }
        if self.plan.scope.as_deref().is_some_and(|scope| scope.split(' ').any(|one| one == "offline_access")) {
            query.append_pair("prompt", "consent");
        }
        drop(query);
        url
    }

    /// What the browser showed and did not send back: a sign-in page that refuses the app or its return address says so to the
    /// person alone (RFC 6749 section 4.1.2.1). The same page is asked for once more, without cookies and without following where
    /// it leads; nobody is signed in by that.
    async fn look_at_page(&mut self, client: &Client, redirect_uri: &str) {
        /// The hash of a key (PKCE, S256) that is thrown away: the answer never leads to a token.
        const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        let url = self.page(client, redirect_uri, "mcp-auth-check", CHALLENGE);
        let question = match &self.plan.identity {
            Identity::Known { .. } => authorize::KNOWN_CLIENT.to_owned(),
            Identity::Document { .. } => authorize::DOCUMENT.to_owned(),
            Identity::Registration => authorize::with_redirect(redirect_uri),
        };
        let shape = self.plan.introduction.client.map_or(registering::SPECIFICATION, |client| client.id()).to_owned();
        let headers = fields(&[("accept", "text/html,application/json;q=0.9")]);
        let call = Call { method: "GET", url: url.clone(), headers, body: None };
        let (outcome, mut line) =
            exchange::send(self.web, call, "The sign-in page again", String::new(), self.began).await;
        exchange::tell(&mut line, &outcome, &self.secrets);
        let exchange = Exchange {
            purpose: Purpose::Authorize { question, client: shape },
            request: Request { method: "GET".to_owned(), url, headers: Headers::default(), body: None },
            outcome: outcome.map(|answer| Answer { body: Body::new(self.secrets.hide(&answer.body.text)), ..answer }),
            by: "sign-in",
            at_ms: now_ms(),
            took_ms: line.took_ms,
            environment: Environment::ThisApp,
        };
        let light = if authorize::read(&exchange).goes_on() { Light::Fine } else { Light::Broken };
        self.step(
            "page-again",
            "Look at what the sign-in page says",
            Party::App,
            Party::AuthorizationServer,
            light,
            None,
            Some(line),
        );
        self.exchanges.push(exchange);
    }

    /// RFC 6749 section 4.1.2 and RFC 9207 section 2.4, in the order in which a careful client looks: whose answer is it, who
    /// gave it, what does it say.
    fn judge(&mut self, (returned, state_fits, took): (Returned, Option<bool>, Duration)) -> Result<Secret, Stop> {
        let iss_fits = match (&returned.iss, self.plan.promises_iss) {
            (Some(iss), _) => *iss == self.plan.issuer,
            (None, promised) => !promised,
        };
        let trusted = state_fits == Some(true) && iss_fits;
        let answer = BrowserAnswer {
            code: returned.code.is_some(),
            state_fits,
            iss: returned.iss.clone(),
            // What another service says is not repeated.
            error: returned.error.clone().filter(|_| trusted || returned.iss.is_none()),
            error_description: returned.error_description.clone().filter(|_| trusted || returned.iss.is_none()),
            took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        };
        let note = match (&answer.error, state_fits, iss_fits, answer.code) {
            (_, Some(false), ..) => {
                Some("The answer does not belong to this attempt: another state came back.".to_owned())
            }
            (_, None, ..) if answer.code => {
                Some("The answer does not say to which attempt it belongs: no state came back.".to_owned())
            }
            (_, _, false, _) => Some(match &answer.iss {
                Some(iss) => format!("The answer is stamped by {iss}, and {} was asked.", self.plan.issuer),
                None => "The service promised to stamp its answers with its name, and did not.".to_owned(),
            }),
            (Some(error), ..) => Some(match &answer.error_description {
                Some(words) => format!("The answer is an error: {error} ({words})"),
                None => format!("The answer is an error: {error}"),
            }),
            (None, _, _, false) => Some("The answer brought no code.".to_owned()),
            _ => None,
        };
        let good = note.is_none();
        let light = if good { Light::Fine } else { Light::Broken };
        self.step("answer", WAY_BACK, Party::Browser, Party::App, light, note, None);
        self.reading.answer = Some(answer);
        returned.code.filter(|_| good).ok_or(Stop::Answer)
    }

    // Token

    async fn exchange(&mut self, client: &Client, code: &Secret, verifier: &Secret) -> Result<Tokens, Stop> {
        let redirect = self.reading.redirect_uri.clone();
        let pairs = [("grant_type", Value::from("authorization_code")), ("redirect_uri", Value::from(redirect))];
        let secret = [("code", code), ("code_verifier", verifier)];
        let (answer, tokens, line) = self.ask_token(client, &pairs, &secret, "Code for a token").await;
        let good = tokens.access.is_some() && answer.error.is_none();
        let light = if good { Light::Fine } else { Light::Broken };
        let note = failed(&answer);
        self.step(
            "token",
            "Exchange the code for a pass (token)",
            Party::App,
            Party::AuthorizationServer,
            light,
            note,
            Some(line),
        );
        self.reading.token = Some(answer);
        if !good {
            return Err(Stop::Token);
        }
        self.reading.created.push(Created {
            kind: "grant".to_owned(),
            url: self.plan.token_endpoint.to_string(),
            client_id: Some(client.id.clone()),
            taken_back: false,
        });
        Ok(tokens)
    }

    async fn refresh(&mut self, client: &Client, refresh: &Secret, tokens: &mut Tokens) {
        let pairs = [("grant_type", Value::from("refresh_token"))];
        let (answer, renewed, line) = self.ask_token(client, &pairs, &[("refresh_token", refresh)], "Refresh").await;
        let good = renewed.access.is_some() && answer.error.is_none();
        let light = if good { Light::Fine } else { Light::Attention };
        let note = failed(&answer);
        self.step(
            "refresh",
            "Renew the pass once (refresh token)",
            Party::App,
            Party::AuthorizationServer,
            light,
            note,
            Some(line),
        );
        self.reading.refresh = Some(answer);
        if good {
            self.older.extend(tokens.access.take().map(|token| (token, "access_token")));
            tokens.access = renewed.access;
            // Without a new one, the old one stays good (RFC 6749 section 6).
            tokens.refresh = renewed.refresh.or(tokens.refresh.take());
            tokens.scope = renewed.scope.or(tokens.scope.take());
        }
    }

    async fn ask_token(
        &mut self,
        client: &Client,
        pairs: &[(&str, Value)],
        secret: &[(&str, &Secret)],
        purpose: &str,
    ) -> (TokenAnswer, Tokens, mcp_auth_diagnosis::report::ExchangeLine) {
        for (_, value) in secret {
            self.secrets.keep(value);
        }
        let mut headers =
            fields(&[("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json")]);
        // In a block of its own: a form in the making cannot cross an await.
        let body = {
            let mut form = Serializer::new(String::new());
            for (name, value) in pairs {
                form.append_pair(name, value.as_str().unwrap_or_default());
            }
            for (name, value) in secret {
                form.append_pair(name, value.expose());
            }
            if let Some(resource) = &self.plan.resource {
                form.append_pair("resource", resource);
            }
            authenticate(client, &mut form, &mut headers);
            form.finish()
        };
        let shown = self.secrets.hide(&body);
        let call = Call { method: "POST", url: self.plan.token_endpoint.clone(), headers, body: Some(body) };
        let (outcome, mut line) = exchange::send(self.web, call, purpose, shown, self.began).await;
        let reply = document(&outcome);
        let text = |name: &str| {
            reply
                .as_ref()
                .and_then(|reply| reply.get(name)?.as_str())
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        let tokens = Tokens {
            access: text("access_token").map(Secret::new),
            refresh: text("refresh_token").map(Secret::new),
            scope: text("scope"),
        };
        for secret in tokens.access.iter().chain(&tokens.refresh) {
            self.secrets.keep(secret);
        }
        if let Some(id) = text("id_token") {
            self.secrets.keep(&Secret::new(id));
        }
        // A body that is no JSON may hold a token all the same.
        if reply.is_none()
            && let Ok(answer) = &outcome
        {
            for (name, value) in url::form_urlencoded::parse(answer.body.text.as_bytes()) {
                if name.ends_with("token") {
                    self.secrets.keep(&Secret::new(value.into_owned()));
                }
            }
        }
        exchange::tell(&mut line, &outcome, &self.secrets);
        let answered = outcome.as_ref().ok();
        let expires = reply.as_ref().and_then(|reply| reply.get("expires_in"));
        let answer = TokenAnswer {
            status: answered.map(|answer| answer.status),
            silence: outcome.as_ref().err().map(|silence| silence.detail.clone()),
            media_type: answered.and_then(Answer::media_type),
            json: reply.is_some(),
            error: text("error"),
            error_description: text("error_description").map(|words| self.secrets.hide(&words)),
            access_token: tokens.access.is_some(),
            token_type: text("token_type"),
            expires_in: expires.and_then(Value::as_i64),
            expires_in_is_text: expires.is_some_and(Value::is_string),
            refresh_token: tokens.refresh.is_some(),
            scope: tokens.scope.clone(),
            client_auth: client.method,
        };
        (answer, tokens, line)
    }

    // Picture

    #[allow(clippy::too_many_arguments, reason = "the members of a step")]
    fn step(
        &mut self,
        id: &str,
        title: &str,
        from: Party,
        to: Party,
        light: Light,
        note: Option<String>,
        exchange: Option<mcp_auth_diagnosis::report::ExchangeLine>,
    ) {
        let took_ms = exchange.as_ref().map(|line| line.took_ms);
        let step = Step { id: id.to_owned(), title: title.to_owned(), from, to, light, note, exchange, took_ms };
        (self.progress)(&step);
        self.reading.steps.push(step);
    }

    fn note(&mut self, id: &str, title: &str, from: Party, to: Party, light: Light, note: impl ToString) {
        let note = self.secrets.hide(&note.to_string());
        self.step(id, title, from, to, light, Some(note), None);
    }
}

const WAY_BACK: &str = "The browser comes back with the answer";

impl SignedIn {
    /// The plan for signing in once more as the same client, which is introduced already.
    pub(crate) fn once_more(&self, plan: Plan) -> Plan {
        let port = Url::parse(&self.reading.redirect_uri).ok().and_then(|url| url.port());
        let loopback = Loopback { port: port.or(plan.loopback.port), ..plan.loopback };
        Plan { registered: self.client.clone(), loopback, ..plan }
    }

    /// The sign-in page would not have the scopes that were asked for.
    pub(crate) fn scope_refused(&self) -> bool {
        self.reading.answer.as_ref().is_some_and(|answer| answer.error.as_deref() == Some("invalid_scope"))
    }

    /// Goes on with a second sign-in. What the first one created is still there, and is taken back with the rest.
    pub(crate) fn go_on_with(&mut self, again: Self) {
        let first = std::mem::replace(self, again);
        self.reading.created.splice(0..0, first.reading.created);
        self.exchanges.splice(0..0, first.exchanges);
        self.knocks.splice(0..0, first.knocks);
        self.older.extend(first.older);
        self.older.extend(first.refresh_token.map(|token| (token, "refresh_token")));
        self.older.extend(first.access_token.map(|token| (token, "access_token")));
        self.client = self.client.take().or(first.client);
        self.older_registrations.extend(first.older_registrations);
        // The newest is that of the client which goes on.
        match self.registration {
            None => self.registration = first.registration,
            Some(_) => self.older_registrations.extend(first.registration),
        }
    }

    /// Takes back what was created, where the sign-in service offers it: the tokens (RFC 7009), the registration (RFC 7592).
    pub async fn take_back(&mut self, web: &Web) {
        let began = Instant::now();
        let mut tokens: Vec<(Secret, &str)> = Vec::new();
        tokens.extend(self.refresh_token.take().map(|token| (token, "refresh_token")));
        tokens.extend(self.access_token.take().map(|token| (token, "access_token")));
        tokens.append(&mut self.older);
        if let (Some(url), Some(client)) = (&self.revocation_endpoint, &self.client) {
            let mut revoked = false;
            for (token, hint) in &tokens {
                let mut headers = fields(&[("content-type", "application/x-www-form-urlencoded")]);
                let body = {
                    let mut form = Serializer::new(String::new());
                    form.append_pair("token", token.expose()).append_pair("token_type_hint", hint);
                    authenticate(client, &mut form, &mut headers);
                    form.finish()
                };
                let call = Call { method: "POST", url: url.clone(), headers, body: Some(body) };
                let (outcome, mut line) =
                    exchange::send(web, call, "Revocation", format!("token_type_hint={hint}"), began).await;
                let mut secrets = Secrets::default();
                secrets.keep(token);
                exchange::tell(&mut line, &outcome, &secrets);
                revoked |= outcome.is_ok_and(|answer| answer.status == 200);
            }
            self.taken_back("grant", revoked);
        }
        let older = std::mem::take(&mut self.older_registrations);
        let (mut any, mut all) = (false, true);
        for management in self.registration.take().into_iter().chain(older) {
            all &= management.take_back(web).await;
            any = true;
        }
        if any {
            self.taken_back(REGISTRATION, all);
        }
    }

    fn taken_back(&mut self, kind: &str, done: bool) {
        for created in self.reading.created.iter_mut().filter(|created| created.kind == kind) {
            created.taken_back |= done;
        }
    }
}

/// The authentication method of a client at the token endpoint: what its registration says, else what the service lists, in
/// the order in which SDKs choose.
fn method(registered: Option<&str>, has_secret: bool, listed: &[String]) -> &'static str {
    if !has_secret {
        return "none";
    }
    let lists = |name: &str| listed.iter().any(|method| method == name);
    match registered {
        Some("client_secret_post") => "client_secret_post",
        Some("client_secret_basic") => "client_secret_basic",
        Some("none") => "none",
        _ if listed.is_empty() || lists("client_secret_basic") => "client_secret_basic",
        _ => "client_secret_post",
    }
}

/// RFC 6749 section 2.3.1: one method, never two at once.
fn authenticate(client: &Client, form: &mut Serializer<'_, String>, headers: &mut Vec<(String, String)>) {
    match (client.method, &client.secret) {
        ("client_secret_basic", Some(secret)) => {
            let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            let pair = format!("{}:{}", encode(&client.id), encode(secret.expose()));
            headers.push(("authorization".to_owned(), format!("Basic {}", STANDARD.encode(pair))));
        }
        ("client_secret_post", Some(secret)) => {
            form.append_pair("client_id", &client.id).append_pair("client_secret", secret.expose());
        }
        _ => {
            form.append_pair("client_id", &client.id);
        }
    }
}

pub(crate) fn fields(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn document(outcome: &Result<Answer, NoAnswer>) -> Option<serde_json::Map<String, Value>> {
    outcome.as_ref().ok()?.body.json().ok()?.as_object().cloned()
}

fn failed(answer: &TokenAnswer) -> Option<String> {
    match (&answer.error, &answer.error_description, answer.status) {
        (Some(error), Some(words), _) => Some(format!("The answer is an error: {error} ({words})")),
        (Some(error), None, _) => Some(format!("The answer is an error: {error}")),
        (None, _, Some(status)) if !answer.access_token => Some(format!("HTTP {status} without a token.")),
        (None, _, None) => Some("No answer came.".to_owned()),
        _ => None,
    }
}

pub(crate) fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| u64::try_from(now.as_millis()).unwrap_or(u64::MAX))
}

//! What was seen of a sign-in that the app made itself, the way a chosen client would.
//!
//! Only shapes and pure readings live here; `mcp-auth-sign-in` makes the sign-in. No code, verifier, token or secret is ever
//! part of them.

use serde::{Deserialize, Serialize};

use crate::clients::ClientId;
use crate::evidence::{Evidence, Purpose};
use crate::report::{ExchangeLine, Light};

/// Everything that was seen of one sign-in.
#[derive(Debug, Clone, Serialize)]
pub struct SignInReading {
    /// The client whose ways were followed; `None` for the newest specification's.
    pub client: Option<ClientId>,
    /// How the app introduced itself.
    pub identity: Identity,
    /// The issuer that was recorded before the browser opened (RFC 9207 section 2.4).
    pub issuer: String,
    /// No document names the sign-in service: its addresses were guessed, as the client guesses them.
    pub guessed: bool,
    /// The sign-in service promises to stamp its answers with its name.
    pub promises_iss: bool,
    /// Where the browser was to come back to.
    pub redirect_uri: String,
    /// The resource that was named, when one was (RFC 8707).
    pub resource: Option<String>,
    /// The scopes that were asked for, separated by spaces; `None` when none were.
    pub requested_scope: Option<String>,
    /// The scopes that a tool asked for, when this sign-in was made to get them.
    pub stepped_up: Option<String>,
    /// What came back from the browser.
    pub answer: Option<BrowserAnswer>,
    /// What the token endpoint said.
    pub token: Option<TokenAnswer>,
    /// What the token endpoint said to one refresh.
    pub refresh: Option<TokenAnswer>,
    /// Where it stopped. `None`: it went through.
    pub stopped: Option<Stop>,
    /// What was created on a server and is still there.
    pub created: Vec<Created>,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// Answers that did not belong to this sign-in and were turned away.
    pub turned_away: u32,
}

/// How a client introduces itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum Identity {
    /// With an id that somebody set up at the sign-in service.
    Known {
        /// The id.
        client_id: String,
    },
    /// With the address of a document about it (Client ID Metadata Document).
    Document {
        /// The address, which is the id.
        url: String,
    },
    /// By registering (RFC 7591). It stays on the server.
    Registration,
}

/// What came back from the browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BrowserAnswer {
    /// There was a code.
    pub code: bool,
    /// `state` was the one that was sent; `None` when there was none.
    pub state_fits: Option<bool>,
    /// `iss`, as sent.
    pub iss: Option<String>,
    /// `error` (RFC 6749 section 4.1.2.1).
    pub error: Option<String>,
    /// `error_description`: words of a server, plain text.
    pub error_description: Option<String>,
    /// How long the browser took, in milliseconds.
    pub took_ms: u64,
}

/// What the token endpoint said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TokenAnswer {
    /// The status, or `None` when no answer came.
    pub status: Option<u16>,
    /// Why no answer came.
    pub silence: Option<String>,
    /// The media type.
    pub media_type: Option<String>,
    /// The body is a JSON object.
    pub json: bool,
    /// `error`.
    pub error: Option<String>,
    /// `error_description`: words of a server, plain text.
    pub error_description: Option<String>,
    /// There is a text in `access_token`.
    pub access_token: bool,
    /// `token_type`.
    pub token_type: Option<String>,
    /// `expires_in`, when it is a number, in seconds.
    pub expires_in: Option<i64>,
    /// `expires_in` is there and is no number.
    pub expires_in_is_text: bool,
    /// There is a text in `refresh_token`.
    pub refresh_token: bool,
    /// `scope`, as granted.
    pub scope: Option<String>,
    /// How the client was authenticated: `none`, `client_secret_basic`, `client_secret_post`.
    pub client_auth: &'static str,
}

/// Where a sign-in stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(tag = "at", rename_all = "kebab-case")]
pub enum Stop {
    /// Discovery did not lead to a sign-in service.
    Discovery,
    /// The sign-in service did not register the app.
    Registration,
    /// The address of the sign-in page is none that may be opened.
    UnsafeAddress,
    /// Nothing could listen for the answer.
    Listening,
    /// The browser could not be opened.
    Browser,
    /// No answer came in time, or the person stopped it.
    NoAnswer,
    /// The answer was an error, or did not fit.
    Answer,
    /// The code was not exchanged for a token.
    Token,
}

/// Something that was created on a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct Created {
    /// `registration` or `grant`.
    pub kind: String,
    /// Where.
    pub url: String,
    /// Its id, when it has one that may be shown.
    pub client_id: Option<String>,
    /// It was taken back at the end.
    pub taken_back: bool,
}

/// Who takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Party {
    App,
    Browser,
    McpServer,
    AuthorizationServer,
}

/// One step of the picture.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct Step {
    /// Stable, kebab-case.
    pub id: String,
    /// What happens, in plain words.
    pub title: String,
    /// Who speaks.
    pub from: Party,
    /// To whom.
    pub to: Party,
    /// How it went.
    pub light: Light,
    /// One more sentence, when there is something to say.
    pub note: Option<String>,
    /// The request and its answer, secrets masked.
    pub exchange: Option<ExchangeLine>,
    /// In milliseconds; `None` until it ended.
    pub took_ms: Option<u32>,
}

/// The whole sequence, from the first call to the tools: what a diagnosis asked before and after the sign-in stands around
/// the sign-in's own steps.
pub fn picture(evidence: &Evidence) -> Vec<Step> {
    let mut steps = Vec::new();
    let line = |id: &str, title: &str, to: Party, purpose: &Purpose, good: fn(u16) -> bool| {
        let exchange = evidence.exchange(purpose)?;
        let light = match &exchange.outcome {
            Ok(answer) if good(answer.status) => Light::Fine,
            Ok(_) => Light::Broken,
            Err(_) => Light::CouldNotSee,
        };
        Some(Step {
            id: id.to_owned(),
            title: title.to_owned(),
            from: Party::App,
            to,
            light,
            note: None,
            took_ms: Some(exchange.took_ms),
            exchange: Some(crate::triage::exchange_line(exchange, evidence.began_ms)),
        })
    };
    let ok = |status| (200..300).contains(&status);
    let first = if evidence.answer(&Purpose::Initialize).is_some() { Purpose::Initialize } else { Purpose::Discover };
    steps.extend(line(
        "first-call",
        "Call without a pass: the server says \"sign in first\"",
        Party::McpServer,
        &first,
        |status| status == 401 || (200..300).contains(&status),
    ));
    if let Some((place, _)) = evidence.resource_metadata() {
        let purpose = Purpose::ResourceMetadata { place };
        steps.extend(line("resource-metadata", "Where to sign in (resource metadata)", Party::McpServer, &purpose, ok));
    }
    if let Some((purpose, _)) = evidence.server_metadata() {
        steps.extend(line(
            "server-metadata",
            "How to sign in (authorization server metadata)",
            Party::AuthorizationServer,
            &purpose,
            ok,
        ));
    }
    if let Some(reading) = evidence.sign_in.as_ref().and_then(|fact| fact.value()) {
        steps.extend(reading.steps.iter().cloned());
    }
    steps.extend(line("token-initialize", "Call with the pass", Party::McpServer, &Purpose::TokenInitialize, ok));
    steps.extend(line("token-tools", "The list of tools", Party::McpServer, &Purpose::TokenToolsList, ok));
    steps
}

/// Why a check about a sign-in says nothing.
pub(crate) const NOT_TRIED: &str = "nobody tried to sign in";

/// The sign-in that was made.
pub(crate) fn of(evidence: &Evidence) -> Option<&SignInReading> {
    evidence.sign_in.as_ref().and_then(|fact| fact.value())
}

impl TokenAnswer {
    /// The status says that all is well.
    pub fn is_ok(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

/// A sign-in that went through, with something changed, as the checks' tests need it.
#[cfg(test)]
pub(crate) fn sample(evidence: &mut Evidence, change: impl FnOnce(&mut SignInReading)) {
    let token = TokenAnswer {
        status: Some(200),
        silence: None,
        media_type: Some("application/json".to_owned()),
        json: true,
        error: None,
        error_description: None,
        access_token: true,
        token_type: Some("Bearer".to_owned()),
        expires_in: Some(3600),
        expires_in_is_text: false,
        refresh_token: true,
        scope: Some("todo:read".to_owned()),
        client_auth: "none",
    };
    let mut reading = SignInReading {
        client: None,
        identity: Identity::Registration,
        issuer: crate::sample::ISSUER.to_owned(),
        guessed: false,
        promises_iss: true,
        redirect_uri: "http://127.0.0.1:40000/callback".to_owned(),
        resource: Some(crate::sample::SERVER.to_owned()),
        requested_scope: Some("todo:read offline_access".to_owned()),
        answer: Some(BrowserAnswer {
            code: true,
            state_fits: Some(true),
            iss: Some(crate::sample::ISSUER.to_owned()),
            error: None,
            error_description: None,
            took_ms: 900,
        }),
        refresh: Some(token.clone()),
        token: Some(token),
        stopped: None,
        created: Vec::new(),
        steps: Vec::new(),
        stepped_up: None,
        turned_away: 0,
    };
    change(&mut reading);
    evidence.sign_in = Some(crate::sample::fact(Ok(reading)));
}

#[cfg(test)]
impl SignInReading {
    /// The browser came back with an error.
    pub(crate) fn fails(&mut self, error: &str) {
        let answer = self.answer.as_mut().expect("an answer");
        answer.code = false;
        answer.error = Some(error.to_owned());
        self.token = None;
        self.refresh = None;
    }

    /// The token endpoint refused.
    pub(crate) fn refused(&mut self, status: u16, error: Option<&str>) {
        let token = self.token.as_mut().expect("an answer");
        token.status = Some(status);
        token.error = error.map(str::to_owned);
        token.access_token = false;
        self.refresh = None;
    }

    /// The token endpoint refused to renew.
    pub(crate) fn not_renewed(&mut self, status: u16, error: Option<&str>) {
        let token = self.refresh.as_mut().expect("an answer");
        token.status = Some(status);
        token.error = error.map(str::to_owned);
        token.access_token = false;
    }
}

//! The verdict, as the window shows it and as JSON (schema 1).
//!
//! Additions keep the number; a change of meaning raises it.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::check::{Action, Category, Comparison, Confidence, Hop, Owner, Severity, Stage};
use crate::clients::ClientId;
use crate::language::Language;
use crate::redact::{self, Masked};

/// The number of the JSON's meaning.
pub const SCHEMA: u32 = 1;

/// The whole result of a diagnosis.
#[derive(Clone, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Who says so.
    pub tool: Tool,
    /// The server's URL as it was called; empty when only this computer was looked at.
    pub server: String,
    /// The state in one word.
    pub state: State,
    /// The headline. `None` when healthy, and when it could not be told.
    pub verdict: Option<Verdict>,
    /// Every other finding, most important first.
    pub findings: Vec<Verdict>,
    /// Codes of the checks that passed.
    pub ruled_out: Vec<String>,
    /// Codes of the checks that lie behind a broken one.
    pub not_reached: Vec<String>,
    /// Checks that could not be told, and why.
    pub unknown: Vec<UnknownCheck>,
    /// What this run created on a server, e.g. a registration with its `client_id`.
    pub side_effects: Vec<Value>,
    /// How long it took, in milliseconds.
    pub duration_ms: u32,
    /// How many HTTP requests were made.
    pub requests: u32,

    // Additions, for the window and the report.
    /// The language that it is written in.
    pub language: Language,
    /// The sentences in it that are in English because the language has no words for them. Empty in English.
    pub untranslated: Vec<String>,
    /// When the run began, in milliseconds since the Unix epoch.
    pub began_ms: u64,
    /// What is known of the Scalekit environment, when the server is secured with Scalekit.
    pub scalekit: Option<ScalekitLine>,
    /// The client that was asked about.
    pub client: Option<ClientId>,
    /// Every check with its state, in the order of the catalogue.
    pub checks: Vec<CheckLine>,
    /// The map of hops, from left to right.
    pub hops: Vec<HopLine>,
    /// What each client whose rules are known would do.
    pub clients: Vec<ClientLine>,
    /// What exactly was asked and answered.
    pub exchanges: Vec<ExchangeLine>,
}

impl fmt::Debug for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        redact::debug(self, formatter)
    }
}

/// The Scalekit environment of a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct ScalekitLine {
    /// Its URL.
    pub environment: Option<String>,
    /// The MCP server's id there (`res_…`).
    pub resource_id: Option<String>,
}

/// The tool that made the report.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct Tool {
    /// `mcp-auth-check`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// The state in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Nothing that was looked at keeps a client from signing in.
    Healthy,
    /// Something does.
    Fault,
    /// Too little could be seen to say either.
    Undetermined,
}

/// One finding with its words.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct Verdict {
    /// The check's code.
    pub code: String,
    /// Which of its failures.
    pub variant: String,
    /// The mission's category.
    pub category: Category,
    /// The catalogue's stage.
    pub stage: Stage,
    /// Who has to fix it.
    pub owner: Owner,
    /// How bad it is.
    pub severity: Severity,
    /// How sure we are.
    pub confidence: Confidence,
    /// The clients that stop here; empty means every client.
    pub affects: Vec<ClientId>,
    /// One sentence.
    pub title: String,
    /// What it means.
    pub summary: String,
    /// What was seen.
    pub evidence: Vec<String>,
    /// What to do, for each reader. The owner's comes first.
    pub fixes: Vec<Fix>,

    // Additions.
    /// Two values side by side.
    pub comparison: Option<Comparison>,
    /// Why it matters.
    pub why: String,
    /// RFC section, spec revision or thread.
    pub reference: String,

    /// What its words are made from, to say it again in another language. It is never handed on.
    #[serde(skip)]
    #[cfg_attr(feature = "bindings", ts(skip))]
    pub made_of: MadeOf,
}

/// What the words of a finding are made from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MadeOf {
    /// The values of the placeholders.
    pub values: BTreeMap<&'static str, String>,
    /// A title and a summary of its own, where the finding is what a pasted message says.
    pub said: Option<(String, String)>,
    /// The sign-in service is known, and it is not Scalekit: what is said of Scalekit alone is left out.
    pub elsewhere: bool,
}

/// What to do, for one reader.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct Fix {
    /// The reader.
    #[serde(rename = "for")]
    pub reader: Owner,
    /// Steps, in order.
    pub steps: Vec<String>,
    /// What the app can do about it.
    pub action: Option<Action>,
}

/// A check that could not be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct UnknownCheck {
    /// The check's code.
    pub code: String,
    /// Why, as a clause.
    pub why: String,
}

/// The state of one check, or of one hop of the map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum Light {
    /// Nobody has looked yet, or nobody needed to.
    NotLooked,
    /// Being looked at.
    Looking,
    /// Fine.
    Fine,
    /// Works, and wants a look.
    Attention,
    /// Broken here.
    Broken,
    /// Behind something that is broken.
    NotReached,
    /// Looked, and could not see.
    CouldNotSee,
}

/// One check with its state.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct CheckLine {
    /// The check's code.
    pub code: String,
    /// A statement that holds when all is well.
    pub title: String,
    /// The stage.
    pub stage: Stage,
    /// The hop.
    pub hop: Hop,
    /// The state.
    pub light: Light,
    /// Why it was set aside, not reached or not told.
    pub why: Option<String>,
}

/// One hop with its state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct HopLine {
    /// Which.
    pub hop: Hop,
    /// Its state.
    pub light: Light,
}

/// What one client would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct ClientLine {
    /// Which.
    pub id: ClientId,
    /// Its name.
    pub name: String,
    /// It stops at a finding.
    pub stops: bool,
    /// The finding's code, when it stops.
    pub at: Option<String>,
}

/// One exchange, ready to be shown.
#[derive(Clone, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct ExchangeLine {
    /// Why it was made, in plain words.
    pub purpose: String,
    /// `GET`, `POST`, `OPTIONS`.
    pub method: String,
    /// The URL.
    pub url: String,
    /// The request's headers and body.
    pub request: String,
    /// `HTTP 401`, or why no answer came.
    pub result: String,
    /// The answer's headers and body, cut to a few thousand characters.
    pub answer: String,
    /// In milliseconds since the run began.
    pub at_ms: u32,
    /// In milliseconds.
    pub took_ms: u32,
}

impl fmt::Debug for ExchangeLine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ExchangeLine")
            .field("purpose", &self.purpose)
            .field("method", &self.method)
            .field("url", &Masked(&self.url))
            .field("request", &Masked(&self.request))
            .field("result", &self.result)
            .field("answer", &Masked(&self.answer))
            .field("at_ms", &self.at_ms)
            .field("took_ms", &self.took_ms)
            .finish()
    }
}

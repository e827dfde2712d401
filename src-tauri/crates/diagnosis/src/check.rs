//! What a check is, and what may come of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clients::ClientId;
use crate::evidence::Evidence;
use crate::german;
use crate::language::Language;
use crate::words::{self, Words};

/// One small, pure question to the evidence.
///
/// Its file holds its code, its tests and nothing else; the words that a person reads stand in the Markdown file
/// beside it. See `.github/CONTRIBUTING.md` for adding one.
pub struct Check {
    /// Stable, lower-kebab-case, never renamed: it is in reports and bug trackers.
    pub code: &'static str,
    /// The stage of the catalogue.
    pub stage: Stage,
    /// The mission's category that a failure belongs to.
    pub category: Category,
    /// Who usually has to fix a failure; a finding may name another owner.
    pub owner: Owner,
    /// How binding the source is.
    pub requirement: Requirement,
    /// RFC section, spec revision or thread that the check stands on.
    pub reference: &'static str,
    /// Codes of earlier checks whose failure makes this one moot.
    pub after: &'static [&'static str],
    /// Every failure that this check can find, kebab-case, stable. Each has its words in the Markdown file.
    pub variants: &'static [&'static str],
    /// The Markdown file; see [`crate::words`] for its form. Other languages stand in files beside it, where there are some.
    pub words: &'static str,
    /// Looks at the evidence. Never fails: what it cannot tell is [`Outcome::Unknown`].
    pub examine: fn(&Evidence) -> Outcome,
}

impl Check {
    /// Its words in a language; section by section English where that language has none.
    pub fn words_in(&self, language: Language) -> Words<'static> {
        let other = match language {
            Language::English => None,
            Language::German => german::words(self.code),
        };
        other.map_or_else(|| words::read(self.words), |other| words::read_over(self.words, other))
    }

    /// There are German words for it.
    pub fn has_german(&self) -> bool {
        german::words(self.code).is_some()
    }
}

/// What came of a check.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Looked, and all is well.
    Pass,
    /// Looked, and found something. A check may find more than one thing; the first is the most important.
    Fail(Vec<Finding>),
    /// The question does not arise here (why, as a clause).
    SetAside(&'static str),
    /// It could not be told (why, as a clause). Never shown as a pass.
    Unknown(String),
}

impl Outcome {
    /// One finding.
    pub fn fail(finding: Finding) -> Self {
        Self::Fail(vec![finding])
    }

    /// A pass when nothing was found.
    pub fn of(findings: Vec<Finding>) -> Self {
        if findings.is_empty() { Self::Pass } else { Self::Fail(findings) }
    }
}

/// What a check found: codes and values. The words come from the check's Markdown.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// One of the check's variants.
    pub variant: &'static str,
    /// How bad it is for those it affects.
    pub severity: Severity,
    /// How sure we are that it is as we say.
    pub confidence: Confidence,
    /// Who has to fix it.
    pub owner: Owner,
    /// The clients that stop here. Empty: every client.
    pub affects: Vec<ClientId>,
    /// Values for the placeholders of the words, e.g. `expected`, `actual`, `url`. Server strings are plain text.
    pub values: BTreeMap<&'static str, String>,
    /// What was seen, one line each: the request and answer, the file and line.
    pub proof: Vec<String>,
    /// Two values that should be the same, side by side.
    pub comparison: Option<Comparison>,
    /// What the app itself can do about it.
    pub action: Option<Action>,
    /// A title and a summary of its own, where the finding is what a pasted message says.
    pub said: Option<(String, String)>,
}

impl Finding {
    /// An error that is certain, affects every client and belongs to the check's usual owner.
    pub fn new(check: &Check, variant: &'static str) -> Self {
        debug_assert!(check.variants.contains(&variant), "{} does not list the variant {variant}", check.code);
        Self {
            variant,
            severity: Severity::Error,
            confidence: Confidence::Certain,
            owner: check.owner,
            affects: Vec::new(),
            values: BTreeMap::new(),
            proof: Vec::new(),
            comparison: None,
            action: None,
            said: None,
        }
    }

    /// Sets the severity.
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Sets the confidence.
    pub fn confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        self
    }

    /// Sets the owner.
    pub fn owner(mut self, owner: Owner) -> Self {
        self.owner = owner;
        self
    }

    /// Names the clients that stop here. An empty list means every client.
    pub fn affects(mut self, clients: impl IntoIterator<Item = ClientId>) -> Self {
        self.affects = clients.into_iter().collect();
        self
    }

    /// Fills a placeholder of the words.
    pub fn value(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.values.insert(name, value.into());
        self
    }

    /// Adds a line of what was seen.
    pub fn proof(mut self, line: impl Into<String>) -> Self {
        self.proof.push(line.into());
        self
    }

    /// Puts two values side by side.
    pub fn compare(
        mut self,
        expected_label: &str,
        expected: impl Into<String>,
        actual_label: &str,
        actual: impl Into<String>,
    ) -> Self {
        self.comparison = Some(Comparison {
            expected_label: expected_label.to_owned(),
            expected: expected.into(),
            actual_label: actual_label.to_owned(),
            actual: actual.into(),
        });
        self
    }

    /// Offers an action of the app.
    pub fn action(mut self, action: Action) -> Self {
        self.action = Some(action);
        self
    }
}

/// Two values side by side; the window marks the first difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct Comparison {
    /// e.g. "You typed".
    pub expected_label: String,
    /// The value that should be there.
    pub expected: String,
    /// e.g. "Your server says".
    pub actual_label: String,
    /// The value that is there.
    pub actual: String,
}

/// What the app itself can do about a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Action {
    /// Check another address of the same server.
    CheckOtherUrl {
        /// The address.
        url: String,
    },
    /// Open the cache screen with this entry chosen.
    ClearCache {
        /// The client whose store it is.
        client: String,
        /// The server's URL.
        server: String,
    },
    /// Open the browser screen.
    TestBrowser,
    /// Try signing in from this app.
    SignIn,
    /// Ask for a token to look at.
    PasteToken,
    /// Ask what the server is built with.
    AskFramework,
    /// Ask which tool fails, from the list of tools where there is one.
    AskTool,
    /// Open a settings page of this system, by its id.
    OpenSettings {
        /// The id.
        page: String,
    },
}

/// The catalogue's stages, in the order in which a connection goes through them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names are the catalogue's")]
pub enum Stage {
    Reach,
    Challenge,
    ResourceMetadata,
    AsMetadata,
    Registration,
    Authorization,
    Token,
    TokenValidation,
    Scope,
    Transport,
    Cors,
    ClientSpecific,
    Local,
    Browser,
}

impl Stage {
    /// The hop of the map that this stage belongs to.
    pub fn hop(self) -> Hop {
        match self {
            Self::Local => Hop::ThisComputer,
            Self::ClientSpecific => Hop::Client,
            Self::Reach | Self::Challenge | Self::ResourceMetadata | Self::Cors => Hop::McpServer,
            Self::AsMetadata | Self::Registration => Hop::AuthorizationServer,
            Self::Browser => Hop::Browser,
            Self::Authorization => Hop::WayBack,
            Self::Token | Self::TokenValidation => Hop::Token,
            Self::Scope | Self::Transport => Hop::Tools,
        }
    }
}

/// The map of hops, from left to right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names are the design's")]
pub enum Hop {
    ThisComputer,
    Client,
    McpServer,
    AuthorizationServer,
    Browser,
    WayBack,
    Token,
    Tools,
}

impl Hop {
    /// All hops, from left to right.
    pub const ALL: [Self; 8] = [
        Self::ThisComputer,
        Self::Client,
        Self::McpServer,
        Self::AuthorizationServer,
        Self::Browser,
        Self::WayBack,
        Self::Token,
        Self::Tools,
    ];
}

/// The mission's seven categories, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names are the mission's")]
pub enum Category {
    Connection,
    RedirectUri,
    Cors,
    Token,
    Scope,
    Client,
    Browser,
}

/// Who has to fix it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum Owner {
    /// The person at this computer.
    User,
    /// The maker of the client.
    Client,
    /// The person who runs the MCP server.
    McpServer,
    /// The person who runs the authorization server, or its dashboard.
    AuthorizationServer,
    /// The person who runs the network: proxy, firewall, TLS inspection, DNS.
    Network,
}

/// How binding the source of a check is (RFC 2119).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the words of RFC 2119")]
pub enum Requirement {
    Must,
    Should,
    May,
}

/// How bad a finding is for those whom it affects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The affected clients do not connect. Only errors make a verdict.
    Error,
    /// Works now, fragile or insecure.
    Warning,
    /// Good to know.
    Info,
}

/// How sure we are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// Seen.
    Certain,
    /// Seen, and one step was concluded.
    Likely,
    /// Fits what was seen; other causes would fit too.
    Possible,
}

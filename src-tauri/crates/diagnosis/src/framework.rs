//! What a server is built with: guessed from how it answers, or as its owner says. Each has its own settings, and its own
//! rules for tokens. Sources: the answers of FastMCP 2.14, 3.4 and 4.0, of Scalekit's samples, and of the official SDKs,
//! run and compared in November 2026.

use serde::{Deserialize, Serialize};

use crate::check::Confidence;
use crate::evidence::{Answer, Evidence, Purpose};
use crate::oauth::challenge;
use crate::scalekit;

/// What a server is built with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum Framework {
    /// FastMCP with `ScalekitProvider`.
    FastmcpScalekit,
    /// FastAPI with FastMCP inside and a hand-written token check, as in Scalekit's sample.
    FastapiFastmcp,
    /// Express or other Node with a hand-written token check, as in Scalekit's sample.
    Express,
    /// The official TypeScript SDK with its own `requireBearerAuth`.
    TypescriptSdk,
    /// The official Python SDK with its own token verifier.
    PythonSdk,
    /// Something else.
    Other,
}

impl Framework {
    /// All, in the order in which the question offers them.
    pub const ALL: [Self; 6] =
        [Self::FastmcpScalekit, Self::FastapiFastmcp, Self::Express, Self::TypescriptSdk, Self::PythonSdk, Self::Other];

    /// The stable id, kebab-case.
    pub fn id(self) -> &'static str {
        match self {
            Self::FastmcpScalekit => "fastmcp-scalekit",
            Self::FastapiFastmcp => "fastapi-fastmcp",
            Self::Express => "express",
            Self::TypescriptSdk => "typescript-sdk",
            Self::PythonSdk => "python-sdk",
            Self::Other => "other",
        }
    }

    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::FastmcpScalekit => "FastMCP with ScalekitProvider",
            Self::FastapiFastmcp => "FastAPI with FastMCP",
            Self::Express => "Express or other Node",
            Self::TypescriptSdk => "the official TypeScript SDK",
            Self::PythonSdk => "the official Python SDK",
            Self::Other => "something else",
        }
    }

    /// The setting that holds the audience which this framework demands, and where its value is found.
    pub fn audience_setting(self) -> &'static str {
        match self {
            Self::FastmcpScalekit => "SCALEKIT_RESOURCE_ID",
            Self::TypescriptSdk => "expectedResource",
            Self::PythonSdk => "the audience that its token verifier compares",
            _ => "EXPECTED_AUDIENCE",
        }
    }

    /// The setting that holds the address of the sign-in service.
    pub fn issuer_setting(self) -> &'static str {
        match self {
            Self::FastmcpScalekit => "SCALEKIT_ENVIRONMENT_URL",
            Self::TypescriptSdk | Self::PythonSdk => "the issuer that its token verifier compares",
            _ => "SK_ENV_URL",
        }
    }

    /// The call that decides about a token, to look at when the settings are right.
    pub fn validator(self) -> &'static str {
        match self {
            Self::FastmcpScalekit => "ScalekitProvider",
            Self::FastapiFastmcp | Self::PythonSdk => {
                "validate_access_token (it hides every reason behind False; call validate_token once and log what it raises)"
            }
            Self::Express | Self::TypescriptSdk => "validateToken (log the exception that it throws)",
            Self::Other => "the code that validates the token (log why it refuses)",
        }
    }
}

impl std::str::FromStr for Framework {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wanted = text.trim().to_ascii_lowercase().replace([' ', '_'], "-");
        Self::ALL.into_iter().find(|framework| framework.id() == wanted).ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|framework| framework.id()).collect();
            format!("\"{text}\" is not one of {}", known.join(", "))
        })
    }
}

/// A guess, or the owner's answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct Guess {
    /// What it is.
    pub framework: Framework,
    /// How sure. The owner's answer is certain.
    pub confidence: Confidence,
    /// What shows it, one clause each.
    pub why: Vec<String>,
    /// The major version, where answers differ by it.
    pub version: Option<u8>,
}

impl Guess {
    /// FastMCP, whichever way it checks tokens: by its own words, or by its owner's.
    pub fn is_fastmcp(&self) -> bool {
        self.framework == Framework::FastmcpScalekit || (self.framework == Framework::Other && self.version.is_some())
    }

    /// One line of what it is built with, for the proof.
    pub fn told(&self) -> String {
        let why = self.why.join(", ");
        match self.framework {
            Framework::Other if self.is_fastmcp() => format!("Built with FastMCP: {why}"),
            framework => format!("Built with {}: {why}", framework.name()),
        }
    }
}

/// What the server is built with: the owner's answer, else the best guess. `None` when nothing shows it.
pub fn of(evidence: &Evidence) -> Option<Guess> {
    let guess = guess(evidence);
    match evidence.subject.framework {
        Some(framework) => Some(Guess {
            framework,
            confidence: Confidence::Certain,
            why: vec!["its owner says so".to_owned()],
            version: guess.filter(|guess| guess.framework == framework).and_then(|guess| guess.version),
        }),
        None => guess,
    }
}

/// The best guess from the answers alone.
pub fn guess(evidence: &Evidence) -> Option<Guess> {
    let plain = evidence.unauthorized();
    let made_up = evidence.answer(&Purpose::MadeUpToken).filter(|answer| answer.status == 401);
    let elsewhere = evidence.answer(&Purpose::RandomPath);
    let any = || [plain, made_up, elsewhere].into_iter().flatten();
    let header = |name: &str, wanted: &str| {
        any().any(|answer| answer.headers.get(name).is_some_and(|value| value.to_ascii_lowercase().contains(wanted)))
    };
    let said = |answer: Option<&Answer>, words: &str| answer.is_some_and(|answer| says(answer, words));
    let make = |framework, confidence, why: &[&str], version| {
        Some(Guess { framework, confidence, why: why.iter().map(|why| (*why).to_owned()).collect(), version })
    };
    let of_scalekit = scalekit::recognise(evidence).is_some();

    // FastMCP's own words, in every version.
    const FASTMCP_WORDS: &str = "clear authentication tokens in your MCP client and reconnect";
    if said(plain, FASTMCP_WORDS) || said(made_up, FASTMCP_WORDS) {
        let version = if said(plain, FASTMCP_WORDS) {
            2
        } else if plain.is_some_and(|answer| challenge::read(&answer.headers).scopes().is_some()) {
            4
        } else {
            3
        };
        let why = ["its refusal has FastMCP's words"];
        return if of_scalekit {
            make(Framework::FastmcpScalekit, Confidence::Likely, &why, Some(version))
        } else {
            make(Framework::Other, Confidence::Likely, &why, Some(version))
        };
    }
    if said(plain, "Missing Authorization header") && said(plain, "invalid_token") {
        return make(
            Framework::TypescriptSdk,
            Confidence::Likely,
            &["its refusal has the words of requireBearerAuth"],
            None,
        );
    }
    if said(plain, "Authentication required") && said(plain, "invalid_token") {
        return make(Framework::PythonSdk, Confidence::Likely, &["its refusal has the Python SDK's words"], None);
    }
    let express = header("x-powered-by", "express")
        || elsewhere.is_some_and(|answer| answer.is_html() && answer.body.text.contains("Cannot POST"));
    let python = header("server", "uvicorn")
        || header("server", "hypercorn")
        || elsewhere.is_some_and(|answer| answer.body.text.trim() == "{\"detail\":\"Not Found\"}");
    let sample = said(plain, "realm=\"OAuth\"") || said(plain, "Missing Bearer token");
    match (express, python, sample) {
        (true, _, true) => make(
            Framework::Express,
            Confidence::Likely,
            &["Express answers", "its refusal is that of Scalekit's sample"],
            None,
        ),
        (_, true, true) => make(
            Framework::FastapiFastmcp,
            Confidence::Likely,
            &["a Python server answers", "its refusal is that of Scalekit's sample"],
            None,
        ),
        (true, _, false) => make(Framework::Express, Confidence::Possible, &["Express answers"], None),
        _ => None,
    }
}

/// Whether an answer says these words, in its body or its challenge.
pub(crate) fn says(answer: &Answer, words: &str) -> bool {
    answer.body.text.contains(words) || answer.headers.all("www-authenticate").any(|field| field.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    const PRM: &str = "resource_metadata=\"https://mcp.example.com/.well-known/oauth-protected-resource/mcp\"";

    fn refusals(plain: (&str, &str), made_up: (&str, &str), headers: &[(&str, &str)]) -> Sample {
        let mut sample = Sample::healthy();
        for (purpose, (challenge, body)) in [(Purpose::Initialize, plain), (Purpose::MadeUpToken, made_up)] {
            let mut all = vec![("www-authenticate", challenge)];
            all.extend(headers);
            sample = sample.answer(purpose, 401, &all, body);
        }
        sample
    }

    #[test]
    fn the_frameworks_are_told_by_their_refusals() {
        let fastmcp = "{\"error\":\"invalid_token\",\"error_description\":\"Authentication failed. To resolve: clear authentication tokens in your MCP client and reconnect.\"}";
        let bearer = format!("Bearer {PRM}");
        let scoped = format!("Bearer scope=\"a\", {PRM}");
        let sample = format!("Bearer realm=\"OAuth\", {PRM}");
        let python = format!("Bearer error=\"invalid_token\", error_description=\"Authentication required\", {PRM}");
        let missing = "{\"error\":\"Missing Bearer token\"}";
        let node = "{\"error\":\"invalid_token\",\"error_description\":\"Missing Authorization header\"}";
        for (sample, framework, version) in [
            (refusals((&bearer, fastmcp), (&bearer, fastmcp), &[]), Framework::FastmcpScalekit, Some(2)),
            (
                refusals((&bearer, ""), (&bearer, fastmcp), &[("server", "uvicorn")]),
                Framework::FastmcpScalekit,
                Some(3),
            ),
            (refusals((&scoped, ""), (&scoped, fastmcp), &[]), Framework::FastmcpScalekit, Some(4)),
            (refusals((&sample, missing), (&sample, ""), &[("server", "uvicorn")]), Framework::FastapiFastmcp, None),
            (refusals((&sample, missing), (&sample, ""), &[("x-powered-by", "Express")]), Framework::Express, None),
            (refusals((&bearer, node), (&bearer, node), &[]), Framework::TypescriptSdk, None),
            (refusals((&python, ""), (&python, ""), &[]), Framework::PythonSdk, None),
        ] {
            let guess = guess(sample.evidence()).unwrap_or_else(|| panic!("no guess for {framework:?}"));
            assert_eq!((guess.framework, guess.version), (framework, version));
        }
    }

    #[test]
    fn the_owner_knows_better_and_nothing_shown_is_no_guess() {
        assert_eq!(guess(Sample::healthy().evidence()), None);
        let asked = Sample::healthy().change(|evidence| evidence.subject.framework = Some(Framework::Express));
        let of = of(asked.evidence()).expect("the answer");
        assert_eq!((of.framework, of.confidence), (Framework::Express, Confidence::Certain));
        assert_eq!("FastMCP Scalekit".parse(), Ok(Framework::FastmcpScalekit));
    }
}

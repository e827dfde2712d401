//! What a command answers when it could not do what was asked.

use mcp_auth_diagnosis::redact;
use serde::Serialize;

/// A failure as the window receives it: a code to react to, a sentence to show, and what the system said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[error("{message}")]
pub struct CommandFailure {
    /// Which failure. The window may react to it.
    pub code: FailureCode,
    /// What happened and what to do, in one or two plain sentences.
    pub message: String,
    /// What the system said, for the person who wants it.
    pub detail: Option<String>,
}

/// The failures that are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum FailureCode {
    /// What was typed names no server that can be called.
    NoAddress,
    /// The work ended without a result, which is a fault of this app.
    Stopped,
    /// No practice fault has this name.
    UnknownFault,
    /// The practice server could not start.
    PracticeNotStarted,
    /// No practice server runs.
    NoPractice,
    /// No browser could be started for a link.
    LinkNotOpened,
    /// A settings page or a message of the system did not appear.
    NotOpened,
    /// There is no plan that could be agreed to.
    NotAgreed,
    /// Something newer stands where Undo would put the old state; it may give way when the person says so.
    Newer,
    /// A file was not changed; the sentence says why.
    NotChanged,
    /// A sign-in cannot begin, or is over.
    NoSignIn,
    /// No check was made yet.
    NoReport,
    /// What was pasted is no token, or holds no settings.
    NotUnderstood,
}

impl CommandFailure {
    /// A failure about which the system said nothing. Its sentence may quote a server or a person, so what could be a secret is
    /// taken out of it.
    pub fn new(code: FailureCode, message: impl Into<String>) -> Self {
        Self { code, message: redact::mask(&message.into()), detail: None }
    }

    /// Adds what the system said.
    pub fn because(self, detail: impl std::fmt::Display) -> Self {
        Self { detail: Some(redact::mask(&detail.to_string())), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_quotes_no_secret() {
        let failure =
            CommandFailure::new(FailureCode::NoSignIn, "It names https://me:canary-1@auth.example.com/ as its page.")
                .because("HTTP 401: {\"access_token\":\"canary-2\"}");
        let told = serde_json::to_string(&failure).expect("JSON");
        assert!(!told.contains("canary") && told.contains("auth.example.com"), "{told}");
    }
}

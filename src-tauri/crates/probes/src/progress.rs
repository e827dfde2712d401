//! What a run tells while it runs.

use mcp_auth_diagnosis::check::Hop;
use mcp_auth_diagnosis::language::Language;
use mcp_auth_diagnosis::report::Light;
use serde::Serialize;

/// One step of a run, for the window.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Progress {
    /// A hop is being looked at, or is done.
    Hop {
        /// Which.
        hop: Hop,
        /// Its state.
        light: Light,
    },
    /// A check is done.
    Check {
        /// Its code.
        code: String,
        /// Its state.
        light: Light,
    },
    /// A request was answered, or was not.
    Asked {
        /// Why it was made, in plain words.
        purpose: String,
        /// Where.
        url: String,
        /// `HTTP 401`, or `no answer`.
        result: String,
        /// In milliseconds.
        took_ms: u32,
    },
    /// It takes longer than expected.
    Slow {
        /// What is being waited for, in plain words.
        what: String,
    },
}

impl Progress {
    /// The same in a language.
    pub fn in_language(self, language: Language) -> Self {
        match self {
            Self::Asked { purpose, url, result, took_ms } => {
                Self::Asked { purpose: language.say(&purpose), url, result: language.say(&result), took_ms }
            }
            Self::Slow { what } => Self::Slow { what: language.say(&what) },
            other => other,
        }
    }
}

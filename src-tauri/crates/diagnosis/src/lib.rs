//! Evidence in, findings out.
//!
//! **Invariant: this crate is pure.** It has no network, no files, no environment, no clock and no runtime; its
//! dependencies and `clippy.toml` make that a build failure, not a promise. Reading the world is the job of
//! `mcp-auth-probes`; changing it is the job of `mcp-auth-remedies`.
//!
//! The path through it: [`evidence::Evidence`] is what was seen; every [`check::Check`] of [`checks::ALL`] examines it;
//! [`triage::diagnose`] keeps causes and consequences apart and picks the headline; [`report::Report`] is the verdict.

pub mod authorize;
pub mod browser;
pub mod check;
pub mod checks;
pub mod clients;
pub mod clock;
pub mod computer;
pub mod contradictions;
pub mod dashboard;
pub mod discovery;
pub mod door;
pub mod edge;
pub mod evidence;
pub mod framework;
mod german;
pub mod introduction;
pub mod language;
pub mod log;
pub mod messages;
pub mod named;
pub mod oauth;
pub mod paper;
pub mod pasted;
pub mod phrases;
pub mod redact;
pub mod registering;
pub mod report;
#[cfg(test)]
pub(crate) mod sample;
pub mod scalekit;
pub mod settings;
pub mod sign_in;
pub mod subject;
pub mod tls;
pub mod triage;
pub mod trial;
pub mod web;
pub mod words;

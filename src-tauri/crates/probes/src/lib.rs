//! Looks at the network, at files and at the system. It only reads: no file is written, and no request creates anything on a
//! server; what creates something is `mcp-auth-sign-in`'s, after consent. It starts no program except the browser that the user
//! asked to test, and a settings page that the user asked to see ([`browser`]). What was seen becomes
//! [`Evidence`](mcp_auth_diagnosis::evidence::Evidence), never a judgement.
//!
//! The path through it: `plan` says what the evidence so far calls for, [`run()`] starts it and adds what comes back,
//! `http` and `network` look, within [`Limits`] and never where a stranger's document must not send us (`zone`, `names`).

mod ask;
pub mod browser;
pub mod computer;
mod config;
mod failure;
mod http;
mod known;
mod limits;
mod many;
mod names;
mod network;
mod plan;
mod progress;
mod remembered;
mod run;
mod scrub;
mod signature;
mod trust;
mod web;
mod zone;

pub use config::ProbeConfig;
pub use limits::Limits;
pub use many::diagnose_many;
pub use names::Resolver;
pub use plan::ProbePlan;
pub use progress::Progress;
pub use run::{diagnose, run};
pub use signature::verify as verify_signature;
pub use web::{Call, Web};

//! The built-in server that misbehaves on request.
//!
//! [`Practice::start`] opens an MCP server and an authorization server on loopback, shaped like an environment of
//! Scalekit. Left alone, both are right by the specification of 2026-07-28 (and of 2025-11-25 for older clients). With one
//! [`Fault`] in, they are wrong in exactly one way, named in a table together with the check that has to find it.
//! The app uses it to practise on, the tests to prove every check against, the docs to take their pictures.
//!
//! It listens on loopback only, keeps everything in memory, and depends on no other crate of this house.

mod answer;
mod authorization;
mod behaviour;
mod cors;
mod documents;
mod faults;
mod judge;
mod mcp;
mod practice;
mod record;
mod server;
mod sockets;
mod store;
mod tls;
mod tokens;
mod world;

pub use behaviour::{Fault, Needs, Playbook, Severity};
pub use faults::faults;
pub use practice::{Options, Practice, PracticeError, Tool};
pub use record::{Recorded, Server};
pub use tls::TlsKind;
pub use tokens::TokenShape;
pub use world::{Approval, Healthy, Shape, healthy};

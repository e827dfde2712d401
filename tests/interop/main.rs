//! Real programs that nobody here wrote: `cargo xtask test interop`.

mod authorization;
mod browser;
mod conformance;
mod mcp_remote;
mod servers;
mod sign_in;

//! Real programs that nobody here wrote: `cargo xtask test interop`.

mod authorization;
mod browser;
mod mcp_remote;
mod servers;
mod sign_in;

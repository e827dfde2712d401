//! Signs in to an MCP server, the way a chosen client would, and says where it stops.
//!
//! **The only crate that creates anything on a server**, and only after the person agreed to a [`Plan`] that names the sign-in
//! page, the scopes and whether a registration will be made. Codes, verifiers and tokens live in memory, in a type that
//! cannot be printed and is wiped; nothing is written to disk; what was created is listed and taken back where the server
//! offers it.
//!
//! The path through it: a diagnosis has looked already; [`Plan::of`] reads from its evidence what a client would do;
//! [`sign_in`] does it; [`SignedIn::take_back`] revokes what was granted.
//!
//! PKCE, states and forms are a few lines each on `sha2`, `getrandom` and `url`: the libraries for OAuth hide the very
//! requests and answers that have to be seen here.

mod exchange;
mod flow;
mod introduce;
mod listener;
mod memory;
mod plan;
mod random;
mod stand_in;
mod whole;

pub use flow::{Opener, SignedIn, sign_in};
pub use introduce::{Introduced, diagnose_introducing};
pub use memory::keep_memory_off_the_disk;
pub use plan::{NotPossible, Plan, PlanShown, Wish};
pub use stand_in::stand_in;
pub use whole::{Whole, diagnose, try_tool};

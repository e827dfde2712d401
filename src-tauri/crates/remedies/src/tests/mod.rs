//! Stories of the whole crate, on homes of their own.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "the test's own folder")]

mod bad_input;
mod crashes;
mod journeys;
#[cfg(unix)]
mod links;
#[cfg(any(target_os = "linux", target_os = "macos"))]
mod races;

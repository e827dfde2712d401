//! Walks through the real window: the app as it is built, its pages inside, on a virtual screen.
//!
//! `cargo xtask test e2e` builds the app and brings the screen. `UPDATE_SCREENSHOTS=1` renews the pictures in
//! `.github/screenshots`; `E2E_VERBOSE=1` shows what the web view says.

mod app;
mod browser;
mod driver;
mod hostile;
mod journey;
mod notice;
mod pictures;
mod playbooks;
mod starts;
mod steps;

//! `cargo xtask run`: the app, or the same journey in the terminal where there is no screen.

use crate::failure::Failure;
use crate::house::{self, CLI, SHELL};
use crate::needs::Purpose;
use crate::setup;
use crate::steps::{self, Step, say};

/// A fault that shows what the app is for: one clear sentence, and an owner.
pub const FAULT: &str = "resource-other-path";

/// Sets up, builds and opens the app.
pub fn run() -> Result<(), Failure> {
    if !house::has_display() {
        return walk_in_terminal();
    }
    setup::ensure(&[Purpose::Engine, Purpose::Ui, Purpose::Shell])?;
    steps::run_all(vec![build_ui(), build_shell(), start()])
}

/// The window's pages, as the app carries them.
pub fn build_ui() -> Step {
    Step::npm("Build the window's pages", &["run", "build"])
}

/// The app, with the pages inside (without the feature it would look for a development server).
pub fn build_shell() -> Step {
    Step::cargo("Build the app", &["build", "--package", SHELL, "--features", "custom-protocol"])
}

/// `mcp-auth-check`.
pub fn build_command_line() -> Step {
    Step::cargo("Build the command line", &["build", "--package", CLI])
}

fn start() -> Step {
    Step::cargo("Open the app", &["run", "--quiet", "--package", SHELL, "--features", "custom-protocol"])
}

fn walk_in_terminal() -> Result<(), Failure> {
    say("There is no screen here (neither DISPLAY nor WAYLAND_DISPLAY is set), so the same journey in the terminal:");
    setup::ensure(&[Purpose::Engine])?;
    steps::run_all(journey_in_terminal())?;
    say(
        "\nTo see the window, run the same command where there is a screen. To ask about a server of yours:\n\n    cargo run --package mcp-auth-check -- diagnose https://your-server.example/mcp",
    );
    Ok(())
}

/// The journey without a window: a fault is found, and gone after the fix. The test command walks it too, so that a
/// newcomer without a screen never meets a fault that was renamed.
pub fn journey_in_terminal() -> Vec<Step> {
    let diagnose = |title: &str, practice: &str, code: i32| {
        Step::cargo(title, &["run", "--quiet", "--package", CLI, "--", "diagnose", "--practice", practice])
            .ends_with(&[code])
    };
    vec![
        build_command_line(),
        diagnose("A server that breaks: what is wrong, and who fixes it?", FAULT, 1),
        diagnose("Someone fixed it: check again", "healthy", 0),
    ]
}

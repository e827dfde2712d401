//! `cargo xtask test`: everything that must hold, what fails fastest first.

use crate::deny;
use crate::failure::Failure;
use crate::house::{SHELL, TESTS};
use crate::needs::Purpose;
use crate::run::{build_command_line, build_shell, build_ui, journey_in_terminal};
use crate::setup;
use crate::steps::{self, Step, say};

/// A part of the checks that can be run alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The crates and the stories, without a web view.
    Engine,
    /// Licences and sources of every library.
    Libraries,
    /// The window's pages.
    Ui,
    /// Files that are written from others.
    Generated,
    /// The app itself: commands and permissions.
    Shell,
    /// The real window under a virtual screen.
    E2e,
    /// Real clients, servers and a real browser.
    Interop,
}

impl Part {
    /// Every part, in the order in which they run.
    pub const ALL: [Self; 7] =
        [Self::Libraries, Self::Engine, Self::Ui, Self::Generated, Self::Shell, Self::E2e, Self::Interop];

    /// The part with this name.
    pub fn named(name: &str) -> Result<Self, Failure> {
        Self::ALL.into_iter().find(|part| part.name() == name).ok_or(Failure::Usage(
            "cargo xtask test [part], where the part is one of: libraries, engine, ui, generated, shell, e2e, interop",
        ))
    }

    fn name(self) -> &'static str {
        match self {
            Self::Libraries => "libraries",
            Self::Engine => "engine",
            Self::Ui => "ui",
            Self::Generated => "generated",
            Self::Shell => "shell",
            Self::E2e => "e2e",
            Self::Interop => "interop",
        }
    }

    fn purposes(self) -> &'static [Purpose] {
        match self {
            Self::Libraries => &[],
            Self::Engine => &[Purpose::Lint, Purpose::Engine],
            Self::Generated => &[Purpose::Engine],
            Self::Ui => &[Purpose::Ui],
            Self::Shell => &[Purpose::Lint, Purpose::Engine, Purpose::Ui, Purpose::Shell],
            Self::E2e => &[Purpose::Engine, Purpose::Ui, Purpose::Shell, Purpose::E2e],
            Self::Interop => &[Purpose::Engine, Purpose::Interop],
        }
    }

    /// Whether this system can run the part; if not, why.
    fn unavailable(self) -> Option<&'static str> {
        match self {
            Self::E2e if !cfg!(target_os = "linux") => {
                Some("only Linux has a driver for the web view that the app uses")
            }
            Self::Interop if !cfg!(target_os = "linux") => {
                Some("the real browser is started the way a Linux desktop does")
            }
            _ => None,
        }
    }

    fn steps(self) -> Vec<Step> {
        match self {
            Self::Libraries => vec![deny::what_is_locked()],
            Self::Engine => {
                let mut steps = vec![format(), lint_engine(), test_engine()];
                steps.extend(journey_in_terminal());
                steps
            }
            Self::Ui => vec![
                Step::npm("Check the types of the window", &["run", "check"]),
                Step::npm("Test the window's parts", &["run", "test"]),
                build_ui(),
            ],
            Self::Generated => vec![Step::cargo("Compare generated files", &["xtask", "generate", "--check"])],
            Self::Shell => vec![build_ui(), lint_shell(), test_shell(), build_shell()],
            Self::E2e => {
                vec![build_ui(), build_shell(), build_command_line(), drive_window("Walk through the real window", &[])]
            }
            Self::Interop => vec![interop()],
        }
    }
}

/// Sets up and runs these parts.
pub fn test(parts: &[Part]) -> Result<(), Failure> {
    let mut steps: Vec<Step> = Vec::new();
    let mut purposes: Vec<Purpose> = Vec::new();
    for part in parts {
        if let Some(reason) = part.unavailable() {
            say(&format!("Not run on this system: {} ({reason}).", part.name()));
            continue;
        }
        // Without the network everything else can still be tested.
        if let (Part::Libraries, Err(failure)) = (part, deny::ensure()) {
            say(&format!("Not run: {}, because cargo-deny could not be built. {failure}", part.name()));
            continue;
        }
        purposes.extend(part.purposes());
        for step in part.steps() {
            // Parts that need the same thing built share that step.
            if !steps.iter().any(|earlier| earlier.shown() == step.shown()) {
                steps.push(step);
            }
        }
    }
    setup::ensure(&purposes)?;
    steps::run_all(steps)
}

/// The format of all Rust code.
pub fn format() -> Step {
    Step::cargo("Format", &["fmt", "--all", "--check"])
}

/// Clippy with the walls, for everything that needs no web view.
pub fn lint_engine() -> Step {
    Step::cargo(
        "Lint the engine and its walls",
        &["clippy", "--workspace", "--exclude", SHELL, "--all-targets", "--", "--deny", "warnings"],
    )
}

/// Clippy for the shell.
pub fn lint_shell() -> Step {
    Step::cargo(
        "Lint the app",
        &["clippy", "--package", SHELL, "--all-targets", "--features", "custom-protocol", "--", "--deny", "warnings"],
    )
}

fn test_engine() -> Step {
    Step::cargo("Test the engine and its stories", &["test", "--workspace", "--exclude", SHELL])
}

fn test_shell() -> Step {
    Step::cargo("Test the app", &["test", "--package", SHELL, "--features", "custom-protocol"])
}

/// The stories of the real window. The app under test is the debug build, or the one that `APP_UNDER_TEST` names.
pub fn drive_window(title: &str, stories: &[&str]) -> Step {
    let command = [
        "--auto-servernum",
        "--server-args",
        "-screen 0 1280x1024x24",
        "dbus-run-session",
        "--",
        "cargo",
        "test",
        "--package",
        TESTS,
        "--features",
        "e2e",
        "--test",
        "e2e",
        "--",
    ];
    Step::new(title, "xvfb-run", &[command.as_slice(), stories].concat())
}

fn interop() -> Step {
    Step::cargo(
        "Meet real clients, servers and a real browser",
        &["test", "--package", TESTS, "--features", "interop", "--test", "interop"],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_found_by_its_name() {
        for part in Part::ALL {
            assert_eq!(Part::named(part.name()).ok(), Some(part));
        }
        assert!(matches!(Part::named("everything"), Err(Failure::Usage(_))));
    }
}

//! Starts the programs that open web pages and settings pages: the only place in this crate that starts a program, and only
//! because the user asked for it. There is no shell in between, and the address is one of our own.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::process::Stdio;
use std::time::Duration;

use mcp_auth_diagnosis::browser::{NotStarted, Ran, SettingsPage, SystemKind, Target};
use mcp_auth_diagnosis::evidence::Environment;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};
use tokio::time::{Instant, timeout};

use super::clients::CommandLine;
use super::system::System;

/// A program that was started, or could not be.
pub struct Launched {
    /// What is known so far.
    pub ran: Ran,
    child: Option<Child>,
    began: Instant,
}

/// Starts a program with these variables and no others.
pub fn start(
    line: &CommandLine,
    link: &str,
    system: &System,
    variables: &BTreeMap<String, String>,
    environment: Environment,
    added: &[(OsString, OsString)],
) -> Launched {
    let began = Instant::now();
    let mut ran = Ran {
        command: shown(line, link),
        environment,
        not_started: None,
        exit: None,
        still_running: false,
        said: String::new(),
        took_ms: 0,
    };
    // Looked up here, in the variables that the program gets, so that what is missing is known and not guessed.
    let with = System { variables: variables.clone(), ..system.clone() };
    let Some(program) = with.program(&line.program).or_else(|| on_windows_path(&with, &line.program)) else {
        ran.not_started = Some(match blocked(&with, &line.program) {
            Some(detail) => NotStarted::Forbidden { detail },
            None => NotStarted::Missing,
        });
        return Launched { ran, child: None, began };
    };
    let mut command = Command::new(program);
    command
        .args(&line.arguments)
        .env_clear()
        .envs(variables)
        .envs(added.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(if reads_errors(system.kind) { Stdio::piped() } else { Stdio::null() })
        .kill_on_drop(false);
    // It may be the browser itself: it must outlive this program, and Ctrl-C in a terminal is not meant for it.
    #[cfg(unix)]
    command.process_group(0);
    #[cfg(windows)]
    command.creation_flags(CREATE_NO_WINDOW);
    match command.spawn() {
        Ok(child) => {
            ran.still_running = true;
            Launched { ran, child: Some(child), began }
        }
        Err(error) => {
            let detail = error.to_string();
            ran.not_started = Some(match error.kind() {
                ErrorKind::NotFound => NotStarted::Missing,
                ErrorKind::PermissionDenied => NotStarted::Forbidden { detail },
                _ => NotStarted::Other { detail },
            });
            Launched { ran, child: None, began }
        }
    }
}

#[cfg(windows)]
const CREATE_NO_WINDOW: u32 = 0x0800_0000;

/// On Linux the launcher may become the browser, which would then write into a pipe that ends with this program.
fn reads_errors(kind: SystemKind) -> bool {
    matches!(kind, SystemKind::Macos | SystemKind::Windows)
}

/// Windows finds programs in its own folder whatever the PATH says.
fn on_windows_path(system: &System, program: &str) -> Option<std::path::PathBuf> {
    if system.kind != SystemKind::Windows || program.contains(['\\', '/']) {
        return None;
    }
    let windows = system.variable("SystemRoot").unwrap_or(r"C:\Windows").to_owned();
    let name =
        if program.to_ascii_lowercase().ends_with(".exe") { program.to_owned() } else { format!("{program}.exe") };
    [format!(r"{windows}\System32\{name}"), format!(r"{windows}\{name}")].iter().find_map(|path| system.program(path))
}

/// A file of that name that may not be run.
fn blocked(system: &System, program: &str) -> Option<String> {
    if program.contains('/') {
        return system.file(program).is_file().then(|| "it may not be run (permission denied)".to_owned());
    }
    let folders = system.variable("PATH")?.split(if system.kind == SystemKind::Windows { ';' } else { ':' });
    let found = folders.map(|folder| system.file(folder).join(program)).find(|path| path.is_file())?;
    Some(format!("{} may not be run (permission denied)", system.shown_path(&found)))
}

impl Launched {
    /// Watches the program for a while. One that still runs then is let alone: it may be the browser.
    pub async fn watch(&mut self, patience: Duration) {
        const MOST: u64 = 4_096;
        let Some(child) = &mut self.child else { return };
        let ended = timeout(patience, child.wait()).await;
        self.ran.took_ms = u32::try_from(self.began.elapsed().as_millis()).unwrap_or(u32::MAX);
        if let Ok(status) = ended {
            self.ran.still_running = false;
            self.ran.exit = status.ok().and_then(|status| status.code());
            if let Some(errors) = child.stderr.take() {
                let mut said = Vec::new();
                // What it started may hold the pipe open; what is there by then is enough.
                let _ = timeout(Duration::from_millis(100), errors.take(MOST).read_to_end(&mut said)).await;
                self.ran.said = one_line(&String::from_utf8_lossy(&said));
            }
            self.child = None;
        }
    }

    /// It was started and did not fail so far.
    pub fn holds(&self) -> bool {
        self.ran.not_started.is_none() && (self.ran.still_running || self.ran.exit == Some(0))
    }
}

fn one_line(text: &str) -> String {
    const MOST: usize = 400;
    let line: Vec<&str> = text.split_whitespace().collect();
    line.join(" ").chars().take(MOST).collect()
}

/// The command line for a person: `…` for the address and for an encoded command.
fn shown(line: &CommandLine, link: &str) -> String {
    let mut words = vec![line.program.clone()];
    for argument in &line.arguments {
        let word = argument.to_string_lossy().replace(link, "…");
        words.push(if word.is_empty() {
            "\"\"".to_owned()
        } else if word.chars().count() > 120 {
            "…".to_owned()
        } else {
            word
        });
    }
    words.join(" ")
}

/// The settings page could not be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{button} did not work; the page is at {place}")]
pub struct SettingsNotOpened {
    /// What stands on the button.
    pub button: &'static str,
    /// Where a person finds the page.
    pub place: &'static str,
}

/// Opens a page of this system's settings. That it was opened is not proven by this.
///
/// # Errors
/// When the page belongs to another system, or nothing that could open it is there.
pub async fn open_settings(page: &SettingsPage, system: &System) -> Result<(), SettingsNotOpened> {
    const PATIENCE: Duration = Duration::from_secs(2);
    let failed = SettingsNotOpened { button: page.button, place: page.place };
    if page.system != system.kind {
        return Err(failed);
    }
    let variables = system.clean_variables();
    for target in page.targets {
        let line = settings_command(target, system.kind);
        let mut launched = start(&line, "", system, &variables, Environment::ThisApp, &[]);
        launched.watch(PATIENCE).await;
        // Explorer ends with 1 when all is well.
        let explorer = system.kind == SystemKind::Windows && launched.ran.not_started.is_none();
        if launched.holds() || explorer {
            return Ok(());
        }
    }
    Err(failed)
}

fn settings_command(target: &Target, kind: SystemKind) -> CommandLine {
    match target {
        Target::Address(address) => {
            let program = if kind == SystemKind::Windows { "explorer.exe" } else { "/usr/bin/open" };
            CommandLine { program: program.to_owned(), arguments: vec![(*address).into()] }
        }
        Target::Program(program, arguments) => {
            CommandLine { program: (*program).to_owned(), arguments: arguments.iter().map(Into::into).collect() }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcp_auth_diagnosis::browser::SETTINGS;

    #[test]
    fn the_address_does_not_stand_in_what_is_shown() {
        let link = "http://127.0.0.1:1/secret";
        let line = CommandLine { program: "open".to_owned(), arguments: vec!["--".into(), link.into()] };
        assert_eq!(shown(&line, link), "open -- …");
        let line =
            CommandLine { program: "powershell".to_owned(), arguments: vec!["-E".into(), "A".repeat(300).into()] };
        assert_eq!(shown(&line, link), "powershell -E …");
    }

    #[test]
    fn settings_are_opened_by_the_system_or_by_a_program_of_the_desktop() {
        for page in SETTINGS {
            for target in page.targets {
                let line = settings_command(target, page.system);
                match page.system {
                    SystemKind::Windows => assert_eq!(line.program, "explorer.exe"),
                    SystemKind::Macos => assert_eq!(line.program, "/usr/bin/open"),
                    _ => assert!(!line.program.contains('/')),
                }
            }
        }
    }

    #[tokio::test]
    async fn a_page_of_another_system_is_not_opened() {
        let system = System::this();
        let other = SETTINGS.iter().find(|page| page.system != system.kind).expect("another system");
        assert!(open_settings(other, &system).await.is_err());
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn exits_are_seen_and_missing_programs_are_known() {
        let system = System::this();
        let run = |program: &str| CommandLine { program: program.to_owned(), arguments: Vec::new() };
        let environment = || Environment::ThisApp;
        let variables = system.variables.clone();
        let mut failed = start(&run("false"), "x", &system, &variables, environment(), &[]);
        failed.watch(Duration::from_secs(10)).await;
        assert_eq!((failed.ran.exit, failed.holds()), (Some(1), false));
        let missing = start(&run("no-such-program-here"), "x", &system, &variables, environment(), &[]);
        assert_eq!(missing.ran.not_started, Some(NotStarted::Missing));
        let forbidden = start(&run("/etc/passwd"), "x", &system, &variables, environment(), &[]);
        assert!(matches!(forbidden.ran.not_started, Some(NotStarted::Forbidden { .. })));
    }
}

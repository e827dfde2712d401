//! A real browser, started by the real `xdg-open` on a virtual screen, and every way in which that can fail.
//!
//! All of it happens in a folder of the test: its own choice of browser, its own home. Nothing of the computer's own desktop
//! is read or changed, and the browser is ended by its own process id.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use mcp_auth_diagnosis::browser::{BrowserReport, TripCode, Way};
use mcp_auth_diagnosis::clients::ClientId;
use mcp_auth_diagnosis::report::{State, Verdict};
use mcp_auth_probes::browser::{Patience, System, report};
use tokio_util::sync::CancellationToken;

/// Long enough for a cold browser on a busy computer.
const PATIENT: Patience = Patience {
    launcher: Duration::from_secs(3),
    after_failure: Duration::from_millis(200),
    page: Duration::from_secs(60),
    further: Duration::from_secs(60),
    back: Duration::from_secs(30),
    by_hand: Duration::ZERO,
};

/// Where nothing can come.
const SHORT: Patience = Patience { page: Duration::from_secs(2), further: Duration::from_secs(1), ..PATIENT };

/// A screen that nobody sees.
pub struct Screen {
    server: Child,
    name: String,
}

impl Screen {
    pub fn new() -> Self {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-nolisten", "tcp", "-screen", "0", "1024x768x24"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb; `cargo xtask test interop` installs it");
        let mut number = String::new();
        BufReader::new(server.stdout.take().expect("its output")).read_line(&mut number).expect("the screen's number");
        Self { server, name: format!(":{}", number.trim()) }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// A desk of its own: a home, a choice of browser, programs.
pub struct Desk {
    folder: tempfile::TempDir,
    variables: BTreeMap<String, String>,
}

impl Desk {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut desk = Self { variables: BTreeMap::new(), folder };
        for name in ["home", "config", "data/applications", "bin", "profile"] {
            std::fs::create_dir_all(desk.path(name)).expect("a folder");
        }
        let folder = |name: &str| desk.path(name).display().to_string();
        let variables = [
            ("HOME", folder("home")),
            ("XDG_CONFIG_HOME", folder("config")),
            ("XDG_CONFIG_DIRS", folder("no-config")),
            ("XDG_DATA_HOME", folder("data")),
            ("XDG_DATA_DIRS", folder("no-data")),
            ("PATH", format!("{}:/usr/bin:/bin", folder("bin"))),
        ];
        desk.variables = variables.map(|(name, value)| (name.to_owned(), value)).into();
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn on(self, screen: &Screen) -> Self {
        self.with("DISPLAY", &screen.name)
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Only the desk's own programs are found.
    fn alone(self) -> Self {
        let bin = self.path("bin").display().to_string();
        self.with("PATH", &bin)
    }

    fn program(self, name: &str, text: &str) -> Self {
        let path = self.path("bin").join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).expect("a program");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("a program");
        self
    }

    /// Chooses a browser, which need not be there.
    fn chooses(self, program: &Path) -> Self {
        let entry = format!(
            "[Desktop Entry]\nType=Application\nName=CI Browser\nExec={} %U\n\
             MimeType=x-scheme-handler/http;x-scheme-handler/https;text/html;\n",
            program.display()
        );
        std::fs::write(self.path("data/applications/ci-browser.desktop"), entry).expect("a desktop file");
        let list = "[Default Applications]\nx-scheme-handler/http=ci-browser.desktop\nx-scheme-handler/https=ci-browser.desktop\n\
                    text/html=ci-browser.desktop\n";
        std::fs::write(self.path("config/mimeapps.list"), list).expect("a choice");
        self
    }

    /// A real Chromium that leaves its process id, with a profile of its own.
    pub fn with_chromium(self) -> Self {
        let (processes, profile) = (self.path("processes"), self.path("profile"));
        let start = format!(
            "PATH=/usr/bin:/bin\necho $$ >> {}\nexec chromium --no-sandbox --no-first-run --no-default-browser-check --disable-gpu \
             --user-data-dir={} \"$@\" 2>/dev/null",
            processes.display(),
            profile.display()
        );
        let program = self.path("bin/ci-browser");
        self.program("ci-browser", &start).chooses(&program)
    }

    /// Opens a page the way the desktop does.
    pub fn opens(&self, url: &str) -> std::io::Result<()> {
        let mut command = Command::new("xdg-open");
        command.arg(url).env_clear().envs(&self.variables).stdout(Stdio::null()).stderr(Stdio::null());
        command.process_group(0).spawn().map(drop)
    }

    async fn test(&self, client: Option<ClientId>, patience: Option<&Patience>) -> BrowserReport {
        let mut system = System::this();
        system.variables.clone_from(&self.variables);
        system.home = self.path("home");
        report(&system, client, patience, |_| {}, CancellationToken::new()).await
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let processes = std::fs::read_to_string(self.path("processes")).unwrap_or_default();
        for process in processes.lines() {
            let _ = Command::new("kill").arg(process).stderr(Stdio::null()).status();
        }
    }
}

fn verdict(found: &BrowserReport) -> (&str, &str) {
    let name = |verdict: &'_ Verdict| -> (String, String) { (verdict.code.clone(), verdict.variant.clone()) };
    match &found.report.verdict {
        Some(verdict) => (&verdict.code, &verdict.variant),
        None => panic!(
            "no verdict; findings {:?}, attempts {:#?}",
            found.report.findings.iter().map(name).collect::<Vec<_>>(),
            found.attempts
        ),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_browser_started_by_the_real_xdg_open_completes_the_round_trip() {
    let screen = Screen::new();
    let desk = Desk::new().with_chromium().on(&screen);
    let found = desk.test(None, Some(&PATIENT)).await;
    assert_eq!(found.round_trip, Some(TripCode::HitOk), "{:#?}", found.attempts);
    assert_eq!(found.report.state, State::Healthy);
    assert_eq!(found.report.verdict.as_ref().map(|verdict| &verdict.code), None);
    let trip = found.reading.and_then(|reading| reading.trip).expect("a test");
    assert!(trip.attempts[0].ran[0].command.starts_with("xdg-open "), "{:?}", trip.attempts[0].ran);
    let hit = trip.attempts[0].hit.as_ref().expect("a page");
    assert!(hit.agent.as_deref().is_some_and(|agent| agent.starts_with("Chrome ")), "{hit:?}");
    assert_eq!(hit.navigation, Some(true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_clients_way_is_tested_as_the_client_does_it() {
    let screen = Screen::new();
    // Claude Code starts what BROWSER names, and xdg-open prefers the chosen browser.
    let desk = Desk::new().with_chromium().on(&screen).program("quiet", "exit 0");
    let quiet = desk.path("bin/quiet").display().to_string();
    let desk = desk.with("BROWSER", &quiet);
    let patience = Patience { page: Duration::from_secs(30), ..SHORT };
    let found = desk.test(Some(ClientId::ClaudeCode), Some(&patience)).await;
    let ways: Vec<(Way, TripCode)> = found.attempts.iter().map(|attempt| (attempt.way, attempt.code)).collect();
    assert_eq!(ways, [(Way::OwnOpener, TripCode::HitOk), (Way::Client, TripCode::LaunchedNoHit)]);
    assert_eq!(verdict(&found), ("browser-round-trip", "only-the-client"));
}

#[tokio::test(flavor = "multi_thread")]
async fn xdg_open_is_missing() {
    let screen = Screen::new();
    let desk = Desk::new().program("quiet", "exit 0").alone().on(&screen);
    let quiet = desk.path("bin/quiet");
    let found = desk.chooses(&quiet).test(None, Some(&SHORT)).await;
    assert_eq!(found.round_trip, Some(TripCode::SpawnFailed));
    assert_eq!(verdict(&found), ("browser-opener", "xdg-open-missing"));
    assert!(found.link.is_some_and(|link| link.starts_with("http://127.0.0.1:")), "the address to open by hand");
}

#[tokio::test(flavor = "multi_thread")]
async fn xdg_open_fails() {
    let screen = Screen::new();
    let desk = Desk::new().program("xdg-open", "exit 3").program("quiet", "exit 0").alone().on(&screen);
    let quiet = desk.path("bin/quiet");
    let found = desk.chooses(&quiet).test(None, Some(&SHORT)).await;
    assert_eq!(found.round_trip, Some(TripCode::LauncherError));
    assert_eq!(verdict(&found), ("browser-round-trip", "launcher-error"));
}

#[tokio::test(flavor = "multi_thread")]
async fn xdg_open_says_that_all_is_well_and_nothing_happens() {
    let screen = Screen::new();
    let desk = Desk::new().program("xdg-open", "exit 0").program("quiet", "exit 0").alone().on(&screen);
    let quiet = desk.path("bin/quiet");
    let found = desk.chooses(&quiet).test(None, Some(&SHORT)).await;
    assert_eq!(found.round_trip, Some(TripCode::LaunchedNoHit));
    assert_eq!(verdict(&found), ("browser-round-trip", "launched-no-hit"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chosen_browser_was_uninstalled() {
    let screen = Screen::new();
    let desk = Desk::new().on(&screen).chooses(Path::new("/opt/gone/browser"));
    let found = desk.test(None, Some(&SHORT)).await;
    assert!(found.round_trip.is_some_and(|code| !code.opened()), "{:#?}", found.attempts);
    assert_eq!(verdict(&found), ("local-browser", "uninstalled"));
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_no_screen() {
    let desk = Desk::new().with_chromium();
    let found = desk.test(None, Some(&SHORT)).await;
    assert!(found.round_trip.is_some_and(|code| !code.opened()), "{:#?}", found.attempts);
    assert_eq!(verdict(&found), ("browser-display", "no-screen"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_variable_swallows_the_page() {
    let screen = Screen::new();
    let desk = Desk::new().on(&screen).with("BROWSER", "/bin/true");
    let found = desk.test(None, Some(&SHORT)).await;
    assert_eq!(found.round_trip, Some(TripCode::LaunchedNoHit), "{:#?}", found.attempts);
    assert_eq!(verdict(&found), ("browser-variable", "swallowed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_port_of_the_way_back_is_taken() {
    // Whoever holds it, it is taken.
    let _held = TcpListener::bind(("127.0.0.1", 33418));
    let screen = Screen::new();
    let desk = Desk::new().program("xdg-open", "exit 0").program("quiet", "exit 0").alone().on(&screen);
    let quiet = desk.path("bin/quiet");
    let found = desk.chooses(&quiet).test(Some(ClientId::VsCode), None).await;
    assert_eq!(verdict(&found), ("authz-callback-listener", "other-program"));
    assert_eq!(found.report.verdict.map(|verdict| verdict.affects), Some(vec![ClientId::VsCode]));
}

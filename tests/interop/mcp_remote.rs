//! The real mcp-remote signs in; the app reads what it leaves, knows when that is stale, clears exactly it, and the real program
//! signs in again.
#![allow(clippy::disallowed_methods, reason = "the test's own folder")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use mcp_auth_diagnosis::check::Action;
use mcp_auth_diagnosis::clients::ClientId;
use mcp_auth_diagnosis::computer::{Computer, Held, StoredEntry, Used};
use mcp_auth_diagnosis::report::{Report, State};
use mcp_auth_diagnosis::subject::Subject;
use mcp_auth_probes::computer::{Machine, look};
use mcp_auth_probes::{ProbeConfig, ProbePlan};
use mcp_auth_remedies::{Level, Newer, Request, Vault, apply, plan_clear, undo};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::authorization::Issuer;
use crate::servers::{Program, Real, folder, told};

/// One of the early ones, the last of the line whose folders are named after the version before, and the newest.
const VERSIONS: [&str; 3] = ["0.1.16", "0.1.38", "0.15.1"];

/// A home in which Claude Desktop reaches two servers through mcp-remote.
struct Home {
    folder: TempDir,
    version: &'static str,
}

impl Home {
    fn new(version: &'static str, servers: &[(&str, &Url)]) -> Self {
        let home = Self { folder: tempfile::tempdir().expect("a folder"), version };
        let configured: BTreeMap<&str, Value> = servers
            .iter()
            .map(|(name, url)| {
                let package = format!("mcp-remote@{version}");
                (*name, json!({"command": "npx", "args": ["-y", package, url.as_str()]}))
            })
            .collect();
        let config = home.path(".config/Claude/claude_desktop_config.json");
        fs::create_dir_all(config.parent().expect("a parent")).expect("a folder");
        fs::write(config, json!({"mcpServers": configured}).to_string()).expect("a config");
        let browser = home.path("browser");
        let script = format!("#!/bin/sh\nexec node '{}' \"$1\"\n", folder().join("programs/browser.mjs").display());
        fs::write(&browser, script).expect("a browser");
        fs::set_permissions(&browser, fs::Permissions::from_mode(0o755)).expect("a browser");
        home
    }

    fn path(&self, place: &str) -> PathBuf {
        self.folder.path().join(place)
    }

    /// Starts the real program as the client would, and asks it for the server's name. `true` when it was signed in.
    fn uses(&self, server: &Url) -> bool {
        let program = format!("node_modules/mcp-remote-{}/dist/proxy.js", self.version.replace('.', "-"));
        let verbose = std::env::var_os("INTEROP_VERBOSE").is_some();
        let mut process = Command::new("node")
            .arg(folder().join(program))
            .args([server.as_str()])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path())
            .env("BROWSER", self.path("browser"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(if verbose { Stdio::inherit() } else { Stdio::null() })
            .process_group(0)
            .spawn()
            .expect("node");
        let id = process.id();
        // A sign-in that never ends must not hold the tests up for ever.
        let (done, waits) = std::sync::mpsc::channel::<()>();
        let guard = std::thread::spawn(move || {
            if waits.recv_timeout(Duration::from_secs(60)).is_err() {
                let _ = Command::new("kill").args(["-KILL", "--", &format!("-{id}")]).status();
            }
        });
        let asked = json!({
            "jsonrpc": "2.0", "id": 1, "method": "initialize",
            "params": {
                "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "interop", "version": "1"},
            },
        });
        let mut input = process.stdin.take().expect("its input");
        let _ = writeln!(input, "{asked}");
        let answered = BufReader::new(process.stdout.take().expect("its output"))
            .lines()
            .map_while(Result::ok)
            .filter_map(|line| serde_json::from_str::<Value>(&line).ok())
            .any(|message| message["result"]["serverInfo"]["name"] == "todo");
        // Its own way to end: it tidies its lock away.
        drop(input);
        let _ = Command::new("kill").args(["-INT", &id.to_string()]).status();
        let _ = process.wait();
        let _ = done.send(());
        let _ = guard.join();
        answered
    }

    fn machine(&self) -> Machine {
        Machine { hosts_file: None, ..Machine::at_home(self.folder.path()) }
    }

    fn look(&self) -> Computer {
        look(&self.machine())
    }

    async fn diagnose(&self, server: &Url) -> Report {
        let subject = Subject { client: Some(ClientId::ClaudeDesktop), ..Subject::server(server.clone()) };
        let plan = ProbePlan::for_subject(&subject);
        let config = ProbeConfig { machine: Some(self.machine()), ..ProbeConfig::default() };
        mcp_auth_probes::diagnose(subject, plan, &config, |_| {}, CancellationToken::new()).await
    }

    /// Everything below `.mcp-auth`, byte for byte.
    fn store(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        fn read(at: &Path, into: &mut BTreeMap<PathBuf, Vec<u8>>) {
            for entry in fs::read_dir(at).into_iter().flatten().flatten() {
                match entry.path() {
                    path if path.is_dir() => read(&path, into),
                    path => drop(into.insert(path.clone(), fs::read(&path).unwrap_or_default())),
                }
            }
        }
        let mut all = BTreeMap::new();
        read(&self.path(".mcp-auth"), &mut all);
        all
    }
}

fn of<'a>(computer: &'a Computer, server: &Url) -> Vec<&'a StoredEntry> {
    computer.stored.iter().filter(|entry| entry.server.as_deref() == Some(server.as_str())).collect()
}

async fn story(version: &'static str) {
    let issuer = Issuer::start();
    let environment = issuer.environment();
    let one = Real::start(Program::TypeScriptSdk, &environment);
    let two = Real::start(Program::TypeScriptSdk, &environment);
    let home = Home::new(version, &[("one", &one.url), ("two", &two.url)]);
    assert!(home.uses(&one.url), "{version} signs in");
    assert!(home.uses(&two.url), "{version} signs in");

    // Everything that it wrote has a server behind it, and nothing is wrong.
    let computer = home.look();
    for server in [&one.url, &two.url] {
        let entries = of(&computer, server);
        assert_eq!(entries.len(), 1, "{version}: {:?}", computer.stored);
        let entry = entries[0];
        assert_eq!(entry.used, Used::InUse, "{version}: {entry:?}");
        for held in [Held::Tokens, Held::Registration] {
            assert!(entry.holds.contains(&held), "{version}: {entry:?}");
        }
        assert!(entry.troubles.is_empty(), "{version}: {entry:?}");
    }
    let named: usize = computer.stored.iter().map(|entry| entry.files.len()).sum();
    assert_eq!(named, home.store().len(), "{version}: {:?}", home.store().keys());
    let report = home.diagnose(&one.url).await;
    assert_eq!(report.state, State::Healthy, "{version}: {}", told(&report));
    assert!(report.findings.is_empty(), "{version}: {}", told(&report));

    // The authorization server loses its clients.
    issuer.forget().await;
    let report = home.diagnose(&one.url).await;
    let verdict = report.verdict.as_ref().unwrap_or_else(|| panic!("{version}: no verdict: {}", told(&report)));
    assert_eq!((verdict.code.as_str(), verdict.variant.as_str()), ("reg-stale", "unknown-client"), "{}", told(&report));
    let action = verdict.fixes.iter().find_map(|fix| fix.action.clone());
    let Some(Action::ClearCache { client, server }) = action else { panic!("{version}: {action:?}") };
    assert_eq!((client.as_str(), server.as_str()), ("mcp-remote", one.url.as_str()));

    // Exactly that entry goes, and comes back to the byte; then it goes for good.
    let before = home.store();
    let vault = Vault::below_home(home.folder.path());
    let request =
        Request { level: Level::Registration, servers: vec![server], client: client.parse().ok(), entries: Vec::new() };
    let clear = || {
        let plan = plan_clear(&home.look(), home.folder.path(), &request).expect("a plan");
        let receipt = apply(&plan, &plan.digest.clone(), &vault, SystemTime::now()).expect("a receipt");
        assert!(receipt.all_gone, "{version}: {receipt:?}");
        receipt.id
    };
    let receipt = clear();
    let after = home.store();
    // A lock that its end left behind is another matter: its own level clears it.
    let rest = of(&home.look(), &one.url).iter().any(|entry| entry.holds != [Held::Lock]);
    assert!(!rest, "{version}");
    assert_eq!(of(&home.look(), &two.url).len(), 1, "{version}");
    assert!(after.iter().all(|(path, bytes)| before.get(path) == Some(bytes)), "{version}: what stays is untouched");
    undo(&receipt, Newer::Stays, &vault).expect("undone");
    assert_eq!(home.store(), before, "{version}");
    clear();

    // The real program starts afresh, and all is well.
    assert!(home.uses(&one.url), "{version} signs in again");
    let report = home.diagnose(&one.url).await;
    assert_eq!(report.state, State::Healthy, "{version}: {}", told(&report));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_early_version_is_read_cleared_and_signs_in_again() {
    story(VERSIONS[0]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_with_the_folder_of_another_is_read_cleared_and_signs_in_again() {
    story(VERSIONS[1]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_version_is_read_cleared_and_signs_in_again() {
    story(VERSIONS[2]).await;
}

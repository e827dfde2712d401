//! `caches clear` as somebody runs it, beside the very functions that the window calls: the same plan, the same digest, and
//! consent given to one counts for the other. And homes in which everything is broken at once.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "the test's own folder")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::time::SystemTime;

use mcp_auth_diagnosis::clients::ClientId;
use mcp_auth_probes::computer::{Machine, look};
use mcp_auth_remedies::{Level, Plan, Request, Vault, apply, plan_clear};
use serde_json::Value;
use tempfile::TempDir;

const LINEAR: &str = "https://mcp.linear.app/mcp";
const HASH: &str = "fcc436b0d1e0a1ed9a2b15bbd638eb13";
const CANARY: &str = "canary-91ae";

fn run(home: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mcp-auth-check"));
    command.args(words).arg("--home").arg(home).output().expect("the program starts")
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

fn file(home: &Path, path: &str, text: impl AsRef<[u8]>) {
    let path = home.join(path);
    fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    fs::write(path, text).expect("a file");
}

/// mcp-remote for Claude Desktop and Claude Code's own store.
fn home() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path();
    file(
        home,
        ".config/Claude/claude_desktop_config.json",
        format!(
            "{{\"mcpServers\": {{\"linear\": {{\"command\": \"npx\", \"args\": [\"-y\", \"mcp-remote@0.15.1\", \"{LINEAR}\"]}}}}}}"
        ),
    );
    for end in ["client_info.json", "tokens.json"] {
        file(home, &format!(".mcp-auth/mcp-remote-v1/{HASH}_{end}"), format!("{{\"access_token\": \"{CANARY}\"}}"));
    }
    file(
        home,
        ".claude/.credentials.json",
        format!(
            "{{\"mcpOAuth\": {{\"linear|638130d5ab3558f4\": {{\"serverUrl\": \"{LINEAR}\", \"accessToken\": \"{CANARY}\"}}}}}}"
        ),
    );
    folder
}

/// What the window's command `plan_clear` does, word for word.
fn as_the_window_does(home: &Path, level: Level, client: Option<ClientId>) -> Plan {
    let machine = Machine::at_home(home);
    let request = Request { level, servers: vec![LINEAR.to_owned()], client, entries: Vec::new() };
    plan_clear(&look(&machine), &machine.home, &request).expect("a plan")
}

#[test]
fn the_command_line_and_the_window_make_the_same_plan() {
    let home = home();
    for level in [Level::SignIn, Level::Registration] {
        for client in [None, Some(ClientId::McpRemote), Some(ClientId::ClaudeCode), Some(ClientId::ClaudeDesktop)] {
            let mut words = vec!["caches", "clear", "--server", LINEAR, "--dry-run", "--json", "--level", level.word()];
            words.extend(client.iter().flat_map(|client| ["--client", client.id()]));
            let said = json(&run(home.path(), &words));
            let plan = as_the_window_does(home.path(), level, client);
            assert_eq!(said["plan"]["digest"], plan.digest.as_str(), "{level:?} {client:?}");
            // Not the digest alone: all that is shown, but for what else runs on this computer in that moment.
            let plan = serde_json::to_value(&plan).expect("JSON");
            for part in ["level", "changes", "left_alone", "by_hand", "note"] {
                assert_eq!(said["plan"][part], plan[part], "{level:?} {client:?}");
            }
        }
    }
}

#[test]
fn consent_to_one_is_consent_to_the_other() {
    let home = home();
    // Planned in the window, agreed to on the command line.
    let plan = as_the_window_does(home.path(), Level::Registration, None);
    let words = ["caches", "clear", "--server", LINEAR, "--json", "--consent", plan.digest.as_str()];
    let said = json(&run(home.path(), &words));
    assert_eq!(said["receipt"]["all_gone"], true, "{said}");
    let receipt = said["receipt"]["id"].as_str().expect("a number").to_owned();
    // What the command line cleared the window lists, and its Undo brings it back.
    let backups = Vault::below_home(home.path()).backups().expect("a list");
    assert_eq!((backups.len(), backups[0].id.as_str()), (1, receipt.as_str()));
    assert_eq!(run(home.path(), &["caches", "undo", &receipt, "--json"]).status.code(), Some(0));

    // Planned on the command line, agreed to in the window.
    let said = json(&run(home.path(), &["caches", "clear", "--server", LINEAR, "--dry-run", "--json"]));
    let digest = said["plan"]["digest"].as_str().expect("a digest");
    let plan = as_the_window_does(home.path(), Level::Registration, None);
    let receipt = apply(&plan, digest, &Vault::below_home(home.path()), SystemTime::now()).expect("done");
    assert!(receipt.all_gone);
    let listed = json(&run(home.path(), &["caches", "list", "--json"]));
    assert_eq!(listed["backups"][0]["id"], receipt.id.as_str());
    assert_eq!(run(home.path(), &["caches", "delete-backup", &receipt.id, "--json"]).status.code(), Some(0));
    assert!(Vault::below_home(home.path()).backups().expect("a list").is_empty());
}

#[test]
fn what_a_fresh_sign_in_would_do_is_told_before_anything_goes() {
    let home = home();
    let output = run(home.path(), &["caches", "clear", "--server", LINEAR, "--dry-run"]);
    let said = String::from_utf8_lossy(&output.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "starts mcp-remote 0.15.1",
        "registers itself anew",
        "http://localhost:22227/oauth/callback",
        "~/.mcp-auth/mcp-remote-v1",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains(CANARY));
}

/// A home in which nothing is as it should be. The sentences are asked for, not only that nothing breaks.
#[cfg(unix)]
#[test]
fn a_home_full_of_broken_things_gives_a_sentence_for_each_and_loses_nothing() {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::os::unix::process::CommandExt;

    let folder = home();
    let home = folder.path();
    let config = |client: &str| home.join(client);
    file(home, ".cursor/mcp.json", b"{\"mcpServers\": {\"a\": {\"url\": \"https://a.exam");
    file(home, ".codex/config.toml", b"\x00\x01\x02binary");
    file(home, ".gemini/mcp-oauth-tokens.json", b"[{\"serverName\": \"a\", \"tok");
    file(home, ".config/opencode/opencode.json", b"");
    file(home, ".local/share/opencode/mcp-auth.json", b"\xff\xfe{\x00}\x00");
    file(home, ".cline/data/settings/cline_mcp_settings.json", b"");
    fs::File::options()
        .write(true)
        .open(config(".cline/data/settings/cline_mcp_settings.json"))
        .and_then(|file| file.set_len(200 * 1024 * 1024))
        .expect("a large file");
    file(home, ".mcporter/credentials.json", b"{\"entries\": {}}");
    fs::set_permissions(config(".mcporter/credentials.json"), fs::Permissions::from_mode(0o000)).expect("a mode");
    fs::create_dir_all(config(".continue/index")).expect("a folder");
    symlink(config(".continue/index/globalContext.json"), config(".continue/index/globalContext.json"))
        .expect("a link");
    let odd = config(".mcp-auth").join(std::ffi::OsStr::from_bytes(b"mcp-remote-\xff"));
    fs::create_dir_all(odd).expect("a folder");
    symlink("/etc", config(".mcp-auth/mcp-remote-0.1.36")).expect("a link");
    let whole = listing(home);

    let mut command = Command::new(env!("CARGO_BIN_EXE_mcp-auth-check"));
    if is_root() {
        // Root may read everything; nobody may not, and owns nothing here either.
        fs::set_permissions(home, fs::Permissions::from_mode(0o755)).expect("a mode");
        command.uid(65_534).gid(65_534);
    }
    let output = command.args(["computer", "--json", "--home"]).arg(home).output().expect("the program starts");
    let said = json(&output);
    let problems = said["problems"].as_array().expect("a list");
    for (file, kind) in [
        ("~/.cursor/mcp.json", "not-json"),
        ("~/.codex/config.toml", "not-text"),
        ("~/.gemini/mcp-oauth-tokens.json", "store-not-json"),
        ("~/.config/opencode/opencode.json", "empty"),
        ("~/.local/share/opencode/mcp-auth.json", "store-unreadable"),
        ("~/.cline/data/settings/cline_mcp_settings.json", "too-large"),
        ("~/.mcporter/credentials.json", "store-unreadable"),
        ("~/.continue/index/globalContext.json", "store-unreadable"),
        ("~/.mcp-auth/mcp-remote-0.1.36", "store-link"),
    ] {
        let problem = problems.iter().find(|problem| problem["config"] == file && problem["kind"] == kind);
        let problem = problem.unwrap_or_else(|| panic!("{file} {kind}: {problems:#?}"));
        let what = problem["what"].as_str().expect("a sentence");
        assert!(what.starts_with(file) && what.ends_with('.') && !what.contains("os error"), "{what}");
    }
    assert!(problems.iter().any(|problem| problem["kind"] == "not-utf8-name"), "{problems:#?}");
    assert!(!String::from_utf8_lossy(&output.stdout).contains(CANARY));

    // What is whole can be cleared and brought back, whatever stands beside it.
    let said = json(&run(home, &["caches", "clear", "--server", LINEAR, "--yes", "--json"]));
    assert_eq!(said["receipt"]["all_gone"], true, "{said}");
    assert_eq!(run(home, &["caches", "undo", "--json"]).status.code(), Some(0));
    assert_eq!(listing(home), whole);
}

#[cfg(unix)]
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    // A file of ours belongs to us.
    tempfile::tempfile().and_then(|file| file.metadata()).is_ok_and(|metadata| metadata.uid() == 0)
}

/// Every name below a folder but the app's own, with size and time.
#[cfg(unix)]
fn listing(home: &Path) -> Vec<(std::path::PathBuf, u64, Option<SystemTime>)> {
    let mut found = Vec::new();
    let mut folders = vec![home.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            let metadata = fs::symlink_metadata(entry.path()).expect("metadata");
            if metadata.is_dir() {
                if entry.file_name() != "mcp-auth-troubleshooter" {
                    folders.push(entry.path());
                }
            } else {
                found.push((entry.path(), metadata.len(), metadata.modified().ok()));
            }
        }
    }
    found.sort();
    found
}

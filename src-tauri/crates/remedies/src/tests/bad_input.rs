//! What people's disks really hold: broken files, links that lead nowhere, names that are no text, disks that are full.
//! Each gives a sentence, and nothing is lost.

use std::fs;
#[cfg(target_os = "linux")]
use std::path::Path;

use mcp_auth_diagnosis::clients::ClientId;
use mcp_auth_diagnosis::computer::{ConfiguredServer, Route};

#[cfg(target_os = "linux")]
use crate::trial::fast_folder;
use crate::trial::{CANARY, LINEAR, LINEAR_HASH, Trial, credentials};
use crate::*;

const CREDENTIALS: &str = ".claude/.credentials.json";

fn token() -> String {
    format!(".mcp-auth/mcp-remote-v1/{LINEAR_HASH}_tokens.json")
}

/// A sentence that a person can act on: it names the file, says what happened, and ends.
#[track_caller]
fn is_a_sentence(why: &str, names: &str) {
    let plain =
        why.ends_with('.') && why.len() < 300 && why.starts_with(|first: char| first.is_uppercase() || first == '~');
    assert!(plain && why.contains(names) && !why.contains(CANARY), "{why}");
    for word in ["invalid", "illegal", "Os {", "os error", "Errno", "panicked"] {
        assert!(!why.contains(word), "{word}: {why}");
    }
}

#[test]
fn a_file_of_its_own_goes_and_comes_back_whatever_is_in_it() {
    for content in [&b""[..], b"{\"access_tok", b"\x00\x01\xff\xfe", b"not JSON at all", &[b'x'; 70_000]] {
        let trial = Trial::new();
        fs::write(trial.path(&token()), content).unwrap();
        let receipt = trial.apply(&trial.plan(Level::SignIn, LINEAR)).unwrap();
        assert!(receipt.all_gone && !trial.path(&token()).exists());
        undo(&receipt.id, Newer::Stays, &trial.vault()).unwrap();
        assert_eq!(fs::read(trial.path(&token())).unwrap(), content);
    }
}

#[test]
fn a_file_of_200_megabytes_is_moved_and_not_read() {
    const LARGE: u64 = 200 * 1024 * 1024;
    let trial = Trial::new();
    fs::File::options().write(true).open(trial.path(&token())).unwrap().set_len(LARGE).unwrap();
    fs::File::options().write(true).open(trial.path(CREDENTIALS)).unwrap().set_len(LARGE).unwrap();
    let plan = trial.plan(Level::SignIn, LINEAR);
    let left = &plan.left_alone[0];
    assert_eq!(left.code, "too-large");
    is_a_sentence(&left.why, CREDENTIALS);
    let receipt = trial.apply(&plan).unwrap();
    assert!(receipt.all_gone && !trial.path(&token()).exists());
    undo(&receipt.id, Newer::Stays, &trial.vault()).unwrap();
    assert_eq!(fs::metadata(trial.path(&token())).unwrap().len(), LARGE);
    assert_eq!(fs::metadata(trial.path(CREDENTIALS)).unwrap().len(), LARGE);
}

#[test]
fn a_shared_file_that_is_broken_stays_and_the_rest_goes() {
    let whole = credentials();
    let cut = &whole[..whole.len() / 2];
    for content in
        [b"", cut.as_bytes(), b"\x00\x01\x02", b"{\"mcpOAuth\": {\"linear|638130d5ab3558f4\": \"\xff\"}}", b"[]"]
    {
        let trial = Trial::new();
        fs::write(trial.path(CREDENTIALS), content).unwrap();
        let plan = trial.plan(Level::Registration, LINEAR);
        assert_eq!(plan.left_alone.len(), 1, "{:?}", plan.left_alone);
        is_a_sentence(&plan.left_alone[0].why, CREDENTIALS);
        let receipt = trial.apply(&plan).unwrap();
        assert!(receipt.all_gone);
        assert_eq!(fs::read(trial.path(CREDENTIALS)).unwrap(), content);
    }
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_to_itself_is_a_sentence() {
    use std::os::unix::fs::symlink;
    for path in [token().as_str(), CREDENTIALS, ".mcp-auth/mcp-remote-v1", ".mcp-auth", ".claude"] {
        let trial = Trial::new();
        fs::rename(trial.path(path), trial.path("away")).unwrap();
        symlink(trial.path(path), trial.path(path)).unwrap();
        let before = trial.snapshot();
        let plan = trial.plan(Level::Registration, LINEAR);
        let left =
            plan.left_alone.iter().find(|left| left.code == "link").unwrap_or_else(|| panic!("{path}: {plan:#?}"));
        is_a_sentence(&left.why, path);
        let receipt = trial.apply(&plan).unwrap();
        undo(&receipt.id, Newer::Stays, &trial.vault()).unwrap();
        assert_eq!(trial.snapshot(), before, "{path}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_no_text_change_nothing() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let folder = fast_folder();
    let home = folder.path().join(OsStr::from_bytes(b"h\xffme"));
    let mut trial = Trial { folder, home, computer: Default::default() };
    fs::create_dir_all(&trial.home).unwrap();
    trial.furnish();
    let odd = trial.path(".mcp-auth/mcp-remote-v1").join(OsStr::from_bytes(b"no\xfftext_tokens.json"));
    fs::write(&odd, "mine").unwrap();
    let whole = trial.snapshot();
    let receipt = trial.apply(&trial.plan(Level::Registration, LINEAR)).unwrap();
    assert!(receipt.all_gone && odd.exists());
    assert_eq!(trial.vault().backups().unwrap().len(), 1);
    undo(&receipt.id, Newer::Stays, &trial.vault()).unwrap();
    assert_eq!(trial.snapshot(), whole);
}

fn server(client: ClientId, id: &str) -> ConfiguredServer {
    ConfiguredServer {
        id: id.to_owned(),
        client,
        name: "linear".to_owned(),
        url: Some(LINEAR.to_owned()),
        route: Route::Native { transport: None },
        config: "~/config.json".to_owned(),
        line: None,
        headers: Vec::new(),
        disabled: false,
        ignored: false,
        environment: Vec::new(),
        client_id: None,
        mcp_remote: None,
    }
}

#[test]
fn who_else_uses_the_same_sign_in_is_named() {
    let mut trial = Trial::new();
    trial.computer.servers = vec![server(ClientId::ClaudeDesktop, "one"), server(ClientId::Cursor, "two")];
    trial.computer.stored[0].used_by = vec!["one".to_owned(), "two".to_owned()];
    let request = Request {
        level: Level::SignIn,
        servers: vec![LINEAR.to_owned()],
        client: Some(ClientId::Cursor),
        entries: Vec::new(),
    };
    let plan = plan_clear(&trial.computer, &trial.home, &request).unwrap();
    let shared: Vec<_> = plan.warnings.iter().filter(|warning| warning.kind == "shared").collect();
    assert_eq!(shared.len(), 1, "{:#?}", plan.warnings);
    is_a_sentence(&shared[0].what, "Claude Desktop uses");
}

#[test]
fn two_clients_in_one_file_lose_only_what_was_meant() {
    let mut trial = Trial::new();
    // The file of one client, which another one reads and writes as well.
    trial.within(ClientId::Codex, LINEAR, CREDENTIALS, &["mcpOAuth", "notion|eac663db915250e7"]);
    let whole = trial.snapshot();
    let plan = trial.plan(Level::Registration, LINEAR);
    let of_file = plan.changes.iter().filter(|change| change.path.ends_with(CREDENTIALS)).count();
    assert_eq!((of_file, plan.steps.iter().filter(|step| step.shown.ends_with(CREDENTIALS)).count()), (2, 1));
    let receipt = trial.apply(&plan).unwrap();
    assert!(receipt.all_gone && trial.read(CREDENTIALS).contains(&format!("{CANARY}-own")));
    undo(&receipt.id, Newer::Stays, &trial.vault()).unwrap();
    assert_eq!(trial.snapshot(), whole);
}

#[cfg(unix)]
#[test]
fn one_file_under_two_names_comes_back_under_both() {
    let mut trial = Trial::new();
    fs::create_dir_all(trial.path(".codex")).unwrap();
    fs::hard_link(trial.path(CREDENTIALS), trial.path(".codex/.credentials.json")).unwrap();
    trial.within(ClientId::Codex, LINEAR, ".codex/.credentials.json", &["mcpOAuth", "linear|638130d5ab3558f4"]);
    let whole = trial.snapshot();
    let receipt = trial.apply(&trial.plan(Level::Registration, LINEAR)).unwrap();
    assert!(receipt.all_gone);
    undo(&receipt.id, Newer::Stays, &trial.vault()).unwrap();
    assert_eq!(trial.snapshot(), whole);
}

#[test]
fn what_changed_between_the_look_and_the_click_stays() {
    type Change = fn(&Trial);
    let changes: [(&str, Change); 5] = [
        ("gone", |trial| fs::remove_file(trial.path(&token())).unwrap()),
        ("written again", |trial| trial.write(&token(), "a new sign-in")),
        ("longer", |trial| fs::write(trial.path(CREDENTIALS), credentials() + "\n").unwrap()),
        ("the folder is gone", |trial| fs::remove_dir_all(trial.path(".mcp-auth")).unwrap()),
        ("emptied", |trial| fs::write(trial.path(CREDENTIALS), "").unwrap()),
    ];
    for (what, change) in changes {
        let trial = Trial::new();
        let plan = trial.plan(Level::Registration, LINEAR);
        change(&trial);
        let before = trial.snapshot();
        let refused = trial.apply(&plan).expect_err(what).to_string();
        is_a_sentence(&refused, "Look again, then decide.");
        assert_eq!(trial.snapshot(), before, "{what}");
        assert!(trial.vault().backups().unwrap().is_empty(), "{what}");
    }
}

#[cfg(target_os = "linux")]
mod as_others {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    use std::process::{Command, Output};

    use super::*;

    fn child(mut command: Command, name: &str) -> Output {
        let name = format!("tests::bad_input::as_others::{name}");
        command.args(["--exact", &name, "--ignored", "--test-threads=1"]).output().unwrap()
    }

    #[track_caller]
    fn passed(output: &Output) {
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && said.contains("1 passed"),
            "{said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    #[test]
    fn permissions_that_are_missing_are_a_sentence() {
        let mut command = Command::new(std::env::current_exe().unwrap());
        if rustix::process::geteuid().is_root() {
            // Root may do everything; nobody may not.
            command.uid(65_534).gid(65_534);
        }
        passed(&child(command, "the_ordinary_user"));
    }

    fn allow(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    #[ignore = "only as the child of permissions_that_are_missing_are_a_sentence"]
    fn the_ordinary_user() {
        assert!(!rustix::process::geteuid().is_root());
        // A shared file that may not be read stays; a file of its own is moved without being read.
        let trial = Trial::new();
        let whole = trial.snapshot();
        allow(&trial.path(CREDENTIALS), 0o000);
        allow(&trial.path(&token()), 0o000);
        let plan = trial.plan(Level::SignIn, LINEAR);
        assert_eq!(plan.left_alone[0].code, "denied", "{:?}", plan.left_alone);
        is_a_sentence(&plan.left_alone[0].why, CREDENTIALS);
        let receipt = trial.apply(&plan).unwrap();
        undo(&receipt.id, Newer::Stays, &trial.vault()).unwrap();
        assert_eq!(fs::metadata(trial.path(&token())).unwrap().permissions().mode() & 0o777, 0o000);
        allow(&trial.path(CREDENTIALS), 0o640);
        allow(&trial.path(&token()), 0o640);
        assert_eq!(trial.snapshot(), whole);

        // Folders that may not be entered or written in, before the look and after it.
        for (path, mode) in [
            (".mcp-auth/mcp-remote-v1", 0o000),
            (".mcp-auth/mcp-remote-v1", 0o500),
            (".mcp-auth", 0o000),
            (".claude", 0o500),
            (".claude", 0o000),
        ] {
            let trial = Trial::new();
            let whole = trial.snapshot();
            let plan = trial.plan(Level::Registration, LINEAR);
            allow(&trial.path(path), mode);
            let refused = trial.apply(&plan).unwrap_err();
            assert!(matches!(refused, Refusal::Denied(_)), "{path} {mode:o}: {refused:?}");
            is_a_sentence(&refused.to_string(), path);
            let again = trial.plan(Level::Registration, LINEAR);
            if mode == 0o000 {
                let left = again.left_alone.iter().find(|left| left.code == "denied");
                is_a_sentence(&left.unwrap_or_else(|| panic!("{path}: {again:#?}")).why, path);
            }
            allow(&trial.path(path), 0o755);
            assert_eq!(trial.snapshot(), whole, "{path} {mode:o}");
            assert!(trial.vault().backups().unwrap().is_empty());
        }

        // No place for a backup: then nothing is done at all.
        let trial = Trial::new();
        let whole = trial.snapshot();
        fs::create_dir_all(trial.path(".local/share")).unwrap();
        allow(&trial.path(".local/share"), 0o500);
        let refused = trial.apply(&trial.plan(Level::Registration, LINEAR)).unwrap_err();
        assert!(matches!(refused, Refusal::Denied(_)), "{refused:?}");
        is_a_sentence(&refused.to_string(), "mcp-auth-troubleshooter");
        allow(&trial.path(".local/share"), 0o755);
        assert_eq!(trial.snapshot(), whole);

        // Undo into a folder that may not be written in any more; later it may.
        let receipt = trial.apply(&trial.plan(Level::Registration, LINEAR)).unwrap();
        allow(&trial.path(".mcp-auth/mcp-remote-v1"), 0o500);
        let refused = undo(&receipt.id, Newer::Stays, &trial.vault()).unwrap_err();
        assert!(matches!(refused, Refusal::PartlyBack { .. }), "{refused:?}");
        is_a_sentence(&refused.to_string(), LINEAR_HASH);
        allow(&trial.path(".mcp-auth/mcp-remote-v1"), 0o755);
        undo(&receipt.id, Newer::Stays, &trial.vault()).unwrap();
        assert_eq!(trial.snapshot(), whole);
    }

    /// A real full disk and a real read-only one, in a namespace of their own.
    #[test]
    fn disks_that_are_full_or_read_only_are_a_sentence() {
        let usable = Command::new("unshare").args(["--user", "--map-root-user", "--mount", "true"]).output();
        if !usable.is_ok_and(|output| output.status.success()) {
            // This system lets nobody mount anything; `crashes` makes the same refusals by hand.
            return;
        }
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount"]).arg(std::env::current_exe().unwrap());
        passed(&child(command, "the_mounted_disk"));
    }

    fn mount(options: &str, at: &Path) {
        let output = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(at).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    /// Leaves no room on a disk.
    fn fill(folder: &Path) {
        let mut size = 64 * 1024;
        for number in 0.. {
            if fs::write(folder.join(format!("filler-{number}")), vec![b'x'; size]).is_err() {
                let _ = fs::remove_file(folder.join(format!("filler-{number}")));
                if size == 1 {
                    break;
                }
                size /= 2;
            }
        }
    }

    fn clear_out(folder: &Path) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.file_name().unwrap().to_string_lossy().starts_with("filler-") {
                fs::remove_file(path).unwrap();
            }
        }
    }

    #[test]
    #[ignore = "only as the child of disks_that_are_full_or_read_only_are_a_sentence"]
    fn the_mounted_disk() {
        // The whole home on one small disk, then the store alone on a disk of its own.
        for apart in [false, true] {
            let folder = tempfile::tempdir().unwrap();
            let disk = if apart { folder.path().join("home/.mcp-auth") } else { folder.path().to_owned() };
            fs::create_dir_all(&disk).unwrap();
            mount("size=512k,nr_inodes=200", &disk);
            let trial = Trial::laid_out(folder, Trial::furnish);
            let disk = if apart { trial.path(".mcp-auth") } else { trial.folder.path().to_owned() };
            let whole = trial.snapshot();
            let plan = trial.plan(Level::Registration, LINEAR);

            fill(&disk);
            match trial.apply(&plan) {
                // A rename needs no room: then all of it was done, and comes back on a full disk too.
                Ok(receipt) => drop(undo(&receipt.id, Newer::Stays, &trial.vault()).unwrap()),
                Err(refused) => {
                    assert!(matches!(refused, Refusal::NoSpace(_)), "{apart}: {refused:?}");
                    is_a_sentence(&refused.to_string(), "no space left");
                }
            }
            clear_out(&disk);
            assert_eq!(trial.snapshot(), whole, "{apart}");
            assert!(trial.vault().backups().unwrap().is_empty());

            let receipt = trial.apply(&plan).unwrap();
            let cleared = trial.snapshot();
            mount("remount,ro", &disk);
            let refused = undo(&receipt.id, Newer::Stays, &trial.vault()).unwrap_err();
            is_a_sentence(&refused.to_string(), "read-only");
            if apart {
                // What is on the other disk is back.
                assert!(matches!(refused, Refusal::PartlyBack { .. }), "{refused:?}");
                assert_eq!(trial.read(CREDENTIALS), credentials());
            } else {
                assert!(matches!(refused, Refusal::ReadOnly(_)), "{refused:?}");
                assert_eq!(trial.snapshot(), cleared);
            }
            mount("remount,rw", &disk);
            undo(&receipt.id, Newer::Stays, &trial.vault()).unwrap();
            assert_eq!(trial.snapshot(), whole, "{apart}");

            let plan = trial.plan(Level::Registration, LINEAR);
            mount("remount,ro", &disk);
            let refused = trial.apply(&plan).unwrap_err();
            assert!(matches!(refused, Refusal::ReadOnly(_)), "{apart}: {refused:?}");
            is_a_sentence(&refused.to_string(), "read-only");
            assert_eq!(trial.snapshot(), whole, "{apart}");
            mount("remount,rw", &disk);
            assert!(trial.vault().backups().unwrap().is_empty());
        }
    }
}

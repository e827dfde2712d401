//! Somebody puts links, or other files, where the client's were, between the look and the click, or in the very moment of
//! the change. Nothing outside is touched.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

use crate::strain::on::meddled_with;
use crate::trial::{LINEAR, LINEAR_HASH, Snapshot, Trial, gather, now};
use crate::*;

/// A folder outside the home that looks like a store, with files that must stay.
pub(super) struct Outside(pub PathBuf);

impl Outside {
    pub fn of(trial: &Trial) -> Self {
        let folder = trial.folder.path().join("outside");
        fs::create_dir_all(folder.join("mcp-remote-v1")).unwrap();
        for end in ["client_info.json", "tokens.json", "code_verifier.txt", "lock.json"] {
            for folder in [&folder, &folder.join("mcp-remote-v1"), &folder.join("mcp-remote-0.1.36")] {
                fs::create_dir_all(folder).unwrap();
                fs::write(folder.join(format!("{LINEAR_HASH}_{end}")), "canary").unwrap();
            }
        }
        fs::write(folder.join(".credentials.json"), crate::trial::credentials()).unwrap();
        Self(folder)
    }

    pub fn seen(&self) -> Snapshot {
        let mut found = Snapshot::new();
        gather(&self.0, &self.0, &mut found);
        found
    }
}

pub(super) fn token(trial: &Trial) -> PathBuf {
    trial.path(&format!(".mcp-auth/mcp-remote-v1/{LINEAR_HASH}_tokens.json"))
}

#[test]
fn links_before_the_look_are_left_alone() {
    let trial = Trial::new();
    let outside = Outside::of(&trial);
    let before = outside.seen();
    fs::remove_file(token(&trial)).unwrap();
    symlink(outside.0.join(format!("{LINEAR_HASH}_tokens.json")), token(&trial)).unwrap();
    fs::remove_dir_all(trial.path(".mcp-auth/mcp-remote-0.1.36")).unwrap();
    symlink(outside.0.join("mcp-remote-0.1.36"), trial.path(".mcp-auth/mcp-remote-0.1.36")).unwrap();
    let plan = trial.plan(Level::Registration, LINEAR);
    assert_eq!(plan.left_alone.iter().filter(|left| left.code == "link").count(), 4, "{:#?}", plan.left_alone);
    assert!(trial.apply(&plan).unwrap().all_gone);
    assert_eq!(outside.seen(), before);
    assert!(fs::symlink_metadata(token(&trial)).unwrap().is_symlink());
}

#[test]
fn the_whole_store_as_a_link_is_left_alone() {
    let trial = Trial::new();
    let outside = Outside::of(&trial);
    let before = outside.seen();
    fs::rename(trial.path(".mcp-auth"), trial.path("away")).unwrap();
    symlink(&outside.0, trial.path(".mcp-auth")).unwrap();
    let plan = trial.plan(Level::Registration, LINEAR);
    assert!(plan.changes.iter().all(|change| !change.path.contains(".mcp-auth")));
    let left = plan.left_alone.iter().find(|left| left.code == "link").unwrap();
    assert!(left.why.contains("is a link to another place"), "{}", left.why);
    trial.apply(&plan).unwrap();
    assert_eq!(outside.seen(), before);
}

/// Makes a named pipe. By the system's own program: the library has no call for it on every system.
fn pipe(path: &std::path::Path) {
    assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn links_between_the_look_and_the_click_change_nothing() {
    type Attack = fn(&Trial, &Outside);
    let attacks: [(&str, Attack); 11] = [
        ("the file", |trial, outside| {
            fs::remove_file(token(trial)).unwrap();
            symlink(outside.0.join(format!("{LINEAR_HASH}_tokens.json")), token(trial)).unwrap();
        }),
        ("a second name of a file outside", |trial, outside| {
            fs::remove_file(token(trial)).unwrap();
            fs::hard_link(outside.0.join(format!("{LINEAR_HASH}_tokens.json")), token(trial)).unwrap();
        }),
        ("a pipe", |trial, _| {
            fs::remove_file(token(trial)).unwrap();
            pipe(&token(trial));
        }),
        ("a folder in place of the file", |trial, _| {
            fs::remove_file(token(trial)).unwrap();
            fs::create_dir(token(trial)).unwrap();
        }),
        ("a second name of the shared file's double", |trial, outside| {
            fs::remove_file(trial.path(".claude/.credentials.json")).unwrap();
            fs::hard_link(outside.0.join(".credentials.json"), trial.path(".claude/.credentials.json")).unwrap();
        }),
        ("the shared file's folder", |trial, outside| {
            fs::rename(trial.path(".claude"), trial.path("away")).unwrap();
            symlink(&outside.0, trial.path(".claude")).unwrap();
        }),
        ("its folder", |trial, outside| {
            fs::rename(trial.path(".mcp-auth/mcp-remote-v1"), trial.path("away")).unwrap();
            symlink(outside.0.join("mcp-remote-v1"), trial.path(".mcp-auth/mcp-remote-v1")).unwrap();
        }),
        ("the folder above", |trial, outside| {
            fs::rename(trial.path(".mcp-auth"), trial.path("away")).unwrap();
            symlink(&outside.0, trial.path(".mcp-auth")).unwrap();
        }),
        ("another folder of that name", |trial, outside| {
            fs::rename(trial.path(".mcp-auth"), trial.path("away")).unwrap();
            fs::create_dir(trial.path(".mcp-auth")).unwrap();
            fs::rename(outside.0.join("mcp-remote-v1"), trial.path(".mcp-auth/mcp-remote-v1")).unwrap();
            fs::create_dir(outside.0.join("mcp-remote-v1")).unwrap();
        }),
        ("the shared file", |trial, outside| {
            fs::remove_file(trial.path(".claude/.credentials.json")).unwrap();
            symlink(outside.0.join(".credentials.json"), trial.path(".claude/.credentials.json")).unwrap();
        }),
        ("the home", |trial, outside| {
            fs::rename(&trial.home, trial.folder.path().join("away")).unwrap();
            fs::create_dir(outside.0.join("home")).unwrap();
            symlink(outside.0.join("home"), &trial.home).unwrap();
        }),
    ];
    for (what, attack) in attacks {
        let trial = Trial::new();
        let outside = Outside::of(&trial);
        let plan = trial.plan(Level::Registration, LINEAR);
        attack(&trial, &outside);
        let (before, home) = (outside.seen(), trial.snapshot());
        let refused = trial.apply(&plan).expect_err(what);
        assert!(refused.to_string().ends_with('.'), "{what}: {refused}");
        assert!(
            matches!(refused, Refusal::Link(_) | Refusal::Changed(_) | Refusal::Disk { .. }),
            "{what}: {refused:?}"
        );
        assert_eq!(outside.seen(), before, "{what}");
        assert_eq!(trial.snapshot(), home, "{what}");
    }
}

#[test]
fn links_in_the_very_moment_of_the_change() {
    for step in ["move", "exchange", "create", "sync-folder"] {
        for (what, path) in [
            ("file", format!(".mcp-auth/mcp-remote-v1/{LINEAR_HASH}_tokens.json")),
            ("file", format!(".mcp-auth/mcp-remote-v1/{LINEAR_HASH}_code_verifier.txt")),
            ("file", ".claude/.credentials.json".to_owned()),
            ("folder", ".mcp-auth/mcp-remote-v1".to_owned()),
            ("folder", ".mcp-auth".to_owned()),
            ("folder", ".claude".to_owned()),
        ] {
            let trial = Trial::new();
            let outside = Outside::of(&trial);
            let before = outside.seen();
            let plan = trial.plan(Level::Registration, LINEAR);
            let (target, away) = (trial.path(&path), trial.path("away"));
            let to = if what == "folder" { outside.0.clone() } else { outside.0.join(".credentials.json") };
            let mut once = false;
            let result = meddled_with(
                move |at| {
                    if at == step && !once {
                        once = true;
                        // It may be in the backup already.
                        if fs::rename(&target, &away).is_ok() {
                            symlink(&to, &target).unwrap();
                        }
                    }
                },
                || trial.apply(&plan),
            );
            let said = format!("{what} {path} at {step}: {result:?}");
            assert_eq!(outside.seen(), before, "{said}");
            // Whatever is in a backup belongs to the user and can be had back.
            for backup in trial.vault().backups().unwrap() {
                let _ = undo(&backup.id, Newer::Stays, &trial.vault());
            }
            assert_eq!(outside.seen(), before, "{said}");
        }
    }
}

#[test]
fn another_file_in_the_very_moment_goes_back_where_it_was() {
    for (step, path) in [
        ("move", format!(".mcp-auth/mcp-remote-v1/{LINEAR_HASH}_client_info.json")),
        ("exchange", ".claude/.credentials.json".to_owned()),
    ] {
        let trial = Trial::new();
        let plan = trial.plan(Level::Registration, LINEAR);
        let target = trial.path(&path);
        let mut once = false;
        let refused = meddled_with(
            {
                let target = target.clone();
                move |at| {
                    if at == step && !once {
                        once = true;
                        fs::write(target.with_extension("new"), "a newer sign-in").unwrap();
                        fs::rename(target.with_extension("new"), &target).unwrap();
                    }
                }
            },
            || trial.apply(&plan),
        )
        .unwrap_err();
        assert!(matches!(refused, Refusal::Changed(_)), "{refused:?}");
        assert_eq!(fs::read_to_string(&target).unwrap(), "a newer sign-in");
        assert!(trial.vault().backups().unwrap().is_empty());
        assert!(token(&trial).exists(), "what was moved before it is back");
    }
}

#[test]
fn the_backups_folder_as_a_link_is_refused() {
    let trial = Trial::new();
    let outside = Outside::of(&trial);
    let before = outside.seen();
    let plan = trial.plan(Level::Registration, LINEAR);
    let own = trial.vault().folder().parent().unwrap().to_owned();
    fs::create_dir_all(own.parent().unwrap()).unwrap();
    symlink(&outside.0, &own).unwrap();
    let home = trial.snapshot();
    assert!(matches!(trial.apply(&plan), Err(Refusal::Link(_))));
    assert_eq!((outside.seen(), trial.snapshot()), (before, home));
}

#[test]
fn a_backup_that_was_tampered_with_is_not_put_back() {
    let trial = Trial::new();
    let receipt = trial.apply(&trial.plan(Level::SignIn, LINEAR)).unwrap();
    let files = trial.vault().folder().join(&receipt.id).join("files");
    let kept = fs::read_dir(files).unwrap().next().unwrap().unwrap().path();
    fs::remove_file(&kept).unwrap();
    symlink("/etc/passwd", &kept).unwrap();
    let refused = undo(&receipt.id, Newer::Stays, &trial.vault()).unwrap_err();
    assert!(matches!(refused, Refusal::PartlyBack { .. } | Refusal::BackupGone(_)), "{refused:?}");
    assert!(refused.to_string().contains("is not there any more, or was changed"), "{refused}");
    assert!(!fs::symlink_metadata(token(&trial)).is_ok_and(|metadata| metadata.is_symlink()));
    assert!(matches!(undo("../../../outside", Newer::Stays, &trial.vault()), Err(Refusal::NoReceipt(_))));
}

#[test]
fn a_folder_that_is_gone_is_made_again() {
    let trial = Trial::new();
    let receipt = trial.apply(&trial.plan(Level::SignIn, LINEAR)).unwrap();
    fs::remove_dir_all(trial.path(".mcp-auth")).unwrap();
    undo(&receipt.id, Newer::Stays, &trial.vault()).unwrap();
    assert!(token(&trial).exists());
}

#[test]
fn a_pipe_in_place_of_a_file_does_not_hold_us() {
    let trial = Trial::new();
    let path = trial.path(".claude/.credentials.json");
    fs::remove_file(&path).unwrap();
    pipe(&path);
    let plan = trial.plan(Level::Registration, LINEAR);
    assert!(plan.left_alone.iter().any(|left| left.code == "not-a-file"), "{:#?}", plan.left_alone);
}

#[test]
fn a_folder_without_permission_is_a_sentence() {
    if rustix::process::geteuid().is_root() {
        // Root may do everything; the same refusals are made by strain in `crashes`.
        return;
    }
    let trial = Trial::new();
    let plan = trial.plan(Level::SignIn, LINEAR);
    let folder = trial.path(".mcp-auth/mcp-remote-v1");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o500)).unwrap();
    let refused = apply(&plan, &plan.digest, &trial.vault(), now()).unwrap_err();
    assert!(matches!(refused, Refusal::Denied(_)), "{refused:?}");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn links_between_the_change_and_undo_change_nothing_outside() {
    type Attack = fn(&Trial, &Outside, &str);
    let attacks: [(&str, Attack); 7] = [
        ("the file", |trial, outside, _| {
            symlink(outside.0.join(format!("{LINEAR_HASH}_tokens.json")), token(trial)).unwrap();
        }),
        ("its folder", |trial, outside, _| {
            fs::rename(trial.path(".mcp-auth/mcp-remote-v1"), trial.path("away")).unwrap();
            symlink(outside.0.join("mcp-remote-v1"), trial.path(".mcp-auth/mcp-remote-v1")).unwrap();
        }),
        ("the folder above", |trial, outside, _| {
            fs::rename(trial.path(".mcp-auth"), trial.path("away")).unwrap();
            symlink(&outside.0, trial.path(".mcp-auth")).unwrap();
        }),
        ("the shared file", |trial, outside, _| {
            fs::rename(trial.path(".claude/.credentials.json"), trial.path("away")).unwrap();
            symlink(outside.0.join(".credentials.json"), trial.path(".claude/.credentials.json")).unwrap();
        }),
        ("the shared file's folder", |trial, outside, _| {
            fs::rename(trial.path(".claude"), trial.path("away")).unwrap();
            symlink(&outside.0, trial.path(".claude")).unwrap();
        }),
        ("the backup's files", |trial, outside, receipt| {
            let files = trial.vault().folder().join(receipt).join("files");
            fs::rename(&files, trial.path("away")).unwrap();
            symlink(&outside.0, files).unwrap();
        }),
        ("the backup", |trial, outside, receipt| {
            let folder = trial.vault().folder().join(receipt);
            fs::rename(&folder, trial.path("away")).unwrap();
            symlink(&outside.0, folder).unwrap();
        }),
    ];
    for newer in [Newer::Stays, Newer::GivesWay] {
        for (what, attack) in attacks {
            let trial = Trial::new();
            let outside = Outside::of(&trial);
            let receipt = trial.apply(&trial.plan(Level::Registration, LINEAR)).unwrap().id;
            let cleared = trial.snapshot();
            attack(&trial, &outside, &receipt);
            let before = outside.seen();
            let result = undo(&receipt, newer, &trial.vault());
            assert_eq!(outside.seen(), before, "{what}, {newer:?}: {result:?}");
            if let Err(why) = &result {
                assert!(why.to_string().ends_with('.'), "{what}: {why}");
            }
            // Nothing is lost either: what was cleared is in the backup or back.
            let mut all = Snapshot::new();
            gather(trial.folder.path(), trial.folder.path(), &mut all);
            let canaries = |snapshot: &Snapshot| {
                snapshot.values().filter(|(text, ..)| text.contains(crate::trial::CANARY)).count()
            };
            let left_outside = canaries(&before);
            assert!(canaries(&all) - left_outside >= canaries(&cleared) + 6, "{what}, {newer:?}: {result:?}");
        }
    }
}

#[test]
fn a_second_name_elsewhere_keeps_its_file() {
    let trial = Trial::new();
    let path = trial.path(".claude/.credentials.json");
    fs::hard_link(&path, trial.path("mine.json")).unwrap();
    fs::hard_link(token(&trial), trial.path("my-token.json")).unwrap();
    let whole = trial.snapshot();
    let receipt = trial.apply(&trial.plan(Level::Registration, LINEAR)).unwrap();
    assert_eq!(trial.read("mine.json"), crate::trial::credentials());
    assert!(trial.path("my-token.json").exists());
    undo(&receipt.id, Newer::Stays, &trial.vault()).unwrap();
    assert_eq!(trial.snapshot(), whole);
}

#[test]
fn a_report_is_not_written_through_a_link() {
    let folder = tempfile::tempdir().unwrap();
    let canary = folder.path().join("canary");
    fs::write(&canary, "canary").unwrap();
    let report = folder.path().join("report.md");
    let beside = folder.path().join(format!("report.md.{}.new", std::process::id()));
    symlink(&canary, &beside).unwrap();
    symlink(&canary, &report).unwrap();
    save_report(&report, "all is well").unwrap();
    assert_eq!(fs::read_to_string(&canary).unwrap(), "canary");
    assert_eq!(fs::read_to_string(&report).unwrap(), "all is well");
}

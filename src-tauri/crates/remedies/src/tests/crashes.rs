//! Killed, or refused by the disk, at every single step: the next start finds either nothing done, or an Undo that brings
//! everything back, byte for byte.

use std::io::ErrorKind;
use std::process::Command;

use crate::strain::on::{Strain, on_a_poor_disk, under};
use crate::trial::{LINEAR, Trial};
use crate::*;

/// Everything of one server: seven files, and one entry of a file that others share.
fn clear(trial: &Trial) -> Plan {
    trial.plan(Level::Registration, LINEAR)
}

/// What the next start does: it puts in order what it finds, and undoes what stopped half way.
fn next_start(trial: &Trial, said: &str) {
    for backup in trial.vault().backups().unwrap_or_else(|why| panic!("{said}: {why}")) {
        undo(&backup.id, Newer::Stays, &trial.vault()).unwrap_or_else(|why| panic!("{said}: {why}"));
    }
    assert!(trial.vault().backups().unwrap().is_empty(), "{said}");
}

fn points(work: impl FnOnce(&Trial)) -> usize {
    let trial = Trial::new();
    under(Strain::Count, || work(&trial)).1
}

#[test]
fn a_clear_that_is_cut_off_anywhere() {
    let all = points(|trial| drop(trial.apply(&clear(trial)).unwrap()));
    assert!(all >= 50, "{all} points");
    for at in 0..all {
        let trial = Trial::new();
        let whole = trial.snapshot();
        let plan = clear(&trial);
        let (result, _) = under(Strain::Dead { at }, || trial.apply(&plan));
        let said = format!("cut off at {at} of {all}: {:?}", result.err());
        next_start(&trial, &said);
        assert_eq!(trial.snapshot(), whole, "{said}");
    }
}

#[test]
fn an_undo_that_is_cut_off_anywhere() {
    let mut at = 0;
    loop {
        let trial = Trial::new();
        let whole = trial.snapshot();
        let receipt = trial.apply(&clear(&trial)).unwrap();
        let (_, passed) = under(Strain::Dead { at }, || undo(&receipt.id, Newer::Stays, &trial.vault()));
        let said = format!("undo cut off at {at}");
        next_start(&trial, &said);
        assert_eq!(trial.snapshot(), whole, "{said}");
        if at > passed {
            break;
        }
        at += 1;
    }
    assert!(at >= 30, "{at} points");
}

#[test]
fn a_start_that_is_cut_off_while_it_puts_things_in_order() {
    let all = points(|trial| drop(trial.apply(&clear(trial)).unwrap()));
    for at in (0..all).step_by(3) {
        for again in [0, 1, 2, 4, 7, 11] {
            let trial = Trial::new();
            let whole = trial.snapshot();
            let plan = clear(&trial);
            let _ = under(Strain::Dead { at }, || trial.apply(&plan));
            let _ = under(Strain::Dead { at: again }, || trial.vault().recover());
            let said = format!("cut off at {at}, then at {again}");
            next_start(&trial, &said);
            assert_eq!(trial.snapshot(), whole, "{said}");
        }
    }
}

#[test]
fn a_disk_that_refuses_anywhere() {
    let all = points(|trial| drop(trial.apply(&clear(trial)).unwrap()));
    let kinds = [ErrorKind::StorageFull, ErrorKind::PermissionDenied, ErrorKind::ReadOnlyFilesystem, ErrorKind::Other];
    for at in 0..all {
        for (once, kind) in [(true, kinds[at % 4]), (false, kinds[(at + 1) % 4])] {
            {
                let strain = if once { Strain::Once { at, kind } } else { Strain::From { at, kind } };
                let trial = Trial::new();
                let whole = trial.snapshot();
                let plan = clear(&trial);
                let (result, _) = under(strain, || trial.apply(&plan));
                let said = format!("{strain:?}: {:?}", result.as_ref().err());
                match result {
                    // A step that does not matter, or none that was to fail.
                    Ok(receipt) => drop(undo(&receipt.id, Newer::Stays, &trial.vault()).expect(&said)),
                    Err(Refusal::HalfWay { receipt, .. }) => {
                        drop(undo(&receipt, Newer::Stays, &trial.vault()).expect(&said));
                    }
                    // "Nothing was changed" has to be true.
                    Err(_) => assert_eq!(trial.snapshot(), whole, "{said}"),
                }
                next_start(&trial, &said);
                assert_eq!(trial.snapshot(), whole, "{said}");
            }
        }
    }
}

/// Disks that cannot exchange two names, know no second names, or are not the one with our own folder.
const POOR: [&[&str]; 4] =
    [&["exchange"], &["exchange", "second-name"], &["disks"], &["disks", "exchange", "second-name"]];

#[test]
fn poor_disks_work_too() {
    for poor in POOR {
        on_a_poor_disk(poor, || {
            let trial = Trial::new();
            let whole = trial.snapshot();
            let receipt = trial.apply(&clear(&trial)).unwrap();
            assert!(receipt.all_gone, "{poor:?}");
            let undone = undo(&receipt.id, Newer::Stays, &trial.vault()).unwrap();
            assert!(undone.back.iter().all(|back| back.how == HowBack::Whole), "{poor:?}");
            assert_eq!(trial.snapshot(), whole, "{poor:?}");
            let receipt = trial.apply(&clear(&trial)).unwrap();
            let without = trial.snapshot();
            trial.vault().delete(&receipt.id).unwrap();
            assert!(trial.snapshot().len() < without.len() || !poor.contains(&"disks"), "{poor:?}: backups beside");
            assert!(!trial.snapshot().keys().any(|path| path.to_string_lossy().contains("troubleshooter")), "{poor:?}");
        });
    }
}

#[test]
fn a_clear_on_a_poor_disk_that_is_cut_off_anywhere() {
    for poor in POOR {
        on_a_poor_disk(poor, || {
            let all = points(|trial| drop(trial.apply(&clear(trial)).unwrap()));
            for at in 0..all {
                let trial = Trial::new();
                let whole = trial.snapshot();
                let plan = clear(&trial);
                let (result, _) = under(Strain::Dead { at }, || trial.apply(&plan));
                let said = format!("{poor:?} cut off at {at} of {all}: {:?}", result.err());
                next_start(&trial, &said);
                assert_eq!(trial.snapshot(), whole, "{said}");
            }
        });
    }
}

const AT: &str = "REMEDIES_KILLED_AT";
const WHERE: &str = "REMEDIES_KILLED_IN";

/// The process that is killed; started by the test below.
#[test]
#[ignore = "only as the child of a_process_that_is_killed_anywhere"]
fn the_child() {
    let (Ok(at), Ok(folder)) = (std::env::var(AT), std::env::var(WHERE)) else { return };
    let folder = tempfile::Builder::new().disable_cleanup(true).tempdir_in(folder).unwrap();
    let trial = Trial::in_folder(folder);
    let plan = clear(&trial);
    let _ = under(Strain::Abort { at: at.parse().unwrap() }, || trial.apply(&plan));
}

#[test]
fn a_process_that_is_killed_anywhere() {
    let all = points(|trial| drop(trial.apply(&clear(trial)).unwrap()));
    let whole = Trial::new().snapshot();
    for at in 0..all {
        let folder = tempfile::tempdir().unwrap();
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "tests::crashes::the_child", "--ignored", "--test-threads=1"])
            .env(AT, at.to_string())
            .env(WHERE, folder.path())
            .output()
            .unwrap();
        assert!(!output.status.success(), "the child was to be killed at {at}");
        let inside = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
        let trial = Trial { home: inside.join("home"), folder, computer: Default::default() };
        let said = format!("killed at {at}");
        next_start(&trial, &said);
        assert_eq!(trial.snapshot(), whole, "{said}");
    }
}

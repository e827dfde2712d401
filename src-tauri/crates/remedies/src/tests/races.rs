//! Somebody puts links in place of files and folders in a loop, while a change is carried out and while it is undone.
//! Nothing outside is ever touched, and nothing inside is lost.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use mcp_auth_diagnosis::clients::ClientId;
use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::links::{Outside, token};
use crate::trial::{LINEAR, LINEAR_HASH, Snapshot, Trial};
use crate::*;

/// So often each attack is tried; which moment it hits is up to the system.
const ROUNDS: usize = 25;

/// Two names that change places again and again: the real thing and a link that leads outside.
struct Swap {
    name: PathBuf,
    aside: PathBuf,
}

impl Swap {
    fn of(trial: &Trial, name: &Path, leads_to: &Path) -> Self {
        let aside = trial.path("aside");
        symlink(leads_to, &aside).unwrap();
        Self { name: name.to_owned(), aside }
    }

    fn once(&self) -> bool {
        renameat_with(CWD, &self.name, CWD, &self.aside, RenameFlags::EXCHANGE).is_ok()
    }

    /// Swaps as long as the work goes on, and leaves the real thing where it was.
    fn during<T>(&self, work: impl FnOnce() -> T) -> (T, usize) {
        let (begun, over) = (AtomicBool::new(false), AtomicBool::new(false));
        let (result, swaps) = std::thread::scope(|scope| {
            let attacker = scope.spawn(|| {
                let mut swaps = 0;
                while !over.load(Ordering::Relaxed) {
                    swaps += usize::from(self.once());
                    begun.store(true, Ordering::Relaxed);
                }
                swaps
            });
            while !begun.load(Ordering::Relaxed) {
                std::thread::yield_now();
            }
            let result = work();
            over.store(true, Ordering::Relaxed);
            (result, attacker.join().unwrap())
        });
        let is_link = |path: &Path| fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink());
        if is_link(&self.name) && !self.once() {
            // The real thing is in the backup.
            fs::rename(&self.name, &self.aside).unwrap();
        }
        (result, swaps)
    }

    /// The home without the attacker's own link.
    fn seen(&self, trial: &Trial) -> Snapshot {
        let mut found = trial.snapshot();
        found.retain(|path, _| path != Path::new("aside"));
        found
    }
}

fn undo_all(trial: &Trial, said: &str) {
    for backup in trial.vault().backups().unwrap_or_else(|why| panic!("{said}: {why}")) {
        undo(&backup.id, Newer::Stays, &trial.vault()).unwrap_or_else(|why| panic!("{said}: {why}"));
    }
}

/// What is swapped, and what the link in its place leads to.
fn targets(trial: &Trial, outside: &Outside) -> Vec<(&'static str, PathBuf, PathBuf)> {
    vec![
        ("a file", token(trial), outside.0.join(format!("{LINEAR_HASH}_tokens.json"))),
        ("its folder", trial.path(".mcp-auth/mcp-remote-v1"), outside.0.join("mcp-remote-v1")),
        ("the folder above", trial.path(".mcp-auth"), outside.0.clone()),
        ("the shared file", trial.path(".claude/.credentials.json"), outside.0.join(".credentials.json")),
        ("the shared file's folder", trial.path(".claude"), outside.0.clone()),
    ]
}

#[test]
fn links_in_a_loop_while_it_is_carried_out() {
    let mut swapped = 0;
    for which in 0..5 {
        for round in 0..ROUNDS {
            let trial = Trial::new();
            let outside = Outside::of(&trial);
            let (what, name, leads_to) = targets(&trial, &outside).swap_remove(which);
            let swap = Swap::of(&trial, &name, &leads_to);
            let (before, whole) = (outside.seen(), swap.seen(&trial));
            let plan = trial.plan(Level::Registration, LINEAR);
            let (result, swaps) = swap.during(|| trial.apply(&plan));
            swapped += swaps;
            let said = format!("{what}, round {round}, {swaps} swaps: {result:?}");
            assert_eq!(outside.seen(), before, "{said}");
            undo_all(&trial, &said);
            assert_eq!(outside.seen(), before, "{said}");
            assert_eq!(swap.seen(&trial), whole, "{said}");
        }
    }
    assert!(swapped > 0, "nobody attacked");
}

#[test]
fn links_in_a_loop_while_it_is_brought_back() {
    for which in 1..5 {
        for round in 0..ROUNDS {
            let trial = Trial::new();
            let whole = trial.snapshot();
            let outside = Outside::of(&trial);
            let (what, name, leads_to) = targets(&trial, &outside).swap_remove(which);
            let receipt = trial.apply(&trial.plan(Level::Registration, LINEAR)).unwrap().id;
            let swap = Swap::of(&trial, &name, &leads_to);
            let before = outside.seen();
            let (result, swaps) = swap.during(|| undo(&receipt, Newer::Stays, &trial.vault()));
            let said = format!("{what}, round {round}, {swaps} swaps: {result:?}");
            assert_eq!(outside.seen(), before, "{said}");
            undo_all(&trial, &said);
            assert_eq!(outside.seen(), before, "{said}");
            assert_eq!(swap.seen(&trial), whole, "{said}");
        }
    }
}

#[test]
fn links_in_a_loop_while_a_config_is_put_right() {
    const CONFIG: &str = "{\n  \"mcpServers\": {\n    \"todo\": {\"url\": \"https://a.example/mcp\"},\n  },\n}\n";
    for folder in [false, true] {
        for round in 0..ROUNDS {
            let trial = Trial::new();
            trial.write(".cursor/mcp.json", CONFIG);
            let outside = Outside::of(&trial);
            fs::write(outside.0.join("mcp.json"), CONFIG).unwrap();
            let (name, leads_to) = match folder {
                false => (trial.path(".cursor/mcp.json"), outside.0.join("mcp.json")),
                true => (trial.path(".cursor"), outside.0.clone()),
            };
            let request = RepairRequest {
                client: ClientId::Cursor,
                config: "~/.cursor/mcp.json".to_owned(),
                line: None,
                repair: Repair::Writing { comments: false },
            };
            let plan = plan_repair(&trial.home, &request).unwrap().plan;
            let swap = Swap::of(&trial, &name, &leads_to);
            let (before, whole) = (outside.seen(), swap.seen(&trial));
            let (result, swaps) = swap.during(|| trial.apply(&plan));
            let said = format!("folder: {folder}, round {round}, {swaps} swaps: {result:?}");
            assert_eq!(outside.seen(), before, "{said}");
            undo_all(&trial, &said);
            assert_eq!((outside.seen(), swap.seen(&trial)), (before, whole), "{said}");
        }
    }
}

#[test]
fn a_config_that_is_a_link_is_not_put_right() {
    let trial = Trial::new();
    let outside = Outside::of(&trial);
    fs::write(outside.0.join("mcp.json"), "{\"mcpServers\": {},}").unwrap();
    let before = outside.seen();
    fs::create_dir_all(trial.path(".cursor")).unwrap();
    symlink(outside.0.join("mcp.json"), trial.path(".cursor/mcp.json")).unwrap();
    let request = RepairRequest {
        client: ClientId::Cursor,
        config: "~/.cursor/mcp.json".to_owned(),
        line: None,
        repair: Repair::Writing { comments: false },
    };
    let refused = plan_repair(&trial.home, &request).unwrap_err();
    assert!(matches!(refused, Refusal::Link(_)), "{refused:?}");
    assert_eq!(outside.seen(), before);
}

//! Killed, or refused by the disk, at every single step: the next start finds either nothing done, or an Undo that brings
//! everything back, byte for byte.

use std::collections::BTreeSet;
use std::process::Command;

use mcp_auth_diagnosis::clients::ClientId;
use mcp_auth_diagnosis::computer::Used;

use crate::strain::on::{Fault, Moment, Point, Strain, on_a_poor_disk, under};
use crate::trial::{CANARY, LINEAR, LINEAR_HASH, Snapshot, Trial, fast_folder, gather};
use crate::*;

/// Something that is stored, and a change of it.
struct Story {
    name: &'static str,
    lay_out: fn(&mut Trial),
    plan: fn(&Trial) -> Plan,
}

/// Every kind of store, and every kind of change.
const STORIES: [Story; 6] = [
    Story { name: "one server, wherever it is stored", lay_out: Trial::furnish, plan: clear },
    Story {
        name: "all of mcp-remote's folder",
        lay_out: |trial| {
            for server in 0..4 {
                let url = format!("https://mcp-{server}.example.com/mcp");
                trial.remote("mcp-remote-v1", &hash(server), &url, Used::InUse);
            }
            trial.write(".mcp-auth/mcp-remote-v1/notes.txt", "mine");
        },
        plan: |trial| of_client(trial, Level::Registration, ClientId::McpRemote),
    },
    Story {
        name: "files that many servers share",
        lay_out: |trial| {
            let entries: Vec<String> = (0..24)
                .map(|at| {
                    format!(
                        "\t\t\"s{at}|1\": {{\"clientInfo\": {{}}, \"tokens\": {{\"access_token\": \"{CANARY}-{at}\"}}}}"
                    )
                })
                .collect();
            let text = format!("{{\n\t\"version\": 1,\n\t\"entries\": {{\n{}\n\t}}\n}}\n", entries.join(",\n"));
            trial.write(".mcporter/credentials.json", &text);
            for at in (0..24).step_by(3) {
                trial.within(
                    ClientId::McPorter,
                    LINEAR,
                    ".mcporter/credentials.json",
                    &["entries", &format!("s{at}|1")],
                );
            }
            let item =
                |at: usize| format!("{{\"serverName\":\"s{at}\",\"token\":{{\"accessToken\":\"{CANARY}-{at}\"}}}}");
            trial.write(".gemini/mcp-oauth-tokens.json", &format!("[{},{},{}]", item(0), item(1), item(2)));
            trial.within(ClientId::GeminiCli, LINEAR, ".gemini/mcp-oauth-tokens.json", &["0"]);
            trial.within(ClientId::GeminiCli, LINEAR, ".gemini/mcp-oauth-tokens.json", &["2"]);
            trial.write(".claude/.credentials.json", &crate::trial::credentials());
            trial.within(
                ClientId::ClaudeCode,
                LINEAR,
                ".claude/.credentials.json",
                &["mcpOAuth", "linear|638130d5ab3558f4"],
            );
        },
        plan: |trial| trial.plan(Level::SignIn, LINEAR),
    },
    Story {
        name: "what other versions left behind",
        lay_out: |trial| {
            trial.remote("mcp-remote-v1", LINEAR_HASH, LINEAR, Used::InUse);
            for version in ["0.0.22", "0.1.31", "0.1.36", "0.2.7"] {
                trial.remote(&format!("mcp-remote-{version}"), LINEAR_HASH, LINEAR, Used::Leftover);
            }
        },
        plan: |trial| of_client(trial, Level::Leftovers, ClientId::McpRemote),
    },
    Story { name: "a lock", lay_out: Trial::furnish, plan: |trial| trial.plan(Level::Lock, LINEAR) },
    Story {
        name: "a config",
        lay_out: |trial| {
            trial.write(
                ".cursor/mcp.json",
                &format!("{{\n  // mine\n  \"mcpServers\": {{\n    \"todo\": {{\"url\": \"{LINEAR}\"}},\n  }},\n}}\n"),
            );
        },
        plan: |trial| {
            let request = RepairRequest {
                client: ClientId::Cursor,
                config: "~/.cursor/mcp.json".to_owned(),
                line: None,
                repair: Repair::Writing { comments: false },
            };
            plan_repair(&trial.home, &request).unwrap().plan
        },
    },
];

impl Story {
    fn begin(&self) -> Trial {
        Trial::laid_out(fast_folder(), self.lay_out)
    }

    /// The points that are passed while it is carried out.
    fn points(&self, phase: Phase) -> Vec<Point> {
        let trial = self.begin();
        let run = phase.prepare(&trial, (self.plan)(&trial));
        under(Strain::Count, || run.carry_out(&trial).unwrap()).1
    }
}

/// Everything of one server: seven files, and one entry of a file that others share.
fn clear(trial: &Trial) -> Plan {
    trial.plan(Level::Registration, LINEAR)
}

fn of_client(trial: &Trial, level: Level, client: ClientId) -> Plan {
    let request = Request { level, servers: Vec::new(), client: Some(client), entries: Vec::new() };
    plan_clear(&trial.computer, &trial.home, &request).unwrap()
}

fn hash(server: u32) -> String {
    format!("{server:032x}")
}

/// What is cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The change itself.
    Apply,
    /// Undo.
    Undo,
    /// The deletion of a backup.
    Delete,
}

impl Phase {
    const ALL: [Self; 3] = [Self::Apply, Self::Undo, Self::Delete];

    fn word(self) -> &'static str {
        match self {
            Self::Apply => "apply",
            Self::Undo => "undo",
            Self::Delete => "delete",
        }
    }

    /// All that comes before it.
    fn prepare(self, trial: &Trial, plan: Plan) -> Run {
        let receipt = (self != Self::Apply).then(|| trial.apply(&plan).unwrap().id);
        Run { phase: self, plan, receipt: receipt.unwrap_or_default() }
    }
}

struct Run {
    phase: Phase,
    plan: Plan,
    receipt: String,
}

impl Run {
    fn carry_out(&self, trial: &Trial) -> Result<(), Refusal> {
        match self.phase {
            Phase::Apply => trial.apply(&self.plan).map(drop),
            Phase::Undo => undo(&self.receipt, Newer::Stays, &trial.vault()).map(drop),
            Phase::Delete => trial.vault().delete(&self.receipt),
        }
    }
}

/// What the next start does: it puts in order what it finds, and undoes what stopped half way. Afterwards all is as it
/// was, and nothing of ours is left over.
fn next_start(trial: &Trial, said: &str) {
    for backup in trial.vault().backups().unwrap_or_else(|why| panic!("{said}: {why}")) {
        undo(&backup.id, Newer::Stays, &trial.vault()).unwrap_or_else(|why| panic!("{said}: {why}"));
    }
    nothing_left(trial, said);
}

fn nothing_left(trial: &Trial, said: &str) {
    assert!(trial.vault().backups().unwrap().is_empty(), "{said}");
    if trial.vault().folder().exists() {
        let left: Vec<_> = std::fs::read_dir(trial.vault().folder())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .filter(|name| name != ".lock")
            .collect();
        assert!(left.is_empty(), "{said}: {left:?}");
    }
}

fn points(work: impl FnOnce(&Trial)) -> usize {
    let trial = Trial::new();
    under(Strain::Count, || work(&trial)).1.len()
}

/// Points at which a process may die in this phase. Reading leaves the disk as it is, so it says the same as the point
/// before; it is tried with the first story all the same.
fn deaths(number: usize, phase: Phase) -> Vec<(usize, Point)> {
    let points = STORIES[number].points(phase).into_iter().enumerate();
    points.filter(|(_, point)| number == 0 || point.is != Moment::Reading).collect()
}

#[test]
fn a_clear_that_is_cut_off_anywhere() {
    for (number, story) in STORIES.iter().enumerate() {
        for (at, point) in deaths(number, Phase::Apply) {
            let trial = story.begin();
            let whole = trial.snapshot();
            let plan = (story.plan)(&trial);
            let (result, _) = under(Strain::Dead { at }, || trial.apply(&plan));
            let said = format!("{}, cut off at {at} ({point:?}): {:?}", story.name, result.err());
            next_start(&trial, &said);
            assert_eq!(trial.snapshot(), whole, "{said}");
        }
    }
}

#[test]
fn an_undo_that_is_cut_off_anywhere() {
    for (number, story) in STORIES.iter().enumerate() {
        for (at, point) in deaths(number, Phase::Undo) {
            let trial = story.begin();
            let whole = trial.snapshot();
            let run = Phase::Undo.prepare(&trial, (story.plan)(&trial));
            let (result, _) = under(Strain::Dead { at }, || run.carry_out(&trial));
            let said = format!("{}, undo cut off at {at} ({point:?}): {:?}", story.name, result.err());
            next_start(&trial, &said);
            assert_eq!(trial.snapshot(), whole, "{said}");
        }
    }
}

#[test]
fn a_start_that_is_cut_off_while_it_puts_things_in_order() {
    let all = points(|trial| drop(trial.apply(&clear(trial)).unwrap()));
    for at in (0..all).step_by(7) {
        for again in [0, 1, 2, 4, 7, 11, 16, 22] {
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

/// Everything below a home, the app's own folder too.
fn everything(trial: &Trial) -> Snapshot {
    let mut found = Snapshot::new();
    gather(&trial.home, &trial.home, &mut found);
    found
}

#[test]
fn an_undo_over_something_newer_that_is_cut_off_anywhere_loses_neither() {
    let token = format!(".mcp-auth/mcp-remote-v1/{LINEAR_HASH}_tokens.json");
    let newer = "a newer sign-in";
    let begin = || {
        let trial = Trial::new();
        let whole = trial.snapshot();
        let receipt = trial.apply(&clear(&trial)).unwrap().id;
        trial.write(&token, newer);
        trial.write(".claude/.credentials.json", "no JSON, but newer");
        (trial, whole, receipt)
    };
    let (trial, _, receipt) = begin();
    let all = under(Strain::Count, || undo(&receipt, Newer::GivesWay, &trial.vault()).unwrap()).1.len();
    for at in 0..all {
        let (trial, whole, receipt) = begin();
        let (result, _) = under(Strain::Dead { at }, || undo(&receipt, Newer::GivesWay, &trial.vault()));
        let said = format!("cut off at {at} of {all}: {:?}", result.err());
        let kept = |text: &str| everything(&trial).values().any(|(found, ..)| found == text);
        assert!(kept(newer) && kept("no JSON, but newer"), "{said}");
        for _ in 0..2 {
            // Asked for once more, and once too often.
            let again = undo(&receipt, Newer::GivesWay, &trial.vault()).unwrap_or_else(|why| panic!("{said}: {why}"));
            assert!(again.newer_kept_in.is_some(), "{said}");
            assert_eq!(trial.snapshot(), whole, "{said}");
            assert!(kept(newer) && kept("no JSON, but newer"), "{said}");
        }
    }
}

#[test]
fn an_undo_into_a_file_that_was_written_since_can_be_cut_off_anywhere_too() {
    let begin = || {
        let trial = Trial::new();
        let whole = trial.snapshot();
        let receipt = trial.apply(&clear(&trial)).unwrap().id;
        let written = trial.read(".claude/.credentials.json").replace(&format!("{CANARY}-2"), "newer");
        trial.write(".claude/.credentials.json", &written);
        (trial, whole, receipt)
    };
    let (trial, _, receipt) = begin();
    let all = under(Strain::Count, || undo(&receipt, Newer::Stays, &trial.vault()).unwrap()).1.len();
    for at in 0..all {
        let (trial, mut whole, receipt) = begin();
        let (result, _) = under(Strain::Dead { at }, || undo(&receipt, Newer::Stays, &trial.vault()));
        let said = format!("cut off at {at} of {all}: {:?}", result.err());
        next_start(&trial, &said);
        let text = trial.read(".claude/.credentials.json");
        assert!(text.contains("linear|") && text.contains("newer") && text.contains("-own"), "{said}: {text}");
        let mut now = trial.snapshot();
        for snapshot in [&mut whole, &mut now] {
            snapshot.remove(std::path::Path::new(".claude/.credentials.json"));
        }
        assert_eq!(now, whole, "{said}");
    }
}

#[test]
fn a_backup_that_is_missing_keeps_no_other_from_coming_back() {
    let trial = Trial::new();
    let whole = trial.snapshot();
    let receipt = trial.apply(&clear(&trial)).unwrap().id;
    let files = trial.vault().folder().join(&receipt).join("files");
    std::fs::remove_file(files.join("3")).unwrap();
    for _ in 0..2 {
        let refused = undo(&receipt, Newer::Stays, &trial.vault()).unwrap_err();
        assert!(matches!(refused, Refusal::PartlyBack { .. } | Refusal::BackupGone(_)), "{refused:?}");
        assert_eq!(trial.snapshot().len(), whole.len() - 1, "all but one file is back");
    }
}

/// What a refusal of the disk may end in: all done, nothing done, or an Undo that says so.
fn refused(story: &Story, phase: Phase, strain: Strain) {
    let trial = story.begin();
    let whole = trial.snapshot();
    let run = phase.prepare(&trial, (story.plan)(&trial));
    let before = trial.snapshot();
    let (result, _) = under(strain, || run.carry_out(&trial));
    let said = format!("{}, {}, {strain:?}: {:?}", story.name, phase.word(), result.as_ref().err());
    match (&result, phase) {
        // A step that does not matter, or none that was to fail.
        (Ok(()), Phase::Apply) => assert_ne!(trial.snapshot(), whole, "{said}"),
        (Ok(()), Phase::Undo) => assert_eq!(trial.snapshot(), whole, "{said}"),
        (Ok(()), Phase::Delete) => assert_eq!(trial.snapshot(), before, "{said}"),
        (Err(Refusal::HalfWay { receipt, .. }), Phase::Apply) => match undo(receipt, Newer::Stays, &trial.vault()) {
            Ok(_) => {}
            // It could not be told then, and can be told now: nothing had been changed.
            Err(Refusal::NoReceipt(_)) => assert_eq!(trial.snapshot(), whole, "{said}"),
            Err(why) => panic!("{said}: {why}"),
        },
        // "Nothing was changed" has to be true.
        (Err(_), Phase::Apply) => assert_eq!(trial.snapshot(), whole, "{said}"),
        (Err(_), _) => {}
    }
    if let Err(why) = &result {
        let sentence = why.to_string();
        assert!(sentence.ends_with('.') && sentence.len() < 400 && !sentence.contains(CANARY), "{said}: {sentence}");
    }
    let mut undone = false;
    for backup in trial.vault().backups().unwrap_or_else(|why| panic!("{said}: {why}")) {
        undo(&backup.id, Newer::Stays, &trial.vault()).unwrap_or_else(|why| panic!("{said}: {why}"));
        undone = true;
    }
    nothing_left(&trial, &said);
    if phase != Phase::Delete || undone {
        assert_eq!(trial.snapshot(), whole, "{said}");
    } else {
        // The backup was deleted as was asked; what it was a backup of stays as it was.
        assert_eq!(trial.snapshot(), before, "{said}");
    }
}

/// What the system may say at a point.
fn faults(point: Point) -> &'static [Fault] {
    match point.is {
        Moment::Before => &Fault::ALL,
        Moment::Reading => &[Fault::Denied, Fault::Broken],
        Moment::After => &[],
    }
}

#[test]
fn a_disk_that_refuses_anywhere() {
    let mut injected = [0; Fault::ALL.len()];
    for (number, story) in STORIES.iter().enumerate() {
        for (at, point) in story.points(Phase::Apply).into_iter().enumerate() {
            for (turn, fault) in faults(point).iter().copied().enumerate() {
                // One server: every fault at every point. The other stories take turns.
                let turns = at % faults(point).len();
                if number == 0 || turns == turn {
                    refused(story, Phase::Apply, Strain::Once { at, fault });
                    injected[fault as usize] += 1;
                }
                if turns == turn {
                    refused(story, Phase::Apply, Strain::From { at, fault });
                    injected[fault as usize] += 1;
                }
            }
        }
    }
    assert!(injected.iter().sum::<usize>() >= 200, "{injected:?} faults");
    for fault in [Fault::Full, Fault::Denied, Fault::Broken] {
        assert!(injected[fault as usize] >= 100, "{fault:?}: {injected:?}");
    }
}

#[test]
fn a_disk_that_refuses_undo_and_deletion_anywhere() {
    let mut injected = 0;
    for (number, story) in STORIES.iter().enumerate() {
        for phase in [Phase::Undo, Phase::Delete] {
            for (at, point) in story.points(phase).into_iter().enumerate() {
                let faults = faults(point);
                let Some(&fault) = faults.get(at % faults.len().max(1)) else { continue };
                if number == 0 || at % 2 == 0 {
                    refused(story, phase, Strain::Once { at, fault });
                    injected += 1;
                }
                if number == 0 || at % 2 == 1 {
                    refused(story, phase, Strain::From { at, fault });
                    injected += 1;
                }
            }
        }
    }
    assert!(injected >= 200, "{injected} faults");
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
            let story = &STORIES[0];
            for (at, point) in story.points(Phase::Apply).into_iter().enumerate() {
                // Reading leaves the disk as it is: the point before says the same.
                if point.is == Moment::Reading {
                    continue;
                }
                let trial = story.begin();
                let whole = trial.snapshot();
                let plan = clear(&trial);
                let (result, _) = under(Strain::Dead { at }, || trial.apply(&plan));
                let said = format!("{poor:?} cut off at {at} ({point:?}): {:?}", result.err());
                next_start(&trial, &said);
                assert_eq!(trial.snapshot(), whole, "{said}");
            }
        });
    }
}

const AT: &str = "REMEDIES_KILLED_AT";
const WHERE: &str = "REMEDIES_KILLED_IN";
const STORY: &str = "REMEDIES_KILLED_STORY";
const PHASE: &str = "REMEDIES_KILLED_PHASE";

/// The process that is killed; started by the test below.
#[test]
#[ignore = "only as the child of a_process_that_is_killed_anywhere"]
fn the_child() {
    let said = |name: &str| std::env::var(name).ok();
    let (Some(at), Some(folder), Some(story), Some(phase)) = (said(AT), said(WHERE), said(STORY), said(PHASE)) else {
        return;
    };
    let story = &STORIES[story.parse::<usize>().unwrap()];
    let phase = Phase::ALL.into_iter().find(|other| other.word() == phase).unwrap();
    let folder = tempfile::Builder::new().disable_cleanup(true).tempdir_in(folder).unwrap();
    let trial = Trial::laid_out(folder, story.lay_out);
    let run = phase.prepare(&trial, (story.plan)(&trial));
    let _ = under(Strain::Killed { at: at.parse().unwrap() }, || run.carry_out(&trial));
}

/// Kills a real process there, and looks at what the next start finds.
fn kill(number: usize, phase: Phase, at: usize, point: Point) {
    let story = &STORIES[number];
    let folder = fast_folder();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "tests::crashes::the_child", "--ignored", "--test-threads=1"])
        .env(AT, at.to_string())
        .env(WHERE, folder.path())
        .env(STORY, number.to_string())
        .env(PHASE, phase.word())
        .output()
        .unwrap();
    let said = format!("{}, {} killed at {at} ({point:?})", story.name, phase.word());
    assert!(!output.status.success() && output.status.code() != Some(101), "{said}: {output:?}");
    #[cfg(unix)]
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&output.status), Some(9), "{said}");
    let inside = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
    let trial = Trial { home: inside.join("home"), folder, computer: Default::default() };
    let whole = story.begin().snapshot();
    if phase == Phase::Delete {
        let backups = trial.vault().backups().unwrap();
        if backups.is_empty() {
            // Deleted: only what was cleared is gone, and nothing of it lies about.
            nothing_left(&trial, &said);
            let cleared = story.begin();
            cleared.apply(&(story.plan)(&cleared)).unwrap();
            let texts =
                |snapshot: Snapshot| snapshot.into_iter().map(|(path, (text, ..))| (path, text)).collect::<Vec<_>>();
            assert_eq!(texts(trial.snapshot()), texts(cleared.snapshot()), "{said}");
            return;
        }
    }
    next_start(&trial, &said);
    assert_eq!(trial.snapshot(), whole, "{said}");
}

#[test]
fn a_process_that_is_killed_anywhere() {
    let (mut killed, mut steps) = (0, BTreeSet::new());
    for (number, story) in STORIES.iter().enumerate() {
        for (at, point) in story.points(Phase::Apply).into_iter().enumerate() {
            if point.is == Moment::Reading {
                continue;
            }
            kill(number, Phase::Apply, at, point);
            killed += 1;
            steps.insert(point.what);
        }
    }
    for step in
        ["make-folder", "lock-file", "create", "write", "sync", "sync-folder", "resemble", "move", "exchange", "mark"]
    {
        // Windows exchanges no names.
        assert!(steps.contains(step) || cfg!(windows), "nobody was killed at {step}: {steps:?}");
    }
    assert!(killed >= 200, "only {killed} processes were killed");
}

#[test]
fn a_process_that_is_killed_while_it_brings_back_or_deletes() {
    let mut killed = 0;
    for (number, story) in STORIES.iter().enumerate() {
        for phase in [Phase::Undo, Phase::Delete] {
            for (at, point) in story.points(phase).into_iter().enumerate() {
                if point.is == Moment::Reading {
                    continue;
                }
                kill(number, phase, at, point);
                killed += 1;
            }
        }
    }
    assert!(killed >= 200, "only {killed} processes were killed");
}

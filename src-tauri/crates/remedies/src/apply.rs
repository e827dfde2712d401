//! Carries a plan out, with the consent for exactly that plan, and says what became of it.

use std::collections::HashSet;
use std::time::SystemTime;

use serde::Serialize;

use crate::folder::{Folder, not_here};
use crate::journal::{Item, Journal, Keep, Mark, Opening};
use crate::plan::{Act, Change, Level, Plan, Step, digest, fingerprint};
use crate::refusal::Refusal;
use crate::vault::{Open, Vault, announce, beside, beside_where, expires, keep, milliseconds};
use crate::{edit, undo};

/// What was done.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct Receipt {
    /// Its number: what Undo asks for.
    pub id: String,
    /// When, in milliseconds since the Unix epoch.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub created_ms: u64,
    /// Until when it can be undone, in milliseconds since the Unix epoch.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub expires_ms: u64,
    /// How much was forgotten.
    pub level: Level,
    /// Every change, and what was found when the store was read again.
    pub done: Vec<Done>,
    /// All of it is gone (or, for a config, is as it should be). Read again, not assumed.
    pub all_gone: bool,
    /// One sentence for a person.
    pub summary: String,
    /// The folder of the backup, as shown to a person.
    pub backup: String,
}

/// One change, and what was found when the store was read again.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export, rename = "DoneChange"))]
pub struct Done {
    /// The change.
    pub change: Change,
    /// What was found.
    pub found: Found,
}

/// What was found when a store was read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export, rename = "FoundAgain"))]
#[serde(rename_all = "kebab-case")]
pub enum Found {
    /// It is gone.
    Gone,
    /// The file says what it should.
    AsPlanned,
    /// It is there again: something wrote it back.
    ThereAgain,
    /// It could not be read again.
    Unknown,
}

/// Carries a plan out. `consent` is the digest that was agreed to.
///
/// Either all of it is done, or nothing is: when a step fails, the ones before it are taken back.
///
/// # Errors
/// When the consent is for something else, when anything has changed since the plan was made, or when the disk refuses.
pub fn apply(plan: &Plan, consent: &str, vault: &Vault, now: SystemTime) -> Result<Receipt, Refusal> {
    if consent != plan.digest || digest(plan) != plan.digest {
        return Err(Refusal::NotAgreed);
    }
    if plan.steps.is_empty() {
        let left = plan.left_alone.first();
        return Err(left.map_or(Refusal::NothingToDo, |left| Refusal::LeftAlone(left.why.clone())));
    }
    // All of it is looked at before any of it is touched.
    for step in &plan.steps {
        check(&step.place.open()?, step)?;
    }
    let open = vault.enter()?;
    let (id, folder) = open.make_receipt(&plan.digest, now)?;
    let opening = match begin(plan, &open, &id, &folder, now) {
        Ok(opening) => opening,
        Err(why) => {
            drop(folder);
            let _ = open.drop_receipt(&id, None);
            return Err(why);
        }
    };
    let mut failed = None;
    // So many items are begun: only these can have changed anything.
    let mut begun = 0;
    for (number, item) in opening.items.iter().enumerate() {
        if let Err(why) = carry_out(item, &folder, || begun = number + 1) {
            failed = Some(why);
            break;
        }
    }
    if failed.is_none() {
        failed = settle(&opening.items, &folder).err();
    }
    if failed.is_none() {
        failed =
            Journal::mark(&folder, Mark::Applied).err().map(|error| Refusal::disk(vault.said(vault.folder()), error));
    }
    if let Some(why) = failed {
        return Err(go_back(&open, &opening, begun, folder, why));
    }
    let done = read_again(plan);
    let all_gone = done.iter().all(|done| matches!(done.found, Found::Gone | Found::AsPlanned));
    Ok(Receipt {
        created_ms: opening.created_ms,
        expires_ms: expires(opening.created_ms),
        level: plan.level,
        summary: summary(plan, &done, all_gone),
        done,
        all_gone,
        backup: crate::plan::shown_path(&vault.folder().join(&id), vault.home()),
        id,
    })
}

/// Writes down what is about to be done.
fn begin(plan: &Plan, open: &Open, id: &str, folder: &Folder, now: SystemTime) -> Result<Opening, Refusal> {
    let here = folder.identity().map_err(|error| Refusal::disk(open.vault.said(open.vault.folder()), error))?;
    let here = |step: &Step| crate::strain::same_disk(step.place.identity.volume, here.volume);
    let apart: Vec<_> = plan
        .steps
        .iter()
        .filter(|step| !here(step))
        .flat_map(|step| beside_where(&step.place, open.vault.home()))
        .collect();
    if !apart.is_empty() {
        announce(folder, &apart).map_err(|error| Refusal::disk(open.vault.said(open.vault.folder()), error))?;
    }
    let mut made = Vec::new();
    let mut items = Vec::new();
    for (at, step) in plan.steps.iter().enumerate() {
        let keep = if here(step) {
            Keep::Receipt
        } else {
            match beside(&step.place, open.vault.home(), id) {
                Ok(place) => {
                    made.push(place.clone());
                    Keep::Beside { place }
                }
                Err(why) => {
                    made.iter().for_each(|place| crate::vault::drop_beside(place, open.vault.home()));
                    return Err(why);
                }
            }
        };
        let mut draft = std::ffi::OsString::from(".");
        draft.push(&step.name);
        draft.push(format!(".mcp-auth-troubleshooter-{id}"));
        items.push(Item { step: step.clone(), keep, kept: at.to_string().into(), draft });
    }
    let opening = Opening {
        schema: 1,
        id: id.to_owned(),
        created_ms: milliseconds(now),
        level: plan.level,
        changes: plan.changes.clone(),
        items,
    };
    match Journal::open(folder, &opening) {
        Ok(()) => Ok(opening),
        Err(error) => {
            made.iter().for_each(|place| crate::vault::drop_beside(place, open.vault.home()));
            Err(Refusal::disk(open.vault.said(open.vault.folder()), error))
        }
    }
}

/// A file is what it was when the plan was made.
fn check(folder: &Folder, step: &Step) -> Result<(), Refusal> {
    match folder.look(&step.name).map_err(|error| Refusal::disk(&step.shown, error))? {
        Some(look) if look.is_link() => Err(Refusal::Link(step.shown.clone())),
        Some(look) if look == step.look => match &step.act {
            Act::Move => Ok(()),
            Act::Edit { before, .. } => {
                let (bytes, read) = folder
                    .read(&step.name, step.look.size.saturating_add(1))
                    .map_err(|error| Refusal::disk(&step.shown, error))?;
                let same = read == step.look && fingerprint(&bytes) == *before;
                if same { Ok(()) } else { Err(Refusal::Changed(step.shown.clone())) }
            }
        },
        _ => Err(Refusal::Changed(step.shown.clone())),
    }
}

/// `begin` is called when all was looked at and the first change is next.
fn carry_out(item: &Item, receipt: &Folder, begin: impl FnOnce()) -> Result<(), Refusal> {
    let step = &item.step;
    let wrong = |error| Refusal::disk(&step.shown, error);
    let changed = || Refusal::Changed(step.shown.clone());
    let folder = step.place.open()?;
    let kept = keep(item, receipt)?.ok_or_else(|| Refusal::BackupGone(step.shown.clone()))?;
    check(&folder, step)?;
    begin();
    match &step.act {
        Act::Move => {
            folder.move_to(&step.name, &kept, &item.kept).map_err(wrong)?;
            // Between the look and the move another file may have been put there: what was moved must be what was agreed to.
            if kept.look(&item.kept).map_err(wrong)? != Some(step.look) {
                kept.move_to(&item.kept, &folder, &step.name).map_err(wrong)?;
                return Err(changed());
            }
        }
        Act::Edit { text, .. } => {
            let file = folder.write_new(&item.draft, &text.0).map_err(wrong)?;
            Folder::resemble(&file, &step.look, false).map_err(wrong)?;
            let ours = Folder::seen(&file).map_err(wrong)?.identity;
            drop(file);
            match folder.exchange(&item.draft, &step.name) {
                Ok(()) => {
                    // The file as it was now has the draft's name. If it is not the one that was agreed to, both go back.
                    if folder.look(&item.draft).map_err(wrong)? != Some(step.look) {
                        folder.exchange(&item.draft, &step.name).map_err(wrong)?;
                        // Somebody may be exchanging names as well: only what we made ourselves is taken away, and what was
                        // agreed to goes where it is safe.
                        match folder.look(&item.draft).map_err(wrong)? {
                            Some(look) if look.identity == ours => folder.remove(&item.draft).map_err(wrong)?,
                            Some(look) if look == step.look => {
                                folder.move_to(&item.draft, &kept, &item.kept).map_err(wrong)?;
                            }
                            _ => {}
                        }
                        return Err(changed());
                    }
                    folder.move_to(&item.draft, &kept, &item.kept).map_err(wrong)?;
                }
                Err(error) if not_here(&error) => {
                    // This disk cannot exchange: the backup is made first, then the new file replaces the old one.
                    second_copy(item, &folder, &kept)?;
                    check(&folder, step)?;
                    folder.replace(&item.draft, &step.name).map_err(wrong)?;
                }
                Err(error) => return Err(wrong(error)),
            }
        }
    }
    Ok(())
}

/// Waits until all of it is on the disk: every folder once, whatever the number of files.
fn settle(items: &[Item], receipt: &Folder) -> Result<(), Refusal> {
    let mut settled = HashSet::new();
    for item in items {
        let wrong = |error| Refusal::disk(&item.step.shown, error);
        if let Some(kept) = keep(item, receipt)?
            && settled.insert(kept.identity().map_err(wrong)?)
        {
            kept.sync().map_err(wrong)?;
        }
        if settled.insert(item.step.place.identity) {
            item.step.place.open()?.sync().map_err(wrong)?;
        }
    }
    Ok(())
}

/// Backs a file up without moving it: by a second name, or as a copy where the disk has no second names.
fn second_copy(item: &Item, folder: &Folder, kept: &Folder) -> Result<(), Refusal> {
    let step = &item.step;
    let wrong = |error| Refusal::disk(&step.shown, error);
    if folder.link_to(&step.name, kept, &item.kept).is_ok() {
        if kept.look(&item.kept).map_err(wrong)? == Some(step.look) {
            return kept.sync().map_err(wrong);
        }
        kept.remove(&item.kept).map_err(wrong)?;
        return Err(Refusal::Changed(step.shown.clone()));
    }
    let (bytes, read) = folder.read(&step.name, step.look.size.saturating_add(1)).map_err(wrong)?;
    if read != step.look {
        return Err(Refusal::Changed(step.shown.clone()));
    }
    let file = kept.write_new(&item.kept, &bytes).map_err(wrong)?;
    Folder::resemble(&file, &step.look, true).map_err(wrong)?;
    file.sync_all().map_err(wrong)?;
    kept.sync().map_err(wrong)
}

/// Takes back what was done before a step failed.
fn go_back(open: &Open, opening: &Opening, begun: usize, folder: Folder, why: Refusal) -> Refusal {
    let mut back = true;
    for (number, item) in opening.items.iter().enumerate().take(begun).rev() {
        back &= undo::tidy(item, &folder).is_ok()
            && undo::put_back(item, number, &folder, undo::Newer::Stays, false).is_ok();
    }
    if !back {
        return Refusal::HalfWay { receipt: opening.id.clone(), why: why.clause() };
    }
    drop(folder);
    let journal = Journal { opening: opening.clone(), marks: Vec::new() };
    let _ = open.drop_receipt(&opening.id, Some(&journal));
    why
}

/// Reads every store again. Nothing is called gone that was not seen to be.
fn read_again(plan: &Plan) -> Vec<Done> {
    plan.changes
        .iter()
        .enumerate()
        .map(|(at, change)| {
            let step = plan.steps.iter().find(|step| step.changes.contains(&at));
            Done { change: change.clone(), found: step.map_or(Found::Unknown, |step| found(step, change)) }
        })
        .collect()
}

fn found(step: &Step, change: &Change) -> Found {
    let Ok(folder) = step.place.open() else { return Found::Unknown };
    match &step.act {
        Act::Move => match folder.look(&step.name) {
            Ok(None) => Found::Gone,
            Ok(Some(_)) => Found::ThereAgain,
            Err(_) => Found::Unknown,
        },
        Act::Edit { after, ways, .. } => {
            let Ok((bytes, _)) = folder.read(&step.name, crate::plan::LARGEST_EDITED) else { return Found::Unknown };
            if fingerprint(&bytes) == *after {
                return if ways.is_empty() { Found::AsPlanned } else { Found::Gone };
            }
            // Somebody wrote since. The entry counts, unless it is one of a list, where places move.
            let in_list = change.within.last().is_some_and(|last| last.parse::<usize>().is_ok());
            let text = String::from_utf8_lossy(&bytes);
            match edit::raw(&text, &change.within) {
                Ok(None) if !ways.is_empty() && !in_list => Found::Gone,
                Ok(Some(_)) if !ways.is_empty() && !in_list => Found::ThereAgain,
                _ => Found::Unknown,
            }
        }
    }
}

fn summary(plan: &Plan, done: &[Done], all_gone: bool) -> String {
    let count = done.len();
    let things = |count: usize| if count == 1 { "1 entry".to_owned() } else { format!("{count} entries") };
    if plan.level == Level::Repair {
        return if all_gone {
            "The config is corrected. Start the client again so that it reads it.".to_owned()
        } else {
            "The config was corrected, but something has changed it again since.".to_owned()
        };
    }
    if all_gone {
        return format!("Gone: {}. The store was read again to make sure.", things(count));
    }
    let back: Vec<&Done> = done.iter().filter(|done| done.found == Found::ThereAgain).collect();
    match back.first() {
        Some(first) => format!(
            "{} of {} is there again: {} wrote it back, so it is still running. Quit it and clear once more.",
            things(back.len()),
            count,
            first.change.client.name()
        ),
        None => "It was cleared, but the store could not be read again to make sure.".to_owned(),
    }
}

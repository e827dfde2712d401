//! Undo: every file as it was, byte for byte, with its permissions and times.
//!
//! What has to be put back is read from the disk: a backup that is there was taken, one that is not was not. So Undo can
//! itself be interrupted, and done again.

use serde::{Deserialize, Serialize};

use crate::edit;
use crate::folder::{Folder, Look, not_here};
use crate::journal::{Item, Journal, Mark};
use crate::place::Place;
use crate::plan::{Act, Change, LARGEST_EDITED, fingerprint};
use crate::refusal::Refusal;
use crate::vault::{Vault, keep};

/// What to do with what is newer than the backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum Newer {
    /// It stays, and nothing is undone.
    Stays,
    /// It gives way. It is kept in the backup.
    GivesWay,
}

/// What Undo did.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct Undone {
    /// The receipt that was undone.
    pub id: String,
    /// What is back, one file after the other.
    pub back: Vec<Back>,
    /// What was undone.
    pub changes: Vec<Change>,
    /// Something newer gave way; it is kept in this backup, as shown to a person.
    pub newer_kept_in: Option<String>,
}

/// A file that is back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export, rename = "FileBack"))]
pub struct Back {
    /// As shown to a person.
    pub path: String,
    /// How.
    pub how: HowBack,
}

/// How a file came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum HowBack {
    /// The file itself, byte for byte.
    Whole,
    /// The file had been written since by its client: the entry was put back into it, and the rest stayed as it is now.
    EntryOnly,
    /// It had never been changed.
    Untouched,
}

/// Undoes a receipt.
///
/// # Errors
/// When there is no such receipt; when something newer is in the way and [`Newer::Stays`]; when the disk refuses. Whatever
/// was not put back is still in the backup.
pub fn undo(id: &str, newer: Newer, vault: &Vault) -> Result<Undone, Refusal> {
    let open = vault.enter()?;
    let Some((folder, journal)) = open.journal(id)? else { return Err(Refusal::NoReceipt(id.to_owned())) };
    for item in &journal.opening.items {
        tidy(item, &folder)?;
    }
    if newer == Newer::Stays {
        let mut in_the_way = Vec::new();
        for item in &journal.opening.items {
            if in_way(item, &folder)? {
                in_the_way.push(item.step.shown.clone());
            }
        }
        if !in_the_way.is_empty() {
            return Err(Refusal::Newer(in_the_way));
        }
    }
    let applied = journal.has(Mark::Applied);
    let mut back = Vec::new();
    let mut gave_way = false;
    let mut failed = None;
    for (number, item) in journal.opening.items.iter().enumerate().rev() {
        let must_be_there = applied && !journal.has(Mark::Back(number));
        let put = put_back(item, number, &folder, newer, must_be_there)
            // It may have been set aside by an Undo that was interrupted.
            .and_then(|(how, gave)| Ok((how, gave || was_set_aside(item, &folder)?)));
        match put {
            Ok((how, gave)) => {
                gave_way |= gave;
                back.push(Back { path: item.step.shown.clone(), how });
            }
            // One file that stays away keeps none of the others from coming back.
            Err(why) => failed = Some(why),
        }
    }
    if let Some(why) = failed {
        let some = back.iter().any(|back| back.how != HowBack::Untouched);
        return Err(if some { Refusal::PartlyBack { why: why.clause() } } else { why });
    }
    back.reverse();
    let Journal { opening, .. } = journal.clone();
    let newer_kept_in = gave_way.then(|| crate::plan::shown_path(&vault.folder().join(id), vault.home()));
    if gave_way {
        // What gave way is kept until the backup expires.
        drop(folder);
    } else {
        // Without the mark Undo would only find, once more, that all is back.
        let _ = Journal::mark(&folder, Mark::Undone);
        drop(folder);
        let _ = open.drop_receipt(id, Some(&journal));
    }
    Ok(Undone { id: id.to_owned(), back, changes: opening.changes, newer_kept_in })
}

/// Puts one item in order after a crash: a draft that was not used goes, a file that waits under the draft's name goes to
/// its backup. `true`: nothing of this item was done.
pub(crate) fn tidy(item: &Item, receipt: &Folder) -> Result<bool, Refusal> {
    let step = &item.step;
    let wrong = |error| Refusal::disk(&step.shown, error);
    let Some(kept) = keep(item, receipt)? else { return Ok(true) };
    let backup = kept.look(&item.kept).map_err(wrong)?;
    let Act::Edit { before, after, .. } = &step.act else {
        return Ok(backup.is_none());
    };
    let Ok(folder) = reach(&step.place) else { return Ok(backup.is_none()) };
    if let Some(draft) = folder.look(&item.draft).map_err(wrong)? {
        let says = says(&folder, &item.draft, step)?;
        let original = draft.identity == step.look.identity || says.as_ref() == Some(before);
        let elsewhere = |look: Option<Look>, at: &Folder, name| match look {
            Some(look) if look.identity == step.look.identity => Ok(true),
            Some(_) => Ok(self::says(at, name, step)?.as_ref() == Some(before)),
            None => Ok::<bool, Refusal>(false),
        };
        let safe = elsewhere(backup, &kept, &item.kept)?
            || elsewhere(folder.look(&step.name).map_err(wrong)?, &folder, &step.name)?;
        if original && backup.is_none() && draft.identity != step.look.identity && safe {
            folder.remove(&item.draft).map_err(wrong)?;
        } else if original && backup.is_none() {
            folder.move_to(&item.draft, &kept, &item.kept).map_err(wrong)?;
            kept.sync().map_err(wrong)?;
        } else if safe || says.as_ref() == Some(after) {
            folder.remove(&item.draft).map_err(wrong)?;
        } else {
            return Err(Refusal::BackupGone(step.shown.clone()));
        }
        folder.sync().map_err(wrong)?;
    }
    let Some(backup) = kept.look(&item.kept).map_err(wrong)? else { return Ok(true) };
    // A second name, or a copy, of a file that was not replaced yet.
    let now = folder.look(&step.name).map_err(wrong)?;
    let never_replaced = now.is_some_and(|now| now == step.look)
        && (backup.identity == step.look.identity || says(&folder, &step.name, step)?.as_ref() == Some(before));
    if never_replaced {
        kept.remove(&item.kept).map_err(wrong)?;
    }
    Ok(never_replaced)
}

/// Whether something newer than the backup is where it belongs.
fn in_way(item: &Item, receipt: &Folder) -> Result<bool, Refusal> {
    let step = &item.step;
    let wrong = |error| Refusal::disk(&step.shown, error);
    let Some(kept) = keep(item, receipt)? else { return Ok(false) };
    let Some(backup) = kept.look(&item.kept).map_err(wrong)? else { return Ok(false) };
    let Ok(folder) = reach(&step.place) else { return Ok(false) };
    let Some(now) = folder.look(&step.name).map_err(wrong)? else { return Ok(false) };
    match &step.act {
        Act::Move => Ok(now.identity != backup.identity),
        Act::Edit { before, after, .. } => {
            let Some((text, _)) = text(&folder, &step.name, step)? else { return Ok(true) };
            let says = fingerprint(&text);
            Ok(says != *before && says != *after && merged(item, &text, &kept, Newer::Stays)?.is_none())
        }
    }
}

/// Puts one file back. Says how, and whether something newer gave way. `must_be_there`: it was changed and is not back yet,
/// so there must be a backup.
pub(crate) fn put_back(
    item: &Item,
    number: usize,
    receipt: &Folder,
    newer: Newer,
    must_be_there: bool,
) -> Result<(HowBack, bool), Refusal> {
    let step = &item.step;
    let wrong = |error| Refusal::disk(&step.shown, error);
    let Some(kept) = keep(item, receipt)? else { return untouched(item, must_be_there) };
    let Some(backup) = kept.look(&item.kept).map_err(wrong)? else { return untouched(item, must_be_there) };
    if !backup.is_file() || !genuine(item, &kept, &backup)? {
        return untouched(item, true);
    }
    let folder = reach_or_make(&step.place)?;
    let now = folder.look(&step.name).map_err(wrong)?;
    let Some(now) = now else {
        kept.move_to(&item.kept, &folder, &step.name).map_err(wrong)?;
        folder.sync().map_err(wrong)?;
        return Ok((HowBack::Whole, false));
    };
    if now.identity == backup.identity {
        kept.remove(&item.kept).map_err(wrong)?;
        return Ok((HowBack::Whole, false));
    }
    match &step.act {
        Act::Move => {
            if newer == Newer::Stays {
                return Err(Refusal::Newer(vec![step.shown.clone()]));
            }
            set_aside(item, &folder, &kept)?;
            kept.move_to(&item.kept, &folder, &step.name).map_err(wrong)?;
            folder.sync().map_err(wrong)?;
            Ok((HowBack::Whole, true))
        }
        Act::Edit { before, after, .. } => {
            // Read and looked at in one: between two looks somebody may put another file, or a link, there.
            if let Some((text, now)) = text(&folder, &step.name, step)? {
                let says = fingerprint(&text);
                if says == *before {
                    kept.remove(&item.kept).map_err(wrong)?;
                    return Ok((HowBack::Untouched, false));
                }
                if says == *after {
                    swap_in(item, &folder, &kept, &now, &backup)?;
                    return Ok((HowBack::Whole, false));
                }
                if let Some(text) = merged(item, &text, &kept, newer)? {
                    write_merged(item, &folder, &now, &text)?;
                    // From here on a backup that is not there is one that came back.
                    Journal::mark(receipt, Mark::Back(number)).map_err(wrong)?;
                    kept.remove(&item.kept).map_err(wrong)?;
                    return Ok((HowBack::EntryOnly, false));
                }
            }
            if newer == Newer::Stays {
                return Err(Refusal::Newer(vec![step.shown.clone()]));
            }
            set_aside(item, &folder, &kept)?;
            kept.move_to(&item.kept, &folder, &step.name).map_err(wrong)?;
            folder.sync().map_err(wrong)?;
            Ok((HowBack::Whole, true))
        }
    }
}

/// No backup: then the file was not touched, or is back already, or somebody took the backup away.
fn untouched(item: &Item, must_be_there: bool) -> Result<(HowBack, bool), Refusal> {
    let step = &item.step;
    if !must_be_there {
        return Ok((HowBack::Untouched, false));
    }
    let gone = || Refusal::BackupGone(step.shown.clone());
    let folder = reach(&step.place).map_err(|_| gone())?;
    let now = folder.look(&step.name).map_err(|error| Refusal::disk(&step.shown, error))?.ok_or_else(gone)?;
    // A file that is back already, as itself or, where the backup was a copy, word for word.
    let is_back = now.identity == step.look.identity
        || matches!(&step.act, Act::Edit { before, .. } if says(&folder, &step.name, step)?.as_ref() == Some(before));
    if is_back { Ok((HowBack::Untouched, false)) } else { Err(gone()) }
}

/// The backup is what was put there: the very file, or a copy that says the same.
fn genuine(item: &Item, kept: &Folder, backup: &Look) -> Result<bool, Refusal> {
    let step = &item.step;
    if backup.identity == step.look.identity && backup.size == step.look.size && backup.modified == step.look.modified {
        return Ok(true);
    }
    match &step.act {
        Act::Move => Ok(false),
        Act::Edit { before, .. } => Ok(says(kept, &item.kept, step)?.as_ref() == Some(before)),
    }
}

/// Puts the backup in the place of the file that we wrote, and takes ours away.
fn swap_in(item: &Item, folder: &Folder, kept: &Folder, ours: &Look, backup: &Look) -> Result<(), Refusal> {
    let step = &item.step;
    let wrong = |error| Refusal::disk(&step.shown, error);
    kept.move_to(&item.kept, folder, &item.draft).map_err(wrong)?;
    match folder.exchange(&item.draft, &step.name) {
        Ok(()) => {
            if folder.look(&item.draft).map_err(wrong)? != Some(*ours) {
                // Somebody wrote in this very moment: theirs stays.
                folder.exchange(&item.draft, &step.name).map_err(wrong)?;
                match folder.look(&item.draft).map_err(wrong)? {
                    Some(look) if look.identity == backup.identity => {
                        folder.move_to(&item.draft, kept, &item.kept).map_err(wrong)?;
                    }
                    // They exchanged names as well, and the file that was to come back is where they put it.
                    Some(look) if look == *ours => folder.remove(&item.draft).map_err(wrong)?,
                    _ => {}
                }
                return Err(Refusal::Newer(vec![step.shown.clone()]));
            }
            folder.remove(&item.draft).map_err(wrong)?;
        }
        Err(error) if not_here(&error) => folder.replace(&item.draft, &step.name).map_err(wrong)?,
        Err(error) => return Err(wrong(error)),
    }
    folder.sync().map_err(wrong)
}

/// The file as it is now with the entries that went put back into it. `None` when that cannot be done without taking
/// something newer away.
fn merged(item: &Item, now: &[u8], kept: &Folder, newer: Newer) -> Result<Option<String>, Refusal> {
    let step = &item.step;
    let Act::Edit { ways, .. } = &step.act else { return Ok(None) };
    // A place in a list says nothing once others have written.
    let by_name = |way: &Vec<String>| way.iter().all(|part| part.parse::<usize>().is_err());
    if ways.is_empty() || !ways.iter().all(by_name) {
        return Ok(None);
    }
    let Some((was, _)) = text(kept, &item.kept, step)? else { return Ok(None) };
    let (Ok(now), Ok(was)) = (str::from_utf8(now), str::from_utf8(&was)) else { return Ok(None) };
    let mut now = now.to_owned();
    for way in ways.iter().rev() {
        let Ok(Some(raw)) = edit::raw(was, way) else { return Ok(None) };
        if matches!(edit::raw(&now, way), Ok(Some(there)) if there == raw) {
            // Back already: an Undo was interrupted right after.
            continue;
        }
        now = match (edit::with(&now, way, raw), newer) {
            (Ok(with), _) => with,
            (Err(edit::EditFault::AlreadyThere), Newer::GivesWay) => match edit::replaced(&now, way, raw) {
                Ok(replaced) => replaced,
                Err(_) => return Ok(None),
            },
            (Err(_), _) => return Ok(None),
        };
    }
    Ok(Some(now))
}

/// Writes a file with an entry put back.
fn write_merged(item: &Item, folder: &Folder, now: &Look, text: &str) -> Result<(), Refusal> {
    let step = &item.step;
    let wrong = |error| Refusal::disk(&step.shown, error);
    let file = folder.write_new(&item.draft, text.as_bytes()).map_err(wrong)?;
    Folder::resemble(&file, now, false).map_err(wrong)?;
    let ours = Folder::seen(&file).map_err(wrong)?.identity;
    drop(file);
    match folder.exchange(&item.draft, &step.name) {
        Ok(()) => {
            if folder.look(&item.draft).map_err(wrong)? != Some(*now) {
                folder.exchange(&item.draft, &step.name).map_err(wrong)?;
                if folder.look(&item.draft).map_err(wrong)?.is_some_and(|look| look.identity == ours) {
                    folder.remove(&item.draft).map_err(wrong)?;
                }
                return Err(Refusal::Newer(vec![step.shown.clone()]));
            }
            folder.remove(&item.draft).map_err(wrong)?;
        }
        Err(error) if not_here(&error) => folder.replace(&item.draft, &step.name).map_err(wrong)?,
        Err(error) => return Err(wrong(error)),
    }
    folder.sync().map_err(wrong)
}

/// What is newer goes into the backup, under the item's number.
fn set_aside(item: &Item, folder: &Folder, kept: &Folder) -> Result<(), Refusal> {
    folder.move_to(&item.step.name, kept, &aside(item)).map_err(|error| Refusal::disk(&item.step.shown, error))
}

/// Something newer than this item gave way, now or earlier.
fn was_set_aside(item: &Item, receipt: &Folder) -> Result<bool, Refusal> {
    let Some(kept) = keep(item, receipt)? else { return Ok(false) };
    let seen = kept.look(&aside(item)).map_err(|error| Refusal::disk(&item.step.shown, error))?;
    Ok(seen.is_some())
}

fn aside(item: &Item) -> std::ffi::OsString {
    let mut name = item.kept.clone();
    name.push(".newer");
    name
}

/// What a file says, and which file it was that said it. `None`: it is not there, or no file, or far too large.
fn text(folder: &Folder, name: &std::ffi::OsStr, step: &crate::plan::Step) -> Result<Option<(Vec<u8>, Look)>, Refusal> {
    let wrong = |error| Refusal::disk(&step.shown, error);
    match folder.look(name).map_err(wrong)? {
        Some(look) if look.is_file() && look.size <= 2 * LARGEST_EDITED => {}
        _ => return Ok(None),
    }
    let (bytes, read) = match folder.read(name, 2 * LARGEST_EDITED) {
        Ok(read) => read,
        // It went, or became a link, in this moment.
        Err(_) if matches!(folder.look(name), Ok(look) if look.is_none_or(|look| !look.is_file())) => return Ok(None),
        Err(error) => return Err(wrong(error)),
    };
    Ok(read.is_file().then_some((bytes, read)))
}

/// The fingerprint of what a file says.
fn says(folder: &Folder, name: &std::ffi::OsStr, step: &crate::plan::Step) -> Result<Option<String>, Refusal> {
    Ok(text(folder, name, step)?.map(|(bytes, _)| fingerprint(&bytes)))
}

/// The way to a folder, without links. It may have been made anew since.
fn reach(place: &Place) -> Result<Folder, Refusal> {
    place.reach(false)
}

/// The same; a folder that is gone is made again, for its owner alone.
fn reach_or_make(place: &Place) -> Result<Folder, Refusal> {
    place.reach(true)
}

//! Where backups are kept: one private folder for each remedy, with its journal and the files as they were.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;

use crate::folder::Folder;
use crate::journal::{FILES, Item, JOURNAL, Journal, Keep, Mark};
use crate::place::Place;
use crate::plan::{Change, Level};
use crate::refusal::Refusal;
use crate::strain::{after, before};
use crate::undo;

/// So long a backup is kept: it holds sign-ins, and they should not lie about.
pub const KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);

const LOCK: &str = ".lock";
/// Where folders beside stores were about to be made.
const BESIDE: &str = "beside.json";

/// The backups of one user.
#[derive(Debug, Clone)]
pub struct Vault {
    home: PathBuf,
    folder: PathBuf,
}

/// A backup that is there.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct Backup {
    /// Its number: what Undo asks for.
    pub id: String,
    /// When it was made, in milliseconds since the Unix epoch.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub created_ms: u64,
    /// When it is deleted by itself, in milliseconds since the Unix epoch.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub expires_ms: u64,
    /// How much was forgotten.
    pub level: Level,
    /// It stopped half way: Undo brings back what was already gone.
    pub half_way: bool,
    /// What was changed.
    pub changes: Vec<Change>,
    /// The folder, as shown to a person.
    pub folder: String,
}

impl Vault {
    /// The backups in this folder. `home` is the user's: links below it are never followed.
    pub fn at(folder: impl Into<PathBuf>, home: impl Into<PathBuf>) -> Self {
        Self { home: home.into(), folder: folder.into() }
    }

    /// The backups where the app keeps its own things, below the user's home.
    pub fn below_home(home: impl Into<PathBuf>) -> Self {
        let home = home.into();
        let data = if cfg!(windows) {
            home.join("AppData").join("Local")
        } else if cfg!(target_os = "macos") {
            home.join("Library").join("Application Support")
        } else {
            home.join(".local").join("share")
        };
        Self { folder: data.join("mcp-auth-troubleshooter").join("backups"), home }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A path, as a person knows it.
    pub(crate) fn said(&self, path: &Path) -> String {
        crate::refusal::shown_below(path, &self.home)
    }

    pub(crate) fn home(&self) -> &Path {
        &self.home
    }

    /// What a crash left is put in order: what was not begun is dropped, what was half done becomes a backup to undo.
    /// Gives the backups that stopped half way.
    ///
    /// # Errors
    /// When the folder of the backups cannot be worked in.
    pub fn recover(&self) -> Result<Vec<Backup>, Refusal> {
        Ok(self.backups()?.into_iter().filter(|backup| backup.half_way).collect())
    }

    /// The backups that are there, newest first.
    ///
    /// # Errors
    /// When the folder of the backups cannot be worked in.
    pub fn backups(&self) -> Result<Vec<Backup>, Refusal> {
        if !self.exists() {
            return Ok(Vec::new());
        }
        let open = self.enter()?;
        let mut backups: Vec<Backup> = open
            .receipts()?
            .into_iter()
            .filter_map(|id| {
                let journal = open.journal(&id).ok()??.1;
                Some(Backup {
                    created_ms: journal.opening.created_ms,
                    expires_ms: expires(journal.opening.created_ms),
                    level: journal.opening.level,
                    half_way: !journal.has(Mark::Applied),
                    folder: crate::refusal::shown_below(&self.folder.join(&id), &self.home),
                    changes: journal.opening.changes,
                    id,
                })
            })
            .collect();
        backups.sort_by(|one, other| other.created_ms.cmp(&one.created_ms).then_with(|| other.id.cmp(&one.id)));
        Ok(backups)
    }

    /// Deletes the backups that are older than [`KEPT_FOR`], and says which.
    ///
    /// # Errors
    /// When the folder of the backups cannot be worked in.
    pub fn expire(&self, now: SystemTime) -> Result<Vec<String>, Refusal> {
        let now = milliseconds(now);
        let mut gone = Vec::new();
        for backup in self.backups()? {
            // What stopped half way is the only way back: it stays until somebody decides.
            if backup.expires_ms <= now && !backup.half_way {
                self.delete(&backup.id)?;
                gone.push(backup.id);
            }
        }
        Ok(gone)
    }

    /// Deletes a backup for good. What it would have brought back cannot be brought back any more.
    ///
    /// # Errors
    /// When there is no such backup, or it cannot be deleted.
    pub fn delete(&self, id: &str) -> Result<(), Refusal> {
        if !self.exists() {
            return Err(Refusal::NoReceipt(id.to_owned()));
        }
        let open = self.enter()?;
        let Some((folder, journal)) = open.journal(id)? else { return Err(Refusal::NoReceipt(id.to_owned())) };
        drop(folder);
        open.drop_receipt(id, Some(&journal))
    }

    fn exists(&self) -> bool {
        std::fs::symlink_metadata(&self.folder).is_ok()
    }

    /// Opens the folder, making it when it is not there, and keeps other copies of this program out until it is dropped.
    pub(crate) fn enter(&self) -> Result<Open, Refusal> {
        let own = self.folder.parent().unwrap_or(&self.folder);
        let parent = own.parent().unwrap_or(own);
        make_all(parent, &self.said(parent))?;
        // The folders above ours may be links of the user's own; ours are none.
        let above = std::fs::canonicalize(parent).map_err(|error| Refusal::disk(self.said(parent), error))?;
        let mut folder = Folder::start(&above).map_err(|error| Refusal::disk(self.said(parent), error))?;
        for path in [own, &self.folder] {
            let Some(name) = path.file_name() else { continue };
            folder = enter_or_make(&folder, name, &self.said(path))?;
        }
        let itself = folder.itself().map_err(|error| Refusal::disk(self.said(&self.folder), error))?;
        if !Folder::is_ours(&itself) {
            return Err(Refusal::OtherOwner(self.said(&self.folder)));
        }
        folder.close_to_others().map_err(|error| Refusal::disk(self.said(&self.folder), error))?;
        let lock = folder
            .lock_file(LOCK.as_ref())
            .map_err(|error| Refusal::disk(self.said(&self.folder.join(LOCK)), error))?;
        let mut tries = 0;
        loop {
            match lock.try_lock() {
                Ok(()) => break,
                // Another copy needs some milliseconds, not minutes.
                Err(std::fs::TryLockError::WouldBlock) if tries < 40 => {
                    tries += 1;
                    std::thread::sleep(Duration::from_millis(10));
                }
                Err(std::fs::TryLockError::WouldBlock) => return Err(Refusal::Busy),
                Err(std::fs::TryLockError::Error(error)) => {
                    return Err(Refusal::disk(self.said(&self.folder.join(LOCK)), error));
                }
            }
        }
        let open = Open { vault: self.clone(), folder, _lock: lock };
        open.tidy()?;
        Ok(open)
    }
}

fn enter_or_make(folder: &Folder, name: &OsStr, said: &str) -> Result<Folder, Refusal> {
    let wrong = |error| Refusal::disk(said, error);
    match folder.look(name).map_err(wrong)? {
        None => match folder.make_folder(name) {
            // Somebody else made it in this moment.
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => folder.enter(name).map_err(wrong),
            other => other.map_err(wrong),
        },
        Some(look) if look.is_link() => Err(Refusal::Link(said.to_owned())),
        Some(look) if !look.is_folder() => Err(Refusal::NotAFile(said.to_owned())),
        Some(_) => folder.enter(name).map_err(wrong),
    }
}

fn make_all(path: &Path, said: &str) -> Result<(), Refusal> {
    if path.is_dir() {
        return Ok(());
    }
    before("make-folder")
        .and_then(|()| std::fs::create_dir_all(path))
        .and_then(|()| after("make-folder"))
        .map_err(|error| Refusal::disk(said, error))
}

/// The folder of the backups, open, with others kept out.
#[derive(Debug)]
pub(crate) struct Open {
    pub vault: Vault,
    pub folder: Folder,
    _lock: File,
}

impl Open {
    /// The numbers of the receipts.
    pub fn receipts(&self) -> Result<Vec<String>, Refusal> {
        let names = self.folder.names().map_err(|error| Refusal::disk(self.vault.said(&self.vault.folder), error))?;
        Ok(names.into_iter().filter_map(|name| name.into_string().ok()).filter(|name| is_number(name)).collect())
    }

    /// A receipt's folder and journal. `None` when there is no such receipt, or its journal never was begun.
    pub fn journal(&self, id: &str) -> Result<Option<(Folder, Journal)>, Refusal> {
        let wrong = |error| Refusal::disk(self.vault.said(&self.vault.folder.join(id)), error);
        if !is_number(id) || self.folder.look(id.as_ref()).map_err(wrong)?.is_none() {
            return Ok(None);
        }
        let folder = self.folder.enter(id.as_ref()).map_err(wrong)?;
        Ok(Journal::read(&folder).map_err(wrong)?.map(|journal| (folder, journal)))
    }

    /// Puts in order what a crash left. What cannot be is left for Undo to say.
    fn tidy(&self) -> Result<(), Refusal> {
        for id in self.receipts()? {
            match self.journal(&id) {
                // Nothing is changed before the journal's first line is whole.
                Ok(None) => drop(self.drop_receipt(&id, None)),
                Ok(Some((folder, journal))) if journal.has(Mark::Deleting) || journal.has(Mark::Undone) => {
                    // Windows takes no folder away that is open.
                    drop(folder);
                    drop(self.drop_receipt(&id, Some(&journal)));
                }
                Ok(Some((folder, journal))) if !journal.has(Mark::Applied) => {
                    let mut untouched = true;
                    for item in &journal.opening.items {
                        untouched &= undo::tidy(item, &folder).unwrap_or(false);
                    }
                    drop(folder);
                    if untouched {
                        drop(self.drop_receipt(&id, Some(&journal)));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Takes a receipt away: the backups, then the journal, then the folder.
    pub fn drop_receipt(&self, id: &str, journal: Option<&Journal>) -> Result<(), Refusal> {
        let wrong = |error| Refusal::disk(self.vault.said(&self.vault.folder.join(id)), error);
        if let Some(journal) = journal {
            // Interrupted from here on, the next start goes on deleting. On a full disk there is no room for the mark; then
            // the next start finds that the backups are gone, which says the same.
            if !journal.has(Mark::Deleting) {
                let _ = self.folder.enter(id.as_ref()).and_then(|folder| Journal::mark(&folder, Mark::Deleting));
            }
            for item in &journal.opening.items {
                if let Keep::Beside { place } = &item.keep {
                    drop_beside(place, self.vault.home());
                }
            }
        }
        let folder = self.folder.enter(id.as_ref()).map_err(wrong)?;
        if folder.look(FILES.as_ref()).map_err(wrong)?.is_some_and(|look| look.is_folder()) {
            let files = folder.enter(FILES.as_ref()).map_err(wrong)?;
            // Without a journal nothing was moved in; what is there nevertheless is not ours to delete.
            if journal.is_some() {
                empty(&files).map_err(wrong)?;
            }
            drop(files);
            folder.remove_folder(FILES.as_ref()).map_err(wrong)?;
        }
        if let Ok((bytes, _)) = folder.read(BESIDE.as_ref(), 64 * 1024 * 1024) {
            for place in serde_json::from_slice::<Vec<Place>>(&bytes).unwrap_or_default() {
                // Only an empty one can be taken away.
                let _ = place.open().map(|beside| beside.remove_folder(&beside_name(id)));
            }
            folder.remove(BESIDE.as_ref()).map_err(wrong)?;
        }
        match folder.remove(JOURNAL.as_ref()) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(wrong(error)),
            _ => drop(folder),
        }
        self.folder.remove_folder(id.as_ref()).map_err(wrong)?;
        self.folder.sync().map_err(wrong)
    }

    /// Makes the folder of a new receipt, dated.
    pub fn make_receipt(&self, digest: &str, now: SystemTime) -> Result<(String, Folder), Refusal> {
        let stamp = jiff::Timestamp::try_from(now)
            .unwrap_or(jiff::Timestamp::UNIX_EPOCH)
            .strftime("%Y%m%dT%H%M%SZ")
            .to_string();
        let head = digest.get(..6).unwrap_or("000000");
        for again in 0..1000_u32 {
            let id = if again == 0 { format!("{stamp}-{head}") } else { format!("{stamp}-{head}-{again}") };
            match self.folder.make_folder(id.as_ref()) {
                Ok(folder) => {
                    let path = self.vault.folder.join(&id);
                    let made = folder
                        .make_folder(FILES.as_ref())
                        .map(drop)
                        .and_then(|()| folder.sync())
                        .and_then(|()| self.folder.sync());
                    return match made {
                        Ok(()) => Ok((id, folder)),
                        Err(error) => {
                            drop(folder);
                            let _ = self.drop_receipt(&id, None);
                            Err(Refusal::disk(self.vault.said(&path), error))
                        }
                    };
                }
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => {
                    // It may have been made all the same.
                    let _ = self.folder.remove_folder(id.as_ref());
                    return Err(Refusal::disk(self.vault.said(&self.vault.folder.join(id)), error));
                }
            }
        }
        Err(Refusal::Busy)
    }
}

/// The folder that holds an item's backup. `None`: it is gone, and so is the backup.
pub(crate) fn keep(item: &Item, receipt: &Folder) -> Result<Option<Folder>, Refusal> {
    let gone = |error: &std::io::Error| error.kind() == std::io::ErrorKind::NotFound;
    match &item.keep {
        Keep::Receipt => match receipt.enter(FILES.as_ref()) {
            Ok(folder) => Ok(Some(folder)),
            Err(error) if gone(&error) => Ok(None),
            Err(error) => Err(Refusal::disk(&item.step.shown, error)),
        },
        Keep::Beside { place } => match place.open() {
            Ok(folder) => Ok(Some(folder)),
            Err(Refusal::Gone(_)) => Ok(None),
            Err(why) => Err(why),
        },
    }
}

/// The folders in which a backup can be kept on a file's own disk: above the store where that is the same disk, and the
/// store itself.
pub(crate) fn beside_where(place: &Place, home: &Path) -> Vec<Place> {
    let above = place.above(home).and_then(Result::ok).filter(|above| above.identity.volume == place.identity.volume);
    above.into_iter().chain([place.clone()]).collect()
}

/// Writes down where folders beside stores are about to be made, so that a crash leaves none behind.
pub(crate) fn announce(receipt: &Folder, places: &[Place]) -> std::io::Result<()> {
    receipt.write_new(BESIDE.as_ref(), &serde_json::to_vec(places)?)?;
    receipt.sync()
}

/// A private folder on the file's own disk, for a backup that cannot be moved to ours.
pub(crate) fn beside(place: &Place, home: &Path, id: &str) -> Result<Place, Refusal> {
    let name = beside_name(id);
    let mut last = None;
    for candidate in beside_where(place, home) {
        let path = crate::refusal::shown_below(&candidate.path().join(&name), home);
        let folder = candidate.open()?;
        let made = match folder.make_folder(&name) {
            Ok(made) => made,
            // Made for another file of this remedy.
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                folder.enter(&name).map_err(|error| Refusal::disk(&path, error))?
            }
            Err(error) => {
                last = Some(Refusal::disk(&path, error));
                continue;
            }
        };
        folder.sync().map_err(|error| Refusal::disk(&path, error))?;
        let identity = made.identity().map_err(|error| Refusal::disk(&path, error))?;
        let mut below = candidate.below.clone();
        below.push(name);
        return Ok(Place { below, identity, ..candidate });
    }
    Err(last.unwrap_or(Refusal::NothingToDo))
}

fn beside_name(id: &str) -> OsString {
    format!(".mcp-auth-troubleshooter-backup-{id}").into()
}

/// Takes a folder beside a store away, with the backups in it. Only one that we made, by its name and identity.
pub(crate) fn drop_beside(place: &Place, home: &Path) {
    let ours = place
        .below
        .last()
        .and_then(|name| name.to_str())
        .is_some_and(|name| name.starts_with(".mcp-auth-troubleshooter-backup-"));
    let Ok(folder) = place.open() else { return };
    let (true, Some(Ok(above))) = (ours, place.above(home)) else { return };
    if empty(&folder).is_ok() {
        drop(folder);
        if let (Ok(above), Some(name)) = (above.open(), place.below.last()) {
            let _ = above.remove_folder(name);
        }
    }
}

/// Takes away what we put into a folder of ours.
fn empty(folder: &Folder) -> std::io::Result<()> {
    for name in folder.names()? {
        let ours = name.to_str().is_some_and(|name| {
            let number = name.strip_suffix(".newer").unwrap_or(name);
            !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
        });
        if ours {
            folder.remove(&name)?;
        }
    }
    Ok(())
}

/// The form of a receipt's number; nothing else is ever joined to a path.
fn is_number(id: &str) -> bool {
    (16..64).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && id.contains("Z-")
}

pub(crate) fn milliseconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

pub(crate) fn expires(created_ms: u64) -> u64 {
    created_ms.saturating_add(u64::try_from(KEPT_FOR.as_millis()).unwrap_or(u64::MAX))
}

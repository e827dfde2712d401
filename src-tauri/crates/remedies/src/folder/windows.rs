//! Folders on Windows: every folder on the way is held open and does not share its deletion, so none of them can be
//! renamed, removed or replaced by a junction while we work below it.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::windows::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use super::{Identity, Kind, Look};
use crate::strain::{after, before, reading};

const FILE_SHARE_READ: u32 = 1;
const FILE_SHARE_WRITE: u32 = 2;
const FILE_SHARE_DELETE: u32 = 4;
const FILE_LIST_DIRECTORY: u32 = 1;
const FILE_READ_ATTRIBUTES: u32 = 0x80;
/// Opens folders too.
const FILE_FLAG_BACKUP_SEMANTICS: u32 = 0x0200_0000;
/// Opens a link or a junction itself, never what it points to.
const FILE_FLAG_OPEN_REPARSE_POINT: u32 = 0x0020_0000;

/// An open folder, with every folder on the way to it.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    held: Vec<Arc<File>>,
}

impl Folder {
    /// Opens the folder from which a way starts. Links above it belong to the system and are followed.
    pub fn start(path: &Path) -> io::Result<Self> {
        reading("start")?;
        let handle = OpenOptions::new()
            .access_mode(FILE_LIST_DIRECTORY | FILE_READ_ATTRIBUTES)
            .share_mode(FILE_SHARE_READ | FILE_SHARE_WRITE)
            .custom_flags(FILE_FLAG_BACKUP_SEMANTICS)
            .open(path)?;
        Ok(Self { path: path.to_owned(), held: vec![Arc::new(handle)] })
    }

    /// Opens a folder in this one. A link or a junction is an error.
    pub fn enter(&self, name: &OsStr) -> io::Result<Self> {
        reading("enter")?;
        let path = self.path.join(name);
        let handle = OpenOptions::new()
            .access_mode(FILE_LIST_DIRECTORY | FILE_READ_ATTRIBUTES)
            .share_mode(FILE_SHARE_READ | FILE_SHARE_WRITE)
            .custom_flags(FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT)
            .open(&path)?;
        if !handle.metadata()?.file_type().is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        let mut held = self.held.clone();
        held.push(Arc::new(handle));
        Ok(Self { path, held })
    }

    /// Which folder it is.
    pub fn identity(&self) -> io::Result<Identity> {
        Ok(self.itself()?.identity)
    }

    /// What is known of itself.
    pub fn itself(&self) -> io::Result<Look> {
        self.held.last().map_or_else(|| Err(io::ErrorKind::NotFound.into()), |handle| look(handle))
    }

    /// What has this name, not following it.
    pub fn look(&self, name: &OsStr) -> io::Result<Option<Look>> {
        reading("look")?;
        let opened = OpenOptions::new()
            .access_mode(FILE_READ_ATTRIBUTES)
            .share_mode(FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)
            .custom_flags(FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT)
            .open(self.path.join(name));
        match opened {
            Ok(file) => look(&file).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads a file, at most so much of it, and says which file it was that was read.
    pub fn read(&self, name: &OsStr, most: u64) -> io::Result<(Vec<u8>, Look)> {
        reading("read")?;
        let file =
            OpenOptions::new().read(true).custom_flags(FILE_FLAG_OPEN_REPARSE_POINT).open(self.path.join(name))?;
        let seen = look(&file)?;
        let mut bytes = Vec::new();
        if seen.is_file() {
            (&file).take(most).read_to_end(&mut bytes)?;
        }
        Ok((bytes, seen))
    }

    /// Which file it is that is open.
    pub fn seen(file: &File) -> io::Result<Look> {
        look(file)
    }

    /// The names in it.
    pub fn names(&self) -> io::Result<Vec<OsString>> {
        reading("names")?;
        fs::read_dir(&self.path)?.map(|entry| Ok(entry?.file_name())).collect()
    }

    /// Makes a folder. What is below a user's profile is closed to others already.
    pub fn make_folder(&self, name: &OsStr) -> io::Result<Self> {
        before("make-folder")?;
        fs::create_dir(self.path.join(name))?;
        after("make-folder")?;
        self.enter(name)
    }

    /// What is below a user's profile is closed to others already.
    pub fn close_to_others(&self) -> io::Result<()> {
        Ok(())
    }

    /// Writes a new file and waits until it is on the disk. Nothing that is there is touched.
    pub fn write_new(&self, name: &OsStr, bytes: &[u8]) -> io::Result<File> {
        before("create")?;
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .custom_flags(FILE_FLAG_OPEN_REPARSE_POINT)
            .open(self.path.join(name))?;
        after("create")?;
        before("write")?;
        file.write_all(bytes)?;
        after("write")?;
        before("sync")?;
        file.sync_all()?;
        after("sync")?;
        Ok(file)
    }

    /// Opens a file of ours to write at its end.
    pub fn append(&self, name: &OsStr) -> io::Result<File> {
        OpenOptions::new().append(true).custom_flags(FILE_FLAG_OPEN_REPARSE_POINT).open(self.path.join(name))
    }

    /// Opens, or makes, a file of ours to hold a lock on.
    pub fn lock_file(&self, name: &OsStr) -> io::Result<File> {
        before("lock-file")?;
        OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .custom_flags(FILE_FLAG_OPEN_REPARSE_POINT)
            .open(self.path.join(name))
    }

    /// Gives a file the read-only mark and the time that another had.
    pub fn resemble(file: &File, like: &Look, time_too: bool) -> io::Result<()> {
        before("resemble")?;
        if time_too {
            let (seconds, nanoseconds) = like.modified;
            let since = std::time::Duration::new(u64::try_from(seconds).unwrap_or(0), nanoseconds);
            file.set_modified(UNIX_EPOCH + since)?;
        }
        if like.mode & READ_ONLY != 0 {
            let mut permissions = file.metadata()?.permissions();
            permissions.set_readonly(true);
            file.set_permissions(permissions)?;
        }
        after("resemble")
    }

    /// Moves a file out of this folder under a name that is free there. Looked at first: this
    /// system replaces what is there otherwise.
    pub fn move_to(&self, name: &OsStr, target: &Self, free: &OsStr) -> io::Result<()> {
        before("move")?;
        if target.look(free)?.is_some() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        fs::rename(self.path.join(name), target.path.join(free))?;
        after("move")
    }

    /// Puts a file under a name that may be taken: what was there is gone.
    pub fn replace(&self, name: &OsStr, taken: &OsStr) -> io::Result<()> {
        before("replace")?;
        fs::rename(self.path.join(name), self.path.join(taken))?;
        after("replace")
    }

    /// Lets two names change places in one step: not on this system.
    pub fn exchange(&self, _one: &OsStr, _other: &OsStr) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Gives a file a second name in another folder. Not every disk can.
    pub fn link_to(&self, name: &OsStr, target: &Self, free: &OsStr) -> io::Result<()> {
        before("second-name")?;
        fs::hard_link(self.path.join(name), target.path.join(free))?;
        after("second-name")
    }

    /// Takes a name away.
    pub fn remove(&self, name: &OsStr) -> io::Result<()> {
        before("remove")?;
        let path = self.path.join(name);
        match fs::remove_file(&path) {
            // A file with the read-only mark has to lose it first.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                let mut permissions = fs::symlink_metadata(&path)?.permissions();
                if !permissions.readonly() {
                    return Err(error);
                }
                #[allow(
                    clippy::permissions_set_readonly_false,
                    reason = "on Windows this is the read-only mark alone"
                )]
                permissions.set_readonly(false);
                fs::set_permissions(&path, permissions)?;
                fs::remove_file(&path)?;
            }
            other => other?,
        }
        after("remove")
    }

    /// Takes an empty folder away.
    pub fn remove_folder(&self, name: &OsStr) -> io::Result<()> {
        before("remove-folder")?;
        fs::remove_dir(self.path.join(name))?;
        after("remove-folder")
    }

    /// Names are on the disk as soon as the system says so.
    pub fn sync(&self) -> io::Result<()> {
        before("sync-folder")?;
        after("sync-folder")
    }

    /// What is below a user's profile is that user's; the system itself refuses otherwise.
    pub fn is_ours(_look: &Look) -> bool {
        true
    }
}

const READ_ONLY: u32 = 1;
const FILE_ATTRIBUTE_REPARSE_POINT: u64 = 0x400;

fn look(file: &File) -> io::Result<Look> {
    let information = winapi_util::file::information(file)?;
    let metadata = file.metadata()?;
    let kind = if metadata.file_type().is_symlink() {
        Kind::Link
    } else if metadata.is_dir() {
        Kind::Folder
    } else if metadata.is_file() {
        Kind::File
    } else if information.file_attributes() & FILE_ATTRIBUTE_REPARSE_POINT != 0 {
        Kind::Link
    } else {
        Kind::Other
    };
    let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    Ok(Look {
        identity: Identity { volume: information.volume_serial_number(), file: information.file_index() },
        kind,
        size: information.file_size(),
        modified: (i64::try_from(modified.as_secs()).unwrap_or(0), modified.subsec_nanos()),
        mode: u32::from(metadata.permissions().readonly()),
        owner: 0,
    })
}

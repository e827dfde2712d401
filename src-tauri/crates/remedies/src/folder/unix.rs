//! Folders by handle on Unix.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, RenameFlags, Stat};

use super::{Identity, Kind, Look};
use crate::strain::{after, before, reading};

/// An open folder.
#[derive(Debug)]
pub(crate) struct Folder {
    handle: OwnedFd,
}

impl Folder {
    /// Opens the folder from which a way starts. Links above it belong to the system and are followed.
    pub fn start(path: &Path) -> io::Result<Self> {
        reading("start")?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Self { handle: rustix::fs::openat(CWD, path, flags, Mode::empty())? })
    }

    /// Opens a folder in this one. A link is an error.
    pub fn enter(&self, name: &OsStr) -> io::Result<Self> {
        reading("enter")?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(Self { handle: rustix::fs::openat(&self.handle, name, flags, Mode::empty())? })
    }

    /// Which folder it is.
    pub fn identity(&self) -> io::Result<Identity> {
        Ok(look(&rustix::fs::fstat(&self.handle)?).identity)
    }

    /// Its own mode and owner.
    pub fn itself(&self) -> io::Result<Look> {
        Ok(look(&rustix::fs::fstat(&self.handle)?))
    }

    /// What has this name, not following it.
    pub fn look(&self, name: &OsStr) -> io::Result<Option<Look>> {
        reading("look")?;
        match rustix::fs::statat(&self.handle, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(look(&stat))),
            Err(rustix::io::Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Reads a file, at most so much of it, and says which file it was that was read.
    pub fn read(&self, name: &OsStr, most: u64) -> io::Result<(Vec<u8>, Look)> {
        reading("read")?;
        // Not blocking: a pipe in place of the file must not hold us.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = File::from(rustix::fs::openat(&self.handle, name, flags, Mode::empty())?);
        let seen = look(&rustix::fs::fstat(&file)?);
        let mut bytes = Vec::new();
        if seen.is_file() {
            (&file).take(most).read_to_end(&mut bytes)?;
        }
        Ok((bytes, seen))
    }

    /// Which file it is that is open.
    pub fn seen(file: &File) -> io::Result<Look> {
        Ok(look(&rustix::fs::fstat(file)?))
    }

    /// The names in it.
    pub fn names(&self) -> io::Result<Vec<OsString>> {
        reading("names")?;
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.handle)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                names.push(OsStr::from_bytes(name).to_owned());
            }
        }
        Ok(names)
    }

    /// Makes a folder that only its owner can enter.
    pub fn make_folder(&self, name: &OsStr) -> io::Result<Self> {
        before("make-folder")?;
        rustix::fs::mkdirat(&self.handle, name, Mode::from_raw_mode(0o700))?;
        after("make-folder")?;
        self.enter(name)
    }

    /// Keeps all others out of it.
    pub fn close_to_others(&self) -> io::Result<()> {
        Ok(rustix::fs::fchmod(&self.handle, Mode::from_raw_mode(0o700))?)
    }

    /// Writes a new file that only its owner can read, and waits until it is on the disk. Nothing that is there is touched.
    pub fn write_new(&self, name: &OsStr, bytes: &[u8]) -> io::Result<File> {
        before("create")?;
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut file = File::from(rustix::fs::openat(&self.handle, name, flags, Mode::from_raw_mode(0o600))?);
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
        let flags = OFlags::WRONLY | OFlags::APPEND | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(File::from(rustix::fs::openat(&self.handle, name, flags, Mode::empty())?))
    }

    /// Opens, or makes, a file of ours to hold a lock on.
    pub fn lock_file(&self, name: &OsStr) -> io::Result<File> {
        before("lock-file")?;
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(File::from(rustix::fs::openat(&self.handle, name, flags, Mode::from_raw_mode(0o600))?))
    }

    /// Gives a file the permissions and the time that another had.
    pub fn resemble(file: &File, like: &Look, time_too: bool) -> io::Result<()> {
        before("resemble")?;
        // rustix's raw mode is narrower on macOS.
        #[allow(clippy::unnecessary_cast, reason = "its width differs between systems")]
        rustix::fs::fchmod(file, Mode::from_raw_mode((like.mode & 0o7777) as rustix::fs::RawMode))?;
        if time_too {
            file.set_modified(time(like.modified))?;
        }
        after("resemble")
    }

    /// Moves a file out of this folder under a name that is free there. It is never put over another.
    pub fn move_to(&self, name: &OsStr, target: &Self, free: &OsStr) -> io::Result<()> {
        before("move")?;
        match rustix::fs::renameat_with(&self.handle, name, &target.handle, free, RenameFlags::NOREPLACE) {
            Ok(()) => {}
            // Disks that do not know the flag: looked at first instead.
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS | rustix::io::Errno::NOTSUP) => {
                if target.look(free)?.is_some() {
                    return Err(io::ErrorKind::AlreadyExists.into());
                }
                rustix::fs::renameat(&self.handle, name, &target.handle, free)?;
            }
            Err(error) => return Err(error.into()),
        }
        after("move")
    }

    /// Puts a file under a name that may be taken: what was there is gone.
    pub fn replace(&self, name: &OsStr, taken: &OsStr) -> io::Result<()> {
        before("replace")?;
        rustix::fs::renameat(&self.handle, name, &self.handle, taken)?;
        after("replace")
    }

    /// Lets two names change places in one step. Not every disk can.
    pub fn exchange(&self, one: &OsStr, other: &OsStr) -> io::Result<()> {
        before("exchange")?;
        rustix::fs::renameat_with(&self.handle, one, &self.handle, other, RenameFlags::EXCHANGE)?;
        after("exchange")
    }

    /// Gives a file a second name in another folder. Not every disk can.
    pub fn link_to(&self, name: &OsStr, target: &Self, free: &OsStr) -> io::Result<()> {
        before("second-name")?;
        rustix::fs::linkat(&self.handle, name, &target.handle, free, AtFlags::empty())?;
        after("second-name")
    }

    /// Takes a name away.
    pub fn remove(&self, name: &OsStr) -> io::Result<()> {
        before("remove")?;
        rustix::fs::unlinkat(&self.handle, name, AtFlags::empty())?;
        after("remove")
    }

    /// Takes an empty folder away.
    pub fn remove_folder(&self, name: &OsStr) -> io::Result<()> {
        before("remove-folder")?;
        rustix::fs::unlinkat(&self.handle, name, AtFlags::REMOVEDIR)?;
        after("remove-folder")
    }

    /// Waits until the names in it are on the disk.
    pub fn sync(&self) -> io::Result<()> {
        before("sync-folder")?;
        let file = File::from(self.handle.try_clone()?);
        match file.sync_all() {
            // Some disks have nothing to wait for in a folder.
            Err(error) if !super::not_here(&error) => return Err(error),
            _ => {}
        }
        after("sync-folder")
    }

    /// Whether a file is our own user's.
    pub fn is_ours(look: &Look) -> bool {
        look.owner == rustix::process::geteuid().as_raw()
    }
}

#[allow(clippy::unnecessary_cast, clippy::cast_possible_wrap, reason = "the widths differ between systems")]
fn look(stat: &Stat) -> Look {
    let kind = match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Folder,
        FileType::Symlink => Kind::Link,
        _ => Kind::Other,
    };
    Look {
        identity: Identity { volume: stat.st_dev as u64, file: stat.st_ino as u64 },
        kind,
        size: u64::try_from(stat.st_size).unwrap_or(0),
        modified: (stat.st_mtime as i64, u32::try_from(stat.st_mtime_nsec).unwrap_or(0)),
        mode: stat.st_mode as u32 & 0o7777,
        owner: stat.st_uid,
    }
}

fn time((seconds, nanoseconds): (i64, u32)) -> std::time::SystemTime {
    let whole = std::time::Duration::from_secs(seconds.unsigned_abs());
    let epoch = std::time::UNIX_EPOCH;
    let at = if seconds < 0 { epoch.checked_sub(whole) } else { epoch.checked_add(whole) };
    at.unwrap_or(epoch) + std::time::Duration::from_nanos(u64::from(nanoseconds))
}

//! A folder that was opened once and is worked in by its handle: whatever happens to the path afterwards, what is done
//! here is done in this folder, and no name in it is followed when it is a link.
//!
//! Both systems have the same operations. Unix has them all by handle (`openat`, `renameat`); Windows keeps every folder
//! on the way open without sharing deletion, so that none of them can be replaced while we are in it.

use std::io;

use serde::{Deserialize, Serialize};

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use unix::Folder;
#[cfg(windows)]
pub(crate) use windows::Folder;

/// Which file or folder it is, whatever it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Identity {
    pub volume: u64,
    pub file: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    File,
    Folder,
    Link,
    Other,
}

/// What can be seen of a file without opening it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Look {
    pub identity: Identity,
    pub kind: Kind,
    pub size: u64,
    /// Seconds and nanoseconds since the Unix epoch.
    pub modified: (i64, u32),
    /// The permission bits (Unix), or the read-only mark (Windows).
    pub mode: u32,
    pub owner: u32,
}

impl Look {
    pub fn is_file(self) -> bool {
        self.kind == Kind::File
    }

    pub fn is_folder(self) -> bool {
        self.kind == Kind::Folder
    }

    pub fn is_link(self) -> bool {
        self.kind == Kind::Link
    }

    /// Milliseconds since the Unix epoch.
    pub fn modified_ms(self) -> u64 {
        u64::try_from(self.modified.0).unwrap_or(0).saturating_mul(1000) + u64::from(self.modified.1 / 1_000_000)
    }
}

/// The system has no such operation on this disk; there is another way.
pub(crate) fn not_here(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::InvalidInput)
        || cfg!(unix) && error.kind() == io::ErrorKind::PermissionDenied && error.raw_os_error() == Some(1)
}

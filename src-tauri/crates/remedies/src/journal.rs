//! The journal of one remedy: everything that Undo needs, on the disk before anything is changed.
//!
//! One line of JSON each. The first says what is about to be done; the rest are marks. What was really done is read from
//! the disk, not from the marks, so a journal that ends in the middle of a line is as good as a whole one.

use std::ffi::OsString;
use std::io::Write;

use serde::{Deserialize, Serialize};

use crate::folder::Folder;
use crate::lossless;
use crate::place::Place;
use crate::plan::{Change, Level, Step};
use crate::strain::{after, before};

pub(crate) const JOURNAL: &str = "journal.jsonl";
pub(crate) const FILES: &str = "files";

/// The first line.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Opening {
    pub schema: u32,
    pub id: String,
    pub created_ms: u64,
    pub level: Level,
    pub changes: Vec<Change>,
    pub items: Vec<Item>,
}

/// One step, and where its backup goes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Item {
    pub step: Step,
    /// The folder of the backup.
    pub keep: Keep,
    /// The file's name in it.
    #[serde(with = "lossless::name")]
    pub kept: OsString,
    /// The name beside the file under which its new text is written first.
    #[serde(with = "lossless::name")]
    pub draft: OsString,
}

/// Where a backup is: in the receipt's own folder, or on the file's own disk when that is another one.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "kebab-case")]
pub(crate) enum Keep {
    Receipt,
    Beside { place: Place },
}

/// A mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Mark {
    /// All of it was done.
    Applied,
    /// All of it was undone.
    Undone,
    /// The backup is being deleted.
    Deleting,
    /// The entries of this item are back in a file that others had written since. The disk alone would not say so once the
    /// backup is gone.
    Back(usize),
}

/// A journal as it was read.
#[derive(Debug, Clone)]
pub(crate) struct Journal {
    pub opening: Opening,
    pub marks: Vec<Mark>,
}

impl Journal {
    /// Writes the first line of a new journal and waits for the disk.
    pub fn open(folder: &Folder, opening: &Opening) -> std::io::Result<()> {
        let mut line = serde_json::to_vec(opening)?;
        line.push(b'\n');
        folder.write_new(JOURNAL.as_ref(), &line)?;
        folder.sync()
    }

    /// Adds a mark and waits for the disk.
    pub fn mark(folder: &Folder, mark: Mark) -> std::io::Result<()> {
        before("mark")?;
        let mut file = folder.append(JOURNAL.as_ref())?;
        // A line of its own, whatever a crash left before it.
        let mut line = b"\n".to_vec();
        line.extend(serde_json::to_vec(&mark)?);
        line.push(b'\n');
        file.write_all(&line)?;
        file.sync_all()?;
        after("mark")
    }

    /// Reads a journal. `None`: its first line never was whole, so nothing was changed after it.
    pub fn read(folder: &Folder) -> std::io::Result<Option<Self>> {
        const MOST: u64 = 64 * 1024 * 1024;
        let bytes = match folder.read(JOURNAL.as_ref(), MOST) {
            Ok((bytes, look)) if look.is_file() => bytes,
            Ok(_) => return Ok(None),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut lines = bytes.split(|byte| *byte == b'\n');
        let Some(opening) = lines.next().and_then(|line| serde_json::from_slice::<Opening>(line).ok()) else {
            return Ok(None);
        };
        let marks = lines.filter_map(|line| serde_json::from_slice(line).ok()).collect();
        Ok(Some(Self { opening, marks }))
    }

    pub fn has(&self, mark: Mark) -> bool {
        self.marks.contains(&mark)
    }
}

//! Why something was not done. Every one is a sentence that a person can act on; none carries what a file holds.

use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

/// Why a remedy was not applied, or not undone.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// What was agreed to is not this plan.
    #[error("What is stored has changed since you looked. Nothing was changed. Look again, then decide.")]
    NotAgreed,
    /// A file is not what it was when the plan was made.
    #[error("{0} has changed since you looked. Nothing was changed. Look again, then decide.")]
    Changed(String),
    /// It was there when the plan was made, or should be there, and is not.
    #[error("{0} is not there (any more). Nothing was changed. Look again, then decide.")]
    Gone(String),
    /// A link stands where a file or a folder of the client should be.
    #[error("{0} is a link to another place. Links are not followed, so nothing was changed.")]
    Link(String),
    /// Not a file (or not a folder) at all.
    #[error("{0} is not an ordinary file. Nothing was changed.")]
    NotAFile(String),
    /// The name is none that this client gives to what may be forgotten.
    #[error("{0} is not a file that the client keeps a sign-in in. Nothing was changed.")]
    NotOnTheList(String),
    /// Another user's.
    #[error("{0} belongs to another user of this computer. Nothing was changed.")]
    OtherOwner(String),
    /// Larger than any file of this kind should be.
    #[error("{0} is far larger than a file of this kind should be. Nothing was changed.")]
    TooLarge(String),
    /// The file cannot be understood well enough to take one entry out of it.
    #[error("{path} could not be understood ({why}), so nothing was taken out of it.")]
    NotUnderstood {
        /// The file.
        path: String,
        /// Why, as a clause.
        why: String,
    },
    /// All that was found stays, and this is why.
    #[error("{0}")]
    LeftAlone(String),
    /// There is nothing to do.
    #[error("Nothing of this kind is stored, so there is nothing to clear.")]
    NothingToDo,
    /// The fault is not there.
    #[error("{0} has no such fault (any more), so there is nothing to correct.")]
    NothingToRepair(String),
    /// The disk does not take changes.
    #[error("{0} is on a disk that cannot be changed (read-only). Nothing was changed.")]
    ReadOnly(String),
    /// The disk is full.
    #[error("The disk has no space left for a backup of {0}. Nothing was changed. Make some room, then try again.")]
    NoSpace(String),
    /// The system does not let us.
    #[error("This system does not allow a change to {0} (permission denied). Nothing was changed.")]
    Denied(String),
    /// A program has it open in a way that keeps others out (Windows).
    #[error("{0} is in use by another program. Nothing was changed. Quit the client, then try again.")]
    InUse(String),
    /// Anything else that the disk says.
    #[error("{path} could not be worked on: {}. Nothing was changed.", in_words(source))]
    Disk {
        /// Where.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// It stopped half way, and going back failed as well.
    #[error("It stopped half way: {why}. Undo brings everything back (receipt {receipt}).")]
    HalfWay {
        /// The receipt to undo.
        receipt: String,
        /// What stopped it, as a clause.
        why: String,
    },
    /// Undo brought some of it back and could not bring back the rest.
    #[error("Only a part is back: {why}. The rest is still in the backup. Put that right, then undo once more.")]
    PartlyBack {
        /// What kept the rest away, as a clause.
        why: String,
    },
    /// Another copy of this program is at it.
    #[error("Another window of this app, or mcp-auth-check, is changing something right now. Try again in a moment.")]
    Busy,
    /// No such receipt.
    #[error("There is no backup with the number {0}. It may have been undone, or deleted.")]
    NoReceipt(String),
    /// There is no backup at all.
    #[error("There is no backup, so there is nothing to bring back.")]
    NothingToUndo,
    /// Undo would replace something newer.
    #[error("{} newer than the backup: {}. Undo would replace it. Nothing was changed.", if .0.len() == 1 { "This is" } else { "These are" }, .0.join(", "))]
    Newer(Vec<String>),
    /// The backup itself was tampered with or deleted.
    #[error("The backup of {0} is not there any more, or was changed. It was not put back.")]
    BackupGone(String),
}

impl Refusal {
    /// A stable word, kebab-case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAgreed => "not-agreed",
            Self::Changed(_) => "changed",
            Self::Gone(_) => "gone",
            Self::Link(_) => "link",
            Self::NotAFile(_) => "not-a-file",
            Self::NotOnTheList(_) => "not-on-the-list",
            Self::OtherOwner(_) => "other-owner",
            Self::TooLarge(_) => "too-large",
            Self::NotUnderstood { .. } => "not-understood",
            Self::LeftAlone(_) => "left-alone",
            Self::NothingToDo => "nothing-to-do",
            Self::NothingToRepair(_) => "nothing-to-repair",
            Self::ReadOnly(_) => "read-only",
            Self::NoSpace(_) => "no-space",
            Self::Denied(_) => "denied",
            Self::InUse(_) => "in-use",
            Self::Disk { .. } => "disk",
            Self::HalfWay { .. } => "half-way",
            Self::PartlyBack { .. } => "partly-back",
            Self::Busy => "busy",
            Self::NoReceipt(_) => "no-receipt",
            Self::NothingToUndo => "nothing-to-undo",
            Self::Newer(_) => "newer",
            Self::BackupGone(_) => "backup-gone",
        }
    }

    /// What stopped it, without "Nothing was changed": for when something was.
    pub(crate) fn clause(&self) -> String {
        let sentence = self.to_string();
        let ends = [" Nothing was changed", " It was not put back"];
        let clause = ends.iter().filter_map(|end| sentence.find(end)).min().map_or(&*sentence, |at| &sentence[..at]);
        clause.trim_end_matches('.').to_owned()
    }

    /// The sentence for what the disk said about a path.
    pub(crate) fn disk(path: impl AsRef<Path>, source: io::Error) -> Self {
        let path = shown(path.as_ref());
        // ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION.
        if cfg!(windows) && matches!(source.raw_os_error(), Some(32 | 33)) {
            return Self::InUse(path);
        }
        match source.kind() {
            io::ErrorKind::NotFound => Self::Gone(path),
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly(path),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::NoSpace(path),
            io::ErrorKind::PermissionDenied => Self::Denied(path),
            _ => Self::Disk { path, source },
        }
    }
}

/// What the system says, without its number.
fn in_words(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

impl Serialize for Refusal {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut state = serializer.serialize_struct("Refusal", 2)?;
        state.serialize_field("code", self.code())?;
        state.serialize_field("message", &self.to_string())?;
        state.end()
    }
}

/// A path for a person. What is not text is shown with marks in its place.
pub(crate) fn shown(path: &Path) -> String {
    let text = path.to_string_lossy();
    // Windows: the long form that canonical paths have.
    text.strip_prefix(r"\\?\").unwrap_or(&text).to_owned()
}

/// A path below the home, for a person: `~/…`.
pub(crate) fn shown_below(path: &Path, home: &Path) -> String {
    match path.strip_prefix(home) {
        Ok(rest) if rest.as_os_str().is_empty() => "~".to_owned(),
        Ok(rest) => format!("~/{}", rest.to_string_lossy().replace('\\', "/")),
        Err(_) => shown(path),
    }
}

/// A path that was shown as `~/…`, as a path again.
pub(crate) fn meant(shown: &str, home: &Path) -> PathBuf {
    let separator = |character: char| character == '/' || cfg!(windows) && character == '\\';
    match shown.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with(separator)) {
        Some(rest) => {
            rest.split(separator).filter(|part| !part.is_empty()).fold(home.to_owned(), |path, part| path.join(part))
        }
        None => PathBuf::from(shown),
    }
}

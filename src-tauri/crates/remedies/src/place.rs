//! Where a folder is, so surely that a link or another folder put in its place is noticed.

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::folder::{Folder, Identity};
use crate::lossless;
use crate::refusal::{Refusal, shown};

/// A folder: a place to start from, which may be reached through links of the system (`/home`, `/tmp` and the like), and
/// the way below it, on which no link is ever followed. Both ends are known by their identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    #[serde(with = "lossless::path")]
    pub anchor: PathBuf,
    pub anchor_identity: Identity,
    #[serde(with = "lossless::names")]
    pub below: Vec<OsString>,
    pub identity: Identity,
}

impl Place {
    /// Finds a folder. Below the home no link is followed; a folder elsewhere must not be a link itself.
    pub fn find(folder: &Path, home: &Path) -> Result<Self, Refusal> {
        let (anchor, rest) = match folder.strip_prefix(home) {
            Ok(rest) => (home, rest),
            Err(_) => {
                let parent = folder.parent().ok_or_else(|| Refusal::NotAFile(shown(folder)))?;
                (parent, folder.strip_prefix(parent).unwrap_or(folder))
            }
        };
        let mut below = Vec::new();
        for part in rest.components() {
            match part {
                Component::Normal(name) => below.push(name.to_owned()),
                Component::CurDir => {}
                _ => return Err(Refusal::NotAFile(shown(folder))),
            }
        }
        let anchor = std::fs::canonicalize(anchor).map_err(|error| Refusal::disk(anchor, error))?;
        let start = Folder::start(&anchor).map_err(|error| Refusal::disk(&anchor, error))?;
        let anchor_identity = start.identity().map_err(|error| Refusal::disk(&anchor, error))?;
        let reached = walk(start, &anchor, &below)?;
        let identity = reached.identity().map_err(|error| Refusal::disk(folder, error))?;
        Ok(Self { anchor, anchor_identity, below, identity })
    }

    /// Opens it again. What is not the very same folder is refused.
    pub fn open(&self) -> Result<Folder, Refusal> {
        let start = Folder::start(&self.anchor).map_err(|error| Refusal::disk(&self.anchor, error))?;
        let here = start.identity().map_err(|error| Refusal::disk(&self.anchor, error))?;
        if here != self.anchor_identity {
            return Err(Refusal::Changed(shown(&self.anchor)));
        }
        let reached = walk(start, &self.anchor, &self.below)?;
        let here = reached.identity().map_err(|error| Refusal::disk(self.path(), error))?;
        if here != self.identity {
            return Err(Refusal::Changed(shown(&self.path())));
        }
        Ok(reached)
    }

    /// Goes there without following links, whether or not it is the very same folder: what is put back belongs there.
    pub fn reach(&self, make: bool) -> Result<Folder, Refusal> {
        let mut folder = Folder::start(&self.anchor).map_err(|error| Refusal::disk(&self.anchor, error))?;
        let mut path = self.anchor.clone();
        for name in &self.below {
            path.push(name);
            if make && matches!(folder.look(name), Ok(None)) {
                folder = folder.make_folder(name).map_err(|error| Refusal::disk(&path, error))?;
            } else {
                folder = walk(folder, path.parent().unwrap_or(&self.anchor), std::slice::from_ref(name))?;
            }
        }
        Ok(folder)
    }

    /// The path, for words.
    pub fn path(&self) -> PathBuf {
        self.below.iter().fold(self.anchor.clone(), |path, name| path.join(name))
    }

    /// The folder above it, unless it is where we start from.
    pub fn above(&self, home: &Path) -> Option<Result<Self, Refusal>> {
        let _ = self.below.last()?;
        let path = self.path();
        let parent = path.parent()?;
        Some(Self::find(parent, home))
    }
}

fn walk(start: Folder, anchor: &Path, below: &[OsString]) -> Result<Folder, Refusal> {
    let mut folder = start;
    let mut path = anchor.to_owned();
    for name in below {
        path.push(name);
        folder = match folder.enter(name) {
            Ok(inner) => inner,
            Err(error) => {
                return Err(match folder.look(name) {
                    Ok(Some(look)) if look.is_link() => Refusal::Link(shown(&path)),
                    Ok(Some(look)) if !look.is_folder() => Refusal::NotAFile(shown(&path)),
                    _ => Refusal::disk(&path, error),
                });
            }
        };
    }
    Ok(folder)
}

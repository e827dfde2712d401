//! Where a folder is, so surely that a link or another folder put in its place is noticed.

use std::ffi::{OsStr, OsString};
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::folder::{Folder, Identity};
use crate::lossless;
use crate::refusal::{Refusal, shown, shown_below};

/// A folder: a place to start from, which may be reached through links of the system (`/home`, `/tmp` and the like), and
/// the way below it, on which no link is ever followed. Both ends are known by their identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    #[serde(with = "lossless::path")]
    pub anchor: PathBuf,
    pub anchor_identity: Identity,
    /// It is the user's home: a person knows it as `~`.
    #[serde(default)]
    pub at_home: bool,
    #[serde(with = "lossless::names")]
    pub below: Vec<OsString>,
    pub identity: Identity,
}

impl Place {
    /// Finds a folder. Below the home no link is followed; a folder elsewhere must not be a link itself.
    pub fn find(folder: &Path, home: &Path) -> Result<Self, Refusal> {
        let at_home = folder.starts_with(home);
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
        let reached = walk(start, &anchor, &below, at_home)?;
        let identity = reached.identity().map_err(|error| Refusal::disk(folder, error))?;
        Ok(Self { anchor, anchor_identity, at_home, below, identity })
    }

    /// Opens it again. What is not the very same folder is refused.
    pub fn open(&self) -> Result<Folder, Refusal> {
        let start = Folder::start(&self.anchor).map_err(|error| Refusal::disk(&self.anchor, error))?;
        let here = start.identity().map_err(|error| Refusal::disk(&self.anchor, error))?;
        if here != self.anchor_identity {
            return Err(Refusal::Changed(shown(&self.anchor)));
        }
        let reached = walk(start, &self.anchor, &self.below, self.at_home)?;
        let here = reached.identity().map_err(|error| Refusal::disk(self.said(), error))?;
        if here != self.identity {
            return Err(Refusal::Changed(self.said()));
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
                let said = said(&path, &self.anchor, self.at_home);
                folder = folder.make_folder(name).map_err(|error| Refusal::disk(said, error))?;
            } else {
                folder = step(folder, name, &said(&path, &self.anchor, self.at_home))?;
            }
        }
        Ok(folder)
    }

    /// The path, for words.
    pub fn path(&self) -> PathBuf {
        self.below.iter().fold(self.anchor.clone(), |path, name| path.join(name))
    }

    /// The path, as a person knows it.
    pub fn said(&self) -> String {
        said(&self.path(), &self.anchor, self.at_home)
    }

    /// The folder above it, unless it is where we start from.
    pub fn above(&self, home: &Path) -> Option<Result<Self, Refusal>> {
        let _ = self.below.last()?;
        let path = self.path();
        let parent = path.parent()?;
        Some(Self::find(parent, home))
    }
}

fn said(path: &Path, anchor: &Path, at_home: bool) -> String {
    if at_home { shown_below(path, anchor) } else { shown(path) }
}

fn walk(start: Folder, anchor: &Path, below: &[OsString], at_home: bool) -> Result<Folder, Refusal> {
    let mut folder = start;
    let mut path = anchor.to_owned();
    for name in below {
        path.push(name);
        folder = step(folder, name, &said(&path, anchor, at_home))?;
    }
    Ok(folder)
}

fn step(folder: Folder, name: &OsStr, said: &str) -> Result<Folder, Refusal> {
    folder.enter(name).map_err(|error| match folder.look(name) {
        Ok(Some(look)) if look.is_link() => Refusal::Link(said.to_owned()),
        Ok(Some(look)) if !look.is_folder() => Refusal::NotAFile(said.to_owned()),
        _ => Refusal::disk(said, error),
    })
}

//! What was checked, found and changed on this computer: a short list, kept here only, without secrets, clearable. And the
//! one file that a person asks the app to write: a report.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use mcp_auth_diagnosis::language::Language;
use mcp_auth_diagnosis::redact;
use mcp_auth_diagnosis::report::State;
use serde::{Deserialize, Serialize};

/// One line of the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct HistoryEntry {
    /// Unique within the history.
    pub id: String,
    /// When, in milliseconds since the Unix epoch.
    pub when: u64,
    /// What it was.
    pub kind: HistoryKind,
    /// The server, when it was about one.
    pub server: Option<String>,
    /// What was found or done, in one sentence.
    pub title: String,
    /// The language of that sentence.
    #[serde(default)]
    pub language: Language,
    /// The state that a check ended with.
    pub state: Option<State>,
}

/// What a line of the history is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum HistoryKind {
    /// A server was checked.
    Check,
    /// Something on this computer was changed, or brought back.
    Change,
    /// The app signed in.
    SignIn,
    /// The browser was tested.
    Browser,
}

/// Where the history is kept.
#[derive(Debug, Clone)]
pub struct History {
    file: PathBuf,
}

/// A file of the app's own could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{path} could not be {done}: {source}")]
pub struct FileTrouble {
    /// The file.
    pub path: String,
    /// `read`, `written`, `removed`.
    pub done: &'static str,
    /// What the system said.
    pub source: io::Error,
}

/// More lines are not kept: the oldest go.
const KEPT: usize = 300;

impl History {
    /// The history in the folder where the app keeps its own things.
    pub fn beside(backups: &Path) -> Self {
        Self { file: backups.parent().unwrap_or(backups).join("history.jsonl") }
    }

    /// Every line, the newest first. A line that cannot be read is left out; a file that is not there has none.
    ///
    /// # Errors
    /// When the file is there and cannot be read.
    pub fn entries(&self) -> Result<Vec<HistoryEntry>, FileTrouble> {
        let text = match fs::read(&self.file) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(self.trouble("read", error)),
        };
        let mut entries: Vec<HistoryEntry> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        entries.reverse();
        entries.truncate(KEPT);
        Ok(entries)
    }

    /// Adds a line. Whatever could be a secret in it is hidden, and an address loses its parameters.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn add(&self, mut entry: HistoryEntry) -> Result<(), FileTrouble> {
        entry.title = redact::mask(&entry.title);
        entry.server = entry.server.map(|server| {
            let bare = server.split(['?', '#']).next().unwrap_or_default();
            redact::mask(bare)
        });
        let mut entries = self.entries()?;
        entries.insert(0, entry);
        entries.truncate(KEPT);
        entries.reverse();
        let mut text = String::new();
        for entry in &entries {
            text.push_str(&serde_json::to_string(entry).map_err(|error| self.trouble("written", error.into()))?);
            text.push('\n');
        }
        if let Some(folder) = self.file.parent() {
            private_folder(folder).map_err(|error| self.trouble("written", error))?;
        }
        replace(&self.file, text.as_bytes()).map_err(|error| self.trouble("written", error))
    }

    /// Forgets everything.
    ///
    /// # Errors
    /// When the file cannot be removed.
    pub fn clear(&self) -> Result<(), FileTrouble> {
        match fs::remove_file(&self.file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.trouble("removed", error)),
            _ => Ok(()),
        }
    }

    fn trouble(&self, done: &'static str, source: io::Error) -> FileTrouble {
        FileTrouble { path: self.file.display().to_string(), done, source }
    }
}

/// Writes a report where the person said.
///
/// # Errors
/// When it cannot be written.
pub fn save_report(path: &Path, text: &str) -> Result<(), FileTrouble> {
    replace(path, text.as_bytes()).map_err(|source| FileTrouble {
        path: path.display().to_string(),
        done: "written",
        source,
    })
}

/// The whole file or none of it: written beside, then put in its place.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let beside = path.with_file_name(name);
    let written = write_new(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // What was begun is not left lying about.
        let _ = fs::remove_file(&beside);
    }
    written
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    // Always a new file: a link that somebody put there would lead to a file that is not ours.
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            // Left by a crash, or put there. The name goes, not what it leads to.
            fs::remove_file(path)?;
            options.open(path)?
        }
        opened => opened?,
    };
    file.write_all(bytes)?;
    file.sync_all()
}

fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: &str, server: &str) -> HistoryEntry {
        HistoryEntry {
            id: id.to_owned(),
            when: 1,
            kind: HistoryKind::Check,
            server: Some(server.to_owned()),
            title: "Fine.".to_owned(),
            language: Language::English,
            state: Some(State::Healthy),
        }
    }

    #[test]
    fn the_newest_comes_first_and_secrets_stay_out() {
        let home = tempfile::tempdir().expect("a folder");
        let history = History::beside(&home.path().join("app").join("backups"));
        assert_eq!(history.entries().expect("none"), []);
        history.add(entry("1", "https://a.example/mcp?key=canary-secret")).expect("written");
        history
            .add(HistoryEntry {
                title: "Authorization: Bearer canary-secret".to_owned(),
                language: Language::English,
                ..entry("2", "https://b.example/mcp")
            })
            .expect("written");
        let entries = history.entries().expect("two");
        assert_eq!(entries.iter().map(|entry| entry.id.as_str()).collect::<Vec<_>>(), ["2", "1"]);
        assert!(!format!("{entries:?}").contains("canary"), "{entries:?}");
        history.clear().expect("cleared");
        history.clear().expect("cleared twice");
        assert_eq!(history.entries().expect("none"), []);
    }

    #[test]
    fn a_broken_line_loses_nothing_else_and_the_list_stays_short() {
        let home = tempfile::tempdir().expect("a folder");
        let history = History::beside(&home.path().join("backups"));
        history.add(entry("1", "https://a.example/mcp")).expect("written");
        fs::write(&history.file, format!("{}{{\"half\n", fs::read_to_string(&history.file).expect("text")))
            .expect("written");
        history.add(entry("2", "https://a.example/mcp")).expect("written");
        assert_eq!(history.entries().expect("two").len(), 2);
        for number in 0..KEPT + 5 {
            history.add(entry(&number.to_string(), "https://a.example/mcp")).expect("written");
        }
        assert_eq!(history.entries().expect("many").len(), KEPT);
    }
}

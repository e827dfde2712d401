//! The files of this repository, as text.

use std::fs;
use std::path::{Path, PathBuf};

/// A text file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Relative to the root, with `/`.
    pub path: String,
    /// All of it.
    pub text: String,
}

impl File {
    /// A made-up file, to see a wall complain.
    pub fn made_up(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }
}

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ stands in the root").to_owned()
}

/// One file that must be there.
pub fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every text file below a folder of the repository (`""` for all), in the order of their paths. What git ignores and
/// what is not text (icons, screenshots) is left out.
pub fn files(folder: &str) -> Vec<File> {
    let mut files = Vec::new();
    collect(&root().join(folder), folder, &mut files);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(!files.is_empty(), "{folder:?} has no files: the walls would be looking at nothing");
    files
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<File>) {
    const NOT_OURS: [&str; 8] =
        [".git", ".venv", "__pycache__", "dist", "gen", "node_modules", "target", ".playwright"];
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{prefix}: {error}")) {
        let path = entry.expect("a folder that can be listed").path();
        let name = path.file_name().expect("an entry has a name").to_string_lossy().into_owned();
        let relative = if prefix.is_empty() { name.clone() } else { format!("{prefix}/{name}") };
        if path.is_dir() {
            if !NOT_OURS.contains(&name.as_str()) {
                collect(&path, &relative, files);
            }
        } else if let Ok(text) = fs::read_to_string(&path) {
            files.push(File { path: relative, text });
        }
    }
}

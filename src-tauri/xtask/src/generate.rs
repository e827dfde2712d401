//! `cargo xtask generate`: files that are written from others, so that two places never disagree.
//!
//! The window's types come from the Rust types (ts-rs), the README's table from the registry of checks, the list of the
//! checks' German words from the files beside them.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::failure::Failure;
use crate::house::{self, CLI};
use crate::steps::{Step, say};

const BINDINGS: &str = "ui/src/bindings";
pub const README: &str = "README.md";
const CHECKS: &str = "checks";
/// The crate with the checks, and in it the list of their German words.
const DIAGNOSIS: &str = "src-tauri/crates/diagnosis/src";
const GERMAN: &str = "german.rs";

/// Whether to write or only to compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Bring the files up to date.
    Write,
    /// Fail when one would change.
    Check,
}

/// Writes or compares every generated file.
pub fn generate(mode: Mode) -> Result<(), Failure> {
    let mut outdated = Vec::new();
    // The words come first: the others are built with them.
    for source in [german_words, bindings, table_of_checks] {
        for change in source()? {
            match mode {
                Mode::Check => outdated.push(change.path),
                Mode::Write => {
                    change.apply()?;
                    say(&format!("{} {}", if change.text.is_some() { "wrote" } else { "removed" }, change.path));
                }
            }
        }
    }
    if outdated.is_empty() {
        say("Every generated file is up to date.");
        Ok(())
    } else {
        Err(Failure::Outdated(outdated))
    }
}

/// A file that should be otherwise.
struct Change {
    /// Relative to the root.
    path: String,
    /// What it should say; `None` when it should not be there.
    text: Option<String>,
}

impl Change {
    fn apply(&self) -> Result<(), Failure> {
        let path = house::path(&self.path);
        match &self.text {
            None => fs::remove_file(&path),
            Some(text) => path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, text)),
        }
        .map_err(Failure::file(&path))
    }
}

/// The window's types, written by ts-rs into a folder of their own and compared with those that are there.
fn bindings() -> Result<Vec<Change>, Failure> {
    let crates = crates_with_bindings()?;
    let fresh = house::path("target/bindings");
    match fs::remove_dir_all(&fresh) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(Failure::File { path: fresh, source: error });
        }
        _ => fs::create_dir_all(&fresh).map_err(Failure::file(&fresh))?,
    }
    let features: Vec<String> = crates.iter().map(|name| format!("{name}/bindings")).collect();
    let features = features.join(",");
    let mut arguments = vec!["test", "--quiet", "--lib"];
    for name in &crates {
        arguments.extend(["--package", name]);
    }
    // ts-rs makes a test of this name for every exported type.
    arguments.extend(["--features", &features, "export_bindings"]);
    Step::cargo("Write the window's types", &arguments)
        .variable("TS_RS_EXPORT_DIR", fresh.display().to_string())
        .output()?;

    let wanted = files_below(&fresh)?;
    let present = files_below(&house::path(BINDINGS))?;
    let mut changes = Vec::new();
    for (name, text) in &wanted {
        if present.get(name) != Some(text) {
            changes.push(Change { path: format!("{BINDINGS}/{name}"), text: Some(text.clone()) });
        }
    }
    for name in present.keys().filter(|name| !wanted.contains_key(*name)) {
        changes.push(Change { path: format!("{BINDINGS}/{name}"), text: None });
    }
    Ok(changes)
}

/// The packages below `src-tauri/crates` that have types for the window.
fn crates_with_bindings() -> Result<Vec<String>, Failure> {
    let folder = house::path("src-tauri/crates");
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).map_err(Failure::file(&folder))? {
        let manifest = entry.map_err(Failure::file(&folder))?.path().join("Cargo.toml");
        let text = fs::read_to_string(&manifest).map_err(Failure::file(&manifest))?;
        if text.lines().any(|line| line.starts_with("bindings =")) {
            let name = text.lines().find_map(|line| line.strip_prefix("name = \"")).unwrap_or_default();
            names.push(name.trim_end_matches('"').to_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// The text of every file below a folder, by its path inside it with `/`. A folder that is not there has none.
fn files_below(folder: &Path) -> Result<BTreeMap<String, String>, Failure> {
    let mut files = BTreeMap::new();
    let mut folders = vec![(folder.to_owned(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(Failure::File { path: folder, source: error }),
        };
        for entry in entries {
            let path: PathBuf = entry.map_err(Failure::file(&folder))?.path();
            let name = format!("{prefix}{}", path.file_name().unwrap_or_default().to_string_lossy());
            if path.is_dir() {
                folders.push((path, format!("{name}/")));
            } else {
                let text = fs::read_to_string(&path).map_err(Failure::file(&path))?;
                files.insert(name, text);
            }
        }
    }
    Ok(files)
}

/// The list of the German words that stand beside checks.
fn german_words() -> Result<Vec<Change>, Failure> {
    let places: Vec<String> = files_below(&house::path(&format!("{DIAGNOSIS}/checks")))?.into_keys().collect();
    let path = format!("{DIAGNOSIS}/{GERMAN}");
    let whole = house::path(&path);
    let present = fs::read_to_string(&whole).map_err(Failure::file(&whole))?;
    let wanted = with_words(&present, &places)?;
    Ok(if wanted == present { Vec::new() } else { vec![Change { path, text: Some(wanted) }] })
}

/// The file with one line for every German file, sorted by the check's code.
fn with_words(present: &str, places: &[String]) -> Result<String, Failure> {
    const BEGIN: &str = "&[(&str, &str)] = &[";
    let missing = || Failure::Answer { from: GERMAN.to_owned(), reason: format!("{BEGIN:?} is missing") };
    let (head, _) = present.split_once(BEGIN).ok_or_else(missing)?;
    let lines: BTreeMap<String, &String> = places
        .iter()
        .filter_map(|place| {
            let name = place.rsplit('/').next()?.strip_suffix(".de.md")?;
            Some((name.replace('_', "-"), place))
        })
        .collect();
    let mut text = format!("{head}{BEGIN}\n");
    for (code, place) in lines {
        text.push_str(&format!("    (\"{code}\", include_str!(\"checks/{place}\")),\n"));
    }
    text.push_str("];\n");
    Ok(text)
}

/// The README's table, written from what the command line says about the registry.
fn table_of_checks() -> Result<Vec<Change>, Failure> {
    let step = Step::cargo("Read the catalogue", &["run", "--quiet", "--package", CLI, "--", "checks", "--json"]);
    let unreadable = |reason: String| Failure::Answer { from: step.shown(), reason };
    let catalogue: Value = serde_json::from_str(&step.output()?).map_err(|error| unreadable(error.to_string()))?;
    let rows = table(&catalogue).map_err(unreadable)?;

    let path = house::path(README);
    let present = fs::read_to_string(&path).map_err(Failure::file(&path))?;
    let wanted = between_markers(&present, CHECKS, &rows)?;
    Ok(if wanted == present { Vec::new() } else { vec![Change { path: README.to_owned(), text: Some(wanted) }] })
}

/// One row for every check: its code, what holds when it passes, who fixes it, and what it stands on.
fn table(catalogue: &Value) -> Result<String, String> {
    let checks = catalogue.as_array().or_else(|| catalogue["checks"].as_array()).ok_or("no list of checks")?;
    let mut rows = String::from("| check | what should hold | who fixes it | stands on |\n|---|---|---|---|\n");
    for check in checks {
        let word = |name: &str| {
            let word = check[name].as_str().ok_or_else(|| format!("a check without {name}: {check}"))?;
            Ok::<_, String>(word.replace('|', "\\|"))
        };
        rows.push_str(&format!(
            "| `{}` | {} | {} | {} |\n",
            word("code")?,
            word("title")?,
            who(&word("owner")?),
            word("reference")?
        ));
    }
    Ok(rows)
}

fn who(owner: &str) -> &str {
    match owner {
        "user" => "you",
        "client" => "the client's maker",
        "mcp-server" => "who runs the MCP server",
        "authorization-server" => "who runs the authorization server",
        "network" => "who runs the network",
        other => other,
    }
}

/// The README with this text between the markers of this name.
pub fn between_markers(readme: &str, name: &str, text: &str) -> Result<String, Failure> {
    let (begin, end) = (format!("<!-- {name}:begin -->"), format!("<!-- {name}:end -->"));
    let missing = || Failure::Answer { from: README.to_owned(), reason: format!("{begin} … {end} is missing") };
    let (head, rest) = readme.split_once(&begin).ok_or_else(missing)?;
    let (_, tail) = rest.split_once(&end).ok_or_else(missing)?;
    Ok(format!("{head}{begin}\n\n{text}\n{end}{tail}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_check_becomes_a_row() {
        let catalogue =
            json!([{"code": "reach-dns", "title": "The name | is known", "owner": "user", "reference": "RFC 1035"}]);
        let rows = table(&catalogue).expect("a whole catalogue");
        assert!(rows.ends_with("| `reach-dns` | The name \\| is known | you | RFC 1035 |\n"), "{rows}");
    }

    #[test]
    fn a_check_without_a_title_is_an_error_and_not_an_empty_cell() {
        assert!(table(&json!([{"code": "reach-dns"}])).is_err());
    }

    #[test]
    fn german_words_are_listed_by_code() {
        let places = ["scope/scope_granted.de.md", "scope/scope_granted.md", "cors/cors_401.de.md"].map(str::to_owned);
        let wanted = "// x\nstatic A: &[(&str, &str)] = &[\n    (\"cors-401\", include_str!(\"checks/cors/cors_401.de.md\")),\n    \
                      (\"scope-granted\", include_str!(\"checks/scope/scope_granted.de.md\")),\n];\n";
        let present = "// x\nstatic A: &[(&str, &str)] = &[\n    (old),\n];\n";
        assert_eq!(with_words(present, &places).ok().as_deref(), Some(wanted));
        assert!(with_words("nothing", &places).is_err());
    }

    #[test]
    fn only_what_stands_between_the_markers_changes() {
        let readme = "a\n<!-- x:begin -->\nold\n<!-- x:end -->\nb\n";
        let wanted = "a\n<!-- x:begin -->\n\nnew\n\n<!-- x:end -->\nb\n";
        assert_eq!(between_markers(readme, "x", "new\n").ok().as_deref(), Some(wanted));
        assert!(between_markers("no markers", "x", "new\n").is_err());
    }
}

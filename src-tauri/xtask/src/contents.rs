//! What is inside a package: every crate that is linked into the programs, and every npm package that is in the pages.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::failure::Failure;
use crate::house::{self, CLI, SHELL};
use crate::steps::Step;

/// One library that travels with the app.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Where it is published.
    pub kind: Kind,
    /// The SPDX expression of its licence, as its authors wrote it.
    pub licence: String,
    /// Its source, where the authors say so.
    pub repository: Option<String>,
    /// The SHA-256 of what was downloaded, as the lock file pins it (crates only).
    pub sha256: Option<String>,
    /// Where its files are on this computer.
    pub folder: PathBuf,
}

/// Where a part is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// crates.io.
    Cargo,
    /// npm.
    Npm,
}

impl Part {
    /// The package URL: the name under which databases of advisories know it.
    pub fn purl(&self) -> String {
        match self.kind {
            Kind::Cargo => format!("pkg:cargo/{}@{}", self.name, self.version),
            Kind::Npm => format!("pkg:npm/{}@{}", self.name.replace('@', "%40"), self.version),
        }
    }
}

/// Everything that is linked into the two programs for a target, and everything that is in the pages.
pub fn of_the_package(target: &str, pages: &Path) -> Result<Vec<Part>, Failure> {
    let mut parts = crates(target)?;
    parts.extend(npm_packages(pages)?);
    parts.sort();
    Ok(parts)
}

fn crates(target: &str) -> Result<Vec<Part>, Failure> {
    let step = Step::cargo(
        "List the libraries",
        &[
            "metadata",
            "--format-version",
            "1",
            "--locked",
            "--filter-platform",
            target,
            "--features",
            "mcp-auth-troubleshooter/custom-protocol",
        ],
    );
    let metadata: Value = serde_json::from_str(&step.output()?)
        .map_err(|error| Failure::Answer { from: step.shown(), reason: error.to_string() })?;
    let lock = fs::read_to_string(house::path("Cargo.lock")).map_err(Failure::file("Cargo.lock"))?;
    let checksums = checksums(&lock);
    let linked = linked(&metadata, &[SHELL, CLI]);
    let mut parts = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        // Our own crates have no source.
        if package["source"].is_null() || !package["id"].as_str().is_some_and(|id| linked.contains(id)) {
            continue;
        }
        let (name, version) = (text(&package["name"]), text(&package["version"]));
        let manifest = PathBuf::from(text(&package["manifest_path"]));
        parts.push(Part {
            sha256: checksums.get(&(name.clone(), version.clone())).cloned(),
            licence: package["license"].as_str().unwrap_or("see its licence file").to_owned(),
            repository: package["repository"].as_str().map(str::to_owned),
            folder: manifest.parent().map(Path::to_owned).unwrap_or_default(),
            kind: Kind::Cargo,
            name,
            version,
        });
    }
    Ok(parts)
}

/// The packages whose code ends up in the programs: what they depend on, without what only runs while compiling.
fn linked(metadata: &Value, programs: &[&str]) -> BTreeSet<String> {
    let packages = || metadata["packages"].as_array().into_iter().flatten();
    let only_compiles: BTreeSet<&str> = packages()
        .filter(|package| {
            let kinds =
                package["targets"].as_array().into_iter().flatten().flat_map(|target| target["kind"].as_array());
            kinds.flatten().any(|kind| kind == "proc-macro")
        })
        .filter_map(|package| package["id"].as_str())
        .collect();
    let nodes: BTreeMap<&str, &Value> = metadata["resolve"]["nodes"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|node| Some((node["id"].as_str()?, node)))
        .collect();
    let is_a_program = |package: &&Value| package["name"].as_str().is_some_and(|name| programs.contains(&name));
    let mut waiting: Vec<&str> = packages().filter(is_a_program).filter_map(|package| package["id"].as_str()).collect();
    let mut linked = BTreeSet::new();
    while let Some(id) = waiting.pop() {
        if only_compiles.contains(id) || !linked.insert(id.to_owned()) {
            continue;
        }
        for dependency in nodes.get(id).and_then(|node| node["deps"].as_array()).into_iter().flatten() {
            // A kind of null is a normal dependency; the others are "dev" and "build".
            let kinds = dependency["dep_kinds"].as_array().into_iter().flatten();
            if kinds.map(|kind| &kind["kind"]).any(Value::is_null) {
                waiting.extend(dependency["pkg"].as_str());
            }
        }
    }
    linked
}

/// The checksums of a `Cargo.lock`, by name and version.
fn checksums(lock: &str) -> BTreeMap<(String, String), String> {
    let value = |block: &str, key: &str| {
        let line = block.lines().find_map(|line| line.strip_prefix(key)?.trim_start().strip_prefix("= \""))?;
        Some(line.trim_end_matches('"').to_owned())
    };
    let blocks = lock.split("[[package]]").skip(1);
    blocks
        .filter_map(|block| Some(((value(block, "name")?, value(block, "version")?), value(block, "checksum")?)))
        .collect()
}

/// The packages from which the build took at least one file, as its source maps say.
fn npm_packages(pages: &Path) -> Result<Vec<Part>, Failure> {
    let mut names = BTreeSet::new();
    let mut folders = vec![pages.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(Failure::file(&folder))? {
            let path = entry.map_err(Failure::file(&folder))?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "map") {
                let map = read_json(&path)?;
                let sources = map["sources"].as_array().into_iter().flatten().filter_map(Value::as_str);
                names.extend(sources.filter_map(package_of_source));
            }
        }
    }
    if names.is_empty() {
        return Err(Failure::Answer {
            from: pages.display().to_string(),
            reason: "no source map names a package, so nobody can tell what is in the pages".to_owned(),
        });
    }
    names.into_iter().map(|name| npm_package(&name)).collect()
}

/// `../../node_modules/@tauri-apps/api/core.js` is a file of `@tauri-apps/api`.
fn package_of_source(source: &str) -> Option<String> {
    let (_, inside) = source.rsplit_once("node_modules/")?;
    let mut words = inside.split('/');
    let first = words.next()?;
    Some(if first.starts_with('@') { format!("{first}/{}", words.next()?) } else { first.to_owned() })
}

fn npm_package(name: &str) -> Result<Part, Failure> {
    let folder = house::path("ui/node_modules").join(name);
    let manifest = read_json(&folder.join("package.json"))?;
    let repository = &manifest["repository"];
    let repository = repository.as_str().or_else(|| repository["url"].as_str());
    Ok(Part {
        name: name.to_owned(),
        version: text(&manifest["version"]),
        kind: Kind::Npm,
        licence: manifest["license"].as_str().unwrap_or("see its licence file").to_owned(),
        repository: repository.map(|address| address.trim_start_matches("git+").to_owned()),
        sha256: None,
        folder,
    })
}

fn read_json(path: &Path) -> Result<Value, Failure> {
    let text = fs::read_to_string(path).map_err(Failure::file(path))?;
    serde_json::from_str(&text)
        .map_err(|error| Failure::Answer { from: path.display().to_string(), reason: error.to_string() })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_only_compiles_or_tests_is_not_in_the_package() {
        let package = |id: &str, kind: &str| json!({ "id": id, "name": id, "targets": [{ "kind": [kind] }] });
        let dependency = |id: &str, kind: Value| json!({ "pkg": id, "dep_kinds": [{ "kind": kind }] });
        let metadata = json!({
            "packages": [
                package("app", "bin"), package("a", "lib"), package("b", "lib"), package("macros", "proc-macro"),
                package("under-macros", "lib"), package("builds", "lib"), package("tests", "lib"), package("stranger", "lib"),
            ],
            "resolve": { "nodes": [
                { "id": "app", "deps": [dependency("a", json!(null)), dependency("macros", json!(null)),
                    dependency("builds", json!("build")), dependency("tests", json!("dev"))] },
                { "id": "a", "deps": [dependency("b", json!(null))] },
                { "id": "macros", "deps": [dependency("under-macros", json!(null))] },
            ] },
        });
        let linked = linked(&metadata, &["app"]);
        assert_eq!(linked.iter().map(String::as_str).collect::<Vec<_>>(), ["a", "app", "b"]);
    }

    #[test]
    fn a_file_of_a_build_tells_its_package() {
        let of = |source| package_of_source(source);
        assert_eq!(of("../../node_modules/@tauri-apps/api/core.js").as_deref(), Some("@tauri-apps/api"));
        assert_eq!(of("../node_modules/svelte/src/internal/client.js").as_deref(), Some("svelte"));
        assert_eq!(of("../node_modules/a/node_modules/b/index.js").as_deref(), Some("b"), "the inner one");
        assert_eq!(of("../../src/main.ts"), None);
    }

    #[test]
    fn checksums_are_read_from_the_lock_file() {
        let lock = "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"registry\"\nchecksum = \"abc\"\n\
                    \n[[package]]\nname = \"ours\"\nversion = \"0.1.0\"\n";
        let found = checksums(lock);
        assert_eq!(found.len(), 1);
        assert_eq!(found[&("a".to_owned(), "1.0.0".to_owned())], "abc");
    }

    #[test]
    fn package_urls_are_as_the_databases_write_them() {
        let part = |name: &str, kind| Part {
            name: name.to_owned(),
            version: "1.2.3".to_owned(),
            kind,
            licence: "MIT".to_owned(),
            repository: None,
            sha256: None,
            folder: PathBuf::new(),
        };
        assert_eq!(part("serde", Kind::Cargo).purl(), "pkg:cargo/serde@1.2.3");
        assert_eq!(part("@tauri-apps/api", Kind::Npm).purl(), "pkg:npm/%40tauri-apps/api@1.2.3");
    }
}

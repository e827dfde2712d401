//! Dependencies run one way: `shell, cli -> remedies, sign-in, probes -> diagnosis`; `practice` stands alone.
//!
//! The manifests say what a crate asks for, the lock file what that brings along on any system.

use std::collections::{BTreeMap, BTreeSet};

use toml::Table;

use crate::none;
use crate::repository::{File, files, read};

/// What each of our crates may ask of our others.
const DIRECTION: [(&str, &[&str]); 6] = [
    ("mcp-auth-diagnosis", &[]),
    ("mcp-auth-probes", &["mcp-auth-diagnosis"]),
    ("mcp-auth-sign-in", &["mcp-auth-diagnosis", "mcp-auth-probes"]),
    ("mcp-auth-remedies", &["mcp-auth-diagnosis"]),
    ("mcp-auth-practice", &[]),
    (
        "mcp-auth-check",
        &["mcp-auth-diagnosis", "mcp-auth-practice", "mcp-auth-probes", "mcp-auth-remedies", "mcp-auth-sign-in"],
    ),
];

/// What must not be found below `mcp-auth-diagnosis`: anything that reaches out of the process or waits for it.
const IMPURE: [&str; 14] = [
    "async-std",
    "dirs",
    "hyper",
    "mio",
    "native-tls",
    "open",
    "reqwest",
    "rustls",
    "smol",
    "socket2",
    "tempfile",
    "tokio",
    "walkdir",
    "which",
];

/// A crate of ours: its name, and what it asks for when it is built (not when it is tested).
struct Ours {
    name: String,
    asks_for: BTreeSet<String>,
}

#[test]
fn our_crates_depend_on_each_other_in_one_direction() {
    none(wrong_direction(&our_crates(&manifests())));
}

#[test]
fn nothing_below_the_crates_knows_tauri() {
    none(brings(
        &our_crates(&manifests()),
        &read("Cargo.lock"),
        |_| true,
        |name| name.starts_with("tauri") || name == "wry",
    ));
}

#[test]
fn the_diagnosis_cannot_reach_out_of_the_process() {
    none(brings(
        &our_crates(&manifests()),
        &read("Cargo.lock"),
        |name| name == "mcp-auth-diagnosis",
        |name| IMPURE.contains(&name),
    ));
}

#[test]
fn these_walls_can_fail() {
    let manifest = File::made_up(
        "src-tauri/crates/diagnosis/Cargo.toml",
        "[package]\nname = \"mcp-auth-diagnosis\"\n[dependencies]\nmcp-auth-probes.workspace = true\nneat = \"1\"\n\
         [target.'cfg(unix)'.dependencies]\nquiet = \"1\"\n[dev-dependencies]\nproptest = \"1\"\n",
    );
    let lock = "[[package]]\nname = \"neat\"\ndependencies = [\"tokio 1.0.0\"]\n\
                [[package]]\nname = \"quiet\"\ndependencies = [\"tauri-utils\"]\n\
                [[package]]\nname = \"proptest\"\ndependencies = [\"tempfile\"]\n";
    let ours = our_crates(&[manifest]);

    assert_eq!(wrong_direction(&ours), ["mcp-auth-diagnosis must not depend on mcp-auth-probes"]);
    assert_eq!(
        brings(&ours, lock, |_| true, |name| name.starts_with("tauri")),
        ["mcp-auth-diagnosis brings tauri-utils (through quiet)"]
    );
    assert_eq!(
        brings(&ours, lock, |_| true, |name| IMPURE.contains(&name)),
        ["mcp-auth-diagnosis brings tokio (through neat)"],
        "a library of the tests alone is no offence"
    );
}

#[test]
fn a_crate_that_nobody_placed_is_an_offence() {
    let stray = File::made_up("src-tauri/crates/helper/Cargo.toml", "[package]\nname = \"mcp-auth-helper\"\n");
    assert_eq!(
        wrong_direction(&our_crates(&[stray])),
        ["mcp-auth-helper has no place in the direction of dependencies"]
    );
}

fn manifests() -> Vec<File> {
    let is_manifest = |file: &File| file.path.ends_with("/Cargo.toml");
    files("src-tauri/crates").into_iter().filter(is_manifest).collect()
}

fn our_crates(manifests: &[File]) -> Vec<Ours> {
    let crates = manifests.iter().map(|file| {
        let manifest: Table = file.text.parse().unwrap_or_else(|error| panic!("{}: {error}", file.path));
        let name = manifest["package"]["name"].as_str().expect("a package has a name").to_owned();
        let mut asks_for = asked_for(&manifest);
        for target in manifest.get("target").and_then(|targets| targets.as_table()).into_iter().flat_map(Table::values)
        {
            asks_for.extend(target.as_table().map(asked_for).unwrap_or_default());
        }
        Ours { name, asks_for }
    });
    crates.collect()
}

fn asked_for(section: &Table) -> BTreeSet<String> {
    let tables = ["dependencies", "build-dependencies"].iter().filter_map(|name| section.get(*name)?.as_table());
    tables
        .flatten()
        .map(|(name, how)| how.get("package").and_then(|name| name.as_str()).unwrap_or(name).to_owned())
        .collect()
}

fn wrong_direction(ours: &[Ours]) -> Vec<String> {
    let mut complaints = Vec::new();
    for Ours { name, asks_for } in ours {
        let Some((_, may)) = DIRECTION.iter().find(|(placed, _)| placed == name) else {
            complaints.push(format!("{name} has no place in the direction of dependencies"));
            continue;
        };
        let must_not = asks_for.iter().filter(|other| other.starts_with("mcp-auth-") && !may.contains(&other.as_str()));
        complaints.extend(must_not.map(|other| format!("{name} must not depend on {other}")));
    }
    complaints
}

/// Which of these crates bring a library that they should not, and through which of those that they ask for.
fn brings(ours: &[Ours], lock: &str, which: fn(&str) -> bool, forbidden: fn(&str) -> bool) -> Vec<String> {
    let graph = graph(lock);
    let mut complaints = Vec::new();
    for Ours { name, asks_for } in ours.iter().filter(|ours| which(&ours.name)) {
        // Our own crates answer for themselves; the lock file does not tell their tests' libraries apart.
        for asked in asks_for.iter().filter(|asked| !asked.starts_with("mcp-auth-")) {
            for brought in reachable(&graph, asked).iter().filter(|brought| forbidden(brought)) {
                complaints.push(format!("{name} brings {brought} (through {asked})"));
            }
        }
    }
    complaints
}

/// What every package of the lock file depends on. Versions of the same package count together.
fn graph(lock: &str) -> BTreeMap<String, BTreeSet<String>> {
    let lock: Table = lock.parse().expect("the lock file is TOML");
    let mut graph: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in lock["package"].as_array().expect("the lock file lists packages") {
        let name = package["name"].as_str().expect("a package has a name");
        let dependencies = package.get("dependencies").and_then(|list| list.as_array()).into_iter().flatten();
        // An entry is `name`, `name version` or `name version (source)`.
        let names = dependencies.filter_map(|entry| entry.as_str()?.split(' ').next().map(str::to_owned));
        graph.entry(name.to_owned()).or_default().extend(names);
    }
    graph
}

fn reachable(graph: &BTreeMap<String, BTreeSet<String>>, from: &str) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut next = vec![from.to_owned()];
    while let Some(name) = next.pop() {
        if seen.insert(name.clone()) {
            next.extend(graph.get(&name).into_iter().flatten().cloned());
        }
    }
    seen
}

//! Every check is one file with its words beside it, is registered, and stands in the README.

use std::collections::BTreeSet;

use mcp_auth_diagnosis::check::Check;
use mcp_auth_diagnosis::checks::ALL;

use crate::none;
use crate::repository::{File, files, read};

const FOLDER: &str = "src-tauri/crates/diagnosis/src/checks";

#[test]
fn codes_are_unique_and_kebab_case_and_come_after_earlier_ones() {
    let registry: Vec<(&str, &[&str])> = ALL.iter().map(|check| (check.code, check.after)).collect();
    none(bad_codes(&registry));
    for check in ALL {
        assert!(!check.variants.is_empty(), "{} can find nothing", check.code);
        assert!(!check.reference.is_empty(), "{} stands on nothing", check.code);
        none(
            check
                .variants
                .iter()
                .filter(|name| !is_kebab_case(name))
                .map(|name| format!("{}: {name}", check.code))
                .collect(),
        );
    }
}

#[test]
fn every_check_is_a_file_of_its_own_with_its_words_beside_it() {
    let places: Vec<String> = ALL.iter().map(|check| place(check)).collect();
    none(misplaced(&places, &files(FOLDER)));
}

#[test]
fn the_readme_lists_the_registry() {
    let codes: Vec<&str> = ALL.iter().map(|check| check.code).collect();
    none(differences(&listed(&read("README.md")), &codes));
}

#[test]
fn these_walls_can_fail() {
    let registry: [(&str, &[&str]); 4] =
        [("reach-dns", &["reach-tls"]), ("reach-tls", &["reach-dns"]), ("reach-tls", &[]), ("Reach_Proxy", &[])];
    assert_eq!(
        bad_codes(&registry),
        [
            "reach-dns comes after reach-tls, which does not stand before it",
            "reach-tls is there twice",
            "Reach_Proxy is not kebab-case"
        ]
    );

    let registered = ["reach/reach_dns".to_owned(), "reach/reach_tls".to_owned()];
    let found = [
        File::made_up("src-tauri/crates/diagnosis/src/checks/reach/mod.rs", ""),
        File::made_up("src-tauri/crates/diagnosis/src/checks/reach/reach_dns.rs", "code: \"reach-dns\""),
        File::made_up("src-tauri/crates/diagnosis/src/checks/reach/reach_lost.rs", "code: \"reach-lost\""),
        File::made_up("src-tauri/crates/diagnosis/src/checks/reach/reach_lost.md", ""),
        File::made_up("src-tauri/crates/diagnosis/src/checks/reach/reach_dns.de.md", ""),
    ];
    assert_eq!(
        misplaced(&registered, &found),
        [
            "reach/reach_dns.md is missing",
            "reach/reach_tls.rs is missing",
            "reach/reach_tls.md is missing",
            "reach/reach_lost.rs is not registered",
            "reach/reach_lost.md is not registered",
        ]
    );

    let readme =
        "x\n<!-- checks:begin -->\n| check | a |\n|---|---|\n| `reach-dns` | b |\n<!-- checks:end -->\n| `other` |\n";
    assert_eq!(listed(readme), ["reach-dns"]);
    assert_eq!(
        differences(&listed(readme), &["reach-dns", "reach-tls"]),
        [
            "the README's table is not the registry; `cargo xtask generate` writes it: [\"reach-dns\"] / [\"reach-dns\", \"reach-tls\"]"
        ]
    );
}

fn bad_codes(registry: &[(&str, &[&str])]) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut seen = BTreeSet::new();
    for (code, after) in registry {
        let late = after.iter().filter(|earlier| !seen.contains(*earlier));
        complaints.extend(late.map(|earlier| format!("{code} comes after {earlier}, which does not stand before it")));
        if !is_kebab_case(code) {
            complaints.push(format!("{code} is not kebab-case"));
        }
        if !seen.insert(code) {
            complaints.push(format!("{code} is there twice"));
        }
    }
    complaints
}

fn is_kebab_case(word: &str) -> bool {
    let good = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    word.split('-').all(good)
}

/// `stage/code_with_underscores`.
fn place(check: &Check) -> String {
    let stage = serde_json::to_value(check.stage).expect("a stage has a name");
    format!("{}/{}", stage.as_str().expect("a stage is a word"), check.code).replace('-', "_")
}

fn misplaced(registered: &[String], found: &[File]) -> Vec<String> {
    let inside = |file: &File| file.path.strip_prefix(FOLDER).map(|path| path.trim_start_matches('/').to_owned());
    let found: BTreeSet<String> = found.iter().filter_map(inside).collect();
    let mut complaints = Vec::new();
    let mut wanted = BTreeSet::new();
    for place in registered {
        for name in [format!("{place}.rs"), format!("{place}.md")] {
            if !found.contains(&name) {
                complaints.push(format!("{name} is missing"));
            }
            wanted.insert(name);
        }
        wanted.insert(format!("{place}.de.md"));
    }
    for name in
        ["rs", "md"].iter().flat_map(|kind| found.iter().filter(move |name| name.ends_with(&format!(".{kind}"))))
    {
        let is_list = name == "mod.rs" || name.ends_with("/mod.rs");
        if !is_list && !wanted.contains(name) {
            complaints.push(format!("{name} is not registered"));
        }
    }
    complaints
}

/// The codes in the README's table, in its order.
fn listed(readme: &str) -> Vec<String> {
    let (_, rest) = readme.split_once("<!-- checks:begin -->").expect("the README has the first marker");
    let (table, _) = rest.split_once("<!-- checks:end -->").expect("the README has the second marker");
    table.lines().filter_map(|line| Some(line.strip_prefix("| `")?.split_once('`')?.0.to_owned())).collect()
}

fn differences(listed: &[String], registered: &[&str]) -> Vec<String> {
    if listed == registered {
        return Vec::new();
    }
    vec![format!(
        "the README's table is not the registry; `cargo xtask generate` writes it: {listed:?} / {registered:?}"
    )]
}

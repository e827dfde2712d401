//! The top level is what a visitor sees first: six names, the lock file and the licence.

use std::fs;

use crate::none;
use crate::repository::root;

const TOP_LEVEL: [&str; 8] = ["Cargo.lock", "Cargo.toml", "LICENSE", "README.md", "icons", "src-tauri", "tests", "ui"];

#[test]
fn the_top_level_is_six_names() {
    let entries = fs::read_dir(root()).expect("the root can be listed");
    none(strangers(entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()));
}

#[test]
fn this_wall_can_fail() {
    let mut names: Vec<String> = TOP_LEVEL.iter().map(|&name| name.to_owned()).collect();
    names.extend([".github".to_owned(), "target".to_owned()]);
    assert_eq!(strangers(names.clone()), [""; 0]);
    names.retain(|name| name != "LICENSE");
    names.push("scripts".to_owned());
    assert_eq!(strangers(names), ["LICENSE is missing from the top level", "scripts does not belong at the top level"]);
}

fn strangers(names: Vec<String>) -> Vec<String> {
    let missing = TOP_LEVEL.iter().filter(|&&name| !names.iter().any(|there| there == name));
    let mut complaints: Vec<String> = missing.map(|name| format!("{name} is missing from the top level")).collect();
    // `target` is cargo's, and git ignores it.
    let strange =
        names.iter().filter(|name| !name.starts_with('.') && *name != "target" && !TOP_LEVEL.contains(&name.as_str()));
    complaints.extend(strange.map(|name| format!("{name} does not belong at the top level")));
    complaints
}

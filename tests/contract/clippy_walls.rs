//! The walls that clippy holds are where they should be, and have no gaps.

use std::collections::BTreeSet;

use toml::Table;

use crate::none;
use crate::repository::{File, files, read};

/// Every `clippy.toml` of the house. Clippy takes the nearest one above a crate.
const PLACES: [&str; 5] = [
    "src-tauri/clippy.toml",
    "src-tauri/crates/diagnosis/clippy.toml",
    "src-tauri/crates/remedies/clippy.toml",
    "src-tauri/crates/sign-in/clippy.toml",
    "src-tauri/xtask/clippy.toml",
];

const CHANGES_A_DISK: [&str; 10] = [
    "copy",
    "create_dir",
    "create_dir_all",
    "hard_link",
    "remove_dir",
    "remove_dir_all",
    "remove_file",
    "rename",
    "set_permissions",
    "write",
];

const OPENS_FOR_WRITING: [&str; 5] =
    ["File::create", "File::create_new", "File::options", "OpenOptions::new", "DirBuilder::new"];

const CREATES_ON_A_SERVER: [&str; 6] = [
    "mcp_auth_diagnosis::introduction::Introduction::registration",
    "mcp_auth_probes::Web::send",
    "reqwest::Client::post",
    "reqwest::Client::put",
    "reqwest::Client::patch",
    "reqwest::Client::delete",
];

const REACHES_OUT: [&str; 9] = [
    "std::env::var",
    "std::env::vars",
    "std::env::current_dir",
    "std::fs::read",
    "std::fs::read_to_string",
    "std::process::Command::new",
    "std::thread::sleep",
    "std::time::Instant::now",
    "std::time::SystemTime::now",
];

#[test]
fn the_walls_stand_where_clippy_looks_for_them() {
    let found: Vec<String> =
        files("").into_iter().map(|file| file.path).filter(|path| path.ends_with("clippy.toml")).collect();
    assert_eq!(found, PLACES);
}

#[test]
fn no_function_that_changes_a_disk_is_left_out() {
    none(gaps(&read("src-tauri/clippy.toml"), &writing_functions()));
    none(gaps(&read("src-tauri/crates/sign-in/clippy.toml"), &writing_functions()));
    let pure = CHANGES_A_DISK.map(|name| format!("std::fs::{name}"));
    none(gaps(&read("src-tauri/crates/diagnosis/clippy.toml"), &pure));
}

#[test]
fn no_function_that_creates_something_on_a_server_is_left_out() {
    none(gaps(&read("src-tauri/clippy.toml"), &CREATES_ON_A_SERVER.map(str::to_owned)));
}

#[test]
fn no_way_out_of_the_diagnosis_is_left_out() {
    none(gaps(&read("src-tauri/crates/diagnosis/clippy.toml"), &REACHES_OUT.map(str::to_owned)));
}

#[test]
fn every_crate_obeys_the_lints_of_the_house() {
    none(disobedient(&files("").into_iter().filter(|file| file.path.ends_with("/Cargo.toml")).collect::<Vec<_>>()));
    let root: Table = read("Cargo.toml").parse().expect("the root manifest is TOML");
    for lint in ["disallowed_methods", "disallowed_types"] {
        assert_eq!(root["workspace"]["lints"]["clippy"][lint].as_str(), Some("deny"), "{lint}");
    }
}

#[test]
fn these_walls_can_fail() {
    let wall = "disallowed-methods = [{ path = \"std::fs::write\", reason = \"no\" }]\n";
    assert_eq!(
        gaps(wall, &["std::fs::write".to_owned(), "std::fs::copy".to_owned()]),
        ["std::fs::copy is not forbidden"]
    );
    let manifest = File::made_up("src-tauri/crates/free/Cargo.toml", "[package]\nname = \"free\"\n");
    assert_eq!(disobedient(&[manifest]), ["src-tauri/crates/free/Cargo.toml does not say [lints] workspace = true"]);
}

fn writing_functions() -> Vec<String> {
    let functions = CHANGES_A_DISK.iter().chain(&OPENS_FOR_WRITING);
    functions.flat_map(|name| [format!("std::fs::{name}"), format!("tokio::fs::{name}")]).collect()
}

fn gaps(wall: &str, wanted: &[String]) -> Vec<String> {
    let wall: Table = wall.parse().expect("a wall is TOML");
    let methods = wall["disallowed-methods"].as_array().expect("a wall lists methods");
    let forbidden: BTreeSet<&str> = methods.iter().filter_map(|entry| entry.get("path")?.as_str()).collect();
    wanted
        .iter()
        .filter(|path| !forbidden.contains(path.as_str()))
        .map(|path| format!("{path} is not forbidden"))
        .collect()
}

fn disobedient(manifests: &[File]) -> Vec<String> {
    let obeys = |file: &&File| {
        let manifest: Table = file.text.parse().unwrap_or_else(|error| panic!("{}: {error}", file.path));
        manifest.get("lints").and_then(|lints| lints.get("workspace")?.as_bool()) != Some(true)
    };
    manifests.iter().filter(obeys).map(|file| format!("{} does not say [lints] workspace = true", file.path)).collect()
}

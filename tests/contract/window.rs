//! The window talks to the app through one file, and only about what was granted.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::none;
use crate::repository::{File, files, read};

/// The one file that may know Tauri, and its test.
const BRIDGE: &str = "ui/src/backend/tauri.ts";

#[test]
fn one_file_of_the_window_knows_tauri() {
    none(strays(&files("ui/src")));
}

#[test]
fn nothing_in_the_window_becomes_html() {
    none(html(&files("ui/src")));
}

#[test]
fn shell_permissions_and_window_name_the_same_commands() {
    let shell = files("src-tauri/src");
    let named = [
        ("COMMANDS", commands_listed(&shell)),
        ("generate_handler!", commands_handled(&shell)),
        ("capabilities/main.json", commands_granted(&read("src-tauri/capabilities/main.json"))),
        (BRIDGE, commands_called(&read(BRIDGE))),
    ];
    none(disagreement(&named));
}

#[test]
fn these_walls_can_fail() {
    let bridge = File::made_up(BRIDGE, "import { invoke } from '@tauri-apps/api/core'");
    let stray = File::made_up("ui/src/screens/Ask.svelte", "import '@tauri-apps/api'\n{@html answer}\n");
    assert_eq!(strays(&[bridge, stray.clone()]), ["ui/src/screens/Ask.svelte knows @tauri-apps"]);
    assert_eq!(html(&[stray]), ["ui/src/screens/Ask.svelte:2 turns text into HTML ({@html)"]);

    let shell = [
        File::made_up(
            "src-tauri/src/list.rs",
            "pub const COMMANDS: &[&str] = &[\n    \"start_check\",\n    \"cancel\",\n];\n",
        ),
        File::made_up("src-tauri/src/lib.rs", "tauri::generate_handler![commands::start_check, commands::hidden]"),
    ];
    let named = [
        ("COMMANDS", commands_listed(&shell)),
        ("generate_handler!", commands_handled(&shell)),
        (
            "capability",
            commands_granted(r#"{"permissions": ["core:event:default", "allow-start-check", "allow-cancel"]}"#),
        ),
        ("bridge", commands_called("await invoke<Report>('start_check', {});\ninvoke(\n  \"cancel\")")),
    ];
    assert_eq!(
        disagreement(&named),
        [
            "COMMANDS does not name hidden",
            "generate_handler! does not name cancel",
            "capability does not name hidden",
            "bridge does not name hidden"
        ]
    );
}

#[test]
fn a_list_that_cannot_be_read_is_an_offence() {
    assert_eq!(disagreement(&[("COMMANDS", BTreeSet::new())]), ["COMMANDS names no command at all"]);
}

fn strays(sources: &[File]) -> Vec<String> {
    let is_bridge = |path: &str| path == BRIDGE || path == "ui/src/backend/tauri.test.ts";
    let knows = sources.iter().filter(|file| file.text.contains("@tauri-apps") && !is_bridge(&file.path));
    knows.map(|file| format!("{} knows @tauri-apps", file.path)).collect()
}

fn html(sources: &[File]) -> Vec<String> {
    const WAYS: [&str; 6] =
        ["{@html", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "createContextualFragment"];
    let mut complaints = Vec::new();
    for file in sources.iter().filter(|file| !file.path.ends_with(".test.ts")) {
        for (at, line) in file.text.lines().enumerate() {
            let way = WAYS.iter().find(|way| line.contains(**way));
            complaints.extend(way.map(|way| format!("{}:{} turns text into HTML ({way})", file.path, at + 1)));
        }
    }
    complaints
}

/// The words between quotes in `COMMANDS: &[&str] = &[ … ]`.
fn commands_listed(shell: &[File]) -> BTreeSet<String> {
    let list = between(shell, "COMMANDS: &[&str] = &[", "]");
    list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The last names of the paths in `generate_handler![ … ]`.
fn commands_handled(shell: &[File]) -> BTreeSet<String> {
    let list = between(shell, "generate_handler![", "]");
    let names = list.split(',').filter_map(|path| path.trim().rsplit("::").next());
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn between(files: &[File], begin: &str, end: &str) -> String {
    let found = files.iter().find_map(|file| Some(file.text.split_once(begin)?.1.split_once(end)?.0.to_owned()));
    found.unwrap_or_default()
}

/// Permissions of our own commands have no namespace: `allow-start-check`.
fn commands_granted(capability: &str) -> BTreeSet<String> {
    let capability: Value = serde_json::from_str(capability).expect("a capability is JSON");
    let permissions = capability["permissions"].as_array().expect("a capability has permissions").iter();
    permissions.filter_map(|name| Some(name.as_str()?.strip_prefix("allow-")?.replace('-', "_"))).collect()
}

/// The first argument of every `invoke`.
fn commands_called(bridge: &str) -> BTreeSet<String> {
    let calls = bridge.match_indices("invoke").map(|(at, word)| &bridge[at + word.len()..]);
    calls.filter_map(first_argument).collect()
}

fn first_argument(call: &str) -> Option<String> {
    let is_call = call.starts_with('(') || call.starts_with('<');
    let argument = call.split_once('(').filter(|_| is_call)?.1.trim_start();
    let quote = argument.chars().next().filter(|c| matches!(c, '\'' | '"' | '`'))?;
    Some(argument[1..].split_once(quote)?.0.to_owned())
}

fn disagreement(named: &[(&str, BTreeSet<String>)]) -> Vec<String> {
    let all: BTreeSet<&String> = named.iter().flat_map(|(_, commands)| commands).collect();
    let mut complaints = Vec::new();
    for (place, commands) in named {
        if commands.is_empty() {
            complaints.push(format!("{place} names no command at all"));
        }
        let lacking = all.iter().filter(|name| !commands.contains(**name));
        complaints.extend(lacking.map(|name| format!("{place} does not name {name}")));
    }
    complaints
}

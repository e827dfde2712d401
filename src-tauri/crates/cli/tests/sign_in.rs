//! `diagnose --sign-in` as somebody runs it, against the practice server.

use std::process::{Command, Output};

use serde_json::Value;

fn run(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mcp-auth-check")).args(words).output().expect("the program starts")
}

fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).expect("standard output holds the report and nothing else")
}

#[test]
fn a_fault_that_shows_only_when_signed_in_gets_its_verdict_without_a_browser() {
    let output = run(&["diagnose", "--practice", "refresh-refused", "--sign-in", "--json"]);
    let report = report(&output);
    assert_eq!(report["verdict"]["code"], "token-refresh-works", "{report}");
    assert_eq!(output.status.code(), Some(1));
    let grants = report["side_effects"].as_array().expect("a list").iter().filter(|made| made["kind"] == "grant");
    assert!(grants.into_iter().all(|made| made["taken_back"] == true), "{report}");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("Exchange the code") && told.contains("Taking back"), "progress is told: {told}");
}

#[test]
fn only_the_link_is_printed_where_no_browser_is_wanted_and_nothing_is_called_healthy_that_was_not_seen() {
    let output = run(&["diagnose", "--practice", "none", "--sign-in", "--no-browser", "--timeout", "2", "--json"]);
    assert_eq!(output.status.code(), Some(64), "there is no practice fault of that name");
    let shape = mcp_auth_practice::healthy().first().expect("a healthy shape").name;
    let output = run(&["diagnose", "--practice", shape, "--sign-in", "--no-browser", "--timeout", "2", "--json"]);
    let told = String::from_utf8_lossy(&output.stderr);
    for line in ["Sign-in page: 127.0.0.1", "Permissions:", "Link:         http://127.0.0.1:"] {
        assert!(told.contains(line), "{line} in {told}");
    }
    assert_eq!(output.status.code(), Some(2), "{}", report(&output));
}

#[test]
fn a_tool_needs_a_token() {
    assert_eq!(run(&["diagnose", "https://mcp.example.com/mcp", "--tool", "x"]).status.code(), Some(64));
    assert_eq!(run(&["diagnose", "https://mcp.example.com/mcp", "--no-browser"]).status.code(), Some(64));
}

#[test]
fn what_the_dashboard_shows_is_compared_with_the_server() {
    let folder = tempfile::tempdir().expect("a folder");
    let shape = mcp_auth_practice::healthy().first().expect("a healthy shape").name;
    let diagnosed = |shown: &str| {
        let file = folder.path().join("dashboard.txt");
        write(&file, shown);
        let file = file.to_string_lossy().into_owned();
        run(&["diagnose", "--practice", shape, "--dashboard-file", &file, "--json"])
    };
    let output = diagnosed("Resource ID: res_999\nScopes: todo:read\n");
    assert_eq!(output.status.code(), Some(1));
    let verdict = &report(&output)["verdict"];
    assert_eq!((&verdict["code"], &verdict["variant"]), (&"prm-live-vs-dashboard".into(), &"other-server".into()));
    assert_eq!(diagnosed("nothing of the kind").status.code(), Some(64));
}

#[allow(clippy::disallowed_methods, reason = "the test's own folder")]
fn write(file: &std::path::Path, text: &str) {
    std::fs::write(file, text).expect("a file");
}

//! The browser never opens: the same desks as in `tests/interop/browser.rs`, from the first screen to the verdict in the window,
//! and the command line beside it, which must say the same.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::app::{App, program};
use crate::steps::{legible, press, shoot_aside};

/// Stands in for a browser: it asks for the page and follows where it leads, as itself.
const BROWSER: &str = "exec /usr/bin/curl --silent --location --max-time 5 --output /dev/null \
    --user-agent 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' \"$1\"";

/// What the answer on the screen says.
const ANSWER: &str = "const card = document.querySelector('.verdict.headline');\
    if (card) return { title: card.querySelector('h2').innerText, who: card.querySelector('.who').innerText.trim(),\
    steps: [...card.querySelectorAll('.todo > .steps > li')].map(step => step.innerText) };\
    const works = document.querySelector('.works h2'); return works && { title: works.innerText }";

#[tokio::test]
async fn nothing_that_opens_a_browser_is_there() {
    same_on_both("missing", None, "fault").await;
}

#[tokio::test]
async fn what_opens_a_browser_fails() {
    same_on_both("fails", Some("exit 3"), "fault").await;
}

#[tokio::test]
async fn what_opens_a_browser_says_that_all_is_well_and_nothing_happens() {
    same_on_both("lies", Some("exit 0"), "fault").await;
}

#[tokio::test]
async fn a_browser_that_opens_is_proven() {
    same_on_both("works", Some(BROWSER), "healthy").await;
}

/// Walks from the first screen to the answer on a desk whose `xdg-open` is this script, or is missing; then asks the command
/// line on the same desk. Which of the causes it is depends on the computer too (root, no browser): `tests/interop/browser.rs`
/// holds them apart.
async fn same_on_both(name: &str, opener: Option<&str>, state: &str) {
    let mut desk = Vec::new();
    let app = App::open_where(|command| desk = set_up(command, opener)).await;
    press(&app, "Browser").await;
    press(&app, "Test the browser").await;
    let shown = app.until(ANSWER, json!([])).await.unwrap_or_else(|_| panic!("{name}: no answer"));
    legible(&app, name).await;
    shoot_aside(&app, &format!("browser-{name}")).await;

    let said = command_line(&desk).await;
    let verdict = &said["verdict"];
    assert_eq!(said["state"], state, "{name}: {said:#}");
    if state == "healthy" {
        assert_eq!(shown["title"], "Opening the browser works.", "{name}");
    } else {
        assert_eq!(verdict["category"], "browser", "{name}: {said:#}");
        assert_eq!(plain(&shown["title"]), plain(&verdict["title"]), "{name}");
        assert!(shown["who"].as_str().is_some_and(|who| who.ends_with('.')), "{name}: {shown}");
        let steps = verdict["fixes"][0]["steps"].as_array().expect("steps");
        let shown = shown["steps"].as_array().expect("steps");
        assert_eq!(shown.iter().map(plain).collect::<Vec<_>>(), steps.iter().map(plain).collect::<Vec<_>>(), "{name}");
        // What the mission ends this playbook with.
        assert!(app.text().await.contains("Quit the client completely"), "{name}");
    }
    app.close().await;
}

/// Makes a desk where only its own programs are found, and returns its environment.
fn set_up(command: &mut Command, opener: Option<&str>) -> Vec<(OsString, OsString)> {
    let home = command.get_envs().find(|(name, _)| *name == "HOME").and_then(|(_, home)| home).map(PathBuf::from);
    let bin = home.expect("a home").join("bin");
    fs::create_dir(&bin).expect("a folder");
    if let Some(script) = opener {
        let file = bin.join("xdg-open");
        fs::write(&file, format!("#!/bin/sh\n{script}\n")).expect("a program");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("a program");
    }
    command.env("PATH", &bin);
    command.get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect()
}

/// What `mcp-auth-check browser --launch --json` says on this desk.
async fn command_line(desk: &[(OsString, OsString)]) -> Value {
    let program = program().with_file_name("mcp-auth-check");
    assert!(Path::is_file(&program), "{} is not built: `cargo xtask test e2e` does it", program.display());
    let mut command = tokio::process::Command::new(program);
    command.args(["browser", "--launch", "--json"]).env_clear().envs(desk.iter().cloned()).stdin(Stdio::null());
    let output = command.output().await.expect("the command line starts");
    serde_json::from_slice(&output.stdout).expect("the command line prints JSON")
}

/// The text without what only marks it: the window shows `` `code` `` without its marks.
fn plain(text: &Value) -> String {
    text.as_str().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ").replace('`', "")
}

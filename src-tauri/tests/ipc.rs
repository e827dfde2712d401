//! The commands and their permissions, asked the way the window asks. Nothing is drawn, so no screen is needed.
#![allow(clippy::disallowed_methods, reason = "the test's own folder")]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::LazyLock;

use mcp_auth_troubleshooter::commands::COMMANDS;
use mcp_auth_troubleshooter::{builder, context};
use serde_json::{Value, json};
use tauri::ipc::{CallbackFn, InvokeBody, InvokeResponseBody};
use tauri::test::{INVOKE_KEY, MockRuntime, get_ipc_response, mock_builder};
use tauri::webview::InvokeRequest;
use tauri::{App, WebviewWindow, WebviewWindowBuilder};
use tempfile::TempDir;

/// What the window may ask of Tauri and its plugins, beside the app's own commands.
const BORROWED: [&str; 3] =
    ["plugin:app|version", "plugin:clipboard-manager|write_text", "plugin:webview|set_webview_zoom"];

/// Where the app's own pages are.
const OWN_PAGE: &str = if cfg!(windows) { "http://tauri.localhost/" } else { "tauri://localhost/" };

#[test]
fn every_command_of_the_app_can_be_called_from_its_window() {
    let (_app, window) = open("main");
    for command in COMMANDS {
        // Without arguments most of them complain, but not about permissions.
        assert!(!is_refused(&ask(&window, OWN_PAGE, command, json!({}))), "{command}");
    }
}

#[test]
fn nothing_else_can_be_called() {
    let (_app, window) = open("main");
    let everything = every_command_there_is();
    assert!(everything.len() > 100, "the list of all commands is suspiciously short: {everything:?}");
    for command in
        everything.iter().map(String::as_str).chain(["hidden", "plugin:shell|open", "plugin:fs|read_text_file"])
    {
        let granted = COMMANDS.contains(&command) || BORROWED.contains(&command);
        if !granted {
            assert!(is_refused(&ask(&window, OWN_PAGE, command, json!({}))), "{command} is not granted");
        }
    }
    for command in BORROWED {
        assert!(everything.contains(command), "{command} is no command");
    }
}

#[test]
fn a_page_from_elsewhere_can_call_nothing() {
    let (_app, window) = open("main");
    for page in ["https://evil.example/", "http://localhost:6274/", "https://tauri.localhost.evil.example/"] {
        for command in COMMANDS.iter().chain(&BORROWED) {
            assert!(is_refused(&ask(&window, page, command, json!({}))), "{command} from {page}");
        }
    }
}

#[test]
fn a_window_that_nobody_planned_can_call_nothing() {
    let (_app, window) = open("other");
    for command in COMMANDS {
        assert!(is_refused(&ask(&window, OWN_PAGE, command, json!({}))), "{command}");
    }
}

#[test]
fn a_failure_arrives_with_its_code_and_a_sentence() {
    let (_app, window) = open("main");
    let failure = ask(&window, OWN_PAGE, "practice_mend", json!({})).expect_err("no practice server runs");
    assert_eq!(failure["code"], "no-practice");
    assert!(failure["message"].as_str().is_some_and(|message| message.ends_with('.')), "{failure}");
    let unknown =
        ask(&window, OWN_PAGE, "practice_start", json!({ "fault": "no-such-fault" })).expect_err("no such fault");
    assert_eq!(unknown["code"], "unknown-fault");
    let nowhere = ask(&window, OWN_PAGE, "start_check", check("   ")).expect_err("nothing was typed");
    assert_eq!(nowhere["code"], "no-address");
    assert!(
        ask(&window, OWN_PAGE, "open_link", json!({ "link": "https://evil.example/" })).is_err(),
        "an address is no link"
    );
}

#[test]
fn the_catalogue_is_listed_before_anything_is_looked_at() {
    let (_app, window) = open("main");
    let checks = ask(&window, OWN_PAGE, "catalogue", json!({})).expect("a list");
    let checks = checks.as_array().expect("a list");
    assert!(!checks.is_empty() && checks.iter().all(|check| check["light"] == "not-looked"), "{checks:?}");
}

#[test]
fn a_fault_is_found_repaired_and_gone() {
    let (_app, window) = open("main");
    let faults = ask(&window, OWN_PAGE, "practice_faults", json!({})).expect("a list");
    assert!(faults.as_array().expect("a list").iter().any(|fault| fault["name"] == FAULT), "{faults}");

    let server = ask(&window, OWN_PAGE, "practice_start", json!({ "fault": FAULT })).expect("a server");
    let url = server["url"].as_str().expect("an address");
    let broken = ask(&window, OWN_PAGE, "start_check", check(url)).expect("a report");
    assert_eq!(broken["state"], "fault", "{broken}");

    ask(&window, OWN_PAGE, "practice_mend", json!({})).expect("repaired");
    let mended = ask(&window, OWN_PAGE, "start_check", check(url)).expect("a report");
    assert_eq!(mended["state"], "healthy", "{mended}");

    ask(&window, OWN_PAGE, "practice_stop", json!({})).expect("stopped");
    let gone = ask(&window, OWN_PAGE, "start_check", check(url)).expect("a report");
    assert_eq!(gone["state"], "fault", "{gone}");
}

#[test]
fn the_verdict_speaks_the_language_of_the_window_and_changes_with_it() {
    let (_app, window) = open("main");
    let spoken = ask(&window, OWN_PAGE, "speak", json!({ "language": "de" })).expect("what was found");
    assert_eq!(spoken, json!({ "reports": [], "browser": null }));

    let server = ask(&window, OWN_PAGE, "practice_start", json!({ "fault": FAULT })).expect("a server");
    let german = ask(&window, OWN_PAGE, "start_check", check(server["url"].as_str().expect("an address")));
    let german = german.expect("a report");
    assert_eq!(german["language"], "de");
    let says = |report: &Value| report["verdict"]["title"].as_str().map(str::to_owned).expect("a verdict");
    let left = german["untranslated"].as_array().expect("a list");
    assert!(!left.contains(&german["verdict"]["title"]), "{left:?}");

    // The same check, said again: nothing is asked of the server a second time.
    let english = ask(&window, OWN_PAGE, "speak", json!({ "language": "en" })).expect("what was found");
    let english = &english["reports"][0];
    assert_eq!((&english["began_ms"], &english["duration_ms"]), (&german["began_ms"], &german["duration_ms"]));
    assert_eq!(english["verdict"]["code"], german["verdict"]["code"]);
    assert_ne!(says(english), says(&german));
    assert_eq!(english["untranslated"], json!([]));
    assert!(ask(&window, OWN_PAGE, "speak", json!({ "language": "xx" })).is_err(), "no such language");
}

#[test]
fn the_window_clears_what_the_command_line_clears() {
    const SERVER: &str = "https://mcp.linear.app/mcp";
    let home = tempfile::tempdir().expect("a folder");
    let store = home.path().join(".mcp-auth").join("mcp-remote-v1");
    std::fs::create_dir_all(&store).expect("a folder");
    let tokens = store.join("fcc436b0d1e0a1ed9a2b15bbd638eb13_tokens.json");
    std::fs::write(&tokens, "{\"access_token\": \"canary-58\"}").expect("a file");
    // The very lines of `mcp-auth-check caches clear`; its own tests compare them with what the program prints.
    let request = mcp_auth_remedies::Request {
        level: mcp_auth_remedies::Level::Registration,
        servers: vec![SERVER.to_owned()],
        client: None,
        entries: Vec::new(),
    };
    let machine = mcp_auth_probes::computer::Machine::at_home(home.path());
    let of_command_line =
        mcp_auth_remedies::plan_clear(&mcp_auth_probes::computer::look(&machine), &machine.home, &request)
            .expect("a plan");

    let app = builder(mock_builder(), Some(home.path().to_owned())).build(context()).expect("the app is built");
    let window = WebviewWindowBuilder::new(&app, "main", Default::default()).build().expect("a window");
    let plan = ask(&window, OWN_PAGE, "plan_clear", json!({ "request": request })).expect("a plan");
    assert_eq!(plan["digest"], of_command_line.digest.as_str());
    assert!(!plan.to_string().contains("canary"), "{plan}");

    let refused = ask(&window, OWN_PAGE, "apply_plan", json!({ "digest": "another" })).expect_err("not agreed to");
    assert_eq!(refused["code"], "not-agreed");
    assert!(tokens.exists());
    let consent = json!({ "digest": of_command_line.digest });
    let receipt = ask(&window, OWN_PAGE, "apply_plan", consent).expect("a receipt");
    assert_eq!(receipt["all_gone"], true, "{receipt}");
    assert!(!tokens.exists());
    let undo = json!({ "id": receipt["id"], "newer": "stays" });
    ask(&window, OWN_PAGE, "undo_receipt", undo).expect("undone");
    assert_eq!(std::fs::read_to_string(&tokens).expect("a file"), "{\"access_token\": \"canary-58\"}");
}

/// A page that was taken over can press the buttons of the screens. It can name no file, program or address beyond them.
#[test]
fn what_no_screen_offers_is_not_done() {
    let (_app, window) = open("main");
    let canary = "canary-in-a-file-nobody-named";
    let file = home().join("not-a-config.json");
    let before = format!("// a comment\n{{\"mcpServers\": {{}}, \"secret\": \"{canary}\"}}");
    std::fs::write(&file, &before).expect("the test's own folder");
    for config in [file.to_string_lossy().into_owned(), "~/not-a-config.json".to_owned(), "/etc/passwd".to_owned()] {
        for client in ["cursor", "claude-desktop", "mcp-remote"] {
            let repair = json!({ "what": "writing", "comments": true });
            let request = json!({ "client": client, "config": config, "line": null, "repair": repair });
            let answer = ask(&window, OWN_PAGE, "plan_repair", json!({ "request": request }));
            let failure = answer.expect_err("it is no config of a client");
            assert_eq!(failure["code"], "not-agreed", "{failure}");
            assert!(!failure.to_string().contains(canary), "{failure}");
        }
    }
    let refused = |command: &str, arguments: Value| {
        let failure = ask(&window, OWN_PAGE, command, arguments.clone()).expect_err(command);
        assert!(!failure.to_string().contains(canary), "{command}: {failure}");
        // What is not even understood is refused by Tauri, in a sentence; the rest has a code of ours.
        assert!(failure.is_string() || failure["code"].is_string(), "{command} {arguments}: {failure}");
    };
    refused("apply_plan", json!({ "digest": "0".repeat(64) }));
    for id in ["../../not-a-config.json", "..", "", "/etc/passwd", "C:\\Windows", "1\u{0}"] {
        refused("undo_receipt", json!({ "id": id, "newer": "gives-way" }));
        refused("delete_backup", json!({ "id": id }));
    }
    for page in ["https://evil.example/", "ms-settings:", "file:///etc/passwd", "calc.exe", "../x", ""] {
        refused("open_settings", json!({ "page": page }));
        refused("open_link", json!({ "link": page }));
    }
    for typed in ["file:///etc/passwd", "javascript:alert(1)", "ms-settings:privacy"] {
        refused("start_check", check(typed));
    }
    refused("report_save", json!({ "form": "markdown", "maskHosts": false, "path": file }));
    refused("sign_in_call_tool", json!({ "tool": "delete-everything", "onStep": "__CHANNEL__:7" }));
    assert_eq!(std::fs::read_to_string(&file).expect("it is still there"), before);
}

/// A fault that needs nothing but requests without a token.
const FAULT: &str = "resource-other-path";

fn check(typed: &str) -> Value {
    let request = json!({ "typed": typed, "client": null, "symptom": "not-sure", "origin": null, "pasted": null });
    json!({ "request": request, "onProgress": "__CHANNEL__:7" })
}

fn open(label: &str) -> (App<MockRuntime>, WebviewWindow<MockRuntime>) {
    let app = builder(mock_builder(), Some(home())).build(context()).expect("the app is built");
    let window = WebviewWindowBuilder::new(&app, label, Default::default()).build().expect("a window");
    (app, window)
}

/// An empty folder that stands for the user's home in every test.
fn home() -> PathBuf {
    static HOME: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a folder"));
    HOME.path().to_owned()
}

fn ask(window: &WebviewWindow<MockRuntime>, page: &str, command: &str, arguments: Value) -> Result<Value, Value> {
    let request = InvokeRequest {
        cmd: command.to_owned(),
        callback: CallbackFn(0),
        error: CallbackFn(1),
        url: page.parse().expect("a URL"),
        body: InvokeBody::Json(arguments),
        headers: Default::default(),
        invoke_key: INVOKE_KEY.to_owned(),
    };
    get_ipc_response(window, request).map(|answer| match answer {
        InvokeResponseBody::Json(text) => serde_json::from_str(&text).expect("an answer is JSON"),
        InvokeResponseBody::Raw(_) => Value::Null,
    })
}

/// Whether permission was refused. Our own failures are objects; Tauri's are sentences.
fn is_refused(answer: &Result<Value, Value>) -> bool {
    let Err(Value::String(words)) = answer else { return false };
    ["not allowed", "not found"].iter().any(|refusal| words.contains(refusal))
}

/// Every command that the app, Tauri and the plugins have, read from what the build wrote down.
fn every_command_there_is() -> BTreeSet<String> {
    let manifests = concat!(env!("CARGO_MANIFEST_DIR"), "/gen/schemas/acl-manifests.json");
    let manifests = std::fs::read_to_string(manifests).expect("the build writes the list");
    let manifests: serde_json::Map<String, Value> = serde_json::from_str(&manifests).expect("the list is JSON");
    let mut commands = BTreeSet::new();
    for (plugin, manifest) in &manifests {
        let permissions = manifest["permissions"].as_object().expect("permissions").values();
        for command in permissions.flat_map(|permission| permission["commands"]["allow"].as_array()).flatten() {
            let command = command.as_str().expect("a name");
            commands.insert(match plugin.as_str() {
                "__app-acl__" => command.to_owned(),
                plugin => format!("plugin:{}|{command}", plugin.trim_start_matches("core:")),
            });
        }
    }
    commands
}

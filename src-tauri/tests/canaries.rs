//! Secrets are planted in everything that the window hands over, that servers say and that stands on this computer. What every
//! command answers, and every message on the way, is searched for them; and so is what the app keeps.
//!
//! On Linux, where a program of the test can stand in for what opens links.
#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods, reason = "the test's own folder")]

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use canary::{CANARY, Secretive, canary, leaks, none_of};
use mcp_auth_diagnosis::language::Language;
use mcp_auth_troubleshooter::commands::{self, COMMANDS, CheckRequest};
use mcp_auth_troubleshooter::session::Session;
use mcp_auth_troubleshooter::{builder, context};
use serde_json::{Value, json};
use tauri::async_runtime::block_on;
use tauri::ipc::{Channel, InvokeResponseBody};
use tauri::test::{MockRuntime, mock_builder};
use tauri::{App, Manager as _};

#[path = "../crates/cli/tests/canary/mod.rs"]
mod canary;

/// Everything that went to the window.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<(String, String)>>>);

impl Heard {
    /// Notes an answer, good or bad.
    fn note<T: serde::Serialize, E: serde::Serialize>(&self, command: &str, answer: &Result<T, E>) -> Value {
        let value = match answer {
            Ok(value) => serde_json::to_value(value).expect("JSON"),
            Err(failure) => json!({ "failed": serde_json::to_value(failure).expect("JSON") }),
        };
        self.0.lock().expect("a list").push((command.to_owned(), value.to_string()));
        value
    }

    /// A channel whose messages are noted.
    fn channel<T: serde::Serialize>(&self, command: &str) -> Channel<T> {
        let (heard, command) = (self.clone(), format!("{command}, on the way"));
        Channel::new(move |body| {
            let text = match body {
                InvokeResponseBody::Json(text) => text,
                InvokeResponseBody::Raw(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            };
            heard.0.lock().expect("a list").push((command.clone(), text));
            Ok(())
        })
    }

    fn leaks(&self) -> Vec<String> {
        self.0.lock().expect("a list").iter().flat_map(|(what, text)| leaks(what, text)).collect()
    }
}

/// Watches until the first look is told. The check that is watched finds nothing, so that the look is a whole check.
async fn watch(heard: &Heard, app: &App<MockRuntime>, request: CheckRequest) {
    let (handle, on_way) = (app.handle().clone(), heard.clone());
    let on_look = Channel::new(move |body| {
        let InvokeResponseBody::Json(text) = body else { return Ok(()) };
        on_way.0.lock().expect("a list").push(("watch, on the way".to_owned(), text));
        handle.state::<Session>().stop_watching();
        Ok(())
    });
    let words = || "words".to_owned();
    let ended = commands::watch::watch(
        app.handle().clone(),
        app.state::<Session>(),
        request,
        "reach-dns".to_owned(),
        words(),
        words(),
        on_look,
    );
    heard.note("watch", &ended.await);
    heard.note("stop_watching", &commands::watch::stop_watching(app.state::<Session>()).await);
}

#[test]
fn what_the_window_is_told_holds_no_secret() {
    if std::env::var_os(IN_A_PROCESS_OF_ITS_OWN).is_none() {
        return alone("what_the_window_is_told_holds_no_secret");
    }
    let (server, home) = (Secretive::start(), tempfile::tempdir().expect("a folder"));
    let (app, heard) = (open(home.path(), &server.url()), Heard::default());
    let url = server.url();
    let with_password = url.replacen("//", &format!("//me:{}@", canary("password")), 1);
    let with_key = format!("{url}?api_key={}", canary("typed-query"));
    let message = format!(
        "Error: HTTP 401 at {url}?code={}&state={}\nAuthorization: Bearer {}\n{{\"refresh_token\":\"{}\"}}\ninvalid_grant",
        canary("pasted-code"),
        canary("pasted-state"),
        canary("pasted-bearer"),
        canary("pasted-refresh"),
    );
    let command = format!("curl -H 'Authorization: Bearer {}' {url}", canary("pasted-command"));
    let config = format!(
        "{{\"mcpServers\":{{\"a\":{{\"url\":\"{url}\",\"headers\":{{\"X-Key\":\"{}\"}}}}}}}}",
        canary("pasted-config")
    );
    let token = format!("Bearer {}", canary("pasted-token"));
    let settings = format!("SCALEKIT_CLIENT_SECRET={}\nEXPECTED_AUDIENCE=x\n", canary("pasted-settings"));
    let session = || app.state::<Session>();
    let request = |typed: &str| CheckRequest {
        typed: typed.to_owned(),
        origin: Some("http://localhost:6274".to_owned()),
        pasted: Some(message.clone()),
        ..CheckRequest::default()
    };
    block_on(async {
        heard.note("look_around", &commands::look_around(session()).await);
        // What was typed into the box is the person's own address, which the window has; it goes on to be called.
        for text in [&message, &command, &config, &token, &settings] {
            heard.note("understand", &commands::understand(session(), text.clone()).await);
        }
        heard.note("catalogue", &commands::catalogue(session()).await);
        for typed in [&url, &with_password, &with_key, &message, &command, &config, &token, &format!("htp://{token}")] {
            let on_progress = heard.channel("start_check");
            heard.note("start_check", &commands::start_check(session(), request(typed), on_progress).await);
            papers(&heard, &app).await;
            for language in [Language::German, Language::English] {
                heard.note("speak", &commands::speak(session(), language).await);
            }
        }
        for text in [&token, &settings, &message, &String::new()] {
            let answer = commands::check_with_token(session(), request(&url), text.clone()).await;
            heard.note("check_with_token", &answer);
            papers(&heard, &app).await;
            let answer = commands::check_with_settings(session(), request(&url), text.clone()).await;
            heard.note("check_with_settings", &answer);
            papers(&heard, &app).await;
        }
        let on_line = heard.channel("check_many");
        heard.note("check_many", &commands::check_many(session(), vec![url.clone()], on_line).await);
        heard.note("cancel_many", &commands::cancel_many(session()).await);
        watch(&heard, &app, request(&with_key)).await;
        heard.note("cancel_check", &commands::cancel_check(session()).await);

        stored(&heard, &app, &url).await;
        browser(&heard, &app).await;
        sign_in(&heard, &app, &server).await;
        let history = heard.note("history_entries", &commands::kept::history_entries(session()).await);
        assert!(history.as_array().is_some_and(|entries| !entries.is_empty()), "something was written down: {history}");
    });
    let mut found = kept_below(home.path());
    block_on(practise(&heard, &app));
    let told: BTreeSet<String> = heard.0.lock().expect("a list").iter().map(|(command, _)| command.clone()).collect();
    let is_silent = |command: &&&str| !told.contains(**command) && !HANDED_TO_THE_SYSTEM.contains(command);
    let silent: Vec<&&str> = COMMANDS.iter().filter(is_silent).collect();
    assert!(silent.is_empty(), "commands that were not asked: {silent:?}");

    found.extend(heard.leaks());
    for verifier in server.was_sent("code_verifier") {
        let all = heard.0.lock().expect("a list");
        found.extend(
            all.iter().filter(|(_, text)| text.contains(&verifier)).map(|(what, _)| format!("{what}: the verifier")),
        );
    }
    none_of(found);
}

/// These hand something to the system: a report that was previewed here, a page of the app's own table, a message of the window.
const HANDED_TO_THE_SYSTEM: [&str; 4] = ["report_save", "open_link", "open_settings", "notify"];

async fn papers(heard: &Heard, app: &App<MockRuntime>) {
    use mcp_auth_diagnosis::paper::Form;
    for (form, mask_hosts) in [(Form::Markdown, false), (Form::Json, true), (Form::Support, false)] {
        let preview = commands::kept::report_preview(app.state(), form, mask_hosts).await;
        heard.note("report_preview", &preview);
    }
}

async fn stored(heard: &Heard, app: &App<MockRuntime>, url: &str) {
    use mcp_auth_remedies::{Level, Newer, Request};
    let level = Level::Registration;
    let request = Request { level, servers: vec![url.to_owned()], client: None, entries: Vec::new() };
    let plan = heard.note("plan_clear", &commands::stored::plan_clear(app.state(), request).await);
    let digest = plan["digest"].as_str().unwrap_or_default().to_owned();
    let receipt = heard.note("apply_plan", &commands::stored::apply_plan(app.state(), digest).await);
    let id = receipt["id"].as_str().expect("something was stored").to_owned();
    heard.note("list_backups", &commands::stored::list_backups(app.state()).await);
    heard.note("undo_receipt", &commands::stored::undo_receipt(app.state(), id.clone(), Newer::Stays).await);
    heard.note("delete_backup", &commands::stored::delete_backup(app.state(), id).await);
    let offers = commands::stored::repair_offers(app.state()).await;
    heard.note("repair_offers", &offers);
    for offer in offers.expect("a list") {
        heard.note("plan_repair", &commands::stored::plan_repair(app.state(), offer.request).await);
    }
}

async fn browser(heard: &Heard, app: &App<MockRuntime>) {
    heard.note("browser_read", &commands::browser::browser_read(app.state(), None).await);
    let (stops, on_progress) = (app.handle().clone(), heard.channel("browser_test"));
    // Nobody opens a page here; it is stopped once it has begun.
    let stop = tauri::async_runtime::spawn(async move { commands::browser::browser_stop(stops.state()).await });
    let test = commands::browser::browser_test(app.state(), None, on_progress).await;
    heard.note("browser_test", &test);
    heard.note("browser_stop", &stop.await.expect("it was stopped"));
}

async fn sign_in(heard: &Heard, app: &App<MockRuntime>, server: &Secretive) {
    let wish = |client_id: Option<String>| {
        serde_json::from_value(json!({ "server": server.url(), "client": null, "client_id": client_id, "scope": null }))
            .expect("a wish")
    };
    heard.note("sign_in_plan", &commands::sign_in::sign_in_plan(app.state(), wish(None)).await);
    let on_step = heard.channel("sign_in_start");
    let outcome =
        heard.note("sign_in_start", &commands::sign_in::sign_in_start(app.state(), wish(None), on_step).await);
    assert_eq!(outcome["signed_in"], true, "{outcome}");
    papers(heard, app).await;
    let on_step = heard.channel("sign_in_call_tool");
    let called = commands::sign_in::sign_in_call_tool(app.state(), "list_todos".to_owned(), on_step).await;
    heard.note("sign_in_call_tool", &called);
    papers(heard, app).await;
    heard.note("sign_in_stop", &commands::sign_in::sign_in_stop(app.state()).await);
    heard.note("sign_in_close", &commands::sign_in::sign_in_close(app.state()).await);
}

/// The practice server gives out tokens of its own (JWTs), and signs in by itself.
async fn practise(heard: &Heard, app: &App<MockRuntime>) {
    heard.note("practice_faults", &commands::practice::practice_faults().await);
    let started = commands::practice::practice_start(app.state(), Some("refresh-refused".to_owned())).await;
    let server = heard.note("practice_start", &started);
    let typed = server["url"].as_str().expect("an address").to_owned();
    let request = CheckRequest { typed, ..CheckRequest::default() };
    let on_progress = heard.channel("start_check");
    let report = heard.note("start_check", &commands::start_check(app.state(), request, on_progress).await);
    assert_eq!(report["state"], "fault", "{report}");
    assert!(!report.to_string().contains("eyJ"), "{report}");
    heard.note("practice_mend", &commands::practice::practice_mend(app.state()).await);
    heard.note("practice_stop", &commands::practice::practice_stop(app.state()).await);
    heard.note("history_clear", &commands::kept::history_clear(app.state()).await);
}

/// What the app itself wrote below the home: the history and the journals of changes. Backups hold what was stored, on purpose.
fn kept_below(home: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![home.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            let name = path.to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if name.contains("history") || name.contains("journal") || name.contains("receipt") {
                found.extend(leaks(&name, &std::fs::read_to_string(&path).unwrap_or_default()));
            }
        }
    }
    found
}

fn open(home: &Path, url: &str) -> App<MockRuntime> {
    let write = |place: &str, text: String| {
        let file = home.join(place);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        std::fs::write(file, text).expect("a file");
    };
    let config = format!(
        "{{\n  // mine\n  \"mcpServers\": {{\"one\": {{\"url\": \"{url}\", \"headers\": {{\"Authorization\": \"Bearer {}\"}}}},\n\
         \"two\": {{\"command\": \"npx\", \"args\": [\"mcp-remote\", \"{url}\", \"--header\", \"X-Api-Key: {}\"], \
         \"env\": {{\"MY_TOKEN\": \"{}\"}}}},}}\n}}\n",
        canary("config-bearer"),
        canary("config-argument"),
        canary("config-env"),
    );
    for place in [".cursor/mcp.json", ".config/Claude/claude_desktop_config.json", ".codeium/windsurf/mcp_config.json"]
    {
        write(place, config.clone());
    }
    let tokens =
        format!("{{\"access_token\":\"{}\",\"refresh_token\":\"{}\"}}", canary("stored"), canary("stored-refresh"));
    let named = mcp_auth_diagnosis::computer::mcp_remote::Named { url: url.to_owned(), ..Default::default() };
    for way in mcp_auth_diagnosis::computer::mcp_remote::WAYS_OF_NAMING {
        let hash = mcp_auth_diagnosis::computer::mcp_remote::hash(&named, way);
        write(&format!(".mcp-auth/mcp-remote-v1/{hash}_tokens.json"), tokens.clone());
        let client = format!("{{\"client_id\":\"a\",\"client_secret\":\"{}\"}}", canary("stored-secret"));
        write(&format!(".mcp-auth/mcp-remote-v1/{hash}_client_info.json"), client);
    }
    let credentials = format!(
        "{{\"mcpOAuth\":{{\"one|1\":{{\"serverName\":\"one\",\"serverUrl\":\"{url}\",\"accessToken\":\"{}\"}}}}}}",
        canary("claude-code")
    );
    write(".claude/.credentials.json", credentials);
    builder(mock_builder(), Some(home.to_owned())).build(context()).expect("the app is built")
}

const IN_A_PROCESS_OF_ITS_OWN: &str = "CANARIES_ALONE";

/// Runs a test of this file once more, in a process whose system opens links with a program of ours: it follows them.
fn alone(name: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let this = std::env::current_exe().expect("this program has a path");
    let opener = folder.path().join("xdg-open");
    let follows = format!("CANARIES_LINK=\"$1\" exec '{}' --exact follows_a_link_when_asked", this.display());
    std::fs::write(&opener, format!("#!/bin/sh\n{follows}\n")).expect("a file");
    std::fs::set_permissions(&opener, std::fs::Permissions::from_mode(0o755)).expect("it may be run");
    let path = format!("{}:/usr/bin:/bin", folder.path().display());
    let output = Command::new(this)
        .args(["--exact", name, "--nocapture"])
        .env(IN_A_PROCESS_OF_ITS_OWN, "1")
        .env("PATH", path)
        .env("BROWSER", format!("false --password={}", canary("browser")))
        .env("HTTPS_PROXY", format!("http://me:{}@proxy.example:3128", canary("proxy")))
        .env("MCP_TOKEN", canary("environment"))
        .stdin(Stdio::null())
        .output()
        .expect("it starts");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    assert!(!said.contains(CANARY), "it said a secret: {said}");
}

/// The browser of the test above.
#[test]
fn follows_a_link_when_asked() {
    let Ok(link) = std::env::var("CANARIES_LINK") else { return };
    canary::follow(&link).expect("the link leads somewhere");
}

//! Secrets are planted in everything that the engine is given and told. Whatever somebody may print of what it holds (`Debug`,
//! errors, reports in every form) is searched for them.
#![allow(clippy::disallowed_methods, reason = "the test's own folder")]

use std::collections::BTreeMap;
use std::sync::Mutex;

use mcp_auth_diagnosis::evidence::Evidence;
use mcp_auth_diagnosis::paper::{self, Form};
use mcp_auth_diagnosis::redact::Secret;
use mcp_auth_diagnosis::report::Report;
use mcp_auth_diagnosis::sign_in::Step;
use mcp_auth_diagnosis::subject::Subject;
use mcp_auth_diagnosis::{dashboard, pasted, settings, triage};
use mcp_auth_probes::computer::Machine;
use mcp_auth_probes::{Call, ProbeConfig, ProbePlan, Web};
use mcp_auth_sign_in::{Opener, Plan, Wish};
use tokio_util::sync::CancellationToken;
use url::Url;

use canary::{Secretive, canary, leaks, none_of};

#[path = "../../src-tauri/crates/cli/tests/canary/mod.rs"]
mod canary;

/// A home with secrets in every place that is read, and what a person hands over.
fn config(home: &tempfile::TempDir, server: &str) -> ProbeConfig {
    let entry = format!(
        r#"{{"mcpServers": {{"one": {{"url": "{server}?api_key={}", "headers": {{"Authorization": "Bearer {}"}}}},
            "two": {{"command": "npx", "args": ["-y", "mcp-remote", "{server}", "--header", "X-Api-Key: {}"],
            "env": {{"MY_TOKEN": "{}"}}}}}}}}"#,
        canary("config-query"),
        canary("config-bearer"),
        canary("config-argument"),
        canary("config-env"),
    );
    for (place, text) in [
        (".cursor/mcp.json", entry.clone()),
        (".config/Claude/claude_desktop_config.json", entry),
        (
            ".mcp-auth/mcp-remote-v1/0123456789abcdef0123456789abcdef_tokens.json",
            format!("{{\"access_token\":\"{}\",\"refresh_token\":\"{}\"}}", canary("stored"), canary("stored-refresh")),
        ),
    ] {
        let file = home.path().join(place);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        std::fs::write(file, text).expect("a file");
    }
    let env = format!("SCALEKIT_CLIENT_SECRET={}\nEXPECTED_AUDIENCE=x\nDB_PASSWORD={}\n", canary("env"), canary("db"));
    let shown = format!("Resource ID: res_1\nClient secret: {}\n", canary("dashboard"));
    ProbeConfig {
        token: Some(Secret::new(format!("Authorization: Bearer {}", canary("given-token")))),
        settings: settings::read(&env).ok(),
        dashboard: dashboard::read(&shown).ok(),
        machine: Some(Machine::at_home(home.path())),
        use_proxy: false,
        ..ProbeConfig::default()
    }
}

fn subject(server: &str) -> Subject {
    let address = server.replacen("//", &format!("//me:{}@", canary("password")), 1);
    let address = format!("{address}?api_key={}", canary("query"));
    let mut subject = Subject::server(address.parse().expect("a URL"));
    subject.origin = Some("http://localhost:6274".to_owned());
    let log = format!(
        "Error: HTTP 401 at {server}?code={}\nAuthorization: Bearer {}\n{{\"refresh_token\":\"{}\"}}\ninvalid_grant",
        canary("log-code"),
        canary("log-bearer"),
        canary("log-refresh"),
    );
    subject.hear(&pasted::understand(&log));
    subject
}

/// What is held at the end of a look, with a token.
async fn looked(server: &str, config: &ProbeConfig) -> Evidence {
    let subject = subject(server);
    let plan = ProbePlan { tool: Some("list_todos".to_owned()), ..ProbePlan::for_subject(&subject) };
    mcp_auth_probes::run(subject, plan, config, |_| {}, CancellationToken::new()).await
}

fn papers(report: &Report) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for form in [Form::Markdown, Form::Json, Form::Support] {
        for masks in [false, true] {
            all.push((format!("{form:?} {masks}"), paper::write(report, form, masks)));
        }
    }
    let mut hidden = report.clone();
    paper::hide(&mut hidden);
    all.push(("the report as it is handed on".to_owned(), serde_json::to_string(&hidden).expect("JSON")));
    all.push(("Debug of the report".to_owned(), format!("{report:?} {report:#?}")));
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_is_held_of_a_look_can_be_printed_with_a_secret() {
    let (server, home) = (Secretive::start(), tempfile::tempdir().expect("a folder"));
    let config = config(&home, &server.url());
    let evidence = looked(&server.url(), &config).await;
    assert!(evidence.exchanges().len() > 10, "it looked: {evidence:?}");
    let report = triage::diagnose(&evidence, 1);
    let mut all = papers(&report);
    all.push(("Debug of the evidence".to_owned(), format!("{evidence:?} {evidence:#?}")));
    all.push(("Debug of the config".to_owned(), format!("{config:?}")));
    for text in
        [&server.url(), &format!("{}?token={}", server.url(), canary("typed")), &format!("Bearer {}", canary("typed"))]
    {
        all.push(("Debug of what was understood".to_owned(), format!("{:?}", pasted::understand(text))));
    }
    none_of(all.iter().flat_map(|(what, text)| leaks(what, text)).collect());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_is_held_of_a_sign_in_can_be_printed_with_a_secret() {
    let server = Secretive::start();
    let (url, config): (Url, _) =
        (server.url().parse().expect("a URL"), ProbeConfig { use_proxy: false, ..ProbeConfig::default() });
    let open: Opener = std::sync::Arc::new(|page: &Url| {
        let page = page.to_string();
        std::thread::spawn(move || canary::follow(&page));
        Ok(())
    });
    let steps: Mutex<Vec<Step>> = Mutex::default();
    let step = |step: &Step| steps.lock().expect("a list").push(step.clone());
    let wish = Wish { client_secret: Some(Secret::new(canary("wished"))), introduce_others: true, ..Wish::default() };
    let cancel = CancellationToken::new();
    let subject = Subject::server(url.clone());
    let evidence = looked(&server.url(), &config).await;
    let plan = Plan::of(&evidence, &wish).expect("a plan");
    let mut whole = mcp_auth_sign_in::diagnose(subject, &wish, &config, &open, step, |_| {}, cancel).await;
    let held = whole.signed_in.as_ref().and_then(|signed_in| signed_in.access_token.clone());
    assert!(held.is_some(), "it went through");
    whole.take_back(&Web::new(url.clone(), &config)).await;
    let mut all = papers(&whole.report);
    let signed_in = whole.signed_in.as_ref().expect("it went through");
    for (what, text) in [
        ("the wish", format!("{wish:?}")),
        ("the plan", format!("{plan:?} {:?}", plan.shown())),
        ("the plan, shown", serde_json::to_string(&plan.shown()).expect("JSON")),
        ("the reading", format!("{:?}", signed_in.reading)),
        ("the reading, written", serde_json::to_string(&signed_in.reading).expect("JSON")),
        ("the exchanges", format!("{:?}", signed_in.exchanges)),
        ("the token", format!("{held:?}")),
        ("the tools", format!("{:?}", whole.tools)),
        ("the steps", serde_json::to_string(&*steps.lock().expect("a list")).expect("JSON")),
    ] {
        all.push((what.to_owned(), text));
    }
    let call = Call {
        method: "POST",
        url: format!("{url}?access_token={}", canary("call-query")).parse().expect("a URL"),
        headers: vec![("authorization".to_owned(), format!("Basic {}", canary("call-header")))],
        body: Some(format!("code={}", canary("call-body"))),
    };
    all.push(("a call".to_owned(), format!("{call:?}")));
    // Errors speak of the address that they are about.
    let names = BTreeMap::from([("nobody.example".to_owned(), Vec::new())]);
    let config = ProbeConfig { names, ..config };
    for address in ["http://nobody.example", "http://127.0.0.1:1", "https://127.0.0.1:1", "ftp://127.0.0.1"] {
        let url = format!("{address}/?api_key={}", canary("error-query")).parse().expect("a URL");
        let error = Web::new(url, &config)
            .send(Call {
                url: format!("{address}/x?token={}", canary("error-url")).parse().expect("a URL"),
                ..call.clone()
            })
            .await;
        let error = error.expect_err("nobody is there");
        all.push(("an error".to_owned(), format!("{error:?} {}", error.detail)));
    }
    let mut found: Vec<String> = all.iter().flat_map(|(what, text)| leaks(what, text)).collect();
    for verifier in server.was_sent("code_verifier") {
        let told = all.iter().filter(|(_, text)| text.contains(&verifier));
        found.extend(told.map(|(what, _)| format!("{what}: the verifier")));
    }
    none_of(found);
}

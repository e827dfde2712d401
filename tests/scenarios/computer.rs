//! Stories of this computer: a server that is fine, and a home in which one thing is not.
#![allow(clippy::disallowed_methods, reason = "the test's own folder")]

use std::fs;
use std::net::{Ipv4Addr, TcpListener};

use mcp_auth_diagnosis::check::{Action, Owner, Severity};
use mcp_auth_diagnosis::clients::ClientId;
use mcp_auth_diagnosis::computer::mcp_remote::{self, Named, Version};
use mcp_auth_diagnosis::evidence::MetadataForm;
use mcp_auth_diagnosis::oauth::well_known;
use mcp_auth_diagnosis::report::{Report, State};
use mcp_auth_diagnosis::subject::Subject;
use mcp_auth_practice::{Options, Practice};
use mcp_auth_probes::computer::Machine;
use mcp_auth_probes::{ProbeConfig, ProbePlan};
use mcp_auth_tests::diagnosing::{config_for, diagnose, told};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// A healthy server and a home.
struct Story {
    practice: Practice,
    home: TempDir,
}

impl Story {
    async fn begin() -> Self {
        let practice = Practice::start(Options::default()).await.expect("a practice server");
        Self { practice, home: tempfile::tempdir().expect("a folder") }
    }

    fn url(&self) -> String {
        self.practice.mcp_url().to_string()
    }

    fn file(&self, place: &str, text: &str) {
        let path = place.split('/').fold(self.home.path().to_path_buf(), |at, part| at.join(part));
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    /// Claude Desktop reaches the server through mcp-remote.
    fn claude(&self, package: &str, more: &[&str]) {
        let mut arguments = vec!["-y".to_owned(), package.to_owned(), self.url()];
        arguments.extend(more.iter().map(|one| (*one).to_owned()));
        let config = json!({"mcpServers": {"todo": {"command": "npx", "args": arguments}}});
        self.file(".config/Claude/claude_desktop_config.json", &config.to_string());
    }

    fn hash(&self) -> String {
        mcp_remote::hash(&Named { url: self.url(), ..Named::default() }, Version(0, 15, 1))
    }

    fn registration(&self, folder: &str, document: &Value) {
        self.file(&format!(".mcp-auth/{folder}/{}_client_info.json", self.hash()), &document.to_string());
    }

    /// An app that the practice server's sign-in service knows.
    async fn register(&self, back: &str) -> Value {
        let address =
            well_known::server_metadata(&self.practice.issuer(), MetadataForm::OauthInsert).expect("an address");
        let metadata: Value = reqwest::get(address).await.expect("an answer").json().await.expect("JSON");
        let endpoint = metadata["registration_endpoint"].as_str().expect("an endpoint");
        let body =
            json!({"client_name": "MCP CLI Proxy", "redirect_uris": [back], "token_endpoint_auth_method": "none"});
        let answer = reqwest::Client::new().post(endpoint).json(&body).send().await.expect("an answer");
        answer.json().await.expect("JSON")
    }

    async fn diagnose(&self) -> Report {
        let machine = Machine { hosts_file: None, ..Machine::at_home(self.home.path()) };
        let config = ProbeConfig { machine: Some(machine), ..config_for(&self.practice) };
        diagnose(self.practice.mcp_url(), false, &config).await
    }

    /// The verdict's code and variant; the user has to mend it.
    async fn verdict(&self) -> (String, String) {
        let report = self.diagnose().await;
        let verdict = report.verdict.as_ref().unwrap_or_else(|| panic!("no verdict: {}", told(&report)));
        assert_eq!(verdict.owner, Owner::User, "{}", told(&report));
        (verdict.code.clone(), verdict.variant.clone())
    }

    #[track_caller]
    fn is_fine(report: &Report) {
        assert!(report.state == State::Healthy && report.findings.is_empty(), "{}", told(report));
    }
}

fn is(verdict: (String, String), code: &str, variant: &str) {
    assert_eq!((verdict.0.as_str(), verdict.1.as_str()), (code, variant));
}

fn held() -> (TcpListener, u16) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    (listener, port)
}

fn back(port: u16) -> String {
    format!("http://localhost:{port}/oauth/callback")
}

#[tokio::test]
async fn a_home_that_is_in_order_adds_nothing() {
    let story = Story::begin().await;
    Story::is_fine(&story.diagnose().await);
    // The version alone is no fault, and a stored registration that the service knows is none.
    story.claude("mcp-remote@0.1.37", &[]);
    let (listener, port) = held();
    drop(listener);
    let registered = story.register(&back(port)).await;
    story.registration("mcp-remote-0.1.36", &registered);
    Story::is_fine(&story.diagnose().await);
}

#[tokio::test]
async fn a_sign_in_that_was_stored_without_its_return_address_accuses_nobody() {
    for (back, place, forgotten) in [
        ("http://127.0.0.1:19876/mcp/oauth/callback", ".local/share/opencode/mcp-auth.json", false),
        ("http://127.0.0.1:4321/callback", ".codex/.credentials.json", false),
        ("http://127.0.0.1:4321/callback", ".codex/.credentials.json", true),
    ] {
        let story = Story::begin().await;
        let id = if forgotten { json!("forgotten") } else { story.register(back).await["client_id"].clone() };
        let url = story.url();
        let text = if place.starts_with(".codex") {
            let settings = format!("[mcp_servers.healthy]\nurl = \"{url}\"\n");
            story.file(".codex/config.toml", &settings);
            json!({"healthy|0123456789abcdef": {"server_name": "healthy", "server_url": url, "client_id": id,
                "access_token": "a", "refresh_token": "r", "expires_at": 4_102_444_800_000u64, "scopes": []}})
        } else {
            let settings = json!({"mcp": {"healthy": {"type": "remote", "url": url}}});
            story.file(".config/opencode/opencode.json", &settings.to_string());
            json!({"healthy": {"tokens": {"accessToken": "a", "refreshToken": "r", "expiresAt": 4_102_444_800u64},
                "clientInfo": {"clientId": id, "clientIdIssuedAt": 1_790_000_000}, "serverUrl": url}})
        };
        story.file(place, &text.to_string());
        let report = story.diagnose().await;
        let found = report.findings.iter().chain(&report.verdict).map(|one| one.code.as_str());
        let found: Vec<&str> =
            found.filter(|code| matches!(*code, "reg-stale" | "authz-redirect-registered")).collect();
        assert_eq!(found, if forgotten { vec!["reg-stale"] } else { vec![] }, "{place}: {}", told(&report));
    }
}

#[tokio::test]
async fn a_forgotten_registration_is_found_before_any_browser_opens_and_its_clearing_is_offered() {
    let story = Story::begin().await;
    story.claude("mcp-remote@latest", &[]);
    story.registration("mcp-remote-v1", &json!({"client_id": "forgotten", "redirect_uris": [back(4321)]}));
    let report = story.diagnose().await;
    let verdict = report.verdict.as_ref().expect("a verdict");
    assert_eq!((verdict.code.as_str(), verdict.variant.as_str()), ("reg-stale", "unknown-client"), "{}", told(&report));
    let action = verdict.fixes.iter().find_map(|fix| fix.action.clone());
    assert_eq!(action, Some(Action::ClearCache { client: "mcp-remote".to_owned(), server: story.url() }));
    assert!(report.side_effects.is_empty());
}

#[tokio::test]
async fn a_registration_that_leads_elsewhere_stops_the_versions_that_believe_it() {
    let story = Story::begin().await;
    story.claude("mcp-remote@0.1.37", &[]);
    story.registration("mcp-remote-0.1.36", &json!({"redirect_uris": ["https://mcp.example.com/callback"]}));
    is(story.verdict().await, "reg-stale", "foreign-redirect");
}

#[tokio::test]
async fn a_held_port_is_told_with_its_holder() {
    let story = Story::begin().await;
    story.claude("mcp-remote@0.1.37", &[]);
    let (_listener, port) = held();
    story.registration("mcp-remote-0.1.36", &json!({"redirect_uris": [back(port)]}));
    is(story.verdict().await, "local-port-free", "taken");
}

#[tokio::test]
async fn only_the_folder_that_the_build_really_uses_counts() {
    let story = Story::begin().await;
    story.claude("mcp-remote@0.1.38", &[]);
    let (listener, port) = held();
    drop(listener);
    story.registration(
        "mcp-remote-0.1.38",
        &json!({"client_id": "forgotten", "redirect_uris": ["https://mcp.example.com/callback"]}),
    );
    let registered = story.register(&back(port)).await;
    story.registration("mcp-remote-0.1.37", &registered);
    Story::is_fine(&story.diagnose().await);
}

#[tokio::test]
async fn two_ways_to_one_server_are_one_too_many() {
    let story = Story::begin().await;
    let config = json!({"mcpServers": {
        "todo": {"command": "npx", "args": ["mcp-remote", story.url()]},
        "direct": {"url": story.url()},
    }});
    story.file(".cursor/mcp.json", &config.to_string());
    is(story.verdict().await, "cl-duplicate", "both-routes");
}

#[tokio::test]
async fn settings_that_the_client_cannot_use_are_named() {
    let story = Story::begin().await;
    story.file(
        ".cursor/mcp.json",
        &format!("{{\u{201c}mcpServers\u{201d}: {{\"todo\": {{\"url\": \"{}\"}}}}}}", story.url()),
    );
    is(story.verdict().await, "local-config-readable", "smart-quotes");

    let story = Story::begin().await;
    story.file(".cursor/mcp.json", &json!({"servers": {"todo": {"url": story.url()}}}).to_string());
    is(story.verdict().await, "local-config-used", "wrong-key");

    let story = Story::begin().await;
    let url = story.url();
    let config = json!({"mcpServers": {"todo": {"command": "npx", "args": ["mcp-remote", "--debug", url]}}});
    story.file(".cursor/mcp.json", &config.to_string());
    is(story.verdict().await, "local-mcp-remote-arguments", "flag-before-url");

    let story = Story::begin().await;
    let config =
        json!({"mcpServers": {"todo": {"url": story.url(), "headers": {"Authorization": "Bearer canary-77"}}}});
    story.file(".cursor/mcp.json", &config.to_string());
    let report = story.diagnose().await;
    assert_eq!(
        report.verdict.as_ref().map(|verdict| verdict.code.as_str()),
        Some("cl-static-header"),
        "{}",
        told(&report)
    );
    assert!(!serde_json::to_string(&report).expect("JSON").contains("canary-77"));
}

#[tokio::test]
async fn what_belongs_to_another_server_does_not_count() {
    let story = Story::begin().await;
    let broken = json!({"mcpServers": {"other": {"command": "npx", "args": ["mcp-remote@0.1.10", "--debug", "https://other.example/mcp"]}}});
    story.file(".cursor/mcp.json", &broken.to_string());
    story.file(".vscode/mcp.json", "{ not json");
    story.file(
        ".codeium/windsurf/mcp_config.json",
        "{\"mcpServers\": {\"other\": {\"serverUrl\": \"https://other.example/mcp\"",
    );
    let report = story.diagnose().await;
    assert!(report.findings.iter().all(|finding| finding.severity == Severity::Info), "{}", told(&report));
    Story::is_fine(&report);
}

#[tokio::test]
async fn an_entry_that_the_named_client_never_reads_comes_before_what_it_would_meet() {
    let story = Story::begin().await;
    let config = json!({"mcpServers": {"todo": {"url": story.url()}}});
    story.file(".config/Claude/claude_desktop_config.json", &config.to_string());
    let machine = Machine { hosts_file: None, ..Machine::at_home(story.home.path()) };
    let config = ProbeConfig { machine: Some(machine), ..config_for(&story.practice) };
    let subject = Subject { client: Some(ClientId::ClaudeDesktop), ..Subject::server(story.practice.mcp_url()) };
    let plan = ProbePlan::for_subject(&subject);
    let report = mcp_auth_probes::diagnose(subject, plan, &config, |_| {}, CancellationToken::new()).await;
    let verdict = report.verdict.as_ref().map(|verdict| verdict.code.as_str());
    assert_eq!(verdict, Some("local-config-used"), "{}", told(&report));
}

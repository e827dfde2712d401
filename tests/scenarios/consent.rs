//! What is created on a server, and what is not: nothing without consent, once for each app with it, and taken back at the end.

use std::collections::BTreeMap;
use std::time::Duration;

use mcp_auth_diagnosis::clients::ClientId;
use mcp_auth_diagnosis::report::State;
use mcp_auth_diagnosis::subject::Subject;
use mcp_auth_practice::{Fault, Options, Practice};
use mcp_auth_probes::Web;
use mcp_auth_sign_in::{Wish, diagnose as journey, stand_in};
use mcp_auth_tests::diagnosing::{agreed, config, config_for, told};
use mcp_auth_tests::scripted::{Asked, Route, Scripted, route};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::real_cases::serve;

/// A registration that can be taken back (RFC 7592).
const MANAGED: &str = r#"{"client_id":"c1","redirect_uris":["http://127.0.0.1:1/cb"],"registration_client_uri":"{auth}/registration/c1","registration_access_token":"canary-management"}"#;

fn managed() -> Vec<Route> {
    vec![
        route("POST", "/register", 201, MANAGED),
        route("DELETE", "/registration/c1", 204, "").when("authorization: Bearer canary-management"),
    ]
}

fn posted(server: &Scripted, path: &str) -> Vec<Asked> {
    server.asked().into_iter().filter(|asked| asked.method == "POST" && asked.path == path).collect()
}

#[tokio::test]
async fn looking_creates_nothing() {
    let (servers, url) = serve(Vec::new(), managed()).await.expect("two servers");
    let report = agreed(url, true, false, &config()).await;
    assert_eq!(report.state, State::Healthy, "{}", told(&report));
    for server in &servers {
        assert!(posted(server, "/register").is_empty(), "{:?}", server.asked());
        for asked in posted(server, "/token") {
            assert!(!asked.body.contains("code=") && !asked.body.contains("refresh"), "{}", asked.body);
        }
        assert!(server.asked().iter().all(|asked| matches!(asked.method.as_str(), "GET" | "POST" | "OPTIONS")));
    }
    assert!(report.side_effects.is_empty());
}

#[tokio::test]
async fn each_app_is_introduced_once_and_every_registration_is_taken_back() {
    let (servers, url) = serve(Vec::new(), managed()).await.expect("two servers");
    let report = agreed(url, false, true, &config()).await;
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    for asked in posted(&servers[1], "/register") {
        let body: Value = serde_json::from_str(&asked.body).expect("a registration is JSON");
        *names.entry(body["client_name"].to_string()).or_default() += 1;
    }
    assert!(!names.is_empty() && names.values().all(|times| *times == 1), "{names:?}");
    let taken_back = servers[1].asked().iter().filter(|asked| asked.method == "DELETE").count();
    assert_eq!(taken_back, names.len());
    assert_eq!(report.side_effects.len(), names.len());
    assert!(report.side_effects.iter().all(|made| made["taken_back"] == true), "{:?}", report.side_effects);
    assert!(!serde_json::to_string(&report).expect("JSON").contains("canary"), "no secret of a registration");
}

#[tokio::test]
async fn a_whole_journey_registers_once_for_each_app_and_gives_back_its_sign_in() {
    let practice = Practice::start(Options::default()).await.expect("a practice server");
    let config = config_for(&practice);
    let subject = Subject::server(practice.mcp_url());
    let wish = Wish { wait: Duration::from_secs(20), introduce_others: true, ..Wish::default() };
    let open = stand_in(practice.mcp_url(), &config);
    let never = CancellationToken::new();
    let mut whole = journey(subject, &wish, &config, &open, |_| {}, |_| {}, never).await;
    whole.take_back(&Web::new(practice.mcp_url(), &config)).await;
    let report = &whole.report;
    assert!(report.state == State::Healthy && report.findings.is_empty(), "{}", told(report));
    let made = |kind: &str| report.side_effects.iter().filter(|made| made["kind"] == kind).collect::<Vec<_>>();
    let mut clients: Vec<&str> = made("registration").iter().filter_map(|made| made["client"].as_str()).collect();
    let all = clients.len();
    clients.sort_unstable();
    clients.dedup();
    assert!(all > 1 && clients.len() == all, "at most once for each app: {:?}", report.side_effects);
    let grants = made("grant");
    assert!(grants.len() == 1 && grants[0]["taken_back"] == true, "{:?}", report.side_effects);
}

#[tokio::test]
async fn a_sign_in_that_was_not_finished_is_no_clean_bill() {
    let practice = Practice::start(Options::default()).await.expect("a practice server");
    let config = config_for(&practice);
    let wish = Wish { wait: Duration::ZERO, ..Wish::default() };
    let closed: mcp_auth_sign_in::Opener = std::sync::Arc::new(|_| Ok(()));
    let subject = Subject::server(practice.mcp_url());
    let whole = journey(subject, &wish, &config, &closed, |_| {}, |_| {}, CancellationToken::new()).await;
    assert_ne!(whole.report.state, State::Healthy, "{}", told(&whole.report));
}

#[tokio::test]
async fn a_fault_of_one_app_does_not_end_the_sign_in_of_somebody_who_named_none() {
    let options = Options { fault: Fault::named("redirects-private-scheme-refused"), ..Options::default() };
    let practice = Practice::start(options).await.expect("a practice server");
    let config = config_for(&practice);
    for (client, signs_in) in [(None, true), (Some(ClientId::Cursor), false)] {
        let mut subject = Subject::server(practice.mcp_url());
        subject.client = client;
        let wish = Wish { client, wait: Duration::from_secs(20), introduce_others: true, ..Wish::default() };
        let open = stand_in(practice.mcp_url(), &config);
        let whole = journey(subject, &wish, &config, &open, |_| {}, |_| {}, CancellationToken::new()).await;
        let token = whole.signed_in.is_some_and(|signed_in| signed_in.access_token.is_some());
        assert_eq!(token, signs_in, "{client:?}: {}", told(&whole.report));
        let verdict = whole.report.verdict.as_ref().map(|verdict| verdict.code.as_str());
        assert_eq!(verdict, Some("reg-dcr-redirects"), "{client:?}");
    }
}

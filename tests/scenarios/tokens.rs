//! Stories with a token: where it goes, what is kept of it, and that a good one leaves a healthy server without a finding.

use mcp_auth_diagnosis::check::Stage;
use mcp_auth_diagnosis::redact::{HIDDEN, Secret};
use mcp_auth_diagnosis::report::{State, Verdict};
use mcp_auth_diagnosis::subject::Subject;
use mcp_auth_diagnosis::triage;
use mcp_auth_practice::{Options, Practice, Server, Shape, TokenShape, healthy};
use mcp_auth_probes::ProbePlan;
use mcp_auth_tests::diagnosing::{config_for, diagnose, told};
use tokio_util::sync::CancellationToken;

/// Every right way for a token to look.
const RIGHT: [TokenShape; 4] =
    [TokenShape::Good, TokenShape::EnvironmentIssuer, TokenShape::ResourceIdAudience, TokenShape::UrlAudience];

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_good_token_at_a_healthy_server_gets_no_finding() {
    let mut wrong = Vec::new();
    for shape in healthy() {
        for token in RIGHT {
            if let Err(what) = fine(shape.shape, token).await {
                wrong.push(format!("{token:?} at {}: {what}", shape.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn fine(shape: Shape, token: TokenShape) -> Result<(), String> {
    let practice = Practice::start(Options { shape, ..Options::default() }).await.map_err(|error| error.to_string())?;
    let token = practice.issue_token(token).map_err(|error| error.to_string())?;
    let config =
        mcp_auth_probes::ProbeConfig { token: Some(Secret::new(format!("Bearer {token}\n"))), ..config_for(&practice) };
    let report = diagnose(practice.mcp_url(), false, &config).await;
    let asked = practice.requests().iter().any(|request| request.header("authorization").is_some_and(is_bearer));
    // Every other stage has its own story of healthy servers.
    let of_the_token = |finding: &Verdict| {
        matches!(finding.stage, Stage::Token | Stage::TokenValidation | Stage::Scope | Stage::Transport | Stage::Local)
    };
    match (report.verdict.iter().chain(&report.findings).any(of_the_token), asked) {
        (false, true) => Ok(()),
        (false, false) => Err("the token was not sent".to_owned()),
        (true, _) => Err(told(&report)),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_token_goes_to_the_server_alone_and_nothing_keeps_it() {
    let practice = Practice::start(Options::default()).await.expect("a server");
    let token = practice.issue_token(TokenShape::Good).expect("a token");
    let config = mcp_auth_probes::ProbeConfig { token: Some(Secret::new(token.clone())), ..config_for(&practice) };
    let subject = Subject::server(practice.mcp_url());
    let plan = ProbePlan { tool: Some("list_todos".to_owned()), ..ProbePlan::for_subject(&subject) };
    let evidence = mcp_auth_probes::run(subject, plan, &config, |_| {}, CancellationToken::new()).await;

    for request in practice.requests() {
        let carries = request.header("authorization").is_some_and(is_bearer);
        assert!(!carries || (request.server == Server::Mcp && request.path == "/mcp"), "{request:?}");
    }
    let report = triage::diagnose(&evidence, 0);
    let kept = [
        serde_json::to_string(&evidence).expect("JSON"),
        format!("{evidence:?} {config:?}"),
        serde_json::to_string(&report).expect("JSON"),
        format!("{report:?}"),
    ];
    for text in kept {
        for piece in token.split('.').skip(1).chain([token.as_str()]) {
            assert!(!text.contains(piece), "a piece of the token was kept");
        }
    }
    assert!(report.exchanges.iter().any(|line| line.request.contains(&format!("authorization: Bearer {HIDDEN}"))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_token_that_belongs_elsewhere_is_not_sent() {
    let (here, elsewhere) = (Practice::start(Options::default()).await, Practice::start(Options::default()).await);
    let (here, elsewhere) = (here.expect("a server"), elsewhere.expect("another"));
    // Of another sign-in service and for another address; the ids of both practice servers are the same.
    let foreign = elsewhere.issue_token(TokenShape::WrongAudience).expect("a token");
    let refresh = "{\"refresh_token\": \"refresh-token-0123456789\"}".to_owned();
    let id = here.issue_token(TokenShape::IdToken).expect("an ID token");
    for token in [foreign, refresh, id] {
        let config = mcp_auth_probes::ProbeConfig { token: Some(Secret::new(token)), ..config_for(&here) };
        let report = diagnose(here.mcp_url(), false, &config).await;
        assert_eq!(report.state, State::Fault, "{}", told(&report));
        for request in here.requests() {
            let made_up = request.rpc.as_deref() == Some("initialize");
            assert!(request.header("authorization").is_none() || made_up, "{request:?}");
        }
        let asked = report.exchanges.iter().filter(|line| line.purpose.contains("your token")).count();
        assert_eq!(asked, 0);
    }
}

fn is_bearer(value: &str) -> bool {
    value.to_ascii_lowercase().starts_with("bearer")
}

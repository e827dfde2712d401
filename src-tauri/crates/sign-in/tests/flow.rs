//! Sign-ins against the practice server, with a browser that follows redirects and shows nothing.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use mcp_auth_diagnosis::clients::ClientId;
use mcp_auth_diagnosis::evidence::{Environment, Evidence, Fact};
use mcp_auth_diagnosis::sign_in::{Identity, Stop};
use mcp_auth_diagnosis::subject::Subject;
use mcp_auth_diagnosis::triage;
use mcp_auth_practice::{Fault, Options, Practice};
use mcp_auth_probes::{ProbeConfig, ProbePlan, Web};
use mcp_auth_sign_in::{Opener, Plan, SignedIn, Wish, sign_in};
use tokio_util::sync::CancellationToken;

/// Follows redirects like a browser, in the background.
fn browser() -> Opener {
    Arc::new(|url| {
        let url = url.clone();
        tokio::spawn(async move {
            let _ = reqwest::Client::new().get(url).send().await;
        });
        Ok(())
    })
}

async fn look(practice: &Practice) -> Evidence {
    let subject = Subject::server(practice.mcp_url());
    let plan = ProbePlan::for_subject(&subject);
    mcp_auth_probes::run(subject, plan, &ProbeConfig::default(), |_| {}, CancellationToken::new()).await
}

async fn try_it(fault: Option<&str>, mut wish: Wish, open: Opener) -> (Evidence, SignedIn, Practice) {
    // A browser here answers at once; the longest wait is for what never comes.
    wish.wait = wish.wait.min(Duration::from_secs(10));
    let fault = fault.map(|name| Fault::named(name).unwrap_or_else(|| panic!("no fault {name}")));
    let practice = Practice::start(Options { fault, ..Options::default() }).await.expect("a server");
    let mut evidence = look(&practice).await;
    let plan = Plan::of(&evidence, &wish).expect("a plan");
    let web = Web::new(practice.mcp_url(), &ProbeConfig::default());
    let steps = Mutex::new(Vec::new());
    let told = |step: &mcp_auth_diagnosis::sign_in::Step| steps.lock().expect("steps").push(step.id.clone());
    let signed_in = sign_in(&plan, &web, &open, told, CancellationToken::new()).await;
    evidence.sign_in = Some(Fact {
        seen: Ok(signed_in.reading.clone()),
        by: "sign-in",
        at_ms: evidence.began_ms,
        environment: Environment::ThisApp,
    });
    (evidence, signed_in, practice)
}

fn verdict(evidence: &Evidence) -> Option<(String, String)> {
    triage::diagnose(evidence, 0).verdict.map(|verdict| (verdict.code, verdict.variant))
}

#[tokio::test]
async fn a_sign_in_goes_through_is_renewed_and_taken_back() {
    let (evidence, mut signed_in, practice) = try_it(None, Wish::default(), browser()).await;
    assert_eq!(signed_in.reading.stopped, None, "{:?}", signed_in.reading.steps);
    assert!(signed_in.access_token.is_some());
    assert!(signed_in.reading.refresh.as_ref().is_some_and(|answer| answer.access_token));
    assert_eq!(verdict(&evidence), None);
    let created: Vec<&str> = signed_in.reading.created.iter().map(|created| created.kind.as_str()).collect();
    assert_eq!(created, ["registration", "grant"]);
    signed_in.take_back(&Web::new(practice.mcp_url(), &ProbeConfig::default())).await;
    assert!(signed_in.reading.created.iter().any(|created| created.kind == "grant" && created.taken_back));
}

#[tokio::test]
async fn a_known_id_registers_nothing() {
    let wish = Wish { client_id: Some("m2m_5001".to_owned()), ..Wish::default() };
    let (_, signed_in, _) = try_it(None, wish, browser()).await;
    assert_eq!(signed_in.reading.stopped, None, "{:?}", signed_in.reading.steps);
    assert!(matches!(signed_in.reading.identity, Identity::Known { .. }));
    assert!(signed_in.reading.created.iter().all(|created| created.kind != "registration"));
}

#[tokio::test]
async fn each_client_is_followed_in_its_own_way() {
    for client in
        [ClientId::ClaudeCode, ClientId::Cursor, ClientId::McpInspector, ClientId::McpRemote, ClientId::FastMcp]
    {
        let wish = Wish { client: Some(client), ..Wish::default() };
        let (_, signed_in, _) = try_it(None, wish, browser()).await;
        assert_eq!(signed_in.reading.stopped, None, "{client}: {:?}", signed_in.reading.steps);
        assert!(signed_in.reading.redirect_uri.starts_with("http://localhost:"), "{client}");
    }
}

#[tokio::test]
async fn what_stops_a_sign_in_is_the_verdict() {
    for name in [
        "sign-in-denied",
        "sign-in-client-not-allowed",
        "sign-in-response-type-refused",
        "sign-in-unavailable",
        "sign-in-server-error",
        "sign-in-invalid-request",
        "iss-missing",
        "iss-other",
        "state-changed",
        "state-missing",
        "code-in-fragment",
        "code-refused",
        "client-unknown-at-token",
        "client-not-allowed-at-token",
        "resource-refused-at-token",
        "token-error-unspecific",
        "token-error-web-page",
        "token-form-encoded",
        "token-type-missing",
        "token-missing",
        "token-ok-with-error",
        "refresh-refused",
        "refresh-client-unknown",
        "refresh-unspecific",
        "refresh-without-token",
        "refresh-unavailable",
    ] {
        let (evidence, signed_in, _) = try_it(Some(name), Wish::default(), browser()).await;
        let expected = Fault::named(name).expect("a fault").expects;
        let expected = (expected.0.to_owned(), expected.1.to_owned());
        assert_eq!(verdict(&evidence), Some(expected), "{name}: {:?}", signed_in.reading);
    }
}

#[tokio::test]
async fn a_browser_that_does_not_open_or_never_comes_back_is_said_to_be_so() {
    let (_, signed_in, _) = try_it(None, Wish::default(), Arc::new(|_| Err("no browser".to_owned()))).await;
    assert_eq!(signed_in.reading.stopped, Some(Stop::Browser));
    let wish = Wish { wait: Duration::ZERO, ..Wish::default() };
    let (_, signed_in, _) = try_it(None, wish, Arc::new(|_| Ok(()))).await;
    assert_eq!(signed_in.reading.stopped, Some(Stop::NoAnswer));
}

#[tokio::test]
async fn an_answer_from_somebody_else_ends_it_without_a_token() {
    let stranger: Opener = Arc::new(|url| {
        let back = url.query_pairs().find(|(name, _)| name == "redirect_uri").map(|(_, value)| value.into_owned());
        let back = back.expect("a redirect URI");
        tokio::spawn(async move {
            let client = reqwest::Client::new();
            let _ = client.get(&back).header("host", "evil.example").send().await;
            let _ = client.get(format!("{back}?code=stolen&state=guessed")).send().await;
        });
        Ok(())
    });
    let (_, signed_in, _) = try_it(None, Wish::default(), stranger).await;
    assert_eq!(signed_in.reading.stopped, Some(Stop::Answer));
    assert!(signed_in.access_token.is_none());
    assert_eq!(signed_in.reading.turned_away, 1);
    assert_eq!(signed_in.reading.token, None, "nothing was exchanged");
}

#[tokio::test]
async fn no_secret_is_in_what_is_shown() {
    let (evidence, signed_in, _) = try_it(None, Wish::default(), browser()).await;
    let token = signed_in.access_token.as_ref().expect("a token").expose().to_owned();
    let shown = format!(
        "{:?} {} {}",
        signed_in.reading,
        serde_json::to_string(&signed_in.reading).expect("JSON"),
        serde_json::to_string(&triage::diagnose(&evidence, 0)).expect("JSON")
    );
    assert!(!shown.contains(&token));
    // How the practice server's secrets begin; 32 hexadecimal digits follow.
    for secret in ["code_", "secret_", "refresh_"] {
        let planted = shown.match_indices(secret).any(|(at, _)| {
            let after: String = shown[at + secret.len()..].chars().take(16).collect();
            after.len() == 16 && after.chars().all(|c| c.is_ascii_hexdigit())
        });
        assert!(!planted, "{secret} in {shown}");
    }
}

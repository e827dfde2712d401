//! The app signs in itself: with a real authorization server, at real servers, in a real browser; and everything that can go
//! wrong on the way.

use std::sync::Arc;
use std::time::Duration;

use mcp_auth_diagnosis::report::{Report, State};
use mcp_auth_diagnosis::sign_in::Stop;
use mcp_auth_diagnosis::subject::Subject;
use mcp_auth_probes::{ProbeConfig, Web};
use mcp_auth_sign_in::{Opener, Whole, Wish, diagnose, try_tool};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::authorization::{Issuer, walk};
use crate::browser::{Desk, Screen};
use crate::servers::{Program, Real, told};

/// A browser that shows nothing.
pub fn walker() -> Opener {
    Arc::new(|url| {
        tokio::spawn(walk(url.clone()));
        Ok(())
    })
}

/// Where the browser comes back at once or never.
pub fn wish() -> Wish {
    Wish { wait: Duration::from_secs(20), ..Wish::default() }
}

/// A real browser, which the system opens.
fn chromium(screen: &Screen) -> Opener {
    let desk = Arc::new(Desk::new().with_chromium().on(screen));
    Arc::new(move |url| desk.opens(url.as_str()).map_err(|error| error.to_string()))
}

/// A cold browser on a busy computer takes its time.
fn patient() -> Wish {
    Wish { wait: Duration::from_secs(120), ..Wish::default() }
}

async fn sign_in(server: &Url, wish: &Wish, open: &Opener) -> Whole {
    let subject = Subject::server(server.clone());
    diagnose(subject, wish, &ProbeConfig::default(), open, |_| {}, |_| {}, CancellationToken::new()).await
}

fn lines(report: &Report) -> Vec<(&str, &str)> {
    report.exchanges.iter().map(|line| (line.purpose.as_str(), line.answer.as_str())).collect()
}

fn code(report: &Report) -> &str {
    report.verdict.as_ref().map_or("none", |verdict| &verdict.code)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_browser_signs_in_at_every_server() {
    let screen = Screen::new();
    let issuer = Issuer::start();
    let opener = chromium(&screen);
    for program in [Program::FastMcpScalekit, Program::TypeScriptSdk, Program::PythonSdk, Program::ExpressScalekit] {
        let real = Real::start(program, &issuer.environment());
        let whole = sign_in(&real.url, &patient(), &opener).await;
        let mut signed_in = whole.signed_in.expect("a sign-in");
        assert_eq!(signed_in.reading.stopped, None, "{program:?}: {:?}", signed_in.reading);
        assert_eq!(whole.report.state, State::Healthy, "{program:?}: {}", told(&whole.report));
        assert!(whole.tools.contains(&"list_todos".to_owned()), "{program:?}: {:?}", lines(&whole.report));
        assert!(signed_in.reading.refresh.as_ref().is_some_and(|answer| answer.access_token), "{program:?}");
        // What was created is listed, and goes again: this service offers both ways back.
        signed_in.take_back(&Web::new(real.url.clone(), &ProbeConfig::default())).await;
        let created: Vec<(&str, bool)> =
            signed_in.reading.created.iter().map(|created| (created.kind.as_str(), created.taken_back)).collect();
        assert_eq!(created, [("registration", true), ("grant", true)], "{program:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_stops_a_sign_in_gets_its_verdict() {
    let (screen, issuer) = (Screen::new(), Issuer::start());
    let real = Real::start(Program::TypeScriptSdk, &issuer.environment());
    let browser = chromium(&screen);
    // Where nobody comes back, the wait is short: the browser is warm by then.
    let short = Wish { wait: Duration::from_secs(5), ..Wish::default() };
    let known = |id: &str| Wish { client_id: Some(id.to_owned()), ..short.clone() };
    // Fault, wish, where it stops, verdict.
    let cases: [(&str, Wish, Option<Stop>, &str); 10] = [
        ("", patient(), None, "none"),
        ("denied", patient(), Some(Stop::Answer), "authz-error"),
        ("", known("elsewhere"), Some(Stop::NoAnswer), "authz-redirect-registered"),
        ("", known("nobody"), Some(Stop::NoAnswer), "reg-static"),
        ("other-challenge", patient(), Some(Stop::Token), "token-exchange"),
        ("other-issuer", patient(), Some(Stop::Answer), "authz-iss"),
        ("token-error", patient(), Some(Stop::Token), "asm-endpoints-alive"),
        ("no-refresh-token", patient(), None, "none"),
        ("closed", short.clone(), Some(Stop::NoAnswer), "none"),
        ("other-state", patient(), Some(Stop::Answer), "authz-state"),
    ];
    let mut wrong = String::new();
    for (fault, wish, stop, expected) in cases {
        issuer.fault(fault).await;
        let whole = sign_in(&real.url, &wish, &browser).await;
        let id = wish.client_id.unwrap_or_default();
        let signed_in = whole.signed_in.expect("a sign-in");
        if signed_in.reading.stopped != stop || code(&whole.report) != expected {
            let seen = (signed_in.reading.stopped, code(&whole.report).to_owned());
            wrong += &format!("{fault} {id}: {seen:?}, not {:?}\n{}\n", (stop, expected), told(&whole.report));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    issuer.fault("closed").await;
    let whole = sign_in(&real.url, &short, &browser).await;
    assert_eq!(whole.report.state, State::Undetermined, "nobody signed in, so nothing is proven");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_else_knocks_at_the_listener_changes_nothing() {
    let issuer = Issuer::start();
    let real = Real::start(Program::TypeScriptSdk, &issuer.environment());
    let opener: Opener = Arc::new(|url| {
        let url = url.clone();
        tokio::spawn(async move {
            let back = url.query_pairs().find(|(name, _)| name == "redirect_uri").map(|(_, value)| value.into_owned());
            let back = back.expect("a redirect URI");
            let stranger = reqwest::Client::new();
            let _ = stranger.get(format!("{back}?code=stolen")).header("host", "evil.example.com").send().await;
            walk(url).await;
            // The answer was given: nobody listens any more, or turns this away.
            let second = stranger.get(format!("{back}?code=second")).send().await;
            assert!(second.is_err() || second.is_ok_and(|answer| answer.status().is_client_error()));
        });
        Ok(())
    });
    let whole = sign_in(&real.url, &wish(), &opener).await;
    assert_eq!(whole.report.state, State::Healthy, "{}", told(&whole.report));
    let signed_in = whole.signed_in.expect("a sign-in");
    assert_eq!((signed_in.reading.stopped, signed_in.reading.turned_away > 0), (None, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_that_needs_more_is_reached_by_a_step_up_or_its_end_is_said() {
    let issuer = Issuer::start();
    let real = Real::start(Program::TypeScriptSdk, &issuer.environment());
    for (fault, expected) in [("", "none"), ("never-more", "scope-granted")] {
        issuer.fault(fault).await;
        let wish = self::wish();
        let whole = sign_in(&real.url, &wish, &walker()).await;
        assert_eq!(whole.report.state, State::Healthy, "{fault}: {}", told(&whole.report));
        let mut signed_in = whole.signed_in.expect("a sign-in");
        let subject = Subject::server(real.url.clone());
        let config = ProbeConfig::default();
        let report =
            try_tool(subject, "add_todo", &wish, &config, &mut signed_in, &walker(), |_| {}, CancellationToken::new())
                .await;
        assert_eq!(code(&report), expected, "{fault}: {}", told(&report));
    }
}

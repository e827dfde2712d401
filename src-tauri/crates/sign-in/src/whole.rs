//! The whole journey: look, sign in, look again with the token, and say what it all means.

use std::time::Instant;

use mcp_auth_diagnosis::check::Severity;
use mcp_auth_diagnosis::evidence::{Environment, Evidence, Fact, Purpose};
use mcp_auth_diagnosis::oauth::challenge;
use mcp_auth_diagnosis::report::{Report, Verdict};
use mcp_auth_diagnosis::sign_in::{Step, picture};
use mcp_auth_diagnosis::subject::Subject;
use mcp_auth_diagnosis::{triage, trial};
use mcp_auth_probes::{ProbeConfig, ProbePlan, Progress, Web, run};
use tokio_util::sync::CancellationToken;

use crate::flow::{self, Opener, SignedIn, now_ms};
use crate::plan::{NotPossible, Plan, Wish};

/// What came of the journey.
pub struct Whole {
    /// The diagnosis with all that the sign-in showed.
    pub report: Report,
    /// The sign-in; `None` when it could not begin.
    pub signed_in: Option<SignedIn>,
    /// Why it could not begin.
    pub not_possible: Option<NotPossible>,
    /// The tools that the server listed.
    pub tools: Vec<String>,
}

/// Looks at the server, signs in as wished, looks again with the token. `step` hears every step of the picture.
pub async fn diagnose(
    subject: Subject,
    wish: &Wish,
    config: &ProbeConfig,
    open: &Opener,
    step: impl Fn(&Step) + Send + Sync,
    progress: impl Fn(Progress) + Send + Sync,
    cancel: CancellationToken,
) -> Whole {
    let began = Instant::now();
    let look = ProbePlan::for_subject(&subject);
    let evidence = run(subject.clone(), look.clone(), config, &progress, cancel.clone()).await;
    let before = picture(&evidence);
    before.iter().for_each(&step);
    let plan = match Plan::of(&evidence, wish) {
        Ok(plan) => plan,
        Err(why) => {
            let report = triage::diagnose(&evidence, elapsed(began));
            return Whole { report, signed_in: None, not_possible: Some(why), tools: Vec::new() };
        }
    };
    let Some(server) = subject.server.clone() else {
        let report = triage::diagnose(&evidence, elapsed(began));
        return Whole { report, signed_in: None, not_possible: Some(NotPossible::NoSignInService), tools: Vec::new() };
    };
    let web = Web::new(server, config);
    let signed_in = flow::sign_in(&plan, &web, open, &step, cancel.clone()).await;
    let evidence = with_token(subject, look, config, &signed_in, evidence, &progress, cancel).await;
    picture(&evidence).iter().filter(|one| one.id.starts_with("token-")).for_each(&step);
    Whole {
        report: triage::diagnose(&evidence, elapsed(began)),
        tools: trial::tools(&evidence).unwrap_or_default(),
        signed_in: Some(signed_in),
        not_possible: None,
    }
}

/// Calls one tool once, without arguments, because the person picked it. When the server asks for more permissions, signs in
/// once more for the union of what was granted and what it asks for (MCP 2026-07-28, step-up), and calls again: once.
#[allow(clippy::too_many_arguments, reason = "the members of a run")]
pub async fn try_tool(
    subject: Subject,
    tool: &str,
    wish: &Wish,
    config: &ProbeConfig,
    signed_in: &mut SignedIn,
    open: &Opener,
    step: impl Fn(&Step) + Send + Sync,
    cancel: CancellationToken,
) -> Report {
    let began = Instant::now();
    let look = ProbePlan { tool: Some(tool.to_owned()), ..ProbePlan::for_subject(&subject) };
    let first = Evidence::new(subject.clone(), now_ms());
    let evidence = with_token(subject.clone(), look.clone(), config, signed_in, first, |_| {}, cancel.clone()).await;
    let asked = evidence
        .answer(&Purpose::TokenToolsCall { tool: tool.to_owned() })
        .filter(|answer| answer.status == 403)
        .and_then(|answer| challenge::read(&answer.headers).scopes());
    let first = triage::diagnose(&evidence, elapsed(began));
    let Some(asked) = asked.filter(|asked| !asked.is_empty()) else { return first };
    let mut union: Vec<String> =
        signed_in.granted_scope.iter().flat_map(|scope| scope.split_whitespace()).map(str::to_owned).collect();
    union.extend(asked.into_iter().filter(|scope| !union.contains(scope)).collect::<Vec<_>>());
    let wish = Wish { scope: Some(union.join(" ")), ..wish.clone() };
    let (Ok(plan), Some(server)) = (Plan::of(&evidence, &wish), subject.server.clone()) else { return first };
    let web = Web::new(server, config);
    let again = flow::sign_in(&plan, &web, open, &step, cancel.clone()).await;
    let created = std::mem::take(&mut signed_in.reading.created);
    *signed_in = again;
    // What the first sign-in created is still there.
    signed_in.reading.created.splice(0..0, created);
    let evidence = with_token(subject, look, config, signed_in, evidence, |_| {}, cancel).await;
    picture(&evidence).iter().filter(|one| one.id.starts_with("token-")).for_each(&step);
    let mut report = triage::diagnose(&evidence, elapsed(began));
    // How the server said no the first time is still worth knowing when the second call goes through.
    let new =
        |seen: &Verdict| seen.severity != Severity::Error && !report.findings.iter().any(|have| have.code == seen.code);
    let kept: Vec<Verdict> = first.findings.into_iter().filter(new).collect();
    report.findings.extend(kept);
    report
}

/// Looks again with the token, when there is one, and puts the sign-in beside it.
async fn with_token(
    subject: Subject,
    look: ProbePlan,
    config: &ProbeConfig,
    signed_in: &SignedIn,
    otherwise: Evidence,
    progress: impl Fn(Progress) + Send + Sync,
    cancel: CancellationToken,
) -> Evidence {
    let mut evidence = match &signed_in.access_token {
        Some(token) => {
            let config = ProbeConfig { token: Some(token.clone()), ..config.clone() };
            run(subject, look, &config, progress, cancel).await
        }
        None => otherwise,
    };
    for exchange in &signed_in.exchanges {
        evidence.add(exchange.clone());
    }
    evidence.sign_in = Some(Fact {
        seen: Ok(signed_in.reading.clone()),
        by: "sign-in",
        at_ms: now_ms(),
        environment: Environment::ThisApp,
    });
    evidence
}

fn elapsed(began: Instant) -> u32 {
    u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX)
}

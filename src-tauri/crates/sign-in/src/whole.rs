//! The whole journey: look, sign in, look again with the token, and say what it all means.

use std::time::Instant;

use mcp_auth_diagnosis::check::Severity;
use mcp_auth_diagnosis::clients::ClientId;
use mcp_auth_diagnosis::evidence::{Environment, Evidence, Exchange, Fact, Purpose};
use mcp_auth_diagnosis::oauth::challenge;
use mcp_auth_diagnosis::report::{Report, Verdict};
use mcp_auth_diagnosis::sign_in::{Step, picture};
use mcp_auth_diagnosis::subject::Subject;
use mcp_auth_diagnosis::{triage, trial};
use mcp_auth_probes::{ProbeConfig, ProbePlan, Progress, Web, run};
use tokio_util::sync::CancellationToken;

use crate::flow::{self, Flow, Opener, SignedIn, now_ms};
use crate::introduce::{self, Introduced};
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
    /// The other apps that were introduced, when the person wished for it.
    pub introduced: Introduced,
}

impl Whole {
    /// Takes back what was created, where the sign-in service offers it, and says so in the report.
    pub async fn take_back(&mut self, web: &Web) {
        self.introduced.take_back(web, &mut self.report).await;
        let Some(signed_in) = &mut self.signed_in else { return };
        signed_in.take_back(web).await;
        for created in signed_in.reading.created.iter().filter(|created| created.taken_back) {
            introduce::mark_taken_back(&mut self.report, &created.kind, created.client_id.as_deref());
        }
    }
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
    let mut evidence = run(subject.clone(), look.clone(), config, &progress, cancel.clone()).await;
    let before = picture(&evidence);
    before.iter().for_each(&step);
    let mut whole = Whole {
        report: triage::diagnose(&evidence, elapsed(began)),
        signed_in: None,
        not_possible: None,
        tools: Vec::new(),
        introduced: Introduced::default(),
    };
    let Some(server) = subject.server.clone() else {
        whole.not_possible = Some(NotPossible::NoSignInService);
        return whole;
    };
    let web = Web::new(server, config);
    let plan = Plan::of(&evidence, wish);
    let mut flow = plan.as_ref().ok().map(|plan| Flow::new(plan, &web, &step));
    let mut ready = None;
    if let Some(flow) = &mut flow {
        ready = Some(flow.prepare().await);
        flow.exchanges.iter().for_each(|exchange| evidence.add(exchange.clone()));
    }
    if wish.introduce_others {
        whole.introduced = introduce::introduce(&mut evidence, &web, config, &progress, &cancel).await;
        whole.report = triage::diagnose(&evidence, elapsed(began));
    }
    if let Some(flow) = &mut flow {
        // What was introduced counts after the second look as well.
        flow.exchanges = evidence.exchanges().iter().filter(|exchange| by_us(exchange)).cloned().collect();
    }
    let (flow, ready) = match (flow, ready) {
        (Some(flow), Some(ready)) => (flow, ready),
        _ => {
            whole.not_possible = plan.err();
            return whole;
        }
    };
    // Where addresses are guessed, only the sign-in can tell whether the guess is good.
    let can_tell_more = plan.as_ref().is_ok_and(|plan| plan.guessed);
    if wish.introduce_others && ready.is_ok() && !can_tell_more && shows_already(&whole.report, wish.client) {
        whole.signed_in = Some(flow.leave());
        return whole;
    }
    let mut signed_in = flow.finish(ready, open, &cancel).await;
    signed_in.knocks = evidence.exchanges().iter().filter(|exchange| is_knock(exchange)).cloned().collect();
    if signed_in.reading.stopped.is_some() {
        // What hangs behind the sign-in was not seen.
        evidence.cut_short.get_or_insert_with(|| "the sign-in was not finished".to_owned());
    }
    let evidence = with_token(subject, look, config, &signed_in, evidence, &progress, cancel).await;
    picture(&evidence).iter().filter(|one| one.id.starts_with("token-")).for_each(&step);
    whole.report = triage::diagnose(&evidence, elapsed(began));
    whole.tools = trial::tools(&evidence).unwrap_or_default();
    whole.signed_in = Some(signed_in);
    whole
}

/// The fault of this client is known before a browser is opened, and a sign-in would tell nothing more.
fn shows_already(report: &Report, client: Option<ClientId>) -> bool {
    report.verdict.as_ref().is_some_and(|verdict| {
        verdict.affects.is_empty() || client.is_some_and(|client| verdict.affects.contains(&client))
    })
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
    let stepped_up = asked.join(" ");
    let mut union: Vec<String> =
        signed_in.granted_scope.iter().flat_map(|scope| scope.split_whitespace()).map(str::to_owned).collect();
    union.extend(asked.into_iter().filter(|scope| !union.contains(scope)).collect::<Vec<_>>());
    let wish = Wish { scope: Some(union.join(" ")), ..wish.clone() };
    let (Ok(plan), Some(server)) = (Plan::of(&evidence, &wish), subject.server.clone()) else { return first };
    let web = Web::new(server, config);
    let same = signed_in.once_more(plan.clone());
    let again = flow::sign_in(&same, &web, open, &step, cancel.clone()).await;
    let refused = again.scope_refused();
    signed_in.go_on_with(again);
    // A registration that named its scopes may have no others (RFC 7591 section 2). One for the union may.
    if refused && same.registered.is_some() {
        let again = flow::sign_in(&plan, &web, open, &step, cancel.clone()).await;
        signed_in.go_on_with(again);
    }
    signed_in.reading.stepped_up = Some(stepped_up);
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
            let mut evidence = run(subject, ProbePlan { knocks: false, ..look }, &config, progress, cancel).await;
            signed_in.knocks.iter().for_each(|exchange| evidence.add(exchange.clone()));
            evidence
        }
        None => otherwise,
    };
    if !evidence.exchanges().iter().any(by_us) {
        signed_in.exchanges.iter().for_each(|exchange| evidence.add(exchange.clone()));
    }
    evidence.sign_in = Some(Fact {
        seen: Ok(signed_in.reading.clone()),
        by: "sign-in",
        at_ms: now_ms(),
        environment: Environment::ThisApp,
    });
    evidence
}

fn is_knock(exchange: &Exchange) -> bool {
    matches!(exchange.purpose, Purpose::AuthorizationEndpoint | Purpose::TokenEndpoint)
}

fn by_us(exchange: &Exchange) -> bool {
    exchange.by == "sign-in"
}

fn elapsed(began: Instant) -> u32 {
    u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX)
}

//! Diagnosing as the command line does, many at once.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use mcp_auth_diagnosis::checks;
use mcp_auth_diagnosis::report::{Report, State, Verdict};
use mcp_auth_diagnosis::subject::Subject;
use mcp_auth_practice::Practice;
use mcp_auth_probes::{ProbeConfig, ProbePlan};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use url::Url;

/// Where MCP Inspector's page runs.
pub const PAGE: &str = "http://localhost:6274";

/// So many stories are told at the same time, whichever test they belong to.
static TURNS: Semaphore = Semaphore::const_new(8);

/// How a test looks at the world: like the app, but it listens to an open event stream for a moment only.
pub fn config() -> ProbeConfig {
    let mut config = ProbeConfig { use_proxy: false, ..ProbeConfig::default() };
    config.limits.event_stream = Duration::from_millis(300);
    config.limits.reply_stream = Duration::from_millis(300);
    // Names that exist nowhere (RFC 6761 section 6.4), without asking a resolver.
    let nowhere = ["auth.practice.invalid", "login.practice.invalid", "mcp.elsewhere.invalid", "practice.invalid"];
    config.names = nowhere.iter().map(|name| ((*name).to_owned(), Vec::new())).collect::<BTreeMap<_, _>>();
    let inside = ["mcp-server.default.svc.cluster.local", "keycloak.default.svc.cluster.local"];
    config.names.extend(inside.iter().map(|name| ((*name).to_owned(), Vec::new())));
    config
}

/// The same, trusting the certificates of a practice server.
pub fn config_for(practice: &Practice) -> ProbeConfig {
    ProbeConfig { extra_roots_pem: practice.ca_pem().map(str::to_owned), ..config() }
}

/// Diagnoses a server; with `page` for a web page as well.
pub async fn diagnose(server: Url, page: bool, config: &ProbeConfig) -> Report {
    agreed(server, page, false, config).await
}

/// The same; with `register` as one who agreed to registrations.
pub async fn agreed(server: Url, page: bool, register: bool, config: &ProbeConfig) -> Report {
    let subject = Subject { origin: page.then(|| PAGE.to_owned()), ..Subject::server(server) };
    let plan = ProbePlan::for_subject(&subject);
    let never = CancellationToken::new();
    if register {
        return mcp_auth_sign_in::diagnose_introducing(subject, plan, config, |_| {}, never).await;
    }
    mcp_auth_probes::diagnose(subject, plan, config, |_| {}, never).await
}

/// The same, no further along the way than the check of this code needs.
pub async fn until(server: Url, page: bool, code: &str, config: &ProbeConfig) -> Report {
    let subject = Subject { origin: page.then(|| PAGE.to_owned()), ..Subject::server(server) };
    let until = checks::named(code).map(|check| check.stage);
    let plan = ProbePlan { until, ..ProbePlan::for_subject(&subject) };
    mcp_auth_probes::diagnose(subject, plan, config, |_| {}, CancellationToken::new()).await
}

/// What a report says, in one line.
pub fn told(report: &Report) -> String {
    let one = |verdict: &Verdict| format!("{} ({}, {:?})", verdict.code, verdict.variant, verdict.severity);
    let mut line = match (&report.verdict, report.state) {
        (Some(verdict), _) => one(verdict),
        (None, State::Healthy) => "healthy".to_owned(),
        (None, _) => "undetermined".to_owned(),
    };
    if !report.findings.is_empty() {
        let also: Vec<String> = report.findings.iter().map(one).collect();
        line.push_str(&format!(", also {}", also.join(", ")));
    }
    if report.state == State::Undetermined && !report.unknown.is_empty() {
        let unknown: Vec<String> = report.unknown.iter().map(|one| format!("{}: {}", one.code, one.why)).collect();
        line.push_str(&format!(", unknown {}", unknown.join("; ")));
    }
    line
}

/// Tells all stories, many at once, and fails with every one that went wrong.
///
/// # Panics
/// When one went wrong.
pub async fn all<F>(stories: impl IntoIterator<Item = (String, F)>)
where
    F: Future<Output = Result<(), String>> + Send + 'static,
{
    let mut running = JoinSet::new();
    let mut count = 0;
    for (name, story) in stories {
        count += 1;
        running.spawn(async move {
            let _turn = TURNS.acquire().await;
            (name, story.await)
        });
    }
    let mut wrong = Vec::new();
    while let Some(ended) = running.join_next().await {
        match ended {
            Ok((_, Ok(()))) => {}
            Ok((name, Err(what))) => wrong.push(format!("{name}: {what}")),
            Err(error) => wrong.push(format!("a story broke off: {error}")),
        }
    }
    wrong.sort();
    assert!(wrong.is_empty(), "{} of {count} went wrong:\n{}", wrong.len(), wrong.join("\n"));
}

//! Every fault of the practice server gets the verdict that its table names, and nothing else.

use std::time::Duration;

use mcp_auth_diagnosis::checks;
use mcp_auth_diagnosis::redact::Secret;
use mcp_auth_diagnosis::report::{Report, State, Verdict};
use mcp_auth_diagnosis::subject::Subject;
use mcp_auth_practice::{Fault, Needs, Options, Playbook, Practice, Severity, faults};
use mcp_auth_probes::ProbeConfig;
use mcp_auth_sign_in::{Wish, stand_in};
use mcp_auth_tests::diagnosing::{self, agreed, config_for, told};
use serde_json::to_value;
use tokio_util::sync::CancellationToken;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_fault_gets_its_verdict() {
    let known = faults().iter().filter(|fault| checks::named(fault.expects.0).is_some());
    diagnosing::all(known.map(|fault| (fault.name.to_owned(), story(fault)))).await;
}

/// Faults of these variants cost all the patience that there is; a test has less.
const SILENCE: [&str; 4] = ["silent", "too-slow", "no-connection", "endless"];

async fn story(fault: &'static Fault) -> Result<(), String> {
    let options = Options { fault: Some(fault), ..Options::default() };
    let practice = Practice::start(options).await.map_err(|error| error.to_string())?;
    let mut config = config_for(&practice);
    if SILENCE.contains(&fault.expects.1) {
        config.limits.request = Duration::from_secs(3);
    }
    if fault.needs == Needs::Token {
        config.token = Some(Secret::new(practice.fresh_token().map_err(|error| error.to_string())?));
    }
    if fault.needs == Needs::SignIn {
        return judge(fault, &signed_in(&practice, &config, fault.playbook == Playbook::Scope).await);
    }
    let (page, register) = (fault.needs == Needs::WebPage, fault.needs == Needs::Registration);
    let report = agreed(practice.mcp_url(), page, register, &config).await;
    judge(fault, &report)?;
    // The app watches without a token, and introduces nobody.
    if register || fault.needs == Needs::Token || fault.severity != Severity::Error {
        return Ok(());
    }
    seen_again(fault, &report, diagnosing::until(practice.mcp_url(), page, fault.expects.0, &config).await)
}

/// Whether a look that goes no further than the broken place, as the app makes one every few seconds, sees the same and asks
/// for no more.
fn seen_again(fault: &Fault, whole: &Report, narrow: Report) -> Result<(), String> {
    if !narrow.verdict.iter().chain(&narrow.findings).any(|found| found.code == fault.expects.0) {
        return Err(format!("a look at {} alone does not see it; it says {}", fault.expects.0, told(&narrow)));
    }
    // Which of two first calls breaks may differ from look to look, and one that broke alone is asked once more.
    if narrow.requests > whole.requests + 1 {
        return Err(format!(
            "a look at {} alone asks {} times, not {}",
            fault.expects.0, narrow.requests, whole.requests
        ));
    }
    Ok(())
}

/// Looks, signs in as a client by the newest specification would, calls a tool that needs more where the fault is about
/// permissions, and says what all of it means.
async fn signed_in(practice: &Practice, config: &ProbeConfig, about_scopes: bool) -> Report {
    let subject = Subject::server(practice.mcp_url());
    let wish = Wish { wait: Duration::from_secs(20), introduce_others: true, ..Wish::default() };
    let never = CancellationToken::new();
    let open = stand_in(practice.mcp_url(), config);
    let whole = mcp_auth_sign_in::diagnose(subject.clone(), &wish, config, &open, |_| {}, |_| {}, never.clone()).await;
    let Some(mut signed_in) = whole.signed_in.filter(|_| about_scopes) else { return whole.report };
    mcp_auth_sign_in::try_tool(subject, "add_todo", &wish, config, &mut signed_in, &open, |_| {}, never).await
}

/// Whether the report says what the table expects.
fn judge(fault: &Fault, report: &Report) -> Result<(), String> {
    let (code, variant) = fault.expects;
    let is = |verdict: &Verdict| verdict.code == code && verdict.variant == variant;
    let wrong =
        |what: &str| Err(format!("expected {code} ({variant}, {:?}){what}; it says {}", fault.severity, told(report)));
    if fault.severity == Severity::Error {
        let Some(verdict) = report.verdict.as_ref().filter(|verdict| is(verdict)) else { return wrong("") };
        if report.state != State::Fault || to_value(verdict.category).ok() != to_value(fault.playbook).ok() {
            return wrong(&format!(" in {:?}, not {:?}", fault.playbook, verdict.category));
        }
        return Ok(());
    }
    let found = report.findings.iter().find(|verdict| is(verdict));
    let same_severity = found.is_some_and(|verdict| to_value(verdict.severity).ok() == to_value(fault.severity).ok());
    if report.verdict.is_some() || report.state == State::Fault || !same_severity {
        return wrong(" and no verdict");
    }
    Ok(())
}

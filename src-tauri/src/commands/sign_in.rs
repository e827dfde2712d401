//! Trying to sign in: plan, consent, steps, tools, and taking back what was created. The work is `mcp-auth-sign-in`'s.

use std::sync::Arc;

use mcp_auth_diagnosis::clients::ClientId;
use mcp_auth_diagnosis::report::Report;
use mcp_auth_diagnosis::sign_in::{Created, Step};
use mcp_auth_diagnosis::subject::Subject;
use mcp_auth_probes::{ProbeConfig, ProbePlan, Web};
use mcp_auth_remedies::HistoryKind;
use mcp_auth_sign_in::{Introduced, Opener, Plan, PlanShown, SignedIn, Wish, diagnose, try_tool};
use serde::{Deserialize, Serialize};
use tauri::State;
use tauri::ipc::Channel;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{CheckRequest, config_for, own, remember, subject_of, title_of};
use crate::failure::{CommandFailure, FailureCode};
use crate::links;
use crate::session::Session;

/// How the person wants to sign in.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct SignInWish {
    /// The server's address.
    pub server: String,
    /// As which client.
    pub client: Option<ClientId>,
    /// An id that was set up at the sign-in service.
    pub client_id: Option<String>,
    /// Other scopes than the client would ask for, separated by spaces.
    pub scope: Option<String>,
    /// The other apps are introduced as well, to see whether each is accepted.
    #[serde(default)]
    pub introduce_others: bool,
}

/// What came of it.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export, rename = "SignedIn"))]
pub struct Outcome {
    /// The diagnosis with all that the sign-in showed.
    pub report: Report,
    /// There is a token.
    pub signed_in: bool,
    /// The scopes that were granted.
    pub granted_scope: Option<String>,
    /// The tools that the server listed.
    pub tools: Vec<String>,
    /// Everything that was created on a server.
    pub created: Vec<Created>,
}

/// A sign-in whose tokens are in memory.
pub struct Held {
    subject: Subject,
    wish: Wish,
    config: ProbeConfig,
    signed_in: SignedIn,
    introduced: Introduced,
}

/// Says what a sign-in would do. It looks at the server, and creates nothing.
#[tauri::command]
pub async fn sign_in_plan(session: State<'_, Session>, wish: SignInWish) -> Result<PlanShown, CommandFailure> {
    let (subject, wish, config) = understood(&session, wish)?;
    let look = ProbePlan::for_subject(&subject);
    let evidence = mcp_auth_probes::run(subject, look, &config, |_| {}, CancellationToken::new()).await;
    let plan = Plan::of(&evidence, &wish);
    let language = session.language();
    let in_language = |plan: Plan| {
        let shown = plan.shown();
        PlanShown { notes: shown.notes.iter().map(|note| language.say(note)).collect(), ..shown }
    };
    plan.map(in_language).map_err(|error| CommandFailure::new(FailureCode::NoSignIn, error.to_string()))
}

/// Signs in, after the person agreed to the plan.
#[tauri::command]
pub async fn sign_in_start(
    session: State<'_, Session>,
    wish: SignInWish,
    on_step: Channel<Step>,
) -> Result<Outcome, CommandFailure> {
    let cancel = session.begin_sign_in();
    close(&session).await;
    let (subject, wish, config) = understood(&session, wish)?;
    let language = session.language();
    let step = move |step: &Step| drop(on_step.send(step.in_language(language)));
    let mut whole = diagnose(subject.clone(), &wish, &config, &opener(), step, |_| {}, cancel).await;
    if let Some(why) = whole.not_possible.take() {
        if let Some(server) = subject.server.clone() {
            whole.take_back(&Web::new(server, &config)).await;
        }
        session.keep_report(whole.report);
        return Err(CommandFailure::new(FailureCode::NoSignIn, why.to_string()));
    }
    let report = session.keep_report(whole.report);
    let outcome = Outcome {
        signed_in: whole.signed_in.as_ref().is_some_and(|signed_in| signed_in.access_token.is_some()),
        granted_scope: whole.signed_in.as_ref().and_then(|signed_in| signed_in.granted_scope.clone()),
        created: created(whole.signed_in.as_ref(), &whole.introduced),
        tools: whole.tools,
        report,
    };
    let title = match (&outcome.report.verdict, outcome.signed_in) {
        (Some(_), _) => title_of(&outcome.report),
        (None, true) => own(session.language(), "The app signed in, up to the list of tools."),
        (None, false) => own(session.language(), "The sign-in was not finished."),
    };
    remember(&session, HistoryKind::SignIn, Some(outcome.report.server.clone()), title, Some(outcome.report.state));
    if let Some(signed_in) = whole.signed_in {
        let introduced = whole.introduced;
        *session.held.lock().await = Some(Held { subject, wish, config, signed_in, introduced });
    }
    Ok(outcome)
}

/// Stops a sign-in that waits for the browser.
#[tauri::command]
pub async fn sign_in_stop(session: State<'_, Session>) -> Result<(), CommandFailure> {
    session.cancel_sign_in();
    Ok(())
}

/// Calls one tool, because the person picked it.
#[tauri::command]
pub async fn sign_in_call_tool(
    session: State<'_, Session>,
    tool: String,
    on_step: Channel<Step>,
) -> Result<Report, CommandFailure> {
    let cancel = session.begin_sign_in();
    let mut held = session.held.lock().await;
    let Some(held) = held.as_mut() else {
        return Err(CommandFailure::new(
            FailureCode::NoSignIn,
            "The app is not signed in any more. Sign in again first.",
        ));
    };
    let language = session.language();
    let step = move |step: &Step| drop(on_step.send(step.in_language(language)));
    let Held { subject, wish, config, signed_in, .. } = held;
    let report = try_tool(subject.clone(), &tool, wish, config, signed_in, &opener(), step, cancel).await;
    Ok(session.keep_report(report))
}

/// Ends the sign-in: takes back what was created, where the server offers that, and wipes the tokens.
#[tauri::command]
pub async fn sign_in_close(session: State<'_, Session>) -> Result<Vec<Created>, CommandFailure> {
    session.cancel_sign_in();
    Ok(close(&session).await)
}

async fn close(session: &Session) -> Vec<Created> {
    let Some(mut held) = session.held.lock().await.take() else { return Vec::new() };
    if let Some(server) = held.subject.server.clone() {
        let web = Web::new(server, &held.config);
        held.signed_in.take_back(&web).await;
        if let Some(report) = session.report() {
            let mut report = Report::clone(&report);
            held.introduced.take_back(&web, &mut report).await;
            session.keep_report(report);
        }
    }
    created(Some(&held.signed_in), &held.introduced)
}

/// Everything that was created: by the sign-in, and by introducing the other apps.
fn created(signed_in: Option<&SignedIn>, introduced: &Introduced) -> Vec<Created> {
    let own = signed_in.map(|signed_in| signed_in.reading.created.as_slice()).unwrap_or_default();
    own.iter().chain(&introduced.created).cloned().collect()
}

fn understood(session: &Session, wish: SignInWish) -> Result<(Subject, Wish, ProbeConfig), CommandFailure> {
    let request = CheckRequest { typed: wish.server, client: wish.client, ..CheckRequest::default() };
    let mut subject = subject_of(request)?;
    let config = config_for(session, &mut subject);
    let filled = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let wish = Wish {
        client: wish.client,
        client_id: filled(wish.client_id),
        scope: filled(wish.scope),
        introduce_others: wish.introduce_others,
        ..Wish::default()
    };
    Ok((subject, wish, config))
}

/// The system browser. The address was parsed and is http(s).
fn opener() -> Opener {
    Arc::new(|url: &Url| links::open_page(url))
}

//! What the window may ask. Each command is thin: the crates below do the work.
//!
//! Every command is `async`, because a synchronous one would run on the thread that draws the window.

use std::time::{SystemTime, UNIX_EPOCH};

use mcp_auth_diagnosis::browser::BrowserReport;
use mcp_auth_diagnosis::clients::ClientId;
use mcp_auth_diagnosis::computer::Computer;
use mcp_auth_diagnosis::dashboard;
use mcp_auth_diagnosis::evidence::Evidence;
use mcp_auth_diagnosis::language::Language;
use mcp_auth_diagnosis::named;
use mcp_auth_diagnosis::oauth;
use mcp_auth_diagnosis::paper::hide;
use mcp_auth_diagnosis::pasted::{self, Understood};
use mcp_auth_diagnosis::redact::Secret;
use mcp_auth_diagnosis::report::{CheckLine, Light, Report, State as ReportState};
use mcp_auth_diagnosis::settings;
use mcp_auth_diagnosis::subject::{Subject, Symptom};
use mcp_auth_diagnosis::triage;
use mcp_auth_probes::{ProbeConfig, ProbePlan, Progress, computer};
use mcp_auth_remedies::{HistoryEntry, HistoryKind};
use serde::{Deserialize, Serialize};
use tauri::State;
use tauri::async_runtime::{spawn, spawn_blocking};
use tauri::ipc::Channel;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::failure::{CommandFailure, FailureCode};
use crate::links::{self, LinkId};
use crate::session::Session;

pub mod browser;
pub mod kept;
mod list;
pub mod practice;
pub mod sign_in;
pub mod stored;
pub mod watch;

pub use list::COMMANDS;

/// What to check.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct CheckRequest {
    /// The server's address, exactly as it was typed or stands in a config.
    pub typed: String,
    /// The client that is asked about. `None`: all of them.
    pub client: Option<ClientId>,
    /// At what stage it fails.
    pub symptom: Symptom,
    /// The origin of a web page that calls the server.
    pub origin: Option<String>,
    /// The error message that was pasted, if one was.
    pub pasted: Option<String>,
}

/// What the window may be showing, in its language.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct Spoken {
    /// The last reports, the newest last.
    pub reports: Vec<Report>,
    /// What was seen of the browser.
    pub browser: Option<BrowserReport>,
}

/// From now on everything is said in this language, and what was found until now as well.
#[tauri::command]
pub async fn speak(session: State<'_, Session>, language: Language) -> Result<Spoken, CommandFailure> {
    session.speak(language);
    Ok(Spoken { reports: session.reports(), browser: session.browser_report() })
}

/// Reads this computer: clients, their configs, the servers named there.
#[tauri::command]
pub async fn look_around(session: State<'_, Session>) -> Result<Computer, CommandFailure> {
    let machine = session.machine();
    spawn_blocking(move || computer::look(&machine)).await.map_err(|_| stopped("Reading this computer"))
}

/// Says what the words in the box are: a server, an error message, a config, or something unclear. A server that a message only
/// calls by its name is looked up in the configs of this computer.
#[tauri::command]
pub async fn understand(session: State<'_, Session>, text: String) -> Result<Understood, CommandFailure> {
    let mut understood = pasted::understand(&text);
    if matches!(understood, Understood::Message { url: None, .. } | Understood::Unclear { .. }) {
        let machine = session.machine();
        let looked = spawn_blocking(move || computer::look(&machine)).await;
        let servers = looked.map_err(|_| stopped("Reading this computer"))?.servers;
        named::complete(&mut understood, &text, &servers, None);
    }
    Ok(understood)
}

/// Every check of the catalogue, not looked at yet.
#[tauri::command]
pub async fn catalogue(session: State<'_, Session>) -> Result<Vec<CheckLine>, CommandFailure> {
    let nobody_looked = Evidence::new(Subject::nothing(), 0);
    let lines = triage::diagnose(&nobody_looked, 0).in_language(session.language()).checks;
    Ok(lines.into_iter().map(|line| CheckLine { light: Light::NotLooked, why: None, ..line }).collect())
}

/// Checks a server. The check before it is stopped; a stopped check still answers, with what it saw.
#[tauri::command]
pub async fn start_check(
    session: State<'_, Session>,
    request: CheckRequest,
    on_progress: Channel<Progress>,
) -> Result<Report, CommandFailure> {
    let mut subject = subject_of(request)?;
    let config = config_for(&session, &mut subject);
    let language = session.language();
    check(&session, subject, config, move |step: Progress| drop(on_progress.send(step.in_language(language)))).await
}

/// The same with a token that the person pasted: pasting it here is the consent to send it to its server, and nowhere else.
#[tauri::command]
pub async fn check_with_token(
    session: State<'_, Session>,
    request: CheckRequest,
    token: String,
) -> Result<Report, CommandFailure> {
    let token = Secret::new(token);
    oauth::token::read(token.expose())
        .map_err(|error| CommandFailure::new(FailureCode::NotUnderstood, format!("{error}.")))?;
    let mut subject = subject_of(request)?;
    let config = ProbeConfig { token: Some(token), ..config_for(&session, &mut subject) };
    check(&session, subject, config, |_| {}).await
}

/// The same with the server's settings, or what the dashboard of its sign-in service shows, as its owner pasted them. Secrets in
/// them are dropped at once.
#[tauri::command]
pub async fn check_with_settings(
    session: State<'_, Session>,
    request: CheckRequest,
    settings: String,
) -> Result<Report, CommandFailure> {
    let text = Secret::new(settings);
    let (settings, dashboard) = (settings::read(text.expose()), dashboard::read(text.expose()).ok());
    if let (Err(error), None) = (&settings, &dashboard) {
        return Err(CommandFailure::new(FailureCode::NotUnderstood, format!("{error}.")));
    }
    let mut subject = subject_of(request)?;
    let config = ProbeConfig { settings: settings.ok(), dashboard, ..config_for(&session, &mut subject) };
    check(&session, subject, config, |_| {}).await
}

/// One server of a check of many, as soon as its verdict is there.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct ManyLine {
    /// The server's address, as it was given.
    pub server: String,
    /// The state.
    pub state: ReportState,
    /// What was found, in one sentence.
    pub title: String,
    /// The language of that sentence.
    pub language: Language,
}

/// Checks many servers side by side.
#[tauri::command]
pub async fn check_many(
    session: State<'_, Session>,
    servers: Vec<String>,
    on_line: Channel<ManyLine>,
) -> Result<(), CommandFailure> {
    let cancel = session.begin_many();
    let mut subjects = Vec::new();
    let mut names = Vec::new();
    for server in servers {
        match subject_of(CheckRequest { typed: server.clone(), ..CheckRequest::default() }) {
            Ok(subject) => {
                subjects.push(subject);
                names.push(server);
            }
            Err(failure) => {
                let (state, title, language) = (ReportState::Undetermined, failure.message, Language::English);
                drop(on_line.send(ManyLine { server, state, title, language }));
            }
        }
    }
    let config = ProbeConfig::default();
    let language = session.language();
    let tell = move |at: usize, mut report: Report| {
        hide(&mut report);
        let report = report.in_language(language);
        let (title, language) = title_of(&report);
        drop(on_line.send(ManyLine { server: names[at].clone(), state: report.state, title, language }));
    };
    let work = spawn(async move { mcp_auth_probes::diagnose_many(subjects, &config, tell, cancel).await });
    work.await.map_err(|_| stopped("The check of all servers"))
}

/// Stops it.
#[tauri::command]
pub async fn cancel_many(session: State<'_, Session>) -> Result<(), CommandFailure> {
    session.cancel_many();
    Ok(())
}

/// Stops the check that is under way.
#[tauri::command]
pub async fn cancel_check(session: State<'_, Session>) -> Result<(), CommandFailure> {
    session.cancel_check();
    Ok(())
}

/// Opens one of the app's own links in the browser.
#[tauri::command]
pub async fn open_link(link: LinkId) -> Result<(), CommandFailure> {
    spawn_blocking(move || links::open(link)).await.map_err(|_| stopped("Opening the link"))?
}

/// Looks, and says what it means; the report is kept for those who want to hand it on.
async fn check(
    session: &Session,
    subject: Subject,
    config: ProbeConfig,
    progress: impl Fn(Progress) + Send + Sync + 'static,
) -> Result<Report, CommandFailure> {
    let cancel = session.begin_check();
    let report = look(session, subject, config, progress, cancel).await?;
    Ok(keep(session, report))
}

/// Looks at everything, and says what it means. Nothing of it is kept.
async fn look(
    session: &Session,
    subject: Subject,
    config: ProbeConfig,
    progress: impl Fn(Progress) + Send + Sync + 'static,
    cancel: CancellationToken,
) -> Result<Report, CommandFailure> {
    let practised = session.practising(&subject);
    // On a task of its own, so that a panic becomes an answer.
    let look = spawn(async move {
        match practised.and_then(|practising| practising.agreed_to()) {
            Some(agreed) => practice::walk(subject, agreed, &config, progress, cancel).await,
            None => {
                let plan = ProbePlan::for_subject(&subject);
                mcp_auth_probes::diagnose(subject, plan, &config, progress, cancel).await
            }
        }
    });
    look.await.map_err(|_| stopped("The check"))
}

/// Keeps a report for those who want to hand it on, adds what it found to the history, and gives it in the window's language.
fn keep(session: &Session, report: Report) -> Report {
    let report = session.keep_report(report);
    let title = title_of(&report);
    remember(session, HistoryKind::Check, Some(report.server.clone()), title, Some(report.state));
    report
}

/// A sentence and its language.
type Sentence = (String, Language);

/// What was found, in one sentence.
fn title_of(report: &Report) -> Sentence {
    match (&report.verdict, report.state) {
        (Some(verdict), _) => (verdict.title.clone(), report.language_of(&verdict.title)),
        (None, ReportState::Healthy) => own(report.language, "Nothing keeps a client from signing in."),
        (None, _) => own(report.language, "It could not be told."),
    }
}

/// A sentence of the shell's own in the window's language, where there are words for it.
fn own(language: Language, sentence: &str) -> Sentence {
    let said = language.say(sentence);
    let language = if said == sentence { Language::English } else { language };
    (said, language)
}

/// How this server is looked at. The practice server's certificates come from an authority of its own, which stands in for
/// a public one; faults about web pages are shown with a web page, faults about tokens with a token.
fn config_for(session: &Session, subject: &mut Subject) -> ProbeConfig {
    let mut config = ProbeConfig::default();
    if let Some(practising) = session.practising(subject) {
        practising.prepare(subject, &mut config);
    } else {
        config.machine = Some(session.machine());
    }
    config
}

/// Adds a line to the history. A history that cannot be written is no reason to fail.
fn remember(
    session: &Session,
    kind: HistoryKind,
    server: Option<String>,
    (title, language): Sentence,
    state: Option<ReportState>,
) {
    // What is practised is not what happened.
    let practised = server.as_ref().and_then(|server| Url::parse(server).ok());
    let practised = practised.is_some_and(|server| session.practising(&Subject::server(server)).is_some());
    if practised {
        return;
    }
    let when =
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| u64::try_from(now.as_millis()).unwrap_or(0));
    let entry = HistoryEntry { id: format!("{when}-{}", title.len()), when, kind, server, title, language, state };
    let history = session.history();
    spawn_blocking(move || drop(history.add(entry)));
}

fn subject_of(request: CheckRequest) -> Result<Subject, CommandFailure> {
    let CheckRequest { typed, client, symptom, origin, pasted } = request;
    let understood = pasted::understand(&typed);
    let url = match &understood {
        Understood::Server { url, .. } | Understood::Message { url: Some(url), .. } => Some(url.clone()),
        Understood::Config { servers } => servers.first().map(|server| server.url.clone()),
        Understood::Unclear { sentence } => return Err(CommandFailure::new(FailureCode::NoAddress, sentence)),
        Understood::Message { .. } | Understood::Token => None,
    };
    let mut subject = match url.as_deref().map(Url::parse) {
        // A config's address counts to the letter; what was typed into the box is what was understood.
        Some(Ok(server)) => Subject { typed: url.unwrap_or_default(), ..Subject::server(server) },
        _ => Subject::nothing(),
    };
    subject.client = client;
    subject.symptom = symptom;
    subject.origin = origin;
    subject.hear(&understood);
    if let Some(pasted) = pasted.as_ref().filter(|pasted| !pasted.trim().is_empty()) {
        subject.hear(&pasted::understand(pasted));
    }
    if subject.server.is_none() && subject.said.is_empty() {
        return Err(CommandFailure::new(
            FailureCode::NoAddress,
            "That is not the address of a server. It begins with https:// and often ends in /mcp.",
        ));
    }
    Ok(subject)
}

/// What work that ended with a panic is answered with. The panic's own words may quote what a server sent; they are not told.
fn stopped(what: &str) -> CommandFailure {
    CommandFailure::new(
        FailureCode::Stopped,
        format!("{what} ended without a result. That is a fault of this app; trying again may help."),
    )
}

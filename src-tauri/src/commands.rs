//! What the window may ask. Each command is thin: the crates below do the work.
//!
//! Every command is `async`, because a synchronous one would run on the thread that draws the window.

use mcp_auth_diagnosis::check::Category;
use mcp_auth_diagnosis::clients::ClientId;
use mcp_auth_diagnosis::computer::Computer;
use mcp_auth_diagnosis::evidence::Evidence;
use mcp_auth_diagnosis::pasted::{self, Understood};
use mcp_auth_diagnosis::report::{CheckLine, Light, Report};
use mcp_auth_diagnosis::subject::{Subject, Symptom};
use mcp_auth_diagnosis::triage;
use mcp_auth_practice::{Fault, Needs, Options, Playbook, Practice};
use mcp_auth_probes::{ProbeConfig, ProbePlan, Progress, computer};
use serde::{Deserialize, Serialize};
use tauri::State;
use tauri::async_runtime::{spawn, spawn_blocking};
use tauri::ipc::Channel;
use url::Url;

use crate::failure::{CommandFailure, FailureCode};
use crate::links::{self, LinkId};
use crate::session::Session;

mod list;

pub use list::COMMANDS;

/// What to check.
#[derive(Debug, Clone, Deserialize)]
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

/// A way in which the practice server can be broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct PracticeFault {
    /// Its name, kebab-case.
    pub name: String,
    /// One calm line of what is broken.
    pub words: String,
    /// The mission's category that it belongs to.
    pub playbook: Category,
}

/// The practice server that runs now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct PracticeServer {
    /// Its address, as one would type it into a client.
    pub url: String,
    /// What is broken; `None` when nothing is.
    pub fault: Option<String>,
}

/// Reads this computer: clients, their configs, the servers named there.
#[tauri::command]
pub async fn look_around() -> Result<Computer, CommandFailure> {
    spawn_blocking(|| computer::look(&computer::Machine::this()))
        .await
        .map_err(|error| stopped("Reading this computer").because(error))
}

/// Says what the words in the box are: a server, an error message, a config, or something unclear.
#[tauri::command]
pub async fn understand(text: String) -> Result<Understood, CommandFailure> {
    Ok(pasted::understand(&text))
}

/// Every check of the catalogue, not looked at yet.
#[tauri::command]
pub async fn catalogue() -> Result<Vec<CheckLine>, CommandFailure> {
    let nobody_looked = Evidence::new(Subject::nothing(), 0);
    let lines = triage::diagnose(&nobody_looked, 0).checks;
    Ok(lines.into_iter().map(|line| CheckLine { light: Light::NotLooked, why: None, ..line }).collect())
}

/// Checks a server. The check before it is stopped; a stopped check still answers, with what it saw.
#[tauri::command]
pub async fn start_check(
    session: State<'_, Session>,
    request: CheckRequest,
    on_progress: Channel<Progress>,
) -> Result<Report, CommandFailure> {
    let cancel = session.begin_check();
    let mut subject = subject_of(request)?;
    let mut config = ProbeConfig::default();
    if let Some(practice) = session.practice().filter(|practice| is_at(practice, &subject)) {
        // Its certificates come from an authority of its own, which stands in for a public one.
        config.extra_roots_pem = practice.ca_pem().map(str::to_owned);
        if practice.fault().is_some_and(|fault| fault.needs == Needs::WebPage) && subject.origin.is_none() {
            subject.origin = Some(WEB_PAGE.to_owned());
        }
    } else {
        config.machine = Some(computer::Machine::this());
    }
    let plan = ProbePlan::for_subject(&subject);
    // A window that is gone needs no progress.
    let progress = move |step| drop(on_progress.send(step));
    // On a task of its own, so that a panic becomes an answer.
    let check = spawn(async move { mcp_auth_probes::diagnose(subject, plan, &config, progress, cancel).await });
    check.await.map_err(|error| stopped("The check").because(error))
}

/// Stops the check that is under way.
#[tauri::command]
pub async fn cancel_check(session: State<'_, Session>) -> Result<(), CommandFailure> {
    session.cancel_check();
    Ok(())
}

/// What can be broken on the practice server, as far as the app sees it without signing in.
#[tauri::command]
pub async fn practice_faults() -> Result<Vec<PracticeFault>, CommandFailure> {
    Ok(mcp_auth_practice::faults().iter().filter(|fault| can_be_seen(fault)).map(shown).collect())
}

/// Starts the practice server. The one before it stops.
#[tauri::command]
pub async fn practice_start(
    session: State<'_, Session>,
    fault: Option<String>,
) -> Result<PracticeServer, CommandFailure> {
    let fault = fault.map(|name| Fault::named(&name).ok_or_else(|| unknown_fault(&name))).transpose()?;
    let options = Options { fault, ..Options::default() };
    let practice = Practice::start(options).await.map_err(|error| {
        CommandFailure::new(
            FailureCode::PracticeNotStarted,
            "The practice server could not start. Trying again may help.",
        )
        .because(error)
    })?;
    let server =
        PracticeServer { url: practice.mcp_url().to_string(), fault: fault.map(|fault| fault.name.to_owned()) };
    session.keep_practice(Some(practice));
    Ok(server)
}

/// Repairs the practice server, as the person who runs it would.
#[tauri::command]
pub async fn practice_mend(session: State<'_, Session>) -> Result<(), CommandFailure> {
    let practice = session.practice().ok_or_else(|| {
        CommandFailure::new(FailureCode::NoPractice, "No practice server is running. Start one on the Practice screen.")
    })?;
    practice.set_fault(None).await;
    Ok(())
}

/// Stops the practice server, if one runs.
#[tauri::command]
pub async fn practice_stop(session: State<'_, Session>) -> Result<(), CommandFailure> {
    session.keep_practice(None);
    Ok(())
}

/// Opens one of the app's own links in the browser.
#[tauri::command]
pub async fn open_link(link: LinkId) -> Result<(), CommandFailure> {
    spawn_blocking(move || links::open(link)).await.map_err(|error| stopped("Opening the link").because(error))?
}

/// Where MCP Inspector's page runs: the web page that practice faults about web pages are shown with.
const WEB_PAGE: &str = "http://localhost:6274";

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
    if let Some(pasted) = &pasted {
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

fn is_at(practice: &Practice, subject: &Subject) -> bool {
    subject.server.as_ref().is_some_and(|server| server.origin() == practice.mcp_url().origin())
}

fn can_be_seen(fault: &Fault) -> bool {
    matches!(fault.needs, Needs::Nothing | Needs::WebPage)
}

fn shown(fault: &Fault) -> PracticeFault {
    let playbook = match fault.playbook {
        Playbook::Connection => Category::Connection,
        Playbook::RedirectUri => Category::RedirectUri,
        Playbook::Cors => Category::Cors,
        Playbook::Token => Category::Token,
        Playbook::Scope => Category::Scope,
        Playbook::Client => Category::Client,
        Playbook::Browser => Category::Browser,
    };
    PracticeFault { name: fault.name.to_owned(), words: fault.words.to_owned(), playbook }
}

fn unknown_fault(name: &str) -> CommandFailure {
    CommandFailure::new(FailureCode::UnknownFault, format!("The practice server knows no fault named \"{name}\"."))
}

fn stopped(what: &str) -> CommandFailure {
    CommandFailure::new(
        FailureCode::Stopped,
        format!("{what} ended without a result. That is a fault of this app; trying again may help."),
    )
}

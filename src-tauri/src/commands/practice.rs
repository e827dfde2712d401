//! The practice server: what can be broken on it, and how each fault is walked to where it shows.

use std::time::Duration;

use mcp_auth_diagnosis::check::Category;
use mcp_auth_diagnosis::redact::Secret;
use mcp_auth_diagnosis::report::Report;
use mcp_auth_diagnosis::subject::Subject;
use mcp_auth_practice::{Fault, Needs, Options, Playbook, Practice};
use mcp_auth_probes::{ProbeConfig, ProbePlan, Progress, Web};
use mcp_auth_sign_in::{Wish, diagnose, diagnose_introducing, stand_in, try_tool};
use serde::Serialize;
use tauri::State;
use tokio_util::sync::CancellationToken;

use crate::failure::{CommandFailure, FailureCode};
use crate::session::Session;

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

/// A practice server, and the fault that it began with: once repaired, it is walked the same way.
pub struct Practising {
    practice: Practice,
    began_with: Option<&'static Fault>,
}

/// What a fault needs before it shows. Choosing it is the consent: the practice server is the app's own.
pub enum Agreed {
    /// Apps introduce themselves (registration).
    Registration,
    /// Somebody signs in.
    SignIn {
        /// A tool is called that needs more than a sign-in asks for.
        call_a_tool: bool,
    },
}

impl Practising {
    /// Whether this is the server in question.
    pub fn is_at(&self, subject: &Subject) -> bool {
        subject.server.as_ref().is_some_and(|server| server.origin() == self.practice.mcp_url().origin())
    }

    /// How it is looked at. Its certificates come from an authority of its own, which stands in for a public one; faults
    /// about web pages are shown with a web page, faults about tokens with a token.
    pub fn prepare(&self, subject: &mut Subject, config: &mut ProbeConfig) {
        config.extra_roots_pem = self.practice.ca_pem().map(str::to_owned);
        match self.began_with.map(|fault| fault.needs) {
            Some(Needs::WebPage) if subject.origin.is_none() => subject.origin = Some(WEB_PAGE.to_owned()),
            Some(Needs::Token) if config.token.is_none() => {
                config.token = self.practice.fresh_token().ok().map(Secret::new);
            }
            _ => {}
        }
    }

    /// What its fault needs to show, beyond looking.
    pub fn agreed_to(&self) -> Option<Agreed> {
        let fault = self.began_with?;
        match fault.needs {
            Needs::Registration => Some(Agreed::Registration),
            Needs::SignIn => Some(Agreed::SignIn { call_a_tool: fault.playbook == Playbook::Scope }),
            Needs::Nothing | Needs::WebPage | Needs::Token => None,
        }
    }
}

/// What can be broken on the practice server.
#[tauri::command]
pub async fn practice_faults() -> Result<Vec<PracticeFault>, CommandFailure> {
    Ok(mcp_auth_practice::faults().iter().map(shown).collect())
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
    session.keep_practice(Some(Practising { practice, began_with: fault }));
    Ok(server)
}

/// Repairs the practice server, as the person who runs it would.
#[tauri::command]
pub async fn practice_mend(session: State<'_, Session>) -> Result<(), CommandFailure> {
    let practising = session.practice().ok_or_else(|| {
        CommandFailure::new(FailureCode::NoPractice, "No practice server is running. Start one on the Practice screen.")
    })?;
    practising.practice.set_fault(None).await;
    Ok(())
}

/// Stops the practice server, if one runs.
#[tauri::command]
pub async fn practice_stop(session: State<'_, Session>) -> Result<(), CommandFailure> {
    session.keep_practice(None);
    Ok(())
}

/// Where MCP Inspector's page runs: the web page that practice faults about web pages are shown with.
const WEB_PAGE: &str = "http://localhost:6274";

/// The tool of the practice server that needs more than a sign-in asks for.
const TOOL: &str = "add_todo";
/// Its sign-in page asks nobody anything: where nobody comes back within this time, nobody will.
const WAIT: Duration = Duration::from_secs(15);

/// Looks at the practice server, registers or signs in as its fault needs, takes back what was created, and says what it all
/// means. A stand-in follows the sign-in page's redirects; no browser opens.
pub async fn walk(
    subject: Subject,
    agreed: Agreed,
    config: &ProbeConfig,
    progress: impl Fn(Progress) + Send + Sync + 'static,
    cancel: CancellationToken,
) -> Report {
    let plan = ProbePlan::for_subject(&subject);
    let (call_a_tool, server) = match (agreed, subject.server.clone()) {
        (Agreed::SignIn { call_a_tool }, Some(server)) => (call_a_tool, server),
        _ => return diagnose_introducing(subject, plan, config, progress, cancel).await,
    };
    let wish = Wish { client: subject.client, wait: WAIT, introduce_others: true, ..Wish::default() };
    let open = stand_in(server.clone(), config);
    let mut whole = diagnose(subject.clone(), &wish, config, &open, |_| {}, progress, cancel.clone()).await;
    if let Some(signed_in) = whole.signed_in.as_mut().filter(|one| call_a_tool && one.access_token.is_some()) {
        whole.report = try_tool(subject, TOOL, &wish, config, signed_in, &open, |_| {}, cancel).await;
    }
    whole.take_back(&Web::new(server, config)).await;
    whole.report
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

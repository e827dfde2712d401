//! Keep watching: looks again every few seconds at the place that is broken, and tells when a whole check finds nothing any
//! more.
//!
//! The clock is here and not in the page: a web view slows its clocks down while nobody sees it, and that is when a person
//! wants to be told.

use std::time::Duration;

use mcp_auth_diagnosis::checks;
use mcp_auth_diagnosis::report::{Report, State as ReportState};
use mcp_auth_probes::ProbePlan;
use tauri::async_runtime::spawn;
use tauri::ipc::Channel;
use tauri::{AppHandle, Runtime, State};
use tauri_plugin_notification::NotificationExt as _;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::{CheckRequest, config_for, keep, look, stopped, subject_of};
use crate::failure::CommandFailure;
use crate::session::Session;

/// How long it waits before it looks again.
const EVERY: Duration = Duration::from_secs(5);

/// Watches a server in which the check of this code found a fault, until nothing is broken any more: then the system shows a
/// message with this title and body, and the answer is the report that found nothing. No answer: the watch was ended. Every
/// look before that is told: as nothing when the fault is still there, else as the report of a whole check.
#[tauri::command]
pub async fn watch<R: Runtime>(
    app: AppHandle<R>,
    session: State<'_, Session>,
    request: CheckRequest,
    code: String,
    title: String,
    body: String,
    on_look: Channel<Option<Report>>,
) -> Result<Option<Report>, CommandFailure> {
    let cancel = session.begin_watch();
    let mut broken = Some(code);
    loop {
        tokio::select! {
            () = cancel.cancelled() => return Ok(None),
            () = sleep(EVERY) => {}
        }
        let told = match &broken {
            Some(code) if is_still_there(&session, request.clone(), code, &cancel).await? => None,
            _ => {
                let mut subject = subject_of(request.clone())?;
                let config = config_for(&session, &mut subject);
                Some(look(&session, subject, config, |_| {}, cancel.clone()).await?)
            }
        };
        // A look that was stopped has not seen everything.
        if cancel.is_cancelled() {
            return Ok(None);
        }
        let Some(report) = told else {
            drop(on_look.send(None));
            continue;
        };
        let report = keep(&session, report);
        if report.state == ReportState::Healthy {
            show(&app, title, body);
            return Ok(Some(report));
        }
        broken = report.verdict.as_ref().map(|verdict| verdict.code.clone());
        drop(on_look.send(Some(report)));
    }
}

/// Ends the watch.
#[tauri::command]
pub async fn stop_watching(session: State<'_, Session>) -> Result<(), CommandFailure> {
    session.stop_watching();
    Ok(())
}

/// Whether the check of this code still finds something. It looks no further along the way than that check needs.
async fn is_still_there(
    session: &Session,
    request: CheckRequest,
    code: &str,
    cancel: &CancellationToken,
) -> Result<bool, CommandFailure> {
    let mut subject = subject_of(request)?;
    let config = config_for(session, &mut subject);
    let until = checks::named(code).map(|check| check.stage);
    let plan = ProbePlan { until, ..ProbePlan::for_subject(&subject) };
    let cancel = cancel.clone();
    let look = spawn(async move { mcp_auth_probes::diagnose(subject, plan, &config, |_| {}, cancel).await });
    let report = look.await.map_err(|_| stopped("The look"))?;
    Ok(report.verdict.iter().chain(&report.findings).any(|found| found.code == code))
}

/// A message of the system, outside the window. Where the system shows none, the window still tells.
fn show<R: Runtime>(app: &AppHandle<R>, title: String, body: String) {
    let cut = |text: String| text.chars().filter(|c| !c.is_control()).take(200).collect::<String>();
    drop(app.notification().builder().title(cut(title)).body(cut(body)).show());
}

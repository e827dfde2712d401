//! What stays: the report that a person wants to hand on, and the history of this computer.

use mcp_auth_diagnosis::paper::{self, Form, Piece};
use mcp_auth_remedies::{FileTrouble, HistoryEntry};
use tauri::async_runtime::spawn_blocking;
use tauri::{AppHandle, Runtime, State};
use tauri_plugin_dialog::DialogExt as _;
use tokio::sync::oneshot;

use super::stopped;
use crate::failure::{CommandFailure, FailureCode};
use crate::session::Session;

/// The report of the last check as it would be handed on, with what is hidden in it.
#[tauri::command]
pub async fn report_preview(
    session: State<'_, Session>,
    form: Form,
    mask_hosts: bool,
) -> Result<Vec<Piece>, CommandFailure> {
    Ok(paper::pieces(&text(&session, form, mask_hosts)?))
}

/// Asks where, then saves. `None`: the person changed their mind.
#[tauri::command]
pub async fn report_save<R: Runtime>(
    app: AppHandle<R>,
    session: State<'_, Session>,
    form: Form,
    mask_hosts: bool,
) -> Result<Option<String>, CommandFailure> {
    let text = text(&session, form, mask_hosts)?;
    let (tell, told) = oneshot::channel();
    app.dialog()
        .file()
        .set_title("Save the report")
        .set_file_name(format!("mcp-sign-in-report.{}", form.ending()))
        .save_file(move |path| drop(tell.send(path)));
    let Some(path) = told.await.ok().flatten().and_then(|path| path.into_path().ok()) else { return Ok(None) };
    let shown = path.display().to_string();
    let save = spawn_blocking(move || mcp_auth_remedies::save_report(&path, &text));
    save.await.map_err(|_| stopped("Saving the report"))?.map_err(trouble)?;
    Ok(Some(shown))
}

/// What was checked, found and changed on this computer, the newest first.
#[tauri::command]
pub async fn history_entries(session: State<'_, Session>) -> Result<Vec<HistoryEntry>, CommandFailure> {
    let history = session.history();
    let read = spawn_blocking(move || history.entries());
    read.await.map_err(|_| stopped("Reading the history"))?.map_err(trouble)
}

/// Forgets the history.
#[tauri::command]
pub async fn history_clear(session: State<'_, Session>) -> Result<(), CommandFailure> {
    let history = session.history();
    let clear = spawn_blocking(move || history.clear());
    clear.await.map_err(|_| stopped("Clearing the history"))?.map_err(trouble)
}

fn text(session: &Session, form: Form, mask_hosts: bool) -> Result<String, CommandFailure> {
    let report = session.report().ok_or_else(|| {
        CommandFailure::new(FailureCode::NoReport, "There is nothing to report yet. Check a server first.")
    })?;
    Ok(paper::write(&report, form, mask_hosts))
}

fn trouble(error: FileTrouble) -> CommandFailure {
    CommandFailure::new(FailureCode::NotChanged, format!("{error}."))
}

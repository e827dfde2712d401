//! The browser: what this system says of it, the test that decides, and the settings pages.

use mcp_auth_diagnosis::browser::{self, BrowserReport};
use mcp_auth_diagnosis::clients::ClientId;
use mcp_auth_probes::browser::{self as looking, Patience, System, TripProgress};
use mcp_auth_remedies::HistoryKind;
use tauri::State;
use tauri::async_runtime::spawn;
use tauri::ipc::Channel;
use tokio_util::sync::CancellationToken;

use super::{own, remember, stopped, title_of};
use crate::failure::{CommandFailure, FailureCode};
use crate::session::Session;

/// Reads what this system says. No browser is opened.
#[tauri::command]
pub async fn browser_read(
    session: State<'_, Session>,
    client: Option<ClientId>,
) -> Result<BrowserReport, CommandFailure> {
    let system = system(client);
    let look = spawn(async move { looking::report(&system, client, None, |_| {}, CancellationToken::new()).await });
    let report = look.await.map_err(|_| stopped("Reading the browser's settings"))?;
    Ok(session.keep_browser_report(report))
}

/// Opens a page of the app's own, in one way after another, until it is asked for.
#[tauri::command]
pub async fn browser_test(
    session: State<'_, Session>,
    client: Option<ClientId>,
    on_progress: Channel<TripProgress>,
) -> Result<BrowserReport, CommandFailure> {
    let cancel = session.begin_browser();
    let system = system(client);
    let progress = move |step| drop(on_progress.send(step));
    let test =
        spawn(async move { looking::report(&system, client, Some(&Patience::default()), progress, cancel).await });
    let report = test.await.map_err(|_| stopped("The browser test"))?;
    let report = session.keep_browser_report(report);
    let title = match &report.report.verdict {
        Some(_) => title_of(&report.report),
        None => own(session.language(), "The browser opened, and the way back works."),
    };
    remember(&session, HistoryKind::Browser, None, title, Some(report.report.state));
    Ok(report)
}

/// Stops the test.
#[tauri::command]
pub async fn browser_stop(session: State<'_, Session>) -> Result<(), CommandFailure> {
    session.cancel_browser();
    Ok(())
}

/// Opens a page of this system's settings, by its id in the app's own table.
#[tauri::command]
pub async fn open_settings(page: String) -> Result<(), CommandFailure> {
    let page = browser::settings_page(&page)
        .ok_or_else(|| CommandFailure::new(FailureCode::NotOpened, "The app knows no settings page of that name."))?;
    let open = spawn(async move { looking::open_settings(page, &System::this()).await });
    let opened = open.await.map_err(|_| stopped("Opening the settings"))?;
    opened.map_err(|error| CommandFailure::new(FailureCode::NotOpened, format!("{error}.")))
}

/// What the client sees where that can be read, else what this app sees.
fn system(client: Option<ClientId>) -> System {
    let this = System::this();
    match client {
        Some(client) => this.as_seen_by(client),
        None => this,
    }
}

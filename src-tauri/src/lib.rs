//! The shell: the window, its commands and its permissions. It diagnoses nothing; the crates below do.

pub mod commands;
pub mod failure;
pub mod links;
pub mod ready;
pub mod session;

use std::path::PathBuf;
use std::sync::OnceLock;

use tauri::utils::config::WindowConfig;
use tauri::webview::NewWindowResponse;
use tauri::{App, Builder, Context, Manager, Runtime, Url, WebviewWindow, WebviewWindowBuilder};

use session::Session;

/// Adds everything that makes a builder this app, whatever draws the window: tests drive it without a screen, and with a
/// folder that stands for the user's home.
pub fn builder<R: Runtime>(builder: Builder<R>, home: Option<PathBuf>) -> Builder<R> {
    builder
        .manage(Session::at_home(home))
        .plugin(tauri_plugin_clipboard_manager::init())
        // The window may ask for neither of these two: only the app's own commands do.
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_notification::init())
        .invoke_handler(tauri::generate_handler![
            commands::speak,
            commands::look_around,
            commands::understand,
            commands::catalogue,
            commands::start_check,
            commands::cancel_check,
            commands::watch::watch,
            commands::watch::stop_watching,
            commands::check_with_token,
            commands::check_with_settings,
            commands::check_many,
            commands::cancel_many,
            commands::practice::practice_faults,
            commands::practice::practice_start,
            commands::practice::practice_mend,
            commands::practice::practice_stop,
            commands::open_link,
            commands::stored::plan_clear,
            commands::stored::repair_offers,
            commands::stored::plan_repair,
            commands::stored::apply_plan,
            commands::stored::list_backups,
            commands::stored::undo_receipt,
            commands::stored::delete_backup,
            commands::browser::browser_read,
            commands::browser::browser_test,
            commands::browser::browser_stop,
            commands::browser::open_settings,
            commands::sign_in::sign_in_plan,
            commands::sign_in::sign_in_start,
            commands::sign_in::sign_in_stop,
            commands::sign_in::sign_in_call_tool,
            commands::sign_in::sign_in_close,
            commands::kept::report_preview,
            commands::kept::report_save,
            commands::kept::history_entries,
            commands::kept::history_clear,
        ])
        .on_page_load(|_, page| ready::tell(page.event()))
        .setup(|app| {
            open_window(app).inspect_err(|error| drop(NOT_OPENED.set(error.to_string())))?;
            Ok(())
        })
}

/// Why the window did not open: Tauri itself only stops.
pub static NOT_OPENED: OnceLock<String> = OnceLock::new();

/// The settings, permissions and pages that were built in.
pub fn context<R: Runtime>() -> Context<R> {
    tauri::generate_context!()
}

/// Shows the window that is there: what a second start of the app does.
pub fn show_window<R: Runtime>(manager: &impl Manager<R>) {
    if let Some(window) = manager.get_webview_window("main") {
        // A desktop that refuses to raise a window still has it in its task bar.
        let _ = window.unminimize().and_then(|()| window.show()).and_then(|()| window.set_focus());
    }
}

/// Opens the one window. It shows the app's own pages and nothing else, ever.
fn open_window<R: Runtime>(app: &App<R>) -> tauri::Result<()> {
    let Some(config) = app.config().app.windows.iter().find(|window| window.label == "main") else { return Ok(()) };
    // The pages keep nothing on the disk. A driver of web views cannot steer a window that keeps nothing.
    let driven = std::env::var_os("TAURI_WEBVIEW_AUTOMATION").is_some();
    let config = WindowConfig { incognito: config.incognito && !driven, ..config.clone() };
    let window = || {
        let window = WebviewWindowBuilder::from_config(app, &config)?
            .on_navigation(is_own_page)
            .on_new_window(|_, _| NewWindowResponse::Deny)
            .on_download(|_, _| false);
        Ok::<_, tauri::Error>(without_network(window))
    };
    // Tauri makes a folder for what pages keep, although these keep nothing. Where it cannot, because the home may not be
    // written or the disk is full, any folder that is there does.
    let window = window()?.build().or_else(|error| match window() {
        Ok(window) => window.data_directory(std::env::temp_dir()).build().map_err(|_| error),
        Err(_) => Err(error),
    })?;
    // A driver cannot take a picture of a window that is drawn so either.
    if driven { Ok(()) } else { draw_without_graphics_card(&window) }
}

/// Draws the pages with the processor. They are text and a few lines, with nothing that moves for long; WebKitGTK's way through
/// the graphics card takes some 70 MB more where the card is emulated, and shows an empty window with some drivers.
#[cfg(target_os = "linux")]
fn draw_without_graphics_card<R: Runtime>(window: &WebviewWindow<R>) -> tauri::Result<()> {
    use webkit2gtk::{HardwareAccelerationPolicy, SettingsExt as _, WebViewExt as _};

    window.with_webview(|view| {
        if let Some(settings) = view.inner().settings() {
            settings.set_hardware_acceleration_policy(HardwareAccelerationPolicy::Never);
        }
    })
}

/// The web views of the other systems choose for themselves, and well.
#[cfg(not(target_os = "linux"))]
fn draw_without_graphics_card<R: Runtime>(_window: &WebviewWindow<R>) -> tauri::Result<()> {
    Ok(())
}

/// Sends whatever the web view itself would ask of the network to a port where nobody is. The pages and the commands do not
/// come over the network; without this WebKit would still open a connection for `<link rel="preconnect">`, and ask for the
/// name in it, which a content security policy does not forbid. Elsewhere pages do come by an address that looks like one of
/// the network.
#[cfg(target_os = "linux")]
fn without_network<'a, R: Runtime, M: Manager<R>>(
    window: WebviewWindowBuilder<'a, R, M>,
) -> WebviewWindowBuilder<'a, R, M> {
    match Url::parse("http://127.0.0.1:1") {
        Ok(nobody) => window.proxy_url(nobody),
        Err(_) => window,
    }
}

/// The web view of this system is kept from the network by the content security policy alone.
#[cfg(not(target_os = "linux"))]
fn without_network<'a, R: Runtime, M: Manager<R>>(
    window: WebviewWindowBuilder<'a, R, M>,
) -> WebviewWindowBuilder<'a, R, M> {
    window
}

/// Whether an address is a page of the app.
fn is_own_page(url: &Url) -> bool {
    let at = |scheme: &str, host: &str, port: Option<u16>| {
        url.scheme() == scheme && url.host_str() == Some(host) && url.port() == port
    };
    // macOS and Linux; Windows; the development server.
    at("tauri", "localhost", None)
        || at("http", "tauri.localhost", None)
        || (cfg!(debug_assertions) && at("http", "localhost", Some(5173)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_the_app_are_shown() {
        let own = |address: &str| is_own_page(&address.parse().expect("a URL"));
        assert!(
            own("tauri://localhost/")
                && own("tauri://localhost/index.html#/practice")
                && own("http://tauri.localhost/")
        );
        for address in [
            "https://evil.example/",
            "https://tauri.localhost.evil.example/",
            "http://tauri.localhost:8080/",
            "https://tauri.localhost/",
            "http://localhost/",
            "file:///etc/passwd",
            "data:text/html,hello",
            "javascript:alert(1)",
            "about:blank",
        ] {
            assert!(!own(address), "{address}");
        }
    }
}

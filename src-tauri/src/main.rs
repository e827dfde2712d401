//! Starts the app.

// No console window beside the app. A debug build keeps it, for its messages.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use mcp_auth_diagnosis::redact;
use mcp_auth_troubleshooter::{NOT_OPENED, builder, context, show_window};

/// The environment lacks something: sysexits' EX_UNAVAILABLE.
const UNAVAILABLE: u8 = 69;

fn main() -> ExitCode {
    tell_panics_without_their_words();
    mcp_auth_sign_in::keep_memory_off_the_disk();
    let display = display();
    if cfg!(target_os = "linux") && display.is_none() {
        return complain(
            "There is no display to open a window on (neither DISPLAY nor WAYLAND_DISPLAY is set). \
             In a terminal, mcp-auth-check does the same work: mcp-auth-check diagnose https://your-server.example/mcp",
        );
    }
    // What draws the window gives up with a panic when the display does not answer.
    let end = catch_unwind(AssertUnwindSafe(|| {
        // The first plugin, so that a second start ends before it does anything.
        let single = tauri_plugin_single_instance::init(|app, _arguments, _folder| show_window(app));
        builder(tauri::Builder::default().plugin(single), None).run(context())
    }));
    if let Some(reason) = NOT_OPENED.get() {
        return complain(&format!("The window could not be opened: {reason}"));
    }
    match (end, display) {
        (Ok(Ok(())), _) => ExitCode::SUCCESS,
        (Ok(Err(error)), _) => complain(&format!("The window could not be opened: {error}")),
        (Err(_), Some(display)) => complain(&format!(
            "The window could not be opened. The display \"{display}\" may be gone, or may not let this user in. \
             In a terminal, mcp-auth-check does the same work: mcp-auth-check diagnose https://your-server.example/mcp"
        )),
        (Err(_), None) => complain("The window could not be opened: what draws it on this system did not start."),
    }
}

/// Says what keeps the window from opening. Where nobody reads it, the exit code is left.
fn complain(sentence: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "{sentence}");
    ExitCode::from(UNAVAILABLE)
}

/// Says where a panic was and not what it said: its words may hold what a server sent or a person typed.
fn tell_panics_without_their_words() {
    std::panic::set_hook(Box::new(|panic| {
        let place = redact::place_of(panic).map(|place| format!(" at {place}")).unwrap_or_default();
        let _ = writeln!(std::io::stderr(), "A part of the app stopped{place}.");
    }));
}

/// The display that a window would be opened on. macOS and Windows always have one; on Linux it is in the environment, and
/// GTK ends the process when it is not.
fn display() -> Option<String> {
    let named = ["WAYLAND_DISPLAY", "DISPLAY"].into_iter().filter_map(std::env::var_os).find(|name| !name.is_empty());
    named.map(|name| name.to_string_lossy().into_owned())
}

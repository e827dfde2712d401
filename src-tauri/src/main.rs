//! Starts the app.

// No console window beside the app. A debug build keeps it, for its messages.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::process::ExitCode;

use mcp_auth_troubleshooter::{builder, context, show_window};

/// The environment lacks something: sysexits' EX_UNAVAILABLE.
const UNAVAILABLE: u8 = 69;

fn main() -> ExitCode {
    tell_panics_without_their_words();
    if !has_display() {
        eprintln!(
            "There is no display to open a window on (neither DISPLAY nor WAYLAND_DISPLAY is set). \
             In a terminal, mcp-auth-check does the same work: mcp-auth-check diagnose https://your-server.example/mcp"
        );
        return ExitCode::from(UNAVAILABLE);
    }
    // The first plugin, so that a second start ends before it does anything.
    let single = tauri_plugin_single_instance::init(|app, _arguments, _folder| show_window(app));
    let app = builder(tauri::Builder::default().plugin(single), None);
    match app.run(context()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("The window could not be opened: {error}");
            ExitCode::from(UNAVAILABLE)
        }
    }
}

/// Says where a panic was and not what it said: its words may hold what a server sent or a person typed.
fn tell_panics_without_their_words() {
    std::panic::set_hook(Box::new(|panic| match panic.location() {
        Some(place) => eprintln!("A part of the app stopped at {}:{}.", place.file(), place.line()),
        None => eprintln!("A part of the app stopped."),
    }));
}

/// Whether a window can be shown. macOS and Windows always have a desktop; on Linux it is in the environment, and GTK
/// ends the process when it is not.
fn has_display() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || set("DISPLAY") || set("WAYLAND_DISPLAY")
}

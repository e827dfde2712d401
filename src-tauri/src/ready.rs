//! Says when the window can be used, to whoever measures the start (`cargo xtask bench`).

use std::io::{Write, stdout};

use tauri::webview::PageLoadEvent;

/// Set by who wants to be told.
const ASKED: &str = "MCP_AUTH_TELL_READY";

/// Prints a line once the page is loaded: its script has run, and what it shows can be used.
pub fn tell(event: PageLoadEvent) {
    if event == PageLoadEvent::Finished && std::env::var_os(ASKED).is_some() {
        // Whoever asked may be gone.
        let _ = writeln!(stdout(), "ready").and_then(|()| stdout().flush());
    }
}

//! A window with nothing in it, from the same versions and settings as the app: what `cargo xtask bench` holds the app's start,
//! memory and size against. Nobody is given it.

use mcp_auth_troubleshooter::ready;

fn main() -> tauri::Result<()> {
    tauri::Builder::default()
        .on_page_load(|_, page| ready::tell(page.event()))
        .run(tauri::generate_context!("examples/empty/tauri.conf.json"))
}

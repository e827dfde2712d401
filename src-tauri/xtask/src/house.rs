//! Where things are.

use std::env;
use std::path::{Path, PathBuf};

/// The shell's package.
pub const SHELL: &str = "mcp-auth-troubleshooter";
/// The command line's package.
pub const CLI: &str = "mcp-auth-check";
/// The stories' package.
pub const TESTS: &str = "mcp-auth-tests";

/// The root of the repository. Every command of a step runs there.
pub fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")); // src-tauri/xtask
    here.ancestors().nth(2).unwrap_or(here)
}

/// A path below the root.
pub fn path(relative: &str) -> PathBuf {
    root().join(relative)
}

/// Whether a window can be shown. macOS and Windows always have a desktop; on Linux it is in the environment.
pub fn has_display() -> bool {
    let set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || set("DISPLAY") || set("WAYLAND_DISPLAY")
}

/// Whether a program of this name is on the PATH. On Windows a name without an ending stands for an `.exe`.
pub fn on_path(program: &str) -> bool {
    let ending = if program.contains('.') { "" } else { env::consts::EXE_SUFFIX };
    let name = format!("{program}{ending}");
    env::var_os("PATH").is_some_and(|path| env::split_paths(&path).any(|folder| folder.join(&name).is_file()))
}

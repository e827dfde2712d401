//! The app as a user has it: built, with its pages inside, in a home of its own.

use std::ffi::OsString;
use std::io;
use std::net::TcpListener;
use std::ops::Deref;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::{env, fs};

use tempfile::TempDir;
use tokio::sync::{Mutex, MutexGuard};

use crate::driver::Driver;

/// One window at a time: two would share two processor cores, and the time of a story would tell nothing.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

/// Light or dark, as the desktop is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    Light,
    Dark,
}

impl Theme {
    /// For file names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// The app, running.
pub struct App {
    driver: Driver,
    _process: WithChildren,
    _home: TempDir,
    _turn: MutexGuard<'static, ()>,
}

impl App {
    /// Opens the app in an empty home.
    pub async fn open() -> Self {
        Self::open_with(Theme::Light, &[]).await
    }

    /// Opens the app in a home with these files, on a desktop with this theme.
    pub async fn open_with(theme: Theme, files: &[(&str, &str)]) -> Self {
        let turn = ONE_AT_A_TIME.lock().await;
        Self::start(home_with(files), theme, |_| {}, turn).await
    }

    /// Opens the app in a home with these files, in surroundings that `strange` changes.
    pub async fn open_on(files: &[(&str, &str)], strange: impl FnOnce(&mut Command)) -> Self {
        let turn = ONE_AT_A_TIME.lock().await;
        Self::start(home_with(files), Theme::Light, strange, turn).await
    }

    /// Opens the app in surroundings that lack something: `strange` takes it away from what every other story has.
    pub async fn open_where(strange: impl FnOnce(&mut Command)) -> Self {
        Self::open_on(&[], strange).await
    }

    async fn start(
        home: TempDir,
        theme: Theme,
        strange: impl FnOnce(&mut Command),
        turn: MutexGuard<'static, ()>,
    ) -> Self {
        let (process, address) = start_driver(home.path(), theme, strange).await;
        let driver = Driver::open(&address, program().to_str().expect("a path in UTF-8")).await;
        Self { driver, _process: process, _home: home, _turn: turn }
    }

    /// Closes the app.
    pub async fn close(self) {
        self.driver.close().await;
    }
}

/// A home with these files; what is in its `bin/` can be started.
fn home_with(files: &[(&str, &str)]) -> TempDir {
    let home = TempDir::with_prefix("mcp-auth-e2e-").expect("a folder");
    for (name, text) in files {
        let file = home.path().join(name);
        fs::create_dir_all(file.parent().expect("a file is in a folder")).expect("a folder");
        fs::write(&file, text).expect("a file");
        if name.starts_with("bin/") {
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("a program");
        }
    }
    home
}

impl Deref for App {
    type Target = Driver;

    fn deref(&self) -> &Driver {
        &self.driver
    }
}

/// The app beside this test: `target/debug/deps/e2e-…` and `target/debug/mcp-auth-troubleshooter`; or the one that
/// `APP_UNDER_TEST` names, such as the one in a package.
pub fn program() -> PathBuf {
    if let Some(named) = env::var_os("APP_UNDER_TEST") {
        return PathBuf::from(named);
    }
    let this = env::current_exe().expect("this program has a path");
    let program = this.ancestors().nth(2).expect("a target folder").join("mcp-auth-troubleshooter");
    assert!(program.is_file(), "{} is not built: `cargo xtask test e2e` does it", program.display());
    program
}

async fn start_driver(home: &Path, theme: Theme, strange: impl FnOnce(&mut Command)) -> (WithChildren, String) {
    let display = env::var_os("DISPLAY").expect("a screen: `cargo xtask test e2e` brings a virtual one");
    let runtime = home.join("run");
    fs::create_dir(&runtime)
        .and_then(|()| fs::set_permissions(&runtime, fs::Permissions::from_mode(0o700)))
        .expect("a folder");
    let port = free_port().expect("a free port");
    // Found here, because the command may get another PATH.
    let driver = env::split_paths(&env::var_os("PATH").unwrap_or_default())
        .map(|folder| folder.join("WebKitWebDriver"))
        .find(|path| path.is_file())
        .expect("WebKitWebDriver: `cargo xtask test e2e` brings it");
    let mut command = Command::new(driver);
    command
        .arg(format!("--port={port}"))
        .env_clear()
        .env("PATH", path_from(&home.join("bin")))
        .env("DISPLAY", display)
        // The key to the virtual screen.
        .envs(env::var_os("XAUTHORITY").map(|key| ("XAUTHORITY", key)))
        .env("LANG", "C.UTF-8")
        .env("HOME", home)
        .env("XDG_RUNTIME_DIR", runtime)
        // Without this the app refuses to be driven, and the session waits for ever.
        .env("TAURI_WEBVIEW_AUTOMATION", "true")
        // No bus: another copy of the app, open on this desktop, must not be taken for this one.
        .env("DBUS_SESSION_BUS_ADDRESS", "disabled:")
        .env("NO_AT_BRIDGE", "1")
        .env("GTK_THEME", if theme == Theme::Dark { "Adwaita:dark" } else { "Adwaita" })
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(if env::var_os("E2E_VERBOSE").is_some() { Stdio::inherit() } else { Stdio::null() })
        .process_group(0);
    strange(&mut command);
    let process = WithChildren(command.spawn().expect("WebKitWebDriver starts"));
    // It tells nobody when it listens.
    while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
        tokio::task::yield_now().await;
    }
    (process, format!("http://127.0.0.1:{port}"))
}

/// Where programs are looked for: first in the home of the story, such as a stand-in for the browser.
fn path_from(first: &Path) -> OsString {
    let path = env::var_os("PATH").unwrap_or_default();
    let all = std::iter::once(first.to_path_buf()).chain(env::split_paths(&path));
    env::join_paths(all).expect("a path")
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// A process that ends together with everything it started.
struct WithChildren(Child);

impl Drop for WithChildren {
    fn drop(&mut self) {
        let group = format!("-{}", self.0.id());
        // All of them may have ended already.
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        let _ = self.0.wait();
    }
}

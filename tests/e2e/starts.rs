//! The app started where something is missing: it works, or says in a sentence what it lacks. It never ends in a trace.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::app::{App, program};

/// A window that can be read and asked: the first screen is there, and a command answers.
async fn works(what: &str, app: App) {
    app.reads("Practice").await;
    let script = "const done = arguments[0];\
        window.__TAURI_INTERNALS__.invoke('look_around').then(() => done('looked'), refusal => done(JSON.stringify(refusal)))";
    let looked = app.run_async(script, serde_json::json!([])).await.expect("an answer");
    assert_eq!(looked, "looked", "{what}: this computer is read, whatever is missing");
    app.close().await;
}

#[tokio::test]
async fn without_a_home() {
    let app = App::open_where(|command| {
        command.env_remove("HOME").env_remove("XDG_RUNTIME_DIR");
    });
    works("no HOME", app.await).await;
}

/// Nobody, not even root, makes a file below /proc.
#[tokio::test]
async fn with_folders_that_may_not_be_written() {
    let app = App::open_where(|command| {
        for name in ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"]
        {
            command.env(name, "/proc/self/net");
        }
    });
    works("a home that is read-only", app.await).await;
}

/// A tiny disk of its own for the home, in a namespace of its own, with its last block filled up.
#[tokio::test]
async fn with_a_disk_that_is_full() {
    const SCRIPT: &str = "mount -t tmpfs -o size=64k tmpfs \"$HOME\" || exit 1; \
        dd if=/dev/zero of=\"$HOME/filler\" bs=1k 2>/dev/null; exec \"$@\"";
    let may_mount = Command::new("unshare").args(["--map-root-user", "--mount", "true"]).status();
    if !may_mount.is_ok_and(|end| end.success()) {
        eprintln!("Not run: this system lets nobody have a disk of one's own (unshare), so none can be full.");
        return;
    }
    let app = App::open_where(|command| {
        let mut full = Command::new("unshare");
        full.args(["--map-root-user", "--mount", "/bin/sh", "-c", SCRIPT, "sh"]);
        full.arg(command.get_program()).args(command.get_args()).env_clear();
        full.envs(command.get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))));
        full.env_remove("XDG_RUNTIME_DIR")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0);
        *command = full;
    });
    works("a full disk", app.await).await;
}

#[tokio::test]
async fn without_programs_language_or_bus() {
    let app = App::open_where(|command| {
        command
            .env("PATH", "")
            .env_remove("LANG")
            .env("LC_ALL", "C")
            .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/no/such/bus");
    });
    works("no PATH, the locale C, a bus that is gone", app.await).await;
    let app = App::open_where(|command| {
        command.env("LC_ALL", "xx_XX.nonsense").env("DBUS_SESSION_BUS_ADDRESS", "what is this");
    });
    works("a locale and a bus that make no sense", app.await).await;
}

#[tokio::test]
async fn with_a_clock_in_1970() {
    let found = ["x86_64", "aarch64"]
        .map(|machine| format!("/usr/lib/{machine}-linux-gnu/faketime/libfaketimeMT.so.1"))
        .into_iter()
        .chain(["/usr/lib64/faketime/libfaketimeMT.so.1".to_owned()])
        .find(|path| Path::new(path).is_file());
    let library = found.expect("libfaketime: `cargo xtask test e2e` brings it");
    let app = App::open_where(|command| {
        command
            .env("LD_PRELOAD", library)
            .env("FAKETIME", "@1970-01-01 00:00:01")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .env("TZ", "UTC");
    });
    works("a clock in 1970", app.await).await;
}

#[test]
fn without_a_display() {
    for display in [None, Some("")] {
        let end = started(|command| {
            command.envs(display.map(|display| ("DISPLAY", display)));
        });
        let said = calm(&end);
        assert!(said.contains("no display") && said.contains("mcp-auth-check"), "{said}");
    }
}

#[test]
fn with_a_display_that_is_gone() {
    for (name, value) in [("DISPLAY", ":4711"), ("DISPLAY", "nonsense"), ("WAYLAND_DISPLAY", "wayland-4711")] {
        let end = started(|command| {
            command.env(name, value);
        });
        let said = calm(&end);
        assert!(said.contains("could not be opened") && said.contains(value), "{name}={value}: {said}");
    }
}

/// The complaint itself may have nowhere to go.
#[test]
fn without_anybody_to_read_what_it_says() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("the full device");
    let end = started(|command| {
        command.stderr(full);
    });
    assert_eq!(end.status.code(), Some(69), "{:?}", end.status);
}

/// Starts the app with nothing in its environment, and waits for its end.
fn started(strange: impl FnOnce(&mut Command)) -> Output {
    let home = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(program());
    command.env_clear().env("HOME", home.path()).env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
        .env("DBUS_SESSION_BUS_ADDRESS", "disabled:")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    strange(&mut command);
    command.spawn().and_then(std::process::Child::wait_with_output).expect("it starts")
}

/// It ended with the exit code for "something is lacking here", and with words.
fn calm(end: &Output) -> String {
    let said = String::from_utf8_lossy(&end.stderr).into_owned();
    assert_eq!(end.status.code(), Some(69), "{:?}: {said}", end.status);
    assert!(
        !["panicked", "RUST_BACKTRACE", "stack backtrace", "thread '"].iter().any(|word| said.contains(word)),
        "{said}"
    );
    said
}

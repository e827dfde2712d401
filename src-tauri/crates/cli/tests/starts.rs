//! The program started where something is missing: no home, no PATH, a disk that is full or may not be written, a clock in
//! 1970, the locale C. It works, or says in a sentence what it lacks; it never ends in a trace.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "the test's own folder")]

#[cfg(target_os = "linux")]
use std::path::Path;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// What each start is asked to do: every verb that looks at this computer, and one that asks a server.
const JOBS: [&[&str]; 5] = [
    &["checks", "--json"],
    &["computer"],
    &["caches", "list", "--json"],
    &["browser", "--json"],
    &["diagnose", "--practice", "resource-other-path", "--json"],
];

#[test]
fn with_nothing_in_the_environment() {
    for job in JOBS {
        calm(job, "an empty environment", &run(job, |_| {}));
    }
}

#[test]
fn with_a_home_that_is_no_home() {
    let homes = ["", "relative/home", "/no/such/home", "/dev/null", "\\\\?\\C:\\no\\such", "~"];
    for job in JOBS {
        for home in homes {
            let end = run(job, |command| {
                for name in ["HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "XDG_CONFIG_HOME", "XDG_DATA_HOME"] {
                    command.env(name, home);
                }
            });
            calm(job, home, &end);
        }
    }
}

#[test]
fn with_an_empty_path_and_a_strange_locale() {
    for job in JOBS {
        for (name, value) in
            [("PATH", ""), ("PATH", "::"), ("LC_ALL", "C"), ("LC_ALL", "xx_XX.nonsense"), ("TZ", "no/where")]
        {
            calm(
                job,
                &format!("{name}={value}"),
                &run(job, |command| {
                    command.env(name, value);
                }),
            );
        }
    }
}

#[test]
fn what_it_says_is_the_same_in_the_locale_c() {
    let fault = |locale: &str| {
        let job = ["diagnose", "--practice", "resource-other-path", "--json"];
        let end = run(&job, |command| {
            command.env("LC_ALL", locale);
        });
        let report: serde_json::Value = serde_json::from_slice(&end.stdout).expect("a report");
        assert_eq!(end.status.code(), Some(1), "{report}");
        (report["verdict"]["code"].clone(), report["verdict"]["owner"].clone())
    };
    assert_eq!(fault("C"), fault("C.UTF-8"));
}

/// Only Unix lets a name be bytes that are no text.
#[cfg(unix)]
#[test]
fn with_a_home_whose_name_is_no_text() {
    use std::os::unix::ffi::OsStrExt as _;
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path().join(std::ffi::OsStr::from_bytes(b"h\xffme"));
    std::fs::create_dir(&home).expect("a folder");
    for job in JOBS {
        calm(
            job,
            "a home in Latin-1",
            &run(job, |command| {
                command.env("HOME", &home);
            }),
        );
    }
}

/// Nobody, not even root, makes a file below /proc.
#[cfg(target_os = "linux")]
#[test]
fn with_a_home_that_may_not_be_written() {
    let home = Path::new("/proc/self/net/..");
    for job in JOBS {
        calm(
            job,
            "a home below /proc",
            &run(job, |command| {
                command.env("HOME", home);
            }),
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn from_a_folder_that_is_gone() {
    for job in JOBS {
        let folder = tempfile::tempdir().expect("a folder");
        let script = "cd \"$1\" && rmdir \"$1\" && shift && exec \"$@\"";
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script, "sh"]).arg(folder.path()).arg(program()).args(job).env_clear().stdin(Stdio::null());
        calm(job, "a folder that is gone", &command.output().expect("it starts"));
        // The folder is gone already; there is nothing left to take away.
        drop(folder.keep());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn with_a_clock_in_1970() {
    let library = ["x86_64", "aarch64"]
        .map(|machine| format!("/usr/lib/{machine}-linux-gnu/faketime/libfaketimeMT.so.1"))
        .into_iter()
        .chain(["/usr/lib64/faketime/libfaketimeMT.so.1".to_owned()])
        .find(|path| Path::new(path).is_file());
    let Some(library) = library else {
        eprintln!("Not run: libfaketime is not on this computer, so no program can be shown another time.");
        return;
    };
    for job in JOBS {
        let end = run(job, |command| {
            command.env("LD_PRELOAD", &library).env("FAKETIME", "1970-01-01 00:00:01").env("TZ", "UTC");
        });
        calm(job, "a clock in 1970", &end);
    }
    let job = ["diagnose", "--practice", "resource-other-path", "--json"];
    let end = run(&job, |command| {
        command.env("LD_PRELOAD", &library).env("FAKETIME", "1970-01-01 00:00:01");
    });
    let report: serde_json::Value = serde_json::from_slice(&end.stdout).expect("a report");
    assert_eq!(report["verdict"]["code"], "prm-resource-match", "a wrong clock does not hide the fault: {report}");
}

/// A result that could not be handed over is not a result: whoever reads the exit code must not take it for one.
#[cfg(target_os = "linux")]
#[test]
fn when_there_is_no_room_for_what_it_prints() {
    for job in JOBS {
        let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").expect("the full device");
        let mut command = started(job);
        command.stdout(full());
        let end = command.stderr(Stdio::piped()).output().expect("it starts");
        let said = String::from_utf8_lossy(&end.stderr);
        assert_eq!(end.status.code(), Some(2), "{job:?}: {said}");
        assert!(said.contains("could not be written") && !is_a_trace(&said), "{job:?}: {said}");
        // With no room for the complaint either, the exit code still tells.
        let end = started(job).stdout(full()).stderr(full()).status().expect("it starts");
        assert_eq!(end.code(), Some(2), "{job:?}");
    }
}

/// `mcp-auth-check checks | head -1` is no fault.
#[cfg(unix)]
#[test]
fn when_nobody_reads_to_the_end() {
    for job in JOBS {
        let mut child = started(job).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        drop(child.stdout.take());
        calm(job, "a closed pipe", &child.wait_with_output().expect("it ends"));
    }
}

/// Clearing a stored sign-in where no backup can be kept changes nothing, and says so.
#[cfg(target_os = "linux")]
#[test]
fn on_a_full_disk_nothing_is_taken_away() {
    // A tiny disk of its own, in a namespace of its own; the last blocks are filled up.
    const SCRIPT: &str = r#"
        set -e
        mount -t tmpfs -o size=64k tmpfs "$1"
        mkdir -p "$1/.mcp-auth/mcp-remote-0.1.37"
        echo '{"access_token":"planted"}' > "$1/.mcp-auth/mcp-remote-0.1.37/0123456789abcdef0123456789abcdef_tokens.json"
        dd if=/dev/zero of="$1/filler" bs=1k 2>/dev/null || true
        code=0
        HOME="$1" "$2" caches clear --yes --json --home "$1" || code=$?
        cat "$1/.mcp-auth/mcp-remote-0.1.37/0123456789abcdef0123456789abcdef_tokens.json" >&2
        exit $code
    "#;
    let folder = tempfile::tempdir().expect("a folder");
    let unshared = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "/bin/sh", "-c", script, "sh"]);
        command.arg(folder.path()).arg(program()).stdin(Stdio::null()).output()
    };
    if !unshared("mount -t tmpfs -o size=64k tmpfs \"$1\"").is_ok_and(|end| end.status.success()) {
        eprintln!("Not run: this system lets nobody have a disk of one's own (unshare), so none can be full.");
        return;
    }
    let end = unshared(SCRIPT).expect("it starts");
    let (printed, said) = (String::from_utf8_lossy(&end.stdout), String::from_utf8_lossy(&end.stderr));
    assert!(said.contains("\"access_token\":\"planted\""), "the stored sign-in is still there: {printed}{said}");
    assert!(matches!(end.status.code(), Some(1 | 2)), "{:?}: {printed}{said}", end.status);
    assert!(!is_a_trace(&said), "{said}");
    let told: serde_json::Value = serde_json::from_str(&printed).expect("JSON");
    assert!(told["receipt"].is_null() && !told["error"].is_null(), "{told}");
}

/// The program beside this test, `target/debug/mcp-auth-check`. Cargo's own variable for it has a name with hyphens, which a
/// shell between cargo and the compiler does not hand on.
fn program() -> PathBuf {
    let this = std::env::current_exe().expect("this program has a path");
    let folder = this.ancestors().nth(2).expect("a target folder");
    folder.join(format!("mcp-auth-check{}", std::env::consts::EXE_SUFFIX))
}

/// The program with nothing in its environment but what every Windows program gets.
fn started(job: &[&str]) -> Command {
    let mut command = Command::new(program());
    command.args(job).env_clear().stdin(Stdio::null());
    for name in ["SystemRoot", "SystemDrive", "TEMP"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
}

fn run(job: &[&str], prepare: impl FnOnce(&mut Command)) -> Output {
    let mut command = started(job);
    prepare(&mut command);
    command.output().expect("it starts")
}

/// It ended with an answer of its own, in words.
fn calm(job: &[&str], where_: &str, end: &Output) {
    let said = String::from_utf8_lossy(&end.stderr);
    assert!(matches!(end.status.code(), Some(0..=2)), "{job:?} with {where_}: {:?}: {said}", end.status);
    assert!(!is_a_trace(&said), "{job:?} with {where_}: {said}");
}

fn is_a_trace(said: &str) -> bool {
    ["panicked", "RUST_BACKTRACE", "stack backtrace", "thread '", "stopped at"].iter().any(|word| said.contains(word))
}

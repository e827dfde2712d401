//! The app's start and memory beside a window with nothing in it, built from the same versions with the same settings
//! (`src-tauri/examples/empty`). Linux: elsewhere nobody adds up the memory of a webview's processes.

use std::collections::HashMap;
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::Fault;
use crate::table::{Bar, Row, in_turns, median};

/// How often each is started.
const TURNS: usize = 11;
/// How long a window is left alone before its memory is read: both have settled by then.
const SETTLED: Duration = Duration::from_secs(3);

pub fn rows() -> Result<Vec<Row>, Fault> {
    if !cfg!(target_os = "linux") {
        return Err("memory is added up on Linux only".into());
    }
    if env::var_os("DISPLAY").is_none() {
        return Err("there is no screen; `cargo xtask bench` brings a virtual one".into());
    }
    let (app, empty) = (program("mcp-auth-troubleshooter")?, program("examples/empty")?);
    let (took, least) = in_turns(TURNS, || start(&app).map(|(time, _)| time), || start(&empty).map(|(time, _)| time))?;
    let mut memory = (Vec::new(), Vec::new());
    for _ in 0..3 {
        memory.0.push(settled_memory(&empty)?);
        memory.1.push(settled_memory(&app)?);
    }
    let beside = "an empty window of the same versions";
    Ok(vec![
        Row::of_times("app start, until its page can be used", took, beside, least, Bar::Ratio(1.15)),
        Row {
            what: "memory of all its processes, shared pages by share (PSS)".to_owned(),
            took: median(memory.1),
            beside: beside.to_owned(),
            least: median(memory.0),
            unit: "MB",
            bar: Bar::Ratio(1.15),
        },
    ])
}

/// A program beside this one.
pub fn program(name: &str) -> Result<PathBuf, Fault> {
    let folder = env::current_exe()?.parent().ok_or("this program has no folder")?.to_owned();
    let program = folder.join(name);
    if program.is_file() {
        Ok(program)
    } else {
        Err(format!("{name} is not built; `cargo xtask bench` does it").into())
    }
}

/// A window with a home of its own; it ends when this is dropped.
struct Open {
    child: Child,
    /// Kept, so that the window does not write to a closed pipe.
    _said: BufReader<ChildStdout>,
    _home: tempfile::TempDir,
}

impl Drop for Open {
    fn drop(&mut self) {
        // Its web processes end when it does.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts a window and waits until it says that its page can be used.
fn start(program: &Path) -> Result<(Duration, Open), Fault> {
    let home = tempfile::tempdir()?;
    let run = home.path().join("run");
    fs::create_dir(&run)?;
    let kept = |name: &str| env::var_os(name).map(|value| (name.to_owned(), value));
    let mut command = Command::new(program);
    command
        .env_clear()
        .envs(["PATH", "DISPLAY", "XAUTHORITY"].into_iter().filter_map(kept))
        .env("LANG", "C.UTF-8")
        .env("HOME", home.path())
        .env("XDG_RUNTIME_DIR", &run)
        // A copy that is open on this desktop must not be taken for this one.
        .env("DBUS_SESSION_BUS_ADDRESS", "disabled:")
        .env("NO_AT_BRIDGE", "1")
        .env("MCP_AUTH_TELL_READY", OsStr::new("1"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let began = Instant::now();
    let mut child = command.spawn()?;
    let said = child.stdout.take().ok_or("no output of the window")?;
    let mut open = Open { child, _said: BufReader::new(said), _home: home };
    let mut line = String::new();
    open._said.read_line(&mut line)?;
    let took = began.elapsed();
    if line.trim() == "ready" { Ok((took, open)) } else { Err(format!("{} did not start", program.display()).into()) }
}

fn settled_memory(program: &Path) -> Result<f64, Fault> {
    let (_, open) = start(program)?;
    sleep(SETTLED);
    let parents = parents()?;
    let mut kilobytes = 0.0;
    for &process in parents.keys() {
        let mut at = process;
        while at != open.child.id() && at != 0 {
            at = parents.get(&at).copied().unwrap_or(0);
        }
        if at != 0 {
            kilobytes += proportional(process).unwrap_or_default();
        }
    }
    if kilobytes > 0.0 { Ok(kilobytes / 1000.0) } else { Err("its memory could not be read".into()) }
}

/// Every process with the one that started it.
fn parents() -> Result<HashMap<u32, u32>, Fault> {
    let mut parents = HashMap::new();
    for entry in fs::read_dir("/proc")?.flatten() {
        let Some(process) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        // The name in the middle may hold anything, also parentheses.
        let Ok(line) = fs::read_to_string(entry.path().join("stat")) else { continue };
        let parent = line.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1)?.parse().ok());
        parents.insert(process, parent.unwrap_or(0));
    }
    Ok(parents)
}

/// The proportional set size, in kilobytes: a page that n processes share counts for a n-th.
fn proportional(process: u32) -> Option<f64> {
    let text = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).ok()?;
    text.lines().find_map(|line| line.strip_prefix("Pss:"))?.split_whitespace().next()?.parse().ok()
}

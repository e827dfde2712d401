//! What the app's work costs beside the least that it could cost, measured in the same run: one line a measurement, with the
//! ratio and the most that it may be. Fails when one is above.
#![allow(clippy::disallowed_methods, reason = "the measurement's own folder")]

use std::fs;
use std::hint::black_box;
use std::io;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use mcp_auth_diagnosis::computer::mcp_remote::{self, Named, WAYS_OF_NAMING};
use mcp_auth_probes::computer::{Machine, look};
use serde_json::json;

/// One measurement.
struct Line {
    what: &'static str,
    /// What the app takes.
    took: Duration,
    /// The yardstick.
    beside: &'static str,
    least: Duration,
    /// The most that the ratio may be.
    most: f64,
}

fn main() -> ExitCode {
    // The other process of `memory`.
    if let Some(home) = std::env::args_os().skip_while(|word| word != READ_HOME).nth(1) {
        black_box(look(&machine(Path::new(&home))));
        println!("{}", most_memory().unwrap_or_default());
        return ExitCode::SUCCESS;
    }
    let lines = [large_home()];
    let mut over = false;
    for line in lines {
        match line {
            Ok(line) => over |= line.tell(),
            Err(error) => {
                eprintln!("could not be measured: {error}");
                over = true;
            }
        }
    }
    if over { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

impl Line {
    /// Prints it; whether it is above its limit.
    fn tell(&self) -> bool {
        let ratio = self.took.as_secs_f64() / self.least.as_secs_f64().max(1e-9);
        let over = ratio > self.most;
        println!(
            "{}: {:.1} ms; {}: {:.1} ms; ratio {ratio:.2}, at most {:.1}{}",
            self.what,
            self.took.as_secs_f64() * 1000.0,
            self.beside,
            self.least.as_secs_f64() * 1000.0,
            self.most,
            if over { "  TOO SLOW" } else { "" }
        );
        over
    }
}

/// The shortest of several runs: what else the computer does only ever adds.
fn shortest<T>(mut work: impl FnMut() -> T) -> Duration {
    const RUNS: usize = 7;
    let run = |_| {
        let began = Instant::now();
        black_box(work());
        began.elapsed()
    };
    (0..RUNS).map(run).min().unwrap_or_default()
}

/// Asks a new process of this program to read a home once and to say what memory it took.
const READ_HOME: &str = "--read-home";
/// The most memory that reading a home may take, in kilobytes.
const MOST_MEMORY: u64 = 50 * 1000;

/// A home that stands for the user's.
fn machine(home: &Path) -> Machine {
    Machine { processes: None, hosts_file: None, ..Machine::at_home(home) }
}

/// The most memory that this process ever held, in kilobytes, where the system shows it as a file (Linux).
fn most_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Prints the memory that a process of its own takes to read this home, the program itself included. An error when it is
/// above its limit.
fn memory(home: &Path) -> io::Result<()> {
    let output = Command::new(std::env::current_exe()?).arg(READ_HOME).arg(home).output()?;
    let taken: u64 = String::from_utf8_lossy(&output.stdout).trim().parse().unwrap_or(0);
    if taken == 0 {
        println!("its memory: not shown by this system");
        return Ok(());
    }
    let megabytes = |kilobytes: u64| kilobytes as f64 / 1000.0;
    println!("its memory, the program included: {:.1} MB, at most {:.0} MB", megabytes(taken), megabytes(MOST_MEMORY));
    if taken > MOST_MEMORY { Err(io::Error::other("reading a large home takes TOO MUCH memory")) } else { Ok(()) }
}

/// 10,000 stored entries in 50 version folders, and 500 configured servers.
fn large_home() -> io::Result<Line> {
    const FOLDERS: usize = 50;
    const ENTRIES: usize = 200;
    const SERVERS: usize = 500;
    let home = tempfile::tempdir()?;
    let url = |at: usize| format!("https://mcp-{at}.example.com/mcp");
    let mut servers = serde_json::Map::new();
    for at in 0..SERVERS {
        let entry = json!({"command": "npx", "args": ["-y", "mcp-remote@0.1.37", url(at)]});
        servers.insert(format!("server-{at}"), entry);
    }
    let config = home.path().join(".config").join("Claude");
    fs::create_dir_all(&config)?;
    fs::write(config.join("claude_desktop_config.json"), json!({"mcpServers": servers}).to_string())?;
    for folder in 0..FOLDERS {
        let name = if folder == 0 { "mcp-remote-v1".to_owned() } else { format!("mcp-remote-0.1.{}", folder - 1) };
        let place = home.path().join(".mcp-auth").join(name);
        fs::create_dir_all(&place)?;
        for entry in 0..ENTRIES {
            let named = Named { url: url(folder * ENTRIES + entry), ..Named::default() };
            let hash = mcp_remote::hash(&named, WAYS_OF_NAMING[0]);
            let registration = json!({"client_id": "c", "redirect_uris": ["http://localhost:3334/oauth/callback"]});
            fs::write(place.join(format!("{hash}_client_info.json")), registration.to_string())?;
            let tokens = json!({"access_token": "a", "refresh_token": "r", "expires_in": 3600});
            fs::write(place.join(format!("{hash}_tokens.json")), tokens.to_string())?;
        }
    }
    let machine = machine(home.path());
    let entries = look(&machine).stored.len();
    if entries != FOLDERS * ENTRIES {
        return Err(io::Error::other(format!("{entries} entries were seen instead of {}", FOLDERS * ENTRIES)));
    }
    memory(home.path())?;
    Ok(Line {
        what: "reading a home with 10,000 stored sign-ins and 500 servers",
        took: shortest(|| look(&machine)),
        beside: "a recursive listing with stat",
        least: shortest(|| list(home.path())),
        most: 3.0,
    })
}

/// How many bytes are below a folder, as `ls -lR` finds out.
fn list(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => list(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
}

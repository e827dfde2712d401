//! Reading a large home, beside a plain listing of it; and the memory that takes.

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::process::{Command, ExitCode};

use mcp_auth_diagnosis::computer::mcp_remote::{self, Named, WAYS_OF_NAMING};
use mcp_auth_probes::computer::{Machine, look};
use serde_json::json;

use crate::Fault;
use crate::table::{Bar, Row, in_turns, median, timed};

/// Asks a new process of this program to read a home once and to say what memory it took.
pub const READ_HOME: &str = "--read-home";
/// The most memory that reading a home may take, in megabytes, the program itself included.
const MOST_MEMORY: f64 = 50.0;

const FOLDERS: usize = 50;
const ENTRIES: usize = 200;
const SERVERS: usize = 500;

/// The other process of `memory`.
pub fn read_and_tell(home: Option<&String>) -> ExitCode {
    let Some(home) = home else { return ExitCode::FAILURE };
    black_box(look(&machine(Path::new(home))));
    println!("{}", most_memory().unwrap_or_default());
    ExitCode::SUCCESS
}

/// 10,000 stored entries in 50 version folders, and 500 configured servers.
pub fn rows() -> Result<Vec<Row>, Fault> {
    let home = tempfile::tempdir()?;
    fill(home.path())?;
    let machine = machine(home.path());
    let entries = look(&machine).stored.len();
    if entries != FOLDERS * ENTRIES {
        return Err(format!("{entries} entries were seen instead of {}", FOLDERS * ENTRIES).into());
    }
    let reading = || timed(|| Ok::<_, Fault>(look(&machine)));
    let listing = || timed(|| Ok::<_, Fault>(list(home.path())));
    let (took, least) = in_turns(9, reading, listing)?;
    let mut rows = vec![Row::of_times(
        "reading a home with 10,000 stored sign-ins and 500 servers",
        took,
        "a recursive listing with stat",
        least,
        Bar::Ratio(3.0),
    )];
    let memory: Result<Vec<f64>, Fault> = (0..3).map(|_| memory(home.path())).collect();
    let memory = median(memory?);
    // Not shown by every system.
    if memory > 0.0 {
        rows.push(Row {
            what: "the most memory that this takes, the program included".to_owned(),
            took: memory,
            beside: "the most that it may take".to_owned(),
            least: MOST_MEMORY,
            unit: "MB",
            bar: Bar::Ratio(1.0),
        });
    }
    Ok(rows)
}

fn fill(home: &Path) -> Result<(), Fault> {
    let url = |at: usize| format!("https://mcp-{at}.example.com/mcp");
    let mut servers = serde_json::Map::new();
    for at in 0..SERVERS {
        let entry = json!({"command": "npx", "args": ["-y", "mcp-remote@0.1.37", url(at)]});
        servers.insert(format!("server-{at}"), entry);
    }
    let config = home.join(".config").join("Claude");
    fs::create_dir_all(&config)?;
    fs::write(config.join("claude_desktop_config.json"), json!({"mcpServers": servers}).to_string())?;
    for folder in 0..FOLDERS {
        let name = if folder == 0 { "mcp-remote-v1".to_owned() } else { format!("mcp-remote-0.1.{}", folder - 1) };
        let place = home.join(".mcp-auth").join(name);
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
    Ok(())
}

/// A home that stands for the user's.
fn machine(home: &Path) -> Machine {
    Machine { processes: None, hosts_file: None, ..Machine::at_home(home) }
}

/// The megabytes that a process of its own takes to read this home; 0 where the system does not show it.
fn memory(home: &Path) -> Result<f64, Fault> {
    let output = Command::new(std::env::current_exe()?).arg(READ_HOME).arg(home).output()?;
    let kilobytes: f64 = String::from_utf8_lossy(&output.stdout).trim().parse()?;
    Ok(kilobytes / 1000.0)
}

/// The most memory that this process ever held, in kilobytes, where the system shows it as a file (Linux).
fn most_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
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

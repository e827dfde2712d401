//! `computer`: clients, servers, what is stored, and what is wrong with them.

use std::path::{Path, PathBuf};

use mcp_auth_diagnosis::computer::{Computer, ConfiguredServer, Held, ProblemKind, Route, StoredEntry, Used};
use mcp_auth_diagnosis::redact;
use mcp_auth_probes::computer::{Machine, look};
use serde::Serialize;

use crate::Exit;
use crate::paper::{Ink, Paper, complain, print_json};

/// `computer`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// A folder that stands for the user's home
    #[arg(long, value_name = "DIR")]
    home: Option<PathBuf>,
    /// Print what was seen as JSON
    #[arg(long)]
    json: bool,
}

/// What is printed as JSON.
#[derive(Serialize)]
struct Seen<'a> {
    schema: u32,
    state: &'static str,
    #[serde(flatten)]
    computer: &'a Computer,
}

/// Reads this computer and says what is there.
pub fn carry_out(arguments: &Arguments) -> Exit {
    let machine = match machine(arguments.home.as_deref()) {
        Ok(machine) => machine,
        Err(sentence) => return complain(Exit::WrongUsage, &sentence),
    };
    let computer = look(&machine);
    let dangerous = ProblemKind::DangerousVersion.word();
    let fault = computer.problems.iter().any(|problem| problem.stops || problem.kind == dangerous);
    if arguments.json {
        let seen = Seen { schema: 1, state: if fault { "fault" } else { "healthy" }, computer: &computer };
        print_json(&without_secrets(&seen));
    } else {
        tell(&computer).print();
    }
    if fault { Exit::Fault } else { Exit::Healthy }
}

/// What is printed is often sent on.
fn without_secrets(seen: &Seen<'_>) -> serde_json::Value {
    let mut value = serde_json::to_value(seen).unwrap_or_default();
    mcp_auth_diagnosis::redact::mask_within(&mut value);
    value
}

/// The computer to look at: this one, or a folder that stands for the home.
pub fn machine(home: Option<&Path>) -> Result<Machine, String> {
    match home {
        None => Ok(Machine::this()),
        Some(home) if home.is_dir() => Ok(Machine::at_home(home)),
        Some(home) => Err(format!("{} is no folder", home.display())),
    }
}

fn tell(computer: &Computer) -> Paper {
    let mut paper = Paper::new();
    if computer.clients.is_empty() {
        paper.plain("No MCP client was found here.");
    }
    for client in &computer.clients {
        paper.line(Ink::Bold, &client.name);
        for config in &client.configs {
            paper.line(Ink::Dim, &format!("  {config}"));
        }
        for server in computer.servers.iter().filter(|server| server.client == client.id) {
            // People write keys into the parameters of an address.
            paper.plain(&format!("  {}", redact::mask(&of_server(server))));
        }
        for entry in computer.stored.iter().filter(|entry| entry.client == client.id) {
            paper.plain(&format!("  stored: {}", of_entry(entry)));
        }
    }
    let alone = computer.stored.iter().filter(|entry| computer.clients.iter().all(|client| client.id != entry.client));
    for entry in alone {
        paper.plain(&format!("stored by {}: {}", entry.client.name(), of_entry(entry)));
    }
    if computer.problems.is_empty() {
        if !computer.clients.is_empty() {
            paper.gap().line(Ink::Good, "Nothing is wrong with the configs and stores that were read.");
        }
    } else {
        paper.gap().line(Ink::Bold, "What is wrong");
        for problem in &computer.problems {
            let ink = if problem.stops { Ink::Bad } else { Ink::Plain };
            paper.line(ink, &format!("  {}", problem.what)).line(Ink::Dim, &format!("    {}", problem.kind));
        }
    }
    paper
}

fn of_server(server: &ConfiguredServer) -> String {
    let address = server.url.as_deref().unwrap_or("a program of its own");
    let how = match &server.route {
        Route::Native { .. } => String::new(),
        Route::McpRemote { through, .. } => {
            let uses = server.mcp_remote.as_ref();
            let version = uses.and_then(|uses| uses.version.as_deref()).unwrap_or("of an unknown version");
            format!(", through mcp-remote {version} ({through})")
        }
        Route::Program { command } => format!(" ({command})"),
    };
    let state = match (server.disabled, server.ignored) {
        (true, _) => ", switched off",
        (_, true) => ", not used by the client",
        _ => "",
    };
    format!("{}: {address}{how}{state}", server.name)
}

fn of_entry(entry: &StoredEntry) -> String {
    let server = entry.server.as_deref().or(entry.name.as_deref()).unwrap_or("an unknown server");
    let holds: Vec<&str> = entry.holds.iter().map(|held| words(*held)).collect();
    let used = match entry.used {
        Used::InUse => "in use",
        Used::Leftover => "left over, nothing uses it",
        Used::NoServer => "no config names it",
        Used::Unknown => "use not known",
    };
    let holds = if holds.is_empty() { "nothing that is known".to_owned() } else { holds.join(", ") };
    let version = entry.version.as_deref().map(|version| format!(", version {version}")).unwrap_or_default();
    let troubles: String = entry.troubles.iter().map(|trouble| format!("; {trouble}")).collect();
    format!("{server}: {holds} in {}{version} ({used}){troubles}", entry.store)
}

fn words(held: Held) -> &'static str {
    match held {
        Held::Registration => "registration",
        Held::Tokens => "pass",
        Held::RefreshToken => "refresh token",
        Held::Verifier => "key of a sign-in",
        Held::Discovery => "discovery",
        Held::Lock => "lock",
        Held::Lease => "lease",
        Held::Scopes => "scopes",
        Held::Log => "log",
        Held::Temporary => "half-written file",
        Held::Sealed => "sealed store",
    }
}

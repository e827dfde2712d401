//! This computer: clients, configs, stores, ports. It only reads, and keeps no secret.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use mcp_auth_diagnosis::clients::ClientId;
use mcp_auth_diagnosis::computer::mcp_remote::{self, Named, WAYS_OF_NAMING};
use mcp_auth_diagnosis::computer::servers::Found;
use mcp_auth_diagnosis::computer::{Computer, ConfigProblem, ConfiguredServer, ProblemKind, Route, Used};

mod files;
mod hosts;
mod inventory;
mod machine;
mod ports;
mod processes;
mod remote;
mod runtime;
mod stores;
#[cfg(test)]
mod tests;

pub use machine::Machine;
pub use stores::Place;

/// This computer, and where the things are that it stores.
pub struct Reading {
    /// What may be shown.
    pub computer: Computer,
    /// The real place of every stored entry, by its id. For the one crate that moves things; never shown.
    pub places: BTreeMap<String, Place>,
}

/// Reads this computer: which clients are here, which servers their configs name, what is stored for them.
pub fn look(machine: &Machine) -> Computer {
    read(machine, false).computer
}

/// The same, with the real place of every stored entry.
pub fn look_closely(machine: &Machine) -> Reading {
    read(machine, true)
}

fn read(machine: &Machine, keeps_places: bool) -> Reading {
    let mut inventory = inventory::take(machine);
    let remotes = remote::work_out(machine, &mut inventory.found);
    let stored = stores::read(machine, &inventory.found, &remotes, keeps_places);
    let mut problems = inventory.problems;
    problems.extend(stored.problems);
    problems.extend(inventory.found.iter().filter_map(|found| gone(machine, found)));
    let mut computer = Computer {
        clients: inventory.clients,
        servers: inventory.found.into_iter().map(|found| found.server).collect(),
        problems,
        stored: stored.entries,
        ..Computer::default()
    };
    way_back(&mut computer);
    computer.ports = ports::read(machine, wanted_ports(machine, &computer));
    let processes = processes::all(machine);
    computer.running = processes::running(&processes);
    computer.runtimes = runtime::read(machine, &starters(&computer), &processes);
    computer.hosts = hosts::read(machine, &hosts_of(machine, &computer));
    Reading { computer, places: stored.places }
}

/// The programs by which configs start mcp-remote.
fn starters(computer: &Computer) -> BTreeSet<String> {
    let through = |server: &ConfiguredServer| match &server.route {
        Route::McpRemote { through, .. } => Some(through.clone()),
        _ => None,
    };
    computer.servers.iter().filter_map(through).collect()
}

/// The hosts of every address that is known here.
fn hosts_of(machine: &Machine, computer: &Computer) -> BTreeSet<String> {
    let configured = computer.servers.iter().filter_map(|server| server.url.as_deref());
    let all = configured.chain(machine.urls.iter().map(String::as_str));
    all.filter_map(|url| url::Url::parse(url).ok()?.host_str().map(str::to_ascii_lowercase)).collect()
}

/// A server behind mcp-remote whose starter is named by its whole path and is not there.
fn gone(machine: &Machine, found: &Found) -> Option<ConfigProblem> {
    let server = &found.server;
    let command = Path::new(found.launch.command.as_deref().filter(|_| found.launch.remote.is_some())?);
    // Of another system's paths nothing can be told, and neither of what is outside of a home that stands for another.
    if server.disabled || !command.is_absolute() || !machine.may_look(command) || command.exists() {
        return None;
    }
    let place = server.line.map(|line| format!(" (line {line})")).unwrap_or_default();
    Some(ConfigProblem {
        client: server.client,
        what: format!(
            "{}{place} starts \"{}\" with {}, which is not there.",
            server.config,
            server.name,
            machine.shown(command)
        ),
        config: server.config.clone(),
        line: server.line,
        column: None,
        kind: ProblemKind::NotOnPath.word().to_owned(),
        server: Some(server.id.clone()),
        stops: true,
        addresses: Vec::new(),
    })
}

/// The port and return address of a server whose stored registration decides them (mcp-remote 0.1.5 to 0.2.1).
fn way_back(computer: &mut Computer) {
    let mut ports: BTreeMap<String, (u16, String)> = BTreeMap::new();
    for entry in computer.stored.iter().filter(|entry| entry.client == ClientId::McpRemote && entry.used == Used::InUse)
    {
        let stored = entry.redirect_uris.iter().find_map(|uri| Some((mcp_remote::loopback_port(uri)?, uri.clone())));
        if let Some(stored) = stored {
            ports.extend(entry.used_by.iter().map(|id| (id.clone(), stored.clone())));
        }
    }
    for server in &mut computer.servers {
        let (Some(uses), Some((port, uri))) = (&mut server.mcp_remote, ports.get(&server.id)) else { continue };
        let version = uses.version.as_deref().and_then(mcp_remote::Version::parse);
        let given = matches!(&server.route, Route::McpRemote { arguments, .. }
            if arguments.iter().skip(1).any(|argument| argument.parse::<u16>().is_ok()));
        if !given && version.is_some_and(mcp_remote::stored_port_wins) {
            uses.port = Some(*port);
            uses.redirect_uri = Some(uri.clone());
        }
    }
}

/// The ports of servers behind mcp-remote, and those that it would use for the addresses that were asked about.
fn wanted_ports(machine: &Machine, computer: &Computer) -> Vec<(u16, ClientId, Option<String>)> {
    /// More servers than this are not asked about one by one.
    const MOST: usize = 64;
    let configured = computer.servers.iter().filter(|server| !server.disabled).filter_map(|server| {
        let uses = server.mcp_remote.as_ref()?;
        Some((uses.port?, ClientId::McpRemote, server.url.clone()))
    });
    let asked = machine.urls.iter().filter_map(|url| {
        let hash = mcp_remote::hash(&Named { url: url.clone(), ..Named::default() }, WAYS_OF_NAMING[0]);
        Some((mcp_remote::default_port(WAYS_OF_NAMING[0], &hash)?, ClientId::McpRemote, Some(url.clone())))
    });
    let mut wanted: Vec<(u16, ClientId, Option<String>)> = asked.chain(configured.take(MOST)).collect();
    let mut seen = BTreeSet::new();
    wanted.retain(|one| seen.insert((one.0, one.2.clone())));
    wanted
}

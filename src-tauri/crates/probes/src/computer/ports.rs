//! The ports on which clients wait for the way back: free, or held by whom.

use std::collections::HashMap;
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::time::Duration;

use mcp_auth_diagnosis::clients::ClientId;
use mcp_auth_diagnosis::computer::{PortReading, PortState};

use super::Machine;

/// Somebody on this computer answers at once or not at all.
const PATIENCE: Duration = Duration::from_millis(150);

/// The ports that clients always use: the port, and whose it is.
const FIXED: [(u16, ClientId); 9] = [
    (33418, ClientId::VsCode),
    (8787, ClientId::Cursor),
    (6274, ClientId::McpInspector),
    (6276, ClientId::McpInspector),
    (6277, ClientId::McpInspector),
    (19876, ClientId::OpenCode),
    (3000, ClientId::Continue),
    (3118, ClientId::ClaudeCode),
    (1456, ClientId::Cline),
];

/// Looks at a client's own ports and at those of these servers.
pub(crate) fn read(machine: &Machine, wanted: Vec<(u16, ClientId, Option<String>)>) -> Vec<PortReading> {
    let fixed = FIXED.iter().map(|(port, client)| (*port, *client, None));
    let mut holders = Holders { machine, found: None };
    let mut states: HashMap<u16, PortState> = HashMap::new();
    fixed
        .chain(wanted)
        .map(|(port, client, server)| {
            let state = states.entry(port).or_insert_with(|| holders.state(port, client)).clone();
            PortReading { port, client, server, state }
        })
        .collect()
}

/// Whether somebody waits at this port of this computer. `None`: it could not be told.
pub(crate) fn answers(port: u16) -> Option<bool> {
    match TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), PATIENCE) {
        Ok(_) => Some(true),
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => Some(false),
        Err(_) => None,
    }
}

/// Nobody waits at this address, and a connection leaves from there.
fn is_passing(machine: &Machine, address: SocketAddr) -> bool {
    let turns_away =
        TcpStream::connect_timeout(&address, PATIENCE).is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused);
    // Where the system lists its connections, a port that is only reserved by somebody is told apart as well.
    turns_away
        && machine.processes.as_deref().and_then(connected_ports).is_none_or(|ports| ports.contains(&address.port()))
}

/// The local ports of all connections. `None`: the system does not list them.
fn connected_ports(processes: &Path) -> Option<Vec<u16>> {
    let tables: Vec<String> = ["net/tcp", "net/tcp6"]
        .into_iter()
        .filter_map(|table| fs::read_to_string(processes.join(table)).ok())
        .collect();
    let of = |line: &str| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let listens = columns.get(3) == Some(&"0A");
        u16::from_str_radix(columns.get(1)?.rsplit(':').next()?, 16).ok().filter(|_| !listens)
    };
    (!tables.is_empty()).then(|| tables.iter().flat_map(|table| table.lines().skip(1).filter_map(of)).collect())
}

/// Who holds which port, found once, and only when one is held.
struct Holders<'a> {
    machine: &'a Machine,
    found: Option<HashMap<u16, (u32, String)>>,
}

impl Holders<'_> {
    fn state(&mut self, port: u16, client: ClientId) -> PortState {
        let machine = self.machine;
        let held = |address: SocketAddr| match TcpListener::bind(address) {
            Ok(_) => Ok(false),
            // Not by somebody who waits there, but by a connection that leaves from there: it is gone in a moment.
            Err(error) if error.kind() == ErrorKind::AddrInUse => Ok(!is_passing(machine, address)),
            Err(error) => Err(error),
        };
        // Binding and letting go at once leaves nothing behind: nobody ever connects to it.
        match held(SocketAddr::from((Ipv4Addr::LOCALHOST, port))) {
            Ok(true) => self.holder(port, client),
            Ok(false) => match held(SocketAddr::from((Ipv6Addr::LOCALHOST, port))) {
                Ok(true) => self.holder(port, client),
                // On a Mac a port may be taken at one address while somebody holds it at all of them.
                Ok(false) | Err(_) if cfg!(target_os = "macos") && answers(port) == Some(true) => {
                    self.holder(port, client)
                }
                // A computer without IPv6 is none that holds the port.
                Ok(false) | Err(_) => PortState::Free,
            },
            // Windows keeps ranges for itself (WSAEACCES).
            Err(error) if error.kind() == ErrorKind::PermissionDenied => PortState::Reserved,
            Err(error) => PortState::Unknown { why: error.to_string() },
        }
    }

    fn holder(&mut self, port: u16, client: ClientId) -> PortState {
        let machine = self.machine;
        let found = self.found.get_or_insert_with(|| holders(machine));
        let (pid, program) = found.get(&port).map(|(pid, name)| (Some(*pid), Some(name.clone()))).unwrap_or_default();
        // A program of another kind may take its time to answer; only who may be mcp-remote is asked.
        let mcp_remote = (client == ClientId::McpRemote).then(|| says_it_is_mcp_remote(port)).flatten();
        PortState::Held { program, pid, mcp_remote }
    }
}

/// Asks the holder whether it is mcp-remote (0.2.2 and newer say so at `/.mcp-remote/id`).
fn says_it_is_mcp_remote(port: u16) -> Option<String> {
    let mut stream = TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), PATIENCE).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    stream.set_write_timeout(Some(PATIENCE)).ok()?;
    let ask = format!("GET /.mcp-remote/id HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    stream.write_all(ask.as_bytes()).ok()?;
    let mut answer = [0_u8; 4096];
    let mut length = 0;
    while length < answer.len() {
        match stream.read(&mut answer[length..]) {
            Ok(0) | Err(_) => break,
            Ok(more) => length += more,
        }
        if answer[..length].ends_with(b"}") {
            break;
        }
    }
    let answer = String::from_utf8_lossy(&answer[..length]);
    if !answer.starts_with("HTTP/1.1 200") || !answer.contains("\"mcpRemote\":true") {
        return None;
    }
    let hash = answer.split("\"serverUrlHash\":\"").nth(1)?.split('"').next()?;
    Some(hash.chars().filter(char::is_ascii_hexdigit).take(32).collect())
}

/// The listening ports and their holders, from `/proc`. Of other users' processes the system shows nothing.
fn holders(machine: &Machine) -> HashMap<u16, (u32, String)> {
    let Some(folder) = &machine.processes else { return HashMap::new() };
    let mut by_inode: HashMap<String, u16> = HashMap::new();
    for table in ["net/tcp", "net/tcp6"] {
        let Ok(text) = fs::read_to_string(folder.join(table)) else { continue };
        for line in text.lines().skip(1) {
            let columns: Vec<&str> = line.split_whitespace().collect();
            // 0A: it listens.
            let (Some(local), Some(&"0A"), Some(inode)) = (columns.get(1), columns.get(3), columns.get(9)) else {
                continue;
            };
            if let Some(port) = local.rsplit(':').next().and_then(|port| u16::from_str_radix(port, 16).ok()) {
                by_inode.insert((*inode).to_owned(), port);
            }
        }
    }
    let mut found = HashMap::new();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    for entry in entries.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let Ok(open) = fs::read_dir(entry.path().join("fd")) else { continue };
        for one in open.flatten() {
            let Ok(target) = fs::read_link(one.path()) else { continue };
            let inode = target.to_str().and_then(|text| text.strip_prefix("socket:[")?.strip_suffix(']'));
            if let Some(port) = inode.and_then(|inode| by_inode.get(inode)) {
                let name = fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
                found.insert(*port, (pid, name.trim().to_owned()));
            }
        }
    }
    found
}

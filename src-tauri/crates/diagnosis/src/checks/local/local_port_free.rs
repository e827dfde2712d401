use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::clients::ClientId;
use crate::computer::concern::{self, is_asked_about, whose};
use crate::computer::mcp_remote::{Version, stored_port_wins};
use crate::computer::{Computer, ConfiguredServer, PortReading, PortState, Route};
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "local-port-free",
    stage: Stage::Local,
    category: Category::RedirectUri,
    owner: Owner::User,
    requirement: Requirement::Must,
    reference: "RFC 8252 section 7.3; punkpeye/mcp-remote#253, #262; microsoft/vscode#278512",
    after: &[],
    variants: &["taken", "orphan", "own-window", "reserved"],
    words: include_str!("local_port_free.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let computer = match concern::computer(evidence) {
        Ok(computer) => computer,
        Err(outcome) => return outcome,
    };
    let wanted = wanted(evidence, computer);
    if wanted.is_empty() {
        return Outcome::SetAside("no client with a port of its own is set up for this server");
    }
    let mut findings = Vec::new();
    let mut unsure = None;
    for door in wanted {
        match door.reading.state.clone() {
            PortState::Free => {}
            PortState::Unknown { why } => unsure = Some(why),
            PortState::Reserved => {
                let finding =
                    door.finding("reserved", &format!("port {} is not given out by the system", door.reading.port));
                findings.push(finding.value("program", "Windows itself"));
            }
            PortState::Held { program, pid, mcp_remote } => {
                findings.extend(door.held(computer, program.as_deref(), pid, mcp_remote.as_deref()));
            }
        }
    }
    match unsure {
        Some(why) if findings.is_empty() => Outcome::Unknown(why),
        _ => Outcome::of(findings),
    }
}

/// A port that a client needs for this server.
struct Door<'a> {
    reading: &'a PortReading,
    client: ClientId,
    server: Option<&'a ConfiguredServer>,
}

fn wanted<'a>(evidence: &Evidence, computer: &'a Computer) -> Vec<Door<'a>> {
    let servers = concern::servers(evidence, computer);
    let reading = |port: u16, client: ClientId| {
        computer.ports.iter().find(|reading| reading.port == port && reading.client == client)
    };
    let mut doors: Vec<Door<'_>> = Vec::new();
    for server in &servers {
        match &server.route {
            Route::McpRemote { .. } => {
                let port = server.mcp_remote.as_ref().and_then(|uses| uses.port);
                if let Some(reading) = port.and_then(|port| reading(port, ClientId::McpRemote)) {
                    doors.push(Door { reading, client: server.client, server: Some(server) });
                }
            }
            Route::Native { .. } => {
                if let Some(reading) = fixed_port(server.client).and_then(|port| reading(port, server.client)) {
                    doors.push(Door { reading, client: server.client, server: Some(server) });
                }
            }
            Route::Program { .. } => {}
        }
    }
    let asked = evidence.subject.client;
    if let Some(client) = asked.filter(|_| servers.is_empty()) {
        doors.extend(fixed_port(client).and_then(|port| reading(port, client)).map(|reading| Door {
            reading,
            client,
            server: None,
        }));
    }
    // Nobody has it set up yet: the port that mcp-remote would use.
    let named_anywhere =
        computer.servers.iter().any(|server| server.url.as_deref().is_some_and(|url| is_asked_about(evidence, url)));
    if servers.is_empty() && !named_anywhere && asked.is_none_or(|client| client == ClientId::McpRemote) {
        let of_server = |reading: &&PortReading| {
            reading.client == ClientId::McpRemote
                && reading.server.as_deref().is_some_and(|url| is_asked_about(evidence, url))
        };
        doors.extend(computer.ports.iter().find(of_server).map(|reading| Door {
            reading,
            client: ClientId::McpRemote,
            server: None,
        }));
    }
    doors
}

/// The port without which a client cannot come back.
fn fixed_port(client: ClientId) -> Option<u16> {
    match client {
        ClientId::VsCode => Some(33418),
        ClientId::Continue => Some(3000),
        ClientId::OpenCode => Some(19876),
        _ => None,
    }
}

impl Door<'_> {
    fn finding(&self, variant: &'static str, proof: &str) -> Finding {
        let affects = self.server.map_or_else(|| vec![self.client], whose);
        Finding::new(&CHECK, variant)
            .affects(affects)
            .value("client", self.client.name())
            .value("port", self.reading.port.to_string())
            .proof(proof)
    }

    fn held(
        &self,
        computer: &Computer,
        program: Option<&str>,
        pid: Option<u32>,
        mcp_remote: Option<&str>,
    ) -> Option<Finding> {
        let port = self.reading.port;
        let uses = self.server.and_then(|server| server.mcp_remote.as_ref());
        if self.reading.client == ClientId::McpRemote {
            // Copies of the newer versions share the port and know each other.
            if mcp_remote.is_some() {
                return None;
            }
            // The older ones keep it for as long as they run.
            let own = computer.running.iter().find(|one| Some(one.pid) == pid && one.client == ClientId::McpRemote);
            if let Some(own) = own {
                let proof = format!("port {port} is held by mcp-remote (process {}), whose app has ended", own.pid);
                return own.orphan.then(|| self.finding("orphan", &proof).value("pid", own.pid.to_string()));
            }
        }
        let who = match (program, pid) {
            (Some(program), Some(pid)) => format!("{program} (process {pid})"),
            (Some(program), None) => program.to_owned(),
            (None, _) => "another program".to_owned(),
        };
        let proof = format!("port {port} of this computer is held by {who}");
        let own_window = self.client == ClientId::VsCode
            && program.is_some_and(|program| program.to_ascii_lowercase().starts_with("code"));
        if own_window {
            return Some(self.finding("own-window", &proof).severity(Severity::Warning));
        }
        let finding = self.finding("taken", &proof).value("program", who);
        let version = uses.and_then(|uses| Version::parse(uses.version.as_deref()?));
        Some(match (uses, version) {
            (Some(uses), Some(version)) if uses.walks_ports && !stored_port_wins_still(version) => {
                finding.severity(Severity::Warning)
            }
            (Some(_), Some(_)) => finding,
            (Some(_), None) => finding.confidence(Confidence::Likely),
            (None, _) if self.reading.client == ClientId::McpRemote => finding.confidence(Confidence::Possible),
            (None, _) => finding.confidence(Confidence::Likely),
        })
    }
}

/// From 0.1.39 on a held port is left for another one, although the stored port is tried first.
fn stored_port_wins_still(version: Version) -> bool {
    stored_port_wins(version) && version < Version(0, 1, 39)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::computer::RunningProgram;
    use crate::computer::sample::{mcp_remote, native, of, port};
    use crate::sample::{SERVER, Sample};

    fn held(program: &str) -> PortState {
        PortState::Held { program: Some(program.to_owned()), pid: Some(77), mcp_remote: None }
    }

    fn with(version: &str, state: PortState) -> Computer {
        let mut computer = mcp_remote(version);
        let number = computer.servers[0].mcp_remote.as_ref().and_then(|uses| uses.port).expect("a port");
        computer.ports = vec![port(number, state)];
        computer
    }

    #[test]
    fn a_free_port_is_fine_and_unseen_is_set_aside() {
        assert_eq!(of(with("0.1.37", PortState::Free)).examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(
            of(with("0.1.37", PortState::Unknown { why: "no".to_owned() })).examine(&CHECK),
            Outcome::Unknown(_)
        ));
    }

    #[test]
    fn a_held_port_stops_the_versions_that_insist_on_it() {
        let finding = of(with("0.1.37", held("python3"))).finding(&CHECK);
        assert_eq!((finding.variant, finding.severity), ("taken", Severity::Error));
        assert_eq!(finding.values["program"], "python3 (process 77)");
        assert_eq!(of(with("0.15.1", held("python3"))).finding(&CHECK).severity, Severity::Warning);
        let mut given = with("0.15.1", held("python3"));
        given.servers[0].mcp_remote.as_mut().expect("known").walks_ports = false;
        assert_eq!(of(given).finding(&CHECK).severity, Severity::Error);
        assert_eq!(of(with("0.1.37", PortState::Reserved)).finding(&CHECK).variant, "reserved");
    }

    #[test]
    fn mcp_remote_itself_may_hold_it() {
        let itself = PortState::Held { program: None, pid: None, mcp_remote: Some("abc".to_owned()) };
        assert_eq!(of(with("0.15.1", itself)).examine(&CHECK), Outcome::Pass);
        let mut computer = with("0.1.37", held("node"));
        let running = |orphan| RunningProgram {
            pid: 77,
            client: ClientId::McpRemote,
            program: "mcp-remote".to_owned(),
            server: None,
            orphan,
        };
        computer.running = vec![running(false)];
        assert_eq!(of(computer.clone()).examine(&CHECK), Outcome::Pass);
        computer.running = vec![running(true)];
        assert_eq!(of(computer).finding(&CHECK).variant, "orphan");
    }

    #[test]
    fn the_port_that_mcp_remote_would_use_counts_where_nothing_is_set_up() {
        let ports = vec![PortReading { server: Some(SERVER.to_owned()), ..port(47151, held("nc")) }];
        let mut computer = Computer { ports, ..Computer::default() };
        let finding = of(computer.clone()).finding(&CHECK);
        assert_eq!((finding.variant, finding.confidence), ("taken", Confidence::Possible));
        computer.servers = vec![native(ClientId::Cursor, "todo")];
        assert!(matches!(of(computer).examine(&CHECK), Outcome::SetAside(_)));
    }

    #[test]
    fn vs_code_needs_its_port_and_may_hold_it_itself() {
        let mut computer = Computer { servers: vec![native(ClientId::VsCode, "todo")], ..Computer::default() };
        let of_code = |state| PortReading { client: ClientId::VsCode, ..port(33418, state) };
        computer.ports = vec![of_code(held("code"))];
        assert_eq!(of(computer.clone()).finding(&CHECK).variant, "own-window");
        computer.ports = vec![of_code(held("python3"))];
        assert_eq!(of(computer).finding(&CHECK).variant, "taken");
    }
}

//! What a fresh sign-in of a configured server would do: how the client introduces itself, where it comes back to, whether
//! that port is free, where it keeps what it gets. Said before anything is cleared, so that nobody is surprised.

use crate::clients::ClientId;
use crate::computer::{Computer, ConfiguredServer, McpRemoteUse, PortState, Route};
use crate::introduction::Introduction;

/// The sentences for one configured server, in the order in which it happens. Empty: it signs nobody in.
pub fn fresh_sign_in(computer: &Computer, server: &ConfiguredServer) -> Vec<String> {
    if server.disabled || server.ignored || server.url.is_none() {
        return Vec::new();
    }
    let client = server.client.name();
    let name = &server.name;
    let fixed = server.headers.iter().any(|header| header.eq_ignore_ascii_case("authorization"));
    if fixed {
        return vec![format!(
            "\"{name}\" in {client} sends the header Authorization that its config gives, and signs nobody in."
        )];
    }
    match &server.route {
        Route::Program { .. } => Vec::new(),
        Route::McpRemote { .. } => match &server.mcp_remote {
            Some(uses) => through_mcp_remote(computer, server, uses),
            None => Vec::new(),
        },
        Route::Native { .. } => natively(computer, server),
    }
}

fn through_mcp_remote(computer: &Computer, server: &ConfiguredServer, uses: &McpRemoteUse) -> Vec<String> {
    let version = uses.version.as_deref().map_or_else(|| "in a version that is not known".to_owned(), str::to_owned);
    let (name, client) = (&server.name, server.client.name());
    let mut told = vec![if uses.static_client {
        format!(
            "\"{name}\" in {client} starts mcp-remote {version}, which uses the registration that the config gives."
        )
    } else {
        format!(
            "\"{name}\" in {client} starts mcp-remote {version}, which registers itself anew at the sign-in service."
        )
    }];
    if let Some(address) = &uses.redirect_uri {
        told.push(format!("The browser opens, and comes back to {address} (the redirect URI)."));
    }
    if let Some(port) = uses.port {
        told.extend(of_port(computer, port, uses.walks_ports));
    }
    if let Some(store) = &uses.store {
        let folder = if store.is_empty() { uses.folder.clone() } else { format!("{}/{store}", uses.folder) };
        let files = uses.hash.as_deref().map(|hash| format!(", in files that begin with {hash}")).unwrap_or_default();
        told.push(format!("The new sign-in is kept in {folder}{files}."));
    }
    told
}

fn natively(computer: &Computer, server: &ConfiguredServer) -> Vec<String> {
    let (name, client) = (&server.name, server.client.name());
    let known = Introduction::of(Some(server.client));
    let known = (known.client == Some(server.client)).then_some(known);
    let document = known.as_ref().and_then(|known| known.document).or_else(|| own_document(server.client));
    let first = match (&server.client_id, document) {
        (Some(id), _) => format!("\"{name}\" in {client} introduces itself with the client id of its config, {id}."),
        (None, Some(document)) => format!(
            "\"{name}\" in {client} introduces itself by its document {document} where the sign-in service takes one, and \
             registers itself anew where it does not."
        ),
        (None, None) if server.client == ClientId::CopilotCli => format!(
            "\"{name}\" in {client} introduces itself by a document of its maker where the sign-in service takes one, and \
             registers itself anew where it does not."
        ),
        (None, None) => format!("\"{name}\" in {client} registers itself anew at the sign-in service."),
    };
    let mut told = vec![first];
    let addresses: Vec<String> = match &known {
        Some(known) => known.redirect_uris.iter().map(|uri| uri.replace("{port}", "<a free port>")).collect(),
        None => return_address(server.client).map(str::to_owned).into_iter().collect(),
    };
    match addresses.as_slice() {
        [] => told.push("The browser opens, and you sign in.".to_owned()),
        [one] => told.push(format!("The browser opens, and comes back to {one} (the redirect URI).")),
        several => told
            .push(format!("The browser opens, and comes back to one of {} (the redirect URIs).", several.join(", "))),
    }
    let port = known.and_then(|known| known.loopback?.port).or_else(|| fixed_port(server.client));
    // VS Code takes another port when its own is held, and many sign-in services then refuse.
    if let Some(port) = port {
        told.extend(of_port(computer, port, server.client == ClientId::ClaudeCode));
    }
    told
}

fn of_port(computer: &Computer, port: u16, walks: bool) -> Option<String> {
    let reading = computer.ports.iter().find(|reading| reading.port == port)?;
    Some(match &reading.state {
        PortState::Free => format!("Port {port} is free for that now."),
        PortState::Held { program, pid, .. } => {
            let holder = match (program, pid) {
                (Some(program), Some(pid)) => format!("{program} (process {pid})"),
                (Some(program), None) => program.clone(),
                (None, Some(pid)) => format!("process {pid}"),
                (None, None) => "another program".to_owned(),
            };
            if walks {
                format!("Port {port} is held by {holder} now, so it takes another one and registers that.")
            } else {
                format!("Port {port} is held by {holder} now. As long as it is, the way back from the browser fails.")
            }
        }
        PortState::Reserved => {
            format!("This system does not give out port {port}, so the way back from the browser fails.")
        }
        PortState::Unknown { .. } => return None,
    })
}

/// The document by which a client that the introductions do not know introduces itself.
fn own_document(client: ClientId) -> Option<&'static str> {
    (client == ClientId::Codex).then_some("https://chatgpt.com/oauth/codex/client.json")
}

/// Where the clients that the introductions do not know come back to.
fn return_address(client: ClientId) -> Option<&'static str> {
    Some(match client {
        ClientId::Cline => "http://127.0.0.1:1456/mcp/oauth/callback (or the next ports up to 1461)",
        ClientId::Continue => "http://localhost:3000",
        ClientId::Codex => "http://127.0.0.1:<a free port>/callback",
        ClientId::GeminiCli => "http://localhost:<a free port>/oauth/callback",
        ClientId::QwenCode => "http://localhost:7777/oauth/callback",
        ClientId::OpenCode => "http://127.0.0.1:19876/mcp/oauth/callback",
        ClientId::Goose => "http://127.0.0.1:<a free port>/oauth_callback",
        ClientId::LmStudio | ClientId::AmazonQ | ClientId::Kiro => "http://127.0.0.1:<a free port>",
        ClientId::CopilotCli => "http://127.0.0.1:<a free port>/callback",
        ClientId::Warp => "warp://mcp/oauth2callback",
        ClientId::McPorter => "http://127.0.0.1:<a free port>/callback",
        _ => return None,
    })
}

/// The address that a client always comes back to, where its settings name no other one. `None`: it chooses a port, or it is not
/// known.
pub fn fixed_address(client: ClientId) -> Option<String> {
    let known = Introduction::of(Some(client));
    match known.client {
        Some(_) => known.redirect_uris.first().map(|uri| (*uri).to_owned()),
        None => return_address(client).map(str::to_owned),
    }
    .filter(|uri| uri.contains("://") && !uri.contains(['{', '<', ' ']))
}

fn fixed_port(client: ClientId) -> Option<u16> {
    match client {
        ClientId::Continue => Some(3000),
        ClientId::OpenCode => Some(19876),
        ClientId::QwenCode => Some(7777),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::computer::sample::{mcp_remote, native, port};

    fn told(computer: &Computer) -> String {
        let told = fresh_sign_in(computer, &computer.servers[0]);
        assert!(told.iter().all(|sentence| sentence.ends_with('.')), "{told:?}");
        told.join(" ")
    }

    #[test]
    fn mcp_remote_says_version_address_port_and_place() {
        let mut computer = mcp_remote("0.1.37");
        let uses = computer.servers[0].mcp_remote.clone().expect("known");
        let held = PortState::Held { program: Some("node".to_owned()), pid: Some(7), mcp_remote: None };
        computer.ports = vec![port(uses.port.expect("a port"), held.clone())];
        let said = told(&computer);
        for part in
            ["mcp-remote 0.1.37", "registers itself anew", "mcp-remote-0.1.36", "held by node (process 7)", "fails"]
        {
            assert!(said.contains(part), "{part}: {said}");
        }
        assert!(said.contains(&uses.redirect_uri.expect("an address")), "{said}");

        let mut newest = mcp_remote("0.15.1");
        let uses = newest.servers[0].mcp_remote.as_mut().expect("known");
        uses.static_client = true;
        newest.ports = vec![port(uses.port.expect("a port"), held)];
        let said = told(&newest);
        assert!(said.contains("that the config gives") && said.contains("takes another one"), "{said}");
        newest.ports.clear();
        assert!(!told(&newest).contains("Port "), "nothing is said of a port that nobody looked at");
    }

    #[test]
    fn each_client_says_how_it_introduces_itself() {
        for (client, part) in [
            (ClientId::VsCode, "http://127.0.0.1:33418/"),
            (ClientId::Cursor, "cursor://anysphere.cursor-mcp/oauth/callback"),
            (ClientId::Zed, "https://zed.dev/oauth/client-metadata.json"),
            (ClientId::OpenCode, "19876"),
            (ClientId::Codex, "document https://chatgpt.com/oauth/codex/client.json"),
            (ClientId::CopilotCli, "document of its maker"),
            (ClientId::CopilotCli, "<a free port>/callback (the"),
            (ClientId::Junie, "you sign in"),
        ] {
            let computer = Computer { servers: vec![native(client, "todo")], ..Computer::default() };
            let said = told(&computer);
            assert!(said.contains(part) && said.contains(client.name()), "{said}");
        }
        let mut server = native(ClientId::ClaudeCode, "todo");
        server.client_id = Some("mine".to_owned());
        let computer = Computer { servers: vec![server], ..Computer::default() };
        assert!(told(&computer).contains("client id of its config, mine"));
    }

    #[test]
    fn who_signs_nobody_in_says_so_or_nothing() {
        let mut server = native(ClientId::Cursor, "todo");
        server.headers = vec!["authorization".to_owned()];
        let computer = Computer { servers: vec![server.clone()], ..Computer::default() };
        assert!(told(&computer).contains("signs nobody in"));
        server.disabled = true;
        assert!(fresh_sign_in(&computer, &server).is_empty());
        server.disabled = false;
        server.route = Route::Program { command: "files".to_owned() };
        server.headers.clear();
        assert!(fresh_sign_in(&computer, &server).is_empty());
    }
}

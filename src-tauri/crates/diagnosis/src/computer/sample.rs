//! Readings of this computer for the checks' own tests.

use crate::clients::ClientId;
use crate::computer::mcp_remote::{self, Named, Version};
use crate::computer::{
    Computer, ConfigProblem, ConfiguredServer, Held, HowToClear, McpRemoteUse, PortReading, PortState, ProblemKind,
    Route, StoredEntry, StoredFile, Used, VersionFrom,
};
use crate::sample::{SERVER, Sample, fact};

/// The healthy server, seen from this computer.
pub fn of(computer: Computer) -> Sample {
    Sample::healthy().change(|evidence| evidence.computer = Some(fact(Ok(computer))))
}

/// An entry that reaches the server directly.
pub fn native(client: ClientId, name: &str) -> ConfiguredServer {
    ConfiguredServer {
        id: format!("{client}|~/config.json|{name}"),
        client,
        name: name.to_owned(),
        config: "~/config.json".to_owned(),
        line: Some(3),
        url: Some(SERVER.to_owned()),
        route: Route::Native { transport: Some("http".to_owned()) },
        headers: Vec::new(),
        disabled: false,
        ignored: false,
        environment: Vec::new(),
        client_id: None,
        mcp_remote: None,
    }
}

fn hash() -> String {
    mcp_remote::hash(&Named { url: SERVER.to_owned(), ..Named::default() }, Version(0, 15, 1))
}

/// Claude Desktop, which reaches the server through this version of mcp-remote and is signed in.
pub fn mcp_remote(version: &str) -> Computer {
    let parsed = Version::parse(version).expect("a version");
    let store = mcp_remote::folder(parsed);
    let port = mcp_remote::default_port(parsed, &hash());
    let uses = McpRemoteUse {
        version: Some(version.to_owned()),
        version_from: VersionFrom::Pinned,
        folder: "~/.mcp-auth".to_owned(),
        store: Some(store.clone()),
        hash: Some(hash()),
        port,
        walks_ports: mcp_remote::walks_ports(parsed),
        redirect_uri: port.map(redirect),
        static_client: false,
    };
    let server = ConfiguredServer {
        route: Route::McpRemote {
            version: Some(version.to_owned()),
            through: "npx".to_owned(),
            arguments: vec![SERVER.to_owned()],
        },
        mcp_remote: Some(uses),
        ..native(ClientId::ClaudeDesktop, "todo")
    };
    let mut entry = remote_entry(in_store(&store));
    entry.used = Used::InUse;
    entry.used_by = vec![server.id.clone()];
    entry.redirect_uris = port.map(redirect).into_iter().collect();
    Computer { servers: vec![server], stored: vec![entry], ..Computer::default() }
}

fn redirect(port: u16) -> String {
    format!("http://localhost:{port}/oauth/callback")
}

/// A folder of mcp-remote's.
pub fn in_store(folder: &str) -> String {
    format!("~/.mcp-auth/{folder}")
}

/// A stored sign-in, complete and fresh.
pub fn remote_entry(store: String) -> StoredEntry {
    let file = |what: &str, kind| StoredFile {
        path: format!("{store}/{}_{what}.json", hash()),
        kind,
        size: 200,
        modified_ms: Some(1),
        open_to_others: false,
        link: false,
    };
    StoredEntry {
        id: format!("mcp-remote|{store}|{}", hash()),
        client: ClientId::McpRemote,
        server: Some(SERVER.to_owned()),
        name: None,
        key: hash(),
        version: None,
        files: vec![file("client_info", Held::Registration), file("tokens", Held::Tokens)],
        holds: vec![Held::Registration, Held::Tokens, Held::RefreshToken],
        used: Used::NoServer,
        used_by: Vec::new(),
        client_id: Some("cid-3".to_owned()),
        redirect_uris: Vec::new(),
        issuer: None,
        expires_at_ms: None,
        expiry_estimated: false,
        secret_expires_at_ms: None,
        modified_ms: Some(1),
        lock: None,
        troubles: Vec::new(),
        looked_into: true,
        how_to_clear: HowToClear::AppMovesFiles,
        store,
    }
}

/// A port of mcp-remote's.
pub fn port(port: u16, state: PortState) -> PortReading {
    PortReading { port, client: ClientId::McpRemote, server: None, state }
}

/// A problem of Claude Desktop's config that stops it.
pub fn problem(kind: ProblemKind, server: Option<String>) -> ConfigProblem {
    ConfigProblem {
        client: ClientId::ClaudeDesktop,
        config: "~/config.json".to_owned(),
        line: Some(3),
        column: None,
        kind: kind.word().to_owned(),
        what: "~/config.json (line 3) has it.".to_owned(),
        server,
        stops: true,
        addresses: Vec::new(),
    }
}

//! Homes of all three systems, laid out on the spot.
#![allow(clippy::disallowed_methods, reason = "the test's own folder")]

use std::fs;
use std::path::{Path, PathBuf};

use mcp_auth_diagnosis::clients::ClientId;
use mcp_auth_diagnosis::computer::{
    Computer, ConfigProblem, ConfiguredServer, Held, HowToClear, PortState, Route, Used, VersionFrom,
};
use tempfile::TempDir;

use super::{Machine, look};

/// A home of its own.
pub(super) struct TestHome(TempDir);

impl TestHome {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    pub fn path(&self, place: &str) -> PathBuf {
        place.split('/').fold(self.0.path().to_path_buf(), |at, part| at.join(part))
    }

    pub fn file(self, place: &str, text: impl AsRef<[u8]>) -> Self {
        let path = self.path(place);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
        self
    }

    pub fn machine(&self) -> Machine {
        Machine { processes: None, hosts_file: None, ..Machine::at_home(self.0.path()) }
    }

    pub fn look(&self) -> Computer {
        look(&self.machine())
    }
}

fn server<'a>(computer: &'a Computer, client: ClientId, name: &str) -> &'a ConfiguredServer {
    let mut of = computer.servers.iter().filter(|server| server.client == client);
    of.find(|server| server.name == name).unwrap_or_else(|| panic!("no {name} of {client}: {:?}", computer.servers))
}

fn problem<'a>(computer: &'a Computer, kind: &str) -> &'a ConfigProblem {
    let found = computer.problems.iter().find(|problem| problem.kind == kind);
    found.unwrap_or_else(|| panic!("no {kind}: {:#?}", computer.problems))
}

const CANARY: &str = "canary-5f2b";

fn says_no_secret(computer: &Computer) {
    let all = format!("{computer:?}{}", serde_json::to_string(computer).expect("JSON"));
    assert!(!all.contains(CANARY), "a secret is told: {all}");
}

#[test]
fn an_empty_home_has_nothing() {
    let computer = TestHome::new().look();
    assert!(computer.clients.is_empty() && computer.servers.is_empty() && computer.problems.is_empty());
}

#[test]
fn the_four_best_known_clients_are_read_with_lines_and_without_secrets() {
    let computer = TestHome::new()
        .file(
            "Library/Application Support/Claude/claude_desktop_config.json",
            format!(
                "{{\n  \"mcpServers\": {{\n    \"todo\": {{\n      \"command\": \"npx\",\n      \"args\": [\"-y\", \"mcp-remote@0.1.37\", \"https://mcp.example.com/mcp\", \"3334\", \"--header\", \"X-Key: {CANARY}\"],\n      \"env\": {{\"SECRET\": \"{CANARY}\"}}\n    }},\n    \"direct\": {{\"url\": \"https://mcp.example.com/mcp\"}}\n  }}\n}}\n"
            ),
        )
        .file(
            ".claude.json",
            format!(
                "{{\"mcpServers\": {{\"linear\": {{\"type\": \"http\", \"url\": \"https://mcp.linear.app/mcp\", \"headers\": {{\"Authorization\": \"Bearer {CANARY}\"}}}}}}, \"projects\": {{\"/somewhere\": {{\"mcpServers\": {{\"mine\": {{\"type\": \"sse\", \"url\": \"https://mcp.example.com/sse\"}}}}}}}}}}"
            ),
        )
        .file(
            ".cursor/mcp.json",
            "{\n  // mine\n  \"mcpServers\": {\"todo\": {\"url\": \"https://mcp.example.com/mcp\", \"authorization_token\": \"x\"},},\n}\n",
        )
        .file(
            ".config/Code/User/mcp.json",
            "{\"servers\": {\"todo\": {\"type\": \"http\", \"url\": \"https://mcp.example.com/mcp\"}, \"files\": {\"command\": \"C:\\\\tools\\\\files.exe\"}}}",
        )
        .look();
    says_no_secret(&computer);
    let ids: Vec<ClientId> = computer.clients.iter().map(|client| client.id).collect();
    assert_eq!(ids, [ClientId::ClaudeDesktop, ClientId::ClaudeCode, ClientId::Cursor, ClientId::VsCode]);

    let todo = server(&computer, ClientId::ClaudeDesktop, "todo");
    assert_eq!(todo.line, Some(3));
    assert_eq!(todo.url.as_deref(), Some("https://mcp.example.com/mcp"));
    assert_eq!(todo.headers, ["X-Key"]);
    assert_eq!(todo.environment, ["SECRET"]);
    assert_eq!(
        todo.route,
        Route::McpRemote {
            version: Some("0.1.37".to_owned()),
            through: "npx".to_owned(),
            arguments: ["https://mcp.example.com/mcp", "3334", "--header", "X-Key: ********"].map(str::to_owned).into(),
        }
    );
    assert!(server(&computer, ClientId::ClaudeDesktop, "direct").ignored);
    assert_eq!(problem(&computer, "url-ignored").line, Some(8));
    assert_eq!(server(&computer, ClientId::ClaudeCode, "linear").headers, ["Authorization"]);
    assert_eq!(server(&computer, ClientId::ClaudeCode, "mine").url.as_deref(), Some("https://mcp.example.com/sse"));
    assert_eq!(problem(&computer, "token-ignored").client, ClientId::Cursor);
    assert_eq!(server(&computer, ClientId::VsCode, "files").route, Route::Program { command: "files".to_owned() });
}

#[test]
fn mcp_remote_is_seen_through_every_wrapper() {
    let wrapped = [
        ("npx", r#""command": "npx", "args": ["mcp-remote", "https://a.example/mcp"]"#, None),
        (
            "npx",
            r#""command": "/opt/node/bin/npx", "args": ["-y", "-p", "mcp-remote@0.2.7", "mcp-remote", "https://a.example/mcp"]"#,
            Some("0.2.7"),
        ),
        (
            "cmd",
            r#""command": "C:\\Windows\\System32\\cmd.exe", "args": ["/c", "npx.cmd", "-y", "mcp-remote@latest", "https://a.example/mcp"]"#,
            Some("latest"),
        ),
        ("bunx", r#""command": "bunx", "args": ["mcp-remote@0.15.1", "https://a.example/mcp"]"#, Some("0.15.1")),
        ("pnpm", r#""command": "pnpm", "args": ["dlx", "mcp-remote", "https://a.example/mcp"]"#, None),
        (
            "docker",
            r#""command": "docker", "args": ["run", "--rm", "-i", "node:20", "npx", "-y", "mcp-remote", "https://a.example/mcp"]"#,
            None,
        ),
        (
            "bash",
            r#""command": "bash", "args": ["-lc", "exec npx -y mcp-remote@0.1.38 'https://a.example/mcp'"]"#,
            Some("0.1.38"),
        ),
        ("wsl", r#""command": "wsl.exe", "args": ["--", "npx", "mcp-remote", "https://a.example/mcp"]"#, None),
        (
            "node",
            r#""command": "node", "args": ["/usr/lib/node_modules/mcp-remote/dist/proxy.js", "https://a.example/mcp"]"#,
            None,
        ),
        ("mcp-remote", r#""command": "mcp-remote", "args": ["https://a.example/mcp", "--debug"]"#, None),
        ("npx", r#""command": "npx", "args": ["-y", "mcp-remote", "--allow-http", "https://a.example/mcp"]"#, None),
        (
            "deno",
            r#""command": "deno", "args": ["run", "-A", "npm:mcp-remote@0.9.0", "https://a.example/mcp"]"#,
            Some("0.9.0"),
        ),
    ];
    for (program, entry, pinned) in wrapped {
        let home = TestHome::new()
            .file(".config/Claude/claude_desktop_config.json", format!("{{\"mcpServers\": {{\"a\": {{{entry}}}}}}}"));
        let computer = home.look();
        let found = server(&computer, ClientId::ClaudeDesktop, "a");
        assert_eq!(found.url.as_deref(), Some("https://a.example/mcp"), "{entry}");
        let Route::McpRemote { version, through, .. } = &found.route else { panic!("not seen: {entry}") };
        assert_eq!((through.as_str(), version.as_deref()), (program, pinned), "{entry}");
    }
}

#[test]
fn a_broken_config_is_a_sentence() {
    let long = " ".repeat(17 * 1024 * 1024);
    for (text, kind, line) in [
        (b"{\n  \"mcpServers\": {\n    \"a\": {\"url\": \"https://a.example/mcp\"}\n".to_vec(), "not-json", Some(4)),
        ("{\n  “mcpServers”: {}\n}".as_bytes().to_vec(), "smart-quotes", Some(2)),
        (b"".to_vec(), "empty", None),
        (b"\x00\x01\x02".to_vec(), "not-text", None),
        (b"\xff\xfe{\x00".to_vec(), "not-text", None),
        (b"{\"mcpServers\": {},}".to_vec(), "trailing-comma", Some(1)),
        (b"// hello\n{\"mcpServers\": {}}".to_vec(), "comments", Some(1)),
        (b"[1]".to_vec(), "wrong-shape", Some(1)),
        (b"{\"servers\": {\"a\": {\"command\": \"x\"}}}".to_vec(), "wrong-key", Some(1)),
        (long.into_bytes(), "too-large", None),
    ] {
        let computer = TestHome::new().file(".config/Claude/claude_desktop_config.json", text).look();
        let found = problem(&computer, kind);
        assert_eq!(found.line, line, "{kind}");
        assert!(found.what.ends_with('.') && found.what.contains("claude_desktop_config.json"), "{}", found.what);
        assert_eq!(computer.problems.len(), 1, "{:?}", computer.problems);
        assert_eq!(computer.clients.len(), 1, "{kind}");
    }
}

#[cfg(unix)]
#[test]
fn links_folders_and_pipes_in_place_of_a_config_keep_nobody_waiting() {
    let home = TestHome::new().file(".cursor/other", "x");
    std::os::unix::fs::symlink(home.path(".cursor/mcp.json"), home.path(".cursor/mcp.json")).expect("a link");
    assert_eq!(home.look().problems[0].kind, "link-loop");
    let home = TestHome::new().file(".cursor/mcp.json/inside", "x");
    assert_eq!(home.look().problems[0].kind, "unreadable");
}

#[test]
fn projects_that_claude_code_knows_are_read_inside_the_home_only() {
    let home = TestHome::new();
    let inside = home.path("work/app");
    let outside = tempfile::tempdir().expect("a folder");
    fs::write(outside.path().join(".mcp.json"), "{\"mcpServers\": {\"b\": {\"url\": \"https://b.example\"}}}")
        .expect("a file");
    let names: Vec<&Path> = vec![&inside, outside.path()];
    let projects: serde_json::Map<String, serde_json::Value> =
        names.iter().map(|path| (path.to_string_lossy().into_owned(), serde_json::json!({}))).collect();
    let home = home
        .file(".claude.json", serde_json::json!({"projects": projects}).to_string())
        .file("work/app/.vscode/mcp.json", "{\"servers\": {\"a\": {\"url\": \"https://a.example/mcp\"}}}");
    let computer = home.look();
    let urls: Vec<&str> = computer.servers.iter().filter_map(|server| server.url.as_deref()).collect();
    assert_eq!(urls, ["https://a.example/mcp"]);
}

const SERVER: &str = "https://mcp.example.com/mcp";

fn claude(arguments: &str) -> String {
    format!("{{\"mcpServers\": {{\"todo\": {{\"command\": \"npx\", \"args\": [\"-y\", {arguments}]}}}}}}")
}

fn hash_of(url: &str) -> String {
    let named = mcp_auth_diagnosis::computer::mcp_remote::Named { url: url.to_owned(), ..Default::default() };
    mcp_auth_diagnosis::computer::mcp_remote::hash(&named, mcp_auth_diagnosis::computer::mcp_remote::WAYS_OF_NAMING[0])
}

fn registration(port: u16) -> String {
    format!(
        "{{\"redirect_uris\": [\"http://localhost:{port}/oauth/callback\"], \"client_id\": \"cid-3\", \"client_secret\": \"{CANARY}\"}}"
    )
}

fn tokens() -> String {
    format!("{{\"access_token\": \"{CANARY}\", \"expires_in\": 3600, \"refresh_token\": \"{CANARY}\"}}")
}

fn in_store(folder: &str, what: &str) -> String {
    let slash = if folder.is_empty() { "" } else { "/" };
    format!(".mcp-auth/{folder}{slash}{}_{what}", hash_of(SERVER))
}

const DESKTOP: &str = ".config/Claude/claude_desktop_config.json";

#[test]
fn a_pinned_version_uses_the_folder_of_its_build_and_the_other_one_is_left_over() {
    let home = TestHome::new()
        .file(DESKTOP, claude(&format!("\"mcp-remote@0.1.38\", \"{SERVER}\"")))
        .file(&in_store("mcp-remote-0.1.37", "client_info.json"), registration(3334))
        .file(&in_store("mcp-remote-0.1.37", "tokens.json"), tokens())
        .file(&in_store("mcp-remote-0.1.38", "client_info.json"), registration(3334))
        .file(".mcp-auth/mcp-remote-0.1.38/notes.txt", "mine");
    let computer = home.look();
    says_no_secret(&computer);
    let of = |folder: &str| computer.stored.iter().find(|entry| entry.store.ends_with(folder)).expect("an entry");
    let live = of("mcp-remote-0.1.37");
    assert_eq!(live.used, Used::InUse);
    assert_eq!(live.version.as_deref(), Some("0.1.38"));
    assert_eq!(live.used_by, [computer.servers[0].id.clone()]);
    assert_eq!(live.server.as_deref(), Some(SERVER));
    assert_eq!(live.holds, [Held::Registration, Held::Tokens, Held::RefreshToken]);
    assert_eq!(live.client_id.as_deref(), Some("cid-3"));
    assert!(live.expiry_estimated && live.expires_at_ms.is_some());
    let left = of("mcp-remote-0.1.38");
    assert_eq!((left.used, left.version.as_deref(), left.files.len()), (Used::Leftover, Some("0.1.39"), 1));
    let uses = computer.servers[0].mcp_remote.as_ref().expect("known");
    // The port of the stored registration wins in this version.
    assert_eq!((uses.port, uses.store.as_deref()), (Some(3334), Some("mcp-remote-0.1.37")));
}

#[test]
fn a_config_may_say_where_mcp_remote_keeps_things_and_npx_which_version_runs() {
    let home = TestHome::new();
    let elsewhere = home.path("elsewhere");
    let entry = serde_json::json!({"mcpServers": {"todo": {
        "command": "npx", "args": ["mcp-remote", SERVER], "env": {"MCP_REMOTE_CONFIG_DIR": elsewhere},
    }}});
    let store = format!("elsewhere/mcp-remote-0.2.5/{}_tokens.json", hash_of(SERVER));
    let home = home
        .file(DESKTOP, entry.to_string())
        .file(".npm/_npx/705d23756ff7dacc/node_modules/mcp-remote/package.json", "{\"version\": \"0.2.5\"}")
        .file(&store, "{\"access_token\": \"x\", \"expires_at\": 1795437306067}");
    let computer = home.look();
    let uses = computer.servers[0].mcp_remote.as_ref().expect("known");
    assert_eq!((uses.version.as_deref(), uses.version_from), (Some("0.2.5"), VersionFrom::NpxCopy));
    assert_eq!(computer.stored[0].used, Used::InUse);
    assert_eq!(computer.stored[0].expires_at_ms, Some(1_795_437_306_067));
}

#[test]
fn every_broken_store_is_a_sentence_and_nothing_is_followed() {
    let long = "x".repeat(2 * 1024 * 1024);
    for text in ["", "{\"redirect_uris\": [", "\u{0}\u{1}", long.as_str(), "[]", "3"] {
        let home = TestHome::new()
            .file(DESKTOP, claude(&format!("\"mcp-remote@0.1.37\", \"{SERVER}\"")))
            .file(&in_store("mcp-remote-0.1.36", "client_info.json"), text);
        let computer = home.look();
        assert_eq!(computer.stored[0].troubles.len(), 1, "{text:.20}: {:?}", computer.stored);
    }
    let home = TestHome::new().file(".gemini/mcp-oauth-tokens.json", "[{").file(".mcp-auth", "a file");
    let kinds: Vec<String> = home.look().problems.iter().map(|problem| problem.kind.clone()).collect();
    assert_eq!(kinds, ["store-unreadable", "store-not-json"]);
}

#[cfg(unix)]
#[test]
fn links_in_a_store_are_named_and_not_followed() {
    let home = TestHome::new()
        .file(&format!("canary/{}_tokens.json", hash_of(SERVER)), tokens())
        .file(".mcp-auth/mcp-remote-v1/x", "");
    std::os::unix::fs::symlink(home.path("canary"), home.path(".mcp-auth/mcp-remote-0.1.37")).expect("a link");
    let inside = in_store("mcp-remote-v1", "tokens.json");
    std::os::unix::fs::symlink(home.path("canary/x"), home.path(&inside)).expect("a link");
    let computer = home.look();
    assert_eq!(problem(&computer, "store-link").config, "~/.mcp-auth/mcp-remote-0.1.37");
    assert_eq!(computer.stored.len(), 1);
    assert!(computer.stored[0].files[0].link && computer.stored[0].troubles.len() == 1);

    let home = TestHome::new().file(&format!("real/mcp-remote-v1/{}_tokens.json", hash_of(SERVER)), tokens());
    std::os::unix::fs::symlink(home.path("real"), home.path(".mcp-auth")).expect("a link");
    let computer = home.look();
    assert!(matches!(computer.stored[0].how_to_clear, HowToClear::ClientOnly { .. }));

    let home = TestHome::new();
    std::os::unix::fs::symlink(home.path(".mcp-auth"), home.path(".mcp-auth")).expect("a link");
    assert_eq!(home.look().problems.len(), 2);
}

#[test]
fn other_clients_stores_are_read_without_their_secrets() {
    let fastmcp = ".fastmcp/oauth-mcp-client-cache/https_mcp_example_com_tokens.json";
    let key = "0f46c8b4d8bd0e8f7f2c1ad2d0d5d0b9aa3c1d7e6f5a4b3c2d1e0f9a8b7c6d5e";
    let home = TestHome::new()
        .file(".cursor/mcp.json", format!("{{\"mcpServers\": {{\"todo\": {{\"url\": \"{SERVER}\"}}}}}}"))
        .file(".claude.json", format!("{{\"mcpServers\": {{\"todo\": {{\"type\": \"http\", \"url\": \"{SERVER}\"}}}}}}"))
        .file(
            ".claude/.credentials.json",
            format!("{{\"claudeAiOauth\": {{\"accessToken\": \"{CANARY}\"}}, \"mcpOAuth\": {{\"todo|12\": {{\"serverName\": \"todo\", \"serverUrl\": \"{SERVER}\", \"clientId\": \"c\", \"accessToken\": \"{CANARY}\"}}}}}}"),
        )
        .file(".config/Cursor/User/globalStorage/state.vscdb", format!("SQLite format 3 {CANARY}"))
        .file(fastmcp, format!("{{\"timestamp\": 1, \"data\": {{\"access_token\": \"{CANARY}\"}}}}"))
        .file(&format!(".copilot/mcp-oauth-config/{key}.json"), "{\"clientId\": \"c\", \"serverUrl\": \"https://b.example/mcp\"}")
        .file(&format!(".copilot/mcp-oauth-config/{key}.tokens.json"), "{\"accessToken\": \"x\"}");
    let computer = home.look();
    says_no_secret(&computer);
    let of = |client| computer.stored.iter().find(|entry| entry.client == client).expect("an entry");
    let code = of(ClientId::ClaudeCode);
    assert_eq!((code.used, code.client_id.as_deref()), (Used::InUse, Some("c")));
    assert_eq!(
        code.how_to_clear,
        HowToClear::AppEditsFile {
            file: format!("~{0}.claude{0}.credentials.json", std::path::MAIN_SEPARATOR),
            at: vec!["mcpOAuth".to_owned(), "todo|12".to_owned()],
        }
    );
    assert!(matches!(of(ClientId::Cursor).how_to_clear, HowToClear::ClientOnly { .. }));
    assert_eq!(of(ClientId::FastMcp).server.as_deref(), Some("https://mcp.example.com"));
    assert_eq!(of(ClientId::CopilotCli).server.as_deref(), Some("https://b.example/mcp"));
    assert_eq!(of(ClientId::CopilotCli).files.len(), 2);
}

#[test]
fn a_held_port_is_told_with_its_holder() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let home = TestHome::new().file(DESKTOP, claude(&format!("\"mcp-remote@0.1.37\", \"{SERVER}\", \"{port}\"")));
    let machine = Machine { hosts_file: None, ..Machine::at_home(home.path("")) };
    let computer = look(&machine);
    let reading = computer.ports.iter().find(|reading| reading.port == port).expect("looked at");
    let PortState::Held { pid, .. } = &reading.state else { panic!("not held: {reading:?}") };
    if cfg!(target_os = "linux") {
        assert_eq!(*pid, Some(std::process::id()));
    }
    drop(listener);
    let computer = look(&machine);
    let reading = computer.ports.iter().find(|reading| reading.port == port).expect("looked at");
    assert_eq!(reading.state, PortState::Free);
}

#[test]
fn a_connection_that_leaves_from_a_port_does_not_hold_it() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let passing = std::net::TcpStream::connect(listener.local_addr().expect("an address")).expect("a connection");
    let port = passing.local_addr().expect("an address").port();
    let home = TestHome::new().file(DESKTOP, claude(&format!("\"mcp-remote@0.1.37\", \"{SERVER}\", \"{port}\"")));
    let computer = look(&Machine { hosts_file: None, ..Machine::at_home(home.path("")) });
    let reading = computer.ports.iter().find(|reading| reading.port == port).expect("looked at");
    assert_eq!(reading.state, PortState::Free);
}

#[test]
fn a_lock_is_stale_when_its_owner_is_gone() {
    let lock = |timestamp: u64| format!("{{\"pid\": 999999999, \"port\": 1, \"timestamp\": {timestamp}}}");
    let home = TestHome::new()
        .file(DESKTOP, claude(&format!("\"mcp-remote@0.1.37\", \"{SERVER}\"")))
        .file(&in_store("mcp-remote-0.1.36", "lock.json"), lock(1));
    let found = home.look().stored[0].lock.expect("a lock");
    assert!(found.stale && found.pid == Some(999_999_999));
}

#[test]
fn a_starter_that_is_gone_is_named() {
    let home = TestHome::new();
    let gone = home.path(".nvm/versions/node/v22.1.0/bin/npx");
    let config = serde_json::json!({"mcpServers": {"todo": {"command": gone, "args": ["mcp-remote", SERVER]}}});
    let home = home.file(DESKTOP, config.to_string());
    let computer = home.look();
    let found = problem(&computer, "not-on-path");
    assert!(found.stops && found.server.as_deref() == Some(computer.servers[0].id.as_str()));
    let home = home.file(".nvm/versions/node/v22.1.0/bin/npx", "");
    assert!(home.look().problems.is_empty());
}

#[test]
fn an_id_that_was_set_up_by_hand_is_read_and_its_secret_is_not() {
    let info = "{\\\"client_id\\\":\\\"m2m_7\\\",\\\"client_secret\\\":\\\"canary-secret\\\"}";
    let home = TestHome::new()
        .file(DESKTOP, claude(&format!("\"mcp-remote@0.1.37\", \"{SERVER}\", \"--static-oauth-client-info\", \"{info}\"")))
        .file(
            ".cursor/mcp.json",
            format!(
                "{{\"mcpServers\": {{\"todo\": {{\"url\": \"{SERVER}\", \"auth\": {{\"CLIENT_ID\": \"m2m_8\", \"CLIENT_SECRET\": \"canary-secret\"}}}}, \
                 \"other\": {{\"url\": \"{SERVER}\", \"auth\": {{\"CLIENT_ID\": \"${{env:ID}}\"}}}}}}}}"
            ),
        );
    let computer = home.look();
    says_no_secret(&computer);
    assert_eq!(server(&computer, ClientId::ClaudeDesktop, "todo").client_id.as_deref(), Some("m2m_7"));
    assert_eq!(server(&computer, ClientId::Cursor, "todo").client_id.as_deref(), Some("m2m_8"));
    assert_eq!(server(&computer, ClientId::Cursor, "other").client_id, None, "the client fills it in itself");
}

#[test]
fn editors_made_of_vs_code_and_far_computers_are_read_too() {
    let entry = "{\"servers\": {\"a\": {\"type\": \"http\", \"url\": \"https://a.example/mcp\"}}}";
    let roo = "{\"mcpServers\": {\"r\": {\"type\": \"streamable-http\", \"url\": \"https://a.example/mcp\"}}}";
    let cline = "{\"mcpServers\": {\"c\": {\"type\": \"streamableHttp\", \"url\": \"https://a.example/mcp\"}}}";
    let computer = TestHome::new()
        .file("Library/Application Support/Code - Insiders/User/profiles/ab12/mcp.json", entry)
        .file("AppData/Roaming/VSCodium/User/mcp.json", entry.replace("\"a\"", "\"b\""))
        .file(".vscode-server/data/User/mcp.json", entry.replace("\"a\"", "\"s\""))
        .file(".config/Cursor/User/globalStorage/rooveterinaryinc.roo-cline/settings/mcp_settings.json", roo)
        .file(
            "AppData/Roaming/Windsurf/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json",
            cline,
        )
        .look();
    for (client, name) in [
        (ClientId::VsCode, "a"),
        (ClientId::VsCode, "b"),
        (ClientId::VsCode, "s"),
        (ClientId::RooCode, "r"),
        (ClientId::Cline, "c"),
    ] {
        server(&computer, client, name);
    }
    assert!(computer.problems.is_empty(), "{:#?}", computer.problems);
}

#[test]
fn a_home_of_windows_alone_is_judged_as_windows() {
    let config = "{\"mcpServers\": {\"a\": {\"command\": \"npx\", \"args\": [\"-y\", \"mcp-remote\", \"https://a.example/mcp\"]}}}";
    let windows = TestHome::new().file(".claude.json", config).file("AppData/Roaming/Code/x", "").look();
    assert!(problem(&windows, "needs-cmd").stops);
    let linux = TestHome::new().file(".claude.json", config).file(".config/Code/x", "").look();
    assert!(linux.problems.is_empty() || cfg!(windows), "{:#?}", linux.problems);
}

#[test]
fn what_runs_in_a_container_keeps_its_things_there() {
    let config = "{\"mcpServers\": {\"a\": {\"command\": \"docker\", \"args\": [\"run\", \"-i\", \"node:22\", \"npx\", \"-y\", \"mcp-remote\", \"https://a.example/mcp\"]}}}";
    let computer = TestHome::new().file(".cursor/mcp.json", config).look();
    let found = server(&computer, ClientId::Cursor, "a");
    assert_eq!(found.url.as_deref(), Some("https://a.example/mcp"));
    assert!(matches!(found.route, Route::McpRemote { .. }) && found.mcp_remote.is_none());
}

#[cfg(unix)]
#[test]
fn a_store_is_open_to_others_only_where_they_get_to_it() {
    use std::os::unix::fs::PermissionsExt;
    let hash = "fcc436b0d1e0a1ed9a2b15bbd638eb13";
    let home = TestHome::new()
        .file(&format!(".mcp-auth/mcp-remote-v1/{hash}_tokens.json"), "{\"access_token\": \"x\"}")
        .file(".cline/data/settings/cline_mcp_settings.json", "{\"mcpServers\": {}}");
    let to = |mode: u32, place: &str| {
        fs::set_permissions(home.path(place), fs::Permissions::from_mode(mode)).expect("permissions");
    };
    let tokens = format!(".mcp-auth/mcp-remote-v1/{hash}_tokens.json");
    to(0o644, &tokens);
    for folder in [".mcp-auth", ".mcp-auth/mcp-remote-v1", ".cline", ".cline/data", ".cline/data/settings"] {
        to(0o755, folder);
    }
    to(0o644, ".cline/data/settings/cline_mcp_settings.json");
    to(0o700, "");
    assert!(home.look().problems.is_empty(), "a closed home: {:#?}", home.look().problems);
    // Some systems close the folder for temporary things as a whole.
    let lets_through =
        |folder: &Path| fs::metadata(folder).is_ok_and(|folder| folder.permissions().mode() & 0o001 != 0);
    if !home.path("").ancestors().skip(1).all(lets_through) {
        return;
    }
    to(0o755, "");
    let open = home.look();
    assert_eq!(open.problems.len(), 1, "no sign-in stands in Cline's config: {:#?}", open.problems);
    assert!(problem(&open, "open-to-others").config.contains("mcp-remote-v1"));
    to(0o600, &tokens);
    assert!(home.look().problems.is_empty());
}

#[test]
fn what_real_clients_write_is_found_where_they_write_it() {
    // As Qwen Code 0.15, Gemini CLI 0.61, mcporter 0.12, Copilot CLI 1.0.102 and opencode 1.18 wrote it.
    let home = TestHome::new();
    let project = home.path("work/app");
    let home = home
        .file(".qwen/settings.json", "{\"mcpServers\": {\"q\": {\"httpUrl\": \"https://q.example/mcp\"}}, \"$version\": 4}")
        .file(".gemini/settings.json", "{\"mcpServers\": {\"g\": {\"url\": \"https://g.example/mcp\", \"type\": \"http\"}, \"old\": {\"url\": \"https://g.example/sse\", \"type\": \"sse\"}}, \"mcp\": {\"excluded\": [\"old\"]}}")
        .file(".gemini/projects.json", serde_json::json!({"projects": {project.to_string_lossy(): "app"}}).to_string())
        .file("work/app/.gemini/settings.json", "{\"mcpServers\": {\"p\": {\"url\": \"https://p.example/mcp\", \"type\": \"http\"}}}")
        .file(".mcporter/mcporter.json", "{\"mcpServers\": {\"m\": {\"baseUrl\": \"https://m.example/mcp\", \"auth\": \"oauth\"}}}")
        .file("work/app/config/mcporter.json", "{\"mcpServers\": {\"mp\": {\"baseUrl\": \"https://mp.example/mcp\"}}}")
        .file(".copilot/mcp-config.json", "{\"mcpServers\": {\"c\": {\"type\": \"http\", \"url\": \"https://c.example/mcp\"}, \"off\": {\"type\": \"http\", \"url\": \"https://c.example/off\"}}}")
        .file(".copilot/settings.json", "{\"disabledMcpServers\": [\"off\"]}");
    let computer = home.look();
    let seen: Vec<(ClientId, &str, bool)> = computer
        .servers
        .iter()
        .map(|server| (server.client, server.url.as_deref().unwrap_or_default(), server.disabled))
        .collect();
    assert_eq!(
        seen,
        [
            (ClientId::GeminiCli, "https://g.example/mcp", false),
            (ClientId::GeminiCli, "https://g.example/sse", true),
            (ClientId::GeminiCli, "https://p.example/mcp", false),
            (ClientId::QwenCode, "https://q.example/mcp", false),
            (ClientId::CopilotCli, "https://c.example/mcp", false),
            (ClientId::CopilotCli, "https://c.example/off", true),
            (ClientId::McPorter, "https://m.example/mcp", false),
            (ClientId::McPorter, "https://mp.example/mcp", false),
        ]
    );
    assert!(computer.problems.is_empty(), "{:?}", computer.problems);
}

#[test]
fn projects_that_an_editor_has_opened_are_read() {
    let home = TestHome::new();
    let project = url::Url::from_file_path(home.path("work/app")).expect("a path");
    let home = home
        .file(
            ".config/Cursor/User/workspaceStorage/7e9a/workspace.json",
            serde_json::json!({"folder": project.as_str()}).to_string(),
        )
        .file(
            ".config/Cursor/User/workspaceStorage/8f00/workspace.json",
            "{\"folder\": \"vscode-remote://wsl/home/me\"}",
        )
        .file("work/app/.cursor/mcp.json", format!("{{\"mcpServers\": {{\"todo\": {{\"url\": \"{SERVER}\"}}}}}}"));
    let urls: Vec<_> = home.look().servers.into_iter().filter_map(|server| server.url).collect();
    assert_eq!(urls, [SERVER]);
}

#[test]
fn servers_that_a_person_said_no_to_are_switched_off() {
    let home = TestHome::new();
    let project = home.path("work/app").to_string_lossy().into_owned();
    let http = |name: &str| serde_json::json!({"type": "http", "url": format!("https://{name}.example/mcp")});
    let own = serde_json::json!({"projects": {project: {
        "mcpServers": {"mine": http("mine"), "gone": http("gone")},
        "disabledMcpServers": ["gone"],
        "disabledMcpjsonServers": ["theirs"],
    }}});
    let shared = serde_json::json!({"mcpServers": {"theirs": http("theirs"), "ours": http("ours")}});
    let home = home.file(".claude.json", own.to_string()).file("work/app/.mcp.json", shared.to_string());
    let off: Vec<_> =
        home.look().servers.into_iter().filter(|server| server.disabled).map(|server| server.name).collect();
    assert_eq!(off, ["gone", "theirs"]);
}

#[test]
fn clients_of_the_terminal_that_came_later_are_found() {
    // As Kilo CLI, Amp, Auggie and Factory Droid wrote it.
    let http = format!("{{\"type\": \"http\", \"url\": \"{SERVER}\"}}");
    let home = TestHome::new()
        .file(".config/kilo/kilo.jsonc", format!("{{\"mcp\": {{\"todo\": {{\"type\": \"remote\", \"url\": \"{SERVER}\"}}}}}}"))
        .file(".local/share/kilo/mcp-auth.json", format!("{{\"todo\": {{\"tokens\": {{\"accessToken\": \"{CANARY}\", \"expiresAt\": 1796027914.699}}, \"clientInfo\": {{\"clientId\": \"m2m_1\"}}, \"serverUrl\": \"{SERVER}\"}}}}"))
        .file(".config/amp/settings.json", format!("{{\"amp.mcpServers\": {{\"todo\": {{\"url\": \"{SERVER}\"}}}}}}"))
        .file(".augment/settings.json", format!("{{\"mcpServers\": {{\"todo\": {http}}}}}"))
        .file(".factory/mcp.json", format!("{{\"mcpServers\": {{\"todo\": {http}}}}}"));
    let computer = home.look();
    for client in [ClientId::Kilo, ClientId::Amp, ClientId::Auggie, ClientId::Droid] {
        let server = computer.servers.iter().find(|server| server.client == client).expect("a server");
        assert_eq!((server.name.as_str(), server.url.as_deref()), ("todo", Some(SERVER)), "{client:?}");
    }
    let [stored] = computer.stored.as_slice() else { panic!("{:?}", computer.stored) };
    assert_eq!((stored.client, stored.client_id.as_deref()), (ClientId::Kilo, Some("m2m_1")));
    assert_eq!(
        stored.used_by.iter().filter_map(|id| computer.server(id)).map(|server| server.client).collect::<Vec<_>>(),
        [ClientId::Kilo]
    );
    assert!(matches!(stored.how_to_clear, HowToClear::AppEditsFile { .. }), "{:?}", stored.how_to_clear);
}

#[test]
fn a_stored_sign_in_belongs_to_the_servers_that_really_use_it() {
    // As opencode 1.18 and Claude Code 2.1 wrote it: the address alone says too much.
    let remote = format!("{{\"type\": \"local\", \"command\": [\"npx\", \"-y\", \"mcp-remote\", \"{SERVER}\"]}}");
    let http = format!("{{\"type\": \"http\", \"url\": \"{SERVER}\"}}");
    let home = TestHome::new()
        .file(".config/opencode/opencode.jsonc", format!("{{\"mcp\": {{\"todo\": {{\"type\": \"remote\", \"url\": \"{SERVER}\"}}, \"local\": {remote}}}}}"))
        .file(".local/share/opencode/mcp-auth.json", format!("{{\"todo\": {{\"tokens\": {{\"accessToken\": \"{CANARY}\", \"expiresAt\": 1796027914.699}}, \"clientInfo\": {{\"clientId\": \"m2m_1\"}}, \"serverUrl\": \"{SERVER}\"}}}}"))
        .file(".claude.json", format!("{{\"mcpServers\": {{\"one\": {http}, \"two\": {http}}}}}"))
        .file(".claude/.credentials.json", format!("{{\"mcpOAuth\": {{\"two|f9900619aebed728\": {{\"serverName\": \"two\", \"serverUrl\": \"{SERVER}\", \"accessToken\": \"\", \"discoveryState\": {{\"authorizationServerUrl\": \"https://a.example\"}}}}}}}}"));
    let computer = home.look();
    let of = |client| computer.stored.iter().find(|entry| entry.client == client).expect("an entry");
    let names = |client: ClientId| -> Vec<&str> {
        of(client).used_by.iter().filter_map(|id| Some(computer.server(id)?.name.as_str())).collect()
    };
    assert_eq!(names(ClientId::OpenCode), ["todo"]);
    assert_eq!(names(ClientId::ClaudeCode), ["two"]);
    assert_eq!(of(ClientId::ClaudeCode).holds, [Held::Discovery], "it knows where to sign in, and has not");
}

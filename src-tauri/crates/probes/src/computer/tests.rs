//! Homes of all three systems, laid out on the spot.
#![allow(clippy::disallowed_methods, reason = "the test's own folder")]

use std::fs;
use std::path::{Path, PathBuf};

use mcp_auth_diagnosis::clients::ClientId;
use mcp_auth_diagnosis::computer::{Computer, ConfigProblem, ConfiguredServer, Route};
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

//! Every client whose store is a plain file: its sign-in is found, planned, cleared at each level, called gone by a second
//! look, and brought back byte for byte. Whatever else the files hold stays as it was.
#![allow(clippy::disallowed_methods, reason = "the test's own folder")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use mcp_auth_diagnosis::clients::ClientId;
use mcp_auth_diagnosis::computer::mcp_remote::{self, Named, Version};
use mcp_auth_diagnosis::computer::{Computer, Held, Used};
use mcp_auth_probes::computer::{Machine, look};
use mcp_auth_remedies::{Level, Newer, Plan, Refusal, Request, Vault, apply, plan_clear, undo};
use tempfile::TempDir;

const SERVER: &str = "https://mcp.example.com/mcp";
const OTHER: &str = "https://other.example.com/mcp";
const CANARY: &str = "canary-3c91";

/// A client, and what it stores for two servers.
struct Store {
    client: ClientId,
    /// Files below the home; `$` in a name or text stands for what the client makes of [`SERVER`].
    files: Vec<(String, String)>,
    /// The config that names the server for this client.
    config: (&'static str, String),
    /// The registration stays when only the sign-in goes.
    apart: bool,
}

fn sha256(text: &str) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn hash(url: &str) -> String {
    mcp_remote::hash(&Named { url: url.to_owned(), ..Named::default() }, Version(0, 15, 1))
}

fn mcp_servers(entry: &str) -> String {
    format!("{{\n  \"mcpServers\": {{\n    \"todo\": {entry}\n  }}\n}}\n")
}

/// The stores, written as each client writes them.
fn stores() -> Vec<Store> {
    let native = mcp_servers(&format!("{{\"type\": \"http\", \"url\": \"{SERVER}\"}}"));
    let one = |path: &str, text: String| vec![(path.to_owned(), text)];
    let tokens = |name: &str| format!("{{\"access_token\": \"{CANARY}-{name}\", \"refresh_token\": \"{CANARY}-r\"}}");
    let (todo, other) = (tokens("todo"), tokens("other"));
    let mcp_remote = |url: &str| {
        [("client_info.json", "{\"client_id\": \"c\", \"redirect_uris\": []}".to_owned()), ("tokens.json", tokens(url))]
            .map(|(end, text)| (format!(".mcp-auth/mcp-remote-v1/{}_{end}", hash(url)), text))
    };
    vec![
        Store {
            client: ClientId::McpRemote,
            files: [mcp_remote(SERVER), mcp_remote(OTHER)].concat(),
            config: (
                ".config/Claude/claude_desktop_config.json",
                mcp_servers(&format!("{{\"command\": \"npx\", \"args\": [\"-y\", \"mcp-remote\", \"{SERVER}\"]}}")),
            ),
            apart: true,
        },
        Store {
            client: ClientId::ClaudeCode,
            files: one(
                ".claude/.credentials.json",
                format!(
                    "{{\"claudeAiOauth\":{{\"accessToken\":\"{CANARY}-own\",\"expiresAt\":1e13}},\"mcpOAuth\":{{\"todo|638130d5ab3558f4\":{{\"serverName\":\"todo\",\"serverUrl\":\"{SERVER}\",\"clientId\":\"c\",\"accessToken\":\"{CANARY}\"}},\"other|1\":{{\"serverName\":\"other\",\"serverUrl\":\"{OTHER}\",\"accessToken\":\"{CANARY}\"}}}}}}"
                ),
            ),
            config: (".claude.json", native.clone()),
            apart: false,
        },
        Store {
            client: ClientId::Cline,
            files: one(
                ".cline/data/settings/cline_mcp_settings.json",
                format!(
                    "{{\n  \"mcpServers\": {{\n    \"todo\": {{\"type\": \"streamableHttp\", \"url\": \"{SERVER}\", \"oauth\": {{\"clientInformation\": {{\"client_id\": \"c\"}}, \"tokens\": {todo}}}}},\n    \"other\": {{\"type\": \"streamableHttp\", \"url\": \"{OTHER}\", \"oauth\": {{\"tokens\": {other}}}}}\n  }}\n}}"
                ),
            ),
            config: (".cursor/none", String::new()),
            apart: true,
        },
        Store {
            client: ClientId::Continue,
            files: one(
                ".continue/index/globalContext.json",
                format!(
                    "{{\"lastSelected\": 3, \"mcpOauthStorage\": {{\"{SERVER}\": {{\"clientInformation\": {{\"client_id\": \"c\"}}, \"tokens\": {todo}}}, \"{OTHER}\": {{\"tokens\": {other}}}}}}}"
                ),
            ),
            config: (
                ".continue/config.yaml",
                format!("name: a\nmcpServers:\n  - name: todo\n    type: streamable-http\n    url: {SERVER}\n"),
            ),
            apart: true,
        },
        Store {
            client: ClientId::GeminiCli,
            files: one(
                ".gemini/mcp-oauth-tokens.json",
                format!(
                    "[{{\"serverName\":\"other\",\"token\":{{\"accessToken\":\"{CANARY}\"}},\"mcpServerUrl\":\"{OTHER}\"}},{{\"serverName\":\"todo\",\"token\":{{\"accessToken\":\"{CANARY}\"}},\"clientId\":\"c\",\"mcpServerUrl\":\"{SERVER}\"}}]"
                ),
            ),
            config: (".gemini/settings.json", mcp_servers(&format!("{{\"httpUrl\": \"{SERVER}\"}}"))),
            apart: false,
        },
        Store {
            client: ClientId::OpenCode,
            files: one(
                ".local/share/opencode/mcp-auth.json",
                format!(
                    "{{\n  \"todo\": {{\"tokens\": {{\"accessToken\": \"{CANARY}\", \"expiresAt\": 1795437306}}, \"clientInfo\": {{\"clientId\": \"c\"}}, \"serverUrl\": \"{SERVER}\"}},\n  \"other\": {{\"tokens\": {{\"accessToken\": \"{CANARY}\"}}, \"serverUrl\": \"{OTHER}\"}}\n}}"
                ),
            ),
            config: (
                ".config/opencode/opencode.json",
                format!("{{\"mcp\": {{\"todo\": {{\"type\": \"remote\", \"url\": \"{SERVER}\"}}}}}}"),
            ),
            apart: true,
        },
        Store {
            client: ClientId::CopilotCli,
            files: vec![
                (
                    format!(".copilot/mcp-oauth-config/{}.tokens.json", sha256(SERVER)),
                    format!("{{\"accessToken\": \"{CANARY}\"}}"),
                ),
                (format!(".copilot/mcp-oauth-config/{}.json", sha256(SERVER)), "{\"clientId\": \"c\"}".to_owned()),
                (
                    format!(".copilot/mcp-oauth-config/{}.tokens.json", sha256(OTHER)),
                    format!("{{\"accessToken\": \"{CANARY}\"}}"),
                ),
                (".copilot/mcp-oauth-config/notes.json".to_owned(), "{}".to_owned()),
            ],
            config: (".copilot/mcp-config.json", native.clone()),
            apart: true,
        },
        Store {
            client: ClientId::McpInspector,
            files: one(
                ".mcp-inspector/storage/oauth.json",
                format!(
                    "{{\"servers\": {{\"{SERVER}\": {{\"byIssuer\": {{\"https://as.example.com\": {{\"clientInformation\": {{\"client_id\": \"c\"}}, \"tokens\": {todo}}}}}, \"activeIssuer\": \"https://as.example.com\"}}, \"{OTHER}\": {{\"tokens\": {other}}}}}, \"idpSessions\": {{}}}}"
                ),
            ),
            config: (".mcp-inspector/mcp.json", native.clone()),
            apart: true,
        },
        Store {
            client: ClientId::Codex,
            files: one(
                ".codex/.credentials.json",
                format!(
                    "{{\"todo|638130d5ab3558f4\":{{\"server_name\":\"todo\",\"server_url\":\"{SERVER}\",\"client_id\":\"c\",\"access_token\":\"{CANARY}\"}},\"other|2\":{{\"server_name\":\"other\",\"server_url\":\"{OTHER}\",\"access_token\":\"{CANARY}\"}}}}"
                ),
            ),
            config: (".codex/config.toml", format!("[mcp_servers.todo]\nurl = \"{SERVER}\"\n")),
            apart: false,
        },
        Store {
            client: ClientId::FastMcp,
            files: ["https_mcp_example_com", "https_other_example_com"]
                .into_iter()
                .flat_map(|base| {
                    let folder = ".fastmcp/oauth-mcp-client-cache";
                    let tokens = format!("{{\"timestamp\": 1, \"data\": {{\"access_token\": \"{CANARY}\"}}}}");
                    let registration = "{\"timestamp\": 1, \"data\": {\"client_id\": \"c\"}}".to_owned();
                    [
                        (format!("{folder}/{base}_tokens.json"), tokens),
                        (format!("{folder}/{base}_client_info.json"), registration),
                    ]
                })
                .collect(),
            config: (".mcporter/mcporter.json", native.clone()),
            apart: true,
        },
        Store {
            client: ClientId::McPorter,
            files: one(
                ".mcporter/credentials.json",
                format!(
                    "{{\"version\":1,\"entries\":{{\"todo|8859e887fe74a200\":{{\"serverName\":\"todo\",\"serverUrl\":\"{SERVER}\",\"tokens\":{todo},\"clientInfo\":{{\"client_id\":\"c\"}}}},\"other|3\":{{\"serverName\":\"other\",\"serverUrl\":\"{OTHER}\",\"tokens\":{other}}}}}}}"
                ),
            ),
            config: (".mcporter/mcporter.json", native.clone()),
            apart: true,
        },
        Store {
            client: ClientId::AmazonQ,
            files: vec![
                (
                    format!(".aws/sso/cache/{}.token.json", sha256(SERVER)),
                    format!("{{\"access_token\": \"{CANARY}\"}}"),
                ),
                (format!(".aws/sso/cache/{}.registration.json", sha256(SERVER)), "{\"client_id\": \"c\"}".to_owned()),
                (".aws/sso/cache/kiro-auth-token.json".to_owned(), format!("{{\"accessToken\": \"{CANARY}\"}}")),
                (".aws/sso/cache/d033e22ae348aeb5660fc2140aec35850c4da997.json".to_owned(), "{}".to_owned()),
            ],
            config: (".aws/amazonq/mcp.json", native),
            apart: true,
        },
    ]
}

type Files = BTreeMap<PathBuf, Vec<u8>>;

struct Home(TempDir);

impl Home {
    fn of(store: &Store) -> Self {
        let home = Self(tempfile::tempdir().expect("a folder"));
        let config = (store.config.0.to_owned(), store.config.1.clone());
        for (path, text) in store.files.iter().chain([&config]) {
            let path = home.0.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        home
    }

    fn look(&self) -> Computer {
        look(&Machine { processes: None, hosts_file: None, ..Machine::at_home(self.0.path()) })
    }

    fn plan(&self, level: Level, client: ClientId) -> Result<Plan, Refusal> {
        let request = Request { level, servers: vec![SERVER.to_owned()], client: Some(client), entries: Vec::new() };
        plan_clear(&self.look(), self.0.path(), &request)
    }

    fn vault(&self) -> Vault {
        Vault::below_home(self.0.path())
    }

    /// Every file but those of the app itself.
    fn files(&self) -> Files {
        let mut found = Files::new();
        gather(self.0.path(), &mut found);
        found.retain(|path, _| !path.to_string_lossy().contains("mcp-auth-troubleshooter"));
        found
    }
}

fn gather(folder: &Path, found: &mut Files) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        if entry.path().is_dir() {
            gather(&entry.path(), found);
        } else {
            found.insert(entry.path(), fs::read(entry.path()).expect("a file"));
        }
    }
}

#[test]
fn every_client_is_cleared_at_each_level_and_brought_back() {
    for store in stores() {
        for level in [Level::SignIn, Level::Registration] {
            let home = Home::of(&store);
            let whole = home.files();
            let said = format!("{}, {}", store.client.name(), level.word());
            let plan = home.plan(level, store.client).unwrap_or_else(|why| panic!("{said}: {why}"));
            assert!(!plan.changes.is_empty() && plan.left_alone.is_empty(), "{said}: {plan:#?}");
            assert!(plan.changes.iter().all(|change| change.client == store.client), "{said}: {plan:#?}");
            let shown = serde_json::to_string(&plan).expect("JSON");
            assert!(!shown.contains(CANARY) && !format!("{plan:?}").contains(CANARY), "{said}");
            let together = plan.warnings.iter().any(|warning| warning.kind == "registration-goes-too");
            assert_eq!(together, level == Level::SignIn && !store.apart, "{said}: {:?}", plan.warnings);

            let receipt = apply(&plan, &plan.digest, &home.vault(), SystemTime::now())
                .unwrap_or_else(|why| panic!("{said}: {why}"));
            assert!(receipt.all_gone, "{said}: {receipt:#?}");
            // A look of its own finds no sign-in any more, and all of the other server.
            let of = |computer: &Computer, server: &str| -> Vec<Held> {
                let origin = server.trim_end_matches("/mcp");
                let of_server = |held: &&str| *held == server || *held == origin;
                let entries = computer.stored.iter().filter(|entry| entry.client == store.client);
                entries
                    .filter(|entry| entry.server.as_deref().is_some_and(|held| of_server(&held)))
                    .flat_map(|entry| entry.holds.clone())
                    .collect()
            };
            let after = home.look();
            let left = of(&after, SERVER);
            assert!(!left.contains(&Held::Tokens) && !left.contains(&Held::RefreshToken), "{said}: {left:?}");
            assert_eq!(left.contains(&Held::Registration), level == Level::SignIn && store.apart, "{said}: {left:?}");
            let others: usize = home.files().values().map(|text| count(text, CANARY)).sum();
            assert!(others >= 1, "{said}: what belongs to others is there");
            match home.plan(level, store.client) {
                Err(Refusal::NothingToDo) => {}
                Ok(plan) => assert!(plan.changes.is_empty(), "{said}: {plan:#?}"),
                Err(why) => panic!("{said}: {why}"),
            }

            undo(&receipt.id, Newer::Stays, &home.vault()).unwrap_or_else(|why| panic!("{said}: {why}"));
            assert_eq!(home.files(), whole, "{said}");
        }
    }
}

fn count(text: &[u8], what: &str) -> usize {
    String::from_utf8_lossy(text).matches(what).count()
}

#[test]
fn every_store_says_whose_it_is() {
    for store in stores() {
        let home = Home::of(&store);
        let computer = home.look();
        let origin = SERVER.trim_end_matches("/mcp");
        let entry = computer
            .stored
            .iter()
            .find(|entry| {
                entry.client == store.client
                    && matches!(entry.server.as_deref(), Some(url) if url == SERVER || url == origin)
            })
            .unwrap_or_else(|| panic!("{}: {:#?}", store.client.name(), computer.stored));
        assert!(entry.holds.contains(&Held::Tokens) && entry.holds.contains(&Held::Registration), "{entry:#?}");
        if store.client != ClientId::FastMcp {
            assert_eq!(entry.used, Used::InUse, "{entry:#?}");
        }
        assert_eq!(entry.client_id.as_deref(), Some("c"), "{entry:#?}");
        assert!(!format!("{computer:?}").contains(CANARY), "{}", store.client.name());
    }
}

#[test]
fn clients_with_closed_stores_say_their_own_way() {
    for (client, path, config) in [
        (
            ClientId::Zed,
            ".config/zed/settings.json",
            format!("{{\"context_servers\": {{\"todo\": {{\"url\": \"{SERVER}\"}}}}}}"),
        ),
        (
            ClientId::VsCode,
            ".config/Code/User/mcp.json",
            format!("{{\"servers\": {{\"todo\": {{\"url\": \"{SERVER}\"}}}}}}"),
        ),
        (ClientId::Cursor, ".cursor/mcp.json", mcp_servers(&format!("{{\"url\": \"{SERVER}\"}}"))),
        (ClientId::Codex, ".codex/config.toml", format!("[mcp_servers.todo]\nurl = \"{SERVER}\"\n")),
    ] {
        let home = Home(tempfile::tempdir().expect("a folder"));
        let path = home.0.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, config).expect("a config");
        let plan = home.plan(Level::Registration, client).expect("a way");
        assert!(plan.changes.is_empty() && plan.by_hand.len() == 1, "{plan:#?}");
        let way = &plan.by_hand[0];
        assert!(way.client == client && way.steps.iter().any(|step| step.contains("todo")), "{way:#?}");
        assert!(way.steps.iter().all(|step| step.ends_with('.')), "{way:#?}");
    }
}

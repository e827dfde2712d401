//! What clients store for servers: where, in which shape, and how each of them clears it.
//!
//! Pure: the documents come from probes. Of a token only its presence is taken, never a character of it.

use crate::clients::ClientId;
use crate::computer::homes::Base;
use crate::computer::text::Node;
use crate::computer::{Held, HowToClear, System};

/// A JSON document in which a client keeps the entries of many servers.
#[derive(Debug, Clone, Copy)]
pub struct Store {
    /// Whose.
    pub client: ClientId,
    /// On which system. `None`: on all.
    pub system: Option<System>,
    /// Below which folder.
    pub base: Base,
    /// The way from there.
    pub path: &'static str,
    /// The way to the table (or list) of entries.
    pub keys: &'static [&'static str],
    /// The part of an entry that holds the sign-in, when the entry holds other things too.
    pub part: Option<&'static str>,
    /// What the number of an expiry counts.
    pub expiry: Expiry,
}

/// What the number of an expiry counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// Milliseconds since the Unix epoch.
    Milliseconds,
    /// Seconds since the Unix epoch.
    Seconds,
}

const fn store(client: ClientId, base: Base, path: &'static str, keys: &'static [&'static str]) -> Store {
    Store { client, system: None, base, path, keys, part: None, expiry: Expiry::Milliseconds }
}

use ClientId as C;

const fn cline(base: Base, path: &'static str) -> Store {
    Store { part: Some("oauth"), ..store(C::Cline, base, path, &["mcpServers"]) }
}

const CLINE: &str = "settings/cline_mcp_settings.json";
const CLINE_WHOLE: &str = ".cline/data/settings/cline_mcp_settings.json";
const INSPECTOR_WHOLE: &str = ".mcp-inspector/storage/oauth.json";

/// Every such document. Places that a variable may move are named once for each variable; two that are the same are read
/// once.
pub static STORES: &[Store] = &[
    store(C::ClaudeCode, Base::Variable("CLAUDE_CONFIG_DIR", ".claude"), ".credentials.json", &["mcpOAuth"]),
    cline(Base::Variable("CLINE_DIR", ".cline"), "data/settings/cline_mcp_settings.json"),
    cline(Base::Variable("CLINE_DATA_DIR", ".cline/data"), CLINE),
    cline(Base::Variable("CLINE_MCP_SETTINGS_PATH", CLINE_WHOLE), ""),
    store(C::Continue, Base::Home, ".continue/index/globalContext.json", &["mcpOauthStorage"]),
    store(C::Codex, Base::Variable("CODEX_HOME", ".codex"), ".credentials.json", &[]),
    store(C::GeminiCli, Base::Variable("GEMINI_CLI_HOME", ""), ".gemini/mcp-oauth-tokens.json", &[]),
    store(C::QwenCode, Base::Variable("QWEN_HOME", ".qwen"), "mcp-oauth-tokens.json", &[]),
    Store { expiry: Expiry::Seconds, ..store(C::OpenCode, Base::XdgData, "opencode/mcp-auth.json", &[]) },
    Store { expiry: Expiry::Seconds, ..store(C::Kilo, Base::XdgData, "kilo/mcp-auth.json", &[]) },
    store(C::McpInspector, Base::Variable("MCP_STORAGE_DIR", ".mcp-inspector/storage"), "oauth.json", &["servers"]),
    store(C::McpInspector, Base::Variable("MCP_INSPECTOR_OAUTH_STATE_PATH", INSPECTOR_WHOLE), "", &["servers"]),
    store(C::McPorter, Base::Home, ".mcporter/credentials.json", &["entries"]),
    store(C::McPorter, Base::XdgData, "mcporter/credentials.json", &["entries"]),
];

/// What one part of a store says, without secrets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// What is in it.
    pub holds: Vec<Held>,
    /// The server's URL.
    pub server: Option<String>,
    /// The server's name.
    pub name: Option<String>,
    /// The registration's client id.
    pub client_id: Option<String>,
    /// The registered return addresses.
    pub redirect_uris: Vec<String>,
    /// The sign-in service.
    pub issuer: Option<String>,
    /// When the access token ends, in milliseconds since the Unix epoch.
    pub expires_at_ms: Option<u64>,
    /// For how many seconds it was given, when only that is known.
    pub expires_in: Option<u64>,
    /// When the registration's secret ends, in milliseconds since the Unix epoch.
    pub secret_expires_at_ms: Option<u64>,
}

impl Said {
    /// Adds what another part says.
    pub fn and(&mut self, other: Self) {
        for held in other.holds {
            if !self.holds.contains(&held) {
                self.holds.push(held);
            }
        }
        self.server = self.server.take().or(other.server);
        self.name = self.name.take().or(other.name);
        self.client_id = self.client_id.take().or(other.client_id);
        if self.redirect_uris.is_empty() {
            self.redirect_uris = other.redirect_uris;
        }
        self.issuer = self.issuer.take().or(other.issuer);
        self.expires_at_ms = self.expires_at_ms.or(other.expires_at_ms);
        self.expires_in = self.expires_in.or(other.expires_in);
        self.secret_expires_at_ms = self.secret_expires_at_ms.or(other.secret_expires_at_ms);
        self.holds.sort();
    }
}

/// One entry of a document: its key, the way to it, and what it says.
pub type Entry = (String, Vec<String>, Said);

/// The entries of a document.
pub fn entries(root: &Node<'_>, store: &Store) -> Vec<Entry> {
    let Some(table) = root.at(store.keys) else { return Vec::new() };
    let way = |key: &str| {
        let mut way: Vec<String> = store.keys.iter().map(|step| (*step).to_owned()).collect();
        way.push(key.to_owned());
        way.extend(store.part.map(str::to_owned));
        way
    };
    let mut found = Vec::new();
    for member in table.members() {
        let node = match store.part {
            Some(part) => match member.node.get(part) {
                Some(node) => node,
                None => continue,
            },
            None => &member.node,
        };
        let mut said = said(node, store.expiry);
        if said.holds.is_empty() && said.server.is_none() {
            continue;
        }
        if store.part.is_some() {
            let entry = &member.node;
            let url = entry.get("url").or_else(|| entry.get("transport")?.get("url"));
            said.server = url.and_then(Node::text).map(str::to_owned);
            said.name = Some(member.name.clone().into_owned());
        }
        let by_address = member.name.contains("://");
        if by_address && said.server.is_none() {
            said.server = Some(member.name.clone().into_owned());
        }
        if said.name.is_none() && !by_address {
            said.name = Some(member.name.split('|').next().unwrap_or(&member.name).to_owned());
        }
        found.push((member.name.clone().into_owned(), way(&member.name), said));
    }
    for (at, node) in table.items().iter().enumerate() {
        let said = said(node, store.expiry);
        if said.holds.is_empty() {
            continue;
        }
        let key = said.name.clone().unwrap_or_else(|| at.to_string());
        found.push((key, way(&at.to_string()), said));
    }
    found
}

const REGISTRATIONS: [&str; 5] = ["clientInformation", "clientInfo", "client_information", "registration", "data"];
const TOKENS: [&str; 3] = ["tokens", "token", "data"];

/// What one JSON value says, whatever the client's own spelling.
pub fn said(node: &Node<'_>, expiry: Expiry) -> Said {
    let mut said = flat(node, expiry);
    for name in REGISTRATIONS.iter().chain(&TOKENS) {
        if let Some(inner) = node.get(name).filter(|inner| inner.is_table()) {
            said.and(flat(inner, expiry));
        }
    }
    // MCP Inspector keeps one state for each sign-in service.
    if let Some(states) = node.get("byIssuer") {
        let active = node.get("activeIssuer").and_then(Node::text);
        let mut states: Vec<_> = states.members().iter().collect();
        states.sort_by_key(|state| Some(state.name.as_ref()) != active);
        for state in states {
            let mut inner = self::said(&state.node, expiry);
            inner.issuer = inner.issuer.or_else(|| Some(state.name.clone().into_owned()));
            said.and(inner);
        }
    }
    if node.get("codeVerifier").or(node.get("code_verifier")).is_some_and(is_there) {
        said.and(Said { holds: vec![Held::Verifier], ..Said::default() });
    }
    // Claude Code and MCP Inspector note where to sign in before they have signed in.
    if ["discoveryState", "serverMetadata"].iter().any(|name| node.get(name).is_some_and(Node::is_table)) {
        said.and(Said { holds: vec![Held::Discovery], ..Said::default() });
    }
    if said.client_id.is_some() {
        said.and(Said { holds: vec![Held::Registration], ..Said::default() });
    }
    said
}

fn is_there(node: &Node<'_>) -> bool {
    node.text().is_some_and(|text| !text.is_empty())
}

fn flat(node: &Node<'_>, expiry: Expiry) -> Said {
    let first = |names: &[&str]| names.iter().find_map(|name| node.get(name));
    let text = |names: &[&str]| first(names).and_then(Node::text).filter(|text| !text.is_empty()).map(str::to_owned);
    let mut holds = Vec::new();
    if first(&["access_token", "accessToken"]).is_some_and(is_there) {
        holds.push(Held::Tokens);
    }
    if first(&["refresh_token", "refreshToken"]).is_some_and(is_there) {
        holds.push(Held::RefreshToken);
    }
    let seconds = |names: &[&str]| first(names).and_then(Node::number).filter(|number| *number > 0.0);
    let scale = if expiry == Expiry::Seconds { 1000.0 } else { 1.0 };
    // A time in the other unit is told by its size: no token lives until the year 33658, and none ended in 1970.
    let milliseconds = |number: f64| {
        let scaled = number * scale;
        whole(if scaled < 100_000_000_000.0 {
            scaled * 1000.0
        } else if scaled > 1.0e14 {
            scaled / 1000.0
        } else {
            scaled
        })
    };
    let mut redirect_uris: Vec<String> = node
        .get("redirect_uris")
        .map(|list| list.items().iter().filter_map(|item| item.text().map(str::to_owned)).collect())
        .unwrap_or_default();
    if redirect_uris.is_empty() {
        redirect_uris.extend(text(&["redirectUri", "redirect_uri", "redirectUrl"]));
    }
    Said {
        holds,
        server: text(&["serverUrl", "server_url", "mcpServerUrl"]),
        name: text(&["serverName", "server_name"]),
        client_id: text(&["client_id", "clientId"]),
        redirect_uris,
        issuer: text(&["issuer"]),
        expires_at_ms: seconds(&["expires_at", "expiresAt"]).map(milliseconds),
        expires_in: seconds(&["expires_in", "expiresIn"]).map(whole),
        secret_expires_at_ms: seconds(&["client_secret_expires_at", "clientSecretExpiresAt"])
            .map(|at| whole(at * 1000.0)),
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what fits")]
fn whole(number: f64) -> u64 {
    number.clamp(0.0, 9_007_199_254_740_991.0) as u64
}

/// How the entries of a client are cleared, when they are in a document of many.
pub fn how_to_clear(client: ClientId, name: Option<&str>, file: &str, at: &[String]) -> HowToClear {
    match client {
        C::ClaudeCode
        | C::Cline
        | C::Continue
        | C::Codex
        | C::GeminiCli
        | C::QwenCode
        | C::OpenCode
        | C::Kilo
        | C::McpInspector
        | C::McPorter => HowToClear::AppEditsFile { file: file.to_owned(), at: at.to_vec() },
        _ => HowToClear::ClientOnly { steps: own_way(client, name) },
    }
}

/// A client's own way to forget a sign-in, step by step.
pub fn own_way(client: ClientId, name: Option<&str>) -> Vec<String> {
    let name = name.unwrap_or("the server");
    let steps: Vec<String> = match client {
        C::ClaudeDesktop | C::ClaudeConnectors => vec![
            "Open Claude, then Settings → Connectors.".to_owned(),
            format!("Open the menu beside {name} and choose Disconnect, then Connect."),
            "When it still comes back with the old sign-in: remove the connector and add it again. What Claude keeps stands in your account, not on this computer, and cannot be cleared from here; a server under another host name is always a fresh start.".to_owned(),
        ],
        C::ClaudeCode => vec![
            "Type /mcp in Claude Code.".to_owned(),
            format!("Choose {name}, then Clear authentication."),
            "Choose Authenticate to sign in again.".to_owned(),
        ],
        C::Cursor => vec![
            "Open Cursor Settings → Tools & MCP.".to_owned(),
            format!("Open {name} and choose Logout."),
            "Switch the server off and on again; Cursor asks you to sign in.".to_owned(),
        ],
        C::VsCode => vec![
            "Open the Command Palette (Ctrl+Shift+P, on a Mac ⇧⌘P).".to_owned(),
            "Run \"Authentication: Remove Dynamic Authentication Providers\" and choose the server's entry.".to_owned(),
            format!("Run \"MCP: List Servers\", choose {name}, then Restart; VS Code asks you to sign in."),
        ],
        C::Windsurf => vec![
            "Open Settings → Cascade → MCP servers.".to_owned(),
            format!("Remove {name}, restart the app, and add the server again."),
        ],
        C::Zed => vec![
            "Open the Agent panel and its list of MCP servers.".to_owned(),
            format!("Open the menu of {name} and choose Log Out."),
        ],
        C::Codex => vec![
            format!("Run `codex mcp logout {name}`, then `codex mcp login {name}`."),
            "Restart Codex: a running session keeps the old sign-in.".to_owned(),
        ],
        C::OpenCode => vec![format!("Run `opencode mcp logout {name}`, then `opencode mcp auth {name}`.")],
        C::Kilo => vec![format!("Run `kilo mcp logout {name}`, then `kilo mcp auth {name}`.")],
        C::GeminiCli => vec![format!("Type `/mcp auth {name}` in Gemini CLI; it signs in again and replaces what is stored.")],
        C::QwenCode => vec![
            "Type /mcp in Qwen Code.".to_owned(),
            format!("Choose {name}, then Authenticate; it signs in again and replaces what is stored."),
        ],
        C::Kiro => vec![format!("Type `/mcp logout {name}` in Kiro, then connect again.")],
        C::CopilotCli => vec![format!("Type `/mcp auth {name}` in Copilot CLI.")],
        C::McPorter => vec![format!("Run `mcporter auth {name} --reset`.")],
        C::Goose => vec![
            "Goose keeps all secrets together, so nothing of it is touched from here.".to_owned(),
            format!("Remove the extension {name} in Goose's settings and add it again."),
        ],
        C::McpInspector => vec!["Choose Clear OAuth state in MCP Inspector, or close its tab.".to_owned()],
        _ => vec![
            format!("Remove {name} in the settings of {}, restart it, and add the server again.", client.name()),
        ],
    };
    steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::computer::text::{Format, read};

    fn all(client: ClientId, text: &str) -> Vec<Entry> {
        let store = STORES.iter().find(|store| store.client == client).expect("a store");
        entries(&read(text, Format::Json).expect("JSON").0, store)
    }

    #[test]
    fn each_client_is_read_in_its_own_spelling() {
        let claude = all(
            C::ClaudeCode,
            r#"{"claudeAiOauth": {"accessToken": "x"}, "mcpOAuth": {"linear|638130d5ab3558f4": {"serverName": "linear", "serverUrl": "https://mcp.linear.app/mcp", "clientId": "c1", "accessToken": "x", "refreshToken": "y", "expiresAt": 1795437306067, "redirectUri": "http://localhost:3118/callback"}}}"#,
        );
        assert_eq!(claude.len(), 1);
        let (key, way, said) = &claude[0];
        assert_eq!(key, "linear|638130d5ab3558f4");
        assert_eq!(way, &["mcpOAuth", "linear|638130d5ab3558f4"]);
        assert_eq!(said.holds, [Held::Registration, Held::Tokens, Held::RefreshToken]);
        assert_eq!(said.expires_at_ms, Some(1_795_437_306_067));
        assert_eq!(said.redirect_uris, ["http://localhost:3118/callback"]);

        let gemini = all(
            C::GeminiCli,
            r#"[{"serverName": "todo", "token": {"accessToken": "x", "expiresAt": 1795437306067}, "clientId": "c", "mcpServerUrl": "https://a.example/mcp"}]"#,
        );
        assert_eq!((gemini[0].0.as_str(), gemini[0].1.clone()), ("todo", vec!["0".to_owned()]));
        assert_eq!(gemini[0].2.server.as_deref(), Some("https://a.example/mcp"));

        let opencode = all(
            C::OpenCode,
            r#"{"todo": {"tokens": {"accessToken": "x", "expiresAt": 1795437306.5}, "clientInfo": {"clientId": "c"}, "serverUrl": "https://a.example/mcp"}}"#,
        );
        assert_eq!(opencode[0].2.expires_at_ms, Some(1_795_437_306_500));

        let cline = all(
            C::Cline,
            r#"{"mcpServers": {"a": {"url": "https://a.example/mcp", "oauth": {"clientInformation": {"client_id": "c", "redirect_uris": ["http://127.0.0.1:1456/mcp/oauth/callback"]}, "tokens": {"access_token": "x"}}}, "b": {"url": "https://b.example/mcp"}}}"#,
        );
        assert_eq!(cline.len(), 1);
        assert_eq!(cline[0].1, ["mcpServers", "a", "oauth"]);
        assert_eq!(cline[0].2.server.as_deref(), Some("https://a.example/mcp"));

        let inspector = all(
            C::McpInspector,
            r#"{"servers": {"https://a.example/mcp": {"byIssuer": {"https://as.example": {"clientInformation": {"client_id": "c"}, "tokens": {"access_token": "x"}}}, "activeIssuer": "https://as.example"}}}"#,
        );
        assert_eq!(inspector[0].2.issuer.as_deref(), Some("https://as.example"));
        assert_eq!(inspector[0].2.server.as_deref(), Some("https://a.example/mcp"));

        let porter = all(
            C::McPorter,
            r#"{"version": 1, "entries": {"linear|8859e887fe74a200": {"serverName": "linear", "serverUrl": "https://mcp.linear.app/mcp", "clientInfo": {"client_id": "c"}, "codeVerifier": "v"}}}"#,
        );
        assert_eq!(porter[0].2.holds, [Held::Registration, Held::Verifier]);
    }

    #[test]
    fn a_document_of_another_shape_has_no_entries() {
        for text in ["[]", "{}", "3", r#"{"mcpOAuth": 3}"#, r#"{"mcpOAuth": {"a": 3}}"#] {
            assert!(all(C::ClaudeCode, text).is_empty(), "{text}");
        }
    }
}

//! The MCP clients: who they are, and in which rules of discovery they differ.
//!
//! The same server can be fine for one client and refused by another. The differences are data here, so that a check can
//! say *which* clients a fault hits. Sources: the released SDKs and clients, read and run in November 2026; the MCP
//! specification 2026-07-28.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A client, by its stable id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "each is the client's own name; see ClientId::name")]
pub enum ClientId {
    ClaudeDesktop,
    ClaudeConnectors,
    ClaudeCode,
    Cursor,
    #[serde(rename = "vscode")]
    VsCode,
    McpInspector,
    McpRemote,
    #[serde(rename = "chatgpt")]
    ChatGpt,
    Windsurf,
    Zed,
    Cline,
    RooCode,
    Continue,
    Codex,
    GeminiCli,
    QwenCode,
    #[serde(rename = "opencode")]
    OpenCode,
    Goose,
    LmStudio,
    AmazonQ,
    Kiro,
    CopilotCli,
    Warp,
    JetbrainsAi,
    Junie,
    #[serde(rename = "mcpjam")]
    McpJam,
    #[serde(rename = "fastmcp")]
    FastMcp,
    UseMcp,
    McpUse,
    #[serde(rename = "mcporter")]
    McPorter,
    Kilo,
    Amp,
    Auggie,
    Droid,
}

/// Id, name, and other spellings that are understood on the command line.
const NAMES: &[(ClientId, &str, &str, &[&str])] = &[
    (ClientId::ClaudeDesktop, "claude-desktop", "Claude Desktop", &["claude"]),
    (
        ClientId::ClaudeConnectors,
        "claude-connectors",
        "Claude connectors",
        &["claude-ai", "claude-desktop-connectors", "claude.ai"],
    ),
    (ClientId::ClaudeCode, "claude-code", "Claude Code", &[]),
    (ClientId::Cursor, "cursor", "Cursor", &[]),
    (ClientId::VsCode, "vscode", "VS Code", &["vs-code", "vscode-insiders", "vs-code-insiders", "copilot", "code"]),
    (ClientId::McpInspector, "mcp-inspector", "MCP Inspector", &["inspector"]),
    (ClientId::McpRemote, "mcp-remote", "mcp-remote", &[]),
    (ClientId::ChatGpt, "chatgpt", "ChatGPT", &[]),
    (ClientId::Windsurf, "windsurf", "Windsurf", &["devin-desktop"]),
    (ClientId::Zed, "zed", "Zed", &[]),
    (ClientId::Cline, "cline", "Cline", &[]),
    (ClientId::RooCode, "roo-code", "Roo Code", &["roo"]),
    (ClientId::Continue, "continue", "Continue", &[]),
    (ClientId::Codex, "codex", "Codex", &["codex-cli"]),
    (ClientId::GeminiCli, "gemini-cli", "Gemini CLI", &["gemini"]),
    (ClientId::QwenCode, "qwen-code", "Qwen Code", &["qwen"]),
    (ClientId::OpenCode, "opencode", "opencode", &[]),
    (ClientId::Goose, "goose", "Goose", &[]),
    (ClientId::LmStudio, "lm-studio", "LM Studio", &[]),
    (ClientId::AmazonQ, "amazon-q", "Amazon Q", &["amazon-q-cli"]),
    (ClientId::Kiro, "kiro", "Kiro", &["kiro-cli"]),
    (ClientId::CopilotCli, "copilot-cli", "Copilot CLI", &[]),
    (ClientId::Warp, "warp", "Warp", &[]),
    (ClientId::JetbrainsAi, "jetbrains-ai", "JetBrains AI Assistant", &["jetbrains", "jetbrains-ai-assistant"]),
    (ClientId::Junie, "junie", "Junie", &[]),
    (ClientId::McpJam, "mcpjam", "MCPJam", &[]),
    (ClientId::FastMcp, "fastmcp", "FastMCP's client", &["fastmcp-py"]),
    (ClientId::UseMcp, "use-mcp", "use-mcp", &[]),
    (ClientId::McpUse, "mcp-use", "mcp-use", &[]),
    (ClientId::McPorter, "mcporter", "mcporter", &[]),
    (ClientId::Kilo, "kilo", "Kilo CLI", &["kilo-code", "kilo-cli"]),
    (ClientId::Amp, "amp", "Amp", &["amp-cli"]),
    (ClientId::Auggie, "auggie", "Auggie", &["augment"]),
    (ClientId::Droid, "droid", "Factory Droid", &["factory", "factory-droid"]),
];

impl ClientId {
    /// Every client that the app knows.
    pub fn all() -> impl Iterator<Item = Self> {
        NAMES.iter().map(|(id, ..)| *id)
    }

    /// The stable id, kebab-case.
    pub fn id(self) -> &'static str {
        self.entry().1
    }

    /// The name that people know.
    pub fn name(self) -> &'static str {
        self.entry().2
    }

    fn entry(self) -> &'static (Self, &'static str, &'static str, &'static [&'static str]) {
        NAMES.iter().find(|(id, ..)| *id == self).unwrap_or(&NAMES[0])
    }

    /// The client whose rules apply when this one signs in to a remote server: Claude Desktop reaches remote servers
    /// through its connectors, which run in Anthropic's cloud.
    pub fn signs_in_as(self) -> Self {
        if self == Self::ClaudeDesktop { Self::ClaudeConnectors } else { self }
    }

    /// The discovery rules, for the clients whose code or documents were read. `None`: not known, so nothing is claimed.
    pub fn engine(self) -> Option<Engine> {
        match self.signs_in_as() {
            Self::ClaudeConnectors => Some(Engine::ClaudeCloud),
            Self::ClaudeCode | Self::McpInspector => Some(Engine::TypeScript2),
            Self::Cursor | Self::McpRemote => Some(Engine::TypeScript1),
            Self::VsCode => Some(Engine::VsCode),
            Self::ChatGpt => Some(Engine::ChatGpt),
            Self::FastMcp => Some(Engine::Python2),
            _ => None,
        }
    }

    /// Runs in its maker's cloud: it cannot reach this computer or a private network.
    pub fn is_cloud(self) -> bool {
        matches!(self.signs_in_as(), Self::ClaudeConnectors | Self::ChatGpt)
    }

    /// Is (or can be) a web page, so that a browser applies CORS to it.
    pub fn is_browser(self) -> bool {
        matches!(self, Self::McpInspector | Self::UseMcp | Self::McpJam)
    }

    /// Trusts Mozilla's or its own roots instead of the system's trust store unless told otherwise: Node and Python programs.
    pub fn ignores_system_trust(self) -> bool {
        matches!(
            self,
            Self::McpRemote
                | Self::McpInspector
                | Self::FastMcp
                | Self::ClaudeCode
                | Self::GeminiCli
                | Self::QwenCode
                | Self::McPorter
                | Self::McpUse
        )
    }
}

/// The clients whose rules are known well enough to judge, in the order in which they are shown.
pub const JUDGED: &[ClientId] = &[
    ClientId::ClaudeConnectors,
    ClientId::ClaudeCode,
    ClientId::Cursor,
    ClientId::VsCode,
    ClientId::McpInspector,
    ClientId::McpRemote,
    ClientId::ChatGpt,
    ClientId::FastMcp,
];

/// The judged clients for which `hit` is true; an empty list when all are (which is how a finding says *every client*),
/// `None` when no client is hit.
pub fn hit_by(hit: impl Fn(ClientId, Engine) -> bool) -> Option<Vec<ClientId>> {
    let judged: Vec<(ClientId, Engine)> =
        JUDGED.iter().filter_map(|id| id.engine().map(|engine| (*id, engine))).collect();
    let clients: Vec<ClientId> = judged.iter().filter(|(id, engine)| hit(*id, *engine)).map(|(id, _)| *id).collect();
    match clients.len() {
        0 => None,
        all if all == judged.len() => Some(Vec::new()),
        _ => Some(clients),
    }
}

/// The code that does discovery inside a client. Each is a set of rules; the checks ask them by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Engine {
    /// `@modelcontextprotocol/sdk` 1.x.
    TypeScript1,
    /// `@modelcontextprotocol/client` 2.x.
    TypeScript2,
    /// `mcp` 1.x from PyPI.
    Python1,
    /// `mcp` 2.x from PyPI.
    Python2,
    /// VS Code's own.
    VsCode,
    /// Claude's connectors.
    ClaudeCloud,
    /// ChatGPT's connectors.
    ChatGpt,
}

impl Engine {
    /// One of the two TypeScript SDKs.
    pub fn is_typescript(self) -> bool {
        matches!(self, Self::TypeScript1 | Self::TypeScript2)
    }

    /// One of the two Python SDKs.
    pub fn is_python(self) -> bool {
        matches!(self, Self::Python1 | Self::Python2)
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.id())
    }
}

/// The name is no client's id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a client that this tool knows")]
pub struct UnknownClient(pub String);

impl FromStr for ClientId {
    type Err = UnknownClient;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wanted = text.trim().to_ascii_lowercase().replace([' ', '_'], "-");
        NAMES
            .iter()
            .find(|(_, id, _, other)| *id == wanted || other.contains(&wanted.as_str()))
            .map(|(id, ..)| *id)
            .ok_or_else(|| UnknownClient(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_reads_back_and_is_what_serde_writes() {
        for id in ClientId::all() {
            assert_eq!(id.id().parse(), Ok(id));
            assert_eq!(serde_json::to_string(&id).expect("a name"), format!("\"{}\"", id.id()));
        }
    }

    #[test]
    fn all_hit_is_an_empty_list_and_none_hit_is_none() {
        assert_eq!(hit_by(|_, _| true), Some(Vec::new()));
        assert_eq!(hit_by(|_, _| false), None);
        assert_eq!(hit_by(|_, engine| engine == Engine::VsCode), Some(vec![ClientId::VsCode]));
    }
}

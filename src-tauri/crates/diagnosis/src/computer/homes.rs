//! Where every client keeps its configs: data, for all three systems.
//!
//! Sources: the clients' own packages and documents, read in November 2026.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::clients::ClientId;
use crate::computer::System;
use crate::computer::text::Format;

/// One config file of one client.
#[derive(Debug, Clone, Copy)]
pub struct Home {
    /// Whose.
    pub client: ClientId,
    /// On which system. `None`: on all.
    pub system: Option<System>,
    /// Below which folder.
    pub base: Base,
    /// The way from there; `*` stands for every folder or file of that place.
    pub path: &'static str,
    /// How it is written.
    pub format: Format,
    /// The ways to the table (or list) of servers; `*` stands for every name.
    pub keys: &'static [&'static [&'static str]],
}

/// A folder that depends on the system and the environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// The user's home.
    Home,
    /// `~/Library/Application Support`.
    AppSupport,
    /// `%APPDATA%`.
    AppData,
    /// `%LOCALAPPDATA%`.
    LocalAppData,
    /// `$XDG_CONFIG_HOME`, else `~/.config`.
    XdgConfig,
    /// `$XDG_DATA_HOME`, else `~/.local/share`.
    XdgData,
    /// What a variable says, else a folder below the home.
    Variable(&'static str, &'static str),
}

/// A user's home and the environment in it.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    /// The home.
    pub home: &'a Path,
    /// The variables.
    pub environment: &'a BTreeMap<String, String>,
}

impl Ground<'_> {
    /// The folder that a base stands for.
    pub fn folder(&self, base: Base) -> PathBuf {
        let said = |name: &str| self.environment.get(name).filter(|value| !value.trim().is_empty()).map(PathBuf::from);
        let below = |path: &str| join(self.home, path);
        match base {
            Base::Home => self.home.to_path_buf(),
            Base::AppSupport => below("Library/Application Support"),
            Base::AppData => said("APPDATA").unwrap_or_else(|| below("AppData/Roaming")),
            Base::LocalAppData => said("LOCALAPPDATA").unwrap_or_else(|| below("AppData/Local")),
            Base::XdgConfig => said("XDG_CONFIG_HOME").unwrap_or_else(|| below(".config")),
            Base::XdgData => said("XDG_DATA_HOME").unwrap_or_else(|| below(".local/share")),
            Base::Variable(name, path) => said(name).unwrap_or_else(|| below(path)),
        }
    }

    /// A place below a base.
    pub fn place(&self, base: Base, path: &str) -> PathBuf {
        join(&self.folder(base), path)
    }

    /// mcp-remote's config folder, perhaps as a config's own environment says.
    pub fn mcp_remote(&self, said_in_config: Option<&str>) -> PathBuf {
        let said = said_in_config.map(str::trim).filter(|said| !said.is_empty());
        match said {
            Some(said) => self.home.join(said),
            None => self.folder(Base::Variable("MCP_REMOTE_CONFIG_DIR", ".mcp-auth")),
        }
    }
}

fn join(folder: &Path, path: &str) -> PathBuf {
    path.split('/').filter(|part| !part.is_empty()).fold(folder.to_path_buf(), |at, part| at.join(part))
}

const MCP_SERVERS: &[&[&str]] = &[&["mcpServers"]];
const SERVERS: &[&[&str]] = &[&["servers"]];
const CLAUDE_CODE: &[&[&str]] = &[&["mcpServers"], &["projects", "*", "mcpServers"]];
const IN_SETTINGS: &[&[&str]] = &[&["mcp", "servers"]];

const fn home(
    client: ClientId,
    system: Option<System>,
    base: Base,
    path: &'static str,
    format: Format,
    keys: &'static [&'static [&'static str]],
) -> Home {
    Home { client, system, base, path, format, keys }
}

use ClientId as C;
use Format::{Json, Jsonc, Toml, Yaml};

const LINUX: Option<System> = Some(System::Linux);
const MAC: Option<System> = Some(System::MacOs);
const WIN: Option<System> = Some(System::Windows);

/// The folder of Claude Desktop from the Microsoft Store.
pub const CLAUDE_STORE_APP: &str = "Packages/Claude_pzs8sxrjxfjjc/LocalCache/Roaming/Claude";

/// Every config file of every client.
pub static HOMES: &[Home] = &[
    home(C::ClaudeDesktop, MAC, Base::AppSupport, "Claude/claude_desktop_config.json", Json, MCP_SERVERS),
    home(C::ClaudeDesktop, WIN, Base::AppData, "Claude/claude_desktop_config.json", Json, MCP_SERVERS),
    home(
        C::ClaudeDesktop,
        WIN,
        Base::LocalAppData,
        "Packages/Claude_pzs8sxrjxfjjc/LocalCache/Roaming/Claude/claude_desktop_config.json",
        Json,
        MCP_SERVERS,
    ),
    home(C::ClaudeDesktop, LINUX, Base::XdgConfig, "Claude/claude_desktop_config.json", Json, MCP_SERVERS),
    // Builds that use another maker's models have a folder beside the usual one.
    home(C::ClaudeDesktop, MAC, Base::AppSupport, "Claude-3p/claude_desktop_config.json", Json, MCP_SERVERS),
    home(C::ClaudeDesktop, WIN, Base::AppData, "Claude-3p/claude_desktop_config.json", Json, MCP_SERVERS),
    home(C::ClaudeCode, None, Base::Variable("CLAUDE_CONFIG_DIR", ""), ".claude.json", Json, CLAUDE_CODE),
    home(C::Cursor, None, Base::Home, ".cursor/mcp.json", Jsonc, MCP_SERVERS),
    home(C::VsCode, MAC, Base::AppSupport, "Code/User/mcp.json", Jsonc, SERVERS),
    home(C::VsCode, MAC, Base::AppSupport, "Code/User/settings.json", Jsonc, IN_SETTINGS),
    home(C::VsCode, MAC, Base::AppSupport, "Code/User/profiles/*/mcp.json", Jsonc, SERVERS),
    home(C::VsCode, MAC, Base::AppSupport, "Code - Insiders/User/mcp.json", Jsonc, SERVERS),
    home(C::VsCode, MAC, Base::AppSupport, "Code - Insiders/User/settings.json", Jsonc, IN_SETTINGS),
    home(C::VsCode, WIN, Base::AppData, "Code/User/mcp.json", Jsonc, SERVERS),
    home(C::VsCode, WIN, Base::AppData, "Code/User/settings.json", Jsonc, IN_SETTINGS),
    home(C::VsCode, WIN, Base::AppData, "Code/User/profiles/*/mcp.json", Jsonc, SERVERS),
    home(C::VsCode, WIN, Base::AppData, "Code - Insiders/User/mcp.json", Jsonc, SERVERS),
    home(C::VsCode, WIN, Base::AppData, "Code - Insiders/User/settings.json", Jsonc, IN_SETTINGS),
    home(C::VsCode, LINUX, Base::XdgConfig, "Code/User/mcp.json", Jsonc, SERVERS),
    home(C::VsCode, LINUX, Base::XdgConfig, "Code/User/settings.json", Jsonc, IN_SETTINGS),
    home(C::VsCode, LINUX, Base::XdgConfig, "Code/User/profiles/*/mcp.json", Jsonc, SERVERS),
    home(C::VsCode, LINUX, Base::XdgConfig, "Code - Insiders/User/mcp.json", Jsonc, SERVERS),
    home(C::VsCode, LINUX, Base::XdgConfig, "Code - Insiders/User/settings.json", Jsonc, IN_SETTINGS),
    home(C::VsCode, MAC, Base::AppSupport, "Code - Insiders/User/profiles/*/mcp.json", Jsonc, SERVERS),
    home(C::VsCode, MAC, Base::AppSupport, "VSCodium/User/mcp.json", Jsonc, SERVERS),
    home(C::VsCode, WIN, Base::AppData, "Code - Insiders/User/profiles/*/mcp.json", Jsonc, SERVERS),
    home(C::VsCode, WIN, Base::AppData, "VSCodium/User/mcp.json", Jsonc, SERVERS),
    home(C::VsCode, LINUX, Base::XdgConfig, "Code - Insiders/User/profiles/*/mcp.json", Jsonc, SERVERS),
    home(C::VsCode, LINUX, Base::XdgConfig, "VSCodium/User/mcp.json", Jsonc, SERVERS),
    // On a computer that is reached over SSH, from a container or from Windows (WSL).
    home(C::VsCode, None, Base::Home, ".vscode-server/data/User/mcp.json", Jsonc, SERVERS),
    home(C::VsCode, None, Base::Home, ".vscode-server-insiders/data/User/mcp.json", Jsonc, SERVERS),
    home(C::Windsurf, None, Base::Home, ".codeium/windsurf/mcp_config.json", Jsonc, MCP_SERVERS),
    home(C::Zed, MAC, Base::Home, ".config/zed/settings.json", Jsonc, &[&["context_servers"]]),
    home(C::Zed, LINUX, Base::XdgConfig, "zed/settings.json", Jsonc, &[&["context_servers"]]),
    home(C::Zed, WIN, Base::AppData, "Zed/settings.json", Jsonc, &[&["context_servers"]]),
    home(
        C::Cline,
        None,
        Base::Variable("CLINE_DIR", ".cline"),
        "data/settings/cline_mcp_settings.json",
        Json,
        MCP_SERVERS,
    ),
    home(
        C::Cline,
        None,
        Base::Variable("CLINE_DATA_DIR", ".cline/data"),
        "settings/cline_mcp_settings.json",
        Json,
        MCP_SERVERS,
    ),
    home(
        C::Cline,
        None,
        Base::Variable("CLINE_MCP_SETTINGS_PATH", ".cline/data/settings/cline_mcp_settings.json"),
        "",
        Json,
        MCP_SERVERS,
    ),
    home(C::Cline, None, Base::Home, "Documents/Cline/MCP/cline_mcp_settings.json", Json, MCP_SERVERS),
    // The extensions, in every editor that is made of VS Code.
    home(
        C::Cline,
        MAC,
        Base::AppSupport,
        "*/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json",
        Json,
        MCP_SERVERS,
    ),
    home(
        C::Cline,
        WIN,
        Base::AppData,
        "*/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json",
        Json,
        MCP_SERVERS,
    ),
    home(
        C::Cline,
        LINUX,
        Base::XdgConfig,
        "*/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json",
        Json,
        MCP_SERVERS,
    ),
    home(
        C::RooCode,
        MAC,
        Base::AppSupport,
        "*/User/globalStorage/rooveterinaryinc.roo-cline/settings/mcp_settings.json",
        Json,
        MCP_SERVERS,
    ),
    home(
        C::RooCode,
        WIN,
        Base::AppData,
        "*/User/globalStorage/rooveterinaryinc.roo-cline/settings/mcp_settings.json",
        Json,
        MCP_SERVERS,
    ),
    home(
        C::RooCode,
        LINUX,
        Base::XdgConfig,
        "*/User/globalStorage/rooveterinaryinc.roo-cline/settings/mcp_settings.json",
        Json,
        MCP_SERVERS,
    ),
    home(C::Continue, None, Base::Home, ".continue/config.yaml", Yaml, MCP_SERVERS),
    home(C::Continue, None, Base::Home, ".continue/config.json", Jsonc, MCP_SERVERS),
    home(C::Continue, None, Base::Home, ".continue/mcpServers/*", Yaml, MCP_SERVERS),
    home(C::Codex, None, Base::Variable("CODEX_HOME", ".codex"), "config.toml", Toml, &[&["mcp_servers"]]),
    home(C::GeminiCli, None, Base::Variable("GEMINI_CLI_HOME", ""), ".gemini/settings.json", Jsonc, MCP_SERVERS),
    home(C::QwenCode, None, Base::Variable("QWEN_HOME", ".qwen"), "settings.json", Jsonc, MCP_SERVERS),
    home(C::OpenCode, None, Base::XdgConfig, "opencode/opencode.json", Jsonc, &[&["mcp"]]),
    home(C::OpenCode, None, Base::XdgConfig, "opencode/opencode.jsonc", Jsonc, &[&["mcp"]]),
    home(C::OpenCode, None, Base::XdgConfig, "opencode/config.json", Jsonc, &[&["mcp"]]),
    home(C::Goose, LINUX, Base::XdgConfig, "goose/config.yaml", Yaml, &[&["extensions"]]),
    home(C::Goose, MAC, Base::XdgConfig, "goose/config.yaml", Yaml, &[&["extensions"]]),
    home(C::Goose, WIN, Base::AppData, "Block/goose/config/config.yaml", Yaml, &[&["extensions"]]),
    home(C::LmStudio, None, Base::Home, ".lmstudio/mcp.json", Jsonc, MCP_SERVERS),
    home(C::AmazonQ, None, Base::Home, ".aws/amazonq/mcp.json", Json, MCP_SERVERS),
    home(C::AmazonQ, None, Base::Home, ".aws/amazonq/cli-agents/*", Json, MCP_SERVERS),
    home(C::Kiro, None, Base::Home, ".kiro/settings/mcp.json", Jsonc, MCP_SERVERS),
    home(C::CopilotCli, None, Base::Variable("COPILOT_HOME", ".copilot"), "mcp-config.json", Jsonc, MCP_SERVERS),
    home(C::Junie, None, Base::Home, ".junie/mcp/mcp.json", Jsonc, MCP_SERVERS),
    home(C::McpInspector, None, Base::Home, ".mcp-inspector/mcp.json", Jsonc, MCP_SERVERS),
    home(C::McPorter, None, Base::Home, ".mcporter/mcporter.json", Jsonc, MCP_SERVERS),
    home(C::McPorter, None, Base::Home, ".mcporter/mcporter.jsonc", Jsonc, MCP_SERVERS),
    home(C::McPorter, None, Base::XdgConfig, "mcporter/mcporter.json", Jsonc, MCP_SERVERS),
    home(C::Kilo, None, Base::XdgConfig, "kilo/kilo.json", Jsonc, &[&["mcp"]]),
    home(C::Kilo, None, Base::XdgConfig, "kilo/kilo.jsonc", Jsonc, &[&["mcp"]]),
    home(C::Amp, None, Base::XdgConfig, "amp/settings.json", Jsonc, &[&["amp.mcpServers"]]),
    home(C::Auggie, None, Base::Home, ".augment/settings.json", Jsonc, MCP_SERVERS),
    home(C::Droid, None, Base::Home, ".factory/mcp.json", Jsonc, MCP_SERVERS),
];

/// Config files that stand in the folder of a project.
pub static IN_PROJECTS: &[Home] = &[
    home(C::ClaudeCode, None, Base::Home, ".mcp.json", Json, MCP_SERVERS),
    home(C::Cursor, None, Base::Home, ".cursor/mcp.json", Jsonc, MCP_SERVERS),
    home(C::VsCode, None, Base::Home, ".vscode/mcp.json", Jsonc, SERVERS),
    home(C::RooCode, None, Base::Home, ".roo/mcp.json", Json, MCP_SERVERS),
    home(C::Codex, None, Base::Home, ".codex/config.toml", Toml, &[&["mcp_servers"]]),
    home(C::GeminiCli, None, Base::Home, ".gemini/settings.json", Jsonc, MCP_SERVERS),
    home(C::QwenCode, None, Base::Home, ".qwen/settings.json", Jsonc, MCP_SERVERS),
    home(C::McPorter, None, Base::Home, "config/mcporter.json", Jsonc, MCP_SERVERS),
    home(C::CopilotCli, None, Base::Home, ".github/mcp.json", Jsonc, MCP_SERVERS),
    home(C::OpenCode, None, Base::Home, "opencode.json", Jsonc, &[&["mcp"]]),
    home(C::OpenCode, None, Base::Home, "opencode.jsonc", Jsonc, &[&["mcp"]]),
    home(C::AmazonQ, None, Base::Home, ".amazonq/mcp.json", Json, MCP_SERVERS),
    home(C::Kiro, None, Base::Home, ".kiro/settings/mcp.json", Jsonc, MCP_SERVERS),
    home(C::Junie, None, Base::Home, ".junie/mcp/mcp.json", Jsonc, MCP_SERVERS),
];

/// A file of a client beside its configs; `*` stands for every folder of that place.
#[derive(Debug, Clone, Copy)]
pub struct SideFile {
    /// Whose.
    pub client: ClientId,
    /// On which system. `None`: on all.
    pub system: Option<System>,
    /// Below which folder.
    pub base: Base,
    /// The way from there.
    pub path: &'static str,
}

const fn side(client: ClientId, system: Option<System>, base: Base, path: &'static str) -> SideFile {
    SideFile { client, system, base, path }
}

/// Those that keep what is switched off of servers in other files.
pub static SWITCHES: &[SideFile] = &[
    side(C::CopilotCli, None, Base::Variable("COPILOT_HOME", ".copilot"), "settings.json"),
    side(C::ClaudeCode, None, Base::Variable("CLAUDE_CONFIG_DIR", ""), ".claude.json"),
];

/// Those from which a client's projects are known.
pub static PROJECT_LISTS: &[SideFile] = &[
    side(C::GeminiCli, None, Base::Variable("GEMINI_CLI_HOME", ""), ".gemini/projects.json"),
    side(C::VsCode, MAC, Base::AppSupport, "Code/User/workspaceStorage/*/workspace.json"),
    side(C::VsCode, WIN, Base::AppData, "Code/User/workspaceStorage/*/workspace.json"),
    side(C::VsCode, LINUX, Base::XdgConfig, "Code/User/workspaceStorage/*/workspace.json"),
    side(C::VsCode, MAC, Base::AppSupport, "Code - Insiders/User/workspaceStorage/*/workspace.json"),
    side(C::VsCode, WIN, Base::AppData, "Code - Insiders/User/workspaceStorage/*/workspace.json"),
    side(C::VsCode, LINUX, Base::XdgConfig, "Code - Insiders/User/workspaceStorage/*/workspace.json"),
    side(C::Cursor, MAC, Base::AppSupport, "Cursor/User/workspaceStorage/*/workspace.json"),
    side(C::Cursor, WIN, Base::AppData, "Cursor/User/workspaceStorage/*/workspace.json"),
    side(C::Cursor, LINUX, Base::XdgConfig, "Cursor/User/workspaceStorage/*/workspace.json"),
];

/// Something by which a client is known to be here even without a config.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    /// Whose.
    pub client: ClientId,
    /// On which system. `None`: on all.
    pub system: Option<System>,
    /// Below which folder.
    pub base: Base,
    /// The way from there.
    pub path: &'static str,
}

const fn mark(client: ClientId, system: Option<System>, base: Base, path: &'static str) -> Mark {
    Mark { client, system, base, path }
}

/// The folders that the clients make when they run for the first time.
pub static MARKS: &[Mark] = &[
    mark(C::ClaudeDesktop, MAC, Base::AppSupport, "Claude"),
    mark(C::ClaudeDesktop, WIN, Base::AppData, "Claude"),
    mark(C::ClaudeDesktop, WIN, Base::LocalAppData, CLAUDE_STORE_APP),
    mark(C::ClaudeDesktop, LINUX, Base::XdgConfig, "Claude"),
    mark(C::ClaudeCode, None, Base::Variable("CLAUDE_CONFIG_DIR", ".claude"), ""),
    mark(C::Cursor, None, Base::Home, ".cursor"),
    mark(C::VsCode, MAC, Base::AppSupport, "Code"),
    mark(C::VsCode, MAC, Base::AppSupport, "Code - Insiders"),
    mark(C::VsCode, WIN, Base::AppData, "Code"),
    mark(C::VsCode, WIN, Base::AppData, "Code - Insiders"),
    mark(C::VsCode, LINUX, Base::XdgConfig, "Code"),
    mark(C::VsCode, LINUX, Base::XdgConfig, "Code - Insiders"),
    mark(C::McpRemote, None, Base::Variable("MCP_REMOTE_CONFIG_DIR", ".mcp-auth"), ""),
    mark(C::Windsurf, None, Base::Home, ".codeium/windsurf"),
    mark(C::Zed, MAC, Base::Home, ".config/zed"),
    mark(C::Zed, LINUX, Base::XdgConfig, "zed"),
    mark(C::Zed, WIN, Base::AppData, "Zed"),
    mark(C::Cline, None, Base::Variable("CLINE_DIR", ".cline"), ""),
    mark(C::Continue, None, Base::Home, ".continue"),
    mark(C::Codex, None, Base::Variable("CODEX_HOME", ".codex"), ""),
    mark(C::GeminiCli, None, Base::Variable("GEMINI_CLI_HOME", ""), ".gemini"),
    mark(C::QwenCode, None, Base::Variable("QWEN_HOME", ".qwen"), ""),
    mark(C::OpenCode, None, Base::XdgConfig, "opencode"),
    mark(C::Kilo, None, Base::XdgConfig, "kilo"),
    mark(C::Amp, None, Base::XdgConfig, "amp"),
    mark(C::Auggie, None, Base::Home, ".augment"),
    mark(C::Droid, None, Base::Home, ".factory"),
    mark(C::Goose, LINUX, Base::XdgConfig, "goose"),
    mark(C::Goose, MAC, Base::XdgConfig, "goose"),
    mark(C::Goose, WIN, Base::AppData, "Block/goose"),
    mark(C::LmStudio, None, Base::Home, ".lmstudio"),
    mark(C::AmazonQ, None, Base::Home, ".aws/amazonq"),
    mark(C::Kiro, None, Base::Home, ".kiro"),
    mark(C::CopilotCli, None, Base::Variable("COPILOT_HOME", ".copilot"), ""),
    mark(C::Warp, None, Base::Home, ".warp"),
    mark(C::Warp, WIN, Base::LocalAppData, "warp"),
    mark(C::JetbrainsAi, MAC, Base::AppSupport, "JetBrains"),
    mark(C::JetbrainsAi, WIN, Base::AppData, "JetBrains"),
    mark(C::JetbrainsAi, LINUX, Base::XdgConfig, "JetBrains"),
    mark(C::Junie, None, Base::Home, ".junie"),
    mark(C::McpInspector, None, Base::Home, ".mcp-inspector"),
    mark(C::FastMcp, None, Base::Home, ".fastmcp"),
    mark(C::McpUse, None, Base::Home, ".mcp-use"),
    mark(C::McpUse, None, Base::Home, ".mcp_use"),
    mark(C::McPorter, None, Base::Home, ".mcporter"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_win_over_the_usual_folders() {
        let home = Path::new("/somewhere/home");
        let environment = BTreeMap::from([("CODEX_HOME".to_owned(), "/elsewhere".to_owned())]);
        let ground = Ground { home, environment: &environment };
        assert_eq!(
            ground.place(Base::Variable("CODEX_HOME", ".codex"), "config.toml"),
            Path::new("/elsewhere/config.toml")
        );
        assert_eq!(
            ground.place(Base::AppData, "Code/User"),
            home.join("AppData").join("Roaming").join("Code").join("User")
        );
        assert_eq!(ground.mcp_remote(None), home.join(".mcp-auth"));
        assert_eq!(ground.mcp_remote(Some("/elsewhere/auth")), Path::new("/elsewhere/auth"));
    }
}

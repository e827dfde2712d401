//! Which computer is looked at: its system, home and environment, all of them inputs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use mcp_auth_diagnosis::computer::System;
use mcp_auth_diagnosis::computer::homes::Ground;

/// A computer to look at.
#[derive(Debug, Clone)]
pub struct Machine {
    /// The system that is running.
    pub system: System,
    /// The systems whose places are looked for.
    pub systems: Vec<System>,
    /// The user's home.
    pub home: PathBuf,
    /// The variables that say where things are.
    pub environment: BTreeMap<String, String>,
    /// The names of all variables that a program started by the user has.
    pub defined: BTreeSet<String>,
    /// The folders in which a program started in a terminal looks for others.
    pub search_path: Vec<PathBuf>,
    /// Nothing outside of the home is looked at, except what belongs to the running system: ports, processes, programs.
    pub only_home: bool,
    /// Addresses that the user asks about, beside those of the configs.
    pub urls: Vec<String>,
    /// The hosts file. `None`: it is not looked at.
    pub hosts_file: Option<PathBuf>,
    /// The folder with the running processes (`/proc`). `None`: they are not looked at.
    pub processes: Option<PathBuf>,
    /// What time it is, in milliseconds since the Unix epoch.
    pub now_ms: u64,
}

/// The variables that say where a client keeps its things.
const PLACES: [&str; 18] = [
    "APPDATA",
    "CLAUDE_CONFIG_DIR",
    "CLINE_DATA_DIR",
    "CLINE_DIR",
    "CLINE_MCP_SETTINGS_PATH",
    "CODEX_HOME",
    "COPILOT_HOME",
    "GEMINI_CLI_HOME",
    "LOCALAPPDATA",
    "MCP_INSPECTOR_OAUTH_STATE_PATH",
    "MCP_REMOTE_CONFIG_DIR",
    "MCP_STORAGE_DIR",
    "ProgramFiles",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "npm_config_cache",
    "PATHEXT",
    "USER",
];

impl Machine {
    /// This computer, as its user sees it.
    pub fn this() -> Self {
        let home = dirs::home_dir().unwrap_or_default();
        let system = running_system();
        Self {
            system,
            systems: vec![system],
            environment: PLACES.iter().filter_map(|name| Some(((*name).to_owned(), said(name)?))).collect(),
            defined: std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect(),
            search_path: std::env::var_os("PATH")
                .map(|path| std::env::split_paths(&path).collect())
                .unwrap_or_default(),
            only_home: false,
            urls: Vec::new(),
            hosts_file: Some(hosts_file(system)),
            processes: (system == System::Linux).then(|| PathBuf::from("/proc")),
            now_ms: now_ms(),
            home,
        }
    }

    /// This computer with another folder standing for the user's home, everywhere: the places of all three systems are
    /// looked for below it, and no variable leads out of it.
    pub fn at_home(home: impl Into<PathBuf>) -> Self {
        let home = home.into();
        let home = std::path::absolute(&home).unwrap_or(home);
        let this = Self::this();
        let inside = |value: &String| Path::new(value).is_absolute() && Path::new(value).starts_with(&home);
        let environment =
            this.environment.into_iter().filter(|(name, value)| name == "PATHEXT" || inside(value)).collect();
        // A home that has the places of one system alone is that system's, wherever it is read.
        let has = |folder: &str| home.join(folder).is_dir();
        let first = match (has("AppData"), has("Library/Application Support"), has(".config")) {
            (true, false, false) => System::Windows,
            (false, true, false) => System::MacOs,
            _ => this.system,
        };
        let mut systems = vec![first];
        systems.extend(System::ALL.into_iter().filter(|system| *system != first));
        Self { systems, environment, only_home: true, home, ..this }
    }

    pub(crate) fn ground(&self) -> Ground<'_> {
        Ground { home: &self.home, environment: &self.environment }
    }

    /// A path as it is shown to a person: `~/…` where it is in the home.
    pub(crate) fn shown(&self, path: &Path) -> String {
        match path.strip_prefix(&self.home) {
            Ok(inside) if !self.home.as_os_str().is_empty() => {
                let inside = inside.to_string_lossy();
                if inside.is_empty() { "~".to_owned() } else { format!("~{}{inside}", std::path::MAIN_SEPARATOR) }
            }
            _ => path.to_string_lossy().into_owned(),
        }
    }

    /// Whether a place may be looked at.
    pub(crate) fn may_look(&self, path: &Path) -> bool {
        !self.only_home || path.starts_with(&self.home)
    }
}

fn running_system() -> System {
    if cfg!(target_os = "macos") {
        System::MacOs
    } else if cfg!(windows) {
        System::Windows
    } else {
        System::Linux
    }
}

fn said(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

fn hosts_file(system: System) -> PathBuf {
    match system {
        System::Windows => {
            let root = said("SystemRoot").unwrap_or_else(|| "C:\\Windows".to_owned());
            PathBuf::from(root).join("System32").join("drivers").join("etc").join("hosts")
        }
        System::Linux | System::MacOs => PathBuf::from("/etc/hosts"),
    }
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

//! This computer: which clients are here, which servers their configs name, what they have stored.
//!
//! Only shapes live here; `mcp-auth-probes` fills them. No secret is ever part of them: of a header or an environment
//! variable the name is kept, never the value, and of a token file only its size, age and which fields it has.

use serde::{Deserialize, Serialize};

use crate::clients::ClientId;

/// Everything that was seen on this computer.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct Computer {
    /// The clients that are here, by what was found of them.
    pub clients: Vec<FoundClient>,
    /// Every server that a config names, in the order of the clients.
    pub servers: Vec<ConfiguredServer>,
    /// Configs that could not be read, or only in part.
    pub problems: Vec<ConfigProblem>,
}

/// A client that is on this computer.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct FoundClient {
    /// Which.
    pub id: ClientId,
    /// Its name.
    pub name: String,
    /// Its config files that exist, as shown to a person (`~/…`).
    pub configs: Vec<String>,
}

/// A server that a config names.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct ConfiguredServer {
    /// Stable within one reading: client, config and name.
    pub id: String,
    /// The client whose config it is.
    pub client: ClientId,
    /// The name in the config.
    pub name: String,
    /// The config file, as shown to a person.
    pub config: String,
    /// The line where it stands, from 1, when known.
    pub line: Option<usize>,
    /// The server's URL exactly as written. `None` for servers that are programs of their own.
    pub url: Option<String>,
    /// How the client reaches it.
    pub route: Route,
    /// Names of the headers that the config sets. Never their values.
    pub headers: Vec<String>,
    /// Switched off in the config.
    pub disabled: bool,
}

/// How a client reaches a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum Route {
    /// The client speaks HTTP itself.
    Native {
        /// `http`, `sse` or what the config says.
        transport: Option<String>,
    },
    /// Through mcp-remote.
    McpRemote {
        /// The version that the config pins, as written after `mcp-remote@`.
        version: Option<String>,
        /// The program that starts it, e.g. `npx`.
        through: String,
        /// Flags and positional arguments after the URL; values of `--header` and secrets are masked.
        arguments: Vec<String>,
    },
    /// A program of its own; nothing remote is known of it.
    Program {
        /// The command, without arguments.
        command: String,
    },
}

/// A config that could not be read, or only in part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct ConfigProblem {
    /// The client whose config it is.
    pub client: ClientId,
    /// The file, as shown to a person.
    pub config: String,
    /// Line, from 1, when known.
    pub line: Option<usize>,
    /// Column, from 1, when known.
    pub column: Option<usize>,
    /// Stable, kebab-case: `not-json`, `smart-quotes`, `unreadable`, …
    pub kind: String,
    /// One plain sentence: what is wrong and where.
    pub what: String,
}

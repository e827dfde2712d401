//! This computer: which clients are here, which servers their configs name, what they have stored.
//!
//! Shapes, and the pure half of the reading: configs taken apart (`text`, `servers`), what is known of the clients
//! (`homes`, `stores`) and of mcp-remote (`mcp_remote`). `mcp-auth-probes` opens the files. No secret is ever part of a
//! shape: of a header or an environment variable the name is kept, never the value, and of a token file only its size, age
//! and which fields it has.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::clients::ClientId;
use crate::redact;

pub mod concern;
pub mod fresh;
pub mod homes;
pub mod mcp_remote;
#[cfg(test)]
pub(crate) mod sample;
pub mod servers;
pub mod stores;
pub mod text;

/// The operating systems, by the places where their programs keep things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the systems' own names")]
pub enum System {
    Linux,
    #[serde(rename = "macos")]
    MacOs,
    Windows,
}

impl System {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Linux, Self::MacOs, Self::Windows];
}

/// Everything that was seen on this computer.
#[derive(Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct Computer {
    /// The clients that are here, by what was found of them.
    pub clients: Vec<FoundClient>,
    /// Every server that a config names, in the order of the clients.
    pub servers: Vec<ConfiguredServer>,
    /// What is wrong with configs and stores: unreadable, read only in part, or saying what the client does not do.
    pub problems: Vec<ConfigProblem>,
    /// What the clients have stored for servers.
    #[serde(default)]
    pub stored: Vec<StoredEntry>,
    /// Ports on which a client waits for the way back, and who holds them.
    #[serde(default)]
    pub ports: Vec<PortReading>,
    /// Node and the programs that start mcp-remote, as the clients would find them.
    #[serde(default)]
    pub runtimes: Vec<RuntimeReading>,
    /// Entries of the hosts file that are not the usual ones.
    #[serde(default)]
    pub hosts: HostsReading,
    /// Running programs that use what is stored: clients and mcp-remote processes.
    #[serde(default)]
    pub running: Vec<RunningProgram>,
}

/// An address in a config may hold a password or a key.
impl fmt::Debug for Computer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        redact::debug(self, formatter)
    }
}

impl Computer {
    /// The configured server with this id.
    pub fn server(&self, id: &str) -> Option<&ConfiguredServer> {
        self.servers.iter().find(|server| server.id == id)
    }

    /// The stored entries that belong to this address, compared as people compare addresses.
    pub fn stored_for<'a>(&'a self, url: &'a str) -> impl Iterator<Item = &'a StoredEntry> + 'a {
        self.stored.iter().filter(move |entry| entry.server.as_deref().is_some_and(|server| same_server(server, url)))
    }
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
    /// The client's own limits keep it from using this entry at all (the problem says why).
    #[serde(default)]
    pub ignored: bool,
    /// Names of the environment variables that the config sets. Never their values.
    #[serde(default)]
    pub environment: Vec<String>,
    /// The id that was set up for the client at the sign-in service, when the config names one. Never its secret.
    #[serde(default)]
    pub client_id: Option<String>,
    /// What mcp-remote will do with it, for servers reached through it.
    #[serde(default)]
    pub mcp_remote: Option<McpRemoteUse>,
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

/// What mcp-remote will do with a configured server, as far as it can be told without starting it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct McpRemoteUse {
    /// The version that will run, when it can be told.
    pub version: Option<String>,
    /// Where that is known from.
    pub version_from: VersionFrom,
    /// Its config folder, as shown to a person.
    pub folder: String,
    /// The folder below it that this version reads and writes, e.g. `mcp-remote-v1`; `None` when the version is not known.
    pub store: Option<String>,
    /// The name that it gives to this server's files; `None` when a part of it is in a file or not known.
    pub hash: Option<String>,
    /// The port on which it will wait for the way back unless something stored says otherwise.
    pub port: Option<u16>,
    /// It may take another port when that one is held.
    pub walks_ports: bool,
    /// It will wait under this address for the way back, when that can be told.
    pub redirect_uri: Option<String>,
    /// The config brings a registration of its own, so nothing is registered.
    pub static_client: bool,
}

/// How the version of mcp-remote is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum VersionFrom {
    /// The config pins it.
    Pinned,
    /// The copy that npx keeps and uses again.
    NpxCopy,
    /// An installed copy.
    Installed,
    /// The newest that fits what the config says; npx would fetch it.
    Newest,
    /// It cannot be told.
    Unknown,
}

/// Something wrong with a config or a store.
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
    /// Stable, kebab-case: `not-json`, `smart-quotes`, `unreadable`, …; see [`ProblemKind`].
    pub kind: String,
    /// One plain sentence: what is wrong and where.
    pub what: String,
    /// The id of the configured server that it is about; `None` when it is about the whole file.
    #[serde(default)]
    pub server: Option<String>,
    /// The client does not get as far as a sign-in with it.
    #[serde(default)]
    pub stops: bool,
    /// Addresses that stand somewhere in a file that could not be read, so that it can be told whom it concerns.
    #[serde(default)]
    pub addresses: Vec<String>,
}

/// The kinds of [`ConfigProblem`], as they stand in its `kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "each is told by its sentence")]
pub enum ProblemKind {
    Empty,
    NotText,
    TooLarge,
    Unreadable,
    LinkLoop,
    NotJson,
    NotYaml,
    NotToml,
    SmartQuotes,
    Comments,
    TrailingComma,
    ByteOrderMark,
    WrongKey,
    WrongShape,
    SameNameTwice,
    UrlIgnored,
    UrlAndCommand,
    NoUrlNoCommand,
    TokenIgnored,
    HttpsOnly,
    TypeMissing,
    EntryRefused,
    FlagBeforeUrl,
    NoUrl,
    UnknownFlag,
    UndefinedVariable,
    SpaceInArgument,
    NeedsCmd,
    NotOnPath,
    DangerousVersion,
    TwoConfigs,
    StoreUnreadable,
    StoreNotJson,
    StoreLink,
    OpenToOthers,
    NotUtf8Name,
}

impl ProblemKind {
    /// The stable word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NotText => "not-text",
            Self::TooLarge => "too-large",
            Self::Unreadable => "unreadable",
            Self::LinkLoop => "link-loop",
            Self::NotJson => "not-json",
            Self::NotYaml => "not-yaml",
            Self::NotToml => "not-toml",
            Self::SmartQuotes => "smart-quotes",
            Self::Comments => "comments",
            Self::TrailingComma => "trailing-comma",
            Self::ByteOrderMark => "byte-order-mark",
            Self::WrongKey => "wrong-key",
            Self::WrongShape => "wrong-shape",
            Self::SameNameTwice => "same-name-twice",
            Self::UrlIgnored => "url-ignored",
            Self::UrlAndCommand => "url-and-command",
            Self::NoUrlNoCommand => "no-url-no-command",
            Self::TokenIgnored => "token-ignored",
            Self::HttpsOnly => "https-only",
            Self::TypeMissing => "type-missing",
            Self::EntryRefused => "entry-refused",
            Self::FlagBeforeUrl => "flag-before-url",
            Self::NoUrl => "no-url",
            Self::UnknownFlag => "unknown-flag",
            Self::UndefinedVariable => "undefined-variable",
            Self::SpaceInArgument => "space-in-argument",
            Self::NeedsCmd => "needs-cmd",
            Self::NotOnPath => "not-on-path",
            Self::DangerousVersion => "dangerous-version",
            Self::TwoConfigs => "two-configs",
            Self::StoreUnreadable => "store-unreadable",
            Self::StoreNotJson => "store-not-json",
            Self::StoreLink => "store-link",
            Self::OpenToOthers => "open-to-others",
            Self::NotUtf8Name => "not-utf8-name",
        }
    }
}

impl fmt::Display for ProblemKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

/// What one client has stored for one server, in one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct StoredEntry {
    /// Stable from one reading to the next as long as the entry is there: client, place and key.
    pub id: String,
    /// Whose store it is.
    pub client: ClientId,
    /// The server's URL, when the store says it or a known address fits.
    pub server: Option<String>,
    /// The name that the store gives to the server.
    pub name: Option<String>,
    /// The folder or file, as shown to a person (`~/…`).
    pub store: String,
    /// The entry's key within the store: mcp-remote's hash, a key of the JSON document. Never a secret.
    pub key: String,
    /// The version of the client that the store belongs to, when the place says it (mcp-remote's folders).
    pub version: Option<String>,
    /// The files that are this entry's alone. Empty for an entry inside a shared file.
    pub files: Vec<StoredFile>,
    /// What is in it.
    pub holds: Vec<Held>,
    /// Whether a configured server uses it.
    pub used: Used,
    /// Ids of the configured servers that use this very entry.
    pub used_by: Vec<String>,
    /// The registration's client id, which is no secret.
    pub client_id: Option<String>,
    /// The return addresses that were registered.
    pub redirect_uris: Vec<String>,
    /// The sign-in service that gave it, where that is stored.
    pub issuer: Option<String>,
    /// When the access token ends, in milliseconds since the Unix epoch.
    #[cfg_attr(feature = "bindings", ts(type = "number | null"))]
    pub expires_at_ms: Option<u64>,
    /// That time is only an estimate: the file's age and the lifetime in it.
    pub expiry_estimated: bool,
    /// When the registration's secret ends, in milliseconds since the Unix epoch.
    #[cfg_attr(feature = "bindings", ts(type = "number | null"))]
    pub secret_expires_at_ms: Option<u64>,
    /// When the newest part was written, in milliseconds since the Unix epoch.
    #[cfg_attr(feature = "bindings", ts(type = "number | null"))]
    pub modified_ms: Option<u64>,
    /// The lock, for entries that hold one.
    pub lock: Option<LockReading>,
    /// The parts could not be read or understood: one plain sentence each.
    pub troubles: Vec<String>,
    /// The contents were looked into. Not done for old entries of which there are very many.
    pub looked_into: bool,
    /// How it is cleared.
    pub how_to_clear: HowToClear,
}

/// One file of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct StoredFile {
    /// As shown to a person.
    pub path: String,
    /// What it is.
    pub kind: Held,
    /// In bytes.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub size: u64,
    /// In milliseconds since the Unix epoch.
    #[cfg_attr(feature = "bindings", ts(type = "number | null"))]
    pub modified_ms: Option<u64>,
    /// Other users of this computer may read it.
    pub open_to_others: bool,
    /// It is a link; links are never followed and never cleared.
    pub link: bool,
}

/// What a stored entry can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum Held {
    /// A registration (client id, return addresses).
    Registration,
    /// An access token.
    Tokens,
    /// A refresh token beside it.
    RefreshToken,
    /// The half of a sign-in that was not finished.
    Verifier,
    /// What was discovered for one sign-in.
    Discovery,
    /// A lock of a sign-in that is under way, or was.
    Lock,
    /// A short lease for a refresh.
    Lease,
    /// Scopes of the sign-in.
    Scopes,
    /// A log.
    Log,
    /// A half-written file of a crash.
    Temporary,
    /// Something encrypted, or in a shared store that is not opened.
    Sealed,
}

/// Whether a configured server uses a stored entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum Used {
    /// A configured server uses it.
    InUse,
    /// It belongs to a configured server, but what is configured now reads another place: nothing uses it any more.
    Leftover,
    /// No configured server fits.
    NoServer,
    /// It cannot be told.
    Unknown,
}

/// A lock file, and whether its owner is still there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct LockReading {
    /// The process that made it.
    pub pid: Option<u32>,
    /// The port on which it waits.
    pub port: Option<u16>,
    /// When it was made, in milliseconds since the Unix epoch.
    #[cfg_attr(feature = "bindings", ts(type = "number | null"))]
    pub at_ms: Option<u64>,
    /// The process is there. `None` when that could not be told.
    pub alive: Option<bool>,
    /// The port is held by somebody. `None` when that could not be told.
    pub port_held: Option<bool>,
    /// Nothing waits behind it: the owner is gone, or it is older than mcp-remote itself accepts.
    pub stale: bool,
}

/// How an entry is cleared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum HowToClear {
    /// The app can move the entry's files away.
    AppMovesFiles,
    /// The app can take one entry out of a file that holds other things too.
    AppEditsFile {
        /// The file, as shown to a person.
        file: String,
        /// The way to the entry inside the document: keys, or numbers for lists.
        at: Vec<String>,
    },
    /// Only the client can: its own way, step by step.
    ClientOnly {
        /// The steps.
        steps: Vec<String>,
    },
}

/// A port on which a client waits for the way back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct PortReading {
    /// The port.
    pub port: u16,
    /// The client that needs it.
    pub client: ClientId,
    /// The server for which, when the port depends on it.
    pub server: Option<String>,
    /// Who holds it.
    pub state: PortState,
}

/// Who holds a port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum PortState {
    /// Nobody.
    Free,
    /// Somebody.
    Held {
        /// The program, when it could be told.
        program: Option<String>,
        /// The process, when it could be told.
        pid: Option<u32>,
        /// It says itself that it is mcp-remote, waiting for this server's files (its hash; empty when it says none).
        mcp_remote: Option<String>,
    },
    /// Nobody holds it, and the system does not give it out either.
    Reserved,
    /// It could not be told.
    Unknown {
        /// Why, as a clause.
        why: String,
    },
}

/// Node, or a program that starts mcp-remote, as a client would find it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct RuntimeReading {
    /// `node`, `npx`, `bunx`, …
    pub program: String,
    /// Where it was looked for.
    pub seen_from: SeenFrom,
    /// Where it is, as shown to a person. `None`: not there.
    pub path: Option<String>,
    /// Its version, when it could be told without starting it.
    pub version: Option<String>,
}

/// On whose search path a program was looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum SeenFrom {
    /// A program started from the desktop.
    Desktop,
    /// A program started in a terminal.
    Terminal,
    /// A version manager's folder below the home.
    VersionFolder,
}

/// What the hosts file says beyond the usual.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct HostsReading {
    /// The file, as shown to a person. `None`: nobody looked.
    pub file: Option<String>,
    /// It could not be read (why, as a clause).
    pub unreadable: Option<String>,
    /// Names other than this computer's own, with the address given to them and the line.
    pub overrides: Vec<HostsEntry>,
    /// The addresses given to `localhost`.
    pub localhost: Vec<String>,
}

/// One name of the hosts file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct HostsEntry {
    /// In lower case.
    pub name: String,
    /// The address.
    pub address: String,
    /// The line, from 1.
    pub line: usize,
}

/// A running program that uses what is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct RunningProgram {
    /// Its number.
    pub pid: u32,
    /// The client that it is.
    pub client: ClientId,
    /// The program's name.
    pub program: String,
    /// The server that it was started for, for mcp-remote.
    pub server: Option<String>,
    /// Its parent is gone.
    pub orphan: bool,
}

/// Whether two addresses are the same server for a person: scheme and host without regard to case, the usual port left out,
/// one slash at the end more or less.
pub fn same_server(one: &str, other: &str) -> bool {
    one == other || plain_address(one) == plain_address(other)
}

/// An address in the one form in which [`same_server`] compares.
pub fn plain_address(address: &str) -> String {
    match url::Url::parse(address.trim()) {
        Ok(mut url) => {
            url.set_fragment(None);
            url.as_str().trim_end_matches('/').to_owned()
        }
        Err(_) => address.trim().trim_end_matches('/').to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_compared_as_people_do() {
        assert!(same_server("https://MCP.example.com:443/mcp/", "https://mcp.example.com/mcp"));
        assert!(!same_server("https://mcp.example.com/mcp", "http://mcp.example.com/mcp"));
        assert!(!same_server("https://mcp.example.com/mcp", "https://mcp.example.com/sse"));
    }
}

//! What the clients have stored. Contents are looked into for their shape only; no token is kept.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs::{self, Metadata};
use std::io;
use std::path::{MAIN_SEPARATOR_STR, Path, PathBuf};

use mcp_auth_diagnosis::clients::ClientId;
use mcp_auth_diagnosis::computer::homes::Base;
use mcp_auth_diagnosis::computer::mcp_remote::{self, Named, WAYS_OF_NAMING};
use mcp_auth_diagnosis::computer::servers::Found;
use mcp_auth_diagnosis::computer::stores::{self, Expiry, STORES, Said, Store};
use mcp_auth_diagnosis::computer::text::{self, Format};
use mcp_auth_diagnosis::computer::{
    ConfigProblem, Held, HowToClear, LockReading, ProblemKind, Route, StoredEntry, StoredFile, Used, plain_address,
};
use sha2::{Digest, Sha256};

use super::Machine;
use super::files::{self, LARGEST, modified_ms};
use super::remote::Remote;

/// Contents of no more entries than this are looked into, beyond those that configured servers use.
const LOOKED_INTO: usize = 300;
/// A file of mcp-remote's is a few kilobytes.
const LARGEST_ENTRY: u64 = 1024 * 1024;
/// mcp-remote itself ignores a lock that is older.
const LOCK_LIVES_MS: u64 = 30 * 60 * 1000;

/// Where the parts of an entry really are: for the one crate that may move them. Never shown, never sent to the window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The folder of the store, below which every file of the entry is.
    pub root: PathBuf,
    /// The entry's own files.
    pub files: Vec<PathBuf>,
    /// The document that holds the entry, and the way to it.
    pub edit: Option<(PathBuf, Vec<String>)>,
}

/// What is stored, and where it really is.
#[derive(Default)]
pub(crate) struct Stores {
    pub entries: Vec<StoredEntry>,
    pub places: BTreeMap<String, Place>,
    pub problems: Vec<ConfigProblem>,
    /// Only who moves things needs the places, and they are a third of the memory.
    keeps_places: bool,
}

/// Reads every store.
pub(crate) fn read(machine: &Machine, found: &[Found], remotes: &[Remote], keeps_places: bool) -> Stores {
    let mut stores = Stores { keeps_places, ..Stores::default() };
    let urls = addresses(machine, found);
    let by_client = ByClient::of(found);
    stores.mcp_remote(machine, found, remotes, &urls);
    let mut seen = HashSet::new();
    for store in STORES.iter().filter(|store| store.system.is_none_or(|of| machine.systems.contains(&of))) {
        // Several variables may lead to one file.
        let path = machine.ground().place(store.base, store.path);
        if seen.insert((store.client, path.clone())) {
            stores.document(machine, store, &path, &by_client);
        }
    }
    let has_kiro = found.iter().any(|found| found.server.client == ClientId::Kiro);
    stores.hashed_files(machine, has_kiro, &by_client, &urls);
    stores.sealed(machine, found);
    stores
}

/// Every address that is known here, as written.
fn addresses(machine: &Machine, found: &[Found]) -> BTreeSet<String> {
    let configured = found.iter().filter_map(|found| found.server.url.clone());
    machine.urls.iter().cloned().chain(configured).collect()
}

/// Addresses of well-known servers, to put a name to files that no config explains.
const WELL_KNOWN: [&str; 16] = [
    "https://mcp.linear.app/sse",
    "https://mcp.linear.app/mcp",
    "https://mcp.notion.com/mcp",
    "https://mcp.notion.com/sse",
    "https://mcp.atlassian.com/v1/sse",
    "https://mcp.atlassian.com/v1/mcp",
    "https://mcp.sentry.dev/mcp",
    "https://mcp.sentry.dev/sse",
    "https://mcp.asana.com/sse",
    "https://mcp.intercom.com/sse",
    "https://mcp.paypal.com/sse",
    "https://mcp.squareup.com/sse",
    "https://mcp.webflow.com/sse",
    "https://bindings.mcp.cloudflare.com/sse",
    "https://observability.mcp.cloudflare.com/sse",
    "https://api.githubcopilot.com/mcp/",
];

/// One server's files in one folder.
struct Group {
    hash: String,
    files: Vec<Part>,
    newest: u64,
}

/// A file of an entry, with what its folder says of it. Thousands are held at once, so nothing more is kept.
struct Part {
    path: PathBuf,
    kind: Held,
    size: u64,
    modified_ms: Option<u64>,
    is_link: bool,
    is_open: bool,
}

impl Part {
    /// `None` for a folder, or where the system does not tell.
    fn of(entry: &fs::DirEntry, kind: Held) -> Option<Self> {
        let metadata = entry.metadata().ok().filter(|metadata| !metadata.is_dir())?;
        Some(Self {
            path: entry.path(),
            kind,
            size: metadata.len(),
            modified_ms: modified_ms(&metadata),
            is_link: metadata.is_symlink(),
            is_open: is_open(&metadata),
        })
    }
}

impl Stores {
    fn problem(&mut self, client: ClientId, path: String, kind: ProblemKind, what: &str) {
        self.problems.push(ConfigProblem {
            client,
            what: format!("{path} {what}."),
            config: path,
            line: None,
            column: None,
            kind: kind.word().to_owned(),
            server: None,

            addresses: Vec::new(),
            stops: false,
        });
    }

    fn mcp_remote(&mut self, machine: &Machine, found: &[Found], remotes: &[Remote], urls: &BTreeSet<String>) {
        let mut names: HashMap<String, String> = HashMap::new();
        for url in WELL_KNOWN.iter().map(|url| (*url).to_owned()).chain(urls.iter().flat_map(|url| spellings(url))) {
            names.insert(plain_hash(&url), url);
        }
        for remote in remotes {
            if let Some(url) = &found[remote.at].server.url {
                names.extend(remote.hashes.keys().map(|hash| (hash.clone(), url.clone())));
            }
        }
        let mut bases: BTreeSet<PathBuf> = remotes.iter().map(|remote| remote.base.clone()).collect();
        bases.insert(machine.ground().mcp_remote(None));
        for base in bases {
            self.base(machine, &base, found, remotes, &names);
        }
    }

    fn base(
        &mut self,
        machine: &Machine,
        base: &Path,
        found: &[Found],
        remotes: &[Remote],
        names: &HashMap<String, String>,
    ) {
        let shown = machine.shown(base);
        let Ok(metadata) = fs::symlink_metadata(base) else { return };
        let linked = metadata.is_symlink();
        if linked {
            self.problem(
                ClientId::McpRemote,
                shown.clone(),
                ProblemKind::StoreLink,
                "is a link to another folder; what is stored there is shown, but the app clears nothing behind a link",
            );
        }
        let entries = match fs::read_dir(base) {
            Ok(entries) => entries,
            Err(error) => {
                let what = files::refused(&error).what;
                self.problem(ClientId::McpRemote, shown, ProblemKind::StoreUnreadable, &what);
                return;
            }
        };
        let mut flat = Vec::new();
        let mut folders = Vec::new();
        for entry in entries.flatten() {
            let Some(name) = entry.file_name().to_str().map(str::to_owned) else {
                let place = machine.shown(&entry.path());
                let what = "has a name that is no text (not UTF-8); mcp-remote made no such file, and it is left alone";
                self.problem(ClientId::McpRemote, place, ProblemKind::NotUtf8Name, what);
                continue;
            };
            if mcp_remote::written_by(&name).is_some() {
                match entry.file_type() {
                    Ok(kind) if kind.is_symlink() => {
                        let place = machine.shown(&entry.path());
                        let what = "is a link; links are not followed, and nothing behind it is cleared";
                        self.problem(ClientId::McpRemote, place, ProblemKind::StoreLink, what);
                    }
                    Ok(kind) if kind.is_dir() => folders.push((name, entry.path())),
                    _ => {}
                }
            } else if mcp_remote::file(&name).is_some() {
                flat.push((name, entry));
            }
        }
        folders.sort();
        let in_use = InUse::of(base, found, remotes);
        let mut budget = LOOKED_INTO;
        if !flat.is_empty() {
            let groups = group(flat);
            self.folder(machine, base, "", base, groups, &in_use, names, linked, &mut budget);
        }
        // The newest versions first: what is old is the last to be looked into.
        folders.reverse();
        for (name, folder, listed) in list(folders) {
            match listed {
                Ok(groups) => {
                    self.folder(machine, base, &name, &folder, groups, &in_use, names, linked, &mut budget);
                }
                Err(error) => {
                    let what = files::refused(&error).what;
                    self.problem(ClientId::McpRemote, machine.shown(&folder), ProblemKind::StoreUnreadable, &what);
                }
            }
        }
    }

    #[allow(clippy::too_many_arguments, reason = "one folder of one config folder, called twice")]
    fn folder(
        &mut self,
        machine: &Machine,
        base: &Path,
        name: &str,
        folder: &Path,
        groups: Vec<Group>,
        in_use: &InUse<'_>,
        names: &HashMap<String, String>,
        linked: bool,
        budget: &mut usize,
    ) {
        let store = machine.shown(folder);
        let version = mcp_remote::written_by(name).map(|(.., words)| words);
        let mut open = 0_usize;
        let reachable = is_reachable(folder);
        self.entries.reserve(groups.len());
        for group in groups {
            let users = in_use.users(name, &group.hash);
            let server = names.get(&group.hash).cloned();
            let used = if !users.is_empty() {
                Used::InUse
            } else if in_use.cannot_tell {
                Used::Unknown
            } else if server.as_deref().is_some_and(|server| in_use.reaches(server)) {
                Used::Leftover
            } else {
                Used::NoServer
            };
            let look_into = used == Used::InUse || (server.is_some() && *budget > 0) || *budget > LOOKED_INTO / 2;
            if look_into && used != Used::InUse {
                *budget = budget.saturating_sub(1);
            }
            let windows = in_use.windows(&group.hash);
            let mut entry = StoredEntry {
                server,
                store: store.clone(),
                version: version.clone(),
                used,
                used_by: users,
                looked_into: look_into,
                modified_ms: Some(group.newest).filter(|newest| *newest > 0),
                how_to_clear: if linked {
                    HowToClear::ClientOnly {
                        steps: vec![format!(
                            "{} is a link. Open the folder that it leads to and move the files there.",
                            machine.shown(base)
                        )],
                    }
                } else {
                    HowToClear::AppMovesFiles
                },
                ..empty(["mcp-remote|", &store, "|", &group.hash].concat(), ClientId::McpRemote)
            };
            entry.key = group.hash;
            entry.files.reserve_exact(group.files.len());
            let mut said = Said::default();
            let mut paths = Vec::with_capacity(group.files.len());
            for Part { path, kind, size, modified_ms, is_link: link, is_open } in group.files {
                let open_to_others =
                    reachable && is_open && matches!(kind, Held::Tokens | Held::Registration | Held::Log);
                open += usize::from(open_to_others && kind == Held::Tokens && !link);
                if !entry.holds.contains(&kind) {
                    entry.holds.push(kind);
                }
                if link {
                    let what = format!("{} is a link and is not looked into", machine.shown(&path));
                    entry.troubles.push(what);
                } else if look_into {
                    entry.look_into(machine, &path, kind, modified_ms, &mut said, windows);
                }
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                entry.files.push(StoredFile {
                    path: [store.as_str(), MAIN_SEPARATOR_STR, &*name].concat(),
                    kind,
                    size,
                    modified_ms,
                    open_to_others,
                    link,
                });
                paths.push(path);
            }
            entry.take(said);
            self.add(entry, || Place { root: base.to_path_buf(), files: paths, edit: None });
        }
        if open > 0 {
            let many = if open == 1 { "a saved sign-in".to_owned() } else { format!("{open} saved sign-ins") };
            let what = format!("holds {many} that other users of this computer can read");
            self.problem(ClientId::McpRemote, store, ProblemKind::OpenToOthers, &what);
        }
    }

    /// A document with the entries of many servers.
    fn document(&mut self, machine: &Machine, store: &Store, path: &Path, found: &ByClient<'_>) {
        if !machine.may_look(path) {
            return;
        }
        let shown = machine.shown(path);
        let text = match files::text(path, LARGEST) {
            Ok(Some(text)) => text,
            Ok(None) => return,
            Err(refused) => {
                self.problem(store.client, shown, ProblemKind::StoreUnreadable, &refused.what);
                return;
            }
        };
        if text.trim().is_empty() {
            self.problem(store.client, shown, ProblemKind::StoreNotJson, "is empty; nothing is stored in it");
            return;
        }
        let root = match text::read(&text, Format::Json) {
            Ok((root, _)) => root,
            Err(fault) => {
                // Cline's store is its config, which is complained about there.
                if store.part.is_none() {
                    let place = text::place(&text, fault.at);
                    let what = format!(
                        "cannot be read (line {}, column {}); it was perhaps cut off while it was written",
                        place.line, place.column
                    );
                    self.problem(store.client, shown, ProblemKind::StoreNotJson, &what);
                }
                return;
            }
        };
        let link = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink());
        let modified = fs::metadata(path).ok().as_ref().and_then(modified_ms);
        let entries = stores::entries(&root, store);
        let holds_tokens = entries.iter().any(|(.., said)| said.holds.contains(&Held::Tokens));
        let open = || fs::metadata(path).is_ok_and(|metadata| is_open(&metadata));
        if holds_tokens && open() && path.parent().is_some_and(is_reachable) {
            let what = "holds saved sign-ins that other users of this computer can read";
            self.problem(store.client, shown.clone(), ProblemKind::OpenToOthers, what);
        }
        for (key, at, said) in entries {
            let users = found.users(store.client, said.server.as_deref(), said.name.as_deref());
            let id = format!("{}|{shown}|{key}", store.client);
            let how_to_clear = if link {
                HowToClear::ClientOnly { steps: stores::own_way(store.client, said.name.as_deref()) }
            } else {
                stores::how_to_clear(store.client, said.name.as_deref(), &shown, &at)
            };
            let mut entry = StoredEntry {
                store: shown.clone(),
                key,
                used: if users.is_empty() { Used::NoServer } else { Used::InUse },
                used_by: users,
                looked_into: true,
                modified_ms: modified,
                how_to_clear,
                ..empty(id, store.client)
            };
            entry.take(said);
            let root = path.parent().map(Path::to_path_buf).unwrap_or_default();
            self.add(entry, || Place { root, files: Vec::new(), edit: Some((path.to_path_buf(), at)) });
        }
    }

    /// Stores with files of their own for each server, named by a hash of its address.
    fn hashed_files(&mut self, machine: &Machine, has_kiro: bool, found: &ByClient<'_>, urls: &BTreeSet<String>) {
        let ground = machine.ground();
        let copilot = ground.place(Base::Variable("COPILOT_HOME", ".copilot"), "mcp-oauth-config");
        let by_hash: HashMap<String, &String> = urls.iter().map(|url| (sha256(url), url)).collect();
        let of_copilot = |name: &str| {
            let (key, rest) = name.split_at_checked(64)?;
            let kind = match rest {
                ".tokens.json" => Held::Tokens,
                ".json" => Held::Registration,
                ".verifier" => Held::Verifier,
                ".secret" => Held::Sealed,
                _ => return None,
            };
            is_hex(key).then(|| (key.to_owned(), kind))
        };
        self.files_by_key(machine, ClientId::CopilotCli, &copilot, found, of_copilot, |key| {
            by_hash.get(key).map(|url| (*url).clone())
        });

        let sso = ground.place(Base::Home, ".aws/sso/cache");
        let by_place: HashMap<String, &String> = urls
            .iter()
            .filter_map(|url| {
                let parsed = url::Url::parse(url).ok()?;
                Some((sha256(&format!("{}{}", parsed.origin().ascii_serialization(), parsed.path())), url))
            })
            .collect();
        // The folder holds other sign-ins too: only names that a known server explains are looked at.
        let of_amazon = |name: &str| {
            let (key, rest) = name.split_at_checked(64)?;
            let kind = match rest {
                ".token.json" => Held::Tokens,
                ".registration.json" => Held::Registration,
                _ => return None,
            };
            by_place.contains_key(key).then(|| (key.to_owned(), kind))
        };
        let client = if has_kiro { ClientId::Kiro } else { ClientId::AmazonQ };
        self.files_by_key(machine, client, &sso, found, of_amazon, |key| by_place.get(key).map(|url| (*url).clone()));

        let fastmcp = ground.place(Base::Home, ".fastmcp/oauth-mcp-client-cache");
        let by_origin: HashMap<String, String> = urls
            .iter()
            .filter_map(|url| {
                let origin = url::Url::parse(url).ok()?.origin().ascii_serialization();
                Some((fastmcp_name(&origin), origin))
            })
            .collect();
        let of_fastmcp = |name: &str| {
            let (key, kind) = match name.strip_suffix("_tokens.json") {
                Some(key) => (key, Held::Tokens),
                None => (name.strip_suffix("_client_info.json")?, Held::Registration),
            };
            Some((key.to_owned(), kind))
        };
        self.files_by_key(machine, ClientId::FastMcp, &fastmcp, found, of_fastmcp, |key| by_origin.get(key).cloned());
    }

    fn files_by_key(
        &mut self,
        machine: &Machine,
        client: ClientId,
        folder: &Path,
        found: &ByClient<'_>,
        parse: impl Fn(&str) -> Option<(String, Held)>,
        server: impl Fn(&str) -> Option<String>,
    ) {
        if !machine.may_look(folder) {
            return;
        }
        let Ok(entries) = fs::read_dir(folder) else { return };
        let mut groups: BTreeMap<String, Vec<Part>> = BTreeMap::new();
        for entry in entries.flatten() {
            let Some((key, kind)) = entry.file_name().to_str().and_then(&parse) else { continue };
            let Some(part) = Part::of(&entry, kind) else { continue };
            groups.entry(key).or_default().push(part);
        }
        let store = machine.shown(folder);
        let reachable = is_reachable(folder);
        let mut budget = LOOKED_INTO;
        for (key, files) in groups {
            let id = format!("{client}|{store}|{key}");
            let mut entry = StoredEntry {
                server: server(&key),
                store: store.clone(),
                key,
                looked_into: budget > 0,
                how_to_clear: HowToClear::AppMovesFiles,
                ..empty(id, client)
            };
            budget = budget.saturating_sub(1);
            let mut said = Said::default();
            let mut paths = Vec::new();
            for Part { path, kind, size, modified_ms, is_link: link, is_open } in files {
                if !entry.holds.contains(&kind) {
                    entry.holds.push(kind);
                }
                if link {
                    entry.troubles.push(format!("{} is a link and is not looked into", machine.shown(&path)));
                } else if entry.looked_into && matches!(kind, Held::Tokens | Held::Registration) {
                    entry.look_into(machine, &path, kind, modified_ms, &mut said, false);
                }
                entry.modified_ms = entry.modified_ms.max(modified_ms);
                entry.files.push(StoredFile {
                    path: machine.shown(&path),
                    kind,
                    size,
                    modified_ms,
                    open_to_others: reachable && is_open,
                    link,
                });
                paths.push(path);
            }
            entry.take(said);
            entry.used_by = found.users(client, entry.server.as_deref(), None);
            entry.used = if entry.used_by.is_empty() { Used::NoServer } else { Used::InUse };
            self.add(entry, || Place { root: folder.to_path_buf(), files: paths, edit: None });
        }
    }

    /// Stores that are encrypted or hold everything of a client: that they are there, and the client's own way.
    fn sealed(&mut self, machine: &Machine, found: &[Found]) {
        use mcp_auth_diagnosis::computer::System;
        const DATABASE: &str = "User/globalStorage/state.vscdb";
        let ground = machine.ground();
        let mut candidates: Vec<(ClientId, PathBuf)> = vec![
            (ClientId::Codex, ground.place(Base::Variable("CODEX_HOME", ".codex"), "secrets/mcp_oauth.age")),
            (ClientId::Goose, ground.place(Base::XdgConfig, "goose/secrets.yaml")),
            (
                ClientId::GeminiCli,
                ground.place(Base::Variable("GEMINI_CLI_HOME", ""), ".gemini/gemini-credentials.json"),
            ),
            (ClientId::QwenCode, ground.place(Base::Variable("QWEN_HOME", ".qwen"), "mcp-oauth-tokens-v2.json")),
        ];
        for system in &machine.systems {
            let base = match system {
                System::Linux => Base::XdgConfig,
                System::MacOs => Base::AppSupport,
                System::Windows => Base::AppData,
            };
            for (client, folder) in [
                (ClientId::VsCode, "Code"),
                (ClientId::VsCode, "Code - Insiders"),
                (ClientId::Cursor, "Cursor"),
                (ClientId::Windsurf, "Windsurf"),
            ] {
                candidates.push((client, ground.place(base, &format!("{folder}/{DATABASE}"))));
            }
        }
        // The database of an editor is always there; it matters where the editor signs in to a server.
        let signs_in = |client: ClientId| {
            let native = |one: &&Found| one.server.client == client && matches!(one.server.route, Route::Native { .. });
            found.iter().any(|one| native(&one))
        };
        candidates.retain(|(client, path)| machine.may_look(path) && signs_in(*client));
        for (client, path) in candidates {
            let Ok(metadata) = fs::metadata(&path) else { continue };
            if !metadata.is_file() {
                continue;
            }
            let shown = machine.shown(&path);
            let entry = StoredEntry {
                store: shown.clone(),
                key: path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
                holds: vec![Held::Sealed],
                used: Used::Unknown,
                modified_ms: modified_ms(&metadata),
                how_to_clear: HowToClear::ClientOnly { steps: stores::own_way(client, None) },
                ..empty(format!("{client}|{shown}|"), client)
            };
            self.entries.push(entry);
        }
        // FastMCP's and mcp-use's other stores are files of their own shape: shown, cleared by hand.
        for place in [".mcp-use/oauth", ".mcp_use/tokens"] {
            let path = ground.place(Base::Home, place);
            if machine.may_look(&path) && path.is_dir() {
                let shown = machine.shown(&path);
                self.entries.push(StoredEntry {
                    store: shown.clone(),
                    key: String::new(),
                    holds: vec![Held::Sealed],
                    used: Used::Unknown,
                    how_to_clear: HowToClear::ClientOnly {
                        steps: vec![format!(
                            "Quit the program that uses mcp-use, then move the server's file away from {shown}."
                        )],
                    },
                    ..empty(format!("mcp-use|{shown}|"), ClientId::McpUse)
                });
            }
        }
    }

    fn add(&mut self, entry: StoredEntry, place: impl FnOnce() -> Place) {
        if self.keeps_places {
            self.places.insert(entry.id.clone(), place());
        }
        self.entries.push(entry);
    }
}

/// What the configured servers use below one config folder.
struct InUse<'a> {
    /// By folder and by hash, the ids of the servers that use them.
    keys: HashMap<String, HashMap<String, Vec<String>>>,
    /// Addresses that are reached through mcp-remote below this folder, in plain form.
    urls: HashSet<String>,
    /// Hashes that belong to clients on Windows.
    on_windows: BTreeSet<&'a str>,
    /// A server's files cannot be told from its config.
    cannot_tell: bool,
}

impl<'a> InUse<'a> {
    fn of(base: &Path, found: &'a [Found], remotes: &'a [Remote]) -> Self {
        let mut this =
            Self { keys: HashMap::new(), urls: HashSet::new(), on_windows: BTreeSet::new(), cannot_tell: false };
        for remote in remotes.iter().filter(|remote| remote.base == base) {
            let server = &found[remote.at].server;
            if server.disabled {
                continue;
            }
            this.urls.extend(server.url.as_deref().map(plain_address));
            let Some(uses) = &server.mcp_remote else { continue };
            match (remote.version, &uses.store, &uses.hash) {
                (Some(_), Some(store), Some(hash)) => {
                    this.keys
                        .entry(store.clone())
                        .or_default()
                        .entry(hash.clone())
                        .or_default()
                        .push(server.id.clone());
                    if remote.windows {
                        this.on_windows.insert(hash);
                    }
                }
                _ => this.cannot_tell = true,
            }
        }
        this
    }

    fn users(&self, folder: &str, hash: &str) -> Vec<String> {
        self.keys.get(folder).and_then(|hashes| hashes.get(hash)).cloned().unwrap_or_default()
    }

    fn reaches(&self, server: &str) -> bool {
        self.urls.contains(&plain_address(server))
    }

    fn windows(&self, hash: &str) -> bool {
        self.on_windows.contains(hash)
    }
}

/// The configured servers by client and address, and by client and name.
struct ByClient<'a> {
    addresses: HashMap<(ClientId, String), Vec<&'a Found>>,
    names: HashMap<(ClientId, &'a str), Vec<&'a Found>>,
}

impl<'a> ByClient<'a> {
    fn of(found: &'a [Found]) -> Self {
        let mut this = Self { addresses: HashMap::new(), names: HashMap::new() };
        // What is reached through a program does not use what its client stores for its own sign-ins.
        let own = |one: &&Found| !one.server.disabled && matches!(one.server.route, Route::Native { .. });
        for one in found.iter().filter(own) {
            let Some(url) = &one.server.url else { continue };
            this.addresses.entry((one.server.client, plain_address(url))).or_default().push(one);
            this.names.entry((one.server.client, one.server.name.as_str())).or_default().push(one);
        }
        this
    }

    /// Ids of the servers of a client that use an entry: by address, else by name.
    fn users(&self, client: ClientId, server: Option<&str>, name: Option<&str>) -> Vec<String> {
        let found = match (server, name) {
            (Some(server), _) => self.addresses.get(&(client, plain_address(server))),
            (None, Some(name)) => self.names.get(&(client, name)),
            (None, None) => None,
        };
        let found: Vec<&Found> = found.into_iter().flatten().copied().collect();
        // Where the store says a name as well, servers with the same address have entries of their own.
        let by_name = |one: &&&Found| name == Some(one.server.name.as_str());
        let named: Vec<&Found> = found.iter().filter(by_name).copied().collect();
        let users = if named.is_empty() { found } else { named };
        users.into_iter().map(|one| one.server.id.clone()).collect()
    }
}

fn empty(id: String, client: ClientId) -> StoredEntry {
    StoredEntry {
        id,
        client,
        server: None,
        name: None,
        store: String::new(),
        key: String::new(),
        version: None,
        files: Vec::new(),
        holds: Vec::new(),
        used: Used::Unknown,
        used_by: Vec::new(),
        client_id: None,
        redirect_uris: Vec::new(),
        issuer: None,
        expires_at_ms: None,
        expiry_estimated: false,
        secret_expires_at_ms: None,
        modified_ms: None,
        lock: None,
        troubles: Vec::new(),
        looked_into: false,
        how_to_clear: HowToClear::AppMovesFiles,
    }
}

/// What an entry learns from its parts.
trait Learn {
    fn look_into(
        &mut self,
        machine: &Machine,
        path: &Path,
        kind: Held,
        modified_ms: Option<u64>,
        said: &mut Said,
        windows: bool,
    );
    fn take(&mut self, said: Said);
}

impl Learn for StoredEntry {
    fn look_into(
        &mut self,
        machine: &Machine,
        path: &Path,
        kind: Held,
        modified_ms: Option<u64>,
        said: &mut Said,
        windows: bool,
    ) {
        if !matches!(kind, Held::Registration | Held::Tokens | Held::Lock) {
            return;
        }
        let shown = machine.shown(path);
        let text = match files::text(path, LARGEST_ENTRY) {
            Ok(Some(text)) => text,
            Ok(None) => return,
            Err(refused) => return self.troubles.push(format!("{shown} {}", refused.what)),
        };
        if text.trim().is_empty() {
            return self.troubles.push(format!("{shown} is empty"));
        }
        let root = match text::read(&text, Format::Json) {
            Ok((root, _)) if root.is_table() => root,
            Ok(_) => return self.troubles.push(format!("{shown} does not hold what mcp-remote writes")),
            Err(_) => {
                return self
                    .troubles
                    .push(format!("{shown} cannot be read; it was perhaps cut off while it was written"));
            }
        };
        if kind == Held::Lock {
            let number = |name: &str| root.get(name).and_then(text::Node::number);
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what fits")]
            let whole = |name: &str, most: f64| number(name).map(|number| number.clamp(0.0, most) as u64);
            let pid = whole("pid", 4_294_967_295.0).and_then(|pid| u32::try_from(pid).ok());
            let port = whole("port", 65_535.0).and_then(|port| u16::try_from(port).ok());
            let at_ms = whole("timestamp", 9.0e15);
            let alive = pid.and_then(|pid| super::processes::is_alive(machine, pid));
            let old = at_ms.is_none_or(|at| machine.now_ms.saturating_sub(at) > LOCK_LIVES_MS);
            let port_held = match port {
                Some(port) if !old && alive != Some(false) => super::ports::answers(port),
                _ => None,
            };
            // On Windows it is written and never read.
            let stale = !windows && (old || alive == Some(false) || port_held == Some(false));
            self.lock = Some(LockReading { pid, port, at_ms, alive, port_held, stale });
            return;
        }
        let mut part = stores::said(&root, Expiry::Milliseconds);
        if let (None, Some(expires_in), Some(written)) = (part.expires_at_ms, part.expires_in, modified_ms) {
            part.expires_at_ms = Some(written + expires_in.saturating_mul(1000));
            self.expiry_estimated = true;
        }
        // The kind of the file says what it is; contents add only what a name cannot say.
        part.holds.retain(|held| *held == Held::RefreshToken);
        said.and(part);
    }

    fn take(&mut self, said: Said) {
        for held in said.holds {
            if !self.holds.contains(&held) {
                self.holds.push(held);
            }
        }
        self.holds.sort();
        self.server = self.server.take().or(said.server);
        self.name = said.name;
        self.client_id = said.client_id;
        self.redirect_uris = said.redirect_uris;
        self.issuer = said.issuer;
        self.expires_at_ms = said.expires_at_ms;
        self.secret_expires_at_ms = said.secret_expires_at_ms;
    }
}

/// A folder of a version, and the files in it.
type Listed = (String, PathBuf, io::Result<Vec<Group>>);

/// Lists folders, several at once: most of the time goes into waiting for the system.
fn list(folders: Vec<(String, PathBuf)>) -> Vec<Listed> {
    /// Fewer folders are not worth a thread.
    const WORTH_IT: usize = 4;
    let one = |(name, folder): &(String, PathBuf)| -> Listed {
        let listed = fs::read_dir(folder).map(|entries| {
            group(entries.flatten().filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry))))
        });
        (name.clone(), folder.clone(), listed)
    };
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(4);
    if folders.len() < WORTH_IT || threads == 1 {
        return folders.iter().map(one).collect();
    }
    std::thread::scope(|scope| {
        let parts: Vec<_> = folders
            .chunks(folders.len().div_ceil(threads))
            .map(|part| (part, scope.spawn(move || part.iter().map(one).collect::<Vec<Listed>>())))
            .collect();
        // A part whose thread broke off is listed again, here.
        parts
            .into_iter()
            .flat_map(|(part, thread)| thread.join().unwrap_or_else(|_| part.iter().map(one).collect()))
            .collect()
    })
}

/// The files of a folder by hash, newest first.
fn group(entries: impl IntoIterator<Item = (String, fs::DirEntry)>) -> Vec<Group> {
    let mut groups: HashMap<String, Group> = HashMap::new();
    for (name, entry) in entries {
        let Some((hash, kind)) = mcp_remote::file(&name) else { continue };
        let Some(file) = Part::of(&entry, kind) else { continue };
        let newest = file.modified_ms.unwrap_or(0);
        // A home may hold thousands: the key is made only when it is new.
        match groups.get_mut(hash) {
            Some(group) => {
                group.newest = group.newest.max(newest);
                group.files.push(file);
            }
            None => {
                let mut files = Vec::with_capacity(2);
                files.push(file);
                groups.insert(hash.to_owned(), Group { hash: hash.to_owned(), files, newest });
            }
        }
    }
    let mut groups: Vec<Group> = groups.into_values().collect();
    for group in &mut groups {
        group.files.sort_by(|one, other| one.path.cmp(&other.path));
    }
    groups.sort_by(|one, other| other.newest.cmp(&one.newest).then_with(|| one.hash.cmp(&other.hash)));
    groups
}

/// How people and clients spell the same address: with and without a slash, and the neighbours that were tried before.
fn spellings(url: &str) -> Vec<String> {
    let bare = url.trim_end_matches('/');
    vec![format!("{bare}/"), bare.to_owned(), url.to_owned()]
}

/// mcp-remote's name for a server without flags, which is the same in every version.
fn plain_hash(url: &str) -> String {
    mcp_remote::hash(&Named { url: url.to_owned(), ..Named::default() }, WAYS_OF_NAMING[0])
}

fn sha256(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// FastMCP's name for an origin.
fn fastmcp_name(origin: &str) -> String {
    let mut name = String::new();
    for character in origin.chars() {
        let character = if "./\\:*?\"<>| ".contains(character) { '_' } else { character };
        if character != '_' || !name.ends_with('_') {
            name.push(character);
        }
    }
    name.trim_matches('_').to_owned()
}

/// Everybody may read the file, once they get to it.
#[cfg(unix)]
fn is_open(metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    metadata.mode() & 0o004 != 0
}

/// Everybody gets as far as this folder: most homes are closed to others as a whole.
#[cfg(unix)]
fn is_reachable(folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let lets_through = |folder: &Path| fs::metadata(folder).is_ok_and(|metadata| metadata.mode() & 0o001 != 0);
    folder.ancestors().filter(|folder| !folder.as_os_str().is_empty()).all(lets_through)
}

#[cfg(not(unix))]
fn is_open(_: &Metadata) -> bool {
    false
}

#[cfg(not(unix))]
fn is_reachable(_: &Path) -> bool {
    false
}

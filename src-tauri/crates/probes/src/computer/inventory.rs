//! The clients and their configs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use mcp_auth_diagnosis::clients::ClientId;
use mcp_auth_diagnosis::computer::homes::{
    self, CLAUDE_STORE_APP, HOMES, Home, IN_PROJECTS, MARKS, PROJECT_LISTS, SWITCHES,
};
use mcp_auth_diagnosis::computer::servers::{self, Found, Reading};
use mcp_auth_diagnosis::computer::text::{self, Format};
use mcp_auth_diagnosis::computer::{ConfigProblem, FoundClient, ProblemKind, System};

use super::Machine;
use super::files::{self, LARGEST};

/// More files than this in one folder of configs are not looked at.
const MOST_FILES: usize = 1_000;
/// More projects than this are not looked at.
const MOST_PROJECTS: usize = 400;

/// The clients, their servers, and what is wrong with their configs.
pub(crate) struct Inventory {
    pub clients: Vec<FoundClient>,
    pub found: Vec<Found>,
    pub problems: Vec<ConfigProblem>,
}

/// Reads every config of every client.
pub(crate) fn take(machine: &Machine) -> Inventory {
    let mut taking = Taking {
        machine,
        configs: BTreeMap::new(),
        read: BTreeSet::new(),
        projects: BTreeSet::new(),
        inventory: Inventory { clients: Vec::new(), found: Vec::new(), problems: Vec::new() },
    };
    for system in &machine.systems {
        taking.system(*system);
    }
    taking.projects();
    taking.switched_off();
    taking.two_claudes();
    taking.clients()
}

struct Taking<'a> {
    machine: &'a Machine,
    /// The configs that exist, by client.
    configs: BTreeMap<ClientId, Vec<PathBuf>>,
    /// Files that were read: places of several systems may be the same.
    read: BTreeSet<PathBuf>,
    projects: BTreeSet<String>,
    inventory: Inventory,
}

impl Taking<'_> {
    fn system(&mut self, system: System) {
        let ground = self.machine.ground();
        let applies = |home: &&Home| home.system.is_none_or(|of| of == system);
        for home in HOMES.iter().filter(applies) {
            match home.path.split_once('*') {
                None => self.config(home, system, ground.place(home.base, home.path)),
                Some((folder, rest)) => {
                    for name in names(&ground.place(home.base, folder)) {
                        let rest = rest.trim_start_matches('/');
                        self.config(home, system, if rest.is_empty() { name } else { name.join(rest) });
                    }
                }
            }
        }
    }

    fn config(&mut self, home: &Home, system: System, path: PathBuf) {
        if !self.machine.may_look(&path) || !self.read.insert(path.clone()) {
            return;
        }
        let format = match (home.path.ends_with('*'), path.extension().and_then(|end| end.to_str())) {
            (true, Some("json" | "jsonc")) => Format::Jsonc,
            (true, Some("yaml" | "yml")) => Format::Yaml,
            (true, _) => return,
            (false, _) => home.format,
        };
        let shown = self.machine.shown(&path);
        let text = match files::text(&path, LARGEST) {
            Ok(Some(text)) => text,
            Ok(None) => return,
            Err(refused) => {
                self.configs.entry(home.client).or_default().push(path);
                self.inventory.problems.push(ConfigProblem {
                    client: home.client,
                    what: if refused.kind == ProblemKind::TooLarge {
                        format!("{shown} {}, so its servers are not known here.", refused.what)
                    } else {
                        format!("{shown} {}, so {} finds no server in it either.", refused.what, home.client.name())
                    },
                    config: shown,
                    line: None,
                    column: None,
                    kind: refused.kind.word().to_owned(),
                    server: None,
                    addresses: Vec::new(),
                    stops: refused.kind != ProblemKind::TooLarge,
                });
                return;
            }
        };
        let defined = (!self.machine.only_home).then_some(&self.machine.defined);
        let reading = Reading { home, format, config: &shown, system, defined };
        let read = servers::read(&text, reading);
        let counts = !read.found.is_empty() || !read.problems.is_empty() || !is_shared(home);
        if counts {
            self.configs.entry(home.client).or_default().push(path);
        }
        self.projects.extend(read.projects);
        self.inventory.found.extend(read.found);
        self.inventory.problems.extend(read.problems);
    }

    /// Projects that clients list in files beside their configs.
    fn listed_projects(&mut self) {
        let ground = self.machine.ground();
        let applies = |of: Option<System>| of.is_none_or(|of| self.machine.systems.contains(&of));
        let mut listed = Vec::new();
        for list in PROJECT_LISTS.iter().filter(|list| applies(list.system)) {
            let files = match list.path.split_once('*') {
                None => vec![ground.place(list.base, list.path)],
                Some((folder, rest)) => {
                    let folder = ground.place(list.base, folder);
                    let may = self.machine.may_look(&folder);
                    let within = if may { names(&folder) } else { Vec::new() };
                    within.iter().map(|name| name.join(rest.trim_start_matches('/'))).collect()
                }
            };
            for file in files.iter().filter(|file| self.machine.may_look(file)) {
                let Ok(Some(text)) = files::text(file, LARGEST) else { continue };
                let Ok((root, _)) = text::read(&text, Format::Json) else { continue };
                listed.extend(servers::projects_in(&root, list.client));
            }
        }
        self.projects.extend(listed);
    }

    /// Servers whose clients keep what is switched off in another file than the server.
    fn switched_off(&mut self) {
        let ground = self.machine.ground();
        for side in SWITCHES {
            let mut servers = self
                .inventory
                .found
                .iter_mut()
                .map(|found| &mut found.server)
                .filter(|server| server.client == side.client)
                .peekable();
            let file = ground.place(side.base, side.path);
            if servers.peek().is_none() || !self.machine.may_look(&file) {
                continue;
            }
            let Ok(Some(text)) = files::text(&file, LARGEST) else { continue };
            let Ok((root, _)) = text::read(&text, Format::Jsonc) else { continue };
            // By the config in which the server stands, when it is that of a project.
            let off: BTreeSet<(Option<String>, String)> = servers::switched_off_in(&root, side.client)
                .into_iter()
                .map(|one| {
                    (one.project.map(|folder| self.machine.shown(&Path::new(&folder).join(".mcp.json"))), one.name)
                })
                .collect();
            for server in servers {
                let name = server.name.clone();
                server.disabled |=
                    off.contains(&(None, name.clone())) || off.contains(&(Some(server.config.clone()), name));
            }
        }
    }

    /// Configs in the folders of projects that the clients know.
    fn projects(&mut self) {
        self.listed_projects();
        let projects = std::mem::take(&mut self.projects);
        for project in projects.iter().take(MOST_PROJECTS).map(Path::new) {
            if !project.is_absolute() || project == self.machine.home || !self.machine.may_look(project) {
                continue;
            }
            for home in IN_PROJECTS {
                let place = home.path.split('/').fold(project.to_path_buf(), |at, part| at.join(part));
                let system = self.machine.systems.first().copied().unwrap_or(self.machine.system);
                self.config(home, system, place);
            }
        }
    }

    /// Claude Desktop on Windows has two places, and only one of them counts.
    fn two_claudes(&mut self) {
        let ground = self.machine.ground();
        let store = ground.place(homes::Base::LocalAppData, CLAUDE_STORE_APP).join("claude_desktop_config.json");
        let usual = ground.place(homes::Base::AppData, "Claude/claude_desktop_config.json");
        let there = |path: &Path| self.read.contains(path) && path.is_file();
        if !there(&store) || !there(&usual) {
            return;
        }
        let names = |config: &str| -> BTreeSet<&str> {
            let of = self.inventory.found.iter().filter(|found| found.server.config == config);
            of.map(|found| found.server.name.as_str()).collect()
        };
        let (store, usual) = (self.machine.shown(&store), self.machine.shown(&usual));
        if names(&store) == names(&usual) {
            return;
        }
        self.inventory.problems.push(ConfigProblem {
            client: ClientId::ClaudeDesktop,
            what: format!(
                "Claude Desktop has two config files with different servers, {usual} and {store}. The app from the Microsoft Store reads only the second one."
            ),
            config: usual,
            line: None,
            column: None,
            kind: ProblemKind::TwoConfigs.word().to_owned(),
            server: None,

            addresses: Vec::new(),
            stops: false,
        });
    }

    fn clients(mut self) -> Inventory {
        let ground = self.machine.ground();
        let mut here: BTreeSet<ClientId> = self.configs.keys().copied().collect();
        for mark in MARKS.iter().filter(|mark| mark.system.is_none_or(|of| self.machine.systems.contains(&of))) {
            let place = ground.place(mark.base, mark.path);
            if !here.contains(&mark.client) && self.machine.may_look(&place) && place.is_dir() {
                here.insert(mark.client);
            }
        }
        self.inventory.clients = ClientId::all()
            .filter(|id| here.contains(id))
            .map(|id| FoundClient {
                id,
                name: id.name().to_owned(),
                configs: self
                    .configs
                    .remove(&id)
                    .unwrap_or_default()
                    .iter()
                    .map(|path| self.machine.shown(path))
                    .collect(),
            })
            .collect();
        let order: BTreeMap<ClientId, usize> = ClientId::all().enumerate().map(|(at, id)| (id, at)).collect();
        self.inventory.found.sort_by_key(|found| order.get(&found.server.client).copied());
        self.inventory
    }
}

/// A file of settings at large, which says nothing of MCP when it names no server.
fn is_shared(home: &Home) -> bool {
    home.path.ends_with("settings.json")
        && matches!(
            home.client,
            ClientId::VsCode
                | ClientId::Zed
                | ClientId::GeminiCli
                | ClientId::QwenCode
                | ClientId::Amp
                | ClientId::Auggie
        )
        || home.client == ClientId::OpenCode && home.path.starts_with("opencode.json")
}

/// What is in a folder, in order of names.
fn names(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.flatten().take(MOST_FILES).map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

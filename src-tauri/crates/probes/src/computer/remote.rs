//! mcp-remote as it is configured here: which version will run, and which files, port and return address that means.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use mcp_auth_diagnosis::computer::homes::Base;
use mcp_auth_diagnosis::computer::mcp_remote::{self, Version};
use mcp_auth_diagnosis::computer::servers::{Found, RemoteLine, hashes, program_name};
use mcp_auth_diagnosis::computer::{McpRemoteUse, System, VersionFrom};
use sha2::{Digest, Sha512};

use super::Machine;
use super::files;

/// A configured server that is reached through mcp-remote.
pub(crate) struct Remote {
    /// The place of the server in the inventory.
    pub at: usize,
    /// Its config folder.
    pub base: PathBuf,
    /// The version that will run.
    pub version: Option<Version>,
    /// The names of its files, by a version that names them so.
    pub hashes: BTreeMap<String, Version>,
    /// The system that its client runs on.
    pub windows: bool,
}

/// What is installed of mcp-remote, found once.
pub(crate) struct Installed {
    /// The copies that npx keeps, by the name of their folder.
    npx: BTreeMap<String, Version>,
}

impl Installed {
    pub fn find(machine: &Machine) -> Self {
        let ground = machine.ground();
        let caches = [
            machine.environment.get("npm_config_cache").map(PathBuf::from),
            Some(ground.place(Base::Home, ".npm")),
            machine.systems.contains(&System::Windows).then(|| ground.place(Base::LocalAppData, "npm-cache")),
        ];
        let mut npx = BTreeMap::new();
        for cache in caches.into_iter().flatten().filter(|cache| machine.may_look(cache)) {
            let Ok(entries) = fs::read_dir(cache.join("_npx")) else { continue };
            for entry in entries.flatten().take(1_000) {
                let package = entry.path().join("node_modules").join("mcp-remote").join("package.json");
                if let Some(version) = version_of(&package) {
                    npx.insert(entry.file_name().to_string_lossy().into_owned(), version);
                }
            }
        }
        Self { npx }
    }

    /// The copy that npx would use again for this package as it is written.
    fn copy(&self, written: &str) -> Option<Version> {
        let digest = Sha512::digest(written.as_bytes());
        let folder: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        self.npx.get(&folder).copied()
    }

    /// The newest copy, by whatever name it was fetched.
    fn newest(&self) -> Option<Version> {
        self.npx.values().max().copied()
    }
}

/// The version in a `package.json` of mcp-remote.
fn version_of(package: &Path) -> Option<Version> {
    let text = files::text(package, 1024 * 1024).ok()??;
    let document: serde_json::Value = serde_json::from_str(&text).ok()?;
    Version::parse(document.get("version")?.as_str()?)
}

/// Works out what mcp-remote will do with each server that goes through it.
pub(crate) fn work_out(machine: &Machine, found: &mut [Found]) -> Vec<Remote> {
    let installed = Installed::find(machine);
    let mut remotes = Vec::new();
    for (at, one) in found.iter_mut().enumerate() {
        let Some(line) = &one.launch.remote else { continue };
        // What runs in a container or in another system keeps its things there.
        let starter = one.launch.command.as_deref().map(program_name).unwrap_or_default().to_ascii_lowercase();
        if ELSEWHERE.contains(&starter.as_str()) {
            continue;
        }
        let (version, from) = running_version(machine, &installed, line, one.launch.command.as_deref());
        let base = machine.ground().mcp_remote(one.launch.config_dir.as_deref());
        let windows = machine.system == System::Windows && !machine.only_home || looks_like_windows(&one.server.config);
        let hashes = hashes(line);
        let hash = version.and_then(|version| {
            let named = line.named.as_ref().filter(|_| !line.header_file)?;
            Some(mcp_remote::hash(named, version))
        });
        let port = line.port.or_else(|| mcp_remote::default_port(version?, hash.as_deref()?));
        let strict = line.port.is_some() || line.static_client || line.client_metadata;
        let redirect_uri = version.zip(port).map(|(version, port)| {
            let host = line.host.as_deref().unwrap_or_else(|| mcp_remote::redirect_host(version, windows));
            let path = line.callback_path.as_deref().unwrap_or("/oauth/callback");
            format!("http://{host}:{port}{path}")
        });
        one.server.mcp_remote = Some(McpRemoteUse {
            version: version.map(|version| version.to_string()),
            version_from: from,
            folder: machine.shown(&base),
            store: version.map(mcp_remote::folder),
            hash,
            port,
            walks_ports: !strict && version.is_none_or(mcp_remote::walks_ports),
            redirect_uri,
            static_client: line.static_client,
        });
        remotes.push(Remote { at, base, version, hashes, windows });
    }
    remotes
}

/// Programs that start another elsewhere.
const ELSEWHERE: [&str; 6] = ["docker", "podman", "nerdctl", "container", "wsl", "ssh"];

/// The config is at a place where only Windows has it.
fn looks_like_windows(config: &str) -> bool {
    let config = config.replace('\\', "/");
    config.starts_with("~/AppData/")
}

fn running_version(
    machine: &Machine,
    installed: &Installed,
    line: &RemoteLine,
    command: Option<&str>,
) -> (Option<Version>, VersionFrom) {
    if let Some(script) = &line.script {
        // `…/mcp-remote/dist/proxy.js`, or a program that links to it.
        let script = Path::new(script);
        let script = fs::canonicalize(script).unwrap_or_else(|_| script.to_path_buf());
        let package = script.parent().and_then(Path::parent).map(|folder| folder.join("package.json"));
        let version = package.filter(|package| machine.may_look(package)).and_then(|package| version_of(&package));
        return (version, if version.is_some() { VersionFrom::Installed } else { VersionFrom::Unknown });
    }
    let written =
        line.version.as_deref().map_or_else(|| "mcp-remote".to_owned(), |version| format!("mcp-remote@{version}"));
    let Some((newest, exact)) = mcp_remote::resolve(line.version.as_deref()) else {
        return (installed.copy(&written), VersionFrom::NpxCopy);
    };
    if exact {
        return (Some(newest), VersionFrom::Pinned);
    }
    if command.is_some_and(|command| program_name(command) == "mcp-remote") {
        let place = which(machine, "mcp-remote").and_then(|path| fs::canonicalize(path).ok());
        let package = place.as_deref().and_then(Path::parent).and_then(Path::parent).map(|at| at.join("package.json"));
        let version = package.and_then(|package| version_of(&package));
        return (version, if version.is_some() { VersionFrom::Installed } else { VersionFrom::Unknown });
    }
    // npx asks for the newest again where a tag is written, and is content with a copy where nothing or a range is.
    let tag = line.version.as_deref() == Some("latest");
    let fits = |version: &Version| match line.version.as_deref().and_then(mcp_remote::satisfies) {
        Some(fits) => fits(*version),
        None => line.version.is_none(),
    };
    let copy = installed.copy(&written).or_else(|| installed.newest()).filter(|version| !tag && fits(version));
    match copy {
        Some(version) => (Some(version), VersionFrom::NpxCopy),
        None => (Some(newest), VersionFrom::Newest),
    }
}

/// A program on the search path of a terminal.
pub(crate) fn which(machine: &Machine, program: &str) -> Option<PathBuf> {
    let path = std::env::join_paths(&machine.search_path).ok()?;
    which::which_in(program, Some(path), &machine.home).ok()
}

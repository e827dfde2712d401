//! Node and the programs that start mcp-remote: where they are, and which version, without starting anything.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use mcp_auth_diagnosis::computer::homes::Base;
use mcp_auth_diagnosis::computer::mcp_remote::Version;
use mcp_auth_diagnosis::computer::{RuntimeReading, SeenFrom, System};

use super::Machine;
use super::files;
use super::processes::Process;

/// Looks for Node and for every program by which a config starts mcp-remote.
pub(crate) fn read(machine: &Machine, starters: &BTreeSet<String>, processes: &[Process]) -> Vec<RuntimeReading> {
    let mut programs: BTreeSet<&str> = BTreeSet::from(["node"]);
    programs.extend(starters.iter().map(String::as_str).filter(|program| is_plain(program)));
    let desktop = desktop_path(machine, processes);
    let mut readings = Vec::new();
    for program in programs {
        for (seen_from, folders) in
            [(SeenFrom::Terminal, Some(machine.search_path.clone())), (SeenFrom::Desktop, desktop.clone())]
        {
            let Some(folders) = folders else { continue };
            let path = find(machine, program, &folders);
            readings.push(RuntimeReading {
                program: program.to_owned(),
                seen_from,
                version: path.as_deref().filter(|_| program == "node").and_then(node_version),
                path: path.map(|path| machine.shown(&path)),
            });
        }
    }
    for folder in version_folders(machine) {
        for program in ["node", "npx"] {
            if let Some(path) = find(machine, program, std::slice::from_ref(&folder)) {
                readings.push(RuntimeReading {
                    program: program.to_owned(),
                    seen_from: SeenFrom::VersionFolder,
                    version: node_version(&path),
                    path: Some(machine.shown(&path)),
                });
            }
        }
    }
    readings
}

fn is_plain(program: &str) -> bool {
    matches!(
        program,
        "npx" | "npm" | "bunx" | "bun" | "pnpm" | "pnpx" | "yarn" | "deno" | "docker" | "uvx" | "mcp-remote"
    )
}

fn find(machine: &Machine, program: &str, folders: &[PathBuf]) -> Option<PathBuf> {
    let ends: &[&str] = if cfg!(windows) { &[".exe", ".cmd", ".bat", ""] } else { &[""] };
    folders
        .iter()
        .filter(|folder| !folder.as_os_str().is_empty())
        .flat_map(|folder| ends.iter().map(move |end| machine.home.join(folder).join(format!("{program}{end}"))))
        .find(|path| is_program(path))
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

/// The search path of a program that was started from the desktop. `None`: it cannot be told.
fn desktop_path(machine: &Machine, processes: &[Process]) -> Option<Vec<PathBuf>> {
    match machine.system {
        // What launchd gives to an app from the Dock.
        System::MacOs => Some(["/usr/bin", "/bin", "/usr/sbin", "/sbin"].map(PathBuf::from).into()),
        // The window's own path is the desktop's.
        System::Windows => Some(machine.search_path.clone()),
        System::Linux => {
            let folder = machine.processes.as_ref()?;
            let editor = processes.iter().find(|process| {
                process.arguments.first().is_some_and(|program| {
                    let name = program.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
                    matches!(name.as_str(), "cursor" | "code" | "claude-desktop" | "windsurf")
                })
            })?;
            let environment = fs::read(folder.join(editor.pid.to_string()).join("environ")).ok()?;
            let path = environment.split(|byte| *byte == 0).find_map(|pair| pair.strip_prefix(b"PATH="))?;
            Some(std::env::split_paths(&*String::from_utf8_lossy(path)).collect())
        }
    }
}

/// The folders in which version managers keep Node.
fn version_folders(machine: &Machine) -> Vec<PathBuf> {
    let ground = machine.ground();
    let mut folders = Vec::new();
    for (parent, inside) in [
        (".nvm/versions/node", "bin"),
        (".local/share/fnm/node-versions", "installation/bin"),
        ("Library/Application Support/fnm/node-versions", "installation/bin"),
        (".asdf/installs/nodejs", "bin"),
        (".local/share/mise/installs/node", "bin"),
        (".volta/tools/image/node", "bin"),
        ("AppData/Roaming/nvm", ""),
    ] {
        let parent = ground.place(Base::Home, parent);
        let Ok(entries) = fs::read_dir(&parent) else { continue };
        folders.extend(entries.flatten().take(200).map(|entry| {
            inside.split('/').filter(|part| !part.is_empty()).fold(entry.path(), |at, part| at.join(part))
        }));
    }
    if !machine.only_home {
        folders.extend(["/opt/homebrew/bin", "/usr/local/bin"].map(PathBuf::from));
        folders.extend(machine.environment.get("ProgramFiles").map(|files| Path::new(files).join("nodejs")));
    }
    folders.sort();
    folders
}

/// Node's version, from its place or from what lies beside it.
fn node_version(path: &Path) -> Option<String> {
    let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let of_place = |path: &Path| {
        path.components()
            .rev()
            .find_map(|part| Version::parse(part.as_os_str().to_str()?))
            .map(|version| version.to_string())
    };
    let header = |path: &Path| {
        let header = path.parent()?.parent()?.join("include").join("node").join("node_version.h");
        let text = files::text(&header, 1024 * 1024).ok()??;
        let number = |name: &str| -> Option<u32> {
            let line = text.lines().find(|line| line.split_whitespace().nth(1) == Some(name))?;
            line.split_whitespace().nth(2)?.parse().ok()
        };
        let version =
            Version(number("NODE_MAJOR_VERSION")?, number("NODE_MINOR_VERSION")?, number("NODE_PATCH_VERSION")?);
        Some(version.to_string())
    };
    of_place(&real).or_else(|| of_place(path)).or_else(|| header(&real))
}

//! The system as it is looked at: its files, its variables, its registry. All of it can be laid out by a test.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mcp_auth_diagnosis::browser::SystemKind;
use mcp_auth_diagnosis::clients::ClientId;
use mcp_auth_diagnosis::evidence::Environment;

use super::clients;

/// Reads the registry of Windows. Keys begin with `HKCU\` or `HKLM\` or `HKCR\`; the default value has an empty name.
pub trait ReadRegistry: Send + Sync {
    /// A text value.
    fn text(&self, key: &str, name: &str) -> Option<String>;
    /// All values of a key that are text or numbers.
    fn values(&self, key: &str) -> Vec<(String, String)>;
}

/// A registry laid out as data: values by key, names and keys in any case.
impl ReadRegistry for BTreeMap<String, BTreeMap<String, String>> {
    fn text(&self, key: &str, name: &str) -> Option<String> {
        let values = self.iter().find(|(have, _)| have.eq_ignore_ascii_case(key))?.1;
        values.iter().find(|(have, _)| have.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
    }

    fn values(&self, key: &str) -> Vec<(String, String)> {
        let found = self.iter().find(|(have, _)| have.eq_ignore_ascii_case(key));
        found.map(|(_, values)| values.clone().into_iter().collect()).unwrap_or_default()
    }
}

/// The system as it is looked at. Not `Debug`: the variables of a client may hold secrets.
#[derive(Clone)]
pub struct System {
    /// Which.
    pub kind: SystemKind,
    /// Where the system's files begin: `/`, or a folder that stands for it.
    pub root: PathBuf,
    /// The user's home, as a path of this process.
    pub home: PathBuf,
    /// The variables, all of them. Only those of an allow-list are ever shown.
    pub variables: BTreeMap<String, String>,
    /// Whose variables these are.
    pub environment: Environment,
    /// The process whose variables these are, when it is not this one.
    pub process: Option<u32>,
    /// The registry; empty where there is none.
    pub registry: Arc<dyn ReadRegistry>,
}

/// The variables that may be shown.
const SHOWN: [&str; 26] = [
    "PATH",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XDG_CURRENT_DESKTOP",
    "XDG_SESSION_TYPE",
    "XDG_CONFIG_HOME",
    "XDG_CONFIG_DIRS",
    "XDG_DATA_HOME",
    "XDG_DATA_DIRS",
    "XDG_RUNTIME_DIR",
    "KDE_SESSION_VERSION",
    "BROWSER",
    "SNAP",
    "SNAP_NAME",
    "FLATPAK_ID",
    "APPIMAGE",
    "APPDIR",
    "WSL_DISTRO_NAME",
    "WSL_INTEROP",
    "LD_LIBRARY_PATH",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "NO_PROXY",
];

/// The variables of which only is shown that they are set: their values are nobody's business, or say nothing.
const SET_ONLY: [&str; 6] =
    ["DBUS_SESSION_BUS_ADDRESS", "SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY", "VSCODE_IPC_HOOK_CLI", "CODESPACES"];

impl System {
    /// This system, as this process sees it.
    pub fn this() -> Self {
        let kind = if cfg!(windows) {
            SystemKind::Windows
        } else if cfg!(target_os = "macos") {
            SystemKind::Macos
        } else if cfg!(target_os = "linux") {
            SystemKind::Linux
        } else {
            SystemKind::Other
        };
        let text = |text: std::ffi::OsString| text.into_string().ok();
        Self {
            kind,
            root: PathBuf::from(if cfg!(windows) { "" } else { "/" }),
            home: dirs::home_dir().unwrap_or_default(),
            variables: std::env::vars_os().filter_map(|(name, value)| Some((text(name)?, text(value)?))).collect(),
            environment: Environment::ThisApp,
            process: None,
            registry: super::windows::registry(),
        }
    }

    /// The same with another home. What points into the real one is left out.
    pub fn with_home(mut self, home: PathBuf) -> Self {
        for name in ["XDG_CONFIG_HOME", "XDG_DATA_HOME"] {
            self.variables.remove(name);
        }
        self.home = home;
        self
    }

    /// The same as a running client sees it, where its variables can be read; else as it is. Linux only: the other systems
    /// do not show them.
    pub fn as_seen_by(self, client: ClientId) -> Self {
        if self.kind != SystemKind::Linux {
            return self;
        }
        let Some((process, variables)) = running(&self, client) else { return self };
        Self {
            variables,
            environment: Environment::Client { client: client.id().to_owned() },
            process: Some(process),
            ..self
        }
    }

    /// A variable that is set to something.
    pub fn variable(&self, name: &str) -> Option<&str> {
        let value = match self.kind {
            SystemKind::Windows => {
                self.variables.iter().find(|(have, _)| have.eq_ignore_ascii_case(name)).map(|(_, value)| value)
            }
            _ => self.variables.get(name),
        };
        value.map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A path of the system as a path of this process.
    pub fn file(&self, path: &str) -> PathBuf {
        if self.root.as_os_str().is_empty() {
            PathBuf::from(path)
        } else {
            self.root.join(path.trim_start_matches('/'))
        }
    }

    /// A path of this process as the system names it, with `~` for the home.
    pub fn shown_path(&self, path: &Path) -> String {
        if let Ok(inside) = path.strip_prefix(&self.home)
            && !self.home.as_os_str().is_empty()
        {
            return format!("~/{}", inside.display()).replace('\\', "/");
        }
        match path.strip_prefix(&self.root) {
            Ok(inside) if !self.root.as_os_str().is_empty() => format!("/{}", inside.display()).replace('\\', "/"),
            _ => path.display().to_string(),
        }
    }

    /// A text file, up to a megabyte.
    pub fn text(&self, path: &Path) -> Option<String> {
        use std::io::Read;
        const MOST: u64 = 1024 * 1024;
        let mut bytes = Vec::new();
        std::fs::File::open(path).ok()?.take(MOST).read_to_end(&mut bytes).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Where a program is, as a path of this process: by itself when it has a folder, else on the PATH.
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        let has_folder = name.contains('/') || (self.kind == SystemKind::Windows && name.contains('\\'));
        if has_folder {
            return Some(self.file(name)).filter(|path| is_program(path));
        }
        let separator = if self.kind == SystemKind::Windows { ';' } else { ':' };
        let folders = self.variable("PATH")?.split(separator).filter(|folder| !folder.is_empty());
        folders.map(|folder| self.file(folder).join(name)).find(|path| is_program(path))
    }

    /// The folder of a process in `/proc`.
    pub fn process_folder(&self) -> PathBuf {
        let process = self.process.map_or_else(|| "self".to_owned(), |process| process.to_string());
        self.file("/proc").join(process)
    }

    /// The variables that may be shown.
    pub fn shown(&self) -> BTreeMap<String, String> {
        let shown = SHOWN.iter().filter_map(|name| {
            let value = self.variable(name)?;
            let value =
                if name.to_ascii_lowercase().ends_with("_proxy") { without_password(value) } else { value.to_owned() };
            Some(((*name).to_owned(), value))
        });
        let set = SET_ONLY.iter().filter(|name| self.variable(name).is_some());
        shown.chain(set.map(|name| ((*name).to_owned(), "set".to_owned()))).collect()
    }

    /// The variables without those that point into the AppImage or Snap from which this program itself runs: what is opened
    /// must not get them, or the test would measure our own leak.
    pub fn clean_variables(&self) -> BTreeMap<String, String> {
        const OURS: [&str; 9] = [
            "LD_LIBRARY_PATH",
            "LD_PRELOAD",
            "GIO_MODULE_DIR",
            "GTK_PATH",
            "GTK_EXE_PREFIX",
            "GTK_IM_MODULE_FILE",
            "GDK_PIXBUF_MODULE_FILE",
            "PYTHONHOME",
            "PYTHONPATH",
        ];
        let folders = inner_folders(&self.variables);
        let mut clean = self.variables.clone();
        if folders.is_empty() {
            return clean;
        }
        for name in OURS {
            clean.remove(name);
        }
        for name in ["APPIMAGE", "APPDIR", "ARGV0", "OWD"] {
            clean.remove(name);
        }
        for value in clean.values_mut() {
            if folders.iter().any(|folder| value.contains(folder.as_str())) {
                let kept: Vec<&str> = value
                    .split(':')
                    .filter(|part| !folders.iter().any(|folder| part.starts_with(folder.as_str())))
                    .collect();
                *value = kept.join(":");
            }
        }
        clean.retain(|_, value| !value.is_empty());
        clean
    }
}

/// The folder in which an X server puts its sockets and an AppImage mounts itself, on every Linux.
pub const TEMPORARY: &str = "/tmp";

/// The folders of the AppImage that a program with these variables runs from.
pub fn inner_folders(variables: &BTreeMap<String, String>) -> Vec<String> {
    let mut folders: Vec<String> =
        variables.get("APPDIR").filter(|folder| folder.len() > 1).cloned().into_iter().collect();
    let mounts = format!("{TEMPORARY}/.mount_");
    for value in ["LD_LIBRARY_PATH", "LD_PRELOAD", "XDG_DATA_DIRS"].iter().filter_map(|name| variables.get(*name)) {
        for part in value.split(':').filter(|part| part.starts_with(&mounts)) {
            let folder: Vec<&str> = part.splitn(4, '/').take(3).collect();
            let folder = folder.join("/");
            if !folders.contains(&folder) {
                folders.push(folder);
            }
        }
    }
    folders
}

/// A proxy's address without the name and password in it.
fn without_password(value: &str) -> String {
    match (value.find("://"), value.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => format!("{}********{}", &value[..scheme + 3], &value[at..]),
        (None, Some(at)) => format!("********{}", &value[at..]),
        _ => value.to_owned(),
    }
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

/// The first process of a client of this user, and its variables.
fn running(system: &System, client: ClientId) -> Option<(u32, BTreeMap<String, String>)> {
    let proc = system.file("/proc");
    let mut processes: Vec<u32> = std::fs::read_dir(&proc)
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|process| *process != std::process::id())
        .collect();
    processes.sort_unstable();
    processes.into_iter().find_map(|process| {
        let folder = proc.join(process.to_string());
        let command = std::fs::read(folder.join("cmdline")).ok()?;
        let command = String::from_utf8_lossy(&command);
        if !clients::is_process(client, &command) {
            return None;
        }
        // Another user's variables cannot be read, and are none of ours.
        let variables = std::fs::read(folder.join("environ")).ok()?;
        Some((process, variables_of(&variables)))
    })
}

/// The variables in `/proc/PID/environ`.
fn variables_of(bytes: &[u8]) -> BTreeMap<String, String> {
    bytes
        .split(|byte| *byte == 0)
        .filter_map(|entry| {
            let entry = String::from_utf8_lossy(entry);
            let (name, value) = entry.split_once('=')?;
            Some((name.to_owned(), value.to_owned()))
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "the test's own folder")]
pub(super) mod tests {
    use super::*;

    /// A system whose files stand in a folder of the test.
    pub fn laid_out(kind: SystemKind, root: &Path) -> System {
        System {
            kind,
            root: root.to_owned(),
            home: root.join("home/user"),
            variables: BTreeMap::new(),
            environment: Environment::ThisApp,
            process: None,
            registry: Arc::new(BTreeMap::new()),
        }
    }

    /// Writes a file below a folder.
    pub fn put(root: &Path, path: &str, text: &str) {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder of the test");
        std::fs::write(path, text).expect("a file of the test");
    }

    /// Writes a program below a folder.
    pub fn put_program(root: &Path, path: &str, text: &str) {
        put(root, path, text);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(root.join(path), std::fs::Permissions::from_mode(0o755)).expect("a program");
        }
    }

    #[test]
    fn passwords_and_secrets_are_not_shown() {
        let mut system = laid_out(SystemKind::Linux, Path::new("/nowhere"));
        for (name, value) in [
            ("HTTP_PROXY", "http://me:canary@proxy:3128"),
            ("http_proxy", "me:canary@proxy:3128"),
            ("SSH_CONNECTION", "canary 1 2 3"),
            ("MCP_TOKEN", "canary"),
            ("BROWSER", "firefox"),
        ] {
            system.variables.insert(name.to_owned(), value.to_owned());
        }
        let shown = system.shown();
        assert!(!format!("{shown:?}").contains("canary"), "{shown:?}");
        assert_eq!(shown["HTTP_PROXY"], "http://********@proxy:3128");
        assert_eq!(shown["SSH_CONNECTION"], "set");
        assert_eq!(shown["BROWSER"], "firefox");
    }

    #[test]
    fn what_points_into_our_appimage_is_not_handed_on() {
        let mut system = laid_out(SystemKind::Linux, Path::new("/nowhere"));
        for (name, value) in [
            ("APPDIR", "{TMP}/.mount_mcpX"),
            ("APPIMAGE", "/home/user/mcp.AppImage"),
            ("LD_LIBRARY_PATH", "{TMP}/.mount_mcpX/usr/lib"),
            ("XDG_DATA_DIRS", "{TMP}/.mount_mcpX/usr/share:/usr/share"),
            ("PATH", "{TMP}/.mount_mcpX/usr/bin:/usr/bin"),
            ("HOME", "/home/user"),
        ] {
            system.variables.insert(name.to_owned(), value.replace("{TMP}", TEMPORARY));
        }
        let clean = system.clean_variables();
        assert_eq!(clean["XDG_DATA_DIRS"], "/usr/share");
        assert_eq!(clean["PATH"], "/usr/bin");
        assert!(!clean.contains_key("LD_LIBRARY_PATH") && !clean.contains_key("APPIMAGE"));
        assert_eq!(clean["HOME"], "/home/user");
    }

    #[test]
    fn a_running_client_is_found_with_its_variables() {
        let folder = tempfile::tempdir().expect("a folder");
        put(folder.path(), "proc/812/cmdline", "/usr/share/cursor/cursor\0--no-sandbox\0");
        put(folder.path(), "proc/812/environ", "PATH=/opt/bin\0DISPLAY=:7\0");
        put(folder.path(), "proc/33/cmdline", "/bin/sh\0-c\0cat cursor\0");
        put(folder.path(), "proc/33/environ", "PATH=/wrong\0");
        let system = laid_out(SystemKind::Linux, folder.path()).as_seen_by(ClientId::Cursor);
        assert_eq!((system.process, system.variable("DISPLAY")), (Some(812), Some(":7")));
        assert_eq!(system.environment, Environment::Client { client: "cursor".to_owned() });
        let absent = laid_out(SystemKind::Linux, folder.path()).as_seen_by(ClientId::Zed);
        assert_eq!(absent.environment, Environment::ThisApp);
    }
}

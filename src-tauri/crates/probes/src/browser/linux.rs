//! Linux: programs, the chosen browser, the session, the surroundings. Readers of documents are pure functions of their text.

use std::path::{Path, PathBuf};

use mcp_auth_diagnosis::browser::{BrowserReading, Desktop, Handler, Opener, Policy, Screen, Surrounding};
use serde_json::Value;

use super::policies;
use super::system::{System, TEMPORARY, inner_folders};

/// Reads everything that only Linux has.
pub fn read(system: &System, schemes: &[&str], reading: &mut BrowserReading) {
    reading.openers = openers(system);
    reading.handlers = ["https", "http"].iter().chain(schemes).map(|scheme| handler(system, scheme)).collect();
    reading.desktop = Some(desktop(system));
    reading.surroundings = surroundings(system);
    reading.policies = rules(system);
}

/// The programs that open pages. Only `xdg-open`, and what `BROWSER` names, are listed when they are missing.
fn openers(system: &System) -> Vec<Opener> {
    const OTHERS: [&str; 9] = [
        "gio",
        "gnome-open",
        "kde-open6",
        "kde-open5",
        "kde-open",
        "x-www-browser",
        "sensible-browser",
        "wslview",
        "gdbus",
    ];
    if system.variable("PATH").is_none() {
        return Vec::new();
    }
    let opener = |name: &str, path: Option<PathBuf>| Opener {
        name: name.to_owned(),
        version: path.as_deref().and_then(|path| version_of_xdg_open(&system.text(path)?)),
        path: path.map(|path| system.shown_path(&path)),
        bundled: false,
    };
    let mut found = vec![opener("xdg-open", system.program("xdg-open"))];
    for name in OTHERS {
        if let Some(path) = system.program(name) {
            found.push(Opener {
                name: name.to_owned(),
                path: Some(system.shown_path(&path)),
                version: None,
                bundled: false,
            });
        }
    }
    for entry in system.variable("BROWSER").into_iter().flat_map(|list| list.split(':')) {
        let name = entry.trim().split(' ').next().unwrap_or_default();
        if !name.is_empty() && !found.iter().any(|opener| opener.name == name) {
            let path = system.program(name).map(|path| system.shown_path(&path));
            found.push(Opener { name: name.to_owned(), path, version: None, bundled: false });
        }
    }
    for path in bundled_openers(system) {
        found.push(Opener { bundled: true, ..opener("xdg-open", Some(path)) });
    }
    found
}

/// The copies of xdg-open that npm's `open` brings, in npx's folder.
pub fn bundled_openers(system: &System) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(system.home.join(".npm/_npx")) else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path().join("node_modules/open/xdg-open")))
        .filter(|path| path.is_file())
        .collect();
    found.sort();
    found
}

/// The version that the script names: `echo "xdg-open 1.1.3"`.
fn version_of_xdg_open(script: &str) -> Option<String> {
    script.match_indices("xdg-open ").find_map(|(at, found)| {
        let rest = &script[at + found.len()..];
        let version: String =
            rest.chars().take_while(|character| character.is_ascii_digit() || *character == '.').collect();
        (version.contains('.') && version.starts_with(|first: char| first.is_ascii_digit()))
            .then(|| version.trim_end_matches('.').to_owned())
    })
}

/// Who opens a scheme: freedesktop's mime-apps-spec 1.0.1, sections 2 to 4.
fn handler(system: &System, scheme: &str) -> Handler {
    let kind = format!("x-scheme-handler/{scheme}");
    let mut handler = Handler { scheme: scheme.to_owned(), ..Handler::default() };
    let mut candidates: Vec<(String, Option<String>)> = Vec::new();
    for list in lists(system) {
        let Some(text) = system.text(&list) else { continue };
        let shown = system.shown_path(&list);
        for (line, ids) in defaults_in(&text, &kind) {
            candidates.extend(ids.into_iter().map(|id| (id, Some(format!("{shown}:{line}")))));
        }
    }
    let associated = associated(system, &kind);
    let chosen = candidates.len();
    candidates.extend(associated.iter().map(|id| (id.clone(), None)));

    // "If the application is no longer installed, the next application in the list is attempted" (section 4).
    let found = candidates.iter().enumerate().find_map(|(at, (id, place))| {
        let (path, entry) = desktop_file(system, id)?;
        Some((at, id, place, path, entry))
    });
    match found {
        Some((_, id, place, path, entry)) => {
            handler.id = Some(id.clone());
            handler.name = entry.name.clone();
            handler.decided_by = place.clone().or_else(|| Some(system.shown_path(&path)));
            let program = entry.program();
            handler.installed = program.as_deref().map(|program| system.program(program).is_some());
            handler.program = program.map(|program| {
                system.program(&program).map_or_else(|| program.clone(), |path| system.shown_path(&path))
            });
        }
        None => {
            if let Some((id, place)) = candidates.get(..chosen).and_then(|chosen| chosen.first()) {
                handler.id = Some(id.clone());
                handler.decided_by = place.clone();
                handler.program = Some(id.clone());
            }
            // Every list could be read, and no program is in any.
            handler.installed = if scheme.starts_with("http") && handler.id.is_none() { None } else { Some(false) };
        }
    }
    let is_web = matches!(scheme, "http" | "https");
    handler.others = associated
        .into_iter()
        .filter(|id| Some(id) != handler.id.as_ref())
        .filter(|id| {
            let entry = desktop_file(system, id).and_then(|(_, entry)| entry.program());
            entry.is_some_and(|program| system.program(&program).is_some())
        })
        .collect();
    if is_web && handler.others.is_empty() {
        handler.others =
            known_browsers(system).filter(|name| Some(*name) != program_name(&handler)).map(str::to_owned).collect();
    }
    handler
}

fn program_name(handler: &Handler) -> Option<&str> {
    handler.program.as_deref()?.rsplit('/').next()
}

/// Browsers that launchers know by name when nothing is chosen.
fn known_browsers(system: &System) -> impl Iterator<Item = &'static str> {
    const NAMES: [&str; 7] =
        ["firefox", "firefox-esr", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "epiphany"];
    NAMES.into_iter().filter(|name| system.program(name).is_some())
}

/// The lists that decide, in their order.
fn lists(system: &System) -> Vec<PathBuf> {
    let desktops: Vec<String> = system
        .variable("XDG_CURRENT_DESKTOP")
        .into_iter()
        .flat_map(|names| names.split(':'))
        .map(|name| format!("{}-mimeapps.list", name.to_ascii_lowercase()))
        .chain(["mimeapps.list".to_owned()])
        .collect();
    let mut folders = vec![config_home(system)];
    folders.extend(split(system, "XDG_CONFIG_DIRS", "/etc/xdg"));
    let mut found: Vec<PathBuf> = Vec::new();
    for folder in folders {
        found.extend(desktops.iter().map(|name| folder.join(name)));
    }
    for folder in data_folders(system) {
        found.extend(desktops.iter().map(|name| folder.join("applications").join(name)));
    }
    found
}

fn config_home(system: &System) -> PathBuf {
    system.variable("XDG_CONFIG_HOME").map_or_else(|| system.home.join(".config"), |path| system.file(path))
}

fn data_folders(system: &System) -> Vec<PathBuf> {
    let own =
        system.variable("XDG_DATA_HOME").map_or_else(|| system.home.join(".local/share"), |path| system.file(path));
    let mut folders = vec![own];
    folders.extend(split(system, "XDG_DATA_DIRS", "/usr/local/share:/usr/share"));
    folders
}

fn split(system: &System, name: &str, without: &str) -> Vec<PathBuf> {
    let list = system.variable(name).unwrap_or(without);
    list.split(':').filter(|folder| !folder.is_empty()).map(|folder| system.file(folder)).collect()
}

/// The lines of `[Default Applications]` for a kind, with their numbers and ids.
fn defaults_in(text: &str, kind: &str) -> Vec<(usize, Vec<String>)> {
    entries(text, "Default Applications")
        .filter(|(_, key, _)| *key == kind)
        .map(|(line, _, value)| (line, ids(value)))
        .collect()
}

fn ids(value: &str) -> Vec<String> {
    value.split(';').map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned).collect()
}

/// `key=value` lines of a group, with their numbers.
fn entries<'a>(text: &'a str, group: &'a str) -> impl Iterator<Item = (usize, &'a str, &'a str)> {
    let mut inside = false;
    text.lines().enumerate().filter_map(move |(at, line)| {
        let line = line.trim();
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            inside = name == group;
            return None;
        }
        if !inside || line.starts_with('#') {
            return None;
        }
        let (key, value) = line.split_once('=')?;
        Some((at + 1, key.trim(), value.trim()))
    })
}

/// Desktop files that say that they open a kind, by the cache of each folder or, where there is none, by themselves.
fn associated(system: &System, kind: &str) -> Vec<String> {
    const MOST: usize = 2_000;
    let mut found: Vec<String> = Vec::new();
    for list in lists(system) {
        let Some(text) = system.text(&list) else { continue };
        let added = entries(&text, "Added Associations").filter(|(_, key, _)| *key == kind);
        found.extend(added.flat_map(|(_, _, value)| ids(value)));
    }
    for folder in data_folders(system) {
        let folder = folder.join("applications");
        if let Some(cache) = system.text(&folder.join("mimeinfo.cache")) {
            let cached = entries(&cache, "MIME Cache").filter(|(_, key, _)| *key == kind);
            found.extend(cached.flat_map(|(_, _, value)| ids(value)));
            continue;
        }
        let Ok(files) = std::fs::read_dir(&folder) else { continue };
        let mut names: Vec<String> = files
            .take(MOST)
            .filter_map(|file| file.ok()?.file_name().into_string().ok())
            .filter(|name| name.ends_with(".desktop"))
            .collect();
        names.sort();
        for name in names {
            let Some(text) = system.text(&folder.join(&name)) else { continue };
            if entries(&text, "Desktop Entry")
                .any(|(_, key, value)| key == "MimeType" && ids(value).iter().any(|id| id == kind))
            {
                found.push(name);
            }
        }
    }
    let mut once: Vec<String> = Vec::new();
    for id in found {
        if !once.contains(&id) {
            once.push(id);
        }
    }
    once
}

/// What is needed of a desktop file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DesktopEntry {
    name: Option<String>,
    exec: Option<String>,
    try_exec: Option<String>,
    hidden: bool,
}

impl DesktopEntry {
    fn read(text: &str) -> Self {
        let mut entry = Self::default();
        for (_, key, value) in entries(text, "Desktop Entry") {
            match key {
                "Name" => entry.name = Some(value.to_owned()),
                "Exec" => entry.exec = Some(value.to_owned()),
                "TryExec" => entry.try_exec = Some(value.to_owned()),
                "Hidden" => entry.hidden = value == "true",
                _ => {}
            }
        }
        entry
    }

    /// The program that decides whether it is installed.
    fn program(&self) -> Option<String> {
        if let Some(program) = &self.try_exec {
            return Some(program.clone());
        }
        let words = words(self.exec.as_deref()?);
        let mut words = words.into_iter().peekable();
        if words.peek().is_some_and(|word| word == "env" || word.ends_with("/env")) {
            words.next();
            while words.peek().is_some_and(|word| word.contains('=') || word.starts_with('-')) {
                words.next();
            }
        }
        words.next()
    }

    /// The command line with the address in its place (Desktop Entry Specification, The Exec key).
    pub fn command(&self, link: &str) -> Option<(String, Vec<String>)> {
        let mut line: Vec<String> = Vec::new();
        let mut placed = false;
        for word in words(self.exec.as_deref()?) {
            match word.as_str() {
                "%u" | "%U" | "%f" | "%F" => {
                    placed = true;
                    line.push(link.to_owned());
                }
                "%i" | "%c" | "%k" | "%d" | "%D" | "%n" | "%N" | "%v" | "%m" => {}
                _ => line.push(word.replace("%%", "%")),
            }
        }
        if !placed {
            line.push(link.to_owned());
        }
        let program = line.remove(0);
        (!line.is_empty() && !program.is_empty()).then_some((program, line))
    }
}

/// The chosen browser's own command line.
pub fn browser_command(system: &System, link: &str) -> Option<(String, Vec<String>)> {
    let chosen = handler(system, "https");
    if chosen.installed != Some(true) {
        return None;
    }
    desktop_file(system, chosen.id.as_deref()?)?.1.command(link)
}

/// The words of an Exec line: parted by spaces, quoted with `"`, in which a backslash takes the next character as it is.
fn words(exec: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    let mut characters = exec.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            '\\' if quoted => word.get_or_insert_default().extend(characters.next()),
            ' ' | '\t' if !quoted => found.extend(word.take()),
            other => word.get_or_insert_default().push(other),
        }
    }
    found.extend(word);
    found
}

/// A desktop file by its id; in an id, `-` may stand for a folder.
fn desktop_file(system: &System, id: &str) -> Option<(PathBuf, DesktopEntry)> {
    if id.contains('/') || id.contains("..") {
        return None;
    }
    for folder in data_folders(system) {
        let folder = folder.join("applications");
        let mut names = vec![id.to_owned()];
        names.extend(id.match_indices('-').map(|(at, _)| format!("{}/{}", &id[..at], &id[at + 1..])));
        for name in names {
            let path = folder.join(name);
            let Some(text) = system.text(&path) else { continue };
            let entry = DesktopEntry::read(&text);
            // A hidden one is deleted, and hides those behind it.
            return if entry.hidden { None } else { Some((path, entry)) };
        }
    }
    None
}

fn desktop(system: &System) -> Desktop {
    let runtime = system.variable("XDG_RUNTIME_DIR").map(|path| system.file(path));
    let mut screens = Vec::new();
    if let Some(value) = system.variable("DISPLAY") {
        screens.push(Screen {
            variable: "DISPLAY".to_owned(),
            value: value.to_owned(),
            there: x11_is_there(system, value),
        });
    }
    if let Some(value) = system.variable("WAYLAND_DISPLAY") {
        let socket = if value.starts_with('/') {
            Some(system.file(value))
        } else {
            runtime.as_ref().map(|folder| folder.join(value))
        };
        let there = socket.map(|socket| socket.exists());
        screens.push(Screen { variable: "WAYLAND_DISPLAY".to_owned(), value: value.to_owned(), there });
    }
    let bus = system.variable("DBUS_SESSION_BUS_ADDRESS").is_some()
        || runtime.is_some_and(|folder| folder.join("bus").exists());
    let portal = data_folders(system)
        .iter()
        .any(|folder| folder.join("dbus-1/services/org.freedesktop.portal.Desktop.service").is_file());
    Desktop {
        name: system.variable("XDG_CURRENT_DESKTOP").map(str::to_owned),
        kde_version: system.variable("KDE_SESSION_VERSION").and_then(|version| version.parse().ok()),
        screens,
        session_bus: Some(bus),
        portal: Some(portal),
    }
}

/// Whether the screen's socket is there, as a file or only in the kernel's list. `None` for one on another computer.
fn x11_is_there(system: &System, display: &str) -> Option<bool> {
    let (host, number) = display.rsplit_once(':')?;
    if !matches!(host, "" | "unix") {
        return None;
    }
    let socket = format!("{TEMPORARY}/.X11-unix/X{}", number.split('.').next().unwrap_or_default());
    if system.file(&socket).exists() {
        return Some(true);
    }
    let listed = system.text(&system.file("/proc/net/unix"))?;
    Some(listed.lines().any(|line| line.split('@').nth(1).is_some_and(|name| name.trim() == socket)))
}

fn surroundings(system: &System) -> Vec<Surrounding> {
    let mut found = Vec::new();
    let is_set = |name: &&str| system.variable(name).is_some();
    if let Some(by) =
        ["SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY", "VSCODE_IPC_HOOK_CLI", "CODESPACES"].into_iter().find(is_set)
    {
        found.push(Surrounding::Remote { by: by.to_owned() });
    }
    if let Some(by) = ["/.dockerenv", "/run/.containerenv"].into_iter().find(|file| system.file(file).exists()) {
        found.push(Surrounding::Container { by: by.to_owned() });
    }
    if system.variable("FLATPAK_ID").is_some() || system.process_folder().join("root/.flatpak-info").exists() {
        found.push(Surrounding::Flatpak);
    }
    if system.variable("SNAP").is_some()
        && let Some(name) = system.variable("SNAP_NAME")
    {
        found.push(Surrounding::Snap { name: name.to_owned() });
    }
    let inner = inner_folders(&system.variables);
    if system.variable("APPIMAGE").is_some() || !inner.is_empty() {
        found.push(Surrounding::AppImage { leaks: leaks(system, &inner) });
    }
    if let Some(wsl) = wsl(system) {
        found.push(wsl);
    }
    if let Some(status) = system.text(&system.process_folder().join("status"))
        && user_of(&status) == Some(0)
    {
        found.push(Surrounding::Root);
    }
    if system.file("/etc/NIXOS").exists() {
        found.push(Surrounding::NixOs);
    }
    found
}

/// The variables that hand something of the AppImage on to the browser.
fn leaks(system: &System, inner: &[String]) -> Vec<String> {
    ["LD_LIBRARY_PATH", "LD_PRELOAD", "XDG_DATA_DIRS", "GIO_MODULE_DIR", "GDK_PIXBUF_MODULE_FILE", "PYTHONHOME"]
        .into_iter()
        .filter(|name| {
            system.variable(name).is_some_and(|value| inner.iter().any(|folder| value.contains(folder.as_str())))
        })
        .map(str::to_owned)
        .collect()
}

fn wsl(system: &System) -> Option<Surrounding> {
    let version = system.text(&system.file("/proc/version"))?.to_ascii_lowercase();
    if !version.contains("microsoft") {
        return None;
    }
    let switches = ["WSLInterop", "WSLInterop-late"].map(|name| system.file("/proc/sys/fs/binfmt_misc").join(name));
    let interop = match switches.iter().find_map(|switch| system.text(switch)) {
        Some(text) => Some(text.lines().any(|line| line.trim() == "enabled")),
        None => system.file("/proc/sys/fs/binfmt_misc").exists().then_some(false),
    };
    let mounts = system.text(&system.file("/etc/wsl.conf")).and_then(|text| {
        entries(&text, "automount")
            .find(|(_, key, _)| *key == "root")
            .map(|(_, _, value)| value.trim_matches('"').to_owned())
    });
    let mounts = mounts.unwrap_or_else(|| "/mnt/".to_owned());
    let powershell =
        format!("{}/c/Windows/System32/WindowsPowerShell/v1.0/powershell.exe", mounts.trim_end_matches('/'));
    Some(Surrounding::Wsl { interop, powershell: system.file(&powershell).exists() })
}

/// The effective user in `/proc/PID/status`.
fn user_of(status: &str) -> Option<u32> {
    status.lines().find_map(|line| line.strip_prefix("Uid:"))?.split_whitespace().nth(1)?.parse().ok()
}

fn rules(system: &System) -> Vec<Policy> {
    const CHROMIUM: [&str; 5] = [
        "/etc/chromium/policies/managed",
        "/etc/chromium-browser/policies/managed",
        "/etc/opt/chrome/policies/managed",
        "/etc/opt/edge/policies/managed",
        "/etc/brave/policies/managed",
    ];
    const FIREFOX: [&str; 3] = [
        "/etc/firefox/policies/policies.json",
        "/usr/lib/firefox/distribution/policies.json",
        "/usr/lib/firefox-esr/distribution/policies.json",
    ];
    let document = |path: &Path| serde_json::from_str::<Value>(&system.text(path)?).ok();
    let mut found = Vec::new();
    for folder in CHROMIUM {
        let Ok(files) = std::fs::read_dir(system.file(folder)) else { continue };
        let mut paths: Vec<PathBuf> = files.filter_map(|file| Some(file.ok()?.path())).collect();
        paths.sort();
        for path in paths.into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "json")) {
            if let Some(rules) = document(&path) {
                found.extend(policies::chromium(&system.shown_path(&path), &rules));
            }
        }
    }
    for path in FIREFOX.map(|path| system.file(path)) {
        if let Some(rules) = document(&path) {
            found.extend(policies::firefox(&system.shown_path(&path), &rules));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::system::tests::{laid_out, put, put_program};
    use super::*;
    use mcp_auth_diagnosis::browser::SystemKind;

    const ENTRY: &str = "[Desktop Entry]\nType=Application\nName=Firefox\nExec=/usr/bin/firefox %u\nMimeType=x-scheme-handler/http;x-scheme-handler/https;\n\n[Desktop Action new]\nName=New\nExec=/usr/bin/other\n";

    fn desk(folder: &Path) -> System {
        let mut system = laid_out(SystemKind::Linux, folder);
        for (name, value) in
            [("PATH", "/usr/local/bin:/usr/bin"), ("DISPLAY", ":0"), ("XDG_CURRENT_DESKTOP", "ubuntu:GNOME")]
        {
            system.variables.insert(name.to_owned(), value.to_owned());
        }
        put(
            folder,
            "home/user/.config/mimeapps.list",
            "[Default Applications]\n# mine\nx-scheme-handler/https=firefox.desktop;\n",
        );
        put(folder, "usr/share/applications/firefox.desktop", ENTRY);
        put_program(folder, "usr/bin/firefox", "#!/bin/sh\n");
        put_program(folder, "usr/bin/xdg-open", "#!/bin/sh\n  echo \"xdg-open 1.1.3\"\n");
        put(folder, "tmp/.X11-unix/X0", "");
        put(folder, "proc/self/status", "Name:\tx\nUid:\t1000\t1000\t1000\t1000\n");
        system
    }

    fn seen(system: &System) -> BrowserReading {
        super::super::read(system, None)
    }

    #[test]
    fn a_desktop_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let reading = seen(&desk(folder.path()));
        let https = reading.handler("https").expect("a handler");
        assert_eq!(https.id.as_deref(), Some("firefox.desktop"));
        assert_eq!(https.decided_by.as_deref(), Some("~/.config/mimeapps.list:3"));
        assert_eq!((https.program.as_deref(), https.installed), (Some("/usr/bin/firefox"), Some(true)));
        let http = reading.handler("http").expect("a handler");
        assert_eq!(http.id.as_deref(), Some("firefox.desktop"), "by what it says of itself");
        let opener = reading.opener("xdg-open").expect("looked for");
        assert_eq!((opener.path.as_deref(), opener.version.as_deref()), (Some("/usr/bin/xdg-open"), Some("1.1.3")));
        assert_eq!(reading.desktop.expect("a desktop").screens[0].there, Some(true));
        assert_eq!(reading.surroundings, []);
    }

    #[test]
    fn a_program_that_was_taken_away_is_seen() {
        let folder = tempfile::tempdir().expect("a folder");
        let system = desk(folder.path());
        put(
            folder.path(),
            "usr/share/applications/firefox.desktop",
            &ENTRY.replace("/usr/bin/firefox", "/opt/gone/firefox"),
        );
        let https = handler(&system, "https");
        assert_eq!((https.id.as_deref(), https.installed), (Some("firefox.desktop"), Some(false)));
        assert_eq!(https.program.as_deref(), Some("/opt/gone/firefox"));
    }

    #[test]
    fn the_next_in_the_list_is_taken_when_the_first_is_not_installed() {
        let folder = tempfile::tempdir().expect("a folder");
        let system = desk(folder.path());
        put(
            folder.path(),
            "home/user/.config/gnome-mimeapps.list",
            "[Default Applications]\nx-scheme-handler/https=gone.desktop;firefox.desktop\n",
        );
        let https = handler(&system, "https");
        assert_eq!(https.id.as_deref(), Some("firefox.desktop"));
        assert_eq!(
            https.decided_by.as_deref(),
            Some("~/.config/gnome-mimeapps.list:2"),
            "the desktop's list comes first"
        );
    }

    #[test]
    fn a_chosen_browser_without_its_file_and_without_another_is_gone() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut system = desk(folder.path());
        system.variables.insert("XDG_DATA_DIRS".to_owned(), "/empty".to_owned());
        let https = handler(&system, "https");
        assert_eq!((https.id.as_deref(), https.installed), (Some("firefox.desktop"), Some(false)));
        assert_eq!(https.others, ["firefox"], "launchers know it by its name");
    }

    #[test]
    fn nothing_chosen_and_nothing_installed() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut system = laid_out(SystemKind::Linux, folder.path());
        system.variables.insert("PATH".to_owned(), "/usr/bin".to_owned());
        let reading = seen(&system);
        let https = reading.handler("https").expect("looked");
        assert_eq!((https.id.as_deref(), https.others.len()), (None, 0));
        assert_eq!(reading.opener("xdg-open").expect("looked").path, None);
        assert_eq!(reading.handler("cursor").map(|handler| handler.installed), Some(Some(false)));
        assert_eq!(reading.desktop.map(|desktop| desktop.screens.len()), Some(0));
    }

    #[test]
    fn exec_lines_come_apart() {
        assert_eq!(words(r#""/opt/My Browser/b" --x "a \"q\"" %U"#), ["/opt/My Browser/b", "--x", "a \"q\"", "%U"]);
        let entry = DesktopEntry::read("[Desktop Entry]\nExec=env A=b C=d /usr/bin/b --x %u\n");
        assert_eq!(entry.program().as_deref(), Some("/usr/bin/b"));
        assert_eq!(
            entry.command("http://x/"),
            Some(("env".to_owned(), ["A=b", "C=d", "/usr/bin/b", "--x", "http://x/"].map(str::to_owned).to_vec()))
        );
        assert_eq!(DesktopEntry::read("[Desktop Entry]\nExec=\n").command("x"), None);
    }

    #[test]
    fn surroundings_are_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut system = desk(folder.path());
        put(folder.path(), "proc/self/status", "Uid:\t0\t0\t0\t0\n");
        put(folder.path(), "proc/version", "Linux version 5.15.0-microsoft-standard-WSL2\n");
        put(folder.path(), "proc/sys/fs/binfmt_misc/WSLInterop", "enabled\ninterpreter /init\n");
        put(folder.path(), "etc/wsl.conf", "[automount]\nroot=/win\n");
        put(folder.path(), "win/c/Windows/System32/WindowsPowerShell/v1.0/powershell.exe", "");
        for (name, value) in [
            ("SSH_TTY", "/dev/pts/1"),
            ("APPIMAGE", "/home/user/x.AppImage"),
            ("APPDIR", "/mounts/x"),
            ("LD_LIBRARY_PATH", "/mounts/x/usr/lib"),
            ("SNAP", "/snap/code/1"),
            ("SNAP_NAME", "code"),
        ] {
            system.variables.insert(name.to_owned(), value.to_owned());
        }
        assert_eq!(
            surroundings(&system),
            [
                Surrounding::Remote { by: "SSH_TTY".to_owned() },
                Surrounding::Snap { name: "code".to_owned() },
                Surrounding::AppImage { leaks: vec!["LD_LIBRARY_PATH".to_owned()] },
                Surrounding::Wsl { interop: Some(true), powershell: true },
                Surrounding::Root,
            ]
        );
    }

    #[test]
    fn rules_are_found_where_browsers_look_for_them() {
        let folder = tempfile::tempdir().expect("a folder");
        let system = desk(folder.path());
        put(folder.path(), "etc/chromium/policies/managed/a.json", "{\"URLBlocklist\": [\"*\"]}");
        put(folder.path(), "etc/chromium/policies/managed/broken.json", "{");
        let rules = rules(&system);
        assert_eq!(rules.len(), 1);
        assert_eq!(rules[0].place, "/etc/chromium/policies/managed/a.json");
    }

    #[test]
    fn what_browser_names_is_looked_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut system = desk(folder.path());
        system.variables.insert("BROWSER".to_owned(), "/opt/gone -x:firefox".to_owned());
        let reading = seen(&system);
        assert_eq!(reading.opener("/opt/gone").expect("looked").path, None);
        assert!(reading.opener("firefox").expect("looked").path.is_some());
    }
}

//! macOS: the choice that LaunchServices stores, and the apps in the usual folders. Which app LaunchServices would really
//! start only the test tells.

use std::path::PathBuf;

use mcp_auth_diagnosis::browser::{BrowserReading, Handler, Opener, Policy, Surrounding};
use serde_json::Value;

use super::policies;
use super::system::System;

/// Reads everything that only macOS has.
pub fn read(system: &System, schemes: &[&str], reading: &mut BrowserReading) {
    reading.openers = ["open", "osascript"]
        .into_iter()
        .map(|name| {
            let path = format!("/usr/bin/{name}");
            Opener { name: name.to_owned(), path: system.program(&path).map(|_| path), version: None, bundled: false }
        })
        .collect();
    let stored = stored(system);
    let apps = apps(system);
    reading.handlers =
        ["https", "http"].iter().chain(schemes).map(|scheme| handler(scheme, stored.as_ref(), &apps)).collect();
    if system.variable("SSH_CONNECTION").is_some() {
        reading.surroundings.push(Surrounding::Remote { by: "SSH_CONNECTION".to_owned() });
    }
    reading.policies = rules(system);
}

/// The user's choices. `None`: there is no such file, so nothing was ever chosen.
fn stored(system: &System) -> Option<Value> {
    let path = system.home.join("Library/Preferences/com.apple.LaunchServices/com.apple.launchservices.secure.plist");
    plist::from_file(path).ok()
}

/// An app that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
struct App {
    bundle: String,
    name: String,
    place: String,
    schemes: Vec<String>,
}

fn apps(system: &System) -> Vec<App> {
    let folders = [
        system.file("/Applications"),
        system.file("/System/Applications"),
        system.file("/System/Cryptexes/App/System/Applications"),
        system.home.join("Applications"),
    ];
    let bundles = folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten();
    let bundles = bundles
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "app"));
    let mut found: Vec<App> = bundles.filter_map(|bundle| app(system, &bundle)).collect();
    found.sort_by(|one, other| one.place.cmp(&other.place));
    found
}

fn app(system: &System, bundle: &std::path::Path) -> Option<App> {
    let info: PathBuf = bundle.join("Contents/Info.plist");
    let info: Value = plist::from_file(info).ok()?;
    let schemes = info.get("CFBundleURLTypes").and_then(Value::as_array).into_iter().flatten();
    let schemes = schemes.filter_map(|kind| kind.get("CFBundleURLSchemes")?.as_array()).flatten();
    Some(App {
        bundle: info.get("CFBundleIdentifier")?.as_str()?.to_ascii_lowercase(),
        name: bundle.file_stem()?.to_string_lossy().into_owned(),
        place: system.shown_path(bundle),
        schemes: schemes.filter_map(|scheme| scheme.as_str().map(str::to_ascii_lowercase)).collect(),
    })
}

fn handler(scheme: &str, stored: Option<&Value>, apps: &[App]) -> Handler {
    let is_web = matches!(scheme, "http" | "https");
    let chosen = stored.and_then(|stored| chosen(stored, scheme));
    let mut able = apps.iter().filter(|app| app.schemes.iter().any(|own| own == scheme));
    let app = match &chosen {
        Some(id) => apps.iter().find(|app| app.bundle == *id),
        // Safari opens web pages until something else is chosen; a scheme of its own belongs to the app that claims it.
        None if is_web => apps.iter().find(|app| app.bundle == "com.apple.safari"),
        None => able.next(),
    };
    Handler {
        scheme: scheme.to_owned(),
        id: chosen
            .or_else(|| app.map(|app| app.bundle.clone()))
            .or_else(|| is_web.then(|| "com.apple.safari".to_owned())),
        name: app.map(|app| app.name.clone()),
        decided_by: None,
        program: app.map(|app| app.place.clone()),
        // An app can stand anywhere: one that was not found in the usual folders is not known to be gone.
        installed: app.map(|_| true),
        others: able.map(|app| app.name.clone()).collect(),
        has_fallback: is_web,
    }
}

/// The bundle that was chosen for a scheme, in lower case.
fn chosen(stored: &Value, scheme: &str) -> Option<String> {
    let entries = stored.get("LSHandlers")?.as_array()?;
    let of = |entry: &&Value| {
        entry.get("LSHandlerURLScheme").and_then(Value::as_str).is_some_and(|own| own.eq_ignore_ascii_case(scheme))
    };
    let roles = |entry: &Value| {
        ["LSHandlerRoleAll", "LSHandlerRoleViewer"]
            .iter()
            .find_map(|role| entry.get(*role)?.as_str().filter(|id| *id != "-").map(str::to_ascii_lowercase))
    };
    entries.iter().filter(of).find_map(roles)
}

fn rules(system: &System) -> Vec<Policy> {
    const PLACES: [&str; 4] = ["com.google.Chrome", "com.microsoft.Edge", "org.chromium.Chromium", "com.brave.Browser"];
    let folder = system.file("/Library/Managed Preferences");
    let document = |name: &str| plist::from_file::<_, Value>(folder.join(format!("{name}.plist"))).ok();
    let place = |name: &str| format!("/Library/Managed Preferences/{name}.plist");
    let mut found: Vec<Policy> = PLACES
        .into_iter()
        .filter_map(|name| Some(policies::chromium(&place(name), &document(name)?)))
        .flatten()
        .collect();
    if let Some(rules) = document("org.mozilla.firefox") {
        found.extend(policies::firefox(&place("org.mozilla.firefox"), &rules));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::system::tests::{laid_out, put, put_program};
    use mcp_auth_diagnosis::browser::SystemKind;
    use std::path::Path;

    fn info(folder: &Path, app: &str, bundle: &str, schemes: &[&str]) {
        let schemes: String = schemes.iter().map(|scheme| format!("<string>{scheme}</string>")).collect();
        put(
            folder,
            &format!("Applications/{app}.app/Contents/Info.plist"),
            &format!(
                "<?xml version=\"1.0\"?><plist version=\"1.0\"><dict><key>CFBundleIdentifier</key><string>{bundle}</string>\
                 <key>CFBundleURLTypes</key><array><dict><key>CFBundleURLSchemes</key><array>{schemes}</array></dict></array></dict></plist>"
            ),
        );
    }

    fn choose(folder: &Path, scheme: &str, bundle: &str) {
        put(
            folder,
            "home/user/Library/Preferences/com.apple.LaunchServices/com.apple.launchservices.secure.plist",
            &format!(
                "<?xml version=\"1.0\"?><plist version=\"1.0\"><dict><key>LSHandlers</key><array><dict>\
                 <key>LSHandlerRoleAll</key><string>-</string><key>LSHandlerURLScheme</key><string>mailto</string></dict><dict>\
                 <key>LSHandlerRoleAll</key><string>{bundle}</string><key>LSHandlerURLScheme</key><string>{scheme}</string>\
                 </dict></array></dict></plist>"
            ),
        );
    }

    #[test]
    fn a_mac_on_which_nothing_was_chosen_uses_safari() {
        let folder = tempfile::tempdir().expect("a folder");
        put_program(folder.path(), "usr/bin/open", "");
        info(folder.path(), "Safari", "com.apple.Safari", &["http", "https"]);
        let reading = super::super::read(&laid_out(SystemKind::Macos, folder.path()), None);
        let https = reading.handler("https").expect("looked");
        assert_eq!(
            (https.id.as_deref(), https.name.as_deref(), https.installed),
            (Some("com.apple.safari"), Some("Safari"), Some(true))
        );
        assert_eq!(reading.opener("open").expect("looked").path.as_deref(), Some("/usr/bin/open"));
        assert_eq!(reading.opener("osascript").expect("looked").path, None);
    }

    #[test]
    fn the_choice_is_read_and_an_app_elsewhere_is_unknown() {
        let folder = tempfile::tempdir().expect("a folder");
        info(folder.path(), "Firefox", "org.mozilla.firefox", &["http", "https"]);
        choose(folder.path(), "https", "org.mozilla.firefox");
        let system = laid_out(SystemKind::Macos, folder.path());
        let https = super::super::read(&system, None).handler("https").cloned().expect("looked");
        assert_eq!((https.name.as_deref(), https.installed), (Some("Firefox"), Some(true)));
        choose(folder.path(), "https", "com.example.elsewhere");
        let https = super::super::read(&system, None).handler("https").cloned().expect("looked");
        assert_eq!((https.id.as_deref(), https.installed), (Some("com.example.elsewhere"), None));
    }

    #[test]
    fn a_clients_own_scheme_belongs_to_the_app_that_claims_it() {
        let folder = tempfile::tempdir().expect("a folder");
        info(folder.path(), "Cursor", "com.todesktop.cursor", &["cursor"]);
        let reading = super::super::read(&laid_out(SystemKind::Macos, folder.path()), None);
        assert_eq!(reading.handler("cursor").and_then(|handler| handler.installed), Some(true));
        assert_eq!(reading.handler("vscode").map(|handler| handler.installed), Some(None));
    }
}

//! Windows: associations in the registry, PowerShell, rules of a company. What is read is data, so that it can be laid out
//! on every system; only [`registry`] asks the real one.

use std::sync::Arc;

use mcp_auth_diagnosis::browser::{BrowserReading, Handler, Opener, Policy, PolicyEffect, Surrounding};
use serde_json::{Map, Value};

use super::policies;
use super::system::{ReadRegistry, System};

const ASSOCIATIONS: &str = r"HKCU\Software\Microsoft\Windows\Shell\Associations\UrlAssociations";

/// Reads everything that only Windows has.
pub fn read(system: &System, schemes: &[&str], reading: &mut BrowserReading) {
    let windows = system.variable("SystemRoot").unwrap_or(r"C:\Windows").to_owned();
    let programs = [
        ("powershell.exe", format!(r"{windows}\System32\WindowsPowerShell\v1.0\powershell.exe")),
        ("rundll32.exe", format!(r"{windows}\System32\rundll32.exe")),
        ("explorer.exe", format!(r"{windows}\explorer.exe")),
    ];
    reading.openers = programs
        .into_iter()
        .map(|(name, path)| {
            let there = system.program(&path).is_some();
            Opener { name: name.to_owned(), path: there.then_some(path), version: None, bundled: false }
        })
        .collect();
    reading.handlers = ["https", "http"].iter().chain(schemes).map(|scheme| handler(system, scheme)).collect();
    if system.variable("SSH_CONNECTION").is_some() {
        reading.surroundings.push(Surrounding::Remote { by: "SSH_CONNECTION".to_owned() });
    }
    reading.policies = rules(system.registry.as_ref());
}

/// Who opens a scheme: the user's newest choice, the older one, else whoever registered the scheme.
fn handler(system: &System, scheme: &str) -> Handler {
    let registry = system.registry.as_ref();
    let of_scheme = format!(r"{ASSOCIATIONS}\{scheme}");
    // Newer builds keep the choice in a second place, some as a value and some as a key of its own.
    let places = [
        format!(r"{of_scheme}\UserChoiceLatest\ProgId"),
        format!(r"{of_scheme}\UserChoiceLatest"),
        format!(r"{of_scheme}\UserChoice"),
    ];
    let chosen = places.iter().find_map(|place| {
        let id = registry.text(place, "ProgId").filter(|id| !id.is_empty())?;
        Some((id, place.clone()))
    });
    let is_web = matches!(scheme, "http" | "https");
    let (id, place) = match chosen {
        Some((id, place)) => (id, place),
        None => (scheme.to_owned(), format!(r"HKCR\{scheme}")),
    };
    let key = format!(r"HKCR\{id}");
    let command = registry.text(&format!(r"{key}\shell\open\command"), "").filter(|command| !command.is_empty());
    let name = registry.text(&format!(r"{key}\Application"), "ApplicationName").or_else(|| registry.text(&key, ""));
    let program = command.as_deref().map(|command| expanded(system, &program_of(command)));
    let installed = match &program {
        Some(program) if has_folder(program) => Some(system.program(program).is_some()),
        // A bare name is looked for in places that only Windows knows.
        Some(_) => None,
        // Apps from the store have no command; anything else without one leads nowhere.
        None if id.starts_with("AppX") => None,
        None if is_web => None,
        None => Some(false),
    };
    let known = command.is_some() || id != scheme;
    Handler {
        scheme: scheme.to_owned(),
        id: known.then_some(id),
        name: name.filter(|name| !name.is_empty() && !name.starts_with('@')),
        decided_by: known.then_some(place),
        program,
        installed,
        others: Vec::new(),
        has_fallback: is_web,
    }
}

fn has_folder(program: &str) -> bool {
    program.contains('\\') || program.contains('/')
}

/// The program of a command line: in quotes, or up to `.exe`, or the first word.
fn program_of(command: &str) -> String {
    let command = command.trim();
    if let Some(rest) = command.strip_prefix('"') {
        return rest.split('"').next().unwrap_or_default().to_owned();
    }
    match command.to_ascii_lowercase().find(".exe") {
        Some(at) => command[..at + 4].to_owned(),
        None => command.split(' ').next().unwrap_or_default().to_owned(),
    }
}

/// With `%NAME%` replaced.
fn expanded(system: &System, text: &str) -> String {
    let mut parts = text.split('%');
    let mut whole = parts.next().unwrap_or_default().to_owned();
    let mut inside = true;
    for part in parts {
        match (inside, system.variable(part)) {
            (true, Some(value)) => {
                whole.push_str(value);
                inside = false;
            }
            (true, None) => {
                whole.push('%');
                whole.push_str(part);
            }
            (false, _) => {
                whole.push_str(part);
                inside = true;
            }
        }
    }
    whole
}

fn rules(registry: &dyn ReadRegistry) -> Vec<Policy> {
    const BROWSERS: [&str; 4] = [
        r"SOFTWARE\Policies\Google\Chrome",
        r"SOFTWARE\Policies\Microsoft\Edge",
        r"SOFTWARE\Policies\Chromium",
        r"SOFTWARE\Policies\BraveSoftware\Brave",
    ];
    let list =
        |key: String| Value::Array(registry.values(&key).into_iter().map(|(_, value)| Value::String(value)).collect());
    let mut found = Vec::new();
    for hive in ["HKLM", "HKCU"] {
        for browser in BROWSERS {
            let key = format!(r"{hive}\{browser}");
            let mut document = Map::new();
            for name in ["URLBlocklist", "URLAllowlist"] {
                document.insert(name.to_owned(), list(format!(r"{key}\{name}")));
            }
            if let Some(bypass) = registry.text(&key, "ProxyBypassList") {
                document.insert("ProxyBypassList".to_owned(), Value::String(bypass));
            }
            found.extend(policies::chromium(&key, &Value::Object(document)));
        }
        let key = format!(r"{hive}\SOFTWARE\Policies\Mozilla\Firefox");
        let filter = Map::from_iter(
            ["Block", "Exceptions"].map(|name| (name.to_owned(), list(format!(r"{key}\WebsiteFilter\{name}")))),
        );
        let document = Map::from_iter([("WebsiteFilter".to_owned(), Value::Object(filter))]);
        found.extend(policies::firefox(&key, &Value::Object(document)));
        let key = format!(r"{hive}\Software\Microsoft\Windows\CurrentVersion\Policies\Explorer");
        let forbidden = registry.values(&format!(r"{key}\DisallowRun")).into_iter();
        if registry.text(&key, "DisallowRun").is_some_and(|on| on == "1") {
            let powershell = |(_, program): &(String, String)| program.to_ascii_lowercase().contains("powershell");
            found.extend(forbidden.filter(powershell).map(|(name, program)| {
                policies::policy(&format!(r"{key}\DisallowRun"), &name, &program, PolicyEffect::BlocksPowershell)
            }));
        }
    }
    found
}

/// The registry of this system.
#[cfg(windows)]
pub fn registry() -> Arc<dyn ReadRegistry> {
    Arc::new(real::ThisRegistry)
}

/// There is none.
#[cfg(not(windows))]
pub fn registry() -> Arc<dyn ReadRegistry> {
    Arc::new(std::collections::BTreeMap::new())
}

#[cfg(windows)]
mod real {
    use windows_registry::{CLASSES_ROOT, CURRENT_USER, Key, LOCAL_MACHINE};

    use super::ReadRegistry;

    /// The registry of this system. It is only read.
    pub struct ThisRegistry;

    impl ThisRegistry {
        fn open(key: &str) -> Option<Key> {
            let (hive, path) = key.split_once('\\')?;
            match hive {
                "HKCU" => CURRENT_USER.open(path).ok(),
                "HKLM" => LOCAL_MACHINE.open(path).ok(),
                "HKCR" => CLASSES_ROOT.open(path).ok(),
                _ => None,
            }
        }
    }

    impl ReadRegistry for ThisRegistry {
        fn text(&self, key: &str, name: &str) -> Option<String> {
            let key = Self::open(key)?;
            key.get_string(name).ok().or_else(|| key.get_u32(name).ok().map(|number| number.to_string()))
        }

        fn values(&self, key: &str) -> Vec<(String, String)> {
            let Some(key) = Self::open(key) else { return Vec::new() };
            let Ok(values) = key.values() else { return Vec::new() };
            values.filter_map(|(name, value)| Some((name, String::try_from(value).ok()?))).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::system::tests::{laid_out, put};
    use super::*;
    use mcp_auth_diagnosis::browser::SystemKind;
    use std::collections::BTreeMap;
    use std::path::Path;

    type Keys = BTreeMap<String, BTreeMap<String, String>>;

    fn set(keys: &mut Keys, key: &str, name: &str, value: &str) {
        keys.entry(key.to_owned()).or_default().insert(name.to_owned(), value.to_owned());
    }

    fn chrome(keys: &mut Keys) {
        for scheme in ["http", "https"] {
            set(keys, &format!(r"{ASSOCIATIONS}\{scheme}\UserChoice"), "ProgId", "ChromeHTML");
        }
        set(keys, r"HKCR\ChromeHTML\shell\open\command", "", "\"/chrome/chrome.exe\" --single-argument %1");
        set(keys, r"HKCR\ChromeHTML\Application", "ApplicationName", "Google Chrome");
    }

    fn system(folder: &Path, keys: Keys) -> System {
        System { registry: Arc::new(keys), ..laid_out(SystemKind::Windows, folder) }
    }

    #[test]
    fn the_chosen_browser_is_read_and_looked_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut keys = Keys::new();
        chrome(&mut keys);
        let https = handler(&system(folder.path(), keys.clone()), "https");
        assert_eq!((https.id.as_deref(), https.name.as_deref()), (Some("ChromeHTML"), Some("Google Chrome")));
        assert_eq!(https.installed, Some(false), "it was uninstalled by hand");
        put(folder.path(), "chrome/chrome.exe", "");
        #[cfg(unix)]
        super::super::system::tests::put_program(folder.path(), "chrome/chrome.exe", "");
        assert_eq!(handler(&system(folder.path(), keys), "https").installed, Some(true));
    }

    #[test]
    fn the_newest_choice_counts_in_both_of_its_forms() {
        let folder = tempfile::tempdir().expect("a folder");
        for (key, name) in [(r"UserChoiceLatest\ProgId", "ProgId"), ("UserChoiceLatest", "ProgId")] {
            let mut keys = Keys::new();
            chrome(&mut keys);
            set(&mut keys, &format!(r"{ASSOCIATIONS}\https\{key}"), name, "FirefoxURL-1");
            set(&mut keys, r"HKCR\FirefoxURL-1\shell\open\command", "", "firefox.exe -osint -url \"%1\"");
            let https = handler(&system(folder.path(), keys), "https");
            assert_eq!((https.id.as_deref(), https.program.as_deref()), (Some("FirefoxURL-1"), Some("firefox.exe")));
            assert_eq!(https.installed, None);
        }
    }

    #[test]
    fn a_store_app_has_no_command_and_a_missing_scheme_no_handler() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut keys = Keys::new();
        set(&mut keys, &format!(r"{ASSOCIATIONS}\https\UserChoice"), "ProgId", "AppXq0fevzme2pys62n3e0fbqa7peapykr8v");
        let system = system(folder.path(), keys);
        assert_eq!(handler(&system, "https").installed, None);
        let cursor = handler(&system, "cursor");
        assert_eq!((cursor.id, cursor.installed), (None, Some(false)));
    }

    #[test]
    fn command_lines_and_variables() {
        assert_eq!(program_of("\"C:\\Program Files\\b.exe\" \"%1\""), "C:\\Program Files\\b.exe");
        assert_eq!(program_of("C:\\Program Files\\b.exe %1"), "C:\\Program Files\\b.exe");
        assert_eq!(program_of("start"), "start");
        let mut system = laid_out(SystemKind::Windows, Path::new("/nowhere"));
        system.variables.insert("ProgramFiles".to_owned(), "C:\\PF".to_owned());
        assert_eq!(expanded(&system, "%programfiles%\\b.exe"), "C:\\PF\\b.exe");
        assert_eq!(expanded(&system, "100%\\%none%"), "100%\\%none%");
    }

    #[test]
    fn rules_of_a_company() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut keys = Keys::new();
        set(&mut keys, r"HKLM\SOFTWARE\Policies\Microsoft\Edge\URLBlocklist", "1", "localhost");
        let explorer = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Policies\Explorer";
        set(&mut keys, explorer, "DisallowRun", "1");
        set(&mut keys, &format!(r"{explorer}\DisallowRun"), "1", "PowerShell.exe");
        let effects: Vec<PolicyEffect> =
            rules(system(folder.path(), keys).registry.as_ref()).into_iter().map(|rule| rule.effect).collect();
        assert_eq!(effects, [PolicyEffect::BlocksLoopback, PolicyEffect::BlocksPowershell]);
    }

    /// Under Wine as on Windows, something opens web pages, and the registry says what.
    #[cfg(windows)]
    #[test]
    fn the_real_registry_is_read() {
        let reading = super::super::read(&System::this(), None);
        let https = reading.handler("https").expect("looked");
        assert!(https.id.is_some() && https.program.is_some(), "{https:?}");
        assert!(reading.opener("rundll32.exe").is_some_and(|opener| opener.path.is_some()), "{:?}", reading.openers);
        let none = handler(&System::this(), "mcp-auth-nobody-has-this");
        assert_eq!((none.id, none.installed), (None, Some(false)));
    }

    /// What installers and the settings page write for a scheme, written for one that nobody has, and read back.
    #[cfg(windows)]
    #[test]
    fn associations_in_the_real_registry_are_read() {
        let scheme = Written::new("read");
        let system = System::this();
        scheme.write(&scheme.class, "", "URL:A scheme of a test");
        scheme.write(&scheme.class, "URL Protocol", "");
        assert_eq!(handler(&system, &scheme.name).installed, Some(false), "registered, with nothing to start");

        // An installer writes a variable into the command.
        let command = format!(r"{}\shell\open\command", scheme.class);
        scheme.write_expanding(&command, "", "\"%SystemRoot%\\System32\\rundll32.exe\" \"%1\"");
        let registered = handler(&system, &scheme.name);
        assert!(registered.program.as_deref().is_some_and(|program| !program.contains('%')), "{registered:?}");
        assert_eq!(registered.installed, Some(true), "{registered:?}");
        assert_eq!(registered.decided_by, Some(format!(r"HKCR\{}", scheme.name)));
        // The registry does not tell capitals from small letters.
        assert_eq!(handler(&system, &scheme.name.to_ascii_uppercase()).installed, Some(true));

        // The user chose something else, which was uninstalled since.
        let chosen = Written::new("chosen");
        let gone = format!(r"{}\shell\open\command", chosen.class);
        chosen.write(&gone, "", r"C:\Program Files\Gone Browser\gone.exe -url %1");
        chosen.write(&format!(r"{}\Application", chosen.class), "ApplicationName", "Gone Browser");
        scheme.write(&format!(r"{}\UserChoice", scheme.choices), "ProgId", &chosen.name);
        let older = handler(&system, &scheme.name);
        assert_eq!((older.name.as_deref(), older.installed), (Some("Gone Browser"), Some(false)), "{older:?}");
        assert!(older.decided_by.as_deref().is_some_and(|place| place.ends_with("UserChoice")), "{older:?}");

        // Newer Windows keeps the choice in a key of its own, and that one counts.
        scheme.write(&format!(r"{}\UserChoiceLatest\ProgId", scheme.choices), "ProgId", &scheme.name);
        assert_eq!(handler(&system, &scheme.name).installed, Some(true));
    }

    #[cfg(windows)]
    #[test]
    fn numbers_and_lists_in_the_real_registry_are_read() {
        let scheme = Written::new("lists");
        scheme.write(&scheme.class, "1", "localhost");
        scheme.write(&scheme.class, "2", "127.0.0.1");
        let key = windows_registry::CURRENT_USER.create(&scheme.class).expect("a key");
        key.set_u32("DisallowRun", 1).expect("a number");
        let registry = registry();
        let shown = format!(r"HKCU\{}", scheme.class);
        assert_eq!(registry.text(&shown, "DisallowRun").as_deref(), Some("1"));
        let mut texts: Vec<String> = registry.values(&shown).into_iter().map(|(_, value)| value).collect();
        texts.retain(|value| value != "1");
        texts.sort();
        assert_eq!(texts, ["127.0.0.1", "localhost"]);
        assert_eq!(registry.text(&shown, "nothing"), None);
        assert_eq!(registry.text(r"HKXX\Software", "nothing"), None);
    }

    /// Keys of a scheme that nobody has, in the registry of whoever runs the tests. They go when the test is over.
    #[cfg(windows)]
    struct Written {
        name: String,
        class: String,
        choices: String,
    }

    #[cfg(windows)]
    impl Written {
        fn new(what: &str) -> Self {
            let name = format!("mcp-auth-test-{what}-{}", std::process::id());
            let choices = ASSOCIATIONS.split_once('\\').expect("a hive and a path").1;
            Self { class: format!(r"Software\Classes\{name}"), choices: format!(r"{choices}\{name}"), name }
        }

        fn write(&self, key: &str, name: &str, value: &str) {
            each(key, |key| key.set_string(name, value));
        }

        fn write_expanding(&self, key: &str, name: &str, value: &str) {
            each(key, |key| key.set_expand_string(name, value));
        }
    }

    /// Writes below the user's own keys. Windows shows them under HKCR as well, where Wine shows only its own: there a value
    /// is written too, which Windows takes for the same key.
    #[cfg(windows)]
    fn each(key: &str, write: impl Fn(&windows_registry::Key) -> windows_registry::Result<()>) {
        write(&windows_registry::CURRENT_USER.create(key).expect("a key")).expect("a value");
        if let Some(class) = key.strip_prefix(CLASSES) {
            write(&windows_registry::CLASSES_ROOT.create(class).expect("a key")).expect("a value");
        }
    }

    #[cfg(windows)]
    const CLASSES: &str = r"Software\Classes\";

    #[cfg(windows)]
    impl Drop for Written {
        fn drop(&mut self) {
            // A key that was never written is not there.
            let _ = windows_registry::CURRENT_USER.remove_tree(&self.class);
            let _ = windows_registry::CLASSES_ROOT.remove_tree(&self.name);
            let _ = windows_registry::CURRENT_USER.remove_tree(&self.choices);
        }
    }
}

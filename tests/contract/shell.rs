//! The shell's settings and what is shipped: what a hostile page could use is not switched on, and a release says what it is.

use serde_json::Value;

use crate::none;
use crate::repository::{File, files, read};

/// Every file of settings that Tauri may merge into the app.
fn settings() -> Vec<File> {
    let all = files("src-tauri").into_iter();
    all.filter(|file| {
        let name = file.path.rsplit('/').next().unwrap_or_default();
        (name.starts_with("tauri.") || file.path.starts_with("src-tauri/packaging/")) && name.ends_with(".json")
    })
    .collect()
}

#[test]
fn the_window_is_closed_to_everything_but_its_own_pages() {
    none(open_doors(&settings()));
    none(missing_locks(&read("src-tauri/tauri.conf.json")));
}

#[test]
fn one_capability_for_one_window_and_no_more() {
    let capabilities: Vec<File> = files("src-tauri/capabilities");
    assert_eq!(capabilities.len(), 1, "each further capability is a further door");
    none(too_wide(&capabilities[0].text));
}

#[test]
fn the_app_does_not_look_for_updates_by_itself() {
    none(updaters(&[File { path: "Cargo.lock".to_owned(), text: read("Cargo.lock") }]));
    none(updaters(&files("ui/src")));
}

#[test]
fn the_version_of_the_sources_is_the_one_that_software_centres_show() {
    let version = version(&read("Cargo.toml"));
    let metainfo = read("src-tauri/packaging/metainfo.xml");
    assert!(
        metainfo.contains(&format!("<release version=\"{version}\" date=\"")),
        "metainfo.xml does not name {version}"
    );
    let settings: Value = serde_json::from_str(&read("src-tauri/tauri.conf.json")).expect("JSON");
    assert!(settings["version"].is_null(), "the version comes from Cargo.toml, and stands there alone");
    let pages: Value = serde_json::from_str(&read("ui/package.json")).expect("JSON");
    assert_eq!(pages["version"], version, "ui/package.json");
}

#[test]
fn what_handles_keys_is_pinned_to_a_commit() {
    none(not_pinned(&read(".github/workflows/release.yml")));
}

#[test]
fn these_walls_can_fail() {
    let open = File::made_up(
        "src-tauri/tauri.extra.json",
        r#"{"app": {"withGlobalTauri": true, "security": {"csp": "script-src 'self' 'unsafe-inline' https://cdn.example",
            "dangerousDisableAssetCspModification": true, "assetProtocol": {"enable": true}}}}"#,
    );
    assert_eq!(
        open_doors(&[open]),
        [
            "src-tauri/tauri.extra.json lets the CSP be weakened",
            "src-tauri/tauri.extra.json opens the asset protocol",
            "src-tauri/tauri.extra.json puts Tauri into every page",
            "src-tauri/tauri.extra.json: the CSP allows 'unsafe-inline'",
            "src-tauri/tauri.extra.json: the CSP allows https://cdn.example",
        ]
    );
    assert_eq!(
        missing_locks(r#"{"app": {"security": {"csp": "default-src 'self'"}}}"#),
        [
            "prototypes are not frozen",
            "the CSP does not begin with nothing allowed",
            "base-uri is open",
            "form-action is open"
        ]
    );
    assert_eq!(
        too_wide(
            r#"{"windows": ["*"], "remote": {"urls": ["https://x.example"]},
                "permissions": ["core:default", "shell:allow-open", "allow-look-around"]}"#
        ),
        [
            "it counts for other windows than main",
            "it counts for pages from elsewhere",
            "core:default grants more than one command",
            "shell:allow-open is not one of those that were thought about",
        ]
    );
    assert_eq!(updaters(&[File::made_up("x", "name = \"tauri-plugin-updater\"")]), ["x brings an updater"]);
    assert_eq!(not_pinned("      - uses: actions/checkout@v4\n"), ["actions/checkout@v4"]);
}

fn open_doors(settings: &[File]) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in settings {
        let json: Value = serde_json::from_str(&file.text).unwrap_or_else(|error| panic!("{}: {error}", file.path));
        let security = &json["app"]["security"];
        let mut complain = |what: &str| complaints.push(format!("{} {what}", file.path));
        if !security["dangerousDisableAssetCspModification"].is_null() {
            complain("lets the CSP be weakened");
        }
        if security["assetProtocol"]["enable"] == true {
            complain("opens the asset protocol");
        }
        if json["app"]["withGlobalTauri"] == true {
            complain("puts Tauri into every page");
        }
        for source in security["csp"].as_str().unwrap_or_default().split([' ', ';']) {
            // The one address is Tauri's own on Windows, where a page cannot have a scheme of its own.
            let is_elsewhere = source.contains("//") && source != "http://ipc.localhost";
            if is_elsewhere || source.contains("unsafe") || source == "*" || source == "https:" || source == "http:" {
                complaints.push(format!("{}: the CSP allows {source}", file.path));
            }
        }
    }
    complaints
}

fn missing_locks(settings: &str) -> Vec<String> {
    let json: Value = serde_json::from_str(settings).expect("JSON");
    let security = &json["app"]["security"];
    let csp = security["csp"].as_str().unwrap_or_default();
    let mut complaints = Vec::new();
    if security["freezePrototype"] != true {
        complaints.push("prototypes are not frozen".to_owned());
    }
    if !csp.starts_with("default-src 'none'") {
        complaints.push("the CSP does not begin with nothing allowed".to_owned());
    }
    // These two do not fall back to default-src (CSP3 section 6.1).
    for name in ["base-uri", "form-action"] {
        if !csp.contains(&format!("{name} 'none'")) {
            complaints.push(format!("{name} is open"));
        }
    }
    complaints
}

fn too_wide(capability: &str) -> Vec<String> {
    /// What the window may ask of Tauri beside the app's own commands.
    const BORROWED: [&str; 3] =
        ["core:app:allow-version", "core:webview:allow-set-webview-zoom", "clipboard-manager:allow-write-text"];
    let json: Value = serde_json::from_str(capability).expect("JSON");
    let mut complaints = Vec::new();
    if json["windows"] != serde_json::json!(["main"]) || !json["webviews"].is_null() {
        complaints.push("it counts for other windows than main".to_owned());
    }
    if !json["remote"].is_null() {
        complaints.push("it counts for pages from elsewhere".to_owned());
    }
    for permission in json["permissions"].as_array().into_iter().flatten() {
        // A permission with a scope is an object: a path or an address that a command may then reach.
        let Some(name) = permission.as_str() else {
            complaints.push(format!("{permission} has a scope"));
            continue;
        };
        if name.ends_with(":default") || name == "default" {
            complaints.push(format!("{name} grants more than one command"));
        } else if name.contains(':') && !BORROWED.contains(&name) {
            complaints.push(format!("{name} is not one of those that were thought about"));
        }
    }
    complaints
}

fn updaters(files: &[File]) -> Vec<String> {
    let brings = files.iter().filter(|file| file.text.contains("plugin-updater"));
    brings.map(|file| format!("{} brings an updater", file.path)).collect()
}

fn not_pinned(workflow: &str) -> Vec<String> {
    let used = workflow.lines().filter_map(|line| line.trim_start().trim_start_matches("- ").strip_prefix("uses: "));
    let is_commit = |action: &str| {
        let at = action.split_once('@').map(|(_, at)| at.split(' ').next().unwrap_or_default());
        at.is_some_and(|at| at.len() == 40 && at.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    used.filter(|action| !is_commit(action)).map(str::to_owned).collect()
}

fn version(manifest: &str) -> String {
    let table: toml::Table = manifest.parse().expect("TOML");
    table["workspace"]["package"]["version"].as_str().expect("the workspace has a version").to_owned()
}

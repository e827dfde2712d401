//! Node, its version, and the modules of the window.

use std::fs;
use std::process::Command;

use serde_json::{Map, Value};

use crate::failure::Failure;
use crate::house;
use crate::setup::{apt_install, apt_offer_after_update};
use crate::steps::{Step, say};

/// What the window's build asks for (vite 8 and its plugin for Svelte): these lines of Node from these versions on, and
/// everything newer.
const LINES: [(u32, u32); 3] = [(20, 19), (22, 12), (24, 0)];

fn fits((major, minor): (u32, u32)) -> bool {
    LINES.iter().any(|line| line.0 == major && line.1 <= minor) || LINES.last().is_some_and(|last| major > last.0)
}

/// Sees to it that there is a Node that fits.
pub fn ensure_node() -> Result<(), Failure> {
    match installed() {
        Some(version) if fits(version) && npm_is_there() => Ok(()),
        Some(version) if fits(version) => install_npm(),
        Some((major, minor)) => Err(does_not_fit(&format!("this computer has {major}.{minor}"))),
        None => install(),
    }
}

/// Sees to it that the `node_modules` of this folder is what its `package-lock.json` says. `whose` is for the person who waits.
pub fn ensure_modules(folder: &str, whose: &str) -> Result<(), Failure> {
    let wanted = packages(&format!("{folder}/package-lock.json"))?;
    // npm writes this list when it is done; while it is missing, so are the modules.
    let present = packages(&format!("{folder}/node_modules/.package-lock.json")).unwrap_or_default();
    if agrees(&wanted, &present) {
        return Ok(());
    }
    let step = Step::new(
        &format!("Install the modules of {whose}"),
        "npm",
        &["--prefix", folder, "ci", "--no-audit", "--no-fund"],
    );
    say(&format!("The modules of {whose} are missing or out of date:\n\n      {}", step.shown()));
    step.run().map_err(Failure::needs_network)
}

fn npm_is_there() -> bool {
    house::on_path(if cfg!(windows) { "npm.cmd" } else { "npm" })
}

fn installed() -> Option<(u32, u32)> {
    let output = Command::new("node").arg("--version").output().ok()?;
    version(&String::from_utf8_lossy(&output.stdout))
}

/// Reads `v20.20.2` and apt's `18.20.4+dfsg-1~deb12u1`.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.trim().trim_start_matches('v').split('.').map(|part| part.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

fn install() -> Result<(), Failure> {
    if cfg!(target_os = "linux") && house::on_path("apt-get") {
        // A fresh image has no package lists yet, and what apt has may be too old: that is said before anything is installed.
        let offered = apt_offer_after_update("nodejs");
        return match offered.as_deref().and_then(version) {
            Some(version) if fits(version) => {
                say("Node is missing on this computer; it builds the window's pages.");
                apt_install(&[&["nodejs"]])?;
                match installed() {
                    Some(version) if fits(version) && npm_is_there() => Ok(()),
                    Some(version) if fits(version) => install_npm(),
                    _ => Err(does_not_fit("what apt installed is none of them")),
                }
            }
            Some((major, minor)) => Err(does_not_fit(&format!("apt offers {major}.{minor}"))),
            None => Err(does_not_fit("this computer has none, and apt offers none")),
        };
    }
    Err(by_hand("Node is missing; it builds the window's pages."))
}

/// Debian packs npm on its own; everybody else's Node brings it along.
fn install_npm() -> Result<(), Failure> {
    if cfg!(target_os = "linux") && house::on_path("apt-get") {
        say("Node's npm is missing on this computer; it fetches what the window's pages are built with.");
        return apt_install(&[&["npm"]]);
    }
    Err(by_hand("Node's npm is missing; it fetches what the window's pages are built with."))
}

fn by_hand(what: &str) -> Failure {
    let command = match () {
        () if cfg!(target_os = "macos") => "brew install node",
        () if cfg!(windows) => "winget install OpenJS.NodeJS.LTS",
        () if house::on_path("dnf") => "sudo dnf install nodejs npm",
        () if house::on_path("pacman") => "sudo pacman -S --needed nodejs npm",
        () => {
            let from = "from https://nodejs.org/en/download, then run the same command again";
            return Failure::Missing(format!("{what} Install Node {}, {from}.", lines()));
        }
    };
    Failure::Missing(format!("{what} Install Node {}, then run the same command again:\n\n    {command}", lines()))
}

fn does_not_fit(what_is_there: &str) -> Failure {
    Failure::Missing(format!(
        "The window is built with Node {}; {what_is_there}.\n\
         Install a newer one from https://nodejs.org/en/download, then run the same command again.",
        lines()
    ))
}

/// Those versions in words.
fn lines() -> String {
    let [first, second, (last, _)] = LINES;
    let from = |(major, minor): (u32, u32)| format!("{major} (from {major}.{minor} on)");
    format!("{}, {}, or {last} and newer", from(first), from(second))
}

/// The packages that a lock file lists, by their folder.
fn packages(path: &str) -> Result<Map<String, Value>, Failure> {
    let text = fs::read_to_string(house::path(path)).map_err(Failure::file(path))?;
    let lock: Value = serde_json::from_str(&text)
        .map_err(|error| Failure::Answer { from: path.to_owned(), reason: error.to_string() })?;
    Ok(lock["packages"].as_object().cloned().unwrap_or_default())
}

/// Whether every wanted package is present in the wanted version. Optional ones may be left out: they are for other systems.
fn agrees(wanted: &Map<String, Value>, present: &Map<String, Value>) -> bool {
    wanted.iter().filter(|(folder, _)| !folder.is_empty()).all(|(folder, package)| match present.get(folder) {
        Some(found) => found["version"] == package["version"] && found["integrity"] == package["integrity"],
        None => package["optional"] == true || package["devOptional"] == true || package["peer"] == true,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_versions() {
        assert_eq!(version("v20.20.2\n"), Some((20, 20)));
        assert_eq!(version("18.20.4+dfsg-1~deb12u1"), Some((18, 20)));
        assert_eq!(version("what?"), None);
    }

    #[test]
    fn a_line_of_node_that_the_build_refuses_is_refused_first() {
        for good in [(20, 19), (20, 20), (22, 12), (22, 21), (24, 0), (25, 1), (30, 0)] {
            assert!(fits(good), "{good:?}");
        }
        for bad in [(18, 20), (20, 18), (21, 7), (22, 11), (23, 9)] {
            assert!(!fits(bad), "{bad:?}");
        }
        assert_eq!(lines(), "20 (from 20.19 on), 22 (from 22.12 on), or 24 and newer");
    }

    #[test]
    fn modules_agree_when_every_wanted_package_is_there() {
        let map = |value: Value| value.as_object().cloned().unwrap_or_default();
        let wanted = map(json!({
            "": {"name": "ui"},
            "node_modules/a": {"version": "1.0.0", "integrity": "sha512-x"},
            "node_modules/only-elsewhere": {"version": "1.0.0", "optional": true},
        }));
        let same = map(json!({"node_modules/a": {"version": "1.0.0", "integrity": "sha512-x"}}));
        let older = map(json!({"node_modules/a": {"version": "0.9.0", "integrity": "sha512-x"}}));
        assert!(agrees(&wanted, &same));
        assert!(!agrees(&wanted, &older));
        assert!(!agrees(&wanted, &Map::new()), "nothing is installed yet");
    }
}

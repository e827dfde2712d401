//! Finds what is missing on this computer and installs it, or says exactly what to install.
//!
//! Looking takes a few hundredths of a second, so every task does it first.

use std::process::Command;

use crate::failure::Failure;
use crate::house::on_path;
use crate::needs::{LINUX, Need, Purpose};
use crate::node;
use crate::python;
use crate::steps::{Step, say};

/// Sees to it that everything for these purposes is there.
pub fn ensure(purposes: &[Purpose]) -> Result<(), Failure> {
    if purposes.contains(&Purpose::Lint) {
        ensure_rust_tools()?;
    }
    if cfg!(target_os = "linux") {
        let missing: Vec<&Need> =
            LINUX.iter().filter(|need| purposes.contains(&need.purpose) && !need.proof.holds()).collect();
        if !missing.is_empty() {
            install(&missing)?;
        }
    }
    if purposes.iter().any(|purpose| matches!(purpose, Purpose::Ui | Purpose::Interop)) {
        node::ensure_node()?;
    }
    if purposes.contains(&Purpose::Ui) {
        node::ensure_modules("ui", "the window")?;
    }
    // Elsewhere than on Linux the part does not run; see `test`.
    if purposes.contains(&Purpose::Interop) && cfg!(target_os = "linux") {
        node::ensure_modules("tests/interop", "the real clients and servers")?;
        python::ensure_modules()?;
    }
    Ok(())
}

/// rustup's smallest profile, and some systems' own Rust, come without these two.
fn ensure_rust_tools() -> Result<(), Failure> {
    let is_there = |tool: &str| {
        Command::new("cargo").args([tool, "--version"]).output().is_ok_and(|output| output.status.success())
    };
    let missing: Vec<&str> = [("fmt", "rustfmt"), ("clippy", "clippy")]
        .into_iter()
        .filter(|(tool, _)| !is_there(tool))
        .map(|(_, name)| name)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !on_path("rustup") {
        return Err(Failure::Missing(format!(
            "Missing on this computer: {}, which are Rust's own. Install them with your system's package manager (Debian: rustfmt, \
             rust-clippy), or Rust from https://rustup.rs, then run the same command again.",
            missing.join(" and ")
        )));
    }
    let step = Step::new("Add Rust's own tools", "rustup", &[&["component", "add"], missing.as_slice()].concat());
    say(&format!(
        "Missing on this computer: {}, which are Rust's own:\n\n      {}",
        missing.join(" and "),
        step.shown()
    ));
    step.run().map_err(Failure::needs_network)
}

fn install(missing: &[&Need]) -> Result<(), Failure> {
    say("Some things are missing on this computer:");
    for need in missing {
        say(&format!("  {:<24} {}", need.apt[0], need.why));
    }
    if on_path("apt-get") {
        return apt_install(&missing.iter().map(|need| need.apt).collect::<Vec<_>>());
    }
    let (command, names): (_, Vec<&str>) = if on_path("dnf") {
        ("sudo dnf install ", missing.iter().map(|need| need.dnf).collect())
    } else if on_path("pacman") {
        ("sudo pacman -S --needed ", missing.iter().map(|need| need.pacman).collect())
    } else {
        // A system that we do not know: Debian's names say what to look for.
        ("(Debian's names) ", missing.iter().map(|need| need.apt[0]).collect())
    };
    Err(Failure::Missing(format!(
        "Install them with your system's package manager, then run the same command again:\n\n    {command}{}",
        names.join(" ")
    )))
}

/// Installs one package of each group: the first name that this system offers.
pub fn apt_install(groups: &[&[&str]]) -> Result<(), Failure> {
    let firsts = || groups.iter().map(|names| names[0]).collect::<Vec<_>>();
    if !is_root() && !on_path("sudo") {
        return Err(Failure::Missing(format!(
            "Installing needs the rights of the administrator, and there is no sudo. {}",
            as_root(&firsts())
        )));
    }
    let offered = |groups: &[&[&str]]| -> Option<Vec<String>> {
        groups
            .iter()
            .map(|names| names.iter().find(|name| apt_offer(name).is_some()).map(|&name| name.to_owned()))
            .collect()
    };
    // A fresh image has no package lists yet; otherwise those that are there will do.
    let mut names = offered(groups);
    if names.is_none() {
        apt(&["update"]).map_err(|_| not_installed(&firsts()))?;
        names = offered(groups);
    }
    let Some(names) = names else {
        return Err(Failure::Missing(format!(
            "apt does not offer all of these, not even after an update: {}. Debian 12 and Ubuntu 22.04 are the oldest \
             systems that have them.",
            firsts().join(", ")
        )));
    };
    let mut install = vec!["install", "--yes", "--no-install-recommends"];
    install.extend(names.iter().map(String::as_str));
    // Old lists name versions that are gone from the mirror; fresh ones put that right.
    apt(&install).or_else(|_| apt(&["update"]).and_then(|()| apt(&install))).map_err(|_| not_installed(&names))
}

/// The same as [`apt_offer`], from fresh lists where the ones that are there do not know it.
pub fn apt_offer_after_update(package: &str) -> Option<String> {
    if let Some(version) = apt_offer(package) {
        return Some(version);
    }
    if !is_root() && !on_path("sudo") {
        return None;
    }
    // Where that fails, what apt says stands there, and there is no offer.
    let _ = apt(&["update"]);
    apt_offer(package)
}

fn not_installed(names: &[impl AsRef<str>]) -> Failure {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    Failure::Missing(format!(
        "Not everything could be installed; apt's own words stand above. That needs the network and the rights of the \
         administrator. {}",
        as_root(&names)
    ))
}

fn as_root(names: &[&str]) -> String {
    format!(
        "As root, run this, then run the same command again:\n\n    apt-get update && apt-get install {}",
        names.join(" ")
    )
}

/// The version of this package that apt would install, if any.
pub fn apt_offer(package: &str) -> Option<String> {
    let output = Command::new("apt-cache").args(["policy", package]).env("LC_ALL", "C").output().ok()?;
    candidate(&String::from_utf8_lossy(&output.stdout))
}

fn candidate(policy: &str) -> Option<String> {
    let version = policy.lines().find_map(|line| line.trim().strip_prefix("Candidate:"))?.trim();
    (version != "(none)").then(|| version.to_owned())
}

fn apt(arguments: &[&str]) -> Result<(), Failure> {
    // A computer that was just started often updates itself: its lock is waited for.
    let words = [&["DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet", "-o", "DPkg::Lock::Timeout=300"], arguments]
        .concat();
    let step = Step::new("Install", if is_root() { "env" } else { "sudo" }, &words);
    say(&format!("\n      {}", step.shown()));
    step.run()
}

/// Whether this runs with the rights of the administrator.
pub fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

#[cfg(test)]
mod tests {
    use super::candidate;

    #[test]
    fn reads_what_apt_would_install() {
        let policy = "chromium:\n  Installed: (none)\n  Candidate: 130.0-1\n  Version table:\n";
        assert_eq!(candidate(policy).as_deref(), Some("130.0-1"));
        assert_eq!(candidate("chromium:\n  Installed: (none)\n  Candidate: (none)\n"), None);
        assert_eq!(candidate(""), None, "apt says nothing about a name that it never heard");
    }
}

//! cargo-deny, which guards the licences and the sources of every library. It is a program of its own: where it is missing,
//! it is built into this house and nowhere else.

use crate::failure::Failure;
use crate::house;
use crate::steps::{Step, say};

const VERSION: &str = "0.20.2";
const FOLDER: &str = "target/tools";

/// Sees to it that cargo-deny is there.
pub fn ensure() -> Result<(), Failure> {
    if house::on_path("cargo-deny") || house::path(&built()).is_file() {
        return Ok(());
    }
    let step = Step::cargo(
        "Build cargo-deny",
        &["install", "--quiet", "--locked", "--version", VERSION, "--root", FOLDER, "cargo-deny"],
    );
    say(&format!(
        "cargo-deny, which guards the licences and sources of the libraries, is missing (some minutes, once):\n\n      {}",
        step.shown()
    ));
    step.run().map_err(Failure::needs_network)
}

/// What the lock file and the libraries themselves say: nothing but libraries that are missing here is fetched.
pub fn what_is_locked() -> Step {
    Step::new(
        "Licences and sources of every library",
        &program(),
        &["--locked", "check", "bans", "licenses", "sources"],
    )
}

/// The same, and known faults (RustSec, npm), which are asked for over the network.
pub fn everything() -> Vec<Step> {
    vec![
        Step::new("Licences, advisories and sources of every crate", &program(), &["check"]),
        Step::npm("Advisories about every npm package", &["audit"]),
    ]
}

fn program() -> String {
    if house::on_path("cargo-deny") {
        "cargo-deny".to_owned()
    } else {
        house::path(&built()).to_string_lossy().into_owned()
    }
}

fn built() -> String {
    format!("{FOLDER}/bin/cargo-deny{}", std::env::consts::EXE_SUFFIX)
}

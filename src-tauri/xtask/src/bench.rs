//! `cargo xtask bench`: what the app's work costs beside the least that it could cost, as a table of ratios.

use std::fs;

use crate::failure::Failure;
use crate::generate::{README, between_markers};
use crate::house::{self, CLI, SHELL};
use crate::needs::Purpose;
use crate::run::build_ui;
use crate::steps::{Step, say};
use crate::{node, setup, steps};

pub const USAGE: &str = "\
cargo xtask bench [--write] [part]...

Measures the app beside the least that its work could cost, in one run, and prints the table.
The parts, all of them unless some are named:

  diagnosis   a whole diagnosis beside the requests that wait for one another
  many        a hundred servers beside the slowest of them
  home        reading a large home beside a plain listing of it
  window      the app's start and memory beside an empty window (Linux)
  size        the programs, and the packages when `cargo xtask package` was run
  peers       the command line beside mcp-remote and MCP Inspector on the same server

  --write     put the table into the README";

const PARTS: [&str; 6] = ["diagnosis", "many", "home", "window", "size", "peers"];
/// The example of the shell that is an empty window.
const EMPTY: &str = "empty";

/// Builds what is measured, measures, and prints the table.
pub fn bench(words: &[&str]) -> Result<(), Failure> {
    let (flags, parts): (Vec<&str>, Vec<&str>) = words.iter().partition(|word| word.starts_with('-'));
    if flags.iter().any(|flag| *flag != "--write") || parts.iter().any(|part| !PARTS.contains(part)) {
        return Err(Failure::Usage(USAGE));
    }
    let wants = |names: &[&str]| parts.is_empty() || parts.iter().any(|part| names.contains(part));
    let window = wants(&["window", "size"]);
    let mut purposes = vec![Purpose::Engine];
    if window {
        purposes.extend([Purpose::Ui, Purpose::Shell, Purpose::E2e]);
    }
    setup::ensure(&purposes)?;
    let mut build = Vec::new();
    if window {
        build.push(build_ui());
        build.push(Step::cargo(
            "Build the app and an empty window",
            &["build", "--release", "--package", SHELL, "--features", EMPTY, "--bin", SHELL, "--example", EMPTY],
        ));
    }
    if wants(&["size", "peers"]) {
        build.push(Step::cargo("Build the command line", &["build", "--release", "--package", CLI]));
    }
    if wants(&["peers"]) {
        node::ensure_node()?;
        node::ensure_modules("tests/bench", "the clients to measure beside")?;
    }
    build.push(Step::cargo(
        "Build the measurements",
        &["build", "--release", "--package", "mcp-auth-tests", "--bin", "bench"],
    ));
    steps::run_all(build)?;

    let measure = measure(window, &parts);
    say(&format!("\n      {}", measure.shown()));
    let table = measure.output()?;
    say(&format!("\n{table}"));
    if flags.is_empty() {
        return Ok(());
    }
    let path = house::path(README);
    let present = fs::read_to_string(&path).map_err(Failure::file(&path))?;
    let wanted = between_markers(&present, "speed", &table)?;
    fs::write(&path, wanted).map_err(Failure::file(&path))?;
    say(&format!("wrote {README}"));
    Ok(())
}

/// The measurements; with a screen of their own where a window is opened.
fn measure(window: bool, parts: &[&str]) -> Step {
    let program = house::path("target/release/bench");
    let program = program.to_string_lossy();
    if !window || !cfg!(target_os = "linux") {
        return Step::new("Measure", &program, parts);
    }
    let screen = ["--auto-servernum", "--server-args", "-screen 0 1280x1024x24", &*program];
    Step::new("Measure", "xvfb-run", &[&screen, parts].concat())
}

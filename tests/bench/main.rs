//! What the app's work costs beside the least that it could cost, measured in the same run: one table, one row a measurement,
//! with the ratio and the most that it may be. `cargo xtask bench` builds what is measured and starts this.
//!
//! Subject and yardstick take turns, and the median counts: what else this computer does then hits both.

#![allow(clippy::disallowed_methods, reason = "the measurement's own folders and processes")]

mod diagnosis;
mod home;
mod many;
mod peers;
mod practice;
mod size;
mod table;
mod window;

use std::error::Error;
use std::process::ExitCode;

use table::Row;

/// Why something could not be measured.
type Fault = Box<dyn Error>;

/// One part of the table.
type Part = (&'static str, fn() -> Result<Vec<Row>, Fault>);

const PARTS: [Part; 6] = [
    ("diagnosis", diagnosis::rows),
    ("many", many::rows),
    ("home", home::rows),
    ("window", window::rows),
    ("size", size::rows),
    ("peers", peers::rows),
];

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    // Processes that measurements start beside themselves.
    match words.first().map(String::as_str) {
        Some(home::READ_HOME) => return home::read_and_tell(words.get(1)),
        Some(practice::SERVE) => return practice::serve(&words[1..]),
        _ => {}
    }
    let wanted = |name: &str| words.is_empty() || words.iter().any(|word| word == name);
    let before = load();
    let mut rows = Vec::new();
    let mut missing = Vec::new();
    for (name, measure) in PARTS.into_iter().filter(|(name, _)| wanted(name)) {
        eprintln!("measuring: {name}");
        match measure() {
            Ok(more) => rows.extend(more),
            Err(fault) => missing.push(format!("{name}: {fault}")),
        }
    }
    print!("{}", table::table(&rows));
    println!("\n{}", table::circumstances(before, load()));
    for one in &missing {
        println!("\nNot measured: {one}.");
    }
    // A ratio above its bar is said in the table; what else the computer does may have caused it.
    if rows.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// How many processes wanted a processor in the last minute, where the system tells (Linux).
fn load() -> Option<f64> {
    std::fs::read_to_string("/proc/loadavg").ok()?.split_whitespace().next()?.parse().ok()
}

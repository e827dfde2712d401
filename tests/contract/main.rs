//! The walls of the house, as tests: what may depend on what, who may write, what stands where.
//!
//! A wall is a function from text to complaints. It is asked twice: about this repository, where it must have none,
//! and about a made-up offence, where it must have some; a wall that cannot fail holds nothing.

mod checks;
mod clippy_walls;
mod dependencies;
mod languages;
mod layout;
mod mission;
mod private_words;
mod repository;
mod shell;
mod sources;
mod window;

/// Fails with every complaint on a line of its own.
#[track_caller]
fn none(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "\n  {}\n", complaints.join("\n  "));
}

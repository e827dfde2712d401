//! `mcp-auth-check`: the engine on the command line, for support, CI and SSH sessions. The app never needs it.
//!
//! Exit codes: 0 healthy, 1 a fault was found, 2 could not tell, 64 wrong usage.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use mcp_auth_diagnosis::redact;

mod browser;
mod caches;
mod catalogue;
mod computer;
mod diagnose;
mod paper;
mod practice;
mod sign_in;
mod token;

/// Finds the one thing that keeps a sign-in to an MCP server from working.
#[derive(Debug, Parser)]
#[command(name = "mcp-auth-check", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Checks a server and says what is broken, and who can fix it
    Diagnose(diagnose::Arguments),
    /// Lists the clients, servers and stored sign-ins of this computer, and what is wrong with them
    Computer(computer::Arguments),
    /// Says whether the browser opens on this computer, and tests it
    Browser(browser::Arguments),
    /// Shows what clients have stored for servers, forgets it, and brings it back
    Caches(caches::Arguments),
    /// Reads an access token from a file, and with --server checks it against the server
    Token(token::Arguments),
    /// Lists every check
    Checks(catalogue::Arguments),
    /// Runs a server on this computer that is broken on purpose, to try things out
    Practice(practice::Arguments),
}

/// What a verb ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exit {
    Healthy = 0,
    Fault = 1,
    CouldNotTell = 2,
    WrongUsage = 64,
}

fn main() -> ExitCode {
    tell_panics_without_their_words();
    mcp_auth_sign_in::keep_memory_off_the_disk();
    let exit = match Arguments::try_parse() {
        Ok(arguments) => carry_out(arguments.verb),
        Err(error) => {
            // Nobody is left to tell when even this cannot be printed.
            let _ = error.print();
            let asked_for =
                matches!(error.kind(), clap::error::ErrorKind::DisplayHelp | clap::error::ErrorKind::DisplayVersion);
            if asked_for { Exit::Healthy } else { Exit::WrongUsage }
        }
    };
    // A result that nobody received is none, and its exit code must not be taken for one.
    let exit = match paper::unwritten() {
        Some(error) => paper::complain(Exit::CouldNotTell, &format!("the result could not be written: {error}")),
        None => exit,
    };
    ExitCode::from(exit as u8)
}

/// Says where a panic was and not what it said: its words may hold what a server sent or a person typed.
fn tell_panics_without_their_words() {
    std::panic::set_hook(Box::new(|panic| {
        let place = redact::place_of(panic).map(|place| format!(" at {place}")).unwrap_or_default();
        paper::say(&format!("mcp-auth-check: a part of this program stopped{place}; please send us this line"));
    }));
}

fn carry_out(verb: Verb) -> Exit {
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return paper::complain(Exit::CouldNotTell, &format!("this system gave no thread to work on: {error}"));
        }
    };
    let exit = runtime.block_on(async {
        match verb {
            Verb::Diagnose(arguments) => diagnose::carry_out(arguments).await,
            Verb::Browser(arguments) => browser::carry_out(arguments).await,
            Verb::Caches(arguments) => caches::carry_out(&arguments),
            Verb::Token(arguments) => token::carry_out(arguments).await,
            Verb::Computer(arguments) => computer::carry_out(&arguments),
            Verb::Checks(arguments) => catalogue::carry_out(&arguments),
            Verb::Practice(arguments) => practice::carry_out(arguments).await,
        }
    });
    // A look-up of a name cannot be stopped; it must not keep the program.
    runtime.shutdown_background();
    exit
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    /// The words of such a panic quote the text that was cut.
    #[test]
    fn what_a_panic_says_is_not_told() {
        let this = std::env::current_exe().expect("this program has a path");
        let output = std::process::Command::new(this)
            .args(["--ignored", "--exact", "tests::cuts_a_secret_in_the_middle_of_a_letter", "--nocapture"])
            .env("RUST_BACKTRACE", "full")
            .output()
            .expect("it starts");
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(!output.status.success() && !said.contains("canary"), "{said}");
        assert!(said.contains("stopped at ") && said.contains("main.rs:"), "{said}");
    }

    #[test]
    #[ignore = "it stops on purpose; the test above starts it"]
    fn cuts_a_secret_in_the_middle_of_a_letter() {
        tell_panics_without_their_words();
        let held = "é Authorization: Bearer canary-0123456789".to_owned();
        let end = held.find('é').map_or(1, |at| at + 1);
        assert_eq!(held[..end].len(), end);
    }

    #[test]
    fn the_command_line_fits_together() {
        Arguments::command().debug_assert();
    }
}

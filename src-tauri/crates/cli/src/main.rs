//! `mcp-auth-check`: the engine on the command line, for support, CI and SSH sessions. The app never needs it.
//!
//! Exit codes: 0 healthy, 1 a fault was found, 2 could not tell, 64 wrong usage.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

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

    #[test]
    fn the_command_line_fits_together() {
        Arguments::command().debug_assert();
    }
}

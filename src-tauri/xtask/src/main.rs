//! The tasks of the house: `cargo xtask <task>`.
//!
//! Two of them are all that a newcomer needs: `run` shows the app, `test` checks everything. Both find what is missing
//! on this computer first and install it, or say exactly what to install.

mod bench;
mod bill;
mod contents;
mod deny;
mod failure;
mod feed;
mod generate;
mod house;
mod needs;
mod node;
mod notices;
mod package;
mod python;
mod run;
mod scratch;
mod setup;
mod steps;
mod test;

use std::process::ExitCode;

use failure::Failure;
use needs::Purpose;
use steps::Step;

const USAGE: &str = "\
cargo xtask <task>

  run                 set up, build and open the app; without a screen, walk the journey in the terminal
  test [part]         set up and check everything, or one part: libraries, engine, ui, shell, generated,
                      e2e, interop
  e2e                 the same as `test e2e`: the real window under a virtual screen (Linux)
  generate [--check]  write the window's types and the README's table of checks; --check only compares
  fmt                 format the Rust code
  lint                the format and clippy, as `test` runs them
  bench [part]        measure beside the least that the work could cost; `bench --help` lists the parts
  package [options]   build the .deb and .rpm (Linux) or this system's installer, with licences, bill of materials and
                      checksums; on Linux, install them in a system of their own and start them there; `package --help` lists
                      the options
  feed DIR URL VER    write the update feed of a release (the app itself never asks for one)
  deny                licences, known faults and sources of every library (needs the network)";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match perform(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\n{failure}");
            failure.exit_code()
        }
    }
}

fn perform(words: &[&str]) -> Result<(), Failure> {
    match words {
        ["run"] => run::run(),
        ["test"] => test::test(&test::Part::ALL),
        ["test", part] => test::test(&[test::Part::named(part)?]),
        ["e2e"] => test::test(&[test::Part::E2e]),
        ["generate"] => generate::generate(generate::Mode::Write),
        ["generate", "--check"] => generate::generate(generate::Mode::Check),
        ["fmt"] => steps::run_all(vec![Step::cargo("Format", &["fmt", "--all"])]),
        ["lint"] => lint(),
        ["bench", "--help"] => {
            println!("{}", bench::USAGE);
            Ok(())
        }
        ["bench", words @ ..] => bench::bench(words),
        ["package", "--help"] => {
            println!("{}", package::USAGE);
            Ok(())
        }
        ["package", options @ ..] => package::package(options),
        ["feed", folder, address, version] => feed::feed(folder, address, version),
        ["feed", ..] => Err(Failure::Usage(feed::USAGE)),
        ["deny"] => deny(),
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => Err(Failure::Usage(USAGE)),
    }
}

fn lint() -> Result<(), Failure> {
    setup::ensure(&[Purpose::Lint, Purpose::Engine, Purpose::Ui, Purpose::Shell])?;
    steps::run_all(vec![test::format(), run::build_ui(), test::lint_engine(), test::lint_shell()])
}

fn deny() -> Result<(), Failure> {
    deny::ensure()?;
    steps::run_all(deny::everything())
}

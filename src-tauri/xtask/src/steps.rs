//! One command after the other, each with its name, its output as it comes, its time, and how to repeat it.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::house;

/// One command, run from the root of the repository.
pub struct Step {
    title: String,
    environment: Vec<(String, String)>,
    program: String,
    arguments: Vec<String>,
    good: Vec<i32>,
}

impl Step {
    /// A command of any program.
    pub fn new(title: &str, program: &str, arguments: &[&str]) -> Self {
        Self {
            title: title.to_owned(),
            environment: Vec::new(),
            program: program.to_owned(),
            arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(),
            good: vec![0],
        }
    }

    /// A cargo command.
    pub fn cargo(title: &str, arguments: &[&str]) -> Self {
        Self::new(title, "cargo", arguments)
    }

    /// An npm command in `ui/`.
    pub fn npm(title: &str, arguments: &[&str]) -> Self {
        Self::new(title, "npm", &[&["--prefix", "ui"], arguments].concat())
    }

    /// Sets a variable in the environment of the command.
    pub fn variable(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// Says which exit codes are the expected outcome, instead of 0.
    pub fn ends_with(mut self, codes: &[i32]) -> Self {
        self.good = codes.to_vec();
        self
    }

    /// Runs the command with its output going straight to the terminal.
    pub fn run(&self) -> Result<(), Failure> {
        self.judge(self.command().status().map(|status| (status.code(), ())))
    }

    /// Runs the command and returns what it printed; errors and warnings still go to the terminal.
    pub fn output(&self) -> Result<String, Failure> {
        let output = self.command().stderr(std::process::Stdio::inherit()).output();
        let printed = self.judge(output.map(|output| (output.status.code(), output.stdout)))?;
        String::from_utf8(printed)
            .map_err(|error| Failure::Answer { from: self.shown(), reason: format!("not UTF-8 ({error})") })
    }

    fn command(&self) -> Command {
        // On Windows npm is a script, and only its full name is found.
        let program = if cfg!(windows) && self.program == "npm" { "npm.cmd" } else { &self.program };
        let mut command = Command::new(program);
        command.args(&self.arguments).current_dir(house::root());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    fn judge<T>(&self, end: io::Result<(Option<i32>, T)>) -> Result<T, Failure> {
        let end = match end {
            Ok((Some(code), value)) if self.good.contains(&code) => return Ok(value),
            Ok((Some(code), _)) => format!("exit code {code}"),
            Ok((None, _)) => "stopped by a signal".to_owned(),
            Err(error) => format!("could not start: {error}"),
        };
        Err(Failure::Step { title: self.title.clone(), end, repeat: self.shown() })
    }

    /// The command as one would type it at the root of the repository.
    pub fn shown(&self) -> String {
        let mut line = String::new();
        for (name, value) in &self.environment {
            let _ = write!(line, "{name}={} ", quoted(value));
        }
        line.push_str(&self.program);
        for argument in &self.arguments {
            let _ = write!(line, " {}", quoted(argument));
        }
        line
    }
}

/// Runs the steps in order and stops at the first that fails.
pub fn run_all(steps: Vec<Step>) -> Result<(), Failure> {
    let begin = Instant::now();
    let count = steps.len();
    for (at, step) in steps.iter().enumerate() {
        say(&format!("\n[{}/{count}] {}\n      {}", at + 1, step.title, step.shown()));
        let begin = Instant::now();
        step.run()?;
        say(&format!("[{}/{count}] {}: done in {}", at + 1, step.title, span(begin.elapsed())));
    }
    if count > 1 {
        say(&format!("\nAll {count} steps are done, in {}.", span(begin.elapsed())));
    }
    Ok(())
}

/// Prints a line before the next command prints its own.
pub fn say(line: &str) {
    println!("{line}");
    // A pipe buffers; a reader of the log should see the step before its output. A closed pipe is no reason to stop.
    let _ = io::stdout().flush();
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

fn span(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds < 60 {
        format!("{:.1} s", time.as_secs_f32())
    } else {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_shown_as_one_would_type_it() {
        let step = Step::new("Look", "xvfb-run", &["-s", "-screen 0 1280x1024x24", "it's"]).variable("A", "b c");
        assert_eq!(step.shown(), r"A='b c' xvfb-run -s '-screen 0 1280x1024x24' 'it'\''s'");
    }

    #[test]
    fn a_step_that_fails_names_the_command_that_repeats_it() {
        let failure = nonsense().output().expect_err("this program has no such option");
        assert!(failure.to_string().contains("--no-such-option"), "{failure}");
    }

    #[test]
    fn an_expected_exit_code_is_not_a_failure() {
        let code = nonsense().ends_with(&[101]).run();
        assert!(code.is_ok(), "{code:?}");
    }

    /// This very program, which ends with 101 when it does not know an option. It is there wherever the tests run.
    fn nonsense() -> Step {
        let this = std::env::current_exe().expect("this program has a path");
        Step::new("Nonsense", &this.to_string_lossy(), &["--no-such-option"])
    }

    #[test]
    fn times_are_read_at_a_glance() {
        assert_eq!(span(Duration::from_millis(2340)), "2.3 s");
        assert_eq!(span(Duration::from_secs(125)), "2 min 05 s");
    }
}

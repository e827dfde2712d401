//! What can go wrong in a task, and what to do then.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

/// Why a task stopped.
#[derive(Debug)]
pub enum Failure {
    /// The words after `cargo xtask` were not understood.
    Usage(&'static str),
    /// Something is missing on this computer; the sentence says what to do.
    Missing(String),
    /// A step of the task went wrong.
    Step {
        /// The step.
        title: String,
        /// How it ended, e.g. "exit code 101".
        end: String,
        /// The command that repeats this step alone, from the root of the repository.
        repeat: String,
    },
    /// A file could not be read or written.
    File {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A program answered something that cannot be read.
    Answer {
        /// The program and what was asked.
        from: String,
        /// What is wrong with the answer.
        reason: String,
    },
    /// Generated files differ from what their sources say.
    Outdated(Vec<String>),
}

impl Failure {
    /// Wraps an error with the path that it is about.
    pub fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        |source| Self::File { path, source }
    }

    /// Says of a step that fetches something what it needs: its own words, above, are often about a name that was not found.
    pub fn needs_network(self) -> Self {
        match self {
            Self::Step { title, end, repeat } => Self::Missing(format!(
                "\"{title}\" failed ({end}); its own words stand above. It needs the network: behind a proxy, HTTPS_PROXY has \
                 to be set. To repeat only this step:\n\n    {repeat}"
            )),
            other => other,
        }
    }

    /// 64 for wrong usage (sysexits.h), otherwise 1.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage(_) => ExitCode::from(64),
            _ => ExitCode::FAILURE,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(usage) => write!(f, "{usage}"),
            Self::Missing(sentence) => write!(f, "{sentence}"),
            Self::Step { title, end, repeat } => {
                write!(f, "\"{title}\" failed ({end}). To repeat only this step:\n\n    {repeat}")
            }
            Self::File { path, source } => write!(f, "{}: {source}", path.display()),
            Self::Answer { from, reason } => write!(f, "{from}: {reason}"),
            Self::Outdated(files) => write!(
                f,
                "These generated files are out of date:\n\n    {}\n\nBring them up to date with `cargo xtask generate` and commit them.",
                files.join("\n    ")
            ),
        }
    }
}

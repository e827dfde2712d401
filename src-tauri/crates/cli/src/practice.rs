//! `practice`: the server that misbehaves on request.

use mcp_auth_practice::{Fault, Options, Practice, PracticeError, faults, healthy};
use tokio_util::sync::CancellationToken;

use crate::Exit;
use crate::paper::{Ink, Paper, complain};

/// `practice`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// What is broken; without it, nothing is
    fault: Option<String>,
    /// The port to listen on; any free one when left out
    #[arg(long)]
    port: Option<u16>,
    /// List what can be broken
    #[arg(long, conflicts_with = "fault")]
    list: bool,
}

/// Runs the practice server until it is interrupted.
pub async fn carry_out(arguments: Arguments) -> Exit {
    if arguments.list {
        list();
        return Exit::Healthy;
    }
    let options = match options(arguments.fault.as_deref()) {
        Ok(options) => Options { port: arguments.port, ..options },
        Err(unknown) => return complain(Exit::WrongUsage, &unknown),
    };
    let words = options.fault.map_or("nothing is wrong with it", |fault| fault.words);
    let practice = match Practice::start(options).await {
        Ok(practice) => practice,
        Err(error) => return could_not_start(&error),
    };
    let mut paper = Paper::new();
    paper.line(Ink::Bold, practice.mcp_url().as_str()).plain(words).line(Ink::Dim, "Ctrl-C stops it.").print();
    practice.serve_until(interrupted()).await;
    Exit::Healthy
}

/// How the practice server is set up for a fault or a healthy shape of that name.
pub fn options(name: Option<&str>) -> Result<Options, String> {
    let Some(name) = name else { return Ok(Options::default()) };
    if let Some(fault) = Fault::named(name) {
        return Ok(Options { fault: Some(fault), ..Options::default() });
    }
    match healthy().iter().find(|shape| shape.name == name) {
        Some(shape) => Ok(Options { shape: shape.shape, ..Options::default() }),
        None => Err(format!("there is no practice fault \"{name}\"; `mcp-auth-check practice --list` lists them")),
    }
}

/// Says why the practice server did not start.
pub fn could_not_start(error: &PracticeError) -> Exit {
    complain(Exit::CouldNotTell, &format!("the practice server did not start: {error}"))
}

/// Cancelled at Ctrl-C.
pub fn interrupted() -> CancellationToken {
    let cancel = CancellationToken::new();
    let told = cancel.clone();
    tokio::spawn(async move {
        // Where the signal cannot be watched, it ends the program as usual.
        if tokio::signal::ctrl_c().await.is_ok() {
            told.cancel();
        }
    });
    cancel
}

fn list() {
    let mut paper = Paper::new();
    for shape in healthy() {
        paper.plain(&format!("{:36} {}", shape.name, shape.words));
    }
    for fault in faults() {
        paper.plain(&format!("{:36} {}", fault.name, fault.words));
    }
    paper.print();
}

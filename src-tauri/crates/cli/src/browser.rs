//! `browser`: does a browser open on this computer? The system is read; with `--launch` it is tested.

use std::path::PathBuf;
use std::time::Duration;

use mcp_auth_diagnosis::browser::{BrowserReport, TripCode, Way};
use mcp_auth_diagnosis::clients::ClientId;
use mcp_auth_diagnosis::report::State;
use mcp_auth_probes::browser::{Patience, System, TripProgress};

use crate::diagnose::tell_verdict;
use crate::paper::{Ink, Paper, print_json};
use crate::{Exit, practice};

/// `browser`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Print what was found as JSON
    #[arg(long)]
    json: bool,
    /// Open a page of this program in the browser, and see whether it arrives (leaves one entry in the browser's history)
    #[arg(long)]
    launch: bool,
    /// Open it the way this client does, e.g. claude-code, cursor, mcp-remote
    #[arg(long, value_name = "NAME")]
    client: Option<ClientId>,
    /// Let this folder stand for the user's home
    #[arg(long, value_name = "DIR")]
    home: Option<PathBuf>,
    /// How long to wait for the page
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=60), requires = "launch")]
    timeout: Option<u64>,
}

/// Says whether a browser opens.
pub async fn carry_out(arguments: Arguments) -> Exit {
    let mut system = System::this();
    if let Some(home) = arguments.home {
        system = system.with_home(home);
    }
    if let Some(client) = arguments.client {
        system = system.as_seen_by(client);
    }
    let mut patience = Patience::default();
    if let Some(seconds) = arguments.timeout.map(Duration::from_secs) {
        patience = Patience { page: seconds, further: seconds.min(patience.further), ..patience };
    }
    let tells = !arguments.json;
    let progress = |progress: TripProgress| {
        if tells && let TripProgress::Asking { way, link } = progress {
            Paper::new().line(Ink::Dim, &format!("Asking for a browser ({}) …  {link}", way_words(way))).print();
        }
    };
    let patience = arguments.launch.then_some(&patience);
    let report =
        mcp_auth_probes::browser::report(&system, arguments.client, patience, progress, practice::interrupted()).await;
    if arguments.json {
        print_json(&report);
    } else {
        tell(&report, arguments.launch).print();
    }
    match report.report.state {
        State::Healthy => Exit::Healthy,
        State::Fault => Exit::Fault,
        State::Undetermined => Exit::CouldNotTell,
    }
}

fn way_words(way: Way) -> &'static str {
    match way {
        Way::OwnOpener => "as this program opens pages",
        Way::Client => "as the client opens pages",
        Way::Portal => "through the desktop's portal",
        Way::BrowserItself => "the browser's program itself",
        Way::ByHand => "by hand",
    }
}

fn tell(found: &BrowserReport, launched: bool) -> Paper {
    let mut paper = Paper::new();
    match (&found.report.verdict, found.report.state, found.round_trip) {
        (Some(verdict), ..) => tell_verdict(&mut paper, verdict),
        (None, _, Some(code)) if code.opened() && code != TripCode::HitUnexpectedUa => {
            paper.line(Ink::Good, "A page was opened in the browser, and it came back. Opening the browser works.");
        }
        (None, State::Healthy, _) => {
            paper.line(Ink::Good, "Nothing that was read keeps a browser from opening.");
        }
        (None, ..) => {
            paper.line(Ink::Bad, "It could not be told whether a browser opens.");
        }
    }
    if !launched {
        paper.gap().plain("Only a test proves it: mcp-auth-check browser --launch");
    }
    if let Some(link) = &found.link {
        paper.gap().plain(&format!("The address of the test was {link}"));
    }
    if !found.attempts.is_empty() {
        paper.gap().line(Ink::Bold, "What was tried");
        for attempt in &found.attempts {
            paper.plain(&format!("  {}: {}", way_words(attempt.way), attempt.code.name()));
            for line in &attempt.lines {
                paper.line(Ink::Dim, &format!("    {line}"));
            }
        }
    }
    if !found.report.findings.is_empty() {
        paper.gap().line(Ink::Bold, "Also seen");
        for finding in &found.report.findings {
            paper.plain(&format!("  {} ({})", finding.title, finding.code));
        }
    }
    if !found.report.unknown.is_empty() {
        paper.gap().line(Ink::Bold, "Could not be checked");
        for unknown in &found.report.unknown {
            paper.plain(&format!("  {}: {}", unknown.code, unknown.why));
        }
    }
    paper
}

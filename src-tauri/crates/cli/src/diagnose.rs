//! `diagnose`: checks a server and prints the verdict.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mcp_auth_diagnosis::check::Owner;
use mcp_auth_diagnosis::clients::ClientId;
use mcp_auth_diagnosis::report::{Report, State, Verdict};
use mcp_auth_diagnosis::subject::Subject;
use mcp_auth_practice::{Needs, Practice};
use mcp_auth_probes::{ProbeConfig, ProbePlan};
use url::Url;

use crate::paper::{Ink, Paper, complain, print_json};
use crate::{Exit, catalogue, practice};

/// `diagnose`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The server's URL, exactly as the client has it
    server_url: Option<String>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    /// Judge for this client, e.g. vscode, cursor, claude-desktop
    #[arg(long, value_name = "NAME")]
    client: Option<ClientId>,
    /// A file with an error message that names the server ("-" for standard input)
    #[arg(long, value_name = "FILE")]
    error_text_file: Option<PathBuf>,
    /// The origin of a web page that calls the server, e.g. http://localhost:6274
    #[arg(long, value_name = "URL")]
    origin: Option<String>,
    /// Start the practice server with this fault and check it
    #[arg(long, value_name = "FAULT", conflicts_with = "server_url")]
    practice: Option<String>,
    /// Stop after so many seconds and say what was seen until then
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=600))]
    timeout: Option<u64>,
}

/// Checks a server and prints the verdict.
pub async fn carry_out(arguments: Arguments) -> Exit {
    let mut config = ProbeConfig::default();
    if let Some(seconds) = arguments.timeout {
        config.limits.run = Duration::from_secs(seconds);
    }
    let mut origin = arguments.origin.clone();
    // Lives until the diagnosis is done.
    let mut practising = None;
    let typed = match (&arguments.practice, &arguments.server_url, &arguments.error_text_file) {
        (Some(fault), ..) => {
            let options = match practice::options(Some(fault)) {
                Ok(options) => options,
                Err(unknown) => return complain(Exit::WrongUsage, &unknown),
            };
            if options.fault.is_some_and(|fault| fault.needs == Needs::WebPage) {
                origin.get_or_insert_with(|| "http://localhost:6274".to_owned());
            }
            let practice = match Practice::start(options).await {
                Ok(practice) => practice,
                Err(error) => return practice::could_not_start(&error),
            };
            config.extra_roots_pem = practice.ca_pem().map(str::to_owned);
            let url = practice.mcp_url().to_string();
            practising = Some(practice);
            url
        }
        (None, Some(typed), _) => typed.clone(),
        (None, None, Some(file)) => match read(file).map(|text| first_url(&text)) {
            Ok(Some(url)) => url,
            Ok(None) => return complain(Exit::WrongUsage, "the text names no server; give its URL as well"),
            Err(error) => return complain(Exit::WrongUsage, &format!("{} could not be read: {error}", file.display())),
        },
        (None, None, None) => return complain(Exit::WrongUsage, "give the server's URL, or --practice FAULT"),
    };
    let Ok(url) = Url::parse(typed.trim()) else {
        let message = format!("\"{typed}\" is not a web address; it should look like https://mcp.example.com/mcp");
        return complain(Exit::WrongUsage, &message);
    };
    let subject = Subject { typed, client: arguments.client, origin, ..Subject::server(url) };
    let plan = ProbePlan::for_subject(&subject);
    let report = mcp_auth_probes::diagnose(subject, plan, &config, |_| {}, practice::interrupted()).await;
    drop(practising);

    if arguments.json {
        print_json(&report);
    } else {
        tell(&report).print();
    }
    match report.state {
        State::Healthy => Exit::Healthy,
        State::Fault => Exit::Fault,
        State::Undetermined => Exit::CouldNotTell,
    }
}

fn read(file: &Path) -> std::io::Result<String> {
    const MOST: u64 = 1024 * 1024;
    let mut bytes = Vec::new();
    if file == Path::new("-") {
        std::io::stdin().lock().take(MOST).read_to_end(&mut bytes)?;
    } else {
        std::fs::File::open(file)?.take(MOST).read_to_end(&mut bytes)?;
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The first web address in a text.
fn first_url(text: &str) -> Option<String> {
    let ends = |character: char| character.is_whitespace() || "\"'`<>()[]{},;".contains(character);
    text.split(ends)
        .map(|word| word.trim_end_matches(['.', ':', '!', '?']))
        .filter(|word| word.starts_with("http://") || word.starts_with("https://"))
        .find(|word| Url::parse(word).is_ok_and(|url| url.has_host()))
        .map(str::to_owned)
}

fn tell(report: &Report) -> Paper {
    let mut paper = Paper::new();
    match (&report.verdict, report.state) {
        (Some(verdict), _) => tell_verdict(&mut paper, verdict),
        (None, State::Healthy) => {
            paper.line(
                Ink::Good,
                &format!("Nothing that was looked at keeps a client from signing in to {}.", report.server),
            );
        }
        (None, _) => {
            paper.line(Ink::Bold, &format!("It could not be told what is wrong with {}.", report.server));
        }
    }
    let others: Vec<&Verdict> = report.findings.iter().collect();
    if !others.is_empty() {
        paper.gap().line(Ink::Bold, "Also seen");
        for finding in others {
            paper.plain(&format!("  {} ({}, {})", finding.title, catalogue::name(&finding.severity), finding.code));
        }
    }
    if !report.unknown.is_empty() {
        paper.gap().line(Ink::Bold, "Could not be checked");
        for unknown in &report.unknown {
            paper.plain(&format!("  {}: {}", unknown.code, unknown.why));
        }
    }
    let counts = format!(
        "{} checks passed, {} not reached, {} requests, {} ms",
        report.ruled_out.len(),
        report.not_reached.len(),
        report.requests,
        report.duration_ms
    );
    paper.gap().line(Ink::Dim, &counts);
    paper
}

fn tell_verdict(paper: &mut Paper, verdict: &Verdict) {
    paper.line(Ink::Bad, &verdict.title);
    if !verdict.summary.is_empty() {
        paper.plain(&verdict.summary);
    }
    let hit: Vec<&str> = verdict.affects.iter().map(|client| client.name()).collect();
    let hit = if hit.is_empty() { "every client".to_owned() } else { hit.join(", ") };
    paper.gap().plain(&format!("Who fixes it: {}", who(verdict.owner))).plain(&format!("Who is hit:   {hit}"));
    if !verdict.evidence.is_empty() || verdict.comparison.is_some() {
        paper.gap().line(Ink::Bold, "What was seen");
        for line in &verdict.evidence {
            paper.plain(&format!("  {line}"));
        }
        if let Some(comparison) = &verdict.comparison {
            let width = comparison.expected_label.chars().count().max(comparison.actual_label.chars().count()) + 1;
            paper.plain(&format!("  {:width$} {}", format!("{}:", comparison.expected_label), comparison.expected));
            paper.plain(&format!("  {:width$} {}", format!("{}:", comparison.actual_label), comparison.actual));
        }
    }
    for fix in verdict.fixes.iter().filter(|fix| !fix.steps.is_empty()) {
        let reader = match fix.reader {
            Owner::User | Owner::Client => "What to do, if you use this server",
            Owner::McpServer => "What to do, if you run this server",
            Owner::AuthorizationServer => "What to do, if you run its sign-in service",
            Owner::Network => "What to do, if you run the network",
        };
        paper.gap().line(Ink::Bold, reader);
        for (at, step) in fix.steps.iter().enumerate() {
            paper.plain(&format!("  {}. {step}", at + 1));
        }
    }
    paper.gap().line(Ink::Dim, &format!("{} ({}); {}", verdict.code, verdict.variant, verdict.reference));
}

fn who(owner: Owner) -> &'static str {
    match owner {
        Owner::User => "you, on this computer",
        Owner::Client => "the maker of the client",
        Owner::McpServer => "the person who runs the MCP server",
        Owner::AuthorizationServer => "the person who runs the sign-in service",
        Owner::Network => "the person who runs the network",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_is_found_in_an_error_message() {
        let text = "Error POSTing to endpoint (\"https://mcp.example.com/mcp\"): HTTP 404.";
        assert_eq!(first_url(text).as_deref(), Some("https://mcp.example.com/mcp"));
        assert_eq!(first_url("spawn npx ENOENT"), None);
    }
}

//! `diagnose`: checks a server and prints the verdict.

use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use mcp_auth_diagnosis::check::Owner;
use mcp_auth_diagnosis::clients::ClientId;
use mcp_auth_diagnosis::framework::Framework;
use mcp_auth_diagnosis::language::Language;
use mcp_auth_diagnosis::pasted::{self, Understood};
use mcp_auth_diagnosis::redact::{Secret, mask};
use mcp_auth_diagnosis::report::{Report, State, Verdict};
use mcp_auth_diagnosis::subject::Subject;
use mcp_auth_diagnosis::{dashboard, log, named, settings};
use mcp_auth_practice::{Needs, Playbook, Practice};
use mcp_auth_probes::computer::{Machine, look};
use mcp_auth_probes::{ProbeConfig, ProbePlan};
use url::Url;

use crate::paper::{Ink, Paper, complain, print_json, say};
use crate::sign_in::{self, Browser, Journey};
use crate::{Exit, catalogue, computer, practice};

/// `diagnose`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The server's URL, exactly as the client has it
    server_url: Option<String>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    /// With --json: the language of its sentences, en or de
    #[arg(long, value_name = "CODE", requires = "json")]
    language: Option<Language>,
    /// Judge for this client, e.g. vscode, cursor, claude-desktop
    #[arg(long, value_name = "NAME")]
    client: Option<ClientId>,
    /// A file with the error message that a client shows ("-" for standard input)
    #[arg(long, value_name = "FILE")]
    error_text_file: Option<PathBuf>,
    /// A client's log file
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// A file with the access token of a sign-in ("-" for standard input). It is sent to the server and nowhere else
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Call this tool once, with the token and without arguments, to see what it needs
    #[arg(long, value_name = "NAME")]
    tool: Option<String>,
    /// A file with the server's settings, such as its .env ("-" for standard input). Secrets in it are not kept
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
    /// A file with what the dashboard of the sign-in service shows for this server ("-" for standard input): lines such as
    /// "Resource ID: res_…" and "Server URL: https://…", or its Metadata JSON
    #[arg(long, value_name = "FILE")]
    dashboard_file: Option<PathBuf>,
    /// What the server is built with: fastmcp-scalekit, fastapi-fastmcp, express, typescript-sdk, python-sdk, other
    #[arg(long, value_name = "NAME")]
    framework: Option<Framework>,
    /// A folder that stands for the user's home
    #[arg(long, value_name = "DIR")]
    home: Option<PathBuf>,
    /// The origin of a web page that calls the server, e.g. http://localhost:6274
    #[arg(long, value_name = "URL")]
    origin: Option<String>,
    /// Start the practice server with this fault and check it
    #[arg(long, value_name = "FAULT", conflicts_with = "server_url")]
    practice: Option<String>,
    /// Sign in as a client would, with this computer's browser, and agree to what that creates on the server: apps are introduced
    /// to its sign-in service. It is taken back at the end where the service offers that, and listed in the report
    #[arg(long)]
    sign_in: bool,
    /// With --sign-in: print the link of the sign-in page, and open nothing
    #[arg(long, requires = "sign_in")]
    no_browser: bool,
    /// An id that was set up for the client at the sign-in service
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// Stop after so many seconds and say what was seen until then
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=600))]
    timeout: Option<u64>,
}

/// Checks a server and prints the verdict.
pub async fn carry_out(arguments: Arguments) -> Exit {
    if arguments.tool.is_some() && arguments.token_file.is_none() && !arguments.sign_in {
        return complain(Exit::WrongUsage, "--tool needs a token: give --token-file FILE or --sign-in as well");
    }
    let mut config = ProbeConfig::default();
    if let Some(seconds) = arguments.timeout {
        config.limits.run = Duration::from_secs(seconds);
    }
    if let Err(sentence) = take_files(&arguments, &mut config) {
        return complain(Exit::WrongUsage, &sentence);
    }
    // The practice server is nobody's: what this computer knows says nothing about it, unless a home was given.
    if arguments.practice.is_none() || arguments.home.is_some() {
        match computer::machine(arguments.home.as_deref()) {
            Ok(machine) => config.machine = Some(machine),
            Err(sentence) => return complain(Exit::WrongUsage, &sentence),
        }
    }
    let mut origin = arguments.origin.clone();
    // Lives until the diagnosis is done.
    let mut practising = None;
    let mut tool = arguments.tool.clone();
    let homeless = arguments.practice.is_none() && arguments.server_url.is_none();
    let heard = match hear(&arguments, config.machine.as_ref().filter(|_| homeless)) {
        Ok(heard) => heard,
        Err((file, error)) => {
            return complain(Exit::WrongUsage, &format!("{} could not be read: {error}", file.display()));
        }
    };
    let typed = match (&arguments.practice, &arguments.server_url) {
        (Some(fault), _) => {
            let options = match practice::options(Some(fault)) {
                Ok(options) => options,
                Err(unknown) => return complain(Exit::WrongUsage, &unknown),
            };
            if options.fault.is_some_and(|fault| fault.needs == Needs::WebPage) {
                origin.get_or_insert_with(|| "http://localhost:6274".to_owned());
            }
            if options.fault.is_some_and(|fault| fault.needs == Needs::SignIn && fault.playbook == Playbook::Scope) {
                // The practice server's tool that needs more than a sign-in asks for.
                tool.get_or_insert_with(|| "add_todo".to_owned());
            }
            let needs_token = options.fault.is_some_and(|fault| fault.needs == Needs::Token);
            let practice = match Practice::start(options).await {
                Ok(practice) => practice,
                Err(error) => return practice::could_not_start(&error),
            };
            config.extra_roots_pem = practice.ca_pem().map(str::to_owned);
            if needs_token && config.token.is_none() {
                config.token = practice.fresh_token().ok().map(Secret::new);
            }
            let url = practice.mcp_url().to_string();
            practising = Some(practice);
            Some(url)
        }
        (None, Some(typed)) => match server(typed) {
            Ok(url) => Some(url),
            Err(sentence) => return complain(Exit::WrongUsage, &sentence),
        },
        (None, None) => heard.iter().find_map(|heard| match heard {
            Understood::Server { url, .. } | Understood::Message { url: Some(url), .. } => Some(url.clone()),
            Understood::Config { servers } => servers.first().map(|server| server.url.clone()),
            _ => None,
        }),
    };
    let mut subject = match typed.as_deref().map(Url::parse) {
        Some(Ok(url)) => Subject { typed: typed.unwrap_or_default(), ..Subject::server(url) },
        _ => Subject::nothing(),
    };
    subject.client = arguments.client;
    subject.origin = origin;
    subject.framework = arguments.framework;
    subject.client_id.clone_from(&arguments.client_id);
    for heard in &heard {
        subject.hear(heard);
    }
    if subject.server.is_none() && subject.said.is_empty() {
        let nothing = if heard.is_empty() {
            "give the server's URL, or --practice FAULT"
        } else {
            "the text names no server and holds no message that is known; give the server's URL as well"
        };
        return complain(Exit::WrongUsage, nothing);
    }
    let cancel = practice::interrupted();
    let mut report = if arguments.sign_in {
        let browser = match (practising.is_some(), arguments.no_browser) {
            (_, true) => Browser::LinkOnly,
            (true, false) => Browser::StandIn,
            (false, false) => Browser::Opens,
        };
        let wait = arguments.timeout.map(Duration::from_secs);
        let journey = Journey { browser, client_id: arguments.client_id.clone(), tool, wait };
        sign_in::carry_out(subject, journey, &config, cancel).await
    } else {
        let plan = ProbePlan { tool, ..ProbePlan::for_subject(&subject) };
        mcp_auth_probes::diagnose(subject, plan, &config, |_| {}, cancel).await
    };
    drop(practising);
    mcp_auth_diagnosis::paper::hide(&mut report);

    if arguments.json {
        print_json(&report.in_language(arguments.language.unwrap_or_default()));
    } else {
        tell(&report).print();
    }
    match report.state {
        State::Healthy => Exit::Healthy,
        State::Fault => Exit::Fault,
        State::Undetermined => Exit::CouldNotTell,
    }
}

/// Reads the token and the settings. Neither is ever an argument.
fn take_files(arguments: &Arguments, config: &mut ProbeConfig) -> Result<(), String> {
    let from_standard_input =
        [&arguments.token_file, &arguments.env_file, &arguments.error_text_file, &arguments.dashboard_file]
            .into_iter()
            .flatten()
            .filter(|file| file.as_path() == Path::new("-"));
    if from_standard_input.count() > 1 {
        return Err("only one of the files can be read from standard input".to_owned());
    }
    let could_not =
        |file: &Path, error: &dyn std::fmt::Display| format!("{} could not be read: {error}", file.display());
    if let Some(file) = &arguments.token_file {
        let text = Secret::new(read(file).map_err(|error| could_not(file, &error))?);
        mcp_auth_diagnosis::oauth::token::read(text.expose()).map_err(|error| could_not(file, &error))?;
        config.token = Some(text);
    }
    if let Some(file) = &arguments.env_file {
        // The text is dropped here; what is kept of it holds no secret.
        let text = Secret::new(read(file).map_err(|error| could_not(file, &error))?);
        match settings::read(text.expose()) {
            Ok(settings) => config.settings = Some(settings),
            // The server can be looked at all the same.
            Err(error) => say(&format!("{} is left out: {error}", file.display())),
        }
    }
    if let Some(file) = &arguments.dashboard_file {
        let text = read(file).map_err(|error| could_not(file, &error))?;
        config.dashboard = Some(dashboard::read(&text).map_err(|error| could_not(file, &error))?);
    }
    Ok(())
}

/// The text of a file, or of standard input for "-".
pub fn read(file: &Path) -> std::io::Result<String> {
    const MOST: u64 = 1024 * 1024;
    let mut bytes = Vec::new();
    if file == Path::new("-") {
        std::io::stdin().lock().take(MOST).read_to_end(&mut bytes)?;
    } else {
        std::fs::File::open(file)?.take(MOST).read_to_end(&mut bytes)?;
    }
    Ok(pasted::text_of(&bytes))
}

/// What the error text and the log say. With a machine, a server that they call by its name is looked up in its configs.
fn hear(arguments: &Arguments, machine: Option<&Machine>) -> Result<Vec<Understood>, (PathBuf, std::io::Error)> {
    let text = arguments.error_text_file.iter().map(|file| (file, read(file)));
    let log = arguments.log.iter().map(|file| (file, end_of(file)));
    let mut heard = Vec::new();
    for (file, text) in text.chain(log) {
        let text = text.map_err(|error| (file.clone(), error))?;
        let text = log::what_matters(&text);
        let mut understood = pasted::understand(&text);
        if let Some(machine) = machine.filter(|_| lacks_address(&understood)) {
            let servers = look(machine).servers;
            if let Some(server) = named::complete(&mut understood, &text, &servers, arguments.client) {
                let (name, client, url) =
                    (&server.name, server.client.name(), server.url.as_deref().unwrap_or_default());
                say(&format!(
                    "The text names the server \"{name}\", and the settings of {client} say where it is: {}",
                    mask(url)
                ));
            }
        }
        heard.push(understood);
    }
    Ok(heard)
}

fn lacks_address(understood: &Understood) -> bool {
    matches!(understood, Understood::Message { url: None, .. } | Understood::Unclear { .. })
}

/// The newest part of a log.
fn end_of(file: &Path) -> std::io::Result<String> {
    const MOST: u64 = 32 * 1024 * 1024;
    let mut file = std::fs::File::open(file)?;
    let length = file.metadata()?.len();
    // An even number: a file in UTF-16 is cut between two characters.
    file.seek(SeekFrom::Start(length.saturating_sub(MOST) & !1))?;
    let mut bytes = Vec::new();
    file.take(MOST).read_to_end(&mut bytes)?;
    Ok(pasted::text_of(&bytes))
}

/// The address that was typed, as it will be called. What was understood into it is said.
pub fn server(typed: &str) -> Result<String, String> {
    match pasted::understand(typed) {
        Understood::Server { url, notes } => {
            for note in notes {
                say(&note);
            }
            Ok(url)
        }
        Understood::Message { url: Some(url), .. } => Ok(url),
        Understood::Config { servers } if !servers.is_empty() => Ok(servers[0].url.clone()),
        Understood::Unclear { sentence } => Err(sentence),
        Understood::Token => Err("that is a token and not a server's address; it was not used".to_owned()),
        _ => Err(format!("\"{typed}\" is not a web address; it should look like https://mcp.example.com/mcp")),
    }
}

/// The report as a person reads it.
pub fn tell(report: &Report) -> Paper {
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
    if !report.side_effects.is_empty() {
        paper.gap().line(Ink::Bold, "What was created on the server");
        for made in &report.side_effects {
            let text = |name: &str| made.get(name).and_then(|value| value.as_str()).unwrap_or("(not known)").to_owned();
            let what = if text("kind") == "grant" { "a sign-in with" } else { "a registration:" };
            let now = if made["taken_back"] == true { "taken back" } else { "it is still there" };
            let (id, client, url) = (text("client_id"), text("client"), text("url"));
            paper.plain(&format!("  {what} {id} as {client} at {url} ({now})"));
        }
    }
    if !report.unknown.is_empty() {
        paper.gap().line(Ink::Bold, "Could not be checked");
        for unknown in &report.unknown {
            paper.plain(&format!("  {}: {}", unknown.code, unknown.why));
        }
    }
    let counts = format!(
        "{} passed, {} not reached, {}, {} ms",
        counted(report.ruled_out.len(), "check"),
        report.not_reached.len(),
        counted(report.requests as usize, "request"),
        report.duration_ms
    );
    paper.gap().line(Ink::Dim, &counts);
    paper
}

/// `1 check`, `2 checks`.
fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Prints one finding whole.
pub fn tell_verdict(paper: &mut Paper, verdict: &Verdict) {
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
    fn files_of_powershell_are_read() {
        let text = "SK_ENV_URL=https://acme.scalekit.com\r\n";
        let little: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let big: Vec<u8> = [0xfe, 0xff].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect();
        for bytes in [text.as_bytes(), &little, &big] {
            assert_eq!(pasted::text_of(bytes), text);
        }
    }
}

//! The report as it leaves the app: Markdown for people, JSON for programs, a short form for a support ticket.
//!
//! Everything that could be a secret is hidden, and so are host names when that is wanted. What is hidden stays visible as
//! hidden, so that the person sees before copying what will not be told.

use std::fmt::Write as _;
use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::check::{Owner, Severity};
use crate::clients::ClientId;
use crate::pasted::{self, pattern};
use crate::redact::{self, HIDDEN};
use crate::report::{Report, State, Verdict};

/// The form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export, rename = "ReportForm"))]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// For people: everything that was found, as Markdown.
    Markdown,
    /// For programs: the verdict JSON.
    Json,
    /// A few lines for a support ticket.
    Support,
}

impl Form {
    /// The usual ending of a file of this form.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Markdown => "md",
            Self::Json => "json",
            Self::Support => "txt",
        }
    }
}

/// A piece of a report: shown as it is, or hidden, with what was there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export, rename = "ReportPiece"))]
pub struct Piece {
    /// The text as it will be copied.
    pub text: String,
    /// What was hidden here, in plain words. `None`: nothing.
    pub hidden: Option<String>,
}

/// The report as text. `mask_hosts` replaces every host name by a number, the same host by the same number.
pub fn write(report: &Report, form: Form, mask_hosts: bool) -> String {
    let text = match form {
        Form::Markdown => redact::mask(&markdown(report)),
        Form::Support => redact::mask(&support(report)),
        Form::Json => json(report),
    };
    if mask_hosts { without_hosts(&text) } else { text }
}

/// The same text in pieces, so that what is hidden can be shown as hidden.
pub fn pieces(text: &str) -> Vec<Piece> {
    static MARK: LazyLock<Regex> = LazyLock::new(|| pattern("‹(?:hidden|host [0-9]+)›"));
    let mut pieces = Vec::new();
    let mut at = 0;
    for found in MARK.find_iter(text) {
        if found.start() > at {
            pieces.push(Piece { text: text[at..found.start()].to_owned(), hidden: None });
        }
        let what = if found.as_str() == HIDDEN { "something that could be a secret" } else { "the name of a host" };
        pieces.push(Piece { text: found.as_str().to_owned(), hidden: Some(what.to_owned()) });
        at = found.end();
    }
    if at < text.len() {
        pieces.push(Piece { text: text[at..].to_owned(), hidden: None });
    }
    pieces
}

/// Hides whatever could be a secret in everything that comes from outside: what was asked and answered, and what was seen.
/// The app's own words stay as they are.
pub fn hide(report: &mut Report) {
    let hide = |text: &mut String| {
        let masked = redact::mask(text);
        if masked != *text {
            *text = masked;
        }
    };
    hide(&mut report.server);
    for verdict in report.verdict.iter_mut().chain(&mut report.findings) {
        hide(&mut verdict.title);
        hide(&mut verdict.summary);
        verdict.evidence.iter_mut().for_each(hide);
        if let Some(comparison) = &mut verdict.comparison {
            hide(&mut comparison.expected);
            hide(&mut comparison.actual);
        }
        verdict.made_of.values.values_mut().for_each(hide);
        if let Some((title, meaning)) = &mut verdict.made_of.said {
            hide(title);
            hide(meaning);
        }
    }
    report.unknown.iter_mut().for_each(|unknown| hide(&mut unknown.why));
    report.checks.iter_mut().filter_map(|line| line.why.as_mut()).for_each(hide);
    report.side_effects.iter_mut().for_each(redact::mask_within);
    for line in &mut report.exchanges {
        hide(&mut line.url);
        hide(&mut line.request);
        hide(&mut line.answer);
    }
}

fn json(report: &Report) -> String {
    let mut value = serde_json::to_value(report).unwrap_or_default();
    redact::mask_within(&mut value);
    serde_json::to_string_pretty(&value).unwrap_or_default()
}

fn without_hosts(text: &str) -> String {
    let mut hosts: Vec<String> = Vec::new();
    for url in pasted::urls(text) {
        // An address on this computer tells nothing about anybody.
        let Some(host) = url.host_str().filter(|_| !crate::subject::is_loopback(&url)) else { continue };
        if !hosts.iter().any(|have| have == host) && !is_everybodys(host) {
            hosts.push(host.to_owned());
        }
    }
    // A name inside a longer one goes after the longer one.
    let mut order: Vec<usize> = (0..hosts.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(hosts[*at].len()));
    let mut masked = text.to_owned();
    for at in order {
        masked = masked.replace(&hosts[at], &format!("‹host {}›", at + 1));
    }
    masked
}

/// Hosts that are the same for everybody and explain what is said.
fn is_everybodys(host: &str) -> bool {
    [
        "claude.ai",
        "claude.com",
        "vscode.dev",
        "insiders.vscode.dev",
        "chatgpt.com",
        "www.cursor.com",
        "modelcontextprotocol.io",
        "www.rfc-editor.org",
    ]
    .contains(&host)
}

fn markdown(report: &Report) -> String {
    let mut text = format!("# {}\n\n", sentence(report));
    about(&mut text, report);
    if let Some(verdict) = &report.verdict {
        text.push('\n');
        finding(&mut text, verdict);
    }
    if !report.findings.is_empty() {
        text.push_str("\n## Also seen\n");
        for other in &report.findings {
            let _ = writeln!(text, "\n### {}\n", other.title);
            finding(&mut text, other);
        }
    }
    if !report.clients.is_empty() && report.state == State::Fault {
        text.push_str("\n## Which clients stop\n\n");
        for client in &report.clients {
            let how = match (&client.at, client.stops) {
                (Some(code), true) => format!("stops at `{code}`"),
                (_, true) => "stops".to_owned(),
                _ => "does not stop".to_owned(),
            };
            let _ = writeln!(text, "- {}: {how}", client.name);
        }
    }
    list(&mut text, "Looked at and fine", &report.ruled_out);
    list(&mut text, "Not reached, because something before it is broken", &report.not_reached);
    let unknown: Vec<String> = report.unknown.iter().map(|one| format!("{} ({})", one.code, one.why)).collect();
    list(&mut text, "Could not be seen", &unknown);
    if !report.side_effects.is_empty() {
        text.push_str("\n## Created on a server by this check\n\n");
        for effect in &report.side_effects {
            let _ = writeln!(text, "- `{effect}`");
        }
    }
    if !report.exchanges.is_empty() {
        text.push_str("\n## What was asked and answered\n");
        for exchange in &report.exchanges {
            let head = format!("{} {}", exchange.method, exchange.url);
            let _ = writeln!(text, "\n<details><summary>{}: {}</summary>\n", exchange.purpose, exchange.result);
            let _ = writeln!(
                text,
                "{}\n\n</details>",
                fenced(&format!("{head}\n{}\n\n{}\n{}", exchange.request, exchange.result, exchange.answer))
            );
        }
    }
    text
}

/// A block that no text inside it can end.
fn fenced(text: &str) -> String {
    let mut fence = "```".to_owned();
    while text.contains(&fence) {
        fence.push('`');
    }
    format!("{fence}\n{}\n{fence}", text.trim_end())
}

fn finding(text: &mut String, verdict: &Verdict) {
    if !verdict.summary.is_empty() {
        let _ = writeln!(text, "{}\n", verdict.summary);
    }
    let _ = writeln!(text, "- Who fixes it: {}", who(verdict.owner));
    let _ = writeln!(text, "- Who is hit: {}", hit(&verdict.affects));
    let sure = match verdict.confidence {
        crate::check::Confidence::Certain => "certain",
        crate::check::Confidence::Likely => "likely",
        crate::check::Confidence::Possible => "possible",
    };
    let bad = match verdict.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "information",
    };
    let _ = writeln!(text, "- Check: `{}` ({}), {bad}, {sure}; {}", verdict.code, verdict.variant, verdict.reference);
    if let Some(comparison) = &verdict.comparison {
        let _ = writeln!(
            text,
            "\n{}",
            fenced(&format!(
                "{}: {}\n{}: {}",
                comparison.expected_label, comparison.expected, comparison.actual_label, comparison.actual
            ))
        );
    }
    if !verdict.evidence.is_empty() {
        let _ = writeln!(text, "\nWhat was seen:\n\n{}", fenced(&verdict.evidence.join("\n")));
    }
    for fix in verdict.fixes.iter().filter(|fix| !fix.steps.is_empty()) {
        let reader = match fix.reader {
            Owner::User | Owner::Client => "What to do, if you use this server",
            Owner::McpServer => "What to do, if you run this server",
            Owner::AuthorizationServer => "What to do, if you run its sign-in service",
            Owner::Network => "What to do, if you run the network",
        };
        let _ = writeln!(text, "\n{reader}:\n");
        for (at, step) in fix.steps.iter().enumerate() {
            let _ = writeln!(text, "{}. {step}", at + 1);
        }
    }
}

fn list(text: &mut String, title: &str, codes: &[String]) {
    if !codes.is_empty() {
        let _ = writeln!(text, "\n## {title}\n\n{}", codes.join(", "));
    }
}

fn sentence(report: &Report) -> String {
    match (&report.verdict, report.state) {
        (Some(verdict), _) => verdict.title.clone(),
        (None, State::Healthy) => "Nothing that was looked at keeps a client from signing in.".to_owned(),
        (None, _) => "The cause could not be found.".to_owned(),
    }
}

fn about(text: &mut String, report: &Report) {
    for (name, value) in facts(report) {
        let _ = writeln!(text, "- {name}: {value}");
    }
}

fn facts(report: &Report) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    if !report.server.is_empty() {
        facts.push(("Server", report.server.clone()));
    }
    if let Some(client) = report.client {
        facts.push(("Client", client.name().to_owned()));
    }
    facts.extend(report.scalekit.iter().flat_map(|found| {
        [("Scalekit environment", found.environment.clone()), ("Scalekit resource id", found.resource_id.clone())]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
    }));
    facts.extend(report.side_effects.iter().filter_map(|effect| {
        effect.get("client_id")?.as_str().map(|id| ("Client id that this check registered", id.to_owned()))
    }));
    let at = i64::try_from(report.began_ms).ok().and_then(|at| jiff::Timestamp::from_millisecond(at).ok());
    if let Some(at) = at.filter(|_| report.began_ms > 0) {
        let whole = jiff::Timestamp::from_second(at.as_second()).unwrap_or(at);
        facts.push(("Checked at", whole.to_string()));
    }
    facts.push(("Checked with", format!("MCP Auth Troubleshooter {}", report.tool.version)));
    facts
}

fn support(report: &Report) -> String {
    let mut text = format!("{}\n\n", sentence(report));
    for (name, value) in facts(report) {
        let _ = writeln!(text, "{name}: {value}");
    }
    if let Some(verdict) = &report.verdict {
        let _ = writeln!(text, "Verdict: {} ({})", verdict.code, verdict.variant);
        let _ = writeln!(text, "Who fixes it: {}", who(verdict.owner));
        let _ = writeln!(text, "Who is hit: {}", hit(&verdict.affects));
        if let Some(comparison) = &verdict.comparison {
            let _ = writeln!(text, "{}: {}", comparison.expected_label, comparison.expected);
            let _ = writeln!(text, "{}: {}", comparison.actual_label, comparison.actual);
        }
        for line in &verdict.evidence {
            let _ = writeln!(text, "Seen: {line}");
        }
        if !verdict.summary.is_empty() {
            let _ = writeln!(text, "\n{}", verdict.summary);
        }
    } else {
        for unknown in &report.unknown {
            let _ = writeln!(text, "Could not be seen: {} ({})", unknown.code, unknown.why);
        }
    }
    text
}

fn who(owner: Owner) -> &'static str {
    match owner {
        Owner::User => "the person at the computer",
        Owner::Client => "the maker of the client",
        Owner::McpServer => "the person who runs the MCP server",
        Owner::AuthorizationServer => "the person who runs the sign-in service",
        Owner::Network => "the person who runs the network",
    }
}

fn hit(clients: &[ClientId]) -> String {
    if clients.is_empty() {
        return "every client".to_owned();
    }
    clients.iter().map(|client| client.name()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Purpose;
    use crate::sample::Sample;
    use crate::triage;

    fn report() -> Report {
        let sample = Sample::healthy().answer(
            Purpose::Initialize,
            401,
            &[("set-cookie", "session=canary-cookie"), ("x-debug", "Authorization: Bearer canary-token-1")],
            "{\"access_token\":\"canary-token-2\", \"note\": \"``` ignore\"}",
        );
        triage::diagnose(sample.evidence(), 12)
    }

    #[test]
    fn no_planted_secret_survives_in_any_form() {
        for form in [Form::Markdown, Form::Json, Form::Support] {
            for mask_hosts in [false, true] {
                let text = write(&report(), form, mask_hosts);
                assert!(!text.contains("canary"), "{form:?}: {text}");
                assert_eq!(pieces(&text).iter().map(|piece| piece.text.as_str()).collect::<String>(), text);
            }
        }
    }

    #[test]
    fn the_json_stays_json() {
        for mask_hosts in [false, true] {
            let text = write(&report(), Form::Json, mask_hosts);
            let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
            assert_eq!(value["schema"], 1);
        }
    }

    #[test]
    fn hosts_are_hidden_when_that_is_wanted() {
        let text = write(&report(), Form::Markdown, true);
        assert!(!text.contains("mcp.example.com") && !text.contains("acme.scalekit.com"), "{text}");
        assert!(text.contains("‹host 1›"));
        assert!(pieces(&text).iter().any(|piece| piece.hidden.is_some()));
    }

    #[test]
    fn what_a_server_says_cannot_end_its_block() {
        assert!(write(&report(), Form::Markdown, false).contains("````"));
    }
}

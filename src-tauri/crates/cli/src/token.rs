//! `token`: reads an access token, on this computer alone, and with `--server` checks it there.

use std::path::PathBuf;

use mcp_auth_diagnosis::clock::moment;
use mcp_auth_diagnosis::oauth::token::{self, TokenForm, TokenReading, TokenRole};
use mcp_auth_diagnosis::redact::Secret;
use mcp_auth_diagnosis::report::{Report, State};
use mcp_auth_diagnosis::subject::Subject;
use mcp_auth_probes::{ProbeConfig, ProbePlan};
use serde::Serialize;
use url::Url;

use crate::paper::{Ink, Paper, complain, print_json};
use crate::{Exit, diagnose, practice};

/// `token`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// A file with the token, however it was copied ("-" for standard input)
    file: PathBuf,
    /// Check it against this server. The token is sent there and nowhere else
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    report: &'a Report,
    token: &'a TokenReading,
}

/// Reads a token and says what it is.
pub async fn carry_out(arguments: Arguments) -> Exit {
    let text = match diagnose::read(&arguments.file) {
        Ok(text) => Secret::new(text),
        Err(error) => {
            return complain(Exit::WrongUsage, &format!("{} could not be read: {error}", arguments.file.display()));
        }
    };
    let reading = match token::read(text.expose()) {
        Ok((_, reading)) => reading,
        Err(error) => return complain(Exit::WrongUsage, &format!("{}: {error}", arguments.file.display())),
    };
    let subject = match arguments.server.as_deref().map(diagnose::server) {
        None => Subject::nothing(),
        Some(Err(sentence)) => return complain(Exit::WrongUsage, &sentence),
        Some(Ok(typed)) => match Url::parse(&typed) {
            Ok(url) => Subject { typed, ..Subject::server(url) },
            Err(error) => return complain(Exit::WrongUsage, &format!("\"{typed}\" is not a web address: {error}")),
        },
    };
    let alone = subject.server.is_none();
    let config = ProbeConfig { token: Some(text), ..ProbeConfig::default() };
    let plan = ProbePlan::for_subject(&subject);
    let mut report = mcp_auth_probes::diagnose(subject, plan, &config, |_| {}, practice::interrupted()).await;
    mcp_auth_diagnosis::paper::hide(&mut report);
    if alone {
        // Nobody asked about a server, so nothing about one is open.
        report.unknown.retain(|unknown| unknown.code == "tok-format" && !reading.is_jwt());
    }
    if arguments.json {
        print_json(&Told { report: &report, token: &reading });
    } else {
        let mut paper = Paper::new();
        describe(&mut paper, &reading);
        paper.gap().print();
        match (&report.verdict, alone) {
            (None, true) => {
                let mut rest = Paper::new();
                rest.line(Ink::Good, "Nothing in it is wrong by itself.");
                rest.plain("With --server URL it is compared with the server, and the server is asked.").print();
            }
            _ => diagnose::tell(&report).print(),
        }
    }
    match report.state {
        State::Fault => Exit::Fault,
        State::Healthy => Exit::Healthy,
        // Without a server there is nothing more to tell.
        State::Undetermined if alone => Exit::Healthy,
        State::Undetermined => Exit::CouldNotTell,
    }
}

fn describe(paper: &mut Paper, reading: &TokenReading) {
    let kind = match (&reading.role, &reading.form) {
        (TokenRole::Id { .. }, _) => "An ID token",
        (TokenRole::Refresh { .. }, _) => "A refresh token",
        (TokenRole::Credential { .. }, _) => "Not a token",
        (TokenRole::Access, TokenForm::Jwt) => "A readable access token (JWT)",
        (TokenRole::Access, TokenForm::Jwe) => "An encrypted access token (JWE)",
        (TokenRole::Access, TokenForm::Opaque) => "An access token that cannot be read from outside (opaque)",
        (TokenRole::Access, TokenForm::Truncated { .. }) => "A piece of a token",
    };
    paper.line(Ink::Bold, &format!("{kind}, {} characters", reading.length));
    let mut fact = |name: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            paper.plain(&format!("  {name:14} {value}"));
        }
    };
    let date = |name: &str| reading.number(name).map(moment);
    fact("issuer", reading.issuer().map(str::to_owned));
    fact("audience", Some(reading.audiences().join(", ")));
    fact("client", reading.text("client_id").or(reading.text("azp")).map(str::to_owned));
    for label in reading.scope_labels() {
        fact(label.name, Some(label.scopes.join(" ")));
    }
    fact("good from", date("nbf").or(date("iat")));
    fact("good until", date("exp"));
    let sealed = if reading.form == TokenForm::Jwe { "encrypted with" } else { "signed with" };
    fact(sealed, reading.alg().map(|alg| format!("{alg}, key {}", reading.kid().unwrap_or("not named"))));
    fact("also in it", Some(reading.other_claims.join(", ")));
    fact("taken off", Some(reading.forgiven.iter().copied().collect::<Vec<_>>().join(", ")));
}

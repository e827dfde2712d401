//! Keeps causes and consequences apart, and picks the headline.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::check::{Category, Check, Confidence, Finding, Hop, Outcome, Owner, Severity, Stage};
use crate::checks;
use crate::clients::{ClientId, JUDGED};
use crate::evidence::{Answer, Evidence, Exchange, NoAnswer, Purpose};
use crate::language::Language;
use crate::messages::{Message, Said};
use crate::report::{
    CheckLine, ClientLine, ExchangeLine, Fix, HopLine, Light, MadeOf, Report, SCHEMA, ScalekitLine, State, Tool,
    UnknownCheck, Verdict,
};
use crate::scalekit;
use crate::{redact, words};

/// One check and what came of it.
pub struct Examined {
    /// The check.
    pub check: &'static Check,
    /// What came of it, or `None` when it lies behind a broken one.
    pub outcome: Option<Outcome>,
}

/// Runs every check of the registry over the evidence. A check whose `after` names a broken one is not reached.
pub fn examine(evidence: &Evidence) -> Vec<Examined> {
    let mut examined: Vec<Examined> = Vec::with_capacity(checks::ALL.len());
    let mut moot: BTreeMap<&str, ()> = BTreeMap::new();
    for check in checks::ALL {
        let outcome =
            if check.after.iter().any(|code| moot.contains_key(code)) { None } else { Some(run(check, evidence)) };
        let blocks = match &outcome {
            None => true,
            Some(Outcome::Fail(findings)) => findings.iter().any(|finding| blocks(finding, evidence.subject.client)),
            Some(_) => false,
        };
        if blocks {
            moot.insert(check.code, ());
        }
        examined.push(Examined { check, outcome });
    }
    listen(&mut examined, &evidence.subject.said);
    examined
}

/// What a pasted message says counts where nothing could be measured. Where the same was measured, the measurement is what
/// counts, and the message is one more line of what was seen.
fn listen(examined: &mut [Examined], said: &[Said]) {
    /// Of a long log, only what tells most.
    const HEARD: usize = 3;
    let measured = examined.iter().any(|one| {
        matches!(&one.outcome, Some(Outcome::Fail(findings)) if findings.iter().any(|found| found.severity == Severity::Error))
    });
    let mut severity = Severity::Error;
    let mut unseen = true;
    for said in said.iter().take(HEARD) {
        let Some(message) = Message::named(&said.message) else { continue };
        let Some(one) = examined.iter_mut().find(|one| one.check.code == message.aims.0) else { continue };
        let proof = format!("The message says: {}", said.quote);
        match &mut one.outcome {
            // It lies behind something that is broken: the message tells of the consequence.
            None => unseen = false,
            Some(Outcome::Fail(findings)) => {
                if let Some(finding) = findings.first_mut() {
                    finding.proof.push(proof);
                }
                unseen = false;
                severity = Severity::Warning;
            }
            Some(Outcome::Pass) if !message.outweighs => {}
            Some(outcome) => {
                // A message that says little never comes before something that was seen to be broken.
                let vague = message.confidence == Confidence::Possible && measured;
                let client = message.client.map_or("the app", ClientId::name);
                let mut finding = Finding::new(one.check, message.aims.1)
                    .owner(message.owner)
                    .severity(if vague { Severity::Warning } else { severity })
                    .confidence(message.confidence)
                    .affects(message.client)
                    .value("client", client)
                    .value("config", format!("the settings of {client}"))
                    .value("program", "the program")
                    .proof(proof);
                for (name, value) in &said.values {
                    if let Some(name) = NAMED.iter().find(|known| *known == name) {
                        finding = finding.value(name, value.clone());
                    }
                }
                finding.said = Some((said.sentence.clone(), said.meaning.clone()));
                *outcome = Outcome::fail(finding);
                severity = Severity::Warning;
                unseen = false;
            }
        }
    }
    // Everything that it speaks of passes now: that is worth a word, since the person has the message before their eyes.
    let first = said.first().filter(|_| unseen && !measured);
    let one = examined.iter_mut().find(|one| one.check.code == "cl-message");
    if let (Some(first), Some(one)) = (first, one) {
        let finding = Finding::new(one.check, "not-seen")
            .severity(Severity::Warning)
            .confidence(Confidence::Likely)
            .value("said", first.sentence.clone())
            .proof(format!("The message says: {}", first.quote));
        one.outcome = Some(Outcome::fail(finding));
    }
}

/// What messages name and steps may repeat.
const NAMED: [&str; 5] = ["program", "port", "error", "version", "address"];

/// A panic in a check is a result, not a crash. Where no server was named, nothing about one is left open.
fn run(check: &Check, evidence: &Evidence) -> Outcome {
    let outcome = catch_unwind(AssertUnwindSafe(|| (check.examine)(evidence)))
        .unwrap_or_else(|_| Outcome::Unknown("the check itself failed; please send us the report".to_owned()));
    let about_this_computer = matches!(check.stage, Stage::Local | Stage::ClientSpecific | Stage::Browser);
    match outcome {
        Outcome::Unknown(_)
            if evidence.subject.server.is_none() && !about_this_computer && evidence.token.is_none() =>
        {
            Outcome::SetAside("no server was named")
        }
        outcome => outcome,
    }
}

/// Whether nothing behind this finding can be reached by the clients in question.
fn blocks(finding: &Finding, client: Option<ClientId>) -> bool {
    finding.severity == Severity::Error
        && (finding.affects.is_empty() || client.is_some_and(|client| hits(finding, client)))
}

fn hits(finding: &Finding, client: ClientId) -> bool {
    finding.affects.is_empty() || finding.affects.contains(&client) || finding.affects.contains(&client.signs_in_as())
}

/// The diagnosis as a report. `duration_ms` is the caller's measurement.
pub fn diagnose(evidence: &Evidence, duration_ms: u32) -> Report {
    let examined = examine(evidence);
    let client = evidence.subject.client;

    let mut findings: Vec<(&'static Check, &Finding)> = examined
        .iter()
        .filter_map(|one| match &one.outcome {
            Some(Outcome::Fail(findings)) => Some(findings.iter().map(move |finding| (one.check, finding))),
            _ => None,
        })
        .flatten()
        .collect();
    // Stable: within one rank the registry's order, which is the order of a connection, decides.
    findings.sort_by_key(|(check, finding)| rank(check, finding, evidence));

    let headline = findings.first().filter(|(check, finding)| rank(check, finding, evidence).0 == 0).map(|_| 0);
    let elsewhere = scalekit::is_elsewhere(evidence);
    let verdict = headline.map(|at| verdict(findings[at].0, findings[at].1, elsewhere));
    let rest: Vec<Verdict> = findings
        .iter()
        .skip(usize::from(headline.is_some()))
        .map(|(check, finding)| self::verdict(check, finding, elsewhere))
        .collect();

    let unknown: Vec<UnknownCheck> = examined
        .iter()
        .filter_map(|one| match &one.outcome {
            Some(Outcome::Unknown(why)) => Some(UnknownCheck { code: one.check.code.to_owned(), why: why.clone() }),
            _ => None,
        })
        .collect();
    let essential_unknown = examined.iter().any(|one| {
        matches!(one.outcome, Some(Outcome::Unknown(_)))
            && matches!(one.check.stage, Stage::Reach | Stage::Challenge | Stage::ResourceMetadata | Stage::AsMetadata)
            && one.check.requirement == crate::check::Requirement::Must
    });
    let nothing_seen = evidence.exchanges().iter().all(|exchange| exchange.outcome.is_err());
    // The sign-in was tried and did not get through: nothing proves that it would.
    let sign_in = crate::sign_in::of(evidence);
    let sign_in_stopped = sign_in.is_some_and(|reading| reading.stopped.is_some());
    // Something else may be wrong than what was looked at, unless a whole sign-in went through.
    let not_understood = evidence.subject.unheard && sign_in.is_none_or(|reading| reading.stopped.is_some());
    let state = if verdict.is_some() {
        State::Fault
    } else if evidence.cut_short.is_some()
        || essential_unknown
        || (evidence.subject.server.is_some() && nothing_seen)
        || sign_in_stopped
        || not_understood
        || checks::as_metadata::sign_in_page_in_doubt(evidence)
    {
        State::Undetermined
    } else {
        State::Healthy
    };

    let lines = check_lines(&examined, client);
    Report {
        schema: SCHEMA,
        language: Language::English,
        untranslated: Vec::new(),
        began_ms: evidence.began_ms,
        scalekit: scalekit::recognise(evidence)
            .map(|found| ScalekitLine { environment: found.environment, resource_id: found.resource_id }),
        tool: Tool { name: "mcp-auth-check".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        server: evidence.subject.server.as_ref().map(ToString::to_string).unwrap_or_default(),
        state,
        ruled_out: codes(&examined, |outcome| matches!(outcome, Some(Outcome::Pass))),
        not_reached: codes(&examined, Option::is_none),
        unknown,
        side_effects: crate::registering::created(evidence),
        duration_ms,
        requests: u32::try_from(evidence.exchanges().len()).unwrap_or(u32::MAX),
        client,
        hops: hop_lines(&lines, evidence),
        checks: lines,
        clients: client_lines(&findings, evidence),
        exchanges: evidence.exchanges().iter().map(|exchange| exchange_line(exchange, evidence.began_ms)).collect(),
        verdict,
        findings: rest,
    }
}

/// What keeps a client from calling the server at all.
const NEVER_CALLS: [&str; 4] =
    ["local-config-readable", "local-config-used", "local-runtime", "local-mcp-remote-arguments"];

/// Sorts findings: 0 may be the headline, 1 is an error that the clients in question do not meet, 2 a warning, 3 information.
fn rank(check: &Check, finding: &Finding, evidence: &Evidence) -> (u8, u8, u8, u8, Stage) {
    let class = match finding.severity {
        Severity::Error if concerns(check, finding, evidence) => 0,
        Severity::Error => 1,
        Severity::Warning => 2,
        Severity::Info => 3,
    };
    // A fault that every client meets comes before one that only some meet, and one that most meet before one that few meet,
    // unless a client was named.
    let some_only = match finding.affects.len() {
        0 => 0,
        _ if evidence.subject.client.is_some() => 0,
        many if many * 2 > JUDGED.len() => 1,
        _ => 2,
    };
    // What sends every program of this computer the wrong way comes before what they meet there.
    let misleads = check.stage == Stage::Local && check.category == Category::Connection && finding.affects.is_empty();
    // With these the client that the person has trouble with never calls: whatever it would meet comes later.
    let silences =
        NEVER_CALLS.contains(&check.code) && evidence.subject.client.is_none_or(|client| hits(finding, client));
    let misleads = misleads || silences;
    // A pass that cannot be renewed stops nobody before it has run out.
    let later = u8::from(check.code == "token-refresh-works");
    (class, some_only, u8::from(!misleads), later, check.stage)
}

/// Whether an error concerns what the user asked about. Faults that hit only clients in a cloud, or only web pages, count
/// when the user named such a client, said that it works elsewhere, or has one of them set up for this server.
fn concerns(check: &Check, finding: &Finding, evidence: &Evidence) -> bool {
    if let Some(client) = evidence.subject.client {
        return hits(finding, client) && (check.stage != Stage::Cors || client.is_browser());
    }
    if evidence.subject.origin.is_some() && check.stage == Stage::Cors {
        return true;
    }
    if check.stage == Stage::Cors {
        return false;
    }
    // A server on this computer is no fault because a cloud cannot reach it. What a server publishes is: for everybody.
    let about_the_way = matches!(check.stage, Stage::Reach | Stage::ClientSpecific);
    let only_cloud = !finding.affects.is_empty() && finding.affects.iter().all(|client| client.is_cloud());
    !(only_cloud && about_the_way)
}

fn verdict(check: &Check, finding: &Finding, elsewhere: bool) -> Verdict {
    let mut values = finding.values.clone();
    if let Some(comparison) = &finding.comparison {
        values.entry("expected").or_insert_with(|| comparison.expected.clone());
        values.entry("actual").or_insert_with(|| comparison.actual.clone());
    }
    // What comes from outside loses its secrets before it is put into words of ours, which stay as they are.
    values.values_mut().for_each(|value| *value = redact::mask(value));
    let made_of = MadeOf { values, said: finding.said.clone(), elsewhere };
    let told = told(check, finding.variant, &made_of, Language::English);
    let runs = match finding.owner {
        Owner::User | Owner::Client => Owner::McpServer,
        other => other,
    };
    let user_first = matches!(finding.owner, Owner::User | Owner::Client);
    let mut fixes = vec![
        Fix { reader: runs, steps: told.run_steps, action: None },
        Fix { reader: Owner::User, steps: told.use_steps, action: finding.action.clone() },
    ];
    if user_first {
        fixes.reverse();
    }
    fixes.retain(|fix| !fix.steps.is_empty() || fix.action.is_some());
    Verdict {
        code: check.code.to_owned(),
        variant: finding.variant.to_owned(),
        category: check.category,
        stage: check.stage,
        owner: finding.owner,
        severity: finding.severity,
        confidence: finding.confidence,
        affects: finding.affects.clone(),
        title: told.title,
        summary: told.summary,
        evidence: finding.proof.clone(),
        fixes,
        comparison: finding.comparison.clone(),
        why: told.why,
        reference: check.reference.to_owned(),
        made_of,
    }
}

/// The words of a finding, with its values, in one language.
pub(crate) struct Told {
    pub(crate) title: String,
    pub(crate) summary: String,
    pub(crate) why: String,
    use_steps: Vec<String>,
    run_steps: Vec<String>,
}

impl Told {
    /// The steps for one reader of a finding.
    pub(crate) fn steps_for(&self, reader: Owner) -> &[String] {
        if reader == Owner::User { &self.use_steps } else { &self.run_steps }
    }
}

/// Says a finding in a language.
pub(crate) fn told(check: &Check, variant: &str, made_of: &MadeOf, language: Language) -> Told {
    let all = check.words_in(language);
    let values = &made_of.values.iter().map(|(name, value)| (*name, language.say(value))).collect();
    let variant = all.variants.get(variant).cloned().unwrap_or_default();
    // A message gives few values: a step that needs another one says nothing.
    let says_something = |step: &&String| made_of.said.is_none() || words::is_known(step, values);
    let filled = |steps: &[String]| {
        let kept: Vec<String> = steps.iter().filter(says_something).cloned().collect();
        let kept = if made_of.elsewhere { words::without_scalekit(kept) } else { kept };
        kept.iter().map(|step| words::fill(step, values, language)).collect::<Vec<_>>()
    };
    let (title, summary) = match &made_of.said {
        Some((title, meaning)) => (language.say(title), language.say(meaning)),
        None => {
            let title = if variant.title.is_empty() { all.title } else { &variant.title };
            (words::fill(title, values, language), words::fill(&variant.summary, values, language))
        }
    };
    Told {
        title,
        summary,
        why: words::fill(&all.why, values, language),
        use_steps: filled(&variant.use_steps),
        run_steps: filled(&variant.run_steps),
    }
}

fn codes(examined: &[Examined], wanted: impl Fn(&Option<Outcome>) -> bool) -> Vec<String> {
    examined.iter().filter(|one| wanted(&one.outcome)).map(|one| one.check.code.to_owned()).collect()
}

fn check_lines(examined: &[Examined], client: Option<ClientId>) -> Vec<CheckLine> {
    examined
        .iter()
        .map(|one| {
            let (light, why) = match &one.outcome {
                None => (Light::NotReached, None),
                Some(Outcome::Pass) => (Light::Fine, None),
                Some(Outcome::SetAside(why)) => (Light::NotLooked, Some((*why).to_owned())),
                Some(Outcome::Unknown(why)) => (Light::CouldNotSee, Some(why.clone())),
                Some(Outcome::Fail(findings)) => (worst(findings, client), None),
            };
            CheckLine {
                code: one.check.code.to_owned(),
                title: words::title(one.check.words).to_owned(),
                stage: one.check.stage,
                hop: one.check.stage.hop(),
                light,
                why,
            }
        })
        .collect()
}

fn worst(findings: &[Finding], client: Option<ClientId>) -> Light {
    let broken = findings
        .iter()
        .any(|finding| finding.severity == Severity::Error && client.is_none_or(|client| hits(finding, client)));
    let attention = findings.iter().any(|finding| finding.severity != Severity::Info);
    if broken {
        Light::Broken
    } else if attention {
        Light::Attention
    } else {
        Light::Fine
    }
}

fn hop_lines(lines: &[CheckLine], evidence: &Evidence) -> Vec<HopLine> {
    Hop::ALL
        .into_iter()
        .map(|hop| {
            let of = |light| lines.iter().any(|line| line.hop == hop && line.light == light);
            let light = [Light::Broken, Light::Attention, Light::Fine, Light::NotReached, Light::CouldNotSee]
                .into_iter()
                .find(|light| of(*light))
                .unwrap_or(Light::NotLooked);
            let light = match light {
                Light::Fine if went(hop, evidence) => Light::Fine,
                Light::Fine if is_server(hop) && of(Light::CouldNotSee) => Light::CouldNotSee,
                Light::Fine => Light::NotLooked,
                other => other,
            };
            HopLine { hop, light }
        })
        .collect()
}

/// Whether somebody went through this hop. What can be said of one from outside does not make it green.
fn went(hop: Hop, evidence: &Evidence) -> bool {
    let signed_in = evidence.sign_in.as_ref().and_then(|fact| fact.value()).is_some();
    let called = |purposes: &[Purpose]| purposes.iter().any(|purpose| evidence.answer(purpose).is_some());
    match hop {
        Hop::WayBack => signed_in || evidence.browser.is_some(),
        Hop::Token => signed_in || evidence.token.is_some(),
        Hop::Tools => called(&[Purpose::ToolsList, Purpose::TokenInitialize, Purpose::TokenToolsList]),
        Hop::McpServer | Hop::AuthorizationServer => evidence.exchanges().iter().any(|one| one.outcome.is_ok()),
        Hop::ThisComputer | Hop::Client | Hop::Browser => true,
    }
}

fn is_server(hop: Hop) -> bool {
    matches!(hop, Hop::McpServer | Hop::AuthorizationServer)
}

fn client_lines(findings: &[(&'static Check, &Finding)], evidence: &Evidence) -> Vec<ClientLine> {
    JUDGED
        .iter()
        .map(|client| {
            let at = findings
                .iter()
                .filter(|(check, finding)| {
                    finding.severity == Severity::Error
                        && hits(finding, *client)
                        && (check.stage != Stage::Cors
                            || (client.is_browser() && evidence.subject.client == Some(*client)))
                })
                .min_by_key(|(check, _)| check.stage)
                .map(|(check, _)| check.code.to_owned());
            ClientLine { id: *client, name: client.name().to_owned(), stops: at.is_some(), at }
        })
        .collect()
}

/// An exchange as it may be shown, wherever it goes from here: without what could be a secret.
pub(crate) fn exchange_line(exchange: &Exchange, began_ms: u64) -> ExchangeLine {
    const SHOWN: usize = 4_000;
    let headers = |headers: &crate::evidence::Headers| {
        headers.0.iter().map(|(name, value)| format!("{name}: {value}\n")).collect::<String>()
    };
    let (result, answer) = match &exchange.outcome {
        Ok(Answer { status, headers: answered, body }) => {
            let shown: String = body.text.chars().take(SHOWN).collect();
            let more =
                if shown.len() < body.length { format!("\n… ({} bytes in all)", body.length) } else { String::new() };
            (format!("HTTP {status}"), format!("{}\n{shown}{more}", headers(answered)))
        }
        Err(NoAnswer { detail, .. }) => ("no answer".to_owned(), detail.clone()),
    };
    ExchangeLine {
        purpose: purpose_words(&exchange.purpose),
        method: exchange.request.method.clone(),
        url: redact::mask(exchange.request.url.as_str()),
        request: redact::mask(&format!(
            "{}{}",
            headers(&exchange.request.headers),
            exchange.request.body.as_ref().map(|body| format!("\n{body}")).unwrap_or_default()
        )),
        result,
        answer: redact::mask(&answer),
        at_ms: u32::try_from(exchange.at_ms.saturating_sub(began_ms)).unwrap_or(u32::MAX),
        took_ms: exchange.took_ms,
    }
}

/// Why an exchange was made, in plain words.
pub fn purpose_words(purpose: &Purpose) -> String {
    use crate::evidence::{Endpoint, MetadataForm, Place};
    let place = |place: &Place| match place {
        Place::Header => "where the challenge points",
        Place::Path => "at the address made from the whole URL",
        Place::Root => "at the root address",
    };
    let endpoint = |endpoint: &Endpoint| match endpoint {
        Endpoint::Mcp => "the MCP endpoint",
        Endpoint::McpLater => "later calls to the MCP endpoint",
        Endpoint::ResourceMetadata => "the resource metadata",
        Endpoint::ServerMetadata => "the sign-in service's metadata",
        Endpoint::Registration => "registration",
        Endpoint::Token => "the token endpoint",
    };
    match purpose {
        Purpose::Initialize => "First call without a token (initialize)".to_owned(),
        Purpose::InitializeAgain => "The same call once more".to_owned(),
        Purpose::Discover => "First call without a token, newest protocol (server/discover)".to_owned(),
        Purpose::Get => "Listening without a token (GET)".to_owned(),
        Purpose::ToolsList => "List of tools without a token".to_owned(),
        Purpose::ToolsCall => "Tool call without a token".to_owned(),
        Purpose::Notification => "A notification without a token".to_owned(),
        Purpose::MadeUpToken => "Call with a made-up token".to_owned(),
        Purpose::MadeUpTokenLowerCase => "The same with \"bearer\" in small letters".to_owned(),
        Purpose::OtherSlash => "The same address with one slash more or less".to_owned(),
        Purpose::OtherPath { path } => format!("Is the endpoint at {path}?"),
        Purpose::RandomPath => "An address that cannot exist".to_owned(),
        Purpose::Redirected { step } => format!("Where the redirect leads (step {step})"),
        Purpose::HttpsInstead => "The same address over https".to_owned(),
        Purpose::ResourceMetadata { place: at } => format!("Resource metadata {}", place(at)),
        Purpose::ServerMetadata { form, .. } => {
            let form = match form {
                MetadataForm::OauthInsert => "first form",
                MetadataForm::OidcInsert => "second form",
                MetadataForm::OidcAppend => "third form",
                MetadataForm::OauthAppend => "a form that clients do not try",
            };
            format!("Metadata of the sign-in service ({form})")
        }
        Purpose::OwnServerMetadata { place: at } => format!("Sign-in metadata on the MCP server itself, {}", place(at)),
        Purpose::EnvironmentMetadata => "Metadata of the whole Scalekit environment".to_owned(),
        Purpose::Jwks => "The sign-in service's public keys (JWKS)".to_owned(),
        Purpose::AuthorizationEndpoint => "Is the sign-in page there?".to_owned(),
        Purpose::TokenEndpoint => "Is the token endpoint there?".to_owned(),
        Purpose::RegistrationEndpoint => "Is the registration endpoint there?".to_owned(),
        Purpose::Preflight { endpoint: at } => format!("A browser's preflight for {}", endpoint(at)),
        Purpose::CrossOrigin { endpoint: at } => format!("As a web page, {}", endpoint(at)),
        Purpose::AsUserAgent { who } => format!("First call as {who}"),
        Purpose::ClientDocument => "The document that stands for the app".to_owned(),
        Purpose::Register { client, .. } => format!("Registration as {client}"),
        Purpose::Authorize { question, client } => format!("Sign-in page as {client} ({question})"),
        Purpose::SignIn { step } => format!("Signing in ({step})"),
        Purpose::TokenInitialize => "First call with your token".to_owned(),
        Purpose::TokenInitializeAgain => "The same call again with your token".to_owned(),
        Purpose::TokenInitialized => "The client is ready, with your token (notifications/initialized)".to_owned(),
        Purpose::MadeUpTokenInQuery => "A made-up token in the address".to_owned(),
        Purpose::TokenDiscover => "First call with your token, newest protocol".to_owned(),
        Purpose::TokenToolsList => "List of tools with your token".to_owned(),
        Purpose::TokenToolsCall { tool } => format!("Call of {tool} with your token"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subject::Subject;

    #[test]
    fn nothing_seen_is_undetermined_and_nothing_passes() {
        let evidence =
            Evidence::new(Subject::server(url::Url::parse("https://mcp.example.com/mcp").expect("a URL")), 0);
        let report = diagnose(&evidence, 0);
        assert_eq!(report.state, State::Undetermined);
        assert!(report.verdict.is_none());
        assert!(
            report.checks.iter().all(|line| line.light != Light::Fine || line.code == "reach-url-valid"),
            "{:?}",
            report.ruled_out
        );
    }

    #[test]
    fn a_pasted_message_keeps_every_step_whose_values_are_known() {
        let message = "Error: listen EADDRINUSE: address already in use 127.0.0.1:3334";
        let subject = Subject { said: crate::messages::read(message), ..Subject::nothing() };
        let verdict = diagnose(&Evidence::new(subject, 0), 0).verdict.expect("a verdict");
        let steps = &verdict.fixes.iter().find(|fix| fix.reader == Owner::User).expect("steps").steps;
        assert!(steps.iter().any(|step| step == "Close the program, or set it to another port."), "{steps:?}");
        assert!(steps.iter().all(|step| !step.contains('{') && !step.contains("(not known)")), "{steps:?}");
    }

    #[test]
    fn what_stops_a_client_at_once_comes_before_what_stops_it_later() {
        let evidence = Evidence::new(Subject::nothing(), 0);
        let of = |code: &str| {
            let check = checks::named(code).expect("a check");
            rank(check, &Finding::new(check, check.variants[0]), &evidence)
        };
        assert!(of("tok-server-verdict") < of("token-refresh-works"));
        assert!(of("scope-tool-needs") < of("token-refresh-works"));
        assert!(of("token-exchange") < of("tok-server-verdict"));
    }

    #[test]
    fn every_after_names_an_earlier_check() {
        for (at, check) in checks::ALL.iter().enumerate() {
            for code in check.after {
                assert!(
                    checks::ALL[..at].iter().any(|earlier| earlier.code == *code),
                    "{} comes after {code}, which is not before it",
                    check.code
                );
            }
        }
    }

    #[test]
    fn every_variant_has_its_words() {
        for check in checks::ALL {
            let words = words::read(check.words);
            assert!(
                !words.title.is_empty() && !words.meaning.is_empty() && !words.why.is_empty(),
                "{} lacks words",
                check.code
            );
            for variant in check.variants {
                let Some(said) = words.variants.get(variant) else {
                    panic!("{} has no words for {variant}", check.code)
                };
                assert!(
                    !said.title.is_empty() && !said.summary.is_empty(),
                    "{} {variant} lacks a sentence",
                    check.code
                );
                assert!(
                    !said.use_steps.is_empty() || !said.run_steps.is_empty(),
                    "{} {variant} has no next step",
                    check.code
                );
            }
            for variant in words.variants.keys() {
                assert!(
                    check.variants.contains(variant),
                    "{} has words for {variant}, which it never finds",
                    check.code
                );
            }
        }
    }
}

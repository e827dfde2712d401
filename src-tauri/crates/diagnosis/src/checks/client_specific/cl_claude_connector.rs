use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Stage};
use crate::checks::UNREACHED;
use crate::clients::ClientId;
use crate::discovery::{self, object};
use crate::door::{self, Door, Said};
use crate::evidence::{Evidence, Look, Place, Purpose};
use serde_json::{Map, Value};

pub const CHECK: Check = Check {
    code: "cl-claude-connector",
    stage: Stage::ClientSpecific,
    category: Category::Client,
    owner: Owner::McpServer,
    requirement: Requirement::Should,
    reference: "Claude connector documentation; claude-ai-mcp issues 299, 350 and 402",
    after: UNREACHED,
    variants: &["blocked-by-name", "open-but-not-plain", "unreachable", "no-pass", "after-sign-in", "already-there"],
    words: include_str!("cl_claude_connector.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    if evidence.cloud_client() != Some(ClientId::ClaudeConnectors) {
        return Outcome::SetAside("it was not asked about Claude's connectors");
    }
    // Public address, port, redirects and details each have their own check. What is left is who is let in.
    let Some(door) = evidence.door() else { return Outcome::Unknown("the server was not reached".to_owned()) };
    if let Some(finding) = mistaken(evidence, &door) {
        return Outcome::fail(finding);
    }
    let purpose = Purpose::AsUserAgent { who: "claude-user".to_owned() };
    match evidence.look(&purpose) {
        Look::NotLooked => Outcome::Unknown("the server was not called under Claude's name".to_owned()),
        Look::NoAnswer(silence) => Outcome::Unknown(silence.detail.clone()),
        Look::Answered(answer) if door.said.is_mcp() && !door::said(answer).is_mcp() => {
            let refused = door::said(answer);
            let mut finding = Finding::new(&CHECK, "blocked-by-name")
                .affects([ClientId::ClaudeConnectors])
                .value("status", answer.status.to_string())
                .confidence(if refused == Said::TooMany { Confidence::Possible } else { Confidence::Certain })
                .proof(door::line(door.exchange));
            if let Some(exchange) = evidence.exchange(&purpose) {
                finding = finding.proof(format!("as Claude-User: {}", door::line(exchange)));
            }
            Outcome::fail(finding)
        }
        Look::Answered(_) => Outcome::Pass,
    }
}

/// The server is open, and one of the addresses at which the connectors look for a sign-in before they connect says something
/// that they take for one and cannot use: a page, or a sign-in service that takes no new apps.
fn mistaken(evidence: &Evidence, door: &Door<'_>) -> Option<Finding> {
    let listed = evidence.answer(&Purpose::ToolsList).is_some_and(|answer| (200..300).contains(&answer.status));
    if door.said != Said::Open || !listed || evidence.unauthorized().is_some() {
        return None;
    }
    let places = [Place::Path, Place::Root];
    let looked = places.map(|place| (Purpose::ResourceMetadata { place }, false));
    let own = places.map(|place| (Purpose::OwnServerMetadata { place }, true));
    let no_way_in = |members: &Map<String, Value>| {
        members.get("registration_endpoint").is_none_or(Value::is_null)
            && members.get("client_id_metadata_document_supported") != Some(&Value::Bool(true))
    };
    // A sign-in service that the connectors can register with leads to a sign-in, which may be meant.
    let named = evidence.server_metadata().and_then(|(_, answer)| object(answer));
    let (exchange, what) = looked.into_iter().chain(own).find_map(|(purpose, is_own)| {
        let exchange = evidence.exchange(&purpose)?;
        let answer = exchange.outcome.as_ref().ok().filter(|answer| answer.status == 200)?;
        let what = match object(answer) {
            None if answer.is_html() => "a web page",
            None => "something that is no JSON",
            Some(members) if is_own && no_way_in(members) => "a sign-in service that takes no new apps",
            Some(members)
                if !is_own && members.contains_key("authorization_servers") && named.is_some_and(no_way_in) =>
            {
                "a sign-in service that takes no new apps"
            }
            Some(_) => return None,
        };
        Some((exchange, what))
    })?;
    Some(
        Finding::new(&CHECK, "open-but-not-plain")
            .affects([ClientId::ClaudeConnectors])
            .confidence(Confidence::Likely)
            .value("found", exchange.request.url.as_str())
            .value("what", what)
            .proof(door::line(door.exchange))
            .proof(discovery::line(exchange)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{SERVER, Sample};

    #[test]
    fn a_healthy_server_is_fine() {
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }

    #[test]
    fn nothing_seen_is_never_a_pass() {
        let outcome = Sample::unseen(SERVER).examine(&CHECK);
        assert!(matches!(outcome, Outcome::Unknown(_) | Outcome::SetAside(_)), "{outcome:?}");
    }

    #[test]
    fn a_rule_against_claudes_name_is_seen_by_the_difference() {
        let asked = |sample: Sample| sample.change(|evidence| evidence.subject.client = Some(ClientId::ClaudeDesktop));
        let who = Purpose::AsUserAgent { who: "claude-user".to_owned() };
        let blocked = asked(Sample::healthy()).answer(who.clone(), 403, &[], "Forbidden");
        assert_eq!(blocked.finding(&CHECK).variant, "blocked-by-name");
        assert_eq!(asked(Sample::healthy()).answer(who, 401, &[], "").examine(&CHECK), Outcome::Pass);
    }

    #[test]
    fn an_open_server_must_not_look_like_one_with_a_sign_in() {
        const TOOLS: &str = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"tools\":[]}}";
        let page = ("content-type", "text/html");
        let open = || {
            let sample = Sample::unseen(SERVER)
                .change(|evidence| evidence.subject.client = Some(ClientId::ClaudeDesktop))
                .answer(Purpose::AsUserAgent { who: "claude-user".to_owned() }, 200, &[], TOOLS);
            [Purpose::Initialize, Purpose::ToolsList]
                .into_iter()
                .fold(sample, |sample, purpose| sample.answer(purpose, 200, &[], TOOLS))
        };
        let details = Purpose::ResourceMetadata { place: Place::Root };
        let own = Purpose::OwnServerMetadata { place: Place::Root };
        assert_eq!(open().answer(details.clone(), 404, &[], "Not Found").examine(&CHECK), Outcome::Pass);
        let web = open().answer(details, 200, &[page], "<html></html>").finding(&CHECK);
        assert_eq!((web.variant, web.values["what"].as_str()), ("open-but-not-plain", "a web page"));
        let closed = "{\"issuer\":\"https://a.example\",\"authorization_endpoint\":\"https://a.example/authorize\"}";
        assert_eq!(open().answer(own.clone(), 200, &[], closed).finding(&CHECK).variant, "open-but-not-plain");
        let takes = closed.replace('}', ",\"registration_endpoint\":\"https://a.example/register\"}");
        assert_eq!(open().answer(own, 200, &[], &takes).examine(&CHECK), Outcome::Pass);
    }
}

use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Stage};
use crate::checks::UNREACHED;
use crate::clients::ClientId;
use crate::door::{self, Said};
use crate::evidence::{Evidence, Look, Purpose};

pub const CHECK: Check = Check {
    code: "cl-claude-connector",
    stage: Stage::ClientSpecific,
    category: Category::Client,
    owner: Owner::McpServer,
    requirement: Requirement::Should,
    reference: "Claude connector documentation; claude-ai-mcp issues 299 and 350",
    after: UNREACHED,
    variants: &["blocked-by-name", "unreachable"],
    words: include_str!("cl_claude_connector.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    if evidence.cloud_client() != Some(ClientId::ClaudeConnectors) {
        return Outcome::SetAside("it was not asked about Claude's connectors");
    }
    // Public address, port, redirects and details each have their own check. What is left is who is let in.
    let Some(door) = evidence.door() else { return Outcome::Unknown("the server was not reached".to_owned()) };
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
}

use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::door::{self, Said};
use crate::evidence::{Evidence, Look, Purpose};

pub const CHECK: Check = Check {
    code: "challenge-consistent",
    stage: Stage::Challenge,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Should,
    reference: "MCP 2026-07-28, Access Token Usage",
    after: &["challenge-status"],
    variants: &["get-open", "late"],
    words: include_str!("challenge_consistent.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(door) = evidence.door() else { return Outcome::Unknown("the server was not reached".to_owned()) };
    match door.said {
        Said::SignIn => {
            let Look::Answered(listening) = evidence.look(&Purpose::Get) else { return Outcome::Pass };
            // A page for people at the same address is no open door; a stream of messages is.
            let stream = listening.status == 200 && listening.media_type().as_deref() == Some("text/event-stream");
            if !stream || door.exchange.purpose == Purpose::Get {
                return Outcome::Pass;
            }
            let mut finding =
                Finding::new(&CHECK, "get-open").severity(Severity::Warning).proof(door::line(door.exchange));
            if let Some(exchange) = evidence.exchange(&Purpose::Get) {
                finding = finding.proof(door::line(exchange));
            }
            Outcome::fail(finding)
        }
        // Many healthy servers guard their tools alone. Clients in a cloud decide by the first call.
        Said::Open if evidence.unauthorized().is_some() => match evidence.cloud_client() {
            Some(client) => Outcome::fail(
                Finding::new(&CHECK, "late")
                    .severity(Severity::Warning)
                    .affects([client])
                    .value("client", client.name())
                    .proof(door::line(door.exchange))
                    .proof("the tools answer 401"),
            ),
            None => Outcome::Pass,
        },
        _ => Outcome::SetAside("the server did not ask for a sign-in"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{SERVER, Sample};

    #[test]
    fn a_healthy_server_is_fine() {
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::Pass));
    }

    #[test]
    fn nothing_seen_is_never_a_pass() {
        let outcome = Sample::unseen(SERVER).examine(&CHECK);
        assert!(matches!(outcome, Outcome::Unknown(_) | Outcome::SetAside(_)), "{outcome:?}");
    }

    const STREAM: &[(&str, &str)] = &[("content-type", "text/event-stream")];
    const RESULT: &str = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;

    #[test]
    fn a_stream_that_is_open_to_everybody_is_told() {
        let open = Sample::healthy().answer(Purpose::Get, 200, STREAM, ": hello\n\n");
        assert_eq!(open.finding(&CHECK).variant, "get-open");
        let page = Sample::healthy().answer(Purpose::Get, 200, &[("content-type", "text/html")], "<html>");
        assert_eq!(page.examine(&CHECK), Outcome::Pass);
    }

    #[test]
    fn guarding_only_the_tools_is_told_to_cloud_clients_alone() {
        let late = Sample::unseen(SERVER).answer(Purpose::Initialize, 200, &[], RESULT).answer(
            Purpose::ToolsList,
            401,
            &[],
            "",
        );
        assert_eq!(late.examine(&CHECK), Outcome::Pass);
        let asked = late.change(|evidence| evidence.subject.client = Some(crate::clients::ClientId::ClaudeDesktop));
        assert_eq!((asked.finding(&CHECK).variant, asked.finding(&CHECK).severity), ("late", Severity::Warning));
    }
}

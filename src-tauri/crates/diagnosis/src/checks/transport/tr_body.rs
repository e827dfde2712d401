use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::checks::UNREACHED;
use crate::door;
use crate::evidence::{Evidence, Purpose};

pub const CHECK: Check = Check {
    code: "tr-body",
    stage: Stage::Transport,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "MCP, Streamable HTTP, Sending Messages",
    after: UNREACHED,
    variants: &["web-page", "empty", "too-large"],
    words: include_str!("tr_body.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let calls = [Purpose::ToolsList, Purpose::TokenInitialize, Purpose::TokenToolsList];
    let mut seen = false;
    for exchange in calls.iter().filter_map(|purpose| evidence.exchange(purpose)) {
        let Ok(answer) = &exchange.outcome else { continue };
        seen = true;
        let variant = match answer.status {
            413 => "too-large",
            200 | 201 if answer.is_html() => "web-page",
            200 if answer.body.length == 0 && answer.media_type().as_deref() != Some("text/event-stream") => "empty",
            _ => continue,
        };
        return Outcome::fail(Finding::new(&CHECK, variant).proof(door::line(exchange)));
    }
    if seen { Outcome::Pass } else { Outcome::SetAside("no message went beyond the question to sign in") }
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
    fn answers_that_are_no_messages_are_told_apart() {
        let html = &[("content-type", "text/html")];
        let says = |status, headers: &[(&str, &str)], body: &str| {
            Sample::healthy().answer(Purpose::TokenInitialize, status, headers, body).finding(&CHECK).variant
        };
        assert_eq!(says(200, html, "<html>"), "web-page");
        assert_eq!(says(200, &[], ""), "empty");
        assert_eq!(says(413, html, "<html>"), "too-large");
    }
}

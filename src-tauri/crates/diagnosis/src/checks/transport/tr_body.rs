use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::checks::UNREACHED;
use crate::door;
use crate::evidence::{Answer, Evidence, NoAnswer, NoAnswerKind, Purpose};
use crate::trial::message;

pub const CHECK: Check = Check {
    code: "tr-body",
    stage: Stage::Transport,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "MCP, Streamable HTTP, Sending Messages",
    after: UNREACHED,
    variants: &["web-page", "empty", "too-large", "not-a-message", "no-answer"],
    words: include_str!("tr_body.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let calls = [Purpose::ToolsList, Purpose::TokenInitialize, Purpose::TokenToolsList];
    let mut seen = false;
    for exchange in calls.iter().filter_map(|purpose| evidence.exchange(purpose)) {
        let variant = match &exchange.outcome {
            Ok(answer) => {
                seen = true;
                let stream = answer.media_type().as_deref() == Some("text/event-stream");
                match answer.status {
                    413 => "too-large",
                    200 | 201 if answer.is_html() => "web-page",
                    200 if answer.body.length == 0 && !stream => "empty",
                    200 if !stream && !is_message(answer) => "not-a-message",
                    _ => continue,
                }
            }
            // The first call got through, and this one does not.
            Err(silence) if seen && broke_off(silence) => "no-answer",
            Err(_) => continue,
        };
        return Outcome::fail(Finding::new(&CHECK, variant).proof(door::line(exchange)));
    }
    if seen { Outcome::Pass } else { Outcome::SetAside("no message went beyond the question to sign in") }
}

/// A JSON-RPC message, or several.
fn is_message(answer: &Answer) -> bool {
    let one = |value: &serde_json::Value| value.get("jsonrpc").is_some();
    let list = |value: &serde_json::Value| value.as_array().is_some_and(|list| list.iter().any(one));
    // As an event without its label, too.
    message(answer).is_some() || answer.body.json().is_ok_and(list)
}

fn broke_off(silence: &NoAnswer) -> bool {
    matches!(
        silence.kind,
        NoAnswerKind::AnswerTimedOut
            | NoAnswerKind::Closed
            | NoAnswerKind::NotHttp
            | NoAnswerKind::HeadersTooLarge
            | NoAnswerKind::Other
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
    fn answers_that_are_no_messages_are_told_apart() {
        let html = &[("content-type", "text/html")];
        let says = |status, headers: &[(&str, &str)], body: &str| {
            Sample::healthy().answer(Purpose::TokenInitialize, status, headers, body).finding(&CHECK).variant
        };
        assert_eq!(says(200, html, "<html>"), "web-page");
        assert_eq!(says(200, &[], ""), "empty");
        assert_eq!(says(413, html, "<html>"), "too-large");
        let json = &[("content-type", "application/json")];
        for body in ["[[[[", "{\"tools\":[]}", "null", "hello", "{\"jsonrpc\":"] {
            assert_eq!(says(200, json, body), "not-a-message", "{body}");
        }
    }

    #[test]
    fn a_call_that_gets_no_answer_after_one_that_did_is_told() {
        let message = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}";
        let let_in = || Sample::healthy().answer(Purpose::TokenInitialize, 200, &[], message);
        assert_eq!(let_in().examine(&CHECK), Outcome::Pass);
        let several = Sample::healthy().answer(Purpose::TokenInitialize, 200, &[], &format!("[{message}]"));
        assert_eq!(several.examine(&CHECK), Outcome::Pass);
        let silent = let_in().silence(Purpose::TokenToolsList, NoAnswerKind::AnswerTimedOut);
        assert_eq!(silent.finding(&CHECK).variant, "no-answer");
        // Where nothing got through, this is not the check that knows why.
        let nothing = Sample::healthy().silence(Purpose::TokenToolsList, NoAnswerKind::AnswerTimedOut);
        assert!(matches!(nothing.examine(&CHECK), Outcome::SetAside(_)));
    }
}

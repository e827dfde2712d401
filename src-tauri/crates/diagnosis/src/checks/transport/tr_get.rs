use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::checks::UNREACHED;
use crate::door;
use crate::evidence::{Evidence, Look, NoAnswerKind, Purpose};

pub const CHECK: Check = Check {
    code: "tr-get",
    stage: Stage::Transport,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Should,
    reference: "MCP 2025-11-25, Transports, Listening for Messages",
    after: UNREACHED,
    variants: &["not-found", "server-error", "silent"],
    words: include_str!("tr_get.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(door) = evidence.door() else { return Outcome::Unknown("the server was not reached".to_owned()) };
    if !door.said.is_mcp() || door.exchange.purpose == Purpose::Get {
        return Outcome::SetAside("sending was not answered as by an MCP server");
    }
    let Some(exchange) = evidence.exchange(&Purpose::Get) else {
        return Outcome::Unknown("listening was not tried".to_owned());
    };
    // 401, 405 and a plain 404 are what SDK servers say, and a page for people at the same address does no harm.
    let variant = match evidence.look(&Purpose::Get) {
        Look::Answered(answer) if answer.status == 404 && answer.is_html() => "not-found",
        Look::Answered(answer) if answer.status >= 500 && answer.status != 501 => "server-error",
        Look::NoAnswer(silence) if silence.kind == NoAnswerKind::AnswerTimedOut => "silent",
        _ => return Outcome::Pass,
    };
    Outcome::fail(
        Finding::new(&CHECK, variant)
            .severity(Severity::Warning)
            .value("url", exchange.request.url.as_str())
            .proof(door::line(exchange)),
    )
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

    #[test]
    fn what_sdk_servers_say_is_fine_and_crashes_are_told() {
        let html = &[("content-type", "text/html")];
        assert_eq!(Sample::healthy().answer(Purpose::Get, 404, html, "<html>").finding(&CHECK).variant, "not-found");
        assert_eq!(Sample::healthy().answer(Purpose::Get, 500, &[], "").finding(&CHECK).variant, "server-error");
        assert_eq!(
            Sample::healthy().silence(Purpose::Get, NoAnswerKind::AnswerTimedOut).finding(&CHECK).variant,
            "silent"
        );
        for status in [401, 404, 405] {
            assert_eq!(Sample::healthy().answer(Purpose::Get, status, &[], "Not Found").examine(&CHECK), Outcome::Pass);
        }
        assert_eq!(Sample::healthy().answer(Purpose::Get, 200, html, "<html>").examine(&CHECK), Outcome::Pass);
    }
}

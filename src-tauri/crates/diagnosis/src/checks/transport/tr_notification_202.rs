use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::checks::UNREACHED;
use crate::door;
use crate::evidence::{Evidence, Purpose};
use crate::trial::is_already_connected;

pub const CHECK: Check = Check {
    code: "tr-notification-202",
    stage: Stage::Transport,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Should,
    reference: "MCP 2025-11-25, Transports, Sending Messages",
    after: UNREACHED,
    variants: &["server-error"],
    words: include_str!("tr_notification_202.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let calls = [Purpose::TokenInitialized, Purpose::Notification];
    let Some(exchange) = calls.iter().find_map(|purpose| evidence.exchange(purpose)) else {
        return Outcome::SetAside("the server asks for a sign-in first");
    };
    match &exchange.outcome {
        Err(silence) => Outcome::Unknown(format!("no answer came ({})", silence.detail)),
        // A server that serves its first visitor only is another story.
        Ok(answer) if answer.status >= 500 && !is_already_connected(answer) => {
            Outcome::fail(Finding::new(&CHECK, "server-error").severity(Severity::Warning).proof(door::line(exchange)))
        }
        Ok(_) => Outcome::Pass,
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
    fn a_crash_is_told_and_any_other_answer_is_fine() {
        assert_eq!(
            Sample::healthy().answer(Purpose::Notification, 500, &[], "").finding(&CHECK).variant,
            "server-error"
        );
        let with_token = Sample::healthy().answer(Purpose::TokenInitialized, 500, &[], "Internal Server Error");
        assert_eq!(with_token.finding(&CHECK).variant, "server-error");
        for status in [202, 204, 200, 401] {
            assert_eq!(Sample::healthy().answer(Purpose::Notification, status, &[], "").examine(&CHECK), Outcome::Pass);
        }
    }
}

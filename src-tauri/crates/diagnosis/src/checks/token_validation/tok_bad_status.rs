use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::evidence::{Evidence, Look, Purpose};
use crate::trial::{is_host_guard, told};

pub const CHECK: Check = Check {
    code: "tok-bad-status",
    stage: Stage::TokenValidation,
    category: Category::Token,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "MCP 2026-07-28, Token Handling; RFC 6750 section 3.1",
    after: &[],
    variants: &["accepted", "forbidden", "bad-request", "server-error"],
    words: include_str!("tok_bad_status.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let answer = match evidence.look(&Purpose::MadeUpToken) {
        Look::NotLooked => return Outcome::SetAside("the server did not ask for a sign-in first"),
        Look::NoAnswer(_) => return Outcome::Unknown("the call with a made-up token got no answer".to_owned()),
        Look::Answered(answer) => answer,
    };
    let variant = match answer.status {
        401 => return Outcome::Pass,
        200..=299 => "accepted",
        // A gateway's page or a guard of host names is not about the token.
        403 if is_host_guard(answer) || answer.is_html() => {
            return Outcome::SetAside("something else turned the call away");
        }
        403 => "forbidden",
        400 => "bad-request",
        500 => "server-error",
        other => return Outcome::Unknown(format!("HTTP {other} says nothing about the token")),
    };
    Outcome::fail(
        Finding::new(&CHECK, variant)
            .value("status", answer.status.to_string())
            .proof(format!("A call with a made-up token is answered with {}", told(answer))),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::NoAnswerKind;
    use crate::sample::{SERVER, Sample};

    #[test]
    fn every_wrong_answer_to_a_bad_token_is_named() {
        for (status, variant) in [(200, "accepted"), (403, "forbidden"), (400, "bad-request"), (500, "server-error")] {
            let sample = Sample::healthy().answer(Purpose::MadeUpToken, status, &[], "{\"error\":\"invalid_token\"}");
            assert_eq!(sample.finding(&CHECK).variant, variant);
        }
    }

    #[test]
    fn the_right_answer_passes_and_no_answer_does_not() {
        assert_eq!(Sample::healthy().examine(&CHECK), Outcome::Pass);
        let silent = Sample::healthy().silence(Purpose::MadeUpToken, NoAnswerKind::Closed);
        assert!(matches!(silent.examine(&CHECK), Outcome::Unknown(_)));
        assert!(matches!(Sample::unseen(SERVER).examine(&CHECK), Outcome::SetAside(_)));
        let page = Sample::healthy().answer(Purpose::MadeUpToken, 403, &[], "<html>Just a moment...</html>");
        assert!(matches!(page.examine(&CHECK), Outcome::SetAside(_)));
    }
}

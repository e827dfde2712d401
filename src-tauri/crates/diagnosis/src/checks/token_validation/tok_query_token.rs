use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::evidence::{Answer, Evidence, Look, Purpose};
use crate::oauth::challenge;
use crate::trial::told;

pub const CHECK: Check = Check {
    code: "tok-query-token",
    stage: Stage::TokenValidation,
    category: Category::Token,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "MCP 2026-07-28, Token Requirements; RFC 6750 section 2.3",
    after: &[],
    variants: &["accepted"],
    words: include_str!("tok_query_token.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let (plain, answer) = match (evidence.answer(&Purpose::Initialize), evidence.look(&Purpose::MadeUpTokenInQuery)) {
        (_, Look::NotLooked) | (None, _) => return Outcome::SetAside("the server did not ask for a sign-in first"),
        (_, Look::NoAnswer(_)) => return Outcome::Unknown("the call got no answer".to_owned()),
        (Some(plain), Look::Answered(answer)) => (plain, answer),
    };
    let taken = (200..300).contains(&answer.status);
    // A server that reads the address finds a bad token there; one that does not finds none, as without it.
    let looked_at = error(answer).as_deref() == Some("invalid_token") && error(plain).is_none();
    if !taken && !looked_at {
        return Outcome::Pass;
    }
    Outcome::fail(
        Finding::new(&CHECK, "accepted")
            .severity(Severity::Warning)
            .confidence(if taken { Confidence::Certain } else { Confidence::Likely })
            .proof(format!("Without a token the server answers {}", told(plain)))
            .proof(format!("With a made-up token in the address: {}", told(answer))),
    )
}

fn error(answer: &Answer) -> Option<String> {
    challenge::read(&answer.headers).parameter("error").map(|parameter| parameter.value.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    const INVALID: (&str, &str) = ("www-authenticate", "Bearer error=\"invalid_token\"");

    #[test]
    fn a_server_that_reads_tokens_from_the_address_is_named() {
        let reads = Sample::healthy().answer(Purpose::MadeUpTokenInQuery, 401, &[INVALID], "");
        assert_eq!(reads.finding(&CHECK).confidence, Confidence::Likely);
        let takes = Sample::healthy().answer(Purpose::MadeUpTokenInQuery, 200, &[], "{}");
        assert_eq!(takes.finding(&CHECK).confidence, Confidence::Certain);
    }

    #[test]
    fn the_same_answer_as_without_passes() {
        let same =
            Sample::healthy().answer(Purpose::MadeUpTokenInQuery, 401, &[("www-authenticate", "Bearer x=1")], "");
        assert_eq!(same.examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }
}

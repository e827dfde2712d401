use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "challenge-error-when-anonymous",
    stage: Stage::Challenge,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Should,
    reference: "RFC 6750 section 3.1",
    after: &["challenge-present"],
    variants: &["insufficient-scope"],
    words: include_str!("challenge_error_when_anonymous.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(challenges) = evidence.challenges() else {
        return Outcome::SetAside("the server did not ask for a sign-in");
    };
    // `invalid_token` without a token is what the SDKs' own servers say, and no app minds.
    match challenges.parameter("error").map(|parameter| parameter.value.as_str()) {
        Some("insufficient_scope") => Outcome::fail(
            Finding::new(&CHECK, "insufficient-scope")
                .severity(Severity::Warning)
                .proof("401 with error=\"insufficient_scope\" to a call without a token"),
        ),
        _ => Outcome::Pass,
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

    #[test]
    fn only_a_misleading_error_is_told() {
        let with =
            |error: &str| Sample::healthy().challenge(&[("www-authenticate", &format!("Bearer error=\"{error}\""))]);
        assert_eq!(with("invalid_token").examine(&CHECK), Outcome::Pass);
        assert_eq!(with("insufficient_scope").finding(&CHECK).variant, "insufficient-scope");
    }
}

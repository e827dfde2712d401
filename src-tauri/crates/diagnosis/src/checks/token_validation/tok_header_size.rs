use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Stage};
use crate::evidence::{Evidence, Look};
use crate::trial::{Trial, calls, told};

pub const CHECK: Check = Check {
    code: "tok-header-size",
    stage: Stage::TokenValidation,
    category: Category::Token,
    owner: Owner::McpServer,
    requirement: Requirement::Should,
    reference: "RFC 6585 section 5",
    after: &[],
    variants: &["too-large"],
    words: include_str!("tok_header_size.md"),
    examine,
};

/// Most servers and gateways take headers of eight kilobytes.
const USUAL_LIMIT: usize = 7_500;

fn examine(evidence: &Evidence) -> Outcome {
    let trial = match Trial::of(evidence) {
        Ok(trial) => trial,
        Err(outcome) => return outcome,
    };
    let Look::Answered(answer) = calls(evidence).1 else {
        return Outcome::Unknown("the server was not asked about the token".to_owned());
    };
    let large = trial.token.length > USUAL_LIMIT;
    let confidence = match answer.status {
        431 => Confidence::Certain,
        400 | 413 | 502 if large => Confidence::Likely,
        _ => return Outcome::Pass,
    };
    Outcome::fail(
        Finding::new(&CHECK, "too-large")
            .confidence(confidence)
            .value("length", trial.token.length.to_string())
            .proof(format!("With the token ({} characters): {}", trial.token.length, told(answer))),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    #[test]
    fn a_token_that_is_too_large_is_named() {
        let refused = Sample::healthy().token(|_| {}).answers_token(431, &[], "Request Header Fields Too Large");
        assert_eq!(refused.finding(&CHECK).confidence, Confidence::Certain);
        let long = "x".repeat(9_000);
        let large = Sample::healthy().token_text(&long).answers_token(400, &[], "Bad Request");
        assert_eq!(large.finding(&CHECK).confidence, Confidence::Likely);
    }

    #[test]
    fn an_ordinary_token_passes() {
        assert_eq!(Sample::healthy().token(|_| {}).examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }
}

use serde_json::Value;

use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::evidence::Evidence;
use crate::trial::{Audience, Reason, Trial};

pub const CHECK: Check = Check {
    code: "tok-aud-shape",
    stage: Stage::TokenValidation,
    category: Category::Token,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "RFC 7519 section 4.1.3",
    after: &["tok-format", "tok-aud-present", "tok-aud-match"],
    variants: &["array"],
    words: include_str!("tok_aud_shape.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let trial = match Trial::of_readable(evidence) {
        Ok(trial) => trial,
        Err(outcome) => return outcome,
    };
    if trial.is_in() {
        return Outcome::Pass;
    }
    let several = matches!(trial.token.claims.get("aud"), Some(Value::Array(_)));
    if trial.refusal().is_none() || !several {
        return Outcome::SetAside("the shape of the audience is in nobody's way");
    }
    // A reader of one text alone fits what was seen; a server that expects another name fits it as well.
    if trial.audience() == Audience::Fits && trial.reason() == Some(Reason::Audience) {
        return Outcome::fail(
            Finding::new(&CHECK, "array")
                .severity(Severity::Warning)
                .confidence(Confidence::Possible)
                .value("audience", trial.token.audiences().join(", "))
                .proof(trial.said()),
        );
    }
    Outcome::SetAside("the server does not say that it is about the audience")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    #[test]
    fn a_list_that_holds_the_right_name_may_be_read_too_literally() {
        let refused = Sample::healthy().token(|_| {}).refuses("invalid audience");
        assert_eq!(refused.finding(&CHECK).confidence, Confidence::Possible);
        assert!(matches!(Sample::healthy().token(|_| {}).refuses("").examine(&CHECK), Outcome::SetAside(_)));
    }

    #[test]
    fn a_good_token_passes_and_none_is_set_aside() {
        assert_eq!(Sample::healthy().token(|_| {}).examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }
}

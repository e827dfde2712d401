use crate::check::{Category, Check, Outcome, Owner, Requirement, Stage};
use crate::evidence::Evidence;
use crate::sign_in::{NOT_TRIED, of};

pub const CHECK: Check = Check {
    code: "token-verifier",
    stage: Stage::Token,
    category: Category::Token,
    owner: Owner::User,
    requirement: Requirement::Must,
    reference: "RFC 7636 section 4.6",
    after: &["token-exchange"],
    variants: &["overlapping-flows"],
    words: include_str!("token_verifier.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    // The app's own sign-in is alone and keeps its verifier: it shows only that the service compares rightly.
    match of(evidence) {
        Some(reading) if reading.token.as_ref().is_some_and(|token| token.access_token) => Outcome::Pass,
        Some(_) => Outcome::SetAside("no code was exchanged"),
        None => Outcome::SetAside(NOT_TRIED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    #[test]
    fn only_a_sign_in_can_tell() {
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
        let signed_in = Sample::healthy().change(|evidence| crate::sign_in::sample(evidence, |_| {}));
        assert_eq!(signed_in.examine(&CHECK), Outcome::Pass);
    }
}

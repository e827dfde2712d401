use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Stage};
use crate::evidence::Evidence;
use crate::sign_in::{NOT_TRIED, TokenAnswer, of};

pub const CHECK: Check = Check {
    code: "token-verifier",
    stage: Stage::Token,
    category: Category::Token,
    owner: Owner::User,
    requirement: Requirement::Must,
    reference: "RFC 7636 section 4.6",
    after: &[],
    variants: &["overlapping-flows", "own-refused"],
    words: include_str!("token_verifier.md"),
    examine,
};

/// The refusal speaks of the key of the sign-in.
pub(super) fn is_meant(answer: &TokenAnswer) -> bool {
    let words = answer.error_description.as_deref().unwrap_or_default().to_ascii_lowercase();
    let names_it = ["pkce", "code_verifier", "code verifier", "code_challenge", "code challenge"];
    !answer.access_token
        && answer.error.as_deref().is_some_and(|error| error.starts_with("invalid_"))
        && names_it.iter().any(|name| words.contains(name))
}

fn examine(evidence: &Evidence) -> Outcome {
    let Some(reading) = of(evidence) else { return Outcome::SetAside(NOT_TRIED) };
    let Some(answer) = &reading.token else { return Outcome::SetAside("no code was exchanged") };
    if answer.access_token {
        return Outcome::Pass;
    }
    if !is_meant(answer) {
        return Outcome::SetAside("the code was refused for another reason");
    }
    // The app's own sign-in is alone and keeps its verifier, so the comparison itself is at fault.
    Outcome::fail(
        Finding::new(&CHECK, "own-refused")
            .owner(Owner::AuthorizationServer)
            .confidence(Confidence::Certain)
            .proof("The sign-in page was sent the S256 challenge of the very verifier that the token endpoint was sent")
            .proof(format!(
                "The token endpoint answered: {} ({})",
                answer.error.as_deref().unwrap_or_default(),
                answer.error_description.as_deref().unwrap_or_default()
            )),
    )
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

    #[test]
    fn a_service_that_refuses_the_right_key_is_named_and_nobody_else() {
        let refused = |error: &'static str, words: &'static str| {
            Sample::healthy().change(|evidence| {
                crate::sign_in::sample(evidence, |reading| {
                    reading.refused(400, Some(error));
                    if let Some(token) = &mut reading.token {
                        token.error_description = Some(words.to_owned());
                    }
                });
            })
        };
        for words in ["PKCE verification failed", "code_verifier does not match", "Invalid code verifier."] {
            let finding = refused("invalid_grant", words).finding(&CHECK);
            assert_eq!((finding.variant, finding.owner), ("own-refused", Owner::AuthorizationServer), "{words}");
        }
        assert!(matches!(refused("invalid_grant", "The code is old").examine(&CHECK), Outcome::SetAside(_)));
    }
}

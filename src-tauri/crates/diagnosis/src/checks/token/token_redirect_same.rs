use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Stage};
use crate::evidence::Evidence;
use crate::sign_in::{NOT_TRIED, TokenAnswer, of};

pub const CHECK: Check = Check {
    code: "token-redirect-same",
    stage: Stage::Token,
    category: Category::RedirectUri,
    owner: Owner::Client,
    requirement: Requirement::Must,
    reference: "RFC 6749 section 4.1.3",
    after: &[],
    variants: &["differs", "same-refused"],
    words: include_str!("token_redirect_same.md"),
    examine,
};

/// The refusal speaks of the return address.
pub(super) fn is_meant(answer: &TokenAnswer) -> bool {
    let words = answer.error_description.as_deref().unwrap_or_default().to_ascii_lowercase();
    !answer.access_token
        && answer.error.as_deref().is_some_and(|error| error.starts_with("invalid_") || error.contains("redirect"))
        && (words.contains("redirect") || answer.error.as_deref().is_some_and(|error| error.contains("redirect")))
}

fn examine(evidence: &Evidence) -> Outcome {
    let Some(reading) = of(evidence) else { return Outcome::SetAside(NOT_TRIED) };
    let Some(answer) = &reading.token else { return Outcome::SetAside("no code was exchanged") };
    if answer.access_token {
        return Outcome::Pass;
    }
    if !is_meant(answer) || super::token_verifier::is_meant(answer) {
        return Outcome::SetAside("the code was refused for another reason");
    }
    // The app sends the same text both times, so the comparison itself is at fault.
    Outcome::fail(
        Finding::new(&CHECK, "same-refused")
            .owner(Owner::AuthorizationServer)
            .confidence(Confidence::Certain)
            .value("uri", reading.redirect_uri.clone())
            .proof(format!("The sign-in page and the token endpoint were both sent {}", reading.redirect_uri))
            .proof(format!(
                "The token endpoint answered: {} ({})",
                answer.error.as_deref().unwrap_or_default(),
                answer.error_description.as_deref().unwrap_or("no further words")
            )),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;
    use crate::sign_in::sample;

    #[test]
    fn a_service_that_refuses_the_same_address_is_named() {
        let refused = |words: &str| {
            Sample::healthy().change(|evidence| {
                sample(evidence, |reading| {
                    reading.refused(400, Some("invalid_grant"));
                    if let Some(token) = &mut reading.token {
                        token.error_description = Some(words.to_owned());
                    }
                });
            })
        };
        let finding = refused("The redirect_uri differs from the one before").finding(&CHECK);
        assert_eq!((finding.variant, finding.owner), ("same-refused", Owner::AuthorizationServer));
        assert!(matches!(refused("The code is old").examine(&CHECK), Outcome::SetAside(_)));
    }

    #[test]
    fn a_sign_in_that_went_through_passes_and_without_one_nothing_is_said() {
        assert_eq!(Sample::healthy().change(|evidence| sample(evidence, |_| {})).examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::SetAside(_)));
    }
}

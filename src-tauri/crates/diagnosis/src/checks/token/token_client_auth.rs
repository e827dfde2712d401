use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::check::{Confidence, Severity};
use crate::evidence::Evidence;
use crate::sign_in::{NOT_TRIED, of};

pub const CHECK: Check = Check {
    code: "token-client-auth",
    stage: Stage::Token,
    category: Category::Token,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Should,
    reference: "RFC 6749 section 2.3.1; RFC 8414 section 2",
    after: &[],
    variants: &["method-not-listed"],
    words: include_str!("token_client_auth.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(reading) = of(evidence) else { return Outcome::SetAside(NOT_TRIED) };
    let Some(answer) = &reading.token else { return Outcome::SetAside("no code was exchanged") };
    let listed = evidence
        .server_metadata_read()
        .and_then(|metadata| metadata.list("token_endpoint_auth_methods_supported"))
        .unwrap_or_default();
    if listed.is_empty() || listed.iter().any(|method| method == answer.client_auth) {
        return Outcome::Pass;
    }
    let refused = answer.error.as_deref() == Some("invalid_client");
    if !refused {
        return Outcome::Pass;
    }
    Outcome::fail(
        Finding::new(&CHECK, "method-not-listed")
            .severity(Severity::Warning)
            .confidence(Confidence::Likely)
            .value("method", answer.client_auth)
            .value("listed", listed.join(", "))
            .proof(format!(
                "Signed in at the token endpoint with {}, listed are: {}",
                answer.client_auth,
                listed.join(", ")
            )),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;
    use crate::sign_in::sample;

    fn variant(change: impl FnOnce(&mut crate::sign_in::SignInReading)) -> &'static str {
        Sample::healthy().change(|evidence| sample(evidence, change)).finding(&CHECK).variant
    }

    #[test]
    fn a_good_sign_in_passes_and_without_one_nothing_is_said() {
        assert_eq!(Sample::healthy().change(|evidence| sample(evidence, |_| {})).examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }

    #[test]
    fn every_variant_is_found() {
        assert_eq!(
            variant(|reading| {
                reading.refused(401, Some("invalid_client"));
                if let Some(token) = &mut reading.token {
                    token.client_auth = "private_key_jwt"
                }
            }),
            "method-not-listed"
        );
    }
}

use crate::check::Confidence;
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::evidence::Evidence;
use crate::sign_in::{NOT_TRIED, TokenAnswer, of};

pub const CHECK: Check = Check {
    code: "token-exchange",
    stage: Stage::Token,
    category: Category::Token,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Must,
    reference: "RFC 6749 section 5.2",
    after: &[],
    variants: &[
        "invalid-grant",
        "invalid-client",
        "unauthorized-client",
        "invalid-target",
        "invalid-request",
        "not-json",
        "server-error",
        "no-answer",
        "other",
    ],
    words: include_str!("token_exchange.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(reading) = of(evidence) else { return Outcome::SetAside(NOT_TRIED) };
    let Some(answer) = &reading.token else { return Outcome::SetAside("no code was exchanged") };
    if answer.access_token && answer.error.is_none() || answer.is_ok() {
        return Outcome::Pass;
    }
    if super::token_verifier::is_meant(answer) {
        return Outcome::SetAside("the refusal speaks of the key of the sign-in");
    }
    if super::token_redirect_same::is_meant(answer) {
        return Outcome::SetAside("the refusal speaks of the return address");
    }
    let (variant, owner) = refusal(answer);
    let words = answer.error_description.as_ref().map(|words| format!(" ({words})")).unwrap_or_default();
    let status = answer.status.map_or_else(|| "no answer".to_owned(), |status| format!("HTTP {status}"));
    let said = answer.error.as_ref().map(|error| format!(", error={error}{words}")).unwrap_or_default();
    // A fresh code, used once, by the app that got it: what is left is on the other side.
    Outcome::fail(
        Finding::new(&CHECK, variant)
            .owner(owner)
            .confidence(Confidence::Certain)
            .value("error", answer.error.clone().unwrap_or_else(|| status.clone()))
            .value("client_auth", answer.client_auth)
            .proof(format!("The token endpoint answered: {status}{said}")),
    )
}

fn refusal(answer: &TokenAnswer) -> (&'static str, Owner) {
    let theirs = Owner::AuthorizationServer;
    match (answer.error.as_deref(), answer.status) {
        (Some("invalid_grant"), _) => ("invalid-grant", theirs),
        (Some("invalid_client"), _) => ("invalid-client", theirs),
        (Some("unauthorized_client"), _) => ("unauthorized-client", theirs),
        (Some("invalid_target"), _) => ("invalid-target", theirs),
        (_, None) => ("no-answer", theirs),
        (_, Some(500..)) => ("server-error", theirs),
        (None, _) if !answer.json => ("not-json", theirs),
        (Some("invalid_request"), _) => ("invalid-request", theirs),
        _ => ("other", theirs),
    }
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
                reading.refused(400, Some("invalid_grant"));
            }),
            "invalid-grant"
        );
        assert_eq!(
            variant(|reading| {
                reading.refused(401, Some("invalid_client"));
            }),
            "invalid-client"
        );
        assert_eq!(
            variant(|reading| {
                reading.refused(400, Some("unauthorized_client"));
            }),
            "unauthorized-client"
        );
        assert_eq!(
            variant(|reading| {
                reading.refused(400, Some("invalid_target"));
            }),
            "invalid-target"
        );
        assert_eq!(
            variant(|reading| {
                reading.refused(400, Some("invalid_request"));
            }),
            "invalid-request"
        );
        assert_eq!(
            variant(|reading| {
                reading.refused(500, None);
            }),
            "server-error"
        );
        assert_eq!(
            variant(|reading| {
                reading.refused(400, Some("teapot"));
            }),
            "other"
        );
        assert_eq!(
            variant(|reading| {
                reading.refused(400, None);
                if let Some(token) = &mut reading.token {
                    token.json = false
                }
            }),
            "not-json"
        );
        assert_eq!(
            variant(|reading| {
                reading.refused(400, None);
                if let Some(token) = &mut reading.token {
                    token.status = None
                }
            }),
            "no-answer"
        );
    }
}

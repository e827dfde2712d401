use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::evidence::Evidence;
use crate::sign_in::{NOT_TRIED, of};

pub const CHECK: Check = Check {
    code: "token-refresh-works",
    stage: Stage::Token,
    category: Category::Token,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Must,
    reference: "OAuth 2.1 section 4.3; RFC 6749 section 6",
    after: &["token-exchange"],
    variants: &["invalid-grant", "invalid-client", "wrong-error", "no-access-token", "server-error", "refused"],
    words: include_str!("token_refresh_works.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(reading) = of(evidence) else { return Outcome::SetAside(NOT_TRIED) };
    let Some(answer) = &reading.refresh else { return Outcome::SetAside("there was nothing to renew the pass with") };
    if answer.is_ok() && answer.access_token && answer.error.is_none() {
        return Outcome::Pass;
    }
    let variant = match (answer.error.as_deref(), answer.status) {
        (Some("invalid_grant"), _) => "invalid-grant",
        (Some("invalid_client"), _) => "invalid-client",
        (_, None | Some(500..)) => "server-error",
        // RFC 6749 section 5.2 has invalid_grant for this; with anything else, apps try again and again.
        (Some("invalid_request" | "invalid_token"), _) => "wrong-error",
        (None, Some(200..=299)) => "no-access-token",
        _ => "refused",
    };
    let status = answer.status.map_or_else(|| "no answer".to_owned(), |status| format!("HTTP {status}"));
    let said = answer.error.as_ref().map(|error| format!(", error={error}")).unwrap_or_default();
    Outcome::fail(
        Finding::new(&CHECK, variant)
            .value("error", answer.error.clone().unwrap_or_else(|| status.clone()))
            .proof(format!("One renewal, a moment after the sign-in: {status}{said}")),
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
                reading.not_renewed(400, Some("invalid_grant"));
            }),
            "invalid-grant"
        );
        assert_eq!(
            variant(|reading| {
                reading.not_renewed(401, Some("invalid_client"));
            }),
            "invalid-client"
        );
        assert_eq!(
            variant(|reading| {
                reading.not_renewed(400, Some("invalid_request"));
            }),
            "wrong-error"
        );
        assert_eq!(
            variant(|reading| {
                reading.not_renewed(200, None);
            }),
            "no-access-token"
        );
        assert_eq!(
            variant(|reading| {
                reading.not_renewed(503, None);
            }),
            "server-error"
        );
        assert_eq!(
            variant(|reading| {
                reading.not_renewed(400, Some("teapot"));
            }),
            "refused"
        );
    }
}

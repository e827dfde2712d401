use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::evidence::Evidence;
use crate::sign_in::{NOT_TRIED, of};

pub const CHECK: Check = Check {
    code: "authz-error",
    stage: Stage::Authorization,
    category: Category::Connection,
    owner: Owner::User,
    requirement: Requirement::Must,
    reference: "RFC 6749 section 4.1.2.1",
    after: &[],
    variants: &[
        "access-denied",
        "unauthorized-client",
        "unsupported-response-type",
        "temporarily-unavailable",
        "server-error",
        "invalid-request",
        "other",
    ],
    words: include_str!("authz_error.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(reading) = of(evidence) else { return Outcome::SetAside(NOT_TRIED) };
    let Some(answer) = &reading.answer else { return Outcome::SetAside("no answer came back from the browser") };
    let Some(error) = &answer.error else { return Outcome::Pass };
    let (variant, owner) = match error.as_str() {
        // These have checks of their own.
        "invalid_scope" | "invalid_target" => return Outcome::SetAside("the answer is looked at by another check"),
        "access_denied" => ("access-denied", Owner::User),
        "unauthorized_client" => ("unauthorized-client", Owner::AuthorizationServer),
        "unsupported_response_type" => ("unsupported-response-type", Owner::AuthorizationServer),
        "temporarily_unavailable" => ("temporarily-unavailable", Owner::AuthorizationServer),
        "server_error" => ("server-error", Owner::AuthorizationServer),
        "invalid_request" => ("invalid-request", Owner::AuthorizationServer),
        _ => ("other", Owner::AuthorizationServer),
    };
    let words = answer.error_description.as_ref().map(|words| format!(" ({words})")).unwrap_or_default();
    Outcome::fail(
        Finding::new(&CHECK, variant)
            .owner(owner)
            .value("error", error.clone())
            .proof(format!("The sign-in page sent the browser back with error={error}{words}")),
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
                reading.fails("access_denied");
            }),
            "access-denied"
        );
        assert_eq!(
            variant(|reading| {
                reading.fails("unauthorized_client");
            }),
            "unauthorized-client"
        );
        assert_eq!(
            variant(|reading| {
                reading.fails("unsupported_response_type");
            }),
            "unsupported-response-type"
        );
        assert_eq!(
            variant(|reading| {
                reading.fails("temporarily_unavailable");
            }),
            "temporarily-unavailable"
        );
        assert_eq!(
            variant(|reading| {
                reading.fails("server_error");
            }),
            "server-error"
        );
        assert_eq!(
            variant(|reading| {
                reading.fails("invalid_request");
            }),
            "invalid-request"
        );
        assert_eq!(
            variant(|reading| {
                reading.fails("login_required");
            }),
            "other"
        );
    }
}

use crate::check::Severity;
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::evidence::Evidence;
use crate::sign_in::{NOT_TRIED, of};
use crate::trial::Trial;

pub const CHECK: Check = Check {
    code: "token-response",
    stage: Stage::Token,
    category: Category::Token,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Must,
    reference: "RFC 6749 section 5.1",
    after: &["token-exchange"],
    variants: &[
        "form-encoded",
        "not-json",
        "no-token-type",
        "no-access-token",
        "ok-with-error",
        "not-bearer",
        "expires-in-type",
    ],
    words: include_str!("token_response.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(reading) = of(evidence) else { return Outcome::SetAside(NOT_TRIED) };
    let Some(answer) = &reading.token else { return Outcome::SetAside("no code was exchanged") };
    if !answer.is_ok() {
        return Outcome::SetAside("the code was refused");
    }
    let form = answer.media_type.as_deref() == Some("application/x-www-form-urlencoded");
    let variant = if let Some(error) = &answer.error {
        return Outcome::fail(
            Finding::new(&CHECK, "ok-with-error")
                .value("error", error.clone())
                .proof(format!("HTTP 200 with error={error}")),
        );
    } else if !answer.json && form {
        "form-encoded"
    } else if !answer.json {
        "not-json"
    } else if !answer.access_token {
        "no-access-token"
    } else if answer.token_type.is_none() {
        "no-token-type"
    } else if let Some(kind) = answer.token_type.as_ref().filter(|kind| !kind.trim().eq_ignore_ascii_case("bearer")) {
        // RFC 6749 section 7.1: a client must not use a token of a type that it does not understand. The SDKs send it as
        // Bearer all the same, so where the server takes it like that, most apps get in.
        let taken = Trial::of(evidence).is_ok_and(|trial| trial.is_in());
        let finding = Finding::new(&CHECK, "not-bearer")
            .value("type", kind.clone())
            .proof(format!("The token endpoint answered: token_type={kind}"));
        return Outcome::fail(if taken { finding.severity(Severity::Warning) } else { finding });
    } else if answer.expires_in_is_text {
        return Outcome::fail(
            Finding::new(&CHECK, "expires-in-type").severity(Severity::Warning).proof("expires_in is a text"),
        );
    } else {
        return Outcome::Pass;
    };
    let media = answer.media_type.clone().unwrap_or_else(|| "no content type".to_owned());
    Outcome::fail(Finding::new(&CHECK, variant).proof(format!("HTTP 200, {media}")))
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
                if let Some(token) = &mut reading.token {
                    token.json = false;
                    token.access_token = false;
                    token.media_type = Some("application/x-www-form-urlencoded".to_owned())
                }
            }),
            "form-encoded"
        );
        assert_eq!(
            variant(|reading| {
                if let Some(token) = &mut reading.token {
                    token.json = false;
                    token.access_token = false
                }
            }),
            "not-json"
        );
        assert_eq!(
            variant(|reading| {
                if let Some(token) = &mut reading.token {
                    token.token_type = None
                }
            }),
            "no-token-type"
        );
        assert_eq!(
            variant(|reading| {
                if let Some(token) = &mut reading.token {
                    token.access_token = false
                }
            }),
            "no-access-token"
        );
        assert_eq!(
            variant(|reading| {
                reading.refused(200, Some("bad_verification_code"));
            }),
            "ok-with-error"
        );
        assert_eq!(
            variant(|reading| {
                if let Some(token) = &mut reading.token {
                    token.expires_in_is_text = true
                }
            }),
            "expires-in-type"
        );
    }
}

use serde_json::Value;

use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::evidence::{Evidence, Purpose};
use crate::framework::Framework;
use crate::oauth::token::Signature;
use crate::trial::Trial;

pub const CHECK: Check = Check {
    code: "tok-kid",
    stage: Stage::TokenValidation,
    category: Category::Token,
    owner: Owner::McpServer,
    requirement: Requirement::Should,
    reference: "RFC 7515 section 4.1.4; RFC 7517 section 5",
    after: &["tok-format", "tok-alg"],
    variants: &["unknown", "absent"],
    words: include_str!("tok_kid.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let trial = match Trial::of_readable(evidence) {
        Ok(trial) => trial,
        Err(outcome) => return outcome,
    };
    if trial.has_another_issuer() {
        return Outcome::SetAside("the token comes from another sign-in service");
    }
    match (trial.token.kid(), trial.signature()) {
        (_, Some(Signature::UnknownKey { .. })) if trial.is_in() => Outcome::SetAside("the server accepts it"),
        (Some(kid), Some(Signature::UnknownKey { listed, .. })) => Outcome::fail(
            Finding::new(&CHECK, "unknown")
                .value("kid", kid)
                .value("listed", if listed.is_empty() { "none at all".to_owned() } else { listed.join(", ") })
                .proof(trial.said())
                .compare("The sign-in service lists", listed.join(", "), "The token was signed with", kid),
        ),
        (None, Some(_)) if keys_have_names(evidence) => {
            let finding =
                Finding::new(&CHECK, "absent").owner(Owner::AuthorizationServer).proof("The token's header has no kid");
            // Scalekit's Python SDK demands it; others take the only key.
            let demanded = trial.is(Framework::FastapiFastmcp) && trial.refusal().is_some();
            Outcome::fail(if demanded {
                finding.confidence(Confidence::Likely).proof(trial.said())
            } else {
                finding.severity(Severity::Warning)
            })
        }
        (_, None) => Outcome::Unknown("the keys of the sign-in service could not be compared".to_owned()),
        _ => Outcome::Pass,
    }
}

/// The published keys have names, so that a token can say which one it means.
fn keys_have_names(evidence: &Evidence) -> bool {
    let keys =
        evidence.answer(&Purpose::Jwks).and_then(|answer| answer.body.json().ok()?.get("keys")?.as_array().cloned());
    keys.is_some_and(|keys| keys.iter().any(|key| key.get("kid").is_some_and(Value::is_string)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sample::{Sample, claims, jwt};

    #[test]
    fn a_key_that_is_not_listed_and_no_key_at_all_are_named() {
        let unknown = Signature::UnknownKey { kid: "snk_1".to_owned(), listed: vec!["snk_2".to_owned()] };
        let refused = Sample::healthy().token(|_| {}).refuses("").signature(unknown.clone());
        assert_eq!(refused.finding(&CHECK).variant, "unknown");
        assert!(matches!(Sample::healthy().token(|_| {}).signature(unknown).examine(&CHECK), Outcome::SetAside(_)));
        let absent = Sample::healthy()
            .token_text(&jwt(&json!({"alg": "RS256"}), &claims()))
            .signature(Signature::Good { kid: None });
        assert_eq!(absent.finding(&CHECK).severity, Severity::Warning);
    }

    #[test]
    fn a_good_token_passes_and_without_keys_nothing_is_claimed() {
        assert_eq!(Sample::healthy().token(|_| {}).examine(&CHECK), Outcome::Pass);
        let unseen = Sample::healthy().token(|_| {}).change(|evidence| evidence.signature = None);
        assert!(matches!(unseen.examine(&CHECK), Outcome::Unknown(_)));
    }

    #[test]
    fn a_token_of_another_realm_of_the_same_host_is_about_the_issuer() {
        let sample = Sample::healthy()
            .token(|claims| claims["iss"] = "https://acme.scalekit.com/realms/dev".into())
            .signature(Signature::UnknownKey { kid: "dev".to_owned(), listed: vec!["k1".to_owned()] })
            .refuses("no");
        assert!(matches!(sample.examine(&CHECK), Outcome::SetAside(_)));
    }
}

use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::evidence::Evidence;
use crate::sign_in::{NOT_TRIED, of};
use crate::trial::{Audience, Says, Trial};

pub const CHECK: Check = Check {
    code: "token-resource",
    stage: Stage::Token,
    category: Category::Token,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Must,
    reference: "RFC 8707 section 2.2; MCP 2026-07-28, Resource Parameter Implementation",
    after: &["token-exchange"],
    variants: &["ignored"],
    words: include_str!("token_resource.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(reading) = of(evidence) else { return Outcome::SetAside(NOT_TRIED) };
    let Some(resource) = &reading.resource else { return Outcome::SetAside("this client does not name the server") };
    if !reading.token.as_ref().is_some_and(|token| token.access_token) {
        return Outcome::SetAside("no token was given");
    }
    let trial = match Trial::of(evidence) {
        Ok(trial) => trial,
        Err(outcome) => return outcome,
    };
    if !trial.token.is_jwt() {
        return Outcome::SetAside("for whom the token is cannot be read in it");
    }
    let have = match trial.audience() {
        Audience::Elsewhere => trial.token.audiences().join(", "),
        Audience::Missing => "nobody".to_owned(),
        Audience::NotComparable => return Outcome::Unknown("the server does not say what it is called".to_owned()),
        // A slash, or one name where two are known: the sign-in service knows which server is meant.
        _ => return Outcome::Pass,
    };
    // A token for nobody in particular is some services' way; it is a fault where the server minds.
    let refused = matches!(trial.says, Says::Refused(_) | Says::Forbidden(_));
    Outcome::fail(
        Finding::new(&CHECK, "ignored")
            .severity(if refused { Severity::Error } else { Severity::Warning })
            .value("resource", resource.clone())
            .compare("The app asked for a token for", resource.clone(), "The token is for", have)
            .proof(format!("resource={resource} was sent to the sign-in page and to the token endpoint")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;
    use crate::sign_in::sample;
    use serde_json::json;

    fn signed_in(audience: serde_json::Value) -> Sample {
        Sample::healthy().token(|claims| claims["aud"] = audience).change(|evidence| sample(evidence, |_| {}))
    }

    #[test]
    fn a_token_for_another_server_shows_that_the_name_was_ignored() {
        let refused = signed_in(json!(["https://other.example.com/"])).refuses("bad audience").finding(&CHECK);
        assert_eq!((refused.variant, refused.severity), ("ignored", Severity::Error));
        let accepted = signed_in(json!(["https://other.example.com/"])).accepted().finding(&CHECK);
        assert_eq!(accepted.severity, Severity::Warning);
    }

    #[test]
    fn a_token_for_this_server_passes_and_without_a_sign_in_nothing_is_said() {
        assert_eq!(signed_in(json!([crate::sample::SERVER])).accepted().examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().accepted().examine(&CHECK), Outcome::SetAside(_)));
        assert_ne!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Pass);
    }
}

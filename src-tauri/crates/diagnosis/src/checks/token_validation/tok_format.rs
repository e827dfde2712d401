use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Stage};
use crate::evidence::Evidence;
use crate::oauth::token::{TokenForm, TokenRole};
use crate::scalekit;
use crate::trial::{Reason, Says, Trial};

pub const CHECK: Check = Check {
    code: "tok-format",
    stage: Stage::TokenValidation,
    category: Category::Token,
    owner: Owner::User,
    requirement: Requirement::Must,
    reference: "RFC 9068 section 2; RFC 7519; RFC 7516",
    after: &[],
    variants: &["id-token", "refresh-token", "credential", "truncated", "encrypted", "opaque"],
    words: include_str!("tok_format.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let trial = match Trial::of(evidence) {
        Ok(trial) => trial,
        Err(outcome) => return outcome,
    };
    let found = |variant, why: &str| {
        Outcome::fail(Finding::new(&CHECK, variant).value("why", why).proof(format!("Read here: {why}")))
    };
    match &trial.token.role {
        TokenRole::Access => {}
        TokenRole::Id { why } => return found("id-token", why),
        TokenRole::Refresh { why } => return found("refresh-token", why),
        TokenRole::Credential { why } => return found("credential", why),
    }
    let jwts_only = scalekit::recognise(evidence).is_some();
    match &trial.token.form {
        TokenForm::Jwt => Outcome::Pass,
        TokenForm::Truncated { how } => found("truncated", how),
        form => match trial.says {
            Says::In(_) | Says::Lacking(_) => Outcome::Pass,
            Says::Refused(_) if *form == TokenForm::Jwe => Outcome::fail(
                Finding::new(&CHECK, "encrypted")
                    .owner(Owner::AuthorizationServer)
                    .confidence(Confidence::Likely)
                    .proof("The token has five parts, as encrypted tokens do")
                    .proof(trial.said()),
            ),
            Says::Refused(_) if !jwts_only && asks_about_tokens(evidence) => {
                Outcome::SetAside("such tokens are for the sign-in service to explain")
            }
            // Who speaks of what stands in the token has read it.
            Says::Refused(_)
                if matches!(
                    trial.reason(),
                    Some(
                        Reason::Audience
                            | Reason::Issuer
                            | Reason::Expired
                            | Reason::NotYet
                            | Reason::NoEnd
                            | Reason::Scope
                            | Reason::KeysOutOfReach
                    )
                ) =>
            {
                Outcome::SetAside("the server says that it is about something else")
            }
            Says::Refused(_) if !jwts_only && trial.is_its_own_service() => {
                Outcome::SetAside("who gave the token out and who looks at it are one, and need no readable one")
            }
            Says::Refused(_) => Outcome::fail(
                Finding::new(&CHECK, "opaque")
                    .owner(Owner::McpServer)
                    .confidence(if jwts_only { Confidence::Certain } else { Confidence::Likely })
                    .proof(format!("The token has {} characters and no readable parts", trial.token.length))
                    .proof(trial.said()),
            ),
            _ => Outcome::Unknown("the token cannot be read, and the server was not asked about it".to_owned()),
        },
    }
}

/// The sign-in service explains tokens to servers (RFC 7662).
fn asks_about_tokens(evidence: &Evidence) -> bool {
    evidence.server_metadata_read().is_some_and(|read| read.text("introspection_endpoint").is_some())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sample::Sample;

    #[test]
    fn what_is_pasted_by_mistake_is_named() {
        let id = Sample::healthy().token(|claims| {
            claims["aud"] = json!(["m2m_1"]);
            claims["nonce"] = json!("n");
            claims["at_hash"] = json!("h");
        });
        assert_eq!(id.finding(&CHECK).variant, "id-token");
        for (text, variant) in [
            ("{\"refresh_token\": \"abcdefghijklmnop\"}", "refresh-token"),
            ("skc_1234567890", "credential"),
            ("eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJhIn0.", "truncated"),
        ] {
            assert_eq!(Sample::healthy().token_text(text).finding(&CHECK).variant, variant);
        }
    }

    #[test]
    fn kinds_that_the_server_cannot_read_count_only_when_it_refuses_them() {
        let opaque = || Sample::healthy().token_text("opaque-0123456789");
        assert_eq!(opaque().refuses("").finding(&CHECK).variant, "opaque");
        assert_eq!(opaque().accepted().examine(&CHECK), Outcome::Pass);
        assert!(matches!(opaque().examine(&CHECK), Outcome::Unknown(_)));
        for read in ["Token has expired", "Token has no expiration time", "invalid audience"] {
            let read = format!("{{\"error\":\"invalid_token\",\"error_description\":\"{read}\"}}");
            assert!(matches!(opaque().refuses(&read).examine(&CHECK), Outcome::SetAside(_)), "{read}");
        }
        let jwe = Sample::healthy().token_text("eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.a.b.c.d").refuses("");
        assert_eq!(jwe.finding(&CHECK).variant, "encrypted");
    }

    #[test]
    fn a_good_token_passes_and_none_is_set_aside() {
        assert_eq!(Sample::healthy().token(|_| {}).examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }
}

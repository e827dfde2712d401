use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Stage};
use crate::evidence::Evidence;
use crate::oauth::token::TokenForm;
use crate::scalekit;
use crate::trial::{Says, Trial};

pub const CHECK: Check = Check {
    code: "tok-opaque-introspect",
    stage: Stage::TokenValidation,
    category: Category::Token,
    owner: Owner::McpServer,
    requirement: Requirement::May,
    reference: "RFC 7662 section 2.2",
    after: &["tok-format"],
    variants: &["refused"],
    words: include_str!("tok_opaque_introspect.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let trial = match Trial::of(evidence) {
        Ok(trial) => trial,
        Err(outcome) => return outcome,
    };
    if trial.token.form != TokenForm::Opaque {
        return Outcome::SetAside("the token can be read, so nobody needs to be asked about it");
    }
    let endpoint =
        evidence.server_metadata_read().and_then(|read| read.text("introspection_endpoint").map(str::to_owned));
    let Some(endpoint) = endpoint.filter(|_| scalekit::recognise(evidence).is_none()) else {
        return Outcome::SetAside("the sign-in service does not explain tokens to servers");
    };
    match trial.says {
        Says::In(_) | Says::Lacking(_) => Outcome::Pass,
        Says::Refused(_) => Outcome::fail(
            Finding::new(&CHECK, "refused")
                .confidence(Confidence::Possible)
                .value("endpoint", endpoint)
                .proof(trial.said()),
        ),
        _ => Outcome::Unknown("the server was not asked about the token".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::evidence::{MetadataForm, Place, Purpose};
    use crate::sample::{SERVER, Sample};

    fn elsewhere() -> Sample {
        let issuer = "https://login.example.org";
        Sample::unseen(SERVER)
            .json(
                Purpose::ResourceMetadata { place: Place::Path },
                json!({"resource": SERVER, "authorization_servers": [issuer]}),
            )
            .json(
                Purpose::ServerMetadata { issuer: issuer.to_owned(), form: MetadataForm::OauthInsert },
                json!({"issuer": issuer, "introspection_endpoint": "https://login.example.org/introspect"}),
            )
            .token_text("opaque-0123456789")
    }

    #[test]
    fn a_refused_token_that_the_service_could_explain_is_named() {
        assert_eq!(elsewhere().refuses("").finding(&CHECK).variant, "refused");
        assert_eq!(elsewhere().accepted().examine(&CHECK), Outcome::Pass);
        assert!(matches!(elsewhere().examine(&CHECK), Outcome::Unknown(_)));
    }

    #[test]
    fn a_readable_token_is_set_aside() {
        assert!(matches!(Sample::healthy().token(|_| {}).examine(&CHECK), Outcome::SetAside(_)));
    }
}

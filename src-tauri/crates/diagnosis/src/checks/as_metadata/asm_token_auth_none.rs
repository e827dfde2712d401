use super::{READABLE, metadata};
use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::evidence::Evidence;
use serde_json::Value;

pub const CHECK: Check = Check {
    code: "asm-token-auth-none",
    stage: Stage::AsMetadata,
    category: Category::Connection,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Should,
    reference: "RFC 8414 section 2; OAuth 2.1 section 2.1",
    after: READABLE,
    variants: &["no-none", "absent"],
    words: include_str!("asm_token_auth_none.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let metadata = match metadata(evidence) {
        Ok(metadata) => metadata,
        Err(outcome) => return outcome,
    };
    // A service that registers clients may give each a secret; its reply tells. Without registration there is none to give.
    if metadata.text("registration_endpoint").is_some() {
        return Outcome::SetAside("the reply to a registration tells how a client proves who it is");
    }
    if !metadata.takes_documents() {
        return Outcome::SetAside("clients are set up by hand");
    }
    let methods = metadata.list("token_endpoint_auth_methods_supported");
    let finding = |variant| {
        Finding::new(&CHECK, variant)
            .value("url", metadata.exchange.request.url.as_str())
            .value("actual", methods.clone().unwrap_or_default().join(", "))
            .proof(metadata.says("token_endpoint_auth_methods_supported"))
    };
    match &methods {
        Some(methods) if methods.contains(&"none") => Outcome::Pass,
        Some(methods) if methods.iter().all(|method| *method == "private_key_jwt") && !methods.is_empty() => {
            Outcome::fail(finding("no-none").confidence(Confidence::Likely))
        }
        Some(_) => Outcome::fail(finding("no-none")),
        None if metadata
            .members
            .get("token_endpoint_auth_methods_supported")
            .is_some_and(|value| !Value::is_null(value)) =>
        {
            Outcome::SetAside("the list cannot be read")
        }
        None => Outcome::fail(finding("absent").severity(Severity::Warning)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    fn documents_only(methods: Value) -> Sample {
        Sample::healthy().server_metadata(|document| {
            document["token_endpoint_auth_methods_supported"] = methods;
            document.as_object_mut().expect("an object").remove("registration_endpoint");
        })
    }

    #[test]
    fn only_a_service_that_can_give_no_secret_is_judged() {
        assert_eq!(documents_only(vec!["client_secret_basic"].into()).finding(&CHECK).variant, "no-none");
        assert_eq!(documents_only(Value::Null).finding(&CHECK).variant, "absent");
        assert_eq!(documents_only(vec!["none"].into()).examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}

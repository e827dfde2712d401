use super::{READABLE, metadata};
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::evidence::Evidence;
use serde_json::Value;

pub const CHECK: Check = Check {
    code: "asm-iss-flag",
    stage: Stage::AsMetadata,
    category: Category::Connection,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Should,
    reference: "RFC 9207 section 3",
    after: READABLE,
    variants: &["not-boolean"],
    words: include_str!("asm_iss_flag.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let metadata = match metadata(evidence) {
        Ok(metadata) => metadata,
        Err(outcome) => return outcome,
    };
    match metadata.members.get("authorization_response_iss_parameter_supported") {
        Some(Value::Bool(true)) => Outcome::Pass,
        // Without the promise every client goes on; the promise is checked where somebody signs in.
        None | Some(Value::Bool(false)) => Outcome::SetAside("the sign-in service does not promise it"),
        Some(value) => Outcome::fail(
            Finding::new(&CHECK, "not-boolean")
                .severity(Severity::Warning)
                .value("actual", value.to_string())
                .value("url", metadata.exchange.request.url.as_str())
                .proof(metadata.says("authorization_response_iss_parameter_supported")),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    #[test]
    fn a_promise_as_text() {
        let with = |value: Value| {
            Sample::healthy()
                .server_metadata(|document| document["authorization_response_iss_parameter_supported"] = value)
        };
        assert_eq!(with("true".into()).finding(&CHECK).severity, Severity::Warning);
        assert!(matches!(with(false.into()).examine(&CHECK), Outcome::SetAside(_)));
        assert_eq!(Sample::healthy().examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}

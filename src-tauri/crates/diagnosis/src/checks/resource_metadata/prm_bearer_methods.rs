use super::{READABLE, document};
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::evidence::Evidence;
use serde_json::Value;

pub const CHECK: Check = Check {
    code: "prm-bearer-methods",
    stage: Stage::ResourceMetadata,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Should,
    reference: "RFC 9728 section 2; RFC 6750 section 2.1",
    after: READABLE,
    variants: &["no-header"],
    words: include_str!("prm_bearer_methods.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let document = match document(evidence) {
        Ok(document) => document,
        Err(outcome) => return outcome,
    };
    let Some(methods) = document.members.get("bearer_methods_supported").and_then(Value::as_array) else {
        return Outcome::SetAside("the metadata says nothing about it");
    };
    if methods.iter().any(|method| method.as_str() == Some("header")) {
        return Outcome::Pass;
    }
    Outcome::fail(
        Finding::new(&CHECK, "no-header")
            .severity(Severity::Warning)
            .value("actual", Value::from(methods.clone()).to_string())
            .proof(document.says("bearer_methods_supported")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;
    use serde_json::json;

    #[test]
    fn a_list_without_the_header_is_seen() {
        let with = |value: Value| Sample::healthy().resource_metadata(|d| d["bearer_methods_supported"] = value);
        assert_eq!(with(json!(["query"])).finding(&CHECK).variant, "no-header");
        assert_eq!(Sample::healthy().examine(&CHECK), Outcome::Pass);
        assert!(matches!(with(Value::Null).examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}

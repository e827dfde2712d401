use super::{READABLE, metadata};
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::evidence::Evidence;
use serde_json::Value;

pub const CHECK: Check = Check {
    code: "asm-cimd-flag",
    stage: Stage::AsMetadata,
    category: Category::Connection,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Should,
    reference: "OAuth Client ID Metadata Document, section 5",
    after: READABLE,
    variants: &["not-boolean"],
    words: include_str!("asm_cimd_flag.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let metadata = match metadata(evidence) {
        Ok(metadata) => metadata,
        Err(outcome) => return outcome,
    };
    match metadata.members.get("client_id_metadata_document_supported") {
        Some(Value::Bool(_)) => Outcome::Pass,
        None | Some(Value::Null) => Outcome::SetAside("the metadata says nothing about it"),
        Some(value) => {
            let finding = Finding::new(&CHECK, "not-boolean")
                .value("actual", value.to_string())
                .value("url", metadata.exchange.request.url.as_str())
                .proof(metadata.says("client_id_metadata_document_supported"));
            // Where registration is offered as well, apps take that instead.
            let other_way = metadata.text("registration_endpoint").is_some();
            Outcome::fail(if other_way { finding.severity(Severity::Warning) } else { finding })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    #[test]
    fn a_switch_as_text() {
        let text = |document: &mut Value| document["client_id_metadata_document_supported"] = "true".into();
        assert_eq!(Sample::healthy().server_metadata(text).finding(&CHECK).severity, Severity::Warning);
        let alone = Sample::healthy().server_metadata(|document| {
            text(document);
            document.as_object_mut().expect("an object").remove("registration_endpoint");
        });
        assert_eq!(alone.finding(&CHECK).severity, Severity::Error);
        assert_eq!(Sample::healthy().examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}

use super::{READABLE, metadata};
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::clients::hit_by;
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "asm-response-types",
    stage: Stage::AsMetadata,
    category: Category::Connection,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Must,
    reference: "OAuth 2.1 section 4.1.1; RFC 8414 section 2",
    after: READABLE,
    variants: &["no-code"],
    words: include_str!("asm_response_types.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let metadata = match metadata(evidence) {
        Ok(metadata) => metadata,
        Err(outcome) => return outcome,
    };
    let Some(types) = metadata.list("response_types_supported") else {
        return Outcome::SetAside("the metadata says nothing about it");
    };
    if types.contains(&"code") {
        return Outcome::Pass;
    }
    let Some(hit) = hit_by(|_, engine| engine.is_typescript()) else { return Outcome::Pass };
    Outcome::fail(
        Finding::new(&CHECK, "no-code")
            .affects(hit)
            .value("actual", types.join(", "))
            .value("url", metadata.exchange.request.url.as_str())
            .proof(metadata.says("response_types_supported")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    #[test]
    fn a_service_without_the_code_flow() {
        let sample =
            Sample::healthy().server_metadata(|document| document["response_types_supported"] = vec!["token"].into());
        assert_eq!(sample.finding(&CHECK).affects.len(), 4);
        assert_eq!(Sample::healthy().examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}

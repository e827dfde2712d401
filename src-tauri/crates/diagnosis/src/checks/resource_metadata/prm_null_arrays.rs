use super::{READABLE, document};
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::clients::hit_by;
use crate::discovery::{LIST_MEMBERS, own_metadata_works, refused_members};
use crate::evidence::Evidence;
use serde_json::Value;

pub const CHECK: Check = Check {
    code: "prm-null-arrays",
    stage: Stage::ResourceMetadata,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "RFC 9728 section 3.2",
    after: READABLE,
    variants: &["null", "not-a-list"],
    words: include_str!("prm_null_arrays.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let document = match document(evidence) {
        Ok(document) => document,
        Err(outcome) => return outcome,
    };
    // `authorization_servers` and empty addresses have checks of their own.
    let counts = |name: &str| {
        let value = document.members.get(name);
        let list = LIST_MEMBERS.contains(&name) && name != "authorization_servers";
        value.is_some_and(|value| value.is_null() || (list && !value.is_array()))
    };
    let hit = hit_by(|_, engine| refused_members(engine, document.members).iter().any(|name| counts(name)));
    let Some(hit) = hit else { return Outcome::Pass };
    let named: Vec<&String> = document.members.keys().filter(|name| counts(name)).collect();
    let null = named.iter().any(|name| document.members[name.as_str()] == Value::Null);
    let names = named.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let finding = Finding::new(&CHECK, if null { "null" } else { "not-a-list" })
        .value("url", document.exchange.request.url.as_str())
        .value("members", names);
    let finding = named.iter().fold(finding, |finding, name| finding.proof(document.says(name)));
    Outcome::fail(if own_metadata_works(evidence) { finding.severity(Severity::Warning) } else { finding }.affects(hit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::ClientId;
    use crate::sample::Sample;
    use serde_json::json;

    #[test]
    fn null_hits_those_who_check_it_and_an_empty_list_nobody() {
        let with = |value: Value| Sample::healthy().resource_metadata(|document| document["scopes_supported"] = value);
        let null = with(Value::Null).finding(&CHECK);
        assert_eq!(null.variant, "null");
        assert!(null.affects.contains(&ClientId::VsCode) && !null.affects.contains(&ClientId::FastMcp));
        let text = with(json!("todo:read")).finding(&CHECK);
        assert!(text.variant == "not-a-list" && text.affects.contains(&ClientId::FastMcp));
        assert_eq!(with(json!([])).examine(&CHECK), Outcome::Pass);
        assert_eq!(Sample::healthy().examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}

use super::{READABLE, document};
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::clients::hit_by;
use crate::discovery::{own_metadata_works, refused_members};
use crate::evidence::Evidence;
use serde_json::Value;

pub const CHECK: Check = Check {
    code: "prm-empty-urls",
    stage: Stage::ResourceMetadata,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "RFC 9728 section 3.2",
    after: READABLE,
    variants: &["empty", "not-a-url"],
    words: include_str!("prm_empty_urls.md"),
    examine,
};

const MEMBERS: [&str; 4] = ["jwks_uri", "resource_policy_uri", "resource_tos_uri", "resource_documentation"];

fn examine(evidence: &Evidence) -> Outcome {
    let document = match document(evidence) {
        Ok(document) => document,
        Err(outcome) => return outcome,
    };
    let refused = |engine| {
        refused_members(engine, document.members).into_iter().filter(|name| MEMBERS.contains(name)).collect::<Vec<_>>()
    };
    let hit = hit_by(|_, engine| {
        refused(engine).iter().any(|name| document.members.get(*name).is_some_and(Value::is_string))
    });
    let Some(hit) = hit else { return Outcome::Pass };
    let named: Vec<&str> = MEMBERS
        .into_iter()
        .filter(|name| {
            document.members.get(*name).and_then(Value::as_str).is_some_and(|text| url::Url::parse(text).is_err())
        })
        .collect();
    let empty = named.iter().any(|name| document.members[*name].as_str() == Some(""));
    let finding = Finding::new(&CHECK, if empty { "empty" } else { "not-a-url" })
        .value("url", document.exchange.request.url.as_str())
        .value("members", named.join(", "));
    let finding = named.iter().fold(finding, |finding, name| finding.proof(document.says(name)));
    // Clients that throw the document away take the server itself for the sign-in service.
    Outcome::fail(if own_metadata_works(evidence) { finding.severity(Severity::Warning) } else { finding }.affects(hit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::ClientId;
    use crate::sample::Sample;

    fn with(name: &str, value: &str) -> Sample {
        Sample::healthy().resource_metadata(|document| document[name] = value.into())
    }

    #[test]
    fn an_empty_address_hits_typescript_and_python_and_an_empty_documentation_python_alone() {
        let policy = with("resource_policy_uri", "").finding(&CHECK);
        assert_eq!(policy.variant, "empty");
        assert!(policy.affects.contains(&ClientId::Cursor) && !policy.affects.contains(&ClientId::VsCode));
        assert_eq!(with("resource_documentation", "").finding(&CHECK).affects, [ClientId::FastMcp]);
        assert_eq!(with("jwks_uri", "/keys").finding(&CHECK).variant, "not-a-url");
    }

    #[test]
    fn healthy_and_unseen() {
        assert_eq!(with("resource_policy_uri", "https://a.example/").examine(&CHECK), Outcome::Pass);
        assert_eq!(Sample::healthy().examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}

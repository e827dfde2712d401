use super::{READABLE, document};
use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Stage};
use crate::clients::{Engine, hit_by};
use crate::evidence::Evidence;
use serde_json::Value;

pub const CHECK: Check = Check {
    code: "prm-extra",
    stage: Stage::ResourceMetadata,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::May,
    reference: "RFC 9728 section 2; RFC 9449; RFC 8705",
    after: READABLE,
    variants: &["dpop-required", "mtls-required"],
    words: include_str!("prm_extra.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let document = match document(evidence) {
        Ok(document) => document,
        Err(outcome) => return outcome,
    };
    let demands = |name: &str| document.members.get(name) == Some(&Value::Bool(true));
    let finding = |variant, name: &str| {
        Finding::new(&CHECK, variant).confidence(Confidence::Likely).value("member", name).proof(document.says(name))
    };
    let mut findings = Vec::new();
    if demands("tls_client_certificate_bound_access_tokens") {
        findings.push(finding("mtls-required", "tls_client_certificate_bound_access_tokens"));
    }
    if demands("dpop_bound_access_tokens_required") {
        // The TypeScript SDK 2.1 and later knows such tokens.
        let hit = hit_by(|_, engine| engine != Engine::TypeScript2).unwrap_or_default();
        findings.push(finding("dpop-required", "dpop_bound_access_tokens_required").affects(hit));
    }
    Outcome::of(findings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::ClientId;
    use crate::sample::Sample;

    #[test]
    fn each_variant() {
        let with = |name: &str| Sample::healthy().resource_metadata(|document| document[name] = true.into());
        let dpop = with("dpop_bound_access_tokens_required").finding(&CHECK);
        assert!(dpop.affects.contains(&ClientId::Cursor) && !dpop.affects.contains(&ClientId::McpInspector));
        assert!(with("tls_client_certificate_bound_access_tokens").finding(&CHECK).affects.is_empty());
        assert_eq!(Sample::healthy().examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}

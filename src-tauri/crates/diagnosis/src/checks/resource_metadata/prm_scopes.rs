use super::{READABLE, document};
use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::evidence::Evidence;
use serde_json::Value;

pub const CHECK: Check = Check {
    code: "prm-scopes",
    stage: Stage::ResourceMetadata,
    category: Category::Scope,
    owner: Owner::McpServer,
    requirement: Requirement::Should,
    reference: "MCP 2026-07-28, Scope Selection and Refresh Tokens; RFC 6749 section 3.3",
    after: READABLE,
    variants: &["unknown-to-as", "offline-access"],
    words: include_str!("prm_scopes.md"),
    examine,
};

/// Every service of OpenID Connect lists these, and most list no others, whatever they know (RFC 8414 section 2 lets them).
const OPENID: [&str; 6] = ["address", "email", "offline_access", "openid", "phone", "profile"];

fn examine(evidence: &Evidence) -> Outcome {
    let document = match document(evidence) {
        Ok(document) => document,
        Err(outcome) => return outcome,
    };
    let Some(list) = document.members.get("scopes_supported").and_then(Value::as_array) else {
        return Outcome::SetAside("the metadata lists no permissions");
    };
    let finding = |variant, scope: &str| {
        Finding::new(&CHECK, variant)
            .severity(Severity::Warning)
            .value("scope", scope)
            .value("url", document.exchange.request.url.as_str())
            .proof(document.says("scopes_supported"))
    };
    let mut findings = Vec::new();
    let scopes: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
    // Without a list in the challenge, clients ask for exactly this one. A service may keep names to itself, so only a list that
    // knows some of them tells something about the others.
    let known = evidence.server_metadata_read().and_then(|read| read.list("scopes_supported"));
    let challenged = evidence.challenges().is_some_and(|challenges| challenges.scopes().is_some());
    let listed = |known: &[String], scope: &str| known.iter().any(|have| have == scope);
    let telling = |known: &[String], scope: &str| listed(known, scope) && !OPENID.contains(&scope);
    if let Some(known) = known.filter(|known| !challenged && scopes.iter().any(|scope| telling(known, scope))) {
        let lacks = |scope: &&&str| **scope != "offline_access" && !listed(&known, scope);
        if let Some(scope) = scopes.iter().find(lacks) {
            let says = format!("the sign-in service lists: {}", known.join(" "));
            findings.push(
                finding("unknown-to-as", scope).severity(Severity::Error).confidence(Confidence::Likely).proof(says),
            );
        }
    }
    if scopes.contains(&"offline_access") {
        findings.push(finding("offline-access", "offline_access"));
    }
    Outcome::of(findings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;
    use serde_json::json;

    #[test]
    fn each_variant() {
        let with = |value: Value| Sample::healthy().resource_metadata(|document| document["scopes_supported"] = value);
        assert_eq!(with(json!(["todo:read", "offline_access"])).finding(&CHECK).variant, "offline-access");
        let silent = [("www-authenticate", "Bearer")];
        let unknown = with(json!(["todo:read", "todo:admin"])).challenge(&silent).finding(&CHECK);
        assert_eq!((unknown.variant, unknown.values["scope"].as_str()), ("unknown-to-as", "todo:admin"));
        assert_eq!(with(json!(["todo:read", "todo:admin"])).examine(&CHECK), Outcome::Pass);
        assert_eq!(with(json!(["https://graph.example.com/.default"])).examine(&CHECK), Outcome::Pass);
        let openid = |document: &mut Value| document["scopes_supported"] = json!(["openid", "profile", "email"]);
        let usual = with(json!(["openid", "email", "read:todos"])).challenge(&silent).server_metadata(openid);
        assert_eq!(usual.examine(&CHECK), Outcome::Pass, "no service lists everything");
        assert_eq!(with(json!([])).examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}

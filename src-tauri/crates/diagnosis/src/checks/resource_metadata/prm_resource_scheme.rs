use super::{READABLE, resource};
use crate::check::{Action, Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::discovery::bare;
use crate::evidence::{Evidence, Purpose};
use serde_json::Value;

pub const CHECK: Check = Check {
    code: "prm-resource-scheme",
    stage: Stage::ResourceMetadata,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "RFC 9728 section 3.3",
    after: READABLE,
    variants: &["scheme", "typed-http", "port", "spelling"],
    words: include_str!("prm_resource_scheme.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let (document, called, named) = match resource(evidence) {
        Ok(both) => both,
        Err(outcome) => return outcome,
    };
    if called.host() != named.host() {
        return Outcome::SetAside("the metadata names another host");
    }
    let written = document.members.get("resource").and_then(Value::as_str).unwrap_or_default();
    let shown = |finding: Finding, actual: &str| {
        finding.proof(document.says("resource")).compare("You called", called.as_str(), "Your server says", actual)
    };
    let secure = evidence.answer(&Purpose::HttpsInstead).is_some_and(|answer| matches!(answer.status, 200..=299 | 401));
    if called.scheme() == "http" && secure {
        let finding = Finding::new(&CHECK, "typed-http").owner(Owner::User);
        return Outcome::fail(shown(finding, written).action(Action::CheckOtherUrl { url: named.to_string() }));
    }
    if called.scheme() != named.scheme() {
        return Outcome::fail(shown(Finding::new(&CHECK, "scheme"), written));
    }
    if called.port_or_known_default() != named.port_or_known_default() {
        return Outcome::fail(shown(Finding::new(&CHECK, "port"), written));
    }
    // A URL reader writes the same address in one way only; what differs from it is an explicit default port, or capitals.
    let rewritten = bare(&named).to_string();
    let start = written.split(['?', '#']).next().unwrap_or_default();
    if start.trim_end_matches('/') != rewritten.trim_end_matches('/') && bare(&called) == bare(&named) {
        return Outcome::fail(shown(Finding::new(&CHECK, "spelling").severity(Severity::Warning), written));
    }
    Outcome::Pass
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;
    use url::Url;

    #[test]
    fn each_variant() {
        let says =
            |resource: &str| Sample::healthy().resource_metadata(|document| document["resource"] = resource.into());
        assert_eq!(says("http://mcp.example.com/mcp").finding(&CHECK).variant, "scheme");
        assert_eq!(says("https://mcp.example.com:8443/mcp").finding(&CHECK).variant, "port");
        let spelling = says("https://MCP.example.com:443/mcp").finding(&CHECK);
        assert_eq!((spelling.variant, spelling.severity), ("spelling", Severity::Warning));
        let typed = says("https://mcp.example.com/mcp").change(|evidence| {
            evidence.subject.server = Url::parse("http://mcp.example.com/mcp").ok();
        });
        assert_eq!((typed.finding(&CHECK).variant, typed.finding(&CHECK).owner), ("scheme", Owner::McpServer));
        let typed = typed.answer(Purpose::HttpsInstead, 401, &[], "").finding(&CHECK);
        assert_eq!((typed.variant, typed.owner), ("typed-http", Owner::User));
        assert_eq!(Sample::healthy().examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}

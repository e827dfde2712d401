use super::gate;
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::discovery::object;
use crate::evidence::{Evidence, Look, Place, Purpose};
use serde_json::Value;
use url::Url;

pub const CHECK: Check = Check {
    code: "prm-root-wellknown",
    stage: Stage::ResourceMetadata,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::May,
    reference: "MCP 2026-07-28, Protected Resource Metadata Discovery",
    after: &[],
    variants: &["other-resource", "web-page"],
    words: include_str!("prm_root_wellknown.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    if let Some(outcome) = gate(evidence) {
        return outcome;
    }
    let root = Purpose::ResourceMetadata { place: Place::Root };
    let in_use = evidence.resource_metadata().map(|(place, _)| place);
    let answer = match evidence.look(&root) {
        Look::Answered(answer) => answer,
        Look::NoAnswer(_) => return Outcome::Unknown("the root address gave no answer".to_owned()),
        Look::NotLooked => return Outcome::Unknown("nobody looked at the root address".to_owned()),
    };
    if in_use == Some(Place::Root) {
        return Outcome::Pass;
    }
    let url = evidence.exchange(&root).map(|exchange| exchange.request.url.to_string()).unwrap_or_default();
    if answer.status == 200 && answer.is_html() {
        let finding = Finding::new(&CHECK, "web-page").severity(Severity::Warning).value("url", url.clone());
        return Outcome::fail(finding.proof(format!("{url} answers 200 with a web page")));
    }
    let named = object(answer).and_then(|members| members.get("resource")?.as_str().map(str::to_owned));
    let (Some(named), Some(called)) = (named, &evidence.subject.server) else { return Outcome::Pass };
    // The root address belongs to the resource that is the host itself (RFC 9728 section 3.1).
    let fits = Url::parse(&named).is_ok_and(|url| {
        url.origin() == called.origin()
            && (url.path().trim_matches('/').is_empty()
                || url.path().trim_end_matches('/') == called.path().trim_end_matches('/'))
    });
    if fits {
        return Outcome::Pass;
    }
    // One document served at both addresses: what is wrong with it is said once.
    if evidence.resource_metadata_read().is_some_and(|read| read.resource() == Some(named.as_str())) {
        return Outcome::SetAside("both addresses say the same, and it is judged once");
    }
    Outcome::fail(
        Finding::new(&CHECK, "other-resource")
            .severity(Severity::Warning)
            .value("url", url.clone())
            .proof(format!("{url} says \"resource\": {}", Value::from(named.clone())))
            .compare("You called", called.as_str(), "The root copy says", named),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;
    use serde_json::json;

    #[test]
    fn only_a_copy_for_another_host_is_worth_a_word() {
        let root = |resource: &str| {
            let document = json!({"resource": resource, "authorization_servers": ["https://a.example"]});
            Sample::healthy().json(Purpose::ResourceMetadata { place: Place::Root }, document)
        };
        assert_eq!(root("http://localhost:3002/").finding(&CHECK).severity, Severity::Warning);
        assert_eq!(root("https://mcp.example.com/v1/sse").finding(&CHECK).variant, "other-resource");
        assert_eq!(root("https://mcp.example.com/").examine(&CHECK), Outcome::Pass);
        let both = "https://api.example.com/mcp";
        let same = root(both).resource_metadata(|document| document["resource"] = json!(both));
        assert!(matches!(same.examine(&CHECK), Outcome::SetAside(_)));
        let page =
            Sample::healthy().answer(Purpose::ResourceMetadata { place: Place::Root }, 200, &[], "<!doctype html>");
        assert_eq!(page.finding(&CHECK).variant, "web-page");
        assert_eq!(Sample::healthy().examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}

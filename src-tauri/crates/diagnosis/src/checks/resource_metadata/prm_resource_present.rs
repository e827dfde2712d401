use super::{READABLE, document, lost};
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::clients::ClientId;
use crate::evidence::Evidence;
use serde_json::{Map, Value};
use url::Url;

pub const CHECK: Check = Check {
    code: "prm-resource-present",
    stage: Stage::ResourceMetadata,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "RFC 9728 sections 1.2 and 2",
    after: READABLE,
    variants: &["missing", "error-with-200", "not-a-string", "not-a-url", "fragment"],
    words: include_str!("prm_resource_present.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let document = match document(evidence) {
        Ok(document) => document,
        Err(outcome) => return outcome,
    };
    let variant = match document.members.get("resource") {
        None if is_an_error(document.members) => "error-with-200",
        None | Some(Value::Null) => "missing",
        Some(Value::String(text)) => match Url::parse(text) {
            Ok(url) if url.fragment().is_some() => "fragment",
            Ok(url) if url.has_host() => return Outcome::Pass,
            _ => "not-a-url",
        },
        Some(_) => "not-a-string",
    };
    let expected = evidence.subject.server.as_ref().map(ToString::to_string).unwrap_or_default();
    let finding = Finding::new(&CHECK, variant)
        .value("url", document.exchange.request.url.as_str())
        .value("expected", expected)
        .value("actual", document.members.get("resource").map(Value::to_string).unwrap_or_default())
        .proof(document.says("resource"));
    // A client that compares the whole address finds a difference; the others send the fragment on, which RFC 8707 forbids.
    // An identifier that is no address of the web (`urn:…`) can be read, and equals no server that anybody calls.
    let elsewhere = variant == "not-a-url"
        && document.members.get("resource").and_then(Value::as_str).is_some_and(|text| Url::parse(text).is_ok());
    Outcome::fail(match variant {
        "fragment" => finding.affects([ClientId::VsCode]),
        _ if elsewhere => finding,
        _ => lost(evidence, finding),
    })
}

/// A message about an error, sent as if all were well: it says so, and holds nothing that belongs into such a document.
pub(crate) fn is_an_error(members: &Map<String, Value>) -> bool {
    const SAYS_SO: [&str; 6] = ["error", "errors", "message", "detail", "statusCode", "success"];
    const BELONGS: [&str; 7] = [
        "authorization_endpoint",
        "authorization_servers",
        "bearer_methods_supported",
        "issuer",
        "resource",
        "scopes_supported",
        "token_endpoint",
    ];
    SAYS_SO.iter().any(|name| members.contains_key(*name)) && !BELONGS.iter().any(|name| members.contains_key(*name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;
    use serde_json::json;

    #[test]
    fn each_variant() {
        for (value, variant) in [
            (Value::Null, "missing"),
            (json!(["https://mcp.example.com/mcp"]), "not-a-string"),
            (json!("mcp.example.com/mcp"), "not-a-url"),
            (json!(""), "not-a-url"),
            (json!("urn:acme:todo"), "not-a-url"),
            (json!("https://mcp.example.com/mcp#a"), "fragment"),
        ] {
            let finding = Sample::healthy().resource_metadata(|document| document["resource"] = value).finding(&CHECK);
            assert_eq!(finding.variant, variant);
        }
        let place = crate::evidence::Place::Header;
        let place = crate::evidence::Purpose::ResourceMetadata { place };
        let error = Sample::healthy().json(place, json!({"error": "Not Found", "statusCode": 404}));
        assert_eq!(error.finding(&CHECK).variant, "error-with-200");
        assert_eq!(Sample::healthy().examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}

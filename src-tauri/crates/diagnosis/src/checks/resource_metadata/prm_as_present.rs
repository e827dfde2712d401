use super::{READABLE, document, lost};
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::discovery::own_metadata_works;
use crate::evidence::Evidence;
use serde_json::Value;

pub const CHECK: Check = Check {
    code: "prm-as-present",
    stage: Stage::ResourceMetadata,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "MCP 2026-07-28, Authorization Server Location; RFC 9728 section 2",
    after: READABLE,
    variants: &["missing", "misspelt", "empty", "not-a-list", "not-strings"],
    words: include_str!("prm_as_present.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let document = match document(evidence) {
        Ok(document) => document,
        Err(outcome) => return outcome,
    };
    let misspelt = document.members.keys().find(|name| is_meant(name));
    let variant = match document.members.get("authorization_servers") {
        None | Some(Value::Null) if misspelt.is_some() => "misspelt",
        None | Some(Value::Null) => "missing",
        Some(Value::Array(list)) if list.is_empty() => "empty",
        Some(Value::Array(list)) if list.iter().all(Value::is_string) => return Outcome::Pass,
        Some(Value::Array(_)) => "not-strings",
        Some(_) => "not-a-list",
    };
    let finding = Finding::new(&CHECK, variant)
        .value("url", document.exchange.request.url.as_str())
        .value("actual", document.members.get("authorization_servers").map(Value::to_string).unwrap_or_default())
        .value("name", misspelt.cloned().unwrap_or_default())
        .proof(document.says("authorization_servers"));
    // Without a name, every client takes the server itself for the sign-in service.
    let nowhere = matches!(variant, "missing" | "misspelt" | "empty");
    Outcome::fail(match (nowhere, own_metadata_works(evidence)) {
        (_, true) => finding.severity(Severity::Warning),
        (true, false) => finding,
        (false, false) => lost(evidence, finding),
    })
}

/// Another spelling of `authorization_servers`: in the singular, or as the names of a programming language go.
fn is_meant(name: &str) -> bool {
    let letters: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    name != "authorization_servers"
        && matches!(letters.as_str(), "authorizationserver" | "authorizationservers" | "authservers" | "authserver")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::ClientId;
    use crate::evidence::{Place, Purpose};
    use crate::sample::Sample;
    use serde_json::json;

    fn says(value: Value) -> Sample {
        Sample::healthy().resource_metadata(|document| document["authorization_servers"] = value)
    }

    #[test]
    fn each_variant() {
        for (value, variant) in [(Value::Null, "missing"), (json!([]), "empty")] {
            let finding = says(value).finding(&CHECK);
            assert_eq!((finding.variant, finding.affects.len()), (variant, 0));
        }
        let objects = says(json!([{"issuer": "https://a.example"}])).finding(&CHECK);
        assert!(objects.variant == "not-strings" && objects.affects.contains(&ClientId::Cursor));
        assert_eq!(says(json!("https://a.example")).finding(&CHECK).variant, "not-a-list");
        let singular = Sample::healthy().resource_metadata(|document| {
            document.as_object_mut().expect("an object").remove("authorization_servers");
            document["authorization_server"] = "https://a.example".into();
        });
        assert_eq!(singular.finding(&CHECK).variant, "misspelt");
        for name in ["authorizationServers", "AuthorizationServers", "authorization-servers", "Authorization Servers"] {
            assert!(is_meant(name), "{name}");
        }
        assert!(!is_meant("authorization_servers") && !is_meant("authorization_details_types_supported"));
    }

    #[test]
    fn a_server_that_is_its_own_sign_in_service_gets_along_without() {
        let own = json!({"issuer": "https://mcp.example.com", "authorization_endpoint": "https://mcp.example.com/a", "token_endpoint": "https://mcp.example.com/t"});
        let sample = says(json!([])).json(Purpose::OwnServerMetadata { place: Place::Root }, own);
        assert_eq!(sample.finding(&CHECK).severity, Severity::Warning);
        assert_eq!(Sample::healthy().examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}

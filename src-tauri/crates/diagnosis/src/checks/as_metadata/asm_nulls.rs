use super::{READABLE, metadata};
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::clients::hit_by;
use crate::evidence::Evidence;
use serde_json::Value;

pub const CHECK: Check = Check {
    code: "asm-nulls",
    stage: Stage::AsMetadata,
    category: Category::Connection,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Must,
    reference: "RFC 8414 section 3.2",
    after: READABLE,
    variants: &["null", "wrong-type"],
    words: include_str!("asm_nulls.md"),
    examine,
};

/// Members that the TypeScript SDKs know: lists, then texts. A member that they do not know may hold anything.
const LISTS: [&str; 9] = [
    "scopes_supported",
    "response_types_supported",
    "response_modes_supported",
    "grant_types_supported",
    "token_endpoint_auth_methods_supported",
    "token_endpoint_auth_signing_alg_values_supported",
    "introspection_endpoint_auth_methods_supported",
    "revocation_endpoint_auth_methods_supported",
    "code_challenge_methods_supported",
];
const TEXTS: [&str; 4] =
    ["registration_endpoint", "revocation_endpoint", "introspection_endpoint", "service_documentation"];

fn examine(evidence: &Evidence) -> Outcome {
    let metadata = match metadata(evidence) {
        Ok(metadata) => metadata,
        Err(outcome) => return outcome,
    };
    let wrong = |name: &str| match metadata.members.get(name) {
        None => false,
        Some(Value::Null) => true,
        Some(value) => {
            if LISTS.contains(&name) {
                !value.is_array()
            } else {
                !value.is_string()
            }
        }
    };
    let named: Vec<&str> = LISTS.into_iter().chain(TEXTS).filter(|name| wrong(name)).collect();
    if named.is_empty() {
        return Outcome::Pass;
    }
    let null = named.iter().any(|name| metadata.members[*name].is_null());
    let Some(hit) = hit_by(|_, engine| {
        // The Python SDKs take null for "absent", and nothing else.
        engine.is_typescript() || (engine.is_python() && named.iter().any(|name| !metadata.members[*name].is_null()))
    }) else {
        return Outcome::Pass;
    };
    // Where this was the only way to introduce an app, there is none for anybody.
    let only_way = named.contains(&"registration_endpoint") && !metadata.takes_documents();
    let hit = if only_way { Vec::new() } else { hit };
    let names = named.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let finding = Finding::new(&CHECK, if null { "null" } else { "wrong-type" })
        .affects(hit)
        .value("url", metadata.exchange.request.url.as_str())
        .value("members", names);
    Outcome::fail(named.iter().fold(finding, |finding, name| finding.proof(metadata.says(name))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::ClientId;
    use crate::sample::Sample;

    #[test]
    fn null_stops_typescript_and_another_type_python_too() {
        let null = Sample::healthy().server_metadata(|document| document["registration_endpoint"] = Value::Null);
        let finding = null.finding(&CHECK);
        assert_eq!((finding.variant, finding.affects.len()), ("null", 4));
        let only_way = Sample::healthy().server_metadata(|document| {
            document["registration_endpoint"] = Value::Null;
            drop(document.as_object_mut().expect("an object").remove("client_id_metadata_document_supported"));
        });
        assert!(only_way.finding(&CHECK).affects.is_empty());
        let text = Sample::healthy().server_metadata(|document| document["scopes_supported"] = "a b".into());
        let finding = text.finding(&CHECK);
        assert!(finding.variant == "wrong-type" && finding.affects.contains(&ClientId::FastMcp));
        let unknown = Sample::healthy().server_metadata(|document| document["x_own"] = Value::Null);
        assert_eq!(unknown.examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}

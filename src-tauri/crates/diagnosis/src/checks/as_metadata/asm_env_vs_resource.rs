use super::{Metadata, READABLE, metadata};
use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Stage};
use crate::evidence::{Evidence, Purpose};
use crate::scalekit;
use serde_json::Value;
use url::Url;

pub const CHECK: Check = Check {
    code: "asm-env-vs-resource",
    stage: Stage::AsMetadata,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "Scalekit documentation, MCP quickstart: Metadata JSON",
    after: READABLE,
    variants: &["environment-root"],
    words: include_str!("asm_env_vs_resource.md"),
    examine,
};

/// The server names the whole Scalekit environment, where nobody can register. On a domain of the customer's own, the keys give
/// Scalekit away.
pub(super) fn points_to_environment(evidence: &Evidence, metadata: &Metadata<'_>) -> bool {
    let Some(named) = &metadata.named else { return false };
    let bare = Url::parse(named).is_ok_and(|url| url.path().trim_matches('/').is_empty());
    let keys = evidence.answer(&Purpose::Jwks).and_then(|answer| answer.body.json().ok()?.get("keys")?.as_array());
    let scalekit_keys = keys.is_some_and(|keys| {
        keys.iter().any(|key| key.get("kid").and_then(Value::as_str).is_some_and(|kid| kid.starts_with("snk_")))
    });
    let can_register = metadata.text("registration_endpoint").is_some() || metadata.takes_documents();
    bare && !can_register && (scalekit::is_environment_root(named) || scalekit_keys)
}

fn examine(evidence: &Evidence) -> Outcome {
    let metadata = match metadata(evidence) {
        Ok(metadata) => metadata,
        Err(outcome) => return outcome,
    };
    if !points_to_environment(evidence, &metadata) {
        return if scalekit::recognise(evidence).is_some() {
            Outcome::Pass
        } else {
            Outcome::SetAside("the sign-in service is not Scalekit")
        };
    }
    let named = metadata.named.clone().unwrap_or_default();
    let certain = scalekit::is_environment_root(&named);
    Outcome::fail(
        Finding::new(&CHECK, "environment-root")
            .confidence(if certain { Confidence::Certain } else { Confidence::Likely })
            .proof(metadata.says("registration_endpoint"))
            .value("environment", named.trim_end_matches('/'))
            .compare(
                "It should be",
                format!("{}/resources/res_…", named.trim_end_matches('/')),
                "Your server says",
                named.clone(),
            ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::MetadataForm;
    use crate::sample::Sample;
    use serde_json::json;

    #[test]
    fn the_environment_instead_of_the_server_in_it() {
        let root = |named: &str| {
            let document = json!({"issuer": named, "authorization_endpoint": format!("{named}/oauth/authorize"), "token_endpoint": format!("{named}/oauth/token"), "jwks_uri": format!("{named}/keys")});
            Sample::healthy()
                .resource_metadata(|metadata| metadata["authorization_servers"] = vec![named].into())
                .json(Purpose::ServerMetadata { issuer: named.to_owned(), form: MetadataForm::OidcInsert }, document)
        };
        assert_eq!(root("https://acme.scalekit.com").finding(&CHECK).confidence, Confidence::Certain);
        assert_eq!(root("https://auth.example.com").finding(&CHECK).confidence, Confidence::Likely);
        assert_eq!(Sample::healthy().examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}

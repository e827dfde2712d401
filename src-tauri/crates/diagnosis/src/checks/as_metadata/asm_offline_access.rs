use super::{READABLE, metadata};
use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::evidence::Evidence;
use crate::scalekit;

pub const CHECK: Check = Check {
    code: "asm-offline-access",
    stage: Stage::AsMetadata,
    category: Category::Token,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::May,
    reference: "MCP 2026-07-28, Refresh Tokens; OpenID Connect Core section 11",
    after: READABLE,
    variants: &["absent"],
    words: include_str!("asm_offline_access.md"),
    examine,
};

/// Members that an OpenID provider has to publish, and that a service which merely hands the permission `openid` on to another
/// one does not: that one renews sign-ins by its own rules.
const OPENID_MEMBERS: [&str; 3] =
    ["subject_types_supported", "id_token_signing_alg_values_supported", "userinfo_endpoint"];

fn examine(evidence: &Evidence) -> Outcome {
    let metadata = match metadata(evidence) {
        Ok(metadata) => metadata,
        Err(outcome) => return outcome,
    };
    let (Some(scopes), Some(grants)) = (metadata.list("scopes_supported"), metadata.list("grant_types_supported"))
    else {
        return Outcome::SetAside("the metadata does not say enough");
    };
    // Only where the service speaks OpenID Connect does this permission decide about a refresh token.
    // Scalekit's document for one MCP server leaves these members out, and the rule holds there all the same.
    let speaks_openid = OPENID_MEMBERS.iter().any(|name| metadata.members.contains_key(*name))
        || scalekit::recognise(evidence).is_some();
    if !scopes.contains(&"openid") || !grants.contains(&"refresh_token") || !speaks_openid {
        return Outcome::SetAside("the service does not tie a longer sign-in to a permission");
    }
    if scopes.contains(&"offline_access") {
        return Outcome::Pass;
    }
    Outcome::fail(
        Finding::new(&CHECK, "absent")
            .severity(Severity::Warning)
            .confidence(Confidence::Possible)
            .value("url", metadata.exchange.request.url.as_str())
            .proof(metadata.says("scopes_supported")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{MetadataForm, Purpose};
    use crate::sample::Sample;

    #[test]
    fn only_an_openid_service_is_asked() {
        let with = |scopes: Vec<&str>| {
            Sample::healthy().server_metadata(|document| document["scopes_supported"] = scopes.into())
        };
        assert_eq!(with(vec!["todo:read", "openid"]).finding(&CHECK).severity, Severity::Warning);
        assert!(matches!(with(vec!["todo:read"]).examine(&CHECK), Outcome::SetAside(_)));
        // A service that stands before another one and hands its permissions on renews sign-ins by its own rules.
        let before_another = |openid: bool| {
            let issuer = "https://mcp.example.com";
            let mut document = crate::sample::server_metadata();
            document["issuer"] = issuer.into();
            document["registration_endpoint"] = "https://mcp.example.com/register".into();
            document["jwks_uri"] = "https://mcp.example.com/jwks.json".into();
            document["scopes_supported"] = vec!["openid", "email"].into();
            if openid {
                document["subject_types_supported"] = vec!["public"].into();
            }
            let form = MetadataForm::OauthInsert;
            Sample::healthy()
                .resource_metadata(|document| document["authorization_servers"] = vec![issuer].into())
                .json(Purpose::ServerMetadata { issuer: issuer.to_owned(), form }, document)
                .json(Purpose::Jwks, serde_json::json!({"keys": []}))
        };
        assert!(matches!(before_another(false).examine(&CHECK), Outcome::SetAside(_)));
        assert_eq!(before_another(true).finding(&CHECK).variant, "absent");
        assert_eq!(Sample::healthy().examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}

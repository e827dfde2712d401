use super::{READABLE, metadata};
use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::evidence::Evidence;

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
    if !scopes.contains(&"openid") || !grants.contains(&"refresh_token") {
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
    use crate::sample::Sample;

    #[test]
    fn only_an_openid_service_is_asked() {
        let with = |scopes: Vec<&str>| {
            Sample::healthy().server_metadata(|document| document["scopes_supported"] = scopes.into())
        };
        assert_eq!(with(vec!["todo:read", "openid"]).finding(&CHECK).severity, Severity::Warning);
        assert!(matches!(with(vec!["todo:read"]).examine(&CHECK), Outcome::SetAside(_)));
        assert_eq!(Sample::healthy().examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}

use super::{READABLE, metadata};
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "asm-grants",
    stage: Stage::AsMetadata,
    category: Category::Connection,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Should,
    reference: "RFC 8414 section 2; MCP 2026-07-28, Refresh Tokens",
    after: READABLE,
    variants: &["no-code", "no-refresh"],
    words: include_str!("asm_grants.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let metadata = match metadata(evidence) {
        Ok(metadata) => metadata,
        Err(outcome) => return outcome,
    };
    let Some(grants) = metadata.list("grant_types_supported") else {
        return Outcome::SetAside("the metadata says nothing about it");
    };
    let finding = |variant| {
        Finding::new(&CHECK, variant)
            .value("actual", grants.join(", "))
            .value("url", metadata.exchange.request.url.as_str())
            .proof(metadata.says("grant_types_supported"))
    };
    let profiles = metadata.list("authorization_grant_profiles_supported");
    if crate::checks::authorization::is_managed(Some(&grants), profiles.as_deref()) {
        return Outcome::SetAside("the company's identity provider decides who may sign in");
    }
    if !grants.contains(&"authorization_code") {
        Outcome::fail(finding("no-code"))
    } else if grants.contains(&"refresh_token") {
        Outcome::Pass
    } else {
        Outcome::fail(finding("no-refresh").severity(Severity::Warning))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    #[test]
    fn each_variant() {
        let with = |grants: Vec<&str>| {
            Sample::healthy().server_metadata(|document| document["grant_types_supported"] = grants.into())
        };
        assert_eq!(with(vec!["client_credentials"]).finding(&CHECK).variant, "no-code");
        assert_eq!(with(vec!["authorization_code"]).finding(&CHECK).severity, Severity::Warning);
        assert_eq!(Sample::healthy().examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}

use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Stage};
use crate::checks::as_metadata::{READABLE, metadata};
use crate::evidence::Evidence;
use serde_json::Value;

pub const CHECK: Check = Check {
    code: "authz-ema",
    stage: Stage::Authorization,
    category: Category::Client,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::May,
    reference: "MCP extension io.modelcontextprotocol/enterprise-managed-authorization; draft-ietf-oauth-identity-assertion-authz-grant",
    after: READABLE,
    variants: &["required"],
    words: include_str!("authz_ema.md"),
    examine,
};

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const PROFILE: &str = "urn:ietf:params:oauth:grant-profile:id-jag";

/// The company's identity provider decides, and nobody signs in with a browser.
pub(crate) fn is_managed(grants: Option<&[&str]>, profiles: Option<&[&str]>) -> bool {
    let offers = profiles.is_some_and(|profiles| profiles.contains(&PROFILE));
    grants.is_some_and(|grants| !grants.contains(&"authorization_code") && grants.contains(&JWT_BEARER)) && offers
}

fn examine(evidence: &Evidence) -> Outcome {
    let metadata = match metadata(evidence) {
        Ok(metadata) => metadata,
        Err(outcome) => return outcome,
    };
    let grants = metadata.list("grant_types_supported");
    let profiles = metadata.list("authorization_grant_profiles_supported");
    if !is_managed(grants.as_deref(), profiles.as_deref()) {
        return Outcome::SetAside("people sign in by themselves here");
    }
    Outcome::fail(
        Finding::new(&CHECK, "required")
            .confidence(Confidence::Likely)
            .value("grants", Value::from(grants.unwrap_or_default()).to_string())
            .value("url", metadata.exchange.request.url.as_str())
            .proof(metadata.says("grant_types_supported"))
            .proof(metadata.says("authorization_grant_profiles_supported")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    #[test]
    fn a_company_that_decides() {
        let managed = Sample::healthy().server_metadata(|document| {
            document["grant_types_supported"] = vec![JWT_BEARER].into();
            document["authorization_grant_profiles_supported"] = vec![PROFILE].into();
        });
        assert_eq!(managed.finding(&CHECK).variant, "required");
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}

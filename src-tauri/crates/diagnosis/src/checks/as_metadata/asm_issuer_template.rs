use super::asm_issuer::{compares, is_template};
use super::{READABLE, metadata};
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::clients::hit_by;
use crate::discovery::is_internal;
use crate::evidence::Evidence;
use url::Url;

pub const CHECK: Check = Check {
    code: "asm-issuer-template",
    stage: Stage::AsMetadata,
    category: Category::Connection,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Must,
    reference: "RFC 8414 section 2",
    after: READABLE,
    variants: &["placeholder", "internal", "http"],
    words: include_str!("asm_issuer_template.md"),
    examine,
};

/// What is wrong with the name itself.
pub(super) fn fault(issuer: &str, evidence: &Evidence) -> Option<&'static str> {
    if is_template(issuer) {
        return Some("placeholder");
    }
    let url = Url::parse(issuer).ok()?;
    let named: Vec<Url> = evidence.issuers().iter().filter_map(|named| Url::parse(named).ok()).collect();
    // A service that is named by its internal address is reported where it is named.
    if is_internal(&url)
        && !named.iter().any(|named| named.host() == url.host() || is_internal(named) && is_same_kind(named, &url))
    {
        return Some("internal");
    }
    let secure = named.iter().any(|named| named.scheme() == "https" && named.host() == url.host());
    (url.scheme() == "http" && secure).then_some("http")
}

/// Two names of this computer.
fn is_same_kind(a: &Url, b: &Url) -> bool {
    crate::subject::is_loopback(a) && crate::subject::is_loopback(b)
}

fn examine(evidence: &Evidence) -> Outcome {
    let metadata = match metadata(evidence) {
        Ok(metadata) => metadata,
        Err(outcome) => return outcome,
    };
    let (Some(named), Some(issuer)) = (&metadata.named, metadata.text("issuer")) else {
        return Outcome::SetAside("the metadata names no issuer to compare");
    };
    let Some(variant) = fault(issuer, evidence) else { return Outcome::Pass };
    let Some(hit) = hit_by(|_, engine| compares(engine)) else { return Outcome::Pass };
    Outcome::fail(Finding::new(&CHECK, variant).affects(hit).proof(metadata.says("issuer")).compare(
        "Your server says",
        named.clone(),
        "It calls itself",
        issuer,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    #[test]
    fn each_variant() {
        for (issuer, variant) in [
            ("https://login.example.com/{tenantid}/v2.0", "placeholder"),
            ("http://keycloak.default.svc.cluster.local:8080/realms/mcp", "internal"),
            ("http://localhost:8080", "internal"),
            ("http://acme.scalekit.com/resources/res_123", "http"),
        ] {
            let finding =
                Sample::healthy().server_metadata(|document| document["issuer"] = issuer.into()).finding(&CHECK);
            assert_eq!((finding.variant, finding.affects.len()), (variant, 3), "{issuer}");
        }
        assert_eq!(Sample::healthy().examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}

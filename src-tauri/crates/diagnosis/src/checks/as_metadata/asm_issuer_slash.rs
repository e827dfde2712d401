use super::asm_issuer::compares;
use super::{READABLE, metadata};
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::clients::{Engine, hit_by};
use crate::evidence::Evidence;
use url::Url;

pub const CHECK: Check = Check {
    code: "asm-issuer-slash",
    stage: Stage::AsMetadata,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "RFC 8414 section 3.3; RFC 3986 section 6.2.1",
    after: READABLE,
    variants: &["extra-in-metadata", "extra-in-resource-metadata"],
    words: include_str!("asm_issuer_slash.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let metadata = match metadata(evidence) {
        Ok(metadata) => metadata,
        Err(outcome) => return outcome,
    };
    let (Some(named), Some(issuer)) = (&metadata.named, metadata.text("issuer")) else {
        return Outcome::SetAside("there are no two names to compare");
    };
    if named == issuer || named.trim_end_matches('/') != issuer.trim_end_matches('/') {
        return Outcome::Pass;
    }
    let in_metadata = issuer.len() > named.len();
    let bare = Url::parse(issuer).is_ok_and(|url| url.path() == "/");
    // The TypeScript SDK forgives a slash that only the resource metadata has, the Python SDK one behind a bare host.
    let hit = hit_by(|_, engine| compares(engine) && if engine == Engine::TypeScript2 { in_metadata } else { !bare });
    let Some(hit) = hit else { return Outcome::Pass };
    let variant = if in_metadata { "extra-in-metadata" } else { "extra-in-resource-metadata" };
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
    use crate::clients::ClientId;
    use crate::evidence::{MetadataForm, Purpose};
    use crate::sample::{ISSUER, Sample, server_metadata};

    fn pair(named: &str, issuer: &str) -> Sample {
        let mut document = server_metadata();
        document["issuer"] = issuer.into();
        Sample::healthy()
            .resource_metadata(|metadata| metadata["authorization_servers"] = vec![named].into())
            .json(Purpose::ServerMetadata { issuer: named.to_owned(), form: MetadataForm::OauthInsert }, document)
    }

    #[test]
    fn who_forgives_which_slash() {
        let slash = format!("{ISSUER}/");
        let metadata = pair(ISSUER, &slash).finding(&CHECK);
        assert_eq!(metadata.affects, [ClientId::ClaudeCode, ClientId::McpInspector, ClientId::FastMcp]);
        let resource = pair(&slash, ISSUER).finding(&CHECK);
        assert_eq!((resource.variant, resource.affects), ("extra-in-resource-metadata", vec![ClientId::FastMcp]));
        assert_eq!(pair("https://a.example/", "https://a.example").examine(&CHECK), Outcome::Pass);
        let bare = pair("https://a.example", "https://a.example/").finding(&CHECK);
        assert_eq!(bare.affects, [ClientId::ClaudeCode, ClientId::McpInspector]);
        assert_eq!(Sample::healthy().examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}

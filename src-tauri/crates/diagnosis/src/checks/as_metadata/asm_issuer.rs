use super::{READABLE, metadata};
use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Stage};
use crate::clients::{Engine, hit_by};
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "asm-issuer",
    stage: Stage::AsMetadata,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "RFC 8414 section 3.3; MCP 2026-07-28, Authorization Server Metadata Discovery",
    after: READABLE,
    variants: &["other", "copied"],
    words: include_str!("asm_issuer.md"),
    examine,
};

/// The clients that compare the two names.
pub(super) fn compares(engine: Engine) -> bool {
    matches!(engine, Engine::TypeScript2 | Engine::Python1 | Engine::Python2)
}

/// What a sign-in service calls itself although it is not a name: a template, or an address of its own network.
pub(super) fn is_template(issuer: &str) -> bool {
    issuer.contains(['{', '<', '}', '>']) || issuer.contains("%7B")
}

fn examine(evidence: &Evidence) -> Outcome {
    let metadata = match metadata(evidence) {
        Ok(metadata) => metadata,
        Err(outcome) => return outcome,
    };
    let Some(issuer) = metadata.text("issuer") else { return Outcome::SetAside("the metadata names no issuer") };
    let Some(named) = &metadata.named else {
        return copied(evidence, issuer, &metadata);
    };
    if issuer.trim_end_matches('/') == named.trim_end_matches('/')
        || super::asm_issuer_template::fault(issuer, evidence).is_some()
    {
        return Outcome::Pass;
    }
    let Some(hit) = hit_by(|_, engine| compares(engine)) else { return Outcome::Pass };
    Outcome::fail(
        Finding::new(&CHECK, "other")
            .affects(hit)
            .value("url", metadata.exchange.request.url.as_str())
            .proof(metadata.says("issuer"))
            .compare("Your server says", named.clone(), "It calls itself", issuer),
    )
}

/// No resource metadata says where the sign-in service is, so apps take the server's own origin for it (MCP 2025-03-26), and
/// those that compare expect its name there.
fn copied(evidence: &Evidence, issuer: &str, metadata: &super::Metadata<'_>) -> Outcome {
    let at = &metadata.exchange.request.url;
    let origin = at.origin().ascii_serialization();
    let server = evidence.subject.server.as_ref().map(ToString::to_string).unwrap_or_default();
    let own = [origin.as_str(), server.trim_end_matches('/')];
    if own.contains(&issuer.trim_end_matches('/')) || super::asm_issuer_template::fault(issuer, evidence).is_some() {
        return Outcome::SetAside("the server is its own sign-in service");
    }
    let Some(hit) = hit_by(|_, engine| compares(engine)) else { return Outcome::Pass };
    Outcome::fail(
        Finding::new(&CHECK, "copied")
            .affects(hit)
            .confidence(Confidence::Likely)
            .value("url", at.as_str())
            .proof(metadata.says("issuer"))
            .compare("Apps expect", origin, "The instructions say", issuer),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::ClientId;
    use crate::sample::Sample;

    #[test]
    fn another_name_stops_those_who_compare() {
        let other =
            Sample::healthy().server_metadata(|document| document["issuer"] = "https://acme.scalekit.com".into());
        let hit = [ClientId::ClaudeCode, ClientId::McpInspector, ClientId::FastMcp];
        assert_eq!(other.finding(&CHECK).affects, hit);
        let slash = Sample::healthy()
            .server_metadata(|document| document["issuer"] = format!("{}/", crate::sample::ISSUER).into());
        assert_eq!(slash.examine(&CHECK), Outcome::Pass);
        assert_eq!(Sample::healthy().examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}

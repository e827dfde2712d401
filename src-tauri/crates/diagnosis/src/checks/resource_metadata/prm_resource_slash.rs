use super::{READABLE, resource};
use crate::check::{Action, Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::clients::{Engine, hit_by};
use crate::discovery::{bare, resource_matches};
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "prm-resource-slash",
    stage: Stage::ResourceMetadata,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "RFC 9728 section 3.3; MCP 2026-07-28, Canonical Server URI",
    after: READABLE,
    variants: &["extra-slash", "missing-slash"],
    words: include_str!("prm_resource_slash.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let (document, called, named) = match resource(evidence) {
        Ok(both) => both,
        Err(outcome) => return outcome,
    };
    let (called, named) = (bare(&called), bare(&named));
    let same_but_for_slash = called != named
        && called.origin() == named.origin()
        && called.path().trim_end_matches('/') == named.path().trim_end_matches('/');
    if !same_but_for_slash {
        return Outcome::Pass;
    }
    let variant = if named.path().ends_with('/') { "extra-slash" } else { "missing-slash" };
    let rules_known = |engine: Engine| engine.is_typescript() || engine.is_python() || engine == Engine::VsCode;
    let hit = hit_by(|_, engine| rules_known(engine) && !resource_matches(engine, &called, &named));
    let Some(hit) = hit else { return Outcome::Pass };
    Outcome::fail(
        Finding::new(&CHECK, variant)
            .affects(hit)
            .value("url", document.exchange.request.url.as_str())
            .proof(document.says("resource"))
            .compare("You called", called.as_str(), "Your server says", named.as_str())
            .action(Action::CheckOtherUrl { url: named.to_string() }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::ClientId;
    use crate::sample::Sample;
    use url::Url;

    #[test]
    fn an_extra_slash_hits_typescript_and_vscode_a_missing_one_vscode_alone() {
        let extra = Sample::healthy()
            .resource_metadata(|document| document["resource"] = "https://mcp.example.com/mcp/".into())
            .finding(&CHECK);
        let hit =
            [ClientId::ClaudeCode, ClientId::Cursor, ClientId::VsCode, ClientId::McpInspector, ClientId::McpRemote];
        assert_eq!((extra.variant, extra.affects), ("extra-slash", hit.to_vec()));
        let missing = Sample::healthy()
            .change(|evidence| evidence.subject.server = Url::parse("https://mcp.example.com/mcp/").ok())
            .finding(&CHECK);
        assert_eq!((missing.variant, missing.affects), ("missing-slash", vec![ClientId::VsCode]));
    }

    #[test]
    fn a_bare_host_has_no_slash_to_lose() {
        let sample = Sample::healthy()
            .change(|evidence| evidence.subject.server = Url::parse("https://mcp.example.com").ok())
            .resource_metadata(|document| document["resource"] = "https://mcp.example.com".into());
        assert_eq!(sample.examine(&CHECK), Outcome::Pass);
        assert_eq!(Sample::healthy().examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}

use super::gate;
use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Stage};
use crate::clients::ClientId;
use crate::discovery::line;
use crate::evidence::{Evidence, Look, Place, Purpose};
use crate::oauth::well_known;

pub const CHECK: Check = Check {
    code: "prm-path-wellknown",
    stage: Stage::ResourceMetadata,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "RFC 9728 section 3.1; MCP 2026-07-28, Protected Resource Metadata Discovery",
    after: &["challenge-present", "challenge-metadata-host", "challenge-metadata-fetch"],
    variants: &["missing", "root-only"],
    words: include_str!("prm_path_wellknown.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    if let Some(outcome) = gate(evidence) {
        return outcome;
    }
    if evidence.exchange(&Purpose::ResourceMetadata { place: Place::Header }).is_some() {
        return Outcome::SetAside("the server points to its sign-in details itself");
    }
    let look = |place| evidence.look(&Purpose::ResourceMetadata { place });
    let gone = |look: Look<'_>| matches!(look, Look::Answered(answer) if matches!(answer.status, 404 | 405 | 410));
    let there = |look: Look<'_>| matches!(look, Look::Answered(answer) if answer.status == 200);
    let expected = evidence.subject.server.as_ref().and_then(|url| {
        well_known::resource_metadata(url, Place::Path).or(well_known::resource_metadata(url, Place::Root))
    });
    let finding = |variant| {
        let seen = [Place::Path, Place::Root].map(|place| evidence.exchange(&Purpose::ResourceMetadata { place }));
        let url = expected.as_ref().map(ToString::to_string).unwrap_or_default();
        seen.into_iter().flatten().fold(Finding::new(&CHECK, variant).value("url", url), |it, one| it.proof(line(one)))
    };
    match (look(Place::Path), look(Place::Root)) {
        (path, root) if gone(path) && there(root) => {
            // Released SDKs try the root second; Claude's connectors were seen to ask at the first address alone.
            Outcome::fail(finding("root-only").affects([ClientId::ClaudeConnectors]).confidence(Confidence::Likely))
        }
        (path, root) if (gone(path) || matches!(path, Look::NotLooked)) && gone(root) => {
            Outcome::fail(finding("missing"))
        }
        (path, root) if there(path) || there(root) => Outcome::Pass,
        (Look::NoAnswer(_) | Look::NotLooked, _) => Outcome::Unknown("the usual address gave no answer".to_owned()),
        _ => Outcome::SetAside("another check says what is wrong at this address"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    fn guessing(path: u16, root: u16) -> Sample {
        Sample::unseen("https://mcp.example.com/mcp")
            .challenge(&[("www-authenticate", "Bearer")])
            .answer(Purpose::ResourceMetadata { place: Place::Path }, path, &[], "{}")
            .answer(Purpose::ResourceMetadata { place: Place::Root }, root, &[], "{}")
    }

    #[test]
    fn each_way() {
        assert_eq!(guessing(404, 404).finding(&CHECK).variant, "missing");
        assert_eq!(guessing(404, 200).finding(&CHECK).variant, "root-only");
        assert_eq!(guessing(200, 404).examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }

    #[test]
    fn a_server_of_2025_03_26_needs_none() {
        let own = serde_json::json!({"issuer": "https://mcp.example.com", "authorization_endpoint": "https://mcp.example.com/authorize", "token_endpoint": "https://mcp.example.com/token"});
        let sample = guessing(404, 404).json(Purpose::OwnServerMetadata { place: Place::Root }, own);
        assert!(matches!(sample.examine(&CHECK), Outcome::SetAside(_)));
    }
}

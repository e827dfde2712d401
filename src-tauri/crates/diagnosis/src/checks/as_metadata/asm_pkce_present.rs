use super::{READABLE, metadata};
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::clients::{Engine, hit_by};
use crate::evidence::Evidence;
use serde_json::Value;

pub const CHECK: Check = Check {
    code: "asm-pkce-present",
    stage: Stage::AsMetadata,
    category: Category::Connection,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Must,
    reference: "MCP 2026-07-28, Authorization Code Protection; RFC 8414 section 2",
    after: READABLE,
    variants: &["absent"],
    words: include_str!("asm_pkce_present.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let metadata = match metadata(evidence) {
        Ok(metadata) => metadata,
        Err(outcome) => return outcome,
    };
    if !matches!(metadata.members.get("code_challenge_methods_supported"), None | Some(Value::Null)) {
        return Outcome::Pass;
    }
    // The SDKs go on against the rule; ChatGPT follows it.
    let Some(hit) = hit_by(|_, engine| engine == Engine::ChatGpt) else { return Outcome::Pass };
    Outcome::fail(
        Finding::new(&CHECK, "absent")
            .affects(hit)
            .value("url", metadata.exchange.request.url.as_str())
            .proof(metadata.says("code_challenge_methods_supported")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::ClientId;
    use crate::sample::Sample;

    #[test]
    fn absent_stops_those_who_follow_the_rule() {
        let sample = Sample::healthy().server_metadata(|document| {
            document.as_object_mut().expect("an object").remove("code_challenge_methods_supported");
        });
        assert_eq!(sample.finding(&CHECK).affects, [ClientId::ChatGpt]);
        assert_eq!(Sample::healthy().examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}

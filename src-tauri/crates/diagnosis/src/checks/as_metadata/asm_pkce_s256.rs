use super::{READABLE, metadata};
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::clients::{Engine, hit_by};
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "asm-pkce-s256",
    stage: Stage::AsMetadata,
    category: Category::Connection,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Must,
    reference: "RFC 7636 section 4.2; MCP 2026-07-28, Authorization Code Protection",
    after: READABLE,
    variants: &["plain-only", "empty"],
    words: include_str!("asm_pkce_s256.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let metadata = match metadata(evidence) {
        Ok(metadata) => metadata,
        Err(outcome) => return outcome,
    };
    let Some(methods) = metadata.list("code_challenge_methods_supported") else {
        return Outcome::SetAside("the metadata says nothing about it");
    };
    if methods.contains(&"S256") {
        return Outcome::Pass;
    }
    let Some(hit) = hit_by(|_, engine| engine.is_typescript() || engine == Engine::ChatGpt) else {
        return Outcome::Pass;
    };
    Outcome::fail(
        Finding::new(&CHECK, if methods.is_empty() { "empty" } else { "plain-only" })
            .affects(hit)
            .value("actual", methods.join(", "))
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
    fn each_variant() {
        let with = |methods: Vec<&str>| {
            Sample::healthy().server_metadata(|document| document["code_challenge_methods_supported"] = methods.into())
        };
        let plain = with(vec!["plain"]).finding(&CHECK);
        assert!(
            plain.variant == "plain-only"
                && plain.affects.contains(&ClientId::Cursor)
                && !plain.affects.contains(&ClientId::VsCode)
        );
        assert_eq!(with(vec![]).finding(&CHECK).variant, "empty");
        assert_eq!(with(vec!["plain", "S256"]).examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}

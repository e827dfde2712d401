use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Stage};
use crate::checks::as_metadata::{READABLE, metadata};
use crate::clients::{Engine, hit_by};
use crate::evidence::Evidence;
use crate::introduction::Introduction;

pub const CHECK: Check = Check {
    code: "reg-route-choice",
    stage: Stage::Registration,
    category: Category::RedirectUri,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Should,
    reference: "MCP 2026-07-28, Client Registration Approaches",
    after: READABLE,
    variants: &["documents-only"],
    words: include_str!("reg_route_choice.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let metadata = match metadata(evidence) {
        Ok(metadata) => metadata,
        Err(outcome) => return outcome,
    };
    if metadata.text("registration_endpoint").is_some() {
        return Outcome::Pass;
    }
    if !metadata.takes_documents() {
        return Outcome::SetAside("another check says that there is no way at all");
    }
    // Of the clients in a cloud it is not known whether they have such a document.
    let hit = hit_by(|client, engine| {
        let cloud = matches!(engine, Engine::ClaudeCloud | Engine::ChatGpt);
        !cloud && Introduction::of(Some(client)).document.is_none()
    });
    let Some(hit) = hit else { return Outcome::Pass };
    Outcome::fail(
        Finding::new(&CHECK, "documents-only")
            .affects(hit)
            .confidence(Confidence::Likely)
            .value("url", metadata.exchange.request.url.as_str())
            .proof(metadata.says("registration_endpoint"))
            .proof(metadata.says("client_id_metadata_document_supported")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::ClientId;
    use crate::sample::Sample;

    #[test]
    fn who_has_no_document_cannot_introduce_itself() {
        let only = Sample::healthy().server_metadata(|document| {
            drop(document.as_object_mut().expect("an object").remove("registration_endpoint"))
        });
        let hit = only.finding(&CHECK).affects;
        assert!(
            hit.contains(&ClientId::Cursor)
                && !hit.contains(&ClientId::ClaudeCode)
                && !hit.contains(&ClientId::ChatGpt)
        );
        assert_eq!(Sample::healthy().examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}

use super::NOT_TRIED;
use crate::authorize::{Asked, DOCUMENT, UNKNOWN_CLIENT, asked, asks_later};
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::checks::as_metadata::{READABLE, metadata};
use crate::clients::hit_by;
use crate::discovery::line;
use crate::evidence::Evidence;
use crate::introduction::Introduction;

pub const CHECK: Check = Check {
    code: "reg-cimd-allowed",
    stage: Stage::Registration,
    category: Category::RedirectUri,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Should,
    reference: "OAuth Client ID Metadata Document, section 4; MCP 2026-07-28, Client ID Metadata Documents",
    after: READABLE,
    variants: &["refused"],
    words: include_str!("reg_cimd_allowed.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let metadata = match metadata(evidence) {
        Ok(metadata) => metadata,
        Err(outcome) => return outcome,
    };
    if !metadata.takes_documents() {
        return Outcome::SetAside("the sign-in service does not offer it");
    }
    let asked = asked(evidence);
    let mut documents = asked.iter().filter(|one| one.question == DOCUMENT).peekable();
    if documents.peek().is_none() {
        return Outcome::SetAside(NOT_TRIED);
    }
    let refused: Vec<_> = documents.clone().filter(|one| one.reading.about_client()).collect();
    let Some(first) = refused.first() else {
        return if asks_later(&asked, UNKNOWN_CLIENT) {
            Outcome::Unknown("the sign-in service looks at the app only after the login".to_owned())
        } else if documents.any(|one| one.reading.goes_on()) {
            Outcome::Pass
        } else {
            Outcome::SetAside("the sign-in page complains about something else")
        };
    };
    // A service that says the same to apps that it registered itself minds something else than the document.
    let said_to_all = |one: &Asked<'_>| {
        one.question.starts_with("redirect-uri ")
            && one.reading.code().is_some()
            && one.reading.code() == first.reading.code()
    };
    if asked.iter().any(said_to_all) {
        return Outcome::SetAside("the sign-in page says the same to apps that are registered there");
    }
    let all = documents.count() == refused.len();
    let hit = hit_by(|client, _| {
        let has = Introduction::of(Some(client)).document.is_some();
        has && (all || refused.iter().any(|one| one.client == Some(client)))
    });
    let finding = Finding::new(&CHECK, "refused")
        .affects(hit.unwrap_or_default())
        .value("id", first.client_id.clone())
        .value("said", first.reading.text());
    Outcome::fail(refused.iter().fold(finding, |finding, one| finding.proof(line(one.exchange))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::ClientId;
    use crate::sample::{Sample, authorize};

    fn answered(status: u16, body: &str) -> Sample {
        let id = "https://claude.ai/oauth/claude-code-client-metadata";
        let sample = authorize(
            Sample::healthy(),
            UNKNOWN_CLIENT,
            "specification",
            "x",
            "http://127.0.0.1:1/",
            400,
            &[],
            "invalid_client",
        );
        authorize(sample, DOCUMENT, "claude-code", id, "http://localhost:3118/callback", status, &[], body)
    }

    #[test]
    fn a_refused_document_stops_those_who_have_one() {
        let refused = answered(400, "invalid_client_metadata_url").finding(&CHECK);
        assert_eq!(refused.affects, [ClientId::ClaudeCode, ClientId::VsCode]);
        assert_eq!(answered(200, "<form>Log in</form>").examine(&CHECK), Outcome::Pass);
        assert!(matches!(answered(400, "redirect_uri mismatch").examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}

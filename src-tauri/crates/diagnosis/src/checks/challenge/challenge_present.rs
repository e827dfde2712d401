use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::clients::ClientId;
use crate::discovery::left_out_by_guessing;
use crate::door;
use crate::evidence::{Evidence, Look};

pub const CHECK: Check = Check {
    code: "challenge-present",
    stage: Stage::Challenge,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "RFC 9728 section 5.1; MCP 2025-06-18 and later, Authorization Server Location",
    after: &["challenge-status"],
    variants: &["missing", "missing-but-well-known", "guessed", "renamed", "wants-a-key"],
    words: include_str!("challenge_present.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(challenges) = evidence.challenges() else {
        return match evidence.first_call() {
            Look::NotLooked => Outcome::Unknown("the server was not called".to_owned()),
            _ => Outcome::SetAside("the server did not ask for a sign-in"),
        };
    };
    if !challenges.fields.is_empty() {
        return Outcome::Pass;
    }
    let found_anyway = evidence.resource_metadata().is_some() || evidence.server_metadata().is_some();
    if let (Some(left_out), None) = (left_out_by_guessing(evidence), &challenges.renamed) {
        let finding = Finding::new(&CHECK, "guessed").proof("401 without WWW-Authenticate");
        return Outcome::fail(finding.severity(Severity::Warning).affects(left_out));
    }
    let finding = match challenges.renamed {
        Some((name, value)) => Finding::new(&CHECK, "renamed")
            .value("name", name.clone())
            .proof(format!("401 with {name}: {value}, and no WWW-Authenticate")),
        None if found_anyway => Finding::new(&CHECK, "missing-but-well-known").proof("401 without WWW-Authenticate"),
        None if door::asks_for_a_key(evidence) => return Outcome::fail(super::wants_a_key(&CHECK, evidence)),
        None => Finding::new(&CHECK, "missing").proof("401 without WWW-Authenticate"),
    };
    if !found_anyway {
        return Outcome::fail(finding);
    }
    // Clients that guess the well-known address go on; the revision 2025-06-18 told clients to rely on the header. ChatGPT says of
    // such a server that it "does not implement OAuth" (several reports of 2026).
    match evidence.cloud_client() {
        Some(ClientId::ChatGpt) => Outcome::fail(finding.affects([ClientId::ChatGpt]).confidence(Confidence::Likely)),
        _ => Outcome::fail(finding.severity(Severity::Warning)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Purpose;
    use crate::sample::{SERVER, Sample};
    use crate::sign_in::sample;

    #[test]
    fn a_healthy_server_is_fine_and_nothing_seen_is_never_a_pass() {
        assert_eq!(Sample::healthy().examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::unseen(SERVER).examine(&CHECK), Outcome::Unknown(_)));
    }

    #[test]
    fn a_bare_refusal_is_worst_where_nobody_can_guess() {
        let guessed = Sample::healthy().challenge(&[]).finding(&CHECK);
        assert_eq!((guessed.variant, guessed.severity), ("missing-but-well-known", Severity::Warning));
        let chatgpt = |evidence: &mut Evidence| evidence.subject.client = Some(ClientId::ChatGpt);
        let refused = Sample::healthy().challenge(&[]).change(chatgpt).finding(&CHECK);
        assert_eq!((refused.severity, refused.affects), (Severity::Error, vec![ClientId::ChatGpt]));
        let lost = Sample::unseen(SERVER).challenge(&[]).finding(&CHECK);
        assert_eq!((lost.variant, lost.severity), ("missing", Severity::Error));
        let renamed = Sample::unseen(SERVER).challenge(&[("x-amzn-remapped-www-authenticate", "Bearer x=\"1\"")]);
        assert_eq!(renamed.finding(&CHECK).variant, "renamed");
        let key = Sample::unseen(SERVER)
            .answer(Purpose::Initialize, 401, &[], r#"{"error":"Invalid or missing API key"}"#)
            .finding(&CHECK);
        assert_eq!((key.variant, key.owner), ("wants-a-key", Owner::User));
        let guessed = |evidence: &mut Evidence| sample(evidence, |reading| reading.guessed = true);
        let got_in = Sample::unseen(SERVER).challenge(&[]).change(guessed).finding(&CHECK);
        assert_eq!((got_in.variant, got_in.severity), ("guessed", Severity::Warning));
    }
}

use crate::authorize::{CACHED_CLIENT, KNOWN_CLIENT, asked};
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::clients::ClientId;
use crate::computer::Used;
use crate::evidence::Evidence;
use crate::scalekit::IdKind;

pub const CHECK: Check = Check {
    code: "reg-wrong-credential-type",
    stage: Stage::Registration,
    category: Category::RedirectUri,
    owner: Owner::User,
    requirement: Requirement::Must,
    reference: "Scalekit documentation, MCP troubleshooting: invalid_client_metadata_url",
    after: &[],
    variants: &["api-credential", "other-id"],
    words: include_str!("reg_wrong_credential_type.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let asked = asked(evidence);
    let mut ids: Vec<(String, Option<ClientId>)> = asked
        .iter()
        .filter(|one| matches!(one.question, KNOWN_CLIENT | CACHED_CLIENT))
        .map(|one| (one.client_id.clone(), one.client))
        .collect();
    if let (Some(computer), Some(server)) =
        (evidence.computer.as_ref().and_then(|fact| fact.value()), &evidence.subject.server)
    {
        ids.extend(
            computer
                .stored_for(server.as_str())
                .filter(|entry| entry.used == Used::InUse)
                .filter_map(|entry| Some((entry.client_id.clone()?, Some(entry.client)))),
        );
    }
    if ids.is_empty() {
        return Outcome::SetAside("no client id was given or is remembered");
    }
    for (id, client) in ids {
        let Some(kind) = IdKind::of(&id) else { continue };
        let variant = match kind {
            IdKind::Client | IdKind::OrganizationClient => continue,
            IdKind::ApiCredential => "api-credential",
            _ => "other-id",
        };
        return Outcome::fail(
            Finding::new(&CHECK, variant)
                .affects(client)
                .value("id", id.clone())
                .value("what", kind.words())
                .proof(format!("client_id: {id}")),
        );
    }
    Outcome::Pass
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{Sample, authorize};

    #[test]
    fn an_id_of_another_kind() {
        let with = |id: &str| {
            authorize(Sample::healthy(), KNOWN_CLIENT, "cursor", id, "http://localhost:8787/callback", 400, &[], "")
        };
        assert_eq!(with("skc_123").finding(&CHECK).variant, "api-credential");
        assert_eq!(with("res_123").finding(&CHECK).variant, "other-id");
        assert_eq!(with("m2m_123").examine(&CHECK), Outcome::Pass);
        assert_eq!(with("https://claude.ai/x").examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }
}

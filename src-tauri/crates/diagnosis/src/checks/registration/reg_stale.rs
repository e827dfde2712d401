use crate::authorize::{CACHED_CLIENT, UNKNOWN_CLIENT, asked, asks_later};
use crate::check::{Action, Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Stage};
use crate::clients::ClientId;
use crate::computer::{StoredEntry, Used};
use crate::discovery::line;
use crate::evidence::Evidence;
use crate::scalekit::is_right_issuer;
use crate::subject::is_loopback;
use url::Url;

pub const CHECK: Check = Check {
    code: "reg-stale",
    stage: Stage::Registration,
    category: Category::RedirectUri,
    owner: Owner::User,
    requirement: Requirement::Should,
    reference: "MCP 2026-07-28, Client Registration (SEP-2352): credentials belong to one issuer",
    after: &[],
    variants: &["unknown-client", "other-issuer", "foreign-redirect", "redirect-changed"],
    words: include_str!("reg_stale.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(server) = &evidence.subject.server else { return Outcome::SetAside("no server was given") };
    let stored: Vec<&StoredEntry> = evidence
        .computer
        .as_ref()
        .and_then(|fact| fact.value())
        .map(|computer| {
            let entries = computer.stored_for(server.as_str());
            entries.filter(|entry| entry.used == Used::InUse && entry.looked_into).collect()
        })
        .unwrap_or_default();
    let asked = asked(evidence);
    let remembered: Vec<_> = asked.iter().filter(|one| one.question == CACHED_CLIENT).collect();
    if stored.is_empty() && remembered.is_empty() {
        return Outcome::SetAside("no app remembers an introduction to this sign-in service");
    }
    let finding = |variant, client: Option<ClientId>, id: &str| {
        let finding = Finding::new(&CHECK, variant).affects(client).value("id", id);
        let Some(client) = client else { return finding.value("client", "The app") };
        let action = Action::ClearCache { client: client.id().to_owned(), server: server.to_string() };
        finding.value("client", client.name()).action(action)
    };
    if let Some(one) = remembered.iter().find(|one| one.reading.about_client()) {
        let said = one.reading.text();
        return Outcome::fail(
            finding("unknown-client", one.client, &one.client_id).value("said", said).proof(line(one.exchange)),
        );
    }
    let issuers = evidence.issuers();
    for entry in &stored {
        let id = entry.client_id.as_deref().unwrap_or("(not known)");
        if let (Some(issuer), Some(current)) = (&entry.issuer, issuers.first()) {
            let same = issuers.iter().any(|named| {
                named.trim_end_matches('/') == issuer.trim_end_matches('/')
                    || is_right_issuer(issuer.trim_end_matches('/'), named)
                    || is_right_issuer(named, issuer)
            });
            if !same {
                return Outcome::fail(
                    finding("other-issuer", Some(entry.client), id)
                        .confidence(Confidence::Likely)
                        .proof(format!("{}: client_id {id} of {issuer}", entry.store))
                        .compare("The server names", current.clone(), "The app remembers", issuer.clone()),
                );
            }
        }
        // mcp-remote comes back to this computer and nowhere else.
        let foreign = entry.client == ClientId::McpRemote
            && !entry.redirect_uris.is_empty()
            && !entry.redirect_uris.iter().any(|uri| Url::parse(uri).is_ok_and(|uri| is_loopback(&uri)));
        if foreign {
            let uris = entry.redirect_uris.join(", ");
            let proof = format!("{}: redirect_uris {uris}", entry.store);
            return Outcome::fail(finding("foreign-redirect", Some(entry.client), id).value("uris", uris).proof(proof));
        }
    }
    if remembered.is_empty() && issuers.is_empty() {
        return Outcome::Unknown("the sign-in service of the server is not known".to_owned());
    }
    if !remembered.is_empty() && asks_later(&asked, UNKNOWN_CLIENT) {
        return Outcome::Unknown("the sign-in service looks at the app only after the login".to_owned());
    }
    Outcome::Pass
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::computer::{Computer, HowToClear};
    use crate::sample::{ISSUER, SERVER, Sample, authorize, fact};

    fn stored(change: impl FnOnce(&mut StoredEntry)) -> Sample {
        let mut entry = StoredEntry {
            id: "mcp-remote/x".to_owned(),
            client: ClientId::McpRemote,
            server: Some(SERVER.to_owned()),
            name: None,
            store: "~/.mcp-auth/mcp-remote-v1".to_owned(),
            key: "x".to_owned(),
            version: None,
            files: Vec::new(),
            holds: Vec::new(),
            used: Used::InUse,
            used_by: Vec::new(),
            client_id: Some("m2m_1".to_owned()),
            redirect_uris: vec!["http://localhost:3334/oauth/callback".to_owned()],
            issuer: Some(ISSUER.to_owned()),
            expires_at_ms: None,
            expiry_estimated: false,
            secret_expires_at_ms: None,
            modified_ms: None,
            lock: None,
            troubles: Vec::new(),
            looked_into: true,
            how_to_clear: HowToClear::AppMovesFiles,
        };
        change(&mut entry);
        let computer = Computer { stored: vec![entry], ..Computer::default() };
        Sample::healthy().change(|evidence| evidence.computer = Some(fact(Ok(computer))))
    }

    #[test]
    fn each_variant() {
        let unknown = authorize(
            Sample::healthy(),
            CACHED_CLIENT,
            "mcp-remote",
            "m2m_1",
            "http://localhost:1/",
            400,
            &[],
            "unable to retrieve client by id",
        );
        assert_eq!(unknown.finding(&CHECK).variant, "unknown-client");
        assert_eq!(
            stored(|entry| entry.issuer = Some("https://old.scalekit.dev".to_owned())).finding(&CHECK).variant,
            "other-issuer"
        );
        let foreign = stored(|entry| entry.redirect_uris = vec!["https://mcp.example.com/callback".to_owned()]);
        assert_eq!(foreign.finding(&CHECK).variant, "foreign-redirect");
    }

    #[test]
    fn what_fits_is_no_fault() {
        assert_eq!(stored(|_| {}).examine(&CHECK), Outcome::Pass);
        assert_eq!(
            stored(|entry| entry.issuer = Some("https://acme.scalekit.com".to_owned())).examine(&CHECK),
            Outcome::Pass
        );
        assert!(matches!(stored(|entry| entry.used = Used::Leftover).examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }
}

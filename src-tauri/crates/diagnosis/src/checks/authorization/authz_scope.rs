use crate::authorize::{Asked, CACHED_CLIENT, NO_SCOPE, Reading, UNKNOWN_CLIENT, asked};
use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::checks::registration::NOT_TRIED;
use crate::discovery::line;
use crate::evidence::Evidence;
use crate::introduction::Introduction;
use crate::registering::{Attempt, attempts};

pub const CHECK: Check = Check {
    code: "authz-scope",
    stage: Stage::Authorization,
    category: Category::Scope,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "RFC 6749 section 4.1.2.1; MCP 2026-07-28, Scope Selection Strategy",
    after: &[],
    variants: &["refused", "not-registered"],
    words: include_str!("authz_scope.md"),
    examine,
};

fn refuses(code: Option<&str>, text: &str) -> bool {
    code == Some("invalid_scope") || text.contains("AADSTS650053") || text.contains("invalid_scope")
}

/// It was introduced in this run.
fn attempts_made(attempts: &[Attempt<'_>], one: &Asked<'_>) -> bool {
    attempts.iter().any(|attempt| attempt.client_id() == Some(one.client_id.as_str()))
}

/// Whoever names the permissions when it registers gets them; whoever does not is refused.
fn not_registered(evidence: &Evidence, one: &Asked<'_>) -> Outcome {
    let client = evidence.subject.client.filter(|client| !Introduction::of(Some(*client)).names_scopes);
    let scope = one.exchange.request.url.query_pairs().find(|(name, _)| name == "scope");
    let finding = Finding::new(&CHECK, "not-registered")
        .owner(Owner::AuthorizationServer)
        .confidence(Confidence::Likely)
        .value("scope", scope.map(|(_, value)| value.into_owned()).unwrap_or_default())
        .value("said", one.reading.text())
        .proof(line(one.exchange));
    Outcome::fail(match client {
        Some(client) => finding.affects([client.signs_in_as()]),
        None => finding.severity(Severity::Warning),
    })
}

fn examine(evidence: &Evidence) -> Outcome {
    let asked = asked(evidence);
    // Questions that name no scope say nothing about one: the service may have filled in its own, or insist on any.
    let named = |one: &&Asked<'_>| ![CACHED_CLIENT, UNKNOWN_CLIENT, NO_SCOPE].contains(&one.question);
    let attempts = attempts(evidence);
    // An app that named no permission when it registered may be given none, however well the service knows it.
    let registered_without = |one: &Asked<'_>| {
        let attempt = attempts.iter().find(|attempt| attempt.client_id() == Some(one.client_id.as_str()));
        attempt.is_some_and(|attempt| attempt.scope().is_none())
    };
    let refused: Vec<&Asked<'_>> =
        asked.iter().filter(named).filter(|one| refuses(one.reading.code(), one.reading.text())).collect();
    let says_so = |one: &Asked<'_>| one.reading.text().to_ascii_lowercase().contains("registered");
    let others_go_on =
        asked.iter().any(|one| !registered_without(one) && attempts_made(&attempts, one) && one.reading.goes_on());
    if let [first, ..] = refused.as_slice()
        && refused.iter().all(|one| registered_without(one) && (others_go_on || says_so(one)))
    {
        return not_registered(evidence, first);
    }
    if let Some(one) = refused.iter().find(|one| !registered_without(one)).or(refused.first()) {
        let without = asked.iter().any(|other| other.question == NO_SCOPE && other.reading.goes_on());
        let scope = one.exchange.request.url.query_pairs().find(|(name, _)| name == "scope");
        let finding = Finding::new(&CHECK, "refused")
            .value("scope", scope.map(|(_, value)| value.into_owned()).unwrap_or_default())
            .value("said", one.reading.text())
            .proof(line(one.exchange));
        return Outcome::fail(if without {
            finding.proof("without `scope` the sign-in page goes on")
        } else {
            finding
        });
    }
    if let Some(reading) = crate::sign_in::of(evidence)
        && let Some(answer) = &reading.answer
    {
        let text = answer.error_description.clone().unwrap_or_default();
        if refuses(answer.error.as_deref(), &text) {
            return Outcome::fail(
                Finding::new(&CHECK, "refused")
                    .value("scope", reading.requested_scope.clone().unwrap_or_default())
                    .value("said", crate::discovery::tidy(&text, 300))
                    .proof("the sign-in page sent the browser back with error=invalid_scope"),
            );
        }
        if answer.code {
            return Outcome::Pass;
        }
    }
    if asked.iter().any(|one| matches!(&one.reading, Reading::Back { error: None, .. })) {
        return Outcome::Pass;
    }
    if asked.is_empty() {
        return Outcome::SetAside(NOT_TRIED);
    }
    Outcome::Unknown("the sign-in service may look at it only after the login".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authorize::with_redirect;
    use crate::clients::ClientId;
    use crate::sample::{Sample, authorize, register};

    #[test]
    fn an_app_that_named_no_permission_when_it_registered() {
        let uri = "http://localhost:3118/callback";
        let asked = |client: Option<ClientId>| {
            let reply = "{\"client_id\":\"c1\",\"redirect_uris\":[]}";
            let sample = register(Sample::healthy(), "claude-code", None, &[uri], 201, reply);
            let to =
                format!("{uri}?error=invalid_scope&error_description=Client was not registered with scope todo:read");
            let to = [("location", to.as_str())];
            authorize(sample, &with_redirect(uri), "claude-code", "c1", uri, 302, &to, "")
                .change(|evidence| evidence.subject.client = client)
                .finding(&CHECK)
        };
        let named = asked(Some(ClientId::ClaudeCode));
        assert_eq!((named.variant, named.affects), ("not-registered", vec![ClientId::ClaudeCode]));
        assert_eq!(asked(None).severity, Severity::Warning);
        assert_eq!(asked(Some(ClientId::Cursor)).severity, Severity::Warning);
    }

    #[test]
    fn a_permission_that_does_not_exist() {
        let uri = "http://localhost:8787/callback";
        let back = |query: &str| {
            let to = format!("{uri}?{query}");
            authorize(Sample::healthy(), &with_redirect(uri), "cursor", "m2m_1", uri, 302, &[("location", &to)], "")
        };
        assert_eq!(back("error=invalid_scope&error_description=nope").finding(&CHECK).values["said"], "nope");
        let to = format!("{uri}?error=invalid_scope");
        let stored = authorize(Sample::healthy(), CACHED_CLIENT, "cursor", "m2m_1", uri, 302, &[("location", &to)], "");
        assert!(matches!(stored.examine(&CHECK), Outcome::Unknown(_)), "no scope was asked for");
        assert_eq!(back("code=********").examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::SetAside(_)));
    }
}

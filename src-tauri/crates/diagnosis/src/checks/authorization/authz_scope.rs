use crate::authorize::{Asked, CACHED_CLIENT, NO_SCOPE, Reading, UNKNOWN_CLIENT, asked};
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::checks::registration::NOT_TRIED;
use crate::discovery::line;
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "authz-scope",
    stage: Stage::Authorization,
    category: Category::Scope,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "RFC 6749 section 4.1.2.1; MCP 2026-07-28, Scope Selection Strategy",
    after: &[],
    variants: &["refused"],
    words: include_str!("authz_scope.md"),
    examine,
};

fn refuses(code: Option<&str>, text: &str) -> bool {
    code == Some("invalid_scope") || text.contains("AADSTS650053") || text.contains("invalid_scope")
}

fn examine(evidence: &Evidence) -> Outcome {
    let asked = asked(evidence);
    // Questions that name no scope say nothing about one: the service may have filled in its own, or insist on any.
    let named = |one: &&Asked<'_>| ![CACHED_CLIENT, UNKNOWN_CLIENT, NO_SCOPE].contains(&one.question);
    if let Some(one) = asked.iter().filter(named).find(|one| refuses(one.reading.code(), one.reading.text())) {
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
    use crate::sample::{Sample, authorize};

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

use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::evidence::Evidence;
use url::Url;

pub const CHECK: Check = Check {
    code: "reach-url-valid",
    stage: Stage::Reach,
    category: Category::Connection,
    owner: Owner::User,
    requirement: Requirement::Must,
    reference: "MCP 2026-07-28, Canonical Server URI; RFC 3986 section 3",
    after: &[],
    variants: &["not-a-url", "other-scheme", "credentials", "fragment"],
    words: include_str!("reach_url_valid.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let typed = evidence.subject.typed.trim();
    let Some(server) = &evidence.subject.server else {
        return if typed.is_empty() {
            Outcome::SetAside("no server was named")
        } else {
            Outcome::fail(Finding::new(&CHECK, "not-a-url").value("typed", typed))
        };
    };
    let finding = |variant| Finding::new(&CHECK, variant).value("typed", typed).value("server", server.as_str());
    if !matches!(server.scheme(), "http" | "https") {
        return Outcome::fail(finding("other-scheme").value("scheme", server.scheme()));
    }
    if !server.has_host() {
        return Outcome::fail(finding("not-a-url"));
    }
    // Neither is part of a request; clients differ in what they make of them.
    if !server.username().is_empty() || server.password().is_some() {
        return Outcome::fail(
            finding("credentials").value("typed", "…@…").value("server", without_credentials(server)),
        );
    }
    if server.fragment().is_some() {
        return Outcome::fail(finding("fragment").severity(Severity::Warning));
    }
    Outcome::Pass
}

fn without_credentials(server: &Url) -> String {
    let mut bare = server.clone();
    // Fails only for addresses that cannot have a user name: then there is none.
    let _ = bare.set_username("");
    let _ = bare.set_password(None);
    bare.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    #[test]
    fn a_healthy_server_is_fine() {
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::Pass));
    }

    #[test]
    fn each_unusable_address_has_its_words() {
        for (address, variant) in [
            ("ws://mcp.example.com/mcp", "other-scheme"),
            ("https://user:canary@mcp.example.com/mcp", "credentials"),
            ("https://mcp.example.com/mcp#top", "fragment"),
        ] {
            let finding = Sample::unseen(address).finding(&CHECK);
            assert_eq!(finding.variant, variant);
            assert!(!format!("{finding:?}").contains("canary"));
        }
        let mistyped = Sample::unseen("https://a.example").change(|evidence| {
            evidence.subject.server = None;
            evidence.subject.typed = "my server".to_owned();
        });
        assert_eq!(mistyped.finding(&CHECK).variant, "not-a-url");
    }
}

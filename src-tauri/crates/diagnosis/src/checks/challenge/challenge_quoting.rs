use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::clients::{Engine, hit_by};
use crate::evidence::Evidence;
use crate::oauth::challenge::Quoting;

pub const CHECK: Check = Check {
    code: "challenge-quoting",
    stage: Stage::Challenge,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "RFC 9110 sections 11.2 and 11.6.1",
    after: &["challenge-present", "challenge-resource-metadata"],
    variants: &["unquoted", "single-quotes", "typographic-quotes", "missing-comma"],
    words: include_str!("challenge_quoting.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(challenges) = evidence.challenges() else {
        return Outcome::SetAside("the server did not ask for a sign-in");
    };
    if challenges.fields.is_empty() {
        return Outcome::SetAside("there is no signpost to read");
    }
    let parameters = || challenges.tolerant.iter().flat_map(|challenge| &challenge.parameters);
    let quoted = |wanted: Quoting| parameters().find(|parameter| parameter.quoting == wanted);
    let (variant, written) = if let Some(parameter) = quoted(Quoting::Typographic) {
        ("typographic-quotes", parameter)
    } else if let Some(parameter) = quoted(Quoting::Single) {
        ("single-quotes", parameter)
    } else if let Some(parameter) = quoted(Quoting::Bare) {
        ("unquoted", parameter)
    } else if let Some(parameter) = parameters().find(|parameter| !parameter.comma_before) {
        ("missing-comma", parameter)
    } else {
        return Outcome::Pass;
    };
    let mut finding = Finding::new(&CHECK, variant).value("name", written.name.clone());
    for field in &challenges.fields {
        finding = finding.proof(format!("WWW-Authenticate: {field}"));
    }
    // Real clients scan for the name and forgive a lot; the wrong quotes become part of the address for them.
    let breaks = matches!(variant, "typographic-quotes" | "single-quotes")
        && written.name.eq_ignore_ascii_case("resource_metadata");
    let lost = !evidence.metadata_without_signpost();
    match hit_by(|_, engine| breaks && (lost || matches!(engine, Engine::VsCode | Engine::Python1))) {
        Some(clients) => Outcome::fail(finding.affects(clients)),
        None => Outcome::fail(finding.severity(Severity::Warning)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{SERVER, Sample};

    #[test]
    fn a_healthy_server_is_fine() {
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::Pass));
    }

    #[test]
    fn nothing_seen_is_never_a_pass() {
        let outcome = Sample::unseen(SERVER).examine(&CHECK);
        assert!(matches!(outcome, Outcome::Unknown(_) | Outcome::SetAside(_)), "{outcome:?}");
    }

    #[test]
    fn each_slip_of_punctuation_is_told_apart() {
        let url = "https://mcp.example.com/.well-known/oauth-protected-resource/mcp";
        for (field, variant, severity) in [
            (format!("Bearer resource_metadata={url}"), "unquoted", Severity::Warning),
            (format!("Bearer resource_metadata='{url}'"), "single-quotes", Severity::Error),
            (format!("Bearer resource_metadata=“{url}”"), "typographic-quotes", Severity::Error),
            (format!("Bearer resource_metadata=\"{url}\" scope=\"a\""), "missing-comma", Severity::Warning),
        ] {
            let finding = Sample::healthy().challenge(&[("www-authenticate", &field)]).finding(&CHECK);
            assert_eq!((finding.variant, finding.severity), (variant, severity), "{field}");
        }
    }

    #[test]
    fn what_sdk_servers_write_is_fine() {
        for field in [
            "Bearer",
            "Bearer error=invalid_token",
            "Bearer realm=\"OAuth\", resource_metadata=\"https://mcp.example.com/x\"",
            "Bearer error=\"invalid_token\", error_description=\"No token, try again\", scope=\"a b\", resource_metadata=\"https://mcp.example.com/x\"",
        ] {
            assert_eq!(
                Sample::healthy().challenge(&[("www-authenticate", field)]).examine(&CHECK),
                Outcome::Pass,
                "{field}"
            );
        }
    }
}

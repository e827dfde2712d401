use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::clients::{Engine, hit_by};
use crate::evidence::Evidence;
use crate::oauth::challenge;

pub const CHECK: Check = Check {
    code: "challenge-scheme",
    stage: Stage::Challenge,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "RFC 6750 section 3; RFC 9449 section 7.1; MCP, Token Usage",
    after: &["challenge-present"],
    variants: &["not-bearer", "bearer-not-first", "dpop-only"],
    words: include_str!("challenge_scheme.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(challenges) = evidence.challenges() else {
        return Outcome::SetAside("the server did not ask for a sign-in");
    };
    if challenges.fields.is_empty() {
        return Outcome::SetAside("there is no signpost to read");
    }
    let schemes = challenge::schemes(&challenges);
    let names = if schemes.is_empty() { "nothing that has a name".to_owned() } else { schemes.join(", ") };
    let finding = |variant| {
        let mut finding = Finding::new(&CHECK, variant).value("schemes", names.clone());
        for field in &challenges.fields {
            finding = finding.proof(format!("WWW-Authenticate: {field}"));
        }
        finding
    };
    let is = |scheme: &&String, name: &str| scheme.eq_ignore_ascii_case(name);
    if schemes.iter().any(|scheme| is(&scheme, "bearer")) {
        // The TypeScript SDKs read the first word of the header only. Without the signpost they still guess.
        let first = schemes.first().is_some_and(|scheme| is(&scheme, "bearer"));
        if first {
            return Outcome::Pass;
        }
        let finding = finding("bearer-not-first");
        let lost = !evidence.metadata_without_signpost();
        return Outcome::fail(match hit_by(|_, engine| lost && engine.is_typescript()) {
            Some(clients) => finding.affects(clients),
            None => finding.severity(Severity::Warning),
        });
    }
    if schemes.iter().any(|scheme| is(&scheme, "dpop")) {
        let clients = hit_by(|_, engine| engine != Engine::TypeScript2);
        return Outcome::fail(finding("dpop-only").affects(clients.unwrap_or_default()));
    }
    Outcome::fail(finding("not-bearer"))
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
    fn each_other_scheme_has_its_words() {
        for (field, variant) in [
            ("Basic realm=\"x\"", "not-bearer"),
            ("Negotiate", "not-bearer"),
            ("DPoP algs=\"ES256\", resource_metadata=\"https://mcp.example.com/x\"", "dpop-only"),
            ("Basic realm=\"x\", Bearer resource_metadata=\"https://mcp.example.com/x\"", "bearer-not-first"),
        ] {
            let finding = Sample::healthy().challenge(&[("www-authenticate", field)]).finding(&CHECK);
            assert_eq!(finding.variant, variant, "{field}");
        }
    }

    #[test]
    fn bearer_in_second_place_stops_only_those_who_cannot_guess() {
        let field = "Basic realm=\"x\", Bearer resource_metadata=\"https://mcp.example.com/x\"";
        let guessed = Sample::healthy().challenge(&[("www-authenticate", field)]);
        assert_eq!(guessed.finding(&CHECK).severity, Severity::Warning);
    }

    #[test]
    fn bearer_in_small_letters_is_bearer() {
        let sample = Sample::healthy().challenge(&[("www-authenticate", "bearer realm=\"x\"")]);
        assert_eq!(sample.examine(&CHECK), Outcome::Pass);
    }
}

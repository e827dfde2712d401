use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::clients::{Engine, hit_by};
use crate::evidence::Evidence;
use url::Url;

pub const CHECK: Check = Check {
    code: "challenge-metadata-absolute",
    stage: Stage::Challenge,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "RFC 9728 section 5.1; RFC 3986 section 4.3",
    after: &["challenge-present", "challenge-resource-metadata"],
    variants: &["relative", "no-scheme", "not-a-url"],
    words: include_str!("challenge_metadata_absolute.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(challenges) = evidence.challenges() else {
        return Outcome::SetAside("the server did not ask for a sign-in");
    };
    let Some(parameter) = challenges.parameter("resource_metadata") else {
        return Outcome::SetAside("the signpost names no address");
    };
    let written = parameter.value.trim();
    let is_web = |url: &Url| matches!(url.scheme(), "http" | "https");
    let variant = match Url::parse(written) {
        Ok(url) if is_web(&url) => return Outcome::Pass,
        _ if written.starts_with('/') || written.starts_with('.') => "relative",
        // `host/path` and `host:port/path`; the latter parses as a scheme.
        _ if Url::parse(&format!("https://{written}")).is_ok_and(|url| url.has_host()) && looks_like_host(written) => {
            "no-scheme"
        }
        _ => "not-a-url",
    };
    let base = evidence.subject.server.as_ref();
    let meant = match variant {
        "relative" => base.and_then(|base| base.join(written).ok()).map(String::from),
        "no-scheme" => Some(format!("https://{written}")),
        _ => None,
    };
    let finding = Finding::new(&CHECK, variant)
        .value("written", written)
        .value("meant", meant.unwrap_or_else(|| "https://…".to_owned()))
        .proof(format!("resource_metadata=\"{written}\""));
    let lost = !evidence.metadata_without_signpost();
    match hit_by(|_, engine| lost || matches!(engine, Engine::VsCode | Engine::Python1)) {
        Some(clients) => Outcome::fail(finding.affects(clients)),
        None => Outcome::fail(finding.severity(Severity::Warning)),
    }
}

fn looks_like_host(written: &str) -> bool {
    let host = written.split(['/', ':']).next().unwrap_or_default();
    !host.is_empty() && (host.contains('.') || host == "localhost") && !host.contains(char::is_whitespace)
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
    fn half_an_address_stops_those_who_rely_on_it() {
        for (written, variant) in [
            ("/.well-known/oauth-protected-resource/mcp", "relative"),
            ("mcp.example.com/.well-known/oauth-protected-resource", "no-scheme"),
            ("127.0.0.1:3000/.well-known/oauth-protected-resource", "no-scheme"),
            ("javascript:alert(1)", "not-a-url"),
            ("yes", "not-a-url"),
        ] {
            let field = format!("Bearer resource_metadata=\"{written}\"");
            let finding = Sample::healthy().challenge(&[("www-authenticate", &field)]).finding(&CHECK);
            assert_eq!(finding.variant, variant, "{written}");
            assert_eq!(finding.affects, [crate::clients::ClientId::VsCode]);
        }
    }

    #[test]
    fn where_nobody_can_guess_everybody_stops() {
        let field = "Bearer resource_metadata=\"/x\"";
        let finding = Sample::unseen(SERVER).challenge(&[("www-authenticate", field)]).finding(&CHECK);
        assert!(finding.affects.is_empty());
    }
}

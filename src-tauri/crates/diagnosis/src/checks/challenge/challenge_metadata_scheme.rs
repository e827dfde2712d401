use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::clients::hit_by;
use crate::discovery::is_internal;
use crate::evidence::{Evidence, Place, Purpose};
use url::Url;

pub const CHECK: Check = Check {
    code: "challenge-metadata-scheme",
    stage: Stage::Challenge,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "RFC 9728 sections 3 and 5.1",
    after: &["challenge-present", "challenge-metadata-absolute"],
    variants: &["http"],
    words: include_str!("challenge_metadata_scheme.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(challenges) = evidence.challenges() else {
        return Outcome::SetAside("the server did not ask for a sign-in");
    };
    let Some(named) = challenges.resource_metadata().and_then(|url| Url::parse(url.trim()).ok()) else {
        return Outcome::SetAside("the signpost names no address");
    };
    let Some(server) = &evidence.subject.server else { return Outcome::SetAside("no server was named") };
    let own = named.host() == server.host();
    // A machine that nobody out here can reach is wrong by its name, which is told elsewhere, and not by its scheme.
    if named.scheme() != "http" || server.scheme() != "https" || (is_internal(&named) && !own) {
        return Outcome::Pass;
    }
    let finding = Finding::new(&CHECK, "http")
        .value("written", named.as_str())
        .compare("The server's address begins", "https://", "Its signpost begins", "http://")
        .proof(format!("resource_metadata=\"{named}\""));
    let works = evidence
        .answer(&Purpose::ResourceMetadata { place: Place::Header })
        .is_some_and(|answer| answer.status == 200 && answer.body.json().is_ok());
    let lost = !evidence.metadata_without_signpost();
    match hit_by(|_, engine| !works && (lost || !engine.is_python())) {
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
    fn an_address_that_is_not_secure_stops_those_who_rely_on_it() {
        let field = "Bearer resource_metadata=\"http://mcp.example.com/.well-known/oauth-protected-resource/mcp\"";
        let sample = Sample::healthy().challenge(&[("www-authenticate", field)]);
        assert_eq!(sample.finding(&CHECK).severity, Severity::Warning);
        let forwarded = sample.answer(Purpose::ResourceMetadata { place: Place::Header }, 308, &[], "");
        assert_eq!(forwarded.finding(&CHECK).severity, Severity::Error);
        let inside = "Bearer resource_metadata=\"http://0.0.0.0:8000/.well-known/oauth-protected-resource/mcp\"";
        let inside = Sample::healthy().challenge(&[("www-authenticate", inside)]);
        assert_eq!(inside.examine(&CHECK), Outcome::Pass);
        assert!(!forwarded.finding(&CHECK).affects.contains(&crate::clients::ClientId::FastMcp));
    }
}

use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::clients::hit_by;
use crate::door::{self, Reach};
use crate::evidence::{Evidence, Place, Purpose};
use crate::subject::is_loopback;
use url::Url;

pub const CHECK: Check = Check {
    code: "challenge-metadata-host",
    stage: Stage::Challenge,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "RFC 9728 section 7.3; Scalekit MCP samples",
    after: &["challenge-present", "challenge-metadata-absolute"],
    variants: &["this-computer", "internal", "other"],
    words: include_str!("challenge_metadata_host.md"),
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
    let same = named.host() == server.host()
        && (is_loopback(server) || named.port_or_known_default() == server.port_or_known_default());
    // `localhost` and 127.0.0.1 are one computer; http against https is told elsewhere.
    let both_here =
        is_loopback(&named) && is_loopback(server) && named.port_or_known_default() == server.port_or_known_default();
    if same && !is_loopback(server) || both_here || (named.host() == server.host() && named.scheme() != server.scheme())
    {
        return Outcome::Pass;
    }
    let finding = |variant| {
        Finding::new(&CHECK, variant)
            .value("written", named.as_str())
            .compare(
                "You call",
                server.origin().ascii_serialization(),
                "The signpost points to",
                named.origin().ascii_serialization(),
            )
            .proof(format!("resource_metadata=\"{named}\""))
    };
    let lost = !evidence.metadata_without_signpost();
    let stops = |finding: Finding| match hit_by(|_, engine| lost || !engine.is_python()) {
        Some(clients) => finding.affects(clients),
        None => finding.severity(Severity::Warning),
    };
    let readable = evidence
        .answer(&Purpose::ResourceMetadata { place: Place::Header })
        .is_some_and(|answer| answer.status == 200 && answer.body.json().is_ok());
    Outcome::fail(match door::reach(&named, evidence) {
        Reach::ThisComputer if !is_loopback(server) => stops(finding("this-computer")),
        Reach::PrivateNetwork if door::reach(server, evidence) != Reach::PrivateNetwork => stops(finding("internal")),
        _ if readable => finding("other").severity(Severity::Warning),
        _ => stops(finding("other")),
    })
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

    fn pointing(server: &str, named: &str) -> Sample {
        let field = format!("Bearer resource_metadata=\"{named}\"");
        let mut sample = Sample::healthy().challenge(&[("www-authenticate", &field)]);
        let url = Url::parse(server).expect("a URL");
        sample = sample.change(|evidence| evidence.subject.server = Some(url));
        sample
    }

    #[test]
    fn where_it_points_decides() {
        for (named, variant, severity) in [
            ("http://localhost:3002/.well-known/oauth-protected-resource", "this-computer", Severity::Error),
            ("http://mcp.default.svc.cluster.local:8080/x", "internal", Severity::Error),
            ("https://10.1.2.3/x", "internal", Severity::Error),
            ("https://other.example.com/x", "other", Severity::Warning),
        ] {
            let finding = pointing(SERVER, named).finding(&CHECK);
            assert_eq!((finding.variant, finding.severity), (variant, severity), "{named}");
        }
    }

    #[test]
    fn two_names_of_this_computer_are_one() {
        let sample =
            pointing("http://127.0.0.1:3002/mcp", "http://localhost:3002/.well-known/oauth-protected-resource");
        assert_eq!(sample.examine(&CHECK), Outcome::Pass);
    }
}

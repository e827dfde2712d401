use crate::check::{Action, Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::evidence::{Evidence, TlsFault};
use crate::subject::is_loopback;
use crate::tls;

pub const CHECK: Check = Check {
    code: "reach-tls-protocol",
    stage: Stage::Reach,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "RFC 9325; RFC 8446",
    after: &["reach-tcp"],
    variants: &["plain-http", "outdated", "unreadable"],
    words: include_str!("reach_tls_protocol.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let handshakes = match tls::handshakes(evidence) {
        Ok(handshakes) => handshakes,
        Err(outcome) => return outcome,
    };
    let server = evidence.subject.server.clone();
    let mut findings = Vec::new();
    for failed in &handshakes {
        let variant = match failed.fault {
            TlsFault::PlainHttp => "plain-http",
            TlsFault::NoCommonProtocol => "outdated",
            TlsFault::Other { .. } if failed.everybody && failed.came_to_no_certificate() => "unreadable",
            _ => continue,
        };
        let mut finding = failed.finding(Finding::new(&CHECK, variant)).value("plain", "http://…");
        if let Some(mut plain) =
            server.clone().filter(|server| variant == "plain-http" && failed.is_server && is_loopback(server))
        {
            // Cannot fail between these two schemes. On this computer plain http is fine.
            let _ = plain.set_scheme("http");
            finding = finding
                .owner(Owner::User)
                .value("plain", plain.as_str())
                .action(Action::CheckOtherUrl { url: plain.to_string() });
        }
        findings.push(finding);
    }
    Outcome::of(findings)
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
    fn plain_http_on_an_https_port_and_old_versions_are_told_apart() {
        use crate::tls::tests::refused;
        assert_eq!(refused(TlsFault::PlainHttp, Vec::new()).finding(&CHECK).variant, "plain-http");
        assert_eq!(refused(TlsFault::NoCommonProtocol, Vec::new()).finding(&CHECK).variant, "outdated");
        let noise = TlsFault::Other { what: "received corrupt message of type MessageTooLarge".to_owned() };
        assert_eq!(refused(noise.clone(), Vec::new()).finding(&CHECK).variant, "unreadable");
        // A certificate that is refused is another check's business, whether it was seen or not.
        let certificate = crate::sample::certificate();
        assert_eq!(refused(noise, vec![certificate]).examine(&CHECK), Outcome::Pass);
        let unseen = TlsFault::Other { what: "invalid peer certificate: BadEncoding".to_owned() };
        assert_eq!(refused(unseen, Vec::new()).examine(&CHECK), Outcome::Pass);
    }

    #[test]
    fn on_this_computer_the_plain_address_is_offered() {
        let sample = Sample::unseen("https://localhost:3000/mcp").silence(
            crate::evidence::Purpose::Initialize,
            crate::evidence::NoAnswerKind::Tls { fault: TlsFault::PlainHttp },
        );
        let finding = sample.finding(&CHECK);
        assert_eq!(finding.action, Some(Action::CheckOtherUrl { url: "http://localhost:3000/mcp".to_owned() }));
    }
}

use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Severity, Stage};
use std::net::IpAddr;

use crate::evidence::{Evidence, NoAnswerKind};
use crate::subject::{Symptom, is_loopback};

pub const CHECK: Check = Check {
    code: "reach-localhost-family",
    stage: Stage::Reach,
    category: Category::Connection,
    owner: Owner::User,
    requirement: Requirement::Should,
    reference: "RFC 8252 sections 7.3 and 8.3; RFC 6761 section 6.3",
    after: &["reach-dns"],
    variants: &["other-family", "ipv4-only", "ipv6-only"],
    words: include_str!("reach_localhost_family.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(server) = evidence.subject.server.as_ref().filter(|server| is_loopback(server)) else {
        return Outcome::SetAside("the server is not on this computer");
    };
    let tried: Vec<_> = evidence.connections.iter().filter_map(|fact| fact.value()).collect();
    if tried.is_empty() {
        return Outcome::Unknown("no connection was tried".to_owned());
    }
    let works = |v6: bool| tried.iter().any(|one| one.address.is_ipv6() == v6 && one.outcome.is_ok());
    let refused =
        |v6: bool| tried.iter().any(|one| one.address.is_ipv6() == v6 && one.outcome == Err(NoAnswerKind::Refused));
    let (only_v4, only_v6) = (works(false) && refused(true), works(true) && refused(false));
    if !only_v4 && !only_v6 {
        return Outcome::Pass;
    }
    let port = server.port_or_known_default().unwrap_or_default();
    let (listens, other) = if only_v4 { ("127.0.0.1", "[::1]") } else { ("[::1]", "127.0.0.1") };
    let finding = |variant| {
        Finding::new(&CHECK, variant)
            .value("listens", listens)
            .value("other", other)
            .value("port", port.to_string())
            .proof(format!("port {port}: {listens} takes connections, {other} refuses them"))
    };
    if evidence.silence().is_some_and(|silence| silence.kind == NoAnswerKind::Refused) {
        return Outcome::fail(finding("other-family"));
    }
    // Nearly every development server listens on one of the two only, and programs of today try both. It is worth a
    // word when the resolver puts the silent one first and somebody has trouble that this would explain.
    let first = evidence.addresses.get("localhost").and_then(|fact| fact.value()).and_then(|found| found.ips.first());
    let unlucky = first.is_some_and(|ip| matches!((ip, only_v4), (IpAddr::V6(_), true) | (IpAddr::V4(_), false)));
    let trouble = matches!(evidence.subject.symptom, Symptom::WorksElsewhere | Symptom::Connecting);
    let by_name = server.domain().is_some();
    if by_name && unlucky && trouble {
        let variant = if only_v4 { "ipv4-only" } else { "ipv6-only" };
        return Outcome::fail(finding(variant).severity(Severity::Warning).confidence(Confidence::Possible));
    }
    Outcome::Pass
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{SERVER, Sample};

    #[test]
    fn a_healthy_server_is_fine() {
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }

    #[test]
    fn nothing_seen_is_never_a_pass() {
        let outcome = Sample::unseen(SERVER).examine(&CHECK);
        assert!(matches!(outcome, Outcome::Unknown(_) | Outcome::SetAside(_)), "{outcome:?}");
    }

    fn local(address: &str, v4: bool, v6: bool) -> Sample {
        use crate::evidence::{Addresses, Connection};
        use crate::sample::fact;
        let outcome = |works: bool| if works { Ok(()) } else { Err(NoAnswerKind::Refused) };
        Sample::unseen(address).change(|evidence| {
            let v6_first =
                Addresses { ips: vec!["::1".parse().expect("an address"), [127, 0, 0, 1].into()], error: None };
            evidence.addresses.insert("localhost".to_owned(), fact(Ok(v6_first)));
            evidence
                .connections
                .push(fact(Ok(Connection { address: ([127, 0, 0, 1], 3000).into(), outcome: outcome(v4) })));
            let address = "[::1]:3000".parse().expect("an address");
            evidence.connections.push(fact(Ok(Connection { address, outcome: outcome(v6) })));
        })
    }

    #[test]
    fn one_family_is_silent_unless_somebody_has_trouble() {
        use crate::evidence::Purpose;
        let healthy = local("http://localhost:3000/mcp", true, false).answer(Purpose::Initialize, 401, &[], "");
        assert_eq!(healthy.examine(&CHECK), Outcome::Pass);
        let trouble = healthy.change(|evidence| evidence.subject.symptom = Symptom::WorksElsewhere);
        assert_eq!(trouble.finding(&CHECK).variant, "ipv4-only");
        assert_eq!(trouble.finding(&CHECK).severity, Severity::Warning);
        let only_v6 = local("http://localhost:3000/mcp", false, true).change(|evidence| {
            evidence.subject.symptom = Symptom::Connecting;
            if let Some(Ok(found)) = evidence.addresses.get_mut("localhost").map(|fact| fact.seen.as_mut()) {
                found.ips.reverse();
            }
        });
        assert_eq!(only_v6.finding(&CHECK).variant, "ipv6-only");
    }

    #[test]
    fn a_typed_address_of_the_silent_family_is_an_error() {
        let sample = local("http://[::1]:3000/mcp", true, false)
            .silence(crate::evidence::Purpose::Initialize, NoAnswerKind::Refused);
        assert_eq!(sample.finding(&CHECK).variant, "other-family");
    }
}

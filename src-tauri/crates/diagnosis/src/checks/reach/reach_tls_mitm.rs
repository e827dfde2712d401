use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Stage};
use crate::evidence::Evidence;
use crate::tls;

pub const CHECK: Check = Check {
    code: "reach-tls-mitm",
    stage: Stage::Reach,
    category: Category::Connection,
    owner: Owner::Network,
    requirement: Requirement::Should,
    reference: "RFC 8446; Node.js command line documentation, NODE_EXTRA_CA_CERTS and --use-system-ca",
    after: &["reach-tcp"],
    variants: &["not-trusted-by-apps", "not-trusted"],
    words: include_str!("reach_tls_mitm.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let handshakes = match tls::handshakes(evidence) {
        Ok(handshakes) => handshakes,
        Err(outcome) => return outcome,
    };
    let mut findings = Vec::new();
    for failed in &handshakes {
        let Some(inspection) = &failed.inspected else { continue };
        let variant = if failed.everybody { "not-trusted" } else { "not-trusted-by-apps" };
        let finding = failed.finding(Finding::new(&CHECK, variant)).owner(Owner::Network);
        let finding = match inspection {
            Some(name) => finding.value("program", *name).confidence(Confidence::Certain),
            None => finding.value("program", "security software").confidence(Confidence::Likely),
        };
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

    use crate::evidence::TlsFault;
    use crate::sample::certificate;
    use crate::tls::tests::{refused, refused_by_mozilla};

    fn by_zscaler() -> Vec<crate::evidence::Certificate> {
        let mut leaf = certificate();
        leaf.issuer = "CN=Zscaler Intermediate Root CA, O=Zscaler Inc.".to_owned();
        vec![leaf]
    }

    #[test]
    fn a_root_of_the_company_hits_those_who_do_not_read_the_systems_store() {
        let finding = refused_by_mozilla(SERVER, TlsFault::UnknownIssuer, by_zscaler()).finding(&CHECK);
        assert_eq!((finding.variant, finding.owner), ("not-trusted-by-apps", Owner::Network));
        assert!(finding.affects.iter().all(|client| client.ignores_system_trust()));
        assert_eq!(finding.confidence, Confidence::Certain);
        assert_eq!(refused(TlsFault::UnknownIssuer, by_zscaler()).finding(&CHECK).variant, "not-trusted");
    }

    #[test]
    fn a_public_server_with_a_private_root_was_probably_re_signed() {
        let mut leaf = certificate();
        leaf.issuer = "CN=Acme Corp Root".to_owned();
        let finding = refused_by_mozilla(SERVER, TlsFault::UnknownIssuer, vec![leaf]).finding(&CHECK);
        assert_eq!(finding.confidence, Confidence::Likely);
    }
}

use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::evidence::{Evidence, TlsFault};
use crate::tls;

pub const CHECK: Check = Check {
    code: "reach-tls-name",
    stage: Stage::Reach,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "RFC 9525; RFC 5280 section 4.2.1.6",
    after: &["reach-tcp"],
    variants: &["wrong-name"],
    words: include_str!("reach_tls_name.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let handshakes = match tls::handshakes(evidence) {
        Ok(handshakes) => handshakes,
        Err(outcome) => return outcome,
    };
    let mut findings = Vec::new();
    for failed in &handshakes {
        let TlsFault::WrongName { presented } = &failed.fault else { continue };
        let seen = failed.chain.first().map(|leaf| leaf.names.clone()).filter(|names| !names.is_empty());
        let names = seen.unwrap_or_else(|| presented.clone());
        let shown = if names.is_empty() { "another name".to_owned() } else { names.join(", ") };
        findings.push(failed.finding(Finding::new(&CHECK, "wrong-name")).value("names", shown.clone()).compare(
            "The address says",
            failed.host.clone(),
            "The certificate is for",
            shown,
        ));
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
    fn the_names_stand_side_by_side() {
        let fault = TlsFault::WrongName { presented: vec!["other.example.com".to_owned()] };
        let finding = crate::tls::tests::refused(fault, Vec::new()).finding(&CHECK);
        assert_eq!(finding.variant, "wrong-name");
        assert_eq!(finding.comparison.map(|two| two.actual), Some("other.example.com".to_owned()));
    }
}

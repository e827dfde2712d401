use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::evidence::{Evidence, TlsFault};
use crate::tls::{self, Failed};

pub const CHECK: Check = Check {
    code: "reach-tls-chain",
    stage: Stage::Reach,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "RFC 8446 section 4.4.2; RFC 5280 section 6",
    after: &["reach-tcp"],
    variants: &["self-signed", "incomplete", "unknown-issuer", "private-authority", "revoked", "refused"],
    words: include_str!("reach_tls_chain.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let handshakes = match tls::handshakes(evidence) {
        Ok(handshakes) => handshakes,
        Err(outcome) => return outcome,
    };
    Outcome::of(handshakes.iter().filter_map(finding).collect())
}

fn finding(failed: &Failed) -> Option<Finding> {
    if failed.inspected.is_some() {
        return None;
    }
    let variant = match &failed.fault {
        TlsFault::SelfSigned if failed.everybody => "self-signed",
        TlsFault::UnknownIssuer if failed.lacks_intermediate() => "incomplete",
        TlsFault::UnknownIssuer if failed.everybody => "unknown-issuer",
        TlsFault::SelfSigned | TlsFault::UnknownIssuer => "private-authority",
        TlsFault::Revoked => "revoked",
        // Without a certificate there is nothing to refuse (`reach-tls-protocol`).
        TlsFault::Other { .. } if failed.everybody && !failed.came_to_no_certificate() => "refused",
        _ => return None,
    };
    let finding = failed.finding(Finding::new(&CHECK, variant));
    Some(if variant == "private-authority" { finding.owner(Owner::User) } else { finding })
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

    use crate::sample::{NOW_MS, certificate};
    use crate::tls::tests::{refused, refused_by_mozilla};

    #[test]
    fn each_cause_of_mistrust_is_told_apart() {
        let _ = NOW_MS;
        let mut own = certificate();
        own.issuer = "CN=Acme Root".to_owned();
        assert_eq!(refused(TlsFault::SelfSigned, vec![own.clone()]).finding(&CHECK).variant, "self-signed");
        assert_eq!(refused(TlsFault::UnknownIssuer, vec![own.clone()]).finding(&CHECK).variant, "unknown-issuer");
        assert_eq!(refused(TlsFault::UnknownIssuer, vec![certificate()]).finding(&CHECK).variant, "incomplete");
        assert_eq!(refused(TlsFault::Revoked, vec![certificate()]).finding(&CHECK).variant, "revoked");
        let other = TlsFault::Other { what: "x".to_owned() };
        assert_eq!(refused(other, vec![own]).finding(&CHECK).variant, "refused");
    }

    #[test]
    fn what_only_the_systems_store_trusts_hits_only_those_who_do_not_read_it() {
        let mut own = certificate();
        own.issuer = "CN=mkcert development CA".to_owned();
        let finding =
            refused_by_mozilla("https://localhost:8443/mcp", TlsFault::UnknownIssuer, vec![own]).finding(&CHECK);
        assert_eq!(finding.variant, "private-authority");
        assert!(!finding.affects.is_empty() && finding.affects.iter().all(|client| client.ignores_system_trust()));
    }
}

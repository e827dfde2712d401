use crate::browser;
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::clients::{ClientId, JUDGED};
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "browser-loopback",
    stage: Stage::Browser,
    category: Category::Browser,
    owner: Owner::User,
    requirement: Requirement::Should,
    reference: "RFC 8252 section 7.3; RFC 6761 section 6.3; the README of mcp-remote on NO_PROXY",
    after: &["authz-browser-open"],
    variants: &["cannot-listen", "localhost-elsewhere", "through-proxy"],
    words: include_str!("browser_loopback.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let reading = match browser::seen(evidence) {
        Ok(reading) => reading,
        Err(outcome) => return outcome,
    };
    let loopback = &reading.loopback;
    let mut findings: Vec<Finding> = Vec::new();
    if loopback.ipv4 == Some(false) {
        findings.push(Finding::new(&CHECK, "cannot-listen").proof("no program may listen on 127.0.0.1"));
    }
    let elsewhere = loopback.localhost.iter().find(|address| !is_loopback(address));
    if elsewhere.is_some() || !loopback.overrides.is_empty() {
        let address = elsewhere.cloned().or_else(|| loopback.overrides.first().cloned()).unwrap_or_default();
        let mut finding =
            Finding::new(&CHECK, "localhost-elsewhere").severity(Severity::Warning).value("address", address);
        finding.proof.extend(loopback.overrides.iter().cloned());
        if let Some(elsewhere) = elsewhere {
            finding = finding.proof(format!("localhost is {elsewhere}, says the system"));
        }
        findings.push(finding);
    }
    if let Some(variable) = &loopback.proxied_by {
        findings.push(
            Finding::new(&CHECK, "through-proxy")
                .severity(Severity::Warning)
                .affects(
                    JUDGED
                        .iter()
                        .copied()
                        .filter(|client| client.ignores_system_trust() && *client != ClientId::McpInspector),
                )
                .value("variable", variable.clone())
                .proof(format!("{variable} is set, and NO_PROXY does not except this computer's own address")),
        );
    }
    if findings.is_empty() && loopback.ipv4.is_none() {
        return Outcome::Unknown("nobody tried to listen on this computer's own address".to_owned());
    }
    Outcome::of(findings)
}

fn is_loopback(address: &str) -> bool {
    address.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::browser::sample::{linux, of, with};
    use crate::sample::Sample;

    #[test]
    fn a_plain_computer_passes_and_unseen_does_not() {
        assert_eq!(of(linux()).examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(with(linux(), |reading| reading.loopback.ipv4 = None).examine(&CHECK), Outcome::Unknown(_)));
    }

    #[test]
    fn a_computer_without_ipv6_is_fine() {
        assert_eq!(with(linux(), |reading| reading.loopback.ipv6 = Some(false)).examine(&CHECK), Outcome::Pass);
    }

    #[test]
    fn nobody_may_listen() {
        let finding = with(linux(), |reading| reading.loopback.ipv4 = Some(false)).finding(&CHECK);
        assert_eq!((finding.variant, finding.severity), ("cannot-listen", Severity::Error));
    }

    #[test]
    fn localhost_elsewhere_is_named_with_its_line() {
        let finding = with(linux(), |reading| {
            reading.loopback.localhost = vec!["203.0.113.9".to_owned()];
            reading.loopback.overrides = vec!["/etc/hosts:3: 203.0.113.9 localhost".to_owned()];
        })
        .finding(&CHECK);
        assert_eq!((finding.variant, finding.severity), ("localhost-elsewhere", Severity::Warning));
        assert_eq!(finding.values["address"], "203.0.113.9");
    }

    #[test]
    fn a_proxy_without_exception_is_named() {
        let finding =
            with(linux(), |reading| reading.loopback.proxied_by = Some("HTTP_PROXY".to_owned())).finding(&CHECK);
        assert_eq!(finding.variant, "through-proxy");
    }
}

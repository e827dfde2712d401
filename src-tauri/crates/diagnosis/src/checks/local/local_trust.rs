use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Stage};
use crate::computer::Route;
use crate::computer::concern::{self, whose};
use crate::evidence::{Evidence, TlsFault};

pub const CHECK: Check = Check {
    code: "local-trust",
    stage: Stage::Local,
    category: Category::Connection,
    owner: Owner::User,
    requirement: Requirement::Should,
    reference: "Node.js, NODE_EXTRA_CA_CERTS; modelcontextprotocol/inspector#743",
    after: &[],
    variants: &["not-told"],
    words: include_str!("local_trust.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let computer = match concern::computer(evidence) {
        Ok(computer) => computer,
        Err(outcome) => return outcome,
    };
    let through_node: Vec<_> = concern::servers(evidence, computer)
        .into_iter()
        .filter(|server| matches!(server.route, Route::McpRemote { .. }))
        .collect();
    if through_node.is_empty() {
        return Outcome::SetAside("no client on this computer reaches this server through a Node program");
    }
    let looked = evidence.tls.keys().any(|origin| evidence.tls_mozilla.contains_key(origin));
    if !looked {
        let is_http = evidence.subject.server.as_ref().is_some_and(|server| server.scheme() == "http");
        return if is_http {
            Outcome::SetAside("nothing is encrypted here")
        } else {
            Outcome::Unknown("no certificate was seen".to_owned())
        };
    }
    // Trusted by this computer, and by nobody else: somebody in between signs with a certificate of their own.
    let private = evidence.tls.iter().find(|(origin, fact)| {
        let trusted = fact.value().is_some_and(|reading| reading.verdict.is_ok());
        let elsewhere = evidence.tls_mozilla.get(*origin).and_then(|fact| fact.value());
        trusted
            && elsewhere
                .is_some_and(|reading| matches!(reading.verdict, Err(TlsFault::UnknownIssuer | TlsFault::SelfSigned)))
    });
    let Some((origin, fact)) = private else { return Outcome::Pass };
    let issuer =
        fact.value().and_then(|reading| reading.chain.first()).map(|leaf| leaf.issuer.clone()).unwrap_or_default();
    let untold = through_node.iter().filter(|server| {
        !server
            .environment
            .iter()
            .any(|name| name == "NODE_EXTRA_CA_CERTS" || name == "NODE_USE_SYSTEM_CA" || name == "NODE_OPTIONS")
    });
    Outcome::of(
        untold
            .map(|server| {
                Finding::new(&CHECK, "not-told")
                    .confidence(Confidence::Likely)
                    .affects(whose(server))
                    .value("client", server.client.name())
                    .value("config", server.config.clone())
                    .value("name", server.name.clone())
                    .value("origin", origin.clone())
                    .value("issuer", issuer.clone())
                    .proof(format!(
                        "{origin} shows a certificate of {issuer}, which this computer trusts and Node does not"
                    ))
            })
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::computer::sample::{mcp_remote, of};
    use crate::sample::Sample;

    fn inspected(sample: Sample) -> Sample {
        sample.change(|evidence| {
            for fact in evidence.tls_mozilla.values_mut() {
                if let Ok(reading) = &mut fact.seen {
                    reading.verdict = Err(TlsFault::UnknownIssuer);
                }
            }
        })
    }

    #[test]
    fn public_certificates_are_fine_and_unseen_is_set_aside() {
        assert_eq!(of(mcp_remote("0.15.1")).examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
        let unseen = of(mcp_remote("0.15.1")).change(|evidence| evidence.tls.clear());
        assert!(matches!(unseen.examine(&CHECK), Outcome::Unknown(_)));
    }

    #[test]
    fn a_company_certificate_has_to_be_told_to_node() {
        let finding = inspected(of(mcp_remote("0.15.1"))).finding(&CHECK);
        assert_eq!(finding.variant, "not-told");
        let mut told = mcp_remote("0.15.1");
        told.servers[0].environment = vec!["NODE_EXTRA_CA_CERTS".to_owned()];
        assert_eq!(inspected(of(told)).examine(&CHECK), Outcome::Pass);
    }
}

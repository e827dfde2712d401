use super::asm_endpoints_https::is_insecure;
use super::{READABLE, metadata};
use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::discovery::{is_internal, line, unsafe_address};
use crate::evidence::{Answer, Evidence, NoAnswerKind, Purpose};
use url::Url;

pub const CHECK: Check = Check {
    code: "asm-endpoints-alive",
    stage: Stage::AsMetadata,
    category: Category::Connection,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Must,
    reference: "RFC 8414 section 2",
    after: READABLE,
    variants: &["not-found", "server-error", "internal", "no-connection"],
    words: include_str!("asm_endpoints_alive.md"),
    examine,
};

/// A page of more than this is made for people; one that says "not found" may only miss its parameters.
const SHORT: usize = 1024;

fn examine(evidence: &Evidence) -> Outcome {
    let metadata = match metadata(evidence) {
        Ok(metadata) => metadata,
        Err(outcome) => return outcome,
    };
    let at_home = evidence.subject.server.as_ref().is_none_or(is_internal);
    let mut findings = Vec::new();
    let mut looked = false;
    for (purpose, name) in
        [(Purpose::AuthorizationEndpoint, "authorization_endpoint"), (Purpose::TokenEndpoint, "token_endpoint")]
    {
        let (Some(exchange), Some(address)) = (evidence.exchange(&purpose), metadata.text(name)) else { continue };
        // Addresses that cannot be right are said before.
        if unsafe_address(address) || is_insecure(address) {
            continue;
        }
        let internal =
            Url::parse(address).is_ok_and(|url| is_internal(&url) && !(at_home && crate::subject::is_loopback(&url)));
        let found = match &exchange.outcome {
            Ok(answer) => {
                looked = true;
                dead(answer).map(|(variant, confidence)| (variant, confidence, answer.status.to_string()))
            }
            Err(silence) => match &silence.kind {
                NoAnswerKind::Cancelled => None,
                NoAnswerKind::PrivateAddress { address } => Some(("internal", Confidence::Certain, address.clone())),
                _ if internal => Some(("internal", Confidence::Certain, silence.detail.clone())),
                _ => Some(("no-connection", Confidence::Certain, silence.detail.clone())),
            },
        };
        if let Some((variant, confidence, detail)) = found {
            let severity = if confidence == Confidence::Possible { Severity::Warning } else { Severity::Error };
            findings.push(
                Finding::new(&CHECK, variant)
                    .severity(severity)
                    .confidence(confidence)
                    .value("member", name)
                    .value("what", if name == "token_endpoint" { "address for tokens" } else { "sign-in page" })
                    .value("address", address)
                    .value("detail", detail)
                    .proof(line(exchange)),
            );
        }
    }
    findings.sort_by_key(|finding| finding.severity);
    if findings.is_empty() && !looked {
        return Outcome::Unknown("nobody asked the addresses of the sign-in service".to_owned());
    }
    Outcome::of(findings)
}

/// Whether an answer to a question without parameters means that nothing is there, and how surely.
fn dead(answer: &Answer) -> Option<(&'static str, Confidence)> {
    match answer.status {
        404 | 410 if answer.body.length <= SHORT => Some(("not-found", Confidence::Likely)),
        500.. => Some(("server-error", Confidence::Likely)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    #[test]
    fn each_variant() {
        let page = Purpose::AuthorizationEndpoint;
        let gone = Sample::healthy().answer(page.clone(), 404, &[], "Not Found").finding(&CHECK);
        assert_eq!((gone.variant, gone.values["member"].as_str()), ("not-found", "authorization_endpoint"));
        assert_eq!(
            Sample::healthy().answer(Purpose::TokenEndpoint, 500, &[], "").finding(&CHECK).variant,
            "server-error"
        );
        let refused = Sample::healthy().silence(Purpose::TokenEndpoint, NoAnswerKind::Refused);
        assert_eq!(refused.finding(&CHECK).variant, "no-connection");
        let private = NoAnswerKind::PrivateAddress { address: "10.0.0.9".to_owned() };
        let private = Sample::healthy().silence(page.clone(), private).finding(&CHECK);
        assert_eq!((private.variant, private.values["detail"].as_str()), ("internal", "10.0.0.9"));
        let name = Sample::healthy()
            .server_metadata(|document| {
                document["authorization_endpoint"] = "https://kc.default.svc.cluster.local/a".into()
            })
            .silence(page, NoAnswerKind::NameNotFound);
        assert_eq!(name.finding(&CHECK).variant, "internal");
    }

    #[test]
    fn a_page_for_people_that_misses_its_parameters_is_alive() {
        let page = format!("<html>{}</html>", "x".repeat(4000));
        let sample = Sample::healthy().answer(Purpose::AuthorizationEndpoint, 404, &[], &page);
        assert_eq!(sample.examine(&CHECK), Outcome::Pass);
        assert_eq!(Sample::healthy().examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}

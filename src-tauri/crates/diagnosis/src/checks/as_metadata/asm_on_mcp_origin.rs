use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::checks::resource_metadata::gate;
use crate::discovery::{line, object};
use crate::evidence::{Evidence, Place, Purpose};
use crate::scalekit::is_right_issuer;
use serde_json::Value;

pub const CHECK: Check = Check {
    code: "asm-on-mcp-origin",
    stage: Stage::AsMetadata,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::May,
    reference: "MCP 2025-03-26, Authorization; RFC 8414 section 3.3",
    after: &[],
    variants: &["server-error", "other-issuer"],
    words: include_str!("asm_on_mcp_origin.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    if let Some(outcome) = gate(evidence) {
        return outcome;
    }
    let issuers = evidence.issuers();
    if issuers.is_empty() {
        return Outcome::SetAside("there is no sign-in service to compare with");
    }
    let mut looked = false;
    for place in [Place::Path, Place::Root] {
        let Some(exchange) = evidence.exchange(&Purpose::OwnServerMetadata { place }) else { continue };
        let Ok(answer) = &exchange.outcome else { continue };
        looked = true;
        let finding = |variant| {
            Finding::new(&CHECK, variant)
                .severity(Severity::Warning)
                .value("url", exchange.request.url.as_str())
                .proof(line(exchange))
        };
        // Its own page that fails; a server that answers every address with an error says nothing here.
        if answer.status >= 500 && answer.body.text.to_ascii_lowercase().contains("metadata") {
            return Outcome::fail(finding("server-error").value("status", answer.status.to_string()));
        }
        let Some(issuer) = object(answer).and_then(|document| document.get("issuer")).and_then(Value::as_str) else {
            continue;
        };
        let own = evidence
            .subject
            .server
            .as_ref()
            .is_some_and(|server| server.origin().ascii_serialization() == issuer.trim_end_matches('/'));
        let known = issuers
            .iter()
            .any(|named| named.trim_end_matches('/') == issuer.trim_end_matches('/') || is_right_issuer(issuer, named));
        if !own && !known {
            return Outcome::fail(finding("other-issuer").compare(
                "The sign-in details say",
                issuers[0].clone(),
                "The copy says",
                issuer,
            ));
        }
    }
    if looked { Outcome::Pass } else { Outcome::Unknown("nobody looked for a copy".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{Sample, server_metadata};

    fn copy(issuer: &str) -> Sample {
        let mut document = server_metadata();
        document["issuer"] = issuer.into();
        Sample::healthy().json(Purpose::OwnServerMetadata { place: Place::Root }, document)
    }

    #[test]
    fn a_copy_of_the_same_service_is_fine_and_another_is_not() {
        assert_eq!(copy("https://elsewhere.example.com").finding(&CHECK).variant, "other-issuer");
        for fine in [crate::sample::ISSUER, "https://acme.scalekit.com", "https://mcp.example.com"] {
            assert_eq!(copy(fine).examine(&CHECK), Outcome::Pass, "{fine}");
        }
        let failed = Sample::healthy().answer(
            Purpose::OwnServerMetadata { place: Place::Root },
            500,
            &[],
            "{\"error_description\":\"Failed to fetch Scalekit metadata\"}",
        );
        assert_eq!(failed.finding(&CHECK).variant, "server-error");
        assert_eq!(Sample::healthy().examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}

use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::checks::resource_metadata::fault_of_body;
use crate::discovery::{line, object};
use crate::evidence::{Evidence, NoAnswerKind, Purpose};
use serde_json::Value;

pub const CHECK: Check = Check {
    code: "reg-cimd-doc",
    stage: Stage::Registration,
    category: Category::RedirectUri,
    owner: Owner::Client,
    requirement: Requirement::Must,
    reference: "OAuth Client ID Metadata Document, sections 3 and 4; MCP 2026-07-28, Client ID Metadata Documents",
    after: &[],
    variants: &[
        "not-found",
        "redirect",
        "not-json",
        "other-id",
        "no-redirect-uris",
        "secret",
        "too-large",
        "private-address",
        "no-answer",
    ],
    words: include_str!("reg_cimd_doc.md"),
    examine,
};

/// Sign-in services read no more than this.
const MOST: usize = 5 * 1024;

fn examine(evidence: &Evidence) -> Outcome {
    let Some(exchange) = evidence.exchange(&Purpose::ClientDocument) else {
        return Outcome::SetAside("no app's public document was to be looked at");
    };
    let url = exchange.request.url.to_string();
    let finding = |variant| Finding::new(&CHECK, variant).value("url", url.clone()).proof(line(exchange));
    let answer = match &exchange.outcome {
        Ok(answer) => answer,
        Err(silence) => {
            return match &silence.kind {
                NoAnswerKind::Cancelled => Outcome::Unknown("the document was not asked for to the end".to_owned()),
                NoAnswerKind::PrivateAddress { address } => {
                    Outcome::fail(finding("private-address").value("detail", address.clone()))
                }
                _ => Outcome::fail(finding("no-answer").value("detail", silence.detail.clone())),
            };
        }
    };
    let variant = match answer.status {
        200 if answer.body.truncated || answer.body.length > MOST => Some("too-large"),
        200 if fault_of_body(&answer.body).is_some() => Some("not-json"),
        200 => None,
        300..=399 => Some("redirect"),
        _ => Some("not-found"),
    };
    if let Some(variant) = variant {
        return Outcome::fail(finding(variant).value("status", answer.status.to_string()));
    }
    let Some(document) = object(answer) else { return Outcome::fail(finding("not-json")) };
    let id = document.get("client_id").and_then(Value::as_str).unwrap_or_default();
    if id != url {
        return Outcome::fail(finding("other-id").compare("It stands at", url.clone(), "It says", id));
    }
    if document.contains_key("client_secret") {
        return Outcome::fail(finding("secret"));
    }
    if document.get("redirect_uris").and_then(Value::as_array).is_none_or(Vec::is_empty) {
        return Outcome::fail(finding("no-redirect-uris"));
    }
    Outcome::Pass
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{SERVER, Sample};
    use serde_json::json;

    #[test]
    fn each_variant() {
        let at = |status, body: &str| Sample::healthy().answer(Purpose::ClientDocument, status, &[], body);
        let right = json!({"client_id": SERVER, "client_name": "A", "redirect_uris": ["http://127.0.0.1/callback"]});
        assert_eq!(at(200, &right.to_string()).examine(&CHECK), Outcome::Pass);
        let with = |name: &str, value: Value| {
            let mut document = right.clone();
            document[name] = value;
            at(200, &document.to_string()).finding(&CHECK).variant
        };
        assert_eq!(with("client_id", "https://a.example/other".into()), "other-id");
        assert_eq!(with("client_secret", "x".into()), "secret");
        assert_eq!(with("redirect_uris", json!([])), "no-redirect-uris");
        assert_eq!(with("padding", "x".repeat(6000).into()), "too-large");
        assert_eq!(at(404, "").finding(&CHECK).variant, "not-found");
        assert_eq!(at(302, "").finding(&CHECK).variant, "redirect");
        assert_eq!(at(200, "<html>").finding(&CHECK).variant, "not-json");
        let private = NoAnswerKind::PrivateAddress { address: "10.0.0.1".to_owned() };
        let silent = Sample::healthy().silence(Purpose::ClientDocument, private);
        assert_eq!(silent.finding(&CHECK).variant, "private-address");
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }
}

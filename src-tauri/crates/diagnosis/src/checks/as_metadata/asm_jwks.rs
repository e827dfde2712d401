use super::{READABLE, metadata};
use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::discovery::{line, object, signs_people_in_itself};
use crate::evidence::{Evidence, Look, NoAnswerKind, Purpose};
use crate::{scalekit, trial};
use serde_json::Value;

pub const CHECK: Check = Check {
    code: "asm-jwks",
    stage: Stage::AsMetadata,
    category: Category::Token,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Should,
    reference: "RFC 7517; RFC 8414 section 2",
    after: READABLE,
    variants: &["missing", "not-found", "not-json", "empty", "no-connection", "private-address", "no-public-key"],
    words: include_str!("asm_jwks.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let metadata = match metadata(evidence) {
        Ok(metadata) => metadata,
        Err(outcome) => return outcome,
    };
    let Some(address) = metadata.text("jwks_uri") else {
        // A service whose tokens are not signed needs no keys; Scalekit's are.
        if scalekit::recognise(evidence).is_none() {
            return Outcome::SetAside("the sign-in service publishes no keys, as one whose tokens are not signed");
        }
        let finding = Finding::new(&CHECK, "missing").value("url", metadata.exchange.request.url.as_str());
        return Outcome::fail(finding.confidence(Confidence::Likely).proof(metadata.says("jwks_uri")));
    };
    let Some(exchange) = evidence.exchange(&Purpose::Jwks) else {
        return Outcome::Unknown("nobody asked for the keys".to_owned());
    };
    // Apps never fetch the keys; who checks tokens does, and a server that takes them, or gives them out itself, has another way.
    let needed = !trial::Trial::of(evidence).is_ok_and(|trial| trial.is_in()) && !signs_people_in_itself(evidence);
    let finding = |variant| {
        Finding::new(&CHECK, variant)
            .severity(if needed { Severity::Error } else { Severity::Warning })
            .confidence(Confidence::Likely)
            .value("url", metadata.exchange.request.url.as_str())
            .value("address", crate::discovery::tidy(address, 300))
            .proof(line(exchange))
    };
    let answer = match evidence.look(&Purpose::Jwks) {
        Look::Answered(answer) => answer,
        Look::NoAnswer(silence) => {
            return match &silence.kind {
                NoAnswerKind::Cancelled => Outcome::Unknown("the keys were not asked for to the end".to_owned()),
                NoAnswerKind::NotHttpUrl => Outcome::SetAside("another check says what is wrong with the address"),
                NoAnswerKind::PrivateAddress { address } => {
                    Outcome::fail(finding("private-address").value("detail", address.clone()))
                }
                _ => Outcome::fail(finding("no-connection").value("detail", silence.detail.clone())),
            };
        }
        Look::NotLooked => return Outcome::Unknown("nobody asked for the keys".to_owned()),
    };
    if answer.status != 200 {
        return Outcome::fail(finding("not-found").value("status", answer.status.to_string()));
    }
    let Some(keys) = object(answer).and_then(|document| document.get("keys")?.as_array()) else {
        return Outcome::fail(finding("not-json"));
    };
    if keys.is_empty() {
        return Outcome::fail(finding("empty"));
    }
    let public = |key: &Value| matches!(key.get("kty").and_then(Value::as_str), Some("RSA" | "EC" | "OKP" | "AKP"));
    if !keys.iter().any(public) {
        return Outcome::fail(finding("no-public-key"));
    }
    if keys.iter().any(|key| public(key) && key.get("d").is_some()) {
        return Outcome::fail(finding("no-public-key").severity(Severity::Warning));
    }
    Outcome::Pass
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;
    use serde_json::json;

    #[test]
    fn each_variant() {
        let at =
            |status, body: &str| Sample::healthy().answer(Purpose::Jwks, status, &[], body).finding(&CHECK).variant;
        assert_eq!(at(404, ""), "not-found");
        assert_eq!(at(200, "<html>"), "not-json");
        assert_eq!(at(200, "{\"keys\":[]}"), "empty");
        assert_eq!(at(200, &json!({"keys": [{"kty": "oct", "k": "AA"}]}).to_string()), "no-public-key");
        let silent = |kind| Sample::healthy().silence(Purpose::Jwks, kind).finding(&CHECK).variant;
        assert_eq!(silent(NoAnswerKind::Refused), "no-connection");
        assert_eq!(silent(NoAnswerKind::PrivateAddress { address: "10.0.0.1".to_owned() }), "private-address");
        let severity = |sample: Sample| sample.answer(Purpose::Jwks, 404, &[], "").finding(&CHECK).severity;
        assert_eq!(severity(Sample::healthy()), Severity::Error);
        assert_eq!(severity(Sample::healthy().token(|_| {}).refuses("")), Severity::Error);
        assert_eq!(severity(Sample::healthy().token(|_| {}).accepted()), Severity::Warning);
        let missing = Sample::healthy()
            .server_metadata(|document| drop(document.as_object_mut().expect("an object").remove("jwks_uri")));
        assert_eq!(missing.finding(&CHECK).variant, "missing");
        assert_eq!(Sample::healthy().examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}

use super::{gate, lost, none_came};
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::clients::hit_by;
use crate::discovery::{deciding_copies, line, own_metadata_works};
use crate::evidence::{Body, Evidence};
use serde_json::Value;

pub const CHECK: Check = Check {
    code: "prm-json",
    stage: Stage::ResourceMetadata,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "RFC 9728 section 3.2; RFC 8259 section 8.1",
    after: &["reach-decode", "challenge-present", "prm-content-type"],
    variants: &["syntax", "encoded-twice", "not-an-object", "byte-order-mark", "empty", "too-large"],
    words: include_str!("prm_json.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    if let Some(outcome) = gate(evidence) {
        return outcome;
    }
    let copies = deciding_copies(evidence);
    let mut seen = false;
    for exchange in &copies {
        let Some(answer) = exchange.outcome.as_ref().ok().filter(|answer| answer.status == 200) else { continue };
        seen = true;
        let Some((variant, place)) = fault(&answer.body) else { continue };
        let finding = Finding::new(&CHECK, variant)
            .value("url", exchange.request.url.as_str())
            .value("place", place.clone())
            .value("size", answer.body.length.to_string())
            .proof(line(exchange));
        let finding = if place.is_empty() { finding } else { finding.proof(place) };
        if variant == "byte-order-mark" {
            // Browsers' and Node's readers skip the mark; Python's do not.
            let hit = hit_by(|_, engine| engine.is_python() && !own_metadata_works(evidence));
            return Outcome::fail(match hit {
                Some(clients) => finding.affects(clients),
                None => finding.severity(Severity::Warning),
            });
        }
        return Outcome::fail(lost(evidence, finding));
    }
    if seen { Outcome::Pass } else { none_came(&copies) }
}

/// What keeps a body from being one JSON object, with the place.
pub(crate) fn fault(body: &Body) -> Option<(&'static str, String)> {
    if body.truncated {
        return Some(("too-large", String::new()));
    }
    if body.text.trim().is_empty() {
        return Some(("empty", String::new()));
    }
    match body.json() {
        Err(fault) => Some(("syntax", format!("line {}, column {}: {}", fault.line, fault.column, fault.what))),
        Ok(Value::Object(_)) => body.text.starts_with('\u{feff}').then(|| ("byte-order-mark", String::new())),
        Ok(Value::String(inner)) if serde_json::from_str::<Value>(inner).is_ok_and(|value| value.is_object()) => {
            Some(("encoded-twice", String::new()))
        }
        Ok(_) => Some(("not-an-object", String::new())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{Place, Purpose};
    use crate::sample::{Sample, resource_metadata};

    fn both(body: &str) -> Sample {
        [Place::Header, Place::Path].into_iter().fold(Sample::healthy(), |sample, place| {
            let headers = [("content-type", "application/json")];
            sample.answer(Purpose::ResourceMetadata { place }, 200, &headers, body)
        })
    }

    #[test]
    fn each_way_of_not_being_an_object() {
        let malformed = both("{\n  \"resource\": \"x\",\n}").finding(&CHECK);
        assert_eq!((malformed.variant, malformed.affects.len()), ("syntax", 0));
        assert!(malformed.values["place"].starts_with("line 3, column 1"), "{:?}", malformed.values);
        let twice = Value::from(resource_metadata().to_string()).to_string();
        assert_eq!(both(&twice).finding(&CHECK).variant, "encoded-twice");
        assert_eq!(both("[]").finding(&CHECK).variant, "not-an-object");
        assert_eq!(both(" ").finding(&CHECK).variant, "empty");
        let marked = both(&format!("\u{feff}{}", resource_metadata())).finding(&CHECK);
        assert_eq!((marked.variant, marked.affects), ("byte-order-mark", vec![crate::clients::ClientId::FastMcp]));
        assert_eq!(fault(&Body::cut("{")), Some(("too-large", String::new())));
    }

    #[test]
    fn nothing_to_read_is_no_mystery_where_the_answer_says_why() {
        let locked = [Place::Header, Place::Path, Place::Root]
            .into_iter()
            .fold(Sample::healthy(), |sample, place| sample.answer(Purpose::ResourceMetadata { place }, 401, &[], ""));
        assert!(matches!(locked.examine(&CHECK), Outcome::SetAside(_)));
    }

    #[test]
    fn healthy_and_unseen() {
        assert_eq!(Sample::healthy().examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}

use super::gate;
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::discovery::object;
use crate::evidence::{Evidence, Place, Purpose};
use serde_json::Value;

pub const CHECK: Check = Check {
    code: "prm-agree",
    stage: Stage::ResourceMetadata,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Should,
    reference: "RFC 9728 section 3.3",
    after: &[],
    variants: &["resource", "authorization-servers"],
    words: include_str!("prm_agree.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    if let Some(outcome) = gate(evidence) {
        return outcome;
    }
    let copies: Vec<(String, &serde_json::Map<String, Value>)> = [Place::Header, Place::Path, Place::Root]
        .into_iter()
        .filter_map(|place| evidence.exchange(&Purpose::ResourceMetadata { place }))
        .filter_map(|exchange| Some((exchange.request.url.to_string(), object(exchange.outcome.as_ref().ok()?)?)))
        .collect();
    let Some(((first_url, first), rest)) = copies.split_first() else {
        return Outcome::Unknown("no copy could be read".to_owned());
    };
    for (url, other) in rest {
        // A root copy for another resource of the same host is no second copy.
        let same_resource = other.get("resource") == first.get("resource");
        let is_root = url.trim_end_matches('/').ends_with("/.well-known/oauth-protected-resource");
        for (name, variant) in [("resource", "resource"), ("authorization_servers", "authorization-servers")] {
            if first.get(name) == other.get(name) || (is_root && !same_resource) {
                continue;
            }
            let value = |members: &serde_json::Map<String, Value>| {
                members.get(name).map_or_else(|| "absent".to_owned(), Value::to_string)
            };
            let finding = Finding::new(&CHECK, variant)
                .severity(Severity::Warning)
                .value("member", name)
                .proof(format!("{first_url} says \"{name}\": {}", value(first)))
                .proof(format!("{url} says \"{name}\": {}", value(other)))
                .compare("One copy says", value(first), "The other says", value(other));
            return Outcome::fail(finding);
        }
    }
    Outcome::Pass
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{Sample, resource_metadata};

    #[test]
    fn two_copies_that_differ_are_seen() {
        let mut other = resource_metadata();
        other["authorization_servers"] = serde_json::json!(["https://old.example.com"]);
        let sample = Sample::healthy().json(Purpose::ResourceMetadata { place: Place::Path }, other);
        assert_eq!(sample.finding(&CHECK).variant, "authorization-servers");
        assert_eq!(Sample::healthy().examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}

use std::collections::{BTreeMap, BTreeSet};

use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::clients::ClientId;
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "reg-growth",
    stage: Stage::Registration,
    category: Category::Client,
    owner: Owner::Client,
    requirement: Requirement::May,
    reference: "Scalekit documentation, MCP troubleshooting; RFC 7591 section 5",
    after: &[],
    variants: &["many"],
    words: include_str!("reg_growth.md"),
    examine,
};

/// More than the versions of a client that one keeps side by side.
const MANY: usize = 4;

fn examine(evidence: &Evidence) -> Outcome {
    let (Some(computer), Some(server)) =
        (evidence.computer.as_ref().and_then(|fact| fact.value()), &evidence.subject.server)
    else {
        return Outcome::SetAside("nobody looked at what the apps remember");
    };
    let mut ids: BTreeMap<ClientId, BTreeSet<&str>> = BTreeMap::new();
    for entry in computer.stored_for(server.as_str()) {
        if let Some(id) = entry.client_id.as_deref() {
            ids.entry(entry.client).or_default().insert(id);
        }
    }
    match ids.into_iter().find(|(_, ids)| ids.len() >= MANY) {
        None => Outcome::Pass,
        Some((client, ids)) => Outcome::fail(
            Finding::new(&CHECK, "many")
                .severity(Severity::Warning)
                .confidence(Confidence::Likely)
                .affects([client])
                .value("client", client.name())
                .value("count", ids.len().to_string())
                .proof(format!("{}: {}", client.name(), ids.into_iter().collect::<Vec<_>>().join(", "))),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::computer::Computer;
    use crate::sample::{Sample, fact};

    #[test]
    fn nothing_remembered_is_nothing_to_say() {
        let sample = Sample::healthy().change(|evidence| evidence.computer = Some(fact(Ok(Computer::default()))));
        assert_eq!(sample.examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }
}

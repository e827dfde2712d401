use super::{READABLE, document};
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::discovery::{line, metadata_forms, object};
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "prm-as-multiple",
    stage: Stage::ResourceMetadata,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Should,
    reference: "RFC 9728 section 7.6",
    after: READABLE,
    variants: &["first-broken"],
    words: include_str!("prm_as_multiple.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let document = match document(evidence) {
        Ok(document) => document,
        Err(outcome) => return outcome,
    };
    let issuers = document.issuers();
    let [first, rest @ ..] = issuers.as_slice() else {
        return Outcome::SetAside("the metadata names no sign-in service");
    };
    if rest.is_empty() {
        return Outcome::SetAside("the metadata names one sign-in service");
    }
    let works = |issuer: &str| {
        metadata_forms(evidence, issuer)
            .iter()
            .any(|(_, exchange)| exchange.outcome.as_ref().is_ok_and(|answer| object(answer).is_some()))
    };
    if works(first) {
        return Outcome::Pass;
    }
    let asked = metadata_forms(evidence, first);
    if asked.is_empty() {
        return Outcome::Unknown("nobody asked the first sign-in service".to_owned());
    }
    let Some(good) = rest.iter().find(|issuer| works(issuer)) else {
        return Outcome::SetAside("no sign-in service of the list answers");
    };
    let finding = Finding::new(&CHECK, "first-broken")
        .value("first", *first)
        .value("good", *good)
        .proof(document.says("authorization_servers"));
    Outcome::fail(asked.iter().fold(finding, |finding, (_, exchange)| finding.proof(line(exchange))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{MetadataForm, Purpose};
    use crate::sample::{ISSUER, Sample};

    #[test]
    fn a_broken_first_before_a_good_second() {
        let old = "https://old.example.com";
        let asked = Purpose::ServerMetadata { issuer: old.to_owned(), form: MetadataForm::OauthInsert };
        let list =
            |issuers: Vec<&str>| {
                Sample::healthy()
                    .resource_metadata(|document| document["authorization_servers"] = issuers.into())
                    .answer(asked.clone(), 404, &[], "")
            };
        assert_eq!(list(vec![old, ISSUER]).finding(&CHECK).values["good"], ISSUER);
        assert_eq!(list(vec![ISSUER, old]).examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}

use super::{READABLE, metadata};
use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "asm-scopes-cover",
    stage: Stage::AsMetadata,
    category: Category::Scope,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::May,
    reference: "RFC 8414 section 2; RFC 6749 section 4.1.2.1",
    after: READABLE,
    variants: &["missing"],
    words: include_str!("asm_scopes_cover.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let metadata = match metadata(evidence) {
        Ok(metadata) => metadata,
        Err(outcome) => return outcome,
    };
    let Some(known) = evidence.server_metadata_read().and_then(|read| read.server_scopes()) else {
        return Outcome::SetAside("the sign-in service lists no permissions of servers");
    };
    let challenged = evidence.challenges().and_then(|challenges| challenges.scopes());
    let listed = evidence.resource_metadata_read().and_then(|read| read.scopes_supported());
    let Some(wanted) = challenged.or(listed).filter(|wanted| !wanted.is_empty()) else {
        return Outcome::SetAside("the server asks for no permission in particular");
    };
    let lacking: Vec<&str> = wanted.iter().filter(|scope| !known.contains(scope)).map(String::as_str).collect();
    if lacking.is_empty() {
        return Outcome::Pass;
    }
    Outcome::fail(
        Finding::new(&CHECK, "missing")
            .severity(Severity::Warning)
            .confidence(Confidence::Possible)
            .value("scopes", lacking.join(" "))
            .value("url", metadata.exchange.request.url.as_str())
            .proof(metadata.says("scopes_supported")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    #[test]
    fn a_permission_that_is_not_listed() {
        let listed = |list: &[&str]| {
            let list = list.to_vec();
            Sample::healthy().server_metadata(move |document| document["scopes_supported"] = list.into())
        };
        let sample = listed(&["openid", "notes:read"]);
        let finding = sample.finding(&CHECK);
        assert_eq!((finding.severity, finding.values["scopes"].as_str()), (Severity::Warning, "todo:read"));
        // What many services publish: nothing about their servers.
        assert!(matches!(listed(&["openid", "profile", "email"]).examine(&CHECK), Outcome::SetAside(_)));
        assert_eq!(Sample::healthy().examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}

use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Stage};
use crate::evidence::{Evidence, Purpose};
use crate::framework::says;
use crate::scalekit;
use crate::trial::{Reason, Trial};

pub const CHECK: Check = Check {
    code: "tok-jwks-reachable",
    stage: Stage::TokenValidation,
    category: Category::Token,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "RFC 9068 section 4",
    after: &["tok-format"],
    variants: &["out-of-reach", "service-unavailable"],
    words: include_str!("tok_jwks_reachable.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let trial = match Trial::of(evidence) {
        Ok(trial) => trial,
        Err(outcome) => return outcome,
    };
    let Some(refusal) = trial.refusal() else {
        return if trial.is_in() {
            Outcome::Pass
        } else {
            Outcome::Unknown("whether the server can fetch the keys shows only when it checks a token".to_owned())
        };
    };
    if trial.reason() != Some(Reason::KeysOutOfReach) {
        return Outcome::Unknown("the server does not say whether it could fetch the keys".to_owned());
    }
    // These words are those of Scalekit's sample, when its client cannot even be made.
    let unavailable = says(refusal, "Authentication service unavailable");
    let keys = evidence
        .server_metadata_read()
        .and_then(|read| read.text("jwks_uri").map(str::to_owned))
        .unwrap_or_else(|| "the address of the keys (jwks_uri)".to_owned());
    let environment = scalekit::recognise(evidence).and_then(|seen| seen.environment).unwrap_or_else(|| keys.clone());
    let mut finding = Finding::new(&CHECK, if unavailable { "service-unavailable" } else { "out-of-reach" })
        .confidence(Confidence::Likely)
        .proof(trial.said())
        .value("keys", keys)
        .value("environment", environment);
    if evidence.answer(&Purpose::Jwks).is_some_and(|answer| answer.status == 200) {
        finding = finding.proof("From this computer the keys can be fetched");
    }
    Outcome::fail(finding)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    #[test]
    fn a_server_that_says_it_cannot_fetch_the_keys_is_believed() {
        let refused = |words| Sample::healthy().token(|_| {}).answers_token(500, &[], words).finding(&CHECK).variant;
        assert_eq!(refused("Failed to fetch JWKS: ECONNREFUSED"), "out-of-reach");
        assert_eq!(refused("{\"error\": \"Authentication service unavailable\"}"), "service-unavailable");
    }

    #[test]
    fn a_server_that_accepts_can_and_one_that_is_silent_is_not_accused() {
        assert_eq!(Sample::healthy().token(|_| {}).examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().token(|_| {}).refuses("no").examine(&CHECK), Outcome::Unknown(_)));
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }
}

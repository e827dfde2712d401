use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::evidence::Evidence;
use crate::trial::Trial;

pub const CHECK: Check = Check {
    code: "tok-wrong-env",
    stage: Stage::TokenValidation,
    category: Category::Token,
    owner: Owner::User,
    requirement: Requirement::Must,
    reference: "Scalekit documentation, environments; RFC 9068 section 4",
    after: &["tok-format"],
    variants: &["other-environment"],
    words: include_str!("tok_wrong_env.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let trial = match Trial::of_readable(evidence) {
        Ok(trial) => trial,
        Err(outcome) => return outcome,
    };
    if trial.named_issuers().is_empty() {
        return Outcome::Unknown("which sign-in service the server uses is not known".to_owned());
    }
    if trial.is_in() {
        return Outcome::Pass;
    }
    match super::tok_iss::another_environment(&trial) {
        None if trial.issuer_fits() == Some(true) => Outcome::Pass,
        None => Outcome::SetAside("not both are environments of Scalekit"),
        Some((ours, theirs)) => Outcome::fail(
            Finding::new(&CHECK, "other-environment")
                .value("kinds", format!("the server uses {}, the token comes from {}", kind(&ours), kind(&theirs)))
                .proof(trial.said())
                .compare("The server's environment", ours, "The token's environment", theirs),
        ),
    }
}

fn kind(environment: &str) -> &'static str {
    if environment.ends_with(".scalekit.dev") || environment.ends_with(".scalekit.cloud") {
        "a development environment"
    } else if environment.ends_with(".scalekit.com") {
        "a production environment"
    } else {
        "an environment under a domain of its own"
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::oauth::token::Signature;
    use crate::sample::Sample;

    #[test]
    fn a_token_of_the_test_world_is_named() {
        let unknown = Signature::UnknownKey { kid: "snk_9".to_owned(), listed: vec!["snk_1".to_owned()] };
        let dev = Sample::healthy()
            .token(|claims| claims["iss"] = json!("https://acme.scalekit.dev"))
            .signature(unknown)
            .refuses("");
        let finding = dev.finding(&CHECK);
        assert!(finding.values["kinds"].contains("a development environment"));
    }

    #[test]
    fn the_same_environment_passes_and_others_are_set_aside() {
        assert_eq!(Sample::healthy().token(|_| {}).refuses("").examine(&CHECK), Outcome::Pass);
        let stranger = Sample::healthy().token(|claims| claims["iss"] = json!("https://x.example")).refuses("");
        assert!(matches!(stranger.examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }
}

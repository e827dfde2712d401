use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Stage};
use crate::evidence::Evidence;
use crate::framework::Framework;
use crate::oauth::token::Signature;
use crate::trial::{Reason, Trial};

pub const CHECK: Check = Check {
    code: "tok-jwks-rotation",
    stage: Stage::TokenValidation,
    category: Category::Token,
    owner: Owner::McpServer,
    requirement: Requirement::Should,
    reference: "OpenID Connect Core section 10.1.1; RFC 7517 section 5",
    after: &["tok-format", "tok-alg", "tok-kid", "tok-jwks-reachable"],
    variants: &["stale"],
    words: include_str!("tok_jwks_rotation.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let trial = match Trial::of_readable(evidence) {
        Ok(trial) => trial,
        Err(outcome) => return outcome,
    };
    let Some(_) = trial.refusal() else {
        return if trial.is_in() {
            Outcome::Pass
        } else {
            Outcome::Unknown("which keys the server remembers shows only when it checks a token".to_owned())
        };
    };
    let fits_here = matches!(trial.signature(), Some(Signature::Good { .. }));
    if !fits_here || trial.reason() != Some(Reason::Signature) {
        return Outcome::Unknown("the server does not say that it is about the key".to_owned());
    }
    // Scalekit's SDKs fetch the keys once, and never again.
    let forgetful = trial.is(Framework::FastapiFastmcp) || trial.is(Framework::Express);
    let finding = Finding::new(&CHECK, "stale")
        .confidence(Confidence::Likely)
        .value("kid", trial.token.kid().unwrap_or("not named"))
        .proof("The signature fits the keys that the sign-in service lists now")
        .proof(trial.said());
    Outcome::fail(if forgetful {
        finding.proof("Servers of this kind fetch the keys once and keep them until they restart")
    } else {
        finding
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    #[test]
    fn a_server_that_does_not_know_a_listed_key_remembers_old_ones() {
        let refused = Sample::healthy().token(|_| {}).refuses("Token is signed with an unknown key");
        assert_eq!(refused.finding(&CHECK).variant, "stale");
        let built = refused.built_with(Framework::Express);
        assert_eq!(built.finding(&CHECK).proof.len(), 3);
    }

    #[test]
    fn another_reason_and_acceptance_are_left_alone() {
        assert_eq!(Sample::healthy().token(|_| {}).examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().token(|_| {}).refuses("expired").examine(&CHECK), Outcome::Unknown(_)));
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }
}

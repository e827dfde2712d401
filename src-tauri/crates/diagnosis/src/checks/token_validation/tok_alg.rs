use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Stage};
use crate::evidence::Evidence;
use crate::oauth::token::Signature;
use crate::trial::{Reason, Trial};

pub const CHECK: Check = Check {
    code: "tok-alg",
    stage: Stage::TokenValidation,
    category: Category::Token,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Must,
    reference: "RFC 8725 section 3.1; RFC 9068 section 4",
    after: &["tok-format"],
    variants: &["none", "symmetric", "no-fitting-key", "unusual", "not-allowed"],
    words: include_str!("tok_alg.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let trial = match Trial::of_readable(evidence) {
        Ok(trial) => trial,
        Err(outcome) => return outcome,
    };
    let alg = trial.token.alg().unwrap_or_default().to_owned();
    let finding = match trial.signature() {
        _ if trial.is_in() => return Outcome::SetAside("the server accepts it"),
        // The server says so, and the keys say that nothing is wrong with it.
        Some(Signature::Good { .. } | Signature::Unusual { .. }) if trial.reason() == Some(Reason::Algorithm) => {
            Finding::new(&CHECK, "not-allowed").owner(Owner::McpServer).confidence(Confidence::Likely)
        }
        None => return Outcome::Unknown("the signature could not be checked".to_owned()),
        Some(_) if trial.has_another_issuer() => {
            return Outcome::SetAside("the token comes from another sign-in service");
        }
        Some(Signature::SharedSecret { .. }) if trial.is_its_own_service() => {
            return Outcome::SetAside("the server issues its tokens itself");
        }
        Some(Signature::Unsigned) => Finding::new(&CHECK, "none"),
        Some(Signature::SharedSecret { .. }) => Finding::new(&CHECK, "symmetric"),
        Some(Signature::NoFittingKey { .. }) => Finding::new(&CHECK, "no-fitting-key"),
        Some(Signature::Unusual { .. }) if trial.refusal().is_some() => {
            Finding::new(&CHECK, "unusual").confidence(Confidence::Possible)
        }
        Some(_) => return Outcome::Pass,
    };
    Outcome::fail(finding.proof(format!("The token's header says alg {alg}")).proof(trial.said()).value("alg", alg))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    #[test]
    fn what_no_server_may_trust_is_named() {
        let of = |signature| Sample::healthy().token(|_| {}).refuses("").signature(signature).finding(&CHECK).variant;
        assert_eq!(of(Signature::Unsigned), "none");
        assert_eq!(of(Signature::SharedSecret { alg: "HS256".to_owned() }), "symmetric");
        assert_eq!(of(Signature::NoFittingKey { alg: "ES256".to_owned() }), "no-fitting-key");
        assert_eq!(of(Signature::Unusual { alg: "ES512".to_owned() }), "unusual");
    }

    #[test]
    fn a_good_token_and_an_accepted_one_are_left_alone() {
        assert_eq!(Sample::healthy().token(|_| {}).refuses("").examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().token(|_| {}).examine(&CHECK), Outcome::SetAside(_)));
        let unseen = Sample::healthy().token(|_| {}).refuses("").change(|evidence| evidence.signature = None);
        assert!(matches!(unseen.examine(&CHECK), Outcome::Unknown(_)));
    }

    #[test]
    fn a_way_of_signing_that_the_server_does_not_allow_is_its_own_setting() {
        let refused = Sample::healthy().token(|_| {}).refuses("The specified alg value is not allowed");
        let finding = refused.finding(&CHECK);
        assert_eq!((finding.variant, finding.owner), ("not-allowed", Owner::McpServer));
    }
}

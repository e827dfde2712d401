use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::evidence::Evidence;
use crate::oauth::token::Signature;
use crate::trial::Trial;

pub const CHECK: Check = Check {
    code: "tok-signature",
    stage: Stage::TokenValidation,
    category: Category::Token,
    owner: Owner::User,
    requirement: Requirement::Must,
    reference: "RFC 7515 section 5.2",
    after: &["tok-format", "tok-alg", "tok-kid"],
    variants: &["bad"],
    words: include_str!("tok_signature.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let trial = match Trial::of_readable(evidence) {
        Ok(trial) => trial,
        Err(outcome) => return outcome,
    };
    match trial.signature() {
        Some(Signature::Good { .. }) => Outcome::Pass,
        Some(Signature::Bad { .. }) if trial.has_another_issuer() => {
            Outcome::SetAside("the token comes from another sign-in service")
        }
        Some(Signature::Bad { .. }) if trial.is_in() => Outcome::SetAside("the server accepts it"),
        Some(Signature::Bad { kid }) => Outcome::fail(
            Finding::new(&CHECK, "bad")
                .value("kid", kid.as_deref().unwrap_or("the only one listed"))
                .proof("Checked here against the keys that the sign-in service publishes: the signature does not fit")
                .proof(trial.said()),
        ),
        Some(_) => Outcome::SetAside("there is no signature that the published keys could confirm"),
        None => match evidence.signature.as_ref().map(|fact| &fact.seen) {
            Some(Err(blind)) => Outcome::Unknown(blind.why.clone()),
            _ => Outcome::Unknown("the keys of the sign-in service are not known".to_owned()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    #[test]
    fn a_signature_that_does_not_fit_is_a_damaged_token() {
        let bad = || Sample::healthy().token(|_| {}).signature(Signature::Bad { kid: Some("snk_1".to_owned()) });
        assert_eq!(bad().refuses("").finding(&CHECK).variant, "bad");
        assert!(matches!(bad().examine(&CHECK), Outcome::SetAside(_)));
    }

    #[test]
    fn a_good_one_passes_and_an_unchecked_one_does_not() {
        assert_eq!(Sample::healthy().token(|_| {}).examine(&CHECK), Outcome::Pass);
        let unseen = Sample::healthy().token(|_| {}).change(|evidence| evidence.signature = None);
        assert!(matches!(unseen.examine(&CHECK), Outcome::Unknown(_)));
    }
}

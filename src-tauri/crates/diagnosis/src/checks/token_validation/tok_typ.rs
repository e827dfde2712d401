use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Stage};
use crate::evidence::Evidence;
use crate::trial::{Reason, Trial};

pub const CHECK: Check = Check {
    code: "tok-typ",
    stage: Stage::TokenValidation,
    category: Category::Token,
    owner: Owner::McpServer,
    requirement: Requirement::Should,
    reference: "RFC 9068 sections 2.1 and 4",
    after: &["tok-format", "tok-alg", "tok-kid", "tok-signature", "tok-iss"],
    variants: &["strict"],
    words: include_str!("tok_typ.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let trial = match Trial::of_readable(evidence) {
        Ok(trial) => trial,
        Err(outcome) => return outcome,
    };
    if trial.is_in() {
        return Outcome::Pass;
    }
    if trial.reason() != Some(Reason::Type) {
        return Outcome::SetAside("the server says nothing about the token's type");
    }
    let kind = trial.token.typ().unwrap_or("nothing");
    Outcome::fail(Finding::new(&CHECK, "strict").confidence(Confidence::Likely).proof(trial.said()).compare(
        "The server expects",
        "at+jwt",
        "The token's header says",
        kind,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    #[test]
    fn a_server_that_asks_for_a_type_is_believed() {
        let refused = Sample::healthy().token(|_| {}).refuses("unexpected \"typ\" header, at+jwt expected");
        assert_eq!(refused.finding(&CHECK).variant, "strict");
    }

    #[test]
    fn a_good_token_passes_and_silence_proves_nothing() {
        assert_eq!(Sample::healthy().token(|_| {}).examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().token(|_| {}).refuses("").examine(&CHECK), Outcome::SetAside(_)));
    }
}

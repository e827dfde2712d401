use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::door;
use crate::evidence::{Evidence, Purpose};

pub const CHECK: Check = Check {
    code: "challenge-scheme-case",
    stage: Stage::Challenge,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Should,
    reference: "RFC 9110 section 11.1",
    after: &["challenge-status"],
    variants: &["case-sensitive"],
    words: include_str!("challenge_scheme_case.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    if evidence.unauthorized().is_none() {
        return Outcome::SetAside("the server did not ask for a sign-in");
    }
    let answers = [Purpose::Initialize, Purpose::MadeUpToken, Purpose::MadeUpTokenLowerCase]
        .map(|purpose| evidence.answer(&purpose));
    let [Some(none), Some(capital), Some(small)] = answers else {
        return Outcome::Unknown("the server was not asked with a made-up token".to_owned());
    };
    let same = |one: &crate::evidence::Answer, other: &crate::evidence::Answer| {
        one.status == other.status && one.body.text == other.body.text
    };
    // Only where the server tells "no token" from "bad token" can its reading of the word be seen.
    if same(none, capital) || !same(none, small) {
        return Outcome::Pass;
    }
    Outcome::fail(
        Finding::new(&CHECK, "case-sensitive")
            .severity(Severity::Info)
            .value("says", door::excerpt(small).unwrap_or_default())
            .proof(format!("with Bearer: \"{}\"", door::excerpt(capital).unwrap_or_default()))
            .proof(format!("with bearer: \"{}\"", door::excerpt(small).unwrap_or_default())),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{SERVER, Sample};

    #[test]
    fn a_healthy_server_is_fine() {
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::Pass));
    }

    #[test]
    fn nothing_seen_is_never_a_pass() {
        let outcome = Sample::unseen(SERVER).examine(&CHECK);
        assert!(matches!(outcome, Outcome::Unknown(_) | Outcome::SetAside(_)), "{outcome:?}");
    }

    #[test]
    fn a_server_that_overlooks_small_letters_is_told() {
        let sample = Sample::healthy()
            .answer(Purpose::Initialize, 401, &[], "missing")
            .answer(Purpose::MadeUpToken, 401, &[], "failed")
            .answer(Purpose::MadeUpTokenLowerCase, 401, &[], "missing");
        assert_eq!(sample.finding(&CHECK).variant, "case-sensitive");
        let fine = sample.answer(Purpose::MadeUpTokenLowerCase, 401, &[], "failed");
        assert_eq!(fine.examine(&CHECK), Outcome::Pass);
    }
}

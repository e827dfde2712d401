use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Stage};
use crate::evidence::Evidence;
use crate::sign_in::of;
use crate::trial::{Says, Trial, told};

pub const CHECK: Check = Check {
    code: "token-revoked",
    stage: Stage::Token,
    category: Category::Token,
    owner: Owner::User,
    requirement: Requirement::Should,
    reference: "RFC 7009 section 2.1; OAuth 2.1 section 4.3",
    after: &[],
    variants: &["refused", "retried"],
    words: include_str!("token_revoked.md"),
    examine,
};

/// The refusal says that the token was taken back, or that what it belongs to has ended.
fn is_meant(words: &str) -> bool {
    let words = words.to_ascii_lowercase();
    let marks = ["revoked", "blacklisted", "denylisted", "has been invalidated", "logged out", "session not found"];
    marks.iter().any(|mark| words.contains(mark)) && !words.contains("revocation list")
}

fn examine(evidence: &Evidence) -> Outcome {
    let trial = match Trial::of(evidence) {
        Ok(trial) => trial,
        Err(outcome) => return outcome,
    };
    let answer = match trial.says {
        Says::In(_) | Says::Lacking(_) => return Outcome::Pass,
        Says::Refused(answer) | Says::Forbidden(answer) => answer,
        _ => return Outcome::SetAside("the server did not refuse the token"),
    };
    let said = told(answer);
    // A token that was given a moment ago was taken back by nobody.
    if !is_meant(&said) || of(evidence).is_some_and(|reading| reading.token.is_some()) {
        return Outcome::SetAside("the server does not say that the token was taken back");
    }
    Outcome::fail(
        Finding::new(&CHECK, "refused")
            .confidence(Confidence::Likely)
            .value("said", said.clone())
            .proof(format!("With the token the server answered HTTP {}: {said}", answer.status)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    #[test]
    fn a_server_that_says_so_is_believed() {
        let revoked = Sample::healthy().token(|_| {}).refuses("The access token has been revoked");
        assert_eq!(revoked.finding(&CHECK).variant, "refused");
        let other = Sample::healthy().token(|_| {}).refuses("The access token is expired");
        assert!(matches!(other.examine(&CHECK), Outcome::SetAside(_)));
        let fresh = revoked.change(|evidence| crate::sign_in::sample(evidence, |_| {}));
        assert!(matches!(fresh.examine(&CHECK), Outcome::SetAside(_)));
    }

    #[test]
    fn an_accepted_token_passes_and_without_one_nothing_is_said() {
        assert_eq!(Sample::healthy().token(|_| {}).accepted().examine(&CHECK), Outcome::Pass);
        assert_ne!(Sample::healthy().examine(&CHECK), Outcome::Pass);
        assert_ne!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Pass);
    }
}

use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Stage};
use crate::evidence::Evidence;
use crate::trial::Trial;

pub const CHECK: Check = Check {
    code: "tok-required-claims",
    stage: Stage::TokenValidation,
    category: Category::Token,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Should,
    reference: "RFC 9068 section 2.2",
    after: &["tok-format", "tok-alg", "tok-kid", "tok-signature", "tok-iss"],
    variants: &["missing"],
    words: include_str!("tok_required_claims.md"),
    examine,
};

/// Claims that servers ask for. `org_id` is what Scalekit's `oid` was called before.
const ASKED_FOR: &[&str] = &["sub", "client_id", "iat", "jti", "oid", "org_id", "sid", "azp", "scope", "scp"];

/// The name of a claim of any kind, where the words say that it is missing: "missing email claim", "missing required claim: team".
fn named_beside<'a>(words: &[&'a str]) -> Option<&'a str> {
    const PLAIN: [&str; 16] = [
        "claim", "claims", "required", "missing", "the", "a", "an", "is", "in", "of", "from", "token", "jwt", "or",
        "invalid", "expected",
    ];
    let says_missing = words.iter().any(|word| matches!(*word, "missing" | "lacks" | "no" | "without" | "required"));
    let at = words.iter().position(|word| matches!(*word, "claim" | "claims"))?;
    let is_name = |word: &&&'a str| word.len() > 1 && !PLAIN.contains(*word) && word.parse::<u64>().is_err();
    let before = at.checked_sub(1).and_then(|before| words.get(before)).filter(is_name);
    let after = words.get(at + 1).filter(is_name);
    // The error's own word stands before every message.
    let name = before.or(after).copied().filter(|word| !matches!(*word, "invalid_token" | "error" | "http"));
    name.filter(|_| says_missing)
}

fn examine(evidence: &Evidence) -> Outcome {
    let trial = match Trial::of_readable(evidence) {
        Ok(trial) => trial,
        Err(outcome) => return outcome,
    };
    if trial.is_in() {
        return Outcome::Pass;
    }
    let Some(refusal) = trial.refusal() else {
        return Outcome::Unknown("which claims the server needs shows only when it checks a token".to_owned());
    };
    let said = crate::trial::told(refusal).to_ascii_lowercase();
    let words: Vec<&str> = said.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).collect();
    let speaks_of_claims = words.iter().any(|word| matches!(*word, "claim" | "claims"));
    let lacking = ASKED_FOR.iter().find(|name| words.contains(name) && !trial.token.has(name)).copied();
    let lacking = lacking.or_else(|| named_beside(&words).filter(|name| !trial.token.has(name)));
    match lacking {
        Some(name) if speaks_of_claims => Outcome::fail(
            Finding::new(&CHECK, "missing").confidence(Confidence::Likely).value("claim", name).proof(trial.said()),
        ),
        _ => Outcome::SetAside("the server names no claim that the token lacks"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    #[test]
    fn a_claim_that_the_server_asks_for_and_the_token_lacks_is_named() {
        let refused =
            Sample::healthy().token(|_| {}).refuses("{\"error_description\": \"Missing required claim: org_id\"}");
        assert_eq!(refused.finding(&CHECK).values["claim"], "org_id");
        let present = Sample::healthy().token(|_| {}).refuses("{\"error_description\": \"claim sub is not known\"}");
        assert!(matches!(present.examine(&CHECK), Outcome::SetAside(_)));
    }

    #[test]
    fn a_good_token_passes_and_none_is_set_aside() {
        assert_eq!(Sample::healthy().token(|_| {}).examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }
}

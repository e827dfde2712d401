use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::evidence::Evidence;
use crate::oauth::token::TokenReading;

pub const CHECK: Check = Check {
    code: "scope-granted",
    stage: Stage::Scope,
    category: Category::Scope,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Must,
    reference: "RFC 6749 section 3.3",
    after: &[],
    variants: &["fewer", "differs"],
    words: include_str!("scope_granted.md"),
    examine,
};

/// Scopes that say who somebody is, or how long the sign-in lasts. They open no tool.
const ABOUT_THE_PERSON: &[&str] = &["openid", "profile", "email", "address", "phone", "offline_access"];

fn examine(evidence: &Evidence) -> Outcome {
    let sign_in = evidence.sign_in.as_ref().and_then(|fact| fact.value());
    let asked = sign_in.and_then(|reading| reading.requested_scope.clone());
    let answer = sign_in.and_then(|reading| reading.token.as_ref()).filter(|answer| answer.access_token);
    if let (Some(asked), Some(answer)) = (&asked, answer) {
        // A reply without a scope means: as asked (RFC 6749 section 5.1).
        let Some(granted) = &answer.scope else { return Outcome::Pass };
        let lacking = lacking(asked, granted);
        if lacking.is_empty() {
            return Outcome::Pass;
        }
        return Outcome::fail(
            Finding::new(&CHECK, "fewer")
                .value("lacking", lacking.join(" "))
                .proof(format!("The app asked for: {asked}"))
                .compare("Asked for", asked.clone(), "Granted", granted.clone()),
        );
    }
    let token = evidence.token.as_ref().and_then(|fact| fact.value());
    let Some((token, said)) = token.and_then(|token| Some((token, token.reply.as_ref()?.scope.as_ref()?))) else {
        return Outcome::SetAside("what was asked for is not known without a sign-in");
    };
    if !token.is_jwt() {
        return Outcome::SetAside("the token cannot be read from outside");
    }
    let held = holds(token);
    if lacking(said, &held).is_empty() {
        return Outcome::Pass;
    }
    Outcome::fail(
        Finding::new(&CHECK, "differs")
            .severity(Severity::Warning)
            .value("lacking", lacking(said, &held).join(" "))
            .compare("The sign-in service said", said.clone(), "The token carries", held),
    )
}

fn holds(token: &TokenReading) -> String {
    token.scopes().join(" ")
}

fn lacking(asked: &str, granted: &str) -> Vec<String> {
    let granted: Vec<&str> = granted.split_ascii_whitespace().collect();
    asked
        .split_ascii_whitespace()
        .filter(|scope| !granted.contains(scope) && !ABOUT_THE_PERSON.contains(scope))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{Sample, claims, jwt};

    fn replied(scope: &str) -> Sample {
        let token = jwt(&serde_json::json!({"alg": "RS256"}), &claims());
        Sample::healthy()
            .token_text(&serde_json::json!({"access_token": token, "token_type": "Bearer", "scope": scope}).to_string())
    }

    #[test]
    fn a_reply_that_promises_more_than_the_token_carries_is_named() {
        assert_eq!(replied("todo:read todo:write").finding(&CHECK).values["lacking"], "todo:write");
        assert_eq!(replied("openid todo:read").examine(&CHECK), Outcome::Pass);
    }

    #[test]
    fn without_a_sign_in_nothing_is_claimed() {
        assert!(matches!(Sample::healthy().token(|_| {}).examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }
}

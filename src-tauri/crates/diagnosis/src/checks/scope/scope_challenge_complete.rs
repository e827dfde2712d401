use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::evidence::Evidence;
use crate::trial::{ToldAs, Trial, told};

pub const CHECK: Check = Check {
    code: "scope-challenge-complete",
    stage: Stage::Scope,
    category: Category::Scope,
    owner: Owner::McpServer,
    requirement: Requirement::Should,
    reference: "SEP-2350; MCP 2026-07-28, Step-Up Authorization Flow",
    after: &[],
    variants: &["incomplete"],
    words: include_str!("scope_challenge_complete.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let trial = match Trial::of(evidence) {
        Ok(trial) => trial,
        Err(outcome) => return outcome,
    };
    let Some(need) = trial.need().filter(|need| need.told == ToldAs::Forbidden) else {
        return Outcome::SetAside("the server was not seen to ask for one more permission");
    };
    let Some(asked) = crate::oauth::challenge::read(&need.answer.headers).scopes().filter(|list| !list.is_empty())
    else {
        return Outcome::SetAside("the server names no permission");
    };
    let always = evidence.challenges().and_then(|challenges| challenges.scopes()).unwrap_or_default();
    let forgotten: Vec<String> = always.iter().filter(|scope| !asked.contains(scope)).cloned().collect();
    if forgotten.is_empty() {
        return Outcome::Pass;
    }
    let mut whole = always.clone();
    whole.extend(asked.iter().filter(|scope| !always.contains(scope)).cloned());
    Outcome::fail(
        Finding::new(&CHECK, "incomplete")
            .severity(Severity::Warning)
            .value("forgotten", forgotten.join(" "))
            .proof(told(need.answer))
            .compare("It should ask for", whole.join(" "), "It asks for", asked.join(" ")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Purpose;
    use crate::sample::Sample;

    fn call(scope: &str) -> Sample {
        let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\"");
        Sample::healthy().token(|_| {}).answer(
            Purpose::TokenToolsCall { tool: "add_todo".to_owned() },
            403,
            &[("www-authenticate", &challenge)],
            "",
        )
    }

    #[test]
    fn a_challenge_that_forgets_what_was_needed_before_is_named() {
        assert_eq!(call("todo:write").finding(&CHECK).values["forgotten"], "todo:read");
        assert_eq!(call("todo:read todo:write").examine(&CHECK), Outcome::Pass);
    }

    #[test]
    fn nothing_missing_is_set_aside() {
        assert!(matches!(Sample::healthy().token(|_| {}).examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }
}

use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::evidence::Evidence;
use crate::trial::{Reason, Says, Trial};

pub const CHECK: Check = Check {
    code: "tok-aud-present",
    stage: Stage::TokenValidation,
    category: Category::Token,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Must,
    reference: "RFC 9068 section 2.2; MCP 2026-07-28, Token Audience Binding and Validation",
    after: &["token-resource", "tok-format", "tok-alg", "tok-kid", "tok-signature", "tok-iss"],
    variants: &["missing"],
    words: include_str!("tok_aud_present.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let trial = match Trial::of_readable(evidence) {
        Ok(trial) => trial,
        Err(outcome) => return outcome,
    };
    if !trial.token.audiences().is_empty() {
        return Outcome::Pass;
    }
    if trial.is_in() {
        return Outcome::SetAside("the server accepts it");
    }
    let finding = Finding::new(&CHECK, "missing").proof("The token has no aud").proof(trial.said());
    // A token that is out of its time is refused for that, whatever else it lacks; many servers compare no audience.
    let another_reason = trial.is_out_of_its_time() || trial.reason().is_some_and(|reason| reason != Reason::Audience);
    Outcome::fail(match trial.says {
        Says::NotAsked | Says::Silent | Says::Unclear(_) => finding.severity(Severity::Warning),
        _ if another_reason || trial.breaks_on_this_token_alone() => {
            finding.severity(Severity::Warning).confidence(Confidence::Possible)
        }
        _ => finding,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    fn without() -> Sample {
        Sample::healthy().token(|claims| {
            claims.as_object_mut().map(|claims| claims.shift_remove("aud"));
        })
    }

    #[test]
    fn a_token_for_nobody_is_named_when_it_is_refused() {
        assert_eq!(without().refuses("").finding(&CHECK).variant, "missing");
        assert!(matches!(without().examine(&CHECK), Outcome::SetAside(_)));
    }

    #[test]
    fn a_token_that_ran_out_is_not_blamed_on_what_else_it_lacks() {
        let old = without().change(|_| {}).refuses("");
        assert_eq!(old.finding(&CHECK).severity, Severity::Error);
        let ran_out = Sample::healthy()
            .token(|claims| {
                claims.as_object_mut().map(|claims| claims.shift_remove("aud"));
                claims["exp"] = serde_json::json!(1_000_000_000);
            })
            .refuses("");
        assert_eq!(ran_out.finding(&CHECK).severity, Severity::Warning);
    }

    #[test]
    fn a_good_token_passes_and_none_is_set_aside() {
        assert_eq!(Sample::healthy().token(|_| {}).examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }
}

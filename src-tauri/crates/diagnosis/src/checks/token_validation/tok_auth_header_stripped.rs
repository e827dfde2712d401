use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Stage};
use crate::evidence::{Evidence, Look};
use crate::trial::{Reason, Says, Trial, calls, reason, told};

pub const CHECK: Check = Check {
    code: "tok-auth-header-stripped",
    stage: Stage::TokenValidation,
    category: Category::Token,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "RFC 9110 section 11.6.2; MCP 2026-07-28, Token Requirements",
    after: &[],
    variants: &["stripped"],
    words: include_str!("tok_auth_header_stripped.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let trial = match Trial::of(evidence) {
        Ok(trial) => trial,
        Err(outcome) => return outcome,
    };
    match trial.says {
        Says::In(_) | Says::Lacking(_) => return Outcome::Pass,
        Says::NotAsked | Says::Open | Says::Silent | Says::Unclear(_) => {
            return Outcome::Unknown("the server did not judge the token".to_owned());
        }
        Says::Refused(_) | Says::Forbidden(_) | Says::Broke(_) => {}
    }
    if !is_stripped(&trial) {
        return Outcome::Pass;
    }
    let mut finding = Finding::new(&CHECK, "stripped").confidence(Confidence::Likely).proof(trial.said());
    if let (Look::Answered(without), _) = calls(evidence) {
        finding = finding.proof(format!("Without a token it says the same: {}", told(without)));
    }
    Outcome::fail(finding)
}

/// With the token the server says that none came, as it does without one.
pub(super) fn is_stripped(trial: &Trial<'_>) -> bool {
    let (Look::Answered(without), _) = calls(trial.evidence) else { return false };
    trial.reason() == Some(Reason::Missing) && reason(without) == Some(Reason::Missing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Purpose;
    use crate::sample::Sample;

    const MISSING: &str = "{\"error\":\"Missing Bearer token\"}";

    #[test]
    fn a_token_that_does_not_arrive_is_named() {
        let stripped = Sample::healthy().answer(Purpose::Initialize, 401, &[], MISSING).token(|_| {}).refuses(MISSING);
        assert_eq!(stripped.finding(&CHECK).variant, "stripped");
    }

    #[test]
    fn a_refusal_of_the_token_itself_passes() {
        let refused = Sample::healthy()
            .answer(Purpose::Initialize, 401, &[], MISSING)
            .token(|_| {})
            .refuses("Token validation failed");
        assert_eq!(refused.examine(&CHECK), Outcome::Pass);
        assert_eq!(Sample::healthy().token(|_| {}).examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }
}

use crate::authorize::{NO_PKCE, Reading, asked};
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::checks::registration::NOT_TRIED;
use crate::discovery::line;
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "authz-pkce-enforced",
    stage: Stage::Authorization,
    category: Category::Connection,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Must,
    reference: "OAuth 2.1 section 7.5.2; MCP 2026-07-28, Authorization Code Protection",
    after: &[],
    variants: &["optional"],
    words: include_str!("authz_pkce_enforced.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let asked = asked(evidence);
    let Some(one) = asked.iter().find(|one| one.question == NO_PKCE) else { return Outcome::SetAside(NOT_TRIED) };
    match &one.reading {
        Reading::Back { error: None, .. } => {
            Outcome::fail(Finding::new(&CHECK, "optional").severity(Severity::Warning).proof(line(one.exchange)))
        }
        Reading::Back { .. } | Reading::Refused { .. } => Outcome::Pass,
        Reading::SignIn => Outcome::Unknown("the sign-in service may look at it only after the login".to_owned()),
        Reading::Incomplete | Reading::Broken => Outcome::Unknown("the sign-in page gave no answer".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{Sample, authorize};

    #[test]
    fn a_code_without_the_safety_step() {
        let uri = "http://localhost:8787/callback";
        let back = |query: &str| {
            let to = format!("{uri}?{query}");
            authorize(Sample::healthy(), NO_PKCE, "cursor", "m2m_1", uri, 302, &[("location", &to)], "")
        };
        assert_eq!(back("code=********").finding(&CHECK).severity, Severity::Warning);
        assert_eq!(back("error=invalid_request").examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }
}

use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::evidence::Evidence;
use crate::sign_in::{NOT_TRIED, of};

pub const CHECK: Check = Check {
    code: "authz-code-present",
    stage: Stage::Authorization,
    category: Category::RedirectUri,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Must,
    reference: "OAuth 2.1 section 4.1.2",
    after: &["authz-state"],
    variants: &["in-fragment"],
    words: include_str!("authz_code_present.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(reading) = of(evidence) else { return Outcome::SetAside(NOT_TRIED) };
    let Some(answer) = &reading.answer else { return Outcome::SetAside("no answer came back from the browser") };
    if answer.code || answer.error.is_some() || answer.state_fits.is_some() || answer.iss.is_some() {
        return Outcome::Pass;
    }
    Outcome::fail(
        Finding::new(&CHECK, "in-fragment").proof("The browser came back to the right address without any parameter"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;
    use crate::sign_in::sample;

    fn variant(change: impl FnOnce(&mut crate::sign_in::SignInReading)) -> &'static str {
        Sample::healthy().change(|evidence| sample(evidence, change)).finding(&CHECK).variant
    }

    #[test]
    fn a_good_sign_in_passes_and_without_one_nothing_is_said() {
        assert_eq!(Sample::healthy().change(|evidence| sample(evidence, |_| {})).examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }

    #[test]
    fn every_variant_is_found() {
        assert_eq!(
            variant(|reading| {
                if let Some(answer) = &mut reading.answer {
                    answer.code = false;
                    answer.state_fits = None;
                    answer.iss = None
                }
            }),
            "in-fragment"
        );
    }
}

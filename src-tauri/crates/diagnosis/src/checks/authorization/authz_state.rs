use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::evidence::Evidence;
use crate::sign_in::{NOT_TRIED, of};

pub const CHECK: Check = Check {
    code: "authz-state",
    stage: Stage::Authorization,
    category: Category::RedirectUri,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Must,
    reference: "RFC 6749 section 10.12; MCP, open redirection",
    after: &[],
    variants: &["changed", "missing", "refused"],
    words: include_str!("authz_state.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(reading) = of(evidence) else { return Outcome::SetAside(NOT_TRIED) };
    let Some(answer) = &reading.answer else { return Outcome::SetAside("no answer came back from the browser") };
    match answer.state_fits {
        Some(true) => Outcome::Pass,
        Some(false) => {
            Outcome::fail(Finding::new(&CHECK, "changed").proof("The answer carries another state than was sent"))
        }
        // Without anything at all, another check says more.
        None if !answer.code && answer.error.is_none() => Outcome::SetAside("the answer brought nothing"),
        None => Outcome::fail(Finding::new(&CHECK, "missing").proof("The answer carries no state")),
    }
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
                    answer.state_fits = Some(false)
                }
            }),
            "changed"
        );
        assert_eq!(
            variant(|reading| {
                if let Some(answer) = &mut reading.answer {
                    answer.state_fits = None
                }
            }),
            "missing"
        );
    }
}

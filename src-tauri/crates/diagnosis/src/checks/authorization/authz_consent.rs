use crate::check::Severity;
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::evidence::Evidence;
use crate::sign_in::{NOT_TRIED, of};

pub const CHECK: Check = Check {
    code: "authz-consent",
    stage: Stage::Authorization,
    category: Category::Scope,
    owner: Owner::User,
    requirement: Requirement::May,
    reference: "RFC 6749 section 3.3; Scalekit, resource scope selection",
    after: &[],
    variants: &["less-granted"],
    words: include_str!("authz_consent.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(reading) = of(evidence) else { return Outcome::SetAside(NOT_TRIED) };
    let granted = reading.token.as_ref().and_then(|token| token.scope.clone());
    let (Some(requested), Some(granted)) = (&reading.requested_scope, granted) else {
        return Outcome::SetAside("the sign-in service did not say what it granted");
    };
    // Whether the app may stay signed in is a question of its own.
    let missing: Vec<&str> = requested
        .split_whitespace()
        .filter(|scope| *scope != "offline_access" && !granted.split_whitespace().any(|have| have == *scope))
        .collect();
    if missing.is_empty() {
        return Outcome::Pass;
    }
    Outcome::fail(
        Finding::new(&CHECK, "less-granted")
            .severity(Severity::Warning)
            .value("missing", missing.join(" "))
            .compare("The app asked for", requested.clone(), "You were given", granted)
            .proof(format!("Not granted: {}", missing.join(" "))),
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
                reading.requested_scope = Some("a b".to_owned());
                if let Some(token) = &mut reading.token {
                    token.scope = Some("a".to_owned())
                }
            }),
            "less-granted"
        );
    }
}

use crate::check::Severity;
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::clients::ClientId;
use crate::evidence::Evidence;
use crate::sign_in::{NOT_TRIED, of};

pub const CHECK: Check = Check {
    code: "authz-timeout",
    stage: Stage::Authorization,
    category: Category::Browser,
    owner: Owner::User,
    requirement: Requirement::May,
    reference: "mcp-remote, --auth-timeout; Scalekit, bring your own login",
    after: &[],
    variants: &["slow"],
    words: include_str!("authz_timeout.md"),
    examine,
};

/// mcp-remote gives up after this long unless told otherwise.
const IMPATIENT_MS: u64 = 30_000;

fn examine(evidence: &Evidence) -> Outcome {
    let Some(reading) = of(evidence) else { return Outcome::SetAside(NOT_TRIED) };
    let Some(answer) = &reading.answer else { return Outcome::SetAside("no answer came back from the browser") };
    // A person who types a password is slow; only for the impatient client it matters.
    if answer.took_ms <= IMPATIENT_MS || reading.client != Some(ClientId::McpRemote) {
        return Outcome::Pass;
    }
    let seconds = (answer.took_ms / 1000).to_string();
    Outcome::fail(
        Finding::new(&CHECK, "slow")
            .severity(Severity::Warning)
            .affects([ClientId::McpRemote])
            .value("seconds", seconds.clone())
            .proof(format!("The sign-in took {seconds} s in the browser")),
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
                reading.client = Some(ClientId::McpRemote);
                if let Some(answer) = &mut reading.answer {
                    answer.took_ms = 31_000
                }
            }),
            "slow"
        );
    }
}

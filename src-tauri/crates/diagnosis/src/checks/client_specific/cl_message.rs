use crate::check::{Category, Check, Outcome, Owner, Requirement, Stage};
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "cl-message",
    stage: Stage::ClientSpecific,
    category: Category::Client,
    owner: Owner::Client,
    requirement: Requirement::Should,
    reference: "none; what is not understood is never counted as fine",
    after: &[],
    variants: &["not-seen"],
    words: include_str!("cl_message.md"),
    examine,
};

/// What a known message says becomes a finding of the check that it aims at; where that passes, one of this check. Both needs
/// the other checks' outcomes, and is done where those are (`triage`).
fn examine(evidence: &Evidence) -> Outcome {
    if evidence.subject.unheard {
        return Outcome::Unknown("the message that was given is not among those that are known here".to_owned());
    }
    if evidence.subject.said.is_empty() {
        return Outcome::SetAside("no message was given");
    }
    Outcome::Pass
}

#[cfg(test)]
mod tests {
    use crate::pasted;
    use crate::report::State;
    use crate::sample::Sample;
    use crate::triage::diagnose;

    fn report(text: &str) -> crate::report::Report {
        let sample = Sample::healthy().change(|evidence| evidence.subject.hear(&pasted::understand(text)));
        diagnose(sample.evidence(), 0)
    }

    #[test]
    fn a_message_that_nobody_knows_is_no_sign_of_health() {
        let report = report("https://mcp.example.com/mcp: the frobnicator failed with code 17");
        assert_eq!(report.state, State::Undetermined);
        assert!(report.unknown.iter().any(|one| one.code == "cl-message"), "{:?}", report.unknown);
    }

    #[test]
    fn a_sentence_around_an_address_is_no_message() {
        assert_eq!(report("please look at https://mcp.example.com/mcp for me").state, State::Healthy);
        assert_eq!(report("https://mcp.example.com/mcp").state, State::Healthy);
    }

    #[test]
    fn a_message_that_is_known_is_said_by_the_check_that_it_aims_at() {
        let report = report("HTTP 401 from https://mcp.example.com/mcp");
        assert!(report.unknown.iter().all(|one| one.code != "cl-message"));
        assert_eq!(report.state, State::Healthy, "the server asks for a sign-in as it should");
        let not_seen = report.findings.iter().find(|one| one.code == "cl-message").expect("a word about it");
        assert_eq!(not_seen.variant, "not-seen");
        assert!(not_seen.summary.contains("(401)"), "{}", not_seen.summary);
    }
}

use crate::check::{Category, Check, Outcome, Owner, Requirement, Stage};
use crate::evidence::Evidence;
use crate::sign_in::{NOT_TRIED, of};

pub const CHECK: Check = Check {
    code: "authz-callback-browser-block",
    stage: Stage::Authorization,
    category: Category::Browser,
    owner: Owner::User,
    requirement: Requirement::Should,
    reference: "WICG, Local Network Access; RFC 8252 section 7.3",
    after: &[],
    variants: &["local-network", "https-only", "app-prompt"],
    words: include_str!("authz_callback_browser_block.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    // A browser that stops the way back tells only the person who sits before it; what they paste aims here. The app's own
    // sign-in shows that the way is open.
    match of(evidence) {
        Some(reading) if reading.answer.is_some() => Outcome::Pass,
        Some(_) => Outcome::Unknown("the browser did not come back, and does not say why".to_owned()),
        None => Outcome::SetAside(NOT_TRIED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pasted::{Understood, understand};
    use crate::sample::Sample;
    use crate::triage;

    #[test]
    fn what_a_browser_says_is_heard() {
        for (words, variant) in [
            ("net::ERR_BLOCKED_BY_LOCAL_NETWORK_ACCESS_CHECKS", "local-network"),
            ("Permission was denied for this request to access the `loopback` address space.", "local-network"),
            (
                "This site can't provide a secure connection. localhost sent an invalid response. ERR_SSL_PROTOCOL_ERROR",
                "https-only",
            ),
            ("HTTPS-Only Mode Alert: Secure Site Not Available http://localhost:3334/oauth/callback", "https-only"),
            (
                "Failed to launch 'cursor://anysphere.cursor-mcp/oauth/callback?x' because the scheme does not have a registered handler.",
                "app-prompt",
            ),
        ] {
            let heard = understand(words);
            assert!(matches!(heard, Understood::Message { .. }), "{words}: {heard:?}");
            let sample = Sample::healthy().change(|evidence| evidence.subject.hear(&heard));
            let report = triage::diagnose(sample.evidence(), 0);
            let verdict = report.verdict.unwrap_or_else(|| panic!("a verdict for {words}"));
            assert_eq!((verdict.code.as_str(), verdict.variant.as_str()), (CHECK.code, variant), "{words}");
        }
    }

    #[test]
    fn only_a_sign_in_can_tell() {
        let signed_in = Sample::healthy().change(|evidence| crate::sign_in::sample(evidence, |_| {}));
        assert_eq!(signed_in.examine(&CHECK), Outcome::Pass);
        let lost =
            Sample::healthy().change(|evidence| crate::sign_in::sample(evidence, |reading| reading.answer = None));
        assert!(matches!(lost.examine(&CHECK), Outcome::Unknown(_)));
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::SetAside(_)));
    }
}

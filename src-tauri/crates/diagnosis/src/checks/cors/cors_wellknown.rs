use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::checks::UNREACHED;
use crate::door;
use crate::evidence::{Endpoint, Evidence, Purpose};
use crate::web::{self, Reads};

pub const CHECK: Check = Check {
    code: "cors-wellknown",
    stage: Stage::Cors,
    category: Category::Cors,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "RFC 9728 section 3.1; Fetch, CORS protocol",
    after: UNREACHED,
    variants: &["missing"],
    words: include_str!("cors_wellknown.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    // The preflight may fail: SDKs then ask again without headers of their own, which needs none.
    let (origin, exchange, answer) =
        match web::asked(evidence, &Purpose::CrossOrigin { endpoint: Endpoint::ResourceMetadata }) {
            Ok(asked) => asked,
            Err(outcome) => return outcome,
        };
    if answer.status == 403 {
        return Outcome::SetAside("the server refuses this page's origin");
    }
    match web::reads(answer, &origin) {
        Reads::Yes => Outcome::Pass,
        Reads::Twice => Outcome::SetAside("two layers both answer"),
        Reads::No | Reads::Another => Outcome::fail(
            web::finding(Finding::new(&CHECK, "missing"))
                .value("origin", origin)
                .value("url", exchange.request.url.as_str())
                .proof(door::line(exchange)),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{SERVER, Sample};

    #[test]
    fn a_healthy_server_is_fine() {
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }

    #[test]
    fn nothing_seen_is_never_a_pass() {
        let outcome = Sample::unseen(SERVER).examine(&CHECK);
        assert!(matches!(outcome, Outcome::Unknown(_) | Outcome::SetAside(_)), "{outcome:?}");
    }

    #[test]
    fn details_that_no_page_can_read_are_told() {
        let actual = Purpose::CrossOrigin { endpoint: Endpoint::ResourceMetadata };
        let sample = || crate::web::tests::page(Sample::healthy());
        assert_eq!(sample().answer(actual.clone(), 200, &[], "{}").finding(&CHECK).variant, "missing");
        assert_eq!(
            sample().answer(actual, 200, &[("access-control-allow-origin", "*")], "{}").examine(&CHECK),
            Outcome::Pass
        );
    }
}

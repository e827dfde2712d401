use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::door;
use crate::evidence::{Endpoint, Evidence, Purpose};
use crate::web::{self, Reads};

pub const CHECK: Check = Check {
    code: "cors-401",
    stage: Stage::Cors,
    category: Category::Cors,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "Fetch, CORS protocol",
    after: &["cors-preflight"],
    variants: &["missing"],
    words: include_str!("cors_401.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let (origin, exchange, answer) = match web::asked(evidence, &Purpose::CrossOrigin { endpoint: Endpoint::Mcp }) {
        Ok(asked) => asked,
        Err(outcome) => return outcome,
    };
    let without = evidence.answer(&Purpose::Initialize).map(|answer| answer.status);
    if answer.status == 403 && without != Some(403) {
        return Outcome::SetAside("the server refuses this page's origin");
    }
    match web::reads(answer, &origin) {
        Reads::Yes => Outcome::Pass,
        Reads::Twice => Outcome::SetAside("two layers both answer"),
        Reads::No | Reads::Another => Outcome::fail(
            web::finding(Finding::new(&CHECK, "missing"))
                .value("origin", origin)
                .value("status", answer.status.to_string())
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
    fn a_refusal_that_no_page_can_read_is_told() {
        let actual = Purpose::CrossOrigin { endpoint: Endpoint::Mcp };
        let sample = crate::web::tests::page(Sample::healthy());
        assert_eq!(sample.answer(actual.clone(), 401, &[], "").finding(&CHECK).variant, "missing");
        let fine = crate::web::tests::page(Sample::healthy()).answer(
            actual,
            401,
            &[("access-control-allow-origin", "http://localhost:6274")],
            "",
        );
        assert_eq!(fine.examine(&CHECK), Outcome::Pass);
    }
}

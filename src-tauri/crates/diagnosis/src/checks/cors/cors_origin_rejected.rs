use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::checks::UNREACHED;
use crate::door;
use crate::evidence::{Endpoint, Evidence, Purpose};
use crate::web;

pub const CHECK: Check = Check {
    code: "cors-origin-rejected",
    stage: Stage::Cors,
    category: Category::Cors,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "MCP, Streamable HTTP, Security: Origin",
    after: UNREACHED,
    variants: &["refused"],
    words: include_str!("cors_origin_rejected.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let (origin, exchange, answer) = match web::asked(evidence, &Purpose::CrossOrigin { endpoint: Endpoint::Mcp }) {
        Ok(asked) => asked,
        Err(outcome) => return outcome,
    };
    let Some(without) = evidence.answer(&Purpose::Initialize) else {
        return Outcome::Unknown("the server was not called without an origin".to_owned());
    };
    if answer.status != 403 || (without.status == 403 && !web::refuses_origin(answer)) {
        return Outcome::Pass;
    }
    Outcome::fail(
        web::finding(Finding::new(&CHECK, "refused"))
            .value("origin", origin.clone())
            .proof(format!("with Origin {origin}: {}", door::line(exchange)))
            .proof(format!("without an origin: HTTP {}", without.status)),
    )
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
    fn a_refused_origin_is_the_difference_it_makes() {
        let actual = Purpose::CrossOrigin { endpoint: Endpoint::Mcp };
        let sample = || crate::web::tests::page(Sample::healthy());
        assert_eq!(
            sample().answer(actual.clone(), 403, &[], "Invalid Origin header").finding(&CHECK).variant,
            "refused"
        );
        assert_eq!(sample().answer(actual, 401, &[], "").examine(&CHECK), Outcome::Pass);
    }
}

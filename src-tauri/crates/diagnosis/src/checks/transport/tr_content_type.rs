use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::checks::UNREACHED;
use crate::door::{self, Said};
use crate::evidence::{Evidence, Purpose};

pub const CHECK: Check = Check {
    code: "tr-content-type",
    stage: Stage::Transport,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "MCP, Streamable HTTP, Sending Messages; RFC 9110 section 8.3",
    after: UNREACHED,
    variants: &["refused"],
    words: include_str!("tr_content_type.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let calls = [Purpose::Initialize, Purpose::TokenInitialize];
    let seen: Vec<_> = calls.iter().filter_map(|purpose| evidence.exchange(purpose)).collect();
    let refused = seen
        .iter()
        .find(|exchange| exchange.outcome.as_ref().is_ok_and(|answer| door::said(answer) == Said::MediaType));
    match refused {
        Some(exchange) => Outcome::fail(Finding::new(&CHECK, "refused").proof(door::line(exchange))),
        None if seen.iter().any(|exchange| exchange.outcome.is_ok()) => Outcome::Pass,
        None => Outcome::Unknown("the server was not reached".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{SERVER, Sample};

    #[test]
    fn a_healthy_server_is_fine() {
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::Pass));
    }

    #[test]
    fn nothing_seen_is_never_a_pass() {
        let outcome = Sample::unseen(SERVER).examine(&CHECK);
        assert!(matches!(outcome, Outcome::Unknown(_) | Outcome::SetAside(_)), "{outcome:?}");
    }

    #[test]
    fn a_refusal_of_the_right_label_is_told() {
        for (status, body) in [(415, ""), (400, "Invalid Content-Type header")] {
            assert_eq!(
                Sample::healthy().answer(Purpose::Initialize, status, &[], body).finding(&CHECK).variant,
                "refused"
            );
        }
    }
}

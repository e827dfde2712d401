use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::checks::UNREACHED;
use crate::door::{self, Said};
use crate::evidence::{Evidence, Purpose};

pub const CHECK: Check = Check {
    code: "tr-accept",
    stage: Stage::Transport,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "MCP, Streamable HTTP, Sending Messages",
    after: UNREACHED,
    variants: &["refused"],
    words: include_str!("tr_accept.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    refused(evidence, Said::NotAcceptable)
        .map_or_else(|outcome| outcome, |line| Outcome::fail(Finding::new(&CHECK, "refused").proof(line)))
}

fn refused(evidence: &Evidence, wanted: Said) -> Result<String, Outcome> {
    let calls = [Purpose::Initialize, Purpose::TokenInitialize];
    let seen: Vec<_> = calls.iter().filter_map(|purpose| evidence.exchange(purpose)).collect();
    let hit = seen.iter().find(|exchange| exchange.outcome.as_ref().is_ok_and(|answer| door::said(answer) == wanted));
    match hit {
        Some(exchange) => Ok(door::line(exchange)),
        None if seen.iter().any(|exchange| exchange.outcome.is_ok()) => Err(Outcome::Pass),
        None => Err(Outcome::Unknown("the server was not reached".to_owned())),
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
    fn a_refusal_of_the_full_label_is_told() {
        for purpose in [Purpose::Initialize, Purpose::TokenInitialize] {
            assert_eq!(Sample::healthy().answer(purpose, 406, &[], "").finding(&CHECK).variant, "refused");
        }
    }
}

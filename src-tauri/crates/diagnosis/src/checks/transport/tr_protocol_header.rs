use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::checks::UNREACHED;
use crate::door::{self, Said};
use crate::evidence::{Evidence, Purpose};

pub const CHECK: Check = Check {
    code: "tr-protocol-header",
    stage: Stage::Transport,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "MCP 2025-11-25, Transports, Protocol Version Header; MCP 2026-07-28, error -32022",
    after: UNREACHED,
    variants: &["refused"],
    words: include_str!("tr_protocol_header.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let calls = [Purpose::Initialize, Purpose::TokenInitialize, Purpose::TokenToolsList];
    let seen: Vec<_> = calls.iter().filter_map(|purpose| evidence.exchange(purpose)).collect();
    let refused = seen.iter().find_map(|exchange| {
        let answer = exchange.outcome.as_ref().ok().filter(|answer| door::said(answer) == Said::Version)?;
        Some((exchange, answer))
    });
    match refused {
        Some((exchange, answer)) => {
            let listed = door::listed_versions(answer).join(", ");
            let listed = if listed.is_empty() { "others".to_owned() } else { listed };
            Outcome::fail(Finding::new(&CHECK, "refused").value("versions", listed).proof(door::line(exchange)))
        }
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
    fn a_refused_version_is_told_with_those_that_are_not() {
        let body = "Bad Request: Unsupported protocol version (supported versions: 2024-11-05)";
        let finding = Sample::healthy().answer(Purpose::TokenInitialize, 400, &[], body).finding(&CHECK);
        assert_eq!((finding.variant, finding.values["versions"].as_str()), ("refused", "2024-11-05"));
    }
}

use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::door::{self, Said};
use crate::evidence::{Evidence, Exchange, Purpose};

pub const CHECK: Check = Check {
    code: "reach-host-header",
    stage: Stage::Reach,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "RFC 9110 section 15.5.20; MCP, Streamable HTTP, Security; python-sdk issue 1798",
    after: &[
        "reach-tcp",
        "reach-localhost-family",
        "reach-tls-chain",
        "reach-tls-date",
        "reach-tls-name",
        "reach-tls-mitm",
        "reach-tls-protocol",
        "reach-proxy",
    ],
    variants: &["misdirected"],
    words: include_str!("reach_host_header.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    // Some servers look at the name before the token, others only after a good one.
    let calls = [
        Purpose::Initialize,
        Purpose::MadeUpToken,
        Purpose::TokenInitialize,
        Purpose::TokenDiscover,
        Purpose::TokenToolsList,
    ];
    let refused =
        |exchange: &&Exchange| exchange.outcome.as_ref().is_ok_and(|answer| door::said(answer) == Said::HostRefused);
    let seen: Vec<&Exchange> = calls.iter().filter_map(|purpose| evidence.exchange(purpose)).collect();
    match seen.iter().copied().find(refused) {
        Some(exchange) => Outcome::fail(
            Finding::new(&CHECK, "misdirected")
                .value("host", exchange.request.url.host_str().unwrap_or_default())
                .value("status", exchange.outcome.as_ref().map(|answer| answer.status).unwrap_or_default().to_string())
                .proof(door::line(exchange)),
        ),
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
    fn a_server_that_refuses_its_name_is_found_before_and_after_the_token() {
        for purpose in [Purpose::Initialize, Purpose::TokenInitialize] {
            let sample = Sample::healthy().answer(purpose, 421, &[], "Invalid Host header");
            assert_eq!(sample.finding(&CHECK).variant, "misdirected");
        }
        let by_403 = Sample::healthy().answer(Purpose::Initialize, 403, &[], "Invalid Host: mcp.example.com");
        assert_eq!(by_403.finding(&CHECK).variant, "misdirected");
    }
}

use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::checks::UNREACHED;
use crate::clients::{Engine, hit_by};
use crate::door;
use crate::evidence::{Evidence, Purpose};

pub const CHECK: Check = Check {
    code: "tr-mcp-headers",
    stage: Stage::Transport,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Should,
    reference: "MCP 2026-07-28, Streamable HTTP, Server Validation",
    after: UNREACHED,
    variants: &["mismatch"],
    words: include_str!("tr_mcp_headers.md"),
    examine,
};

/// The code with which a server says that headers and message differ.
const MISMATCH: i64 = -32020;

fn examine(evidence: &Evidence) -> Outcome {
    let calls = [Purpose::Discover, Purpose::TokenDiscover];
    let seen: Vec<_> = calls.iter().filter_map(|purpose| evidence.exchange(purpose)).collect();
    let refused = seen.iter().find(|exchange| {
        exchange.outcome.as_ref().is_ok_and(|answer| door::rpc_error(answer).is_some_and(|(code, _)| code == MISMATCH))
    });
    match refused {
        Some(exchange) => {
            let modern = hit_by(|_, engine| matches!(engine, Engine::TypeScript2 | Engine::Python2));
            Outcome::fail(
                Finding::new(&CHECK, "mismatch").affects(modern.unwrap_or_default()).proof(door::line(exchange)),
            )
        }
        None if seen.iter().any(|exchange| exchange.outcome.is_ok()) => Outcome::Pass,
        None => Outcome::Unknown("the newest protocol was not tried".to_owned()),
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
    fn labels_that_got_lost_are_told() {
        let body = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32020,"message":"HeaderMismatch"}}"#;
        let finding = Sample::healthy().answer(Purpose::Discover, 400, &[], body).finding(&CHECK);
        assert_eq!(finding.variant, "mismatch");
        assert!(!finding.affects.is_empty());
    }
}

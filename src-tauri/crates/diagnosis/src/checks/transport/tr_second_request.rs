use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Stage};
use crate::evidence::{Evidence, Look, Purpose};
use crate::trial::{is_already_connected, is_already_initialized, told};

pub const CHECK: Check = Check {
    code: "tr-second-request",
    stage: Stage::Transport,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "cloudflare/agents issue 848; dynatrace-mcp issue 383; TypeScript SDK 1.26 and later",
    after: &[],
    variants: &["already-connected", "already-initialized", "fails"],
    words: include_str!("tr_second_request.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    const LATER: [Purpose; 7] = [
        Purpose::TokenInitialize,
        Purpose::TokenInitializeAgain,
        Purpose::TokenInitialized,
        Purpose::TokenDiscover,
        Purpose::TokenToolsList,
        Purpose::ToolsList,
        Purpose::Initialize,
    ];
    let later = || LATER.iter().filter_map(|purpose| evidence.answer(purpose));
    if let Some(answer) = later().find(|answer| is_already_initialized(answer)) {
        return Outcome::fail(
            Finding::new(&CHECK, "already-initialized")
                .value("status", answer.status.to_string())
                .proof(format!("initialize: {}", told(answer))),
        );
    }
    let connected = later().find(|answer| is_already_connected(answer));
    if let Some(answer) = connected {
        return Outcome::fail(
            Finding::new(&CHECK, "already-connected")
                .value("status", answer.status.to_string())
                .proof(format!("HTTP {}: Error: Already connected to a transport", answer.status)),
        );
    }
    let first = evidence.answer(&Purpose::TokenInitialize);
    match (first, evidence.look(&Purpose::TokenInitializeAgain)) {
        (Some(first), Look::Answered(again)) if (200..300).contains(&first.status) => {
            if again.status < 500 || again.status == 503 {
                return Outcome::Pass;
            }
            Outcome::fail(
                Finding::new(&CHECK, "fails")
                    .confidence(Confidence::Likely)
                    .value("status", again.status.to_string())
                    .proof(format!("The first call: {}", told(first)))
                    .proof(format!("The same call again: {}", told(again))),
            )
        }
        (_, Look::NotLooked) => Outcome::SetAside("nothing was asked twice"),
        _ => Outcome::Unknown("the second call got no answer".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    #[test]
    fn a_server_for_one_visitor_is_named() {
        let body = "<pre>Error: Already connected to a transport. Call close() before connecting</pre>";
        let one = Sample::healthy().token(|_| {}).answer(Purpose::TokenInitializeAgain, 500, &[], body);
        assert_eq!(one.finding(&CHECK).variant, "already-connected");
        let taken =
            r#"{"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request: Server already initialized"}}"#;
        for purpose in [Purpose::TokenInitialize, Purpose::TokenInitializeAgain, Purpose::Initialize] {
            let one = Sample::healthy().token(|_| {}).answer(purpose, 400, &[], taken);
            assert_eq!(one.finding(&CHECK).variant, "already-initialized");
        }
        let fails =
            Sample::healthy().token(|_| {}).answer(Purpose::TokenInitializeAgain, 500, &[], "Internal Server Error");
        assert_eq!(fails.finding(&CHECK).variant, "fails");
    }

    #[test]
    fn a_server_for_many_passes_and_no_second_call_is_set_aside() {
        assert_eq!(Sample::healthy().token(|_| {}).examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }
}

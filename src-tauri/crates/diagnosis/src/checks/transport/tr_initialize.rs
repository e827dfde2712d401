use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::evidence::{Answer, Evidence, Look, Purpose};
use crate::trial::{Says, Trial, is_already_connected, is_host_guard, message, told};

pub const CHECK: Check = Check {
    code: "tr-initialize",
    stage: Stage::Transport,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "MCP 2025-11-25, lifecycle; MCP 2026-07-28, server/discover and tools/list",
    after: &[
        "reach-host-header",
        "tok-server-verdict",
        "tok-auth-header-stripped",
        "scope-tool-needs",
        "scope-insufficient-status",
        "tr-era",
        "tr-accept",
        "tr-content-type",
        "tr-protocol-header",
        "tr-session",
        "tr-second-request",
        "tr-body",
    ],
    variants: &["not-found", "fails", "tools-fail", "no-tools"],
    words: include_str!("tr_initialize.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let trial = match Trial::of(evidence) {
        Ok(trial) => trial,
        Err(outcome) => return outcome,
    };
    let fails = |answer: &Answer| {
        Outcome::fail(
            Finding::new(&CHECK, "fails").confidence(Confidence::Likely).proof(format!("initialize: {}", told(answer))),
        )
    };
    let answer = match trial.says {
        Says::In(answer) => answer,
        // Forwarded like everybody, with and without a token: the checks of the way there say so.
        Says::Unclear(answer)
            if is_redirect(answer) && evidence.answer(&Purpose::Initialize).is_some_and(is_redirect) =>
        {
            return Outcome::SetAside("the address forwards, which is said before");
        }
        // Too large and too often have checks of their own; the rest is no answer to an app.
        Says::Unclear(answer) if !matches!(answer.status, 413 | 429 | 431) => return fails(answer),
        _ => return Outcome::SetAside("the server did not let the token in"),
    };
    if is_host_guard(answer) || is_already_connected(answer) || trial.need().is_some() {
        return Outcome::SetAside("something else is said about this");
    }
    if matches!(answer.status, 404 | 405) && message(answer).is_none() {
        let everywhere = evidence.answer(&Purpose::RandomPath).is_some_and(|answer| answer.status == 401);
        let confidence = if everywhere { Confidence::Certain } else { Confidence::Likely };
        return Outcome::fail(
            Finding::new(&CHECK, "not-found")
                .confidence(confidence)
                .value("status", answer.status.to_string())
                .proof(trial.said()),
        );
    }
    let refused = fault(answer).is_some_and(|code| code != -32601);
    let understood = (200..300).contains(&answer.status) && !says_nothing(answer);
    if refused || !understood {
        return fails(answer);
    }
    match evidence.look(&Purpose::TokenToolsList) {
        Look::NotLooked => Outcome::Unknown("the tools were not asked for".to_owned()),
        Look::NoAnswer(_) => Outcome::Unknown("the list of tools did not come".to_owned()),
        Look::Answered(list) => tools(list),
    }
}

fn is_redirect(answer: &Answer) -> bool {
    (300..400).contains(&answer.status)
}

fn tools(list: &Answer) -> Outcome {
    if is_already_connected(list) {
        return Outcome::SetAside("something else is said about this");
    }
    let names = message(list).and_then(|message| message.pointer("/result/tools")?.as_array().map(Vec::len));
    match names {
        Some(0) => Outcome::fail(
            Finding::new(&CHECK, "no-tools").severity(Severity::Warning).proof("tools/list: an empty list"),
        ),
        Some(_) => Outcome::Pass,
        // A server need not have tools at all.
        None if fault(list) == Some(-32601) => Outcome::Pass,
        // What the token may do is for other checks to say.
        None if fault(list).is_some() || !matches!(list.status, 200..=299 | 401 | 403 | 429) || says_nothing(list) => {
            let code = fault(list).map_or_else(|| format!("HTTP {}", list.status), |code| code.to_string());
            Outcome::fail(
                Finding::new(&CHECK, "tools-fail").value("code", code).proof(format!("tools/list: {}", told(list))),
            )
        }
        None => Outcome::Unknown("the list of tools could not be read".to_owned()),
    }
}

/// A message that holds neither a result nor an error that can be read.
fn says_nothing(answer: &Answer) -> bool {
    message(answer).is_some_and(|message| {
        !message.get("result").is_some_and(serde_json::Value::is_object)
            && message.pointer("/error/code").and_then(serde_json::Value::as_i64).is_none()
            && message.get("method").is_none()
    })
}

/// The code of a JSON-RPC error.
fn fault(answer: &Answer) -> Option<i64> {
    message(answer)?.pointer("/error/code")?.as_i64()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sample::Sample;

    fn rpc(error: i64) -> serde_json::Value {
        json!({"jsonrpc": "2.0", "id": 1, "error": {"code": error, "message": "Internal error"}})
    }

    #[test]
    fn a_server_that_fails_behind_the_sign_in_is_named() {
        let with = |purpose, document| Sample::healthy().token(|_| {}).json(purpose, document).finding(&CHECK);
        assert_eq!(with(Purpose::TokenToolsList, rpc(-32603)).variant, "tools-fail");
        assert_eq!(with(Purpose::TokenInitialize, rpc(-32602)).variant, "fails");
        let empty = json!({"jsonrpc": "2.0", "id": 1, "result": {"tools": []}});
        assert_eq!(with(Purpose::TokenToolsList, empty).severity, Severity::Warning);
    }

    #[test]
    fn an_answer_that_no_app_understands_is_a_failure() {
        let asked = || Sample::healthy().token(|_| {});
        for (status, body) in [(307, ""), (101, ""), (400, "what?"), (503, "<html>"), (204, "")] {
            let outcome = asked().answers_token(status, &[], body).examine(&CHECK);
            assert!(status == 204 || matches!(outcome, Outcome::Fail(_)), "{status}: {outcome:?}");
        }
        let forwards = asked().answer(Purpose::Initialize, 307, &[], "").answers_token(307, &[], "");
        assert!(matches!(forwards.examine(&CHECK), Outcome::SetAside(_)));
        let empty = json!({"jsonrpc": "2.0", "id": 1, "result": "[]"});
        assert_eq!(asked().json(Purpose::TokenInitialize, empty.clone()).finding(&CHECK).variant, "fails");
        assert_eq!(asked().accepted().json(Purpose::TokenToolsList, empty).finding(&CHECK).variant, "tools-fail");
        for status in [302, 101, 400, 404, 502] {
            let finding = asked().accepted().answer(Purpose::TokenToolsList, status, &[], "").finding(&CHECK);
            assert_eq!((finding.variant, finding.values["code"].clone()), ("tools-fail", format!("HTTP {status}")));
        }
        // These two are questions of the token.
        for status in [401, 403] {
            let outcome = asked().accepted().answer(Purpose::TokenToolsList, status, &[], "").examine(&CHECK);
            assert!(!matches!(outcome, Outcome::Fail(_) | Outcome::Pass), "{outcome:?}");
        }
    }

    #[test]
    fn a_wrong_path_behind_a_lock_is_named() {
        let wrong = Sample::healthy().token(|_| {}).answers_token(404, &[], "<pre>Cannot POST /mcp</pre>");
        assert_eq!(wrong.finding(&CHECK).variant, "not-found");
    }

    #[test]
    fn a_server_with_tools_or_without_any_passes() {
        assert_eq!(Sample::healthy().token(|_| {}).examine(&CHECK), Outcome::Pass);
        let none = Sample::healthy().token(|_| {}).json(Purpose::TokenToolsList, rpc(-32601));
        assert_eq!(none.examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(Sample::healthy().token(|_| {}).refuses("").examine(&CHECK), Outcome::SetAside(_)));
    }
}

use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Stage};
use crate::evidence::{Evidence, Look, Purpose};
use crate::trial::told;

pub const CHECK: Check = Check {
    code: "tr-session",
    stage: Stage::Transport,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "MCP 2025-11-25, transports, Session Management",
    after: &["tok-server-verdict"],
    variants: &["forgotten", "header-lost"],
    words: include_str!("tr_session.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let (opened, next) = if evidence.exchange(&Purpose::TokenInitialize).is_some() {
        (Purpose::TokenInitialize, [Purpose::TokenToolsList, Purpose::TokenInitialized])
    } else {
        (Purpose::Initialize, [Purpose::ToolsList, Purpose::ToolsCall])
    };
    let Some(opened) = evidence.answer(&opened).filter(|answer| (200..300).contains(&answer.status)) else {
        return Outcome::SetAside("no session was opened");
    };
    let has_session = opened.headers.get("mcp-session-id").is_some();
    let looks: Vec<_> = next.iter().map(|purpose| evidence.look(purpose)).collect();
    if looks.iter().all(|look| !matches!(look, Look::Answered(_))) {
        return Outcome::Unknown("nothing was asked in the session".to_owned());
    }
    for look in looks {
        let Look::Answered(answer) = look else { continue };
        let text = answer.body.text.to_ascii_lowercase();
        let of_session = text.contains("session");
        let variant = match answer.status {
            404 if has_session && of_session => "forgotten",
            400 if of_session && text.contains("missing") => "header-lost",
            400 if has_session && (text.contains("no valid session") || text.contains("server not initialized")) => {
                "forgotten"
            }
            _ => continue,
        };
        return Outcome::fail(
            Finding::new(&CHECK, variant)
                .confidence(Confidence::Likely)
                .proof(if has_session {
                    "The first call opened a session (Mcp-Session-Id)"
                } else {
                    "The first call opened no session"
                })
                .proof(format!("The next call in it: {}", told(answer))),
        );
    }
    Outcome::Pass
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    fn session() -> Sample {
        Sample::healthy().token(|_| {}).answer(
            Purpose::TokenInitialize,
            200,
            &[("mcp-session-id", "s-1")],
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}",
        )
    }

    #[test]
    fn a_server_that_forgets_is_named() {
        let forgets =
            session().answer(Purpose::TokenToolsList, 404, &[], "{\"error\":{\"message\":\"Session not found\"}}");
        assert_eq!(forgets.finding(&CHECK).variant, "forgotten");
        let lost = session().answer(Purpose::TokenToolsList, 400, &[], "Bad Request: Missing session ID");
        assert_eq!(lost.finding(&CHECK).variant, "header-lost");
    }

    #[test]
    fn a_session_that_holds_passes_and_none_is_set_aside() {
        assert_eq!(session().examine(&CHECK), Outcome::Pass);
        assert_eq!(Sample::healthy().token(|_| {}).examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }
}

use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::evidence::Evidence;
use crate::trial::{ToldAs, Trial, told};

pub const CHECK: Check = Check {
    code: "scope-insufficient-status",
    stage: Stage::Scope,
    category: Category::Scope,
    owner: Owner::McpServer,
    requirement: Requirement::Should,
    reference: "RFC 6750 section 3.1; MCP 2026-07-28, Runtime Insufficient Scope Errors",
    after: &["tok-scope-shape"],
    variants: &["unauthorized", "ok-with-error", "no-challenge", "no-scope"],
    words: include_str!("scope_insufficient_status.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let trial = match Trial::of(evidence) {
        Ok(trial) => trial,
        Err(outcome) => return outcome,
    };
    let Some(need) = trial.need() else {
        return Outcome::SetAside("the server was not seen to miss a permission");
    };
    let challenges = crate::oauth::challenge::read(&need.answer.headers);
    let finding = match need.told {
        ToldAs::Unauthorized => Finding::new(&CHECK, "unauthorized").confidence(Confidence::Likely),
        ToldAs::Success => Finding::new(&CHECK, "ok-with-error"),
        ToldAs::Forbidden if challenges.fields.is_empty() => Finding::new(&CHECK, "no-challenge"),
        ToldAs::Forbidden if challenges.scopes().is_none_or(|scopes| scopes.is_empty()) => {
            let finding = Finding::new(&CHECK, "no-scope");
            // Named in words, the person at least learns what is missing.
            if need.lacking.is_empty() { finding } else { finding.severity(Severity::Warning) }
        }
        ToldAs::Forbidden => return Outcome::Pass,
    };
    let held = trial.held();
    let lacking = if need.lacking.is_empty() { "a permission".to_owned() } else { need.lacking.join(" ") };
    let mut finding = finding
        .value("lacking", lacking)
        .value("tool", need.tool.clone().map_or_else(|| "this server".to_owned(), |tool| format!("the tool {tool}")))
        .value("status", need.answer.status.to_string())
        .proof(told(need.answer));
    if !need.asked.is_empty() {
        finding = finding.compare("It needs", need.asked.join(" "), "The token carries", held.join(" "));
    }
    Outcome::fail(finding)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::evidence::Purpose;
    use crate::framework::Framework;
    use crate::sample::Sample;

    fn lacking() -> Sample {
        Sample::healthy().token(|claims| claims["scope"] = json!("openid"))
    }

    #[test]
    fn every_way_that_apps_cannot_understand_is_named() {
        assert_eq!(lacking().refuses("Authentication failed").finding(&CHECK).variant, "unauthorized");
        let fastmcp = lacking().refuses("").built_with(Framework::FastmcpScalekit);
        assert_eq!(fastmcp.finding(&CHECK).variant, "unauthorized");
        let ok = lacking().answers_token(200, &[], "{\"error\":\"Insufficient permissions: todo:read\"}");
        assert_eq!(ok.finding(&CHECK).variant, "ok-with-error");
        let bare = lacking().answers_token(403, &[], "{\"error\":\"insufficient_scope\"}");
        assert_eq!(bare.finding(&CHECK).variant, "no-challenge");
        let unnamed = lacking().answers_token(403, &[("www-authenticate", "Bearer error=\"insufficient_scope\"")], "");
        assert_eq!(unnamed.finding(&CHECK).severity, Severity::Warning);
    }

    #[test]
    fn a_permission_that_only_the_metadata_announces_explains_a_refusal_without_words() {
        let bare = |scopes: serde_json::Value, held: &str| {
            Sample::healthy()
                .challenge(&[("www-authenticate", "Bearer")])
                .resource_metadata(|document| document["scopes_supported"] = scopes)
                .token(|claims| claims["scope"] = json!(held))
                .refuses("")
        };
        let both = || json!(["todo:read", "todo:write"]);
        let none = bare(both(), "openid").finding(&CHECK);
        assert_eq!((none.variant, none.values["lacking"].as_str()), ("unauthorized", "todo:read todo:write"));
        // Announced is not demanded: one of them may be enough, where nothing says otherwise.
        assert!(matches!(bare(both(), "todo:read").examine(&CHECK), Outcome::SetAside(_)));
        let fastmcp = bare(both(), "todo:read").built_with(Framework::FastmcpScalekit).finding(&CHECK);
        assert_eq!(fastmcp.values["lacking"], "todo:write");
        // Samples look at permissions in their tools, and what only the sign-in knows is no permission of the server.
        let sample = bare(both(), "openid").built_with(Framework::FastapiFastmcp);
        assert!(matches!(sample.examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(bare(json!(["openid", "profile"]), "todo:read").examine(&CHECK), Outcome::SetAside(_)));
    }

    #[test]
    fn a_tool_that_reports_success_is_named() {
        let result = json!({"jsonrpc": "2.0", "id": 1, "result": {"content": [{"type": "text", "text": "{\"error\": \"Insufficient permissions: `todo:write` scope required\"}"}]}});
        let tool =
            Sample::healthy().token(|_| {}).json(Purpose::TokenToolsCall { tool: "add_todo".to_owned() }, result);
        let finding = tool.finding(&CHECK);
        assert_eq!((finding.variant, finding.values["lacking"].as_str()), ("ok-with-error", "todo:write"));
    }

    #[test]
    fn the_right_way_passes_and_nothing_missing_is_set_aside() {
        let right = lacking().answers_token(
            403,
            &[("www-authenticate", "Bearer error=\"insufficient_scope\", scope=\"todo:read\"")],
            "",
        );
        assert_eq!(right.examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().token(|_| {}).examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }
}

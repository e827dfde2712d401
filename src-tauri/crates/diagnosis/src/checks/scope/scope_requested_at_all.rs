use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::evidence::Evidence;
use crate::trial::Trial;

pub const CHECK: Check = Check {
    code: "scope-requested-at-all",
    stage: Stage::Scope,
    category: Category::Scope,
    owner: Owner::McpServer,
    requirement: Requirement::Should,
    reference: "MCP 2026-07-28, Scope Selection Strategy",
    after: &[],
    variants: &["not-announced"],
    words: include_str!("scope_requested_at_all.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let announced =
        evidence.challenges().and_then(|challenges| challenges.scopes()).is_some_and(|list| !list.is_empty())
            || evidence
                .resource_metadata_read()
                .and_then(|read| read.scopes_supported())
                .is_some_and(|list| !list.is_empty());
    if announced {
        return Outcome::Pass;
    }
    let need = match Trial::of(evidence) {
        Ok(trial) => trial.need(),
        Err(outcome) => return outcome,
    };
    // A server without scopes announces none, and is right.
    let Some(need) = need else { return Outcome::SetAside("the server was not seen to need a permission") };
    Outcome::fail(
        Finding::new(&CHECK, "not-announced")
            .severity(Severity::Warning)
            .confidence(Confidence::Likely)
            .value(
                "scopes",
                if need.asked.is_empty() { "the permissions of its tools".to_owned() } else { need.asked.join(" ") },
            )
            .proof("Neither the first 401 nor the resource metadata names a scope")
            .proof(crate::trial::told(need.answer)),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sample::Sample;

    fn quiet() -> Sample {
        Sample::healthy()
            .challenge(&[("www-authenticate", "Bearer resource_metadata=\"https://mcp.example.com/x\"")])
            .resource_metadata(|document| document["scopes_supported"] = json!([]))
    }

    #[test]
    fn a_server_that_needs_what_it_never_names_is_named() {
        let needs = quiet().token(|claims| claims["scope"] = json!("openid")).answers_token(
            403,
            &[("www-authenticate", "Bearer error=\"insufficient_scope\", scope=\"todo:read\"")],
            "",
        );
        assert_eq!(needs.finding(&CHECK).values["scopes"], "todo:read");
    }

    #[test]
    fn a_server_without_scopes_and_one_that_names_them_are_fine() {
        assert!(matches!(quiet().token(|_| {}).examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(quiet().examine(&CHECK), Outcome::SetAside(_)));
        assert_eq!(Sample::healthy().token(|_| {}).examine(&CHECK), Outcome::Pass);
    }
}

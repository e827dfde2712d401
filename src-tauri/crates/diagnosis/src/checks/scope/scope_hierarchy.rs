use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::evidence::Evidence;
use crate::trial::{Trial, told};

pub const CHECK: Check = Check {
    code: "scope-hierarchy",
    stage: Stage::Scope,
    category: Category::Scope,
    owner: Owner::McpServer,
    requirement: Requirement::Should,
    reference: "MCP 2026-07-28, Runtime Insufficient Scope Errors",
    after: &[],
    variants: &["exact-word"],
    words: include_str!("scope_hierarchy.md"),
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
    let held = trial.token.scopes();
    let covered =
        need.lacking.iter().find_map(|narrow| Some((narrow, held.iter().find(|broad| covers(broad, narrow))?)));
    let Some((narrow, broad)) = covered else { return Outcome::Pass };
    Outcome::fail(
        Finding::new(&CHECK, "exact-word")
            .severity(Severity::Warning)
            .confidence(Confidence::Possible)
            .value("broad", broad.clone())
            .value("narrow", narrow.clone())
            .proof(told(need.answer))
            .compare("The server asks for", narrow.clone(), "The token carries", broad.clone()),
    )
}

/// By its name, the first scope contains the second: `*`, `todo`, `todo:*`, `todo:admin` for `todo:read`.
fn covers(broad: &str, narrow: &str) -> bool {
    if broad == "*" {
        return true;
    }
    let Some(at) = narrow.rfind([':', '.', '/']) else { return false };
    let family = &narrow[..at];
    let Some(rest) = broad.strip_prefix(family) else { return false };
    let level = rest.trim_start_matches([':', '.', '/']);
    rest.is_empty()
        || (rest.len() > level.len()
            && matches!(level, "*" | "all" | "admin" | "manage" | "full" | "full_access" | "readwrite"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sample::Sample;

    #[test]
    fn a_broader_permission_that_does_not_count_is_named() {
        let broad = Sample::healthy().token(|claims| claims["scope"] = json!("todo:admin")).answers_token(
            403,
            &[("www-authenticate", "Bearer error=\"insufficient_scope\", scope=\"todo:read\"")],
            "",
        );
        assert_eq!(broad.finding(&CHECK).values["broad"], "todo:admin");
        assert!(covers("todo", "todo:read") && covers("*", "x") && !covers("todo:write", "todo:read"));
        assert!(!covers("todos", "todo:read") && !covers("todo", "read"));
    }

    #[test]
    fn nothing_missing_is_set_aside() {
        assert!(matches!(Sample::healthy().token(|_| {}).examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }
}

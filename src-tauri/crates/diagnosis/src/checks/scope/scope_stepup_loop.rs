use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Stage};
use crate::evidence::Evidence;
use crate::trial::{Need, ToldAs, Trial, told};

pub const CHECK: Check = Check {
    code: "scope-stepup-loop",
    stage: Stage::Scope,
    category: Category::Scope,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Should,
    reference: "MCP 2026-07-28, Step-Up Authorization Flow (retry limits)",
    after: &["tok-scope-shape", "scope-insufficient-status"],
    variants: &["not-offered", "unchanged", "endless"],
    words: include_str!("scope_stepup_loop.md"),
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
    if let Some(given) = given_in_vain(&trial, &need) {
        return Outcome::fail(
            Finding::new(&CHECK, "endless")
                .owner(Owner::McpServer)
                .confidence(Confidence::Likely)
                .value("unknown", need.lacking.join(" "))
                .value("given", given.clone())
                .proof(format!("The tool asked for {given}; the app signed in again and got it"))
                .proof(format!("The next call of the same tool: {}", told(need.answer))),
        );
    }
    let Some(unknown) = super::scope_tool_needs::not_offered(&trial, &need) else {
        // A sign-in that asked for the very permission and came back without it.
        let asked =
            evidence.sign_in.as_ref().and_then(|fact| fact.value()?.requested_scope.clone()).unwrap_or_default();
        let vainly: Vec<String> = need
            .lacking
            .iter()
            .filter(|scope| asked.split_ascii_whitespace().any(|one| one == *scope))
            .cloned()
            .collect();
        if vainly.is_empty() {
            return Outcome::Pass;
        }
        return Outcome::fail(
            Finding::new(&CHECK, "unchanged").value("unknown", vainly.join(" ")).proof(told(need.answer)).compare(
                "The app asked for",
                asked,
                "The token carries",
                super::scope_tool_needs::allowed(&trial.held()),
            ),
        );
    };
    let offered = evidence.server_metadata_read().and_then(|read| read.list("scopes_supported")).unwrap_or_default();
    Outcome::fail(
        Finding::new(&CHECK, "not-offered")
            .confidence(Confidence::Likely)
            .value("unknown", unknown.join(" "))
            .proof(told(need.answer))
            .compare("The server asks for", need.asked.join(" "), "The sign-in service offers", offered.join(" ")),
    )
}

/// What a tool asked for and got by another sign-in, when it then asks for something else.
pub(super) fn given_in_vain(trial: &Trial<'_>, need: &Need<'_>) -> Option<String> {
    let given = trial.evidence.sign_in.as_ref()?.value()?.stepped_up.clone()?;
    let held = trial.held();
    let has_all = given.split_ascii_whitespace().all(|scope| held.iter().any(|have| have == scope));
    (need.told == ToldAs::Forbidden && need.tool.is_some() && has_all && !need.lacking.is_empty()).then_some(given)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    fn asks(scope: &str) -> Sample {
        let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\"");
        Sample::healthy().token(|_| {}).answers_token(403, &[("www-authenticate", &challenge)], "")
    }

    #[test]
    fn a_permission_that_nobody_can_get_is_named() {
        assert_eq!(asks("todo:admin").finding(&CHECK).values["unknown"], "todo:admin");
        assert_eq!(asks("todo:write").examine(&CHECK), Outcome::Pass);
    }

    #[test]
    fn nothing_missing_is_set_aside() {
        assert!(matches!(Sample::healthy().token(|_| {}).examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }
}

use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::evidence::{Endpoint, Evidence, Purpose};
use crate::web;

pub const CHECK: Check = Check {
    code: "cors-methods",
    stage: Stage::Cors,
    category: Category::Cors,
    owner: Owner::McpServer,
    requirement: Requirement::Should,
    reference: "Fetch, CORS protocol, Access-Control-Allow-Methods",
    after: &["cors-preflight"],
    variants: &["missing"],
    words: include_str!("cors_methods.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let (origin, _, answer) = match web::asked(evidence, &Purpose::Preflight { endpoint: Endpoint::Mcp }) {
        Ok(asked) => asked,
        Err(outcome) => return outcome,
    };
    if !(200..300).contains(&answer.status) || web::reads(answer, &origin) != web::Reads::Yes {
        return Outcome::SetAside("the browser's question was not answered with yes");
    }
    let allowed = web::list(answer, "access-control-allow-methods");
    let has = |name: &str| allowed.iter().any(|one| one == name || one == "*");
    // GET and POST need no permission of their own; DELETE does. A server that says it has no DELETE needs none.
    let has_delete = evidence
        .answer(&Purpose::Get)
        .filter(|answer| answer.status == 405)
        .and_then(|answer| answer.headers.get("allow"))
        .is_none_or(|allow| allow.to_ascii_uppercase().contains("DELETE"));
    if allowed.is_empty() || has("delete") || !has_delete {
        return Outcome::Pass;
    }
    Outcome::fail(
        web::finding(Finding::new(&CHECK, "missing"))
            .severity(Severity::Warning)
            .value("allowed", allowed.join(", ").to_ascii_uppercase())
            .proof(format!("Access-Control-Allow-Methods: {}", allowed.join(", ").to_ascii_uppercase())),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{SERVER, Sample};

    #[test]
    fn a_healthy_server_is_fine() {
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }

    #[test]
    fn nothing_seen_is_never_a_pass() {
        let outcome = Sample::unseen(SERVER).examine(&CHECK);
        assert!(matches!(outcome, Outcome::Unknown(_) | Outcome::SetAside(_)), "{outcome:?}");
    }

    #[test]
    fn a_list_without_delete_is_a_warning() {
        let with = |allow: &str| {
            crate::web::tests::page(Sample::healthy()).answer(Purpose::Get, 401, &[], "").answer(
                Purpose::Preflight { endpoint: Endpoint::Mcp },
                204,
                &[("access-control-allow-origin", "*"), ("access-control-allow-methods", allow)],
                "",
            )
        };
        assert_eq!(with("POST").finding(&CHECK).severity, Severity::Warning);
        assert_eq!(with("GET, POST, DELETE").examine(&CHECK), Outcome::Pass);
        // A server without sessions has nothing to delete.
        assert_eq!(with("POST").answer(Purpose::Get, 405, &[("allow", "POST")], "").examine(&CHECK), Outcome::Pass);
    }
}

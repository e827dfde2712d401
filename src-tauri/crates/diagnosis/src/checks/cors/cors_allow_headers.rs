use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::evidence::{Endpoint, Evidence, Purpose};
use crate::web;

pub const CHECK: Check = Check {
    code: "cors-allow-headers",
    stage: Stage::Cors,
    category: Category::Cors,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "Fetch, CORS protocol, Access-Control-Allow-Headers; MCP 2026-07-28, Request Metadata",
    after: &["cors-preflight"],
    variants: &["missing", "wildcard"],
    words: include_str!("cors_allow_headers.md"),
    examine,
};

const NEEDED: [&str; 3] = ["authorization", "content-type", "mcp-protocol-version"];
const LATER: [&str; 1] = ["mcp-session-id"];

fn examine(evidence: &Evidence) -> Outcome {
    let (origin, _, answer) = match web::asked(evidence, &Purpose::Preflight { endpoint: Endpoint::Mcp }) {
        Ok(asked) => asked,
        Err(outcome) => return outcome,
    };
    let answered = (200..300).contains(&answer.status) || super::cors_preflight::only_the_headers(answer);
    if !answered || web::reads(answer, &origin) != web::Reads::Yes {
        return Outcome::SetAside("the browser's question was not answered with yes");
    }
    let allowed = web::list(answer, "access-control-allow-headers");
    let star = allowed.iter().any(|one| one == "*");
    let has = |name: &&str| allowed.iter().any(|one| one == name);
    let shown = if allowed.is_empty() { "none at all".to_owned() } else { allowed.join(", ") };
    let finding = |variant, missing: Vec<&str>| {
        web::finding(Finding::new(&CHECK, variant))
            .value("missing", missing.join(", "))
            .value("allowed", shown.clone())
            .proof(format!("Access-Control-Allow-Headers: {shown}"))
    };
    // The star means every header but this one.
    if star {
        return if has(&"authorization") {
            Outcome::Pass
        } else {
            Outcome::fail(finding("wildcard", vec!["authorization"]))
        };
    }
    let missing: Vec<&str> = NEEDED.into_iter().filter(|name| !has(name)).collect();
    if !missing.is_empty() {
        return Outcome::fail(finding("missing", missing));
    }
    // Servers that mirror what they are asked are asked again with the headers of later calls.
    let later = match evidence.answer(&Purpose::Preflight { endpoint: Endpoint::McpLater }) {
        Some(answer) if (200..300).contains(&answer.status) => web::list(answer, "access-control-allow-headers"),
        _ => allowed.clone(),
    };
    let missing: Vec<&str> =
        LATER.into_iter().filter(|name| !later.iter().any(|one| one == name || one == "*")).collect();
    let has_sessions = evidence
        .exchanges()
        .iter()
        .filter_map(|exchange| exchange.outcome.as_ref().ok())
        .any(|answer| answer.headers.get("mcp-session-id").is_some());
    if !missing.is_empty() && has_sessions {
        return Outcome::fail(finding("missing", missing));
    }
    Outcome::Pass
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
    fn a_list_that_is_too_short_and_the_star_are_told_apart() {
        let with = |allow: &str| {
            crate::web::tests::page(Sample::healthy()).answer(
                Purpose::Preflight { endpoint: Endpoint::Mcp },
                204,
                &[("access-control-allow-origin", "*"), ("access-control-allow-headers", allow)],
                "",
            )
        };
        assert_eq!(with("*").finding(&CHECK).variant, "wildcard");
        assert_eq!(with("Content-Type, Authorization").finding(&CHECK).values["missing"], "mcp-protocol-version");
        assert_eq!(with("*, Authorization").examine(&CHECK), Outcome::Pass);
        assert_eq!(with("authorization,content-type,mcp-protocol-version").examine(&CHECK), Outcome::Pass);
    }
}

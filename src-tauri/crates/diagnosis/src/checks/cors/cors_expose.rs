use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::evidence::{Endpoint, Evidence, Purpose};
use crate::web;

pub const CHECK: Check = Check {
    code: "cors-expose",
    stage: Stage::Cors,
    category: Category::Cors,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "Fetch, CORS protocol, Access-Control-Expose-Headers",
    after: &["cors-preflight", "cors-401"],
    variants: &["missing"],
    words: include_str!("cors_expose.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let (_, _, answer) = match web::asked(evidence, &Purpose::CrossOrigin { endpoint: Endpoint::Mcp }) {
        Ok(asked) => asked,
        Err(outcome) => return outcome,
    };
    if answer.status != 401 && answer.headers.get("mcp-session-id").is_none() {
        return Outcome::SetAside("the answer has nothing to expose");
    }
    let exposed = web::list(answer, "access-control-expose-headers");
    let has = |name: &str| exposed.iter().any(|one| one == name || one == "*");
    let mut missing = Vec::new();
    if answer.status == 401 && answer.headers.get("www-authenticate").is_some() && !has("www-authenticate") {
        missing.push("WWW-Authenticate");
    }
    if !has("mcp-session-id") && (answer.headers.get("mcp-session-id").is_some() || !missing.is_empty()) {
        missing.push("Mcp-Session-Id");
    }
    if missing.is_empty() {
        return Outcome::Pass;
    }
    let shown = if exposed.is_empty() { "none at all".to_owned() } else { exposed.join(", ") };
    Outcome::fail(
        web::finding(Finding::new(&CHECK, "missing"))
            .value("missing", missing.join(", "))
            .proof(format!("Access-Control-Expose-Headers: {shown}")),
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
    fn a_hidden_signpost_is_told() {
        let actual = Purpose::CrossOrigin { endpoint: Endpoint::Mcp };
        let with = |expose: &str| {
            crate::web::tests::page(Sample::healthy()).answer(
                actual.clone(),
                401,
                &[
                    ("access-control-allow-origin", "*"),
                    ("www-authenticate", "Bearer"),
                    ("access-control-expose-headers", expose),
                ],
                "",
            )
        };
        assert_eq!(with("X-Other").finding(&CHECK).values["missing"], "WWW-Authenticate, Mcp-Session-Id");
        assert_eq!(with("www-authenticate, Mcp-Session-Id").examine(&CHECK), Outcome::Pass);
        assert_eq!(with("*").examine(&CHECK), Outcome::Pass);
    }
}

use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::checks::UNREACHED;
use crate::door;
use crate::evidence::{Endpoint, Evidence, Purpose};
use crate::web::{self, Reads};

pub const CHECK: Check = Check {
    code: "cors-valid",
    stage: Stage::Cors,
    category: Category::Cors,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "Fetch, CORS protocol",
    after: UNREACHED,
    variants: &["two-values", "star-with-credentials"],
    words: include_str!("cors_valid.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let endpoints =
        [Endpoint::Mcp, Endpoint::ResourceMetadata, Endpoint::ServerMetadata, Endpoint::Registration, Endpoint::Token];
    let mut why = None;
    let mut seen = false;
    for endpoint in endpoints {
        for purpose in [Purpose::Preflight { endpoint }, Purpose::CrossOrigin { endpoint }] {
            let (origin, exchange, answer) = match web::asked(evidence, &purpose) {
                Ok(asked) => asked,
                Err(outcome) => {
                    why = why.or(Some(outcome));
                    continue;
                }
            };
            seen = true;
            let owner = match endpoint {
                Endpoint::Mcp | Endpoint::McpLater | Endpoint::ResourceMetadata => Owner::McpServer,
                _ => Owner::AuthorizationServer,
            };
            let values: Vec<&str> = answer.headers.all("access-control-allow-origin").collect();
            let credentials =
                answer.headers.get("access-control-allow-credentials").is_some_and(|value| value == "true");
            let variant = if web::reads(answer, &origin) == Reads::Twice {
                "two-values"
            } else if values == ["*"] && credentials {
                "star-with-credentials"
            } else {
                continue;
            };
            let finding = web::finding(Finding::new(&CHECK, variant))
                .owner(owner)
                .value("values", values.join(" and "))
                .value("url", exchange.request.url.as_str())
                .proof(door::line(exchange))
                .proof(format!("Access-Control-Allow-Origin: {}", values.join(" | ")));
            // MCP clients send no cookies, so only pages that do so by themselves are hit by the star.
            return Outcome::fail(if variant == "two-values" { finding } else { finding.severity(Severity::Warning) });
        }
    }
    match (seen, why) {
        (false, Some(why)) => why,
        _ => Outcome::Pass,
    }
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
    fn double_answers_are_told() {
        let preflight = Purpose::Preflight { endpoint: Endpoint::Mcp };
        let two = &[("access-control-allow-origin", "*"), ("access-control-allow-origin", "http://localhost:6274")];
        let sample = crate::web::tests::page(Sample::healthy()).answer(preflight.clone(), 204, two, "");
        assert_eq!(sample.finding(&CHECK).variant, "two-values");
        let star = &[("access-control-allow-origin", "*"), ("access-control-allow-credentials", "true")];
        let sample = crate::web::tests::page(Sample::healthy()).answer(preflight, 204, star, "");
        assert_eq!(sample.finding(&CHECK).severity, Severity::Warning);
    }
}

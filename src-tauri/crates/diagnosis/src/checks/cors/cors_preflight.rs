use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Stage};
use crate::checks::UNREACHED;
use crate::door;
use crate::evidence::{Answer, Endpoint, Evidence, Look, NoAnswerKind, Purpose};
use crate::web::{self, Reads};

pub const CHECK: Check = Check {
    code: "cors-preflight",
    stage: Stage::Cors,
    category: Category::Cors,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "Fetch, CORS-preflight fetch",
    after: UNREACHED,
    variants: &["unauthorized", "method-not-allowed", "redirect", "no-origin", "other-origin", "refused", "no-answer"],
    words: include_str!("cors_preflight.md"),
    examine,
};

const PREFLIGHT: Purpose = Purpose::Preflight { endpoint: Endpoint::Mcp };

fn examine(evidence: &Evidence) -> Outcome {
    let (origin, exchange, answer) = match web::asked(evidence, &PREFLIGHT) {
        Ok(asked) => asked,
        Err(Outcome::Unknown(_)) if speechless(evidence) => {
            let mut finding = web::finding(Finding::new(&CHECK, "no-answer")).confidence(Confidence::Likely);
            if let Some(exchange) = evidence.exchange(&PREFLIGHT) {
                let origin = exchange.request.headers.get("origin").or(evidence.subject.origin.as_deref());
                finding = finding.value("origin", origin.unwrap_or_default()).proof(door::line(exchange));
            }
            return Outcome::fail(finding);
        }
        Err(outcome) => return outcome,
    };
    let reads = web::reads(answer, &origin);
    let variant = match answer.status {
        _ if reads == Reads::Twice => return Outcome::SetAside("two layers both answer"),
        403 if web::refuses_origin(answer) => return Outcome::SetAside("the server refuses this page's origin"),
        200..=299 if reads == Reads::Yes => return Outcome::Pass,
        200..=299 => match reads {
            Reads::Another => "other-origin",
            _ => "no-origin",
        },
        300..=399 => "redirect",
        400 if only_the_headers(answer) => return Outcome::SetAside("the server answers, and allows too few headers"),
        401 | 403 => "unauthorized",
        404 | 405 | 501 => "method-not-allowed",
        _ => "refused",
    };
    Outcome::fail(
        web::finding(Finding::new(&CHECK, variant))
            .value("origin", origin)
            .value("status", answer.status.to_string())
            .value("allowed", answer.headers.get("access-control-allow-origin").unwrap_or("nobody"))
            .proof(door::line(exchange)),
    )
}

/// Starlette's middleware: the page is welcome, and one of the headers is not on its list.
pub(super) fn only_the_headers(answer: &Answer) -> bool {
    answer.status == 400 && answer.body.text.trim() == "Disallowed CORS headers"
}

/// The server answers every other call, and this one not.
fn speechless(evidence: &Evidence) -> bool {
    let broke_off = |kind: &NoAnswerKind| {
        matches!(
            kind,
            NoAnswerKind::AnswerTimedOut
                | NoAnswerKind::Closed
                | NoAnswerKind::NotHttp
                | NoAnswerKind::HeadersTooLarge
                | NoAnswerKind::Other
        )
    };
    let silent = matches!(evidence.look(&PREFLIGHT), Look::NoAnswer(silence) if broke_off(&silence.kind));
    silent && evidence.answer(&Purpose::Initialize).is_some()
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

    const MCP: Purpose = Purpose::Preflight { endpoint: Endpoint::Mcp };

    #[test]
    fn every_wrong_answer_to_a_preflight_has_its_words() {
        let other = &[("access-control-allow-origin", "https://app.example.com")];
        for (status, headers, variant) in [
            (401, &[] as &[(&str, &str)], "unauthorized"),
            (405, &[], "method-not-allowed"),
            (307, &[("location", "/login")], "redirect"),
            (204, &[], "no-origin"),
            (204, other, "other-origin"),
            (500, &[], "refused"),
        ] {
            let finding = crate::web::tests::page(Sample::healthy()).answer(MCP, status, headers, "").finding(&CHECK);
            assert_eq!(finding.variant, variant);
            assert!(finding.affects.iter().all(|client| client.is_browser()));
        }
        let fine =
            crate::web::tests::page(Sample::healthy()).answer(MCP, 204, &[("access-control-allow-origin", "*")], "");
        assert_eq!(fine.examine(&CHECK), Outcome::Pass);
        let silent = crate::web::tests::page(Sample::healthy()).silence(MCP, NoAnswerKind::AnswerTimedOut);
        assert_eq!(silent.finding(&CHECK).variant, "no-answer");
        let gone = crate::web::tests::page(Sample::healthy()).silence(MCP, NoAnswerKind::Refused);
        assert!(matches!(gone.examine(&CHECK), Outcome::Unknown(_)));
    }
}

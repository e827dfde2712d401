use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::door::{self, Said};
use crate::edge;
use crate::evidence::{Evidence, NoAnswerKind, Purpose};

pub const CHECK: Check = Check {
    code: "reach-5xx",
    stage: Stage::Reach,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "RFC 9110 section 15.6",
    after: &[
        "reach-tcp",
        "reach-localhost-family",
        "reach-tls-chain",
        "reach-tls-date",
        "reach-tls-name",
        "reach-tls-mitm",
        "reach-tls-protocol",
        "reach-proxy",
        "reach-waf",
        "reach-rate-limit",
    ],
    variants: &["internal", "gateway", "unavailable", "tunnel-offline", "cold-start"],
    words: include_str!("reach_5xx.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(door) = evidence.door() else { return Outcome::Unknown("the server was not reached".to_owned()) };
    let finding = |variant| {
        Finding::new(&CHECK, variant)
            .value("status", door.answer.status.to_string())
            .value("url", door.exchange.request.url.as_str())
            .value("says", door::excerpt(door.answer).unwrap_or_else(|| "nothing".to_owned()))
            .proof(door::line(door.exchange))
    };
    match door.said {
        Said::TunnelOffline => {
            let mark = edge::tunnel_offline(door.answer);
            Outcome::fail(finding("tunnel-offline").value("tunnel", mark.map_or("a tunnel", |mark| mark.name)))
        }
        Said::ServerError => Outcome::fail(finding(match door.answer.status {
            502 | 504 | 520..=530 => "gateway",
            503 => "unavailable",
            _ => "internal",
        })),
        _ if door.said.is_mcp() => {
            let first = evidence.exchange(&Purpose::Initialize);
            let stumbled = first.is_some_and(|first| match &first.outcome {
                Ok(answer) => door::said(answer) == Said::ServerError,
                Err(silence) => silence.kind == NoAnswerKind::Closed,
            });
            match first.filter(|_| stumbled && door.exchange.purpose != Purpose::Initialize) {
                Some(first) => {
                    Outcome::fail(finding("cold-start").severity(Severity::Warning).proof(door::line(first)))
                }
                None => Outcome::Pass,
            }
        }
        _ => Outcome::Pass,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{SERVER, Sample};

    #[test]
    fn a_healthy_server_is_fine() {
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::Pass));
    }

    #[test]
    fn nothing_seen_is_never_a_pass() {
        let outcome = Sample::unseen(SERVER).examine(&CHECK);
        assert!(matches!(outcome, Outcome::Unknown(_) | Outcome::SetAside(_)), "{outcome:?}");
    }

    #[test]
    fn each_kind_of_failure_has_its_words() {
        let down = |status, headers: &[(&str, &str)]| {
            Sample::unseen(SERVER).answer(Purpose::Initialize, status, headers, "x").finding(&CHECK).variant
        };
        assert_eq!(down(500, &[]), "internal");
        assert_eq!(down(502, &[]), "gateway");
        assert_eq!(down(503, &[]), "unavailable");
        assert_eq!(down(404, &[("ngrok-error-code", "ERR_NGROK_3200")]), "tunnel-offline");
    }

    #[test]
    fn a_server_that_was_only_starting_is_a_warning() {
        let sample = Sample::unseen(SERVER).answer(Purpose::Initialize, 503, &[], "").answer(
            Purpose::InitializeAgain,
            401,
            &[],
            "",
        );
        let finding = sample.finding(&CHECK);
        assert_eq!((finding.variant, finding.severity), ("cold-start", Severity::Warning));
    }
}

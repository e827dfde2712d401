use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::door;
use crate::evidence::{Evidence, Exchange, Place, Purpose};

pub const CHECK: Check = Check {
    code: "reach-latency",
    stage: Stage::Reach,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Should,
    reference: "Default time limits of the MCP SDKs and of mcp-remote",
    after: &[
        "reach-tcp",
        "reach-localhost-family",
        "reach-tls-chain",
        "reach-tls-date",
        "reach-tls-name",
        "reach-tls-mitm",
        "reach-tls-protocol",
        "reach-proxy",
    ],
    variants: &["slow"],
    words: include_str!("reach_latency.md"),
    examine,
};

/// Beyond this people wonder; a single slow answer may be this computer's own.
const SLOW_MS: u32 = 3_000;
/// Beyond this even one is too many.
const VERY_SLOW_MS: u32 = 6_000;

fn examine(evidence: &Evidence) -> Outcome {
    let mut needed: Vec<&Exchange> = evidence.exchange(&Purpose::Initialize).into_iter().collect();
    needed.extend(
        [Place::Header, Place::Path]
            .iter()
            .find_map(|place| evidence.exchange(&Purpose::ResourceMetadata { place: *place })),
    );
    needed.extend(evidence.server_metadata().and_then(|(purpose, _)| evidence.exchange(&purpose)));
    needed.retain(|exchange| exchange.outcome.is_ok());
    if needed.is_empty() {
        return Outcome::Unknown("nothing was answered".to_owned());
    }
    needed.sort_by_key(|exchange| std::cmp::Reverse(exchange.took_ms));
    let slow = needed.iter().filter(|exchange| exchange.took_ms > SLOW_MS).count();
    let worst = needed[0];
    if slow < 2 && worst.took_ms <= VERY_SLOW_MS {
        return Outcome::Pass;
    }
    let mut finding = Finding::new(&CHECK, "slow")
        .severity(Severity::Warning)
        .value("url", worst.request.url.as_str())
        .value("seconds", format!("{:.1}", f64::from(worst.took_ms) / 1000.0));
    for exchange in needed.iter().filter(|exchange| exchange.took_ms > SLOW_MS) {
        finding = finding.proof(format!("{} ms: {}", exchange.took_ms, door::line(exchange)));
    }
    Outcome::fail(finding)
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

    fn slow(took: [u32; 2]) -> Sample {
        let mut sample = Sample::unseen(SERVER);
        for (purpose, took) in
            [Purpose::Initialize, Purpose::ResourceMetadata { place: Place::Path }].into_iter().zip(took)
        {
            sample = sample.answer(purpose, 401, &[], "").change(|evidence| {
                let mut last = evidence.exchanges().last().expect("one").clone();
                last.took_ms = took;
                evidence.add(last);
            });
        }
        sample
    }

    #[test]
    fn one_slow_answer_may_be_chance_two_are_not() {
        assert_eq!(slow([4_000, 10]).examine(&CHECK), Outcome::Pass);
        assert_eq!(slow([4_000, 4_000]).finding(&CHECK).variant, "slow");
        assert_eq!(slow([8_000, 10]).finding(&CHECK).severity, Severity::Warning);
    }
}

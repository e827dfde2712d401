use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::checks::UNREACHED;
use crate::door;
use crate::evidence::{Evidence, Purpose};

pub const CHECK: Check = Check {
    code: "tr-kind",
    stage: Stage::Transport,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Should,
    reference: "MCP 2025-11-25, Transports, Backwards Compatibility",
    after: UNREACHED,
    variants: &["sse-only"],
    words: include_str!("tr_kind.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(door) = evidence.door() else { return Outcome::Unknown("the server was not reached".to_owned()) };
    if door.exchange.purpose != Purpose::Get {
        return Outcome::Pass;
    }
    // Apps that try the newer way first go on to the older one by themselves; the newest protocol does not know it.
    let certain = door::is_old_event_stream(door.answer);
    let post = evidence.exchange(&Purpose::Initialize);
    let mut finding = Finding::new(&CHECK, "sse-only")
        .severity(Severity::Warning)
        .confidence(if certain { Confidence::Certain } else { Confidence::Likely })
        .value("url", door.exchange.request.url.as_str())
        .proof(door::line(door.exchange));
    if let Some(post) = post {
        finding = finding.proof(door::line(post));
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

    #[test]
    fn the_oldest_dialect_is_recognised_by_how_it_listens() {
        let stream = &[("content-type", "text/event-stream")];
        let sample = Sample::unseen(SERVER).answer(Purpose::Initialize, 405, &[], "").answer(
            Purpose::Get,
            200,
            stream,
            "event: endpoint\ndata: /messages\n\n",
        );
        let finding = sample.finding(&CHECK);
        assert_eq!((finding.variant, finding.confidence), ("sse-only", Confidence::Certain));
        let guarded = Sample::unseen("https://mcp.example.com/sse").answer(Purpose::Initialize, 405, &[], "").answer(
            Purpose::Get,
            401,
            &[],
            "",
        );
        assert_eq!(guarded.finding(&CHECK).confidence, Confidence::Likely);
        assert_eq!(sample.evidence().door().map(|door| door.said), Some(door::Said::Open));
    }
}

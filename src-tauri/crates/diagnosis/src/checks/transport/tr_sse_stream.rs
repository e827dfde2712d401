use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::checks::UNREACHED;
use crate::door;
use crate::evidence::{Evidence, Purpose};

pub const CHECK: Check = Check {
    code: "tr-sse-stream",
    stage: Stage::Transport,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Should,
    reference: "MCP, Streamable HTTP; HTML, Server-sent events",
    after: UNREACHED,
    variants: &["compressed", "held-back"],
    words: include_str!("tr_sse_stream.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let calls = [Purpose::Initialize, Purpose::ToolsList, Purpose::TokenInitialize, Purpose::TokenToolsList];
    let mut streams = 0;
    for exchange in calls.iter().filter_map(|purpose| evidence.exchange(purpose)) {
        let Ok(answer) = &exchange.outcome else { continue };
        if answer.status != 200 || answer.media_type().as_deref() != Some("text/event-stream") {
            continue;
        }
        streams += 1;
        let packed = answer.headers.get("content-encoding").filter(|value| !value.eq_ignore_ascii_case("identity"));
        let finding = |variant| Finding::new(&CHECK, variant).severity(Severity::Warning).proof(door::line(exchange));
        if let Some(packed) = packed {
            return Outcome::fail(finding("compressed").value("encoding", packed));
        }
        if answer.body.truncated && door::rpc(answer).is_none() {
            return Outcome::fail(finding("held-back"));
        }
    }
    if streams == 0 { Outcome::SetAside("no answer came as a stream") } else { Outcome::Pass }
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
    fn a_stream_that_is_packed_or_held_back_is_told() {
        let packed = &[("content-type", "text/event-stream"), ("content-encoding", "gzip")];
        assert_eq!(
            Sample::healthy().answer(Purpose::Initialize, 200, packed, "x").finding(&CHECK).variant,
            "compressed"
        );
        let held = Sample::healthy()
            .answer(Purpose::Initialize, 200, &[("content-type", "text/event-stream")], "")
            .change(|evidence| {
                let mut last = evidence.exchanges().last().expect("one").clone();
                if let Ok(answer) = &mut last.outcome {
                    answer.body = crate::evidence::Body::cut("");
                }
                evidence.add(last);
            });
        assert_eq!(held.finding(&CHECK).variant, "held-back");
        let fine = "event: message\ndata: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n\n";
        let sample = Sample::healthy().answer(Purpose::Initialize, 200, &[("content-type", "text/event-stream")], fine);
        assert_eq!(sample.examine(&CHECK), Outcome::Pass);
        assert_eq!(
            door::said(&sample.evidence().answer(&Purpose::Initialize).expect("an answer").clone()),
            door::Said::Open
        );
    }
}

use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::door;
use crate::evidence::{Evidence, NoAnswerKind};

pub const CHECK: Check = Check {
    code: "reach-tcp",
    stage: Stage::Reach,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "RFC 9293; RFC 9112 section 2",
    after: &["reach-dns"],
    variants: &["refused", "unreachable", "timed-out", "silent", "closed", "not-http", "endless", "no-answer"],
    words: include_str!("reach_tcp.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(server) = &evidence.subject.server else { return Outcome::SetAside("no server was named") };
    if evidence.door().is_some() {
        return Outcome::Pass;
    }
    if evidence.connections.iter().filter_map(|fact| fact.value()).any(|one| one.outcome.is_ok())
        && evidence.silence().is_some_and(|silence| silence.kind == NoAnswerKind::Refused)
    {
        return Outcome::SetAside("another address of this computer answers");
    }
    let Some(silence) = evidence.silence() else {
        return Outcome::Unknown("the server was not called".to_owned());
    };
    let variant = match &silence.kind {
        NoAnswerKind::Refused => "refused",
        NoAnswerKind::Unreachable => "unreachable",
        NoAnswerKind::ConnectTimedOut => "timed-out",
        NoAnswerKind::AnswerTimedOut => "silent",
        NoAnswerKind::Closed => "closed",
        NoAnswerKind::NotHttp => "not-http",
        NoAnswerKind::HeadersTooLarge => "endless",
        NoAnswerKind::NameNotFound | NoAnswerKind::Tls { .. } | NoAnswerKind::Proxy | NoAnswerKind::NotHttpUrl => {
            return Outcome::SetAside("what went wrong lies elsewhere");
        }
        NoAnswerKind::Cancelled => return Outcome::Unknown("the check was stopped".to_owned()),
        NoAnswerKind::PrivateAddress { .. } => {
            return Outcome::Unknown("nothing was sent to a private address".to_owned());
        }
        NoAnswerKind::Other => "no-answer",
    };
    let port = server.port_or_known_default().unwrap_or_default();
    let mut finding = Finding::new(&CHECK, variant)
        .value("host", server.host_str().unwrap_or_default())
        .value("port", port.to_string());
    if let Some(exchange) = evidence.exchange(&crate::evidence::Purpose::Initialize) {
        finding = finding.proof(door::line(exchange));
    }
    if matches!(variant, "unreachable" | "timed-out") {
        finding = finding.owner(Owner::Network);
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
    fn each_kind_of_silence_has_its_words() {
        for (kind, variant) in [
            (NoAnswerKind::Refused, "refused"),
            (NoAnswerKind::Unreachable, "unreachable"),
            (NoAnswerKind::ConnectTimedOut, "timed-out"),
            (NoAnswerKind::AnswerTimedOut, "silent"),
            (NoAnswerKind::Closed, "closed"),
            (NoAnswerKind::NotHttp, "not-http"),
            (NoAnswerKind::HeadersTooLarge, "endless"),
            (NoAnswerKind::Other, "no-answer"),
        ] {
            let sample = Sample::unseen(SERVER).silence(crate::evidence::Purpose::Initialize, kind);
            assert_eq!(sample.finding(&CHECK).variant, variant);
        }
    }

    #[test]
    fn a_tls_fault_is_not_this_checks_business() {
        let kind = NoAnswerKind::Tls { fault: crate::evidence::TlsFault::UnknownIssuer };
        let sample = Sample::unseen(SERVER).silence(crate::evidence::Purpose::Initialize, kind);
        assert!(matches!(sample.examine(&CHECK), Outcome::SetAside(_)));
    }
}

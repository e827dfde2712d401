use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::clients::hit_by;
use crate::door;
use crate::evidence::{Answer, Evidence, Exchange, MetadataForm, NoAnswer, NoAnswerKind, Place, Purpose};

pub const CHECK: Check = Check {
    code: "reach-decode",
    stage: Stage::Reach,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "RFC 9110 section 8.4; RFC 8259 section 8.1",
    after: &[
        "reach-tcp",
        "reach-localhost-family",
        "reach-tls-chain",
        "reach-tls-date",
        "reach-tls-name",
        "reach-tls-mitm",
        "reach-tls-protocol",
        "reach-proxy",
        "reach-redirect",
        "reach-path",
        "reach-waf",
        "reach-5xx",
    ],
    variants: &["encoding", "too-large", "cut-short", "too-slow", "byte-order-mark"],
    words: include_str!("reach_decode.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let mut documents: Vec<Purpose> = vec![Purpose::ResourceMetadata { place: Place::Header }];
    if evidence.exchange(&documents[0]).is_none() {
        documents.extend([Place::Path, Place::Root].map(|place| Purpose::ResourceMetadata { place }));
    }
    if let Some(issuer) = evidence.issuers().into_iter().next() {
        documents.extend(MetadataForm::SPEC_ORDER.map(|form| Purpose::ServerMetadata { issuer: issuer.clone(), form }));
    }
    let seen: Vec<&Exchange> = documents.iter().filter_map(|purpose| evidence.exchange(purpose)).collect();
    if seen.is_empty() && evidence.door().is_none() {
        return Outcome::Unknown("nothing was fetched".to_owned());
    }
    let findings = seen.into_iter().filter_map(|exchange| {
        let finding = match &exchange.outcome {
            // Of the mark before the resource metadata, the check of its JSON says more.
            Ok(answer) => garbled(answer)
                .filter(|finding| !(finding.variant == "byte-order-mark" && is_resource_metadata(exchange)))?,
            // Whether the sign-in service answers at all is a question of its own.
            Err(_) if matches!(exchange.purpose, Purpose::ServerMetadata { .. }) => return None,
            // Plain http to a port that is encrypted breaks off as well; another check says that.
            Err(_) if is_downgraded(exchange, evidence) => return None,
            Err(silence) => broken_off(silence)?,
        };
        let owner = match exchange.purpose {
            Purpose::ServerMetadata { .. } => Owner::AuthorizationServer,
            _ => Owner::McpServer,
        };
        Some(finding.owner(owner).value("url", exchange.request.url.as_str()).proof(door::line(exchange)))
    });
    Outcome::of(findings.take(1).collect())
}

fn is_downgraded(exchange: &Exchange, evidence: &Evidence) -> bool {
    let server = evidence.subject.server.as_ref();
    exchange.request.url.scheme() == "http"
        && server.is_some_and(|server| server.scheme() == "https" && server.host() == exchange.request.url.host())
}

fn is_resource_metadata(exchange: &Exchange) -> bool {
    matches!(exchange.purpose, Purpose::ResourceMetadata { .. })
}

fn garbled(answer: &Answer) -> Option<Finding> {
    if answer.status != 200 {
        return None;
    }
    let text = &answer.body.text;
    let says = answer.headers.get("content-encoding").map(str::to_ascii_lowercase).filter(|says| says != "identity");
    // The first bytes of gzip and zstd; of the second byte only a replacement character is left.
    let packed = text.starts_with("\u{1f}\u{fffd}") || text.starts_with("(\u{fffd}/\u{fffd}");
    match (says, packed) {
        (Some(says), false) if text.trim_start().starts_with(['{', '[', '<']) => Some(
            Finding::new(&CHECK, "encoding")
                .value("what", format!("it says that it is compressed ({says}), and is not")),
        ),
        (None, true) => Some(Finding::new(&CHECK, "encoding").value("what", "it is compressed, and does not say so")),
        // Compressed unasked: programs that offer it can read it, so only a word.
        (Some(says), _) if answer.body.json().is_err() => Some(
            Finding::new(&CHECK, "encoding")
                .confidence(Confidence::Likely)
                .value("what", format!("it comes compressed ({says}) although nobody asked for that")),
        ),
        _ if answer.body.truncated => {
            let finding = Finding::new(&CHECK, "too-large").value("bytes", answer.body.length.to_string());
            Some(if answer.body.json().is_ok() { finding.severity(Severity::Warning) } else { finding })
        }
        _ if text.starts_with('\u{feff}') => {
            let finding = Finding::new(&CHECK, "byte-order-mark");
            Some(match hit_by(|_, engine| engine.is_python()) {
                Some(clients) => finding.affects(clients),
                None => finding.severity(Severity::Warning),
            })
        }
        _ => None,
    }
}

fn broken_off(silence: &NoAnswer) -> Option<Finding> {
    match silence.kind {
        NoAnswerKind::Closed => Some(Finding::new(&CHECK, "cut-short")),
        NoAnswerKind::AnswerTimedOut => Some(Finding::new(&CHECK, "too-slow")),
        NoAnswerKind::HeadersTooLarge => Some(Finding::new(&CHECK, "too-large").value("bytes", "too many")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{ISSUER, SERVER, Sample};

    #[test]
    fn a_healthy_server_is_fine() {
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::Pass));
    }

    #[test]
    fn nothing_seen_is_never_a_pass() {
        let outcome = Sample::unseen(SERVER).examine(&CHECK);
        assert!(matches!(outcome, Outcome::Unknown(_) | Outcome::SetAside(_)), "{outcome:?}");
    }

    const JSON: &[(&str, &str)] = &[("content-type", "application/json")];
    const HEADER: Purpose = Purpose::ResourceMetadata { place: Place::Header };

    #[test]
    fn each_way_of_arriving_badly_has_its_words() {
        let gzip = &[("content-type", "application/json"), ("content-encoding", "gzip")];
        let variant = |sample: Sample| sample.finding(&CHECK).variant;
        assert_eq!(variant(Sample::healthy().answer(HEADER, 200, gzip, "{}")), "encoding");
        assert_eq!(variant(Sample::healthy().answer(HEADER, 200, JSON, "\u{1f}\u{fffd}x")), "encoding");
        let service = Purpose::ServerMetadata { issuer: ISSUER.to_owned(), form: MetadataForm::OauthInsert };
        assert_eq!(variant(Sample::healthy().answer(service.clone(), 200, JSON, "\u{feff}{}")), "byte-order-mark");
        assert_eq!(Sample::healthy().answer(HEADER, 200, JSON, "\u{feff}{}").examine(&CHECK), Outcome::Pass);
        assert_eq!(Sample::healthy().silence(service, NoAnswerKind::AnswerTimedOut).examine(&CHECK), Outcome::Pass);
        assert_eq!(variant(Sample::healthy().silence(HEADER, NoAnswerKind::Closed)), "cut-short");
        assert_eq!(variant(Sample::healthy().silence(HEADER, NoAnswerKind::AnswerTimedOut)), "too-slow");
        assert_eq!(variant(Sample::healthy().silence(HEADER, NoAnswerKind::HeadersTooLarge)), "too-large");
    }
}

use super::{gate, lost};
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::discovery::{deciding_copies, line};
use crate::evidence::{Evidence, Exchange, NoAnswerKind};

pub const CHECK: Check = Check {
    code: "prm-status",
    stage: Stage::ResourceMetadata,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "RFC 9728 section 3.2",
    after: &["reach-decode", "challenge-present"],
    variants: &[
        "not-configured",
        "server-error",
        "gateway",
        "redirect",
        "rate-limited",
        "unexpected",
        "private-address",
        "not-a-web-address",
        "no-answer",
    ],
    words: include_str!("prm_status.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    if let Some(outcome) = gate(evidence) {
        return outcome;
    }
    let copies = deciding_copies(evidence);
    for exchange in &copies {
        let Some((variant, mild)) = variant(exchange) else { continue };
        let mut finding =
            Finding::new(&CHECK, variant).value("url", exchange.request.url.as_str()).proof(line(exchange));
        if let Err(silence) = &exchange.outcome {
            finding = finding.value("detail", silence.detail.clone());
            if let NoAnswerKind::PrivateAddress { address } = &silence.kind {
                finding = finding.value("address", address.clone());
            }
        }
        if let Ok(answer) = &exchange.outcome {
            finding = finding.value("status", answer.status.to_string());
            if let Some(to) = answer.redirect(&exchange.request.url) {
                finding = finding.value("location", to.to_string());
            }
        }
        return Outcome::fail(if mild { finding.severity(Severity::Warning) } else { lost(evidence, finding) });
    }
    if copies.iter().any(|exchange| exchange.outcome.as_ref().is_ok_and(|answer| answer.status == 200)) {
        Outcome::Pass
    } else if copies.iter().any(|exchange| exchange.outcome.is_ok()) {
        Outcome::SetAside("another check says what is wrong at this address")
    } else {
        Outcome::Unknown("no address of the resource metadata was asked to the end".to_owned())
    }
}

/// Which failure it is, and whether most apps get over it.
fn variant(exchange: &Exchange) -> Option<(&'static str, bool)> {
    let answer = match &exchange.outcome {
        Ok(answer) => answer,
        Err(silence) => {
            return match &silence.kind {
                NoAnswerKind::Cancelled => None,
                NoAnswerKind::PrivateAddress { .. } => Some(("private-address", false)),
                NoAnswerKind::NotHttpUrl => Some(("not-a-web-address", false)),
                _ => Some(("no-answer", false)),
            };
        }
    };
    match answer.status {
        200 | 401 | 403 | 404 | 405 | 410 => None,
        // What Scalekit's samples say when the variable is not set.
        500.. if answer.body.text.contains("PROTECTED_RESOURCE_METADATA") => Some(("not-configured", false)),
        502..=504 => Some(("gateway", false)),
        500.. => Some(("server-error", false)),
        429 => Some(("rate-limited", false)),
        300..=399 => {
            let same = answer.redirect(&exchange.request.url).is_some_and(|to| {
                to.origin() == exchange.request.url.origin() && to.path().contains("oauth-protected-resource")
            });
            Some(("redirect", same))
        }
        _ => Some(("unexpected", false)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{Place, Purpose};
    use crate::sample::Sample;

    fn both(status: u16, headers: &[(&str, &str)], body: &str) -> Sample {
        [Place::Header, Place::Path].into_iter().fold(Sample::healthy(), |sample, place| {
            sample.answer(Purpose::ResourceMetadata { place }, status, headers, body)
        })
    }

    fn silent(kind: NoAnswerKind) -> Sample {
        [Place::Header, Place::Path]
            .into_iter()
            .fold(Sample::healthy(), |sample, place| sample.silence(Purpose::ResourceMetadata { place }, kind.clone()))
    }

    #[test]
    fn each_status_has_its_variant() {
        let missing = both(500, &[], "{\"error\": \"PROTECTED_RESOURCE_METADATA config missing\"}").finding(&CHECK);
        assert_eq!((missing.variant, missing.affects.len()), ("not-configured", 0));
        for (status, variant) in [(500, "server-error"), (503, "gateway"), (429, "rate-limited"), (400, "unexpected")] {
            assert_eq!(both(status, &[], "Internal Server Error").finding(&CHECK).variant, variant);
        }
        let near = both(307, &[("location", "/.well-known/oauth-protected-resource/")], "").finding(&CHECK);
        assert_eq!((near.variant, near.severity), ("redirect", Severity::Warning));
        let far = both(302, &[("location", "https://login.example.com/")], "").finding(&CHECK);
        assert_eq!(far.severity, Severity::Error);
    }

    #[test]
    fn silence_of_each_kind() {
        let private = silent(NoAnswerKind::PrivateAddress { address: "169.254.169.254".to_owned() }).finding(&CHECK);
        assert_eq!((private.variant, private.values["address"].as_str()), ("private-address", "169.254.169.254"));
        assert_eq!(silent(NoAnswerKind::NotHttpUrl).finding(&CHECK).variant, "not-a-web-address");
        assert_eq!(silent(NoAnswerKind::AnswerTimedOut).finding(&CHECK).variant, "no-answer");
        assert!(matches!(silent(NoAnswerKind::Cancelled).examine(&CHECK), Outcome::Unknown(_)));
    }

    #[test]
    fn healthy_and_unseen() {
        assert_eq!(Sample::healthy().examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}

use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::door::{self, Said};
use crate::evidence::{Evidence, Exchange, MetadataForm, Place, Purpose};

pub const CHECK: Check = Check {
    code: "reach-rate-limit",
    stage: Stage::Reach,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Should,
    reference: "RFC 6585 section 4",
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
    ],
    variants: &["everything", "discovery"],
    words: include_str!("reach_rate_limit.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(door) = evidence.door() else { return Outcome::Unknown("the server was not reached".to_owned()) };
    if door.said == Said::TooMany {
        return Outcome::fail(found("everything", door.exchange));
    }
    let limited = |purpose: &Purpose| {
        evidence.exchange(purpose).filter(|exchange| exchange.outcome.as_ref().is_ok_and(|answer| answer.status == 429))
    };
    if evidence.resource_metadata().is_none() {
        let copies = [Place::Header, Place::Path, Place::Root].map(|place| Purpose::ResourceMetadata { place });
        if let Some(exchange) = copies.iter().find_map(limited) {
            return Outcome::fail(found("discovery", exchange));
        }
    }
    if evidence.server_metadata().is_none()
        && let Some(issuer) = evidence.issuers().into_iter().next()
    {
        let forms = MetadataForm::SPEC_ORDER.map(|form| Purpose::ServerMetadata { issuer: issuer.clone(), form });
        if let Some(exchange) = forms.iter().find_map(limited) {
            return Outcome::fail(found("discovery", exchange).owner(Owner::AuthorizationServer));
        }
    }
    Outcome::Pass
}

fn found(variant: &'static str, exchange: &Exchange) -> Finding {
    let wait = exchange.outcome.as_ref().ok().and_then(|answer| answer.headers.get("retry-after"));
    Finding::new(&CHECK, variant)
        .value("url", exchange.request.url.as_str())
        .value(
            "wait",
            wait.map_or("a while".to_owned(), |wait| match wait.trim().parse::<u32>() {
                Ok(seconds) => format!("{seconds} seconds"),
                Err(_) => format!("until {wait}"),
            }),
        )
        .proof(door::line(exchange))
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
    fn too_many_requests_are_told_with_the_wait() {
        let first = Sample::healthy().answer(Purpose::Initialize, 429, &[("retry-after", "60")], "");
        // The other calls of the same run were answered: an app, which asks fewer, gets in.
        assert_eq!(first.examine(&CHECK), Outcome::Pass);
        let first = Sample::unseen(SERVER).answer(Purpose::Initialize, 429, &[("retry-after", "60")], "");
        let finding = first.finding(&CHECK);
        assert_eq!((finding.variant, finding.values["wait"].as_str()), ("everything", "60 seconds"));
        let mut details = Sample::healthy();
        for place in [Place::Header, Place::Path, Place::Root] {
            details = details.answer(Purpose::ResourceMetadata { place }, 429, &[], "");
        }
        assert_eq!(details.finding(&CHECK).variant, "discovery");
    }
}

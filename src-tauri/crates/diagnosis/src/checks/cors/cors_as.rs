use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::checks::UNREACHED;
use crate::door;
use crate::evidence::{Endpoint, Evidence, Purpose};
use crate::scalekit;
use crate::web::{self, Reads};

pub const CHECK: Check = Check {
    code: "cors-as",
    stage: Stage::Cors,
    category: Category::Cors,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Must,
    reference: "Fetch, CORS protocol; Scalekit, Allowed Callback URLs",
    after: UNREACHED,
    variants: &["missing", "missing-elsewhere"],
    words: include_str!("cors_as.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let looks = [
        Purpose::CrossOrigin { endpoint: Endpoint::ServerMetadata },
        Purpose::Preflight { endpoint: Endpoint::Registration },
        Purpose::Preflight { endpoint: Endpoint::Token },
    ];
    let mut seen = 0;
    let mut why = None;
    let mut closed = Vec::new();
    for purpose in &looks {
        match web::asked(evidence, purpose) {
            Ok((origin, exchange, answer)) => {
                seen += 1;
                if !matches!(web::reads(answer, &origin), Reads::Yes | Reads::Twice) {
                    closed.push((origin, exchange));
                }
            }
            Err(outcome) => why = why.or(Some(outcome)),
        }
    }
    let Some((origin, first)) = closed.first() else {
        return match (seen, why) {
            (0, Some(why)) => why,
            _ => Outcome::Pass,
        };
    };
    let variant = if scalekit::recognise(evidence).is_some() { "missing" } else { "missing-elsewhere" };
    let mut finding = web::finding(Finding::new(&CHECK, variant))
        .value("origin", origin.clone())
        .value("host", first.request.url.host_str().unwrap_or_default());
    for (_, exchange) in &closed {
        finding = finding.proof(door::line(exchange));
    }
    Outcome::fail(finding)
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
    fn a_sign_in_service_that_takes_no_calls_from_pages_is_told() {
        let preflight = Purpose::Preflight { endpoint: Endpoint::Token };
        let sample = || crate::web::tests::page(Sample::healthy());
        let finding = sample().answer(preflight.clone(), 204, &[], "").finding(&CHECK);
        assert_eq!((finding.variant, finding.owner), ("missing", Owner::AuthorizationServer));
        let fine = sample().answer(preflight.clone(), 204, &[("access-control-allow-origin", "*")], "");
        assert_eq!(fine.examine(&CHECK), Outcome::Pass);
        let elsewhere = crate::web::tests::page(Sample::unseen(SERVER)).answer(preflight, 405, &[], "");
        assert_eq!(elsewhere.finding(&CHECK).variant, "missing-elsewhere");
    }
}

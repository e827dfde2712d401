use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::clients::hit_by;
use crate::door;
use crate::evidence::{Evidence, NoAnswerKind, Place, Purpose};
use crate::oauth::well_known;
use url::Url;

pub const CHECK: Check = Check {
    code: "challenge-metadata-fetch",
    stage: Stage::Challenge,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "RFC 9728 sections 3.1 and 5.1",
    after: &[
        "challenge-present",
        "challenge-metadata-absolute",
        "challenge-metadata-scheme",
        "challenge-metadata-host",
    ],
    variants: &["not-found", "redirect", "no-answer"],
    words: include_str!("challenge_metadata_fetch.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(challenges) = evidence.challenges() else {
        return Outcome::SetAside("the server did not ask for a sign-in");
    };
    if challenges.resource_metadata().and_then(|url| Url::parse(url.trim()).ok()).is_none() {
        return Outcome::SetAside("the signpost names no address");
    }
    // An address that is wrong by itself needs no second reason.
    let told = [&super::challenge_metadata_scheme::CHECK, &super::challenge_metadata_host::CHECK];
    if told.iter().any(|check| matches!((check.examine)(evidence), Outcome::Fail(_))) {
        return Outcome::SetAside("the address itself is wrong");
    }
    let Some(exchange) = evidence.exchange(&Purpose::ResourceMetadata { place: Place::Header }) else {
        return Outcome::Unknown("the address in the signpost was not fetched".to_owned());
    };
    let variant = match &exchange.outcome {
        Ok(answer) if matches!(answer.status, 404 | 405 | 410) => "not-found",
        Ok(answer) if (300..400).contains(&answer.status) => "redirect",
        Ok(_) => return Outcome::Pass,
        Err(silence) => match silence.kind {
            NoAnswerKind::Cancelled => return Outcome::Unknown("the check was stopped".to_owned()),
            NoAnswerKind::PrivateAddress { .. } => {
                return Outcome::Unknown("nothing was sent to a private address".to_owned());
            }
            NoAnswerKind::Closed | NoAnswerKind::AnswerTimedOut | NoAnswerKind::HeadersTooLarge => {
                return Outcome::SetAside("it begins and does not arrive");
            }
            _ => "no-answer",
        },
    };
    let right = evidence.subject.server.as_ref().and_then(|server| {
        [Place::Path, Place::Root].into_iter().find_map(|place| {
            let works =
                evidence.answer(&Purpose::ResourceMetadata { place }).is_some_and(|answer| answer.status == 200);
            well_known::resource_metadata(server, place).filter(|_| works)
        })
    });
    let mut finding = Finding::new(&CHECK, variant)
        .value("written", exchange.request.url.as_str())
        .value("right", right.as_ref().map_or("https://…/.well-known/oauth-protected-resource/…", Url::as_str))
        .proof(door::line(exchange));
    if let Some(right) = &right {
        finding =
            finding.compare("The details are at", right.as_str(), "The signpost says", exchange.request.url.as_str());
    }
    // Only Python programs go on to the usual addresses.
    let lost = !evidence.metadata_without_signpost();
    match hit_by(|_, engine| lost || !engine.is_python()) {
        Some(clients) => Outcome::fail(finding.affects(clients)),
        None => Outcome::fail(finding.severity(Severity::Warning)),
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

    const HEADER: Purpose = Purpose::ResourceMetadata { place: Place::Header };

    #[test]
    fn a_signpost_to_nowhere_stops_those_who_do_not_guess() {
        let finding = Sample::healthy().answer(HEADER, 404, &[], "Not Found").finding(&CHECK);
        assert_eq!(finding.variant, "not-found");
        assert!(!finding.affects.is_empty() && !finding.affects.contains(&crate::clients::ClientId::FastMcp));
        let moved = Sample::healthy().answer(HEADER, 301, &[("location", "/x")], "");
        assert_eq!(moved.finding(&CHECK).variant, "redirect");
        assert_eq!(Sample::healthy().silence(HEADER, NoAnswerKind::Refused).finding(&CHECK).variant, "no-answer");
    }
}

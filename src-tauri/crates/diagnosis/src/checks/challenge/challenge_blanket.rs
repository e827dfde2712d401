use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::door;
use crate::evidence::{Evidence, Purpose};
use url::Url;

pub const CHECK: Check = Check {
    code: "challenge-blanket",
    stage: Stage::Challenge,
    category: Category::Connection,
    owner: Owner::User,
    requirement: Requirement::May,
    reference: "Observed on servers that check the token before the path",
    after: &["challenge-status"],
    variants: &["everywhere"],
    words: include_str!("challenge_blanket.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(exchange) = evidence.exchange(&Purpose::RandomPath) else {
        return match evidence.unauthorized() {
            Some(_) => Outcome::Unknown("no other address was tried".to_owned()),
            None => Outcome::SetAside("the server did not ask for a sign-in"),
        };
    };
    if !exchange.outcome.as_ref().is_ok_and(|answer| answer.status == 401) {
        return Outcome::Pass;
    }
    let Some(server) = &evidence.subject.server else { return Outcome::SetAside("no server was named") };
    let path = |url: &Url| url.path().trim_end_matches('/').to_owned();
    let resource = evidence.resource_metadata_read().and_then(|read| Url::parse(read.resource()?).ok());
    // What the server says of itself, or a token that was accepted, proves the address.
    let proven = resource.as_ref().is_some_and(|resource| path(resource) == path(server))
        || evidence.answer(&Purpose::TokenInitialize).is_some_and(|answer| (200..300).contains(&answer.status));
    if proven {
        return Outcome::Pass;
    }
    let finding = Finding::new(&CHECK, "everywhere")
        .severity(Severity::Warning)
        .value("typed", server.as_str())
        .value("named", resource.as_ref().map_or("not known", Url::as_str))
        .proof(door::line(exchange));
    Outcome::fail(match resource {
        Some(resource) if resource.origin() == server.origin() => {
            finding.compare("Its details name", resource.as_str(), "The address is", server.as_str())
        }
        _ => finding,
    })
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
    fn a_refusal_everywhere_is_told_where_nothing_proves_the_address() {
        let everywhere = |sample: Sample| sample.answer(Purpose::RandomPath, 401, &[], "");
        assert_eq!(everywhere(Sample::healthy()).examine(&CHECK), Outcome::Pass);
        let other = everywhere(Sample::healthy())
            .resource_metadata(|document| document["resource"] = "https://mcp.example.com/other".into());
        assert_eq!(other.finding(&CHECK).variant, "everywhere");
    }
}

use super::{gate, lost};
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::discovery::{deciding_copies, line};
use crate::evidence::{Evidence, Place, Purpose};
use crate::oauth::well_known;
use url::Url;

pub const CHECK: Check = Check {
    code: "prm-public",
    stage: Stage::ResourceMetadata,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "RFC 9728 section 3.1",
    after: &["challenge-present", "challenge-metadata-host", "challenge-metadata-fetch"],
    variants: &["unauthorized", "forbidden"],
    words: include_str!("prm_public.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    if let Some(outcome) = gate(evidence) {
        return outcome;
    }
    let copies = deciding_copies(evidence);
    for exchange in &copies {
        let variant = match exchange.outcome.as_ref().map(|answer| answer.status) {
            Ok(401) => "unauthorized",
            Ok(403) => "forbidden",
            _ => continue,
        };
        let finding = Finding::new(&CHECK, variant)
            .value("url", exchange.request.url.as_str())
            .value("usual", usual(evidence).unwrap_or_else(|| exchange.request.url.clone()))
            .proof(line(exchange));
        return Outcome::fail(lost(evidence, finding));
    }
    if copies.iter().any(|exchange| exchange.outcome.is_ok()) {
        Outcome::Pass
    } else {
        Outcome::Unknown("no address of the resource metadata answered".to_owned())
    }
}

/// Where apps look for the details: a copy that can be read, else the address that belongs to the server's own.
fn usual(evidence: &Evidence) -> Option<Url> {
    let read = [Place::Path, Place::Root]
        .into_iter()
        .filter_map(|place| evidence.exchange(&Purpose::ResourceMetadata { place }))
        .find(|copy| copy.outcome.as_ref().is_ok_and(|answer| answer.status == 200));
    let own = || well_known::resource_metadata(evidence.subject.server.as_ref()?, Place::Path);
    read.map(|copy| copy.request.url.clone()).or_else(own)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::ClientId;
    use crate::sample::Sample;

    fn at(sample: Sample, place: Place, status: u16) -> Sample {
        sample.answer(Purpose::ResourceMetadata { place }, status, &[], "")
    }

    #[test]
    fn locked_everywhere_stops_all_and_locked_at_the_signpost_stops_those_who_follow_it() {
        let all = at(at(Sample::healthy(), Place::Header, 401), Place::Path, 401);
        assert!(all.finding(&CHECK).affects.is_empty());
        let header = at(Sample::healthy(), Place::Header, 403).finding(&CHECK);
        assert_eq!(header.variant, "forbidden");
        assert_eq!(header.values["usual"], crate::sample::RESOURCE_METADATA);
        assert!(header.affects.contains(&ClientId::Cursor) && !header.affects.contains(&ClientId::FastMcp));
    }

    #[test]
    fn a_locked_copy_that_nobody_needs_is_no_fault() {
        assert_eq!(at(Sample::healthy(), Place::Path, 401).examine(&CHECK), Outcome::Pass);
        assert_eq!(Sample::healthy().examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}

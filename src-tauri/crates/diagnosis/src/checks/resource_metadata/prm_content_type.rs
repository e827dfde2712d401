use super::{gate, lost, none_came};
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::discovery::{deciding_copies, line, object};
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "prm-content-type",
    stage: Stage::ResourceMetadata,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "RFC 9728 section 3.2",
    after: &["reach-decode", "challenge-present"],
    variants: &["web-page", "not-json"],
    words: include_str!("prm_content_type.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    if let Some(outcome) = gate(evidence) {
        return outcome;
    }
    let copies = deciding_copies(evidence);
    let mut seen = false;
    for exchange in &copies {
        let Some(answer) = exchange.outcome.as_ref().ok().filter(|answer| answer.status == 200) else { continue };
        seen = true;
        let label = answer.media_type();
        let finding = |variant| {
            let shown = label.clone().unwrap_or_else(|| "no content type".to_owned());
            Finding::new(&CHECK, variant)
                .value("url", exchange.request.url.as_str())
                .value("type", shown)
                .proof(line(exchange))
        };
        if object(answer).is_none() {
            if answer.is_html() {
                return Outcome::fail(lost(evidence, finding("web-page")));
            }
        } else if label.as_deref().is_none_or(|label| label != "application/json" && !label.ends_with("+json")) {
            return Outcome::fail(finding("not-json").severity(Severity::Warning));
        }
    }
    if seen { Outcome::Pass } else { none_came(&copies) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::ClientId;
    use crate::evidence::{Place, Purpose};
    use crate::sample::Sample;

    #[test]
    fn a_web_page_stops_all_or_those_who_read_only_this_copy() {
        let page = |places: &[Place]| {
            places.iter().fold(Sample::healthy(), |sample, place| {
                let purpose = Purpose::ResourceMetadata { place: *place };
                sample.answer(purpose, 200, &[("content-type", "text/html")], "<!DOCTYPE html><html></html>")
            })
        };
        assert!(page(&[Place::Header, Place::Path]).finding(&CHECK).affects.is_empty());
        let one = page(&[Place::Header]).finding(&CHECK);
        assert!(one.affects.contains(&ClientId::VsCode) && !one.affects.contains(&ClientId::FastMcp));
    }

    #[test]
    fn a_wrong_label_is_a_warning() {
        let body = crate::sample::resource_metadata().to_string();
        let sample = Sample::healthy().answer(
            Purpose::ResourceMetadata { place: Place::Header },
            200,
            &[("content-type", "text/plain; charset=utf-8")],
            &body,
        );
        assert_eq!(sample.finding(&CHECK).severity, Severity::Warning);
        assert_eq!(Sample::healthy().examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}

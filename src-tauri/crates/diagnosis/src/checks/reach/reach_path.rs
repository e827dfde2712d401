use crate::check::{Action, Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Stage};
use crate::door::{self, Said};
use crate::evidence::{Evidence, Exchange, Purpose};

pub const CHECK: Check = Check {
    code: "reach-path",
    stage: Stage::Reach,
    category: Category::Connection,
    owner: Owner::User,
    requirement: Requirement::Must,
    reference: "MCP 2026-07-28, Streamable HTTP, endpoint",
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
        "reach-slash",
    ],
    variants: &["slash", "elsewhere", "not-found"],
    words: include_str!("reach_path.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(door) = evidence.door() else { return Outcome::Unknown("the server was not reached".to_owned()) };
    if !matches!(door.said, Said::NotHere | Said::WrongVerb | Said::Page | Said::NotMcp) {
        return Outcome::Pass;
    }
    let typed = &door.exchange.request.url;
    let finding = |variant, found: &str| {
        Finding::new(&CHECK, variant)
            .value("typed", typed.as_str())
            .value("found", found)
            .value("status", door.answer.status.to_string())
            .proof(door::line(door.exchange))
    };
    let there = |exchange: &Exchange| {
        exchange
            .outcome
            .as_ref()
            .is_ok_and(|answer| door::said(answer).is_mcp() && exchange.request.url.origin() == typed.origin())
    };
    if let Some(other) = evidence.exchange(&Purpose::OtherSlash).filter(|other| there(other)) {
        let url = other.request.url.as_str();
        return Outcome::fail(
            finding("slash", url)
                .compare("The server answers at", url, "The address is", typed.as_str())
                .proof(door::line(other))
                .action(Action::CheckOtherUrl { url: url.to_owned() }),
        );
    }
    let neighbours: Vec<&Exchange> =
        evidence.exchanges().iter().filter(|exchange| matches!(exchange.purpose, Purpose::OtherPath { .. })).collect();
    // The address that the server's own metadata names comes before a guess.
    let named =
        evidence.resource_metadata_read().and_then(|read| read.resource().map(str::to_owned)).and_then(|resource| {
            url::Url::parse(&resource).ok().filter(|url| url.origin() == typed.origin() && url.path() != typed.path())
        });
    let found: Vec<&&Exchange> = neighbours.iter().filter(|exchange| there(exchange)).collect();
    let best = found.iter().find(|exchange| named.as_ref() == Some(&exchange.request.url)).or(found.first());
    if let Some(best) = best {
        let url = best.request.url.as_str();
        return Outcome::fail(
            finding("elsewhere", url)
                .compare("The server answers at", url, "The address is", typed.as_str())
                .proof(door::line(best))
                .action(Action::CheckOtherUrl { url: url.to_owned() }),
        );
    }
    if door.said != Said::NotHere {
        return Outcome::SetAside("no other usual address of this server answers as an MCP server");
    }
    if let Some(named) = named {
        return Outcome::fail(
            finding("elsewhere", named.as_str())
                .confidence(Confidence::Likely)
                .compare("The server's metadata names", named.as_str(), "The address is", typed.as_str())
                .action(Action::CheckOtherUrl { url: named.to_string() }),
        );
    }
    let tried: Vec<String> = neighbours.iter().map(|exchange| exchange.request.url.path().to_owned()).collect();
    let finding = finding("not-found", "");
    Outcome::fail(if tried.is_empty() { finding } else { finding.value("tried", tried.join(", ")) })
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

    fn not_here() -> Sample {
        // A server that is not there asks for nothing anywhere.
        Sample::unseen(SERVER).answer(Purpose::Initialize, 404, &[], "Not Found")
    }

    #[test]
    fn the_right_door_is_found() {
        assert_eq!(not_here().finding(&CHECK).variant, "not-found");
        let slash = not_here().answer(Purpose::OtherSlash, 401, &[], "");
        assert_eq!(slash.finding(&CHECK).variant, "slash");
        let elsewhere = not_here().answer(Purpose::OtherPath { path: "/api/mcp".to_owned() }, 401, &[], "");
        assert_eq!(elsewhere.finding(&CHECK).variant, "elsewhere");
        assert!(elsewhere.finding(&CHECK).action.is_some());
    }

    #[test]
    fn a_page_for_people_beside_the_endpoint_is_the_wrong_door() {
        let sample = Sample::unseen("https://mcp.example.com/")
            .answer(Purpose::Initialize, 200, &[("content-type", "text/html")], "<html>Welcome")
            .answer(Purpose::OtherPath { path: "/mcp".to_owned() }, 401, &[], "");
        assert_eq!(sample.finding(&CHECK).variant, "elsewhere");
    }

    #[test]
    fn a_server_that_only_listens_is_found_by_listening() {
        let sample = Sample::unseen("https://mcp.example.com/sse").answer(Purpose::Initialize, 405, &[], "").answer(
            Purpose::Get,
            401,
            &[],
            "",
        );
        assert_eq!(sample.examine(&CHECK), Outcome::Pass);
    }
}

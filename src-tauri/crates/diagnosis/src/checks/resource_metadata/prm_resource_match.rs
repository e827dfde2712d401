use super::resource;
use crate::check::{Action, Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Stage};
use crate::clients::hit_by;
use crate::discovery::{bare, resource_matches};
use crate::evidence::{Evidence, Purpose};
use crate::subject::is_loopback;
use url::Url;

pub const CHECK: Check = Check {
    code: "prm-resource-match",
    stage: Stage::ResourceMetadata,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "RFC 9728 section 3.3; MCP 2026-07-28, Canonical Server URI",
    after: &["prm-path-wellknown", "prm-public", "prm-status", "prm-content-type", "prm-json", "prm-resource-present"],
    variants: &["other-host", "developer-address", "loopback-name", "other-path", "parent"],
    words: include_str!("prm_resource_match.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let (document, called, named) = match resource(evidence) {
        Ok(both) => both,
        Err(outcome) => return outcome,
    };
    let Some(variant) = variant(&bare(&called), &bare(&named)) else { return Outcome::Pass };
    let Some(hit) = hit_by(|_, engine| !resource_matches(engine, &called, &named)) else { return Outcome::Pass };
    // Letter for letter: a slash that a parser adds is not what the server wrote.
    let written =
        document.members.get("resource").and_then(serde_json::Value::as_str).map_or(named.as_str(), str::trim);
    let finding = Finding::new(&CHECK, variant)
        .affects(hit)
        .value("url", document.exchange.request.url.as_str())
        .proof(document.says("resource"))
        .compare("You called", called.as_str(), "Your server says", written);
    let finding = match variant {
        // The other name leads to the same server on this computer.
        "loopback-name" => finding.owner(Owner::User),
        // The sign-in is asked for at every address, even at made-up ones, so nothing says that something stands at the typed one.
        "parent" if evidence.answer(&Purpose::RandomPath).is_some_and(|answer| answer.status == 401) => {
            finding.owner(Owner::User).confidence(Confidence::Likely)
        }
        _ => finding,
    };
    // Only another address of the same host is worth a try; a stranger's is not.
    let near = named.host() == called.host() || variant == "loopback-name";
    Outcome::fail(if near { finding.action(Action::CheckOtherUrl { url: named.to_string() }) } else { finding })
}

/// Which difference it is; slashes, schemes and ports have checks of their own.
fn variant(called: &Url, named: &Url) -> Option<&'static str> {
    if called.host() != named.host() {
        return Some(match (is_loopback(called), is_loopback(named)) {
            (true, true) => "loopback-name",
            (false, true) => "developer-address",
            _ => "other-host",
        });
    }
    if called.scheme() != named.scheme() || called.port_or_known_default() != named.port_or_known_default() {
        return None;
    }
    let (called, named) = (called.path().trim_end_matches('/'), named.path().trim_end_matches('/'));
    if called == named {
        None
    } else if called.starts_with(&format!("{named}/")) {
        Some("parent")
    } else {
        Some("other-path")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::ClientId;
    use crate::sample::Sample;

    fn says(resource: &str) -> Sample {
        Sample::healthy().resource_metadata(|document| document["resource"] = resource.into())
    }

    #[test]
    fn each_difference_hits_exactly_its_clients() {
        for (resource, variant) in [
            ("https://other.example.com/mcp", "other-host"),
            ("http://localhost:3002/mcp", "developer-address"),
            ("https://mcp.example.com/sse", "other-path"),
            ("https://mcp.example.com/mcp/v2", "other-path"),
        ] {
            let finding = says(resource).finding(&CHECK);
            assert_eq!((finding.variant, finding.affects), (variant, Vec::new()), "{resource}");
        }
        let origin = says("https://mcp.example.com").finding(&CHECK);
        assert_eq!((origin.variant, origin.affects), ("parent", vec![ClientId::VsCode]));
        let parent = Sample::healthy()
            .change(|evidence| evidence.subject.server = Url::parse("https://mcp.example.com/mcp/team").ok())
            .finding(&CHECK);
        assert_eq!((parent.variant, parent.affects), ("parent", vec![ClientId::VsCode]));
    }

    #[test]
    fn a_beginning_that_is_guarded_at_every_address_is_more_likely_typed_wrong() {
        let sample = says("https://mcp.example.com").answer(Purpose::RandomPath, 401, &[], "");
        let finding = sample.finding(&CHECK);
        assert_eq!((finding.variant, finding.owner, finding.confidence), ("parent", Owner::User, Confidence::Likely));
    }

    #[test]
    fn two_names_of_this_computer_are_for_the_user_to_choose() {
        let sample = says("http://localhost:3002/mcp")
            .change(|evidence| evidence.subject.server = Url::parse("http://127.0.0.1:3002/mcp").ok());
        let finding = sample.finding(&CHECK);
        assert_eq!((finding.variant, finding.owner), ("loopback-name", Owner::User));
        assert_eq!(finding.action, Some(Action::CheckOtherUrl { url: "http://localhost:3002/mcp".to_owned() }));
    }

    #[test]
    fn slashes_schemes_and_health_are_not_its_business() {
        for fine in ["https://mcp.example.com/mcp", "https://mcp.example.com/mcp/", "http://mcp.example.com/mcp"] {
            assert_eq!(says(fine).examine(&CHECK), Outcome::Pass, "{fine}");
        }
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}

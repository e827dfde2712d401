use super::{READABLE, document};
use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::evidence::Evidence;
use crate::introduction::Introduction;
use crate::scalekit::{self, IdKind};
use std::collections::BTreeSet;

pub const CHECK: Check = Check {
    code: "prm-live-vs-dashboard",
    stage: Stage::ResourceMetadata,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Should,
    reference: "Scalekit documentation, MCP quickstart: Metadata JSON",
    after: READABLE,
    variants: &["other-kind", "other-server", "other-environment", "resource", "scopes", "callback"],
    words: include_str!("prm_live_vs_dashboard.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(shown) = evidence.dashboard.as_ref().and_then(|fact| fact.value()) else {
        return Outcome::SetAside("nobody said what the dashboard shows");
    };
    let document = match document(evidence) {
        Ok(document) => document,
        Err(outcome) => return outcome,
    };
    let finding = |variant, expected: &str, actual: &str| {
        Finding::new(&CHECK, variant).compare("The dashboard says", expected, "Your server says", actual)
    };
    if let Some(id) = shown.resource_id.as_deref().filter(|id| IdKind::of(id) != Some(IdKind::Resource)) {
        let kind = IdKind::of(id).map_or("something else", IdKind::words);
        return Outcome::fail(
            Finding::new(&CHECK, "other-kind")
                .owner(Owner::User)
                .severity(Severity::Warning)
                .value("id", id)
                .value("kind", kind),
        );
    }
    let issuers = document.issuers();
    let live = issuers.first().copied().unwrap_or("absent");
    let live_id = scalekit::resource_id_of(live);
    // An environment can have a name of its own beside the one that the dashboard shows; the id is one and the same.
    let same_id = shown.resource_id.as_deref().is_some_and(|id| live_id == Some(id));
    if let (Some(environment), Some(live_environment)) = (shown.environment(), scalekit::environment_of(live))
        && live_environment != environment
        && !same_id
    {
        let expected = shown.issuer.as_deref().unwrap_or(&environment);
        return Outcome::fail(finding("other-environment", expected, live));
    }
    if let (Some(id), Some(live_id)) = (shown.resource_id(), live_id)
        && id != live_id
    {
        return Outcome::fail(finding("other-server", shown.issuer.as_deref().unwrap_or(id), live));
    }
    let resource = document.members.get("resource").and_then(|value| value.as_str()).unwrap_or("absent");
    if let Some(server_url) = shown.server_url.as_deref().filter(|url| *url != resource) {
        return Outcome::fail(finding("resource", server_url, resource));
    }
    let mut findings = Vec::new();
    if let Some(shown) = &shown.scopes {
        let list = document.members.get("scopes_supported").and_then(|value| value.as_array()).into_iter().flatten();
        let live: BTreeSet<&str> = list.filter_map(|scope| scope.as_str()).collect();
        let shown: BTreeSet<&str> = shown.iter().map(String::as_str).collect();
        if shown != live {
            let join = |set: BTreeSet<&str>| set.into_iter().collect::<Vec<_>>().join(" ");
            findings.push(finding("scopes", &join(shown), &join(live)).severity(Severity::Warning));
        }
    }
    findings.extend(shown.callback_urls.as_deref().and_then(|allowed| callback(evidence, allowed)));
    Outcome::of(findings)
}

/// The client that was asked about comes back to fixed addresses, and none of them is allowed. One that registers itself brings its
/// own, so the list alone decides nothing.
fn callback(evidence: &Evidence, allowed: &[String]) -> Option<Finding> {
    let client = evidence.subject.client?;
    let introduction = Introduction::of(Some(client));
    introduction.client?;
    let own = introduction.redirect_uris;
    if own.is_empty() || own.iter().any(|uri| uri.contains("{port}") || allowed.iter().any(|one| one == uri)) {
        return None;
    }
    Some(
        Finding::new(&CHECK, "callback")
            .severity(Severity::Warning)
            .confidence(Confidence::Possible)
            .affects([client])
            .value("client", client.name())
            .compare("The client comes back to", own.join(" "), "The dashboard allows", allowed.join(" ")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::ClientId;
    use crate::dashboard::{self, Dashboard};
    use crate::sample::{Sample, fact, resource_metadata};
    use serde_json::{Value, json};

    fn copied(dashboard: Dashboard) -> Sample {
        Sample::healthy().change(|evidence| evidence.dashboard = Some(fact(Ok(dashboard))))
    }

    fn metadata(change: impl FnOnce(&mut Value)) -> Sample {
        let mut shown = resource_metadata();
        change(&mut shown);
        copied(dashboard::read(&shown.to_string()).expect("metadata"))
    }

    #[test]
    fn each_difference_is_named() {
        let to = |issuer: &'static str| {
            metadata(move |shown| shown["authorization_servers"] = json!([issuer])).finding(&CHECK)
        };
        assert_eq!(to("https://acme.scalekit.com/resources/res_9").variant, "other-server");
        assert_eq!(to("https://acme.scalekit.dev/resources/res_123").variant, "other-environment");
        assert_eq!(
            metadata(|shown| shown["resource"] = "https://x.example/".into()).finding(&CHECK).variant,
            "resource"
        );
        assert_eq!(metadata(|shown| shown["scopes_supported"] = json!([])).finding(&CHECK).variant, "scopes");
        let connection = copied(Dashboard { resource_id: Some("conn_1".to_owned()), ..Dashboard::default() });
        assert_eq!(connection.finding(&CHECK).variant, "other-kind");
        assert_eq!(metadata(|_| {}).examine(&CHECK), Outcome::Pass);
    }

    #[test]
    fn the_page_alone_is_enough() {
        let page = |text: &str| copied(dashboard::read(text).expect("a dashboard"));
        assert_eq!(page("Resource ID: res_9").finding(&CHECK).variant, "other-server");
        assert_eq!(page("Resource ID: res_123\nEnvironment URL: acme.scalekit.com").examine(&CHECK), Outcome::Pass);
        assert_eq!(page("Environment URL: acme.scalekit.dev").finding(&CHECK).variant, "other-environment");
        assert_eq!(page("Server URL: https://x.example/").finding(&CHECK).variant, "resource");
    }

    #[test]
    fn a_client_whose_return_addresses_are_all_missing_is_named() {
        let with = |client, urls: &str| {
            let read = dashboard::read(&format!("Allowed Callback URLs: {urls}")).expect("a dashboard");
            copied(read).change(|evidence| evidence.subject.client = Some(client))
        };
        let finding = with(ClientId::McpInspector, "https://other.example/callback").finding(&CHECK);
        assert_eq!((finding.variant, finding.severity), ("callback", Severity::Warning));
        let allowed = with(ClientId::McpInspector, "http://localhost:6274/oauth/callback");
        assert_eq!(allowed.examine(&CHECK), Outcome::Pass);
        assert_eq!(with(ClientId::McpRemote, "https://other.example/callback").examine(&CHECK), Outcome::Pass);
    }

    #[test]
    fn what_nobody_said_is_set_aside() {
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
        assert_ne!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Pass);
    }
}

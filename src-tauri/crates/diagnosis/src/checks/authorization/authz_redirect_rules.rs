use crate::authorize::{CACHED_CLIENT, KNOWN_CLIENT, asked};
use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::clients::ClientId;
use crate::computer::Used;
use crate::evidence::Evidence;
use crate::scalekit;
use crate::subject::is_loopback;
use url::Url;

pub const CHECK: Check = Check {
    code: "authz-redirect-rules",
    stage: Stage::Authorization,
    category: Category::RedirectUri,
    owner: Owner::User,
    requirement: Requirement::Must,
    reference: "RFC 8252 section 7; MCP 2026-07-28, Communication Security",
    after: &[],
    variants: &["placeholder", "not-a-url", "http", "fragment", "wildcard", "query", "too-long"],
    words: include_str!("authz_redirect_rules.md"),
    examine,
};

/// Scalekit's limit.
const LONGEST: usize = 256;

fn examine(evidence: &Evidence) -> Outcome {
    let asked = asked(evidence);
    let mut uris: Vec<(String, Option<ClientId>)> = asked
        .iter()
        .filter(|one| matches!(one.question, KNOWN_CLIENT | CACHED_CLIENT) && !one.redirect_uri.is_empty())
        .map(|one| (one.redirect_uri.clone(), one.client))
        .collect();
    if let (Some(computer), Some(server)) =
        (evidence.computer.as_ref().and_then(|fact| fact.value()), &evidence.subject.server)
    {
        for entry in computer.stored_for(server.as_str()).filter(|entry| entry.used == Used::InUse) {
            uris.extend(entry.redirect_uris.iter().map(|uri| (uri.clone(), Some(entry.client))));
        }
    }
    if let Some(reading) = crate::sign_in::of(evidence) {
        uris.push((reading.redirect_uri.clone(), reading.client));
    }
    if uris.is_empty() {
        return Outcome::SetAside("no return address was given or is remembered");
    }
    let scalekit = scalekit::recognise(evidence).is_some();
    let mut findings: Vec<Finding> = Vec::new();
    for (uri, client) in uris {
        let Some((variant, severity, owner)) = fault(&uri, scalekit) else { continue };
        if findings.iter().any(|have| have.variant == variant) {
            continue;
        }
        let shown = crate::discovery::tidy(&uri, 300);
        findings.push(
            Finding::new(&CHECK, variant)
                .severity(severity)
                .confidence(if severity == Severity::Warning { Confidence::Possible } else { Confidence::Likely })
                .owner(owner)
                .affects(client)
                .value("uri", shown.clone())
                .proof(format!("redirect_uri: {shown}")),
        );
    }
    Outcome::of(findings)
}

fn fault(uri: &str, scalekit: bool) -> Option<(&'static str, Severity, Owner)> {
    if uri.contains("__") || uri.contains(['{', '}', '<', '>']) {
        return Some(("placeholder", Severity::Error, Owner::Client));
    }
    let Ok(url) = Url::parse(uri) else { return Some(("not-a-url", Severity::Error, Owner::Client)) };
    if url.fragment().is_some() {
        return Some(("fragment", Severity::Error, Owner::Client));
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        return Some(("http", Severity::Error, Owner::User));
    }
    if uri.contains('*') {
        return Some(("wildcard", Severity::Error, Owner::User));
    }
    if scalekit && url.query().is_some() {
        return Some(("query", Severity::Warning, Owner::Client));
    }
    (scalekit && uri.len() > LONGEST).then_some(("too-long", Severity::Warning, Owner::Client))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{Sample, authorize};

    #[test]
    fn each_variant() {
        let with = |uri: &str| authorize(Sample::healthy(), KNOWN_CLIENT, "cursor", "m2m_1", uri, 200, &[], "<form>");
        let long = format!("https://a.example/{}", "x".repeat(300));
        for (uri, variant) in [
            ("http://127.0.0.1:__PORT__/redirect", "placeholder"),
            ("callback", "not-a-url"),
            ("https://a.example/#cb", "fragment"),
            ("http://192.168.1.5/callback", "http"),
            ("https://*.example.com/cb", "wildcard"),
            ("https://a.example/cb?x=1", "query"),
            (long.as_str(), "too-long"),
        ] {
            assert_eq!(with(uri).finding(&CHECK).variant, variant, "{uri}");
        }
        for fine in [
            "http://localhost:8787/callback",
            "cursor://anysphere.cursor-mcp/oauth/callback",
            "https://claude.ai/api/mcp/auth_callback",
        ] {
            assert_eq!(with(fine).examine(&CHECK), Outcome::Pass, "{fine}");
        }
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }
}

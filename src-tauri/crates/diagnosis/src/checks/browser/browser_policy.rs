use crate::browser::{self, PolicyEffect};
use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "browser-policy",
    stage: Stage::Browser,
    category: Category::Browser,
    owner: Owner::Network,
    requirement: Requirement::Should,
    reference: "Chrome enterprise policies URLBlocklist, URLAllowlist, ProxyBypassList; Firefox WebsiteFilter; RFC 8252 section 7.3",
    after: &["authz-browser-open"],
    variants: &["blocks-way-back", "proxies-way-back"],
    words: include_str!("browser_policy.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let reading = match browser::seen(evidence) {
        Ok(reading) => reading,
        Err(outcome) => return outcome,
    };
    if reading.opens() {
        return Outcome::Pass;
    }
    let chosen = reading.handler("https").and_then(|handler| handler.program.clone().or_else(|| handler.id.clone()));
    let failed = !reading.trip_proof().is_empty();
    let findings = reading
        .policies
        .iter()
        .filter_map(|policy| {
            let variant = match policy.effect {
                PolicyEffect::BlocksLoopback => "blocks-way-back",
                PolicyEffect::ProxiesLoopback => "proxies-way-back",
                PolicyEffect::BlocksPowershell => return None,
            };
            // A rule for a browser that is not the chosen one stops nobody here.
            let concerns = chosen.as_deref().is_none_or(|chosen| is_for(&policy.place, chosen));
            let severity = if concerns { Severity::Error } else { Severity::Warning };
            let confidence = if failed { Confidence::Certain } else { Confidence::Likely };
            let finding = Finding::new(&CHECK, variant)
                .severity(severity)
                .confidence(confidence)
                .value("place", policy.place.clone())
                .value("rule", policy.rule.clone());
            Some(finding.proof(format!("{}: {} = {}", policy.place, policy.rule, policy.value)))
        })
        .collect();
    Outcome::of(findings)
}

/// Whether the rules in a place are rules for this browser, by the names of both.
fn is_for(place: &str, browser: &str) -> bool {
    const FAMILIES: [&[&str]; 4] = [&["chromium"], &["chrome"], &["edge"], &["firefox", "mozilla"]];
    let (place, browser) = (place.to_ascii_lowercase(), browser.to_ascii_lowercase());
    let family = |text: &str| FAMILIES.iter().position(|names| names.iter().any(|name| text.contains(name)));
    match (family(&place), family(&browser)) {
        (Some(place), Some(browser)) => place == browser,
        // A wrapper or an unknown browser may well be one of them.
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::browser::Policy;
    use crate::browser::sample::{linux, of, with};
    use crate::sample::Sample;

    fn sample(place: &str, effect: PolicyEffect) -> Sample {
        with(linux(), |reading| {
            reading.policies.push(Policy {
                place: place.to_owned(),
                rule: "URLBlocklist".to_owned(),
                value: "[\"localhost\"]".to_owned(),
                effect,
            });
        })
    }

    #[test]
    fn no_rule_passes_and_unseen_does_not() {
        assert_eq!(of(linux()).examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }

    #[test]
    fn a_rule_of_the_chosen_browser_stops_the_way_back() {
        let finding = sample("/etc/firefox/policies/policies.json", PolicyEffect::BlocksLoopback).finding(&CHECK);
        assert_eq!(
            (finding.variant, finding.severity, finding.owner),
            ("blocks-way-back", Severity::Error, Owner::Network)
        );
        let other = sample("/etc/opt/chrome/policies/managed/a.json", PolicyEffect::BlocksLoopback).finding(&CHECK);
        assert_eq!(other.severity, Severity::Warning);
    }

    #[test]
    fn a_proxy_without_exception_is_named() {
        let finding = sample("/etc/firefox/policies/policies.json", PolicyEffect::ProxiesLoopback).finding(&CHECK);
        assert_eq!(finding.variant, "proxies-way-back");
    }
}

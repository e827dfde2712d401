use crate::check::{Action, Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::clients::ClientId;
use crate::discovery;
use crate::door::{self, Said};
use crate::evidence::{Evidence, Exchange, Purpose};
use crate::subject::is_loopback;

pub const CHECK: Check = Check {
    code: "reach-redirect",
    stage: Stage::Reach,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "RFC 9110 section 15.4; MCP SDKs for TypeScript 1.32, 2.3 and Python 1.30, redirect policy",
    after: &[
        "reach-tcp",
        "reach-localhost-family",
        "reach-tls-chain",
        "reach-tls-date",
        "reach-tls-name",
        "reach-tls-mitm",
        "reach-tls-protocol",
        "reach-proxy",
    ],
    variants: &["other-origin", "to-http", "method-lost", "same-origin", "loop", "nowhere"],
    words: include_str!("reach_redirect.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(first) = evidence.exchange(&Purpose::Initialize) else {
        return Outcome::Unknown("the server was not called".to_owned());
    };
    let Ok(answer) = &first.outcome else { return Outcome::Unknown("the server was not reached".to_owned()) };
    if door::said(answer) != Said::Redirect {
        return Outcome::Pass;
    }
    let typed = &first.request.url;
    let Some(next) = answer.redirect(typed) else {
        return Outcome::fail(Finding::new(&CHECK, "nowhere").proof(door::line(first)));
    };
    if evidence.leads_to_login() {
        return Outcome::SetAside("the address forwards to a login page");
    }
    let secured = typed.scheme() == "http" && next.scheme() == "https" && typed.host() == next.host();
    if secured
        && !is_loopback(typed)
        && evidence.answer(&Purpose::HttpsInstead).map(door::said).is_some_and(Said::is_mcp)
    {
        return Outcome::SetAside("the address forwards to its secure form");
    }
    let steps: Vec<&Exchange> = (1..=8).map_while(|step| evidence.exchange(&Purpose::Redirected { step })).collect();
    let last = steps.last().copied();
    let said = last.and_then(|last| last.outcome.as_ref().ok()).map(door::said);
    let end = last.map_or_else(|| next.clone(), |last| last.request.url.clone());
    let finding = |variant| {
        let mut finding = Finding::new(&CHECK, variant)
            .value("typed", typed.as_str())
            .value("target", next.as_str())
            .value("end", end.as_str())
            .value("status", answer.status.to_string())
            .proof(door::line(first));
        for step in &steps {
            finding = finding.proof(door::line(step));
        }
        if said.is_some_and(Said::is_mcp) {
            finding = finding.action(Action::CheckOtherUrl { url: end.to_string() });
        }
        finding
    };
    let again = said == Some(Said::Redirect) && (steps.len() >= 5 || turns_back(typed, &steps));
    if next == *typed || again {
        return Outcome::fail(finding("loop"));
    }
    if typed.scheme() == "https" && next.scheme() == "http" {
        return Outcome::fail(finding("to-http"));
    }
    if typed.origin() != next.origin() {
        return Outcome::fail(finding("other-origin"));
    }
    if !matches!(answer.status, 307 | 308) {
        return Outcome::fail(finding("method-lost"));
    }
    if door::differ_by_slash(typed, &next) {
        return Outcome::SetAside("only a slash at the end differs");
    }
    // The SDKs follow these within one origin; Claude's connectors do not.
    let asked = evidence.cloud_client() == Some(ClientId::ClaudeConnectors);
    let finding = finding("same-origin").owner(Owner::User);
    Outcome::fail(match discovery::refused_for_the_detour(evidence, typed, &next) {
        Some(clients) => finding.affects(clients),
        None if asked => finding.affects([ClientId::ClaudeConnectors]),
        None => finding.severity(Severity::Warning),
    })
}

fn turns_back(typed: &url::Url, steps: &[&Exchange]) -> bool {
    let Some(last) = steps.last() else { return false };
    let next = last.outcome.as_ref().ok().and_then(|answer| answer.redirect(&last.request.url));
    next.is_some_and(|next| next == *typed || steps.iter().any(|step| step.request.url == next))
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

    fn redirected(status: u16, target: &str) -> Sample {
        Sample::healthy().answer(Purpose::Initialize, status, &[("location", target)], "")
    }

    #[test]
    fn where_it_leads_decides() {
        for (status, target, variant) in [
            (308, "https://other.example.com/mcp", "other-origin"),
            (307, "http://mcp.example.com/mcp", "to-http"),
            (301, "https://mcp.example.com/v2/mcp", "method-lost"),
            (307, "https://mcp.example.com/v2/mcp", "same-origin"),
            (307, "https://mcp.example.com/mcp", "loop"),
        ] {
            assert_eq!(redirected(status, target).finding(&CHECK).variant, variant, "{target}");
        }
        assert_eq!(Sample::healthy().answer(Purpose::Initialize, 302, &[], "").finding(&CHECK).variant, "nowhere");
    }

    #[test]
    fn a_login_page_and_a_slash_are_others_business() {
        for (status, target) in [(302, "https://mcp.example.com/login"), (307, "https://mcp.example.com/mcp/")] {
            assert!(matches!(redirected(status, target).examine(&CHECK), Outcome::SetAside(_)), "{target}");
        }
    }

    #[test]
    fn within_one_origin_only_claude_stops() {
        let sample = redirected(307, "/v2/mcp");
        assert_eq!(sample.finding(&CHECK).severity, Severity::Warning);
        let asked = sample.change(|evidence| evidence.subject.client = Some(ClientId::ClaudeDesktop));
        assert_eq!(asked.finding(&CHECK).severity, Severity::Error);
    }
}

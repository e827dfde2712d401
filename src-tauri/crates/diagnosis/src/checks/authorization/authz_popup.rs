use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::clients::JUDGED;
use crate::evidence::{Evidence, Purpose};

pub const CHECK: Check = Check {
    code: "authz-popup",
    stage: Stage::Authorization,
    category: Category::Browser,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::May,
    reference: "HTML, cross-origin opener policies",
    after: &[],
    variants: &["same-origin"],
    words: include_str!("authz_popup.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let in_a_page =
        evidence.subject.origin.is_some() || evidence.subject.client.is_some_and(|client| client.is_browser());
    let pages: Vec<_> = evidence
        .exchanges()
        .iter()
        .filter(|one| matches!(one.purpose, Purpose::AuthorizationEndpoint | Purpose::Authorize { .. }))
        .filter_map(|one| Some((one, one.outcome.as_ref().ok()?)))
        .collect();
    if pages.is_empty() {
        return Outcome::Unknown("nobody looked at the sign-in page".to_owned());
    }
    if !in_a_page && evidence.exchange(&Purpose::CrossOrigin { endpoint: crate::evidence::Endpoint::Mcp }).is_none() {
        return Outcome::SetAside("the app is not a web page");
    }
    let found = pages.iter().find_map(|(exchange, answer)| {
        let value = answer.headers.get("cross-origin-opener-policy")?;
        value.trim().to_ascii_lowercase().starts_with("same-origin").then_some((exchange, value))
    });
    match found {
        Some((_, value)) if value.to_ascii_lowercase().contains("allow-popups") => Outcome::Pass,
        Some((exchange, value)) => Outcome::fail(
            Finding::new(&CHECK, "same-origin")
                .severity(Severity::Warning)
                .affects(JUDGED.iter().copied().filter(|client| client.is_browser()))
                .value("url", exchange.request.url.as_str())
                .proof(format!("{}: Cross-Origin-Opener-Policy: {value}", exchange.request.url)),
        ),
        None => Outcome::Pass,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    #[test]
    fn a_policy_that_cuts_the_way_back_to_a_web_page() {
        let with = |value: &str| {
            Sample::healthy()
                .answer(Purpose::AuthorizationEndpoint, 400, &[("cross-origin-opener-policy", value)], "")
                .change(|evidence| evidence.subject.origin = Some("http://localhost:6274".to_owned()))
        };
        assert_eq!(with("same-origin").finding(&CHECK).severity, Severity::Warning);
        assert_eq!(with("same-origin-allow-popups").examine(&CHECK), Outcome::Pass);
        assert_eq!(with("unsafe-none").examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}

use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::door::{self, Said};
use crate::edge;
use crate::evidence::{Evidence, Exchange, MetadataForm, Place, Purpose};

pub const CHECK: Check = Check {
    code: "reach-waf",
    stage: Stage::Reach,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "Scalekit, MCP troubleshooting (bot filters); documentation of the filters",
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
    variants: &["challenge-page", "blocked", "metadata", "sign-in-service", "user-agent"],
    words: include_str!("reach_waf.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(door) = evidence.door() else { return Outcome::Unknown("the server was not reached".to_owned()) };
    if let Some(mark) = edge::bot_filter(door.answer) {
        return Outcome::fail(found(
            if asks_for_proof(door.answer) { "challenge-page" } else { "blocked" },
            door.exchange,
            &mark,
        ));
    }
    // Never more than was seen: the same call, only the name of the program differs.
    let as_browser = Purpose::AsUserAgent { who: "browser".to_owned() };
    if !door.said.is_mcp()
        && let Some(other) = evidence.exchange(&as_browser)
        && other.outcome.as_ref().is_ok_and(|answer| door::said(answer).is_mcp())
    {
        return Outcome::fail(
            Finding::new(&CHECK, "user-agent")
                .value("filter", "A filter")
                .value("url", other.request.url.as_str())
                .proof(door::line(door.exchange))
                .proof(format!("with the name of a browser: {}", door::line(other))),
        );
    }
    if door.said == Said::SignIn && !evidence.metadata_without_signpost() {
        for place in [Place::Header, Place::Path, Place::Root] {
            if let Some((exchange, mark)) = filtered(evidence, &Purpose::ResourceMetadata { place }) {
                return Outcome::fail(found("metadata", exchange, &mark));
            }
        }
    }
    if evidence.server_metadata().is_none()
        && let Some(issuer) = evidence.issuers().into_iter().next()
    {
        for form in MetadataForm::SPEC_ORDER {
            let purpose = Purpose::ServerMetadata { issuer: issuer.clone(), form };
            if let Some((exchange, mark)) = filtered(evidence, &purpose) {
                return Outcome::fail(found("sign-in-service", exchange, &mark).owner(Owner::AuthorizationServer));
            }
        }
    }
    Outcome::Pass
}

fn filtered<'a>(evidence: &'a Evidence, purpose: &Purpose) -> Option<(&'a Exchange, edge::Mark)> {
    let exchange = evidence.exchange(purpose)?;
    Some((exchange, edge::bot_filter(exchange.outcome.as_ref().ok()?)?))
}

fn found(variant: &'static str, exchange: &Exchange, mark: &edge::Mark) -> Finding {
    Finding::new(&CHECK, variant)
        .value("filter", mark.name)
        .value("url", exchange.request.url.as_str())
        .proof(door::line(exchange))
        .proof(format!("recognised by {}", mark.seen))
}

/// The page wants a proof of being human, or a sum done by a browser; otherwise it is a plain no.
fn asks_for_proof(answer: &crate::evidence::Answer) -> bool {
    let action =
        ["cf-mitigated", "x-amzn-waf-action", "x-vercel-mitigated"].iter().find_map(|name| answer.headers.get(name));
    match action {
        Some(action) => !action.eq_ignore_ascii_case("block") && !action.eq_ignore_ascii_case("deny"),
        None => {
            let text = answer.body.text.to_ascii_lowercase();
            ["just a moment", "challenge", "captcha", "human", "robot", "javascript", "turnstile", "checking"]
                .iter()
                .any(|word| text.contains(word))
        }
    }
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

    const PAGE: &[(&str, &str)] =
        &[("content-type", "text/html"), ("cf-mitigated", "challenge"), ("server", "cloudflare")];

    #[test]
    fn filters_are_found_wherever_they_stand() {
        let page = |purpose| Sample::healthy().answer(purpose, 403, PAGE, "<title>Just a moment...</title>");
        assert_eq!(page(Purpose::Initialize).finding(&CHECK).variant, "challenge-page");
        let block = Sample::healthy().answer(Purpose::Initialize, 403, &[("x-amzn-waf-action", "block")], "<html>");
        assert_eq!(block.finding(&CHECK).variant, "blocked");
        let form = MetadataForm::OauthInsert;
        let at_sign_in =
            page(Purpose::ServerMetadata { issuer: crate::sample::ISSUER.to_owned(), form }).finding(&CHECK);
        assert_eq!((at_sign_in.variant, at_sign_in.owner), ("sign-in-service", Owner::AuthorizationServer));
        let mut details = Sample::healthy();
        for place in [Place::Header, Place::Path, Place::Root] {
            details = details.answer(Purpose::ResourceMetadata { place }, 403, PAGE, "<title>Just a moment...</title>");
        }
        assert_eq!(details.finding(&CHECK).variant, "metadata");
    }

    #[test]
    fn a_rule_about_the_programs_name_is_proved_by_another_name() {
        let sample = Sample::healthy().answer(Purpose::Initialize, 403, &[], "Forbidden").answer(
            Purpose::AsUserAgent { who: "browser".to_owned() },
            401,
            &[],
            "",
        );
        assert_eq!(sample.finding(&CHECK).variant, "user-agent");
        let everybody = sample.answer(Purpose::AsUserAgent { who: "browser".to_owned() }, 403, &[], "Forbidden");
        assert_eq!(everybody.examine(&CHECK), Outcome::Pass);
    }
}

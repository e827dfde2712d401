use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::door::{self, Said};
use crate::edge;
use crate::evidence::{Evidence, Place, Purpose};

pub const CHECK: Check = Check {
    code: "reach-lb-path-rule",
    stage: Stage::Reach,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "RFC 9728 section 3.1; MCP, Authorization Server Location",
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
        "reach-path",
    ],
    variants: &["gateway-login", "metadata-behind-login"],
    words: include_str!("reach_lb_path_rule.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(door) = evidence.door() else { return Outcome::Unknown("the server was not reached".to_owned()) };
    if let Some(mark) = edge::gateway_login(door.answer) {
        return Outcome::fail(
            Finding::new(&CHECK, "gateway-login")
                .value("gateway", mark.name)
                .proof(door::line(door.exchange))
                .proof(format!("recognised by {}", mark.seen)),
        );
    }
    if door.said != Said::SignIn {
        return Outcome::SetAside("the server did not ask for a sign-in");
    }
    let copies: Vec<_> = [Place::Header, Place::Path, Place::Root]
        .into_iter()
        .filter_map(|place| evidence.exchange(&Purpose::ResourceMetadata { place }))
        .filter_map(|exchange| exchange.outcome.as_ref().ok().map(|answer| (exchange, answer)))
        .collect();
    if copies.is_empty() {
        return Outcome::Unknown("the sign-in details were not looked for".to_owned());
    }
    if copies.iter().any(|(_, answer)| answer.status == 200 && answer.body.json().is_ok()) {
        return Outcome::Pass;
    }
    for (exchange, answer) in copies {
        let to_login = answer.redirect(&exchange.request.url).is_some_and(|next| door::looks_like_login(&next));
        let mark = edge::gateway_login(answer);
        if to_login || mark.is_some() {
            return Outcome::fail(
                Finding::new(&CHECK, "metadata-behind-login")
                    .value("gateway", mark.map_or("A gateway", |mark| mark.name))
                    .value("url", exchange.request.url.as_str())
                    .proof(door::line(exchange)),
            );
        }
    }
    Outcome::Pass
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

    #[test]
    fn a_gateways_own_login_is_named() {
        let sample =
            Sample::unseen(SERVER).answer(Purpose::Initialize, 401, &[("x-goog-iap-generated-response", "true")], "");
        assert_eq!(sample.finding(&CHECK).variant, "gateway-login");
    }

    #[test]
    fn details_behind_a_login_are_lost() {
        let login = &[("location", "https://sso.acme.com/login?next=x")];
        let mut sample = Sample::healthy();
        for place in [Place::Header, Place::Path, Place::Root] {
            sample = sample.answer(Purpose::ResourceMetadata { place }, 302, login, "");
        }
        assert_eq!(sample.finding(&CHECK).variant, "metadata-behind-login");
    }
}

use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::clients::ClientId;
use crate::computer::Route;
use crate::evidence::{Evidence, NoAnswerKind};

pub const CHECK: Check = Check {
    code: "reach-proxy",
    stage: Stage::Reach,
    category: Category::Connection,
    owner: Owner::Network,
    requirement: Requirement::Should,
    reference: "RFC 9110 sections 9.3.6 and 15.5.8",
    after: &["reach-url-valid"],
    variants: &["refused", "wants-password", "apps-go-past-it"],
    words: include_str!("reach_proxy.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let proxy = match &evidence.proxy {
        None => return Outcome::Unknown("nobody looked whether a proxy is set".to_owned()),
        Some(fact) => match &fact.seen {
            Err(blind) => return Outcome::Unknown(blind.why.clone()),
            Ok(proxy) => proxy,
        },
    };
    let door = evidence.door();
    let refused_by_proxy = evidence.silence().filter(|silence| silence.kind == NoAnswerKind::Proxy);
    let wants_password = door.is_some_and(|door| door.answer.status == 407);
    let Some(proxy) = proxy else {
        return if wants_password {
            Outcome::fail(Finding::new(&CHECK, "wants-password").value("proxy", "a proxy").proof("HTTP 407"))
        } else {
            Outcome::Pass
        };
    };
    let finding = |variant| {
        Finding::new(&CHECK, variant)
            .value("proxy", proxy.url.clone())
            .value("found_in", proxy.found_in.clone())
            .proof(format!("proxy {} (from {})", proxy.url, proxy.found_in))
    };
    if wants_password || refused_by_proxy.is_some_and(|silence| silence.detail.contains("407")) {
        return Outcome::fail(finding("wants-password"));
    }
    if let Some(silence) = refused_by_proxy {
        return Outcome::fail(finding("refused").proof(silence.detail.clone()));
    }
    let tried: Vec<_> = evidence.connections.iter().filter_map(|fact| fact.value()).collect();
    let no_direct_way = !tried.is_empty() && tried.iter().all(|one| one.outcome.is_err());
    if door.is_some() && no_direct_way {
        let told = evidence.configured().any(|one| {
            matches!(&one.route, Route::McpRemote { arguments, .. } if arguments.iter().any(|one| one == "--enable-proxy"))
        });
        let clients = [ClientId::McpRemote, ClientId::McpInspector];
        let hit = clients.into_iter().filter(|client| !(told && *client == ClientId::McpRemote));
        return Outcome::fail(
            finding("apps-go-past-it")
                .owner(Owner::User)
                .affects(hit)
                .proof("no direct connection, an answer through the proxy"),
        );
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

    use crate::evidence::{Connection, Proxy, Purpose};
    use crate::sample::fact;

    fn proxied() -> Sample {
        let proxy = Proxy { url: "http://proxy.acme.com:8080".to_owned(), found_in: "HTTPS_PROXY".to_owned() };
        Sample::unseen(SERVER).change(|evidence| evidence.proxy = Some(fact(Ok(Some(proxy)))))
    }

    #[test]
    fn what_the_proxy_says_is_told() {
        let refused = proxied().silence(Purpose::Initialize, NoAnswerKind::Proxy);
        assert_eq!(refused.finding(&CHECK).variant, "refused");
        let password = proxied().answer(Purpose::Initialize, 407, &[], "");
        assert_eq!(password.finding(&CHECK).variant, "wants-password");
        assert_eq!(proxied().answer(Purpose::Initialize, 401, &[], "").examine(&CHECK), Outcome::Pass);
    }

    #[test]
    fn where_only_the_proxy_leads_out_some_programs_stay_in() {
        let sample = proxied().answer(Purpose::Initialize, 401, &[], "").change(|evidence| {
            let outcome = Err(NoAnswerKind::ConnectTimedOut);
            evidence.connections.push(fact(Ok(Connection { address: ([93, 184, 216, 34], 443).into(), outcome })));
        });
        assert_eq!(sample.finding(&CHECK).variant, "apps-go-past-it");
    }
}

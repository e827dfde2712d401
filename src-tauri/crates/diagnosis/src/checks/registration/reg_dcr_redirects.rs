use std::collections::{BTreeMap, BTreeSet};

use super::{registering_clients, tried};
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::checks::as_metadata::READABLE;
use crate::clients::ClientId;
use crate::discovery::line;
use crate::evidence::{Evidence, Exchange};
use crate::introduction::Introduction;
use crate::registering::{Attempt, SPECIFICATION};
use serde_json::Value;

pub const CHECK: Check = Check {
    code: "reg-dcr-redirects",
    stage: Stage::Registration,
    category: Category::RedirectUri,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Must,
    reference: "RFC 7591 section 3.2.2; RFC 8252 section 7; MCP 2026-07-28, Communication Security",
    after: READABLE,
    variants: &["private-scheme", "loopback-http", "localhost-name", "web", "together", "dropped"],
    words: include_str!("reg_dcr_redirects.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let attempts = match tried(evidence) {
        Ok(attempts) => attempts,
        Err(outcome) => return outcome,
    };
    let accepted_alone = |shape: &str, uri: &str| {
        attempts.iter().any(|one| one.shape == shape && one.alone == Some(uri) && one.accepted())
    };
    let mut refused = Refused::new();
    for whole in attempts.iter().filter(|attempt| attempt.alone.is_none() && attempt.refused_content()) {
        let alone: Vec<&Attempt<'_>> = attempts
            .iter()
            .filter(|one| {
                one.shape == whole.shape && one.alone.is_some_and(|uri| whole.redirect_uris.iter().any(|u| u == uri))
            })
            .collect();
        if !whole.about_redirects() && !alone.iter().any(|one| one.accepted()) {
            continue;
        }
        let culprits: Vec<&str> = if whole.redirect_uris.len() == 1 {
            whole.redirect_uris.iter().map(String::as_str).collect()
        } else {
            alone.iter().filter(|one| one.refused_content()).filter_map(|one| one.alone).collect()
        };
        if culprits.is_empty() && !alone.is_empty() {
            note(&mut refused, "together", "", whole);
        }
        for uri in culprits {
            // With the word "native" it would have been taken: another check says so.
            if accepted_alone(SPECIFICATION, uri) {
                continue;
            }
            let by_number = uri.strip_prefix("http://localhost").map(|rest| format!("http://127.0.0.1{rest}"));
            let variant = match uri.split_once("://").map(|(scheme, _)| scheme) {
                Some("http") if by_number.is_some_and(|other| accepted_alone(whole.shape, &other)) => "localhost-name",
                Some("http") => "loopback-http",
                Some("https") => "web",
                _ => "private-scheme",
            };
            note(&mut refused, variant, uri, whole);
        }
    }
    let mut findings: Vec<Finding> = refused
        .into_iter()
        .filter_map(|(variant, (uris, clients, exchanges))| {
            let same_kind = |client: ClientId| {
                let known = Introduction::of(Some(client)).redirect_uris;
                clients.contains(&client)
                    || match variant {
                        "private-scheme" => known.iter().any(|uri| !uri.starts_with("http")),
                        "loopback-http" => known.iter().any(|uri| uri.starts_with("http://")),
                        "localhost-name" => known.iter().any(|uri| uri.starts_with("http://localhost")),
                        _ => false,
                    }
            };
            let hit = registering_clients(evidence, same_kind)?;
            let uris = uris.into_iter().collect::<Vec<_>>().join(", ");
            let url = exchanges.first().map(|one| one.request.url.to_string()).unwrap_or_default();
            let finding = Finding::new(&CHECK, variant).affects(hit).value("uris", uris).value("url", url);
            Some(exchanges.iter().fold(finding, |finding, one| finding.proof(line(one))))
        })
        .collect();
    findings.extend(dropped(evidence, &attempts));
    if findings.is_empty() && !attempts.iter().any(Attempt::accepted) {
        return Outcome::Unknown("no registration was accepted".to_owned());
    }
    Outcome::of(findings)
}

/// By variant: the addresses, the clients that were tried with them, what was seen.
type Refused<'a> = BTreeMap<&'static str, (BTreeSet<String>, BTreeSet<ClientId>, Vec<&'a Exchange>)>;

fn note<'a>(refused: &mut Refused<'a>, variant: &'static str, uri: &str, whole: &Attempt<'a>) {
    let (uris, clients, exchanges) = refused.entry(variant).or_default();
    if !uri.is_empty() {
        uris.insert(uri.to_owned());
    }
    clients.extend(whole.client);
    if exchanges.len() < 3 {
        exchanges.push(whole.exchange);
    }
}

/// Accepted, and other addresses noted than were asked for.
fn dropped(evidence: &Evidence, attempts: &[Attempt<'_>]) -> Option<Finding> {
    let lost: Vec<(&Attempt<'_>, Vec<&str>, String)> = attempts
        .iter()
        .filter(|attempt| attempt.alone.is_none())
        .filter_map(|attempt| {
            let noted = attempt.reply()?.get("redirect_uris")?.as_array()?;
            let has = |uri: &str| noted.iter().filter_map(Value::as_str).any(|noted| noted == uri);
            let lost: Vec<&str> = attempt.redirect_uris.iter().map(String::as_str).filter(|uri| !has(uri)).collect();
            let noted = Value::from(noted.clone()).to_string();
            (!lost.is_empty()).then_some((attempt, lost, noted))
        })
        .collect();
    let (first, uris, noted) = lost.first()?;
    let hit = registering_clients(evidence, |client| lost.iter().any(|(attempt, ..)| attempt.client == Some(client)));
    Some(
        Finding::new(&CHECK, "dropped")
            .affects(hit.unwrap_or_default())
            .value("uris", uris.join(", "))
            .value("url", first.exchange.request.url.as_str())
            .proof(line(first.exchange))
            .compare(
                "The app asked for",
                Value::from(first.redirect_uris.clone()).to_string(),
                "The service noted",
                noted.clone(),
            ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{Sample, register};

    const CURSOR: [&str; 3] = [
        "cursor://anysphere.cursor-mcp/oauth/callback",
        "https://www.cursor.com/agents/mcp/oauth/callback",
        "http://localhost:8787/callback",
    ];
    const NO: &str = "{\"error\":\"invalid_redirect_uri\"}";

    /// Cursor's set refused, and each address alone accepted or not.
    fn cursor(accepts: impl Fn(&str) -> bool) -> Sample {
        CURSOR.into_iter().fold(register(Sample::healthy(), "cursor", None, &CURSOR, 400, NO), |sample, uri| {
            let (status, body) = if accepts(uri) { (201, "{\"client_id\":\"m2m_1\"}") } else { (400, NO) };
            register(sample, "cursor", Some(uri), &[uri], status, body)
        })
    }

    #[test]
    fn the_one_address_is_named_and_who_else_uses_such() {
        let scheme = cursor(|uri| uri.starts_with("http")).finding(&CHECK);
        assert_eq!((scheme.variant, scheme.affects.as_slice()), ("private-scheme", [ClientId::Cursor].as_slice()));
        let loopback = cursor(|uri| !uri.starts_with("http://")).finding(&CHECK);
        assert_eq!(loopback.variant, "loopback-http");
        assert!(loopback.affects.contains(&ClientId::McpRemote), "{:?}", loopback.affects);
        let by_number = register(
            cursor(|uri| !uri.starts_with("http://")),
            "cursor",
            Some("http://127.0.0.1:8787/callback"),
            &["http://127.0.0.1:8787/callback"],
            201,
            "{}",
        );
        assert_eq!(by_number.finding(&CHECK).variant, "localhost-name");
        assert_eq!(cursor(|_| true).finding(&CHECK).variant, "together");
        let web = register(
            Sample::healthy(),
            "claude-connectors",
            None,
            &["https://claude.ai/api/mcp/auth_callback"],
            400,
            NO,
        );
        assert_eq!(web.finding(&CHECK).affects, [ClientId::ClaudeConnectors]);
    }

    #[test]
    fn forgotten_and_kept_addresses() {
        let reply = |uris: &str| format!("{{\"client_id\":\"m2m_1\",\"redirect_uris\":{uris}}}");
        let made = |uris: &str| register(Sample::healthy(), "cursor", None, &CURSOR, 201, &reply(uris));
        assert_eq!(made("[\"https://mcp.example.com/callback\"]").finding(&CHECK).variant, "dropped");
        assert_eq!(made(&Value::from(CURSOR.to_vec()).to_string()).examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}

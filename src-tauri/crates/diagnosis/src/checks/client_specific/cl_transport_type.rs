use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::checks::UNREACHED;
use crate::clients::ClientId;
use crate::computer::Route;
use crate::door;
use crate::evidence::{Evidence, Purpose};

pub const CHECK: Check = Check {
    code: "cl-transport-type",
    stage: Stage::ClientSpecific,
    category: Category::Client,
    owner: Owner::User,
    requirement: Requirement::Should,
    reference: "Documentation of the clients; MCP, Transports",
    after: UNREACHED,
    variants: &["sse-for-http", "http-for-sse"],
    words: include_str!("cl_transport_type.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(computer) = &evidence.computer else { return Outcome::SetAside("this computer was not looked at") };
    if let Err(blind) = &computer.seen {
        return Outcome::Unknown(blind.why.clone());
    }
    let Some(door) = evidence.door().filter(|door| door.said.is_mcp()) else {
        return Outcome::SetAside("it is not known how the server carries messages");
    };
    let by_listening = door.exchange.purpose == Purpose::Get;
    // A server may speak both at one address; then listening tells.
    let no_listening = evidence.answer(&Purpose::Get).is_some_and(|answer| matches!(answer.status, 404 | 405));
    let mut named = false;
    for entry in evidence.configured() {
        let Route::Native { transport: Some(transport) } = &entry.route else { continue };
        named = true;
        let says_sse = transport.eq_ignore_ascii_case("sse");
        let finding = |variant| {
            Finding::new(&CHECK, variant)
                .affects([entry.client])
                .value("client", entry.client.name())
                .value("config", entry.config.clone())
                .value("entry", entry.name.clone())
                .value("type", transport.clone())
                .proof(format!("{}: *{}* has the type {transport}", entry.config, entry.name))
                .proof(door::line(door.exchange))
        };
        if says_sse && !by_listening && no_listening {
            return Outcome::fail(finding("sse-for-http"));
        }
        if !says_sse && by_listening {
            // Most apps go on to the older way by themselves; Claude Code does as it is told.
            let finding = finding("http-for-sse");
            let strict = entry.client == ClientId::ClaudeCode;
            return Outcome::fail(if strict { finding } else { finding.severity(Severity::Warning) });
        }
    }
    if named { Outcome::Pass } else { Outcome::SetAside("the settings name no type for this server") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{SERVER, Sample};

    #[test]
    fn a_healthy_server_is_fine() {
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }

    #[test]
    fn nothing_seen_is_never_a_pass() {
        let outcome = Sample::unseen(SERVER).examine(&CHECK);
        assert!(matches!(outcome, Outcome::Unknown(_) | Outcome::SetAside(_)), "{outcome:?}");
    }

    #[test]
    fn the_type_in_the_settings_is_compared_with_what_the_server_speaks() {
        let with = |url: &str, client, kind: &str| {
            Sample::healthy().configured(client, url, Route::Native { transport: Some(kind.to_owned()) })
        };
        assert_eq!(with(SERVER, ClientId::Cursor, "http").examine(&CHECK), Outcome::Pass);
        assert_eq!(with(SERVER, ClientId::Cursor, "sse").finding(&CHECK).variant, "sse-for-http");
        let old = with(SERVER, ClientId::ClaudeCode, "http")
            .answer(Purpose::Initialize, 405, &[], "")
            .answer(Purpose::Discover, 405, &[], "")
            .answer(Purpose::Get, 200, &[("content-type", "text/event-stream")], "event: endpoint\ndata: /m\n\n");
        assert_eq!((old.finding(&CHECK).variant, old.finding(&CHECK).severity), ("http-for-sse", Severity::Error));
    }
}

use crate::check::{Action, Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::clients::ClientId;
use crate::door::{self, Reach, Said};
use crate::evidence::{Evidence, Purpose};
use crate::subject::is_loopback;

pub const CHECK: Check = Check {
    code: "reach-https-required",
    stage: Stage::Reach,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "OAuth 2.1 section 1.5; MCP 2026-07-28, Communication Security",
    after: &["reach-url-valid"],
    variants: &["https-works", "no-https"],
    words: include_str!("reach_https_required.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(server) = &evidence.subject.server else { return Outcome::SetAside("no server was named") };
    if server.scheme() != "http" {
        return Outcome::SetAside("the address is not a plain one");
    }
    let cloud = evidence.cloud_client();
    if is_loopback(server) && cloud.is_none() {
        return Outcome::Pass;
    }
    let mut https = server.clone();
    // Cannot fail between these two schemes.
    let _ = https.set_scheme("https");
    let finding =
        |variant| Finding::new(&CHECK, variant).value("typed", server.as_str()).value("https", https.as_str());
    let secure = evidence.answer(&Purpose::HttpsInstead).map(door::said);
    let works = secure.is_some_and(Said::is_mcp);
    let plain = evidence.door().map(|door| door.said);
    if works {
        let finding = finding("https-works")
            .owner(Owner::User)
            .action(Action::CheckOtherUrl { url: https.to_string() })
            .proof(format!("{https} answers as an MCP server"));
        // Where the plain address itself works, most apps go on; where it only forwards, none should be made to.
        let strict = evidence.subject.client.is_some_and(refuses_plain);
        let severity = if plain.is_some_and(Said::is_mcp) && !strict { Severity::Warning } else { Severity::Error };
        return Outcome::fail(finding.severity(severity));
    }
    match plain {
        None => Outcome::Unknown("the server was not reached".to_owned()),
        Some(_) => {
            let finding = finding("no-https")
                .proof(format!("{server} is not encrypted, and {https} does not answer as an MCP server"));
            let public = door::reach(server, evidence) == Reach::Public;
            let asked = evidence.subject.client.is_some_and(refuses_plain);
            // In a private network people know what they do; in public nobody should.
            Outcome::fail(if public || asked {
                finding.affects(REFUSE_PLAIN)
            } else {
                finding.severity(Severity::Warning)
            })
        }
    }
}

/// Clients that do not call a remote server without TLS.
const REFUSE_PLAIN: [ClientId; 3] = [ClientId::ClaudeConnectors, ClientId::ChatGpt, ClientId::McpRemote];

fn refuses_plain(client: ClientId) -> bool {
    REFUSE_PLAIN.contains(&client.signs_in_as())
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

    fn plain() -> Sample {
        Sample::unseen("http://203.0.114.5/mcp").change(|evidence| {
            let found = crate::evidence::Addresses { ips: vec![[203, 0, 114, 5].into()], error: None };
            evidence.addresses.insert("203.0.114.5".to_owned(), crate::sample::fact(Ok(found)));
        })
    }

    #[test]
    fn the_secure_address_is_offered_where_it_works() {
        let sample = Sample::unseen("http://mcp.example.com/mcp").answer(Purpose::HttpsInstead, 401, &[], "");
        assert_eq!(sample.finding(&CHECK).variant, "https-works");
        let both = sample.answer(Purpose::Initialize, 401, &[], "");
        assert_eq!(both.finding(&CHECK).severity, Severity::Warning);
        assert_eq!(sample_error().finding(&CHECK).severity, Severity::Error);
    }

    fn sample_error() -> Sample {
        Sample::unseen("http://mcp.example.com/mcp").answer(Purpose::HttpsInstead, 401, &[], "").answer(
            Purpose::Initialize,
            301,
            &[("location", "https://mcp.example.com/mcp")],
            "",
        )
    }

    #[test]
    fn a_public_server_without_tls_is_an_error_for_those_who_refuse_it() {
        let sample = plain();
        assert!(matches!(sample.examine(&CHECK), Outcome::Unknown(_)));
        let finding = sample.answer(Purpose::Initialize, 401, &[], "").finding(&CHECK);
        assert_eq!((finding.variant, finding.severity), ("no-https", Severity::Error));
        assert_eq!(finding.affects, REFUSE_PLAIN);
        let private = Sample::unseen("http://192.168.1.5:3000/mcp").answer(Purpose::Initialize, 401, &[], "");
        assert_eq!(private.finding(&CHECK).severity, Severity::Warning);
    }

    #[test]
    fn this_computer_may_speak_plainly() {
        assert_eq!(Sample::unseen("http://localhost:3000/mcp").examine(&CHECK), Outcome::Pass);
        assert_eq!(Sample::unseen("http://127.0.0.1:3000/mcp").examine(&CHECK), Outcome::Pass);
    }
}

use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::checks::UNREACHED;
use crate::clients::ClientId;
use crate::evidence::Evidence;
use crate::subject::is_loopback;
use url::Url;

pub const CHECK: Check = Check {
    code: "cl-inspector",
    stage: Stage::ClientSpecific,
    category: Category::Client,
    owner: Owner::User,
    requirement: Requirement::Must,
    reference: "W3C Secure Contexts; MCP Inspector 2, OAuth callback",
    after: UNREACHED,
    variants: &["insecure-origin", "no-proxy"],
    words: include_str!("cl_inspector.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(origin) = evidence.subject.origin.as_deref().and_then(|origin| Url::parse(origin).ok()) else {
        return Outcome::SetAside("it is not known at which address Inspector was opened");
    };
    // Browsers give pages their cryptography only over https and on this computer.
    if origin.scheme() == "https" || is_loopback(&origin) {
        return Outcome::Pass;
    }
    Outcome::fail(
        Finding::new(&CHECK, "insecure-origin")
            .affects([ClientId::McpInspector])
            .value("origin", origin.origin().ascii_serialization())
            .proof(format!("the page is at {}", origin.origin().ascii_serialization())),
    )
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
    fn a_page_that_is_not_secure_cannot_sign_in() {
        let at = |origin: &str| Sample::healthy().change(|evidence| evidence.subject.origin = Some(origin.to_owned()));
        assert_eq!(at("http://192.168.1.5:6274").finding(&CHECK).variant, "insecure-origin");
        assert_eq!(at("http://localhost:6274").examine(&CHECK), Outcome::Pass);
        assert_eq!(at("https://inspector.example.com").examine(&CHECK), Outcome::Pass);
    }
}

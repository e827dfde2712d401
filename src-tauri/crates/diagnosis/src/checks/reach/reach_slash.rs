use crate::check::{Action, Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::clients::ClientId;
use crate::discovery;
use crate::door::{self, Said};
use crate::evidence::{Evidence, Purpose};

pub const CHECK: Check = Check {
    code: "reach-slash",
    stage: Stage::Reach,
    category: Category::Connection,
    owner: Owner::User,
    requirement: Requirement::Should,
    reference: "Starlette redirect_slashes; RFC 9110 section 15.4.8",
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
    ],
    variants: &["redirect"],
    words: include_str!("reach_slash.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(first) = evidence.exchange(&Purpose::Initialize) else {
        return Outcome::Unknown("the server was not called".to_owned());
    };
    let Ok(answer) = &first.outcome else { return Outcome::Unknown("the server was not reached".to_owned()) };
    let typed = &first.request.url;
    let Some(next) = answer.redirect(typed).filter(|_| matches!(answer.status, 307 | 308)) else {
        return Outcome::Pass;
    };
    if next.origin() != typed.origin() || !door::differ_by_slash(typed, &next) {
        return Outcome::Pass;
    }
    let works = evidence.answer(&Purpose::Redirected { step: 1 }).map(door::said).is_some_and(Said::is_mcp);
    let finding = Finding::new(&CHECK, "redirect")
        .compare("The server answers at", next.as_str(), "The address is", typed.as_str())
        .value("target", next.as_str())
        .proof(door::line(first))
        .action(Action::CheckOtherUrl { url: next.to_string() });
    let asked = evidence.cloud_client() == Some(ClientId::ClaudeConnectors);
    Outcome::fail(match (works, discovery::refused_for_the_detour(evidence, typed, &next)) {
        (false, _) => finding,
        (true, Some(clients)) => finding.affects(clients),
        (true, None) if asked => finding.affects([ClientId::ClaudeConnectors]),
        (true, None) => finding.severity(Severity::Warning),
    })
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
    fn a_detour_by_one_slash_is_a_warning_and_stops_claude() {
        let sample = Sample::healthy()
            .answer(Purpose::Initialize, 307, &[("location", "https://mcp.example.com/mcp/")], "")
            .answer(Purpose::Redirected { step: 1 }, 401, &[], "");
        assert_eq!(sample.finding(&CHECK).severity, Severity::Warning);
        let asked = sample.change(|evidence| evidence.subject.client = Some(ClientId::ClaudeConnectors));
        assert_eq!(asked.finding(&CHECK).affects, [ClientId::ClaudeConnectors]);
    }
}

use crate::authorize::{Asked, CACHED_CLIENT, DOCUMENT, KNOWN_CLIENT, UNKNOWN_REDIRECT, asked, asks_later};
use crate::check::{Action, Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::checks::registration::NOT_TRIED;
use crate::clients::{ClientId, JUDGED};
use crate::discovery::line;
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "authz-redirect-registered",
    stage: Stage::Authorization,
    category: Category::RedirectUri,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Must,
    reference: "OAuth 2.1 section 2.3; MCP 2026-07-28, Open Redirection",
    after: &[],
    variants: &["refused-later", "loopback-name", "not-registered", "not-on-the-list"],
    words: include_str!("authz_redirect_registered.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let asked = asked(evidence);
    let about: Vec<&Asked<'_>> = asked
        .iter()
        .filter(|one| {
            one.question.starts_with("redirect-uri ")
                || matches!(one.question, KNOWN_CLIENT | DOCUMENT)
                || one.question == CACHED_CLIENT && is_stored(one, evidence)
        })
        .collect();
    if about.is_empty() {
        return Outcome::SetAside(NOT_TRIED);
    }
    let refused: Vec<&&Asked<'_>> = about.iter().filter(|one| one.reading.about_redirect()).collect();
    if refused.is_empty() {
        if asks_later(&asked, UNKNOWN_REDIRECT) {
            return Outcome::Unknown("the sign-in service looks at the return address only after the login".to_owned());
        }
        return if about.iter().any(|one| one.reading.goes_on()) {
            Outcome::Pass
        } else {
            Outcome::SetAside("the sign-in page complains about something else")
        };
    }
    let mut findings = Vec::new();
    let by_name = about.iter().any(|one| one.reading.goes_on() && one.redirect_uri.starts_with("http://localhost"));
    let is_by_number = |one: &Asked<'_>| by_name && one.redirect_uri.starts_with("http://127.0.0.1");
    for (variant, owner, of) in [
        ("refused-later", Owner::AuthorizationServer, 0),
        ("loopback-name", Owner::AuthorizationServer, 1),
        ("not-registered", Owner::User, 2),
    ] {
        let kind = |one: &Asked<'_>| match one.question {
            CACHED_CLIENT | KNOWN_CLIENT => 2,
            _ if is_by_number(one) => 1,
            _ => 0,
        };
        let these: Vec<&&&Asked<'_>> = refused.iter().filter(|one| kind(one) == of).collect();
        let Some(first) = these.first() else { continue };
        let clients: Vec<ClientId> = these.iter().filter_map(|one| one.client).collect();
        // When every client's address is refused, it is no client's peculiarity.
        let everybody = of == 0 && these.len() == about.len() && about.len() > 1;
        let hit: Vec<ClientId> =
            JUDGED.iter().copied().filter(|client| !everybody && clients.contains(client)).collect();
        let finding = Finding::new(&CHECK, variant)
            .owner(owner)
            .affects(hit)
            .value("uri", first.redirect_uri.clone())
            .value("id", first.client_id.clone())
            .value("said", first.reading.text());
        let finding = these.iter().take(3).fold(finding, |finding, one| finding.proof(line(one.exchange)));
        findings.push(match (first.question, first.client, &evidence.subject.server) {
            (CACHED_CLIENT, Some(client), Some(server)) => {
                finding.action(Action::ClearCache { client: client.id().to_owned(), server: server.to_string() })
            }
            _ => finding,
        });
    }
    Outcome::of(findings)
}

/// The return address that was sent is the one that was registered. Where a client does not keep it, its usual one was sent, and the
/// settings may have named another when it registered.
fn is_stored(one: &Asked<'_>, evidence: &Evidence) -> bool {
    let Some(computer) = evidence.computer.as_ref().and_then(|fact| fact.value()) else { return true };
    let mut same = computer.stored.iter().filter(|entry| entry.client_id.as_ref() == Some(&one.client_id)).peekable();
    !one.redirect_uri.is_empty() && (same.peek().is_none() || same.any(|entry| !entry.redirect_uris.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authorize::with_redirect;
    use crate::sample::{Sample, authorize};

    fn ask(sample: Sample, question: &str, client: &str, uri: &str, fine: bool) -> Sample {
        let (status, body) = if fine { (200, "<form>Log in</form>") } else { (400, "redirect_uri mismatch") };
        authorize(sample, question, client, "m2m_1", uri, status, &[], body)
    }

    #[test]
    fn each_variant() {
        let uri = "cursor://anysphere.cursor-mcp/oauth/callback";
        let later = ask(Sample::healthy(), &with_redirect(uri), "cursor", uri, false).finding(&CHECK);
        assert_eq!((later.variant, later.affects), ("refused-later", vec![ClientId::Cursor]));
        let by_name = ask(Sample::healthy(), DOCUMENT, "claude-code", "http://localhost:3118/callback", true);
        let number = ask(by_name, DOCUMENT, "vscode", "http://127.0.0.1:33418/", false).finding(&CHECK);
        assert_eq!((number.variant, number.affects), ("loopback-name", vec![ClientId::VsCode]));
        let cached = ask(Sample::healthy(), CACHED_CLIENT, "mcp-remote", "http://localhost:1/", false).finding(&CHECK);
        assert_eq!((cached.variant, cached.owner), ("not-registered", Owner::User));
    }

    #[test]
    fn an_address_that_nobody_stored_accuses_nobody() {
        let mut computer = crate::computer::sample::mcp_remote("0.15.1");
        computer.stored[0].client_id = Some("m2m_1".to_owned());
        computer.stored[0].redirect_uris.clear();
        for sent in ["", "http://localhost:1/"] {
            let sample = crate::computer::sample::of(computer.clone());
            let refused = ask(sample, CACHED_CLIENT, "mcp-remote", sent, false);
            assert!(matches!(refused.examine(&CHECK), Outcome::SetAside(_)), "{sent}");
        }
    }

    #[test]
    fn a_login_page_for_everything_proves_nothing() {
        let uri = "http://localhost:8787/callback";
        let fine = || ask(Sample::healthy(), &with_redirect(uri), "cursor", uri, true);
        assert_eq!(ask(fine(), UNKNOWN_REDIRECT, "cursor", "https://x.invalid/", false).examine(&CHECK), Outcome::Pass);
        let everything = ask(fine(), UNKNOWN_REDIRECT, "cursor", "https://x.invalid/", true);
        assert!(matches!(everything.examine(&CHECK), Outcome::Unknown(_)));
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }
}

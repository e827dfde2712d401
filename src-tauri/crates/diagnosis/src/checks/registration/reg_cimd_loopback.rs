use super::NOT_TRIED;
use crate::authorize::{Asked, DOCUMENT, DOCUMENT_PORT, OTHER_PORT, asked};
use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::checks::as_metadata::{READABLE, metadata};
use crate::clients::hit_by;
use crate::discovery::line;
use crate::evidence::Evidence;
use crate::introduction::Introduction;

pub const CHECK: Check = Check {
    code: "reg-cimd-loopback",
    stage: Stage::Registration,
    category: Category::RedirectUri,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Must,
    reference: "RFC 8252 section 7.3",
    after: READABLE,
    variants: &["port-fixed", "port-registered"],
    words: include_str!("reg_cimd_loopback.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    if let Err(outcome) = metadata(evidence) {
        return outcome;
    }
    let asked = asked(evidence);
    let of = |question: &'static str| asked.iter().filter(move |one| one.question == question);
    if of(DOCUMENT_PORT).next().is_none() && of(OTHER_PORT).next().is_none() {
        return Outcome::SetAside(NOT_TRIED);
    }
    let finding = |variant, one: &Asked<'_>| {
        Finding::new(&CHECK, variant)
            .value("uri", one.redirect_uri.clone())
            .value("said", one.reading.text())
            .proof(line(one.exchange))
    };
    let usual_port_works =
        |one: &Asked<'_>| of(DOCUMENT).any(|usual| usual.client == one.client && usual.reading.goes_on());
    let refuses_any =
        |one: &Asked<'_>| of(DOCUMENT).any(|usual| usual.client == one.client && usual.reading.about_redirect());
    if let Some(one) =
        of(DOCUMENT_PORT).find(|one| one.reading.about_redirect() && (usual_port_works(one) || refuses_any(one)))
        && !refuses_any(one)
    {
        let hit = hit_by(|client, _| Introduction::of(Some(client)).document.is_some()).unwrap_or_default();
        return Outcome::fail(finding("port-fixed", one).affects(hit));
    }
    // Whoever registers the very port is served; whoever keeps a registration and finds the port taken is not.
    let registered_works = |one: &Asked<'_>| {
        asked.iter().any(|usual| {
            usual.question.starts_with("redirect-uri ") && usual.client_id == one.client_id && usual.reading.goes_on()
        })
    };
    if let Some(one) = of(OTHER_PORT).find(|one| one.reading.about_redirect() && registered_works(one)) {
        let finding = finding("port-registered", one).severity(Severity::Warning);
        return Outcome::fail(finding.confidence(Confidence::Likely));
    }
    if asked.iter().any(|one| matches!(one.question, DOCUMENT_PORT | OTHER_PORT) && one.reading.goes_on()) {
        Outcome::Pass
    } else {
        Outcome::SetAside("the sign-in page complains about something else")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::ClientId;
    use crate::sample::{Sample, authorize};

    fn ask(sample: Sample, question: &str, port: u16, status: u16) -> Sample {
        let uri = format!("http://localhost:{port}/callback");
        let body = if status == 400 { "redirect_uri mismatch" } else { "<form>Log in</form>" };
        authorize(sample, question, "claude-code", "m2m_1", &uri, status, &[], body)
    }

    #[test]
    fn a_fixed_port_stops_apps_with_a_document_and_warns_of_the_others() {
        let document = |port| ask(ask(Sample::healthy(), DOCUMENT, 3118, 200), DOCUMENT_PORT, 41740, port);
        assert_eq!(document(400).finding(&CHECK).affects, [ClientId::ClaudeCode, ClientId::VsCode]);
        assert_eq!(document(200).examine(&CHECK), Outcome::Pass);
        let registered = |port| {
            let usual = crate::authorize::with_redirect("http://localhost:3118/callback");
            ask(ask(Sample::healthy(), &usual, 3118, 200), OTHER_PORT, 41740, port)
        };
        assert_eq!(registered(400).finding(&CHECK).severity, Severity::Warning);
        assert_eq!(registered(200).examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}

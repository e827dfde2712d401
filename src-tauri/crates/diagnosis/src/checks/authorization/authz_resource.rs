use crate::authorize::{NO_RESOURCE, asked};
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::checks::registration::NOT_TRIED;
use crate::discovery::line;
use crate::evidence::Evidence;
use url::Url;

pub const CHECK: Check = Check {
    code: "authz-resource",
    stage: Stage::Authorization,
    category: Category::Token,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Must,
    reference: "RFC 8707 section 2; MCP 2026-07-28, Resource Parameter Implementation",
    after: &[],
    variants: &["refused", "not-supported"],
    words: include_str!("authz_resource.md"),
    examine,
};

/// The words of services that do not take `resource` at all (Microsoft Entra).
const NOT_TAKEN: &str = "AADSTS9010010";

fn refuses(code: Option<&str>, text: &str) -> bool {
    code.is_some_and(|code| matches!(code, "invalid_target" | "invalid_resource"))
        || text.contains(NOT_TAKEN)
        || code == Some(NOT_TAKEN)
}

fn examine(evidence: &Evidence) -> Outcome {
    let asked = asked(evidence);
    let sent = |url: &Url| {
        url.query_pairs().find(|(name, _)| name == "resource").map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    if let Some(one) = asked.iter().find(|one| refuses(one.reading.code(), one.reading.text())) {
        let without = asked.iter().any(|other| other.question == NO_RESOURCE && other.reading.goes_on());
        let not_taken = one.reading.text().contains(NOT_TAKEN) || one.reading.code() == Some(NOT_TAKEN);
        let finding = Finding::new(&CHECK, if not_taken { "not-supported" } else { "refused" })
            .value("resource", sent(&one.exchange.request.url))
            .value("said", one.reading.text())
            .proof(line(one.exchange));
        return Outcome::fail(if without {
            finding.proof("without `resource` the sign-in page goes on")
        } else {
            finding
        });
    }
    if let Some(reading) = crate::sign_in::of(evidence)
        && let Some(answer) = &reading.answer
    {
        let text = answer.error_description.clone().unwrap_or_default();
        if refuses(answer.error.as_deref(), &text) {
            return Outcome::fail(
                Finding::new(&CHECK, if text.contains(NOT_TAKEN) { "not-supported" } else { "refused" })
                    .value("resource", reading.resource.clone().unwrap_or_default())
                    .value("said", crate::discovery::tidy(&text, 300))
                    .proof(format!(
                        "the sign-in page sent the browser back with error={}",
                        answer.error.as_deref().unwrap_or_default()
                    )),
            );
        }
        if answer.code {
            return Outcome::Pass;
        }
    }
    if asked.iter().any(|one| matches!(&one.reading, crate::authorize::Reading::Back { error: None, .. })) {
        return Outcome::Pass;
    }
    if asked.is_empty() {
        return Outcome::SetAside(NOT_TRIED);
    }
    // A login page comes before many services look at it.
    Outcome::Unknown("the sign-in service may look at it only after the login".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authorize::with_redirect;
    use crate::sample::{Sample, authorize};

    #[test]
    fn each_variant() {
        let uri = "http://localhost:8787/callback";
        let question = with_redirect(uri);
        let back = |query: &str| {
            let to = format!("{uri}?{query}");
            authorize(Sample::healthy(), &question, "cursor", "m2m_1", uri, 302, &[("location", &to)], "")
        };
        assert_eq!(back("error=invalid_target").finding(&CHECK).variant, "refused");
        let entra = authorize(
            Sample::healthy(),
            &question,
            "cursor",
            "m2m_1",
            uri,
            400,
            &[],
            "AADSTS9010010: The resource parameter",
        );
        assert_eq!(entra.finding(&CHECK).variant, "not-supported");
        assert_eq!(back("code=********").examine(&CHECK), Outcome::Pass);
        let page = authorize(Sample::healthy(), &question, "cursor", "m2m_1", uri, 200, &[], "<form>Log in</form>");
        assert!(matches!(page.examine(&CHECK), Outcome::Unknown(_)));
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }
}

use crate::authorize::{Reading, asked};
use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Stage};
use crate::checks::registration::NOT_TRIED;
use crate::discovery::line;
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "authz-login-connection",
    stage: Stage::Authorization,
    category: Category::Connection,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Must,
    reference: "Scalekit docs, Bring Your Own Auth; OpenID Connect Core section 3.1.2.6",
    after: &[],
    variants: &["wrong-id", "no-login-method", "other-domain"],
    words: include_str!("authz_login_connection.md"),
    examine,
};

/// What words about the login itself mean.
fn variant(words: &str) -> Option<&'static str> {
    let words = words.to_ascii_lowercase();
    let says = |marks: &[&str]| marks.iter().any(|mark| words.contains(mark));
    let connection =
        says(&["connection", "login method", "authentication method", "identity provider", "auth-request"]);
    if says(&["invalid id"]) || connection && says(&["connection id", "invalid connection", "connection not found"]) {
        Some("wrong-id")
    } else if says(&["no login method", "no authentication method", "no connection", "no identity provider"])
        || connection && says(&["not enabled", "is disabled", "are disabled", "none enabled"])
    {
        Some("no-login-method")
    } else if says(&["domain"]) && says(&["not allowed", "does not match", "mismatch", "not permitted", "not verified"])
    {
        Some("other-domain")
    } else {
        None
    }
}

fn examine(evidence: &Evidence) -> Outcome {
    let asked = asked(evidence);
    for one in &asked {
        let said = match &one.reading {
            Reading::Refused { text, .. } => text.as_str(),
            Reading::Back { error: Some(_), description } => description.as_str(),
            _ => continue,
        };
        if one.reading.about_client() || one.reading.about_redirect() {
            continue;
        }
        if let Some(variant) = variant(said) {
            return Outcome::fail(Finding::new(&CHECK, variant).value("said", said).proof(line(one.exchange)));
        }
    }
    if let Some(answer) = crate::sign_in::of(evidence).and_then(|reading| reading.answer.as_ref()) {
        if answer.code {
            return Outcome::Pass;
        }
        let said = answer.error_description.as_deref().unwrap_or_default();
        if let Some(variant) = variant(said) {
            return Outcome::fail(
                Finding::new(&CHECK, variant)
                    .confidence(Confidence::Likely)
                    .value("said", crate::discovery::tidy(said, 300))
                    .proof(format!("the sign-in page sent the browser back and said: {said}")),
            );
        }
        return Outcome::SetAside("the sign-in ended for another reason");
    }
    if asked.is_empty() {
        return Outcome::SetAside(NOT_TRIED);
    }
    Outcome::Unknown("what comes after the first sign-in page shows only to the person who signs in".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authorize::with_redirect;
    use crate::sample::{Sample, authorize};

    #[test]
    fn each_variant() {
        let uri = "http://localhost:8787/callback";
        let page = |status, body: &str| {
            authorize(Sample::healthy(), &with_redirect(uri), "cursor", "m2m_1", uri, status, &[], body)
        };
        assert_eq!(page(404, r#"{"message":"invalid ID"}"#).finding(&CHECK).variant, "wrong-id");
        assert_eq!(
            page(400, "No login method is enabled for this application").finding(&CHECK).variant,
            "no-login-method"
        );
        assert_eq!(page(400, "The connection is disabled").finding(&CHECK).variant, "no-login-method");
        assert_eq!(page(403, "Your email domain is not allowed").finding(&CHECK).variant, "other-domain");
        for other in ["redirect_uri mismatch", "client not found", "<form>Log in</form>", "Something went wrong"] {
            assert!(matches!(page(400, other).examine(&CHECK), Outcome::Unknown(_)), "{other}");
        }
    }

    #[test]
    fn a_sign_in_that_went_through_passes_and_without_one_nothing_is_said() {
        let signed_in = Sample::healthy().change(|evidence| crate::sign_in::sample(evidence, |_| {}));
        assert_eq!(signed_in.examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::SetAside(_)));
    }
}

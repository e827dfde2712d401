use super::asm_endpoints_https::is_insecure;
use super::asm_env_vs_resource::points_to_environment;
use super::{READABLE, metadata};
use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::discovery::{is_internal, line, unsafe_address};
use crate::evidence::{Answer, Evidence, NoAnswerKind, Purpose};
use url::Url;

pub const CHECK: Check = Check {
    code: "asm-endpoints-alive",
    stage: Stage::AsMetadata,
    category: Category::Connection,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Must,
    reference: "RFC 8414 section 2",
    after: READABLE,
    variants: &["not-found", "server-error", "page-in-doubt", "internal", "no-connection"],
    words: include_str!("asm_endpoints_alive.md"),
    examine,
};

/// A page of more than this is made for people; one that says "not found" may only miss its parameters.
const SHORT: usize = 1024;
/// A sentence about an app is short; a page that happens to hold these words is not.
const MOST_WORDS: usize = 60;

fn examine(evidence: &Evidence) -> Outcome {
    let metadata = match metadata(evidence) {
        Ok(metadata) => metadata,
        Err(outcome) => return outcome,
    };
    if points_to_environment(evidence, &metadata) {
        return Outcome::SetAside("the server points to the wrong part of the sign-in service");
    }
    let at_home = evidence.subject.server.as_ref().is_none_or(is_internal);
    let mut findings = Vec::new();
    let mut looked = false;
    for (purpose, name) in
        [(Purpose::AuthorizationEndpoint, "authorization_endpoint"), (Purpose::TokenEndpoint, "token_endpoint")]
    {
        let (Some(exchange), Some(address)) = (evidence.exchange(&purpose), metadata.text(name)) else { continue };
        let internal =
            Url::parse(address).is_ok_and(|url| is_internal(&url) && !(at_home && crate::subject::is_loopback(&url)));
        // Addresses that cannot be right are said before; that nobody out here can reach one weighs more than its scheme.
        if unsafe_address(address) || (is_insecure(address) && (at_home || !internal)) {
            continue;
        }
        let found = match &exchange.outcome {
            Ok(answer) => {
                looked = true;
                dead(answer, purpose == Purpose::AuthorizationEndpoint, &exchange.request.url)
                    .map(|(variant, confidence)| (variant, confidence, answer.status.to_string()))
            }
            Err(silence) => match &silence.kind {
                NoAnswerKind::Cancelled => None,
                NoAnswerKind::PrivateAddress { address } => Some(("internal", Confidence::Certain, address.clone())),
                _ if internal => Some(("internal", Confidence::Certain, silence.detail.clone())),
                _ => Some(("no-connection", Confidence::Certain, silence.detail.clone())),
            },
        };
        // A whole sign-in has gone through that page since.
        let found = found.filter(|(variant, ..)| *variant != "page-in-doubt" || !signed_in(evidence));
        if let Some((variant, confidence, detail)) = found {
            let severity = if confidence == Confidence::Possible { Severity::Warning } else { Severity::Error };
            findings.push(
                Finding::new(&CHECK, variant)
                    .severity(severity)
                    .confidence(confidence)
                    .value("member", name)
                    .value("what", if name == "token_endpoint" { "address for tokens" } else { "sign-in page" })
                    .value("address", address)
                    .value("detail", detail)
                    .proof(line(exchange)),
            );
        }
    }
    findings.sort_by_key(|finding| finding.severity);
    if findings.is_empty() && !looked {
        return Outcome::Unknown("nobody asked the addresses of the sign-in service".to_owned());
    }
    Outcome::of(findings)
}

/// Whether an answer to a question from an app that nobody knows means that nothing is there, and how surely.
fn dead(answer: &Answer, is_page: bool, asked: &Url) -> Option<(&'static str, Confidence)> {
    match answer.status {
        404 | 410 if answer.body.length > SHORT || misses_the_app(answer, asked) => None,
        404 | 410 => Some(("not-found", Confidence::Likely)),
        // Every token endpoint takes `POST` (RFC 6749 section 3.2).
        405 | 501 if !is_page => Some(("not-found", Confidence::Likely)),
        500.. if misses_the_app(answer, asked) => None,
        // Programs that let anybody sign in through a library may fall over an app that nobody registered, and work for those
        // that did (workers-oauth-provider: `parseAuthRequest` throws).
        500 if is_page => Some(("page-in-doubt", Confidence::Possible)),
        500.. => Some(("server-error", Confidence::Likely)),
        _ => None,
    }
}

/// The sign-in page fell over our question, and that may be all that is wrong with it: only a sign-in can tell.
pub(crate) fn sign_in_page_in_doubt(evidence: &Evidence) -> bool {
    let fell_over = evidence.exchange(&Purpose::AuthorizationEndpoint).is_some_and(|exchange| {
        exchange
            .outcome
            .as_ref()
            .is_ok_and(|answer| answer.status == 500 && dead(answer, true, &exchange.request.url).is_some())
    });
    fell_over && !signed_in(evidence)
}

fn signed_in(evidence: &Evidence) -> bool {
    crate::sign_in::of(evidence).is_some_and(|reading| reading.stopped.is_none())
}

/// It is there and complains about the app, which it does not know, or about what it was not given. What it repeats of the
/// question does not count: many frameworks quote the whole address that they have no route for.
fn misses_the_app(answer: &Answer, asked: &Url) -> bool {
    const ERRORS: [&str; 6] = [
        "invalid_client",
        "invalid_request",
        "unauthorized_client",
        "invalid_grant",
        "unsupported_grant_type",
        "invalid_redirect_uri",
    ];
    let error = answer.body.json().ok().and_then(|body| body.get("error")?.as_str());
    if error.is_some_and(|error| ERRORS.contains(&error)) {
        return true;
    }
    let own = |piece: &&str| !piece.contains('=') && !piece.contains(asked.path());
    let text: Vec<&str> = answer.body.text.split_whitespace().filter(own).collect();
    let text = text.join(" ").to_ascii_lowercase();
    let words: Vec<&str> =
        text.split(|character: char| !character.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let about = |word: &&str| matches!(*word, "client" | "clientid" | "application" | "app" | "tenant" | "grant");
    let missing = |word: &&str| {
        matches!(*word, "unknown" | "invalid" | "unregistered" | "unrecognized" | "exist" | "missing" | "found")
    };
    words.len() <= MOST_WORDS && words.iter().any(about) && words.iter().any(missing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    #[test]
    fn each_variant() {
        let page = Purpose::AuthorizationEndpoint;
        let gone = Sample::healthy().answer(page.clone(), 404, &[], "Not Found").finding(&CHECK);
        assert_eq!((gone.variant, gone.values["member"].as_str()), ("not-found", "authorization_endpoint"));
        assert_eq!(
            Sample::healthy().answer(Purpose::TokenEndpoint, 500, &[], "").finding(&CHECK).variant,
            "server-error"
        );
        let fell_over = Sample::healthy().answer(page.clone(), 500, &[], "Internal Server Error");
        let finding = fell_over.finding(&CHECK);
        assert_eq!((finding.variant, finding.severity), ("page-in-doubt", Severity::Warning));
        assert!(sign_in_page_in_doubt(fell_over.evidence()), "it may work for an app that it knows");
        let down = Sample::healthy().answer(page.clone(), 503, &[], "").finding(&CHECK);
        assert_eq!((down.variant, down.severity), ("server-error", Severity::Error));
        let refused = Sample::healthy().silence(Purpose::TokenEndpoint, NoAnswerKind::Refused);
        assert_eq!(refused.finding(&CHECK).variant, "no-connection");
        let private = NoAnswerKind::PrivateAddress { address: "10.0.0.9".to_owned() };
        let private = Sample::healthy().silence(page.clone(), private).finding(&CHECK);
        assert_eq!((private.variant, private.values["detail"].as_str()), ("internal", "10.0.0.9"));
        let name = Sample::healthy()
            .server_metadata(|document| {
                document["authorization_endpoint"] = "https://kc.default.svc.cluster.local/a".into()
            })
            .silence(page, NoAnswerKind::NameNotFound);
        assert_eq!(name.finding(&CHECK).variant, "internal");
    }

    #[test]
    fn a_service_that_does_not_know_the_app_is_alive() {
        let page = Purpose::AuthorizationEndpoint;
        let asked = "https://auth.example.com/authorize?client_id=mcp-auth-check-made-up-client&state=x";
        let asked = Url::parse(asked).expect("a URL");
        let answered = |status, body: &str| {
            let sample = Sample::healthy().answer(page.clone(), status, &[], body);
            dead(sample.evidence().answer(&page).expect("an answer"), true, &asked).is_some()
        };
        for alive in [
            "{\"error\":\"invalid_client\",\"error_description\":\"Client not found\"}",
            "<h1>Application not found</h1>",
            "Unknown client",
        ] {
            assert!(!answered(404, alive), "{alive}");
        }
        // What is repeated of the question says nothing.
        for gone in [
            "Not Found",
            "{\"detail\":\"Not Found\"}",
            "{\"message\":\"Route GET:/authorize?client_id=mcp-auth-check-made-up-client&state=x not found\"}",
            "<pre>Cannot GET /authorize</pre>",
        ] {
            assert!(answered(404, gone), "{gone}");
        }
        let refused = Sample::healthy().answer(page.clone(), 405, &[], "");
        let refused = refused.evidence().answer(&page).expect("an answer");
        assert!(dead(refused, false, &asked).is_some() && dead(refused, true, &asked).is_none());
        assert!(answered(500, "{\"error\":\"server_error\"}"));
        assert!(!answered(500, "{\"error\":\"invalid_request\"}"));
    }

    #[test]
    fn an_address_of_another_network_is_out_of_reach_whatever_its_scheme() {
        let inside = "http://keycloak.default.svc.cluster.local:8080/token";
        let sample = Sample::healthy()
            .server_metadata(|document| document["token_endpoint"] = inside.into())
            .silence(Purpose::TokenEndpoint, NoAnswerKind::NameNotFound);
        assert_eq!(sample.finding(&CHECK).variant, "internal");
    }

    #[test]
    fn a_page_for_people_that_misses_its_parameters_is_alive() {
        let page = format!("<html>{}</html>", "x".repeat(4000));
        let sample = Sample::healthy().answer(Purpose::AuthorizationEndpoint, 404, &[], &page);
        assert_eq!(sample.examine(&CHECK), Outcome::Pass);
        assert_eq!(Sample::healthy().examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}

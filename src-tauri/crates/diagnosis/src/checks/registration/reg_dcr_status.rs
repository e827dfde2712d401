use super::{NOT_TRIED, registering_clients};
use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::checks::as_metadata::{READABLE, metadata};
use crate::discovery::line;
use crate::evidence::{Evidence, Exchange, Look, NoAnswerKind, Purpose};
use crate::introduction::Introduction;
use crate::registering::{Attempt, attempts, has_to_register};

pub const CHECK: Check = Check {
    code: "reg-dcr-status",
    stage: Stage::Registration,
    category: Category::RedirectUri,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Should,
    reference: "RFC 7591 section 3.2; MCP 2026-07-28, Dynamic Client Registration",
    after: READABLE,
    variants: &[
        "unauthorized",
        "forbidden",
        "not-found",
        "metadata-refused",
        "scope-refused",
        "rate-limited",
        "redirect",
        "server-error",
        "no-connection",
        "private-address",
        "unexpected",
    ],
    words: include_str!("reg_dcr_status.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let metadata = match metadata(evidence) {
        Ok(metadata) => metadata,
        Err(outcome) => return outcome,
    };
    if metadata.text("registration_endpoint").is_none() {
        return Outcome::SetAside("the sign-in service takes no registrations");
    }
    let attempts = attempts(evidence);
    if attempts.is_empty() {
        return without_trying(evidence);
    }
    let whole: Vec<&Attempt<'_>> = attempts.iter().filter(|attempt| attempt.alone.is_none()).collect();
    // What only some return addresses meet is said by the next check.
    let about_redirects = |attempt: &Attempt<'_>| {
        attempt.about_redirects()
            || attempts.iter().any(|one| one.alone.is_some() && one.shape == attempt.shape && one.accepted())
    };
    let failed: Vec<&&Attempt<'_>> =
        whole.iter().filter(|attempt| !attempt.accepted() && !about_redirects(attempt)).collect();
    let Some(first) = failed.first() else { return Outcome::Pass };
    let Some((variant, detail)) = variant(first.exchange) else {
        return Outcome::Unknown("the registration was not tried to the end".to_owned());
    };
    let variant = if first.about_scopes() { "scope-refused" } else { variant };
    let all_fail = failed.len() == whole.len();
    // Whoever names its permissions when it registers meets what one of them has met.
    let named = |client| {
        failed.iter().any(|attempt| attempt.client == Some(client))
            || (variant == "scope-refused" && Introduction::of(Some(client)).names_scopes)
    };
    let Some(hit) = registering_clients(evidence, |client| all_fail || named(client)) else {
        return Outcome::SetAside("no client would register here");
    };
    Outcome::fail(
        finding(variant, first.exchange, detail)
            .affects(hit)
            .value(
                "said",
                first.answer.map(|answer| crate::discovery::tidy(&answer.body.text, 200)).unwrap_or_default(),
            )
            .value("scope", first.scope().unwrap_or_default()),
    )
}

/// What can be told without creating anything.
fn without_trying(evidence: &Evidence) -> Outcome {
    let Some(exchange) = evidence.exchange(&Purpose::RegistrationEndpoint) else { return Outcome::SetAside(NOT_TRIED) };
    match evidence.look(&Purpose::RegistrationEndpoint) {
        Look::NoAnswer(silence) if !matches!(silence.kind, NoAnswerKind::Cancelled | NoAnswerKind::NotHttpUrl) => {
            let Some((variant, detail)) = variant(exchange) else { return Outcome::SetAside(NOT_TRIED) };
            let Some(hit) = registering_clients(evidence, |_| true) else { return Outcome::SetAside(NOT_TRIED) };
            Outcome::fail(finding(variant, exchange, detail).affects(hit))
        }
        Look::Answered(answer) if answer.status == 401 && answer.headers.get("www-authenticate").is_some() => {
            let finding = finding("unauthorized", exchange, "401".to_owned()).value("said", "");
            Outcome::fail(match has_to_register(evidence) {
                Some(client) => finding.affects([client]).confidence(Confidence::Likely),
                None => finding.severity(Severity::Warning).confidence(Confidence::Possible),
            })
        }
        // Some frameworks answer so to the question alone.
        Look::Answered(answer) if matches!(answer.status, 401 | 403 | 404 | 500..) => {
            let status = answer.status;
            Outcome::Unknown(format!(
                "registration was not tried, as it needs your consent; its address answers {status} when asked about it"
            ))
        }
        _ => Outcome::SetAside(NOT_TRIED),
    }
}

fn finding(variant: &'static str, exchange: &Exchange, detail: String) -> Finding {
    Finding::new(&CHECK, variant)
        .value("url", exchange.request.url.as_str())
        .value("detail", detail)
        .proof(line(exchange))
}

fn variant(exchange: &Exchange) -> Option<(&'static str, String)> {
    let answer = match &exchange.outcome {
        Ok(answer) => answer,
        Err(silence) => {
            return match &silence.kind {
                NoAnswerKind::Cancelled => None,
                NoAnswerKind::PrivateAddress { address } => Some(("private-address", address.clone())),
                _ => Some(("no-connection", silence.detail.clone())),
            };
        }
    };
    let variant = match answer.status {
        401 => "unauthorized",
        403 => "forbidden",
        404 | 405 | 410 | 501 => "not-found",
        400 | 409 | 422 => "metadata-refused",
        429 => "rate-limited",
        300..=399 => "redirect",
        500.. => "server-error",
        _ => "unexpected",
    };
    Some((variant, answer.status.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::ClientId;
    use crate::sample::{Sample, register};

    fn answered(status: u16, body: &str) -> Sample {
        register(Sample::healthy(), "cursor", None, &["http://localhost:8787/callback"], status, body)
    }

    #[test]
    fn each_status_hits_those_who_register() {
        for (status, variant) in [
            (401, "unauthorized"),
            (403, "forbidden"),
            (404, "not-found"),
            (405, "not-found"),
            (400, "metadata-refused"),
            (429, "rate-limited"),
            (302, "redirect"),
            (500, "server-error"),
            (418, "unexpected"),
        ] {
            let finding = answered(status, "{}").finding(&CHECK);
            assert_eq!(finding.variant, variant);
            assert!(finding.affects.contains(&ClientId::Cursor) && !finding.affects.contains(&ClientId::ClaudeCode));
        }
        let redirect = answered(400, "{\"error\":\"invalid_redirect_uri\"}");
        assert_eq!(redirect.examine(&CHECK), Outcome::Pass);
        assert_eq!(answered(201, "{}").examine(&CHECK), Outcome::Pass);
    }

    #[test]
    fn a_locked_door_stops_the_client_that_has_to_go_through_it() {
        let locked = |client| {
            Sample::healthy()
                .answer(Purpose::RegistrationEndpoint, 401, &[("www-authenticate", "Bearer")], "")
                .change(|evidence| evidence.subject.client = Some(client))
        };
        let finding = locked(ClientId::McpRemote).finding(&CHECK);
        assert_eq!((finding.severity, finding.confidence), (Severity::Error, Confidence::Likely));
        assert_eq!(finding.affects, [ClientId::McpRemote]);
        // This one has a document, and of that one nobody knows.
        for client in [ClientId::ClaudeCode, ClientId::Goose] {
            assert_eq!(locked(client).finding(&CHECK).severity, Severity::Warning);
        }
        let known =
            locked(ClientId::McpRemote).change(|evidence| evidence.subject.client_id = Some("m2m_1".to_owned()));
        assert_eq!(known.finding(&CHECK).severity, Severity::Warning);
        // It was introduced before.
        let computer = crate::computer::sample::of(crate::computer::sample::mcp_remote("0.15.1"));
        let known =
            locked(ClientId::McpRemote).change(|evidence| evidence.computer.clone_from(&computer.evidence().computer));
        assert_eq!(known.finding(&CHECK).severity, Severity::Warning);
    }

    #[test]
    fn without_consent_only_what_can_be_seen_from_outside() {
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
        let gone = Sample::healthy().answer(Purpose::RegistrationEndpoint, 404, &[], "");
        assert!(matches!(gone.examine(&CHECK), Outcome::Unknown(_)));
        let locked =
            Sample::healthy().answer(Purpose::RegistrationEndpoint, 401, &[("www-authenticate", "Bearer")], "");
        assert_eq!(locked.finding(&CHECK).severity, Severity::Warning);
        for status in [401, 403, 500, 503] {
            let shut = Sample::healthy().answer(Purpose::RegistrationEndpoint, status, &[], "");
            assert!(matches!(shut.examine(&CHECK), Outcome::Unknown(_)), "{status}");
        }
        let silent = Sample::healthy().silence(Purpose::RegistrationEndpoint, NoAnswerKind::Refused);
        assert_eq!(silent.finding(&CHECK).variant, "no-connection");
        let private = NoAnswerKind::PrivateAddress { address: "10.0.0.1".to_owned() };
        let private = Sample::healthy().silence(Purpose::RegistrationEndpoint, private);
        assert_eq!(private.finding(&CHECK).variant, "private-address");
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}

use super::{registering_clients, tried};
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::checks::as_metadata::READABLE;
use crate::clients::{ClientId, Engine};
use crate::discovery::line;
use crate::evidence::Evidence;
use crate::registering::Attempt;
use serde_json::Value;

pub const CHECK: Check = Check {
    code: "reg-dcr-response",
    stage: Stage::Registration,
    category: Category::RedirectUri,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Must,
    reference: "RFC 7591 section 3.2.1",
    after: READABLE,
    variants: &["not-json", "no-client-id", "client-id-type", "no-redirect-uris", "empty-secret", "secret-missing"],
    words: include_str!("reg_dcr_response.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let attempts = match tried(evidence) {
        Ok(attempts) => attempts,
        Err(outcome) => return outcome,
    };
    let mut accepted = attempts.iter().filter(|attempt| attempt.accepted()).peekable();
    if accepted.peek().is_none() {
        return Outcome::SetAside("no registration was accepted");
    }
    let Some((variant, attempt)) = accepted.find_map(|attempt| Some((fault(attempt)?, attempt))) else {
        return Outcome::Pass;
    };
    let engine = |client: ClientId| client.engine();
    let hit = registering_clients(evidence, |client| match variant {
        "no-redirect-uris" => engine(client).is_some_and(|engine| engine.is_typescript() || engine == Engine::Python1),
        "client-id-type" => engine(client).is_some_and(|engine| engine.is_typescript() || engine.is_python()),
        "empty-secret" => engine(client).is_some_and(Engine::is_typescript),
        _ => true,
    });
    let Some(hit) = hit else { return Outcome::SetAside("no client that registers here minds") };
    Outcome::fail(
        Finding::new(&CHECK, variant)
            .affects(hit)
            .value("url", attempt.exchange.request.url.as_str())
            .proof(line(attempt.exchange)),
    )
}

fn fault(attempt: &Attempt<'_>) -> Option<&'static str> {
    let Some(reply) = attempt.reply() else { return Some("not-json") };
    match reply.get("client_id") {
        None | Some(Value::Null) => return Some("no-client-id"),
        Some(Value::String(id)) if id.is_empty() => return Some("no-client-id"),
        Some(Value::String(_)) => {}
        Some(_) => return Some("client-id-type"),
    }
    if !reply.get("redirect_uris").is_some_and(Value::is_array) {
        return Some("no-redirect-uris");
    }
    let secret = reply.get("client_secret");
    let has_secret = secret.and_then(Value::as_str).is_some_and(|secret| !secret.is_empty());
    let method = reply.get("token_endpoint_auth_method").and_then(Value::as_str).unwrap_or("none");
    if matches!(method, "client_secret_basic" | "client_secret_post" | "client_secret_jwt") && !has_secret {
        return Some("secret-missing");
    }
    (secret.is_some() && !has_secret).then_some("empty-secret")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{Sample, register};

    fn reply(body: &str) -> Sample {
        register(Sample::healthy(), "cursor", None, &["http://localhost:8787/callback"], 201, body)
    }

    #[test]
    fn each_variant() {
        for (body, variant) in [
            ("<html>", "not-json"),
            ("{\"redirect_uris\":[]}", "no-client-id"),
            ("{\"client_id\":5,\"redirect_uris\":[]}", "client-id-type"),
            ("{\"client_id\":\"a\"}", "no-redirect-uris"),
            ("{\"client_id\":\"a\",\"redirect_uris\":[],\"client_secret\":null}", "empty-secret"),
            (
                "{\"client_id\":\"a\",\"redirect_uris\":[],\"token_endpoint_auth_method\":\"client_secret_basic\"}",
                "secret-missing",
            ),
        ] {
            let finding = reply(body).finding(&CHECK);
            assert_eq!(finding.variant, variant);
            assert!(finding.affects.contains(&ClientId::Cursor) && !finding.affects.contains(&ClientId::VsCode));
        }
        let whole = "{\"client_id\":\"a\",\"redirect_uris\":[],\"token_endpoint_auth_method\":\"none\"}";
        assert_eq!(reply(whole).examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}

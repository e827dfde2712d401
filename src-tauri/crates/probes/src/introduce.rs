//! Introducing apps to a sign-in service, and asking it about them.
//!
//! A registration stays on the server, so it happens only with consent, at most once for each client. When a whole set of return
//! addresses is refused, each is tried alone, to say which one it is. The questions to the sign-in page create nothing.

use mcp_auth_diagnosis::authorize;
use mcp_auth_diagnosis::clients::{ClientId, Engine};
use mcp_auth_diagnosis::discovery::unsafe_address;
use mcp_auth_diagnosis::evidence::{Answer, Body, Evidence, Purpose};
use mcp_auth_diagnosis::introduction::{self, Introduction};
use mcp_auth_diagnosis::oauth::server_metadata::{self, ServerMetadata};
use mcp_auth_diagnosis::registering::{self, Attempt, SPECIFICATION};
use mcp_auth_diagnosis::sign_in::Identity;
use serde_json::Value;
use url::Url;

use crate::ask::Ask;
use crate::plan::ProbePlan;

/// Stands for the port that a client would choose.
const PORT: u16 = 41_739;
/// Another one, to see whether the port has to be the registered one.
const OTHER_PORT: u16 = 41_740;
/// Nobody is registered under this id.
const NOBODY: &str = "mcp-auth-check-unknown-client";
/// Nobody registered this address (RFC 2606).
const NOWHERE: &str = "https://mcp-auth-check.invalid/callback";
/// The example of RFC 7636 appendix B. Nothing is exchanged for it.
const CODE_CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// The clients whose shapes are tried when none was named: a private scheme, a website, this computer by number and by name.
const SHAPES: [ClientId; 5] =
    [ClientId::Cursor, ClientId::VsCode, ClientId::ClaudeConnectors, ClientId::ClaudeCode, ClientId::McpRemote];

/// Everything that the evidence calls for.
pub(crate) fn asks(evidence: &Evidence, plan: &ProbePlan, metadata: Option<&Answer>) -> Vec<Ask> {
    if !plan.register && plan.known_clients.is_empty() {
        return Vec::new();
    }
    let Some(metadata) = metadata.map(server_metadata::read) else { return Vec::new() };
    let rules = Rules { evidence, plan, metadata };
    let mut asks = rules.registrations();
    asks.extend(rules.questions());
    // A client id that is an address: the document that the sign-in service will fetch.
    let document = plan.known_clients.iter().find(|known| known.client_id.starts_with("https://"));
    let document = document.and_then(|known| Url::parse(&known.client_id).ok());
    asks.extend(document.map(|url| Ask::knock(Purpose::ClientDocument, url)));
    asks.into_iter().map(Ask::named_by_server).collect()
}

struct Rules<'a> {
    evidence: &'a Evidence,
    plan: &'a ProbePlan,
    metadata: ServerMetadata,
}

impl Rules<'_> {
    fn shapes(&self) -> Vec<Introduction> {
        match self.evidence.subject.client {
            Some(client) => vec![Introduction::of(Some(client))],
            None => SHAPES.into_iter().map(|client| Introduction::of(Some(client))).collect(),
        }
    }

    /// Addresses that no program may open are reported, not asked.
    fn endpoint(&self, name: &str) -> Option<Url> {
        let address = self.metadata.text(name).filter(|address| !unsafe_address(address))?;
        Url::parse(address).ok()
    }

    fn registrations(&self) -> Vec<Ask> {
        let Some(endpoint) = self.endpoint("registration_endpoint").filter(|_| self.plan.register) else {
            return Vec::new();
        };
        let attempts = registering::attempts(self.evidence);
        let mut asks = Vec::new();
        for shape in self.shapes() {
            if self.identity(&shape) != Some(Identity::Registration) {
                continue;
            }
            let id = id(&shape);
            let uris = shape.redirects(PORT);
            let mut ask = |client: &str, alone: Option<&str>, body: &Value| {
                let redirect_uri = alone.map(str::to_owned);
                let purpose = Purpose::Register { client: client.to_owned(), redirect_uri };
                asks.push(Ask::register(purpose, endpoint.clone(), body));
            };
            ask(id, None, &shape.registration(&uris, None));
            let whole = attempts.iter().find(|attempt| attempt.shape == id && attempt.alone.is_none());
            if !whole.is_some_and(Attempt::refused_content) {
                continue;
            }
            if uris.len() > 1 {
                for uri in &uris {
                    ask(id, Some(uri), &shape.registration(std::slice::from_ref(uri), None));
                }
            }
            for uri in uris.iter().filter(|uri| uri.starts_with("http://")) {
                // Is it the name of this computer, or the missing word "native"?
                let refused = |attempt: &&Attempt<'_>| {
                    attempt.shape == id && attempt.redirect_uris == [uri.clone()] && attempt.refused_content()
                };
                if !attempts.iter().any(|attempt| refused(&attempt)) {
                    continue;
                }
                if let Some(by_number) =
                    uri.strip_prefix("http://localhost").map(|rest| format!("http://127.0.0.1{rest}"))
                {
                    ask(id, Some(&by_number), &shape.registration(std::slice::from_ref(&by_number), None));
                }
                if !shape.says_native {
                    let native = Introduction::of(None).registration(std::slice::from_ref(uri), None);
                    ask(SPECIFICATION, Some(uri), &native);
                }
            }
        }
        asks
    }

    /// The way in, as the client would take it; for one that was named and has an id, that is another question.
    fn identity(&self, shape: &Introduction) -> Option<Identity> {
        shape.identity(&self.metadata, None)
    }

    fn questions(&self) -> Vec<Ask> {
        let Some(endpoint) = self.endpoint("authorization_endpoint") else { return Vec::new() };
        let asked = authorize::asked(self.evidence);
        let mut asks = Vec::new();
        let mut ask = |question: &str, shape: &Introduction, client_id: &str, redirect: &str, leave_out: &[&str]| {
            let purpose = Purpose::Authorize { question: question.to_owned(), client: id(shape).to_owned() };
            let url = self.question(&endpoint, shape.client, client_id, redirect, leave_out);
            asks.push(Ask::knock(purpose, url));
        };
        for known in &self.plan.known_clients {
            let shape = Introduction::of(known.client);
            let redirect = known.redirect_uri.clone().or_else(|| shape.redirects(PORT).into_iter().next_back());
            let question = if known.remembered { authorize::CACHED_CLIENT } else { authorize::KNOWN_CLIENT };
            ask(question, &shape, &known.client_id, &redirect.unwrap_or_default(), &[]);
        }
        let nobody = Introduction::of(None);
        let usual = nobody.redirects(PORT).into_iter().next().unwrap_or_default();
        ask(authorize::UNKNOWN_CLIENT, &nobody, NOBODY, &usual, &[]);
        if !self.plan.register {
            return asks;
        }
        for shape in self.shapes() {
            if let (Some(Identity::Document { url }), Some(loopback)) = (self.identity(&shape), shape.loopback) {
                let at = |port: u16| format!("http://{}:{port}{}", loopback.host, loopback.path);
                ask(authorize::DOCUMENT, &shape, &url, &at(loopback.port.unwrap_or(PORT)), &[]);
                ask(authorize::DOCUMENT_PORT, &shape, &url, &at(OTHER_PORT), &[]);
            }
        }
        let mut first = true;
        for attempt in registering::attempts(self.evidence) {
            let (Some(client_id), None) = (attempt.client_id(), attempt.alone) else { continue };
            let shape = Introduction::of(attempt.client);
            for uri in &attempt.redirect_uris {
                ask(&authorize::with_redirect(uri), &shape, client_id, uri, &[]);
            }
            // By number what was registered by name is another address; by another port it is the same (RFC 8252 section 7.3).
            if let Some(loopback) = shape.loopback {
                let moved =
                    attempt.redirect_uris.iter().find(|uri| uri.starts_with(&format!("http://{}:", loopback.host)));
                if let Some(moved) = moved.and_then(|uri| other_port(uri)) {
                    ask(authorize::OTHER_PORT, &shape, client_id, &moved, &[]);
                }
            }
            if !std::mem::take(&mut first) {
                continue;
            }
            let Some(uri) = attempt.redirect_uris.first() else { continue };
            ask(authorize::UNKNOWN_REDIRECT, &shape, client_id, NOWHERE, &[]);
            ask(authorize::NO_PKCE, &shape, client_id, uri, &["code_challenge", "code_challenge_method"]);
            let question = authorize::with_redirect(uri);
            let code = asked
                .iter()
                .find(|one| one.question == question && one.client_id == client_id)
                .and_then(|one| one.reading.code().map(str::to_owned));
            match code.as_deref() {
                Some("invalid_target" | "invalid_resource" | "AADSTS9010010") => {
                    ask(authorize::NO_RESOURCE, &shape, client_id, uri, &["resource"]);
                }
                Some("invalid_scope") => ask(authorize::NO_SCOPE, &shape, client_id, uri, &["scope"]),
                _ => {}
            }
        }
        asks
    }

    /// The request that the client would open in a browser.
    fn question(
        &self,
        endpoint: &Url,
        client: Option<ClientId>,
        client_id: &str,
        redirect: &str,
        leave_out: &[&str],
    ) -> Url {
        let engine: Option<Engine> = client.and_then(ClientId::engine);
        let pairs = [
            ("response_type", Some("code".to_owned())),
            ("client_id", Some(client_id.to_owned())),
            ("redirect_uri", Some(redirect.to_owned())),
            ("state", Some("mcp-auth-check".to_owned())),
            ("code_challenge", Some(CODE_CHALLENGE.to_owned())),
            ("code_challenge_method", Some("S256".to_owned())),
            ("resource", introduction::resource(engine, self.evidence)),
            ("scope", introduction::scopes(engine, self.evidence)),
        ];
        let mut url = endpoint.clone();
        url.query_pairs_mut().extend_pairs(
            pairs
                .into_iter()
                .filter(|(name, _)| !leave_out.contains(name))
                .filter_map(|(name, value)| Some((name, value?))),
        );
        url
    }
}

fn id(shape: &Introduction) -> &'static str {
    shape.client.map_or(SPECIFICATION, ClientId::id)
}

fn other_port(uri: &str) -> Option<String> {
    let mut url = Url::parse(uri).ok()?;
    url.set_port(Some(OTHER_PORT)).ok()?;
    Some(url.to_string())
}

/// Takes secrets out of an answer before it becomes evidence: what a registration gave, and a code on the way back. That a value was
/// there, and whether it was empty, can still be seen.
pub(crate) fn without_secrets(purpose: &Purpose, mut answer: Answer) -> Answer {
    const MASK: &str = "********";
    match purpose {
        Purpose::Register { .. } => {
            if let Ok(Value::Object(reply)) = answer.body.json() {
                let mut reply = reply.clone();
                for name in ["client_secret", "registration_access_token"] {
                    if let Some(Value::String(secret)) = reply.get_mut(name).filter(|value| value.as_str() != Some(""))
                    {
                        MASK.clone_into(secret);
                    }
                }
                let (length, truncated) = (answer.body.length, answer.body.truncated);
                answer.body = Body::new(Value::Object(reply).to_string());
                answer.body.length = length;
                answer.body.truncated = truncated;
            }
        }
        Purpose::Authorize { .. } => {
            for (name, value) in &mut answer.headers.0 {
                if name == "location" {
                    *value = masked_code(value);
                } else if name == "set-cookie" {
                    MASK.clone_into(value);
                }
            }
        }
        _ => {}
    }
    answer
}

/// `code=…` and tokens in the query or fragment of an address, masked; the rest as it was.
fn masked_code(address: &str) -> String {
    let mut masked = String::with_capacity(address.len());
    for (at, part) in address.split_inclusive(['?', '&', '#']).enumerate() {
        let name = part.split('=').next().unwrap_or_default();
        if at > 0 && matches!(name, "code" | "access_token" | "id_token" | "refresh_token") && part.contains('=') {
            let end = if part.ends_with(['&', '#', '?']) { &part[part.len() - 1..] } else { "" };
            masked.push_str(&format!("{name}=********{end}"));
        } else {
            masked.push_str(part);
        }
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcp_auth_diagnosis::evidence::Headers;

    #[test]
    fn secrets_of_a_registration_and_codes_never_become_evidence() {
        let body =
            "{\"client_id\":\"m2m_1\",\"client_secret\":\"canary-1\",\"registration_access_token\":\"canary-2\"}";
        let purpose = Purpose::Register { client: "cursor".to_owned(), redirect_uri: None };
        let answer = Answer { status: 201, headers: Headers::default(), body: Body::new(body) };
        let kept = without_secrets(&purpose, answer).body.text;
        assert!(!kept.contains("canary") && kept.contains("client_secret") && kept.contains("m2m_1"), "{kept}");
        let to = "http://localhost:1/callback?code=canary-3&state=x#id_token=canary-4";
        let purpose = Purpose::Authorize { question: "document".to_owned(), client: "cursor".to_owned() };
        let headers =
            Headers(vec![("location".to_owned(), to.to_owned()), ("set-cookie".to_owned(), "s=canary-5".to_owned())]);
        let kept = without_secrets(&purpose, Answer { status: 302, headers, body: Body::default() }).headers;
        assert_eq!(kept.get("location"), Some("http://localhost:1/callback?code=********&state=x#id_token=********"));
        assert!(!format!("{kept:?}").contains("canary"));
    }
}

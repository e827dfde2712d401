//! What came of introducing apps to a sign-in service (RFC 7591), which happens only with consent.

use serde_json::{Map, Value, json};

use crate::clients::ClientId;
use crate::computer::concern;
use crate::evidence::{Answer, Body, Evidence, Exchange, Purpose};
use crate::introduction::Introduction;
use crate::sign_in::Identity;

/// The id under which the specification's own way of introducing oneself is recorded.
pub const SPECIFICATION: &str = "specification";

/// One attempt to register.
#[derive(Debug, Clone)]
pub struct Attempt<'a> {
    /// The client whose shape it had, or [`SPECIFICATION`].
    pub shape: &'a str,
    /// The client, when it is one.
    pub client: Option<ClientId>,
    /// The one return address that was tried alone; `None` for all of the client's.
    pub alone: Option<&'a str>,
    /// The return addresses that were sent.
    pub redirect_uris: Vec<String>,
    /// The answer, when one came.
    pub answer: Option<&'a Answer>,
    /// The exchange.
    pub exchange: &'a Exchange,
}

impl<'a> Attempt<'a> {
    /// It was accepted.
    pub fn accepted(&self) -> bool {
        self.answer.is_some_and(|answer| matches!(answer.status, 200 | 201))
    }

    /// The reply, when it was accepted and is an object.
    pub fn reply(&self) -> Option<&'a Map<String, Value>> {
        let answer = self.answer.filter(|_| self.accepted())?;
        answer.body.json().ok()?.as_object()
    }

    /// The id that was given.
    pub fn client_id(&self) -> Option<&'a str> {
        self.reply()?.get("client_id")?.as_str().filter(|id| !id.is_empty())
    }

    /// It was refused because of what was sent, not because nobody may register. Keycloak's policies say so with 403.
    pub fn refused_content(&self) -> bool {
        self.answer.is_some_and(|answer| match answer.status {
            400 | 409 | 422 => true,
            403 => {
                let said = answer.body.text.to_ascii_lowercase();
                said.contains("redirect") || said.contains("url doesn't match") || self.about_scopes()
            }
            _ => false,
        })
    }

    /// The permissions that the app named.
    pub fn scope(&self) -> Option<String> {
        let sent: Value = serde_json::from_str(self.exchange.request.body.as_deref()?).ok()?;
        sent.get("scope")?.as_str().map(str::to_owned)
    }

    /// The app named permissions, and the refusal speaks of them.
    pub fn about_scopes(&self) -> bool {
        self.answer.is_some_and(|answer| {
            // The name of the error alone says nothing: Keycloak uses this one for every policy.
            let said = answer.body.text.to_ascii_lowercase().replace("insufficient_scope", "");
            matches!(answer.status, 400 | 403 | 422) && said.contains("scope") && self.scope().is_some()
        })
    }

    /// It was refused, and the refusal speaks of the return addresses.
    pub fn about_redirects(&self) -> bool {
        self.refused_content()
            && self.answer.is_some_and(|answer| {
                let said = answer.body.text.to_ascii_lowercase();
                said.contains("redirect") || said.contains("url doesn't match")
            })
    }
}

/// Every attempt, in order.
pub fn attempts(evidence: &Evidence) -> Vec<Attempt<'_>> {
    evidence
        .exchanges()
        .iter()
        .filter_map(|exchange| {
            let Purpose::Register { client, redirect_uri } = &exchange.purpose else { return None };
            let sent: Option<Value> = exchange.request.body.as_deref().and_then(|body| serde_json::from_str(body).ok());
            let list = sent.as_ref().and_then(|sent| sent.get("redirect_uris")?.as_array());
            let redirect_uris =
                list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>();
            Some(Attempt {
                shape: client,
                client: client.parse().ok(),
                alone: redirect_uri.as_deref(),
                redirect_uris,
                answer: exchange.outcome.as_ref().ok(),
                exchange,
            })
        })
        .collect()
}

/// What was created on a server, for the report: registrations, and what a sign-in was granted.
pub fn created(evidence: &Evidence) -> Vec<Value> {
    let sign_in = evidence.sign_in.as_ref().and_then(|fact| fact.value());
    let by_sign_in = sign_in.map(|reading| reading.created.as_slice()).unwrap_or_default();
    let mut made: Vec<Value> = attempts(evidence)
        .into_iter()
        .filter(Attempt::accepted)
        .map(|attempt| {
            let taken_back = attempt.client_id().is_some_and(|id| {
                by_sign_in
                    .iter()
                    .any(|one| one.kind == REGISTRATION && one.taken_back && one.client_id.as_deref() == Some(id))
            });
            json!({
                "kind": REGISTRATION,
                "url": attempt.exchange.request.url.as_str(),
                "client_id": attempt.client_id(),
                "client": attempt.shape,
                "taken_back": taken_back,
            })
        })
        .collect();
    for one in by_sign_in {
        let listed =
            one.kind == REGISTRATION && made.iter().any(|have| have["client_id"].as_str() == one.client_id.as_deref());
        if !listed {
            made.push(json!({
                "kind": one.kind,
                "url": one.url,
                "client_id": one.client_id,
                "client": sign_in.and_then(|reading| reading.client).map_or(SPECIFICATION, ClientId::id),
                "taken_back": one.taken_back,
            }));
        }
    }
    made
}

/// What a registration is called among the things that were created.
pub const REGISTRATION: &str = "registration";

/// Takes secrets out of the answer to a registration before it becomes evidence. That a value was there, and whether it was
/// empty, can still be seen.
pub fn without_secrets(mut answer: Answer) -> Answer {
    if let Ok(Value::Object(reply)) = answer.body.json() {
        let mut reply = reply.clone();
        for name in ["client_secret", "registration_access_token"] {
            if let Some(Value::String(secret)) = reply.get_mut(name).filter(|value| value.as_str() != Some("")) {
                "********".clone_into(secret);
            }
        }
        let (length, truncated) = (answer.body.length, answer.body.truncated);
        answer.body = Body::new(Value::Object(reply).to_string());
        answer.body.length = length;
        answer.body.truncated = truncated;
    }
    answer
}

/// Whether this client would introduce itself by registering here.
pub fn registers(client: ClientId, evidence: &Evidence) -> bool {
    evidence.server_metadata_read().is_some_and(|metadata| {
        Introduction::of(Some(client)).identity(&metadata, None) == Some(Identity::Registration)
    })
}

/// The named client, where it can only get in by registering now: its ways are known, and it has neither an id that somebody set
/// up, nor a document that is taken, nor a registration from before.
pub fn has_to_register(evidence: &Evidence) -> Option<ClientId> {
    let client = evidence.subject.client?;
    let introduced = || {
        let Some(computer) = evidence.computer.as_ref().and_then(|fact| fact.value()) else { return false };
        let set_up = concern::servers(evidence, computer).into_iter().any(|server| {
            server.client_id.is_some() || server.mcp_remote.as_ref().is_some_and(|uses| uses.static_client)
        });
        set_up || concern::stored(evidence, computer).into_iter().any(|(entry, _)| entry.client_id.is_some())
    };
    let alone = Introduction::of(Some(client)).client.is_some() && evidence.subject.client_id.is_none();
    (alone && registers(client, evidence) && !introduced()).then_some(client)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Headers;
    use crate::sample::{Sample, register};

    #[test]
    fn secrets_of_a_registration_never_become_evidence() {
        let body =
            "{\"client_id\":\"m2m_1\",\"client_secret\":\"canary-1\",\"registration_access_token\":\"canary-2\"}";
        let answer = Answer { status: 201, headers: Headers::default(), body: Body::new(body) };
        let kept = without_secrets(answer).body.text;
        assert!(!kept.contains("canary") && kept.contains("client_secret") && kept.contains("m2m_1"), "{kept}");
    }

    #[test]
    fn what_was_created_is_listed_with_its_id() {
        let sample = register(
            Sample::healthy(),
            "cursor",
            None,
            &["http://localhost:8787/callback"],
            201,
            "{\"client_id\":\"m2m_9\"}",
        );
        let sample = register(sample, "vscode", None, &["http://127.0.0.1/"], 400, "{}");
        let made = created(sample.evidence());
        assert_eq!(made.len(), 1);
        assert_eq!(made[0]["client_id"], "m2m_9");
        assert_eq!(made[0]["client"], "cursor");
    }
}

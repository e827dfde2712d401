//! Whether the sign-in service still knows what is stored on this computer: asked at its sign-in page, as a browser would ask,
//! without cookies and without following where it leads. Nothing is created by that.

use std::collections::BTreeSet;

use mcp_auth_diagnosis::authorize::{CACHED_CLIENT, UNKNOWN_CLIENT};
use mcp_auth_diagnosis::computer::{concern, fresh::fixed_address};
use mcp_auth_diagnosis::evidence::{Answer, Evidence, Purpose};
use mcp_auth_diagnosis::oauth::server_metadata;
use url::Url;

use crate::ask::{Ask, CHALLENGE, NOBODY};

/// More stored registrations than this are not asked about.
const MOST: usize = 4;
/// What comes back unchanged.
const STATE: &str = "mcp-auth-check";

/// The questions about stored registrations, as soon as the sign-in page is known.
pub(crate) fn asks(evidence: &Evidence, metadata: Option<&Answer>) -> Vec<Ask> {
    let (Some(metadata), Some(fact)) = (metadata, &evidence.computer) else { return Vec::new() };
    let Some(computer) = fact.value() else { return Vec::new() };
    let read = server_metadata::read(metadata);
    let Some(page) = read.text("authorization_endpoint").and_then(|text| Url::parse(text.trim()).ok()) else {
        return Vec::new();
    };
    let resource = evidence.resource_metadata_read().and_then(|read| read.resource().map(str::to_owned));
    let mut asks = Vec::new();
    let mut named = BTreeSet::new();
    let mut asked = BTreeSet::new();
    for (entry, user) in concern::stored(evidence, computer).into_iter().take(MOST) {
        let Some(client_id) = entry.client_id.as_deref() else { continue };
        let back = user
            .and_then(|user| user.mcp_remote.as_ref()?.redirect_uri.as_deref())
            .filter(|uri| entry.redirect_uris.iter().any(|registered| registered == uri))
            .or(entry.redirect_uris.first().map(String::as_str))
            .map_or_else(|| fixed_address(entry.client), |uri| Some(uri.to_owned()));
        let ask = |purpose: Purpose, client_id: &str| {
            let mut url = page.clone();
            {
                let mut query = url.query_pairs_mut();
                query.append_pair("response_type", "code").append_pair("client_id", client_id);
                // Codex keeps none and chooses a port: then only a plain word about the app counts.
                if let Some(back) = &back {
                    query.append_pair("redirect_uri", back);
                }
                query
                    .append_pair("state", STATE)
                    .append_pair("code_challenge", CHALLENGE)
                    .append_pair("code_challenge_method", "S256");
                if let Some(resource) = &resource {
                    query.append_pair("resource", resource);
                }
            }
            Ask::knock(purpose, url).with("accept", "text/html,application/json;q=0.9").named_by_server()
        };
        if !asked.insert(client_id) {
            continue;
        }
        // A second registration of the same client is another question.
        let client = entry.client.id().to_owned();
        let first = named.insert(entry.client);
        let name = if first { client.clone() } else { format!("{client} {client_id}") };
        asks.push(ask(Purpose::Authorize { question: CACHED_CLIENT.to_owned(), client: name }, client_id));
        if first {
            asks.push(ask(Purpose::Authorize { question: UNKNOWN_CLIENT.to_owned(), client }, NOBODY));
        }
    }
    asks
}

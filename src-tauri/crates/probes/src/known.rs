//! Ids that somebody set up at the sign-in service: is each known there? Asked at its sign-in page, as a browser would ask, without
//! cookies and without following where it leads. Nothing is created by that.
//!
//! An id is asked about only with a return address that its client is sure to send: another one would be refused rightly.

use mcp_auth_diagnosis::authorize::{self, KNOWN_CLIENT, NOBODY, UNKNOWN_CLIENT};
use mcp_auth_diagnosis::clients::ClientId;
use mcp_auth_diagnosis::computer::{concern, fresh::fixed_address};
use mcp_auth_diagnosis::discovery::unsafe_address;
use mcp_auth_diagnosis::evidence::{Answer, Evidence, Purpose};
use mcp_auth_diagnosis::introduction::Introduction;
use mcp_auth_diagnosis::oauth::server_metadata;
use mcp_auth_diagnosis::registering::SPECIFICATION;
use url::Url;

use crate::ask::Ask;

/// More ids than this are not asked about.
const MOST: usize = 4;

/// An id that was set up, with the return address that its client sends.
struct Known {
    client: Option<ClientId>,
    client_id: String,
    redirect_uri: String,
}

/// The questions, as soon as the sign-in page is known.
pub(crate) fn asks(evidence: &Evidence, metadata: Option<&Answer>) -> Vec<Ask> {
    let known = known(evidence);
    let Some(read) = metadata.filter(|_| !known.is_empty()).map(server_metadata::read) else { return Vec::new() };
    let page = read.text("authorization_endpoint").filter(|address| !unsafe_address(address));
    let Some(page) = page.and_then(|address| Url::parse(address).ok()) else { return Vec::new() };
    let ask = |question: &str, known: &Known, client_id: &str| {
        let client = known.client.map_or(SPECIFICATION, ClientId::id).to_owned();
        let purpose = Purpose::Authorize { question: question.to_owned(), client };
        Ask::knock(purpose, authorize::address(&page, evidence, known.client, client_id, &known.redirect_uri, &[]))
    };
    let mut asks: Vec<Ask> = known.iter().map(|one| ask(KNOWN_CLIENT, one, &one.client_id)).collect();
    asks.extend(known.first().map(|one| ask(UNKNOWN_CLIENT, one, NOBODY)));
    // A client id that is an address: the document that the sign-in service will fetch.
    let document = known.iter().find(|one| one.client_id.starts_with("https://"));
    let document = document.and_then(|one| Url::parse(&one.client_id).ok());
    asks.extend(document.map(|url| Ask::knock(Purpose::ClientDocument, url)));
    asks.into_iter().map(Ask::named_by_server).collect()
}

/// What the user gave, then what the settings of clients name.
fn known(evidence: &Evidence) -> Vec<Known> {
    let mut known: Vec<Known> = Vec::new();
    let client = evidence.subject.client;
    if let (Some(client_id), Some(redirect_uri)) = (evidence.subject.client_id.clone(), own_address(client)) {
        known.push(Known { client, client_id, redirect_uri });
    }
    if let Some(computer) = evidence.computer.as_ref().and_then(|fact| fact.value()) {
        for server in concern::servers(evidence, computer) {
            let Some(client_id) = server.client_id.clone() else { continue };
            let (client, redirect_uri) = match &server.mcp_remote {
                Some(uses) if uses.walks_ports => continue,
                Some(uses) => (ClientId::McpRemote, uses.redirect_uri.clone()),
                None => (server.client, own_address(Some(server.client))),
            };
            if let Some(redirect_uri) = redirect_uri.filter(|_| known.iter().all(|one| one.client_id != client_id)) {
                known.push(Known { client: Some(client), client_id, redirect_uri });
            }
        }
    }
    known.truncate(MOST);
    known
}

/// The address of a client that always comes back to the same one. `None` when it chooses a port.
fn own_address(client: Option<ClientId>) -> Option<String> {
    // The settings of opencode and Qwen Code, where such an id stands, can name another address.
    let introduction = Introduction::of(client);
    introduction.client.and(client).and_then(fixed_address)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcp_auth_diagnosis::subject::Subject;

    fn asked(client: Option<ClientId>) -> Vec<Known> {
        let server = Url::parse("https://mcp.example.com/mcp").expect("a URL");
        let subject = Subject { client, client_id: Some("m2m_1".to_owned()), ..Subject::server(server) };
        known(&Evidence::new(subject, 0))
    }

    #[test]
    fn an_id_is_asked_about_only_where_the_return_address_is_sure() {
        let cursor = asked(Some(ClientId::Cursor));
        assert_eq!(cursor[0].redirect_uri, "cursor://anysphere.cursor-mcp/oauth/callback");
        // These choose a port, and a made-up one would be refused rightly.
        assert!(asked(Some(ClientId::ClaudeCode)).is_empty() && asked(Some(ClientId::McpRemote)).is_empty());
        assert!(asked(None).is_empty());
    }

    #[test]
    fn nothing_is_asked_where_no_id_was_set_up() {
        let server = Url::parse("https://mcp.example.com/mcp").expect("a URL");
        assert!(known(&Evidence::new(Subject::server(server), 0)).is_empty());
    }
}

//! How each client introduces itself to a sign-in service: the addresses it comes back to, the registration it sends, the
//! document that stands for it, the scopes it asks for.
//!
//! Sources: the released clients and SDKs, read and run in November 2026 (see [`crate::clients`]); MCP 2026-07-28, client
//! registration and scope selection. For clients whose ways are not known, the specification's are taken.

use serde_json::{Value, json};
use url::Url;

use crate::clients::{ClientId, Engine};
use crate::evidence::Evidence;
use crate::oauth::server_metadata::ServerMetadata;
use crate::sign_in::Identity;

/// How a client introduces itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Introduction {
    /// The client; `None` for the specification's ways.
    pub client: Option<ClientId>,
    /// The name that it registers.
    pub name: &'static str,
    /// Every address that it registers to come back to, in its order. `{port}` stands for a port that it chooses.
    pub redirect_uris: &'static [&'static str],
    /// The one that this app can stand in for: an address on this computer. `None`: the browser comes back somewhere else.
    pub loopback: Option<Loopback>,
    /// The address of the document that stands for it (Client ID Metadata Document), when it has one.
    pub document: Option<&'static str>,
    /// Sends `application_type: native`.
    pub says_native: bool,
    /// Names the permissions that it is going to ask for when it registers (`scope`), as the SDKs and VS Code do. Where that is not
    /// known, it is taken not to.
    pub names_scopes: bool,
}

/// An address on this computer that a browser comes back to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loopback {
    /// `localhost` or `127.0.0.1`.
    pub host: &'static str,
    /// The port that it prefers. `None`: a free one.
    pub port: Option<u16>,
    /// The path.
    pub path: &'static str,
}

const SPECIFICATION: Introduction = Introduction {
    client: None,
    name: "MCP Auth Troubleshooter",
    redirect_uris: &["http://127.0.0.1:{port}/callback"],
    loopback: Some(Loopback { host: "127.0.0.1", port: None, path: "/callback" }),
    document: None,
    says_native: true,
    names_scopes: false,
};

const KNOWN: &[Introduction] = &[
    Introduction {
        client: Some(ClientId::ClaudeConnectors),
        name: "Claude",
        redirect_uris: &["https://claude.ai/api/mcp/auth_callback", "https://claude.com/api/mcp/auth_callback"],
        loopback: None,
        document: None,
        says_native: false,
        names_scopes: true,
    },
    Introduction {
        client: Some(ClientId::ClaudeCode),
        name: "Claude Code",
        redirect_uris: &["http://localhost:{port}/callback"],
        loopback: Some(Loopback { host: "localhost", port: Some(3118), path: "/callback" }),
        document: Some("https://claude.ai/oauth/claude-code-client-metadata"),
        says_native: true,
        names_scopes: false,
    },
    Introduction {
        client: Some(ClientId::Cursor),
        name: "Cursor",
        redirect_uris: &[
            "cursor://anysphere.cursor-mcp/oauth/callback",
            "https://www.cursor.com/agents/mcp/oauth/callback",
            "http://localhost:8787/callback",
        ],
        loopback: Some(Loopback { host: "localhost", port: Some(8787), path: "/callback" }),
        document: None,
        says_native: false,
        names_scopes: true,
    },
    Introduction {
        client: Some(ClientId::VsCode),
        name: "Visual Studio Code",
        redirect_uris: &[
            "https://insiders.vscode.dev/redirect",
            "https://vscode.dev/redirect",
            "http://127.0.0.1/",
            "http://127.0.0.1:33418/",
        ],
        loopback: Some(Loopback { host: "127.0.0.1", port: Some(33418), path: "/" }),
        document: Some("https://vscode.dev/oauth/client-metadata.json"),
        says_native: true,
        names_scopes: true,
    },
    Introduction {
        client: Some(ClientId::McpInspector),
        name: "MCP Inspector",
        redirect_uris: &["http://localhost:6274/oauth/callback"],
        loopback: Some(Loopback { host: "localhost", port: Some(6274), path: "/oauth/callback" }),
        document: None,
        says_native: false,
        names_scopes: true,
    },
    Introduction {
        client: Some(ClientId::McpRemote),
        name: "MCP CLI Proxy",
        redirect_uris: &["http://localhost:{port}/oauth/callback"],
        loopback: Some(Loopback { host: "localhost", port: None, path: "/oauth/callback" }),
        document: None,
        says_native: false,
        names_scopes: true,
    },
    Introduction {
        client: Some(ClientId::ChatGpt),
        name: "ChatGPT",
        redirect_uris: &["https://chatgpt.com/connector_platform_oauth_redirect"],
        loopback: None,
        document: None,
        says_native: false,
        names_scopes: false,
    },
    Introduction {
        client: Some(ClientId::FastMcp),
        name: "FastMCP Client",
        redirect_uris: &["http://localhost:{port}/callback"],
        loopback: Some(Loopback { host: "localhost", port: None, path: "/callback" }),
        document: None,
        says_native: false,
        names_scopes: true,
    },
    Introduction {
        client: Some(ClientId::Zed),
        name: "Zed",
        redirect_uris: &["http://127.0.0.1:{port}/callback"],
        loopback: Some(Loopback { host: "127.0.0.1", port: None, path: "/callback" }),
        document: Some("https://zed.dev/oauth/client-metadata.json"),
        says_native: true,
        names_scopes: false,
    },
];

impl Introduction {
    /// How this client introduces itself.
    pub fn of(client: Option<ClientId>) -> Self {
        let signs_in_as = client.map(ClientId::signs_in_as);
        KNOWN
            .iter()
            .find(|known| signs_in_as.is_some() && known.client == signs_in_as)
            .unwrap_or(&SPECIFICATION)
            .clone()
    }

    /// The clients whose introduction is known.
    pub fn known() -> impl Iterator<Item = ClientId> {
        KNOWN.iter().filter_map(|known| known.client)
    }

    /// The addresses to come back to, with a port filled in where the client chooses one.
    pub fn redirects(&self, port: u16) -> Vec<String> {
        self.redirect_uris.iter().map(|uri| uri.replace("{port}", &port.to_string())).collect()
    }

    /// The registration that the client sends (RFC 7591 section 3.1) for these addresses.
    pub fn registration(&self, redirect_uris: &[String], scope: Option<&str>) -> Value {
        let mut body = json!({
            "client_name": self.name,
            "redirect_uris": redirect_uris,
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        });
        if self.says_native {
            body["application_type"] = json!("native");
        }
        if let Some(scope) = scope {
            body["scope"] = json!(scope);
        }
        body
    }

    /// The way of introducing itself that the client takes at this sign-in service (MCP 2026-07-28, client registration):
    /// an id that was set up, else its document, else registration. `None`: there is no way.
    pub fn identity(&self, metadata: &ServerMetadata, known_id: Option<&str>) -> Option<Identity> {
        if let Some(client_id) = known_id {
            return Some(Identity::Known { client_id: client_id.to_owned() });
        }
        let takes_documents = metadata.member("client_id_metadata_document_supported") == Some(&Value::Bool(true));
        if let (true, Some(url)) = (takes_documents, self.document) {
            return Some(Identity::Document { url: url.to_owned() });
        }
        metadata.text("registration_endpoint").map(|_| Identity::Registration)
    }
}

/// Whether this client was built to sign in at this service with an id of its own, so that it needs no way to introduce itself:
/// VS Code brings sign-ins for GitHub and Microsoft Entra.
pub fn brings_its_own(client: ClientId, issuer: &str) -> bool {
    if client != ClientId::VsCode {
        return false;
    }
    let Ok(url) = Url::parse(issuer) else { return false };
    match url.host_str() {
        Some("github.com") => url.path().trim_end_matches('/') == "/login/oauth",
        Some("login.microsoftonline.com") => url.path().trim_end_matches('/').ends_with("/v2.0"),
        _ => false,
    }
}

/// The scopes that a client asks for, separated by spaces; `None` when it asks for none (MCP, scope selection strategy): what
/// the challenge names, else what the resource metadata lists, and `offline_access` where the client adds it and the
/// sign-in service lists it.
pub fn scopes(engine: Option<Engine>, evidence: &Evidence) -> Option<String> {
    let challenge = evidence.challenges().and_then(|challenges| challenges.scopes());
    let resource = evidence.resource_metadata_read();
    let listed = resource.as_ref().and_then(|read| read.scopes_supported()).unwrap_or_default();
    let server = evidence.server_metadata_read();
    let offered: Vec<String> = server.as_ref().and_then(|read| read.list("scopes_supported")).unwrap_or_default();
    let mut scopes: Vec<String> = match challenge {
        Some(scopes) if !scopes.is_empty() => scopes,
        _ if !listed.is_empty() => listed,
        _ if engine == Some(Engine::Python1) => offered.clone(),
        _ => Vec::new(),
    };
    let stays = !matches!(engine, Some(Engine::TypeScript1 | Engine::Python1 | Engine::VsCode));
    let refreshes = server.as_ref().is_some_and(|read| {
        let grants = read.list("grant_types_supported").unwrap_or_default();
        grants.is_empty() || grants.iter().any(|grant| grant == "refresh_token")
    });
    let offline = "offline_access".to_owned();
    if stays && refreshes && !scopes.is_empty() && offered.contains(&offline) && !scopes.contains(&offline) {
        scopes.push(offline);
    }
    (!scopes.is_empty()).then(|| scopes.join(" "))
}

/// The `resource` that a client names (RFC 8707): what the resource metadata calls itself, else the typed address without
/// what does not belong to it. `None` for clients that name none without resource metadata.
pub fn resource(engine: Option<Engine>, evidence: &Evidence) -> Option<String> {
    let named = evidence.resource_metadata_read().and_then(|read| read.resource().map(str::to_owned));
    match (named, engine) {
        (Some(resource), _) => Some(resource),
        (None, Some(Engine::TypeScript1 | Engine::TypeScript2 | Engine::VsCode)) => None,
        (None, _) => evidence.subject.server.as_ref().map(|server| {
            let mut url = server.clone();
            url.set_fragment(None);
            url.to_string()
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{SERVER, Sample};

    #[test]
    fn claude_desktop_introduces_itself_as_its_connectors() {
        let introduction = Introduction::of(Some(ClientId::ClaudeDesktop));
        assert_eq!(introduction.client, Some(ClientId::ClaudeConnectors));
        assert_eq!(introduction.loopback, None);
        assert_eq!(Introduction::of(Some(ClientId::Goose)).client, None, "an unknown one follows the specification");
    }

    #[test]
    fn the_way_in_follows_the_priority_of_the_specification() {
        let sample = Sample::healthy();
        let metadata = sample.evidence().server_metadata_read().expect("metadata");
        let code = Introduction::of(Some(ClientId::ClaudeCode));
        assert!(matches!(code.identity(&metadata, None), Some(Identity::Document { .. })));
        assert!(matches!(code.identity(&metadata, Some("m2m_1")), Some(Identity::Known { .. })));
        assert_eq!(Introduction::of(Some(ClientId::Cursor)).identity(&metadata, None), Some(Identity::Registration));
        let closed = Sample::healthy().server_metadata(|metadata| {
            metadata.as_object_mut().expect("an object").remove("registration_endpoint");
        });
        let metadata = closed.evidence().server_metadata_read().expect("metadata");
        assert_eq!(Introduction::of(Some(ClientId::Cursor)).identity(&metadata, None), None);
    }

    #[test]
    fn scopes_are_chosen_as_the_client_chooses_them() {
        let sample = Sample::healthy();
        assert_eq!(scopes(None, sample.evidence()).as_deref(), Some("todo:read offline_access"));
        assert_eq!(scopes(Some(Engine::TypeScript1), sample.evidence()).as_deref(), Some("todo:read"));
        assert_eq!(resource(None, sample.evidence()).as_deref(), Some(SERVER));
    }

    #[test]
    fn only_vs_code_brings_an_id_and_only_for_two_services() {
        let entra = "https://login.microsoftonline.com/9f1c7d52-0000-4000-8000-1234567890ab/v2.0";
        assert!(
            brings_its_own(ClientId::VsCode, entra)
                && brings_its_own(ClientId::VsCode, "https://github.com/login/oauth")
        );
        assert!(
            !brings_its_own(ClientId::Cursor, entra) && !brings_its_own(ClientId::VsCode, "https://auth.example.com")
        );
    }
}

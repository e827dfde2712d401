//! The requests: what exactly is sent for each purpose. Those that carry the user's token say so, and hold it apart from their
//! headers, so that nothing that is recorded or compared ever contains it.

use mcp_auth_diagnosis::evidence::{Headers, Purpose};
use mcp_auth_diagnosis::redact::Secret;
use serde_json::{Value, json};
use url::Url;

/// The newest revision with a handshake.
pub(crate) const LEGACY_VERSION: &str = "2025-11-25";
/// The newest revision, which has none.
pub(crate) const MODERN_VERSION: &str = "2026-07-28";
/// A tool that no server has.
const NO_SUCH_TOOL: &str = "mcp-auth-check-no-such-tool";

/// An app's id that no service gave out.
pub const NOBODY: &str = "mcp-auth-check-made-up-client";
/// The hash of a key (PKCE, S256) that is thrown away: the answer never leads to a token.
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// What a token endpoint is sent: a grant without a code, for which nobody is given anything.
const TOKEN_KNOCK: &str = "grant_type=authorization_code";
/// The messages that are sent to an MCP endpoint.
const MESSAGES: [&str; 5] = ["initialize", "notifications/initialized", "server/discover", "tools/call", "tools/list"];

/// One request and why it is made.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ask {
    pub purpose: Purpose,
    pub method: &'static str,
    pub url: Url,
    pub headers: Headers,
    pub body: Option<String>,
    /// The address comes from a server's answer, not from the user: it is fetched only where that server may send us.
    pub named_by_server: bool,
    /// The user's token. It goes to the origin that the user typed alone; the sending code makes sure.
    pub bearer: Option<Secret>,
}

impl Ask {
    /// `GET` of a JSON document.
    pub fn document(purpose: Purpose, url: Url) -> Self {
        Self::new(
            purpose,
            "GET",
            url,
            &[("accept", "application/json"), ("mcp-protocol-version", LEGACY_VERSION)],
            None,
        )
    }

    /// It fetches a JSON document.
    pub fn is_document(&self) -> bool {
        self.method == "GET" && self.body.is_none() && self.headers.get("accept") == Some("application/json")
    }

    /// `GET` of an endpoint that people or programs use, to see that it is there.
    pub fn knock(purpose: Purpose, url: Url) -> Self {
        Self::new(purpose, "GET", url, &[("accept", "*/*")], None)
    }

    /// `GET` of a sign-in page with a request that has every part (OAuth 2.1 section 4.1.1) and comes from an app that nobody
    /// knows: one that is there complains about the app, or asks for a login. With empty hands, programs that never meet such a
    /// request fall over, and that would say nothing about those that sign in. Nobody is signed in by it.
    pub fn page_knock(mut url: Url) -> Self {
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", NOBODY)
            .append_pair("redirect_uri", "http://127.0.0.1/callback")
            .append_pair("state", "mcp-auth-check")
            .append_pair("code_challenge", CHALLENGE)
            .append_pair("code_challenge_method", "S256");
        Self::knock(Purpose::AuthorizationEndpoint, url)
    }

    /// `POST` to a token endpoint without anything to exchange: one that is there says 400 or 401. A `GET` would tell less, since
    /// many frameworks answer 404 to a method that they do not route.
    pub fn token_knock(url: Url) -> Self {
        let headers = [("accept", "application/json"), ("content-type", "application/x-www-form-urlencoded")];
        Self::new(Purpose::TokenEndpoint, "POST", url, &headers, Some(TOKEN_KNOCK.to_owned()))
    }

    /// `OPTIONS`: what may be done here?
    pub fn options(purpose: Purpose, url: Url) -> Self {
        Self::new(purpose, "OPTIONS", url, &[("accept", "*/*")], None)
    }

    /// `POST initialize` (2025-11-25, lifecycle).
    pub fn initialize(purpose: Purpose, url: Url) -> Self {
        let params = json!({"protocolVersion": LEGACY_VERSION, "capabilities": {}, "clientInfo": client_info()});
        Self::post(purpose, url, "initialize", params, &[])
    }

    /// `POST server/discover` (2026-07-28, versioning).
    pub fn discover(purpose: Purpose, url: Url) -> Self {
        Self::modern(purpose, url, "server/discover", json!({}), None)
    }

    /// `GET` of the endpoint, as a client that listens.
    pub fn listen(purpose: Purpose, url: Url) -> Self {
        Self::new(
            purpose,
            "GET",
            url,
            &[("accept", "text/event-stream"), ("mcp-protocol-version", LEGACY_VERSION)],
            None,
        )
    }

    /// `POST tools/list` or `tools/call`, in the era and session that the first call opened.
    pub fn tools(purpose: Purpose, url: Url, session: &Session) -> Self {
        let called = match &purpose {
            Purpose::ToolsCall => Some(NO_SUCH_TOOL.to_owned()),
            Purpose::TokenToolsCall { tool } => Some(tool.clone()),
            _ => None,
        };
        let method = if called.is_some() { "tools/call" } else { "tools/list" };
        let params = called.as_ref().map_or_else(|| json!({}), |tool| json!({"name": tool, "arguments": {}}));
        match session {
            Session::Modern => Self::modern(purpose, url, method, params, called.as_deref()),
            Session::Legacy { .. } => Self::post(purpose, url, method, params, &session.headers()),
        }
    }

    /// `POST notifications/initialized` (2025-11-25, lifecycle) in the session that the first call opened: servers with
    /// sessions wait for it.
    pub fn notification(purpose: Purpose, url: Url, session: &Session) -> Self {
        let mut headers = POSTED.to_vec();
        headers.extend(session.headers());
        let message = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        Self::new(purpose, "POST", url, &headers, Some(message.to_string()))
    }

    /// The same request with the user's token.
    pub fn bearing(mut self, token: &Secret) -> Self {
        self.bearer = Some(token.clone());
        self
    }

    /// The `OPTIONS` request that a browser makes for this one (Fetch, CORS-preflight fetch).
    pub fn preflight(&self, purpose: Purpose, origin: &str, headers: &str) -> Self {
        let fields = [
            ("origin", origin),
            ("access-control-request-method", self.method),
            ("access-control-request-headers", headers),
        ];
        let ask = Self::new(purpose, "OPTIONS", self.url.clone(), &fields, None);
        Self { named_by_server: self.named_by_server, bearer: None, ..ask }
    }

    /// The `OPTIONS` request that a browser makes before a page posts to the address of this one.
    pub fn preflight_of_a_post(&self, purpose: Purpose, origin: &str, headers: &str) -> Self {
        let post = Self { method: "POST", ..self.clone() };
        post.preflight(purpose, origin, headers)
    }

    /// The same request with one header more, or another value for it.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.0.retain(|(have, _)| have != name);
        self.headers.0.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Marks the address as one that a server named.
    pub fn named_by_server(mut self) -> Self {
        self.named_by_server = true;
        self
    }

    /// It can create nothing on a server: it reads, it speaks MCP, or it knocks at the token endpoint with nothing to exchange.
    /// A run sends nothing else.
    pub fn only_looks(&self) -> bool {
        let speaks_mcp = |body: &String| {
            let message: Option<Value> = serde_json::from_str(body).ok();
            let method =
                message.as_ref().and_then(|message| message.get("jsonrpc").and(message.get("method"))?.as_str());
            method.is_some_and(|method| MESSAGES.contains(&method))
        };
        match (self.method, &self.body) {
            ("GET" | "OPTIONS", None) => true,
            ("POST", Some(body)) => body == TOKEN_KNOCK || speaks_mcp(body),
            _ => false,
        }
    }

    /// Two asks with the same wire form are one request.
    pub fn wire(&self) -> String {
        // Asking twice is the point of this one.
        let again = self.purpose == Purpose::TokenInitializeAgain;
        let bearing = self.bearer.is_some();
        format!("{} {} {:?} {:?} {bearing} {again}", self.method, self.url, self.headers.0, self.body)
    }

    fn modern(purpose: Purpose, url: Url, method: &str, mut params: Value, name: Option<&str>) -> Self {
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": MODERN_VERSION,
            "io.modelcontextprotocol/clientInfo": client_info(),
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        let mut headers = vec![("mcp-protocol-version", MODERN_VERSION), ("mcp-method", method)];
        headers.extend(name.map(|name| ("mcp-name", name)));
        Self::post(purpose, url, method, params, &headers)
    }

    fn post(purpose: Purpose, url: Url, method: &str, params: Value, more: &[(&str, &str)]) -> Self {
        let mut headers = POSTED.to_vec();
        headers.extend(more);
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        Self::new(purpose, "POST", url, &headers, Some(message.to_string()))
    }

    fn new(
        purpose: Purpose,
        method: &'static str,
        mut url: Url,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Self {
        // Neither is part of a request of a client; a password in an address is not ours to send.
        url.set_fragment(None);
        // These fail only for addresses that cannot have a user name: then there is none.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { purpose, method, url, headers: Headers(headers), body, named_by_server: false, bearer: None }
    }
}

/// What every message to the endpoint says of itself.
const POSTED: [(&str, &str); 2] =
    [("content-type", "application/json"), ("accept", "application/json, text/event-stream")];

/// What an open first call opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Session {
    /// 2025-11-25 and before.
    Legacy {
        /// The version that was agreed on.
        version: String,
        /// `Mcp-Session-Id`, when the server gave one.
        id: Option<String>,
    },
    /// 2026-07-28: there are no sessions.
    Modern,
}

impl Session {
    /// What a request in this session says in its headers.
    fn headers(&self) -> Vec<(&str, &str)> {
        match self {
            Self::Modern => Vec::new(),
            Self::Legacy { version, id } => {
                let mut headers = vec![("mcp-protocol-version", version.as_str())];
                headers.extend(id.iter().map(|id| ("mcp-session-id", id.as_str())));
                headers
            }
        }
    }
}

fn client_info() -> Value {
    json!({"name": "mcp-auth-check", "version": env!("CARGO_PKG_VERSION")})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_create_something_is_told_from_what_only_looks() {
        let url = || Url::parse("https://auth.example.com/x").expect("a URL");
        let post = |body: &str| Ask::new(Purpose::TokenEndpoint, "POST", url(), &[], Some(body.to_owned()));
        for creates in [
            r#"{"client_name":"x","redirect_uris":["http://127.0.0.1/"]}"#,
            r#"{"jsonrpc":"2.0","client_name":"x"}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"resources/subscribe"}"#,
            "grant_type=authorization_code&code=x",
            "grant_type=refresh_token&refresh_token=x",
            "grant_type=client_credentials",
            "",
        ] {
            assert!(!post(creates).only_looks(), "{creates}");
        }
        for method in ["DELETE", "PUT", "PATCH", "POST"] {
            assert!(!Ask::new(Purpose::TokenEndpoint, method, url(), &[], None).only_looks(), "{method}");
        }
        assert!(Ask::token_knock(url()).only_looks());
        assert!(Ask::initialize(Purpose::Initialize, url()).only_looks());
        assert!(Ask::discover(Purpose::Discover, url()).only_looks());
        assert!(Ask::document(Purpose::Jwks, url()).only_looks());
        let tool = Purpose::TokenToolsCall { tool: "t".to_owned() };
        assert!(Ask::tools(tool, url(), &Session::Modern).only_looks());
        assert!(Ask::initialize(Purpose::Initialize, url()).preflight(Purpose::Initialize, "o", "h").only_looks());
    }
}

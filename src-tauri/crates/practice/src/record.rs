//! What was asked of the two servers, for tests and for the Practice screen.

use http::HeaderMap;
use serde::Serialize;
use url::form_urlencoded;

use crate::answer::Asked;

/// One of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Server {
    /// The MCP server.
    Mcp,
    /// The authorization server.
    Auth,
}

/// One request as it arrived. Tokens, codes, verifiers and secrets are masked before they are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Recorded {
    /// Which server was asked.
    pub server: Server,
    /// The HTTP method.
    pub method: String,
    /// The path without the query.
    pub path: String,
    /// The query's parameters, in order.
    pub query: Vec<(String, String)>,
    /// The header fields, in order; of `Authorization` only the scheme.
    pub headers: Vec<(String, String)>,
    /// The parameters of a form, in order; empty for other bodies.
    pub form: Vec<(String, String)>,
    /// The `method` of a JSON-RPC message.
    pub rpc: Option<String>,
    /// When, in milliseconds since the start.
    pub at_ms: u64,
}

impl Recorded {
    pub(crate) fn of(asked: &Asked, at_ms: u64) -> Recorded {
        Recorded {
            server: asked.server,
            method: asked.method.to_string(),
            path: asked.path.clone(),
            query: masked(&asked.query),
            headers: headers(&asked.headers),
            form: if asked.is_form() { masked(&String::from_utf8_lossy(&asked.body)) } else { Vec::new() },
            rpc: asked.json().and_then(|body| Some(body.get("method")?.as_str()?.to_owned())),
            at_ms,
        }
    }

    /// The first value of a header field; names match in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The first value of a parameter of the query or the form.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().chain(&self.form).find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

const SECRET: [&str; 8] = [
    "access_token",
    "client_assertion",
    "client_secret",
    "code",
    "code_verifier",
    "id_token",
    "refresh_token",
    "token",
];

fn masked(pairs: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(pairs.as_bytes())
        .map(|(key, value)| {
            let value = if SECRET.contains(&&*key) { "***".to_owned() } else { value.into_owned() };
            (key.into_owned(), value)
        })
        .collect()
}

fn headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let one = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        let value = match name.as_str() {
            "authorization" | "proxy-authorization" => match value.split_once(' ') {
                Some((scheme, _)) => format!("{scheme} ***"),
                None => "***".to_owned(),
            },
            "cookie" => "***".to_owned(),
            _ => value,
        };
        (name.as_str().to_owned(), value)
    };
    headers.iter().map(one).collect()
}

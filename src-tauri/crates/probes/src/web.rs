//! The same careful way of asking, for a sign-in: limits, trust, and never where a stranger's document must not send us.

use std::fmt;

use mcp_auth_diagnosis::evidence::{Answer, Headers, NoAnswer, Purpose};
use mcp_auth_diagnosis::redact::Masked;
use url::Url;

use crate::ask::Ask;
use crate::config::ProbeConfig;
use crate::http::Clients;

/// Asks on behalf of one server that the user typed.
pub struct Web {
    clients: Clients,
}

/// One request. What is sent may be a secret, so none of it is ever printed.
#[derive(Clone)]
pub struct Call {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Where. Unless it is the typed server's origin, it is called only where that server may send us.
    pub url: Url,
    /// Header fields, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Option<String>,
}

impl fmt::Debug for Call {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        let mut call = formatter.debug_struct("Call");
        call.field("method", &self.method).field("url", &Masked(self.url.as_str())).field("headers", &names);
        call.finish_non_exhaustive()
    }
}

impl Web {
    /// For the server that the user typed.
    pub fn new(server: Url, config: &ProbeConfig) -> Self {
        Self { clients: Clients::new(Some(server), config) }
    }

    /// Sends one request and reads its answer. Redirects are not followed.
    ///
    /// # Errors
    /// When no HTTP answer came, with the cause.
    pub async fn send(&self, call: Call) -> Result<Answer, NoAnswer> {
        let Call { method, url, headers, body } = call;
        let purpose = Purpose::SignIn { step: String::new() };
        self.clients
            .send(&Ask { purpose, method, url, headers: Headers(headers), body, named_by_server: true, bearer: None })
            .await
    }
}

//! What a sign-in would do, before anything is done: shown to the person, who agrees to exactly this.

use std::time::Duration;

use mcp_auth_diagnosis::clients::ClientId;
use mcp_auth_diagnosis::discovery;
use mcp_auth_diagnosis::evidence::Evidence;
use mcp_auth_diagnosis::introduction::{self, Introduction, Loopback};
use mcp_auth_diagnosis::redact::Secret;
use mcp_auth_diagnosis::sign_in::Identity;
use mcp_auth_diagnosis::subject::is_loopback;
use serde::Serialize;
use url::Url;

use crate::flow::Client;

/// How the person wants to sign in.
#[derive(Debug, Clone)]
pub struct Wish {
    /// As which client. `None`: as the newest specification says.
    pub client: Option<ClientId>,
    /// An id that was set up at the sign-in service.
    pub client_id: Option<String>,
    /// Its secret, when it has one.
    pub client_secret: Option<Secret>,
    /// Other scopes than the client would ask for, separated by spaces. A step-up asks for the union here.
    pub scope: Option<String>,
    /// How long to wait for the browser to come back.
    pub wait: Duration,
    /// The person agreed that other apps are introduced to the sign-in service as well, to see whether each is accepted. When that
    /// shows a fault already, the browser stays closed.
    pub introduce_others: bool,
}

impl Default for Wish {
    fn default() -> Self {
        Self {
            client: None,
            client_id: None,
            client_secret: None,
            scope: None,
            wait: Duration::from_secs(300),
            introduce_others: false,
        }
    }
}

/// What will be done.
#[derive(Debug, Clone)]
pub struct Plan {
    pub(crate) introduction: Introduction,
    pub(crate) identity: Identity,
    /// The client as an earlier sign-in introduced it.
    pub(crate) registered: Option<Client>,
    pub(crate) client_secret: Option<Secret>,
    pub(crate) issuer: String,
    pub(crate) guessed: bool,
    pub(crate) promises_iss: bool,
    pub(crate) authorization_endpoint: Url,
    pub(crate) token_endpoint: Url,
    pub(crate) registration_endpoint: Option<Url>,
    pub(crate) revocation_endpoint: Option<Url>,
    pub(crate) token_auth_methods: Vec<String>,
    pub(crate) loopback: Loopback,
    pub(crate) scope: Option<String>,
    pub(crate) resource: Option<String>,
    pub(crate) wait: Duration,
    pub(crate) notes: Vec<String>,
}

/// The plan as a person reads it before agreeing.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct PlanShown {
    /// As which client.
    pub client: Option<ClientId>,
    /// How the app introduces itself.
    pub identity: Identity,
    /// The host whose page opens in the browser.
    pub sign_in_host: String,
    /// The issuer.
    pub issuer: String,
    /// The scopes that are asked for.
    pub scopes: Vec<String>,
    /// `offline_access` is among them: the app may stay signed in, for the moment of this test.
    pub stays_signed_in: bool,
    /// The server's name that is sent along.
    pub resource: Option<String>,
    /// A registration will be made, which stays on the server unless it can be taken back.
    pub registers: bool,
    /// Where the browser comes back to.
    pub comes_back_to: String,
    /// What is different from what the client itself does, one sentence each.
    pub notes: Vec<String>,
}

/// Why a sign-in cannot even begin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotPossible {
    /// No metadata of a sign-in service was seen.
    #[error("No sign-in service was found for this server. The check says where the way to it ends.")]
    NoSignInService,
    /// The metadata lacks an endpoint.
    #[error("The sign-in service does not say where its {0} is.")]
    NoEndpoint(&'static str),
    /// An address is none that may be opened.
    #[error("The sign-in service names an address that will not be opened: {address}")]
    UnsafeAddress {
        /// The address, as written.
        address: String,
    },
    /// An address at which something secret would be handed over, without encryption (OAuth 2.1 section 1.5).
    #[error(
        "The sign-in service wants the sign-in to go over the network without encryption, to {address}. Others could read it on the way, so it is not begun."
    )]
    Unencrypted {
        /// The address, as written.
        address: String,
    },
    /// The server's metadata is about a server elsewhere (RFC 9728 section 3.3): a token for that one would be handed to this one.
    #[error(
        "The server says that it is {named}, which is somewhere else. A sign-in would be for that server, so it is not begun."
    )]
    ElsewhereResource {
        /// What it calls itself, as written.
        named: String,
    },
    /// There is no way to introduce the app.
    #[error(
        "This app and this sign-in service share no way to be introduced: registration is off. Type in a client id that was set up there."
    )]
    NoIntroduction,
}

impl Plan {
    /// What a client would do, by what a diagnosis saw.
    ///
    /// # Errors
    /// When the evidence does not lead to a sign-in page that may be opened.
    pub fn of(evidence: &Evidence, wish: &Wish) -> Result<Self, NotPossible> {
        let engine = wish.client.and_then(ClientId::engine);
        let guess = engine.and_then(|engine| discovery::guessed_service(engine, evidence));
        let guessed = guess.is_some();
        let metadata = evidence.server_metadata_read().or(guess).ok_or(NotPossible::NoSignInService)?;
        let elsewhere = |named: &str| match (Url::parse(named.trim()), &evidence.subject.server) {
            (Ok(named), Some(server)) => named.origin() != server.origin(),
            _ => false,
        };
        if let Some(named) = evidence.resource_metadata_read().and_then(|read| read.resource().map(str::to_owned))
            && elsewhere(&named)
        {
            return Err(NotPossible::ElsewhereResource { named });
        }
        let introduction = Introduction::of(wish.client);
        let mut notes = Vec::new();
        if guessed {
            notes.push(
                "No document of this server says where to sign in. This client then guesses addresses at the server itself \
                 (/authorize, /token, /register), and so does this sign-in."
                    .to_owned(),
            );
        }
        let loopback = introduction.loopback.unwrap_or_else(|| {
            notes.push(
                "This client comes back to its maker's cloud. The app comes back to this computer instead: whether the \
                 client's own address is allowed shows only there."
                    .to_owned(),
            );
            Loopback { host: "127.0.0.1", port: None, path: "/callback" }
        });
        let identity =
            introduction.identity(&metadata, wish.client_id.as_deref()).ok_or(NotPossible::NoIntroduction)?;
        let issuer = metadata.text("issuer").map(str::to_owned).or_else(|| evidence.issuers().into_iter().next());
        let scope = match &wish.scope {
            Some(scope) => Some(scope.clone()).filter(|scope| !scope.trim().is_empty()),
            None => introduction::scopes(engine, evidence),
        };
        let server = evidence.subject.server.as_ref();
        let address = |text: &str| web_address(text).and_then(|url| private(url, server));
        let optional = |name: &str| metadata.text(name).and_then(|text| address(text).ok());
        let needed = |name: &'static str, words: &'static str| {
            metadata.text(name).ok_or(NotPossible::NoEndpoint(words)).and_then(address)
        };
        Ok(Self {
            identity,
            registered: None,
            client_secret: wish.client_secret.clone(),
            issuer: issuer.unwrap_or_default(),
            guessed,
            promises_iss: metadata.member("authorization_response_iss_parameter_supported")
                == Some(&serde_json::Value::Bool(true)),
            authorization_endpoint: needed("authorization_endpoint", "sign-in page")?,
            token_endpoint: needed("token_endpoint", "token endpoint")?,
            registration_endpoint: optional("registration_endpoint"),
            revocation_endpoint: optional("revocation_endpoint"),
            token_auth_methods: metadata.list("token_endpoint_auth_methods_supported").unwrap_or_default(),
            loopback,
            scope,
            resource: introduction::resource(engine, evidence),
            wait: wish.wait,
            introduction,
            notes,
        })
    }

    /// The plan as a person reads it.
    pub fn shown(&self) -> PlanShown {
        let scopes: Vec<String> =
            self.scope.iter().flat_map(|scope| scope.split_whitespace()).map(str::to_owned).collect();
        let port = self.loopback.port.map_or_else(|| "<a free port>".to_owned(), |port| port.to_string());
        PlanShown {
            client: self.introduction.client,
            identity: self.identity.clone(),
            sign_in_host: self.authorization_endpoint.host_str().unwrap_or_default().to_owned(),
            issuer: self.issuer.clone(),
            stays_signed_in: scopes.iter().any(|scope| scope == "offline_access"),
            scopes,
            resource: self.resource.clone(),
            registers: self.identity == Identity::Registration,
            comes_back_to: format!("http://{}:{port}{}", self.loopback.host, self.loopback.path),
            notes: self.notes.clone(),
        }
    }
}

/// An address that may be opened or called: http(s), with a host, without a password in it.
pub(crate) fn web_address(text: &str) -> Result<Url, NotPossible> {
    let refuse = || NotPossible::UnsafeAddress { address: text.chars().take(200).collect() };
    let url = Url::parse(text.trim()).map_err(|_| refuse())?;
    let fine = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none();
    if fine { Ok(url) } else { Err(refuse()) }
}

/// An address that nobody on the way can read along at: encrypted, on this computer, or at the server's own origin, which the
/// person typed.
fn private(url: Url, server: Option<&Url>) -> Result<Url, NotPossible> {
    let own = server.is_some_and(|server| server.origin() == url.origin());
    if url.scheme() == "https" || own || is_loopback(&url) {
        return Ok(url);
    }
    Err(NotPossible::Unencrypted { address: url.as_str().chars().take(200).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_secret_goes_over_a_network_in_the_clear() {
        let server: Url = "http://nas.home:8000/mcp".parse().expect("a URL");
        let private = |text: &str| private(text.parse().expect("a URL"), Some(&server));
        for text in [
            "https://auth.example.com/token",
            "http://localhost:9000/token",
            "http://127.0.0.2/token",
            "http://[::1]:1/token",
            "http://nas.home:8000/token",
        ] {
            assert!(private(text).is_ok(), "{text}");
        }
        for text in ["http://auth.example.com/token", "http://nas.home/token", "http://192.168.1.2/token"] {
            assert!(matches!(private(text), Err(NotPossible::Unencrypted { .. })), "{text}");
        }
    }

    #[test]
    fn only_web_addresses_are_opened() {
        for text in [
            "javascript:alert(1)",
            "file:///etc/passwd",
            "http://a:$(calc.exe)@h/",
            "smb://h/x",
            "-flag",
            "",
            "ms-settings:",
        ] {
            assert!(matches!(web_address(text), Err(NotPossible::UnsafeAddress { .. })), "{text}");
        }
        assert!(web_address("https://auth.example.com/authorize?x=1").is_ok());
    }
}

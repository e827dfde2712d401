//! What is being diagnosed: the words the user gave, understood.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::clients::ClientId;
use crate::framework::Framework;
use crate::messages::Said;
use crate::pasted::Understood;
use crate::redact::Masked;

/// What is being diagnosed.
#[derive(Clone, Serialize)]
pub struct Subject {
    /// The server's URL as the client calls it. `None` when only this computer is looked at.
    pub server: Option<Url>,
    /// The URL exactly as it was typed or configured, before parsing: slashes matter.
    pub typed: String,
    /// The client that the user asks about. `None`: judge for all.
    pub client: Option<ClientId>,
    /// At what stage it fails, as far as the user has said.
    pub symptom: Symptom,
    /// The origin of a browser client, e.g. `http://localhost:6274`.
    pub origin: Option<String>,
    /// What the pasted message or log says, the most telling first.
    pub said: Vec<Said>,
    /// A message of trouble was given, and nothing in it is known here.
    pub unheard: bool,
    /// What the server is built with, as the user answered. `None`: not asked, or not known.
    pub framework: Option<Framework>,
    /// An id that somebody set up for the client at the sign-in service, as the user gave it.
    pub client_id: Option<String>,
}

/// An address may hold a password or a key.
impl fmt::Debug for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Subject")
            .field("server", &self.server.as_ref().map(|url| Masked(url.as_str())))
            .field("typed", &Masked(&self.typed))
            .field("client", &self.client)
            .field("symptom", &self.symptom)
            .field("origin", &self.origin.as_deref().map(Masked))
            .field("said", &self.said)
            .field("unheard", &self.unheard)
            .field("framework", &self.framework)
            .field("client_id", &self.client_id.as_deref().map(Masked))
            .finish()
    }
}

impl Subject {
    /// A server and nothing else.
    pub fn server(url: Url) -> Self {
        Self { typed: url.to_string(), server: Some(url), ..Self::nothing() }
    }

    /// No server: only this computer, or what a message says.
    pub fn nothing() -> Self {
        Self {
            server: None,
            typed: String::new(),
            client: None,
            symptom: Symptom::NotSure,
            origin: None,
            said: Vec::new(),
            unheard: false,
            framework: None,
            client_id: None,
        }
    }

    /// Takes over what a pasted message says. What the user said themselves stays.
    pub fn hear(&mut self, understood: &Understood) {
        if matches!(understood, Understood::Unclear { .. }) {
            self.unheard = true;
        }
        let Understood::Message { said, troubled, client, origin, symptom, .. } = understood else { return };
        self.unheard |= *troubled && said.is_empty();
        for one in said {
            if self.said.iter().all(|known| known.message != one.message) {
                self.said.push(one.clone());
            }
        }
        self.client = self.client.or(*client);
        self.origin = self.origin.take().or_else(|| origin.clone());
        if self.symptom == Symptom::NotSure {
            self.symptom = symptom.unwrap_or_default();
        }
    }

    /// The host that the user typed is loopback (`localhost`, `127.0.0.0/8`, `::1`).
    pub fn is_loopback(&self) -> bool {
        self.server.as_ref().is_some_and(is_loopback)
    }
}

/// Whether a URL's host is this computer by its name alone.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            name == "localhost" || name.ends_with(".localhost")
        }
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback() || ip.to_ipv4_mapped().is_some_and(|ip| ip.is_loopback()),
        None => false,
    }
}

/// The first question, *At what stage does it fail?*, and its answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum Symptom {
    /// Before or while connecting.
    Connecting,
    /// After connecting, when a tool is called.
    CallingTool,
    /// The browser never opens.
    BrowserNeverOpens,
    /// Works in one client and not in another.
    WorksElsewhere,
    /// Not sure: check everything.
    #[default]
    NotSure,
}

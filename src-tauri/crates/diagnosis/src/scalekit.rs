//! What is known about Scalekit, in one place: how it is recognised from outside, what its identifiers mean, and what its
//! dashboard calls the pages that a fix has to name.
//!
//! Scalekit is moving the issuer of its tokens from the environment's root to the resource-scoped form. Both are right; see
//! [`is_right_issuer`].

use url::Url;

use crate::evidence::{Evidence, Purpose};
use crate::framework::Framework;
use crate::oauth::server_metadata;

/// What an environment looks like from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recognised {
    /// The environment's URL without a trailing slash, e.g. `https://acme.scalekit.com`.
    pub environment: Option<String>,
    /// The MCP server's id there, e.g. `res_123`.
    pub resource_id: Option<String>,
    /// Each signal that was seen, in plain words. Two or more are certain, one is strong.
    pub signals: Vec<&'static str>,
}

impl Recognised {
    /// More than one signal was seen.
    pub fn is_certain(&self) -> bool {
        self.signals.len() > 1
    }
}

/// Whether the server is secured with Scalekit, by what it and its sign-in service publish. `None`: no sign of it.
pub fn recognise(evidence: &Evidence) -> Option<Recognised> {
    let mut signals = Vec::new();
    let issuers = evidence.issuers();
    if issuers.iter().any(|issuer| resource_id_of(issuer).is_some()) {
        signals.push("the resource metadata names a sign-in service of the form …/resources/res_…");
    }
    if issuers.iter().any(|issuer| is_scalekit_host(issuer)) {
        signals.push("the sign-in service stands on a Scalekit domain");
    }
    let metadata = evidence.server_metadata_read();
    let member = |name: &str| metadata.as_ref().and_then(|read| read.text(name)).map(str::to_owned);
    if member("registration_endpoint").is_some_and(|url| is_registration_endpoint(&url)) {
        signals.push("registration has Scalekit's address (/api/v1/resources/res_…/clients:register)");
    }
    let keys = evidence.answer(&Purpose::Jwks).and_then(|answer| answer.body.json().ok());
    let signed_by_scalekit = keys.and_then(|keys| keys.get("keys")?.as_array()).is_some_and(|keys| {
        keys.iter().any(|key| key.get("kid").and_then(|kid| kid.as_str()).is_some_and(|kid| kid.starts_with("snk_")))
    });
    if signed_by_scalekit {
        signals.push("the keys carry Scalekit's ids (snk_…)");
    }
    let copy = [crate::evidence::Place::Path, crate::evidence::Place::Root].into_iter().find_map(|place| {
        let answer = evidence.answer(&Purpose::OwnServerMetadata { place }).filter(|answer| answer.status == 200)?;
        server_metadata::read(answer).text("issuer").map(str::to_owned)
    });
    if copy.as_deref().is_some_and(|issuer| environment_of(issuer).is_some()) {
        signals.push("the MCP server serves a copy of Scalekit's metadata");
    }
    if signals.is_empty() {
        return None;
    }
    let mut names: Vec<String> = issuers;
    names.extend(member("issuer"));
    names.extend(member("registration_endpoint"));
    names.extend(copy);
    Some(Recognised {
        environment: names.iter().find_map(|name| environment_of(name)),
        resource_id: names.iter().find_map(|name| resource_id_of(name).map(str::to_owned)),
        signals,
    })
}

/// Whether another service signs people in: its metadata was read, and nothing that was seen or given speaks of Scalekit.
pub fn is_elsewhere(evidence: &Evidence) -> bool {
    let was_read = evidence.server_metadata_read().is_some_and(|read| read.text("issuer").is_some());
    let of_token = || {
        let token = evidence.token.as_ref()?.value()?;
        environment_of(token.issuer()?)
    };
    was_read
        && evidence.subject.framework.is_none_or(|framework| {
            matches!(framework, Framework::TypescriptSdk | Framework::PythonSdk | Framework::Other)
        })
        && evidence.settings.is_none()
        && evidence.dashboard.is_none()
        && of_token().is_none()
        && recognise(evidence).is_none()
}

/// The environment that an issuer (either form) or another Scalekit address belongs to, without a trailing slash. For a domain
/// of the customer's own only the resource-scoped form gives it away.
pub fn environment_of(issuer: &str) -> Option<String> {
    let url = Url::parse(issuer.trim()).ok().filter(|url| url.has_host())?;
    (resource_id_of(issuer).is_some() || is_scalekit_host(issuer)).then(|| url.origin().ascii_serialization())
}

/// The id of the MCP server (`res_…`) in an issuer or another Scalekit address.
pub fn resource_id_of(address: &str) -> Option<&str> {
    let start = address.find("/resources/res_")? + "/resources/".len();
    let id = &address[start..];
    let end = id.find(['/', '?', '#', ':']).unwrap_or(id.len());
    (id[..end].len() > "res_".len()).then_some(&id[..end])
}

/// The issuer is the environment itself instead of one MCP server in it.
pub fn is_environment_root(issuer: &str) -> bool {
    is_scalekit_host(issuer) && Url::parse(issuer.trim()).is_ok_and(|url| url.path().trim_matches('/').is_empty())
}

/// Whether an issuer is right where the resource metadata names `named`: the same, or the other of Scalekit's two forms for
/// the same environment and MCP server.
pub fn is_right_issuer(issuer: &str, named: &str) -> bool {
    if issuer == named {
        return true;
    }
    let (Some(have), Some(want)) = (environment_of(named), origin(issuer)) else { return false };
    if have != want {
        return false;
    }
    match (resource_id_of(issuer), resource_id_of(named)) {
        (Some(a), Some(b)) => a == b && issuer.trim_end_matches('/') == issuer,
        (None, _) => issuer == have,
        (Some(_), None) => true,
    }
}

/// The address at which Scalekit registers clients for one MCP server.
pub fn is_registration_endpoint(url: &str) -> bool {
    url.contains("/api/v1/resources/res_") && url.trim_end_matches('/').ends_with("/clients:register")
}

fn is_scalekit_host(address: &str) -> bool {
    Url::parse(address.trim()).ok().and_then(|url| url.host_str().map(str::to_ascii_lowercase)).is_some_and(|host| {
        [".scalekit.dev", ".scalekit.com", ".scalekit.cloud"].iter().any(|domain| host.ends_with(domain))
    })
}

fn origin(address: &str) -> Option<String> {
    Url::parse(address.trim()).ok().filter(|url| url.has_host()).map(|url| url.origin().ascii_serialization())
}

/// What an identifier of Scalekit stands for, by its prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdKind {
    /// `res_…`: an MCP server.
    Resource,
    /// `conn_…`: a connection to a login provider.
    Connection,
    /// `skc_…`, `prd_skc_…`: an API credential, for the server's own calls.
    ApiCredential,
    /// `m2m_…`: a registered client.
    Client,
    /// `m2morg_…`: a client of one organization.
    OrganizationClient,
    /// `usr_…`.
    User,
    /// `org_…`.
    Organization,
    /// `ses_…`.
    Session,
    /// `tkn_…`.
    Token,
    /// `snk_…`: a signing key.
    Key,
}

impl IdKind {
    /// The kind of an identifier. `None`: not one of Scalekit's.
    pub fn of(id: &str) -> Option<Self> {
        let id = id.trim();
        let (prefix, rest) = match id.strip_prefix("prd_skc_") {
            Some(rest) => ("skc", rest),
            None => id.split_once('_')?,
        };
        let kind = match prefix {
            "res" => Self::Resource,
            "conn" => Self::Connection,
            "skc" => Self::ApiCredential,
            "m2m" => Self::Client,
            "m2morg" => Self::OrganizationClient,
            "usr" => Self::User,
            "org" => Self::Organization,
            "ses" => Self::Session,
            "tkn" => Self::Token,
            "snk" => Self::Key,
            _ => return None,
        };
        (!rest.is_empty() && rest.chars().all(|character| character.is_ascii_alphanumeric())).then_some(kind)
    }

    /// What it stands for, with its article.
    pub fn words(self) -> &'static str {
        match self {
            Self::Resource => "the id of an MCP server",
            Self::Connection => "the id of a login connection",
            Self::ApiCredential => "an API credential for the server's own calls",
            Self::Client => "the id of a registered client",
            Self::OrganizationClient => "the id of a client of one organization",
            Self::User => "the id of a user",
            Self::Organization => "the id of an organization",
            Self::Session => "the id of a session",
            Self::Token => "the id of a token",
            Self::Key => "the id of a signing key",
        }
    }
}

/// A page of the dashboard, so that every fix names it in the same words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the dashboard's")]
pub enum Page {
    MetadataJson,
    ServerUrl,
    Scopes,
    AccessTokenLifetime,
    Registration,
    ConnectionId,
    Clients,
    Consents,
    CallbackUrls,
    Logs,
    ApiCredentials,
}

impl Page {
    /// The way to it. Where the dashboard was rearranged, both names are given.
    pub fn name(self) -> &'static str {
        match self {
            Self::MetadataJson => "Dashboard > MCP Servers > Your Server > Metadata JSON",
            Self::ServerUrl => "Dashboard > MCP Servers > Your Server > Server URL",
            Self::Scopes => "Dashboard > MCP Servers > Your Server > Scopes",
            Self::AccessTokenLifetime => "Dashboard > MCP Servers > Your Server > Access token lifetime",
            Self::Registration => {
                "Dashboard > MCP Servers > Your Server > Advanced settings (newer: Advanced Configurations), Dynamic client registration and Client ID metadata document"
            }
            Self::ConnectionId => {
                "Dashboard > MCP Servers > Your Server > Advanced settings (newer: Advanced Configurations), Connection ID"
            }
            Self::Clients => "Dashboard > MCP Servers > Your Server > Clients",
            Self::Consents => "Dashboard > MCP Servers > Your Server > Consents",
            Self::CallbackUrls => {
                "Dashboard > Authentication > Redirects (older: Redirect URLs) > Allowed Callback URLs"
            }
            Self::Logs => "Dashboard > Authentication > Logs (also called Auth Logs; set the filter to show failures)",
            Self::ApiCredentials => "Dashboard > Settings > API Credentials",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    #[test]
    fn the_sample_is_recognised_and_a_stranger_is_not() {
        let seen = recognise(Sample::healthy().evidence()).expect("Scalekit");
        assert!(seen.is_certain(), "{seen:?}");
        assert_eq!(seen.environment.as_deref(), Some("https://acme.scalekit.com"));
        assert_eq!(seen.resource_id.as_deref(), Some("res_123"));
        let stranger = Sample::unseen("https://mcp.example.com/mcp");
        assert_eq!(recognise(stranger.evidence()), None);
    }

    #[test]
    fn both_issuer_forms_are_right_and_others_are_not() {
        let named = "https://auth.example.com/resources/res_1";
        assert!(is_right_issuer("https://auth.example.com/resources/res_1", named));
        assert!(is_right_issuer("https://auth.example.com", named));
        for wrong in [
            "https://auth.example.com/",
            "https://auth.example.com/resources/res_2",
            "https://other.example.com",
            "https://auth.example.com/resources/res_1/",
        ] {
            assert!(!is_right_issuer(wrong, named), "{wrong}");
        }
        assert!(!is_right_issuer("https://a.example.com", "https://a.example.com/tenant"));
    }

    #[test]
    fn identifiers_say_what_they_are() {
        assert_eq!(IdKind::of("prd_skc_12"), Some(IdKind::ApiCredential));
        assert_eq!(IdKind::of("conn_12"), Some(IdKind::Connection));
        assert_eq!(IdKind::of("https://claude.ai/x_y"), None);
        assert_eq!(resource_id_of("https://a.b/resources/res_9/oauth/token"), Some("res_9"));
        assert_eq!(resource_id_of("https://a.b/api/v1/resources/res_9/clients:register"), Some("res_9"));
        assert_eq!(resource_id_of("https://a.b/resources/res_"), None);
        assert!(is_environment_root("https://acme.scalekit.dev/") && !is_environment_root("https://a.b/"));
    }
}

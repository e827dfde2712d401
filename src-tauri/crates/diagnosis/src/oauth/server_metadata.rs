//! Authorization-server metadata (RFC 8414, OpenID Connect Discovery), read leniently.

use serde_json::Value;
use url::Url;

use crate::evidence::{Answer, JsonFault};
use crate::oauth::resource_metadata::strings;

/// What an answer that should be authorization-server metadata holds.
#[derive(Debug, Clone)]
pub struct ServerMetadata {
    /// The whole document, or why it is not JSON.
    pub document: Result<Value, JsonFault>,
}

/// Reads an answer of any kind.
pub fn read(answer: &Answer) -> ServerMetadata {
    ServerMetadata { document: answer.body.json().cloned().map_err(Clone::clone) }
}

/// Scopes about the person and the session (OpenID Connect Core sections 5.4 and 11), and those under which services offer single
/// claims about the person. Many services publish these alone, whatever else they know (RFC 8414 section 2 lets them).
const GENERAL: [&str; 21] = [
    "openid",
    "profile",
    "email",
    "address",
    "phone",
    "offline_access",
    "online_access",
    "device_sso",
    "groups",
    "name",
    "given_name",
    "family_name",
    "nickname",
    "email_verified",
    "picture",
    "created_at",
    "identities",
    "username",
    "phone_number",
    "aws.cognito.signin.user.admin",
    "user_impersonation",
];

impl ServerMetadata {
    /// The scopes that the service lists, when the list tells something about those of its servers: a list of scopes about the
    /// person alone says nothing about any other.
    pub fn server_scopes(&self) -> Option<Vec<String>> {
        self.list("scopes_supported").filter(|list| list.iter().any(|scope| !GENERAL.contains(&scope.as_str())))
    }

    /// The document as an object.
    pub fn object(&self) -> Option<&serde_json::Map<String, Value>> {
        self.document.as_ref().ok()?.as_object()
    }

    /// A member as it stands, whatever its type.
    pub fn member(&self, name: &str) -> Option<&Value> {
        self.object()?.get(name)
    }

    /// A member when it is a string.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.member(name)?.as_str()
    }

    /// A member when it is an http(s) URL.
    pub fn endpoint(&self, name: &str) -> Option<Url> {
        Url::parse(self.text(name)?).ok().filter(|url| matches!(url.scheme(), "http" | "https"))
    }

    /// A member when it is a list of strings.
    pub fn list(&self, name: &str) -> Option<Vec<String>> {
        strings(self.member(name)?)
    }
}

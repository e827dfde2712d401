//! Protected-resource metadata (RFC 9728), read leniently.

use serde_json::Value;

use crate::evidence::{Answer, JsonFault};

/// What an answer that should be protected-resource metadata holds.
#[derive(Debug, Clone)]
pub struct ResourceMetadata {
    /// The whole document, or why it is not JSON.
    pub document: Result<Value, JsonFault>,
}

/// Reads an answer of any kind.
pub fn read(answer: &Answer) -> ResourceMetadata {
    ResourceMetadata { document: answer.body.json().cloned().map_err(Clone::clone) }
}

impl ResourceMetadata {
    /// The document as an object.
    pub fn object(&self) -> Option<&serde_json::Map<String, Value>> {
        self.document.as_ref().ok()?.as_object()
    }

    /// A member as it stands, whatever its type.
    pub fn member(&self, name: &str) -> Option<&Value> {
        self.object()?.get(name)
    }

    /// The `resource` member when it is a string.
    pub fn resource(&self) -> Option<&str> {
        self.member("resource")?.as_str()
    }

    /// The strings in `authorization_servers`, as written. A single string instead of a list is read too: SDKs refuse it, and
    /// a check says so, but the rest of the diagnosis can go on.
    pub fn authorization_servers(&self) -> Vec<String> {
        match self.member("authorization_servers") {
            Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            Some(Value::String(one)) => vec![one.clone()],
            _ => Vec::new(),
        }
    }

    /// The strings in `scopes_supported`.
    pub fn scopes_supported(&self) -> Option<Vec<String>> {
        strings(self.member("scopes_supported")?)
    }
}

/// A JSON list of strings; anything else in it is left out.
pub(crate) fn strings(value: &Value) -> Option<Vec<String>> {
    Some(value.as_array()?.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

//! What the dashboard of the sign-in service shows for a server, as a person copies it: `Name: value` lines, names and values on
//! lines of their own, or JSON. Only what matters for signing in is kept, and nothing of it is secret.

use serde::Serialize;
use serde_json::Value;
use url::Url;

use crate::computer::servers::without_password;
use crate::scalekit::{IdKind, environment_of, resource_id_of};

/// More than this is no page of a dashboard.
const MOST: usize = 256 * 1024;
/// More entries of one list are not kept.
const LONGEST: usize = 200;

/// What a dashboard shows for one server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Dashboard {
    /// The id of the server there (`res_…`).
    pub resource_id: Option<String>,
    /// The server's address, exactly as written.
    pub server_url: Option<String>,
    /// The address of the environment.
    pub environment: Option<String>,
    /// The issuer, when the metadata itself was copied.
    pub issuer: Option<String>,
    /// The permissions; `None` when the page does not show them.
    pub scopes: Option<Vec<String>>,
    /// The allowed return addresses; `None` when the page does not show them.
    pub callback_urls: Option<Vec<String>>,
}

/// There is nothing of a dashboard in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("nothing that the dashboard shows was found in it, such as \"Resource ID\", \"Server URL\" or \"Scopes\"")]
pub struct NoDashboard;

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    ResourceId,
    ServerUrl,
    Environment,
    Issuer,
    Scopes,
    Callbacks,
    Metadata,
}

impl Field {
    /// By its name, however it is written.
    fn named(name: &str) -> Option<Self> {
        let bare: String =
            name.chars().filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_lowercase()).take(60).collect();
        Some(match bare.as_str() {
            "resourceid" | "mcpserverid" | "serverid" | "scalekitresourceid" | "mcpserverresourceid" => {
                Self::ResourceId
            }
            "serverurl" | "mcpserverurl" | "resource" | "resourceurl" | "resourceidentifier" => Self::ServerUrl,
            "environmenturl" | "envurl" | "scalekitenvironmenturl" | "environmentdomain" | "environment" => {
                Self::Environment
            }
            "issuer" | "authorizationserver" | "authorizationservers" => Self::Issuer,
            "scopes" | "scope" | "permissions" | "scopessupported" => Self::Scopes,
            "allowedcallbackurls"
            | "allowedcallbackurl"
            | "callbackurls"
            | "callbackurl"
            | "redirecturis"
            | "redirecturi"
            | "allowedredirecturis"
            | "redirecturls"
            | "allowedredirecturls" => Self::Callbacks,
            "metadatajson" | "metadata" | "protectedresourcemetadata" => Self::Metadata,
            _ => return None,
        })
    }
}

/// Reads what was copied from a dashboard.
///
/// # Errors
/// When nothing of it is known.
pub fn read(text: &str) -> Result<Dashboard, NoDashboard> {
    if text.len() > MOST {
        return Err(NoDashboard);
    }
    let text = text.trim_start_matches('\u{feff}').trim();
    let mut dashboard = Dashboard::default();
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(members)) => members.iter().for_each(|(name, value)| dashboard.take_json(name, value)),
        _ => dashboard.take_lines(text),
    }
    if dashboard == Dashboard::default() { Err(NoDashboard) } else { Ok(dashboard) }
}

impl Dashboard {
    /// The environment that it names, in whatever way.
    pub fn environment(&self) -> Option<String> {
        let named = self.environment.as_deref().and_then(origin);
        named.or_else(|| environment_of(self.issuer.as_deref()?))
    }

    /// The server's id that it names, in whatever way.
    pub fn resource_id(&self) -> Option<&str> {
        self.resource_id.as_deref().or_else(|| resource_id_of(self.issuer.as_deref()?))
    }

    fn take_json(&mut self, name: &str, value: &Value) {
        let Some(field) = Field::named(name) else {
            // A page or an answer may wrap what counts in one more object.
            if let Value::Object(inner) = value {
                inner
                    .iter()
                    .filter(|(_, value)| !value.is_object())
                    .for_each(|(name, value)| self.take_json(name, value));
            }
            return;
        };
        match value {
            Value::String(text) => self.take(field, text),
            Value::Array(items) => {
                let texts: Vec<&str> = items
                    .iter()
                    .filter_map(|item| item.as_str().or_else(|| item.get("name").or(item.get("url"))?.as_str()))
                    .collect();
                if texts.is_empty() {
                    self.open(field);
                }
                texts.into_iter().for_each(|text| self.take(field, text));
            }
            Value::Object(inner) => inner.iter().for_each(|(name, value)| self.take_json(name, value)),
            _ => {}
        }
    }

    fn take_lines(&mut self, text: &str) {
        let mut under = None;
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let line = line.trim().trim_start_matches(['-', '*', '•']).trim();
            if line.is_empty() {
                continue;
            }
            // `{` begins the metadata that stands below its name.
            if line.starts_with('{') {
                let rest: String = std::iter::once(line).chain(lines.by_ref()).collect::<Vec<_>>().join("\n");
                let document = serde_json::Deserializer::from_str(&rest).into_iter::<Value>().next();
                if let Some(Ok(Value::Object(members))) = document {
                    members.iter().for_each(|(name, value)| self.take_json(name, value));
                }
                return;
            }
            if let Some((field, value)) = named(line) {
                under = Some(field);
                if value.is_empty() { self.open(field) } else { self.take(field, value) }
            } else if let Some(field) = under {
                self.take(field, line);
                if !matches!(field, Field::Scopes | Field::Callbacks) {
                    under = None;
                }
            }
        }
    }

    /// A list that is shown and may be empty.
    fn open(&mut self, field: Field) {
        match field {
            Field::Scopes => drop(self.scopes.get_or_insert_default()),
            Field::Callbacks => drop(self.callback_urls.get_or_insert_default()),
            _ => {}
        }
    }

    fn take(&mut self, field: Field, text: &str) {
        let text = text.trim().trim_matches(['"', '\'', '`']);
        match field {
            Field::ResourceId => {
                // An id of another kind is kept as well: that it is one is what a person wants to hear.
                let id =
                    Some(text).filter(|text| IdKind::of(text).is_some() && text.len() <= 100 && !text.contains(' '));
                self.resource_id = id.map(str::to_owned).or(self.resource_id.take());
            }
            Field::ServerUrl => self.server_url = address(text).or(self.server_url.take()),
            Field::Environment => {
                let with_scheme = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
                let known = text.contains('.').then(|| address(&with_scheme)).flatten();
                self.environment = known.or(self.environment.take());
            }
            Field::Issuer => self.issuer = self.issuer.take().or_else(|| address(text)),
            Field::Scopes => {
                let scopes = self.scopes.get_or_insert_default();
                // A description may stand beside a name: only what a scope may be (RFC 6749 section 3.3) is one.
                let words = text.split([',', ' ', '\t']).map(|word| word.trim().trim_matches(['"', '[', ']']));
                for word in words.filter(|word| is_scope(word)) {
                    if scopes.len() < LONGEST && !scopes.iter().any(|have| have == word) {
                        scopes.push(word.to_owned());
                    }
                }
            }
            Field::Callbacks => {
                let urls = self.callback_urls.get_or_insert_default();
                for word in text.split([',', ' ', '\t']).filter(|word| word.contains("://")) {
                    let url = without_password(word.trim_matches(['"', '[', ']']));
                    if urls.len() < LONGEST && !urls.contains(&url) {
                        urls.push(url);
                    }
                }
            }
            Field::Metadata => {
                if let Ok(Value::Object(members)) = serde_json::from_str(text) {
                    members.iter().for_each(|(name, value)| self.take_json(name, value));
                }
            }
        }
    }
}

/// A line that begins with a known name, and what stands after it. Settings (`SERVER_URL=…`) are another matter.
fn named(line: &str) -> Option<(Field, &str)> {
    if let Some(field) = Field::named(line).filter(|_| !line.contains([':', '=', '/'])) {
        return Some((field, ""));
    }
    let (name, value) = line.split_once([':', '\t']).or_else(|| line.split_once(" = "))?;
    Some((Field::named(name)?, value.trim()))
}

fn address(text: &str) -> Option<String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())?;
    let plain = url.username().is_empty() && url.password().is_none() && text.len() <= 2_000;
    plain.then(|| text.to_owned())
}

fn origin(address: &str) -> Option<String> {
    Url::parse(address).ok().map(|url| url.origin().ascii_serialization())
}

fn is_scope(word: &str) -> bool {
    let allowed = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\\' | ',');
    let ordinary_word = word.chars().next().is_some_and(char::is_uppercase) || word.ends_with(['.', ':', ';']);
    !word.is_empty() && word.len() <= 200 && word.chars().all(allowed) && !ordinary_word
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole() -> Dashboard {
        Dashboard {
            resource_id: Some("res_123".to_owned()),
            server_url: Some("https://mcp.example.com/mcp/".to_owned()),
            environment: Some("https://acme.scalekit.com".to_owned()),
            issuer: None,
            scopes: Some(vec!["todo:read".to_owned(), "todo:write".to_owned()]),
            callback_urls: Some(vec!["http://localhost:6274/oauth/callback".to_owned(), "cursor://x/y".to_owned()]),
        }
    }

    #[test]
    fn lines_are_read_however_they_were_copied() {
        let beside = "Resource ID: res_123\nServer URL:  https://mcp.example.com/mcp/\nEnvironment URL: acme.scalekit.com\n\
                      Scopes: todo:read, todo:write\nAllowed Callback URLs: http://localhost:6274/oauth/callback, cursor://x/y\n\
                      Access token lifetime: 300\n";
        assert_eq!(read(beside).map(|read| read.environment()), Ok(Some("https://acme.scalekit.com".to_owned())));
        assert_eq!(read(beside), Ok(whole()));
        let below = "MCP Server\nResource ID\nres_123\n\nServer URL\nhttps://mcp.example.com/mcp/\nEnvironment URL\nhttps://acme.scalekit.com\n\
                     Scopes\n- todo:read\n- todo:write\nAllowed Callback URLs\nhttp://localhost:6274/oauth/callback\ncursor://x/y\n";
        assert_eq!(read(below), Ok(whole()));
        let tabs = "resource_id\tres_123\nserver_url\thttps://mcp.example.com/mcp/\nenvironment_url\thttps://acme.scalekit.com\n\
                    scopes\ttodo:read todo:write\nredirect_uris\thttp://localhost:6274/oauth/callback cursor://x/y\n";
        assert_eq!(read(tabs), Ok(whole()));
    }

    #[test]
    fn json_is_read_as_the_page_and_as_the_metadata() {
        let page = r#"{"data":{"resource_id":"res_123","server_url":"https://mcp.example.com/mcp/"},"environment_url":"https://acme.scalekit.com",
            "scopes":[{"name":"todo:read"},{"name":"todo:write"}],"allowed_callback_urls":["http://localhost:6274/oauth/callback","cursor://x/y"]}"#;
        assert_eq!(read(page), Ok(whole()));
        let metadata = r#"Metadata JSON
            {"resource":"https://mcp.example.com/mcp/","authorization_servers":["https://acme.scalekit.com/resources/res_123"],"scopes_supported":[]}"#;
        let read = read(metadata).expect("metadata");
        assert_eq!(
            (read.resource_id(), read.environment().as_deref()),
            (Some("res_123"), Some("https://acme.scalekit.com"))
        );
        assert_eq!((read.scopes, read.server_url.as_deref()), (Some(Vec::new()), Some("https://mcp.example.com/mcp/")));
    }

    #[test]
    fn settings_secrets_and_prose_are_no_dashboard() {
        for text in [
            "",
            "SCALEKIT_CLIENT_SECRET=canary\nMCP_URL=https://mcp.example.com/mcp",
            "Dear all, the server is down.",
            "{",
            "[]",
            "Client secret: canary",
        ] {
            assert_eq!(read(text), Err(NoDashboard), "{text}");
        }
        let kept = format!(
            "{:?}",
            read("Resource ID: res_1\nClient secret: canary-1\nServer URL: https://a:canary-2@b.example/\n")
        );
        assert!(!kept.contains("canary") && kept.contains("res_1"), "{kept}");
    }
}

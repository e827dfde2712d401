//! The settings of a server, as its owner pastes them: an `.env` file, shell exports, a compose file, JSON, a dashboard's list.
//!
//! Only settings that matter for signing in are kept. A secret's value is dropped while it is read: what remains is whether it is
//! there and whether it looks like something else.

use serde::Serialize;
use serde_json::Value;
use url::Url;

use crate::scalekit::IdKind;

/// More than this is no list of settings.
const MOST: usize = 512 * 1024;

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Settings {
    /// In the order in which they stand there. A later one of the same name wins, as in a shell.
    pub found: Vec<Setting>,
}

/// One setting that matters.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Setting {
    /// What it is for.
    pub role: Role,
    /// Its name as written.
    pub name: String,
    /// Its value.
    pub value: SettingValue,
}

/// What a setting is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The address of the Scalekit environment.
    Environment,
    /// The name of the API credential.
    ClientId,
    /// Its secret.
    ClientSecret,
    /// The id of the MCP server in Scalekit.
    ResourceId,
    /// The MCP server's own public address.
    ServerUrl,
    /// The audience that tokens must have.
    Audience,
    /// The resource metadata to serve.
    Metadata,
}

/// The value of a setting.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum SettingValue {
    /// Safe to show.
    Text {
        /// As the server reads it: one pair of quotes is off.
        text: String,
        /// Quotes or spaces are part of the value.
        dirty: bool,
    },
    /// Not kept.
    Hidden {
        /// What it looks like, when that can be told from its first letters.
        looks_like: Option<IdKindName>,
    },
    /// Nothing stands there.
    Empty,
    /// It takes its value from elsewhere.
    Reference,
    /// An example that nobody filled in.
    Placeholder {
        /// As written.
        text: String,
    },
    /// Resource metadata.
    Document {
        /// Its `resource`.
        resource: Option<String>,
        /// Its `authorization_servers`.
        authorization_servers: Vec<String>,
    },
    /// Should be JSON and is not.
    Unreadable {
        /// Why, as the parser says.
        why: String,
    },
}

/// The kind of an identifier, by its words.
pub type IdKindName = &'static str;

/// There are no settings that matter in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no setting of a sign-in was found in it, such as SCALEKIT_ENVIRONMENT_URL or EXPECTED_AUDIENCE")]
pub struct NoSettings;

impl Settings {
    /// The setting that counts for this role: the last one.
    pub fn get(&self, role: Role) -> Option<&Setting> {
        self.found.iter().rev().find(|setting| setting.role == role)
    }

    /// Its text, when it has one that can be shown.
    pub fn text(&self, role: Role) -> Option<(&str, &str)> {
        let setting = self.get(role)?;
        match &setting.value {
            SettingValue::Text { text, .. } => Some((&setting.name, text)),
            _ => None,
        }
    }
}

/// Reads pasted settings.
///
/// # Errors
/// When nothing that matters is in the text.
pub fn read(text: &str) -> Result<Settings, NoSettings> {
    if text.len() > MOST {
        return Err(NoSettings);
    }
    let text = text.trim_start_matches('\u{feff}');
    let mut pairs = Vec::new();
    match serde_json::from_str::<Value>(text.trim()) {
        Ok(value @ (Value::Object(_) | Value::Array(_))) => from_json(&value, &mut pairs, 0),
        _ => from_lines(text, &mut pairs),
    }
    let found: Vec<Setting> = pairs
        .into_iter()
        .filter_map(|(name, raw)| role(&name).map(|role| Setting { role, value: value(role, &raw), name }))
        .collect();
    if found.is_empty() { Err(NoSettings) } else { Ok(Settings { found }) }
}

/// What a name stands for. FastMCP reads the same settings under a longer prefix.
fn role(name: &str) -> Option<Role> {
    let upper = name.to_ascii_uppercase();
    let name = upper
        .strip_prefix("FASTMCP_SERVER_AUTH_SCALEKITPROVIDER_")
        .map_or_else(|| upper.clone(), |rest| format!("SCALEKIT_{rest}"));
    // What builders of web pages want before a name.
    let name =
        ["NEXT_PUBLIC_", "VITE_", "REACT_APP_"].iter().find_map(|before| name.strip_prefix(before)).unwrap_or(&name);
    match name {
        "SK_ENV_URL"
        | "SK_ENVIRONMENT_URL"
        | "SCALEKIT_ENV_URL"
        | "SCALEKIT_ENVIRONMENT_URL"
        | "SCALEKIT_ENVIRONMENT"
        | "SCALEKIT_URL" => Some(Role::Environment),
        "SCALEKIT_CLIENT_ID" | "SK_CLIENT_ID" => Some(Role::ClientId),
        "SCALEKIT_CLIENT_SECRET" | "SK_CLIENT_SECRET" => Some(Role::ClientSecret),
        "SCALEKIT_RESOURCE_ID" | "SK_RESOURCE_ID" | "SCALEKIT_MCP_SERVER_ID" | "MCP_SERVER_ID" | "MCP_RESOURCE_ID" => {
            Some(Role::ResourceId)
        }
        "MCP_URL"
        | "MCP_SERVER_URL"
        | "MCP_BASE_URL"
        | "MCP_SERVER_BASE_URL"
        | "MCP_PUBLIC_URL"
        | "SCALEKIT_MCP_URL"
        | "SCALEKIT_BASE_URL" => Some(Role::ServerUrl),
        "EXPECTED_AUDIENCE"
        | "SK_EXPECTED_AUDIENCE"
        | "SCALEKIT_EXPECTED_AUDIENCE"
        | "SCALEKIT_AUDIENCE"
        | "MCP_AUDIENCE"
        | "JWT_AUDIENCE"
        | "OAUTH_AUDIENCE"
        | "TOKEN_AUDIENCE"
        | "AUTH_AUDIENCE"
        | "AUTH0_AUDIENCE" => Some(Role::Audience),
        "PROTECTED_RESOURCE_METADATA" => Some(Role::Metadata),
        _ => None,
    }
}

fn value(role: Role, raw: &str) -> SettingValue {
    let trimmed = raw.trim();
    if trimmed.is_empty() {
        return SettingValue::Empty;
    }
    if trimmed.starts_with("${")
        || trimmed.starts_with("$(")
        || trimmed.starts_with("{{")
        || is_plain_reference(trimmed)
        || is_kept_elsewhere(trimmed)
    {
        return SettingValue::Reference;
    }
    if role == Role::Metadata {
        return document(trimmed);
    }
    let kind = IdKind::of(trimmed.trim_matches(['"', '\'']));
    if role == Role::ClientSecret {
        if is_placeholder(trimmed) && trimmed.len() < 60 {
            return SettingValue::Placeholder { text: trimmed.to_owned() };
        }
        return SettingValue::Hidden { looks_like: kind.map(IdKind::words) };
    }
    // A password in an address, and a key in its query.
    if trimmed.contains(['@', '?']) {
        return SettingValue::Hidden { looks_like: None };
    }
    if is_placeholder(trimmed) {
        return SettingValue::Placeholder { text: trimmed.chars().take(120).collect() };
    }
    // A secret that stands under another name is not shown either: only what an address or an identifier looks like is.
    let address = Url::parse(trimmed.trim_matches(['"', '\''])).is_ok_and(|url| url.has_host());
    let shown = match role {
        Role::ClientId | Role::ResourceId => kind.is_some() || address,
        Role::Audience if is_plain_name(trimmed) => true,
        _ => {
            address || kind.is_some() || (trimmed.len() <= 100 && trimmed.contains('.') && !trimmed.starts_with("eyJ"))
        }
    };
    if !shown {
        return SettingValue::Hidden { looks_like: None };
    }
    let dirty = raw != trimmed || trimmed.starts_with(['"', '\'']) || trimmed.ends_with(['"', '\'', ';', ',']);
    SettingValue::Text { text: raw.to_owned(), dirty }
}

/// A name that somebody chose, such as `todo-api` or `api://todo`, or an id of the usual form of 8, 4, 4, 4 and 12 digits; no
/// secret looks like that.
fn is_plain_name(text: &str) -> bool {
    let name = text.trim_matches(['"', '\'']);
    let name = name.strip_prefix("api://").unwrap_or(name);
    let groups: Vec<usize> = name.split('-').map(str::len).collect();
    let id = groups == [8, 4, 4, 4, 12] && name.chars().all(|c| c == '-' || c.is_ascii_hexdigit());
    let word =
        name.len() <= 40 && !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || "-_:/".contains(c));
    id || word
}

/// A place in a store of secrets: `op://…`, `vault:…`, `arn:aws:…`.
fn is_kept_elsewhere(text: &str) -> bool {
    let scheme = text.split_once("://").map(|(scheme, _)| scheme.trim_matches(['"', '\'']).to_ascii_lowercase());
    scheme.is_some_and(|scheme| {
        ["op", "vault", "sm", "secret", "ref", "awssm", "gcpsm", "azkv"].contains(&scheme.as_str())
    }) || ["arn:aws:", "vault:", "@Microsoft.KeyVault(", "!secret "].iter().any(|start| text.starts_with(start))
}

/// `$NAME`.
fn is_plain_reference(text: &str) -> bool {
    text.strip_prefix('$')
        .is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
}

fn is_placeholder(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let between = |open: char, close: char| {
        text.find(open).is_some_and(|at| text[at..].contains(close)) && !text.contains("://[")
    };
    between('<', '>')
        || between('{', '}')
        || [
            "your-",
            "your_",
            "yourenv",
            "yourapp.",
            "changeme",
            "change-me",
            "replace-",
            "replace_",
            "xxxx",
            "placeholder",
        ]
        .iter()
        .any(|mark| lower.contains(mark))
        || lower.ends_with("...")
        || lower.ends_with('…')
}

fn document(text: &str) -> SettingValue {
    let parsed = match serde_json::from_str::<Value>(text) {
        // Written down twice: the server reads a text where it wants an object.
        Ok(Value::String(_)) => {
            return SettingValue::Unreadable {
                why: "it is JSON inside JSON: a text in quotes instead of an object".to_owned(),
            };
        }
        other => other,
    };
    match parsed {
        Ok(Value::Object(object)) => SettingValue::Document {
            resource: object.get("resource").and_then(Value::as_str).map(crate::redact::mask),
            authorization_servers: object
                .get("authorization_servers")
                .and_then(Value::as_array)
                .map(|list| list.iter().filter_map(Value::as_str).map(crate::redact::mask).collect())
                .unwrap_or_default(),
        },
        Ok(_) => SettingValue::Unreadable { why: "it is no JSON object".to_owned() },
        Err(error) => {
            let why = if text.contains(['“', '”']) {
                "it has typographic quotes, as text processors make them".to_owned()
            } else if text.starts_with("{\\\"") || text.contains("\\\"resource\\\"") {
                "its quotes have backslashes before them".to_owned()
            } else {
                error.to_string()
            };
            SettingValue::Unreadable { why }
        }
    }
}

fn from_json(value: &Value, pairs: &mut Vec<(String, String)>, depth: u8) {
    if depth > 8 {
        return;
    }
    match value {
        Value::Object(object) => {
            // One entry of a list: {"name": "…", "value": "…"} (Kubernetes, container services).
            let member = |names: [&str; 3]| names.iter().find_map(|name| object.get(*name)?.as_str());
            if let (Some(name), Some(value)) = (member(["name", "Name", "key"]), member(["value", "Value", "VALUE"])) {
                pairs.push((name.to_owned(), value.to_owned()));
            }
            for (name, value) in object {
                match value {
                    Value::String(text) => pairs.push((name.clone(), text.clone())),
                    Value::Object(_) if role(name) == Some(Role::Metadata) => {
                        pairs.push((name.clone(), value.to_string()))
                    }
                    other => from_json(other, pairs, depth + 1),
                }
            }
        }
        Value::Array(list) => {
            for one in list {
                match one {
                    // Compose's short form: ["NAME=value"].
                    Value::String(text) => from_lines(text, pairs),
                    other => from_json(other, pairs, depth + 1),
                }
            }
        }
        _ => {}
    }
}

fn from_lines(text: &str, pairs: &mut Vec<(String, String)>) {
    let lines: Vec<&str> = text.lines().collect();
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at];
        at += 1;
        let first = assignment(line);
        let inside = within(line);
        let of_its_own = first.is_some_and(|(name, _)| role(name).is_some());
        if inside.len() > 1 || (!of_its_own && !inside.is_empty()) {
            pairs.extend(inside);
            continue;
        }
        let Some((name, rest)) = first else { continue };
        // `- name: X`, and on the next line `value: Y`.
        if name == "name"
            && let Some((value_name, value_rest)) = lines.get(at).and_then(|next| assignment(next))
            && value_name == "value"
        {
            pairs.push((unquoted(rest.trim()).0, unquoted(value_rest.trim()).0));
            at += 1;
            continue;
        }
        let rest = rest.trim_start();
        let value = match rest.chars().next() {
            Some(quote @ ('"' | '\'' | '`')) if !closes(rest, quote) => {
                // A quoted value over several lines; or one that is never closed, and then nothing but its own line.
                let end =
                    lines[at..].iter().position(|line| line.trim_end().ends_with(quote)).map(|more| at + more + 1);
                let whole = end.map_or(rest.to_owned(), |end| format!("{rest}\n{}", lines[at..end].join("\n")));
                at = end.unwrap_or(at);
                unquoted(whole.trim_end()).0
            }
            // JSON over several lines without quotes: a shell reads its first line alone, and so do we unless all of it is there.
            Some('{') if serde_json::from_str::<Value>(rest.trim_end()).is_err() && rest.trim_end() == "{" => {
                rest.trim_end().to_owned()
            }
            Some('|' | '>') if rest.trim_end().len() <= 2 => {
                // A YAML block.
                let indent = lines.get(at).map_or(0, |next| next.len() - next.trim_start().len());
                let mut block = Vec::new();
                while indent > 0 && lines.get(at).is_some_and(|next| next.len() - next.trim_start().len() >= indent) {
                    block.push(lines[at].trim());
                    at += 1;
                }
                block.join("\n")
            }
            _ => {
                let (value, was_quoted) = unquoted(rest.trim_end());
                if was_quoted { value } else { without_comment(&value) }
            }
        };
        pairs.push((name.to_owned(), value));
    }
}

/// Known names with a value, anywhere in a line: `docker run -e A=… -e B=…`, `A=… B=… node server.js`.
fn within(line: &str) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    if line.trim_start().starts_with(['#', '/']) {
        return pairs;
    }
    let letter = |character: char| character.is_ascii_alphanumeric() || character == '_';
    for (at, _) in line.match_indices('=') {
        let start = at - line[..at].chars().rev().take_while(|character| letter(*character)).count();
        let name = &line[start..at];
        if role(name).is_none() {
            continue;
        }
        let rest = &line[at + 1..];
        let (value, was_quoted) = unquoted(rest);
        let value = if was_quoted {
            value
        } else {
            // The quote may stand before the name: "A=…".
            rest.split(|c: char| c.is_whitespace() || ";&\"'".contains(c)).next().unwrap_or_default().to_owned()
        };
        pairs.push((name.to_owned(), value));
    }
    pairs
}

/// `NAME=…` and `NAME: …`, with what shells, Docker, compose files and PowerShell put before it.
fn assignment(line: &str) -> Option<(&str, &str)> {
    let mut line = line.trim_start();
    for before in ["- ", "export ", "set ", "setx ", "ENV ", "ARG ", "$env:", "$Env:", "-e ", "--env ", "\"- "] {
        line = line.strip_prefix(before).unwrap_or(line).trim_start();
    }
    if line.starts_with('#') || line.starts_with("//") {
        return None;
    }
    let line = line.strip_prefix(['"', '\'']).unwrap_or(line);
    let end = line.find(|character: char| !(character.is_ascii_alphanumeric() || character == '_'))?;
    let (name, rest) = line.split_at(end);
    let rest = rest.strip_prefix(['"', '\'']).unwrap_or(rest).trim_start();
    let rest = rest.strip_prefix('=').or_else(|| rest.strip_prefix(':'))?;
    (!name.is_empty()).then_some((name, rest))
}

/// Whether a value that begins with this quote ends with it on the same line.
fn closes(text: &str, quote: char) -> bool {
    let inner = &text[quote.len_utf8()..];
    let mut escaped = false;
    for character in inner.chars() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quote == '"' => escaped = true,
            other if other == quote => return true,
            _ => {}
        }
    }
    false
}

/// One pair of quotes taken off, as every reader of `.env` files does; what stands behind the closing one is dropped.
fn unquoted(text: &str) -> (String, bool) {
    let Some(quote @ ('"' | '\'' | '`')) = text.chars().next() else { return (text.to_owned(), false) };
    let mut value = String::new();
    let mut escaped = false;
    for character in text[quote.len_utf8()..].chars() {
        match character {
            _ if escaped => {
                if !matches!(character, '"' | '\\') {
                    value.push('\\');
                }
                value.push(character);
                escaped = false;
            }
            '\\' if quote == '"' => escaped = true,
            other if other == quote => return (value, true),
            other => value.push(other),
        }
    }
    // Never closed: the quote is part of the value.
    (text.to_owned(), false)
}

fn without_comment(value: &str) -> String {
    let end = value.find(" #").unwrap_or(value.len());
    value[..end].trim_end().trim_end_matches(',').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(settings: &Settings, role: Role) -> String {
        settings.text(role).unwrap_or_else(|| panic!("{role:?} in {settings:?}")).1.to_owned()
    }

    #[test]
    fn every_way_of_writing_settings_is_read() {
        for pasted in [
            "# mine\nSCALEKIT_ENVIRONMENT_URL=https://acme.scalekit.com # prod\nSCALEKIT_RESOURCE_ID=res_123\n",
            "export SCALEKIT_ENVIRONMENT_URL=\"https://acme.scalekit.com\"\nexport SCALEKIT_RESOURCE_ID='res_123'\n",
            "services:\n  mcp:\n    environment:\n      - SCALEKIT_ENVIRONMENT_URL=https://acme.scalekit.com\n      - SCALEKIT_RESOURCE_ID=res_123\n",
            "environment:\n  SCALEKIT_ENVIRONMENT_URL: https://acme.scalekit.com\n  SCALEKIT_RESOURCE_ID: \"res_123\"\n",
            "{\"env\": {\"SCALEKIT_ENVIRONMENT_URL\": \"https://acme.scalekit.com\", \"SCALEKIT_RESOURCE_ID\": \"res_123\"}}",
            "[{\"name\": \"SCALEKIT_ENVIRONMENT_URL\", \"value\": \"https://acme.scalekit.com\"}, {\"name\": \"SCALEKIT_RESOURCE_ID\", \"value\": \"res_123\"}]",
            "env:\n  - name: SCALEKIT_ENVIRONMENT_URL\n    value: https://acme.scalekit.com\n  - name: SCALEKIT_RESOURCE_ID\n    value: \"res_123\"\n",
            "$env:SCALEKIT_ENVIRONMENT_URL = \"https://acme.scalekit.com\"\n$env:SCALEKIT_RESOURCE_ID = \"res_123\"\n",
            "ENV FASTMCP_SERVER_AUTH_SCALEKITPROVIDER_ENVIRONMENT_URL=https://acme.scalekit.com\nENV FASTMCP_SERVER_AUTH_SCALEKITPROVIDER_RESOURCE_ID=res_123\n",
        ] {
            let settings = read(pasted).unwrap_or_else(|_| panic!("nothing in {pasted}"));
            assert_eq!(text(&settings, Role::Environment), "https://acme.scalekit.com", "{pasted}");
            assert_eq!(text(&settings, Role::ResourceId), "res_123", "{pasted}");
        }
    }

    #[test]
    fn settings_inside_commands_and_beside_broken_lines_are_read() {
        for pasted in [
            "docker run -p 3002:3002 -e SK_ENV_URL=https://acme.scalekit.com -e 'EXPECTED_AUDIENCE=res_1' img",
            "SK_ENV_URL=https://acme.scalekit.com EXPECTED_AUDIENCE=\"res_1\" node server.js",
            "fly secrets set SK_ENV_URL=https://acme.scalekit.com EXPECTED_AUDIENCE=res_1",
            "set SK_ENV_URL=https://acme.scalekit.com&& set EXPECTED_AUDIENCE=res_1&& node server.js",
            "export SK_ENV_URL=https://acme.scalekit.com; export EXPECTED_AUDIENCE=res_1",
            "Environment=\"SK_ENV_URL=https://acme.scalekit.com\"\nEnvironment=EXPECTED_AUDIENCE=res_1",
            "GREETING=\"hello\\\"\nMOTTO='it is\r\nSK_ENV_URL=https://acme.scalekit.com\r\nEXPECTED_AUDIENCE=res_1\r\n",
            ".ශȺ=y SK_ENV_URL=https://acme.scalekit.com é\nEXPECTED_AUDIENCE=res_1",
            "\u{feff}NEXT_PUBLIC_SCALEKIT_ENVIRONMENT_URL='https://acme.scalekit.com'\nJWT_AUDIENCE = res_1 # mine\n",
        ] {
            let settings = read(pasted).unwrap_or_else(|_| panic!("nothing in {pasted}"));
            assert_eq!(text(&settings, Role::Environment), "https://acme.scalekit.com", "{pasted}");
            assert_eq!(text(&settings, Role::Audience), "res_1", "{pasted}");
        }
    }

    #[test]
    fn what_is_kept_in_a_store_is_a_reference_and_a_plain_name_is_shown() {
        let of = |text: &str| read(text).expect("settings").found.remove(0).value;
        for elsewhere in ["SK_ENV_URL=op://dev/scalekit/url", "SK_ENV_URL=arn:aws:ssm:eu-west-1:1:parameter/x"] {
            assert_eq!(of(elsewhere), SettingValue::Reference, "{elsewhere}");
        }
        for name in ["todo-api", "api://todo", "2f1e9b0a-1111-4c1e-9a3a-0d2f4e5c6b7a"] {
            let value = of(&format!("JWT_AUDIENCE={name}"));
            assert!(matches!(&value, SettingValue::Text { text, .. } if text == name), "{value:?}");
        }
        assert_eq!(of("JWT_AUDIENCE=a8Fk3kd93kfLkq0wmZ"), SettingValue::Hidden { looks_like: None });
    }

    #[test]
    fn no_secret_is_kept_wherever_it_stands() {
        let pasted = "SCALEKIT_CLIENT_SECRET=test_canary123456\nSCALEKIT_CLIENT_ID=test_canary654321\nSCALEKIT_RESOURCE_ID=canary\nDATABASE_URL=postgres://u:canary@h/d\nMCP_URL=https://u:canary@mcp.example.com/\nOTHER_TOKEN=canary\n";
        let settings = read(pasted).expect("settings");
        let kept = format!("{settings:?} {}", serde_json::to_string(&settings).expect("JSON"));
        assert!(!kept.contains("canary"), "{kept}");
        assert_eq!(
            settings.get(Role::ClientSecret).map(|s| &s.value),
            Some(&SettingValue::Hidden { looks_like: None })
        );
        let swapped = read("SCALEKIT_CLIENT_SECRET=skc_12345\n").expect("settings");
        assert!(matches!(
            swapped.get(Role::ClientSecret).map(|s| &s.value),
            Some(SettingValue::Hidden { looks_like: Some(_) })
        ));
    }

    #[test]
    fn metadata_is_read_on_one_line_and_on_several_and_its_faults_are_named() {
        let document = "{\"resource\": \"https://mcp.example.com/mcp\", \"authorization_servers\": [\"https://acme.scalekit.com/resources/res_123\"]}";
        for pasted in [
            format!("PROTECTED_RESOURCE_METADATA='{document}'\n"),
            format!("PROTECTED_RESOURCE_METADATA={document}\n"),
            format!("PROTECTED_RESOURCE_METADATA='{}'\nPORT=1", document.replace(", ", ",\n  ")),
            format!("PROTECTED_RESOURCE_METADATA=\"{}\"\n", document.replace('"', "\\\"")),
            format!("PROTECTED_RESOURCE_METADATA: |\n  {document}\n"),
            format!("{{\"PROTECTED_RESOURCE_METADATA\": {document}}}"),
        ] {
            let settings = read(&pasted).expect("settings");
            let value = &settings.get(Role::Metadata).expect("metadata").value;
            assert!(
                matches!(value, SettingValue::Document { resource: Some(resource), .. } if resource == "https://mcp.example.com/mcp"),
                "{pasted}: {value:?}"
            );
        }
        for pasted in
            ["PROTECTED_RESOURCE_METADATA={\n  \"resource\": 1\n}", "PROTECTED_RESOURCE_METADATA={“resource”: 1}"]
        {
            let settings = read(pasted).expect("settings");
            assert!(matches!(settings.get(Role::Metadata).map(|s| &s.value), Some(SettingValue::Unreadable { .. })));
        }
    }

    #[test]
    fn examples_references_and_nothing_are_told_apart() {
        let settings = read("SK_ENV_URL=https://<your-env>.scalekit.com\nMCP_URL=${URL}\nEXPECTED_AUDIENCE=\nSCALEKIT_RESOURCE_ID=\" res_1\"\n")
            .expect("settings");
        let value = |role| settings.get(role).map(|setting| setting.value.clone()).expect("there");
        assert!(matches!(value(Role::Environment), SettingValue::Placeholder { .. }));
        assert_eq!(value(Role::ServerUrl), SettingValue::Reference);
        assert_eq!(value(Role::Audience), SettingValue::Empty);
        assert!(matches!(value(Role::ResourceId), SettingValue::Text { dirty: true, .. }));
        assert_eq!(read("HELLO=world"), Err(NoSettings));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC*") {
            let _ = read(&text);
        }

        #[test]
        fn nothing_like_settings_makes_it_panic(text in "((- |export |ENV )?(SK_ENV_URL|MCP_URL|PROTECTED_RESOURCE_METADATA|name|value)( ?[=:] ?)[\"'{|<$a-z:/.\\\\é]{0,12}\n ?){0,5}") {
            let _ = read(&text);
        }
    }
}

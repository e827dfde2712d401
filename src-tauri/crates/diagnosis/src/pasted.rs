//! What the words in the box are: an address, a config, a command, an error message, a token.
//!
//! People paste what they have. Whatever names a server is understood; whatever carries a secret loses it here, before
//! anything else sees the text.

use std::fmt;
use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use crate::clients::ClientId;
use crate::messages::{self, Said};
use crate::redact;
use crate::subject::Symptom;

/// What a text is.
#[derive(Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Understood {
    /// The address of a server.
    Server {
        /// The address as it will be called.
        url: String,
        /// What was left out or added, one plain sentence each.
        notes: Vec<String>,
    },
    /// A client's config, or a part of one.
    Config {
        /// The servers that it names.
        servers: Vec<NamedServer>,
    },
    /// An error message or a piece of a log.
    Message {
        /// What it says, as far as it is known; the most telling first.
        said: Vec<Said>,
        /// The server that it names.
        url: Option<String>,
        /// The client that writes such messages.
        client: Option<ClientId>,
        /// The web page from which the call came, when a browser says so.
        origin: Option<String>,
        /// At what stage it fails, as far as the message tells.
        symptom: Option<Symptom>,
    },
    /// A token. It was not kept.
    Token,
    /// Nothing that the app can work with, and why.
    Unclear {
        /// One plain sentence.
        sentence: String,
    },
}

/// An address may hold a password or a key.
impl fmt::Debug for Understood {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        redact::debug(self, formatter)
    }
}

/// A server in a pasted config.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct NamedServer {
    /// Its name there.
    pub name: String,
    /// Its address.
    pub url: String,
}

impl fmt::Debug for NamedServer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        redact::debug(self, formatter)
    }
}

/// More is not read: a log of this size holds every message many times.
const MOST: usize = 512 * 1024;

/// Says what a text is. Never fails and never opens anything.
pub fn understand(text: &str) -> Understood {
    let text = cut(text.trim_start_matches('\u{feff}').trim(), MOST);
    if text.is_empty() {
        return unclear("There is nothing in the box yet. Paste the address of a server, or an error message.");
    }
    if let Some(token) = token(text) {
        return token;
    }
    if let Some(url) = command(text) {
        return url;
    }
    if let Some(servers) = config(text) {
        return servers;
    }
    let one_word = !text.contains(char::is_whitespace);
    if one_word && let Some(server) = address(text) {
        return server;
    }
    if let Some(joined) = broken_address(text) {
        return joined;
    }
    if let Some(message) = message(text) {
        return message;
    }
    unclear(
        "No server's address and no known message was found in this text. An address begins with https:// and often ends in /mcp.",
    )
}

fn unclear(sentence: &str) -> Understood {
    Understood::Unclear { sentence: sentence.to_owned() }
}

fn cut(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// A token and nothing else: three or five parts of base64url, or `Bearer` and one word.
fn token(text: &str) -> Option<Understood> {
    static TOKEN: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r#"^["']?(?:(?i:authorization:\s*)?(?i:bearer)\s+\S+|ey[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_.-]*)["']?$"#,
        )
    });
    TOKEN.is_match(text).then_some(Understood::Token)
}

/// `curl`, `npx mcp-remote` or another command line that names a server.
fn command(text: &str) -> Option<Understood> {
    static COMMAND: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)^\s*[$>%#]?\s*(?:curl|wget|http|https|npx|bunx|pnpm|uvx|claude\s+mcp|codex\s+mcp|gemini\s+mcp|mcp-remote)(?:\.cmd|\.exe)?\s",
        )
    });
    if !COMMAND.is_match(text) {
        return None;
    }
    let url = urls(text).into_iter().find(|url| !is_of_a_client(url))?;
    let mut notes = vec!["The address was taken out of the command.".to_owned()];
    if redact::mask(text) != text {
        notes.push("The token in the command was left out.".to_owned());
    }
    let mut server = server(&server_of(&url));
    if let Understood::Server { notes: more, .. } = &mut server {
        notes.append(more);
        *more = notes;
    }
    Some(server)
}

/// A config: JSON (with comments) that names servers somewhere.
fn config(text: &str) -> Option<Understood> {
    let start = text.find('{')?;
    let quoted = text.starts_with('"') && text[..start].trim_end().ends_with(':');
    if start != 0 && !quoted {
        return None;
    }
    let whole = if quoted { format!("{{{}}}", text.trim_end_matches(',')) } else { text.to_owned() };
    let value: Value = jsonc_parser::parse_to_serde_value(&whole, &Default::default()).ok()?;
    let mut servers = Vec::new();
    name_servers("", &value, 0, &mut servers);
    (!servers.is_empty()).then_some(Understood::Config { servers })
}

fn name_servers(name: &str, value: &Value, depth: usize, found: &mut Vec<NamedServer>) {
    const DEEPEST: usize = 12;
    const MOST_SERVERS: usize = 500;
    if depth > DEEPEST || found.len() >= MOST_SERVERS {
        return;
    }
    let Some(object) = value.as_object() else { return };
    let written =
        ["url", "serverUrl", "server_url", "httpUrl", "uri"].iter().find_map(|key| object.get(*key)?.as_str());
    let in_arguments = object.get("args").and_then(Value::as_array).and_then(|arguments| {
        arguments
            .iter()
            .filter_map(Value::as_str)
            .find(|word| word.starts_with("http://") || word.starts_with("https://"))
    });
    if let Some(url) = written.or(in_arguments).filter(|url| Url::parse(url).is_ok_and(|url| url.has_host())) {
        found.push(NamedServer { name: name.to_owned(), url: url.to_owned() });
        return;
    }
    for (key, inner) in object {
        name_servers(key, inner, depth + 1, found);
    }
}

/// One word that is an address, with or without its scheme.
fn address(word: &str) -> Option<Understood> {
    let around = |c: char| "\"'`<>(){},;.".contains(c);
    let word = word.trim_matches(around);
    if word.contains("://") {
        return match Url::parse(word) {
            Ok(url) if url.has_host() => Some(server(&url)),
            _ => Some(unclear(
                "That begins like an address and cannot be read as one. It should look like https://mcp.example.com/mcp.",
            )),
        };
    }
    let host = word.split(['/', '?', '#']).next().unwrap_or_default();
    let name = host
        .rsplit_once(':')
        .map_or(host, |(name, port)| if port.bytes().all(|b| b.is_ascii_digit()) { name } else { host });
    let here = name.eq_ignore_ascii_case("localhost") || name == "[::1]" || name.parse::<std::net::Ipv4Addr>().is_ok();
    let is_host = here
        || (name.contains('.')
            && name
                .split('.')
                .all(|label| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-'))
            && name.rsplit('.').next().is_some_and(|last| last.chars().all(char::is_alphabetic) && last.len() > 1)
            && !is_file_name(word));
    if !is_host {
        return None;
    }
    let scheme = if here { "http" } else { "https" };
    let url = Url::parse(&format!("{scheme}://{word}")).ok().filter(Url::has_host)?;
    let mut server = server(&url);
    if let Understood::Server { notes, .. } = &mut server {
        notes.insert(0, format!("The address had no beginning; {scheme}:// was put before it."));
    }
    Some(server)
}

/// `claude_desktop_config.json` is a file and not a host.
fn is_file_name(word: &str) -> bool {
    const ENDINGS: [&str; 12] =
        [".json", ".toml", ".yaml", ".yml", ".log", ".txt", ".js", ".ts", ".py", ".env", ".exe", ".cmd"];
    !word.contains('/') && ENDINGS.iter().any(|ending| word.to_ascii_lowercase().ends_with(ending))
}

/// An address with white space in it, as a line break in a message makes it.
fn broken_address(text: &str) -> Option<Understood> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [first, rest @ ..] = words.as_slice() else { return None };
    let starts = first.starts_with("https://") || first.starts_with("http://");
    // Two pieces belong together when the seam is one of an address.
    let mut before = *first;
    let together = rest.iter().all(|piece| {
        let seam =
            before.ends_with(['/', '.', '-', '?', '=', '&', ':']) || piece.starts_with(['/', '.', '?', '&', ':']);
        before = piece;
        seam
    });
    if !starts || rest.is_empty() || !together {
        return None;
    }
    let joined: String = words.concat();
    let mut server = address(&joined)?;
    if let Understood::Server { notes, .. } = &mut server {
        notes.insert(0, "There was white space inside the address; it was taken out.".to_owned());
    }
    Some(server)
}

/// The address without what does not belong to it.
fn server(url: &Url) -> Understood {
    let mut url = url.clone();
    let mut notes = Vec::new();
    if url.fragment().is_some() {
        url.set_fragment(None);
        notes.push("The part after # was left out: it never reaches a server.".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        // These fail only for addresses that cannot have a user name.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        notes.push("The user name and password in the address were left out: MCP clients do not send them.".to_owned());
    }
    Understood::Server { url: url.to_string(), notes }
}

/// A message, when it is known or names a server.
fn message(text: &str) -> Option<Understood> {
    let masked = redact::mask(text);
    let said = messages::read(&masked);
    let named = urls(&masked).into_iter().filter(|url| !is_of_a_client(url)).map(|url| server_of(&url));
    let url = named.min_by_key(|url| u8::from(!looks_like_an_endpoint(url)));
    if said.is_empty() && url.is_none() {
        return None;
    }
    let url = url.map(|url| match server(&url) {
        Understood::Server { url, .. } => url,
        _ => url.to_string(),
    });
    Some(Understood::Message {
        client: said.iter().find_map(|said| said.client),
        symptom: said.iter().find_map(|said| said.symptom),
        origin: origin(&masked),
        said,
        url,
    })
}

/// The page that a browser's message names (`from origin 'http://localhost:6274'`).
fn origin(text: &str) -> Option<String> {
    static ORIGIN: LazyLock<Regex> = LazyLock::new(|| pattern(r#"(?i)from origin ['"]?(https?://[^\s'"]+)"#));
    let url = Url::parse(ORIGIN.captures(text)?.get(1)?.as_str()).ok()?;
    url.has_host().then(|| url.origin().ascii_serialization())
}

/// Every web address in a text, in its order.
pub fn urls(text: &str) -> Vec<Url> {
    static ADDRESS: LazyLock<Regex> = LazyLock::new(|| pattern(r#"(?i)https?://[^\s"'`<>\\^{}|\u{201c}\u{201d}]+"#));
    const MOST_ADDRESSES: usize = 200;
    ADDRESS
        .find_iter(text)
        .take(MOST_ADDRESSES)
        .filter_map(|found| {
            let mut word = found.as_str().trim_end_matches(['.', ',', ';', ':', '!', '?', '*']);
            while let Some(inside) = word.strip_suffix([')', ']']) {
                let (open, close) = if word.ends_with(')') { ('(', ')') } else { ('[', ']') };
                if word.matches(open).count() >= word.matches(close).count() {
                    break;
                }
                word = inside.trim_end_matches(['.', ',', ';', ':']);
            }
            Url::parse(word).ok().filter(Url::has_host)
        })
        .collect()
}

/// The page of a client, a callback or a document about errors: no server to check.
fn is_of_a_client(url: &Url) -> bool {
    let loopback = crate::subject::is_loopback(url);
    let path = url.path().to_ascii_lowercase();
    let callback = path.contains("callback") || path.contains("/oauth2redirect") || path.ends_with("/redirect");
    let inspector = loopback && matches!(url.port(), Some(6274 | 6276 | 6277 | 5173));
    let known = [
        "claude.ai",
        "claude.com",
        "vscode.dev",
        "insiders.vscode.dev",
        "chatgpt.com",
        "cursor.com",
        "www.cursor.com",
        "github.com",
        "docs.scalekit.com",
        "modelcontextprotocol.io",
        "support.claude.com",
        "nodejs.org",
        "npmjs.com",
        "www.npmjs.com",
    ];
    callback || inspector || url.domain().is_some_and(|host| known.contains(&host))
}

/// The server whose address can be told from one of its documents.
fn server_of(url: &Url) -> Url {
    let mut server = url.clone();
    for name in ["oauth-protected-resource", "oauth-authorization-server", "openid-configuration"] {
        if let Some((before, after)) = url.path().split_once(&format!("/.well-known/{name}")) {
            let path = if before.is_empty() { after } else { before };
            server.set_path(if path.is_empty() { "/" } else { path });
            server.set_query(None);
            return server;
        }
    }
    let own = ["/authorize", "/register", "/token"].iter().find_map(|name| url.path().strip_suffix(name));
    if let Some(before) = own.filter(|before| before.is_empty()) {
        server.set_path(if before.is_empty() { "/" } else { before });
        server.set_query(None);
    }
    server
}

fn looks_like_an_endpoint(url: &Url) -> bool {
    let path = url.path().trim_end_matches('/');
    path.ends_with("/mcp")
        || path.ends_with("/sse")
        || path.contains("/mcp/")
        || url.host_str().is_some_and(|host| host.starts_with("mcp."))
}

/// A pattern of this crate.
pub(crate) fn pattern(text: &str) -> Regex {
    Regex::new(&with_plain_words(text))
        .unwrap_or_else(|error| unreachable!("a pattern of this crate does not compile: {error}"))
}

/// The same pattern with the ends of words (`\b`) meant in ASCII. What is looked for is ASCII, and the ends of Unicode's words
/// keep the regex crate from its fast engine in every text with one other letter: mcp-remote writes `→` into every line.
pub(crate) fn with_plain_words(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            plain.push(character);
            continue;
        }
        match characters.next() {
            Some('b') => plain.push_str(r"(?-u:\b)"),
            escaped => plain.extend(['\\'].into_iter().chain(escaped)),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> String {
        match understand(text) {
            Understood::Server { url, .. } => url,
            Understood::Message { url: Some(url), .. } => url,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn the_ends_of_words_are_plain() {
        assert_eq!(with_plain_words(r"(?i)\btoken\b\\bin \d"), r"(?i)(?-u:\b)token(?-u:\b)\\bin \d");
        let found = |text: &str| pattern(r"\btoken\b").is_match(text);
        assert!(found("[Local→Remote] token") && found("→token→") && !found("tokens"));
    }

    #[test]
    fn addresses_are_understood_however_they_are_written() {
        for (text, expected) in [
            ("https://mcp.example.com/mcp", "https://mcp.example.com/mcp"),
            ("  <https://mcp.example.com/mcp>. ", "https://mcp.example.com/mcp"),
            ("mcp.example.com/mcp", "https://mcp.example.com/mcp"),
            ("localhost:3000", "http://localhost:3000/"),
            ("127.0.0.1:8000/mcp", "http://127.0.0.1:8000/mcp"),
            ("https://user:secret@mcp.example.com/mcp#top", "https://mcp.example.com/mcp"),
            ("https://mcp.example.com/\n mcp", "https://mcp.example.com/mcp"),
            ("curl -i -H 'Authorization: Bearer canary' http://localhost:3002/", "http://localhost:3002/"),
            ("npx -y mcp-remote https://mcp.example.com/sse --debug", "https://mcp.example.com/sse"),
            ("ws://mcp.example.com/mcp", "ws://mcp.example.com/mcp"),
        ] {
            assert_eq!(url(text), expected, "{text}");
        }
    }

    #[test]
    fn a_config_names_its_servers() {
        let text = r#"{"mcpServers": {"todo": {"command": "npx", "args": ["-y", "mcp-remote", "https://a.example/mcp"]}, "b": {"url": "https://b.example/mcp",}}}"#;
        let Understood::Config { servers } = understand(text) else { panic!("{:?}", understand(text)) };
        assert_eq!(
            servers.iter().map(|server| server.url.as_str()).collect::<Vec<_>>(),
            ["https://a.example/mcp", "https://b.example/mcp"]
        );
        let piece = r#""todo": {"url": "https://a.example/mcp"},"#;
        assert!(matches!(understand(piece), Understood::Config { .. }), "{:?}", understand(piece));
    }

    #[test]
    fn a_message_names_its_server_and_not_the_client() {
        let text = "Access to fetch at 'https://mcp.example.com/.well-known/oauth-protected-resource/mcp' from origin \
                    'http://localhost:6274' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header";
        assert_eq!(url(text), "https://mcp.example.com/mcp");
        let Understood::Message { origin, .. } = understand(text) else { panic!("a message") };
        assert_eq!(origin.as_deref(), Some("http://localhost:6274"));
        assert_eq!(
            url("Error POSTing to endpoint (https://mcp.example.com/mcp): HTTP 404."),
            "https://mcp.example.com/mcp"
        );
    }

    #[test]
    fn a_token_is_a_token_and_is_not_kept() {
        for text in [
            "Bearer canary-1",
            "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln",
            "\"eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln\"",
        ] {
            assert_eq!(understand(text), Understood::Token, "{text}");
        }
    }

    #[test]
    fn what_is_unclear_is_said_to_be() {
        for text in ["", "   ", "it does not work", "claude_desktop_config.json", "http://"] {
            assert!(matches!(understand(text), Understood::Unclear { .. }), "{text}: {:?}", understand(text));
        }
    }

    #[test]
    fn secrets_do_not_come_out() {
        let text = "error at https://mcp.example.com/mcp?access_token=canary-77 Authorization: Bearer canary-77 {\"refresh_token\":\"canary-77\"}";
        assert!(!format!("{:?}", understand(text)).contains("canary-77"), "{:?}", understand(text));
    }

    proptest::proptest! {
        #[test]
        fn nothing_that_is_pasted_makes_it_panic(text in ".{0,400}") {
            understand(&text);
        }
    }
}

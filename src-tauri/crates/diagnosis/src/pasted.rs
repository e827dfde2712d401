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
        /// It speaks of trouble, whether it is known or not.
        troubled: bool,
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
    let plain = without_dress(cut(text.trim_start_matches('\u{feff}').trim(), MOST));
    let text = plain.trim();
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
    if one_word && let Some(message) = page_of_a_client(text) {
        return message;
    }
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

/// A file's bytes as text: UTF-8, or UTF-16 as Windows' own programs write it.
pub fn text_of(bytes: &[u8]) -> String {
    let pairs = |from: usize, unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes[from..].chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xff, 0xfe, ..] => return pairs(2, u16::from_le_bytes),
        [0xfe, 0xff, ..] => return pairs(2, u16::from_be_bytes),
        _ => {}
    }
    // The end of a long file has no mark; every second byte of western text is zero then.
    let zeros = |from: usize| bytes.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let many = bytes.len() / 8;
    if many > 0 && zeros(1) > many {
        return pairs(0, u16::from_le_bytes);
    }
    if many > 0 && zeros(0) > many {
        return pairs(0, u16::from_be_bytes);
    }
    String::from_utf8_lossy(bytes).into_owned()
}

/// The text without what programs dress it in: colours of a terminal, other line ends, the backslashes of a text within JSON.
fn without_dress(text: &str) -> std::borrow::Cow<'_, str> {
    use std::borrow::Cow;
    static COLOUR: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r"(?:\x1b|\\u001[bB]|\\x1[bB]|\\e|\\033)\[[0-9;?]*[A-Za-z]|\x1b\]8;[^\x07\x1b]*(?:\x07|\x1b\\)")
    });
    let mut plain = Cow::Borrowed(text);
    if text.contains('\x1b') || text.contains('\\') {
        plain = Cow::Owned(COLOUR.replace_all(text, "").into_owned());
    }
    if plain.contains('\r') {
        plain = Cow::Owned(plain.replace("\r\n", "\n").replace('\r', "\n"));
    }
    if plain.contains("\\\"") || plain.contains(":\\/\\/") {
        plain = Cow::Owned(plain.replace("\\\"", "\"").replace("\\/", "/"));
    }
    plain
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
            r#"^["']?(?:(?i:authorization:\s*)?(?i:bearer)\s+[A-Za-z0-9._~+/-]+=*|ey[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_.-]*)["']?$"#,
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
    // What a command printed is more than the command, and "HTTP 401 from …" is none.
    if !COMMAND.is_match(text) || !is_one_line(text) || text.trim_start().starts_with("HTTP") {
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

/// One line, perhaps broken as terminals break it: with a sign at the end of each part.
fn is_one_line(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty()).peekable();
    while let Some(line) = lines.next() {
        if lines.peek().is_some() && !line.trim_end().ends_with(['\\', '^', '`']) {
            return false;
        }
    }
    true
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
    let written = ["url", "serverUrl", "server_url", "httpUrl", "uri", "baseUrl"]
        .iter()
        .find_map(|key| object.get(*key)?.as_str());
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
    let begins_like_one = word.split_once("://").is_some_and(|(scheme, _)| {
        !scheme.is_empty() && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+.-".contains(c))
    });
    if word.contains("://") && !begins_like_one {
        return None;
    }
    if begins_like_one {
        return match Url::parse(word) {
            Ok(url) if url.has_host() => Some(server_named_by(&url)),
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

/// The server that an address leads to, when it is that of one of its documents or of a sign-in page.
fn server_named_by(url: &Url) -> Understood {
    let (named, note) = match resource_of(url) {
        Some(named) => (named, "This is the address of a sign-in page; the server that it names (resource) was taken."),
        None if url.path().contains("/.well-known/") => {
            (server_of(url), "This is the address of one of the server's documents; the server's own was taken.")
        }
        None => return server(url),
    };
    let mut server = server(&named);
    if let Understood::Server { notes, .. } = &mut server
        && named != *url
    {
        notes.insert(0, note.to_owned());
    }
    server
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
    let heard = messages::heard(&masked);
    let url = server_in(&masked, heard.first().map(|heard| heard.at));
    let said: Vec<Said> = heard.into_iter().map(|heard| heard.said).collect();
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
        troubled: !said.is_empty() || speaks_of_trouble(&masked),
        said,
        url,
    })
}

/// Whether a text complains. Somebody may as well write a sentence around an address.
pub fn speaks_of_trouble(text: &str) -> bool {
    static TROUBLE: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)error|exception|fail|couldn.t|could not|can.?not|can.t|unable|invalid|denied|refused|reject|unauthori|forbidden|timed? ?out|not (?:found|allowed|supported|valid|recogni[sz]ed)|unrecogni|expired|mismatch|\b[45]\d\d\b|fehler|fehlgeschlagen|konnte nicht|abgelehnt|erreur|échec|no se pudo|errore|erro\b",
        )
    });
    TROUBLE.is_match(text)
}

/// A callback or a page of a client, alone: what it says counts, and it is no server.
fn page_of_a_client(word: &str) -> Option<Understood> {
    let url = Url::parse(word.trim_matches(|c: char| "\"'`<>(){},;".contains(c))).ok()?;
    if !is_of_a_client(&url) {
        return None;
    }
    let readable = word.replace('+', " ").replace("%20", " ");
    message(&readable).filter(|understood| matches!(understood, Understood::Message { said, .. } if !said.is_empty()))
}

/// The server that a message speaks of. `told`: where the most telling words stand, if any are known.
fn server_in(text: &str, told: Option<usize>) -> Option<Url> {
    /// A text of so few lines is about one thing.
    const SHORT: usize = 6;
    let all = urls_at(text);
    if let Some(failing) = failing_of_a_list(text, &all) {
        return Some(server_of(&failing));
    }
    // A sign-in page's address names the server that it signs in to.
    if let Some(named) = all.iter().rev().find_map(|(_, url)| resource_of(url)) {
        return Some(named);
    }
    let line_of_told = told.map(|at| {
        let start = text[..at].rfind('\n').map_or(0, |at| at + 1);
        let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
        start..end
    });
    let short = text.lines().take(SHORT + 1).count() <= SHORT;
    let may_be_it = |(at, url): &(usize, Url)| !is_of_a_client(url) && !is_a_wrong_name(text, *at);
    let candidates = all.into_iter().filter(may_be_it).filter_map(|(at, url)| {
        let server = server_of(&url);
        let here = line_of_told.as_ref().is_none_or(|line| line.contains(&at));
        let rank = match () {
            () if is_labelled(text, at) => 0,
            () if looks_like_an_endpoint(&server) && !is_sign_in_page(&url) => 1,
            // Where a message is known, an address that is only near it is often the sign-in service's or a document's.
            () if is_of_a_service(text, at, &url) && told.is_some() => return None,
            // A page on which people sign in, of a service that may not be the server at all.
            () if is_sign_in_page(&url) => 3,
            () if short && here => 2,
            () => return None,
        };
        // Of several servers the one that is named last before the words that count.
        let far = told.map_or(at, |told| if at <= told { told - at } else { (at - told).saturating_mul(4) });
        Some((rank, far, server))
    });
    candidates.min_by_key(|(rank, far, _)| (*rank, *far)).map(|(.., server)| server)
}

/// Of a list of servers with a mark before or behind each, as clients print it, the first that has failed.
fn failing_of_a_list(text: &str, all: &[(usize, Url)]) -> Option<Url> {
    const WELL: [&str; 5] = ["✓", "✔", "✅", "●", "○"];
    const FAILED: [&str; 5] = ["✗", "✘", "✖", "❌", "×"];
    // A waiting server bears a mark of its own, or a word.
    let waits = |line: &str| line.contains("Needs authentication") || line.contains("needs authentication");
    let mut lists = 0_usize;
    let mut failed: Option<std::ops::Range<usize>> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let has = |marks: &[&str]| marks.iter().any(|mark| line.contains(mark));
        if has(&FAILED) && failed.is_none() {
            failed = Some(at..text.len());
            lists += 1;
        } else if has(&WELL) || has(&FAILED) || waits(line) {
            lists += 1;
            if let Some(failed) = failed.as_mut().filter(|failed| failed.end == text.len()) {
                failed.end = at;
            }
        }
        at += line.len();
    }
    let failed = failed.filter(|_| lists > 1)?;
    all.iter().find(|(at, url)| failed.contains(at) && !is_of_a_client(url)).map(|(_, url)| url.clone())
}

/// `resource=…` in the address of a sign-in page.
fn resource_of(url: &Url) -> Option<Url> {
    let named = url.query_pairs().find(|(name, _)| name == "resource")?;
    let is_sign_in = url.query_pairs().any(|(name, _)| name == "response_type" || name == "client_id");
    Url::parse(&named.1)
        .ok()
        .filter(|named| is_sign_in && named.has_host() && matches!(named.scheme(), "http" | "https"))
}

/// The address of a page on which people sign in.
fn is_sign_in_page(url: &Url) -> bool {
    let has = |name: &str| url.query_pairs().any(|(key, _)| key == name);
    has("response_type") && has("client_id")
}

/// The words before an address say that it is the MCP server's.
fn is_labelled(text: &str, at: usize) -> bool {
    static LABEL: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)(?:--url|remote server|server url|mcp server|mcp endpoint|(?:connect|reconnect)(?:ing|ion)? to|does not match expected|mismatch: reference|message to|posting to endpoint|mcp (?:host|address))[^\n]{0,12}$",
        )
    });
    LABEL.is_match(before(text, at))
}

/// A name that something gave itself and that an app did not accept: nobody was asked there.
fn is_a_wrong_name(text: &str, at: usize) -> bool {
    static LABEL: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r#"(?i)(?:protected resource|permitted|received|issuer mismatch(?:[^\n]{0,60} expected)?|!=)[\s:'"\\]{0,5}$"#,
        )
    });
    LABEL.is_match(before(text, at))
}

/// An address of a sign-in service: by its path, or by the words before it.
fn is_of_a_service(text: &str, at: usize, url: &Url) -> bool {
    static LABEL: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)(?:issuers?|\biss|expected|auth(?:orization)? ?server|registration to|token endpoint|service)\b[^\n]{0,24}$",
        )
    });
    let path = url.path();
    let own =
        ["/authorize", "/register", "/token", "/jwks", "/keys", "/userinfo"].iter().any(|end| path.ends_with(end));
    own || path.contains("/.well-known/openid-configuration")
        || path.contains("/.well-known/oauth-authorization-server")
        || LABEL.is_match(before(text, at))
}

/// What stands on the line before a place, or its end.
fn before(text: &str, at: usize) -> &str {
    let line = &text[text[..at].rfind('\n').map_or(0, |at| at + 1)..at];
    let start = line.char_indices().rev().nth(79).map_or(0, |(start, _)| start);
    &line[start..]
}

/// The page that a browser's message names (`from origin 'http://localhost:6274'`).
fn origin(text: &str) -> Option<String> {
    static ORIGIN: LazyLock<Regex> = LazyLock::new(|| pattern(r#"(?i)from origin ['"]?(https?://[^\s'"]+)"#));
    let url = Url::parse(ORIGIN.captures(text)?.get(1)?.as_str()).ok()?;
    url.has_host().then(|| url.origin().ascii_serialization())
}

/// Every web address in a text, in its order.
pub fn urls(text: &str) -> Vec<Url> {
    urls_at(text).into_iter().map(|(_, url)| url).collect()
}

/// The same, with the places.
fn urls_at(text: &str) -> Vec<(usize, Url)> {
    static ADDRESS: LazyLock<Regex> = LazyLock::new(|| pattern(r#"(?i)https?://[^\s"'`<>\\^{}|\u{201c}\u{201d}]+"#));
    const MOST_ADDRESSES: usize = 200;
    let found: Vec<regex::Match<'_>> = ADDRESS.find_iter(text).collect();
    // Of a log the end counts.
    let skipped = found.len().saturating_sub(MOST_ADDRESSES);
    found
        .into_iter()
        .skip(skipped)
        .filter_map(|found| {
            let mut word = found.as_str().trim_end_matches(['.', ',', ';', ':', '!', '?', '*']);
            while let Some(inside) = word.strip_suffix([')', ']']) {
                let (open, close) = if word.ends_with(')') { ('(', ')') } else { ('[', ']') };
                if word.matches(open).count() >= word.matches(close).count() {
                    break;
                }
                word = inside.trim_end_matches(['.', ',', ';', ':']);
            }
            Some((found.start(), Url::parse(word).ok().filter(Url::has_host)?))
        })
        .collect()
}

/// The page of a client, a callback or a document about errors: no server to check.
fn is_of_a_client(url: &Url) -> bool {
    let loopback = crate::subject::is_loopback(url);
    let path = url.path().to_ascii_lowercase();
    let has = |name: &str| url.query_pairs().any(|(key, _)| key == name);
    // An answer of a sign-in on its way back, on whatever path the app listens.
    let answers = (has("code") && has("state")) || (has("error") && !has("client_id"));
    let callback =
        path.contains("callback") || path.contains("/oauth2redirect") || path.ends_with("/redirect") || answers;
    const DOCUMENTS: [&str; 9] =
        ["docs.", "doc.", "errors.", "help.", "learn.", "support.", "developers.", "httpstatuses.", "status."];
    let inspector = loopback && matches!(url.port(), Some(6274 | 6276 | 6277 | 5173));
    const KNOWN: [&str; 31] = [
        "aka.ms",
        "accounts.google.com",
        "chatgpt.com",
        "claude.ai",
        "claude.com",
        "cursor.com",
        "datatracker.ietf.org",
        "developer.mozilla.org",
        "docs.scalekit.com",
        "errors.pydantic.dev",
        "github.com",
        "go.microsoft.com",
        "graph.microsoft.com",
        "insiders.vscode.dev",
        "json-schema.org",
        "login.microsoftonline.com",
        "modelcontextprotocol.io",
        "nodejs.org",
        "npmjs.com",
        "oauth2.googleapis.com",
        "pypi.org",
        "raw.githubusercontent.com",
        "server-url",
        "stackoverflow.com",
        "support.claude.com",
        "tools.ietf.org",
        "vscode.dev",
        "www.cursor.com",
        "www.googleapis.com",
        "www.npmjs.com",
        "www.w3.org",
    ];
    let ends = [".js", ".mjs", ".cjs", ".ts", ".html", ".htm", ".md", ".css", ".png", ".svg", ".tgz", ".zip", ".pdf"];
    let is_a_file = ends.iter().any(|end| path.ends_with(end));
    callback
        || inspector
        || is_a_file
        || url.host_str().is_some_and(|host| {
            KNOWN.contains(&host)
                || host.starts_with("registry.")
                || (DOCUMENTS.iter().any(|start| host.starts_with(start))
                    || host.ends_with(".github.io")
                    || path
                        .split('/')
                        .any(|part| matches!(part, "docs" | "doc" | "documentation" | "manual" | "issues" | "wiki"))
                    || url.fragment().is_some())
                    && !ends_like_an_endpoint(url)
        })
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
    if own.is_some_and(|before| before.trim_matches('/').is_empty()) {
        server.set_path("/");
        server.set_query(None);
    }
    server
}

fn ends_like_an_endpoint(url: &Url) -> bool {
    let path = url.path().trim_end_matches('/');
    path.ends_with("/mcp") || path.ends_with("/sse")
}

fn looks_like_an_endpoint(url: &Url) -> bool {
    let path = url.path().trim_end_matches('/');
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    let named = |word: &str| word.split(['-', '_']).any(|part| part.eq_ignore_ascii_case("mcp"));
    path.ends_with("/sse")
        || segments.any(named)
        || url.host_str().is_some_and(|host| host.split('.').any(|label| named(label) || label.ends_with("mcp")))
}

/// A pattern of this crate. Word boundaries are those of ASCII: with others one letter such as ü makes a long log slow to read.
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
            ("curl -i \\\n  -X POST \\\n  https://mcp.example.com/mcp", "https://mcp.example.com/mcp"),
            (
                "npx -y mcp-remote https://mcp.example.com/mcp\n[1] Fatal error: invalid_client",
                "https://mcp.example.com/mcp",
            ),
            // Codex, mcporter, MCP Inspector, FastMCP: the name that was not accepted is no address to ask.
            (
                "Error: Metadata error: Protected resource metadata resource mismatch: reference 'http://127.0.0.1:42010/mcp', permitted 'https://mcp.elsewhere.invalid/mcp'",
                "http://127.0.0.1:42010/mcp",
            ),
            (
                "{\"error\":{\"code\":\"error\",\"message\":\"Protected resource https://mcp.elsewhere.invalid/mcp does not match expected http://127.0.0.1:42010/mcp (or origin)\"}}",
                "http://127.0.0.1:42010/mcp",
            ),
            (
                "RuntimeError: Client failed to connect: Protected resource https://mcp.elsewhere.invalid/mcp does not match expected https://mcp.example.com/tools",
                "https://mcp.example.com/tools",
            ),
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
    fn a_challenge_is_no_token() {
        for text in [
            "Bearer error=\"invalid_token\"",
            "Bearer realm=\"mcp\"",
            "Bearer error=invalid_token",
            "Bearer resource_metadata=\"https://mcp.example.com/.well-known/oauth-protected-resource/mcp\"",
        ] {
            assert_ne!(understand(text), Understood::Token, "{text}");
        }
        assert_eq!(
            url(
                "WWW-Authenticate: Bearer resource_metadata=\"https://a.example/.well-known/oauth-protected-resource/mcp\""
            ),
            "https://a.example/mcp"
        );
    }

    #[test]
    fn the_server_is_picked_out_of_what_else_is_named() {
        for (text, expected) in [
            (
                "[1] Connecting to remote server: https://api.example.com/tools\nsee https://nodejs.org/en and https://blog.example.org/mcp",
                "https://api.example.com/tools",
            ),
            (
                "Please authorize this client by visiting:\nhttps://as.example.com/authorize?response_type=code&client_id=x&resource=https%3A%2F%2Fmcp.example.com%2Fmcp",
                "https://mcp.example.com/mcp",
            ),
            (
                "https://as.example.com/authorize?response_type=code&client_id=x&resource=https%3A%2F%2Fmcp.example.com%2Fmcp",
                "https://mcp.example.com/mcp",
            ),
            ("https://mcp.example.com/.well-known/oauth-protected-resource/mcp", "https://mcp.example.com/mcp"),
            (
                "{\"message\":\"Failed: https:\\/\\/mcp.example.com\\/mcp said {\\\"error\\\":\\\"invalid_client\\\"}\"} at https://a.example/node_modules/x.js",
                "https://mcp.example.com/mcp",
            ),
            (
                "[a] Connecting to remote server: https://a.example/mcp\n[b] Connecting to remote server: https://b.example/mcp\n[b] {\"error\":\"invalid_client\"}\n[c] https://c.example/mcp",
                "https://b.example/mcp",
            ),
        ] {
            assert_eq!(url(text), expected, "{text}");
        }
        for text in [
            "npm error code E404\nnpm error 404 Not Found - GET https://registry.example.org/mcp-remtoe - Not found",
            "jwt issuer invalid. expected: https://acme.example.com",
            "Issuer mismatch in authorization server metadata (RFC 8414 §3.3): expected \"https://as.example.com/resources/res_1\", received \"https://login.elsewhere.invalid\"",
            "RuntimeError: Client failed to connect: Authorization server metadata issuer mismatch: https://login.elsewhere.invalid != https://as.example.com/resources/res_1",
            "Dynamic registration failed: Registration to https://as.example.com/register failed.",
            "Usage: npx tsx proxy.ts <https://server-url> [callback-port] [--debug]",
            "HTTP 429 Too Many Requests\nsee https://docs.example.org/limits and\nhttps://www.example.org/a\nb\nc\nd\ne",
        ] {
            assert!(
                matches!(understand(text), Understood::Message { url: None, .. }),
                "{text}: {:?}",
                understand(text)
            );
        }
    }

    #[test]
    fn the_address_bar_of_a_sign_in_that_failed_is_a_message() {
        for (text, message) in [
            ("http://localhost:14881/oauth/callback?error=access_denied&error_description=no", "access-denied"),
            ("http://localhost:14881/oauth/callback?code=abc&state=def", "way-back-address"),
            ("https://claude.ai/settings/connectors?step=end&error_code=mcp_token_exchange_failed", "claude-no-pass"),
        ] {
            let Understood::Message { said, url: None, .. } = understand(text) else {
                panic!("{text}: {:?}", understand(text))
            };
            assert_eq!(said[0].message, message, "{text}");
        }
    }

    #[test]
    fn of_a_list_the_server_that_failed_is_meant() {
        let claude = "healthy: http://127.0.0.1:7101/mcp (HTTP) - ! Needs authentication\n\
            otherpath: http://127.0.0.1:7121/mcp (HTTP) - ✘ Failed to connect\n\
            third: http://127.0.0.1:7131/mcp (HTTP) - ✔ Connected";
        assert_eq!(url(claude), "http://127.0.0.1:7121/mcp");
        let opencode = "●  ✓ one connected\n│      http://127.0.0.1:7101/mcp\n●  ✗ two failed\n│      SSE error: Non-200 status code (404)\n│      http://127.0.0.1:7121/mcp\n";
        assert_eq!(url(opencode), "http://127.0.0.1:7121/mcp");
    }

    #[test]
    fn an_answer_on_its_way_back_and_a_document_are_no_servers() {
        for text in [
            "http://127.0.0.1:33418/?code=abc123&state=xyz",
            "see http://127.0.0.1:54428/?error=server_error&error_description=x for what came",
            "Error: it failed. See https://gofastmcp.com/clients/auth/oauth#token-storage for more",
            "Error 401: {\"type\":\"https://httpstatuses.io/401\"}",
            "it failed, read https://docs.example.com/troubleshooting please",
        ] {
            let named = match understand(text) {
                Understood::Server { url, .. } | Understood::Message { url: Some(url), .. } => Some(url),
                _ => None,
            };
            assert_eq!(named, None, "{text}");
        }
        assert_eq!(url("Error at https://docs.example.com/mcp: it failed"), "https://docs.example.com/mcp");
        let both = "--url https://mcp.example.com/mcp failed. Open https://login.example.com/authorize?response_type=code&client_id=x";
        assert_eq!(url(both), "https://mcp.example.com/mcp");
    }

    #[test]
    fn what_a_text_is_dressed_in_does_not_hide_it() {
        let plain = "Error: listen EADDRINUSE: address already in use 127.0.0.1:3334";
        let dressed = [
            "\u{1b}[31mError:\u{1b}[0m listen \u{1b}[1mEADDRINUSE\u{1b}[22m: address already in use 127.0.0.1:3334"
                .to_owned(),
            format!("\\u001b[31mError:\\u001b[0m {}", &plain[7..]),
            format!("one\r\ntwo\r\n{plain}\r\n"),
            format!("one\rtwo\r{plain}\r"),
            format!("{{\"message\":\"{plain}\\n    at x\"}}"),
            format!("{}{plain}{}", "npm warn deprecated glob@7.2.3\n".repeat(5_000), "\nmore".repeat(5_000)),
        ];
        for text in dressed {
            let Understood::Message { said, .. } = understand(&text) else { panic!("{:?}", understand(&text)) };
            assert_eq!(said[0].message, "port-busy", "{:?}", text.chars().take(80).collect::<String>());
        }
        let wide: Vec<u8> = plain.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(text_of(&wide), plain);
        assert_eq!(text_of(&[&[0xff, 0xfe], wide.as_slice()].concat()), plain);
        let big: Vec<u8> = plain.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(text_of(&[&[0xfe, 0xff], big.as_slice()].concat()), plain);
        assert_eq!(text_of("grüße".as_bytes()), "grüße");
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

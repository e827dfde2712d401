//! A pasted token, read without anybody's help: what kind it is, and what it says of itself.
//!
//! People paste what they have: a header line, a curl command, the JSON of a token endpoint, a file of a client's cache. All
//! of that is forgiven. What is kept is safe to show: never the token, never the signature, never claims about a person.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::redact::Secret;

/// More than this is no token.
const MOST: usize = 256 * 1024;
/// Longer claims are cut: they are for comparing and showing, and no identifier is this long.
const LONGEST_VALUE: usize = 2_000;

/// What could be read of a token.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TokenReading {
    /// How it is built.
    pub form: TokenForm,
    /// What it is for, as far as it shows.
    pub role: TokenRole,
    /// Its length in characters.
    pub length: usize,
    /// What stood around it and was taken off, in plain words.
    pub forgiven: BTreeSet<&'static str>,
    /// The header of a JWT or JWE: `alg`, `kid`, `typ`, `enc`, `cty` alone.
    pub header: Map<String, Value>,
    /// The claims that are safe to show.
    pub claims: Map<String, Value>,
    /// The names of all other claims. Their values are not kept.
    pub other_claims: Vec<String>,
    /// What the token endpoint said beside the token, when the whole reply was pasted.
    pub reply: Option<TokenReply>,
}

/// How a token is built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum TokenForm {
    /// Three parts, the first two readable.
    Jwt,
    /// Five parts: encrypted for its receiver.
    Jwe,
    /// Nothing that can be read from outside.
    Opaque,
    /// A piece is missing.
    Truncated {
        /// Which, as a clause.
        how: String,
    },
}

/// What a token is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum TokenRole {
    /// An access token, or nothing speaks against it.
    Access,
    /// It tells an app who signed in; servers must not take it.
    Id {
        /// What shows it, as a clause.
        why: String,
    },
    /// It fetches new access tokens; only the sign-in service may see it.
    Refresh {
        /// What shows it, as a clause.
        why: String,
    },
    /// A name or a key, not a token.
    Credential {
        /// What it looks like, as a clause.
        why: String,
    },
}

/// What the token endpoint said beside the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TokenReply {
    /// A refresh token came with it.
    pub refresh_token: bool,
    /// `expires_in`, in seconds.
    pub expires_in: Option<i64>,
    /// `scope`.
    pub scope: Option<String>,
    /// `token_type`.
    pub token_type: Option<String>,
}

/// There is no token in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoToken {
    /// Nothing is there.
    #[error("there is nothing in it")]
    Empty,
    /// Far too long.
    #[error("it is longer than any token")]
    TooLong,
    /// Words, a page, a file of another kind.
    #[error("no token could be found in it")]
    NotFound,
}

/// Finds the token in a text and reads it. The token itself comes back as a secret.
///
/// # Errors
/// When there is none.
pub fn read(text: &str) -> Result<(Secret, TokenReading), NoToken> {
    if text.len() > MOST {
        return Err(NoToken::TooLong);
    }
    let visible = without_invisible(text);
    let found = find(&visible).or_else(|error| anywhere(&visible).ok_or(error))?;
    let mut reading = describe(&found.token);
    reading.forgiven = found.forgiven;
    reading.reply = found.reply;
    if let Some(role) = found.role
        && reading.role == TokenRole::Access
    {
        reading.role = role;
    }
    Ok((Secret::new(found.token), reading))
}

/// Letters that nobody sees, as web pages, chats and text processors put them in.
fn without_invisible(text: &str) -> String {
    text.chars()
        .filter(|letter| !matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}'))
        .map(|letter| if matches!(letter, '\u{a0}' | '\u{202f}') { ' ' } else { letter })
        .collect()
}

/// The only readable token in a text of another kind: a log, a piece of a program, a page. Among several, the one that stands
/// under the name access_token.
fn anywhere(text: &str) -> Option<Found> {
    let part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.' | '=');
    let mut found: Vec<(usize, &str)> = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find("eyJ").map(|start| at + start) {
        let run = text[start..].find(|letter| !part(letter)).map_or(&text[start..], |end| &text[start..start + end]);
        let alone = !text[..start].ends_with(part);
        if alone && run.split('.').count() >= 3 && run.len() > 60 && found.iter().all(|(_, have)| *have != run) {
            found.push((start, run));
        }
        at = start + run.len().max(3);
    }
    let named = |(start, _): &&(usize, &str)| {
        let before =
            text[..*start].trim_end_matches(|letter: char| letter.is_whitespace() || "\"'`:=".contains(letter));
        before.ends_with("access_token") || before.ends_with("accessToken")
    };
    let (_, token) = match found.as_slice() {
        [one] => one,
        many => many.iter().find(named)?,
    };
    let forgiven = BTreeSet::from(["the text around it"]);
    Some(Found { token: (*token).to_owned(), forgiven, role: None, reply: None })
}

struct Found {
    token: String,
    forgiven: BTreeSet<&'static str>,
    role: Option<TokenRole>,
    reply: Option<TokenReply>,
}

fn find(text: &str) -> Result<Found, NoToken> {
    let mut forgiven = BTreeSet::new();
    let trimmed = text.trim_matches(|character: char| character.is_whitespace() || character == '\u{feff}');
    if trimmed.is_empty() {
        return Err(NoToken::Empty);
    }
    if trimmed.len() != text.len() {
        forgiven.insert("space around it");
    }
    if trimmed.starts_with(['{', '[', '"'])
        && let Ok(value) = serde_json::from_str::<Value>(trimmed)
        && !value.is_string()
    {
        return from_json(&value, forgiven);
    }
    let mut rest = trimmed;
    if let Some(at) = find_ignoring_case(rest, "bearer").filter(|at| {
        rest[at + "bearer".len()..].starts_with(|next: char| next.is_whitespace() || next == ':' || next == '%')
            && !rest[..*at].contains("access_token")
    }) {
        rest = rest[at + "bearer".len()..].trim_start_matches(|c: char| c.is_whitespace() || c == ':');
        rest = rest.strip_prefix("%20").unwrap_or(rest);
        forgiven.insert("the word Bearer before it");
    } else if let Some(at) = rest.find("access_token=") {
        rest = &rest[at + "access_token=".len()..];
        rest = rest.split(['&', '#']).next().unwrap_or_default();
        forgiven.insert("the rest of a web address");
    } else if let Some((name, value)) = rest.split_once(['=', ':'])
        && !name.is_empty()
        && name.len() < 40
        && name.trim().chars().all(|character| character.is_ascii_alphanumeric() || "_-. $".contains(character))
        && !value.trim_matches('=').is_empty()
        && !looks_like_jwt(name)
        && is_a_label(name, value)
    {
        // `TOKEN=…`, `authorization: …`
        rest = value.trim();
        forgiven.insert("a name before it");
    }
    let is_quote = |character: char| "\"'`“”„‘’«»,;\\".contains(character);
    let unquoted = rest.trim().trim_matches(is_quote).trim();
    if unquoted.len() != rest.trim().len() {
        forgiven.insert("quotes around it");
    }
    // A JWT that a terminal or a mail wrapped over several lines; words after it are not part of it.
    let lines: Vec<&str> = unquoted.lines().map(|line| line.trim().trim_end_matches('\\').trim()).collect();
    let joined: String = if lines.len() > 1 && lines.iter().all(|line| !line.contains(char::is_whitespace)) {
        forgiven.insert("line breaks inside it");
        lines.concat()
    } else {
        unquoted.split_whitespace().next().unwrap_or_default().to_owned()
    };
    let several_words = joined.len() < unquoted.len() && lines.len() == 1;
    let token = joined.trim_matches(is_quote).to_owned();
    if several_words {
        // Words, not a token; unless what stands first can be nothing else.
        if !looks_like_jwt(&token) && forgiven.iter().all(|what| !what.starts_with("the word Bearer")) {
            return Err(NoToken::NotFound);
        }
        forgiven.insert("words after it");
    }
    let possible = |character: char| character.is_ascii_graphic() || character == '…';
    if token.len() < 8 || !token.chars().all(possible) || token.starts_with('<') {
        return Err(NoToken::NotFound);
    }
    Ok(Found { token, forgiven, role: None, reply: None })
}

fn from_json(value: &Value, mut forgiven: BTreeSet<&'static str>) -> Result<Found, NoToken> {
    forgiven.insert("JSON around it");
    let (holder, token, role) = match held(value, &["access_token", "accessToken"], 0) {
        Some((holder, token)) => (holder, token, None),
        None => match held(value, &["id_token", "idToken"], 0) {
            Some((holder, token)) => {
                (holder, token, Some(TokenRole::Id { why: "it stands under the name id_token".to_owned() }))
            }
            None => match held(value, &["refresh_token", "refreshToken"], 0) {
                Some((holder, token)) => {
                    let why = "it stands under the name refresh_token".to_owned();
                    (holder, token, Some(TokenRole::Refresh { why }))
                }
                None => {
                    let (holder, token) =
                        held(value, &["token", "authorization", "Authorization"], 0).ok_or(NoToken::NotFound)?;
                    (holder, token, None)
                }
            },
        },
    };
    let mut inner = find_text(token)?;
    inner.forgiven.extend(forgiven);
    inner.role = role;
    let member = |names: &[&str]| names.iter().find_map(|name| holder.get(*name));
    let text = |names: &[&str]| member(names).and_then(Value::as_str).map(str::to_owned);
    let is_reply = member(&["token_type", "tokenType", "expires_in", "expiresIn"]).is_some();
    inner.reply = is_reply.then(|| TokenReply {
        refresh_token: member(&["refresh_token", "refreshToken"])
            .is_some_and(|value| value.as_str().is_some_and(|text| !text.is_empty())),
        expires_in: member(&["expires_in", "expiresIn"])
            .and_then(|value| value.as_i64().or_else(|| value.as_str()?.parse().ok())),
        scope: text(&["scope"]),
        token_type: text(&["token_type", "tokenType"]),
    });
    Ok(inner)
}

/// A token inside JSON is a plain string, with `Bearer ` before it at most.
fn find_text(token: &str) -> Result<Found, NoToken> {
    if token.trim_start().starts_with(['{', '[']) { Err(NoToken::NotFound) } else { find(token) }
}

/// The first member of one of these names that is a string, with the object that holds it.
fn held<'a>(value: &'a Value, names: &[&str], depth: u8) -> Option<(&'a Map<String, Value>, &'a str)> {
    if depth > 6 {
        return None;
    }
    match value {
        Value::Object(object) => names
            .iter()
            .find_map(|name| Some((object, object.get(*name)?.as_str().filter(|text| !text.trim().is_empty())?)))
            .or_else(|| object.values().find_map(|value| held(value, names, depth + 1))),
        Value::Array(list) => list.iter().find_map(|value| held(value, names, depth + 1)),
        _ => None,
    }
}

/// Whether what stands before `=` or `:` is a name that somebody wrote there, and no part of the token: there are services
/// whose tokens have colons in them.
fn is_a_label(name: &str, value: &str) -> bool {
    const WORDS: [&str; 9] = ["token", "auth", "bearer", "key", "secret", "credential", "jwt", "pass", "cookie"];
    let low = name.to_ascii_lowercase();
    value.starts_with(char::is_whitespace)
        || name.contains(char::is_whitespace)
        || WORDS.iter().any(|word| low.contains(word))
}

fn find_ignoring_case(text: &str, word: &str) -> Option<usize> {
    text.to_ascii_lowercase().find(word)
}

fn looks_like_jwt(text: &str) -> bool {
    // `{"`, and `{` before a line break or a space.
    ["eyJ", "ewog", "ewoJ", "ew0K", "eyAi"].iter().any(|start| text.starts_with(start))
}

fn describe(token: &str) -> TokenReading {
    let mut reading = TokenReading {
        form: TokenForm::Opaque,
        role: TokenRole::Access,
        length: token.chars().count(),
        forgiven: BTreeSet::new(),
        header: Map::new(),
        claims: Map::new(),
        other_claims: Vec::new(),
        reply: None,
    };
    let cut = |how: &str| TokenForm::Truncated { how: how.to_owned() };
    if token.contains("...") || token.contains('…') {
        reading.form = cut("it was shortened with dots");
        return reading;
    }
    let parts: Vec<&str> = token.split('.').collect();
    let header = object(parts[0]);
    let Some(header) = header else {
        reading.form = if looks_like_jwt(token) && token.len() > 30 {
            cut("its first part cannot be read")
        } else {
            TokenForm::Opaque
        };
        reading.role = credential(token).unwrap_or(TokenRole::Access);
        return reading;
    };
    for name in ["alg", "kid", "typ", "enc", "cty"] {
        if let Some(value) = header.get(name).filter(|value| !value.is_object() && !value.is_array()) {
            reading.header.insert(name.to_owned(), shortened(value));
        }
    }
    match parts.len() {
        5 => reading.form = TokenForm::Jwe,
        3 => match object(parts[1]) {
            Some(claims) => {
                let unsigned = reading.alg().is_some_and(|alg| alg.eq_ignore_ascii_case("none"));
                reading.form =
                    if parts[2].is_empty() && !unsigned { cut("its signature is missing") } else { TokenForm::Jwt };
                keep_claims(&mut reading, claims);
                reading.role = role(&reading);
            }
            None => reading.form = cut("its middle part cannot be read"),
        },
        1 => reading.form = cut("only its first part is there"),
        2 => reading.form = cut("its last part is missing"),
        _ => reading.form = TokenForm::Opaque,
    }
    reading
}

/// The claims that say something about the token and nothing about the person.
const SHOWN: &[&str] = &[
    "iss",
    "aud",
    "exp",
    "nbf",
    "iat",
    "scope",
    "scopes",
    "scp",
    "permissions",
    "roles",
    "client_id",
    "azp",
    "appid",
    "cid",
    "jti",
    "typ",
    "token_use",
    "ver",
    "tid",
    "resource",
    "gty",
];

fn keep_claims(reading: &mut TokenReading, claims: Map<String, Value>) {
    for (name, value) in claims {
        if SHOWN.contains(&name.as_str()) {
            reading.claims.insert(name, shortened(&value));
        } else {
            reading.other_claims.push(name.chars().take(80).collect());
        }
    }
}

fn shortened(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(text.chars().take(LONGEST_VALUE).collect()),
        Value::Array(list) => Value::Array(
            list.iter().take(200).filter(|one| !one.is_object() && !one.is_array()).map(shortened).collect(),
        ),
        Value::Object(_) => Value::String("(more than can be shown)".to_owned()),
        other => other.clone(),
    }
}

fn role(reading: &TokenReading) -> TokenRole {
    let id = |why: &str| TokenRole::Id { why: why.to_owned() };
    let says = |name: &str| reading.claims.get(name).and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
    let header_type = reading.typ().unwrap_or_default().to_ascii_lowercase();
    if header_type.contains("at+jwt") {
        return TokenRole::Access;
    }
    match says("token_use").as_str() {
        "id" => return id("its claim token_use says id"),
        "access" => return TokenRole::Access,
        "refresh" => return TokenRole::Refresh { why: "its claim token_use says refresh".to_owned() },
        _ => {}
    }
    match says("typ").as_str() {
        "id" => return id("its claim typ says ID"),
        "bearer" => return TokenRole::Access,
        "refresh" | "offline" => return TokenRole::Refresh { why: format!("its claim typ says {}", says("typ")) },
        _ => {}
    }
    if header_type.contains("rt+jwt") || header_type.contains("refresh") {
        return TokenRole::Refresh { why: format!("its header says {header_type}") };
    }
    let has = |name: &str| reading.other_claims.iter().any(|have| have == name);
    let permits = reading.scope_labels().iter().any(|label| label.name != "roles" && !label.scopes.is_empty());
    if has("at_hash") || has("c_hash") {
        return id("it carries at_hash, as ID tokens do");
    }
    if has("nonce") && !permits {
        return id("it carries a nonce and no scope, as ID tokens do");
    }
    let audiences = reading.audiences();
    let client = ["client_id", "azp", "appid", "cid"].iter().find_map(|name| reading.claims.get(*name)?.as_str());
    if let ([audience], Some(client)) = (audiences.as_slice(), client)
        && audience == client
        && !permits
    {
        return id("it is meant for the app itself (aud is the client_id)");
    }
    // Microsoft's and Auth0's carry no hash and, without a browser, no nonce; they tell of the person and name no app beside aud.
    let person = ["name", "preferred_username", "nickname", "given_name", "family_name", "picture", "email_verified"];
    let permitted = reading.scope_labels().iter().any(|label| !label.scopes.is_empty());
    if let ([audience], None) = (audiences.as_slice(), client)
        && !audience.contains("://")
        && !permitted
        && person.into_iter().any(has)
    {
        return id("it tells who the person is, and names no permission and no app but the one that it is for");
    }
    TokenRole::Access
}

/// Identifiers and keys that people take for tokens.
fn credential(token: &str) -> Option<TokenRole> {
    const KNOWN: &[(&str, &str)] = &[
        ("skc_", "it is the name of a Scalekit API credential"),
        ("prd_skc_", "it is the name of a Scalekit API credential"),
        ("res_", "it is the id of an MCP server in Scalekit"),
        ("conn_", "it is the id of a connection in Scalekit"),
        ("m2m_", "it is a client_id of Scalekit"),
        ("m2morg_", "it is a client_id of Scalekit"),
        ("usr_", "it is the id of a user in Scalekit"),
        ("org_", "it is the id of an organization in Scalekit"),
        ("http://", "it is a web address"),
        ("https://", "it is a web address"),
    ];
    let (_, why) = KNOWN.iter().find(|(prefix, _)| token.starts_with(prefix))?;
    Some(TokenRole::Credential { why: (*why).to_owned() })
}

/// One base64url part that holds a JSON object. Padding and the other alphabet are forgiven.
fn object(part: &str) -> Option<Map<String, Value>> {
    let text = part.trim_end_matches('=').replace('+', "-").replace('/', "_");
    let bytes = URL_SAFE_NO_PAD.decode(&text).or_else(|_| URL_SAFE.decode(&text)).ok()?;
    match serde_json::from_slice(&bytes).ok()? {
        Value::Object(object) => Some(object),
        _ => None,
    }
}

/// One claim under which scopes stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeLabel {
    /// The claim's name.
    pub name: &'static str,
    /// It is a list, not a text.
    pub list: bool,
    /// What stands there.
    pub scopes: Vec<String>,
}

impl TokenReading {
    /// `alg` of the header.
    pub fn alg(&self) -> Option<&str> {
        self.header.get("alg")?.as_str()
    }

    /// `kid` of the header.
    pub fn kid(&self) -> Option<&str> {
        self.header.get("kid")?.as_str()
    }

    /// `typ` of the header.
    pub fn typ(&self) -> Option<&str> {
        self.header.get("typ")?.as_str()
    }

    /// A claim when it is a string.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.claims.get(name)?.as_str()
    }

    /// A claim when it is a number, whole or not; in text it counts too.
    pub fn number(&self, name: &str) -> Option<i64> {
        let value = self.claims.get(name)?;
        #[allow(clippy::cast_possible_truncation, reason = "a date; saturates")]
        value.as_i64().or_else(|| value.as_f64().map(|number| number as i64)).or_else(|| value.as_str()?.parse().ok())
    }

    /// Whether the claim is there, shown or not.
    pub fn has(&self, name: &str) -> bool {
        self.claims.contains_key(name) || self.other_claims.iter().any(|have| have == name)
    }

    /// `iss`.
    pub fn issuer(&self) -> Option<&str> {
        self.text("iss")
    }

    /// `aud`, as a list in any case.
    pub fn audiences(&self) -> Vec<String> {
        match self.claims.get("aud") {
            Some(Value::String(one)) => vec![one.clone()],
            Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        }
    }

    /// It could be read to its claims.
    pub fn is_jwt(&self) -> bool {
        self.form == TokenForm::Jwt
    }

    /// Every label under which scopes or permissions stand.
    pub fn scope_labels(&self) -> Vec<ScopeLabel> {
        ["scope", "scopes", "scp", "permissions", "roles"]
            .into_iter()
            .filter_map(|name| {
                let (list, scopes) = match self.claims.get(name)? {
                    Value::String(text) => (false, text.split_ascii_whitespace().map(str::to_owned).collect()),
                    Value::Array(many) => (
                        true,
                        many.iter()
                            .filter_map(Value::as_str)
                            .flat_map(str::split_ascii_whitespace)
                            .map(str::to_owned)
                            .collect(),
                    ),
                    _ => return None,
                };
                Some(ScopeLabel { name, list, scopes })
            })
            .collect()
    }

    /// Every scope, whatever its label. Roles are not scopes.
    pub fn scopes(&self) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for label in self.scope_labels().into_iter().filter(|label| label.name != "roles") {
            for scope in label.scopes {
                if !all.contains(&scope) {
                    all.push(scope);
                }
            }
        }
        all
    }
}

/// What came of checking the signature against the keys of the sign-in service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Signature {
    /// It fits.
    Good {
        /// The key, when the token names one.
        kid: Option<String>,
    },
    /// The key is there, and it does not fit.
    Bad {
        /// The key, when the token names one.
        kid: Option<String>,
    },
    /// The token names a key that the sign-in service does not list.
    UnknownKey {
        /// The key that the token names.
        kid: String,
        /// The keys that are listed.
        listed: Vec<String>,
    },
    /// The token is not signed (`alg` is `none`).
    Unsigned,
    /// Signed with a shared secret, which no key set lists.
    SharedSecret {
        /// The algorithm.
        alg: String,
    },
    /// An algorithm that could not be checked here.
    Unusual {
        /// The algorithm.
        alg: String,
    },
    /// No listed key fits the algorithm.
    NoFittingKey {
        /// The algorithm.
        alg: String,
    },
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn jwt(header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.c2lnbmF0dXJlLWNhbmFyeQ", part(header), part(claims))
    }

    fn good() -> String {
        jwt(
            &json!({"alg": "RS256", "kid": "snk_1", "typ": "JWT"}),
            &json!({"iss": "https://a.example", "aud": ["res_1", "https://m.example/mcp"], "exp": 10, "scope": "a b", "sub": "usr_canary", "email": "canary@example.com"}),
        )
    }

    #[track_caller]
    fn reading(text: &str) -> TokenReading {
        read(text).expect("a token").1
    }

    #[test]
    fn every_way_of_pasting_gives_the_same_token() {
        let token = good();
        let wrapped: String = token.as_bytes().chunks(40).map(|line| String::from_utf8_lossy(line) + "\n").collect();
        for text in [
            token.clone(),
            format!("  {token}\n"),
            format!("Bearer {token}"),
            format!("bearer  {token}"),
            format!("Authorization: Bearer {token}"),
            format!("curl -H \"Authorization: Bearer {token}\" https://m.example/mcp"),
            format!("\"{token}\""),
            format!("'{token}',"),
            format!("“{token}”"),
            format!("TOKEN={token}"),
            format!("access_token={token}&token_type=bearer"),
            format!("http://localhost:1/#access_token={token}&expires_in=1"),
            format!("{{\"access_token\": \"{token}\", \"token_type\": \"Bearer\", \"expires_in\": 300}}"),
            format!("{{\"a\": {{\"tokens\": {{\"access_token\": \"{token}\"}}}}}}"),
            format!("{{\"Authorization\": \"Bearer {token}\"}}"),
            wrapped,
        ] {
            let (found, read) = read(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(found.expose(), token, "{text}");
            assert_eq!((read.form, read.role), (TokenForm::Jwt, TokenRole::Access), "{text}");
        }
    }

    #[test]
    fn nothing_of_the_person_or_the_signature_is_kept() {
        let kept = format!("{:?} {}", reading(&good()), serde_json::to_string(&reading(&good())).expect("JSON"));
        for canary in ["usr_canary", "canary@example.com", "c2lnbmF0dXJl", &good()] {
            assert!(!kept.contains(canary), "{canary}");
        }
        assert!(reading(&good()).has("sub"));
    }

    #[test]
    fn other_kinds_are_told_apart() {
        let form = |text: &str| reading(text).form;
        assert_eq!(form("opaque_0123456789"), TokenForm::Opaque);
        assert_eq!(form("eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.a.b.c.d"), TokenForm::Jwe);
        let token = good();
        let (head, _) = token.rsplit_once('.').expect("dots");
        for cut in [head.to_owned(), format!("{head}."), token[..20].to_owned() + "...", token[..60].to_owned()] {
            assert!(matches!(form(&cut), TokenForm::Truncated { .. }), "{cut}");
        }
    }

    #[test]
    fn an_id_or_refresh_token_is_not_an_access_token() {
        let header = json!({"alg": "RS256"});
        let role = |claims: Value| reading(&jwt(&header, &claims)).role;
        for claims in [
            json!({"aud": ["app"], "client_id": "app", "nonce": "n", "at_hash": "h"}),
            json!({"aud": "app", "azp": "app"}),
            json!({"aud": "app", "token_use": "id"}),
            json!({"aud": "app", "nonce": "n"}),
        ] {
            assert!(matches!(role(claims.clone()), TokenRole::Id { .. }), "{claims}");
        }
        assert!(matches!(role(json!({"typ": "Refresh"})), TokenRole::Refresh { .. }));
        // Access tokens of other makers.
        for claims in [
            json!({"client_id": "app", "token_use": "access", "scope": "a"}),
            json!({"aud": "app", "azp": "app", "typ": "Bearer", "scope": "openid"}),
            json!({"aud": "api://x", "appid": "app", "scp": "read"}),
        ] {
            assert_eq!(role(claims.clone()), TokenRole::Access, "{claims}");
        }
        let only = |name: &str| reading(&format!("{{\"{name}\": \"opaque_0123456789\"}}")).role;
        assert!(matches!(only("refresh_token"), TokenRole::Refresh { .. }));
        assert!(matches!(reading("skc_1234567890").role, TokenRole::Credential { .. }));
    }

    #[test]
    fn a_whole_reply_tells_what_came_with_the_token() {
        let reply =
            reading(&format!("{{\"access_token\": \"{}\", \"expires_in\": \"300\", \"scope\": \"a\"}}", good()))
                .reply
                .expect("a reply");
        assert_eq!((reply.refresh_token, reply.expires_in, reply.scope.as_deref()), (false, Some(300), Some("a")));
    }

    #[test]
    fn scopes_are_found_under_every_label() {
        let labels = |claims: Value| reading(&jwt(&json!({"alg": "RS256"}), &claims)).scope_labels();
        assert_eq!(labels(json!({"scope": "a b"}))[0].scopes, ["a", "b"]);
        assert!(labels(json!({"scopes": ["a"]}))[0].list);
        assert_eq!(labels(json!({"scp": "a"}))[0].name, "scp");
    }

    #[test]
    fn words_and_nothing_are_no_token() {
        assert_eq!(read("  ").err(), Some(NoToken::Empty));
        for text in
            ["this is no token at all", "<html><body>Log in</body></html>", "{\"error\": \"invalid_grant\"}", "abc"]
        {
            assert_eq!(read(text).err(), Some(NoToken::NotFound), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC*") {
            let _ = read(&text);
        }

        #[test]
        fn nothing_between_dots_makes_it_panic(text in "(Bearer )?[eyJA-Za-z0-9_{}\":.=-]{0,80}") {
            let _ = read(&text);
        }
    }

    #[test]
    fn tokens_are_found_in_programs_logs_and_with_letters_that_nobody_sees() {
        let jwt = crate::sample::jwt(
            &json!({"alg": "RS256"}),
            &json!({"iss": "https://a.example", "scope": "read write", "sub": "x"}),
        );
        let id = crate::sample::jwt(
            &json!({"alg": "RS256"}),
            &json!({"iss": "https://a.example", "nonce": "n", "sub": "abcdefghijk"}),
        );
        for text in [
            format!("{{ access_token: '{jwt}', token_type: 'Bearer' }}"),
            format!("\u{200b}{jwt}\u{a0}"),
            format!("2026-11-30 12:00 DEBUG got {jwt}\n2026-11-30 12:01 DEBUG done"),
            format!("tokens = {{ id_token: \"{id}\", access_token: \"{jwt}\" }}"),
        ] {
            let (token, _) = read(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
            assert_eq!(token.expose(), jwt, "{text}");
        }
        assert!(read(&format!("one {id} and another {jwt} of unknown use")).is_err());
    }

    #[test]
    fn id_tokens_without_a_nonce_are_known_by_the_person_in_them() {
        let role =
            |claims: Value| read(&crate::sample::jwt(&json!({"alg": "RS256"}), &claims)).expect("a token").1.role;
        let entra = json!({"aud": "9d8c7b6a-2222-4e5f-8a9b-1c2d3e4f5a6b", "name": "J", "preferred_username": "j", "ver": "2.0"});
        assert!(matches!(role(entra.clone()), TokenRole::Id { .. }));
        let mut access = entra;
        access["scp"] = json!("mcp.read");
        assert_eq!(role(access), TokenRole::Access);
        assert_eq!(role(json!({"aud": "https://mcp.example.com", "name": "J"})), TokenRole::Access);
    }
}

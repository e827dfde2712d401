//! What must never be shown is masked here, in one place.

use std::fmt;
use std::panic::PanicHookInfo;
use std::sync::LazyLock;

use regex::Regex;
use serde::{Serialize, Serializer};
use serde_json::Value;
use zeroize::Zeroize;

/// A value that cannot be printed: a token, a code, a verifier, a secret. It is wiped when dropped.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes the value over.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself, for the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Its length in bytes: the only thing that may be told of it.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// There is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Secret({} characters)", self.0.len())
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// The text with everything masked that could be a secret: tokens, codes, verifiers, passwords, cookies. What is masked
/// shows as `‹hidden›`, so that a reader sees that something stood there.
pub fn mask(text: &str) -> String {
    /// Each hides what stands in the group `secret`, or the whole match.
    static SECRETS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
        [
            // A JWT or a part of one.
            r"(?P<secret>\bey[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){1,4})",
            // `Authorization: Bearer …`, also in JSON and on a command line.
            r#"(?i)\b(?:bearer|basic|dpop)\s+(?P<secret>(?P<credentials>[A-Za-z0-9._~+/=-]{6,}))"#,
            r#"(?i)(?:proxy-)?authorization\\*["']?\s*[:=]\s*\\*["']?(?:bearer\s+|basic\s+|dpop\s+)?(?P<secret>[^\s"',}]+)"#,
            r#"(?i)(?:set-)?cookie\\*["']?\s*:\s*\\*["']?(?P<secret>[^\r\n"']+)"#,
            // name=value, "name": "value", name: value.
            r#"(?i)["']?\b(?:access_?token|refresh_?token|id_?token|token|client_?secret|secret|password|passwd|pwd|api_?key|x-api-key|code_?verifier|device_?code|assertion|client_assertion|private_?key|session_?key|registration_access_token|subject_token)\\*["']?\s*[:=]\s*\\*["']?(?P<secret>[^\s"'&,;}\]]+)"#,
            r#"(?i)[A-Z0-9_]*(?:SECRET|TOKEN|PASSWORD|API_KEY|PRIVATE_KEY)[A-Z0-9_]*\s*=\s*["']?(?P<secret>[^\s"']+)"#,
            // The same where the name is longer: "MY_TOKEN": "value", githubToken: value, x-goog-api-key: value.
            r#"(?i)\b(?P<name>[a-z0-9_.-]*(?:token|secret|passwo?r?d|passphrase|api[_-]?key|access[_-]?key|private[_-]?key))\\*["']?\s*[:=]\s*\\*["']?(?P<secret>[^\s"'&,;}\]\[{]+)"#,
            // --password value, on a command line.
            r#"(?i)(?:^|[\s"'])--(?:access-?token|token|password|passwd|client-?secret|secret|api-?key|auth-?token|private-?key)\s+["']?(?P<secret>[^\s"']+)"#,
            // curl -u name:password
            r#"(?i)(?:^|[\s"'])(?:-u|--user|--proxy-user)\s*["']?[^\s:"']+:(?P<secret>[^\s"']+)"#,
            // A code or state in an address.
            r"(?i)[?&#](?:code|state|session_state|nonce|code_challenge|key|auth|sig|signature|pass)=(?P<secret>[^&\s#\x22']+)",
            // The same code in JSON. What an error is called has no digit early in it.
            r#"(?i)"code"\s*:\s*"(?P<secret>[a-z._~-]{0,40}[0-9][a-z0-9._~-]{11,})""#,
            // Old versions of mcp-remote write the values of all headers into the client's log.
            r"Using custom headers: (?P<secret>\{[^\r\n]*\})",
            // The password in an address.
            r"(?i)://[^/\s:@]*:(?P<secret>[^/\s@]+)@",
            // What well-known services' keys look like.
            r"(?P<secret>\b(?:sk|pk|rk|ghp|gho|ghs|ghu|github_pat|xox[abpr]|glpat|npm|AKIA|ya29|live|test|prd)[-_][A-Za-z0-9_-]{12,})",
        ]
        .iter()
        .map(|text| crate::pasted::pattern(text))
        .collect()
    });
    /// No name of a secret is longer; looking into longer values again and again would take for ever.
    const LONGEST_NAME: usize = 128;
    let mut hidden: Vec<(usize, usize)> = Vec::new();
    // Most texts hold no secret, and looking for one without its groups costs half as much.
    for pattern in SECRETS.iter().filter(|pattern| pattern.is_match(text)) {
        let mut from = 0;
        while let Some(found) = pattern.captures_at(text, from) {
            let (Some(whole), Some(secret)) = (found.get(0), found.name("secret")) else { break };
            let of_an_error = found.name("name").is_some_and(|name| is_of_an_error(name.as_str()));
            let of_a_challenge =
                found.name("credentials").is_some_and(|found| is_of_a_challenge(found.as_str(), &text[found.end()..]));
            if !of_an_error && !of_a_challenge {
                hidden.push((secret.start(), secret.end()));
            }
            // What was taken for a value may be the name of the next one, as in "token:\nclient_secret: …".
            let may_be_a_name = secret.len() <= LONGEST_NAME && secret.start() > whole.start();
            from = if may_be_a_name { secret.start() } else { secret.end() };
        }
    }
    if hidden.is_empty() {
        return text.to_owned();
    }
    hidden.sort_unstable();
    let mut masked = String::with_capacity(text.len());
    let mut at = 0;
    for (start, end) in hidden {
        if end <= at {
            continue;
        }
        if start >= at {
            masked.push_str(&text[at..start]);
            masked.push_str(HIDDEN);
        }
        at = end;
    }
    masked.push_str(&text[at..]);
    masked
}

/// Whether a name that ends like that of a secret is the code of an error (RFC 6750 section 3.1: `invalid_token`): words about
/// it follow, and no secret.
fn is_of_an_error(name: &str) -> bool {
    const BEGINNINGS: [&str; 8] = ["invalid", "expired", "missing", "bad", "unknown", "unsupported", "revoked", "no_"];
    let name = name.to_ascii_lowercase();
    BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
}

/// Whether what follows `Bearer` is a parameter of a challenge (RFC 9110 section 11.3: `resource_metadata="…"`), and not the
/// credentials of a request, in which an equals sign stands at the end alone.
fn is_of_a_challenge(text: &str, after: &str) -> bool {
    let Some((name, value)) = text.split_once('=') else { return false };
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    is_name && (value.bytes().any(|byte| byte != b'=') || (value.is_empty() && after.starts_with(['"', '\\'])))
}

/// What stands in the place of a secret.
pub const HIDDEN: &str = "‹hidden›";

/// A text from outside, for a `Debug` that somebody may print: without what could be a secret.
pub struct Masked<'a>(pub &'a str);

/// Writes a value for `Debug` with every text in it masked by itself.
///
/// # Errors
/// Those of the formatter.
pub fn debug(value: &impl Serialize, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut value = serde_json::to_value(value).unwrap_or_default();
    mask_within(&mut value);
    fmt::Display::fmt(&value, formatter)
}

/// Serializes a value with every text in it masked by itself, for what is shown as it was read (`serialize_with`).
///
/// # Errors
/// Those of the serializer.
pub fn masked<T: Serialize, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    let mut value = serde_json::to_value(value).map_err(serde::ser::Error::custom)?;
    mask_within(&mut value);
    value.serialize(serializer)
}

/// Every text of a document, masked by itself and by the name that it stands under, so that the document stays one.
pub fn mask_within(value: &mut Value) {
    match value {
        Value::String(text) => {
            let masked = mask(text);
            if masked != *text {
                *text = masked;
            }
        }
        Value::Array(list) => list.iter_mut().for_each(mask_within),
        Value::Object(object) => {
            for (name, value) in object {
                match value {
                    Value::String(text) if !text.is_empty() && is_hidden_under(name, text) => HIDDEN.clone_into(text),
                    value => mask_within(value),
                }
            }
        }
        _ => {}
    }
}

/// Whether the name alone says that this is a secret.
fn is_hidden_under(name: &str, text: &str) -> bool {
    let first = text.split_whitespace().next().unwrap_or_default();
    !first.is_empty() && first != HIDDEN && mask(&format!("{name}: {first}")).ends_with(&format!("{name}: {HIDDEN}"))
}

impl fmt::Debug for Masked<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&mask(self.0), formatter)
    }
}

/// Where a program stopped with a panic, and never what the panic said: its words may quote what a server sent or a person
/// typed. `None` when nobody knows where.
pub fn place_of(panic: &PanicHookInfo<'_>) -> Option<String> {
    panic.location().map(|place| format!("{}:{}", file_of(place.file()), place.line()))
}

/// The path of a source without the folders of the computer that built it: `tao-0.37.2/src/event_loop.rs`.
fn file_of(path: &str) -> &str {
    let begin = path.find("/src/").or_else(|| path.find("\\src\\")).unwrap_or(0);
    let before = path[..begin].rfind(['/', '\\']).map_or(0, |at| at + 1);
    &path[before..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_masked_wherever_it_stands() {
        for text in [
            "Authorization: Bearer canary-123456",
            "curl -H 'authorization: canary-123456'",
            "sent Basic Y2FuYXJ5canary== to it",
            "Bearer realm=\"x\", error_description=\"token=canary-123456\"",
            "{\"access_token\":\"canary-123456\",\"x\":1}",
            "refresh_token=canary-123456&grant_type=refresh_token",
            "https://a.example/cb?code=canary-123456&state=canary-123456#x",
            "https://user:canary-123456@a.example/",
            "SCALEKIT_CLIENT_SECRET=canary-123456",
            "export MY_API_KEY='canary-123456'",
            "Cookie: session=canary-123456; other=canary-123456",
            "set-cookie: a=canary-123456",
            "client_secret: canary-123456",
            "\"token\": \"Bearer canary-123456\"",
            "{\"env\": {\"MY_TOKEN\": \"canary-123456\", \"x\": 1}}",
            "githubToken: canary-123456",
            "\"sessionToken\":\"canary-123456\"",
            "x-goog-api-key: canary-123456",
            "api-key=canary-123456",
            "db.password = canary-123456",
            "https://a.example/mcp?key=canary-123456",
            "https://a.example/mcp?x=1&sig=canary-123456",
            r#"{"said": "{\"client_secret\": \"canary-123456\", \"Authorization\": \"Bearer canary-123456\"}"}"#,
            r#"{\"sessionToken\":\"canary-123456\"}"#,
            "curl -u me:canary-123456 https://a.example",
            "curl --user 'me:canary-123456' https://a.example",
            "tool --password canary-123456 x",
            "tool --api-key 'canary-123456'",
            "\"authToken\":\"canary-123456\"",
            "github_token: canary-123456",
            "--header X-Api-Key:canary-123456",
            "{\"grant_type\":\"authorization_code\",\"code\":\"canary-1234567890ab\"}",
            "[1] Using custom headers: {\"X-Team-Auth\":\"canary-123456\"}",
        ] {
            assert!(!mask(text).contains("canary"), "{text} -> {}", mask(text));
        }
        let jwt = "token eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl end";
        assert_eq!(mask(jwt), "token ‹hidden› end");
    }

    #[test]
    fn a_name_that_stands_where_a_value_should_is_still_a_name() {
        for text in [
            "{\"access_token\":\n\"client_secret\": \"canary-123456\"",
            "token: secret: password: canary-123456",
            "Cookie: Authorization: Bearer canary-123456",
            "token=\nAuthorization: canary-123456",
        ] {
            assert!(!mask(text).contains("canary"), "{text} -> {}", mask(text));
        }
    }

    #[test]
    fn a_text_made_of_names_alone_takes_no_longer_than_others() {
        let masked = mask(&"token=".repeat(80_000));
        assert!(masked.starts_with("token=") && masked.contains(HIDDEN));
    }

    #[test]
    fn what_is_no_secret_stays() {
        for text in [
            "error=invalid_token",
            "resource_metadata=\"https://mcp.example.com/.well-known/oauth-protected-resource/mcp\"",
            "token_endpoint: none here? https://a.example/oauth/token",
            "scope=todo:read",
            "WWW-Authenticate: Bearer resource_metadata=\"https://a.example/.well-known/oauth-protected-resource\", scope=\"a\"",
            "www-authenticate: Basic realm=\"mcp\", Bearer error=invalid_token",
            "{\"said\": \"Bearer resource_metadata=\\\"https://a.example/\\\"\"}",
            "invalid_token: The token expired",
            "error: invalid_token, error_description: it expired",
            "\"token_type\": \"Bearer\", \"max_tokens\": 100",
            "\"token_endpoint_auth_method\": \"none\"",
            "\"tokens\": {\"a\": 1}",
            "access-control-allow-credentials: true",
            "an access-token is needed, and so is a --token-file here",
            "\"code\":\"ERR_MODULE_NOT_FOUND\"",
            "{\"code\":\"invalid_union\",\"path\":[\"command\"]}",
        ] {
            assert_eq!(mask(text), text);
        }
        assert_eq!(
            mask("\"token_endpoint\": \"https://a.example/token\""),
            "\"token_endpoint\": \"https://a.example/token\""
        );
    }

    #[test]
    fn in_a_document_a_name_says_what_is_a_secret() {
        let mut document = serde_json::json!({
            "client_id": "app", "client_secret": "canary 123456", "list": [{"MY_TOKEN": "canary", "token_type": "Bearer"}],
            "said": "token=canary", "scope": "a b", "empty": {"password": ""},
        });
        mask_within(&mut document);
        assert_eq!(
            document,
            serde_json::json!({
                "client_id": "app", "client_secret": HIDDEN, "list": [{"MY_TOKEN": HIDDEN, "token_type": "Bearer"}],
                "said": format!("token={HIDDEN}"), "scope": "a b", "empty": {"password": ""},
            })
        );
    }

    #[test]
    fn where_a_program_stopped_tells_nothing_of_the_computer_that_built_it() {
        assert_eq!(
            file_of("/home/a/.cargo/registry/x/tao-0.37.2/src/linux/event_loop.rs"),
            "tao-0.37.2/src/linux/event_loop.rs"
        );
        assert_eq!(file_of(r"C:\a\tao-0.37.2\src\event_loop.rs"), r"tao-0.37.2\src\event_loop.rs");
        assert_eq!(file_of("src-tauri/src/commands.rs"), "src-tauri/src/commands.rs");
        assert_eq!(file_of("main.rs"), "main.rs");
    }

    proptest::proptest! {
        #[test]
        fn masking_never_panics_and_never_lengthens_without_reason(text in ".{0,300}") {
            mask(&text);
        }

        #[test]
        fn a_planted_token_never_survives(before in "[a-z {\":,]{0,40}", after in "[ ,}\"\n]{1,3}[a-z ]{0,40}") {
            let masked = mask(&format!("{before} Authorization: Bearer c4n4ryc4n4ry{after}"));
            proptest::prop_assert!(!masked.contains("c4n4ryc4n4ry"), "{}", masked);
        }
    }
}

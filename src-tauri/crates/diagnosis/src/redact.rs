//! What must never be shown is masked here, in one place.

use std::fmt;
use std::sync::LazyLock;

use regex::Regex;
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
            r#"(?i)\b(?:bearer|basic|dpop)\s+(?P<secret>[A-Za-z0-9._~+/=-]{6,})"#,
            r#"(?i)(?:proxy-)?authorization["']?\s*[:=]\s*["']?(?:bearer\s+|basic\s+|dpop\s+)?(?P<secret>[^\s"',}]+)"#,
            r#"(?i)(?:set-)?cookie["']?\s*:\s*["']?(?P<secret>[^\r\n"']+)"#,
            // name=value, "name": "value", name: value.
            r#"(?i)["']?\b(?:access_?token|refresh_?token|id_?token|token|client_?secret|secret|password|passwd|pwd|api_?key|x-api-key|code_?verifier|device_?code|assertion|client_assertion|private_?key|session_?key|registration_access_token|subject_token)["']?\s*[:=]\s*["']?(?P<secret>[^\s"'&,;}\]]+)"#,
            r#"(?i)[A-Z0-9_]*(?:SECRET|TOKEN|PASSWORD|API_KEY|PRIVATE_KEY)[A-Z0-9_]*\s*=\s*["']?(?P<secret>[^\s"']+)"#,
            // A code or state in an address.
            r"(?i)[?&#](?:code|state|session_state|nonce|code_challenge)=(?P<secret>[^&\s#\x22']+)",
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
    for pattern in SECRETS.iter() {
        let mut from = 0;
        while let Some(found) = pattern.captures_at(text, from) {
            let (Some(whole), Some(secret)) = (found.get(0), found.name("secret")) else { break };
            hidden.push((secret.start(), secret.end()));
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

/// What stands in the place of a secret.
pub const HIDDEN: &str = "‹hidden›";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_masked_wherever_it_stands() {
        for text in [
            "Authorization: Bearer canary-123456",
            "curl -H 'authorization: canary-123456'",
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
        ] {
            assert_eq!(mask(text), text);
        }
        assert_eq!(
            mask("\"token_endpoint\": \"https://a.example/token\""),
            "\"token_endpoint\": \"https://a.example/token\""
        );
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

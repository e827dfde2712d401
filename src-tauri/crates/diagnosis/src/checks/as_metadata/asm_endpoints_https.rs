use super::{READABLE, metadata};
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::clients::{Engine, hit_by};
use crate::discovery::{tidy, unsafe_address};
use crate::evidence::Evidence;
use crate::subject::is_loopback;
use serde_json::Value;
use url::Url;

pub const CHECK: Check = Check {
    code: "asm-endpoints-https",
    stage: Stage::AsMetadata,
    category: Category::Connection,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Must,
    reference: "MCP 2026-07-28, Communication Security; OAuth 2.1 section 1.5",
    after: READABLE,
    variants: &["unsafe", "relative", "http"],
    words: include_str!("asm_endpoints_https.md"),
    examine,
};

/// The addresses that a client opens or calls, most dangerous first.
pub(super) const ENDPOINTS: [&str; 5] =
    ["authorization_endpoint", "token_endpoint", "registration_endpoint", "jwks_uri", "revocation_endpoint"];

/// Plain http to another computer.
pub(super) fn is_insecure(address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| url.scheme() == "http" && !is_loopback(&url))
}

fn examine(evidence: &Evidence) -> Outcome {
    let metadata = match metadata(evidence) {
        Ok(metadata) => metadata,
        Err(outcome) => return outcome,
    };
    let mut findings = Vec::new();
    for name in ENDPOINTS {
        let Some(address) = metadata.members.get(name).and_then(Value::as_str) else { continue };
        let finding = |variant| {
            Finding::new(&CHECK, variant)
                .value("member", name)
                .value("address", tidy(address, 300))
                .value("url", metadata.exchange.request.url.as_str())
                .proof(metadata.says(name))
        };
        let path_only = Url::parse(address) == Err(url::ParseError::RelativeUrlWithoutBase);
        if path_only && !address.starts_with('-') && !address.contains(['$', '`', ' ']) {
            findings.push(finding("relative"));
        } else if unsafe_address(address) {
            findings.push(finding("unsafe"));
        } else if is_insecure(address) {
            // Only the newer TypeScript SDK refuses to send a code or a token unencrypted.
            let hit = hit_by(|_, engine| engine == Engine::TypeScript2 && name == "token_endpoint");
            findings.push(match hit {
                Some(clients) => finding("http").affects(clients),
                None => finding("http").severity(Severity::Warning),
            });
        }
    }
    findings.sort_by_key(|finding| (finding.severity, !finding.affects.is_empty()));
    Outcome::of(findings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::ClientId;
    use crate::sample::Sample;

    fn with(name: &str, address: &str) -> Sample {
        Sample::healthy().server_metadata(|document| document[name] = address.into())
    }

    #[test]
    fn hostile_addresses_are_named_and_never_opened() {
        for address in [
            "javascript:alert(1)",
            "file:///etc/passwd",
            "smb://h/x",
            "http://a:$(calc.exe)@h/",
            "-flag",
            "https://a.example/`id`",
        ] {
            let finding = with("authorization_endpoint", address).finding(&CHECK);
            assert_eq!((finding.variant, finding.affects.len()), ("unsafe", 0), "{address}");
        }
        assert_eq!(with("token_endpoint", "/oauth/token").finding(&CHECK).variant, "relative");
    }

    #[test]
    fn an_unencrypted_token_endpoint_stops_the_newer_typescript_sdk() {
        let token = with("token_endpoint", "http://auth.example.com/token").finding(&CHECK);
        assert_eq!((token.variant, token.affects), ("http", vec![ClientId::ClaudeCode, ClientId::McpInspector]));
        let page = with("authorization_endpoint", "http://auth.example.com/a").finding(&CHECK);
        assert_eq!(page.severity, Severity::Warning);
        assert_eq!(with("token_endpoint", "http://127.0.0.1:9/token").examine(&CHECK), Outcome::Pass);
        assert_eq!(Sample::healthy().examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}

//! Rules of a company, read from documents of any system.

use mcp_auth_diagnosis::browser::{Policy, PolicyEffect};
use serde_json::Value;

/// What Chromium's rules in a document do to this computer's own address.
pub fn chromium(place: &str, rules: &Value) -> Vec<Policy> {
    let mut found = Vec::new();
    let patterns = |name: &str| texts(rules.get(name));
    let blocked = patterns("URLBlocklist").into_iter().find(|pattern| meets_loopback(pattern));
    // The longer pattern wins in Chromium; a rule that names this computer is longer than the star.
    let allowed = patterns("URLAllowlist").iter().any(|pattern| *pattern != "*" && meets_loopback(pattern));
    if let Some(pattern) = blocked
        && !allowed
    {
        found.push(policy(place, "URLBlocklist", &pattern, PolicyEffect::BlocksLoopback));
    }
    let bypass = rules
        .get("ProxyBypassList")
        .or_else(|| rules.get("ProxySettings").and_then(|settings| settings.get("ProxyBypassList")))
        .and_then(Value::as_str);
    if let Some(bypass) = bypass
        && bypass.split([',', ';', ' ']).any(|entry| entry.trim() == "<-loopback>")
    {
        found.push(policy(place, "ProxyBypassList", bypass, PolicyEffect::ProxiesLoopback));
    }
    found
}

/// What Firefox's rules in a document do to it.
pub fn firefox(place: &str, document: &Value) -> Vec<Policy> {
    let rules = document.get("policies").unwrap_or(document);
    let filter = rules.get("WebsiteFilter");
    let of = |name: &str| texts(filter.and_then(|filter| filter.get(name)));
    let matches = |pattern: &String| meets_loopback(pattern) || pattern == "<all_urls>";
    match of("Block").into_iter().find(matches) {
        Some(pattern) if !of("Exceptions").iter().any(matches) => {
            vec![policy(place, "WebsiteFilter", &pattern, PolicyEffect::BlocksLoopback)]
        }
        _ => Vec::new(),
    }
}

/// One rule.
pub fn policy(place: &str, rule: &str, value: &str, effect: PolicyEffect) -> Policy {
    let value = value.chars().take(120).collect();
    Policy { place: place.to_owned(), rule: rule.to_owned(), value, effect }
}

fn texts(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::Array(entries)) => entries.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(Value::String(one)) => vec![one.clone()],
        _ => Vec::new(),
    }
}

/// Whether a pattern of a block list (`[scheme://][.]host[:port][/path]`, with `*`) meets http to 127.0.0.1 or localhost.
fn meets_loopback(pattern: &str) -> bool {
    let pattern = pattern.trim();
    let (scheme, rest) = pattern.split_once("://").map_or(("*", pattern), |(scheme, rest)| (scheme, rest));
    if !matches!(scheme, "*" | "http") {
        return false;
    }
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    // An IPv6 address stands in brackets; its colons are no port.
    let host = if host.starts_with('[') { host } else { host.split(':').next().unwrap_or_default() };
    let host = host.trim_start_matches('.').trim_start_matches("*.").to_ascii_lowercase();
    matches!(host.as_str(), "" | "*" | "localhost" | "127.0.0.1" | "[::1]")
        && !(host.is_empty() && rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn patterns_that_meet_this_computer() {
        for pattern in ["*", "localhost", "127.0.0.1", "http://127.0.0.1:*", "http://*", "*://*/*", "localhost:8080"] {
            assert!(meets_loopback(pattern), "{pattern}");
        }
        for pattern in
            ["example.com", "https://*", "127.0.0.10", "localhost.example.com", "ftp://localhost", "file://*"]
        {
            assert!(!meets_loopback(pattern), "{pattern}");
        }
    }

    #[test]
    fn chromiums_rules() {
        let effects = |rules: Value| chromium("a.json", &rules).into_iter().map(|one| one.effect).collect::<Vec<_>>();
        assert_eq!(effects(json!({"URLBlocklist": ["127.0.0.1", "localhost"]})), [PolicyEffect::BlocksLoopback]);
        assert_eq!(
            effects(json!({"URLBlocklist": ["*"], "URLAllowlist": ["example.com"]})),
            [PolicyEffect::BlocksLoopback]
        );
        assert_eq!(effects(json!({"URLBlocklist": ["*"], "URLAllowlist": ["http://127.0.0.1"]})), []);
        assert_eq!(
            effects(json!({"ProxySettings": {"ProxyBypassList": "<-loopback>"}})),
            [PolicyEffect::ProxiesLoopback]
        );
        assert_eq!(effects(json!({"HttpsOnlyMode": "force_enabled"})), []);
        assert_eq!(effects(json!("nothing")), []);
    }

    #[test]
    fn firefoxs_rules() {
        let rules =
            json!({"policies": {"WebsiteFilter": {"Block": ["<all_urls>"], "Exceptions": ["https://a.example/*"]}}});
        assert_eq!(firefox("policies.json", &rules).len(), 1);
        let rules =
            json!({"policies": {"WebsiteFilter": {"Block": ["<all_urls>"], "Exceptions": ["http://localhost/*"]}}});
        assert_eq!(firefox("policies.json", &rules).len(), 0);
    }
}

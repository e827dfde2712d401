//! What is known of mcp-remote, version by version: where it keeps things, under which names, on which port it waits.
//!
//! Read in 82 of its 123 published packages and run in three of them; the numbers are versions of the npm package.

use std::collections::BTreeMap;
use std::fmt;

use md5::{Digest, Md5};

/// A released version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u32, pub u32, pub u32);

impl Version {
    /// Exactly `1.2.3`, perhaps with a `v` before and more after a `-`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_start_matches(['v', '=']);
        let text = text.split(['-', '+']).next()?;
        let mut parts = text.split('.').map(|part| part.parse::<u32>().ok());
        let version = Self(parts.next()??, parts.next()??, parts.next()??);
        parts.next().is_none().then_some(version)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// The newest of each minor version.
const NEWEST: [Version; 16] = [
    Version(0, 0, 22),
    Version(0, 1, 49),
    Version(0, 2, 7),
    Version(0, 3, 3),
    Version(0, 4, 1),
    Version(0, 5, 0),
    Version(0, 6, 0),
    Version(0, 7, 0),
    Version(0, 8, 7),
    Version(0, 9, 0),
    Version(0, 10, 0),
    Version(0, 11, 0),
    Version(0, 12, 1),
    Version(0, 13, 5),
    Version(0, 14, 5),
    Version(0, 15, 1),
];

/// The version that npm would fetch for what stands after `mcp-remote@`; whether it is exactly pinned.
pub fn resolve(spec: Option<&str>) -> Option<(Version, bool)> {
    let newest = NEWEST[NEWEST.len() - 1];
    let Some(spec) = spec.map(str::trim).filter(|spec| !spec.is_empty()) else { return Some((newest, false)) };
    if let Some(version) = Version::parse(spec) {
        return Some((version, true));
    }
    if matches!(spec, "latest" | "*" | "x") {
        return Some((newest, false));
    }
    let fits = satisfies(spec)?;
    NEWEST.into_iter().rev().find(|version| fits(*version)).map(|version| (version, false))
}

/// What a range means, for the simple ranges that people write: `0.1`, `0.1.x`, `^0.1.3`, `~0.1.3`, `>=0.1.3`.
pub fn satisfies(spec: &str) -> Option<impl Fn(Version) -> bool> {
    let spec = spec.trim();
    let (sign, rest) = match spec {
        _ if spec.starts_with(">=") => (">=", &spec[2..]),
        _ if spec.starts_with('^') => ("^", &spec[1..]),
        _ if spec.starts_with('~') => ("~", &spec[1..]),
        _ => ("", spec),
    };
    let mut parts = Vec::new();
    for part in rest.trim().trim_start_matches('v').split('.') {
        match part {
            "x" | "X" | "*" | "" => break,
            number => parts.push(number.parse::<u32>().ok()?),
        }
    }
    if parts.len() > 3 {
        return None;
    }
    let part = |at: usize| parts.get(at).copied();
    let least = Version(part(0).unwrap_or(0), part(1).unwrap_or(0), part(2).unwrap_or(0));
    // Above a zero, `^` keeps the minor version.
    let (major, minor) = match sign {
        ">=" => (None, None),
        "^" if part(0) == Some(0) => (part(0), part(1)),
        "^" => (part(0), None),
        _ => (part(0), part(1)),
    };
    let exact_patch = if sign.is_empty() { part(2) } else { None };
    Some(move |version: Version| {
        version >= least
            && major.is_none_or(|major| version.0 == major)
            && minor.is_none_or(|minor| version.1 == minor)
            && exact_patch.is_none_or(|patch| version.2 == patch)
    })
}

/// The folder below the config folder that a version reads and writes. Empty: the config folder itself.
///
/// The builds 0.1.32 to 0.1.39 carry the number of the release before them.
pub fn folder(version: Version) -> String {
    match version {
        version if version >= Version(0, 3, 2) => "mcp-remote-v1".to_owned(),
        version if version < Version(0, 0, 13) => String::new(),
        Version(0, 1, patch @ 32..=39) => format!("mcp-remote-0.1.{}", patch - 1),
        version => format!("mcp-remote-{version}"),
    }
}

/// Which versions write a folder of this name: oldest and newest, and how a person says it. `None`: it is not mcp-remote's.
pub fn written_by(folder: &str) -> Option<(Version, Version, String)> {
    let named = folder.strip_prefix("mcp-remote-")?;
    if named == "v1" {
        return Some((Version(0, 3, 2), NEWEST[NEWEST.len() - 1], "0.3.2 and newer".to_owned()));
    }
    let version = Version::parse(named).filter(|version| version.to_string() == named)?;
    Some(match version {
        Version(0, 1, 31) => (version, Version(0, 1, 32), "0.1.31 or 0.1.32".to_owned()),
        Version(0, 1, patch @ 32..=38) => {
            let real = Version(0, 1, patch + 1);
            (real, real, real.to_string())
        }
        version => (version, version, version.to_string()),
    })
}

/// The parts of a command line that go into the name of a server's files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    /// The server's URL, exactly as written.
    pub url: String,
    /// `--resource`.
    pub resource: Option<String>,
    /// `--authorize-param`, by name.
    pub authorize_params: BTreeMap<String, String>,
    /// `--header`, by name; the values before variables are filled in.
    pub headers: BTreeMap<String, String>,
    /// `--client-metadata-url`.
    pub client_metadata_url: Option<String>,
    /// `--token-endpoint`.
    pub token_endpoint: Option<String>,
}

/// One version of each way of naming, newest first. Every folder that ever was is served by one of them.
pub const WAYS_OF_NAMING: [Version; 6] =
    [Version(0, 15, 1), Version(0, 13, 5), Version(0, 6, 0), Version(0, 5, 0), Version(0, 1, 42), Version(0, 1, 29)];

/// The name (MD5, in hex) that a version gives to a server's files.
pub fn hash(named: &Named, version: Version) -> String {
    let mut parts: Vec<String> = vec![named.url.clone()];
    if version >= Version(0, 1, 30) {
        let resource = named.resource.as_deref().unwrap_or_default();
        parts.push(if version >= Version(0, 1, 43) { resource.trim().to_owned() } else { resource.to_owned() });
        if version >= Version(0, 6, 0) {
            parts.push(compact(&named.authorize_params));
        }
        parts.push(compact(&named.headers));
        if version >= Version(0, 7, 0) {
            parts.push(named.client_metadata_url.clone().unwrap_or_default());
        }
        if version >= Version(0, 14, 0) {
            parts.push(named.token_endpoint.clone().unwrap_or_default());
        }
    }
    parts.retain(|part| !part.is_empty());
    let digest = Md5::digest(parts.join("|").as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `JSON.stringify` with the names sorted by UTF-16 code unit, as JavaScript sorts.
fn compact(values: &BTreeMap<String, String>) -> String {
    if values.is_empty() {
        return String::new();
    }
    let mut sorted: Vec<(&String, &String)> = values.iter().collect();
    sorted.sort_by(|(one, _), (other, _)| one.encode_utf16().cmp(other.encode_utf16()));
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let members: Vec<String> =
        sorted.into_iter().map(|(name, value)| format!("{}:{}", quoted(name), quoted(value))).collect();
    format!("{{{}}}", members.join(","))
}

/// Takes a `--header` value apart as mcp-remote does.
pub fn header(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.split_once(':')?;
    let plain = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-');
    (!name.is_empty() && name.chars().all(plain)).then(|| (name, value.trim_start()))
}

/// The port on which a version waits for the way back when nothing else is said.
pub fn default_port(version: Version, hash: &str) -> Option<u16> {
    if version < Version(0, 1, 5) {
        return Some(3334);
    }
    let first = u32::from_str_radix(hash.get(..4)?, 16).ok()?;
    u16::try_from(3335 + first % 45_816).ok()
}

/// A version that takes another port when its own is held and it was not given one.
pub fn walks_ports(version: Version) -> bool {
    version >= Version(0, 1, 39) || version < Version(0, 1, 5)
}

/// The port of a stored registration wins over the default (0.1.5 to 0.2.1); later ones register again instead.
pub fn stored_port_wins(version: Version) -> bool {
    (Version(0, 1, 5)..Version(0, 2, 2)).contains(&version)
}

/// A version that throws a registration away whose return address is not the one it will use.
pub fn forgets_other_redirect(version: Version) -> bool {
    version >= Version(0, 1, 42)
}

/// The host of the return address that a version registers.
pub fn redirect_host(version: Version, windows: bool) -> &'static str {
    if version <= Version(0, 1, 2) || (windows && version >= Version(0, 1, 47)) { "127.0.0.1" } else { "localhost" }
}

/// A version that lets a server start programs on this computer (CVE-2025-6514, CVSS 9.6).
pub fn is_dangerous(version: Version) -> bool {
    (Version(0, 0, 5)..=Version(0, 1, 15)).contains(&version)
}

/// The oldest Node that a version runs on.
pub fn least_node(version: Version) -> Version {
    if version >= Version(0, 1, 25) { Version(20, 18, 1) } else { Version(18, 0, 0) }
}

/// Flags that take a value.
pub const WITH_VALUE: [&str; 19] = [
    "--header",
    "--header-file",
    "--transport",
    "--host",
    "--static-oauth-client-metadata",
    "--static-oauth-client-info",
    "--resource",
    "--ignore-tool",
    "--auth-timeout",
    "--callback-path",
    "--connect-timeout",
    "--headers-timeout",
    "--body-timeout",
    "--ping-interval",
    "--authorize-param",
    "--client-metadata-url",
    "--protocol",
    "--token-endpoint",
    "--auth-success-url",
];

/// What people write that no version knows.
pub const UNKNOWN_FLAGS: [&str; 4] = ["--port", "--timeout", "--clean", "--auth-server"];

/// The port in a return address of this computer, e.g. `http://localhost:3334/oauth/callback`.
pub fn loopback_port(redirect_uri: &str) -> Option<u16> {
    let url = url::Url::parse(redirect_uri).ok()?;
    (url.scheme() == "http" && crate::subject::is_loopback(&url)).then(|| url.port_or_known_default())?
}

/// A file of mcp-remote's, by its name: the hash and what it is. `None` for every other name.
pub fn file(name: &str) -> Option<(&str, crate::computer::Held)> {
    use crate::computer::Held;
    let (hash, rest) = name.split_at_checked(32)?;
    if !hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    let word = |text: &str| {
        (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let kind = match rest.strip_prefix('_')? {
        "client_info.json" => Held::Registration,
        "tokens.json" => Held::Tokens,
        "lock.json" => Held::Lock,
        "refresh_in_progress.json" => Held::Lease,
        "scopes.json" => Held::Scopes,
        "debug.log" => Held::Log,
        "code_verifier.txt" => Held::Verifier,
        other => {
            if other.strip_prefix("code_verifier_").and_then(|rest| rest.strip_suffix(".txt")).is_some_and(word) {
                Held::Verifier
            } else if other
                .strip_prefix("discovery_state_")
                .and_then(|rest| rest.strip_suffix(".json"))
                .is_some_and(word)
            {
                Held::Discovery
            } else if other.ends_with(".tmp") && other.len() <= 128 {
                Held::Temporary
            } else {
                return None;
            }
        }
    };
    Some((hash, kind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::computer::Held;

    const ALL_NEW: [Version; 6] = [
        Version(0, 1, 30),
        Version(0, 1, 37),
        Version(0, 1, 38),
        Version(0, 2, 7),
        Version(0, 8, 7),
        Version(0, 15, 1),
    ];

    fn named(url: &str) -> Named {
        Named { url: url.to_owned(), ..Named::default() }
    }

    #[track_caller]
    fn same_in(versions: &[Version], named: &Named, expected: &str, port: u16) {
        for version in versions {
            assert_eq!(hash(named, *version), expected, "{version}");
        }
        assert_eq!(default_port(Version(0, 15, 1), expected), Some(port));
    }

    #[test]
    fn names_and_ports_are_those_of_the_real_program() {
        for (url, expected, port) in [
            ("https://mcp.linear.app/sse", "2d1a8aae3765090858d82f5630192064", 14881),
            ("https://mcp.linear.app/mcp", "fcc436b0d1e0a1ed9a2b15bbd638eb13", 22227),
            ("https://mcp.notion.com/mcp", "cb42d1a06ae8db4e5585a26f2e5ca947", 9553),
            ("https://mcp.notion.com/mcp/", "8d4d202281c52975fee72ca86a210818", 39508),
            ("https://mcp.atlassian.com/v1/sse", "bbcf3c111998d8af66c1b0d7523c9a05", 5598),
            ("https://mcp.sentry.dev/mcp", "305d49f5287a7c289157a704a0ed3b1e", 15716),
            ("http://localhost:8080/mcp", "7dc87bc5f05a30cbeb7d9f8d1848b87e", 35535),
            ("https://remote.mcp.server/sse", "2499d8b26827bb8c0b6efe76f75fcbe2", 12704),
            ("http://localhost:18080/mcp", "d4a24faa4774799a9bc642748da54203", 11953),
        ] {
            same_in(&ALL_NEW, &named(url), expected, port);
        }
        let atlassian = Named {
            resource: Some("https://tenant1.atlassian.net/".to_owned()),
            ..named("https://mcp.atlassian.com/v1/sse")
        };
        same_in(&ALL_NEW, &atlassian, "224d1023ed8b747f99479d42f28f0bb6", 12116);
        same_in(&[Version(0, 1, 29), Version(0, 0, 20)], &atlassian, "bbcf3c111998d8af66c1b0d7523c9a05", 5598);
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let authorized = Named {
            headers: [header("Authorization", "Bearer ${AUTH_TOKEN}")].into(),
            ..named("https://remote.mcp.server/sse")
        };
        same_in(&ALL_NEW, &authorized, "761a0d2f90baa2cc05369a9f55dfd245", 33569);
        let two = Named {
            headers: [header("X-B", "2"), header("X-A", "1")].into(),
            ..named("https://remote.mcp.server/sse")
        };
        same_in(&ALL_NEW, &two, "bd2108a590bf559c5da7c632e050ea8e", 5936);
        let both = Named { headers: [header("X-A", "1")].into(), ..atlassian };
        same_in(&ALL_NEW, &both, "bb5aad530fc2956e449d57859a5c7ce1", 5481);
        let params = Named {
            authorize_params: [header("access_type", "offline"), header("prompt", "consent")].into(),
            ..named("https://remote.mcp.server/sse")
        };
        same_in(&[Version(0, 6, 0), Version(0, 15, 1)], &params, "a42b4f8a8887909d73dcaaec1bd5157f", 45362);
        let metadata = Named {
            client_metadata_url: Some("https://client.example.com/.well-known/oauth-client-metadata".to_owned()),
            ..named("https://remote.mcp.server/sse")
        };
        same_in(&[Version(0, 7, 0), Version(0, 15, 1)], &metadata, "0e2ed2c4d0e03def2e4b3ab4d5b57005", 6965);
        assert_eq!(default_port(Version(0, 1, 4), "d4a24faa4774799a9bc642748da54203"), Some(3334));
    }

    #[test]
    fn folders_are_off_by_one_where_the_builds_are() {
        for (version, expected) in [
            (Version(0, 0, 12), ""),
            (Version(0, 0, 13), "mcp-remote-0.0.13"),
            (Version(0, 1, 31), "mcp-remote-0.1.31"),
            (Version(0, 1, 32), "mcp-remote-0.1.31"),
            (Version(0, 1, 37), "mcp-remote-0.1.36"),
            (Version(0, 1, 39), "mcp-remote-0.1.38"),
            (Version(0, 1, 40), "mcp-remote-0.1.40"),
            (Version(0, 3, 1), "mcp-remote-0.3.1"),
            (Version(0, 3, 2), "mcp-remote-v1"),
            (Version(0, 15, 1), "mcp-remote-v1"),
        ] {
            assert_eq!(folder(version), expected, "{version}");
        }
        assert_eq!(written_by("mcp-remote-0.1.36").map(|(.., words)| words).as_deref(), Some("0.1.37"));
        assert_eq!(written_by("mcp-remote-0.1.31").map(|(.., words)| words).as_deref(), Some("0.1.31 or 0.1.32"));
        assert_eq!(written_by("mcp-remote-0.2.5").map(|(from, ..)| from), Some(Version(0, 2, 5)));
        assert_eq!(written_by("mcp-remote-../x"), None);
    }

    #[test]
    fn ranges_become_the_version_that_npm_fetches() {
        assert_eq!(resolve(None), Some((Version(0, 15, 1), false)));
        assert_eq!(resolve(Some("latest")), Some((Version(0, 15, 1), false)));
        assert_eq!(resolve(Some("0.1.37")), Some((Version(0, 1, 37), true)));
        assert_eq!(resolve(Some("0.1")), Some((Version(0, 1, 49), false)));
        assert_eq!(resolve(Some("^0.1.3")), Some((Version(0, 1, 49), false)));
        assert_eq!(resolve(Some("~0.8.1")), Some((Version(0, 8, 7), false)));
        assert_eq!(resolve(Some(">=0.1.16")), Some((Version(0, 15, 1), false)));
        assert_eq!(resolve(Some("next-thing")), None);
    }

    #[test]
    fn only_its_own_files_are_known() {
        let hash32 = "fcc436b0d1e0a1ed9a2b15bbd638eb13";
        for (rest, kind) in [
            ("_client_info.json", Held::Registration),
            ("_tokens.json", Held::Tokens),
            ("_code_verifier.txt", Held::Verifier),
            ("_code_verifier_4711.txt", Held::Verifier),
            ("_discovery_state_0b5e-1.json", Held::Discovery),
            ("_lock.json", Held::Lock),
            ("_debug.log", Held::Log),
        ] {
            assert_eq!(file(&format!("{hash32}{rest}")), Some((hash32, kind)));
        }
        for other in ["tokens.json", "é_tokens.json", "FCC436b0d1e0a1ed9a2b15bbd638eb13_tokens.json"] {
            assert_eq!(file(other), None);
        }
        assert_eq!(file(&format!("{hash32}_code_verifier_../x.txt")), None);
        assert_eq!(file(&format!("{hash32}_notes.txt")), None);
        assert_eq!(file(&format!("{}é", "a".repeat(31))), None);
    }
}

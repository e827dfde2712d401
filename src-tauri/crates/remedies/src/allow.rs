//! The names of files that may be moved away, and nothing else ever is. Each is exact: no folder, no "everything in here".
//! Sources: the clients' released packages, read in November 2026.

use std::ffi::OsStr;

use mcp_auth_diagnosis::clients::ClientId;

/// Whether a client gives this name to a file that holds a sign-in, a registration, or a lock of one.
pub(crate) fn permits(client: ClientId, name: &OsStr) -> bool {
    let Some(name) = name.to_str() else { return false };
    match client {
        ClientId::McpRemote => mcp_remote(name),
        // sha256 of the server's URL.
        ClientId::CopilotCli => [".tokens.json", ".json", ".verifier", ".secret"]
            .iter()
            .any(|end| name.strip_suffix(end).is_some_and(|head| is_hex(head, 64))),
        // Beside the user's AWS sign-ins, which have SHA-1 names.
        ClientId::AmazonQ | ClientId::Kiro => [".token.json", ".registration.json"]
            .iter()
            .any(|end| name.strip_suffix(end).is_some_and(|head| is_hex(head, 64))),
        ClientId::FastMcp => ["_tokens.json", "_client_info.json"]
            .iter()
            .any(|end| name.strip_suffix(end).is_some_and(|head| head.starts_with("http") && is_plain(head, 1, 240))),
        _ => false,
    }
}

fn mcp_remote(name: &str) -> bool {
    let Some((hash, rest)) = name.split_at_checked(32) else { return false };
    if !is_hex(hash, 32) {
        return false;
    }
    let Some(rest) = rest.strip_prefix('_') else { return false };
    let state = |text: &str| is_plain(text, 1, 64) && !text.contains('_');
    // A write that was cut off: `<hash>_<name>.<pid>.<ms>.tmp`.
    if let Some(cut_off) = rest.strip_suffix(".tmp") {
        let mut parts = cut_off.rsplitn(3, '.');
        let digits = |part: Option<&str>| {
            part.is_some_and(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
        };
        return digits(parts.next())
            && digits(parts.next())
            && parts.next().is_some_and(|whole| of_mcp_remote(whole, state));
    }
    of_mcp_remote(rest, state)
}

fn of_mcp_remote(rest: &str, state: impl Fn(&str) -> bool) -> bool {
    match rest {
        "client_info.json"
        | "tokens.json"
        | "lock.json"
        | "refresh_in_progress.json"
        | "scopes.json"
        | "code_verifier.txt"
        | "debug.log" => true,
        _ => {
            let between = |start: &str, end: &str| rest.strip_prefix(start).and_then(|rest| rest.strip_suffix(end));
            between("code_verifier_", ".txt").or_else(|| between("discovery_state_", ".json")).is_some_and(state)
        }
    }
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_plain(text: &str, least: usize, most: usize) -> bool {
    (least..=most).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permitted(client: ClientId, name: &str) -> bool {
        permits(client, OsStr::new(name))
    }

    #[test]
    fn mcp_remotes_own_files_and_no_others() {
        let hash = "2d1a8aae3765090858d82f5630192064";
        for end in [
            "client_info.json",
            "tokens.json",
            "code_verifier.txt",
            "code_verifier_4711.txt",
            "code_verifier_0f5e1c2a-1111-2222-3333-444455556666.txt",
            "discovery_state_0f5e1c2a-1111-2222-3333-444455556666.json",
            "lock.json",
            "refresh_in_progress.json",
            "scopes.json",
            "debug.log",
            "tokens.json.4711.1795433689662.tmp",
        ] {
            assert!(permitted(ClientId::McpRemote, &format!("{hash}_{end}")), "{end}");
        }
        for name in [
            "tokens.json",
            "notes.txt",
            "2D1A8AAE3765090858D82F5630192064_tokens.json",
            "2d1a8aae3765090858d82f563019206_tokens.json",
            "2d1a8aae3765090858d82f5630192064_tokens.json.bak",
            "2d1a8aae3765090858d82f5630192064_code_verifier_.txt",
            "2d1a8aae3765090858d82f5630192064_code_verifier_a/b.txt",
            "2d1a8aae3765090858d82f5630192064_discovery_state_..json",
            "2d1a8aae3765090858d82f5630192064_.tmp",
            "2d1a8aae3765090858d82f5630192064",
            "",
            "ééééééééééééééééééééééééééééééé_tokens.json",
        ] {
            assert!(!permitted(ClientId::McpRemote, name), "{name}");
        }
    }

    #[test]
    fn the_aws_sign_in_stays() {
        let pair = "fb39103c7d2edac291c92d23247e0a7d90470b1b349c07b146aba4ee2c81591f";
        assert!(permitted(ClientId::AmazonQ, &format!("{pair}.token.json")));
        assert!(permitted(ClientId::Kiro, &format!("{pair}.registration.json")));
        for name in [
            "kiro-auth-token.json",
            "d033e22ae348aeb5660fc2140aec35850c4da997.json",
            "botocore-client-id-us-east-1.json",
        ] {
            assert!(!permitted(ClientId::AmazonQ, name) && !permitted(ClientId::Kiro, name), "{name}");
        }
        assert!(!permitted(ClientId::ClaudeCode, ".credentials.json"));
        assert!(!permitted(ClientId::Cursor, "state.vscdb"));
    }
}

use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Stage};
use crate::clients::{Engine, hit_by};
use crate::evidence::{Answer, Evidence, Look, Purpose};
use crate::trial::{is_already_connected, message, told};

pub const CHECK: Check = Check {
    code: "tr-era",
    stage: Stage::Transport,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Should,
    reference: "MCP 2026-07-28, versioning, Compatibility Matrix",
    after: &[],
    variants: &["modern-only", "modern-fails"],
    words: include_str!("tr_era.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    // What lies behind a sign-in shows with a token alone.
    let (old, new) = if evidence.exchange(&Purpose::TokenInitialize).is_some() {
        (Purpose::TokenInitialize, Purpose::TokenDiscover)
    } else {
        (Purpose::Initialize, Purpose::Discover)
    };
    let (Look::Answered(old), Look::Answered(new)) = (evidence.look(&old), evidence.look(&new)) else {
        return Outcome::Unknown("the server was not asked in both dialects".to_owned());
    };
    // Some servers look at the dialect before the token.
    let sign_in = |answer: &Answer| answer.status == 401;
    let early = (sign_in(new) && says_version(old)) || (sign_in(old) && new.status >= 500);
    if !early && (matches!(old.status, 401 | 403) || matches!(new.status, 401 | 403)) {
        return Outcome::SetAside("which dialects the server speaks shows behind the sign-in");
    }
    let works = |answer: &Answer| sign_in(answer) || (200..300).contains(&answer.status) && message(answer).is_some();
    if works(new) && !works(old) && says_version(old) {
        let Some(clients) = hit_by(|_, engine| matches!(engine, Engine::TypeScript1 | Engine::Python1)) else {
            return Outcome::Pass;
        };
        return Outcome::fail(
            Finding::new(&CHECK, "modern-only")
                .affects(clients)
                .proof(format!("initialize (2025-11-25): {}", told(old)))
                .proof(format!("server/discover (2026-07-28): {}", told(new))),
        );
    }
    if works(old) && new.status >= 500 && !is_already_connected(new) {
        let Some(clients) = hit_by(|_, engine| matches!(engine, Engine::TypeScript2 | Engine::Python2)) else {
            return Outcome::Pass;
        };
        // Seen once, beside another first call: a server that stumbles over two at once shows the same.
        return Outcome::fail(
            Finding::new(&CHECK, "modern-fails")
                .confidence(Confidence::Likely)
                .affects(clients)
                .value("status", new.status.to_string())
                .proof(format!("initialize (2025-11-25): {}", told(old)))
                .proof(format!("server/discover (2026-07-28): {}", told(new))),
        );
    }
    // A server that speaks the older dialect alone is fine: newer clients fall back to it.
    Outcome::Pass
}

/// The refusal is about the version of the protocol.
fn says_version(answer: &Answer) -> bool {
    let code = message(answer).and_then(|message| message.pointer("/error/code")?.as_i64());
    code.is_some_and(|code| matches!(code, -32022..=-32020))
        || answer.body.text.to_ascii_lowercase().contains("unsupported protocol version")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sample::{SERVER, Sample};

    #[test]
    fn a_server_that_speaks_only_the_newest_dialect_is_named() {
        let refused =
            json!({"jsonrpc": "2.0", "id": 1, "error": {"code": -32022, "message": "Unsupported protocol version"}});
        let modern = Sample::healthy().token(|_| {}).answer(Purpose::TokenInitialize, 400, &[], &refused.to_string());
        let finding = modern.finding(&CHECK);
        assert_eq!(finding.variant, "modern-only");
        assert!(!finding.affects.is_empty());
    }

    #[test]
    fn a_server_that_breaks_at_the_newest_dialect_is_named() {
        let breaks = Sample::healthy().token(|_| {}).answer(Purpose::TokenDiscover, 500, &[], "Internal Server Error");
        let finding = breaks.finding(&CHECK);
        assert_eq!((finding.variant, finding.confidence), ("modern-fails", Confidence::Likely));
    }

    #[test]
    fn a_server_that_looks_at_the_dialect_before_the_token_is_named_too() {
        let code = json!({"error": {"code": -32022, "message": "Unsupported protocol version"}}).to_string();
        let modern = Sample::healthy().answer(Purpose::Initialize, 400, &[], &code);
        assert_eq!(modern.finding(&CHECK).variant, "modern-only");
        let breaks = Sample::healthy().answer(Purpose::Discover, 500, &[], "");
        assert_eq!(breaks.finding(&CHECK).variant, "modern-fails");
    }

    #[test]
    fn both_dialects_and_the_older_one_alone_pass() {
        assert_eq!(Sample::healthy().token(|_| {}).examine(&CHECK), Outcome::Pass);
        let old = Sample::healthy().token(|_| {}).answer(Purpose::TokenDiscover, 400, &[], "Bad Request");
        assert_eq!(old.examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(Sample::unseen(SERVER).examine(&CHECK), Outcome::Unknown(_)));
    }
}

use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::clients::ClientId;
use crate::computer::concern::{self, clear, is_asked_about, whose, whose_entry};
use crate::computer::mcp_remote::Version;
use crate::computer::{Computer, ConfiguredServer, Held, StoredEntry, same_server};
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "local-cache",
    stage: Stage::Local,
    category: Category::Client,
    owner: Owner::User,
    requirement: Requirement::Should,
    reference: "MCP SEP-2352; punkpeye/mcp-remote#298, #322; google-gemini/gemini-cli (stores by name)",
    after: &["reg-stale"],
    variants: &[
        "other-server",
        "unreadable",
        "several-instances",
        "lost-registration",
        "expired",
        "stale-lock",
        "half-finished",
    ],
    words: include_str!("local_cache.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let computer = match concern::computer(evidence) {
        Ok(computer) => computer,
        Err(outcome) => return outcome,
    };
    let stored = concern::stored(evidence, computer);
    let mut findings = of_another_server(evidence, computer);
    findings.extend(several(evidence, computer));
    for (entry, user) in &stored {
        findings.extend(of_entry(entry, *user, evidence.began_ms));
    }
    if findings.is_empty() && stored.is_empty() {
        return Outcome::SetAside("nothing is stored for this server on this computer");
    }
    if findings.is_empty() && stored.iter().any(|(entry, _)| !entry.looked_into) {
        return Outcome::Unknown("what is stored was not looked into".to_owned());
    }
    findings.sort_by_key(|finding| finding.severity);
    Outcome::of(findings)
}

fn finding(entry: &StoredEntry, user: Option<&ConfiguredServer>, variant: &'static str) -> Finding {
    Finding::new(&CHECK, variant)
        .affects(whose_entry(entry, user))
        .value("client", user.map_or(entry.client, |user| user.client).name())
        .value("place", entry.store.clone())
        .action(clear(entry))
}

fn of_entry(entry: &StoredEntry, user: Option<&ConfiguredServer>, now_ms: u64) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(trouble) = entry.troubles.first() {
        let unreadable = finding(entry, user, "unreadable").value("trouble", trouble.clone());
        // mcp-remote takes a file that it cannot read for none.
        let severity = if entry.client == ClientId::McpRemote { Severity::Warning } else { Severity::Error };
        findings.push(
            entry.troubles.iter().fold(unreadable.severity(severity), |finding, line| finding.proof(line.clone())),
        );
    }
    let version = user.and_then(|user| Version::parse(user.mcp_remote.as_ref()?.version.as_deref()?));
    // A client that is ended hard leaves its lock every time. Beside tokens it has nothing to hold up: the next start drops it.
    if let Some(lock) = entry.lock.filter(|lock| lock.stale && !entry.holds.contains(&Held::Tokens))
        && version.is_none_or(|version| version <= Version(0, 2, 1))
    {
        let who = lock.pid.map_or_else(|| "a process".to_owned(), |pid| format!("process {pid}"));
        findings.push(
            finding(entry, user, "stale-lock")
                .severity(Severity::Warning)
                .value("who", who.clone())
                .proof(format!("{} holds a lock of {who}, which is gone", entry.store)),
        );
    }
    let ended = entry.expires_at_ms.is_some_and(|at| at <= now_ms);
    if ended && entry.holds.contains(&Held::Tokens) && !entry.holds.contains(&Held::RefreshToken) {
        let hours = entry.expires_at_ms.map_or(0, |at| now_ms.saturating_sub(at) / 3_600_000);
        let sure = if entry.expiry_estimated { Confidence::Likely } else { Confidence::Certain };
        findings.push(
            finding(entry, user, "expired")
                .severity(Severity::Warning)
                .confidence(sure)
                .proof(format!("the pass ended {hours} hours ago, and no refresh token is stored")),
        );
    }
    if entry.holds.contains(&Held::Verifier) && !entry.holds.contains(&Held::Tokens) {
        findings.push(
            finding(entry, user, "half-finished")
                .severity(Severity::Info)
                .proof(format!("{} holds the key of a sign-in (code verifier) and no token", entry.store)),
        );
    }
    findings
}

/// Stores that go by the server's name keep the old sign-in when the address under that name changes.
fn of_another_server(evidence: &Evidence, computer: &Computer) -> Vec<Finding> {
    let by_name = |entry: &&StoredEntry| entry.client == ClientId::GeminiCli;
    let mut findings = Vec::new();
    for server in concern::servers(evidence, computer) {
        let entry = computer.stored.iter().filter(by_name).find(|entry| {
            entry.client == server.client
                && entry.name.as_deref() == Some(server.name.as_str())
                && entry
                    .server
                    .as_deref()
                    .is_some_and(|stored| !same_server(stored, server.url.as_deref().unwrap_or_default()))
        });
        let Some(entry) = entry else { continue };
        findings.push(
            finding(entry, Some(server), "other-server")
                .confidence(Confidence::Likely)
                .value("name", server.name.clone())
                .compare(
                    "signed in to",
                    entry.server.clone().unwrap_or_default(),
                    "set up now",
                    server.url.clone().unwrap_or_default(),
                ),
        );
    }
    findings
}

/// Several copies of an old mcp-remote for one server wait for each other, some for ever.
fn several(evidence: &Evidence, computer: &Computer) -> Option<Finding> {
    let copies: Vec<u32> = computer
        .running
        .iter()
        .filter(|one| one.client == ClientId::McpRemote)
        .filter(|one| one.server.as_deref().is_some_and(|url| is_asked_about(evidence, url)))
        .map(|one| one.pid)
        .collect();
    let server = concern::servers(evidence, computer).into_iter().find(|server| server.mcp_remote.is_some())?;
    let version = Version::parse(server.mcp_remote.as_ref()?.version.as_deref()?)?;
    (copies.len() > 1 && version <= Version(0, 2, 4)).then(|| {
        let pids: Vec<String> = copies.iter().map(ToString::to_string).collect();
        Finding::new(&CHECK, "several-instances")
            .confidence(Confidence::Likely)
            .affects(whose(server))
            .value("client", server.client.name())
            .value("count", copies.len().to_string())
            .value("version", version.to_string())
            .proof(format!("processes {}", pids.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::computer::sample::{mcp_remote, native, of, remote_entry};
    use crate::computer::{LockReading, RunningProgram};
    use crate::sample::{NOW_MS, SERVER, Sample};

    fn entry(change: impl FnOnce(&mut StoredEntry)) -> Sample {
        let mut computer = mcp_remote("0.1.37");
        change(&mut computer.stored[0]);
        of(computer)
    }

    #[test]
    fn what_is_fine_is_called_fine_and_unseen_is_set_aside() {
        assert_eq!(entry(|_| {}).examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(entry(|entry| entry.looked_into = false).examine(&CHECK), Outcome::Unknown(_)));
    }

    #[test]
    fn every_variant_is_found() {
        let broken = entry(|entry| entry.troubles = vec!["~/x is empty".to_owned()]).finding(&CHECK);
        assert_eq!((broken.variant, broken.severity), ("unreadable", Severity::Warning));
        let expired = entry(|entry| {
            entry.holds = vec![Held::Registration, Held::Tokens];
            entry.expires_at_ms = Some(NOW_MS - 7_200_000);
        });
        assert_eq!(expired.finding(&CHECK).variant, "expired");
        let renewed = entry(|entry| entry.expires_at_ms = Some(1));
        assert_eq!(renewed.examine(&CHECK), Outcome::Pass, "a refresh token is there");
        let lock =
            LockReading { pid: Some(1), port: None, at_ms: None, alive: Some(false), port_held: None, stale: true };
        let left = |holds: &[Held]| {
            entry(|entry| {
                entry.lock = Some(lock);
                entry.holds = holds.to_vec();
            })
        };
        assert_eq!(left(&[Held::Registration, Held::Lock]).finding(&CHECK).variant, "stale-lock");
        let signed_in = left(&[Held::Registration, Held::Tokens, Held::RefreshToken, Held::Lock]);
        assert_eq!(signed_in.examine(&CHECK), Outcome::Pass, "the next start drops it");
        let half = entry(|entry| entry.holds = vec![Held::Registration, Held::Verifier]).finding(&CHECK);
        assert_eq!((half.variant, half.severity), ("half-finished", Severity::Info));
        let mut computer = mcp_remote("0.1.37");
        let running = |pid| RunningProgram {
            pid,
            client: ClientId::McpRemote,
            program: "mcp-remote".to_owned(),
            server: Some(SERVER.to_owned()),
            orphan: false,
        };
        computer.running = vec![running(1), running(2)];
        assert_eq!(of(computer).finding(&CHECK).variant, "several-instances");
    }

    #[test]
    fn a_store_by_name_keeps_the_old_server() {
        let mut computer = Computer { servers: vec![native(ClientId::GeminiCli, "todo")], ..Computer::default() };
        let mut old = remote_entry("~/.gemini/mcp-oauth-tokens.json".to_owned());
        old.client = ClientId::GeminiCli;
        old.name = Some("todo".to_owned());
        old.server = Some("https://old.example.com/mcp".to_owned());
        old.used_by = Vec::new();
        computer.stored = vec![old];
        assert_eq!(of(computer).finding(&CHECK).variant, "other-server");
    }
}

use url::Url;

use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Stage};
use crate::clients::ClientId;
use crate::computer::mcp_remote::{self, Version};
use crate::computer::{ConfiguredServer, Route, concern};
use crate::evidence::{Evidence, Place, Purpose};

pub const CHECK: Check = Check {
    code: "cl-version",
    stage: Stage::ClientSpecific,
    category: Category::Client,
    owner: Owner::User,
    requirement: Requirement::Should,
    reference: "CVE-2025-6514; mcp-remote release notes",
    after: &[],
    variants: &["dangerous", "too-old", "placeholder"],
    words: include_str!("cl_version.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(computer) = &evidence.computer else { return Outcome::SetAside("this computer was not looked at") };
    if let Err(blind) = &computer.seen {
        return Outcome::Unknown(blind.why.clone());
    }
    let mut known = false;
    let mut findings = Vec::new();
    for entry in evidence.configured() {
        let Route::McpRemote { version, .. } = &entry.route else { continue };
        // Without a pin, npx goes on with the copy that it keeps.
        let kept = entry.mcp_remote.as_ref().and_then(|uses| Version::parse(uses.version.as_deref()?));
        let kept = kept.map(|version| (version, true));
        let Some((version, exact)) = kept.or_else(|| mcp_remote::resolve(version.as_deref())) else { continue };
        known = true;
        if exact && mcp_remote::is_dangerous(version) {
            return Outcome::fail(finding("dangerous", entry, version).affects([ClientId::McpRemote]));
        }
        if exact && let Some(issuer) = out_of_reach(version, evidence) {
            let hit = concern::whose(entry);
            let finding = finding("too-old", entry, version).affects(hit).confidence(Confidence::Likely);
            findings.push(finding.value("issuer", issuer.clone()).proof(format!("authorization_servers: {issuer}")));
        }
    }
    match findings.is_empty() {
        false => Outcome::of(findings),
        true if known => Outcome::Pass,
        true => Outcome::SetAside("no version is named for this server"),
    }
}

fn finding(variant: &'static str, entry: &ConfiguredServer, version: Version) -> Finding {
    Finding::new(&CHECK, variant)
        .value("version", version.to_string())
        .value("config", entry.config.clone())
        .value("entry", entry.name.clone())
        .proof(format!("{}: *{}* runs mcp-remote {version}", entry.config, entry.name))
}

/// The first that signs in at a service whose address has a path.
const FINDS_PATHS: Version = Version(0, 1, 29);
/// The first that finds such a service's metadata. Up to [`FINDS_PATHS`] it then asks for none of the server's permissions.
const READS_PATHS: Version = Version(0, 1, 20);

/// The sign-in service, where this version cannot sign in at it.
fn out_of_reach(version: Version, evidence: &Evidence) -> Option<String> {
    let issuer = evidence.issuers().into_iter().next()?;
    let has_path = Url::parse(&issuer).is_ok_and(|url| !url.path().trim_matches('/').is_empty());
    // These versions look at the MCP server's own root, where some servers keep a copy (revision 2025-03-26): with it they get in.
    let has_copy =
        evidence.answer(&Purpose::OwnServerMetadata { place: Place::Root }).is_some_and(|copy| copy.status == 200);
    let asks_too_little = || crate::introduction::scopes(None, evidence).is_some();
    (has_path && !has_copy && (version < READS_PATHS || version < FINDS_PATHS && asks_too_little())).then_some(issuer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{SERVER, Sample};

    #[test]
    fn a_healthy_server_is_fine() {
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }

    #[test]
    fn nothing_seen_is_never_a_pass() {
        let outcome = Sample::unseen(SERVER).examine(&CHECK);
        assert!(matches!(outcome, Outcome::Unknown(_) | Outcome::SetAside(_)), "{outcome:?}");
    }

    #[test]
    fn only_a_version_that_is_known_to_be_dangerous_is_told() {
        let pinned = |version: &str| {
            Sample::healthy().configured(
                ClientId::ClaudeDesktop,
                SERVER,
                Route::McpRemote {
                    version: Some(version.to_owned()),
                    through: "npx".to_owned(),
                    arguments: Vec::new(),
                },
            )
        };
        assert_eq!(pinned("0.1.15").finding(&CHECK).variant, "dangerous");
        // The sample's sign-in service has a path, and names permissions.
        for old in ["0.1.16", "0.1.18", "0.1.26"] {
            let finding = pinned(old).finding(&CHECK);
            assert_eq!((finding.variant, finding.confidence), ("too-old", Confidence::Likely), "{old}");
            assert_eq!(finding.affects, [ClientId::ClaudeDesktop, ClientId::McpRemote]);
            let copied = pinned(old)
                .json(Purpose::OwnServerMetadata { place: Place::Root }, crate::sample::server_metadata())
                .examine(&CHECK);
            assert_eq!(copied, Outcome::Pass, "{old} reads the copy");
            let at_the_root = pinned(old).resource_metadata(|document| {
                document["authorization_servers"] = serde_json::json!(["https://auth.example.com/"]);
            });
            assert_eq!(at_the_root.examine(&CHECK), Outcome::Pass, "{old}");
        }
        assert_eq!(pinned("0.1.29").examine(&CHECK), Outcome::Pass);
        assert_eq!(pinned("0.1.37").examine(&CHECK), Outcome::Pass);
        assert_eq!(pinned("latest").examine(&CHECK), Outcome::Pass);
    }
}

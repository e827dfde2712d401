use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::clients::ClientId;
use crate::computer::{Route, mcp_remote};
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "cl-version",
    stage: Stage::ClientSpecific,
    category: Category::Client,
    owner: Owner::User,
    requirement: Requirement::Should,
    reference: "CVE-2025-6514; mcp-remote release notes",
    after: &[],
    variants: &["dangerous", "placeholder"],
    words: include_str!("cl_version.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(computer) = &evidence.computer else { return Outcome::SetAside("this computer was not looked at") };
    if let Err(blind) = &computer.seen {
        return Outcome::Unknown(blind.why.clone());
    }
    let mut known = false;
    for entry in evidence.configured() {
        let Route::McpRemote { version, .. } = &entry.route else { continue };
        // Without a pin, npx goes on with the copy that it keeps.
        let kept = entry.mcp_remote.as_ref().and_then(|uses| mcp_remote::Version::parse(uses.version.as_deref()?));
        let kept = kept.map(|version| (version, true));
        let Some((version, exact)) = kept.or_else(|| mcp_remote::resolve(version.as_deref())) else { continue };
        known = true;
        if exact && mcp_remote::is_dangerous(version) {
            return Outcome::fail(
                Finding::new(&CHECK, "dangerous")
                    .affects([ClientId::McpRemote])
                    .value("version", version.to_string())
                    .value("config", entry.config.clone())
                    .value("entry", entry.name.clone())
                    .proof(format!("{}: *{}* runs mcp-remote {version}", entry.config, entry.name)),
            );
        }
    }
    if known { Outcome::Pass } else { Outcome::SetAside("no version is named for this server") }
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
        assert_eq!(pinned("0.1.37").examine(&CHECK), Outcome::Pass);
        assert_eq!(pinned("latest").examine(&CHECK), Outcome::Pass);
    }
}

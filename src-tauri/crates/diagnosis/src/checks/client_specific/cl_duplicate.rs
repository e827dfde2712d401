use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::computer::concern::{self, is_asked_about, whose_all};
use crate::computer::{ConfiguredServer, Route};
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "cl-duplicate",
    stage: Stage::ClientSpecific,
    category: Category::Client,
    owner: Owner::User,
    requirement: Requirement::Should,
    reference: "Scalekit documentation, MCP troubleshooting (duplicate sign-ins); punkpeye/mcp-remote#235, #245",
    after: &[],
    variants: &["both-routes", "same-client", "shared-store"],
    words: include_str!("cl_duplicate.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let computer = match concern::computer(evidence) {
        Ok(computer) => computer,
        Err(outcome) => return outcome,
    };
    let servers: Vec<&ConfiguredServer> = concern::servers(evidence, computer);
    if servers.is_empty() {
        return Outcome::SetAside("no client on this computer names this server");
    }
    let mut findings = Vec::new();
    // Files of a client that stand elsewhere are for other projects or other copies of it.
    let mut configs: Vec<_> = servers.iter().map(|server| (server.client, server.config.as_str())).collect();
    configs.sort_unstable();
    configs.dedup();
    for (client, config) in configs {
        let of_client: Vec<&ConfiguredServer> =
            servers.iter().copied().filter(|server| server.client == client && server.config == config).collect();
        let through = |server: &&&ConfiguredServer| matches!(server.route, Route::McpRemote { .. });
        let remote = of_client.iter().filter(through).count();
        if of_client.len() < 2 || !in_one_scope(&of_client) {
            continue;
        }
        let both = remote > 0 && remote < of_client.len();
        let finding = Finding::new(&CHECK, if both { "both-routes" } else { "same-client" })
            .severity(if both { Severity::Error } else { Severity::Warning })
            .confidence(Confidence::Likely)
            .affects(whose_all(of_client.iter().copied()))
            .value("client", client.name())
            .value("names", names(&of_client));
        findings.push(of_client.iter().fold(finding, |finding, server| finding.proof(line(server))));
    }
    // Several clients that go through mcp-remote to one server share its files; old versions disturb each other.
    let sharing: Vec<&ConfiguredServer> = computer
        .servers
        .iter()
        .filter(|server| !server.disabled && server.url.as_deref().is_some_and(|url| is_asked_about(evidence, url)))
        .filter(|server| {
            server.mcp_remote.as_ref().is_some_and(|uses| is_before_per_state_keys(uses.version.as_deref()))
        })
        .collect();
    let mut owners: Vec<_> = sharing.iter().map(|server| server.client).collect();
    owners.sort();
    owners.dedup();
    let concerns = sharing.iter().any(|server| servers.iter().any(|one| one.id == server.id));
    if owners.len() > 1 && concerns && same_files(&sharing) {
        let clients: Vec<&str> = owners.iter().map(|client| client.name()).collect();
        let finding = Finding::new(&CHECK, "shared-store")
            .severity(Severity::Warning)
            .affects(whose_all(sharing.iter().copied()))
            .value("clients", clients.join(" and "));
        findings.push(sharing.iter().fold(finding, |finding, server| finding.proof(line(server))));
    }
    Outcome::of(findings)
}

/// Entries of different projects never run at the same time.
fn in_one_scope(servers: &[&ConfiguredServer]) -> bool {
    let scope = |server: &ConfiguredServer| {
        server.id.rsplit('|').next().unwrap_or_default().strip_suffix(&server.name).unwrap_or_default().to_owned()
    };
    let scopes: Vec<String> = servers.iter().map(|server| scope(server)).collect();
    scopes
        .iter()
        .any(|one| scopes.iter().filter(|other| *other == one || other.is_empty() || one.is_empty()).count() > 1)
}

/// Before 0.2.5 all copies keep the key of a sign-in in one place.
fn is_before_per_state_keys(version: Option<&str>) -> bool {
    use crate::computer::mcp_remote::Version;
    version.and_then(Version::parse).is_some_and(|version| version < Version(0, 2, 5))
}

fn same_files(servers: &[&ConfiguredServer]) -> bool {
    let files = |server: &ConfiguredServer| {
        server.mcp_remote.as_ref().map(|uses| (uses.folder.clone(), uses.store.clone(), uses.hash.clone()))
    };
    servers.windows(2).any(|two| files(two[0]) == files(two[1]))
}

fn names(servers: &[&ConfiguredServer]) -> String {
    let names: Vec<String> = servers.iter().map(|server| format!("\"{}\"", server.name)).collect();
    names.join(" and ")
}

fn line(server: &ConfiguredServer) -> String {
    let place = server.line.map(|line| format!(":{line}")).unwrap_or_default();
    let how = match &server.route {
        Route::McpRemote { .. } => "through mcp-remote",
        Route::Native { .. } => "directly",
        Route::Program { .. } => "through a program",
    };
    format!("{}{place}: \"{}\" reaches it {how}", server.config, server.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::ClientId;
    use crate::computer::sample::{mcp_remote, native, of};
    use crate::sample::Sample;

    #[test]
    fn one_entry_is_fine_and_unseen_is_set_aside() {
        assert_eq!(of(mcp_remote("0.1.37")).examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }

    #[test]
    fn both_routes_in_one_client_are_a_fault() {
        let mut computer = mcp_remote("0.15.1");
        computer.servers.push(native(ClientId::ClaudeDesktop, "todo-direct"));
        let finding = of(computer.clone()).finding(&CHECK);
        assert_eq!((finding.variant, finding.severity), ("both-routes", Severity::Error));
        assert_eq!(finding.affects, [ClientId::ClaudeDesktop, ClientId::McpRemote]);
        computer.servers[1].disabled = true;
        assert_eq!(of(computer).examine(&CHECK), Outcome::Pass);
    }

    #[test]
    fn two_clients_with_sign_ins_of_their_own_are_fine() {
        let mut computer = mcp_remote("0.15.1");
        computer.servers.push(native(ClientId::Cursor, "todo"));
        assert_eq!(of(computer).examine(&CHECK), Outcome::Pass);
    }

    #[test]
    fn two_entries_alike_and_old_copies_of_two_clients_are_worth_a_look() {
        let mut computer = mcp_remote("0.15.1");
        computer.servers = vec![native(ClientId::Cursor, "a"), native(ClientId::Cursor, "b")];
        assert_eq!(of(computer).finding(&CHECK).variant, "same-client");
        let mut computer = mcp_remote("0.1.37");
        let mut second = computer.servers[0].clone();
        second.client = ClientId::Cursor;
        second.id = "cursor|~/.cursor/mcp.json|todo".to_owned();
        computer.servers.push(second);
        let finding = of(computer).finding(&CHECK);
        assert_eq!((finding.variant, finding.severity), ("shared-store", Severity::Warning));
    }
}

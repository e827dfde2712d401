//! What of this computer concerns the server and the client that are asked about.

use crate::check::{Action, Outcome};
use crate::clients::ClientId;
use crate::computer::{Computer, ConfigProblem, ConfiguredServer, ProblemKind, Route, StoredEntry, Used, same_server};
use crate::evidence::{Environment, Evidence};

/// The reading of this computer, or what a check says when there is none.
///
/// # Errors
/// The outcome of a check that cannot look.
pub fn computer(evidence: &Evidence) -> Result<&Computer, Outcome> {
    match &evidence.computer {
        None => Err(Outcome::SetAside("this computer was not looked at")),
        Some(fact) => match &fact.seen {
            Ok(computer) => Ok(computer),
            Err(blind) => Err(Outcome::Unknown(blind.why.clone())),
        },
    }
}

/// The home that was read is another than that of the person at this computer, so programs and their places may differ.
pub fn is_another_home(evidence: &Evidence) -> bool {
    evidence.computer.as_ref().is_some_and(|fact| matches!(fact.environment, Environment::Simulated { .. }))
}

/// The entries of configs that lead to the server in question, of the client that was asked about or of all.
pub fn servers<'a>(evidence: &Evidence, computer: &'a Computer) -> Vec<&'a ConfiguredServer> {
    computer
        .servers
        .iter()
        .filter(|server| !server.disabled && server.url.as_deref().is_some_and(|url| is_asked_about(evidence, url)))
        .filter(|server| evidence.subject.client.is_none_or(|client| speaks_for(server, client)))
        .collect()
}

/// Whether this address is the server in question.
pub fn is_asked_about(evidence: &Evidence, url: &str) -> bool {
    let subject = &evidence.subject;
    subject.server.as_ref().is_some_and(|server| same_server(url, server.as_str()) || url == subject.typed)
}

fn speaks_for(server: &ConfiguredServer, client: ClientId) -> bool {
    whose(server).contains(&client)
}

/// The clients that stop where this entry does.
pub fn whose(server: &ConfiguredServer) -> Vec<ClientId> {
    let mut clients = vec![server.client];
    if matches!(server.route, Route::McpRemote { .. }) {
        clients.push(ClientId::McpRemote);
    }
    clients
}

/// The clients of several entries, each once.
pub fn whose_all<'a>(servers: impl IntoIterator<Item = &'a ConfiguredServer>) -> Vec<ClientId> {
    let mut clients: Vec<ClientId> = servers.into_iter().flat_map(whose).collect();
    clients.sort();
    clients.dedup();
    clients
}

/// What is stored and counts for the server in question, with the configured server that uses it. Entries that no config
/// explains count only where no config names the server at all.
pub fn stored<'a>(evidence: &Evidence, computer: &'a Computer) -> Vec<(&'a StoredEntry, Option<&'a ConfiguredServer>)> {
    let servers = servers(evidence, computer);
    let mut entries: Vec<(&StoredEntry, Option<&ConfiguredServer>)> = computer
        .stored
        .iter()
        .filter_map(|entry| {
            let user = servers.iter().find(|server| entry.used_by.contains(&server.id))?;
            Some((entry, Some(*user)))
        })
        .collect();
    let named_anywhere = computer
        .servers
        .iter()
        .any(|server| !server.disabled && server.url.as_deref().is_some_and(|url| is_asked_about(evidence, url)));
    if entries.is_empty() && !named_anywhere {
        let mut alone: Vec<&StoredEntry> = computer
            .stored
            .iter()
            .filter(|entry| entry.used == Used::NoServer)
            .filter(|entry| entry.server.as_deref().is_some_and(|server| is_asked_about(evidence, server)))
            .filter(|entry| evidence.subject.client.is_none_or(|client| client == entry.client))
            .collect();
        // Of several folders of mcp-remote the one that was written last is the one that is used.
        alone.sort_by_key(|entry| std::cmp::Reverse(entry.modified_ms));
        let mut seen = Vec::new();
        alone.retain(|entry| {
            let first = !seen.contains(&entry.client);
            seen.push(entry.client);
            first
        });
        entries.extend(alone.into_iter().map(|entry| (entry, None)));
    }
    entries
}

/// The clients that stop where this stored entry is wrong.
pub fn whose_entry(entry: &StoredEntry, user: Option<&ConfiguredServer>) -> Vec<ClientId> {
    match user {
        Some(user) => whose(user),
        None => vec![entry.client],
    }
}

/// What the app offers to clear an entry.
pub fn clear(entry: &StoredEntry) -> Action {
    Action::ClearCache { client: entry.client.id().to_owned(), server: entry.server.clone().unwrap_or_default() }
}

/// The problems of these kinds that concern the server or the client in question.
pub fn problems<'a>(
    evidence: &'a Evidence,
    computer: &'a Computer,
    kinds: &'a [ProblemKind],
) -> impl Iterator<Item = &'a ConfigProblem> + 'a {
    let servers = servers(evidence, computer);
    let asked = evidence.subject.client;
    computer.problems.iter().filter(move |problem| {
        let of_kind = kinds.iter().any(|kind| kind.word() == problem.kind);
        let concerns = match &problem.server {
            Some(id) => servers.iter().any(|server| server.id == *id),
            None => {
                let of_client = asked == Some(problem.client);
                let names_it = problem.addresses.iter().any(|address| is_asked_about(evidence, address));
                let other_client =
                    asked.is_some_and(|client| client != problem.client && client != ClientId::McpRemote);
                (of_client || names_it) && !other_client
            }
        };
        of_kind && concerns
    })
}

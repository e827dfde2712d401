//! Which of the configured servers a message means that calls it by its name only, as most clients do.

use url::Url;

use crate::clients::ClientId;
use crate::computer::{ConfiguredServer, Route};
use crate::pasted::Understood;

/// Names that are also words of messages: in a message they name nobody.
const WORDS: [&str; 27] = [
    "auth", "cause", "client", "code", "config", "debug", "error", "fatal", "hint", "http", "https", "info", "log",
    "mcp", "message", "method", "name", "note", "oauth", "reason", "request", "server", "status", "type", "url",
    "warn", "warning",
];

/// As many letters before a name are looked at: more than the longest words that lead to one.
const AHEAD: usize = 16;

/// Adds the server that the text names, where it holds no address and exactly one configured server is meant. Gives that server.
pub fn complete<'a>(
    understood: &mut Understood,
    text: &str,
    servers: &'a [ConfiguredServer],
    asked: Option<ClientId>,
) -> Option<&'a ConfiguredServer> {
    let says = match understood {
        Understood::Message { url: None, client, .. } => *client,
        Understood::Unclear { .. } => None,
        _ => return None,
    };
    let server = named(text, servers, asked.or(says))?;
    if matches!(understood, Understood::Unclear { .. }) {
        *understood = Understood::Message {
            said: Vec::new(),
            troubled: true,
            url: None,
            client: None,
            origin: None,
            symptom: None,
        };
    }
    if let Understood::Message { url, client, .. } = understood {
        url.clone_from(&server.url);
        // The same server may be set up in several clients, of which the message does not say which.
        let alone = servers.iter().filter(|one| is_meant(one, text) && !one.disabled).count() == 1;
        *client = client.or_else(|| (alone || asked.or(says).is_some()).then(|| signs_in(server)));
    }
    Some(server)
}

/// The client whose way of signing in this entry takes.
fn signs_in(server: &ConfiguredServer) -> ClientId {
    if matches!(server.route, Route::McpRemote { .. }) { ClientId::McpRemote } else { server.client }
}

/// The one server that a text names; where several clients have that name, that of the client.
fn named<'a>(text: &str, servers: &'a [ConfiguredServer], client: Option<ClientId>) -> Option<&'a ConfiguredServer> {
    let meant: Vec<&ConfiguredServer> = servers.iter().filter(|one| !one.disabled && is_meant(one, text)).collect();
    let of_client =
        |one: &&&ConfiguredServer| client.is_some_and(|client| one.client == client || signs_in(one) == client);
    let theirs: Vec<&ConfiguredServer> = meant.iter().filter(of_client).copied().collect();
    let counted = if theirs.is_empty() { meant } else { theirs };
    let first = *counted.first()?;
    counted.iter().all(|one| one.url == first.url).then_some(first)
}

fn is_meant(server: &ConfiguredServer, text: &str) -> bool {
    let callable = server.url.as_deref().is_some_and(|url| Url::parse(url.trim()).is_ok());
    callable && names(text, server.name.trim())
}

/// The name stands there as a name: in quotes or brackets, before a colon, behind the word "server" or behind `/mcp auth`.
fn names(text: &str, name: &str) -> bool {
    if name.is_empty() || WORDS.contains(&name.to_lowercase().as_str()) {
        return false;
    }
    text.match_indices(name).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + name.len()..]);
        let (last, next) = (before.chars().next_back(), after.chars().next());
        if let (Some(last), Some(next)) = (last, next)
            && matches!(
                (last, next),
                ('"', '"')
                    | ('\'', '\'')
                    | ('`', '`')
                    | ('“' | '„', '”' | '“')
                    | ('‘', '’')
                    | ('«', '»')
                    | ('[', ']')
                    | ('*', '*')
            )
        {
            return true;
        }
        let starts = last.is_none_or(|last| last.is_whitespace() || "([{|>•✗✕×!".contains(last));
        let ends = |next: Option<char>| next.is_none_or(char::is_whitespace);
        let over = ends(next) || next.is_some_and(|next| ".,;:!?)".contains(next) && ends(after.chars().nth(1)));
        // Only the end of it: a long log may hold the name thousands of times.
        let ahead = before.trim_end();
        let near = ahead.char_indices().rev().nth(AHEAD).map_or(0, |(start, _)| start);
        let ahead = ahead[near..].to_lowercase();
        let led = ["server", "server:", "/mcp auth", "mcp login", "mcp auth"].iter().any(|word| {
            ahead
                .strip_suffix(word)
                .is_some_and(|rest| rest.chars().next_back().is_none_or(|last| !last.is_alphanumeric()))
        });
        starts && over && (led || next == Some(':'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::computer::sample::{mcp_remote, native};
    use crate::pasted::understand;

    fn server(client: ClientId, name: &str, url: &str) -> ConfiguredServer {
        ConfiguredServer { url: Some(url.to_owned()), ..native(client, name) }
    }

    fn completed(
        text: &str,
        servers: &[ConfiguredServer],
        asked: Option<ClientId>,
    ) -> Option<(String, Option<ClientId>)> {
        let mut understood = understand(text);
        complete(&mut understood, text, servers, asked)?;
        match understood {
            Understood::Message { url, client, .. } => Some((url.expect("an address"), client)),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn messages_of_real_clients_name_one_server() {
        let home = [
            server(ClientId::Cline, "healthy", "http://127.0.0.1:1/mcp"),
            server(ClientId::Cline, "healthy-2", "http://127.0.0.1:2/mcp"),
            server(ClientId::Cline, "coderef", "http://127.0.0.1:3/mcp"),
            server(ClientId::CopilotCli, "noreg", "http://127.0.0.1:4/mcp"),
            server(ClientId::Cline, "error", "http://127.0.0.1:5/mcp"),
        ];
        for (text, port) in [
            ("MCP server \"healthy\" requires OAuth authorization. Run authorizeMcpServerOAuth for this server.", 1),
            ("healthy: Streamable HTTP error: Error POSTing to endpoint", 1),
            ("Couldn't complete authentication for \"coderef\": The code is not valid", 3),
            ("! MCP server 'noreg' requires authentication. Use /mcp auth noreg to connect.", 4),
            ("2026-11-30 [healthy-2] [error] Connection state: Error", 2),
            ("Failed to connect to MCP server healthy-2.", 2),
        ] {
            let (url, client) = completed(text, &home, None).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(url, format!("http://127.0.0.1:{port}/mcp"), "{text}");
            assert!(client.is_some(), "{text}");
        }
        for text in [
            "error: it went wrong, and nobody says where",
            "The connection is healthy again",
            "healthy: failed\nnoreg: failed",
            "see unhealthy: 401",
        ] {
            assert_eq!(completed(text, &home, None), None, "{text}");
        }
    }

    #[test]
    fn one_name_in_several_clients_is_told_by_the_client_or_the_address() {
        let text = "todo: Streamable HTTP error";
        let same = [
            server(ClientId::Cursor, "todo", "https://a.example/mcp"),
            server(ClientId::Cline, "todo", "https://a.example/mcp"),
        ];
        assert_eq!(completed(text, &same, None), Some(("https://a.example/mcp".to_owned(), None)));
        let other = [same[0].clone(), server(ClientId::Cline, "todo", "https://b.example/mcp")];
        assert_eq!(completed(text, &other, None), None);
        let asked = completed(text, &other, Some(ClientId::Cline));
        assert_eq!(asked, Some(("https://b.example/mcp".to_owned(), Some(ClientId::Cline))));
        let through = mcp_remote("0.15.1").servers;
        let text = format!("MCP server \"{}\" failed", through[0].name);
        assert_eq!(completed(&text, &through, None).and_then(|(_, client)| client), Some(ClientId::McpRemote));
        // An address in the text counts more.
        assert_eq!(completed("todo: fetch https://c.example/mcp failed with 401", &same, None), None);
    }
}

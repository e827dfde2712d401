//! A config, taken apart into the servers that it names and what is wrong with them.

use std::collections::{BTreeMap, BTreeSet};

use crate::clients::ClientId;
use crate::computer::homes::Home;
use crate::computer::mcp_remote::{self, Named, Version};
use crate::computer::text::{self, Extras, Fault, Format, Lines, Member, Node, Value};
use crate::computer::{ConfigProblem, ConfiguredServer, ProblemKind, Route, System};

/// Where and for whom a config is read.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    /// Which file of which client.
    pub home: &'a Home,
    /// How it is written, when that is not what the home says (a folder with files of several formats).
    pub format: Format,
    /// The file, as shown to a person.
    pub config: &'a str,
    /// The system that its client runs on.
    pub system: System,
    /// Names of the variables that the client's process has. `None`: nobody can tell, since the home is another's.
    pub defined: Option<&'a BTreeSet<String>>,
}

/// A server of a config, with what is needed to go on and must not be kept.
pub struct Found {
    /// What may be shown.
    pub server: ConfiguredServer,
    /// What may not.
    pub launch: Launch,
}

/// What starts a server: needed to work out names and folders, and never part of evidence. It cannot be printed.
#[derive(Default, Clone)]
pub struct Launch {
    /// The command.
    pub command: Option<String>,
    /// The arguments.
    pub arguments: Vec<String>,
    /// The command line of mcp-remote, taken apart.
    pub remote: Option<RemoteLine>,
    /// `MCP_REMOTE_CONFIG_DIR` of the config.
    pub config_dir: Option<String>,
    /// `PATH` of the config.
    pub path: Option<String>,
}

/// The command line of mcp-remote.
#[derive(Default, Clone)]
pub struct RemoteLine {
    /// What goes into the name of its files. `None` when there is no URL.
    pub named: Option<Named>,
    /// Headers come from a file, so the name cannot be told from the config alone.
    pub header_file: bool,
    /// The port that it was given.
    pub port: Option<u16>,
    /// `--host`.
    pub host: Option<String>,
    /// `--callback-path`.
    pub callback_path: Option<String>,
    /// A registration of its own (`--static-oauth-client-info`).
    pub static_client: bool,
    /// The id in it, or the address of its own metadata document.
    pub client_id: Option<String>,
    /// A client metadata document of its own.
    pub client_metadata: bool,
    /// The version that stands after `mcp-remote@`.
    pub version: Option<String>,
    /// The script itself, when it is started by its path.
    pub script: Option<String>,
}

/// What came of reading one config.
#[derive(Default)]
pub struct Servers {
    /// The servers, in order.
    pub found: Vec<Found>,
    /// What is wrong.
    pub problems: Vec<ConfigProblem>,
    /// Folders of projects that the config names.
    pub projects: Vec<String>,
}

/// Takes a config's text apart.
pub fn read(text: &str, reading: Reading<'_>) -> Servers {
    let mut servers = Servers::default();
    if text.trim_matches(|character: char| character.is_whitespace() || character == '\u{feff}').is_empty() {
        // An empty YAML or TOML file says "nothing"; an empty JSON file is none.
        if matches!(reading.format, Format::Json | Format::Jsonc) {
            servers.problems.push(reading.problem(ProblemKind::Empty, None, "is empty, so no server is read from it"));
        }
        return servers;
    }
    let (root, extras) = match text::read(text, reading.format) {
        Ok(read) => read,
        Err(fault) => {
            servers.problems.push(not_in_format(text, &fault, reading));
            return servers;
        }
    };
    servers.problems.extend(extras_of(text, extras, reading));
    let lines = Lines::of(text);
    if !root.is_table() {
        let is_nothing = matches!(root.value, Value::Null);
        if !is_nothing {
            servers.problems.push(reading.problem(ProblemKind::WrongShape, Some(1), "does not hold settings by name"));
        }
        return servers;
    }
    let mut any_entry = false;
    for way in reading.home.keys {
        for (scope, table) in tables(&root, way) {
            any_entry |= !table.members().is_empty() || !table.items().is_empty();
            let list = list_for_table(text, table, way, &lines, reading);
            let ignored = list.is_some();
            servers.problems.extend(list);
            each(text, &lines, table, scope.as_deref(), reading, &root, ignored, &mut servers);
        }
    }
    servers.problems.extend(key_twice(text, &root, &lines, reading));
    if !any_entry && let Some((first, right)) = bare_entries(&root, reading.home) {
        let line = lines.line(first.at);
        let what = format!(
            "has its servers (\"{}\" and what follows) outside of \"{right}\", where {} reads them; it sees no server here",
            first.name,
            reading.home.client.name()
        );
        let problem = reading.problem(ProblemKind::WrongKey, Some(line), &what);
        servers.problems.push(ConfigProblem { stops: true, addresses: addresses_in(text), ..problem });
        each(text, &lines, &root, None, reading, &root, true, &mut servers);
    }
    if !any_entry && let Some((wrong, table)) = wrong_key(&root, reading.home) {
        let right = reading.home.keys[0].join("\" → \"");
        let line = lines.line(wrong.at);
        let what = format!(
            "lists its servers under \"{}\", but {} reads them under \"{right}\"; it sees no server here",
            wrong.name,
            reading.home.client.name()
        );
        let problem = reading.problem(ProblemKind::WrongKey, Some(line), &what);
        servers.problems.push(ConfigProblem { stops: true, addresses: addresses_in(text), ..problem });
        each(text, &lines, table, None, reading, &root, true, &mut servers);
    }
    servers.projects = projects_in(&root, reading.home.client);
    servers
}

/// A server in another file that a client's own file switches off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwitchedOff {
    /// Its name.
    pub name: String,
    /// The project's folder, where it is one of a project's shared servers (`.mcp.json`). `None`: wherever it stands.
    pub project: Option<String>,
}

/// What a client's own file switches off of the servers in its other files.
pub fn switched_off_in(root: &Node<'_>, client: ClientId) -> Vec<SwitchedOff> {
    let off = |list: Option<&Node<'_>>, project: Option<&str>| -> Vec<SwitchedOff> {
        let names = list.map(Node::items).unwrap_or_default().iter().filter_map(Node::text);
        names.map(|name| SwitchedOff { name: name.to_owned(), project: project.map(str::to_owned) }).collect()
    };
    match client {
        ClientId::CopilotCli => off(root.get("disabledMcpServers"), None),
        // People say no to a project's servers, and that is kept in their own file.
        ClientId::ClaudeCode => root
            .get("projects")
            .map(Node::members)
            .unwrap_or_default()
            .iter()
            .flat_map(|project| {
                ["disabledMcpjsonServers", "disabledMcpServers"]
                    .into_iter()
                    .flat_map(|list| off(project.node.get(list), Some(project.name.as_ref())))
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// The folders of projects that a client's own file names.
pub fn projects_in(root: &Node<'_>, client: ClientId) -> Vec<String> {
    match client {
        // Both keep what they know of a project under its folder's name.
        ClientId::ClaudeCode | ClientId::Codex | ClientId::GeminiCli => root
            .get("projects")
            .map(|projects| projects.members().iter().map(|member| member.name.clone().into_owned()).collect())
            .unwrap_or_default(),
        // Editors keep one small file for each folder that was opened.
        ClientId::VsCode | ClientId::Cursor | ClientId::Windsurf => {
            let folder = root.get("folder").and_then(Node::text).and_then(|text| url::Url::parse(text).ok());
            folder.and_then(|url| url.to_file_path().ok()).map(|path| path.display().to_string()).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

impl Reading<'_> {
    fn problem(&self, kind: ProblemKind, line: Option<usize>, what: &str) -> ConfigProblem {
        let place = line.map(|line| format!(" (line {line})")).unwrap_or_default();
        ConfigProblem {
            client: self.home.client,
            config: self.config.to_owned(),
            line,
            column: None,
            kind: kind.word().to_owned(),
            what: format!("{}{place} {what}.", self.config),
            server: None,
            stops: false,
            addresses: Vec::new(),
        }
    }
}

fn not_in_format(text: &str, fault: &Fault, reading: Reading<'_>) -> ConfigProblem {
    let place = text::place(text, fault.at);
    let (kind, format) = match reading.format {
        _ if fault.curly => (ProblemKind::SmartQuotes, "JSON"),
        Format::Json | Format::Jsonc => (ProblemKind::NotJson, "JSON"),
        Format::Yaml => (ProblemKind::NotYaml, "YAML"),
        Format::Toml => (ProblemKind::NotToml, "TOML"),
    };
    ConfigProblem {
        client: reading.home.client,
        config: reading.config.to_owned(),
        line: Some(place.line),
        column: Some(place.column),
        kind: kind.word().to_owned(),
        what: format!(
            "{} cannot be read as {format}: at line {}, column {}, {}. {} reads no server from it.",
            reading.config,
            place.line,
            place.column,
            fault.what,
            reading.home.client.name()
        ),
        server: None,
        stops: true,
        addresses: addresses_in(text),
    }
}

/// The web addresses in a text that is no config, without passwords.
fn addresses_in(text: &str) -> Vec<String> {
    const MOST: usize = 64;
    let ends = |character: char| {
        character.is_whitespace() || "\"'`<>()[]{},;\u{201c}\u{201d}\u{2018}\u{2019}".contains(character)
    };
    let mut found: Vec<String> = Vec::new();
    for scheme in ["https://", "http://"] {
        for (at, _) in text.match_indices(scheme).take(MOST) {
            let word = text[at..].split(ends).next().unwrap_or_default();
            let address = without_password(word);
            if !found.contains(&address) {
                found.push(address);
            }
        }
    }
    found
}

/// What strict JSON does not have. Only clients that are known to read strictly are said to mind.
fn extras_of(text: &str, extras: Extras, reading: Reading<'_>) -> Vec<ConfigProblem> {
    if reading.format != Format::Json {
        return Vec::new();
    }
    let found = [
        (
            extras.mark.then_some(0),
            ProblemKind::ByteOrderMark,
            "an invisible mark (byte order mark) stands at its beginning",
        ),
        (extras.comment, ProblemKind::Comments, "it has a comment"),
        (extras.trailing_comma, ProblemKind::TrailingComma, "a comma stands before a closing bracket"),
    ];
    let client = reading.home.client.name();
    found
        .into_iter()
        .filter_map(|(at, kind, what)| {
            let place = text::place(text, at?);
            Some(ConfigProblem {
                client: reading.home.client,
                config: reading.config.to_owned(),
                line: Some(place.line),
                column: Some(place.column),
                kind: kind.word().to_owned(),
                what: format!(
                    "{}: at line {}, column {}, {what}. {client} reads plain JSON, which has no such thing.",
                    reading.config, place.line, place.column
                ),
                server: None,
                addresses: addresses_in(text),
                // A byte order mark is dropped by some readers.
                stops: kind != ProblemKind::ByteOrderMark,
            })
        })
        .collect()
}

/// The tables at the end of a way, with the name that `*` stood for.
fn tables<'n, 'a>(root: &'n Node<'a>, way: &[&str]) -> Vec<(Option<String>, &'n Node<'a>)> {
    let mut found = vec![(None, root)];
    for step in way {
        found = found
            .into_iter()
            .flat_map(|(scope, node): (Option<String>, &'n Node<'a>)| match *step {
                "*" => {
                    node.members().iter().map(|member| (Some(member.name.clone().into_owned()), &member.node)).collect()
                }
                name => node.get(name).map(|node| vec![(scope, node)]).unwrap_or_default(),
            })
            .collect();
    }
    found
}

/// The key of another client under which servers stand, in a config that has none under its own.
fn wrong_key<'n, 'a>(root: &'n Node<'a>, home: &Home) -> Option<(&'n Member<'a>, &'n Node<'a>)> {
    const KEYS: [&str; 7] =
        ["mcpServers", "servers", "context_servers", "mcp_servers", "mcp", "mcpservers", "MCPServers"];
    // A file of settings at large may use these words for something of its own.
    let own: Vec<&str> = home.keys.iter().filter_map(|way| way.first().copied()).collect();
    root.members()
        .iter()
        .filter(|member| KEYS.contains(&member.name.as_ref()) && !own.contains(&member.name.as_ref()))
        .find_map(|member| {
            let table = member.node.get("servers").filter(|_| member.name == "mcp").unwrap_or(&member.node);
            let any = table.members().iter().any(|entry| looks_like_a_server(&entry.node));
            any.then_some((member, table))
        })
}

/// An entry of a config that says how a server is reached.
fn looks_like_a_server(entry: &Node<'_>) -> bool {
    ["url", "command", "serverUrl", "httpUrl", "baseUrl"]
        .iter()
        .any(|name| entry.get(name).is_some_and(|node| node.text().is_some()))
}

/// Servers that stand in the file without the key around them, in a file that is for servers only.
fn bare_entries<'n, 'a>(root: &'n Node<'a>, home: &Home) -> Option<(&'n Member<'a>, &'static str)> {
    let [[right]] = home.keys else { return None };
    let for_servers_only = matches!(home.format, Format::Json | Format::Jsonc)
        && ["mcp.json", "mcp_config.json", "claude_desktop_config.json", "mcp-config.json", "mcp_settings.json"]
            .iter()
            .any(|end| home.path.ends_with(end));
    let first = root.members().iter().find(|member| looks_like_a_server(&member.node))?;
    for_servers_only.then_some((first, *right))
}

/// A list where names with entries are wanted. YAML's clients take lists.
fn list_for_table(
    text: &str,
    table: &Node<'_>,
    way: &[&str],
    lines: &Lines,
    reading: Reading<'_>,
) -> Option<ConfigProblem> {
    let is_json = matches!(reading.format, Format::Json | Format::Jsonc) && reading.home.client != ClientId::Continue;
    if table.items().is_empty() || !is_json {
        return None;
    }
    let what = format!(
        "has a list ([ ]) under \"{}\", where {} reads names with entries ({{ }}); it sees no server here",
        way.last().unwrap_or(&"mcpServers"),
        reading.home.client.name()
    );
    let problem = reading.problem(ProblemKind::WrongShape, Some(lines.line(table.span.start)), &what);
    let addresses = text.get(table.span.clone()).map(addresses_in).unwrap_or_default();
    Some(ConfigProblem { stops: true, addresses, ..problem })
}

/// The key of the servers stands twice: what the first one holds is lost.
fn key_twice(text: &str, root: &Node<'_>, lines: &Lines, reading: Reading<'_>) -> Option<ConfigProblem> {
    let key = reading.home.keys.first()?.first()?;
    let mut same = root.members().iter().filter(|member| member.name == *key);
    let (first, second) = (same.next()?, same.next()?);
    if !first.node.members().iter().any(|member| looks_like_a_server(&member.node)) {
        return None;
    }
    let kept = addresses_in(text.get(second.node.span.clone())?);
    let mut lost = addresses_in(text.get(first.node.span.clone())?);
    lost.retain(|address| !kept.contains(address));
    let names: Vec<String> = first.node.members().iter().map(|member| format!("\"{}\"", member.name)).collect();
    let what = format!(
        "has the key \"{key}\" twice (again at line {}); only the last one counts, so {} {} not read",
        lines.line(second.at),
        names.join(", "),
        if names.len() == 1 { "is" } else { "are" }
    );
    let problem = reading.problem(ProblemKind::SameNameTwice, Some(lines.line(first.at)), &what);
    Some(ConfigProblem { stops: !lost.is_empty(), addresses: lost, ..problem })
}

#[allow(clippy::too_many_arguments, reason = "one loop, called for the right key and for a wrong one")]
fn each(
    text: &str,
    lines: &Lines,
    table: &Node<'_>,
    scope: Option<&str>,
    reading: Reading<'_>,
    root: &Node<'_>,
    ignored: bool,
    servers: &mut Servers,
) {
    let mut entries: Vec<(String, usize, &Node<'_>)> =
        table.members().iter().map(|member| (member.name.clone().into_owned(), member.at, &member.node)).collect();
    entries.extend(table.items().iter().enumerate().map(|(at, node)| {
        let name = node.get("name").and_then(Node::text).map_or_else(|| format!("server {}", at + 1), str::to_owned);
        (name, node.span.start, node)
    }));
    let mut names = BTreeSet::new();
    for (name, at, node) in entries {
        let line = lines.line(at);
        if !names.insert(name.clone()) {
            let what = format!("names the server \"{name}\" a second time; only the last one counts");
            servers.problems.push(reading.problem(ProblemKind::SameNameTwice, Some(line), &what));
        }
        if !node.is_table() {
            continue;
        }
        let entry = Entry { name, line, node, scope, reading, root };
        if let Some(mut found) = entry.read(&mut servers.problems) {
            found.server.ignored |= ignored;
            servers.found.push(found);
        }
    }
    let _ = text;
}

struct Entry<'n, 'a> {
    name: String,
    line: usize,
    node: &'n Node<'a>,
    scope: Option<&'n str>,
    reading: Reading<'n>,
    root: &'n Node<'a>,
}

impl Entry<'_, '_> {
    fn text(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.node.get(name).and_then(Node::text)).filter(|text| !text.trim().is_empty())
    }

    fn id(&self) -> String {
        let scope = self.scope.map(|scope| format!("{scope}:")).unwrap_or_default();
        format!("{}|{}|{scope}{}", self.reading.home.client, self.reading.config, self.name)
    }

    fn read(&self, problems: &mut Vec<ConfigProblem>) -> Option<Found> {
        let client = self.reading.home.client;
        let transport = self.node.get("transport");
        let url = self
            .text(&["url", "serverUrl", "httpUrl", "uri", "baseUrl", "base_url"])
            .or_else(|| transport?.get("url")?.text())
            .map(str::to_owned);
        let kind = self
            .text(&["type", "transport", "transportType"])
            .or_else(|| transport?.get("type")?.text())
            .map(str::to_owned)
            .or_else(|| self.node.get("httpUrl").map(|_| "http".to_owned()));
        let launch = self.launch();
        // Goose's own extensions and the like: neither a program nor an address.
        if url.is_none() && launch.command.is_none() {
            let built_in = kind.as_deref().is_some_and(|kind| matches!(kind, "builtin" | "platform" | "frontend"));
            let is_a_server = self.node.get("args").is_some() || self.node.get("headers").is_some();
            if !built_in
                && (is_a_server || matches!(client, ClientId::ClaudeDesktop | ClientId::Cursor | ClientId::VsCode))
            {
                let what =
                    format!("\"{}\" has neither a \"command\" nor a \"url\", so nothing can be started", self.name);
                problems.push(self.problem(ProblemKind::NoUrlNoCommand, true, &what));
            }
            return None;
        }
        let headers = self.headers(&launch);
        let disabled = self.node.get("disabled").and_then(Node::flag).unwrap_or(false)
            || self.node.get("enabled").and_then(Node::flag) == Some(false)
            || self.is_switched_off_in_file();
        let (route, server_url) = match (&launch.remote, &launch.command, &url) {
            (Some(remote), Some(command), _) => (
                Route::McpRemote {
                    version: remote.version.clone(),
                    through: program_name(command),
                    arguments: shown_arguments(&launch.arguments),
                },
                remote.named.as_ref().map(|named| named.url.clone()),
            ),
            (None, Some(command), None) => (Route::Program { command: program_name(command) }, None),
            _ => (Route::Native { transport: kind.clone() }, url.clone()),
        };
        let environment: Vec<String> = ["env", "environment", "envs"]
            .iter()
            .filter_map(|name| self.node.get(name))
            .flat_map(|table| table.members().iter().map(|member| member.name.clone().into_owned()))
            .collect();
        let server = ConfiguredServer {
            id: self.id(),
            client,
            name: self.name.clone(),
            config: self.reading.config.to_owned(),
            line: Some(self.line),
            url: server_url.map(|url| without_password(&url)),
            route,
            headers,
            disabled,
            ignored: client == ClientId::ClaudeDesktop && url.is_some() && launch.command.is_none(),
            environment,
            client_id: self.client_id(&launch),
            mcp_remote: None,
        };
        if !disabled {
            problems.extend(self.problems(&server, &launch, url.as_deref(), kind.as_deref()));
        }
        Some(Found { server, launch })
    }

    /// Some clients keep the names of what is switched off in a list of their own, away from the entry.
    fn is_switched_off_in_file(&self) -> bool {
        let names = |list: &Node<'_>| list.items().iter().any(|item| item.text() == Some(self.name.as_str()));
        match (self.reading.home.client, self.scope) {
            (ClientId::GeminiCli | ClientId::QwenCode, _) => {
                let allowed = self.root.at(&["mcp", "allowed"]).filter(|list| !list.items().is_empty());
                self.root.at(&["mcp", "excluded"]).is_some_and(names) || allowed.is_some_and(|list| !names(list))
            }
            (ClientId::ClaudeCode, Some(project)) => {
                self.root.at(&["projects", project, "disabledMcpServers"]).is_some_and(names)
            }
            _ => false,
        }
    }

    fn launch(&self) -> Launch {
        let strings = |node: &Node<'_>| -> Vec<String> {
            node.items()
                .iter()
                .filter_map(|item| match &item.value {
                    Value::Text(text) => Some(text.clone().into_owned()),
                    Value::Number(number) => Some(number.clone().into_owned()),
                    _ => None,
                })
                .collect()
        };
        let mut words = Vec::new();
        // Zed once kept them together: `"command": {"path": …, "args": […]}`; opencode has one list.
        for name in ["command", "cmd", "transport"] {
            let Some(node) = self.node.get(name) else { continue };
            match &node.value {
                Value::Text(text) if name != "transport" => words.push(text.clone().into_owned()),
                Value::List(_) if name != "transport" => words.extend(strings(node)),
                Value::Table(_) => {
                    words.extend(node.get("path").or(node.get("command")).and_then(Node::text).map(str::to_owned));
                    words.extend(node.get("args").map(strings).unwrap_or_default());
                }
                _ => {}
            }
            if !words.is_empty() {
                break;
            }
        }
        let mut words = words.into_iter();
        let command = words.next().filter(|command| !command.trim().is_empty());
        let mut arguments: Vec<String> = words.collect();
        if let Some(args) = self.node.get("args").or(self.node.get("arguments")) {
            arguments.extend(strings(args));
        }
        let variable = |wanted: &str| {
            let tables = ["env", "environment", "envs"].iter().filter_map(|name| self.node.get(name));
            tables
                .flat_map(Node::members)
                .find(|member| member.name == wanted)
                .and_then(|member| member.node.text())
                .map(str::to_owned)
        };
        let remote = command.as_deref().and_then(|command| remote_line(command, &arguments));
        Launch { remote, config_dir: variable("MCP_REMOTE_CONFIG_DIR"), path: variable("PATH"), command, arguments }
    }

    /// The id that was set up for the client: in its own table, or on mcp-remote's command line.
    fn client_id(&self, launch: &Launch) -> Option<String> {
        let own = ["oauth", "auth"].iter().filter_map(|table| self.node.get(table)).find_map(|table| {
            ["clientId", "client_id", "CLIENT_ID"].iter().find_map(|name| table.get(name)?.text()).and_then(shown_id)
        });
        own.or_else(|| launch.remote.as_ref()?.client_id.clone())
    }

    /// Names of headers, of the config and of mcp-remote's command line.
    fn headers(&self, launch: &Launch) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        let transport = self.node.get("transport");
        let options = self.node.get("requestOptions").or(self.node.get("request_options"));
        let tables = [
            self.node.get("headers"),
            self.node.get("http_headers"),
            self.node.get("env_http_headers"),
            transport.and_then(|node| node.get("headers")),
            options.and_then(|node| node.get("headers")),
        ];
        for table in tables.into_iter().flatten() {
            names.extend(table.members().iter().map(|member| member.name.clone().into_owned()));
        }
        if self.text(&["bearer_token_env_var", "bearerTokenEnvVar", "bearer_token", "apiKey"]).is_some() {
            names.push("Authorization".to_owned());
        }
        if let Some(named) = launch.remote.as_ref().and_then(|remote| remote.named.as_ref()) {
            names.extend(named.headers.keys().cloned());
        }
        let mut seen = BTreeSet::new();
        names.retain(|name| seen.insert(name.to_ascii_lowercase()));
        names
    }

    fn problem(&self, kind: ProblemKind, stops: bool, what: &str) -> ConfigProblem {
        let problem = self.reading.problem(kind, Some(self.line), what);
        ConfigProblem { server: Some(self.id()), stops, ..problem }
    }

    fn problems(
        &self,
        server: &ConfiguredServer,
        launch: &Launch,
        url: Option<&str>,
        kind: Option<&str>,
    ) -> Vec<ConfigProblem> {
        let client = self.reading.home.client;
        let name = &self.name;
        let mut problems = Vec::new();
        if server.ignored {
            let what = format!(
                "\"{name}\" gives an address (`url`), but Claude Desktop does not connect to addresses from this file; it only starts programs (`command`). Add the server under Settings → Connectors, or reach it through mcp-remote"
            );
            problems.push(self.problem(ProblemKind::UrlIgnored, true, &what));
        }
        if url.is_some() && launch.command.is_some() && client != ClientId::ClaudeDesktop {
            let what = format!("\"{name}\" has both a \"command\" and a \"url\"; only one of them can count");
            problems.push(self.problem(ProblemKind::UrlAndCommand, false, &what));
        }
        if self.node.get("authorization_token").is_some() {
            let what = format!(
                "\"{name}\" sets `authorization_token`, which {} does not know; the token is never sent",
                client.name()
            );
            problems.push(self.problem(ProblemKind::TokenIgnored, false, &what));
        }
        if client == ClientId::Cline && url.is_some() && kind.is_none() && !url.is_some_and(|url| url.ends_with("/sse"))
        {
            let what = format!(
                "\"{name}\" does not say its `type`, and Cline then speaks the old protocol (SSE); servers of today want `\"type\": \"streamableHttp\"`"
            );
            problems.push(self.problem(ProblemKind::TypeMissing, false, &what));
        }
        if url.is_some() && launch.command.is_none() {
            problems.extend(self.refused());
        }
        if let Some(remote) = &launch.remote {
            problems.extend(self.remote_problems(launch, remote));
        }
        problems.extend(self.windows_problems(launch));
        problems.extend(self.variables(server, launch, url));
        problems
    }

    /// An entry with an address that its client leaves out because of its `type`.
    fn refused(&self) -> Option<ConfigProblem> {
        let client = self.reading.home.client;
        // The first is what to write; the others are taken as well.
        let known: &[&str] = match client {
            ClientId::ClaudeCode => {
                &["http", "streamable-http", "sse", "ws", "sse-ide", "ws-ide", "sdk", "claudeai-proxy"]
            }
            ClientId::RooCode => &["streamable-http", "sse"],
            _ => return None,
        };
        let name = &self.name;
        let said = match self.text(&["type"]) {
            None => format!("\"{name}\" gives an address and no `type`"),
            Some(kind) if known.contains(&kind) => return None,
            Some(kind) => format!("\"{name}\" has the `type` \"{kind}\", which {} does not know", client.name()),
        };
        let what = format!("{said}; {} then leaves the entry out. Write `\"type\": \"{}\"`", client.name(), known[0]);
        Some(self.problem(ProblemKind::EntryRefused, true, &what))
    }

    fn remote_problems(&self, launch: &Launch, remote: &RemoteLine) -> Vec<ConfigProblem> {
        let name = &self.name;
        let mut problems = Vec::new();
        let after = after_mcp_remote(&launch.arguments, launch.command.as_deref());
        let plain = without_headers(after);
        match (&remote.named, plain.first()) {
            (None, _) => {
                let what = format!("\"{name}\" starts mcp-remote without a server address");
                problems.push(self.problem(ProblemKind::NoUrl, true, &what));
            }
            (Some(named), Some(first)) if first.starts_with('-') => {
                let flag = first.split('=').next().unwrap_or(first);
                let what = format!(
                    "\"{name}\" has the flag {flag} before the server's address; mcp-remote takes its first argument for the address. Put {} first",
                    without_password(&named.url)
                );
                problems.push(self.problem(ProblemKind::FlagBeforeUrl, true, &what));
            }
            _ => {}
        }
        for flag in plain.iter().filter(|argument| mcp_remote::UNKNOWN_FLAGS.contains(&argument.as_str())) {
            let instead = match flag.as_str() {
                "--port" => "; the port stands right after the address",
                "--timeout" => "; the wait for the sign-in is set with --auth-timeout",
                _ => "",
            };
            let what = format!("\"{name}\" uses {flag}, which mcp-remote does not know{instead}");
            problems.push(self.problem(ProblemKind::UnknownFlag, false, &what));
        }
        for argument in &without_values(&after_mcp_remote(&launch.arguments, launch.command.as_deref())) {
            if let Some((flag, _)) = argument.split_once('=').filter(|(flag, _)| mcp_remote::WITH_VALUE.contains(flag))
            {
                let what = format!(
                    "\"{name}\" writes {flag} and its value as one word with =; mcp-remote reads the value only from the argument after {flag}, and passes this over"
                );
                problems.push(self.problem(ProblemKind::UnknownFlag, false, &what));
            }
        }
        if let Some(named) = &remote.named
            && let Ok(url) = url::Url::parse(&named.url)
            && url.scheme() == "http"
            && !matches!(url.host_str(), Some("localhost" | "127.0.0.1"))
            && !plain.iter().any(|argument| argument == "--allow-http")
        {
            let what = format!(
                "\"{name}\" reaches its server over http without encryption; mcp-remote refuses that except on this computer, unless --allow-http stands after the address"
            );
            problems.push(self.problem(ProblemKind::HttpsOnly, true, &what));
        }
        let pinned = remote.version.as_deref();
        if let Some((version, exact)) = mcp_remote::resolve(pinned)
            && exact
        {
            problems.extend(self.version_problem(version));
        }
        problems
    }

    fn version_problem(&self, version: Version) -> Option<ConfigProblem> {
        let name = &self.name;
        if mcp_remote::is_dangerous(version) {
            let what = format!(
                "\"{name}\" pins mcp-remote {version}, which lets a server start programs on this computer (CVE-2025-6514). Use 0.1.16 or newer, best `mcp-remote@latest`"
            );
            return Some(self.problem(ProblemKind::DangerousVersion, false, &what));
        }
        None
    }

    fn windows_problems(&self, launch: &Launch) -> Vec<ConfigProblem> {
        let Some(command) = &launch.command else { return Vec::new() };
        let client = self.reading.home.client;
        let name = &self.name;
        let program = program_name(command);
        let mut problems = Vec::new();
        let script = matches!(program.as_str(), "npx" | "npm" | "pnpm" | "pnpx" | "yarn" | "bunx");
        let spaced = launch.arguments.iter().find(|argument| argument.contains(char::is_whitespace));
        let header = spaced.is_some_and(|argument| mcp_remote::header(argument).is_some());
        let instead = if header {
            "Write the header without a space, as `Name:${VALUE}`, and put the value with its space under `env`"
        } else {
            "Write it without a space, or put it into a variable under `env`"
        };
        let mangles = matches!(client, ClientId::Cursor | ClientId::Codex);
        match (self.reading.system, spaced) {
            (System::Windows, Some(_)) if script && matches!(client, ClientId::ClaudeDesktop | ClientId::Cursor) => {
                let what = format!(
                    "\"{name}\" has an argument with a space; on Windows {} hands it on without quotation marks, and with Node in `C:\\Program Files` the start fails ('C:\\Program' is not recognized). {instead}",
                    client.name()
                );
                problems.push(self.problem(ProblemKind::SpaceInArgument, true, &what));
            }
            (_, Some(_)) if mangles && launch.remote.is_some() => {
                let what = format!(
                    "\"{name}\" has an argument with a space, which {} does not hand on in one piece. {instead}",
                    client.name()
                );
                problems.push(self.problem(ProblemKind::SpaceInArgument, false, &what));
            }
            _ => {}
        }
        if self.reading.system == System::Windows && script && client == ClientId::ClaudeCode {
            let what = format!(
                "\"{name}\" starts {program} directly; on Windows that is a script, which needs `\"command\": \"cmd\"` with `/c` and {program} as its first arguments"
            );
            problems.push(self.problem(ProblemKind::NeedsCmd, true, &what));
        }
        problems
    }

    /// Variables that are used and that nothing defines, or that stand in a form that the client does not fill in.
    fn variables(&self, server: &ConfiguredServer, launch: &Launch, url: Option<&str>) -> Vec<ConfigProblem> {
        let client = self.reading.home.client;
        let mut used: Vec<Reference> = Vec::new();
        let through_remote = launch.remote.is_some();
        if through_remote {
            let after = after_mcp_remote(&launch.arguments, launch.command.as_deref());
            for argument in after.iter().filter(|argument| mcp_remote::header(argument).is_some()) {
                used.extend(references(argument));
            }
        } else if launch.command.is_none() && expands_variables(client) {
            used.extend(url.map(references).unwrap_or_default());
            let transport = self.node.get("transport");
            for table in
                [self.node.get("headers"), transport.and_then(|node| node.get("headers"))].into_iter().flatten()
            {
                used.extend(table.members().iter().filter_map(|member| member.node.text()).flat_map(references));
            }
        }
        let inputs: Vec<&str> = self
            .root
            .get("inputs")
            .map(|inputs| inputs.items().iter().filter_map(|input| input.get("id")?.text()).collect())
            .unwrap_or_default();
        // Of another's home nobody knows what their terminal sets; a desktop app gets it from the entry alone.
        let own_only = through_remote && !is_of_the_terminal(client);
        let mut seen = BTreeSet::new();
        used.into_iter()
            .filter(|reference| seen.insert((reference.name.clone(), reference.form)))
            .filter_map(|Reference { name, form }| {
                let fills_in = match form {
                    Form::Input => inputs.contains(&name.as_str()),
                    _ if server.environment.contains(&name) => true,
                    _ => self.reading.defined.map_or(!own_only, |defined| defined.contains(&name)),
                };
                let other = if through_remote { None } else { other_form(client, form, &name) };
                let text = match (other, form) {
                    (Some((written, right)), _) => format!(
                        "\"{}\" writes {written}, which {} does not fill in; it is sent as it stands. {} writes {right}",
                        self.name,
                        client.name(),
                        client.name()
                    ),
                    (None, _) if fills_in => return None,
                    (None, Form::Input) => format!(
                        "\"{}\" uses the input {name}, which is not set in `inputs` of this file; what is sent instead is empty or the bare name",
                        self.name
                    ),
                    (None, _) => format!(
                        "\"{}\" uses the variable {name}, which is not set under `env` of this entry or in the environment of the app; what is sent instead is empty or the bare name",
                        self.name
                    ),
                };
                Some(self.problem(ProblemKind::UndefinedVariable, false, &text))
            })
            .collect()
    }
}

/// Clients that fill `${…}` into addresses and headers.
fn expands_variables(client: ClientId) -> bool {
    matches!(
        client,
        ClientId::ClaudeCode
            | ClientId::Cursor
            | ClientId::VsCode
            | ClientId::GeminiCli
            | ClientId::QwenCode
            | ClientId::Windsurf
    )
}

/// Clients that are started in a terminal and have its variables.
fn is_of_the_terminal(client: ClientId) -> bool {
    matches!(
        client,
        ClientId::ClaudeCode
            | ClientId::Codex
            | ClientId::GeminiCli
            | ClientId::QwenCode
            | ClientId::OpenCode
            | ClientId::Kilo
            | ClientId::Amp
            | ClientId::Auggie
            | ClientId::Droid
            | ClientId::Goose
            | ClientId::AmazonQ
            | ClientId::CopilotCli
            | ClientId::McPorter
    )
}

/// A variable as it is written, and as the client would fill it in, when that is another form.
fn other_form(client: ClientId, form: Form, name: &str) -> Option<(String, String)> {
    let (plain, env) = (format!("${{{name}}}"), format!("${{env:{name}}}"));
    match (client, form) {
        (ClientId::ClaudeCode | ClientId::GeminiCli | ClientId::QwenCode, Form::Env) => Some((env, plain)),
        (ClientId::VsCode | ClientId::Windsurf, Form::Plain) => Some((plain, env)),
        _ => None,
    }
}

/// A variable that a config uses.
#[derive(Debug, PartialEq, Eq)]
struct Reference {
    name: String,
    form: Form,
}

/// How a variable is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Form {
    /// `${NAME}`.
    Plain,
    /// `${env:NAME}`.
    Env,
    /// `${input:name}`.
    Input,
}

/// The variables in a text, without those that bring a default along.
fn references(text: &str) -> Vec<Reference> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find("${") {
        rest = &rest[open + 2..];
        let Some(close) = rest.find('}') else { break };
        let inside = &rest[..close];
        rest = &rest[close + 1..];
        if let Some(input) = inside.strip_prefix("input:") {
            found.push(Reference { name: input.to_owned(), form: Form::Input });
            continue;
        }
        let (name, form) = match inside.strip_prefix("env:") {
            Some(name) => (name, Form::Env),
            None => (inside, Form::Plain),
        };
        let plain = |character: char| {
            let letter =
                if form == Form::Env { character.is_ascii_alphabetic() } else { character.is_ascii_uppercase() };
            letter || character.is_ascii_digit() || character == '_'
        };
        if !name.is_empty() && name.chars().all(plain) {
            found.push(Reference { name: name.to_owned(), form });
        }
    }
    found
}

/// A program's name without its folder and without `.exe`, `.cmd` and the like.
pub fn program_name(command: &str) -> String {
    let name = command.trim().rsplit(['/', '\\']).next().unwrap_or(command);
    let lower = name.to_ascii_lowercase();
    for end in [".exe", ".cmd", ".bat", ".ps1"] {
        if lower.ends_with(end) {
            return name[..name.len() - end.len()].to_owned();
        }
    }
    name.to_owned()
}

/// The word is mcp-remote: the package, its program, or its script.
fn is_mcp_remote(word: &str) -> bool {
    let word = word.trim();
    let bare = word.strip_prefix("npm:").unwrap_or(word);
    if bare == "mcp-remote" || bare.starts_with("mcp-remote@") {
        return true;
    }
    let path = bare.replace('\\', "/");
    let mut parts = path.rsplit('/');
    let last = program_name(parts.next().unwrap_or_default());
    match last.as_str() {
        "mcp-remote" | "mcp-remote-client" => true,
        "proxy.js" | "client.js" => path.contains("mcp-remote/"),
        _ => last.starts_with("mcp-remote@"),
    }
}

/// mcp-remote does not stand deeper in a command line: containers have many flags of their own before it.
const DEEPEST: usize = 48;

/// The words after mcp-remote.
fn after_mcp_remote(arguments: &[String], command: Option<&str>) -> Vec<String> {
    let words = words_of(command, arguments);
    // `npx -p mcp-remote@0.1.37 mcp-remote https://…` names it twice.
    let last = words.iter().take(DEEPEST).rposition(|word| is_mcp_remote(word));
    last.map(|at| words[at + 1..].to_vec()).unwrap_or_default()
}

/// The command line as words; a line for a shell is taken apart.
fn words_of(command: Option<&str>, arguments: &[String]) -> Vec<String> {
    let mut words = Vec::new();
    let given = command.into_iter().chain(arguments.iter().map(String::as_str));
    for (at, word) in given.enumerate() {
        let is_line = word.contains("mcp-remote") && word.trim().contains(char::is_whitespace);
        // A path with a space in it is not a line.
        let is_path = word.contains("mcp-remote/") || word.contains("mcp-remote\\");
        if is_line && (word.contains("http") || (at > 0 && !is_path)) {
            words.extend(shell_words(word));
        } else {
            words.push(word.to_owned());
        }
    }
    words
}

/// Takes a line apart at spaces outside of quotation marks.
fn shell_words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    let mut inside = false;
    for character in line.chars() {
        match (quote, character) {
            (Some(open), _) if character == open => quote = None,
            (Some(_), _) => word.push(character),
            (None, '"' | '\'') => {
                quote = Some(character);
                inside = true;
            }
            (None, _) if character.is_whitespace() || character == ';' => {
                if inside || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                inside = false;
            }
            (None, _) => word.push(character),
        }
    }
    if inside || !word.is_empty() {
        words.push(word);
    }
    words
}

/// Without the `--header Name: value` pairs, which mcp-remote takes out first.
fn without_headers(words: Vec<String>) -> Vec<String> {
    let mut plain = Vec::new();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        if matches!(word.as_str(), "--header" | "--header-file") {
            words.next();
        } else {
            plain.push(word);
        }
    }
    plain
}

/// The flags themselves, without the words that are values of the flag before them.
fn without_values(words: &[String]) -> Vec<String> {
    let mut plain = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        plain.push(word.clone());
        if mcp_remote::WITH_VALUE.contains(&word.as_str()) {
            words.next();
        }
    }
    plain
}

/// The command line of mcp-remote, when it is one.
fn remote_line(command: &str, arguments: &[String]) -> Option<RemoteLine> {
    let words = words_of(Some(command), arguments);
    let named: Vec<usize> =
        words.iter().enumerate().take(DEEPEST).filter(|(_, word)| is_mcp_remote(word)).map(|(at, _)| at).collect();
    let last = *named.last()?;
    let version = named.iter().rev().find_map(|at| {
        let word = words[*at].trim();
        word.rsplit_once("mcp-remote@").map(|(_, version)| version.to_owned())
    });
    let script = named.iter().map(|at| words[*at].clone()).find(|word| word.contains(['/', '\\']));
    let after = &words[last + 1..];
    let mut line = RemoteLine { version, script, ..RemoteLine::default() };
    let mut parts = Named::default();
    let mut url = None;
    // The port counts only right behind the address, headers aside.
    let mut port_may_follow = false;
    let mut at = 0;
    while at < after.len() {
        // A value that hangs on its flag with `=` is not read.
        let flag = after[at].as_str();
        let takes = mcp_remote::WITH_VALUE.contains(&flag);
        let value = takes.then(|| after.get(at + 1).cloned()).flatten();
        at += if takes { 2 } else { 1 };
        let follows = std::mem::take(&mut port_may_follow);
        port_may_follow = follows && matches!(flag, "--header" | "--header-file");
        let Some(value) = value.or_else(|| (!flag.starts_with('-')).then(|| flag.to_owned())) else { continue };
        match flag {
            "--header" => {
                if let Some((name, value)) = mcp_remote::header(&value) {
                    parts.headers.insert(name.to_owned(), value.to_owned());
                }
            }
            "--header-file" => line.header_file = true,
            "--resource" => parts.resource = Some(value),
            "--authorize-param" => {
                if let Some((name, value)) = value.split_once('=') {
                    parts.authorize_params.insert(name.to_owned(), value.to_owned());
                }
            }
            "--client-metadata-url" => {
                line.client_metadata = true;
                line.client_id.get_or_insert_with(|| value.clone());
                parts.client_metadata_url = Some(value);
            }
            "--token-endpoint" => parts.token_endpoint = Some(value),
            "--host" => line.host = Some(value),
            "--callback-path" => line.callback_path = Some(value),
            "--static-oauth-client-info" => {
                line.static_client = true;
                // A file is named by `@…`; it is not read here.
                let info: Option<serde_json::Value> = serde_json::from_str(&value).ok();
                let id = info.as_ref().and_then(|info| info.get("client_id")?.as_str());
                line.client_id = id.and_then(shown_id).or(line.client_id);
            }
            _ if flag.starts_with("--") => {}
            _ if url.is_none() && (value.contains("://") || value.starts_with("${")) => {
                url = Some(value);
                port_may_follow = true;
            }
            _ if follows => line.port = value.parse().ok(),
            _ => {}
        }
    }
    if let Some(url) = url {
        line.named = Some(Named { url, ..parts });
    }
    Some(line)
}

/// The arguments after mcp-remote, with what may be secret masked.
fn shown_arguments(arguments: &[String]) -> Vec<String> {
    const MASK: &str = "********";
    let after = after_mcp_remote(arguments, Some(""));
    let after = if after.is_empty() { arguments.to_vec() } else { after };
    let mut shown = Vec::new();
    let mut before = String::new();
    for argument in after {
        let previous = std::mem::replace(&mut before, argument.clone());
        let masked = if let Some((name, _)) = mcp_remote::header(&argument).filter(|_| previous == "--header") {
            format!("{name}: {MASK}")
        } else if previous.starts_with("--static-oauth") || (previous.starts_with("--") && is_secret(&previous)) {
            MASK.to_owned()
        } else if let Some((flag, value)) = argument.split_once('=').filter(|(flag, _)| flag.starts_with("--")) {
            match mcp_remote::header(value).filter(|_| flag == "--header") {
                Some((name, _)) => format!("{flag}={name}: {MASK}"),
                None if flag.starts_with("--static-oauth") || is_secret(flag) => format!("{flag}={MASK}"),
                None => argument,
            }
        } else if previous == "--authorize-param" {
            match argument.split_once('=') {
                Some((name, _)) if is_secret(name) => format!("{name}={MASK}"),
                _ => argument,
            }
        } else if previous == "--header" {
            MASK.to_owned()
        } else if argument.contains("://") {
            without_password(&argument)
        } else {
            argument
        };
        shown.push(masked);
    }
    shown
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name != "--token-endpoint"
        && ["secret", "password", "token", "api-key", "api_key", "apikey", "credential"]
            .iter()
            .any(|word| name.contains(word))
}

/// An id as it may be sent and shown. A variable that the client fills in is none.
fn shown_id(id: &str) -> Option<String> {
    let id = id.trim();
    let plain = !id.is_empty() && id.len() <= 500 && !id.contains("${") && !id.chars().any(char::is_control);
    plain.then(|| id.to_owned())
}

/// An address without the password that may stand in it; otherwise exactly as written.
pub fn without_password(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => format!("{scheme}://********{}", &rest[at..]),
        None => address.to_owned(),
    }
}

/// The names of the files that mcp-remote keeps for a server, by the version that first names them so.
pub fn hashes(remote: &RemoteLine) -> BTreeMap<String, Version> {
    let Some(named) = remote.named.as_ref().filter(|_| !remote.header_file) else { return BTreeMap::new() };
    let mut hashes = BTreeMap::new();
    for version in mcp_remote::WAYS_OF_NAMING {
        hashes.entry(mcp_remote::hash(named, version)).or_insert(version);
    }
    hashes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::computer::homes::{HOMES, IN_PROJECTS};

    /// Reads a text as the file of a client that ends so.
    fn read_as(client: ClientId, end: &str, text: &str) -> Servers {
        let home = HOMES
            .iter()
            .chain(IN_PROJECTS)
            .find(|home| home.client == client && home.path.ends_with(end))
            .unwrap_or_else(|| panic!("no {end} of {client}"));
        let reading = Reading { home, format: home.format, config: "~/config", system: System::MacOs, defined: None };
        read(text, reading)
    }

    fn kinds(servers: &Servers) -> Vec<(&str, bool)> {
        servers.problems.iter().map(|problem| (problem.kind.as_str(), problem.stops)).collect()
    }

    #[track_caller]
    fn finds(client: ClientId, end: &str, text: &str, expected: &[(&str, bool)]) {
        let servers = read_as(client, end, text);
        assert_eq!(kinds(&servers), expected, "{text}: {:#?}", servers.problems);
    }

    #[test]
    fn an_address_without_a_type_that_its_client_knows_is_left_out() {
        let typed = |kind: &str| format!("{{\"mcpServers\": {{\"a\": {{{kind}\"url\": \"https://a.example/mcp\"}}}}}}");
        let refused = [("entry-refused", true)];
        finds(ClientId::ClaudeCode, ".mcp.json", &typed(""), &refused);
        finds(ClientId::ClaudeCode, ".mcp.json", &typed("\"type\": \"streamableHttp\", "), &refused);
        for kind in ["http", "sse", "streamable-http"] {
            finds(ClientId::ClaudeCode, ".mcp.json", &typed(&format!("\"type\": \"{kind}\", ")), &[]);
        }
        finds(ClientId::RooCode, ".roo/mcp.json", &typed("\"type\": \"http\", "), &refused);
        finds(ClientId::RooCode, ".roo/mcp.json", &typed(""), &refused);
        finds(ClientId::RooCode, ".roo/mcp.json", &typed("\"type\": \"streamable-http\", "), &[]);
        finds(ClientId::Cursor, ".cursor/mcp.json", &typed(""), &[]);
        let program = "{\"mcpServers\": {\"a\": {\"command\": \"files\", \"args\": []}}}";
        finds(ClientId::ClaudeCode, ".mcp.json", program, &[]);
        finds(ClientId::RooCode, ".roo/mcp.json", program, &[]);
    }

    #[test]
    fn servers_that_stand_elsewhere_in_the_file_are_found() {
        let wrong = [("wrong-key", true)];
        let entry = "{\"url\": \"https://a.example/mcp\"}";
        finds(ClientId::Cursor, ".cursor/mcp.json", &format!("{{\"a\": {entry}}}"), &wrong);
        finds(ClientId::Cursor, ".cursor/mcp.json", &format!("{{\"servers\": {{\"a\": {entry}}}}}"), &wrong);
        // VS Code makes the first two keys itself.
        let beside = format!("{{\"servers\": {{}}, \"inputs\": [], \"mcpServers\": {{\"a\": {entry}}}}}");
        finds(ClientId::VsCode, "User/mcp.json", &beside, &wrong);
        let servers = read_as(ClientId::VsCode, "User/mcp.json", &beside);
        assert!(servers.found[0].server.ignored);
        // A file that two programs share has what each of them reads.
        let shared = format!("{{\"mcpServers\": {{\"a\": {entry}}}, \"servers\": {{\"b\": {entry}}}}}");
        finds(ClientId::Cursor, ".cursor/mcp.json", &shared, &[]);
        finds(ClientId::VsCode, "User/mcp.json", "{\"servers\": {}, \"inputs\": []}", &[]);
        finds(ClientId::ClaudeDesktop, "claude_desktop_config.json", "{\"globalShortcut\": \"\"}", &[]);
    }

    #[test]
    fn a_list_and_a_key_that_stands_twice_are_told() {
        let list = "{\"mcpServers\": [{\"name\": \"a\", \"url\": \"https://a.example/mcp\"}]}";
        finds(ClientId::Cursor, ".cursor/mcp.json", list, &[("wrong-shape", true)]);
        finds(ClientId::Continue, ".continue/config.json", list, &[]);
        let twice = "{\"mcpServers\": {\"a\": {\"url\": \"https://a.example/mcp\"}},\n \"mcpServers\": {\"b\": {\"url\": \"https://b.example/mcp\"}}}";
        let servers = read_as(ClientId::Cursor, ".cursor/mcp.json", twice);
        assert_eq!(kinds(&servers), [("same-name-twice", true)]);
        assert_eq!(servers.problems[0].addresses, ["https://a.example/mcp"]);
        assert!(servers.problems[0].what.contains("\"a\" is not read"), "{}", servers.problems[0].what);
    }

    #[test]
    fn variables_are_judged_by_what_the_client_fills_in() {
        let header = |value: &str| {
            format!(
                "{{\"mcpServers\": {{\"a\": {{\"type\": \"http\", \"url\": \"https://a.example/mcp\", \"headers\": {{\"Authorization\": \"Bearer {value}\"}}}}}}}}"
            )
        };
        // Of another's home nobody knows what is set.
        finds(ClientId::ClaudeCode, ".mcp.json", &header("${API_TOKEN}"), &[]);
        finds(ClientId::ClaudeCode, ".mcp.json", &header("${API_TOKEN:-none}"), &[]);
        finds(ClientId::ClaudeCode, ".mcp.json", &header("${env:API_TOKEN}"), &[("undefined-variable", false)]);
        finds(ClientId::Cursor, ".cursor/mcp.json", &header("${env:API_TOKEN}"), &[]);
        let vscode = header("${API_TOKEN}").replace("mcpServers", "servers");
        finds(ClientId::VsCode, "User/mcp.json", &vscode, &[("undefined-variable", false)]);
        let input = header("${input:key}").replace("mcpServers", "servers");
        finds(ClientId::VsCode, "User/mcp.json", &input, &[("undefined-variable", false)]);
        let given = input.replacen('{', "{\"inputs\": [{\"id\": \"key\", \"type\": \"promptString\"}], ", 1);
        finds(ClientId::VsCode, "User/mcp.json", &given, &[]);
        let remote = |env: &str| {
            format!(
                "{{\"mcpServers\": {{\"a\": {{\"command\": \"npx\", \"args\": [\"-y\", \"mcp-remote\", \"https://a.example/mcp\", \"--header\", \"Authorization:${{AUTH}}\"]{env}}}}}}}"
            )
        };
        let desktop = "claude_desktop_config.json";
        finds(ClientId::ClaudeDesktop, desktop, &remote(""), &[("undefined-variable", false)]);
        finds(ClientId::ClaudeDesktop, desktop, &remote(", \"env\": {\"AUTH\": \"Bearer x\"}"), &[]);
        finds(ClientId::ClaudeCode, ".mcp.json", &remote(""), &[]);
    }

    fn remote(words: &[&str]) -> RemoteLine {
        let arguments: Vec<String> = words[1..].iter().map(|word| (*word).to_owned()).collect();
        remote_line(words[0], &arguments).expect("mcp-remote")
    }

    #[test]
    fn the_command_line_is_read_as_mcp_remote_reads_it() {
        const URL: &str = "https://a.example/mcp";
        for (words, port) in [
            (&["npx", "mcp-remote", URL, "9696"][..], Some(9696)),
            (&["npx", "mcp-remote", URL, "--header", "A:1", "9696"], Some(9696)),
            (&["npx", "mcp-remote", "--header", "A:1", URL, "9696"], Some(9696)),
            (&["npx", "mcp-remote", URL, "--port", "9696"], None),
            (&["npx", "mcp-remote", URL, "--transport", "sse-only", "9696"], None),
            (&["npx", "mcp-remote", URL, "--debug"], None),
        ] {
            assert_eq!(remote(words).port, port, "{words:?}");
        }
        let joined = remote(&["npx", "mcp-remote", URL, "--host=0.0.0.0", "--header=A: 1"]);
        assert_eq!((joined.host, joined.named.expect("a URL").headers.len()), (None, 0));
        let docker = remote(&[
            "docker",
            "run",
            "-i",
            "--rm",
            "-v",
            "a:/data/.mcp-auth",
            "-p",
            "3334:3334",
            "-e",
            "A=1",
            "-e",
            "B=2",
            "--network",
            "host",
            "node:22",
            "npx",
            "-y",
            "mcp-remote@0.1.37",
            URL,
            "3334",
        ]);
        assert_eq!((docker.version.as_deref(), docker.port), (Some("0.1.37"), Some(3334)));
        let line = remote(&["powershell", "-Command", "npx -y mcp-remote@latest https://a.example/mcp 3334"]);
        assert_eq!((line.named.expect("a URL").url.as_str(), line.port), (URL, Some(3334)));
    }

    #[test]
    fn a_value_that_hangs_on_its_flag_is_told() {
        let text = "{\"mcpServers\": {\"a\": {\"command\": \"npx\", \"args\": [\"mcp-remote\", \"https://a.example/mcp\", \"--transport=sse-only\"]}}}";
        finds(ClientId::ClaudeDesktop, "claude_desktop_config.json", text, &[("unknown-flag", false)]);
        let healthy = text.replace("--transport=sse-only", "--transport\", \"sse-only");
        finds(ClientId::ClaudeDesktop, "claude_desktop_config.json", &healthy, &[]);
        let value = text.replace("--transport=sse-only", "--authorize-param\", \"--resource=x");
        finds(ClientId::ClaudeDesktop, "claude_desktop_config.json", &value, &[]);
    }
}

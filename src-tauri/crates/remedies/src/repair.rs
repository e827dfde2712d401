//! Puts a config right where the fault is a slip of the hand: the corrected text as a difference to look at, then the same
//! way as for everything else: consent, backup, receipt, Undo.

use std::path::Path;

use mcp_auth_diagnosis::clients::ClientId;
use mcp_auth_diagnosis::computer::{Computer, ConfiguredServer, ProblemKind, Route, same_server};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::difference::{Line, difference};
use crate::edit::{self, EditFault};
use crate::plan::{Change, Draft, Level, Plan, edit_step};
use crate::refusal::Refusal;

/// What is put right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Repair {
    /// Curly quotation marks, missing commas, commas too many, an invisible mark at the beginning; comments where the
    /// client does not read them.
    Writing {
        /// Comments go too.
        comments: bool,
    },
    /// The servers stand under a name that the client does not read.
    ServersKey {
        /// The name under which they stand.
        from: String,
        /// The name that the client reads.
        to: String,
    },
    /// A flag stands before the server's address.
    AddressFirst {
        /// The server's name in the config.
        server: String,
    },
    /// A header that is always sent keeps the client from signing in.
    WithoutHeader {
        /// The server's name in the config.
        server: String,
        /// The header.
        header: String,
    },
    /// The same server is reached in two ways.
    WithoutServer {
        /// The name of the one that goes.
        server: String,
    },
    /// npx asks a question that nobody sees.
    WithoutQuestion {
        /// The server's name in the config.
        server: String,
    },
    /// A version of mcp-remote that should not be used.
    NewestMcpRemote {
        /// The server's name in the config.
        server: String,
    },
    /// A script that Windows can only start through its command interpreter.
    ThroughCmd {
        /// The server's name in the config.
        server: String,
    },
    /// A header with a space, which the client does not hand on in one piece: its value goes into a variable.
    HeaderInVariable {
        /// The server's name in the config.
        server: String,
    },
}

/// Which config, and what of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct RepairRequest {
    /// The client whose config it is.
    pub client: ClientId,
    /// The config file, as the inventory shows it.
    pub config: String,
    /// The line of the server, where two have the same name.
    #[serde(default)]
    pub line: Option<usize>,
    /// What is put right.
    pub repair: Repair,
}

/// A repair that the app can offer for something the inventory found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export, rename = "RepairOffer"))]
pub struct Offer {
    /// The kind of the problem that it mends; `duplicate-route` for a server that is reached in two ways.
    pub mends: String,
    /// The id of the configured server; `None` when it is about the whole file.
    pub server: Option<String>,
    /// What to ask for.
    pub request: RepairRequest,
    /// What it does, in one sentence.
    pub words: String,
}

/// A plan for a config, with the difference to look at.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct RepairPlan {
    /// What would be done, to be agreed to.
    pub plan: Plan,
    /// The difference, line by line. Secrets in it are hidden; in the file they stay what they are.
    pub difference: Vec<Line>,
}

/// Everything that can be put right without asking anything.
pub fn offers(computer: &Computer) -> Vec<Offer> {
    let mut offers: Vec<Offer> = Vec::new();
    for problem in &computer.problems {
        let server = problem.server.as_deref().and_then(|id| computer.server(id));
        let name = || server.map(|server| server.name.clone());
        let is = |kind: ProblemKind| problem.kind == kind.word();
        let repair = if [
            ProblemKind::SmartQuotes,
            ProblemKind::TrailingComma,
            ProblemKind::ByteOrderMark,
            ProblemKind::NotJson,
            ProblemKind::Comments,
        ]
        .into_iter()
        .any(is)
        {
            let comments = computer
                .problems
                .iter()
                .any(|other| other.config == problem.config && other.kind == ProblemKind::Comments.word());
            Some(Repair::Writing { comments })
        } else if is(ProblemKind::WrongKey) {
            wrong_key(&problem.what)
        } else if is(ProblemKind::FlagBeforeUrl) {
            name().map(|server| Repair::AddressFirst { server })
        } else if problem.kind == "missing-yes" {
            name().map(|server| Repair::WithoutQuestion { server })
        } else if is(ProblemKind::DangerousVersion) || problem.kind == "hanging-version" {
            name().map(|server| Repair::NewestMcpRemote { server })
        } else if is(ProblemKind::NeedsCmd) {
            name().map(|server| Repair::ThroughCmd { server })
        } else if is(ProblemKind::SpaceInArgument) {
            name().map(|server| Repair::HeaderInVariable { server })
        } else {
            None
        };
        let Some(repair) = repair else { continue };
        let offer = Offer {
            mends: problem.kind.clone(),
            server: problem.server.clone(),
            words: words(&repair),
            request: RepairRequest {
                client: problem.client,
                config: problem.config.clone(),
                line: server.and_then(|server| server.line),
                repair,
            },
        };
        if !offers.iter().any(|other| other.request == offer.request) {
            offers.push(offer);
        }
    }
    offers.extend(duplicates(computer));
    offers
}

/// Servers that one client reaches in two ways: the second one may go.
fn duplicates(computer: &Computer) -> Vec<Offer> {
    let mut offers = Vec::new();
    let usable = |server: &&ConfiguredServer| !server.disabled && !server.ignored;
    for (at, server) in computer.servers.iter().enumerate().filter(|(_, server)| usable(server)) {
        let Some(url) = &server.url else { continue };
        let same = |other: &&ConfiguredServer| {
            other.client == server.client
                && other.name != server.name
                && other.url.as_deref().is_some_and(|other| same_server(other, url))
                // Other headers or arguments may mean another account.
                && other.headers == server.headers
                && arguments(other) == arguments(server)
        };
        let Some(first) = computer.servers[..at].iter().filter(usable).find(same) else { continue };
        // The client's own way is the better one of two.
        let gone = if matches!(first.route, Route::McpRemote { .. }) && matches!(server.route, Route::Native { .. }) {
            first
        } else {
            server
        };
        let repair = Repair::WithoutServer { server: gone.name.clone() };
        offers.push(Offer {
            mends: "duplicate-route".to_owned(),
            server: Some(gone.id.clone()),
            words: words(&repair),
            request: RepairRequest { client: gone.client, config: gone.config.clone(), line: gone.line, repair },
        });
    }
    offers
}

fn arguments(server: &ConfiguredServer) -> &[String] {
    match &server.route {
        Route::McpRemote { arguments, .. } => arguments,
        _ => &[],
    }
}

/// The two names that the inventory's sentence gives in quotation marks.
fn wrong_key(sentence: &str) -> Option<Repair> {
    let mut quoted = sentence.split('"').skip(1).step_by(2);
    let (from, to) = (quoted.next()?, quoted.next()?);
    Some(Repair::ServersKey { from: from.to_owned(), to: to.to_owned() })
}

fn words(repair: &Repair) -> String {
    match repair {
        Repair::Writing { comments: false } => {
            "Corrects the writing of the file: quotation marks and commas. What it says stays the same.".to_owned()
        }
        Repair::Writing { comments: true } => {
            "Corrects the writing of the file and takes out its comments, which this client does not read. The backup \
             keeps them."
                .to_owned()
        }
        Repair::ServersKey { from, to } => {
            format!("Puts the servers under \"{to}\", where this client looks for them, instead of \"{from}\".")
        }
        Repair::AddressFirst { server } => {
            format!("Puts the address of \"{server}\" first, where mcp-remote expects it.")
        }
        Repair::WithoutHeader { server, header } => {
            format!("Takes the header {header} out of \"{server}\", so that the client signs in by itself.")
        }
        Repair::WithoutServer { server } => {
            format!("Takes \"{server}\" out of the config: the same server is there a second time.")
        }
        Repair::WithoutQuestion { server } => format!("Lets npx start \"{server}\" without a question (-y)."),
        Repair::NewestMcpRemote { server } => format!("Lets \"{server}\" use the newest mcp-remote."),
        Repair::ThroughCmd { server } => format!("Starts \"{server}\" through cmd, which Windows needs for scripts."),
        Repair::HeaderInVariable { server } => {
            format!("Puts the header value of \"{server}\" into a variable, so that no argument has a space.")
        }
    }
}

/// Plans a repair. Nothing is written.
///
/// # Errors
/// When the file cannot be worked on, or the fault is not there (any more).
pub fn plan_repair(home: &Path, request: &RepairRequest) -> Result<RepairPlan, Refusal> {
    let shown = request.config.as_str();
    let mut draft = Draft::new(home, Level::Repair);
    let (place, name, look, bytes) = draft.open_text(shown)?;
    let not_understood = |why: &str| Refusal::NotUnderstood { path: shown.to_owned(), why: why.to_owned() };
    let before = String::from_utf8(bytes).map_err(|_| not_understood("it is not text (UTF-8)"))?;
    let after = repaired(&before, request).map_err(|fault| not_understood(&fault.to_string()))?;
    if after == before {
        return Err(Refusal::NothingToRepair(shown.to_owned()));
    }
    let difference = difference(&before, &after);
    draft.changes.push(Change {
        client: request.client,
        server: None,
        name: server_of(&request.repair).map(str::to_owned),
        path: shown.to_owned(),
        within: Vec::new(),
        holds: Vec::new(),
        size: look.size,
        modified_ms: look.modified_ms(),
        what: words(&request.repair),
    });
    draft.steps.push(edit_step(place, name, shown, look, request.client, &before, after, Vec::new(), vec![0]));
    Ok(RepairPlan { plan: draft.finish(), difference })
}

fn server_of(repair: &Repair) -> Option<&str> {
    match repair {
        Repair::Writing { .. } | Repair::ServersKey { .. } => None,
        Repair::AddressFirst { server }
        | Repair::WithoutHeader { server, .. }
        | Repair::WithoutServer { server }
        | Repair::WithoutQuestion { server }
        | Repair::NewestMcpRemote { server }
        | Repair::ThroughCmd { server }
        | Repair::HeaderInVariable { server } => Some(server),
    }
}

fn repaired(text: &str, request: &RepairRequest) -> Result<String, EditFault> {
    if let Repair::Writing { comments } = &request.repair {
        let mut text = edit::strict(&edit::with_commas(&edit::straight(text))?)?;
        if *comments {
            text = edit::without_comments(&text);
        }
        // What is written must be readable now, by anybody.
        edit::value(&text, &[])?;
        return Ok(text);
    }
    if let Repair::ServersKey { from, to } = &request.repair {
        return edit::renamed(text, std::slice::from_ref(from), to);
    }
    let name = server_of(&request.repair).ok_or(EditFault::NotThere)?;
    let ways = edit::ways_to(text, name)?;
    let way = match (request.line, ways.as_slice()) {
        (_, [(only, _)]) => only,
        (Some(line), several) => &several.iter().find(|(_, at)| *at == line).ok_or(EditFault::NotThere)?.0,
        _ => return Err(EditFault::NotThere),
    };
    let entry = edit::value(text, way)?.ok_or(EditFault::NotThere)?;
    let below = |steps: &[&str]| {
        let mut longer = way.clone();
        longer.extend(steps.iter().map(|step| (*step).to_owned()));
        longer
    };
    match &request.repair {
        Repair::WithoutServer { .. } => edit::without(text, way),
        Repair::WithoutHeader { header, .. } => without_header(text, way, &entry, header),
        Repair::AddressFirst { .. } => {
            let arguments = strings(&entry, "args")?;
            let moved = address_first(&arguments).ok_or(EditFault::NotThere)?;
            with_arguments(text, &below(&["args"]), &arguments, &moved)
        }
        Repair::WithoutQuestion { .. } => {
            let arguments = strings(&entry, "args")?;
            // After `/c npx`, where npx is started through cmd.
            let npx = arguments.iter().position(|argument| argument == "npx").map_or(0, |at| at + 1);
            let mut longer = arguments.clone();
            longer.insert(npx, "-y".to_owned());
            with_arguments(text, &below(&["args"]), &arguments, &longer)
        }
        Repair::NewestMcpRemote { .. } => {
            let arguments = strings(&entry, "args")?;
            let at =
                arguments.iter().position(|argument| argument.starts_with("mcp-remote@") || argument == "mcp-remote");
            let at = at.ok_or(EditFault::NotThere)?;
            edit::replaced(text, &below(&["args", &at.to_string()]), "\"mcp-remote@latest\"")
        }
        Repair::ThroughCmd { .. } => {
            let command = entry["command"].as_str().ok_or(EditFault::NotThere)?.to_owned();
            let arguments = strings(&entry, "args").unwrap_or_default();
            if command.eq_ignore_ascii_case("cmd") || command.eq_ignore_ascii_case("cmd.exe") {
                return Err(EditFault::AlreadyThere);
            }
            let mut longer = vec!["/c".to_owned(), command];
            longer.extend(arguments.iter().cloned());
            let text = edit::replaced(text, &below(&["command"]), "\"cmd\"")?;
            if entry.get("args").is_none() {
                return edit::with(&text, &below(&["args"]), &json!(longer).to_string());
            }
            with_arguments(&text, &below(&["args"]), &arguments, &longer)
        }
        Repair::HeaderInVariable { .. } => header_in_variable(text, way, &entry),
        Repair::Writing { .. } | Repair::ServersKey { .. } => Err(EditFault::NotThere),
    }
}

fn without_header(text: &str, way: &[String], entry: &Value, header: &str) -> Result<String, EditFault> {
    let at =
        |steps: &[&str]| way.iter().cloned().chain(steps.iter().map(|step| (*step).to_owned())).collect::<Vec<_>>();
    for tables in [&["headers"][..], &["http_headers"], &["requestOptions", "headers"], &["transport", "headers"]] {
        let table = tables.iter().try_fold(entry, |value, step| value.get(step)).and_then(Value::as_object);
        let Some(table) = table else { continue };
        if let Some(name) = table.keys().find(|name| name.eq_ignore_ascii_case(header)) {
            // A table that would be empty goes too.
            let gone = if table.len() == 1 { at(tables) } else { at(&[tables, &[name.as_str()]].concat()) };
            return edit::without(text, &gone);
        }
    }
    let arguments = strings(entry, "args")?;
    let is_header =
        |argument: &str| argument.split_once(':').is_some_and(|(name, _)| name.trim().eq_ignore_ascii_case(header));
    let place = (1..arguments.len()).find(|n| arguments[n - 1] == "--header" && is_header(&arguments[*n]));
    let place = place.ok_or(EditFault::NotThere)?;
    let text = edit::without(text, &at(&["args", &place.to_string()]))?;
    edit::without(&text, &at(&["args", &(place - 1).to_string()]))
}

/// mcp-remote takes its first argument for the address, once the headers are out.
fn address_first(arguments: &[String]) -> Option<Vec<String>> {
    let program = arguments.iter().position(|argument| {
        argument == "mcp-remote"
            || argument.starts_with("mcp-remote@")
            || argument.ends_with("mcp-remote/dist/proxy.js")
    })?;
    let address = (program + 1..arguments.len()).find(|n| {
        let is_address = arguments[*n].starts_with("https://") || arguments[*n].starts_with("http://");
        // The value of a flag such as `--resource` is an address as well.
        let is_value = arguments[n - 1].starts_with("--")
            && !arguments[n - 1].contains('=')
            && !matches!(
                arguments[n - 1].as_str(),
                "--debug"
                    | "--allow-http"
                    | "--silent"
                    | "--enable-proxy"
                    | "--ipv4"
                    | "--device-code"
                    | "--use-id-token"
                    | "--disable-resource-parameter"
            );
        is_address && !is_value
    })?;
    // The port may follow the address; they stay together.
    let port = arguments.get(address + 1).is_some_and(|next| next.parse::<u16>().is_ok());
    let mut moved = arguments.to_vec();
    let taken: Vec<String> = moved.drain(address..=address + usize::from(port)).collect();
    moved.splice(program + 1..program + 1, taken);
    (moved != arguments).then_some(moved)
}

/// `"--header", "Name: a value"` becomes `"Name:${VARIABLE}"`, and the value goes into the variables of the server.
fn header_in_variable(text: &str, way: &[String], entry: &Value) -> Result<String, EditFault> {
    let at =
        |steps: &[&str]| way.iter().cloned().chain(steps.iter().map(|step| (*step).to_owned())).collect::<Vec<_>>();
    let arguments = strings(entry, "args")?;
    let mut text = text.to_owned();
    let mut any = false;
    for n in 1..arguments.len() {
        let argument = &arguments[n];
        if arguments[n - 1] != "--header" || !argument.contains(char::is_whitespace) {
            continue;
        }
        let (name, value) = argument.split_once(':').ok_or(EditFault::NotThere)?;
        let (name, value) = (name.trim(), value.trim());
        let short = if value.contains(char::is_whitespace) {
            let taken = |variable: &String| entry["env"].get(variable).is_some_and(|is| is.as_str() != Some(value));
            let mut variable = format!("{}_HEADER", name.to_ascii_uppercase().replace('-', "_"));
            while taken(&variable) {
                variable.push('_');
            }
            let present = edit::value(&text, &at(&["env"]))?;
            let raw = Value::String(value.to_owned()).to_string();
            text = match present {
                None => edit::with(&text, &at(&["env"]), &format!("{{{}: {raw}}}", Value::String(variable.clone())))?,
                Some(env) if env.get(&variable).is_some() => text,
                Some(_) => edit::with(&text, &at(&["env", &variable]), &raw)?,
            };
            format!("{name}:${{{variable}}}")
        } else {
            format!("{name}:{value}")
        };
        text = edit::replaced(&text, &at(&["args", &n.to_string()]), &Value::String(short).to_string())?;
        any = true;
    }
    if any { Ok(text) } else { Err(EditFault::NotThere) }
}

fn strings(entry: &Value, name: &str) -> Result<Vec<String>, EditFault> {
    let list = entry.get(name).and_then(Value::as_array).ok_or(EditFault::NotThere)?;
    list.iter().map(|one| one.as_str().map(str::to_owned)).collect::<Option<_>>().ok_or(EditFault::NotThere)
}

/// Other arguments in the place of these, written as the old ones were: on one line, or one on each.
fn with_arguments(text: &str, way: &[String], old: &[String], new: &[String]) -> Result<String, EditFault> {
    let raw = edit::raw(text, way)?.ok_or(EditFault::NotThere)?;
    let quoted: Vec<String> = new.iter().map(|argument| json!(argument).to_string()).collect();
    let written = match (raw.find('\n'), old.is_empty()) {
        (Some(_), false) => {
            let inside = &raw[1..raw.len() - 1];
            let lead: String = inside.chars().take_while(|character| character.is_whitespace()).collect();
            let trail: String = inside.chars().rev().take_while(|character| character.is_whitespace()).collect();
            let trail: String = trail.chars().rev().collect();
            format!("[{lead}{}{trail}]", quoted.join(&format!(",{lead}")))
        }
        _ => format!("[{}]", quoted.join(if raw.contains(", ") || old.len() < 2 { ", " } else { "," })),
    };
    edit::replaced(text, way, &written)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(repair: Repair) -> RepairRequest {
        RepairRequest { client: ClientId::ClaudeDesktop, config: String::new(), line: None, repair }
    }

    fn server() -> String {
        "todo".to_owned()
    }

    #[test]
    fn writing_is_corrected_and_the_rest_stays() {
        let text = "\u{feff}{\n  \u{201c}mcpServers\u{201d}: {\n    // mine\n    \"todo\": {\"url\": \"https://a/\"} \"b\": {},\n  },\n}\n";
        let right = repaired(text, &ask(Repair::Writing { comments: false })).unwrap();
        assert_eq!(
            right,
            "{\n  \"mcpServers\": {\n    // mine\n    \"todo\": {\"url\": \"https://a/\"}, \"b\": {}\n  }\n}\n"
        );
        let strict = repaired(text, &ask(Repair::Writing { comments: true })).unwrap();
        assert!(serde_json::from_str::<Value>(&strict).is_ok(), "{strict}");
        assert!(
            repaired("{\"a\": ", &ask(Repair::Writing { comments: false })).is_err(),
            "no guess at what is missing"
        );
    }

    #[test]
    fn the_servers_come_under_the_right_name() {
        let repair = Repair::ServersKey { from: "servers".to_owned(), to: "mcpServers".to_owned() };
        assert_eq!(repaired("{\"servers\": {}}", &ask(repair)).as_deref(), Ok("{\"mcpServers\": {}}"));
        let sentence = "~/x.json (line 2) lists its servers under \"servers\", but Cursor reads them under \"mcpServers\"; it sees no server here.";
        assert_eq!(
            wrong_key(sentence),
            Some(Repair::ServersKey { from: "servers".to_owned(), to: "mcpServers".to_owned() })
        );
    }

    #[test]
    fn the_address_comes_first() {
        let text = "{\"mcpServers\": {\"todo\": {\"command\": \"npx\", \"args\": [\n  \"-y\",\n  \"mcp-remote@0.1.37\",\n  \"--debug\",\n  \"--resource\",\n  \"https://r/\",\n  \"https://a/mcp\",\n  \"9000\"\n]}}}";
        let right = repaired(text, &ask(Repair::AddressFirst { server: server() })).unwrap();
        assert_eq!(
            right,
            text.replace(
                "  \"--debug\",\n  \"--resource\",\n  \"https://r/\",\n  \"https://a/mcp\",\n  \"9000\"\n",
                "  \"https://a/mcp\",\n  \"9000\",\n  \"--debug\",\n  \"--resource\",\n  \"https://r/\"\n"
            )
        );
        assert!(repaired(&right, &ask(Repair::AddressFirst { server: server() })).is_err());
    }

    #[test]
    fn a_header_goes_from_a_table_and_from_arguments() {
        let header = "Authorization".to_owned();
        let native =
            "{\"mcpServers\": {\"todo\": {\"url\": \"https://a/\", \"headers\": {\"authorization\": \"Bearer x\"}}}}";
        let remedy = ask(Repair::WithoutHeader { server: server(), header });
        assert_eq!(repaired(native, &remedy).as_deref(), Ok("{\"mcpServers\": {\"todo\": {\"url\": \"https://a/\"}}}"));
        let remote = "{\"mcpServers\": {\"todo\": {\"args\": [\"mcp-remote\", \"https://a/\", \"--header\", \"Authorization: Bearer x\", \"--debug\"]}}}";
        assert_eq!(
            repaired(remote, &remedy).as_deref(),
            Ok("{\"mcpServers\": {\"todo\": {\"args\": [\"mcp-remote\", \"https://a/\", \"--debug\"]}}}")
        );
    }

    #[test]
    fn starts_are_mended() {
        let text = "{\"mcpServers\": {\"todo\": {\"command\": \"npx\", \"args\": [\"mcp-remote@0.1.9\", \"https://a/\", \"--header\", \"X-Key: a b\"]}}}";
        let now = |repair| repaired(text, &ask(repair)).unwrap();
        assert!(now(Repair::WithoutQuestion { server: server() }).contains("[\"-y\", \"mcp-remote@0.1.9\""));
        assert!(now(Repair::NewestMcpRemote { server: server() }).contains("[\"mcp-remote@latest\", \"https"));
        assert!(
            now(Repair::ThroughCmd { server: server() })
                .contains("\"command\": \"cmd\", \"args\": [\"/c\", \"npx\", \"mcp-remote")
        );
        let moved = now(Repair::HeaderInVariable { server: server() });
        assert!(
            moved.contains("\"X-Key:${X_KEY_HEADER}\"]") && moved.contains("\"env\": {\"X_KEY_HEADER\": \"a b\"}"),
            "{moved}"
        );
        assert!(!now(Repair::WithoutServer { server: server() }).contains("todo"));
    }
}

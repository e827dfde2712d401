//! The plan: the exact list of what would change, and a digest over everything that consent is about.
//!
//! What is shown is what is done: a step is made from a file that was looked at, and is carried out only on that very
//! file as it was then. What a file holds is never part of a plan.

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use mcp_auth_diagnosis::clients::ClientId;
use mcp_auth_diagnosis::computer::fresh::fresh_sign_in;
use mcp_auth_diagnosis::computer::stores::own_way;
use mcp_auth_diagnosis::computer::{
    Computer, ConfiguredServer, Held, HowToClear, Route, StoredEntry, Used, same_server,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::edit::{self, EditFault};
use crate::folder::Look;
use crate::place::Place;
use crate::refusal::{Refusal, meant, shown_below};
use crate::{allow, lossless};

/// How much is forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export, rename = "ClearLevel"))]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// The tokens. The client signs in again with the registration that it has.
    SignIn,
    /// The registration too. The client introduces itself to the sign-in service anew.
    Registration,
    /// A lock that nobody stands behind any more.
    Lock,
    /// What other versions of a client left behind and nothing uses.
    Leftovers,
    /// A config is put right.
    Repair,
}

impl Level {
    /// The word of the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::Registration => "registration",
            Self::Lock => "lock",
            Self::Leftovers => "leftovers",
            Self::Repair => "repair",
        }
    }

    /// What happens at the next start of the client, in one sentence.
    pub fn next(self) -> &'static str {
        match self {
            Self::SignIn => {
                "The next time the client connects it opens the browser and you sign in again, with the registration that it has."
            }
            Self::Registration => {
                "The next time the client connects it registers itself anew, opens the browser, and you sign in again."
            }
            Self::Lock => "The next time the client connects it no longer waits for a sign-in that nobody finishes.",
            Self::Leftovers => "Nothing changes for the clients: none of them reads these files any more.",
            Self::Repair => "The client reads its config again when it starts.",
        }
    }

    fn takes(self, held: Held) -> bool {
        match self {
            Self::SignIn => matches!(held, Held::Tokens | Held::RefreshToken),
            Self::Registration => matches!(
                held,
                Held::Tokens
                    | Held::RefreshToken
                    | Held::Registration
                    | Held::Verifier
                    | Held::Discovery
                    | Held::Scopes
                    | Held::Temporary
                    // In a file of its own: the registration's secret.
                    | Held::Sealed
            ),
            Self::Lock => matches!(held, Held::Lock | Held::Lease),
            Self::Leftovers => true,
            Self::Repair => false,
        }
    }
}

/// What somebody wants to forget. An empty list leaves that question open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export, rename = "ClearRequest"))]
pub struct Request {
    /// How much.
    pub level: Level,
    /// Of these servers: addresses, or names that a config gives them.
    #[serde(default)]
    pub servers: Vec<String>,
    /// Of this client, or of what it starts.
    #[serde(default)]
    pub client: Option<ClientId>,
    /// These stored entries, by id.
    #[serde(default)]
    pub entries: Vec<String>,
}

/// What would be done, to be shown and agreed to.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export, rename = "RemedyPlan"))]
pub struct Plan {
    /// Consent is this text. It changes as soon as anything does that consent is about.
    pub digest: String,
    /// How much.
    pub level: Level,
    /// Every change, one by one.
    pub changes: Vec<Change>,
    /// What to do first, such as quitting a client that runs.
    pub warnings: Vec<Warning>,
    /// What fits the wish and stays nevertheless, and why.
    pub left_alone: Vec<LeftAlone>,
    /// What only the client itself can forget, and how it is told to.
    pub by_hand: Vec<ByHand>,
    /// What happens at the next start of the client, and what a fresh sign-in of each server would do.
    pub next: String,
    /// What this does not do.
    pub note: Option<String>,
    #[serde(skip)]
    #[cfg_attr(feature = "bindings", ts(skip))]
    pub(crate) steps: Vec<Step>,
}

/// One thing that goes, or changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export, rename = "PlannedChange"))]
pub struct Change {
    /// Whose.
    pub client: ClientId,
    /// The server's address, when it is known.
    pub server: Option<String>,
    /// The name that the store or the config gives to the server.
    pub name: Option<String>,
    /// The file, as shown to a person.
    pub path: String,
    /// The way to the entry inside the file; empty when the whole file goes.
    pub within: Vec<String>,
    /// What it holds. Never its content.
    pub holds: Vec<Held>,
    /// The file's size in bytes.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub size: u64,
    /// When the file was last written, in milliseconds since the Unix epoch.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub modified_ms: u64,
    /// What happens to it, in one sentence.
    pub what: String,
}

/// Something to do first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export, rename = "RemedyWarning"))]
pub struct Warning {
    /// Stable, kebab-case: `client-running`, `sign-in-under-way`, `registration-goes-too`, `shared`,
    /// `keychain-too`, `client-may-run`.
    pub kind: String,
    /// The client that it is about.
    pub client: ClientId,
    /// One or two sentences.
    pub what: String,
}

/// Something that stays, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct LeftAlone {
    /// The file, as shown to a person.
    pub path: String,
    /// Stable, kebab-case: the refusal's code.
    pub code: String,
    /// One sentence.
    pub why: String,
}

/// Something that only the client itself can forget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct ByHand {
    /// The client.
    pub client: ClientId,
    /// The server's address, when it is known.
    pub server: Option<String>,
    /// Where it is kept, as shown to a person.
    pub store: String,
    /// The steps, in order.
    pub steps: Vec<String>,
}

/// A change as it will be carried out: on this very file as it was, and on no other.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Step {
    pub place: Place,
    #[serde(with = "lossless::name")]
    pub name: OsString,
    pub shown: String,
    pub look: Look,
    pub client: ClientId,
    pub act: Act,
    /// Which of the plan's changes it carries out.
    pub changes: Vec<usize>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub(crate) enum Act {
    /// The file goes.
    Move,
    /// The file is written anew.
    Edit {
        /// sha256 of what it says now.
        before: String,
        /// sha256 of what it will say.
        after: String,
        /// The entries that go, in the order in which they go.
        ways: Vec<Vec<String>>,
        /// What it will say. Never written to a journal: it is somebody's secrets.
        #[serde(skip)]
        text: Content,
    },
}

/// What a file will say. It holds other servers' secrets, so it cannot be printed.
#[derive(Clone, Default)]
pub(crate) struct Content(pub Vec<u8>);

impl std::fmt::Debug for Step {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Step").field("file", &self.shown).finish_non_exhaustive()
    }
}

/// Larger is no store and no config.
pub(crate) const LARGEST_EDITED: u64 = 32 * 1024 * 1024;

/// Plans what somebody wants to forget. Nothing is written. `home` is the folder that `~` stands for in `computer`.
///
/// # Errors
/// When nothing fits the wish.
pub fn plan_clear(computer: &Computer, home: &Path, request: &Request) -> Result<Plan, Refusal> {
    let wanted: Vec<&StoredEntry> = computer.stored.iter().filter(|entry| fits(computer, entry, request)).collect();
    let mut draft = Draft::new(home, request.level);
    let mut edits: BTreeMap<String, Vec<(&StoredEntry, Vec<String>)>> = BTreeMap::new();
    for entry in &wanted {
        draft.warn(computer, entry);
        draft.warn_of_sharing(computer, entry, request.client);
        match &entry.how_to_clear {
            HowToClear::AppMovesFiles => draft.move_files(entry),
            HowToClear::AppEditsFile { file, at } if matches!(request.level, Level::SignIn | Level::Registration) => {
                edits.entry(file.clone()).or_default().push((entry, at.clone()));
            }
            HowToClear::AppEditsFile { .. } => {}
            HowToClear::ClientOnly { steps } if matches!(request.level, Level::SignIn | Level::Registration) => {
                draft.by_hand.push(ByHand {
                    client: entry.client,
                    server: entry.server.clone(),
                    store: entry.store.clone(),
                    steps: steps.clone(),
                });
            }
            HowToClear::ClientOnly { .. } => {}
        }
    }
    for (file, entries) in edits {
        draft.edit_file(&file, entries);
    }
    if matches!(request.level, Level::SignIn | Level::Registration) && request.entries.is_empty() {
        draft.closed_stores(computer, &wanted, request);
    }
    draft.fresh(computer, &wanted);
    let nothing = draft.steps.is_empty() && draft.left_alone.is_empty() && draft.by_hand.is_empty();
    if nothing { Err(Refusal::NothingToDo) } else { Ok(draft.finish()) }
}

/// What of the stored entries belongs to these servers and this client; an empty list and `None` leave the question open.
pub fn stored_of<'a>(computer: &'a Computer, servers: &[String], client: Option<ClientId>) -> Vec<&'a StoredEntry> {
    let request = Request { level: Level::Registration, servers: servers.to_vec(), client, entries: Vec::new() };
    computer.stored.iter().filter(|entry| fits(computer, entry, &request)).collect()
}

fn fits(computer: &Computer, entry: &StoredEntry, request: &Request) -> bool {
    let users = || entry.used_by.iter().filter_map(|id| computer.server(id));
    let of_server = |wanted: &String| {
        let at_host = |server: &str| {
            // FastMCP keeps one sign-in for everything at an origin.
            entry.client == ClientId::FastMcp && wanted.strip_prefix(server).is_some_and(|path| path.starts_with('/'))
        };
        entry.server.as_deref().is_some_and(|server| same_server(server, wanted) || at_host(server))
            || entry.name.as_ref() == Some(wanted)
            || computer.servers.iter().filter(|server| server.name == *wanted).any(|server| {
                // What a config calls so is the same server wherever else it is stored.
                matches!((&server.url, &entry.server), (Some(url), Some(stored)) if same_server(url, stored) || {
                    entry.client == ClientId::FastMcp && url.strip_prefix(stored.as_str()).is_some_and(|path| path.starts_with('/'))
                })
            })
            || users().any(|server| {
                server.name == *wanted || server.url.as_deref().is_some_and(|url| same_server(url, wanted))
            })
    };
    (request.servers.is_empty() || request.servers.iter().any(of_server))
        && request.client.is_none_or(|client| entry.client == client || users().any(|server| server.client == client))
        && (request.entries.is_empty() || request.entries.contains(&entry.id))
        && (request.level != Level::Leftovers || entry.used == Used::Leftover)
}

/// A plan in the making.
pub(crate) struct Draft<'a> {
    home: &'a Path,
    level: Level,
    pub steps: Vec<Step>,
    pub changes: Vec<Change>,
    warnings: Vec<Warning>,
    left_alone: Vec<LeftAlone>,
    by_hand: Vec<ByHand>,
    /// What a fresh sign-in would do.
    fresh: Vec<String>,
    /// The files that are in it already.
    seen: HashSet<PathBuf>,
}

impl<'a> Draft<'a> {
    pub fn new(home: &'a Path, level: Level) -> Self {
        Self {
            home,
            level,
            steps: Vec::new(),
            changes: Vec::new(),
            warnings: Vec::new(),
            left_alone: Vec::new(),
            by_hand: Vec::new(),
            fresh: Vec::new(),
            seen: HashSet::new(),
        }
    }

    fn warn(&mut self, computer: &Computer, entry: &StoredEntry) {
        let server = entry.server.as_deref().or(entry.name.as_deref()).unwrap_or("this server").to_owned();
        let concerned = |client: ClientId| {
            client == entry.client
                || entry.used_by.iter().filter_map(|id| computer.server(id)).any(|server| server.client == client)
        };
        if let (ClientId::CopilotCli | ClientId::Codex, Level::SignIn | Level::Registration) =
            (entry.client, self.level)
        {
            let name = entry.client.name();
            // Copilot CLI stores no name; the config that uses the entry has it.
            let user = entry.used_by.iter().find_map(|id| computer.server(id));
            let called = entry.name.as_deref().or(user.map(|server| server.name.as_str()));
            let what = format!(
                "{name} may hold a second copy in the keychain of this system, which this app does not open. If {name} still \
                 uses the old sign-in afterwards: {}",
                own_way(entry.client, called).join(" ")
            );
            self.warning("keychain-too", entry.client, what);
        }
        if !crate::PROGRAMS_ARE_SEEN {
            let name = entry.client.name();
            let what = format!("If {name} is running, quit it first: it would write what it holds back.");
            self.warning("client-may-run", entry.client, what);
        }
        for program in &computer.running {
            let other_server = match (&program.server, &entry.server) {
                (Some(one), Some(other)) => !same_server(one, other),
                _ => false,
            };
            if !concerned(program.client) || other_server {
                continue;
            }
            let what = if program.client == ClientId::McpRemote {
                format!(
                    "mcp-remote is running for {} (process {}). Quit the client that started it first, then continue: \
                     it would write what it holds back.",
                    program.server.as_deref().unwrap_or("a server"),
                    program.pid
                )
            } else {
                let name = program.client.name();
                format!("{name} is running. Quit {name} first, then continue: it would write what it holds back.")
            };
            self.warning("client-running", program.client, what);
        }
        if entry.lock.is_some_and(|lock| !lock.stale && lock.alive != Some(false)) {
            let pid = entry.lock.and_then(|lock| lock.pid).map(|pid| format!(" (process {pid})")).unwrap_or_default();
            let what = format!(
                "A sign-in to {server} is under way{pid}. Finish it in the browser or quit the client, then continue."
            );
            self.warning("sign-in-under-way", entry.client, what);
        }
    }

    /// Clients that keep their sign-ins where nobody else looks (the system's keychain, their own account): their own way.
    fn closed_stores(&mut self, computer: &Computer, wanted: &[&StoredEntry], request: &Request) {
        let asked = |server: &ConfiguredServer| {
            let named = |wanted: &String| {
                server.name == *wanted || server.url.as_deref().is_some_and(|url| same_server(url, wanted))
            };
            // Without a name it would be every server there is.
            request.servers.iter().any(named) || request.servers.is_empty() && request.client == Some(server.client)
        };
        for server in computer.servers.iter().filter(|server| !server.disabled && asked(server)) {
            let client = server.client;
            let Some(store) = closed_store(client).filter(|_| request.client.is_none_or(|only| only == client)) else {
                continue;
            };
            let told = wanted.iter().any(|entry| entry.client == client && entry.used_by.contains(&server.id))
                || self.by_hand.iter().any(|by_hand| by_hand.client == client);
            // Who sends a token of their own has not signed in, and has nothing stored.
            let own_token = server.headers.iter().any(|name| name.eq_ignore_ascii_case("authorization"));
            if !matches!(server.route, Route::Native { .. }) || told || own_token {
                continue;
            }
            self.by_hand.push(ByHand {
                client,
                server: server.url.clone(),
                store: store.to_owned(),
                steps: own_way(client, Some(&server.name)),
            });
        }
    }

    /// What a fresh sign-in of the servers that lose theirs would do.
    fn fresh(&mut self, computer: &Computer, wanted: &[&StoredEntry]) {
        /// More servers than this are not told one by one.
        const MOST: usize = 4;
        // With the registration that it has, a client does what it did before.
        if self.level != Level::Registration || self.steps.is_empty() {
            return;
        }
        let loses = |id: &String| wanted.iter().any(|entry| entry.used_by.contains(id));
        let servers: Vec<_> = computer.servers.iter().filter(|server| loses(&server.id)).collect();
        if servers.len() <= MOST {
            self.fresh = servers.into_iter().flat_map(|server| fresh_sign_in(computer, server)).collect();
        }
    }

    /// Whoever else uses the very same entry has to sign in again as well.
    fn warn_of_sharing(&mut self, computer: &Computer, entry: &StoredEntry, asked: Option<ClientId>) {
        let Some(asked) = asked.filter(|_| matches!(self.level, Level::SignIn | Level::Registration)) else { return };
        let users: Vec<_> = entry.used_by.iter().filter_map(|id| computer.server(id)).collect();
        // Who asks for all that one program stores means all of it.
        if !users.iter().any(|server| server.client == asked) {
            return;
        }
        for server in users.iter().filter(|server| server.client != asked) {
            let other = server.client.name();
            let what = format!(
                "{other} uses the same saved sign-in (for {}), so {other} signs in again as well.",
                server.url.as_deref().unwrap_or(&server.name)
            );
            self.warning("shared", server.client, what);
        }
    }

    fn warning(&mut self, kind: &str, client: ClientId, what: String) {
        let warning = Warning { kind: kind.to_owned(), client, what };
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    pub fn leave(&mut self, path: &str, why: &Refusal) {
        let left = LeftAlone { path: path.to_owned(), code: why.code().to_owned(), why: why.to_string() };
        if !self.left_alone.contains(&left) {
            self.left_alone.push(left);
        }
    }

    fn move_files(&mut self, entry: &StoredEntry) {
        let level = self.level;
        for file in entry.files.iter().filter(|file| level.takes(file.kind)) {
            if self.level == Level::Lock && entry.lock.is_some_and(|lock| !lock.stale) {
                self.left_alone.push(LeftAlone {
                    path: file.path.clone(),
                    code: "in-use".to_owned(),
                    why: "Somebody still stands behind this lock, so it stays.".to_owned(),
                });
                continue;
            }
            let path = meant(&file.path, self.home);
            if !self.seen.insert(path.clone()) {
                continue;
            }
            match self.move_file(entry, &path, file.kind, &file.path) {
                Ok(()) => {}
                Err(why) => self.leave(&file.path, &why),
            }
        }
    }

    fn move_file(&mut self, entry: &StoredEntry, path: &Path, kind: Held, shown: &str) -> Result<(), Refusal> {
        let (folder, name) = parts(path, shown)?;
        if !allow::permits(entry.client, &name) {
            return Err(Refusal::NotOnTheList(shown.to_owned()));
        }
        let place = Place::find(&folder, self.home)?;
        let look = look(&place, &name, shown)?;
        self.steps.push(Step {
            place,
            name,
            shown: shown.to_owned(),
            look,
            client: entry.client,
            act: Act::Move,
            changes: vec![self.changes.len()],
        });
        self.changes.push(Change {
            client: entry.client,
            server: entry.server.clone(),
            name: entry.name.clone(),
            path: shown.to_owned(),
            within: Vec::new(),
            holds: vec![kind],
            size: look.size,
            modified_ms: look.modified_ms(),
            what: format!("The file goes into the backup: {}.", words(kind)),
        });
        Ok(())
    }

    fn edit_file(&mut self, shown: &str, entries: Vec<(&StoredEntry, Vec<String>)>) {
        let Some((first, _)) = entries.first() else { return };
        let client = first.client;
        let (place, name, look, bytes) = match self.open_text(shown) {
            Ok(opened) => opened,
            Err(why) => return self.leave(shown, &why),
        };
        let Ok(before) = String::from_utf8(bytes) else {
            let why = "it is not text (UTF-8)".to_owned();
            return self.leave(shown, &Refusal::NotUnderstood { path: shown.to_owned(), why });
        };
        let mut text = before.clone();
        let mut ways = Vec::new();
        let mut changes = Vec::new();
        // From the end of a list, so that the places of the ones before stay what they are.
        let mut entries = entries;
        entries.sort_by_key(|(_, at)| std::cmp::Reverse(position(at)));
        for (entry, at) in entries {
            let (gone, together) = match self.ways(&text, &at) {
                Ok(found) => found,
                Err(fault) => {
                    self.leave(shown, &Refusal::NotUnderstood { path: shown.to_owned(), why: fault.to_string() });
                    continue;
                }
            };
            for way in gone {
                match edit::without(&text, &way) {
                    Ok(edited) => text = edited,
                    Err(fault) => {
                        self.leave(shown, &Refusal::NotUnderstood { path: shown.to_owned(), why: fault.to_string() });
                        return;
                    }
                }
                changes.push(self.changes.len());
                self.changes.push(Change {
                    client: entry.client,
                    server: entry.server.clone(),
                    name: entry.name.clone(),
                    path: shown.to_owned(),
                    within: way.clone(),
                    holds: entry.holds.iter().copied().filter(|held| together || self.level.takes(*held)).collect(),
                    size: look.size,
                    modified_ms: look.modified_ms(),
                    what: "This entry is taken out of the file. Everything else in the file stays as it is.".to_owned(),
                });
                if together && self.level == Level::SignIn {
                    let client = entry.client.name();
                    let what = format!("{client} keeps the registration together with the sign-in, so both go.");
                    self.warning("registration-goes-too", entry.client, what);
                }
                ways.push(way);
            }
        }
        if !ways.is_empty() {
            self.steps.push(edit_step(place, name, shown, look, client, &before, text, ways, changes));
        }
    }

    /// Opens a file that is to be edited, and reads it.
    pub fn open_text(&self, shown: &str) -> Result<(Place, OsString, Look, Vec<u8>), Refusal> {
        let path = meant(shown, self.home);
        let (folder, name) = parts(&path, shown)?;
        let place = Place::find(&folder, self.home)?;
        let look = look(&place, &name, shown)?;
        if !crate::folder::Folder::is_ours(&look) {
            return Err(Refusal::OtherOwner(shown.to_owned()));
        }
        if look.size > LARGEST_EDITED {
            return Err(Refusal::TooLarge(shown.to_owned()));
        }
        let (bytes, read) =
            place.open()?.read(&name, LARGEST_EDITED + 1).map_err(|error| Refusal::disk(shown, error))?;
        if read != look {
            return Err(Refusal::Changed(shown.to_owned()));
        }
        Ok((place, name, look, bytes))
    }

    /// What of an entry goes at this level, and whether the registration goes with it.
    fn ways(&self, text: &str, at: &[String]) -> Result<(Vec<Vec<String>>, bool), EditFault> {
        let Some(entry) = edit::value(text, at)? else { return Err(EditFault::NotThere) };
        if self.level != Level::SignIn {
            return Ok((vec![at.to_owned()], true));
        }
        let mut tokens = Vec::new();
        find_tokens(&entry, &mut at.to_owned(), 0, &mut tokens);
        if !tokens.is_empty() {
            return Ok((tokens, false));
        }
        let flat = ["accessToken", "access_token", "token", "refreshToken", "refresh_token"];
        let has_tokens = flat.iter().any(|name| entry.get(name).is_some_and(|value| !value.is_null()));
        Ok((if has_tokens { vec![at.to_owned()] } else { Vec::new() }, true))
    }

    pub fn finish(self) -> Plan {
        let mut plan = Plan {
            digest: String::new(),
            level: self.level,
            changes: self.changes,
            warnings: self.warnings,
            left_alone: self.left_alone,
            by_hand: self.by_hand,
            next: std::iter::once(self.level.next().to_owned()).chain(self.fresh).collect::<Vec<_>>().join(" "),
            note: matches!(self.level, Level::SignIn | Level::Registration | Level::Leftovers).then(|| {
                "This forgets what is stored on this computer. It does not end the sign-in at the server: a token that \
                 was copied elsewhere works until it runs out."
                    .to_owned()
            }),
            steps: self.steps,
        };
        plan.digest = digest(&plan);
        plan
    }
}

#[allow(clippy::too_many_arguments, reason = "each is one fact about the file")]
pub(crate) fn edit_step(
    place: Place,
    name: OsString,
    shown: &str,
    look: Look,
    client: ClientId,
    before: &str,
    after: String,
    ways: Vec<Vec<String>>,
    changes: Vec<usize>,
) -> Step {
    let act = Act::Edit {
        before: fingerprint(before.as_bytes()),
        after: fingerprint(after.as_bytes()),
        ways,
        text: Content(after.into_bytes()),
    };
    Step { place, name, shown: shown.to_owned(), look, client, act, changes }
}

/// Members called `tokens`, not deeper than a store keeps them.
fn find_tokens(value: &serde_json::Value, way: &mut Vec<String>, depth: usize, found: &mut Vec<Vec<String>>) {
    let Some(object) = value.as_object() else { return };
    for (name, inner) in object {
        way.push(name.clone());
        if name == "tokens" {
            found.push(way.clone());
        } else if depth < 3 {
            find_tokens(inner, way, depth + 1, found);
        }
        way.pop();
    }
}

/// Where a client keeps its sign-ins when no file holds them. `None`: a file would.
fn closed_store(client: ClientId) -> Option<&'static str> {
    const KEYCHAIN: &str = "the keychain of this system";
    match client {
        ClientId::ClaudeCode if cfg!(target_os = "macos") => Some(KEYCHAIN),
        ClientId::Zed | ClientId::Goose | ClientId::Codex | ClientId::CopilotCli | ClientId::Warp => Some(KEYCHAIN),
        ClientId::Cursor | ClientId::VsCode | ClientId::Windsurf => Some("the client's own database, encrypted"),
        ClientId::LmStudio | ClientId::JetbrainsAi | ClientId::Junie | ClientId::Kiro => Some("the client's own store"),
        ClientId::ClaudeDesktop | ClientId::ClaudeConnectors => Some("your account at the client's maker"),
        _ => None,
    }
}

/// Lists are cut from their end.
fn position(way: &[String]) -> (usize, usize) {
    (way.len(), way.last().and_then(|last| last.parse().ok()).unwrap_or(0))
}

fn parts(path: &Path, shown: &str) -> Result<(PathBuf, OsString), Refusal> {
    match (path.parent(), path.file_name()) {
        (Some(folder), Some(name)) if path.is_absolute() => Ok((folder.to_owned(), name.to_owned())),
        _ => Err(Refusal::NotAFile(shown.to_owned())),
    }
}

fn look(place: &Place, name: &OsString, shown: &str) -> Result<Look, Refusal> {
    let seen = place.open()?.look(name).map_err(|error| Refusal::disk(shown, error))?;
    match seen {
        None => Err(Refusal::Changed(shown.to_owned())),
        Some(look) if look.is_link() => Err(Refusal::Link(shown.to_owned())),
        Some(look) if !look.is_file() => Err(Refusal::NotAFile(shown.to_owned())),
        Some(look) => Ok(look),
    }
}

fn words(kind: Held) -> &'static str {
    match kind {
        Held::Registration => "how the client is known to the sign-in service (the registration)",
        Held::Tokens => "the saved sign-in (tokens)",
        Held::RefreshToken => "the means to renew the sign-in (refresh token)",
        Held::Verifier => "the half of a sign-in that was not finished (code verifier)",
        Held::Discovery => "what was looked up for one sign-in (discovery)",
        Held::Lock => "a lock of a sign-in",
        Held::Lease => "a short lock of a renewal (lease)",
        Held::Scopes => "the permissions that were asked for (scopes)",
        Held::Log => "a log",
        Held::Temporary => "a half-written file of a crash",
        Held::Sealed => "something encrypted",
    }
}

/// sha256, in hex.
pub(crate) fn fingerprint(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The digest over everything that consent is about: the level, and for every step the folder and its identity, the name,
/// the file's identity, size, times and mode, what is done, and what an edited file says before and after.
pub(crate) fn digest(plan: &Plan) -> String {
    let mut hash = Sha256::new();
    hash.update(b"mcp-auth-remedies 1\n");
    hash.update(plan.level.word());
    for step in &plan.steps {
        // A path is hashed by its own units; JSON alone would do, but a name that is not text must count exactly.
        hash.update(lossless::bytes(step.place.path().as_os_str()));
        hash.update(lossless::bytes(&step.name));
        hash.update(serde_json::to_vec(step).unwrap_or_default());
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A path of a step, for words.
pub(crate) fn shown_path(path: &Path, home: &Path) -> String {
    shown_below(path, home)
}

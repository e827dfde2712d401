//! `caches`: what clients have stored for servers; forgetting it; bringing it back.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use mcp_auth_diagnosis::clients::ClientId;
use mcp_auth_diagnosis::computer::{Computer, Held, HowToClear, StoredEntry, Used};
use mcp_auth_probes::computer::{Machine, look};
use mcp_auth_remedies::{Backup, Level, Newer, Plan, Receipt, Refusal, Request, Undone, Vault};
use serde_json::json;

use crate::Exit;
use crate::paper::{Ink, Paper, complain, print_json};

/// `caches`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    job: Job,
}

#[derive(Debug, clap::Subcommand)]
enum Job {
    /// Shows what is stored, and the backups of what was forgotten
    List(Which),
    /// Forgets what is stored for a server, after showing exactly what goes
    Clear(Clear),
    /// Brings back what was forgotten
    Undo(Undo),
    /// Deletes a backup for good
    DeleteBackup(DeleteBackup),
}

/// Of which servers and clients.
#[derive(Debug, Clone, clap::Args)]
struct Which {
    /// Let this folder stand for the user's home
    #[arg(long, value_name = "DIR")]
    home: Option<PathBuf>,
    /// Only of this server: its URL, or the name that a config gives it. May be given more than once
    #[arg(long, value_name = "URL")]
    server: Vec<String>,
    /// Only of this client, or of what it starts
    #[arg(long, value_name = "NAME")]
    client: Option<ClientId>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Clear {
    #[command(flatten)]
    which: Which,
    /// How much: the sign-in only, the registration too, a lock, or what other versions left behind
    #[arg(long, value_name = "LEVEL", default_value = "registration", value_parser = level)]
    level: Level,
    /// Only these stored entries, by their id from `caches list --json`
    #[arg(long, value_name = "ID")]
    entry: Vec<String>,
    /// Agree to what is found, without a question
    #[arg(long, conflicts_with = "dry_run")]
    yes: bool,
    /// Agree to exactly the plan with this digest, from a run with --dry-run --json
    #[arg(long, value_name = "DIGEST", conflicts_with = "dry_run")]
    consent: Option<String>,
    /// Only show what would go
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, clap::Args)]
struct Undo {
    /// The receipt's number; without it, the newest backup
    receipt: Option<String>,
    /// Let this folder stand for the user's home
    #[arg(long, value_name = "DIR")]
    home: Option<PathBuf>,
    /// Put the old state back even where something newer is stored; what is newer is kept in the backup
    #[arg(long)]
    newer_gives_way: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct DeleteBackup {
    /// The receipt's number
    receipt: String,
    /// Let this folder stand for the user's home
    #[arg(long, value_name = "DIR")]
    home: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

fn level(word: &str) -> Result<Level, String> {
    [Level::SignIn, Level::Registration, Level::Lock, Level::Leftovers]
        .into_iter()
        .find(|level| level.word() == word)
        .ok_or_else(|| "it is one of sign-in, registration, lock, leftovers".to_owned())
}

/// Does what was asked.
pub fn carry_out(arguments: &Arguments) -> Exit {
    match &arguments.job {
        Job::List(which) => list(which),
        Job::Clear(clear) => self::clear(clear),
        Job::Undo(undo) => self::undo(undo),
        Job::DeleteBackup(delete) => delete_backup(delete),
    }
}

/// The computer that is looked at, and where its backups are.
fn machine(home: Option<&PathBuf>) -> Result<(Machine, Vault), Exit> {
    let machine = match home {
        Some(folder) if !folder.is_dir() => {
            return Err(complain(Exit::WrongUsage, &format!("{} is not a folder", folder.display())));
        }
        Some(folder) => Machine::at_home(folder),
        None => Machine::this(),
    };
    let vault = Vault::below_home(&machine.home);
    Ok((machine, vault))
}

fn list(which: &Which) -> Exit {
    let (machine, vault) = match machine(which.home.as_ref()) {
        Ok(found) => found,
        Err(exit) => return exit,
    };
    let computer = look(&machine);
    // The backups are worth a sentence, not a failure: what is stored can be shown without them.
    let backups = vault.backups();
    let stored = mcp_auth_remedies::stored_of(&computer, &which.server, which.client);
    if which.json {
        let error = backups.as_ref().err();
        let backups = backups.as_deref().unwrap_or_default();
        print_json(&json!({"schema": 1, "stored": stored, "backups": backups, "error": error}));
        return Exit::Healthy;
    }
    let mut paper = Paper::new();
    if stored.is_empty() {
        paper.plain("Nothing is stored for a server here.");
    }
    for entry in stored {
        tell_entry(&mut paper, entry, &computer);
    }
    match backups {
        Ok(backups) if backups.is_empty() => {}
        Ok(backups) => {
            paper.gap().line(Ink::Bold, "Backups");
            backups.iter().for_each(|backup| tell_backup(&mut paper, backup));
        }
        Err(why) => drop(paper.gap().line(Ink::Bad, &why.to_string())),
    }
    paper.print();
    Exit::Healthy
}

fn clear(arguments: &Clear) -> Exit {
    let (machine, vault) = match machine(arguments.which.home.as_ref()) {
        Ok(found) => found,
        Err(exit) => return exit,
    };
    let json = arguments.which.json;
    let request = Request {
        level: arguments.level,
        servers: arguments.which.server.clone(),
        client: arguments.which.client,
        entries: arguments.entry.clone(),
    };
    // First what a crash may have left: a plan is made of what is really there.
    if let Err(why) = vault.expire(SystemTime::now()) {
        return refused(json, &why, None);
    }
    let plan = match mcp_auth_remedies::plan_clear(&look(&machine), &machine.home, &request) {
        Ok(plan) => plan,
        Err(why) => return refused(json, &why, None),
    };
    if !json {
        tell_plan(&plan).print();
    }
    if plan.changes.is_empty() {
        if json {
            print_json(&json!({"schema": 1, "plan": plan, "receipt": null, "error": null}));
        }
        return Exit::CouldNotTell;
    }
    if arguments.dry_run {
        if json {
            print_json(&json!({"schema": 1, "plan": plan, "receipt": null, "error": null}));
        }
        return Exit::Healthy;
    }
    let consent = match (&arguments.consent, arguments.yes) {
        (Some(digest), _) => digest.clone(),
        (None, true) => plan.digest.clone(),
        (None, false) if !json && agreed() => plan.digest.clone(),
        (None, false) => {
            return complain(Exit::WrongUsage, "nothing was changed; agree with --yes, or look only with --dry-run");
        }
    };
    match mcp_auth_remedies::apply(&plan, &consent, &vault, SystemTime::now()) {
        Ok(receipt) => {
            if json {
                print_json(&json!({"schema": 1, "plan": plan, "receipt": receipt, "error": null}));
            } else {
                tell_receipt(&receipt).print();
            }
            if receipt.all_gone { Exit::Healthy } else { Exit::Fault }
        }
        Err(why) => refused(json, &why, Some(&plan)),
    }
}

/// Asks the person at the keyboard, if there is one.
fn agreed() -> bool {
    if !std::io::stdin().is_terminal() {
        return false;
    }
    let _ = write!(std::io::stdout().lock(), "\nClear this? Type yes: ");
    let _ = std::io::stdout().lock().flush();
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).is_ok() && answer.trim().eq_ignore_ascii_case("yes")
}

fn undo(arguments: &Undo) -> Exit {
    let (_, vault) = match machine(arguments.home.as_ref()) {
        Ok(found) => found,
        Err(exit) => return exit,
    };
    let newest = || match vault.backups() {
        Ok(backups) => backups.into_iter().next().map(|backup| backup.id).ok_or(Refusal::NothingToUndo),
        Err(why) => Err(why),
    };
    let newer = if arguments.newer_gives_way { Newer::GivesWay } else { Newer::Stays };
    let undone = arguments
        .receipt
        .clone()
        .map_or_else(newest, Ok)
        .and_then(|receipt| mcp_auth_remedies::undo(&receipt, newer, &vault));
    match undone {
        Ok(undone) => {
            if arguments.json {
                print_json(&json!({"schema": 1, "undone": undone, "error": null}));
            } else {
                tell_undone(&undone).print();
            }
            Exit::Healthy
        }
        Err(why) => {
            if arguments.json {
                print_json(&json!({"schema": 1, "undone": null, "error": why}));
                return Exit::Fault;
            }
            if matches!(why, Refusal::Newer(_)) {
                let way = "With --newer-gives-way the old state is put back, and what is newer is kept in the backup.";
                return complain(Exit::Fault, &format!("{why} {way}"));
            }
            complain(Exit::Fault, &why.to_string())
        }
    }
}

fn delete_backup(arguments: &DeleteBackup) -> Exit {
    let (_, vault) = match machine(arguments.home.as_ref()) {
        Ok(found) => found,
        Err(exit) => return exit,
    };
    match vault.delete(&arguments.receipt) {
        Ok(()) => {
            if arguments.json {
                print_json(&json!({"schema": 1, "deleted": arguments.receipt, "error": null}));
            } else {
                Paper::new().plain("The backup is deleted. What it held cannot be brought back any more.").print();
            }
            Exit::Healthy
        }
        Err(why) if arguments.json => {
            print_json(&json!({"schema": 1, "deleted": null, "error": why}));
            Exit::Fault
        }
        Err(why) => complain(Exit::Fault, &why.to_string()),
    }
}

fn refused(json: bool, why: &Refusal, plan: Option<&Plan>) -> Exit {
    // Nothing to clear is no fault.
    let exit = if matches!(why, Refusal::NothingToDo) { Exit::Healthy } else { Exit::Fault };
    if json {
        print_json(&json!({"schema": 1, "plan": plan, "receipt": null, "error": why}));
        return exit;
    }
    if exit == Exit::Healthy {
        Paper::new().plain(&why.to_string()).print();
        return exit;
    }
    complain(exit, &why.to_string())
}

fn tell_entry(paper: &mut Paper, entry: &StoredEntry, computer: &Computer) {
    let server = entry.server.as_deref().or(entry.name.as_deref()).unwrap_or("a server that no config names");
    paper.line(Ink::Bold, &format!("{server} ({})", entry.client.name()));
    let holds: Vec<&str> = entry.holds.iter().map(|held| held_words(*held)).collect();
    paper.plain(&format!("  holds    {}", holds.join(", ")));
    paper.plain(&format!("  where    {} ({})", entry.store, entry.key));
    if let Some(id) = &entry.client_id {
        paper.plain(&format!("  app id   {id}"));
    }
    if let Some(address) = entry.redirect_uris.first() {
        paper.plain(&format!("  back to  {address}"));
    }
    if let Some(modified) = entry.modified_ms {
        paper.plain(&format!("  written  {}", day(modified)));
    }
    if let Some(ends) = entry.expires_at_ms.filter(|_| entry.holds.contains(&Held::Tokens)) {
        let about = if entry.expiry_estimated { "about " } else { "" };
        let renewed =
            if entry.holds.contains(&Held::RefreshToken) { ", then renewed without a new sign-in" } else { "" };
        let over = i64::try_from(ends).is_ok_and(|ends| ends <= jiff::Timestamp::now().as_millisecond());
        let word = if over { "ended" } else { "ends" };
        paper.plain(&format!("  {word:<7}  {about}{}{renewed}", day(ends)));
    }
    let users: Vec<String> = entry
        .used_by
        .iter()
        .filter_map(|id| computer.server(id))
        .map(|server| format!("{} in {}", server.name, server.client.name()))
        .collect();
    let used = match entry.used {
        Used::InUse if users.is_empty() => "in use".to_owned(),
        Used::InUse => format!("by {}", users.join(", ")),
        Used::Leftover => "by nobody any more: left behind by another version".to_owned(),
        Used::NoServer => "by no server of any config".to_owned(),
        Used::Unknown => "it could not be told by whom".to_owned(),
    };
    paper.plain(&format!("  used     {used}"));
    for trouble in &entry.troubles {
        paper.line(Ink::Bad, &format!("  {trouble}"));
    }
    if let HowToClear::ClientOnly { steps } = &entry.how_to_clear {
        paper.plain("  Only the client itself can clear this:");
        for (at, step) in steps.iter().enumerate() {
            paper.plain(&format!("    {}. {step}", at + 1));
        }
    }
    paper.gap();
}

fn held_words(held: Held) -> &'static str {
    match held {
        Held::Registration => "registration",
        Held::Tokens => "sign-in",
        Held::RefreshToken => "renewal",
        Held::Verifier => "unfinished sign-in",
        Held::Discovery => "discovery",
        Held::Lock => "lock",
        Held::Lease => "renewal lock",
        Held::Scopes => "scopes",
        Held::Log => "log",
        Held::Temporary => "half-written file",
        Held::Sealed => "something encrypted",
    }
}

fn tell_backup(paper: &mut Paper, backup: &Backup) {
    let half = if backup.half_way { ", stopped half way" } else { "" };
    paper.plain(&format!(
        "  {}  {} ({}), {} entries, kept until {}{half}",
        backup.id,
        day(backup.created_ms),
        backup.level.word(),
        backup.changes.len(),
        day(backup.expires_ms)
    ));
}

fn tell_plan(plan: &Plan) -> Paper {
    let mut paper = Paper::new();
    for warning in &plan.warnings {
        paper.line(Ink::Bad, &warning.what);
    }
    if !plan.warnings.is_empty() {
        paper.gap();
    }
    if !plan.changes.is_empty() {
        paper.line(Ink::Bold, "This goes into a backup, and Undo brings it back");
        for change in &plan.changes {
            let server = change.server.as_deref().or(change.name.as_deref()).unwrap_or("unknown server");
            let within =
                if change.within.is_empty() { String::new() } else { format!(" › {}", change.within.join(" › ")) };
            let holds: Vec<&str> = change.holds.iter().map(|held| held_words(*held)).collect();
            paper.plain(&format!("  {}{within}", change.path));
            paper.line(
                Ink::Dim,
                &format!(
                    "    {server}, {}: {}, {} bytes, {}",
                    change.client.name(),
                    holds.join(", "),
                    change.size,
                    day(change.modified_ms)
                ),
            );
        }
        paper.gap().plain(&plan.next);
        if let Some(note) = &plan.note {
            paper.line(Ink::Dim, note);
        }
    }
    if !plan.left_alone.is_empty() {
        paper.gap().line(Ink::Bold, "This stays");
        for left in &plan.left_alone {
            paper.plain(&format!("  {}", left.why));
        }
    }
    for by_hand in &plan.by_hand {
        let server = by_hand.server.as_deref().unwrap_or("its servers");
        paper.gap().line(Ink::Bold, &format!("Only {} itself can forget {server}", by_hand.client.name()));
        for (at, step) in by_hand.steps.iter().enumerate() {
            paper.plain(&format!("  {}. {step}", at + 1));
        }
    }
    paper
}

fn tell_receipt(receipt: &Receipt) -> Paper {
    let mut paper = Paper::new();
    let ink = if receipt.all_gone { Ink::Good } else { Ink::Bad };
    paper.gap().line(ink, &receipt.summary);
    paper.plain(&format!("To bring it back: mcp-auth-check caches undo {}", receipt.id));
    paper.line(Ink::Dim, &format!("The backup is in {} until {}.", receipt.backup, day(receipt.expires_ms)));
    paper
}

fn tell_undone(undone: &Undone) -> Paper {
    let mut paper = Paper::new();
    paper.line(Ink::Good, "All of it is back.");
    for back in &undone.back {
        paper.plain(&format!("  {}", back.path));
    }
    if let Some(folder) = &undone.newer_kept_in {
        paper.plain(&format!("What was newer is kept in {folder}."));
    }
    paper
}

/// A day, in the universal time that every log has.
fn day(milliseconds: u64) -> String {
    let at = UNIX_EPOCH + std::time::Duration::from_millis(milliseconds);
    jiff::Timestamp::try_from(at)
        .map_or_else(|_| "unknown".to_owned(), |at| at.strftime("%Y-%m-%d %H:%M UTC").to_string())
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "the test's own folder")]
mod tests {
    use std::fs;

    use super::*;

    fn which(home: &std::path::Path, server: &str) -> Which {
        Which { home: Some(home.to_owned()), server: vec![server.to_owned()], client: None, json: true }
    }

    #[test]
    fn the_command_line_clears_and_brings_back() {
        let home = tempfile::tempdir().expect("a folder");
        let path = |name: &str| home.path().join(name);
        for folder in [".cursor", ".mcp-auth/mcp-remote-0.1.36", ".mcp-auth/mcp-remote-0.1.37"] {
            fs::create_dir_all(path(folder)).expect("a folder");
        }
        let config = r#"{"mcpServers": {"linear": {"command": "npx", "args": ["-y", "mcp-remote@0.1.37", "https://mcp.linear.app/mcp"]}}}"#;
        fs::write(path(".cursor/mcp.json"), config).expect("a config");
        // npm's 0.1.37 uses the folder of 0.1.36.
        let tokens = path(".mcp-auth/mcp-remote-0.1.36/fcc436b0d1e0a1ed9a2b15bbd638eb13_tokens.json");
        fs::write(&tokens, r#"{"access_token": "canary"}"#).expect("tokens");

        let clear = |yes: bool, dry_run: bool, consent: Option<&str>| {
            self::clear(&Clear {
                which: which(home.path(), "https://mcp.linear.app/mcp"),
                level: Level::Registration,
                entry: Vec::new(),
                yes,
                consent: consent.map(str::to_owned),
                dry_run,
            })
        };
        assert_eq!(clear(false, true, None), Exit::Healthy);
        assert_eq!(clear(false, false, None), Exit::WrongUsage, "nobody agreed");
        assert_eq!(clear(false, false, Some("another plan")), Exit::Fault);
        assert!(tokens.exists());
        assert_eq!(clear(true, false, None), Exit::Healthy);
        assert!(!tokens.exists());
        let undo = |receipt: Option<&str>| {
            let receipt = receipt.map(str::to_owned);
            self::undo(&Undo { receipt, home: Some(home.path().to_owned()), newer_gives_way: false, json: true })
        };
        assert_eq!(undo(Some("nonsense")), Exit::Fault);
        assert_eq!(undo(None), Exit::Healthy);
        assert_eq!(fs::read_to_string(&tokens).expect("tokens"), r#"{"access_token": "canary"}"#);
        assert_eq!(undo(None), Exit::Fault, "nothing is left to undo");
        assert_eq!(list(&which(home.path(), "linear")), Exit::Healthy);
    }

    #[test]
    fn a_level_is_one_of_four() {
        assert_eq!(level("sign-in"), Ok(Level::SignIn));
        assert!(level("repair").is_err() && level("all").is_err());
    }
}

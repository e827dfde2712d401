//! From the plan to Undo.

use std::fs;

use mcp_auth_diagnosis::clients::ClientId;
use mcp_auth_diagnosis::computer::{Held, HowToClear, LockReading, RunningProgram};

use crate::trial::{CANARY, LINEAR, LINEAR_HASH, NOTION, Trial, entry, file, now};
use crate::*;

#[test]
fn one_server_goes_and_comes_back_byte_for_byte() {
    let trial = Trial::new();
    let whole = trial.snapshot();
    let plan = trial.plan(Level::Registration, LINEAR);
    assert_eq!(plan.changes.len(), 7, "three files in each of two versions, one entry of Claude Code: {plan:#?}");
    assert_eq!(trial.snapshot(), whole, "a plan changes nothing");

    let receipt = trial.apply(&plan).unwrap();
    assert!(receipt.all_gone, "{receipt:#?}");
    let left = trial.snapshot();
    let gone: Vec<_> = whole.keys().filter(|path| !left.contains_key(*path)).collect();
    assert_eq!(gone.len(), 6, "{gone:?}");
    assert!(gone.iter().all(|path| path.to_string_lossy().contains(LINEAR_HASH)));
    let credentials = trial.read(".claude/.credentials.json");
    assert!(!credentials.contains("linear|") && credentials.contains("\"expiresAt\": 1.0e12}"), "{credentials}");
    assert!(credentials.contains(&format!("{CANARY}-2")) && credentials.contains(&format!("{CANARY}-own")));

    let backups = trial.vault().backups().unwrap();
    assert_eq!((backups.len(), backups[0].half_way, backups[0].id.as_str()), (1, false, receipt.id.as_str()));
    let undone = undo(&receipt.id, Newer::Stays, &trial.vault()).unwrap();
    assert!(undone.back.iter().all(|back| back.how == HowBack::Whole), "{undone:#?}");
    assert_eq!(trial.snapshot(), whole);
    assert!(trial.vault().backups().unwrap().is_empty());
    assert!(matches!(undo(&receipt.id, Newer::Stays, &trial.vault()), Err(Refusal::NoReceipt(_))));
}

#[test]
fn each_level_takes_what_it_says() {
    let trial = Trial::new();
    let ends = |level| {
        let mut ends: Vec<String> = trial
            .plan(level, LINEAR)
            .changes
            .iter()
            .filter(|change| change.client == ClientId::McpRemote)
            .map(|change| change.path.rsplit_once(LINEAR_HASH).unwrap().1.to_owned())
            .collect();
        ends.sort();
        ends.dedup();
        ends
    };
    assert_eq!(ends(Level::SignIn), ["_tokens.json"]);
    assert_eq!(ends(Level::Registration), ["_client_info.json", "_code_verifier.txt", "_tokens.json"]);
    assert_eq!(ends(Level::Lock), ["_lock.json"]);
    let leftovers = trial.plan(Level::Leftovers, LINEAR);
    assert_eq!(leftovers.changes.len(), 4);
    assert!(leftovers.changes.iter().all(|change| change.path.contains("mcp-remote-0.1.36")));
    assert!(matches!(trial.try_plan(Level::Leftovers, NOTION), Err(Refusal::NothingToDo)));
    assert!(matches!(trial.try_plan(Level::SignIn, "https://elsewhere.example/"), Err(Refusal::NothingToDo)));
}

#[test]
fn where_tokens_stand_apart_the_registration_stays() {
    let mut trial = Trial::new();
    let text = "{\n\t\"version\": 1,\n\t\"entries\": {\n\t\t\"l|1\": {\"clientInfo\": {\"client_id\": \"c\"}, \"tokens\": {\"access_token\": \"t\"}},\n\t\t\"n|1\": {\"clientInfo\": {}}\n\t}\n}";
    trial.write(".mcporter/credentials.json", text);
    for (key, server) in [("l|1", LINEAR), ("n|1", NOTION)] {
        let mut one = entry(ClientId::McPorter, server, "~/.mcporter/credentials.json", key);
        let at = vec!["entries".to_owned(), key.to_owned()];
        one.how_to_clear = HowToClear::AppEditsFile { file: "~/.mcporter/credentials.json".to_owned(), at };
        trial.computer.stored.push(one);
    }
    let request = |level, server: &str| Request {
        level,
        servers: vec![server.to_owned()],
        client: Some(ClientId::McPorter),
        entries: Vec::new(),
    };
    let plan = plan_clear(&trial.computer, &trial.home, &request(Level::SignIn, LINEAR)).unwrap();
    assert_eq!(plan.changes[0].within, ["entries", "l|1", "tokens"]);
    trial.apply(&plan).unwrap();
    assert_eq!(trial.read(".mcporter/credentials.json"), text.replace(", \"tokens\": {\"access_token\": \"t\"}", ""));
    let nothing = plan_clear(&trial.computer, &trial.home, &request(Level::SignIn, NOTION));
    assert!(matches!(nothing, Err(Refusal::NothingToDo)), "a registration alone is no sign-in");
    let plan = plan_clear(&trial.computer, &trial.home, &request(Level::Registration, NOTION)).unwrap();
    trial.apply(&plan).unwrap();
    assert!(!trial.read(".mcporter/credentials.json").contains("n|1"));
}

#[test]
fn items_of_a_list_go_one_by_one() {
    let mut trial = Trial::new();
    trial.write(
        ".gemini/mcp-oauth-tokens.json",
        "[{\"serverName\":\"a\",\"token\":{}},{\"serverName\":\"b\",\"token\":{}},{\"serverName\":\"c\",\"token\":{}}]",
    );
    for at in ["0", "1", "2"] {
        let server = if at == "1" { NOTION } else { LINEAR };
        let mut one = entry(ClientId::GeminiCli, server, "~/.gemini/mcp-oauth-tokens.json", at);
        one.how_to_clear =
            HowToClear::AppEditsFile { file: "~/.gemini/mcp-oauth-tokens.json".to_owned(), at: vec![at.to_owned()] };
        trial.computer.stored.push(one);
    }
    let request = Request {
        level: Level::Registration,
        servers: vec![LINEAR.to_owned()],
        client: Some(ClientId::GeminiCli),
        entries: Vec::new(),
    };
    let plan = plan_clear(&trial.computer, &trial.home, &request).unwrap();
    let receipt = trial.apply(&plan).unwrap();
    assert!(receipt.all_gone);
    assert_eq!(trial.read(".gemini/mcp-oauth-tokens.json"), "[{\"serverName\":\"b\",\"token\":{}}]");
}

#[test]
fn consent_is_for_what_was_seen() {
    let trial = Trial::new();
    let plan = trial.plan(Level::Registration, LINEAR);
    assert!(matches!(apply(&plan, "", &trial.vault(), now()), Err(Refusal::NotAgreed)));
    assert_eq!(
        trial.plan(Level::Registration, LINEAR).digest,
        plan.digest,
        "nothing changed, so nothing is asked again"
    );
    assert_ne!(trial.plan(Level::SignIn, LINEAR).digest, plan.digest);

    let token = format!(".mcp-auth/mcp-remote-v1/{LINEAR_HASH}_tokens.json");
    let was = trial.read(&token);
    // The same size, the same name: written again all the same.
    fs::write(trial.path(&token), was.replace("canary", "CANARY")).unwrap();
    let changed = trial.snapshot();
    assert_ne!(trial.plan(Level::Registration, LINEAR).digest, plan.digest);
    let refused = trial.apply(&plan).unwrap_err();
    assert!(matches!(refused, Refusal::Changed(_)) && refused.to_string().contains("since you looked"), "{refused}");
    assert_eq!(trial.snapshot(), changed);
    assert!(trial.vault().backups().unwrap().is_empty());
}

#[test]
fn what_is_newer_is_not_replaced_without_saying_so() {
    let trial = Trial::new();
    let plan = trial.plan(Level::Registration, LINEAR);
    let receipt = trial.apply(&plan).unwrap();
    let token = format!(".mcp-auth/mcp-remote-v1/{LINEAR_HASH}_tokens.json");
    trial.write(&token, "a new sign-in");
    let now = trial.snapshot();
    let refused = undo(&receipt.id, Newer::Stays, &trial.vault()).unwrap_err();
    assert!(
        matches!(&refused, Refusal::Newer(paths) if paths.len() == 1 && paths[0].ends_with("_tokens.json")),
        "{refused}"
    );
    assert_eq!(trial.snapshot(), now, "nothing at all was undone");

    let undone = undo(&receipt.id, Newer::GivesWay, &trial.vault()).unwrap();
    assert!(undone.newer_kept_in.is_some());
    assert!(trial.read(&token).contains(CANARY));
    let kept = trial.vault().folder().join(&receipt.id).join("files");
    let newer: Vec<_> = fs::read_dir(kept).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!((newer.len(), fs::read_to_string(&newer[0]).unwrap().as_str()), (1, "a new sign-in"));
    trial.vault().delete(&receipt.id).unwrap();
    assert!(trial.vault().backups().unwrap().is_empty());
}

#[test]
fn a_file_that_its_client_wrote_since_gets_only_its_entry_back() {
    let trial = Trial::new();
    let plan = trial.plan(Level::Registration, LINEAR);
    let receipt = trial.apply(&plan).unwrap();
    let newer = trial.read(".claude/.credentials.json").replace(&format!("{CANARY}-own"), "renewed");
    trial.write(".claude/.credentials.json", &newer);
    let undone = undo(&receipt.id, Newer::Stays, &trial.vault()).unwrap();
    assert!(undone.back.iter().any(|back| back.how == HowBack::EntryOnly), "{undone:#?}");
    let text = trial.read(".claude/.credentials.json");
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["claudeAiOauth"]["accessToken"], "renewed");
    assert_eq!(value["mcpOAuth"]["linear|638130d5ab3558f4"]["clientId"], "c1");
}

#[test]
fn a_client_that_writes_back_is_not_called_gone() {
    let trial = Trial::new();
    let plan = trial.plan(Level::SignIn, NOTION);
    let path = trial.path(".mcp-auth/mcp-remote-v1/cb42d1a06ae8db4e5585a26f2e5ca947_tokens.json");
    let receipt = crate::strain::on::meddled_with(
        move |what| {
            // When the last mark is written all files are moved: now the client writes its own back.
            if what == "mark" {
                fs::write(&path, "again").unwrap();
            }
        },
        || trial.apply(&plan),
    )
    .unwrap();
    assert!(!receipt.all_gone);
    assert!(receipt.done.iter().any(|done| done.found == Found::ThereAgain));
    assert!(receipt.summary.contains("there again") && receipt.summary.contains("mcp-remote"), "{}", receipt.summary);
}

#[test]
fn who_runs_is_named_first_and_a_live_lock_stays() {
    let mut trial = Trial::new();
    trial.computer.running.push(RunningProgram {
        pid: 4711,
        client: ClientId::McpRemote,
        program: "node".to_owned(),
        server: Some(LINEAR.to_owned()),
        orphan: false,
    });
    trial.computer.stored[0].lock = Some(LockReading {
        pid: Some(4711),
        port: None,
        at_ms: None,
        alive: Some(true),
        port_held: None,
        stale: false,
    });
    let plan = trial.plan(Level::Registration, LINEAR);
    let kinds: Vec<&str> = plan.warnings.iter().map(|warning| warning.kind.as_str()).collect();
    assert!(kinds.contains(&"client-running") && kinds.contains(&"sign-in-under-way"), "{kinds:?}");
    assert!(trial.plan(Level::Registration, NOTION).warnings.is_empty(), "another server's process");
    let locks = trial.plan(Level::Lock, LINEAR);
    assert_eq!((locks.changes.len(), locks.left_alone.len()), (1, 1), "only the other version's lock may go");
}

#[test]
fn names_that_are_not_on_the_list_stay_whatever_the_inventory_says() {
    let mut trial = Trial::new();
    trial.write(".aws/sso/cache/kiro-auth-token.json", "the user's own sign-in");
    let mut own = entry(ClientId::Kiro, LINEAR, "~/.aws/sso/cache", "kiro-auth-token");
    own.files = vec![file("~/.aws/sso/cache/kiro-auth-token.json", Held::Tokens)];
    let mut out = entry(ClientId::McpRemote, LINEAR, "~/.mcp-auth", "x");
    out.files = vec![file("~/.mcp-auth/mcp-remote-v1/notes.txt", Held::Tokens), file("~/../outside", Held::Tokens)];
    trial.computer.stored = vec![own, out];
    let plan = trial.plan(Level::Registration, LINEAR);
    assert!(plan.changes.is_empty());
    assert_eq!(
        plan.left_alone.iter().filter(|left| left.code == "not-on-the-list").count(),
        3,
        "{:#?}",
        plan.left_alone
    );
    assert!(trial.apply(&plan).is_err());
}

#[test]
fn no_secret_is_in_a_plan_a_receipt_or_a_journal() {
    let trial = Trial::new();
    let plan = trial.plan(Level::Registration, LINEAR);
    let mut said = format!("{plan:?}{}", serde_json::to_string(&plan).unwrap());
    let receipt = trial.apply(&plan).unwrap();
    said += &format!("{receipt:?}{}", serde_json::to_string(&receipt).unwrap());
    said += &serde_json::to_string(&trial.vault().backups().unwrap()).unwrap();
    said += &fs::read_to_string(trial.vault().folder().join(&receipt.id).join("journal.jsonl")).unwrap();
    assert!(!said.contains(CANARY));
}

#[cfg(unix)]
#[test]
fn backups_are_private_expire_and_can_be_deleted() {
    use std::os::unix::fs::PermissionsExt;
    let trial = Trial::new();
    let receipt = trial.apply(&trial.plan(Level::SignIn, LINEAR)).unwrap();
    let folder = trial.vault().folder().join(&receipt.id);
    for folder in [trial.vault().folder(), &folder, &folder.join("files")] {
        assert_eq!(fs::metadata(folder).unwrap().permissions().mode() & 0o777, 0o700, "{}", folder.display());
    }
    assert!(trial.vault().expire(now() + KEPT_FOR - std::time::Duration::from_secs(1)).unwrap().is_empty());
    assert_eq!(trial.vault().expire(now() + KEPT_FOR).unwrap(), [receipt.id]);
    assert!(!folder.exists());
    let other = trial.apply(&trial.plan(Level::SignIn, NOTION)).unwrap();
    trial.vault().delete(&other.id).unwrap();
    assert!(matches!(trial.vault().delete("../../etc"), Err(Refusal::NoReceipt(_))));
}

#[test]
fn two_at_a_time_wait_for_each_other() {
    let trial = Trial::new();
    let plan = trial.plan(Level::SignIn, LINEAR);
    let open = trial.vault().enter().unwrap();
    assert!(matches!(trial.apply(&plan), Err(Refusal::Busy)));
    drop(open);
    trial.apply(&plan).unwrap();
}

#[test]
fn bad_files_get_a_sentence_each() {
    let mut trial = Trial::new();
    let path = "~/.mcporter/credentials.json";
    let mut one = entry(ClientId::McPorter, LINEAR, path, "l");
    one.how_to_clear =
        HowToClear::AppEditsFile { file: path.to_owned(), at: vec!["entries".to_owned(), "l".to_owned()] };
    trial.computer.stored = vec![one];
    for text in ["", "{", "[1,2", "\"text\"", "{\"entries\": []}", "{\"entries\": {\"other\": 1}}"] {
        trial.write(&path[2..], text);
        let plan = trial.plan(Level::Registration, LINEAR);
        assert!(
            plan.changes.is_empty() && plan.left_alone[0].code == "not-understood",
            "{text}: {:?}",
            plan.left_alone
        );
        assert!(trial.apply(&plan).is_err());
        assert_eq!(trial.read(&path[2..]), text);
    }
    fs::write(trial.path(&path[2..]), b"{\"entries\": {\"l\": \"\xff\"}}").unwrap();
    assert_eq!(trial.plan(Level::Registration, LINEAR).left_alone[0].code, "not-understood");
    fs::File::create(trial.path(&path[2..])).unwrap().set_len(200 * 1024 * 1024).unwrap();
    assert_eq!(trial.plan(Level::Registration, LINEAR).left_alone[0].code, "too-large");
    fs::remove_file(trial.path(&path[2..])).unwrap();
    assert_eq!(trial.plan(Level::Registration, LINEAR).left_alone[0].code, "changed");
}

#[test]
fn a_config_is_corrected_and_comes_back() {
    let trial = Trial::new();
    let text = "{\n  // servers\n  \"mcpServers\": {\n    \"todo\": {\"url\": \"https://a/\", \"headers\": {\"Authorization\": \"Bearer canary-token-7d1f\"}},\n  },\n}\n";
    trial.write(".cursor/mcp.json", text);
    let whole = trial.snapshot();
    let request = RepairRequest {
        client: ClientId::Cursor,
        config: "~/.cursor/mcp.json".to_owned(),
        line: None,
        repair: Repair::WithoutHeader { server: "todo".to_owned(), header: "Authorization".to_owned() },
    };
    let plan = plan_repair(&trial.home, &request).unwrap();
    assert!(!format!("{plan:?}").contains(CANARY) && !serde_json::to_string(&plan).unwrap().contains(CANARY));
    assert_eq!(trial.snapshot(), whole);
    let receipt = trial.apply(&plan.plan).unwrap();
    assert!(receipt.all_gone && receipt.done[0].found == Found::AsPlanned, "{receipt:#?}");
    assert_eq!(
        trial.read(".cursor/mcp.json"),
        text.replace(", \"headers\": {\"Authorization\": \"Bearer canary-token-7d1f\"}", "")
    );
    assert!(
        matches!(plan_repair(&trial.home, &request), Err(Refusal::NotUnderstood { .. })),
        "it is not there any more"
    );
    undo(&receipt.id, Newer::Stays, &trial.vault()).unwrap();
    assert_eq!(trial.snapshot(), whole);
}

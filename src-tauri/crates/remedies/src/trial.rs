//! A home for the tests: real files of several clients, and a look at all of it afterwards.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "the test's own folder")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mcp_auth_diagnosis::clients::ClientId;
use mcp_auth_diagnosis::computer::{Computer, Held, HowToClear, StoredEntry, StoredFile, Used};
use tempfile::TempDir;

use crate::{Level, Plan, Receipt, Refusal, Request, Vault, apply, plan_clear};

pub(crate) const LINEAR: &str = "https://mcp.linear.app/mcp";
pub(crate) const LINEAR_HASH: &str = "fcc436b0d1e0a1ed9a2b15bbd638eb13";
pub(crate) const NOTION: &str = "https://mcp.notion.com/mcp";
pub(crate) const NOTION_HASH: &str = "cb42d1a06ae8db4e5585a26f2e5ca947";
pub(crate) const CANARY: &str = "canary-token-7d1f";

/// What a folder says: every file below it with its bytes, permissions and time, and every folder and link.
pub(crate) type Snapshot = BTreeMap<PathBuf, (String, u32, Option<SystemTime>)>;

pub(crate) struct Trial {
    #[cfg_attr(
        windows,
        allow(dead_code, reason = "only tests with links look outside the home, and it lives as long")
    )]
    pub folder: TempDir,
    pub home: PathBuf,
    pub computer: Computer,
}

impl Trial {
    /// A home with two servers in mcp-remote, two versions of it, and two in Claude Code's one file.
    pub fn new() -> Self {
        Self::laid_out(fast_folder(), Self::furnish)
    }

    /// A home in this folder, laid out so.
    pub fn laid_out(folder: TempDir, lay_out: impl FnOnce(&mut Self)) -> Self {
        let home = folder.path().join("home");
        fs::create_dir_all(&home).unwrap();
        let mut trial = Self { folder, home, computer: Computer::default() };
        lay_out(&mut trial);
        trial
    }

    pub fn furnish(&mut self) {
        for (version, hash, server, used) in [
            ("mcp-remote-v1", LINEAR_HASH, LINEAR, Used::InUse),
            ("mcp-remote-v1", NOTION_HASH, NOTION, Used::InUse),
            ("mcp-remote-0.1.36", LINEAR_HASH, LINEAR, Used::Leftover),
        ] {
            self.remote(version, hash, server, used);
        }
        self.write(".mcp-auth/mcp-remote-v1/notes.txt", "mine");
        self.write(".claude/.credentials.json", &credentials());
        for (key, server) in [("linear|638130d5ab3558f4", LINEAR), ("notion|eac663db915250e7", NOTION)] {
            self.within(ClientId::ClaudeCode, server, ".claude/.credentials.json", &["mcpOAuth", key]);
        }
    }

    /// What mcp-remote stores for a server.
    pub fn remote(&mut self, version: &str, hash: &str, server: &str, used: Used) {
        let mut files = Vec::new();
        for (end, kind) in [
            ("client_info.json", Held::Registration),
            ("tokens.json", Held::Tokens),
            ("code_verifier.txt", Held::Verifier),
            ("lock.json", Held::Lock),
        ] {
            let path = format!("~/.mcp-auth/{version}/{hash}_{end}");
            self.write(&path[2..], &format!("{{\"access_token\":\"{CANARY}-{version}-{hash}\",\"of\":\"{end}\"}}"));
            files.push(file(&path, kind));
        }
        let mut entry = entry(ClientId::McpRemote, server, &format!("~/.mcp-auth/{version}"), hash);
        entry.files = files;
        entry.used = used;
        self.computer.stored.push(entry);
    }

    /// An entry in a file with others.
    pub fn within(&mut self, client: ClientId, server: &str, path: &str, at: &[&str]) {
        let file = format!("~/{path}");
        let mut entry = entry(client, server, &file, &at.join("/"));
        let at = at.iter().map(|part| (*part).to_owned()).collect();
        entry.how_to_clear = HowToClear::AppEditsFile { file, at };
        entry.holds = vec![Held::Registration, Held::Tokens];
        self.computer.stored.push(entry);
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.home.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        let at = UNIX_EPOCH + Duration::from_nanos(1_700_000_000_123_456_000);
        fs::File::options().write(true).open(&path).unwrap().set_modified(at).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        }
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.home.join(path)
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    pub fn vault(&self) -> Vault {
        Vault::below_home(&self.home)
    }

    pub fn plan(&self, level: Level, server: &str) -> Plan {
        self.try_plan(level, server).unwrap()
    }

    pub fn try_plan(&self, level: Level, server: &str) -> Result<Plan, Refusal> {
        let request = Request { level, servers: vec![server.to_owned()], client: None, entries: Vec::new() };
        plan_clear(&self.computer, &self.home, &request)
    }

    pub fn apply(&self, plan: &Plan) -> Result<Receipt, Refusal> {
        apply(plan, &plan.digest, &self.vault(), now())
    }

    /// Everything of the home except the app's own folder.
    pub fn snapshot(&self) -> Snapshot {
        let mut found = Snapshot::new();
        gather(&self.home, &self.home, &mut found);
        found.retain(|path, _| {
            !path.starts_with(".local") && !path.starts_with("AppData") && !path.starts_with("Library")
        });
        found
    }
}

/// A folder in memory where there is such a place: thousands of homes are made here, and each change of one waits for the
/// disk many times.
pub(crate) fn fast_folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

pub(crate) fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_795_600_000)
}

pub(crate) fn gather(root: &Path, folder: &Path, found: &mut Snapshot) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let metadata = fs::symlink_metadata(&path).unwrap();
        #[cfg(unix)]
        let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions());
        #[cfg(not(unix))]
        let mode = u32::from(metadata.permissions().readonly());
        let name = path.strip_prefix(root).unwrap().to_owned();
        if metadata.is_dir() {
            found.insert(name, ("folder".to_owned(), mode, None));
            gather(root, &path, found);
        } else if metadata.is_file() {
            let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
            found.insert(name, (text, mode, metadata.modified().ok()));
        } else {
            found.insert(name, (format!("link to {:?}", fs::read_link(&path)), 0, None));
        }
    }
}

pub(crate) fn credentials() -> String {
    format!(
        "{{\n  \"claudeAiOauth\": {{\"accessToken\": \"{CANARY}-own\", \"expiresAt\": 1.0e12}},\n  \"mcpOAuth\": {{\n    \
         \"linear|638130d5ab3558f4\": {{\"serverUrl\": \"{LINEAR}\", \"clientId\": \"c1\", \"accessToken\": \"{CANARY}-1\"}},\n    \
         \"notion|eac663db915250e7\": {{\"serverUrl\": \"{NOTION}\", \"clientId\": \"c2\", \"accessToken\": \"{CANARY}-2\"}}\n  }}\n}}\n"
    )
}

pub(crate) fn file(path: &str, kind: Held) -> StoredFile {
    StoredFile { path: path.to_owned(), kind, size: 0, modified_ms: None, open_to_others: false, link: false }
}

pub(crate) fn entry(client: ClientId, server: &str, store: &str, key: &str) -> StoredEntry {
    StoredEntry {
        id: format!("{client}:{store}:{key}"),
        client,
        server: Some(server.to_owned()),
        name: None,
        store: store.to_owned(),
        key: key.to_owned(),
        version: None,
        files: Vec::new(),
        holds: Vec::new(),
        used: Used::InUse,
        used_by: Vec::new(),
        client_id: None,
        redirect_uris: Vec::new(),
        issuer: None,
        expires_at_ms: None,
        expiry_estimated: false,
        secret_expires_at_ms: None,
        modified_ms: None,
        lock: None,
        troubles: Vec::new(),
        looked_into: true,
        how_to_clear: HowToClear::AppMovesFiles,
    }
}

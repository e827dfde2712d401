//! The running processes, where the system shows them as files (Linux).

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use mcp_auth_diagnosis::clients::ClientId;
use mcp_auth_diagnosis::computer::RunningProgram;

use super::Machine;

/// Whether a process is there. `None`: the system does not show it.
pub(crate) fn is_alive(machine: &Machine, pid: u32) -> Option<bool> {
    machine.processes.as_ref().map(|folder| folder.join(pid.to_string()).is_dir())
}

/// A process as it is listed.
pub(crate) struct Process {
    pub pid: u32,
    pub name: String,
    pub arguments: Vec<String>,
    pub parent: Option<u32>,
}

/// Every process that the user may see.
pub(crate) fn all(machine: &Machine) -> Vec<Process> {
    let Some(folder) = &machine.processes else { return Vec::new() };
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter_map(|pid| one(&folder.join(pid.to_string()), pid)).collect()
}

fn one(folder: &Path, pid: u32) -> Option<Process> {
    let line = fs::read(folder.join("cmdline")).ok()?;
    // A process of the system itself has no command line.
    if line.is_empty() {
        return None;
    }
    let arguments: Vec<String> = line
        .split(|byte| *byte == 0)
        .filter(|word| !word.is_empty())
        .map(|word| String::from_utf8_lossy(word).into_owned())
        .collect();
    let stat = fs::read_to_string(folder.join("stat")).ok();
    // `pid (name) state ppid …`; the name may hold anything, so read from its end.
    let (name, parent) = stat
        .as_deref()
        .and_then(|stat| {
            let (start, rest) = stat.rsplit_once(')')?;
            let name = start.split_once('(')?.1.to_owned();
            Some((name, rest.split_whitespace().nth(1).and_then(|parent| parent.parse().ok())))
        })
        .unwrap_or_default();
    Some(Process { pid, name, arguments, parent })
}

/// The clients and copies of mcp-remote among the processes.
pub(crate) fn running(processes: &[Process]) -> Vec<RunningProgram> {
    let mut running = Vec::new();
    let mut told: HashMap<ClientId, u32> = HashMap::new();
    for process in processes {
        let remote = process.arguments.iter().position(|word| {
            let path = word.replace('\\', "/");
            path.ends_with("/mcp-remote") || path.ends_with("mcp-remote/dist/proxy.js") || path == "mcp-remote"
        });
        // npx and shells around it name it too; the program itself is Node.
        if let Some(at) = remote.filter(|at| *at <= 2 && process.name.contains("node")) {
            let url = process.arguments[at + 1..].iter().find(|word| word.contains("://")).cloned();
            running.push(RunningProgram {
                pid: process.pid,
                client: ClientId::McpRemote,
                program: "mcp-remote".to_owned(),
                server: url.map(|url| mcp_auth_diagnosis::computer::servers::without_password(&url)),
                orphan: process.parent == Some(1),
            });
            continue;
        }
        let Some(client) = client_of(process) else { continue };
        // One line for each client: an editor has many processes.
        if told.insert(client, process.pid).is_none() {
            running.push(RunningProgram {
                pid: process.pid,
                client,
                program: client.name().to_owned(),
                server: None,
                orphan: false,
            });
        }
    }
    running
}

/// Programs that run the program that counts.
const RUNNERS: [&str; 5] = ["node", "nodejs", "bun", "deno", "electron"];

fn client_of(process: &Process) -> Option<ClientId> {
    let first = base_of(process.arguments.first()?);
    let by_runner = || {
        let script = process.arguments.iter().skip(1).find(|word| !word.starts_with('-'))?;
        of_script(&script.replace('\\', "/"))
    };
    of_program(&first).or_else(|| RUNNERS.contains(&first.as_str()).then(by_runner)?)
}

fn base_of(program: &str) -> String {
    let program = program.replace('\\', "/");
    let base = program.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    base.strip_suffix(".exe").unwrap_or(&base).to_owned()
}

/// A client's script, by its package or by the name that is linked to it.
fn of_script(script: &str) -> Option<ClientId> {
    const PACKAGES: [(&str, ClientId); 9] = [
        ("/@anthropic-ai/claude-code/", ClientId::ClaudeCode),
        ("/@google/gemini-cli/", ClientId::GeminiCli),
        ("/@qwen-code/qwen-code/", ClientId::QwenCode),
        ("/@github/copilot/", ClientId::CopilotCli),
        ("/@openai/codex/", ClientId::Codex),
        ("/@modelcontextprotocol/inspector", ClientId::McpInspector),
        ("/mcporter/", ClientId::McPorter),
        ("/opencode-ai/", ClientId::OpenCode),
        ("/@continuedev/cli/", ClientId::Continue),
    ];
    let package = PACKAGES.iter().find(|(package, _)| script.contains(package)).map(|(_, client)| *client);
    let base = base_of(script);
    package.or_else(|| of_program(base.strip_suffix(".js").unwrap_or(&base)))
}

fn of_program(base: &str) -> Option<ClientId> {
    let client = match base {
        "claude-desktop" => ClientId::ClaudeDesktop,
        "claude" => ClientId::ClaudeCode,
        "cursor" => ClientId::Cursor,
        "code" | "code-insiders" => ClientId::VsCode,
        "windsurf" | "devin-desktop" => ClientId::Windsurf,
        "zed" | "zed-editor" => ClientId::Zed,
        "cline" => ClientId::Cline,
        "codex" => ClientId::Codex,
        "gemini" => ClientId::GeminiCli,
        "qwen" => ClientId::QwenCode,
        "opencode" => ClientId::OpenCode,
        "kilo" => ClientId::Kilo,
        "amp" => ClientId::Amp,
        "auggie" => ClientId::Auggie,
        "droid" => ClientId::Droid,
        "goose" | "goosed" => ClientId::Goose,
        "lm-studio" => ClientId::LmStudio,
        "q" | "qchat" => ClientId::AmazonQ,
        "kiro" | "kiro-cli" => ClientId::Kiro,
        "copilot" => ClientId::CopilotCli,
        "warp" | "warp-terminal" => ClientId::Warp,
        "junie" => ClientId::Junie,
        "mcp-inspector" => ClientId::McpInspector,
        "mcporter" => ClientId::McPorter,
        _ => return None,
    };
    Some(client)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_known_by_program_script_and_package() {
        for (words, client) in [
            (&["/usr/share/cursor/cursor", "--no-sandbox"][..], Some(ClientId::Cursor)),
            (&["/opt/claude-desktop/claude-desktop"], Some(ClientId::ClaudeDesktop)),
            (
                &["node", "--no-warnings", "/home/a/.npm/lib/node_modules/@google/gemini-cli/dist/index.js"],
                Some(ClientId::GeminiCli),
            ),
            (&["/usr/bin/node", "/usr/local/bin/gemini"], Some(ClientId::GeminiCli)),
            (&["node", "/usr/lib/node_modules/@github/copilot/index.js"], Some(ClientId::CopilotCli)),
            (&["C:\\Users\\a\\AppData\\Local\\Programs\\cursor\\Cursor.exe"], Some(ClientId::Cursor)),
            (&["claude"], Some(ClientId::ClaudeCode)),
            (&["node", "server.js"], None),
            (&["vim", "/home/a/claude"], None),
            (&["node"], None),
        ] {
            let arguments = words.iter().map(|word| (*word).to_owned()).collect();
            let process = Process { pid: 1, name: "node".to_owned(), arguments, parent: None };
            assert_eq!(client_of(&process), client, "{words:?}");
        }
    }
}

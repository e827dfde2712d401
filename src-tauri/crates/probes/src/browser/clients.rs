//! How each client opens a browser and where it expects the browser to come back to. Read from the released clients.

use std::ffi::OsString;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mcp_auth_diagnosis::browser::{ReturnAddress, ReturnWay, SystemKind};
use mcp_auth_diagnosis::clients::ClientId;

use super::loopback;
use super::system::System;

/// A program with its arguments. There is no shell in between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandLine {
    /// The program, by its name or path.
    pub program: String,
    /// Its arguments.
    pub arguments: Vec<OsString>,
}

impl CommandLine {
    fn new(program: impl Into<String>, arguments: &[&str]) -> Self {
        Self { program: program.into(), arguments: arguments.iter().map(Into::into).collect() }
    }
}

/// The ways in which clients open pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mechanism {
    /// npm's `open`: its own copy of xdg-open, `open`, or PowerShell with an encoded command.
    NpmOpen,
    /// Electron's `shell.openExternal`: xdg-open of the system, NSWorkspace, ShellExecute.
    Electron,
    /// `$BROWSER` as one program, else xdg-open, `open`, or rundll32.
    ClaudeCode,
    /// xdg-open, `open`, or PowerShell with a plain command.
    GeminiCli,
    /// Python's `webbrowser`.
    Python,
    /// `cmd /c start`, which cuts at the first `&` where the address is not quoted.
    CmdStart,
}

fn mechanism(client: ClientId) -> Option<Mechanism> {
    Some(match client {
        ClientId::McpRemote | ClientId::McpInspector | ClientId::McpJam => Mechanism::NpmOpen,
        ClientId::VsCode
        | ClientId::Cursor
        | ClientId::ClaudeDesktop
        | ClientId::ClaudeConnectors
        | ClientId::Windsurf
        | ClientId::Kiro
        | ClientId::Cline
        | ClientId::RooCode
        | ClientId::Continue => Mechanism::Electron,
        ClientId::ClaudeCode => Mechanism::ClaudeCode,
        ClientId::GeminiCli => Mechanism::GeminiCli,
        ClientId::FastMcp => Mechanism::Python,
        ClientId::McPorter => Mechanism::CmdStart,
        // Not read in their sources: nothing is claimed.
        _ => return None,
    })
}

/// What the client runs to open a page. `None`: it is not known.
pub fn opens_with(client: ClientId, system: &System, link: &str) -> Option<CommandLine> {
    let mechanism = mechanism(client)?;
    Some(match system.kind {
        SystemKind::Linux => on_linux(mechanism, system, link),
        SystemKind::Macos => on_macos(mechanism, system, link),
        SystemKind::Windows => on_windows(mechanism, system, link),
        SystemKind::Other => return None,
    })
}

fn on_linux(mechanism: Mechanism, system: &System, link: &str) -> CommandLine {
    match mechanism {
        Mechanism::NpmOpen => {
            let copy = super::linux::bundled_openers(system).into_iter().next();
            let program = copy.map_or_else(|| "xdg-open".to_owned(), |path| path.display().to_string());
            CommandLine::new(program, &[link])
        }
        Mechanism::ClaudeCode => CommandLine::new(system.variable("BROWSER").unwrap_or("xdg-open"), &[link]),
        Mechanism::Python => {
            // $BROWSER is a list there; the first that can be found is asked.
            let own = system.variable("BROWSER").into_iter().flat_map(|list| list.split(':'));
            let own =
                own.map(str::trim).find(|entry| system.program(entry.split(' ').next().unwrap_or_default()).is_some());
            match own {
                Some(entry) => {
                    let mut words = entry.split(' ').filter(|word| !word.is_empty());
                    let program = words.next().unwrap_or("xdg-open").to_owned();
                    let mut arguments: Vec<OsString> = words.map(|word| word.replace("%s", link).into()).collect();
                    if !entry.contains("%s") {
                        arguments.push(link.into());
                    }
                    CommandLine { program, arguments }
                }
                None => CommandLine::new("xdg-open", &[link]),
            }
        }
        Mechanism::Electron | Mechanism::GeminiCli | Mechanism::CmdStart => CommandLine::new("xdg-open", &[link]),
    }
}

fn on_macos(mechanism: Mechanism, system: &System, link: &str) -> CommandLine {
    match mechanism {
        Mechanism::ClaudeCode => CommandLine::new(system.variable("BROWSER").unwrap_or("/usr/bin/open"), &[link]),
        // Python up to 3.14 asks AppleScript. The address is our own and has no quote in it.
        Mechanism::Python => CommandLine::new("/usr/bin/osascript", &["-e", &format!("open location \"{link}\"")]),
        _ => CommandLine::new("/usr/bin/open", &[link]),
    }
}

fn on_windows(mechanism: Mechanism, system: &System, link: &str) -> CommandLine {
    let windows = system.variable("SystemRoot").unwrap_or("C:\\Windows").to_owned();
    let powershell = format!("{windows}\\System32\\WindowsPowerShell\\v1.0\\powershell.exe");
    match mechanism {
        Mechanism::NpmOpen => {
            let script: Vec<u8> = format!("Start \"{link}\"").encode_utf16().flat_map(u16::to_le_bytes).collect();
            let script = STANDARD.encode(script);
            let arguments = ["-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass", "-EncodedCommand", &script];
            CommandLine::new(powershell, &arguments)
        }
        Mechanism::GeminiCli => {
            let script = format!("Start-Process '{link}'");
            let arguments = ["-NoProfile", "-NonInteractive", "-WindowStyle", "Hidden", "-Command", &script];
            CommandLine::new(powershell, &arguments)
        }
        Mechanism::ClaudeCode => match system.variable("BROWSER") {
            Some(browser) => CommandLine::new(browser, &[link]),
            None => CommandLine::new(format!("{windows}\\System32\\rundll32.exe"), &["url,OpenURL", link]),
        },
        // Both end in ShellExecute; this is the program that does it.
        Mechanism::Electron | Mechanism::Python => {
            CommandLine::new(format!("{windows}\\System32\\rundll32.exe"), &["url.dll,FileProtocolHandler", link])
        }
        // The one place where a shell is started, because it is what is being tested: the address is our own and holds
        // nothing that a shell could do harm with.
        Mechanism::CmdStart => CommandLine::new(format!("{windows}\\System32\\cmd.exe"), &["/c", "start", "", link]),
    }
}

/// Whether a command line (arguments parted by zero bytes) is that of a client.
pub fn is_process(client: ClientId, command: &str) -> bool {
    let mut arguments = command.split('\0');
    let program = arguments.next().unwrap_or_default();
    let name = program.rsplit('/').next().unwrap_or_default();
    let is_node = matches!(name, "node" | "nodejs" | "bun");
    let script =
        |wanted: &str| is_node && command.split('\0').skip(1).take(2).any(|argument| argument.contains(wanted));
    match client {
        ClientId::Cursor => matches!(name, "cursor" | "Cursor") || name.starts_with("Cursor-"),
        ClientId::VsCode => matches!(name, "code" | "code-insiders" | "codium"),
        ClientId::ClaudeDesktop | ClientId::ClaudeConnectors => name == "claude-desktop",
        ClientId::ClaudeCode => name == "claude" || script("claude-code"),
        ClientId::Windsurf => name == "windsurf",
        ClientId::Kiro => name == "kiro",
        ClientId::Zed => matches!(name, "zed" | "zed-editor"),
        ClientId::McpRemote => script("mcp-remote"),
        ClientId::McpInspector => script("inspector"),
        ClientId::GeminiCli => name == "gemini" || script("gemini"),
        ClientId::Codex => name == "codex" || script("codex"),
        ClientId::OpenCode => name == "opencode",
        ClientId::Goose => name == "goose",
        ClientId::LmStudio => matches!(name, "lm-studio" | "LM-Studio"),
        _ => false,
    }
}

/// Where clients come back to: the address and its kind.
const WAYS_BACK: &[(ClientId, &str, ReturnWay)] = &[
    (ClientId::VsCode, "http://127.0.0.1:33418/", ReturnWay::FixedPort),
    (ClientId::VsCode, "https://vscode.dev/redirect", ReturnWay::Cloud),
    (ClientId::Cursor, "cursor://anysphere.cursor-mcp/oauth/callback", ReturnWay::Scheme),
    (ClientId::Cursor, "http://localhost:8787/callback", ReturnWay::FixedPort),
    (ClientId::ClaudeConnectors, "https://claude.ai/api/mcp/auth_callback", ReturnWay::Cloud),
    (ClientId::ChatGpt, "https://chatgpt.com/connector_platform_oauth_redirect", ReturnWay::Cloud),
    (ClientId::ClaudeCode, "http://localhost:{port}/callback", ReturnWay::AnyPort),
    (ClientId::McpRemote, "http://localhost:{port}/oauth/callback", ReturnWay::AnyPort),
    (ClientId::FastMcp, "http://127.0.0.1:{port}/callback", ReturnWay::AnyPort),
    (ClientId::Codex, "http://127.0.0.1:{port}/callback", ReturnWay::AnyPort),
    // The Inspector's own page stands on this port, so that it is always taken while it runs.
    (ClientId::McpInspector, "http://localhost:6274/oauth/callback", ReturnWay::AnyPort),
    (ClientId::OpenCode, "http://127.0.0.1:19876/mcp/oauth/callback", ReturnWay::FixedPort),
    (ClientId::McpUse, "http://127.0.0.1:33418/", ReturnWay::FixedPort),
];

/// Where the client comes back to. Without a client: all that have a scheme of their own.
pub fn way_back(client: Option<ClientId>, system: &System) -> Vec<ReturnAddress> {
    WAYS_BACK
        .iter()
        .filter(|(of, _, way)| match client {
            Some(client) => client.signs_in_as() == *of,
            None => *way == ReturnWay::Scheme,
        })
        .map(|(of, uri, way)| {
            let fixed = if *way == ReturnWay::FixedPort { port_in(uri) } else { None };
            ReturnAddress {
                client: *of,
                uri: (*uri).to_owned(),
                way: *way,
                port: fixed.map(|port| loopback::port(port, system)),
            }
        })
        .collect()
}

/// The schemes whose handlers are looked at, beside http and https.
pub fn schemes(client: Option<ClientId>) -> Vec<&'static str> {
    let mut schemes: Vec<&str> = WAYS_BACK
        .iter()
        .filter(|(of, _, way)| *way == ReturnWay::Scheme && client.is_none_or(|client| client == *of))
        .map(|(_, uri, _)| uri.split(':').next().unwrap_or_default())
        .collect();
    // VS Code comes back through its own scheme from vscode.dev.
    if client.is_none_or(|client| client == ClientId::VsCode) {
        schemes.push("vscode");
    }
    schemes
}

fn port_in(uri: &str) -> Option<u16> {
    let authority = uri.split_once("://")?.1.split('/').next()?;
    authority.rsplit_once(':')?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::system::tests::laid_out;
    use super::*;
    use std::path::Path;

    const LINK: &str = "http://127.0.0.1:1/t?a=1&b=2";

    #[test]
    fn each_client_opens_pages_its_own_way() {
        let mut linux = laid_out(SystemKind::Linux, Path::new("/nowhere"));
        let program = |client, system: &System| opens_with(client, system, LINK).map(|command| command.program);
        assert_eq!(program(ClientId::Cursor, &linux).as_deref(), Some("xdg-open"));
        assert_eq!(program(ClientId::Warp, &linux), None, "not known, so nothing is claimed");
        linux.variables.insert("BROWSER".to_owned(), "firefox -P work".to_owned());
        assert_eq!(program(ClientId::ClaudeCode, &linux).as_deref(), Some("firefox -P work"), "as one program");
        assert_eq!(program(ClientId::FastMcp, &linux).as_deref(), Some("xdg-open"), "it is not there");

        let windows = laid_out(SystemKind::Windows, Path::new(""));
        let npm = opens_with(ClientId::McpRemote, &windows, LINK).expect("a way");
        assert!(npm.program.ends_with("powershell.exe"));
        let script = STANDARD.decode(npm.arguments[5].to_str().expect("text")).expect("base64");
        let script: Vec<u16> = script.chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
        assert_eq!(String::from_utf16(&script).expect("text"), format!("Start \"{LINK}\""));
        assert!(program(ClientId::ClaudeCode, &windows).is_some_and(|program| program.ends_with("rundll32.exe")));

        let mac = laid_out(SystemKind::Macos, Path::new("/nowhere"));
        assert_eq!(program(ClientId::FastMcp, &mac).as_deref(), Some("/usr/bin/osascript"));
        assert_eq!(program(ClientId::VsCode, &mac).as_deref(), Some("/usr/bin/open"));
    }

    #[test]
    fn processes_are_told_apart() {
        assert!(is_process(ClientId::McpRemote, "node\0/home/u/.npm/_npx/1/node_modules/.bin/mcp-remote\0https://x\0"));
        assert!(!is_process(ClientId::McpRemote, "vim\0mcp-remote.md\0"));
        assert!(is_process(ClientId::VsCode, "/usr/share/code/code\0--type=zygote\0"));
        assert!(!is_process(ClientId::VsCode, "/usr/bin/codesign\0"));
    }

    #[test]
    fn the_ways_back_have_their_ports_and_schemes() {
        assert_eq!(port_in("http://127.0.0.1:33418/"), Some(33418));
        assert_eq!(port_in("http://localhost:{port}/callback"), None);
        assert_eq!(schemes(Some(ClientId::Cursor)), ["cursor"]);
        assert_eq!(schemes(Some(ClientId::McpRemote)), [""; 0]);
        let system = laid_out(SystemKind::Linux, Path::new("/nowhere"));
        let cloud = way_back(Some(ClientId::ClaudeDesktop), &system);
        assert!(cloud.len() == 1 && cloud[0].way == ReturnWay::Cloud);
    }
}

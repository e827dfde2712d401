//! Secrets are planted in everything that the program reads, and everything that it prints is searched for them.

use std::path::Path;
use std::process::{Command, Stdio};

use canary::{Secretive, canary, leaks, none_of};

mod canary;

#[allow(clippy::disallowed_methods, reason = "the test's own folder")]
fn write(home: &Path, place: &str, text: &str) -> String {
    let file = home.join(place);
    std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
    std::fs::write(&file, text).expect("a file");
    file.to_string_lossy().into_owned()
}

/// Runs the program and returns everything that it printed.
fn printed(words: &[&str]) -> String {
    printed_with(words, &[])
}

/// The same with these variables in its environment.
fn printed_with(words: &[&str], variables: &[(&str, String)]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_mcp-auth-check"))
        .args(words)
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .env("RUST_LOG", "trace")
        .env("RUST_BACKTRACE", "1")
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    let code = output.status.code();
    assert!(matches!(code, Some(0..=2 | 64)), "{words:?} ended with {code:?}");
    format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn nothing_secret_is_printed() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path();
    let server = Secretive::start();
    let plain = server.url();
    let secret_url = plain.replacen("//", &format!("//user:{}@", canary("url-password")), 1);
    let secret_url = format!("{secret_url}?api_key={}", canary("url-query"));
    let config = format!(
        r#"{{"mcpServers": {{
            "one": {{"url": "{secret_url}", "headers": {{"Authorization": "Bearer {}", "X-Api-Key": "{}"}}}},
            "two": {{"command": "npx", "args": ["-y", "mcp-remote@0.1.29", "{plain}", "--header", "Authorization: Bearer {}",
                "--static-oauth-client-info", "{{\"client_id\":\"a\",\"client_secret\":\"{}\"}}"],
                "env": {{"MY_SECRET": "{}", "TOKEN": "{}"}}}}
        }}}}"#,
        canary("config-bearer"),
        canary("config-header"),
        canary("argument"),
        canary("static-secret"),
        canary("config-env"),
        canary("config-env-token"),
    );
    write(home, ".cursor/mcp.json", &config);
    write(home, ".config/Claude/claude_desktop_config.json", &config);
    write(home, "Library/Application Support/Claude/claude_desktop_config.json", &config);
    write(home, "AppData/Roaming/Claude/claude_desktop_config.json", &config);
    let hash = "0123456789abcdef0123456789abcdef";
    for store in [".mcp-auth/mcp-remote-v1", ".mcp-auth/mcp-remote-0.1.29"] {
        let tokens = format!(
            "{{\"access_token\":\"{}\",\"refresh_token\":\"{}\",\"token_type\":\"Bearer\"}}",
            canary("stored-token"),
            canary("stored-refresh")
        );
        write(home, &format!("{store}/{hash}_tokens.json"), &tokens);
        let client = format!("{{\"client_id\":\"a\",\"client_secret\":\"{}\"}}", canary("stored-secret"));
        write(home, &format!("{store}/{hash}_client_info.json"), &client);
        write(home, &format!("{store}/{hash}_code_verifier.txt"), &canary("stored-verifier"));
    }
    let credentials = format!(
        "{{\"mcpOAuth\":{{\"one|1\":{{\"serverName\":\"one\",\"serverUrl\":\"{plain}\",\"accessToken\":\"{}\"}}}}}}",
        canary("claude-code-token")
    );
    write(home, ".claude/.credentials.json", &credentials);
    let token = write(home, "token.txt", &format!("Authorization: Bearer {}\n", canary("given-token")));
    let error = write(
        home,
        "error.txt",
        &format!(
            "Error: HTTP 401 at {plain}?code={}&state={}\nAuthorization: Bearer {}\nCookie: a={}\ninvalid_grant",
            canary("error-code"),
            canary("error-state"),
            canary("error-bearer"),
            canary("error-cookie")
        ),
    );
    let log = write(
        home,
        "client.log",
        &format!(
            "[1] Connecting to {secret_url}\n[1] {{\"access_token\":\"{}\"}}\n[1] invalid_client",
            canary("log-token")
        ),
    );
    let settings = write(
        home,
        ".env",
        &format!(
            "SCALEKIT_ENVIRONMENT_URL=https://acme.scalekit.com\nSCALEKIT_CLIENT_SECRET={}\nEXPECTED_AUDIENCE=x\nDATABASE_PASSWORD={}\n",
            canary("env-secret"),
            canary("env-password")
        ),
    );
    let home = home.to_string_lossy().into_owned();
    let with_all = |url: &str, json: bool| {
        let mut words = vec!["diagnose", url, "--home", &home, "--token-file", &token, "--error-text-file", &error];
        words.extend(["--log", &log, "--env-file", &settings, "--origin", "http://localhost:6274"]);
        words.extend(json.then_some("--json"));
        printed(&words)
    };
    let mut all = Vec::new();
    for url in [&plain, &secret_url] {
        all.push((format!("diagnose {}", url == &secret_url), with_all(url, false)));
        all.push((format!("diagnose --json {}", url == &secret_url), with_all(url, true)));
    }
    for words in [
        vec!["computer", "--home", &home],
        vec!["computer", "--home", &home, "--json"],
        vec!["caches", "list", "--home", &home],
        vec!["caches", "list", "--home", &home, "--json"],
        vec!["token", &token],
        vec!["token", &token, "--json"],
        vec!["token", &token, "--server", &plain, "--json"],
        vec!["diagnose", "--log", &log, "--home", &home],
        vec!["diagnose", "--error-text-file", &error, "--json"],
        vec!["diagnose", &secret_url.replacen("http", "htp", 1)],
        vec!["caches", "clear", "--home", &home, "--yes"],
        vec!["caches", "undo", "--home", &home, "--yes", "--json"],
    ] {
        all.push((words[..2].join(" "), printed(&words)));
    }
    none_of(all.iter().flat_map(|(what, text)| leaks(what, text)).collect());
}

/// What a sign-in is given and what it makes up stays in memory: it is in nothing that is printed, in no argument and in no
/// environment of anything that is started.
#[cfg(target_os = "linux")]
#[test]
fn a_sign_in_tells_nobody_what_it_was_given() {
    for words in [&["--json"][..], &[], &["--json", "--tool", "list_todos"]] {
        for opens in [false, true] {
            let server = Secretive::start();
            let mut all = vec!["diagnose".to_owned(), server.url(), "--sign-in".to_owned()];
            all.extend((!opens).then(|| "--no-browser".to_owned()));
            all.extend(words.iter().map(|&word| word.to_owned()));
            let signed_in = Watched::run(&all, opens);
            assert!(signed_in.went_through, "{}", signed_in.told());
            let mut found = leaks(&all.join(" "), &signed_in.told());
            let verifiers = server.was_sent("code_verifier");
            assert!(!verifiers.is_empty(), "it went to the token: {}", signed_in.told());
            for made_up in verifiers.iter().filter(|made_up| signed_in.told().contains(*made_up)) {
                found.push(format!("{all:?}: the verifier {made_up}"));
            }
            // The state is in the link, which is there to be opened, and nowhere else.
            let state = signed_in.link.split("state=").nth(1).and_then(|rest| rest.split('&').next()).expect("a state");
            if signed_in.printed.contains(state) {
                found.push(format!("{all:?}: the state, in the report"));
            }
            none_of(found);
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_sign_in_at_the_practice_server_tells_nobody_what_it_was_given() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let practice = runtime.block_on(mcp_auth_practice::Practice::start(Default::default())).expect("a server");
    let words = ["diagnose", practice.mcp_url().as_str(), "--sign-in", "--no-browser", "--json"].map(str::to_owned);
    let signed_in = Watched::run(&words, false);
    assert!(signed_in.went_through, "{}", signed_in.told());
    let told = signed_in.told();
    assert!(told.contains("Exchange the code"), "{told}");
    // Its tokens are JWTs, and what it gave out comes from the link.
    let code = signed_in.came_back.split("code=").nth(1).and_then(|rest| rest.split('&').next()).expect("a code");
    for secret in [code, "eyJ"] {
        assert!(!told.contains(secret), "{secret} in {told}");
    }
}

/// A sign-in that was watched from outside while it ran.
#[cfg(target_os = "linux")]
struct Watched {
    printed: String,
    said: String,
    /// Arguments and environments of the program and of everything that it started.
    seen_from_outside: String,
    link: String,
    /// Where the browser was sent back to.
    came_back: String,
    went_through: bool,
}

#[cfg(target_os = "linux")]
impl Watched {
    fn run(words: &[String], opens: bool) -> Self {
        use std::io::{BufRead as _, BufReader, Read as _};
        let folder = tempfile::tempdir().expect("a folder");
        // What opens links on this system: it writes down what it is given, and opens nothing.
        let recorded = folder.path().join("recorded");
        let opener = write(
            folder.path(),
            "xdg-open",
            "#!/bin/sh\n{ printf '%s\\n' \"$@\"; env; cat /proc/$PPID/cmdline; } >> \"${0%/*}/recorded\"\n",
        );
        set_executable(&opener);
        let path = format!("{}:/usr/bin:/bin", folder.path().display());
        let mut child = Command::new(env!("CARGO_BIN_EXE_mcp-auth-check"))
            .args(words)
            .env("PATH", path)
            .env("RUST_LOG", "trace")
            .env("RUST_BACKTRACE", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let process = child.id();
        let (mut printed, said) = (child.stdout.take().expect("a pipe"), child.stderr.take().expect("a pipe"));
        let (tell, told) = std::sync::mpsc::channel();
        let listening = std::thread::spawn(move || {
            let mut all = String::new();
            for line in BufReader::new(said).lines().map_while(Result::ok) {
                if let Some(link) = line.trim().strip_prefix("Link:") {
                    let _ = tell.send(link.trim().to_owned());
                }
                all.push_str(&line);
                all.push('\n');
            }
            all
        });
        let reading = std::thread::spawn(move || {
            let mut all = String::new();
            let _ = printed.read_to_string(&mut all);
            all
        });
        let mut seen = seen_of(process);
        let link = told.recv().unwrap_or_default();
        seen.push_str(&seen_of(process));
        let follows = link.clone();
        let following = std::thread::spawn(move || canary::follow(&follows));
        while child.try_wait().expect("a child").is_none() {
            seen.push_str(&seen_of(process));
            std::thread::yield_now();
        }
        let followed = following.join().expect("it was followed");
        if opens {
            let wrote = std::fs::read_to_string(&recorded).unwrap_or_default();
            assert!(wrote.contains("code_challenge="), "the opener was asked: {wrote}");
            seen.push_str(&wrote);
        }
        let (page, came_back) = followed.unwrap_or_default();
        Self {
            printed: reading.join().expect("its output"),
            said: listening.join().expect("its progress"),
            seen_from_outside: seen,
            went_through: page.contains("came back to this computer"),
            link,
            came_back,
        }
    }

    fn told(&self) -> String {
        format!("{}\n{}\n{}", self.printed, self.said, self.seen_from_outside)
    }
}

/// The arguments and environments of a process and of its children, as everybody on this computer may see them.
#[cfg(target_os = "linux")]
fn seen_of(process: u32) -> String {
    let mut processes = vec![process.to_string()];
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    for thread in threads {
        let children = std::fs::read_to_string(thread.path().join("children")).unwrap_or_default();
        processes.extend(children.split_whitespace().map(str::to_owned));
    }
    let files =
        processes.iter().flat_map(|process| ["cmdline", "environ"].map(|file| format!("/proc/{process}/{file}")));
    let read = |file: String| std::fs::read(file).map(|bytes| String::from_utf8_lossy(&bytes).replace('\0', "\n"));
    files.filter_map(|file| read(file).ok()).collect()
}

#[cfg(target_os = "linux")]
#[allow(clippy::disallowed_methods, reason = "the test's own folder")]
fn set_executable(file: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755)).expect("it may be run");
}

/// What is in memory when the program crashes is not written to the disk, whatever the limits of its shell.
#[cfg(target_os = "linux")]
#[test]
fn a_crash_leaves_nothing_of_its_memory_on_the_disk() {
    use std::io::{BufRead as _, BufReader};
    use std::os::unix::process::ExitStatusExt as _;
    let folder = tempfile::tempdir().expect("a folder");
    let mut child = Command::new("/bin/sh")
        .args(["-c", "ulimit -c unlimited 2>/dev/null; exec \"$0\" practice", env!("CARGO_BIN_EXE_mcp-auth-check")])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("it says where it is");
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", child.id())).expect("its limits");
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).expect("one of them");
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
    let kill = Command::new("kill").args(["-ABRT", &child.id().to_string()]).status().expect("it is sent");
    assert!(kill.success());
    let end = child.wait().expect("it ends");
    assert!(end.signal().is_some() && !end.core_dumped(), "{end:?}");
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0, "something was written");
}

/// The words about the browser come from a system full of secrets.
#[test]
fn what_is_told_of_the_browser_holds_no_secret_of_this_system() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path();
    let entry = format!("[Desktop Entry]\nType=Application\nName=A\nExec=/bin/false --token={} %u\n", canary("exec"));
    write(home, ".local/share/applications/a.desktop", &entry);
    let chosen = "[Default Applications]\nx-scheme-handler/http=a.desktop\nx-scheme-handler/https=a.desktop\n";
    write(home, ".config/mimeapps.list", chosen);
    write(home, ".config/kdeglobals", &format!("[General]\nBrowserApplication=!x --password={}\n", canary("kde")));
    let settings = format!("{{\"terminal.integrated.env.linux\": {{\"API_TOKEN\": \"{}\"}}}}", canary("settings"));
    write(home, ".config/Code/User/settings.json", &settings);
    let proxy = format!("http://me:{}@proxy.example:3128", canary("proxy"));
    let variables = [
        ("BROWSER", format!("/bin/false --password={} %s", canary("browser"))),
        ("HTTP_PROXY", proxy.clone()),
        ("HTTPS_PROXY", proxy.clone()),
        ("http_proxy", proxy.clone()),
        ("all_proxy", proxy),
        ("MCP_TOKEN", canary("token")),
        ("SSH_CONNECTION", canary("ssh")),
        ("DBUS_SESSION_BUS_ADDRESS", format!("unix:path=/nowhere/{},guid={}", canary("bus"), canary("guid"))),
        ("GITHUB_TOKEN", canary("github")),
        ("DISPLAY", String::new()),
        ("XDG_CURRENT_DESKTOP", format!("secret={}", canary("desktop"))),
    ];
    let home = home.to_string_lossy().into_owned();
    let mut found = Vec::new();
    for client in [None, Some("cursor"), Some("claude-code")] {
        for more in [&[][..], &["--json"], &["--launch", "--timeout", "1"], &["--launch", "--timeout", "1", "--json"]] {
            let mut words = vec!["browser", "--home", &home];
            words.extend(client.iter().flat_map(|&client| ["--client", client]));
            words.extend(more);
            found.extend(leaks(&words.join(" "), &printed_with(&words, &variables)));
        }
    }
    none_of(found);
}

//! Secrets are planted in everything that the program reads, and everything that it prints is searched for them.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

/// How every planted secret begins; the rest says where it was planted.
const CANARY: &str = "c4n4ry";

fn canary(place: &str) -> String {
    format!("{CANARY}{}0123456789abcdef", place.replace('-', ""))
}

/// A server that says secrets, and says back what it was sent.
fn server() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || answer(stream, port));
        }
    });
    port
}

fn answer(mut stream: TcpStream, port: u16) -> std::io::Result<()> {
    let mut asked = vec![0; 16 * 1024];
    let count = stream.read(&mut asked)?;
    let asked = String::from_utf8_lossy(&asked[..count]).into_owned();
    let path = asked.split(' ').nth(1).unwrap_or_default();
    let home = format!("http://127.0.0.1:{port}");
    let sent = asked.lines().find(|line| line.to_ascii_lowercase().starts_with("authorization:")).unwrap_or_default();
    let (status, body) = if path.starts_with("/.well-known/oauth-protected-resource") {
        (200, format!("{{\"resource\":\"{home}/mcp\",\"authorization_servers\":[\"{home}\"]}}"))
    } else if path.starts_with("/.well-known/") {
        let members =
            ["authorization", "token", "registration"].map(|name| format!("\"{name}_endpoint\":\"{home}/{name}\""));
        (200, format!("{{\"issuer\":\"{home}\",{},\"response_types_supported\":[\"code\"]}}", members.join(",")))
    } else if path.starts_with("/token") {
        (
            200,
            format!(
                "{{\"access_token\":\"{}\",\"refresh_token\":\"{}\"}}",
                canary("answered-token"),
                canary("answered-refresh")
            ),
        )
    } else {
        let words =
            format!("{{\"error\":\"invalid_token\",\"client_secret\":\"{}\",\"you_sent\":\"{sent}\"}}", canary("body"));
        (401, words)
    };
    let answer = format!(
        "HTTP/1.1 {status} So\r\nset-cookie: session={}; Path=/\r\nx-api-key: {}\r\nwww-authenticate: Bearer error=\"invalid_token\", \
         error_description=\"token={} is not known\", resource_metadata=\"{home}/.well-known/oauth-protected-resource/mcp\"\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        canary("cookie"),
        canary("answered-header"),
        canary("challenge"),
        body.len()
    );
    stream.write_all(answer.as_bytes())
}

#[allow(clippy::disallowed_methods, reason = "the test's own folder")]
fn write(home: &Path, place: &str, text: &str) -> String {
    let file = home.join(place);
    std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
    std::fs::write(&file, text).expect("a file");
    file.to_string_lossy().into_owned()
}

/// Runs the program and returns everything that it printed.
fn printed(words: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_mcp-auth-check"))
        .args(words)
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
    let plain = format!("http://127.0.0.1:{}/mcp", server());
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
    let mut leaks = Vec::new();
    for (what, text) in &all {
        for (at, _) in text.match_indices(CANARY) {
            let line = text[..at].lines().last().unwrap_or_default();
            let before: String = line.chars().rev().take(60).collect::<Vec<_>>().into_iter().rev().collect();
            let found: String = text[at..].chars().take(30).collect();
            leaks.push(format!("{what}: {before}{found}"));
        }
    }
    leaks.sort();
    leaks.dedup();
    assert!(leaks.is_empty(), "{} leaks:\n{}", leaks.len(), leaks.join("\n"));
}

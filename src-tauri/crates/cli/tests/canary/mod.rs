//! A server and its sign-in service that say secrets wherever they can, and say back what they are sent. Everything that a
//! program of ours prints, keeps or hands on about them is searched for these secrets.
//!
//! Shared by the tests of the command line, of the window's commands (`src-tauri/tests`) and of the engine (`tests/hostile`).
#![allow(dead_code, reason = "each test uses its own part")]

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// How every planted secret begins; the rest says where it was planted.
pub const CANARY: &str = "c4n4ry";

/// A secret for this place.
pub fn canary(place: &str) -> String {
    format!("{CANARY}{}0123456789abcdef", place.replace('-', ""))
}

/// Where canaries are in a text, with what stands before them.
pub fn leaks(what: &str, text: &str) -> Vec<String> {
    let context = |at: usize| {
        let line = text[..at].lines().last().unwrap_or_default();
        let before: String = line.chars().rev().take(60).collect::<Vec<_>>().into_iter().rev().collect();
        let found: String = text[at..].chars().take(30).collect();
        format!("{what}: {before}{found}")
    };
    text.match_indices(CANARY).map(|(at, _)| context(at)).collect()
}

/// Fails with every place at which a secret was found.
pub fn none_of(mut leaks: Vec<String>) {
    leaks.sort();
    leaks.dedup();
    assert!(leaks.is_empty(), "{} leaks:\n{}", leaks.len(), leaks.join("\n"));
}

/// The server. It serves until the test ends.
pub struct Secretive {
    port: u16,
    bodies: Arc<Mutex<Vec<String>>>,
}

impl Secretive {
    /// Starts it on this computer.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let bodies = Arc::new(Mutex::new(Vec::new()));
        let heard = bodies.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let heard = heard.clone();
                thread::spawn(move || answer(stream, port, &heard));
            }
        });
        Self { port, bodies }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/mcp", self.port)
    }

    /// What was sent under this name in forms: a verifier, for instance, which the program made itself.
    pub fn was_sent(&self, name: &str) -> Vec<String> {
        let bodies = self.bodies.lock().unwrap_or_else(PoisonError::into_inner);
        let pairs = bodies.iter().flat_map(|body| body.split('&')).filter_map(|pair| pair.split_once('='));
        pairs.filter(|(have, _)| *have == name).map(|(_, value)| value.to_owned()).collect()
    }
}

struct Asked {
    method: String,
    target: String,
    head: String,
    body: String,
}

fn read(stream: &mut TcpStream) -> io::Result<Asked> {
    let mut bytes = Vec::new();
    let mut more = |bytes: &mut Vec<u8>| -> io::Result<()> {
        let mut piece = [0; 16 * 1024];
        match stream.read(&mut piece)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            count => {
                bytes.extend_from_slice(&piece[..count]);
                Ok(())
            }
        }
    };
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        more(&mut bytes)?;
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    while bytes.len() < end + 4 + length.unwrap_or(0) {
        more(&mut bytes)?;
    }
    let body = String::from_utf8_lossy(&bytes[end + 4..]).into_owned();
    let mut words = head.split([' ', '\r']).map(str::to_owned);
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    Ok(Asked { method, target, head, body })
}

fn answer(mut stream: TcpStream, port: u16, heard: &Mutex<Vec<String>>) -> io::Result<()> {
    let asked = read(&mut stream)?;
    heard.lock().unwrap_or_else(PoisonError::into_inner).push(asked.body.clone());
    let home = format!("http://127.0.0.1:{port}");
    let (path, query) = asked.target.split_once('?').unwrap_or((&asked.target, ""));
    let sent =
        asked.head.lines().find(|line| line.to_ascii_lowercase().starts_with("authorization:")).unwrap_or_default();
    let mut more = String::new();
    let (status, body) = if path.starts_with("/.well-known/oauth-protected-resource") {
        (200, format!("{{\"resource\":\"{home}/mcp\",\"authorization_servers\":[\"{home}\"]}}"))
    } else if path == "/.well-known/oauth-authorization-server" {
        (200, metadata(&home))
    } else if path == "/keys" {
        // The example of RFC 7517 appendix A.1.
        let key = "{\"kty\":\"EC\",\"crv\":\"P-256\",\"use\":\"sig\",\"kid\":\"1\",\"alg\":\"ES256\",\
                   \"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\",\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\"}";
        (200, format!("{{\"keys\":[{key}]}}"))
    } else if path == "/register" && asked.method == "POST" {
        (201, registered(&home, &asked.body))
    } else if path == "/authorize" && query.contains("redirect_uri=") {
        let value = |name: &str| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.filter(|(have, _)| *have == name).map(|(_, value)| value.to_owned()).next().unwrap_or_default()
        };
        let back = value("redirect_uri").replace("%3A", ":").replace("%2F", "/");
        more = format!("location: {back}?code={}&state={}\r\n", canary("code"), value("state"));
        (302, String::new())
    } else if path == "/token" && asked.body.contains("code_verifier=") {
        (200, tokens("issued"))
    } else if path == "/token" && asked.body.contains("refresh_token=") {
        (200, tokens("renewed"))
    } else if path == "/token" {
        (400, format!("{{\"error\":\"invalid_request\",{}", tokens("refused").trim_start_matches('{')))
    } else if path == "/revoke" || path.starts_with("/registration/") {
        (200, "{}".to_owned())
    } else if sent.contains(CANARY) && asked.body.contains("\"jsonrpc\"") && !asked.body.contains("server/discover") {
        (200, message(&asked.body))
    } else {
        let words =
            format!("{{\"error\":\"invalid_token\",\"client_secret\":\"{}\",\"you_sent\":\"{sent}\"}}", canary("body"));
        (401, words)
    };
    let answer = format!(
        "HTTP/1.1 {status} So\r\n{more}set-cookie: session={}; Path=/\r\nx-api-key: {}\r\nwww-authenticate: Bearer \
         error=\"invalid_token\", error_description=\"token={} is not known\", \
         resource_metadata=\"{home}/.well-known/oauth-protected-resource/mcp\"\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        canary("cookie"),
        canary("answered-header"),
        canary("challenge"),
        body.len()
    );
    stream.write_all(answer.as_bytes())
}

fn metadata(home: &str) -> String {
    let endpoints =
        [("authorization", "authorize"), ("token", "token"), ("registration", "register"), ("revocation", "revoke")]
            .map(|(name, path)| format!("\"{name}_endpoint\":\"{home}/{path}\""));
    format!(
        "{{\"issuer\":\"{home}\",{},\"jwks_uri\":\"{home}/keys\",\"response_types_supported\":[\"code\"],\
         \"grant_types_supported\":[\"authorization_code\",\"refresh_token\"],\"code_challenge_methods_supported\":[\"S256\"],\
         \"token_endpoint_auth_methods_supported\":[\"client_secret_post\",\"client_secret_basic\",\"none\"]}}",
        endpoints.join(",")
    )
}

/// What was asked for, with secrets that only the app may know.
fn registered(home: &str, asked: &str) -> String {
    format!(
        "{{\"client_id\":\"client-1\",\"client_secret\":\"{}\",\"registration_access_token\":\"{}\",\
         \"registration_client_uri\":\"{home}/registration/{}\",{}",
        canary("registered-secret"),
        canary("management-token"),
        "1",
        asked.trim_start().trim_start_matches('{').replacen("\"token_endpoint_auth_method\"", "\"asked_for\"", 1)
    )
}

fn tokens(place: &str) -> String {
    format!(
        "{{\"access_token\":\"{}\",\"refresh_token\":\"{}\",\"id_token\":\"{}\",\"token_type\":\"Bearer\",\"expires_in\":3600}}",
        canary(&format!("{place}-access")),
        canary(&format!("{place}-refresh")),
        canary(&format!("{place}-id"))
    )
}

/// A server that says, where it may, what it was told.
fn message(asked: &str) -> String {
    let id = asked.split("\"id\":").nth(1).and_then(|rest| rest.split([',', '}']).next()).unwrap_or("null");
    let words = format!("secret={}", canary("tool-words"));
    format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{{\"tools\":{{}}}},\
         \"serverInfo\":{{\"name\":\"{words}\",\"version\":\"1\"}},\"instructions\":\"Authorization: Bearer {}\",\
         \"content\":[{{\"type\":\"text\",\"text\":\"{words}\"}}],\
         \"tools\":[{{\"name\":\"list_todos\",\"description\":\"{words}\",\"inputSchema\":{{\"type\":\"object\"}}}}]}}}}",
        canary("instructions")
    )
}

/// Follows a link as a browser does, to where it ends. The last answer and its address come back.
pub fn follow(link: &str) -> io::Result<(String, String)> {
    let mut link = link.to_owned();
    for _ in 0..5 {
        let rest = link.strip_prefix("http://").ok_or(io::ErrorKind::InvalidInput)?;
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let mut stream = TcpStream::connect(host)?;
        write!(stream, "GET /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let location = answer.lines().take_while(|line| !line.is_empty()).find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("location").then(|| value.to_owned())
        });
        match location {
            Some(next) => link = next,
            None => return Ok((answer, link)),
        }
    }
    Err(io::ErrorKind::Other.into())
}

//! The page of our own: a listener on loopback that knows which requests are ours, by a random path for each attempt.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use mcp_auth_diagnosis::browser::Parameters;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;
use url::Url;

/// What came to the listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Came {
    /// The page of an attempt was asked for.
    Page(Asked),
    /// The browser came back to `localhost`.
    Back {
        /// The attempt's token.
        token: String,
    },
    /// Somebody speaks TLS to a plain port.
    Tls {
        /// On the port to which the browser is sent back.
        on_way_back: bool,
    },
}

/// A request for the page of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The attempt's token.
    pub token: String,
    /// It came over IPv6.
    pub ipv6: bool,
    /// What became of the parameters.
    pub parameters: Parameters,
    /// Family and major version of the program.
    pub agent: Option<String>,
    /// It is a page that a person opens. `None`: the program does not say.
    pub navigation: Option<bool>,
}

/// Listens until it is dropped.
pub struct Listener {
    port: u16,
    /// Bound on 127.0.0.1 only, as clients do.
    #[cfg(test)]
    way_back: u16,
    came: mpsc::Receiver<Came>,
    _tasks: JoinSet<()>,
}

/// The path before the token.
const PATH: &str = "/callback-test/";
/// The path of the way back.
const BACK: &str = "/callback-back/";
/// Behind the nonce: what tells whether an address was cut or changed. `$` may stand in a query as it is.
const CANARIES: &str = "&a=1&b=2&d=$x&end=1";

impl Listener {
    /// Opens both ports. The second half of `localhost` is opened where the system has one.
    ///
    /// # Errors
    /// When no program may listen on 127.0.0.1.
    pub async fn open() -> io::Result<Self> {
        let main = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = main.local_addr()?.port();
        let back = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let way_back = back.local_addr()?.port();
        let other_half = TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await.ok();
        let (tell, came) = mpsc::channel(64);
        let mut tasks = JoinSet::new();
        let ports = Ports { main: port, back: way_back };
        for (listener, on_way_back) in [(Some(main), false), (other_half, false), (Some(back), true)] {
            if let Some(listener) = listener {
                tasks.spawn(serve(listener, on_way_back, ports, tell.clone()));
            }
        }
        Ok(Self {
            port,
            #[cfg(test)]
            way_back,
            came,
            _tasks: tasks,
        })
    }

    /// The address of an attempt's page. `with_way_back`: it sends on to `localhost`, as a sign-in service does.
    pub fn link(&self, token: &str, with_way_back: bool) -> String {
        let way = if with_way_back { "l" } else { "n" };
        format!("http://127.0.0.1:{}{PATH}{way}{token}?nonce={token}{CANARIES}", self.port)
    }

    /// The next that comes.
    pub async fn next(&mut self) -> Option<Came> {
        self.came.recv().await
    }

    /// The port to which the browser is sent back.
    #[cfg(test)]
    fn back_port(&self) -> u16 {
        self.way_back
    }
}

#[derive(Debug, Clone, Copy)]
struct Ports {
    main: u16,
    back: u16,
}

async fn serve(listener: TcpListener, on_way_back: bool, ports: Ports, tell: mpsc::Sender<Came>) {
    const MOST: usize = 32;
    let mut calls = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        while calls.try_join_next().is_some() {}
        if calls.len() < MOST {
            calls.spawn(answer(stream, on_way_back, ports, tell.clone()));
        }
    }
}

async fn answer(mut stream: TcpStream, on_way_back: bool, ports: Ports, tell: mpsc::Sender<Came>) {
    const PATIENCE: Duration = Duration::from_secs(5);
    let ipv6 = stream.local_addr().is_ok_and(|address: SocketAddr| address.is_ipv6());
    let Ok(Some(head)) = timeout(PATIENCE, head(&mut stream)).await else { return };
    let (reply, came) = match head {
        Head::Tls => (None, Some(Came::Tls { on_way_back })),
        Head::Http(text) => {
            let (reply, came) = respond(&text, on_way_back, ipv6, ports);
            (Some(reply), came)
        }
    };
    if let Some(reply) = reply {
        // A browser that is gone does not mind.
        let _ = timeout(PATIENCE, stream.write_all(reply.as_bytes())).await;
        let _ = timeout(PATIENCE, stream.shutdown()).await;
    }
    // Told after it was answered: whoever hears of it may stop listening, and the person should see the page.
    if let Some(came) = came {
        let _ = tell.send(came).await;
    }
}

enum Head {
    Tls,
    Http(String),
}

/// The head of a request, up to 16 kB.
async fn head(stream: &mut TcpStream) -> Option<Head> {
    const MOST: usize = 16 * 1024;
    let mut bytes = Vec::new();
    let mut part = [0; 2_048];
    loop {
        let read = stream.read(&mut part).await.ok()?;
        if read == 0 {
            return None;
        }
        bytes.extend_from_slice(&part[..read]);
        // A TLS handshake begins with its record type and version.
        if bytes.len() >= 2 && bytes[0] == 0x16 && bytes[1] == 0x03 {
            return Some(Head::Tls);
        }
        if bytes.windows(4).any(|window| window == b"\r\n\r\n") {
            return Some(Head::Http(String::from_utf8_lossy(&bytes).into_owned()));
        }
        if bytes.len() > MOST {
            return None;
        }
    }
}

/// The answer to a request, and what it means.
fn respond(head: &str, on_way_back: bool, ipv6: bool, ports: Ports) -> (String, Option<Came>) {
    let mut lines = head.split("\r\n");
    let mut first = lines.next().unwrap_or_default().split(' ');
    let (method, target) = (first.next().unwrap_or_default(), first.next().unwrap_or_default());
    let headers: BTreeMap<String, &str> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim()))
        .collect();
    let port = if on_way_back { ports.back } else { ports.main };
    let known_host = headers.get("host").is_some_and(|host| {
        ["127.0.0.1", "localhost", "[::1]"].iter().any(|name| host.eq_ignore_ascii_case(&format!("{name}:{port}")))
    });
    // A page elsewhere that names this address by another host, a favicon, a scanner: not ours.
    if method != "GET" || !known_host {
        return (not_found(), None);
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    if on_way_back {
        return match path.strip_prefix(BACK).filter(|token| is_token(token)) {
            Some(token) => (page(), Some(Came::Back { token: token.to_owned() })),
            None => (not_found(), None),
        };
    }
    let Some(named) = path.strip_prefix(PATH) else { return (not_found(), None) };
    let (way, token) = named.split_at_checked(1).unwrap_or(("", ""));
    if !is_token(token) || !matches!(way, "l" | "n") {
        return (not_found(), None);
    }
    let asked = Asked {
        token: token.to_owned(),
        ipv6,
        parameters: parameters(query, token),
        agent: headers.get("user-agent").and_then(|agent| family(agent)),
        navigation: headers.get("sec-fetch-mode").map(|mode| *mode == "navigate"),
    };
    let reply = if way == "l" { sent_on(&format!("http://localhost:{}{BACK}{token}", ports.back)) } else { page() };
    (reply, Some(Came::Page(asked)))
}

fn is_token(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What became of `?nonce=…&a=1&b=2&d=$x&end=1`.
fn parameters(query: &str, token: &str) -> Parameters {
    let Ok(url) = Url::parse(&format!("http://x/?{query}")) else { return Parameters::Altered };
    let have: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let wanted = [("nonce", token), ("a", "1"), ("b", "2"), ("d", "$x"), ("end", "1")];
    let is = |(name, value): &(String, String), (wanted_name, wanted_value): (&str, &str)| {
        name == wanted_name && value == wanted_value
    };
    if have.len() == wanted.len() && have.iter().zip(wanted).all(|(have, wanted)| is(have, wanted)) {
        return Parameters::Intact;
    }
    // What is there is right and the rest is gone: cut. Anything else is a change.
    let is_beginning = have.len() < wanted.len() && have.iter().zip(wanted).all(|(have, wanted)| is(have, wanted));
    if is_beginning { Parameters::Cut } else { Parameters::Altered }
}

/// Family and major version of a browser, or the first name that another program gives itself.
fn family(agent: &str) -> Option<String> {
    // More particular ones first: they name the general ones as well.
    const FAMILIES: [(&str, &str); 9] = [
        ("HeadlessChrome/", "HeadlessChrome"),
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Vivaldi/", "Vivaldi"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Epiphany/", "GNOME Web"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Version/", "Safari"),
    ];
    let major = |rest: &str| rest.chars().take_while(char::is_ascii_digit).collect::<String>();
    for (mark, name) in FAMILIES {
        if let Some(at) = agent.find(mark) {
            return Some(format!("{name} {}", major(&agent[at + mark.len()..])));
        }
    }
    if agent.starts_with("Mozilla/5.0") {
        return Some("a browser".to_owned());
    }
    None
}

fn not_found() -> String {
    "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned()
}

fn sent_on(place: &str) -> String {
    format!(
        "HTTP/1.1 302 Found\r\nLocation: {place}\r\nCache-Control: no-store\r\nReferrer-Policy: no-referrer\r\n\
         Content-Length: 0\r\nConnection: close\r\n\r\n"
    )
}

/// What the person sees: that it worked, and that nothing more is to be done there.
fn page() -> String {
    const BODY: &str = include_str!("page.html");
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
         Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\nReferrer-Policy: no-referrer\r\n\
         X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n{BODY}",
        BODY.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";
    const PORTS: Ports = Ports { main: 4000, back: 4001 };

    fn get(target: &str, host: &str, more: &str) -> String {
        format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n")
    }

    fn ours() -> String {
        format!("/callback-test/n{TOKEN}?nonce={TOKEN}{CANARIES}")
    }

    #[test]
    fn only_our_path_on_our_host_counts() {
        let came = |head: &str| respond(head, false, false, PORTS).1;
        assert!(matches!(came(&get(&ours(), "127.0.0.1:4000", "")), Some(Came::Page(_))));
        assert!(matches!(came(&get(&ours(), "localhost:4000", "")), Some(Came::Page(_))));
        for (target, host) in [
            ("/favicon.ico", "127.0.0.1:4000"),
            ("/", "127.0.0.1:4000"),
            ("/callback-test/", "127.0.0.1:4000"),
            ("/callback-test/ü", "127.0.0.1:4000"),
            (ours().as_str(), "evil.example:4000"),
            (ours().as_str(), "127.0.0.1:4001"),
        ] {
            assert_eq!(came(&get(target, host, "")), None, "{target} {host}");
        }
        assert_eq!(came(&get(&ours(), "127.0.0.1:4000", "").replace("GET", "POST")), None);
        assert_eq!(came(""), None);
    }

    #[test]
    fn the_way_back_is_a_page_of_its_own() {
        let (reply, _) = respond(&get(&ours().replace("/n", "/l"), "127.0.0.1:4000", ""), false, false, PORTS);
        assert!(reply.contains(&format!("Location: http://localhost:4001/callback-back/{TOKEN}\r\n")), "{reply}");
        let (reply, came) = respond(&get(&format!("/callback-back/{TOKEN}"), "localhost:4001", ""), true, false, PORTS);
        assert_eq!(came, Some(Came::Back { token: TOKEN.to_owned() }));
        assert!(reply.contains("The test worked") && reply.contains("close this tab"));
    }

    #[test]
    fn cut_and_changed_addresses_are_told_apart() {
        let told = |query: &str| parameters(query, TOKEN);
        assert_eq!(told(&format!("nonce={TOKEN}{CANARIES}")), Parameters::Intact);
        assert_eq!(told(&format!("nonce={TOKEN}&a=1&b=2&d=%24x&end=1")), Parameters::Intact);
        assert_eq!(told(&format!("nonce={TOKEN}")), Parameters::Cut);
        assert_eq!(told(""), Parameters::Cut);
        assert_eq!(told(&format!("nonce={TOKEN}&a=1&b=2&d=&end=1")), Parameters::Altered);
        assert_eq!(told(&format!("nonce={TOKEN}&amp;a=1")), Parameters::Altered);
    }

    #[test]
    fn browsers_are_named_by_family_and_major_version_only() {
        let chrome =
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.8078.79 Safari/537.36";
        assert_eq!(family(chrome).as_deref(), Some("Chrome 156"));
        assert_eq!(family(&format!("{chrome} Edg/156.0.1")).as_deref(), Some("Edge 156"));
        assert_eq!(family(&chrome.replace("Chrome", "HeadlessChrome")).as_deref(), Some("HeadlessChrome 156"));
        assert_eq!(
            family("Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0").as_deref(),
            Some("Firefox 150")
        );
        assert_eq!(family("curl/8.1"), None);
    }

    async fn ask(port: u16, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.expect("a connection");
        stream.write_all(bytes).await.expect("a request");
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer).await;
        answer
    }

    #[tokio::test]
    async fn the_listener_tells_what_came() {
        let mut listener = Listener::open().await.expect("ports");
        let link = Url::parse(&listener.link(TOKEN, true)).expect("an address");
        let target = format!("{}?{}", link.path(), link.query().expect("parameters"));
        let host = format!("127.0.0.1:{}", listener.port);
        let answer = ask(listener.port, get(&target, &host, "User-Agent: Mozilla/5.0\r\n").as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 302"));
        let Some(Came::Page(asked)) = listener.next().await else { panic!("nothing came") };
        assert_eq!((asked.token.as_str(), asked.parameters), (TOKEN, Parameters::Intact));

        ask(listener.back_port(), &[0x16, 0x03, 0x01, 0x00, 0x05]).await;
        assert_eq!(listener.next().await, Some(Came::Tls { on_way_back: true }));
    }
}

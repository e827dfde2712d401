//! Where requests may go. A server out in the public names addresses on this computer, in every spelling and at every place
//! where a document can name one; a trap listens there and counts. And what is secret never goes to another origin.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use mcp_auth_diagnosis::evidence::{Evidence, NoAnswerKind};
use mcp_auth_diagnosis::redact::Secret;
use mcp_auth_diagnosis::subject::Subject;
use mcp_auth_probes::{ProbeConfig, ProbePlan, Resolver, Web};
use mcp_auth_sign_in::{NotPossible, Whole, Wish};
use mcp_auth_tests::scripted::{Reserved, Route, Scripted, route};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::signing_in::browser;
use crate::world::{TOKEN, World};

/// A name that stands for a server in the public: it has an address here, where it can be called, and one elsewhere, so that
/// it belongs to no place.
const PUBLIC: &str = "mcp.public.example";
/// Names that lead to this computer.
const INSIDE: [&str; 2] = ["inside.example", "half-inside.example"];

/// Every spelling of an address on this computer or next to it. `{port}` is the trap's.
const SPELLINGS: [&str; 24] = [
    "http://127.0.0.1:{port}",
    "http://127.0.0.1.:{port}",
    "http://127.1:{port}",
    "http://127.255.255.254:{port}",
    "http://2130706433:{port}",
    "http://0x7f000001:{port}",
    "http://0x7f.1:{port}",
    "http://0177.0.0.1:{port}",
    "http://①②⑦.⓪.⓪.①:{port}",
    "http://0.0.0.0:{port}",
    "http://0:{port}",
    "http://[::1]:{port}",
    "http://[::]:{port}",
    "http://[::ffff:127.0.0.1]:{port}",
    "http://[::ffff:7f00:1]:{port}",
    "http://[::127.0.0.1]:{port}",
    "http://[64:ff9b::7f00:1]:{port}",
    "http://localhost:{port}",
    "http://LOCALHOST.:{port}",
    "http://anything.localhost:{port}",
    "http://inside.example:{port}",
    "http://half-inside.example:{port}",
    "http://mcp.public.example@127.0.0.1:{port}",
    "https://127.0.0.1:{port}",
];

/// Addresses at which no trap can stand here: that nothing is sent has to be seen in the evidence.
const ELSEWHERE: [&str; 12] = [
    "http://10.0.0.1",
    "http://172.16.5.4",
    "http://192.168.1.1",
    "http://100.64.0.1",
    "http://169.254.169.254",
    "http://[fd00:ec2::254]",
    "http://[fe80::1]",
    "http://[::ffff:10.0.0.1]",
    "http://[64:ff9b::a9fe:a9fe]",
    "http://[64:ff9b:1::1]",
    "http://[::ffff:0:10.0.0.1]",
    "http://[2002:a00:1::1]",
];

/// Listens on this computer, in both families, and answers nothing wrong.
struct Trap {
    port: u16,
    connections: Arc<AtomicUsize>,
    heard: Arc<Mutex<Vec<u8>>>,
    serving: Vec<AbortHandle>,
}

impl Trap {
    async fn set() -> Self {
        let first = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).await.expect("a port");
        let port = first.local_addr().expect("an address").port();
        let mut listeners = vec![first];
        // A computer without IPv6 has nothing to trap there.
        listeners.extend(TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, port))).await.ok());
        let (connections, heard) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
        let serving = listeners.into_iter().map(|listener| {
            let (connections, heard) = (connections.clone(), heard.clone());
            let serve = async move {
                while let Ok((mut stream, _)) = listener.accept().await {
                    connections.fetch_add(1, Ordering::SeqCst);
                    let heard = heard.clone();
                    tokio::spawn(async move {
                        let mut bytes = vec![0; 16 * 1024];
                        while let Ok(count @ 1..) = stream.read(&mut bytes).await {
                            heard.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&bytes[..count]);
                            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
                            if stream.write_all(answer).await.is_err() {
                                return;
                            }
                        }
                    });
                }
            };
            tokio::spawn(serve).abort_handle()
        });
        let serving = serving.collect();
        Self { port, connections, heard, serving }
    }

    fn at(&self, spelling: &str) -> String {
        spelling.replace("{port}", &self.port.to_string())
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    fn heard(&self) -> String {
        String::from_utf8_lossy(&self.heard.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl Drop for Trap {
    fn drop(&mut self) {
        self.serving.iter().for_each(AbortHandle::abort);
    }
}

/// Where one document sends its readers.
struct Signposts {
    metadata: String,
    issuer: String,
    keys: String,
    sign_in_page: String,
    token: String,
    registration: String,
    revocation: String,
    management: String,
}

impl Signposts {
    /// Everything at home.
    fn home() -> Self {
        let at = |path: &str| format!("{{mcp}}{path}");
        Self {
            metadata: at("/.well-known/oauth-protected-resource/mcp"),
            issuer: "{mcp}".to_owned(),
            keys: at("/keys"),
            sign_in_page: at("/authorize"),
            token: at("/token"),
            registration: at("/register"),
            revocation: at("/revoke"),
            management: at("/registration/1"),
        }
    }

    /// Everything that need not be at home for the rest to be read, at this origin.
    fn all_to(origin: &str) -> Self {
        let at = |path: &str| format!("{origin}{path}");
        Self {
            metadata: at("/resource"),
            keys: at("/keys"),
            sign_in_page: at("/authorize"),
            token: at("/token"),
            registration: at("/register"),
            revocation: at("/revoke"),
            ..Self::home()
        }
    }

    fn routes(&self, second_issuer: &str) -> Vec<Route> {
        let challenge = format!("Bearer resource_metadata=\"{}\"", self.metadata);
        let tokens =
            json!({"access_token": TOKEN, "token_type": "Bearer", "refresh_token": "refresh-0123456789abcdef"});
        let registered = json!({
            "client_id": "client-of-this-story", "client_secret": "secret-of-this-story-0123456789",
            "token_endpoint_auth_method": "client_secret_basic", "redirect_uris": [],
            "registration_client_uri": self.management, "registration_access_token": "management-0123456789abcdef",
        });
        let resource = json!({"resource": "{mcp}/mcp", "authorization_servers": [self.issuer, second_issuer]});
        let server = json!({
            "issuer": self.issuer, "authorization_endpoint": self.sign_in_page, "token_endpoint": self.token,
            "registration_endpoint": self.registration, "revocation_endpoint": self.revocation, "jwks_uri": self.keys,
            "response_types_supported": ["code"], "code_challenge_methods_supported": ["S256"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "none"],
        });
        let message = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"protocolVersion\":\"2025-11-25\",\"tools\":[]}}";
        vec![
            route("POST", "/mcp", 200, message).when(TOKEN),
            route("*", "/mcp", 401, "{}").with("www-authenticate", challenge),
            route("GET", "/.well-known/oauth-protected-resource*", 200, resource.to_string()),
            route("GET", "/.well-known/oauth-authorization-server", 200, server.to_string()),
            route("POST", "/register", 201, registered.to_string()),
            route("POST", "/token", 200, tokens.to_string()).when("grant_type=authorization_code&redirect"),
            route("POST", "/token", 200, tokens.to_string()).when("refresh_token"),
            route("POST", "/token", 400, "{\"error\":\"invalid_request\"}"),
            route("*", "/revoke", 200, ""),
            route("DELETE", "/registration/1", 204, ""),
            route("*", "/authorize", 400, "<html>"),
            route("*", "/keys", 200, "{\"keys\":[]}"),
        ]
    }
}

/// A server that counts as public, with the world as it sees it.
async fn public(routes: Vec<Route>) -> (Scripted, Url, ProbeConfig) {
    let reserved = Reserved::new().await.expect("a port");
    let port = reserved.origin().expect("an address").parse::<Url>().expect("a URL").port().expect("a port");
    let origin = format!("http://{PUBLIC}:{port}");
    let server = reserved.serve(routes, &origin, &origin).expect("a server");
    let (here, nowhere) = (IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from([240, 0, 0, 1]));
    let mut names = BTreeMap::from([(PUBLIC.to_owned(), vec![here, nowhere])]);
    names.insert(INSIDE[0].to_owned(), vec![here]);
    names.insert(INSIDE[1].to_owned(), vec![nowhere, here]);
    let config = ProbeConfig { use_proxy: false, names, ..ProbeConfig::default() };
    (server, format!("{origin}/mcp").parse().expect("a URL"), config)
}

async fn look(server: Url, config: &ProbeConfig) -> Evidence {
    let subject = Subject { origin: Some("http://localhost:6274".to_owned()), ..Subject::server(server) };
    let plan = ProbePlan::for_subject(&subject);
    mcp_auth_probes::run(subject, plan, config, |_| {}, CancellationToken::new()).await
}

async fn sign_in(server: Url, config: &ProbeConfig) -> Whole {
    let (subject, wish) = (Subject::server(server.clone()), Wish::default());
    let cancel = CancellationToken::new();
    let mut whole = mcp_auth_sign_in::diagnose(subject, &wish, config, &browser(), |_| {}, |_| {}, cancel).await;
    whole.take_back(&Web::new(server, config)).await;
    whole
}

fn refusals(evidence: &Evidence) -> usize {
    let refused =
        |kind: &NoAnswerKind| matches!(kind, NoAnswerKind::PrivateAddress { .. } | NoAnswerKind::NameNotFound);
    evidence.exchanges().iter().filter(|one| one.outcome.as_ref().is_err_and(|silence| refused(&silence.kind))).count()
}

/// A runtime whose clock jumps: an address at which nobody answers costs no time.
fn jumping(story: impl Future<Output = ()>) {
    crate::panics::listen();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    let runtime = runtime.expect("a runtime");
    runtime.block_on(async {
        tokio::spawn(crate::matrix::keep_pace());
        story.await;
    });
    runtime.shutdown_background();
    assert_eq!(crate::panics::of_the_engine(), [""; 0]);
}

#[test]
fn a_public_server_sends_nobody_to_this_computer() {
    jumping(async {
        for spelling in SPELLINGS {
            let trap = Trap::set().await;
            let origin = trap.at(spelling);
            let (_server, url, config) = public(Signposts::all_to(&origin).routes(&origin)).await;
            let evidence = look(url, &config).await;
            assert_eq!((trap.connections(), trap.heard().len()), (0, 0), "{spelling}");
            // What was named is told as refused, or as a name that the system does not know.
            assert!(refusals(&evidence) >= 4, "{spelling}: {} refusals", refusals(&evidence));
        }
    });
}

#[test]
fn a_redirect_leads_nobody_to_this_computer() {
    jumping(async {
        for spelling in SPELLINGS {
            for status in [301, 302, 303, 307, 308] {
                // Each kind is tried in one spelling, each spelling in one kind.
                if status != 307 && spelling != SPELLINGS[0] {
                    continue;
                }
                let trap = Trap::set().await;
                let to = format!("{}/mcp", trap.at(spelling));
                let (_server, url, config) = public(vec![route("*", "*", status, "").with("location", to)]).await;
                look(url, &config).await;
                assert_eq!((trap.connections(), trap.heard().len()), (0, 0), "{status} to {spelling}");
            }
        }
    });
}

#[test]
fn nor_to_its_neighbours() {
    jumping(async {
        for origin in ELSEWHERE {
            let (_server, url, config) = public(Signposts::all_to(origin).routes(origin)).await;
            let evidence = look(url, &config).await;
            assert!(refusals(&evidence) >= 4, "{origin}: {} refusals", refusals(&evidence));
        }
    });
}

#[test]
fn a_sign_in_at_a_public_server_brings_nothing_to_this_computer() {
    jumping(async {
        let trap = Trap::set().await;
        for (at, change) in [
            (|all: &mut Signposts, to: String| all.registration = to) as fn(&mut Signposts, String),
            |all, to| all.token = to,
            |all, to| all.revocation = to,
            |all, to| all.management = to,
        ]
        .into_iter()
        .enumerate()
        {
            for spelling in [SPELLINGS[0], "http://inside.example:{port}", "http://[::ffff:127.0.0.1]:{port}"] {
                let mut all = Signposts::home();
                change(&mut all, format!("{}/x", trap.at(spelling)));
                let (_server, url, config) = public(all.routes("{mcp}")).await;
                let whole = sign_in(url, &config).await;
                // A name of which nobody can say that it means this computer is not sent anything secret in the clear at all.
                let unencrypted =
                    matches!(whole.not_possible, Some(NotPossible::Unencrypted { .. } | NotPossible::NoIntroduction));
                let began = whole.signed_in.is_some() || unencrypted && spelling != SPELLINGS[0];
                assert!(began, "{at}: it did not begin: {:?}", whole.not_possible);
                assert_eq!((trap.connections(), trap.heard().len()), (0, 0), "{at}, {spelling}");
            }
        }
    });
}

#[test]
fn a_server_on_this_computer_may_send_to_this_computer() {
    jumping(async {
        let trap = Trap::set().await;
        let origin = trap.at(SPELLINGS[0]);
        let reserved = Reserved::new().await.expect("a port");
        let home = reserved.origin().expect("an address");
        let _server = reserved.serve(Signposts::all_to(&origin).routes(&origin), &home, &home).expect("a server");
        let config = ProbeConfig { use_proxy: false, ..ProbeConfig::default() };
        look(format!("{home}/mcp").parse().expect("a URL"), &config).await;
        // The trap works: what is allowed arrives.
        assert!(trap.connections() > 0 && trap.heard().contains("GET /keys"), "{}", trap.heard());
    });
}

#[test]
fn the_address_that_was_checked_is_the_one_that_is_called() {
    jumping(async {
        let (reserved, service) = (Reserved::new().await.expect("a port"), Reserved::new().await.expect("a port"));
        let home = reserved.origin().expect("an address");
        let port = service.origin().ok().and_then(|url| url.parse::<Url>().ok()?.port()).expect("a port");
        // In the other family, at the same port, stands what the name means from its second answer on.
        let other = TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, port))).await;
        let issuer = format!("http://fickle.example:{port}");
        let all = Signposts { issuer: issuer.clone(), ..Signposts::all_to(&issuer) };
        let _server = reserved.serve(all.routes(&issuer), &home, &home).expect("a server");
        let service = service.serve(all.routes(&issuer), &home, &home).expect("a server");
        let turns = Arc::new(AtomicUsize::new(0));
        let asked = turns.clone();
        let resolver = Resolver::Own(Arc::new(move |_| match asked.fetch_add(1, Ordering::SeqCst) {
            0 => vec![Ipv4Addr::LOCALHOST.into()],
            _ => vec![Ipv6Addr::LOCALHOST.into()],
        }));
        let config = ProbeConfig { use_proxy: false, resolver, ..ProbeConfig::default() };
        let evidence = look(format!("{home}/mcp").parse().expect("a URL"), &config).await;
        assert_eq!(turns.load(Ordering::SeqCst), 1, "the name was looked up again");
        assert!(evidence.server_metadata().is_some(), "the first answer was good");
        assert!(service.asked().iter().any(|one| one.path == "/keys"));
        if let Ok(other) = other {
            let nobody = tokio::time::timeout(std::time::Duration::from_millis(1), other.accept()).await;
            assert!(nobody.is_err(), "the second answer was called");
        }
    });
}

/// The documents that tell where the rest is, and what they may hold.
const DOCUMENTS: [&str; 3] =
    ["/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-authorization-server", "/keys"];
/// Where something is handed over.
const FORMS: [&str; 3] = ["/register", "/token", "/revoke"];

/// A server on this computer whose answers begin with these.
async fn at_home(first: Vec<Route>) -> (Scripted, Url) {
    let reserved = Reserved::new().await.expect("a port");
    let home = reserved.origin().expect("an address");
    let routes = first.into_iter().chain(Signposts::home().routes("{mcp}")).collect();
    let server = reserved.serve(routes, &home, &home).expect("a server");
    (server, format!("{home}/mcp").parse().expect("a URL"))
}

#[test]
fn a_document_that_moved_is_fetched_within_its_origin_and_nowhere_else() {
    jumping(async {
        let config = ProbeConfig { use_proxy: false, token: Some(Secret::new(TOKEN)), ..ProbeConfig::default() };
        for document in DOCUMENTS {
            let right =
                Signposts::home().routes("{mcp}").into_iter().find(|route| match route.path.strip_suffix('*') {
                    Some(start) => document.starts_with(start),
                    None => document == route.path,
                });
            let body = right.expect("the document").answer.body;
            for status in [301, 302, 303, 307, 308] {
                let moved = |to: &str| route("GET", document, status, "").with("location", to);
                // Within the origin, however it is written; the token does not go along.
                for to in ["{mcp}/moved", "/moved"] {
                    let (server, url) = at_home(vec![moved(to), route("GET", "/moved", 200, body.clone())]).await;
                    look(url, &config).await;
                    let asked = server.asked();
                    let there = asked.iter().find(|one| one.path == "/moved").expect("it is fetched where it is now");
                    assert!(!there.head.contains("authorization:"), "{document}: {}", there.head);
                }
                // In circles: an end comes soon.
                let (server, url) =
                    at_home(vec![moved("/round"), route("GET", "/round", status, "").with("location", document)]).await;
                look(url, &config).await;
                let rounds = server.asked().iter().filter(|one| one.path == "/round").count();
                assert!(rounds <= 6, "{document}: {rounds} rounds");
                // To another origin, at once or by a detour.
                let trap = Trap::set().await;
                let away = format!("{}/moved", trap.at(SPELLINGS[0]));
                for to in [away.as_str(), &away.replace("http:", ""), &away.replace("http:", "https:"), "/detour"] {
                    let detour = route("GET", "/detour", status, "").with("location", away.clone());
                    let (_server, url) = at_home(vec![moved(to), detour]).await;
                    look(url, &config).await;
                    assert_eq!((trap.connections(), trap.heard().len()), (0, 0), "{document}, {status} to {to}");
                }
                // From the public to this computer.
                let first = [moved("/detour"), route("GET", "/detour", status, "").with("location", away.clone())];
                let routes = first.into_iter().chain(Signposts::home().routes("{mcp}")).collect();
                let (_server, url, public) = public(routes).await;
                look(url, &ProbeConfig { token: config.token.clone(), ..public }).await;
                assert_eq!((trap.connections(), trap.heard().len()), (0, 0), "{document}, {status} from the public");
            }
        }
    });
}

#[test]
fn what_is_handed_over_is_handed_over_once_and_follows_no_redirect() {
    jumping(async {
        let config = ProbeConfig { use_proxy: false, ..ProbeConfig::default() };
        for form in FORMS {
            for status in [301, 302, 303, 307, 308] {
                let trap = Trap::set().await;
                let away = format!("{}/moved", trap.at(SPELLINGS[0]));
                for to in ["/moved", away.as_str()] {
                    let moved = route("POST", form, status, "").with("location", to);
                    let (server, url) = at_home(vec![moved, route("*", "/moved", 200, "{}")]).await;
                    sign_in(url, &config).await;
                    let asked = server.asked();
                    assert!(asked.iter().any(|one| one.path == form), "{form} was asked");
                    assert!(!asked.iter().any(|one| one.path == "/moved"), "{form}, {status} to {to}");
                    assert_eq!((trap.connections(), trap.heard().len()), (0, 0), "{form}, {status} to {to}");
                }
            }
        }
    });
}

/// Ends the encryption in front of a server on this computer. Its address.
async fn encrypted(behind: u16) -> (String, AbortHandle) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let origin = format!("https://{}", listener.local_addr().expect("an address"));
    let serve = async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut inside = TcpStream::connect((Ipv4Addr::LOCALHOST, behind)).await?;
                let mut outside = TlsAcceptor::from(crate::world::encryption()).accept(stream).await?;
                tokio::io::copy_bidirectional(&mut outside, &mut inside).await
            });
        }
    };
    (origin, tokio::spawn(serve).abort_handle())
}

#[test]
fn what_came_encrypted_goes_nowhere_in_the_clear() {
    jumping(async {
        let config = ProbeConfig {
            use_proxy: false,
            extra_roots_pem: Some(World::roots().to_owned()),
            token: Some(Secret::new(TOKEN)),
            ..ProbeConfig::default()
        };
        let ways = DOCUMENTS.map(|path| ("GET", path)).into_iter().chain(FORMS.map(|path| ("POST", path)));
        for (method, path) in ways {
            for status in [301, 302, 303, 307, 308] {
                let trap = Trap::set().await;
                let reserved = Reserved::new().await.expect("a port");
                let behind = reserved.origin().expect("an address").parse::<Url>().expect("a URL").port();
                let (home, front) = encrypted(behind.expect("a port")).await;
                let away = route(method, path, status, "").with("location", trap.at("http://127.0.0.1:{port}/moved"));
                let routes = std::iter::once(away).chain(Signposts::home().routes("{mcp}")).collect();
                let server = reserved.serve(routes, &home, &home).expect("a server");
                let url: Url = format!("{home}/mcp").parse().expect("a URL");
                if method == "GET" {
                    look(url, &config).await;
                } else {
                    sign_in(url, &ProbeConfig { token: None, ..config.clone() }).await;
                }
                assert!(server.asked().iter().any(|one| one.path == path), "{path} was asked");
                assert_eq!((trap.connections(), trap.heard().len()), (0, 0), "{path}, {status}");
                front.abort();
            }
        }
    });
}

#[test]
fn a_call_that_is_forwarded_into_the_clear_leaves_the_token_behind() {
    jumping(async {
        let trap = Trap::set().await;
        let reserved = Reserved::new().await.expect("a port");
        let behind = reserved.origin().expect("an address").parse::<Url>().expect("a URL").port();
        let (home, front) = encrypted(behind.expect("a port")).await;
        let away = route("*", "/mcp", 307, "").with("location", trap.at("http://127.0.0.1:{port}/mcp"));
        let server = reserved.serve(vec![away], &home, &home).expect("a server");
        let config = ProbeConfig {
            use_proxy: false,
            extra_roots_pem: Some(World::roots().to_owned()),
            token: Some(Secret::new(TOKEN)),
            ..ProbeConfig::default()
        };
        look(format!("{home}/mcp").parse().expect("a URL"), &config).await;
        assert!(!server.asked().is_empty(), "the server was called");
        let heard = trap.heard().to_ascii_lowercase();
        assert!(!heard.contains("authorization:") && !heard.contains(TOKEN), "{heard}");
        front.abort();
    });
}

#[test]
fn a_call_that_is_forwarded_within_its_server_takes_the_token_along() {
    jumping(async {
        let config = ProbeConfig { use_proxy: false, token: Some(Secret::new(TOKEN)), ..ProbeConfig::default() };
        // What changes the call into another one is followed by no app (RFC 9110 section 15.4).
        for (status, goes_along) in [(307, true), (308, true), (301, false), (302, false), (303, false)] {
            let forward = route("*", "/mcp", status, "").with("location", "/mcp/");
            let message = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"protocolVersion\":\"2025-11-25\",\"tools\":[]}}";
            let challenge = "Bearer resource_metadata=\"{mcp}/.well-known/oauth-protected-resource/mcp\"";
            let there = [
                forward,
                route("POST", "/mcp/", 200, message).when(TOKEN),
                route("*", "/mcp/", 401, "{}").with("www-authenticate", challenge),
            ];
            let (server, url) = at_home(there.into()).await;
            look(url, &config).await;
            let asked = server.asked();
            let with_token = |path: &str| asked.iter().any(|one| one.path == path && one.head.contains(TOKEN));
            assert_eq!(with_token("/mcp/"), goes_along, "{status}");
        }
    });
}

#[test]
fn what_is_secret_stays_at_its_origin() {
    jumping(async {
        let trap = Trap::set().await;
        let away = trap.at(SPELLINGS[0]);
        let config = ProbeConfig { use_proxy: false, ..ProbeConfig::default() };
        let serve = async |routes: Vec<Route>| {
            let reserved = Reserved::new().await.expect("a port");
            let home = reserved.origin().expect("an address");
            let server = reserved.serve(routes, &home, &home).expect("a server");
            (server, format!("{home}/mcp").parse::<Url>().expect("a URL"))
        };
        let redirect = |method: &'static str, path: &'static str| {
            route(method, path, 307, "").with("location", format!("{away}/away"))
        };
        // The call with the token is forwarded to another origin.
        let mut routes = Signposts::home().routes("{mcp}");
        routes.insert(0, redirect("POST", "/mcp").when(TOKEN));
        let (server, url) = serve(routes).await;
        look(url, &ProbeConfig { token: Some(Secret::new(TOKEN)), ..config.clone() }).await;
        assert!(server.asked().iter().any(|one| one.head.contains(TOKEN)), "the token was sent to its server");
        // Every call is: then not even the first goes along with one.
        let (_server, url) = serve(vec![redirect("*", "*")]).await;
        look(url, &ProbeConfig { token: Some(Secret::new(TOKEN)), ..config.clone() }).await;
        assert!(trap.connections() > 0, "a redirect within this computer is followed, without anything secret");
        // The endpoints of a sign-in forward what they are sent; the address of the registration is elsewhere.
        for path in ["/token", "/register", "/revoke"] {
            let mut routes = Signposts::home().routes("{mcp}");
            routes.insert(0, redirect("POST", path));
            let (_server, url) = serve(routes).await;
            sign_in(url, &config).await;
        }
        let all = Signposts { management: format!("{away}/registration/1"), ..Signposts::home() };
        let (_server, url) = serve(all.routes("{mcp}")).await;
        let whole = sign_in(url, &config).await;
        assert!(whole.signed_in.is_some_and(|signed_in| signed_in.reading.stopped.is_none()));

        let heard = trap.heard().to_ascii_lowercase();
        for secret in [
            "authorization:",
            TOKEN,
            "refresh-0123",
            "management-0123",
            "secret-of-this-story",
            "code=",
            "code_verifier",
        ] {
            assert!(!heard.contains(secret), "{secret} went to another origin:\n{heard}");
        }
    });
}

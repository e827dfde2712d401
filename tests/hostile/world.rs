//! A small server and its sign-in service, right in everything, that turns bad in one way at one hop. Every endpoint has a
//! listener of its own, so that even a refused connection hits one hop alone.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use url::Url;

use crate::faults::{self, Fault, play};

/// The access token that the server takes. It cannot be read from outside.
pub const TOKEN: &str = "opaque-access-token-0123456789abcdef";

/// One request of the way, by what it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hop {
    // Of a diagnosis.
    Endpoint,
    HeaderMetadata,
    PathMetadata,
    RootMetadata,
    OauthMetadata,
    OidcMetadata,
    Keys,
    SignInPage,
    TokenKnock,
    RegistrationKnock,
    Preflight,
    WithToken,
    ToolsList,
    // Of a sign-in.
    Register,
    Exchange,
    Refresh,
    Revoke,
}

/// A listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Mcp,
    Metadata,
    Issuer,
    Keys,
    SignInPage,
    Token,
    Registration,
    Revocation,
}

const PLACES: [Place; 8] = [
    Place::Mcp,
    Place::Metadata,
    Place::Issuer,
    Place::Keys,
    Place::SignInPage,
    Place::Token,
    Place::Registration,
    Place::Revocation,
];

impl Hop {
    /// The listener that serves nothing else, when there is one.
    pub fn alone_at(self) -> Option<Place> {
        match self {
            Self::Endpoint => Some(Place::Mcp),
            Self::HeaderMetadata => Some(Place::Metadata),
            Self::OauthMetadata => Some(Place::Issuer),
            Self::Keys => Some(Place::Keys),
            Self::SignInPage => Some(Place::SignInPage),
            Self::TokenKnock | Self::Exchange => Some(Place::Token),
            Self::RegistrationKnock | Self::Register => Some(Place::Registration),
            Self::Revoke => Some(Place::Revocation),
            _ => None,
        }
    }
}

/// What happened to the fault.
#[derive(Debug, Default)]
pub struct Hits {
    played: AtomicUsize,
    wrote: AtomicUsize,
    /// The most that one connection took.
    most: AtomicUsize,
}

impl Hits {
    /// How often the fault was played.
    pub fn played(&self) -> usize {
        self.played.load(Ordering::Relaxed)
    }

    /// The most bytes that one bad answer could get rid of.
    pub fn most(&self) -> usize {
        self.most.load(Ordering::Relaxed)
    }

    /// So many bytes of a bad answer were taken by the system.
    pub fn wrote(&self, bytes: usize) {
        let now = self.wrote.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.most.fetch_max(now, Ordering::Relaxed);
    }
}

/// A right answer.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

impl Reply {
    /// The same, labelled as JSON.
    pub fn json(mut self) -> Self {
        self.headers.retain(|(name, _)| *name != "content-type");
        self.headers.push(("content-type", "application/json".to_owned()));
        self
    }

    /// Everything before the length.
    pub fn head(&self) -> String {
        let mut head = format!("HTTP/1.1 {} So\r\n", self.status);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        // What a web page of any origin needs, so that only the fault is in its way.
        head.push_str("access-control-allow-origin: *\r\naccess-control-expose-headers: www-authenticate, mcp-session-id, mcp-protocol-version\r\n");
        head
    }
}

fn reply(status: u16, body: &Value) -> Reply {
    Reply { status, body: body.to_string(), ..Reply::default() }.json()
}

/// The running servers. Dropping it stops them.
pub struct World {
    origins: [String; 8],
    pub hits: Arc<Hits>,
    _serving: JoinSet<()>,
}

#[derive(Clone)]
struct Setting {
    hop: Hop,
    fault: Option<Fault>,
    origins: [String; 8],
}

impl World {
    /// Starts everything, bad in one way at one hop; without a fault it is right.
    pub async fn start(hop: Hop, fault: Option<Fault>) -> io::Result<Self> {
        let of_listener = fault.filter(|fault| Fault::OF_LISTENER.contains(fault));
        let mut listeners = Vec::new();
        for _ in PLACES {
            let socket = TcpSocket::new_v4()?;
            // A small buffer, so that what a server gets rid of is what its client took.
            socket.set_send_buffer_size(32 * 1024)?;
            socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
            listeners.push(socket.listen(64)?);
        }
        let mut origins: [String; 8] = Default::default();
        for (at, (place, listener)) in PLACES.into_iter().zip(&listeners).enumerate() {
            let bad = of_listener.is_some_and(Fault::over_tls) && hop.alone_at() == Some(place);
            let scheme = if bad { "https" } else { "http" };
            origins[at] = format!("{scheme}://{}", listener.local_addr()?);
        }
        let setting = Setting { hop, fault, origins: origins.clone() };
        let hits: Arc<Hits> = Arc::default();
        let mut serving = JoinSet::new();
        for (place, listener) in PLACES.into_iter().zip(listeners) {
            let bad = of_listener.filter(|_| hop.alone_at() == Some(place));
            if bad == Some(Fault::Refuse) {
                hits.played.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            serving.spawn(serve(listener, place, bad, setting.clone(), hits.clone()));
        }
        Ok(Self { origins, hits, _serving: serving })
    }

    /// The address to type.
    pub fn url(&self) -> Url {
        format!("{}/mcp", self.origins[0]).parse().expect("a URL")
    }

    /// The authority of the certificates, in PEM.
    pub fn roots() -> &'static str {
        &certificate().0
    }
}

/// The encryption of a server on this computer, with a certificate of that authority.
pub fn encryption() -> Arc<ServerConfig> {
    certificate().1.clone()
}

fn certificate() -> &'static (String, Arc<ServerConfig>) {
    static MADE: OnceLock<(String, Arc<ServerConfig>)> = OnceLock::new();
    MADE.get_or_init(|| {
        let mut authority = rcgen::CertificateParams::new(Vec::new()).expect("parameters");
        authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let authority_key = rcgen::KeyPair::generate().expect("a key");
        let pem = authority.self_signed(&authority_key).expect("a certificate").pem();
        let issuer = rcgen::Issuer::new(authority, authority_key);
        let key = rcgen::KeyPair::generate().expect("a key");
        let leaf = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("parameters");
        let leaf = leaf.signed_by(&key, &issuer).expect("a certificate");
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], key)
            .expect("a certificate that fits its key");
        (pem, Arc::new(config))
    })
}

async fn serve(listener: TcpListener, place: Place, bad: Option<Fault>, setting: Setting, hits: Arc<Hits>) {
    let mut talks = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { return };
        let (setting, hits) = (setting.clone(), hits.clone());
        talks.spawn(async move {
            // How a connection ends is the client's business.
            let _ = match bad {
                None => talk(stream, place, &setting, &hits).await,
                Some(fault) => {
                    hits.played.fetch_add(1, Ordering::Relaxed);
                    let own = Hits::default();
                    let end = if fault == Fault::HttpsToHttp {
                        to_http(stream, place, &setting).await
                    } else {
                        faults::instead_of_serving(fault, stream, &own).await
                    };
                    hits.wrote.fetch_add(own.most(), Ordering::Relaxed);
                    hits.most.fetch_max(own.most(), Ordering::Relaxed);
                    end
                }
            };
        });
        while talks.try_join_next().is_some() {}
    }
}

/// A good certificate, and a way out to where everybody can read along.
async fn to_http(stream: TcpStream, place: Place, setting: &Setting) -> io::Result<()> {
    let mut stream = TlsAcceptor::from(encryption()).accept(stream).await?;
    stream.read(&mut [0; 4096]).await.map(drop)?;
    let at = setting.origin(place).replacen("https:", "http:", 1);
    let answer = format!("HTTP/1.1 307 Over There\r\nlocation: {at}/mcp\r\ncontent-length: 0\r\n\r\n");
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}

async fn talk(mut stream: TcpStream, place: Place, setting: &Setting, hits: &Hits) -> io::Result<()> {
    let mut bytes = Vec::new();
    while let Some(asked) = Asked::read(&mut stream, &mut bytes).await? {
        let hop = setting.hop_of(place, &asked);
        let right = setting.right(hop, &asked);
        if let Some(fault) = setting.fault.filter(|_| hop == Some(setting.hop)) {
            hits.played.fetch_add(1, Ordering::Relaxed);
            let own = Hits::default();
            let end = play(fault, &mut stream, &own, &right, &asked.path, setting.origin(place)).await;
            hits.wrote.fetch_add(own.most(), Ordering::Relaxed);
            hits.most.fetch_max(own.most(), Ordering::Relaxed);
            return end;
        }
        let whole = format!("{}content-length: {}\r\n\r\n{}", right.head(), right.body.len(), right.body);
        stream.write_all(whole.as_bytes()).await?;
    }
    Ok(())
}

/// One request.
struct Asked {
    method: String,
    path: String,
    head: String,
    body: String,
}

impl Asked {
    async fn read(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> io::Result<Option<Self>> {
        let end = loop {
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
            if stream.read_buf(bytes).await? == 0 {
                return Ok(None);
            }
        };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
        });
        let whole = end + 4 + length.unwrap_or(0);
        while bytes.len() < whole {
            if stream.read_buf(bytes).await? == 0 {
                return Ok(None);
            }
        }
        let body = String::from_utf8_lossy(&bytes[end + 4..whole]).into_owned();
        bytes.drain(..whole);
        let mut first = head.split([' ', '\r']);
        let method = first.next().unwrap_or_default().to_owned();
        let path = first.next().unwrap_or_default().split('?').next().unwrap_or_default().to_owned();
        Ok(Some(Self { method, path, head: head.to_ascii_lowercase(), body }))
    }

    fn has_token(&self) -> bool {
        self.head.contains(&format!("authorization: bearer {TOKEN}"))
    }
}

impl Setting {
    fn origin(&self, place: Place) -> &str {
        &self.origins[PLACES.iter().position(|one| *one == place).unwrap_or(0)]
    }

    fn at(&self, place: Place, path: &str) -> String {
        format!("{}{path}", self.origin(place))
    }

    fn hop_of(&self, place: Place, asked: &Asked) -> Option<Hop> {
        // A step of a chain of redirects belongs to where it began.
        if asked.path.starts_with("/step/") {
            return Some(self.hop);
        }
        match (place, asked.path.as_str()) {
            (Place::Mcp, "/mcp") if asked.method == "OPTIONS" => Some(Hop::Preflight),
            (Place::Mcp, "/mcp") if asked.has_token() => {
                Some(if asked.body.contains("tools/list") { Hop::ToolsList } else { Hop::WithToken })
            }
            (Place::Mcp, "/mcp") => Some(Hop::Endpoint),
            (Place::Mcp, "/.well-known/oauth-protected-resource/mcp") => Some(Hop::PathMetadata),
            (Place::Mcp, "/.well-known/oauth-protected-resource") => Some(Hop::RootMetadata),
            (Place::Metadata, "/resource") => Some(Hop::HeaderMetadata),
            (Place::Issuer, "/.well-known/oauth-authorization-server") => Some(Hop::OauthMetadata),
            (Place::Issuer, "/.well-known/openid-configuration") => Some(Hop::OidcMetadata),
            (Place::Keys, _) => Some(Hop::Keys),
            (Place::SignInPage, _) => Some(Hop::SignInPage),
            (Place::Token, _) if asked.body.contains("code=") => Some(Hop::Exchange),
            (Place::Token, _) if asked.body.contains("refresh_token=") => Some(Hop::Refresh),
            (Place::Token, _) => Some(Hop::TokenKnock),
            (Place::Registration, _) if asked.method == "POST" => Some(Hop::Register),
            (Place::Registration, _) => Some(Hop::RegistrationKnock),
            (Place::Revocation, _) => Some(Hop::Revoke),
            _ => None,
        }
    }

    fn right(&self, hop: Option<Hop>, asked: &Asked) -> Reply {
        let absent = || reply(404, &json!({"error": "not found"}));
        let Some(hop) = hop else { return absent() };
        match hop {
            Hop::Preflight => Reply {
                status: 204,
                headers: vec![
                    ("access-control-allow-methods", "GET, POST, DELETE, OPTIONS".to_owned()),
                    (
                        "access-control-allow-headers",
                        "authorization, content-type, last-event-id, mcp-method, mcp-name, mcp-protocol-version, mcp-session-id"
                            .to_owned(),
                    ),
                ],
                body: String::new(),
            },
            Hop::Endpoint => self.challenge(asked),
            Hop::WithToken | Hop::ToolsList => mcp(asked),
            Hop::HeaderMetadata => self.resource_metadata(),
            // Only one of the three copies is there, the one that the story is about.
            Hop::PathMetadata if !matches!(self.hop, Hop::RootMetadata | Hop::HeaderMetadata) => self.resource_metadata(),
            Hop::RootMetadata if self.hop == Hop::RootMetadata => self.resource_metadata(),
            Hop::OauthMetadata if self.hop != Hop::OidcMetadata => self.server_metadata(),
            Hop::OidcMetadata if self.hop == Hop::OidcMetadata => self.server_metadata(),
            Hop::PathMetadata | Hop::RootMetadata | Hop::OauthMetadata | Hop::OidcMetadata => absent(),
            // The example of RFC 7517 appendix A.1.
            Hop::Keys => reply(
                200,
                &json!({"keys": [{
                    "kty": "EC", "crv": "P-256", "use": "sig", "kid": "1", "alg": "ES256",
                    "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
                    "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
                }]}),
            ),
            Hop::SignInPage => Reply {
                status: 400,
                headers: vec![("content-type", "text/html".to_owned())],
                body: "<!doctype html><title>Sign in</title>client_id is missing".to_owned(),
            },
            Hop::TokenKnock => reply(400, &json!({"error": "invalid_request", "error_description": "code is missing"})),
            Hop::RegistrationKnock => Reply {
                status: 204,
                headers: vec![
                    ("allow", "POST, OPTIONS".to_owned()),
                    ("access-control-allow-methods", "POST, OPTIONS".to_owned()),
                    ("access-control-allow-headers", "content-type".to_owned()),
                ],
                body: String::new(),
            },
            Hop::Register => {
                let mut made: Value = serde_json::from_str(&asked.body).unwrap_or_default();
                made["client_id"] = json!("client-of-this-story");
                made["token_endpoint_auth_method"] = json!("none");
                reply(201, &made)
            }
            Hop::Exchange | Hop::Refresh => reply(
                200,
                &json!({
                    "access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600, "scope": "todo:read",
                    "refresh_token": "opaque-refresh-token-0123456789abcdef",
                }),
            ),
            Hop::Revoke => Reply { status: 200, ..Reply::default() },
        }
    }

    fn challenge(&self, asked: &Asked) -> Reply {
        let made_up = asked.head.contains("authorization:");
        let mut challenge = "Bearer ".to_owned();
        if made_up {
            challenge.push_str("error=\"invalid_token\", error_description=\"nobody gave this out\", ");
        }
        let metadata = match self.hop {
            Hop::HeaderMetadata => self.at(Place::Metadata, "/resource"),
            Hop::RootMetadata => self.at(Place::Mcp, "/.well-known/oauth-protected-resource"),
            _ => self.at(Place::Mcp, "/.well-known/oauth-protected-resource/mcp"),
        };
        challenge.push_str(&format!("resource_metadata=\"{metadata}\", scope=\"todo:read\""));
        Reply { headers: vec![("www-authenticate", challenge)], ..reply(401, &json!({"error": "invalid_token"})) }
    }

    fn resource_metadata(&self) -> Reply {
        reply(
            200,
            &json!({
                "resource": self.at(Place::Mcp, "/mcp"),
                "authorization_servers": [self.origin(Place::Issuer)],
                "bearer_methods_supported": ["header"],
                "scopes_supported": ["todo:read"],
            }),
        )
    }

    fn server_metadata(&self) -> Reply {
        reply(
            200,
            &json!({
                "issuer": self.origin(Place::Issuer),
                "authorization_endpoint": self.at(Place::SignInPage, "/authorize"),
                "token_endpoint": self.at(Place::Token, "/token"),
                "registration_endpoint": self.at(Place::Registration, "/register"),
                "revocation_endpoint": self.at(Place::Revocation, "/revoke"),
                "jwks_uri": self.at(Place::Keys, "/keys"),
                "response_types_supported": ["code"],
                "grant_types_supported": ["authorization_code", "refresh_token"],
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["none", "client_secret_basic"],
                "scopes_supported": ["todo:read"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["ES256"],
            }),
        )
    }
}

fn mcp(asked: &Asked) -> Reply {
    let message: Value = serde_json::from_str(&asked.body).unwrap_or_default();
    let id = message["id"].clone();
    let result = match message["method"].as_str().unwrap_or_default() {
        "initialize" => json!({
            "protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": {"name": "world", "version": "1"},
        }),
        "tools/list" => json!({"tools": [{"name": "list_todos", "inputSchema": {"type": "object"}}]}),
        "notifications/initialized" => return Reply { status: 202, ..Reply::default() },
        _ if asked.method == "GET" => return reply(405, &json!({"error": "method not allowed"})),
        _ => {
            let error = json!({"code": -32601, "message": "Method not found"});
            return reply(200, &json!({"jsonrpc": "2.0", "id": id, "error": error}));
        }
    };
    reply(200, &json!({"jsonrpc": "2.0", "id": id, "result": result}))
}

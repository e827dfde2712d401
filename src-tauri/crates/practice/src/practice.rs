//! Starting, asking and stopping the pair of servers.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{
    Approval, Fault, Recorded, Server, Shape, TlsKind, TokenShape,
    authorization::STATIC_CLIENT,
    behaviour::Socket,
    server::Door,
    store::Grant,
    tls::Certificates,
    tokens::{self, Keys},
    world::World,
};

/// How the practice server is set up.
#[derive(Debug, Clone)]
pub struct Options {
    /// What a right answer looks like.
    pub shape: Shape,
    /// The one thing that is wrong.
    pub fault: Option<&'static Fault>,
    /// The port of the MCP server; the authorization server takes the next one if it is free. `None` lets the system choose.
    pub port: Option<u16>,
    /// Whether to listen on `[::1]` as well.
    pub ipv6: bool,
    /// The host in every URL: `localhost` instead of `127.0.0.1`.
    pub by_name: bool,
    /// Added once to every HTTP exchange, before the answer.
    pub latency: Duration,
    /// Whether to speak https, and with which certificate. A fault about certificates switches it on by itself.
    pub tls: Option<TlsKind>,
    /// What the authorization endpoint shows.
    pub approval: Approval,
    /// The scopes that every request needs.
    pub scopes: Vec<String>,
    /// What the MCP server offers.
    pub tools: Vec<Tool>,
}

/// One tool of the MCP server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// What it does.
    pub description: String,
    /// The scope it needs, beside those that every request needs.
    pub scope: Option<String>,
}

impl Default for Options {
    fn default() -> Options {
        let tool = |name: &str, description: &str, scope: &str| Tool {
            name: name.into(),
            description: description.into(),
            scope: Some(scope.into()),
        };
        Options {
            shape: Shape::default(),
            fault: None,
            port: None,
            ipv6: false,
            by_name: false,
            latency: Duration::ZERO,
            tls: None,
            approval: Approval::default(),
            scopes: vec!["todo:read".into()],
            tools: vec![
                tool("list_todos", "Lists what is to do.", "todo:read"),
                tool("add_todo", "Adds something to do.", "todo:write"),
            ],
        }
    }
}

/// Why the practice server could not start or make a token.
#[derive(Debug, thiserror::Error)]
pub enum PracticeError {
    /// The address is taken, or this computer does not have it.
    #[error("could not listen on {address}: {source}")]
    Listen {
        /// The address, with its port (0 for any).
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The keys that sign tokens could not be made.
    #[error("could not make the signing keys: {0}")]
    Keys(String),
    /// A certificate could not be made.
    #[error("could not make a certificate")]
    Certificate(#[from] rcgen::Error),
    /// TLS could not be set up.
    #[error("could not set up TLS")]
    Tls(#[from] rustls::Error),
    /// A token could not be signed.
    #[error("could not sign a token")]
    Token(#[from] jsonwebtoken::errors::Error),
}

/// The running pair. Dropping it stops both.
pub struct Practice {
    world: Arc<World>,
    doors: Vec<watch::Receiver<u64>>,
    stop: CancellationToken,
}

impl Practice {
    /// Starts both servers; they listen when this returns.
    ///
    /// # Errors
    /// When an address is taken, or keys or certificates cannot be made.
    pub async fn start(options: Options) -> Result<Practice, PracticeError> {
        // A second of arithmetic at worst, once in the life of the process: not on the threads that serve.
        let keys =
            tokio::task::spawn_blocking(Keys::get).await.map_err(|error| PracticeError::Keys(error.to_string()))??;
        let https = options.tls.is_some()
            || options.fault.is_some_and(|fault| crate::behaviour::Behaviour(Some(fault)).needs_tls());
        let certificates = if https { Some(Certificates::make()?) } else { None };
        let one_family = options.fault.is_some_and(|fault| {
            crate::behaviour::Behaviour(Some(fault)).socket(Server::Mcp) == Some(Socket::OneFamily)
        });
        let by_name = options.by_name || one_family;

        let mcp = open(Server::Mcp, Ipv4Addr::LOCALHOST.into(), options.port.unwrap_or(0)).await?;
        let auth = match options.port.and_then(|port| port.checked_add(1)) {
            Some(port) => match open(Server::Auth, Ipv4Addr::LOCALHOST.into(), port).await {
                Ok(door) => door,
                Err(_) => open(Server::Auth, Ipv4Addr::LOCALHOST.into(), 0).await?,
            },
            None => open(Server::Auth, Ipv4Addr::LOCALHOST.into(), 0).await?,
        };
        let origin = |door: &Door| {
            let scheme = if https { "https" } else { "http" };
            let host = if by_name { "localhost" } else { "127.0.0.1" };
            format!("{scheme}://{host}:{}", door.address.port())
        };
        let origins = (origin(&mcp), origin(&auth));
        let mut doors = vec![mcp, auth];
        if options.ipv6 || one_family {
            for (server, port) in [(Server::Mcp, doors[0].address.port()), (Server::Auth, doors[1].address.port())] {
                match open(server, Ipv6Addr::LOCALHOST.into(), port).await {
                    Ok(door) => doors.push(door),
                    Err(error) if options.ipv6 => return Err(error),
                    // The fault is that nothing answers there. Without IPv6 nothing does.
                    Err(_) => {}
                }
            }
        }

        let world = World::new(options, origins, keys, certificates);
        let stop = CancellationToken::new();
        let doors = doors.into_iter().map(|door| {
            let (follows, followed) = watch::channel(0);
            tokio::spawn(door.keep(world.clone(), follows, stop.clone()));
            followed
        });
        let practice = Practice { doors: doors.collect(), world, stop };
        // Turn 0 is where the channels start: change nothing once, so that a door that must be shut is shut on return.
        practice.set_fault(practice.fault()).await;
        Ok(practice)
    }

    /// The URL to type into a client; ends in `/mcp`, for the Express shape in `/`.
    pub fn mcp_url(&self) -> Url {
        parsed(&self.world.typed_url())
    }

    /// The issuer of the authorization server, byte by byte as its metadata has it.
    pub fn issuer(&self) -> String {
        self.world.layout().issuer
    }

    /// The root of the authorization server: the environment URL.
    pub fn environment(&self) -> Url {
        parsed(&self.world.auth)
    }

    /// The authority that signed the certificates, in PEM; `None` without TLS.
    pub fn ca_pem(&self) -> Option<&str> {
        self.world.certificates.as_ref().map(|certificates| certificates.ca_pem.as_str())
    }

    /// What is wrong at present.
    pub fn fault(&self) -> Option<&'static Fault> {
        self.world.behaviour().0
    }

    /// Breaks something else, or with `None` mends everything. When it returns, both servers follow. Open connections are
    /// closed; registrations, codes and refresh tokens stay valid. http stays http: a fault about certificates needs
    /// [`Options::tls`] or to be there from the start.
    pub async fn set_fault(&self, fault: Option<&'static Fault>) {
        let turn = self.world.set_fault(fault);
        for door in &self.doors {
            // An error means that the servers are stopped: then there is nothing to wait for.
            let _ = door.clone().wait_for(|followed| *followed >= turn).await;
        }
    }

    /// What was asked so far, in order of arrival.
    pub fn requests(&self) -> Vec<Recorded> {
        self.world.recorded()
    }

    /// Makes a token with every scope, without a sign-in.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn issue_token(&self, shape: TokenShape) -> Result<String, PracticeError> {
        self.issue_token_with(shape, &self.world.resource_scopes().join(" "))
    }

    /// Makes a token with these scopes, separated by spaces.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn issue_token_with(&self, shape: TokenShape, scope: &str) -> Result<String, PracticeError> {
        let grant = Grant { client_id: STATIC_CLIENT.into(), scope: scope.into() };
        tokens::mint(&self.world, shape, &grant)
    }

    /// Makes the token that a sign-in would give at present: good, unless the fault is about the token. It has the scopes
    /// that a client asks for because the server told it to, not those of every tool.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn fresh_token(&self) -> Result<String, PracticeError> {
        let shape = self.world.behaviour().token_shape().unwrap_or(TokenShape::Good);
        self.issue_token_with(shape, &self.world.options.scopes.join(" "))
    }

    /// Serves until cancelled.
    pub async fn serve_until(self, cancel: CancellationToken) {
        cancel.cancelled().await;
        self.shutdown();
    }

    /// Stops both servers and closes their connections.
    pub fn shutdown(self) {
        // Dropping does it.
    }
}

impl Drop for Practice {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn open(server: Server, ip: IpAddr, port: u16) -> Result<Door, PracticeError> {
    let address = SocketAddr::new(ip, port);
    Door::open(server, address).await.map_err(|source| PracticeError::Listen { address, source })
}

fn parsed(url: &str) -> Url {
    Url::parse(url).expect("an origin and a path of our own make a URL")
}

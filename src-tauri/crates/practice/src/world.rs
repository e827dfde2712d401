//! What both servers share: where they stand, what they look like when nothing is wrong, the present fault.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::watch;

use crate::{
    Fault, Options,
    behaviour::{Behaviour, Quirk, Socket},
    record::{Recorded, Server},
    store::Store,
    tls::Certificates,
    tokens::Keys,
};

/// The id that the practice environment gives the MCP server, in the shape of Scalekit's.
pub(crate) const RESOURCE_ID: &str = "res_1234567890";

/// What a right server looks like. All of these but the last are healthy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// Scalekit in front, metadata at the path-aware address, scope in the challenge, both eras.
    #[default]
    Scalekit,
    /// FastMCP: the 401 has no body, nothing but POST is served.
    Fastmcp,
    /// Scalekit's Express sample: endpoint `/`, `realm="OAuth"`, tokens with the environment as issuer.
    Express,
    /// A server of 2025-03-26: it is its own authorization server and knows no resource metadata.
    Legacy,
    /// The Python SDK: it speaks of a bad token although none was sent.
    PythonSdk,
    /// Whoever comes may say hello; only the tools are guarded.
    ToolsGuarded,
    /// No sign-in at all. Not healthy, and not broken either: a verdict of its own.
    Open,
}

/// A shape with its name and a line about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Healthy {
    /// Kebab-case and unique, also among the faults.
    pub name: &'static str,
    /// One line of what it is.
    pub words: &'static str,
    /// The shape to start.
    pub shape: Shape,
}

/// The shapes that must get no finding.
pub fn healthy() -> &'static [Healthy] {
    &[
        Healthy {
            name: "healthy",
            words: "Nothing is wrong: a server signed in through Scalekit.",
            shape: Shape::Scalekit,
        },
        Healthy {
            name: "healthy-fastmcp",
            words: "Nothing is wrong: a server built with FastMCP.",
            shape: Shape::Fastmcp,
        },
        Healthy {
            name: "healthy-express",
            words: "Nothing is wrong: a server like Scalekit's Express sample, at the root of its address.",
            shape: Shape::Express,
        },
        Healthy {
            name: "healthy-legacy",
            words: "Nothing is wrong: a server of early 2025 that signs people in by itself.",
            shape: Shape::Legacy,
        },
        Healthy {
            name: "healthy-python",
            words: "Nothing is wrong: a server built with the Python SDK.",
            shape: Shape::PythonSdk,
        },
        Healthy {
            name: "healthy-tools-guarded",
            words: "Nothing is wrong: a server that lets everybody say hello and guards its tools.",
            shape: Shape::ToolsGuarded,
        },
    ]
}

/// What the authorization endpoint shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Approval {
    /// Nothing: it sends the browser straight back.
    #[default]
    Immediate,
    /// A page with one button.
    Page,
}

/// The present fault, and how often it was changed.
pub(crate) type Turn = (u64, Behaviour);

pub(crate) struct World {
    pub options: Options,
    /// `http://127.0.0.1:PORT` of the MCP server.
    pub mcp: String,
    /// The same of the authorization server: the environment.
    pub auth: String,
    pub keys: &'static Keys,
    pub certificates: Option<Certificates>,
    turn: watch::Sender<Turn>,
    store: Mutex<Store>,
    log: Mutex<Vec<Recorded>>,
    started: Instant,
}

/// Where an authorization server answers.
pub(crate) struct Layout {
    pub issuer: String,
    pub origin: String,
    pub authorize: String,
    pub token: String,
    pub register: String,
    pub revoke: String,
    pub keys: &'static str,
    pub metadata: String,
}

impl World {
    pub fn new(
        options: Options,
        (mcp, auth): (String, String),
        keys: &'static Keys,
        certificates: Option<Certificates>,
    ) -> Arc<World> {
        let turn = watch::Sender::new((0, Behaviour(options.fault)));
        let (store, log) = Default::default();
        Arc::new(World { options, mcp, auth, keys, certificates, turn, store, log, started: Instant::now() })
    }

    pub fn behaviour(&self) -> Behaviour {
        self.turn.borrow().1
    }

    /// Follows the changes of the fault.
    pub fn turns(&self) -> watch::Receiver<Turn> {
        self.turn.subscribe()
    }

    /// Puts another fault in and forgets sessions and counters. Returns the number of this turn.
    pub fn set_fault(&self, fault: Option<&'static Fault>) -> u64 {
        self.store().restart();
        self.turn.send_modify(|turn| *turn = (turn.0 + 1, Behaviour(fault)));
        self.turn.borrow().0
    }

    pub fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn record(&self, of: impl FnOnce(u64) -> Recorded) {
        let at = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.log.lock().unwrap_or_else(PoisonError::into_inner).push(of(at));
    }

    pub fn recorded(&self) -> Vec<Recorded> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Seconds since 1970 by the clock of this server.
    pub fn now(&self, server: Server) -> i64 {
        Timestamp::now().as_second() + self.behaviour().clock(server)
    }

    /// The path of the URL that a user types.
    pub fn typed_path(&self) -> &'static str {
        if self.options.shape == Shape::Express { "/" } else { "/mcp" }
    }

    /// The path at which the endpoint really answers.
    pub fn endpoint_path(&self) -> &'static str {
        self.behaviour().endpoint_path().unwrap_or_else(|| self.typed_path())
    }

    /// The URL that a user types.
    pub fn typed_url(&self) -> String {
        let typed = format!("{}{}", self.mcp, self.typed_path());
        if self.behaviour().socket(Server::Mcp) == Some(Socket::OneFamily) {
            return typed.replace("://localhost:", "://[::1]:").replace("://127.0.0.1:", "://[::1]:");
        }
        typed
    }

    /// The resource identifier (RFC 9728 section 1.2): the URL at which the endpoint really answers.
    pub fn resource(&self) -> String {
        format!("{}{}", self.mcp, self.endpoint_path())
    }

    /// The path of the path-aware resource metadata (RFC 9728 section 3.1).
    pub fn resource_metadata_path(&self) -> String {
        format!("/.well-known/oauth-protected-resource{}", self.endpoint_path().trim_end_matches('/'))
    }

    pub fn layout(&self) -> Layout {
        if self.options.shape == Shape::Legacy {
            return Layout {
                issuer: self.mcp.clone(),
                origin: self.mcp.clone(),
                authorize: "/authorize".into(),
                token: "/token".into(),
                register: "/register".into(),
                revoke: "/revoke".into(),
                keys: "/keys",
                metadata: "/.well-known/oauth-authorization-server".into(),
            };
        }
        Layout {
            issuer: format!("{}/resources/{RESOURCE_ID}", self.auth),
            origin: self.auth.clone(),
            authorize: format!("/resources/{RESOURCE_ID}/oauth/authorize"),
            token: format!("/resources/{RESOURCE_ID}/oauth/token"),
            register: format!("/api/v1/resources/{RESOURCE_ID}/clients:register"),
            revoke: format!("/resources/{RESOURCE_ID}/oauth/revoke"),
            keys: "/keys",
            metadata: format!("/.well-known/oauth-authorization-server/resources/{RESOURCE_ID}"),
        }
    }

    /// The scopes that the server and its tools know.
    pub fn resource_scopes(&self) -> Vec<String> {
        let mut scopes = self.options.scopes.clone();
        for scope in self.options.tools.iter().filter_map(|tool| tool.scope.clone()) {
            if !scopes.contains(&scope) {
                scopes.push(scope);
            }
        }
        scopes
    }

    /// Everything that can be asked for at the authorization server.
    pub fn known_scopes(&self) -> Vec<String> {
        let mut scopes = self.resource_scopes();
        scopes.extend(["openid", "profile", "email", "offline_access"].map(String::from));
        scopes
    }

    /// Fills in a template of the fault table.
    pub fn fill(&self, template: &str) -> String {
        if !template.contains('{') {
            return template.to_owned();
        }
        let host = self.mcp.split_once("://").map_or("", |(_, host)| host);
        template
            .replace("{mcp}", &self.mcp)
            .replace("{host}", host)
            .replace("{auth}", &self.auth)
            .replace("{url}", &self.typed_url())
            .replace("{prm}", &format!("{}{}", self.mcp, self.resource_metadata_path()))
            .replace("{issuer}", &self.layout().issuer)
            .replace("{scope}", &self.options.scopes.join(" "))
    }

    pub fn has(&self, quirk: Quirk) -> bool {
        self.behaviour().has(quirk)
    }
}

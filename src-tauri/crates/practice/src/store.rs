//! What the two servers remember: clients, codes, refresh tokens, sessions. All in memory.

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasher, RandomState},
};

/// A registered client.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub redirect_uris: Vec<String>,
    pub secret: Option<String>,
}

/// What one authorization granted.
#[derive(Clone)]
pub(crate) struct Grant {
    pub client_id: String,
    pub scope: String,
}

/// A code that waits to be exchanged.
#[derive(Clone)]
pub(crate) struct Code {
    pub grant: Grant,
    pub redirect_uri: String,
    /// BASE64URL(SHA256(verifier)); `None` when the authorization went without.
    pub challenge: Option<String>,
    pub resource: Option<String>,
}

#[derive(Default)]
pub(crate) struct Store {
    pub clients: HashMap<String, Client>,
    pub codes: HashMap<String, Code>,
    pub refresh_tokens: HashMap<String, Grant>,
    pub sessions: HashSet<String>,
    /// Whether a client has knocked since the fault was last changed.
    pub warm: bool,
    /// Documents served since then.
    pub fetches: u32,
    /// Messages that the MCP part has answered since then.
    pub messages: u32,
    /// Whether a session was opened since then.
    pub initialized: bool,
    unique: u64,
    random: RandomState,
}

impl Store {
    /// A name nobody has had before and nobody can guess.
    pub fn unique(&mut self, prefix: &str) -> String {
        self.unique += 1;
        let [a, b] = [0u8, 1].map(|half| self.random.hash_one((self.unique, half)));
        format!("{prefix}{a:016x}{b:016x}")
    }

    /// An id in the shape of Scalekit's: digits only.
    pub fn number(&mut self, prefix: &str) -> String {
        self.unique += 1;
        format!("{prefix}{}", self.random.hash_one(self.unique))
    }

    /// What a restart of the servers would forget.
    pub fn restart(&mut self) {
        self.sessions.clear();
        (self.warm, self.fetches, self.messages, self.initialized) = (false, 0, 0, false);
    }
}

//! How a run looks at the world.

use std::collections::BTreeMap;
use std::net::IpAddr;

use mcp_auth_diagnosis::dashboard::Dashboard;
use mcp_auth_diagnosis::redact::Secret;
use mcp_auth_diagnosis::settings::Settings;

use crate::computer::Machine;
use crate::limits::Limits;
use crate::names::Resolver;

/// How a run looks at the world. The default is what the app uses.
#[derive(Debug, Clone)]
pub struct ProbeConfig {
    /// The caps.
    pub limits: Limits,
    /// More roots, in PEM, trusted as if they were a public authority. For the practice server and tests.
    pub extra_roots_pem: Option<String>,
    /// More roots, in PEM, trusted as if they were installed on this computer only, as a company's software does.
    pub private_roots_pem: Option<String>,
    /// Fixed addresses for host names (lower case), before the system's resolver is asked.
    pub names: BTreeMap<String, Vec<IpAddr>>,
    /// Who is asked for every other name.
    pub resolver: Resolver,
    /// Use the proxy that this system is set to use. Never for loopback.
    pub use_proxy: bool,
    /// The user's token as pasted, with whatever stands around it. Giving it is the consent to send it to the server it belongs
    /// to, and nowhere else.
    pub token: Option<Secret>,
    /// The server's settings, as its owner pasted them.
    pub settings: Option<Settings>,
    /// What the dashboard of the sign-in service shows, as its owner copied it.
    pub dashboard: Option<Dashboard>,
    /// The computer whose clients, configs and stores count. `None`: it is not looked at.
    pub machine: Option<Machine>,
}

impl Default for ProbeConfig {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            extra_roots_pem: None,
            private_roots_pem: None,
            names: BTreeMap::new(),
            resolver: Resolver::default(),
            use_proxy: true,
            token: None,
            settings: None,
            dashboard: None,
            machine: None,
        }
    }
}

//! How a run looks at the world.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::limits::Limits;

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
    /// Use the proxy that this system is set to use. Never for loopback.
    pub use_proxy: bool,
}

impl Default for ProbeConfig {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            extra_roots_pem: None,
            private_roots_pem: None,
            names: BTreeMap::new(),
            use_proxy: true,
        }
    }
}

//! Names to addresses: each name is asked once a run, and the address that was checked is the address that is called.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::Url;

use crate::zone::{self, Zone};

/// Why a name gave no address to call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameFault {
    /// The resolver knows no address.
    #[error("{host}: {words}")]
    NotFound {
        /// The name.
        host: String,
        /// What the resolver says.
        words: String,
    },
    /// The address is in a place where this server may not send us.
    #[error("{host} is {address}, which is not reached from a server elsewhere")]
    Refused {
        /// The name, or the address as written.
        host: String,
        /// The address.
        address: IpAddr,
    },
}

/// Gives the addresses of a name.
type Answering = Arc<dyn Fn(&str) -> Vec<IpAddr> + Send + Sync>;

/// Who is asked for the addresses of a name.
#[derive(Clone, Default)]
pub enum Resolver {
    /// The system.
    #[default]
    System,
    /// Something else; it may answer otherwise every time, as a hostile one does.
    Own(Answering),
}

impl fmt::Debug for Resolver {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::System => "System",
            Self::Own(_) => "Own",
        })
    }
}

impl Resolver {
    async fn ask(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        match self {
            Self::System => Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect()),
            Self::Own(answer) => Ok(answer(host)),
        }
    }
}

type Lookup = Shared<BoxFuture<'static, Result<Arc<[IpAddr]>, NameFault>>>;

/// The names of one run.
pub(crate) struct Names {
    fixed: BTreeMap<String, Vec<IpAddr>>,
    resolver: Resolver,
    limit: Duration,
    asked: Mutex<HashMap<String, Lookup>>,
}

impl Names {
    pub fn new(fixed: BTreeMap<String, Vec<IpAddr>>, resolver: Resolver, limit: Duration) -> Self {
        Self { fixed, resolver, limit, asked: Mutex::default() }
    }

    /// The addresses of a name, in the resolver's order.
    pub async fn lookup(&self, host: &str) -> Result<Arc<[IpAddr]>, NameFault> {
        self.shared(&host.to_ascii_lowercase()).await
    }

    /// Where the server that the user typed is.
    pub async fn zone_of(&self, server: &Url) -> Zone {
        let Some(host) = server.host() else { return Zone::Public };
        if let Some(address) = zone::literal(&host) {
            return Zone::of(address);
        }
        match self.lookup(&host.to_string()).await {
            Ok(addresses) => Zone::of_all(&addresses),
            Err(_) => Zone::Public,
        }
    }

    fn shared(&self, host: &str) -> Lookup {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.entry(host.to_owned()).or_insert_with(|| self.start(host.to_owned())).clone()
    }

    fn start(&self, host: String) -> Lookup {
        let fixed = self.fixed.get(&host).cloned();
        let (resolver, limit) = (self.resolver.clone(), self.limit);
        async move {
            let not_found = |words: String| NameFault::NotFound { host: host.clone(), words };
            let found: Vec<IpAddr> = match fixed {
                Some(addresses) => addresses,
                None => match tokio::time::timeout(limit, resolver.ask(&host)).await {
                    Ok(Ok(addresses)) => addresses,
                    Ok(Err(error)) => return Err(not_found(error.to_string())),
                    Err(_) => {
                        return Err(not_found(format!("no answer from the resolver within {} s", limit.as_secs())));
                    }
                },
            };
            let mut addresses: Vec<IpAddr> = Vec::with_capacity(found.len());
            for address in found {
                if !addresses.contains(&address) {
                    addresses.push(address);
                }
            }
            if addresses.is_empty() {
                Err(not_found("the name has no address".to_owned()))
            } else {
                Ok(addresses.into())
            }
        }
        .boxed()
        .shared()
    }
}

/// Watches over the URLs that a server names.
#[derive(Clone)]
pub(crate) struct Guard {
    pub names: Arc<Names>,
    /// What the user typed.
    pub server: Option<Url>,
}

impl Guard {
    /// The addresses of this host that may be called, because of where the user's own server is.
    pub async fn permitted(&self, host: &str) -> Result<Vec<IpAddr>, NameFault> {
        let home = match &self.server {
            Some(server) => self.names.zone_of(server).await,
            None => Zone::Public,
        };
        let addresses = match url::Host::parse(host).ok().as_ref().and_then(address_itself) {
            Some(address) => Arc::from([address]),
            None => self.names.lookup(host).await?,
        };
        let permitted: Vec<IpAddr> =
            addresses.iter().copied().filter(|address| home.may_send_to(Zone::of(*address))).collect();
        match addresses.first() {
            Some(address) if permitted.is_empty() => {
                Err(NameFault::Refused { host: host.to_owned(), address: *address })
            }
            _ => Ok(permitted),
        }
    }
}

fn address_itself(host: &url::Host<String>) -> Option<IpAddr> {
    match host {
        url::Host::Ipv4(address) => Some((*address).into()),
        url::Host::Ipv6(address) => Some((*address).into()),
        url::Host::Domain(_) => None,
    }
}

/// Answers the HTTP library with the addresses of this run.
pub(crate) struct Unguarded(pub Arc<Names>);

impl Resolve for Unguarded {
    fn resolve(&self, name: Name) -> Resolving {
        let names = self.0.clone();
        Box::pin(async move { Ok(sockets(names.lookup(name.as_str()).await?.to_vec())) })
    }
}

/// Answers the HTTP library with permitted addresses only: what was checked is what is called.
pub(crate) struct Guarded(pub Guard);

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.0.clone();
        Box::pin(async move { Ok(sockets(guard.permitted(name.as_str()).await?)) })
    }
}

fn sockets(addresses: Vec<IpAddr>) -> Addrs {
    Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(server: &str, names: &[(&str, &str)]) -> Guard {
        let fixed = names
            .iter()
            .map(|(name, address)| ((*name).to_owned(), vec![address.parse().expect("an address")]))
            .collect();
        Guard {
            names: Arc::new(Names::new(fixed, Resolver::System, Duration::from_secs(1))),
            server: Some(Url::parse(server).expect("a URL")),
        }
    }

    #[tokio::test]
    async fn a_public_server_cannot_send_us_into_a_private_network() {
        let names = [
            ("mcp.example.com", "93.184.216.34"),
            ("inside.example.com", "10.0.0.5"),
            ("auth.example.com", "93.184.216.35"),
        ];
        let guard = guard("https://mcp.example.com/mcp", &names);
        for host in ["inside.example.com", "127.0.0.1", "[::ffff:127.0.0.1]", "169.254.169.254", "[fd00::1]", "0.0.0.0"]
        {
            assert!(matches!(guard.permitted(host).await, Err(NameFault::Refused { .. })), "{host}");
        }
        assert!(guard.permitted("auth.example.com").await.is_ok());
    }

    #[tokio::test]
    async fn of_several_addresses_only_the_permitted_are_called() {
        let fixed = |addresses: [&str; 2]| addresses.map(|text| text.parse().expect("an address")).to_vec();
        let mut guard = guard("https://mcp.example.com/mcp", &[("mcp.example.com", "93.184.216.34")]);
        let names = BTreeMap::from([
            ("both.example.com".to_owned(), fixed(["127.0.0.1", "93.184.216.35"])),
            ("neither.example.com".to_owned(), fixed(["10.0.0.1", "::1"])),
        ]);
        guard.names = Arc::new(Names::new(names, Resolver::System, Duration::from_secs(1)));
        guard.server = None;
        let both = guard.permitted("both.example.com").await.expect("one of them");
        assert_eq!(both, [IpAddr::from([93, 184, 216, 35])]);
        assert!(matches!(guard.permitted("neither.example.com").await, Err(NameFault::Refused { .. })));
    }

    #[tokio::test]
    async fn a_resolver_that_changes_its_mind_is_asked_once() {
        let turns = Arc::new(Mutex::new(0));
        let counted = turns.clone();
        let fickle = Resolver::Own(Arc::new(move |_| {
            let mut turn = counted.lock().expect("a number");
            *turn += 1;
            // First where everybody may be sent, then where nobody may.
            vec![if *turn == 1 { IpAddr::from([93, 184, 216, 34]) } else { IpAddr::from([127, 0, 0, 1]) }]
        }));
        let guard = Guard {
            names: Arc::new(Names::new(BTreeMap::new(), fickle, Duration::from_secs(1))),
            server: Some(Url::parse("https://93.184.216.40/mcp").expect("a URL")),
        };
        let checked = guard.permitted("auth.example.com").await.expect("permitted");
        // What the HTTP library is told when it connects.
        let name = "auth.example.com".parse().expect("a name");
        let called: Vec<IpAddr> = Guarded(guard).resolve(name).await.expect("addresses").map(|at| at.ip()).collect();
        assert_eq!((checked, *turns.lock().expect("a number")), (called, 1));
    }

    #[tokio::test]
    async fn a_server_on_this_computer_may_name_this_computer_and_a_private_one_its_network() {
        assert!(guard("http://localhost:3000/mcp", &[]).permitted("127.0.0.1").await.is_ok());
        assert!(guard("http://localhost:3000/mcp", &[]).permitted("10.0.0.5").await.is_err());
        let private = [("mcp.corp.example", "10.0.0.4"), ("auth.corp.example", "10.0.0.5")];
        assert!(guard("https://mcp.corp.example/mcp", &private).permitted("auth.corp.example").await.is_ok());
        assert!(guard("https://mcp.corp.example/mcp", &private).permitted("127.0.0.1").await.is_err());
    }
}

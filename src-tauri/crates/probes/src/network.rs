//! Below HTTP: addresses, plain connections, TLS handshakes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures::future::join_all;
use mcp_auth_diagnosis::evidence::{Addresses, Blind, Connection, NoAnswerKind, TlsFault, TlsReading};
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use crate::failure;
use crate::http::Clients;
use crate::trust::{self, Presented};
use crate::zone;

/// The addresses of a URL's host, as the system's resolver tells them.
pub(crate) async fn addresses(clients: &Clients, url: &Url) -> Addresses {
    let ips = match url.host() {
        Some(Host::Ipv4(address)) => Ok(vec![address.into()]),
        Some(Host::Ipv6(address)) => Ok(vec![address.into()]),
        Some(Host::Domain(name)) => clients.guard.names.lookup(name).await.map(|found| found.to_vec()),
        None => Ok(Vec::new()),
    };
    match ips {
        Ok(ips) => Addresses { ips, error: None },
        Err(fault) => Addresses { ips: Vec::new(), error: Some(fault.to_string()) },
    }
}

/// One connection to each address of the server. This computer is tried in both families, whatever the
/// resolver or the typed address says.
pub(crate) async fn connections(clients: &Clients, url: &Url, limit: Duration) -> Vec<Connection> {
    let Some(port) = url.port_or_known_default() else { return Vec::new() };
    let mut ips = addresses(clients, url).await.ips;
    if url.host().is_some_and(|host| zone::literal(&host).is_some_and(|address| address.is_loopback())) {
        for address in [IpAddr::from(Ipv4Addr::LOCALHOST), Ipv6Addr::LOCALHOST.into()] {
            if !ips.contains(&address) {
                ips.push(address);
            }
        }
    }
    join_all(ips.into_iter().map(|ip| async move {
        let address = SocketAddr::new(ip, port);
        Connection { address, outcome: connect(address, limit).await.map(drop) }
    }))
    .await
}

/// The TLS handshake with a URL's origin, judged by the system's trust store and by Mozilla's roots. One handshake, two
/// verdicts: both are given on the same chain. No HTTP is spoken.
pub(crate) async fn tls(
    clients: &Clients,
    url: &Url,
    named_by_server: bool,
    limit: Duration,
) -> [Result<TlsReading, Blind>; 2] {
    match handshake(clients, url, named_by_server, limit).await {
        Ok(Handshake { presented: None, fault, version }) => {
            let verdict = Err(fault.unwrap_or(TlsFault::Other { what: "the server sent no certificate".to_owned() }));
            let reading = TlsReading { verdict, version, chain: Vec::new() };
            [Ok(reading.clone()), Ok(reading)]
        }
        Ok(Handshake { presented: Some(presented), fault, version }) => {
            let trust = clients.trust.clone();
            // The verdict of some systems asks the network for revocations.
            let judged = tokio::task::spawn_blocking(move || {
                let chain = presented.certificates();
                [trust.system(), trust.mozilla()].map(|verifier| {
                    let verifier = verifier
                        .map_err(|words| Blind { why: format!("the trust store could not be read ({words})") })?;
                    let verdict = presented.judge(&verifier).and_then(|()| fault.clone().map_or(Ok(()), Err));
                    Ok(TlsReading { verdict, version: version.clone(), chain: chain.clone() })
                })
            });
            judged.await.unwrap_or_else(|_| {
                [blind("the look at the certificate failed"), blind("the look at the certificate failed")]
            })
        }
        Err(why) => [Err(why.clone()), Err(why)],
    }
}

struct Handshake {
    presented: Option<Presented>,
    /// Why the handshake did not end well although no certificate was refused.
    fault: Option<TlsFault>,
    version: Option<String>,
}

async fn handshake(clients: &Clients, url: &Url, named_by_server: bool, limit: Duration) -> Result<Handshake, Blind> {
    let stream = stream(clients, url, named_by_server, limit).await?;
    let seen = Arc::new(OnceLock::new());
    let config = trust::only_looking(seen.clone()).map_err(|why| Blind { why })?;
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
    let name =
        ServerName::try_from(host).map_err(|_| Blind { why: "its name cannot stand in a certificate".to_owned() })?;
    let shaken = timeout(limit, TlsConnector::from(Arc::new(config)).connect(name, stream)).await;
    // rustls writes `TLSv1_3`.
    let (fault, version) = match shaken {
        Ok(Ok(stream)) => {
            (None, stream.get_ref().1.protocol_version().map(|version| format!("{version:?}").replace('_', ".")))
        }
        Ok(Err(error)) => match failure::tls_fault(&error) {
            Some(fault) => (Some(fault), None),
            None => return Err(Blind { why: format!("the connection broke off during the handshake ({error})") }),
        },
        Err(_) => return Err(Blind { why: format!("the handshake did not end within {} s", limit.as_secs()) }),
    };
    // The connection is closed and its configuration dropped with it, so nobody else holds what was seen.
    let presented = Arc::try_unwrap(seen).ok().and_then(OnceLock::into_inner);
    Ok(Handshake { presented, fault, version })
}

/// A connection to the first address that answers.
async fn stream(clients: &Clients, url: &Url, named_by_server: bool, limit: Duration) -> Result<TcpStream, Blind> {
    let port = url.port_or_known_default().unwrap_or(443);
    let ips = if named_by_server {
        let permitted = clients.guard.permitted(url.host_str().unwrap_or_default()).await;
        permitted.map_err(|fault| Blind { why: fault.to_string() })?
    } else {
        addresses(clients, url).await.ips
    };
    let mut why = "its name has no address".to_owned();
    for ip in ips {
        match connect(SocketAddr::new(ip, port), limit).await {
            Ok(stream) => return Ok(stream),
            Err(kind) => why = format!("no connection to {ip} ({})", words(&kind)),
        }
    }
    Err(Blind { why })
}

async fn connect(address: SocketAddr, limit: Duration) -> Result<TcpStream, NoAnswerKind> {
    match timeout(limit, TcpStream::connect(address)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(failure::of_connection(&error)),
        Err(_) => Err(NoAnswerKind::ConnectTimedOut),
    }
}

fn words(kind: &NoAnswerKind) -> &'static str {
    match kind {
        NoAnswerKind::Refused => "refused",
        NoAnswerKind::ConnectTimedOut => "no answer in time",
        NoAnswerKind::Unreachable => "not reachable",
        _ => "failed",
    }
}

fn blind<T>(why: &str) -> Result<T, Blind> {
    Err(Blind { why: why.to_owned() })
}

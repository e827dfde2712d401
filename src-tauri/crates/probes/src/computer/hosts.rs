//! The hosts file: names that this computer looks up in its own list before it asks anybody.

use std::collections::BTreeSet;
use std::net::IpAddr;

use mcp_auth_diagnosis::computer::{HostsEntry, HostsReading};

use super::Machine;
use super::files::{self, LARGEST};

/// Lists against advertising have a hundred thousand names. Those that a config names are always kept.
const MOST: usize = 500;

/// Reads the hosts file.
pub(crate) fn read(machine: &Machine, wanted: &BTreeSet<String>) -> HostsReading {
    let Some(path) = &machine.hosts_file else { return HostsReading::default() };
    let file = Some(machine.shown(path));
    match files::text(path, LARGEST) {
        Ok(Some(text)) => HostsReading { file, ..parse(&text, wanted) },
        Ok(None) => HostsReading { file, unreadable: Some("there is none".to_owned()), ..HostsReading::default() },
        Err(refused) => HostsReading { file, unreadable: Some(refused.what), ..HostsReading::default() },
    }
}

fn parse(text: &str, wanted: &BTreeSet<String>) -> HostsReading {
    let mut reading = HostsReading::default();
    for (at, line) in text.lines().enumerate() {
        let mut words = line.split('#').next().unwrap_or_default().split_whitespace();
        let Some(address) = words.next() else { continue };
        let Ok(ip) = address.split('%').next().unwrap_or(address).parse::<IpAddr>() else { continue };
        for name in words.map(str::to_ascii_lowercase) {
            if name == "localhost" {
                reading.localhost.push(address.to_owned());
            } else if !is_usual(&name, ip) && (wanted.contains(&name) || reading.overrides.len() < MOST) {
                reading.overrides.push(HostsEntry { name, address: address.to_owned(), line: at + 1 });
            }
        }
    }
    reading
}

/// What every system writes into the file by itself.
fn is_usual(name: &str, ip: IpAddr) -> bool {
    name.starts_with("ip6-")
        || name.starts_with("localhost")
        || matches!(name, "broadcasthost" | "loopback" | "kubernetes.docker.internal" | "host.docker.internal" | "gateway.docker.internal")
        // A computer's own name.
        || (!name.contains('.') && ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_not_usual_is_kept() {
        let text = "127.0.0.1 localhost\n::1 localhost ip6-localhost\n127.0.1.1 laptop\n255.255.255.255 broadcasthost\n# 1.2.3.4 no\n10.0.0.7 mcp.example.com MCP.other.example # mine\nnonsense\n";
        let reading = parse(text, &BTreeSet::new());
        assert_eq!(reading.localhost, ["127.0.0.1", "::1"]);
        let names: Vec<(&str, &str, usize)> =
            reading.overrides.iter().map(|entry| (entry.name.as_str(), entry.address.as_str(), entry.line)).collect();
        assert_eq!(names, [("mcp.example.com", "10.0.0.7", 6), ("mcp.other.example", "10.0.0.7", 6)]);
    }
}

//! Where an address is: out in the public, in a private network, on this computer.
//!
//! What a server names (metadata, issuers, endpoints, redirects) is fetched only when it is public, or in the same place
//! as the server that the user typed. Otherwise a stranger's document could make this computer ask its own network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::Host;

/// Where an address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Zone {
    /// Reachable for everybody.
    Public,
    /// RFC 1918, unique local (RFC 4193), shared space of carriers and VPNs (RFC 6598), benchmark space (RFC 2544) that VPN
    /// programs use for their own names.
    Private,
    /// This computer, by any spelling: 127.0.0.0/8, `::1`, `0.0.0.0`, `::`.
    Loopback,
    /// 169.254.0.0/16 and fe80::/10: routers, and the metadata services of clouds.
    LinkLocal,
    /// Multicast, documentation, tunnels: no web server is there.
    Reserved,
}

impl Zone {
    /// Whether a server in this zone may send us to an address in `target`.
    pub fn may_send_to(self, target: Self) -> bool {
        match target {
            Self::Public => true,
            Self::Private | Self::Loopback => self == target,
            Self::LinkLocal | Self::Reserved => false,
        }
    }

    /// The zone of a server with these addresses: the one that all of them share. A name that points to several zones
    /// counts as public, so that it opens none.
    pub fn of_all(addresses: &[IpAddr]) -> Self {
        let mut zones = addresses.iter().map(|address| Self::of(*address));
        match zones.next() {
            Some(first) if zones.all(|zone| zone == first) => first,
            _ => Self::Public,
        }
    }

    /// The zone of one address. An IPv4 address inside an IPv6 one counts as itself.
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => of_v4(address),
            IpAddr::V6(address) => embedded(address).map_or_else(|| of_v6(address), of_v4),
        }
    }
}

/// The address that a URL's host is by itself, without a resolver. `localhost` is 127.0.0.1 by definition (RFC 6761 section 6.3).
pub fn literal(host: &Host<&str>) -> Option<IpAddr> {
    match host {
        Host::Ipv4(address) => Some((*address).into()),
        Host::Ipv6(address) => Some((*address).into()),
        Host::Domain(name) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            (name == "localhost" || name.ends_with(".localhost")).then_some(Ipv4Addr::LOCALHOST.into())
        }
    }
}

fn of_v4(address: Ipv4Addr) -> Zone {
    match address.octets() {
        [0 | 127, ..] => Zone::Loopback,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] | [198, 18..=19, ..] => Zone::Private,
        [169, 254, ..] => Zone::LinkLocal,
        [192, 0, 0 | 2, _] | [198, 51, 100, _] | [203, 0, 113, _] | [224..=255, ..] => Zone::Reserved,
        _ => Zone::Public,
    }
}

fn of_v6(address: Ipv6Addr) -> Zone {
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => Zone::Loopback,
        // NAT64 of one's own network (RFC 8215), unique local, and the old site-local space.
        [0x64, 0xff9b, 1, ..] | [0xfc00..=0xfdff, ..] | [0xfec0..=0xfeff, ..] => Zone::Private,
        [0xfe80..=0xfebf, ..] => Zone::LinkLocal,
        // Tunnels, benchmarks, documentation; and everything that IANA has not given out for the public (2000::/3).
        [0x2001, 0 | 2 | 0x10..=0x2f | 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Zone::Reserved,
        [0x2000..=0x3fff, ..] => Zone::Public,
        _ => Zone::Reserved,
    }
}

/// The IPv4 address inside an IPv6 one: mapped, compatible (RFC 4291 section 2.5.5), translated (RFC 2765), NAT64 (RFC 6052),
/// 6to4 (RFC 3056).
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let join = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => Some(join(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(text: &str) -> Zone {
        Zone::of(text.parse().expect("an address"))
    }

    #[test]
    fn every_spelling_of_this_computer_is_loopback() {
        for text in [
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "::1",
            "::",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "::ffff:0:127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
        ] {
            assert_eq!(zone(text), Zone::Loopback, "{text}");
        }
    }

    #[test]
    fn private_networks_are_private_by_every_spelling() {
        for text in [
            "10.1.2.3",
            "172.31.0.1",
            "192.168.1.1",
            "100.64.0.1",
            "198.18.0.9",
            "fd00::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
        ] {
            assert_eq!(zone(text), Zone::Private, "{text}");
        }
    }

    #[test]
    fn clouds_metadata_is_never_visited_and_public_always() {
        for text in [
            "169.254.169.254",
            "::ffff:169.254.169.254",
            "fe80::1",
            "224.0.0.1",
            "ff02::1",
            "2001:db8::1",
            "4000::1",
            "100::1",
            "3fff::1",
        ] {
            for home in [Zone::Public, Zone::Private, Zone::Loopback, Zone::LinkLocal] {
                assert!(!home.may_send_to(zone(text)), "{text}");
            }
        }
        for text in ["1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "64:ff9b::101:101"] {
            assert_eq!(zone(text), Zone::Public, "{text}");
        }
    }

    #[test]
    fn only_the_same_place_opens_a_place() {
        assert!(Zone::Loopback.may_send_to(Zone::Loopback) && Zone::Private.may_send_to(Zone::Private));
        assert!(!Zone::Public.may_send_to(Zone::Private) && !Zone::Private.may_send_to(Zone::Loopback));
        let mixed: Vec<IpAddr> = ["1.1.1.1", "127.0.0.1"].iter().filter_map(|text| text.parse().ok()).collect();
        assert_eq!(Zone::of_all(&mixed), Zone::Public);
        assert_eq!(Zone::of_all(&mixed[1..]), Zone::Loopback);
    }
}

//! Which hosts are reached without a proxy: what NO_PROXY says.
#![forbid(unsafe_code)]

use std::net::IpAddr;

/// Hosts that no proxy of the environment is used for.
///
/// Entries are separated by commas or white space. `*` means every host; a name means itself and everything below it,
/// with or without a dot or `*.` before it; an address means itself; `ADDRESS/BITS` means a network. After any of them
/// may stand `:PORT` (an IPv6 address is then in brackets), and the entry is about that port only. An IPv4 address
/// written as IPv6 (`::ffff:10.0.0.1`) is that IPv4 address, in an entry as in a host. Names are not looked up to be
/// compared with addresses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exempt {
    rules: Vec<Rule>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    hosts: Hosts,
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Hosts {
    All,
    /// In lower case, without a dot at either end.
    Domain(String),
    Network(IpAddr, u8),
}

impl Exempt {
    /// Reads the list. An entry that means nothing exempts nothing, and is returned with the rest.
    pub fn parse(list: &str) -> (Self, Vec<&str>) {
        let mut rules = Vec::new();
        let mut senseless = Vec::new();
        for entry in list.split([',', ' ', '\t', '\n']).filter(|entry| !entry.is_empty()) {
            match Rule::parse(entry) {
                Some(rule) => rules.push(rule),
                None => senseless.push(entry),
            }
        }
        (Self { rules }, senseless)
    }

    /// Whether the host, an IPv6 address without brackets, is on the list.
    pub fn covers(&self, host: &str, port: u16) -> bool {
        let ip = host.parse::<IpAddr>().ok().map(|ip| ip.to_canonical());
        let name = host.trim_end_matches('.').to_ascii_lowercase();
        self.rules.iter().any(|rule| {
            rule.port.is_none_or(|only| only == port)
                && match (&rule.hosts, ip) {
                    (Hosts::All, _) => true,
                    (Hosts::Domain(domain), None) => is_within(&name, domain),
                    (Hosts::Network(network, bits), Some(ip)) => contains(*network, *bits, ip),
                    _ => false,
                }
        })
    }
}

impl Rule {
    fn parse(entry: &str) -> Option<Self> {
        if let Some(hosts) = Hosts::network(entry) {
            return Some(Self { hosts, port: None });
        }
        let (host, port) = match entry.rsplit_once(':') {
            Some((host, port)) => (host, Some(port.parse().ok()?)),
            None => (entry, None),
        };
        Some(Self { hosts: Hosts::parse(host)?, port })
    }
}

impl Hosts {
    fn parse(host: &str) -> Option<Self> {
        if host == "*" {
            return Some(Self::All);
        }
        if let Some(network) = Self::network(host) {
            return Some(network);
        }
        let domain = host.strip_prefix('*').unwrap_or(host).trim_matches('.').to_ascii_lowercase();
        (!domain.is_empty() && !domain.contains(['/', ':', '@', '[', ']'])).then_some(Self::Domain(domain))
    }

    /// An address, in brackets or not, or a network.
    fn network(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().ok()?)),
            None => (text, None),
        };
        let bare = address.strip_prefix('[').and_then(|bare| bare.strip_suffix(']')).unwrap_or(address);
        let ip: IpAddr = bare.parse().ok()?;
        let width = width(ip);
        let bits = bits.unwrap_or(width);
        // Hosts are compared in the same form.
        match ip.to_canonical() {
            mapped @ IpAddr::V4(_) if ip.is_ipv6() && (MAPPED_BITS..=width).contains(&bits) => {
                Some(Self::Network(mapped, bits - MAPPED_BITS))
            }
            _ => (bits <= width).then_some(Self::Network(ip, bits)),
        }
    }
}

/// Whether the host is loopback: this very machine, by address or by name.
pub(super) fn is_loopback(host: &str) -> bool {
    match host.parse::<IpAddr>() {
        Ok(ip) => ip.to_canonical().is_loopback(),
        Err(_) => is_within(&host.trim_end_matches('.').to_ascii_lowercase(), "localhost"),
    }
}

/// Whether a name is the domain or below it.
fn is_within(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// How many bits say that an IPv6 address is an IPv4 one.
const MAPPED_BITS: u8 = 96;

fn width(ip: IpAddr) -> u8 {
    if ip.is_ipv4() { 32 } else { 128 }
}

fn contains(network: IpAddr, bits: u8, ip: IpAddr) -> bool {
    let differing = match (network, ip) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros(),
        (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros(),
        _ => return false,
    };
    differing >= u32::from(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cover_what_is_below_them_and_addresses_their_network() {
        // The list, hosts on it, hosts that are not.
        let table: [(&str, &[&str], &[&str]); 14] = [
            ("", &[], &["relay.example", "10.0.0.1", "::1"]),
            ("*", &["relay.example", "10.0.0.1", "::1"], &[]),
            (
                "example.com",
                &["example.com", "EXAMPLE.com", "a.b.example.com.", "example.com."],
                &["badexample.com", "com"],
            ),
            (".example.com", &["example.com", "a.example.com"], &["anexample.com"]),
            ("*.example.com", &["a.example.com"], &["anexample.com"]),
            ("Relay.Example.", &["relay.example", "x.relay.example"], &["example"]),
            ("10.1.2.3", &["10.1.2.3", "::ffff:10.1.2.3"], &["10.1.2.4", "110.1.2.3", "x.10.1.2.3"]),
            (
                "10.0.0.0/8, 192.168.4.0/22",
                &["10.9.9.9", "192.168.7.255"],
                &["11.0.0.1", "192.168.8.0", "::1"],
            ),
            ("0.0.0.0/0", &["8.8.8.8"], &["::1", "relay.example"]),
            ("fd00::/8 2001:db8::1", &["fd12::1", "2001:db8::1"], &["fe80::1", "2001:db8::2", "10.0.0.1"]),
            (
                "a.example,b.example  c.example\td.example",
                &["a.example", "b.example", "c.example", "d.example"],
                &["e.example"],
            ),
            (
                "::ffff:10.1.2.3 [::ffff:10.9.0.1] ::ffff:192.168.0.0/112",
                &["10.1.2.3", "::ffff:10.1.2.3", "10.9.0.1", "192.168.7.7"],
                &["10.1.2.4", "192.169.0.1", "::1"],
            ),
            ("::ffff:0:0/95 ::ffff:10.0.0.1/129", &["::fffe:1.2.3.4"], &["10.0.0.1"]),
            (",, ,.,:80,host:port,1.2.3.4/33,::/129,a/8", &[], &["host", "1.2.3.4", "::1", "a", ""]),
        ];
        for (list, covered, others) in table {
            let (exempt, _) = Exempt::parse(list);
            for host in covered {
                assert!(exempt.covers(host, 443), "{list:?} covers {host}");
            }
            for host in others {
                assert!(!exempt.covers(host, 443), "{list:?} does not cover {host}");
            }
        }
    }

    #[test]
    fn an_entry_with_a_port_is_about_that_port_only() {
        let (exempt, senseless) =
            Exempt::parse("relay.example:8443,10.0.0.1:80,[::2]:80,::3,[::4],*:81,[::ffff:10.0.0.9]:82");
        assert!(senseless.is_empty(), "{senseless:?}");
        let table = [
            ("relay.example", 8443, true),
            ("x.relay.example", 8443, true),
            ("relay.example", 443, false),
            ("10.0.0.1", 80, true),
            ("10.0.0.1", 83, false),
            ("10.0.0.1", 81, true),
            ("any.example", 81, true),
            ("10.0.0.9", 82, true),
            ("10.0.0.9", 83, false),
            ("::2", 80, true),
            ("::2", 443, false),
            ("::3", 443, true),
            ("::4", 443, true),
        ];
        for (host, port, covered) in table {
            assert_eq!(exempt.covers(host, port), covered, "{host} {port}");
        }
    }

    #[test]
    fn entries_that_mean_nothing_are_told() {
        let (_, senseless) = Exempt::parse("a.example,:80 host:port,1.2.3.4/33,, .,10.0.0.1,x:99999,a/8");
        assert_eq!(senseless, [":80", "host:port", "1.2.3.4/33", ".", "x:99999", "a/8"]);
    }

    #[test]
    fn loopback_is_known_by_name_and_address() {
        for host in
            ["localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"]
        {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["notlocalhost", "localhost.example", "10.0.0.1", "::2", "0.0.0.0"] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}

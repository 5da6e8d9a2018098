//! How many sockets are open, and how many of them belong to strangers.
//!
//! A socket is half open from the moment it is accepted until its client has shown something good: a token that lets it
//! into a session, or a key for the REST interface. Whoever only opens sockets never gets that far, and can hold neither
//! all places nor more than its share of them.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::config::LinkConfig;

/// The sockets of a relay.
#[derive(Debug)]
pub(crate) struct Sockets {
    max: usize,
    max_half_open: usize,
    max_per_address: usize,
    proxies: Vec<crate::config::Network>,
    open: AtomicUsize,
    half_open: AtomicUsize,
    /// Half open sockets by where they came from. Addresses that have none are not in it.
    by_address: Mutex<HashMap<IpAddr, usize>>,
    refused: [AtomicU64; Full::NAMES.len()],
}

/// Why there is no place for a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Full {
    /// As many are open as may be.
    Sockets,
    /// As many are half open as may be.
    HalfOpen,
    /// As many of this address are half open as may be.
    Address,
    /// As many are connected to the admin listener as may be.
    Admin,
}

/// A socket's place among the open ones, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct SocketPermit {
    sockets: Arc<Sockets>,
    half_open: Option<HalfOpen>,
}

/// Counted among the half open: under an address, or only altogether.
#[derive(Debug)]
struct HalfOpen(Option<IpAddr>);

impl Full {
    /// The names of all, as they are counted.
    pub(crate) const NAMES: [&'static str; 4] =
        ["max_sockets", "half_open", "half_open_per_address", "max_admin_sockets"];

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

impl Sockets {
    pub(crate) fn new(config: &LinkConfig) -> Self {
        Self {
            max: config.max_sockets,
            max_half_open: config.max_half_open,
            max_per_address: config.max_half_open_per_address,
            proxies: config.proxies.clone(),
            open: AtomicUsize::new(0),
            half_open: AtomicUsize::new(0),
            by_address: Mutex::default(),
            refused: Default::default(),
        }
    }

    /// A place for one more socket, if there is one.
    pub(crate) fn admit(self: &Arc<Self>, from: IpAddr) -> Result<SocketPermit, Full> {
        self.find_place(from).inspect_err(|full| self.count(*full))
    }

    /// Counts one that found no place, or lost it.
    pub(crate) fn count(&self, full: Full) {
        self.refused[full as usize].fetch_add(1, Ordering::Relaxed);
    }

    fn find_place(self: &Arc<Self>, from: IpAddr) -> Result<SocketPermit, Full> {
        let before = self.open.fetch_add(1, Ordering::Relaxed);
        let mut permit = SocketPermit { sockets: Arc::clone(self), half_open: None };
        if before >= self.max {
            return Err(Full::Sockets);
        }
        let before = self.half_open.fetch_add(1, Ordering::Relaxed);
        let half_open = permit.half_open.insert(HalfOpen(None));
        if before >= self.max_half_open {
            return Err(Full::HalfOpen);
        }
        let from = from.to_canonical();
        if self.max_per_address == 0 || self.proxies.iter().any(|proxy| proxy.contains(from)) {
            return Ok(permit);
        }
        let from = network(from);
        let mut by_address = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        let count = by_address.entry(from).or_default();
        if *count >= self.max_per_address {
            drop(by_address);
            return Err(Full::Address);
        }
        *count += 1;
        half_open.0 = Some(from);
        drop(by_address);
        Ok(permit)
    }

    /// Open ones.
    pub(crate) fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// Those of strangers among them.
    pub(crate) fn half_open(&self) -> usize {
        self.half_open.load(Ordering::Relaxed)
    }

    /// Those that found no place since the start, by reason.
    pub(crate) fn refused(&self) -> [(&'static str, u64); Full::NAMES.len()] {
        let count = |index: usize| self.refused[index].load(Ordering::Relaxed);
        std::array::from_fn(|index| (Full::NAMES[index], count(index)))
    }

    fn leave_half_open(&self, place: &HalfOpen) {
        self.half_open.fetch_sub(1, Ordering::Relaxed);
        let Some(address) = place.0 else { return };
        let mut by_address = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = by_address.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                by_address.remove(&address);
            }
        }
    }
}

impl SocketPermit {
    /// The client has shown something good: it is no stranger any more.
    pub(crate) fn known(&mut self) {
        if let Some(place) = self.half_open.take() {
            self.sockets.leave_half_open(&place);
        }
    }

    /// Whether it is a stranger's.
    pub(crate) fn is_half_open(&self) -> bool {
        self.half_open.is_some()
    }
}

impl Drop for SocketPermit {
    fn drop(&mut self) {
        self.known();
        self.sockets.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What counts as one address: whoever has an IPv6 address mostly has all of its /64.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(address) if !address.is_loopback() => {
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)))
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sockets(max: usize, half_open: usize, per_address: usize, proxies: &str) -> Arc<Sockets> {
        let mut config = crate::Config::default();
        config.set("link.proxies", proxies).unwrap();
        config.link.max_sockets = max;
        config.link.max_half_open = half_open;
        config.link.max_half_open_per_address = per_address;
        Arc::new(Sockets::new(&config.link))
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn places_are_given_back() {
        let sockets = sockets(2, 2, 2, "");
        let here = address("192.0.2.1");
        let first = sockets.admit(here).unwrap();
        let second = sockets.admit(here).unwrap();
        assert_eq!(sockets.admit(here).unwrap_err(), Full::Sockets);
        drop(first);
        let third = sockets.admit(here).unwrap();
        drop((second, third));
        assert_eq!((sockets.open(), sockets.half_open()), (0, 0));
        assert!(sockets.by_address.lock().unwrap().is_empty(), "nothing is kept of addresses that are gone");
        assert_eq!(sockets.refused()[0], ("max_sockets", 1));
    }

    #[test]
    fn an_address_has_its_share_of_strangers_and_others_have_theirs() {
        let sockets = sockets(100, 4, 2, "");
        let (one, other) = (address("192.0.2.1"), address("192.0.2.2"));
        let mut held = vec![sockets.admit(one).unwrap(), sockets.admit(one).unwrap()];
        assert_eq!(sockets.admit(one).unwrap_err(), Full::Address);
        held.push(sockets.admit(other).unwrap());
        held[0].known();
        held.push(sockets.admit(one).unwrap());
        assert_eq!(sockets.half_open(), 3);
        held.push(sockets.admit(address("192.0.2.3")).unwrap());
        assert_eq!(sockets.admit(address("192.0.2.4")).unwrap_err(), Full::HalfOpen);
        assert_eq!((sockets.open(), sockets.half_open()), (5, 4), "who was refused holds nothing");
        assert_eq!(sockets.refused().map(|(_, count)| count), [0, 1, 1, 0]);
    }

    #[test]
    fn a_network_of_ipv6_is_one_address_and_mapped_ipv4_is_ipv4() {
        let sockets = sockets(100, 100, 1, "");
        let _first = sockets.admit(address("2001:db8:1:2:3::4")).unwrap();
        assert_eq!(sockets.admit(address("2001:db8:1:2::9")).unwrap_err(), Full::Address);
        let _second = sockets.admit(address("2001:db8:1:3::1")).unwrap();
        let _third = sockets.admit(address("::ffff:192.0.2.1")).unwrap();
        assert_eq!(sockets.admit(address("192.0.2.1")).unwrap_err(), Full::Address);
    }

    #[test]
    fn a_proxy_is_not_one_client_and_zero_means_no_limit() {
        let proxied = sockets(100, 100, 1, "10.0.0.0/8,2001:db8::5");
        let held: Vec<_> = (0..10).map(|_| proxied.admit(address("10.1.2.3")).unwrap()).collect();
        let _others: Vec<_> = (0..10).map(|_| proxied.admit(address("2001:db8::5")).unwrap()).collect();
        assert_eq!(proxied.half_open(), 20);
        drop(held);
        let unlimited = sockets(100, 100, 0, "");
        let _held: Vec<_> = (0..10).map(|_| unlimited.admit(address("192.0.2.1")).unwrap()).collect();
    }
}

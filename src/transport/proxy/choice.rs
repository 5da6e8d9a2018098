//! Which proxy is used for which host.
#![forbid(unsafe_code)]

use super::exempt::{Exempt, is_loopback};
use super::{Address, Proxy, TransportError};

/// The proxies of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proxies {
    /// The program chose: this one, or none, for every host. The environment is not looked at.
    Chosen(Option<Proxy>),
    /// What the environment says.
    Environment(FromEnvironment),
}

impl Default for Proxies {
    fn default() -> Self {
        Self::Chosen(None)
    }
}

/// Proxies that the environment names.
///
/// A variable that cannot be used is an error for the hosts that it would have been used for: to go past a proxy that
/// somebody wanted is worse than not to go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FromEnvironment {
    /// For `http` and `ws`.
    pub plain: Option<Result<Proxy, TransportError>>,
    /// For `https` and `wss`.
    pub secure: Option<Result<Proxy, TransportError>>,
    /// Hosts that are reached directly.
    pub exempt: Exempt,
}

impl Proxies {
    /// The proxy on the way to `address`, if there is one.
    pub(in super::super) fn choose(&self, address: &Address) -> Result<Option<&Proxy>, TransportError> {
        let environment = match self {
            Self::Chosen(proxy) => return Ok(proxy.as_ref()),
            Self::Environment(environment) => environment,
        };
        let proxy = if address.secure() { &environment.secure } else { &environment.plain };
        let Some(proxy) = proxy else { return Ok(None) };
        // A proxy's loopback is another machine's.
        if is_loopback(address.host()) || environment.exempt.covers(address.host(), address.port()) {
            return Ok(None);
        }
        proxy.as_ref().map(Some).map_err(Clone::clone)
    }
}

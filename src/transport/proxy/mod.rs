//! Proxies that a network puts before the world: HTTP CONNECT and SOCKS5.
//!
//! Both carry bytes and know nothing of what they mean, so that everything goes through them in the same way: the
//! request for session info and the WebSocket, with TLS and without. The proxy is given names as they are and looks
//! them up itself.
#![forbid(unsafe_code)]

mod choice;
mod connect;
mod exempt;
mod socks;

use std::fmt;
use std::path::Path;

use super::address::{Address, host_and_port, joined, percent_decoded};
use super::dial::dial;
use super::error::ProxyStep;
use super::socket::Socket;
use super::tls::TlsCache;
use super::{Progress, TransportError};

pub use choice::{FromEnvironment, Proxies};
pub use exempt::Exempt;

/// What a proxy's URL may look like, in words.
const ALLOWED: &str =
    "http://[user:password@]host[:port], or the same with https, socks5 or socks5h instead of http";

/// The port of a proxy whose URL has none; the one that curl takes.
const USUAL_PORT: u16 = 1080;

/// As [`USUAL_PORT`], when the proxy is spoken to over TLS.
const USUAL_TLS_PORT: u16 = 443;

/// Longest user name and longest password, in bytes: what SOCKS5 can carry.
const MAX_CREDENTIAL_BYTES: usize = 255;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// HTTP CONNECT.
    Http,
    /// HTTP CONNECT, itself over TLS.
    Https,
    /// SOCKS version 5.
    Socks5,
}

/// A proxy and how to speak to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    kind: Kind,
    host: String,
    port: u16,
    credentials: Option<Credentials>,
    /// The URL without user name and password.
    shown: String,
}

/// A user name and a password.
#[derive(Clone, PartialEq, Eq)]
struct Credentials {
    user: Vec<u8>,
    password: Vec<u8>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials")
    }
}

impl Proxy {
    /// Takes the URL of a proxy apart, or says in words what is allowed. Without a scheme it is that of an HTTP proxy.
    pub fn parse(url: &str) -> Result<Self, &'static str> {
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
        let kind = match scheme.to_ascii_lowercase().as_str() {
            "http" => Kind::Http,
            "https" => Kind::Https,
            "socks5" | "socks5h" => Kind::Socks5,
            _ => return Err(ALLOWED),
        };
        let (credentials, rest) = match rest.rsplit_once('@') {
            Some((user_info, rest)) => (Some(Credentials::parse(user_info)?), rest),
            None => (None, rest),
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest).parse().map_err(|_| ALLOWED)?;
        let usual = if kind == Kind::Https { USUAL_TLS_PORT } else { USUAL_PORT };
        let (host, port) = host_and_port(&authority, usual).ok_or(ALLOWED)?;
        let shown = format!("{}://{}", scheme.to_ascii_lowercase(), joined(&host, port));
        Ok(Self { kind, host, port, credentials, shown })
    }

    /// The URL without user name and password, for people.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Opens a way to the host of `target`.
    pub(super) async fn open(
        &self,
        target: &Address,
        tls: &TlsCache,
        ca_file: Option<&Path>,
        progress: &Progress,
    ) -> Result<Socket, TransportError> {
        self.negotiate(target, tls, ca_file, progress)
            .await
            .map_err(|error| error.of_proxy(&self.shown, target.shown()))
    }

    async fn negotiate(
        &self,
        target: &Address,
        tls: &TlsCache,
        ca_file: Option<&Path>,
        progress: &Progress,
    ) -> Result<Socket, TransportError> {
        let what = format!("the proxy {}", self.shown);
        let mut socket = Socket::new(dial(&self.host, self.port, &what, progress).await?);
        if self.kind == Kind::Https {
            progress.set(format!("the TLS handshake with {what}"));
            socket = Socket::secure(tls.handshake(socket, &self.host, &what, ca_file).await?);
        }
        progress.set(format!("{what} to open a way to {}", target.host_and_port()));
        match self.kind {
            Kind::Http | Kind::Https => connect::tunnel(socket, target, self.credentials.as_ref()).await,
            Kind::Socks5 => socks::tunnel(socket, target, self.credentials.as_ref()).await,
        }
    }
}

impl Credentials {
    /// From what stands before the `@` of a URL, where special characters are escaped.
    fn parse(user_info: &str) -> Result<Self, &'static str> {
        let (user, password) = user_info.split_once(':').unwrap_or((user_info, ""));
        let decoded = |text| {
            percent_decoded(text).filter(|bytes| bytes.len() <= MAX_CREDENTIAL_BYTES).ok_or(
                "a user name and a password of at most 255 bytes each, special characters written as %XX",
            )
        };
        Ok(Self { user: decoded(user)?, password: decoded(password)? })
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;

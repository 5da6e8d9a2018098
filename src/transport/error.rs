//! Failures, by the hop that failed.
#![forbid(unsafe_code)]

use std::fmt;

/// Where on the way a failure happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hop {
    /// Before anything was sent: a setting or an address that cannot be used.
    Setting,
    /// Looking up the host name.
    Resolve,
    /// Opening the socket.
    Connect,
    /// A proxy between here and there.
    Proxy(ProxyStep),
    /// The TLS handshake.
    Tls,
    /// Asking over HTTP.
    Http,
    /// An HTTP answer that is none, or is too long.
    Answer,
    /// The WebSocket handshake; with the HTTP status when the other side answered with one.
    Upgrade(Option<u16>),
    /// An open link.
    Link,
    /// The rules of an open link: a text message, a message that is too large.
    Rules,
}

/// How far the way through a proxy came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProxyStep {
    /// Looking up the proxy's name.
    Resolve,
    /// Opening the socket to the proxy.
    Connect,
    /// The TLS handshake with the proxy.
    Tls,
    /// The proxy's own answer.
    Tunnel,
    /// Its answer that it wants to know who is there, or does not want this user and password.
    Login,
}

/// A failure of the network or of the other side. Its text is one line: hop, address, cause.
///
/// The address has neither query nor user name, the cause no secrets: the text may be shown and logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransportError {
    /// Where it happened.
    pub hop: Hop,
    /// The other side was there and the socket to it broke, rather than that it refused.
    pub interrupted: bool,
    /// The address without query and user name; empty when there is none.
    pub url: String,
    /// What the system or the other side said.
    pub cause: String,
    /// The proxy on the way, if there was one: its URL without user name and password.
    pub proxy: Option<Box<str>>,
}

impl TransportError {
    /// A refusal by `hop` on the way to `url`, which must be fit to be shown. The cause is made one short line.
    pub fn new(hop: Hop, url: impl Into<String>, cause: impl fmt::Display) -> Self {
        Self { hop, interrupted: false, url: url.into(), cause: short_line(&cause.to_string()), proxy: None }
    }

    /// As [`new`](Self::new), for a socket that broke.
    pub fn interrupted(hop: Hop, url: impl Into<String>, cause: impl fmt::Display) -> Self {
        Self { interrupted: true, ..Self::new(hop, url, cause) }
    }

    /// The same failure, of the proxy `proxy` itself on the way to `url`.
    pub(super) fn of_proxy(self, proxy: &str, url: String) -> Self {
        let step = match self.hop {
            Hop::Resolve => ProxyStep::Resolve,
            Hop::Connect => ProxyStep::Connect,
            Hop::Tls => ProxyStep::Tls,
            Hop::Proxy(step) => step,
            _ => ProxyStep::Tunnel,
        };
        Self { hop: Hop::Proxy(step), url, proxy: Some(proxy.into()), ..self }
    }

    /// The same failure, told with the proxy that is on the way.
    pub(super) fn through(self, proxy: Option<&str>) -> Self {
        Self { proxy: self.proxy.or(proxy.map(Into::into)), ..self }
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let doing = match self.hop {
            Hop::Setting => "cannot use",
            Hop::Resolve => "cannot look up the host of",
            Hop::Connect => "cannot connect to",
            Hop::Proxy(step) => return self.write_proxy(step, f),
            Hop::Tls => "TLS handshake failed with",
            Hop::Http => "HTTP request failed at",
            Hop::Answer => "unusable HTTP answer from",
            Hop::Upgrade(_) => "WebSocket handshake failed with",
            Hop::Link => "link lost to",
            Hop::Rules => "broken WebSocket rules by",
        };
        write!(f, "{doing} {}", self.url)?;
        if let Some(proxy) = &self.proxy {
            write!(f, " through the proxy {proxy}")?;
        }
        write!(f, ": {}", self.cause)
    }
}

impl TransportError {
    fn write_proxy(&self, step: ProxyStep, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url, cause, .. } = self;
        let proxy = self.proxy.as_deref().unwrap_or("");
        let doing = match step {
            ProxyStep::Resolve => "cannot look up the host of the proxy",
            ProxyStep::Connect => "cannot connect to the proxy",
            ProxyStep::Tls => "TLS handshake failed with the proxy",
            ProxyStep::Tunnel | ProxyStep::Login => {
                return write!(f, "the proxy {proxy} does not lead to {url}: {cause}");
            }
        };
        write!(f, "{doing} {proxy} on the way to {url}: {cause}")
    }
}

impl std::error::Error for TransportError {}

/// Longest cause that is kept, in characters: a server's words may be a page.
const MAX_CAUSE_CHARS: usize = 300;

/// One line of bounded length, whatever the other side said.
pub(crate) fn short_line(text: &str) -> String {
    let mut line: String =
        text.chars().take(MAX_CAUSE_CHARS).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(MAX_CAUSE_CHARS).is_some() {
        line.push_str("...");
    }
    line
}

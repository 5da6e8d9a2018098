//! URLs as a transport needs them: checked, taken apart, and fit to be shown.
#![forbid(unsafe_code)]

use hyper::Uri;
use hyper::http::uri::Authority;

/// Which schemes are expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// `http` and `https`.
    Http,
    /// `ws` and `wss`.
    WebSocket,
}

impl Family {
    fn secure(self, scheme: &str) -> Option<bool> {
        match (self, scheme) {
            (Self::Http, "http") | (Self::WebSocket, "ws") => Some(false),
            (Self::Http, "https") | (Self::WebSocket, "wss") => Some(true),
            _ => None,
        }
    }

    fn scheme(self, secure: bool) -> &'static str {
        match (self, secure) {
            (Self::Http, false) => "http",
            (Self::Http, true) => "https",
            (Self::WebSocket, false) => "ws",
            (Self::WebSocket, true) => "wss",
        }
    }

    /// What is allowed, in words.
    fn allowed(self) -> &'static str {
        match self {
            Self::Http => "http://host[:port][/path] or https://host[:port][/path]",
            Self::WebSocket => "ws://host[:port][/path] or wss://host[:port][/path]",
        }
    }
}

/// A URL taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    family: Family,
    secure: bool,
    /// Without the brackets of an IPv6 address.
    host: String,
    port: u16,
    /// Host and port as they were written.
    authority: String,
    /// Begins with `/`; may have a query.
    path_and_query: String,
}

impl Address {
    /// Takes `url` apart, or says in words what is allowed. User names are refused: they would end up in messages.
    pub fn parse(url: &str, family: Family) -> Result<Self, &'static str> {
        let allowed = family.allowed();
        let uri: Uri = url.parse().map_err(|_| allowed)?;
        let secure = uri.scheme_str().and_then(|scheme| family.secure(scheme)).ok_or(allowed)?;
        let authority = uri.authority().ok_or(allowed)?;
        if authority.as_str().contains('@') {
            return Err("a URL without a user name");
        }
        let (host, port) = host_and_port(authority, if secure { 443 } else { 80 }).ok_or(allowed)?;
        let path_and_query = match uri.path_and_query().map_or("", |path| path.as_str()) {
            "" => "/".to_owned(),
            query if query.starts_with('?') => format!("/{query}"),
            path => path.to_owned(),
        };
        Ok(Self { family, secure, host, port, authority: authority.as_str().to_owned(), path_and_query })
    }

    /// Whether TLS is to be used.
    pub fn secure(&self) -> bool {
        self.secure
    }

    /// The host name or IP address, an IPv6 address without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, the usual one of the scheme when none was written.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Host and port as they were written: the value of a Host header.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Host and port, the port in any case: what a proxy is asked for.
    pub fn host_and_port(&self) -> String {
        joined(&self.host, self.port)
    }

    /// Path and query, as a request names them.
    pub fn path_and_query(&self) -> &str {
        &self.path_and_query
    }

    /// Whether there is a query.
    pub fn has_query(&self) -> bool {
        self.path_and_query.contains('?')
    }

    /// The address with another path below its own. `path` begins with `/` and may have a query; an own query is lost.
    pub fn join(&self, path: &str) -> Self {
        let base = self.path().trim_end_matches('/');
        Self { path_and_query: format!("{base}{path}"), ..self.clone() }
    }

    /// The IP proxy form: this address, without its scheme, appended to the URL of the proxy. Whether TLS is used is
    /// the proxy's choice.
    pub fn through_ip_proxy(&self, proxy: &Self) -> Self {
        let appended = proxy.join(&format!("/{}{}", self.authority, self.path_and_query));
        Self { family: self.family, ..appended }
    }

    /// The whole URL, query included: not to be shown.
    pub fn url(&self) -> String {
        format!("{}{}", self.origin(), self.path_and_query)
    }

    /// The URL without its query, for people: a path that is a page long is cut.
    pub fn shown(&self) -> String {
        super::error::short_line(&format!("{}{}", self.origin(), self.path()))
    }

    fn path(&self) -> &str {
        self.path_and_query.split('?').next().unwrap_or("/")
    }

    fn origin(&self) -> String {
        format!("{}://{}", self.family.scheme(self.secure), self.authority)
    }
}

/// The host, an IPv6 address without brackets, and the port of an authority. "host:" is legal and means the usual
/// port; "host:99999" is not a port at all.
pub(super) fn host_and_port(authority: &Authority, usual_port: u16) -> Option<(String, u16)> {
    let host = authority.host();
    let digits = authority.as_str().rsplit_once('@').map_or(authority.as_str(), |(_, rest)| rest);
    let digits = digits.strip_prefix(host).unwrap_or("").trim_start_matches(':');
    let port = match digits {
        "" => usual_port,
        digits => digits.parse().ok().filter(|port| *port != 0)?,
    };
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    (!host.is_empty()).then_some((host, port))
}

/// Host and port as URLs have them.
pub(super) fn joined(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// A text that should have been a URL, fit to be shown: without what might be a user name, a password, a query, or a
/// page long.
pub fn shown_text(url: &str) -> String {
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) => (format!("{scheme}://"), rest),
        _ => (String::new(), url),
    };
    let end = |text: &str| text.find(['?', '#']).unwrap_or(text.len());
    let shown = match rest.rfind('@') {
        // A password with such characters, or a query with an "@": it cannot be told which.
        Some(at) if end(rest) < at => "...".to_owned(),
        Some(at) => format!("...{}", &rest[at..end(rest)]),
        // The rest may be a user name and a password whose "@" was forgotten or escaped.
        None if names_a_host(&rest[..end(rest)]) => rest[..end(rest)].to_owned(),
        None => "...".to_owned(),
    };
    super::error::short_line(&format!("{scheme}{shown}"))
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
}

/// Whether a text is a host, perhaps with a port and a path, and nothing in it can be a password.
fn names_a_host(text: &str) -> bool {
    let (authority, path) = text.split_once('/').unwrap_or((text, ""));
    let port = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((_, "")) => None,
        Some((_, after)) => Some(after.strip_prefix(':').unwrap_or("?")),
        None => authority.split_once(':').map(|(_, port)| port),
    };
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    !authority.contains('%') && port.is_none_or(is_port) && !path.contains(':')
}

/// What a text with `%XX` in it stands for. `None` for a `%` that is followed by anything else.
pub(super) fn percent_decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    let digit = |byte: Option<u8>| char::from(byte?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => digit(bytes.next())? << 4 | digit(bytes.next())?,
            byte => byte,
        });
    }
    Some(decoded)
}

/// Writes a text as one segment of a path: all but the unreserved characters is escaped.
pub fn path_segment(text: &str) -> String {
    use std::fmt::Write as _;
    let mut segment = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            segment.push(char::from(byte));
        } else {
            let _ = write!(segment, "%{byte:02X}");
        }
    }
    // "." and ".." would be steps in a path, not names.
    if segment.bytes().all(|byte| byte == b'.') { segment.replace('.', "%2E") } else { segment }
}

#[cfg(test)]
#[path = "address_tests.rs"]
mod tests;

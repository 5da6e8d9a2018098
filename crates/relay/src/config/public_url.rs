//! The address under which clients reach the relay.

/// The address under which clients reach the relay, where that is not the one they used for the session info request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    secure: bool,
    /// Host, port and path, without a slash at the end.
    rest: String,
}

impl PublicUrl {
    /// Reads `http://host[:port][/path]` or `https://…`.
    pub fn parse(text: &str) -> Option<Self> {
        let (secure, rest) = match text.split_once("://")? {
            ("http" | "ws", rest) => (false, rest),
            ("https" | "wss", rest) => (true, rest),
            _ => return None,
        };
        let rest = rest.trim_end_matches('/');
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let path_is_plain =
            path.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'?' | b'#' | b'"' | b'\\'));
        (is_host(host) && path_is_plain).then(|| Self { secure, rest: rest.to_owned() })
    }

    /// The address made of a scheme and a host that a client named.
    pub(crate) fn of_host(secure: bool, host: &str) -> Option<Self> {
        is_host(host).then(|| Self { secure, rest: host.to_owned() })
    }

    /// The host, without port and path.
    pub(crate) fn host(&self) -> &str {
        let host = self.rest.split('/').next().unwrap_or_default();
        match host.rsplit_once(':') {
            Some((name, port)) if !port.contains(']') => name,
            _ => host,
        }
    }

    /// Scheme, host and port.
    pub(crate) fn origin(&self) -> String {
        let host = self.rest.split('/').next().unwrap_or_default();
        format!("{}://{host}", if self.secure { "https" } else { "http" })
    }

    /// Scheme, host and port of WebSockets.
    pub(crate) fn websocket_origin(&self) -> String {
        self.origin().replacen("http", "ws", 1)
    }

    /// The URL of the WebSocket below it.
    pub(crate) fn websocket(&self, path_and_query: &str) -> String {
        format!("{}://{}{path_and_query}", if self.secure { "wss" } else { "ws" }, self.rest)
    }
}

impl std::fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}", if self.secure { "https" } else { "http" }, self.rest)
    }
}

/// Whether a text can be a host, with or without a port.
pub(crate) fn is_host(text: &str) -> bool {
    let (name, port) = match text.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, Some(port)),
        _ => (text, None),
    };
    let name_is_plain = match name.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            (1..=253).contains(&name.len())
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
        }
    };
    name_is_plain && port.is_none_or(|port| port.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_told_from_other_text() {
        for good in ["localhost", "127.0.0.1:8080", "[::1]:8080", "[::1]", "relay.example", "a_b:1"] {
            assert!(is_host(good), "{good}");
        }
        for bad in ["", ":80", "a b", "relay.example:99999", "relay:x", "[zz]:1", "a/b", "a\"b", "::1"] {
            assert!(!is_host(bad), "{bad}");
        }
    }

    #[test]
    fn websocket_urls_follow_scheme_host_and_path() {
        let url = PublicUrl::parse("https://relay.example/base/").unwrap();
        assert_eq!(url.websocket("/x?y=1"), "wss://relay.example/base/x?y=1");
        assert_eq!(url.host(), "relay.example");
        let url = PublicUrl::parse("http://[::1]:8080").unwrap();
        assert_eq!(url.websocket("/x"), "ws://[::1]:8080/x");
        assert_eq!(url.host(), "[::1]");
        for bad in ["relay.example", "ftp://relay.example", "http://", "http://a b", "http://a/?q"] {
            assert_eq!(PublicUrl::parse(bad), None, "{bad}");
        }
    }
}

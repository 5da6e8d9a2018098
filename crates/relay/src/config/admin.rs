//! Who may look at the relay from inside.

use ring::hmac;

use super::ConfigError;

/// Shorter ones can be guessed.
const SHORTEST: usize = 16;
/// What is shown in place of a token. It is too short to be one.
const MASK: &str = "********";

/// The token that opens the admin listener. It does not come out again: it can only be compared.
#[derive(Clone)]
pub struct AdminToken(String);

impl AdminToken {
    /// Takes a token of at least 16 visible ASCII characters.
    pub fn new(text: &str) -> Option<Self> {
        let fits = (SHORTEST..=256).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| Self(text.to_owned()))
    }

    /// Whether `given` is the token. The time that this takes tells nothing about the token: what is compared are
    /// codes of both under `key`, which nobody knows outside.
    pub(crate) fn is(&self, given: &[u8], key: &hmac::Key) -> bool {
        hmac::verify(key, given, hmac::sign(key, self.0.as_bytes()).as_ref()).is_ok()
    }
}

impl std::fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(MASK)
    }
}

/// How the token is shown.
pub(super) fn show(token: Option<&AdminToken>) -> String {
    token.map_or(String::new(), |_| MASK.to_owned())
}

/// Whether an address stands for this machine alone.
pub(super) fn is_loopback(listen: &str) -> bool {
    match listen.parse::<std::net::SocketAddr>() {
        Ok(address) => address.ip().is_loopback(),
        Err(_) => listen.rsplit_once(':').is_some_and(|(host, _)| host.eq_ignore_ascii_case("localhost")),
    }
}

/// Whether a Host header names this machine by what always means this machine.
pub(crate) fn is_loopback_host(host: &str) -> bool {
    let with_port =
        if host.ends_with(']') || !host.contains(':') { format!("{host}:80") } else { host.to_owned() };
    is_loopback(&with_port)
}

/// An admin listener that others can reach needs a token.
pub(super) fn check(admin: Option<&str>, token: Option<&AdminToken>) -> Result<(), ConfigError> {
    match admin {
        Some(listen) if token.is_none() && !is_loopback(listen) => Err(ConfigError::new(
            "admin",
            listen,
            "a loopback address such as 127.0.0.1:9090, or any address with admin_token set",
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_token_itself_is_the_token() {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &[7; 32]);
        let token = AdminToken::new("0123456789abcdef").unwrap();
        assert!(token.is(b"0123456789abcdef", &key));
        for other in ["", "0123456789abcde", "0123456789abcdeF", "0123456789abcdef0", MASK] {
            assert!(!token.is(other.as_bytes(), &key), "{other}");
        }
        assert_eq!(format!("{token:?}"), MASK);
    }

    #[test]
    fn a_mask_or_a_short_token_is_no_token() {
        for text in ["", MASK, "short", "with a space in it", "0123456789abcde\n"] {
            assert!(AdminToken::new(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn an_admin_listener_for_others_needs_a_token() {
        let token = AdminToken::new("0123456789abcdef");
        for listen in ["127.0.0.1:1", "[::1]:1", "localhost:1"] {
            check(Some(listen), None).unwrap();
        }
        for listen in ["0.0.0.0:1", "[::]:1", "10.0.0.1:1", "relay.example:1"] {
            let error = check(Some(listen), None).unwrap_err().to_string();
            assert!(error.contains(listen) && error.contains("admin_token"), "{error}");
            check(Some(listen), token.as_ref()).unwrap();
        }
    }
}

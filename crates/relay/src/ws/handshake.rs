//! The request that turns an HTTP connection into a WebSocket.

use hyper::body::Body;
use hyper::header::{self, HeaderValue};
use hyper::{HeaderMap, Request, Version};
use tungstenite::handshake::derive_accept_key;

/// Why a request is no upgrade to WebSocket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UpgradeError {
    /// It does not ask for one.
    NotAsked,
    /// It is of a version of HTTP that knows no upgrades.
    Http,
    /// It has a body, which could be taken for the first frames.
    Body,
    /// It asks for another version than 13.
    Version,
    /// It has no usable key.
    Key,
}

impl UpgradeError {
    /// What to tell a person.
    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::NotAsked => "this path is a WebSocket: send Connection: Upgrade and Upgrade: websocket",
            Self::Http => "a WebSocket begins with a request of HTTP/1.1",
            Self::Body => "a request for a WebSocket has no body",
            Self::Version => "the WebSocket version is not 13",
            Self::Key => "Sec-WebSocket-Key is not 16 bytes in base64",
        }
    }
}

/// Checks the headers of a request; the answer is the value of Sec-WebSocket-Accept. Extensions and subprotocols that
/// are offered are not taken up: nothing here depends on one.
pub(crate) fn accept(request: &Request<impl Body>) -> Result<HeaderValue, UpgradeError> {
    let headers = request.headers();
    if !has_token(headers, header::CONNECTION, "upgrade") || !has_token(headers, header::UPGRADE, "websocket")
    {
        return Err(UpgradeError::NotAsked);
    }
    if request.version() != Version::HTTP_11 {
        return Err(UpgradeError::Http);
    }
    if !request.body().is_end_stream() {
        return Err(UpgradeError::Body);
    }
    if headers.get(header::SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
        return Err(UpgradeError::Version);
    }
    let key = headers.get(header::SEC_WEBSOCKET_KEY).map(HeaderValue::as_bytes);
    let key = key.filter(|key| is_key(key)).ok_or(UpgradeError::Key)?;
    HeaderValue::from_str(&derive_accept_key(key)).map_err(|_| UpgradeError::Key)
}

/// Whether this can be 16 bytes in base64.
fn is_key(text: &[u8]) -> bool {
    text.strip_suffix(b"==").is_some_and(|text| {
        text.len() == 22
            && text.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
    })
}

/// Whether a comma-separated header lists a word, in any case.
fn has_token(headers: &HeaderMap, name: header::HeaderName, token: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|word| word.trim().eq_ignore_ascii_case(token))
}

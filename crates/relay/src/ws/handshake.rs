//! The request that turns an HTTP connection into a WebSocket.

use hyper::HeaderMap;
use hyper::header::{self, HeaderValue};
use tungstenite::handshake::derive_accept_key;

/// Why a request is no upgrade to WebSocket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UpgradeError {
    /// It does not ask for one.
    NotAsked,
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
            Self::Version => "the WebSocket version is not 13",
            Self::Key => "Sec-WebSocket-Key is missing",
        }
    }
}

/// Checks the headers of a request; the answer is the value of Sec-WebSocket-Accept. Extensions and subprotocols that
/// are offered are not taken up: nothing here depends on one.
pub(crate) fn accept(headers: &HeaderMap) -> Result<HeaderValue, UpgradeError> {
    if !has_token(headers, header::CONNECTION, "upgrade") || !has_token(headers, header::UPGRADE, "websocket")
    {
        return Err(UpgradeError::NotAsked);
    }
    if headers.get(header::SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
        return Err(UpgradeError::Version);
    }
    let key =
        headers.get(header::SEC_WEBSOCKET_KEY).filter(|key| !key.is_empty()).ok_or(UpgradeError::Key)?;
    HeaderValue::from_str(&derive_accept_key(key.as_bytes())).map_err(|_| UpgradeError::Key)
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

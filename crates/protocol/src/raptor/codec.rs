//! The envelope that every message shares.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Why a payload is not a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecodeError {
    /// Not JSON, or not an object with a string `method` and a string `uri`, each at most once.
    BadEnvelope,
    /// The URI names a session that is not the sender's.
    OtherSession,
    /// The envelope is fine, but the content is not what this method and resource need.
    BadContent {
        /// The method and resource.
        what: &'static str,
    },
}

impl std::fmt::Display for DecodeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::BadEnvelope => f.write_str("message is not a JSON object with method and uri"),
            Self::OtherSession => f.write_str("message names another session"),
            Self::BadContent { what } => write!(f, "content of {what} has a wrong shape"),
        }
    }
}

impl std::error::Error for DecodeError {}

/// A message whose content is still text. It borrows the payload.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Envelope<'a> {
    /// What happens.
    #[serde(borrow)]
    pub method: Cow<'a, str>,
    /// To what.
    #[serde(borrow)]
    pub uri: Cow<'a, str>,
    /// Depends on method and resource.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub content: Option<&'a RawValue>,
    /// On deletions: why.
    #[serde(borrow, default, deserialize_with = "lenient_str", skip_serializing_if = "Option::is_none")]
    pub reason: Option<Cow<'a, str>>,
}

impl<'a> Envelope<'a> {
    /// Reads the envelope; the content is checked to be JSON, and no more.
    pub fn decode(payload: &'a str) -> Result<Self, DecodeError> {
        serde_json::from_str(payload).map_err(|_| DecodeError::BadEnvelope)
    }

    /// The content read as `T`; an absent content reads as `{}`.
    pub(super) fn content_as<T: Deserialize<'a>>(&self, what: &'static str) -> Result<T, DecodeError> {
        let text = self.content.map_or("{}", RawValue::get);
        serde_json::from_str(text).map_err(|_| DecodeError::BadContent { what })
    }
}

/// A string, or nothing where something else stands: a stray `reason` must not cost the message.
fn lenient_str<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Cow<'de, str>>, D::Error> {
    let raw = <&RawValue>::deserialize(deserializer)?;
    Ok(serde_json::from_str::<BorrowedStr<'de>>(raw.get()).ok().map(|text| text.0))
}

/// A string that is borrowed where it holds no escapes. (`Cow` alone is always copied by serde.)
#[derive(Deserialize)]
pub(super) struct BorrowedStr<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

/// Writes a message. `content` must be JSON.
pub(super) fn encode<T: Serialize>(method: &str, uri: &str, content: &T, reason: Option<&str>) -> String {
    #[derive(Serialize)]
    struct Out<'a, T> {
        method: &'a str,
        uri: &'a str,
        content: &'a T,
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<&'a str>,
    }
    serde_json::to_string(&Out { method, uri, content, reason })
        .expect("strings, numbers and maps with string keys are always representable")
}

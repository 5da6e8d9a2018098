//! The envelope that every message shares.

use std::borrow::Cow;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::text;

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
        // The JSON library would take the fields from an array as well.
        if !payload.trim_ascii_start().starts_with('{') {
            return Err(DecodeError::BadEnvelope);
        }
        serde_json::from_str(payload).map_err(|_| DecodeError::BadEnvelope)
    }

    /// The text of the content, which must be an object; an absent one reads as empty.
    pub(super) fn object(&self, what: &'static str) -> Result<&'a str, DecodeError> {
        let text = self.content.map_or("{}", RawValue::get);
        if text.starts_with('{') { Ok(text) } else { Err(DecodeError::BadContent { what }) }
    }

    /// The content read as `T`.
    pub(super) fn content_as<T: DeserializeOwned>(&self, what: &'static str) -> Result<T, DecodeError> {
        read_object(self.object(what)?).ok_or(DecodeError::BadContent { what })
    }
}

/// Reads an object that may hold strings which UTF-8 cannot: such a string is no reason to lose the rest.
pub(super) fn read_object<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_str(text)
        .ok()
        .or_else(|| serde_json::from_str(&text::without_lone_surrogates(text)?).ok())
}

/// A string, or nothing where something else stands: a stray `reason` must not cost the message.
fn lenient_str<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Cow<'de, str>>, D::Error> {
    let raw = <&RawValue>::deserialize(deserializer)?;
    let inside = raw.get().strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    Ok(inside.map(text::unescape))
}

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

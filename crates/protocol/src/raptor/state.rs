//! What a session holds: connections, streams, archives.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::codec::read_object;

/// A client in a session.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Connection {
    /// The connection id.
    pub id: String,
    /// When it entered, in milliseconds since 1970; 0 when not told.
    #[serde(default, deserialize_with = "number")]
    pub creation_time: i64,
    /// The connection data of its token; `""` for none.
    #[serde(default, deserialize_with = "string_or_default")]
    pub data: String,
    /// What it may do: `publish`, `subscribe`, `signal`, `forceunpublish`, `forcedisconnect`, `forcemute`.
    #[serde(default, deserialize_with = "strings_or_default")]
    pub permissions: Vec<String>,
}

/// Published media.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stream {
    /// The stream id.
    pub id: String,
    /// The name its publisher gave it.
    pub name: String,
    /// When it was published, in milliseconds since 1970; 0 when not told.
    pub creation_time: i64,
    /// The connection that publishes it.
    pub connection: String,
    /// Its tracks.
    pub channels: Vec<Channel>,
}

/// A track of a stream.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Channel {
    /// The channel id, unique in its stream.
    #[serde(deserialize_with = "string_or_default")]
    pub id: String,
    /// `audio`, `video` or `captions`.
    #[serde(rename = "type", deserialize_with = "string_or_default")]
    pub kind: String,
    /// Whether it is being sent.
    #[serde(deserialize_with = "bool_or_default")]
    pub active: bool,
    /// Pixels; 0 when not told.
    #[serde(deserialize_with = "number", skip_serializing_if = "is_zero")]
    pub width: i64,
    /// Pixels; 0 when not told.
    #[serde(deserialize_with = "number", skip_serializing_if = "is_zero")]
    pub height: i64,
    /// For video: `camera`, `screen` or `custom`.
    #[serde(deserialize_with = "string_or_none", skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// A recording.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Archive {
    /// The archive id.
    #[serde(deserialize_with = "string_or_default")]
    pub id: String,
    /// Its name.
    #[serde(deserialize_with = "string_or_default")]
    pub name: String,
    /// `started`, `stopped` and others.
    #[serde(deserialize_with = "string_or_default")]
    pub status: String,
}

/// What a relay that knows our extensions says in its answer to create.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// The version of the extension protocol.
    pub version: u32,
}

/// The state of a session at one moment: the answer to create and to session read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SessionState {
    /// The session id.
    pub id: String,
    /// Everyone in the session, the reader included.
    pub connection: Vec<Connection>,
    /// Streams, each of a connection that is listed.
    pub stream: Vec<Stream>,
    /// Recordings.
    pub archive: Vec<Archive>,
    /// Whether the session is muted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub mute: bool,
    /// Present when both sides know our extensions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otc_x: Option<Extension>,
}

impl SessionState {
    /// Reads the payload of the STATUS that answers create; `None` if it is not a session's state.
    pub fn decode(payload: &str) -> Option<Self> {
        Some(payload.trim_ascii()).filter(|text| text.starts_with('{')).and_then(read_object)
    }
}

impl<'de> Deserialize<'de> for SessionState {
    /// `connection` and `stream` must be arrays where present; recordings are optional under either of their names,
    /// and whatever else is missing reads as nothing.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Wire {
            #[serde(default, deserialize_with = "string_or_default")]
            id: String,
            connection: Option<Vec<Connection>>,
            #[serde(default)]
            stream: Option<Vec<Stream>>,
            #[serde(default)]
            archive: Option<Vec<Archive>>,
            #[serde(default)]
            archives: Option<Vec<Archive>>,
            #[serde(default, deserialize_with = "mute")]
            mute: bool,
            #[serde(default, deserialize_with = "extension")]
            otc_x: Option<Extension>,
        }
        let wire = Wire::deserialize(deserializer)?;
        Ok(Self {
            id: wire.id,
            connection: wire.connection.unwrap_or_default(),
            stream: wire.stream.unwrap_or_default(),
            archive: wire.archive.or(wire.archives).unwrap_or_default(),
            mute: wire.mute,
            otc_x: wire.otc_x,
        })
    }
}

impl Serialize for Stream {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Owner<'a> {
            id: &'a str,
        }
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Wire<'a> {
            id: &'a str,
            name: &'a str,
            creation_time: i64,
            connection: Owner<'a>,
            channel: &'a [Channel],
        }
        Wire {
            id: &self.id,
            name: &self.name,
            creation_time: self.creation_time,
            connection: Owner { id: &self.connection },
            channel: &self.channels,
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Stream {
    /// The owner stands in `connection.id` or in `connectionId`.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Owner {
            id: String,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Wire {
            id: String,
            #[serde(default, deserialize_with = "string_or_default")]
            name: String,
            #[serde(default, deserialize_with = "number")]
            creation_time: i64,
            #[serde(default)]
            connection: Option<Owner>,
            #[serde(default, deserialize_with = "string_or_none")]
            connection_id: Option<String>,
            #[serde(default)]
            channel: Option<Vec<Channel>>,
        }
        let wire = Wire::deserialize(deserializer)?;
        Ok(Self {
            id: wire.id,
            name: wire.name,
            creation_time: wire.creation_time,
            connection: wire.connection.map(|owner| owner.id).or(wire.connection_id).unwrap_or_default(),
            channels: wire.channel.unwrap_or_default(),
        })
    }
}

/// A number or a numeric string; anything else is 0.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    Ok(number_or_none(deserializer)?.unwrap_or(0))
}

/// A number or a numeric string; anything else is nothing.
pub(super) fn number_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        // Programs in which all numbers are floats send fractions; they are cut off.
        Value::Number(n) => n.as_i64().or_else(|| n.as_f64().map(|f| f as i64)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    })
}

/// A string; anything else is `""`.
pub(super) fn string_or_default<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(string_or_none(deserializer)?.unwrap_or_default())
}

/// A string; anything else is nothing.
pub(super) fn string_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => Some(text),
        _ => None,
    })
}

/// `true`; anything else is false.
pub(super) fn bool_or_default<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(bool_or_none(deserializer)?.unwrap_or_default())
}

/// A truth value; anything else is nothing.
pub(super) fn bool_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    Ok(Value::deserialize(deserializer)?.as_bool())
}

/// The strings of an array; anything else is nothing.
pub(super) fn strings_or_none<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<String>>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Array(items) => Some(
            items
                .into_iter()
                .filter_map(|item| match item {
                    Value::String(text) => Some(text),
                    _ => None,
                })
                .collect(),
        ),
        _ => None,
    })
}

/// The strings of an array; anything else is none.
pub(super) fn strings_or_default<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<String>, D::Error> {
    Ok(strings_or_none(deserializer)?.unwrap_or_default())
}

/// `true`, or an object whose `active` is true.
fn mute<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Bool(muted) => muted,
        Value::Object(fields) => fields.get("active") == Some(&Value::Bool(true)),
        _ => false,
    })
}

/// What is said of extensions; what is not understood is not said.
fn extension<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Extension>, D::Error> {
    Ok(serde_json::from_value(Value::deserialize(deserializer)?).ok())
}

fn is_zero(n: &i64) -> bool {
    *n == 0
}

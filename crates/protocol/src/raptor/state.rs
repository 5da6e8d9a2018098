//! What a session holds: connections, streams, archives.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use super::codec::read_object;
use super::lenient::{
    bool_or_default, channels, entries, number, string_or_default, string_or_none, strings_or_default,
};

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
            #[serde(default, deserialize_with = "entries")]
            connection: Option<Vec<Connection>>,
            #[serde(default, deserialize_with = "entries")]
            stream: Option<Vec<Stream>>,
            #[serde(default, deserialize_with = "entries")]
            archive: Option<Vec<Archive>>,
            #[serde(default, deserialize_with = "entries")]
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
            #[serde(default, deserialize_with = "channels")]
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

/// `true`, or an object whose `active` is true.
fn mute<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    #[derive(Deserialize)]
    struct Object {
        #[serde(default, deserialize_with = "bool_or_default")]
        active: bool,
    }
    let said = Box::<RawValue>::deserialize(deserializer)?;
    let is_active = || read_object::<Object>(said.get()).is_some_and(|object| object.active);
    Ok(said.get() == "true" || (said.get().starts_with('{') && is_active()))
}

/// What is said of extensions; what is not understood is not said.
fn extension<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Extension>, D::Error> {
    let said = Box::<RawValue>::deserialize(deserializer)?;
    Ok(serde_json::from_str(said.get()).ok())
}

fn is_zero(n: &i64) -> bool {
    *n == 0
}

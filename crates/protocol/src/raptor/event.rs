//! What relays send.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::codec::{DecodeError, Envelope, encode};
use super::signal::Signal;
use super::state::{Archive, Connection, SessionState, Stream};
use super::uri::{Resource, Uri};

/// A message from a relay to a client.
#[derive(Debug, Clone)]
pub enum Event<'a> {
    /// The answer to session read.
    SessionState(Box<SessionState>),
    /// A client entered.
    ConnectionCreated(Connection),
    /// A client left.
    ConnectionDeleted {
        /// Who.
        connection: String,
        /// Why: `clientDisconnected` when not told.
        reason: Cow<'a, str>,
    },
    /// An application message. Who sent it stands in the frame.
    Signal(Signal<'a>),
    /// A stream was published.
    StreamCreated(Stream),
    /// A stream ended.
    StreamDeleted {
        /// Which.
        stream: String,
        /// Why: `clientDisconnected` when not told.
        reason: Cow<'a, str>,
    },
    /// A stream or one of its channels changed.
    StreamUpdated {
        /// Which.
        stream: String,
        /// What changed.
        update: StreamUpdate,
    },
    /// A recording began or changed. `created` tells which.
    Archive {
        /// Whether this is news of a new recording.
        created: bool,
        /// What was told of it; the id is always there.
        archive: Archive,
    },
    /// A method or resource without a meaning here.
    Other {
        /// The method.
        method: Cow<'a, str>,
        /// The URI.
        uri: Cow<'a, str>,
    },
}

/// A change of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StreamUpdate {
    /// Attributes of the stream itself.
    Stream {
        /// Its new name, if told.
        name: Option<String>,
    },
    /// Attributes of a channel; only those that are told are present.
    Channel {
        /// The channel id.
        channel: String,
        /// Whether it is being sent.
        active: Option<bool>,
        /// Pixels.
        width: Option<i64>,
        /// Pixels.
        height: Option<i64>,
        /// `camera`, `screen` or `custom`.
        source: Option<String>,
    },
}

/// The reason of a deletion that names none.
const DEFAULT_REASON: &str = "clientDisconnected";

impl<'a> Event<'a> {
    /// Reads what a relay sent.
    pub fn decode(payload: &'a str) -> Result<Self, DecodeError> {
        let envelope = Envelope::decode(payload)?;
        let uri = Uri::parse(&envelope.uri);
        let reason = || envelope.reason.clone().unwrap_or(Cow::Borrowed(DEFAULT_REASON));
        if envelope.method == "signal" && uri.resource == Resource::Signal {
            return Ok(Self::Signal(Signal::decode(&envelope)?));
        }
        // What the URI names under the name of its resource; a message about something without a name means nothing.
        let id = uri.param(uri.resource.param()).map(str::to_owned);
        Ok(match (&*envelope.method, uri.resource, id) {
            ("read", Resource::Session, _) => {
                Self::SessionState(Box::new(envelope.content_as("session read")?))
            }
            ("created", Resource::Connection, _) => {
                Self::ConnectionCreated(envelope.content_as("connection created")?)
            }
            ("deleted", Resource::Connection, Some(connection)) => {
                Self::ConnectionDeleted { connection, reason: reason() }
            }
            ("created", Resource::Stream, _) => Self::StreamCreated(envelope.content_as("stream created")?),
            ("deleted", Resource::Stream, Some(stream)) => Self::StreamDeleted { stream, reason: reason() },
            ("updated", Resource::Stream, Some(stream)) => {
                let Named { name } = envelope.content_as("stream updated")?;
                Self::StreamUpdated { stream, update: StreamUpdate::Stream { name } }
            }
            ("updated", Resource::StreamChannel, Some(channel)) => match uri.param("stream") {
                Some(stream) => {
                    let change: ChannelChange = envelope.content_as("channel updated")?;
                    Self::StreamUpdated { stream: stream.to_owned(), update: change.of(channel) }
                }
                None => Self::other(&envelope),
            },
            (method @ ("created" | "updated"), Resource::Archive, Some(id)) => {
                let told: Archive = envelope.content_as("archive")?;
                Self::Archive { created: method == "created", archive: Archive { id, ..told } }
            }
            _ => Self::other(&envelope),
        })
    }

    fn other(envelope: &Envelope<'a>) -> Self {
        Self::Other { method: envelope.method.clone(), uri: envelope.uri.clone() }
    }

    /// Writes the answer to session read.
    pub fn encode_session_state(partner: &str, session: &str, state: &SessionState) -> String {
        encode("read", &Uri::for_session(partner, session), state, None)
    }

    /// Writes the news of a client that entered.
    pub fn encode_connection_created(partner: &str, session: &str, connection: &Connection) -> String {
        encode("created", &Uri::for_connection(partner, session, &connection.id), connection, None)
    }

    /// Writes the news of a client that left.
    pub fn encode_connection_deleted(partner: &str, session: &str, connection: &str, reason: &str) -> String {
        encode("deleted", &Uri::for_connection(partner, session, connection), &Empty {}, Some(reason))
    }

    /// Writes the news of a stream.
    pub fn encode_stream_created(partner: &str, session: &str, stream: &Stream) -> String {
        encode("created", &Uri::for_stream(partner, session, &stream.id), stream, None)
    }

    /// Writes the news of a stream that ended.
    pub fn encode_stream_deleted(partner: &str, session: &str, stream: &str, reason: &str) -> String {
        encode("deleted", &Uri::for_stream(partner, session, stream), &Empty {}, Some(reason))
    }
}

#[derive(Serialize)]
struct Empty {}

#[derive(Deserialize)]
struct Named {
    #[serde(default, deserialize_with = "super::lenient::string_or_none")]
    name: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ChannelChange {
    #[serde(deserialize_with = "super::lenient::bool_or_none")]
    active: Option<bool>,
    #[serde(deserialize_with = "super::lenient::number_or_none")]
    width: Option<i64>,
    #[serde(deserialize_with = "super::lenient::number_or_none")]
    height: Option<i64>,
    #[serde(deserialize_with = "super::lenient::string_or_none")]
    source: Option<String>,
}

impl ChannelChange {
    fn of(self, channel: String) -> StreamUpdate {
        let Self { active, width, height, source } = self;
        StreamUpdate::Channel { channel, active, width, height, source }
    }
}

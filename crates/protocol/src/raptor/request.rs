//! What clients send.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::codec::{DecodeError, Envelope, encode};
use super::signal::Signal;
use super::uri::{Resource, Uri};

/// A message from a client to a relay.
#[derive(Debug, Clone)]
pub enum Request<'a> {
    /// Enter the session as this connection.
    CreateConnection {
        /// The connection id in the URI.
        connection: Cow<'a, str>,
        /// What the client says of itself.
        content: CreateConnection,
    },
    /// Read the state of the session.
    ReadSession,
    /// Remove a client from the session (moderators).
    DeleteConnection {
        /// Whom.
        connection: Cow<'a, str>,
    },
    /// An application message.
    Signal {
        /// The connection in the URI: whom it is for. `None`, or the session's own id, means everyone.
        to: Option<Cow<'a, str>>,
        /// Type and data.
        content: Signal<'a>,
    },
    /// Something about a stream, its channels or subscribers. The relay passes these on; it knows no media.
    Stream {
        /// What happens to it.
        action: StreamAction,
        /// The stream id.
        stream: Cow<'a, str>,
        /// The content, as sent.
        content: Option<&'a RawValue>,
    },
    /// A method or resource without a meaning here.
    Other {
        /// The method.
        method: Cow<'a, str>,
        /// The URI.
        uri: Cow<'a, str>,
    },
}

/// What a client does with a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StreamAction {
    /// Publish it.
    Create,
    /// Unpublish it, or have it unpublished.
    Delete,
    /// Change attributes of the stream itself.
    Update,
    /// Change attributes of one of its channels.
    UpdateChannel {
        /// The channel id.
        channel: String,
    },
}

impl StreamAction {
    fn of(method: &str, uri: &Uri<'_>) -> Option<Self> {
        match (method, uri.resource) {
            ("create", Resource::Stream) => Some(Self::Create),
            ("delete", Resource::Stream) => Some(Self::Delete),
            ("update", Resource::Stream) => Some(Self::Update),
            ("update", Resource::StreamChannel) => {
                Some(Self::UpdateChannel { channel: uri.param("channel")?.to_owned() })
            }
            _ => None,
        }
    }
}

/// What a client says of itself when it enters. All of it is informational except the suppression switch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CreateConnection {
    /// The program, in words.
    #[serde(
        deserialize_with = "super::lenient::string_or_default",
        skip_serializing_if = "String::is_empty"
    )]
    pub user_agent: String,
    /// The client library: `js-2.35.2`, `otc-0.1.0`; older ones send none.
    #[serde(deserialize_with = "super::lenient::string_or_none", skip_serializing_if = "Option::is_none")]
    pub client_version: Option<String>,
    /// What the client can do beyond the common protocol. `None` when the client is too old to say.
    #[serde(deserialize_with = "super::lenient::strings_or_none", skip_serializing_if = "Option::is_none")]
    pub capabilities: Option<Vec<String>>,
    /// The client wants no events about other connections, and a state without them.
    #[serde(
        deserialize_with = "super::lenient::bool_or_default",
        skip_serializing_if = "std::ops::Not::not"
    )]
    pub connection_events_suppressed: bool,
}

impl<'a> Request<'a> {
    /// Reads what a client of `session` sent. Only the methods that need their content look into it.
    ///
    /// The URI must name that session. Its partner segment is not looked at: a page with sessions of two projects may
    /// send the other's.
    pub fn decode(payload: &'a str, session: &str) -> Result<Self, DecodeError> {
        let envelope = Envelope::decode(payload)?;
        match &envelope.uri {
            Cow::Borrowed(uri) => Self::build(&envelope, &Uri::parse(uri), session, Cow::Borrowed),
            Cow::Owned(uri) => {
                Self::build(&envelope, &Uri::parse(uri), session, |part| Cow::Owned(part.to_owned()))
            }
        }
    }

    /// `keep` keeps a part of the URI, which is copied only if the URI itself is a copy.
    fn build<'u>(
        envelope: &Envelope<'a>,
        uri: &Uri<'u>,
        session: &str,
        keep: impl Fn(&'u str) -> Cow<'a, str>,
    ) -> Result<Self, DecodeError> {
        let other = || Self::Other { method: envelope.method.clone(), uri: envelope.uri.clone() };
        match uri.session() {
            None => return Ok(other()),
            Some(named) if named != session => return Err(DecodeError::OtherSession),
            Some(_) => {}
        }
        let connection = uri.connection().map(&keep);
        Ok(match (&*envelope.method, uri.resource, connection) {
            ("signal", Resource::Signal, to) => Self::Signal { to, content: Signal::decode(envelope)? },
            ("create", Resource::Connection, Some(connection)) => {
                Self::CreateConnection { connection, content: envelope.content_as("connection create")? }
            }
            ("read", Resource::Session, _) => Self::ReadSession,
            ("delete", Resource::Connection, Some(connection)) => Self::DeleteConnection { connection },
            (method, ..) => match (StreamAction::of(method, uri), uri.param("stream")) {
                (Some(action), Some(stream)) => {
                    Self::Stream { action, stream: keep(stream), content: envelope.content }
                }
                _ => other(),
            },
        })
    }

    /// Writes connection create.
    pub fn encode_create_connection(
        partner: &str,
        session: &str,
        connection: &str,
        content: &CreateConnection,
    ) -> String {
        encode("create", &Uri::for_connection(partner, session, connection), content, None)
    }

    /// Writes session read.
    pub fn encode_read_session(partner: &str, session: &str) -> String {
        encode("read", &Uri::for_session(partner, session), &Empty {}, None)
    }

    /// Writes connection delete, which removes another client.
    pub fn encode_delete_connection(partner: &str, session: &str, connection: &str) -> String {
        encode("delete", &Uri::for_connection(partner, session, connection), &Empty {}, None)
    }
}

#[derive(Serialize)]
struct Empty {}

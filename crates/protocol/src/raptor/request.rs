//! What clients send.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::codec::{BorrowedStr, DecodeError, Envelope, encode};
use super::uri::{Resource, Uri};
use crate::limits::{self, SignalLimitError};

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

/// What a client says of itself when it enters. All of it is informational except the suppression switch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CreateConnection {
    /// The program, in words.
    #[serde(deserialize_with = "super::state::string_or_default", skip_serializing_if = "String::is_empty")]
    pub user_agent: String,
    /// The client library: `js-2.35.2`, `otc-0.1.0`; older ones send none.
    #[serde(deserialize_with = "super::state::string_or_none", skip_serializing_if = "Option::is_none")]
    pub client_version: Option<String>,
    /// What the client can do beyond the common protocol. `None` when the client is too old to say.
    #[serde(deserialize_with = "super::state::strings_or_none", skip_serializing_if = "Option::is_none")]
    pub capabilities: Option<Vec<String>>,
    /// The client wants no events about other connections, and a state without them.
    #[serde(deserialize_with = "super::state::bool_or_default", skip_serializing_if = "std::ops::Not::not")]
    pub connection_events_suppressed: bool,
}

/// Type and data of a signal.
#[derive(Debug, Clone, Default)]
pub struct Signal<'a> {
    /// The type; `None` when absent or empty.
    pub kind: Option<Cow<'a, str>>,
    /// The data; `None` when absent.
    pub data: Option<SignalData<'a>>,
}

/// The data of a signal.
#[derive(Debug, Clone)]
pub enum SignalData<'a> {
    /// A string, as nearly all are.
    Text(Cow<'a, str>),
    /// Any other JSON value, as its text.
    Json(&'a RawValue),
}

impl<'a> Signal<'a> {
    /// Reads the content of a signal message.
    pub(super) fn decode(envelope: &Envelope<'a>) -> Result<Self, DecodeError> {
        #[derive(Deserialize)]
        struct Content<'a> {
            #[serde(borrow, default, rename = "type")]
            kind: Option<&'a RawValue>,
            #[serde(borrow, default)]
            data: Option<&'a RawValue>,
        }
        const WHAT: &str = "signal";
        let content: Content<'a> = envelope.content_as(WHAT)?;
        let kind = match content.kind {
            None => None,
            Some(raw) if raw.get() == "null" => None,
            Some(raw) => {
                let text: BorrowedStr<'a> =
                    serde_json::from_str(raw.get()).map_err(|_| DecodeError::BadContent { what: WHAT })?;
                Some(text.0).filter(|text| !text.is_empty())
            }
        };
        let data = match content.data {
            None => None,
            Some(raw) if raw.get().starts_with('"') => {
                let text: BorrowedStr<'a> =
                    serde_json::from_str(raw.get()).map_err(|_| DecodeError::BadContent { what: WHAT })?;
                Some(SignalData::Text(text.0))
            }
            Some(raw) => Some(SignalData::Json(raw)),
        };
        Ok(Self { kind, data })
    }

    /// Applies the limits for signals that arrive over a WebSocket.
    pub fn check_wire(&self) -> Result<(), SignalLimitError> {
        limits::check_type(self.kind.as_deref().unwrap_or("").as_bytes())?;
        match &self.data {
            None => Ok(()),
            Some(SignalData::Text(text)) => limits::check_wire_data(text),
            Some(SignalData::Json(raw)) => limits::check_wire_json(&compact_json(raw.get())),
        }
    }

    /// The data as the text that native programs receive: a string as it is, other JSON compact, `""` when absent.
    pub fn data_text(&self) -> Cow<'a, str> {
        match &self.data {
            None => Cow::Borrowed(""),
            Some(SignalData::Text(text)) => text.clone(),
            Some(SignalData::Json(raw)) => compact_json(raw.get()),
        }
    }

    /// Writes a signal message. An absent or empty type or data is left out.
    pub fn encode(uri: &str, kind: Option<&str>, data: Option<&str>) -> String {
        #[derive(Serialize)]
        struct Content<'a> {
            #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
            kind: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            data: Option<&'a str>,
        }
        encode("signal", uri, &Content { kind: non_empty(kind), data: non_empty(data) }, None)
    }
}

fn non_empty(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

/// JSON text without the white space between its tokens. Numbers keep their spelling.
fn compact_json(text: &str) -> Cow<'_, str> {
    let mut in_string = false;
    let mut escaped = false;
    let significant = |c: &char| {
        if in_string {
            let quote = *c == '"' && !escaped;
            escaped = *c == '\\' && !escaped;
            in_string = !quote;
            return true;
        }
        in_string = *c == '"';
        !matches!(c, ' ' | '\t' | '\n' | '\r')
    };
    let compact: String = text.chars().filter(significant).collect();
    if compact.len() == text.len() { Cow::Borrowed(text) } else { Cow::Owned(compact) }
}

impl<'a> Request<'a> {
    /// Reads what a client of `session` sent. Only the methods that need their content look into it.
    ///
    /// The URI must name that session. Its partner segment is not looked at: a page with sessions of two projects may
    /// send the other's.
    pub fn decode(payload: &'a str, session: &str) -> Result<Self, DecodeError> {
        let envelope = Envelope::decode(payload)?;
        let uri = Uri::parse(&envelope.uri);
        if uri.session().is_some_and(|named| named != session) {
            return Err(DecodeError::OtherSession);
        }
        let owned = |text: Option<&str>| text.map(|text| Cow::Owned(text.to_owned()));
        let connection = owned(uri.connection());
        let stream = owned(uri.param("stream"));
        let channel = uri.param("channel").map(str::to_owned);
        Ok(match (&*envelope.method, uri.resource, connection, stream) {
            ("create", Resource::Connection, Some(connection), _) => {
                Self::CreateConnection { connection, content: envelope.content_as("connection create")? }
            }
            ("read", Resource::Session, ..) => Self::ReadSession,
            ("delete", Resource::Connection, Some(connection), _) => Self::DeleteConnection { connection },
            ("signal", Resource::Signal, to, _) => Self::Signal { to, content: Signal::decode(&envelope)? },
            (method @ ("create" | "delete" | "update"), Resource::Stream, _, Some(stream)) => {
                let action = match method {
                    "create" => StreamAction::Create,
                    "delete" => StreamAction::Delete,
                    _ => StreamAction::Update,
                };
                Self::Stream { action, stream, content: envelope.content }
            }
            ("update", Resource::StreamChannel, _, Some(stream)) if channel.is_some() => Self::Stream {
                action: StreamAction::UpdateChannel { channel: channel.unwrap_or_default() },
                stream,
                content: envelope.content,
            },
            _ => Self::Other { method: envelope.method.clone(), uri: envelope.uri.clone() },
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

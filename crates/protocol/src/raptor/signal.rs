//! Application messages.

use std::borrow::Cow;

use bytes::{BufMut, Bytes, BytesMut};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::codec::{DecodeError, Envelope};
use super::text;
use crate::limits::{self, SignalLimitError};
use crate::rumor::{EncodeError, FrameType, encode_with, header};

/// A signal as it arrived: type and data.
#[derive(Debug, Clone, Default)]
pub struct Signal<'a> {
    /// The type; `None` when absent or empty.
    pub kind: Option<Cow<'a, str>>,
    /// The data; `None` when absent.
    pub data: Option<SignalData<'a>>,
}

/// The data of a signal: any JSON value, nearly always a string, spelt as its sender spelt it.
#[derive(Debug, Clone, Copy)]
pub struct SignalData<'a> {
    json: &'a str,
}

impl<'a> SignalData<'a> {
    /// The JSON text, as it arrived.
    pub fn json(self) -> &'a str {
        self.json
    }

    /// Whether it is a string.
    pub fn is_string(self) -> bool {
        self.json.starts_with('"')
    }

    /// What native programs receive: a string as it is, with U+FFFD for what UTF-8 cannot hold, and any other value
    /// as compact JSON.
    pub fn text(self) -> Cow<'a, str> {
        match self.string() {
            Some(inside) => text::unescape(inside),
            None => text::compact(self.json),
        }
    }

    /// What stands between the quotes of a string.
    fn string(self) -> Option<&'a str> {
        self.json.strip_prefix('"')?.strip_suffix('"')
    }

    /// Applies the limit for data that arrives over a WebSocket.
    fn check_wire(self) -> Result<(), SignalLimitError> {
        match self.string() {
            // Neither escapes nor encoding make a text shorter, so that most signals need not be decoded.
            Some(inside) if inside.len() <= limits::MAX_WIRE_DATA_CHARS => Ok(()),
            Some(inside) => limits::check_wire_data(&text::unescape(inside)),
            None if self.json.len() <= limits::MAX_WIRE_JSON_UTF16 => Ok(()),
            None => limits::check_wire_json(&text::compact(self.json)),
        }
    }
}

impl<'a> Signal<'a> {
    /// Reads the content of a signal message.
    pub(super) fn decode(envelope: &Envelope<'a>) -> Result<Self, DecodeError> {
        #[derive(Deserialize)]
        struct Content<'a> {
            #[serde(borrow, default, rename = "type", deserialize_with = "present")]
            kind: Option<&'a RawValue>,
            #[serde(borrow, default, deserialize_with = "present")]
            data: Option<&'a RawValue>,
        }
        let wrong = || DecodeError::BadContent { what: "signal" };
        let content: Content<'a> = serde_json::from_str(envelope.object("signal")?).map_err(|_| wrong())?;
        let data = content.data.map(|raw| SignalData { json: raw.get() });
        let kind = match content.kind.map(RawValue::get) {
            None | Some("null") => None,
            Some(json) => {
                let inside = SignalData { json }.string().ok_or_else(wrong)?;
                Some(text::unescape(inside)).filter(|kind| !kind.is_empty())
            }
        };
        Ok(Self { kind, data })
    }

    /// Applies the limits for signals that arrive over a WebSocket.
    pub fn check_wire(&self) -> Result<(), SignalLimitError> {
        limits::check_type(self.kind.as_deref().unwrap_or("").as_bytes())?;
        self.data.map_or(Ok(()), SignalData::check_wire)
    }

    /// The data as [`SignalData::text`], `""` when absent.
    pub fn data_text(&self) -> Cow<'a, str> {
        self.data.map_or(Cow::Borrowed(""), SignalData::text)
    }

    /// What to write to pass this signal on, its data spelt as it is.
    pub fn payload(&self) -> SignalPayload<'a> {
        self.data.map_or(SignalPayload::None, SignalPayload::Json)
    }
}

/// A value that is there, `null` included.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// Data to write.
#[derive(Debug, Clone, Copy, Default)]
pub enum SignalPayload<'a> {
    /// Absent.
    #[default]
    None,
    /// A string.
    Text(&'a str),
    /// A value that arrived. Strings are written as they were spelt, anything else compact; a relay thus passes on
    /// what it cannot represent, and nothing that its sender hid in white space.
    Json(SignalData<'a>),
}

/// A whole MESSAGE frame with a signal in it, to be written in one pass.
///
/// Both sides use it: a client addresses it to the server, a relay to the topic of the session or to one connection.
#[derive(Debug, Clone, Copy)]
pub struct SignalMessage<'a> {
    /// The address of the frame.
    pub address: &'a str,
    /// The transaction id.
    pub transaction: &'a str,
    /// The connection id of the sender; `""` when the server originates the signal.
    pub from: &'a str,
    /// The project: an API key or application id.
    pub partner: &'a str,
    /// The session id.
    pub session: &'a str,
    /// The connection it is for; `None` for everyone.
    pub to: Option<&'a str>,
    /// The signal's own id, unlike that of any other signal.
    pub id: &'a str,
    /// The type; `""` leaves it out.
    pub kind: &'a str,
    /// The data.
    pub data: SignalPayload<'a>,
}

impl SignalMessage<'_> {
    /// Writes the frame into a buffer of exactly its size.
    pub fn encode(&self) -> Result<Bytes, EncodeError> {
        let headers = [
            (header::CONTENT_TYPE, header::RAPTOR_CONTENT_TYPE),
            (header::TRANSACTION_ID, self.transaction),
            (header::FROM_ADDRESS, self.from),
        ];
        let data = match self.data {
            SignalPayload::None => Data::None,
            SignalPayload::Text(text) => Data::Text(text),
            SignalPayload::Json(value) if value.is_string() => Data::Json(Cow::Borrowed(value.json)),
            SignalPayload::Json(value) => Data::Json(text::compact(value.json)),
        };
        let mut length = Length(0);
        self.write(&data, &mut length);
        encode_with(FrameType::Message, &[self.address], &headers, length.0, |out| self.write(&data, out))
    }

    /// The message, described once, to be measured and to be written.
    fn write(&self, data: &Data<'_>, out: &mut impl Sink) {
        out.json("{\"method\":\"signal\",\"uri\":\"/v2/partner/");
        out.text(self.partner);
        out.json("/session/");
        out.text(self.session);
        if let Some(to) = self.to {
            out.json("/connection/");
            out.text(to);
        }
        out.json("/signal/");
        out.text(self.id);
        out.json("\",\"content\":{");
        if !self.kind.is_empty() {
            out.json("\"type\":\"");
            out.text(self.kind);
            out.json("\"");
        }
        if !self.kind.is_empty() && !matches!(data, Data::None) {
            out.json(",");
        }
        match data {
            Data::None => {}
            Data::Json(json) => {
                out.json("\"data\":");
                out.json(json);
            }
            Data::Text(text) => {
                out.json("\"data\":\"");
                out.text(text);
                out.json("\"");
            }
        }
        out.json("}}");
    }
}

/// Data, ready to be written.
enum Data<'a> {
    None,
    Text(&'a str),
    Json(Cow<'a, str>),
}

/// Where a message goes.
trait Sink {
    /// Takes JSON as it is.
    fn json(&mut self, json: &str);
    /// Takes a part of a JSON string.
    fn text(&mut self, text: &str);
}

impl Sink for BytesMut {
    fn json(&mut self, json: &str) {
        self.put_slice(json.as_bytes());
    }

    fn text(&mut self, text: &str) {
        text::put_escaped(self, text);
    }
}

/// Adds up what a message will need.
struct Length(usize);

impl Sink for Length {
    fn json(&mut self, json: &str) {
        self.0 += json.len();
    }

    fn text(&mut self, text: &str) {
        self.0 += text::escaped_len(text);
    }
}

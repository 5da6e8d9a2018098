//! The frame type.

use bytes::Bytes;
use bytestring::ByteString;
use smallvec::SmallVec;

use super::codec::{self, DecodeError, EncodeError};

/// Names of headers, spelt exactly as clients match them.
pub mod header {
    /// On CONNECT: the connection id that the client chose.
    pub const UNIQUE_ID: &str = "uniqueId";
    /// On CONNECT: the address to tell when the socket goes away.
    pub const NOTIFY_DISCONNECT_ADDRESS: &str = "notifyDisconnectAddress";
    /// Correlates requests and replies, acknowledges, and tells repeats from news.
    pub const TRANSACTION_ID: &str = "TRANSACTION-ID";
    /// On MESSAGE: always [`RAPTOR_CONTENT_TYPE`].
    pub const CONTENT_TYPE: &str = "Content-Type";
    /// The sender's connection id; present but empty on signals that the server originated.
    pub const FROM_ADDRESS: &str = "X-TB-FROM-ADDRESS";
    /// On connection create: the client token. Never logged.
    pub const TOKEN_AUTH: &str = "X-TB-TOKEN-AUTH";
    /// On STATUS from a relay: the decimal result code. Its absence marks an acknowledgement.
    pub const STATUS: &str = "STATUS";
    /// On STATUS from a relay: human text that says why.
    pub const REASON: &str = "REASON";
    /// On DISCONNECT: the value `1` says that the client is about to come back.
    pub const RECONNECT: &str = "reconnect";
    /// The value of [`CONTENT_TYPE`].
    pub const RAPTOR_CONTENT_TYPE: &str = "application/x-raptor+v2";
}

/// What a frame is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FrameType {
    /// Client to relay: deliver what is sent to these topics.
    Subscribe,
    /// Client to relay: stop delivering.
    Unsubscribe,
    /// A Raptor message.
    Message,
    /// Client to relay: names the connection.
    Connect,
    /// Client to relay: leaving, unless the `reconnect` header says otherwise.
    Disconnect,
    /// Client to relay: asks for a PONG.
    Ping,
    /// Relay to client: answers a PING.
    Pong,
    /// A reply (relay to client) or an acknowledgement (client to relay).
    Status,
    /// A number without a meaning; readers ignore the frame.
    Unknown(u8),
}

impl FrameType {
    /// The type with this number on the wire.
    pub fn from_wire(number: u8) -> Self {
        match number {
            0 => Self::Subscribe,
            1 => Self::Unsubscribe,
            2 => Self::Message,
            3 => Self::Connect,
            4 => Self::Disconnect,
            7 => Self::Ping,
            8 => Self::Pong,
            9 => Self::Status,
            other => Self::Unknown(other),
        }
    }

    /// The number of this type on the wire.
    pub fn to_wire(self) -> u8 {
        match self {
            Self::Subscribe => 0,
            Self::Unsubscribe => 1,
            Self::Message => 2,
            Self::Connect => 3,
            Self::Disconnect => 4,
            Self::Ping => 7,
            Self::Pong => 8,
            Self::Status => 9,
            Self::Unknown(number) => number,
        }
    }
}

/// A decoded frame. Its strings are slices of the message it came from: cloning one copies no text, and holding one
/// keeps the whole message alive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// What it is for.
    pub kind: FrameType,
    /// Destination addresses or topics.
    pub addresses: SmallVec<[ByteString; 1]>,
    /// Names and values, in order, duplicates kept.
    pub headers: SmallVec<[(ByteString, ByteString); 4]>,
    /// The payload; for MESSAGE frames, Raptor JSON.
    pub data: ByteString,
}

impl Frame {
    /// A frame without addresses, headers or data.
    pub fn new(kind: FrameType) -> Self {
        Self { kind, addresses: SmallVec::new(), headers: SmallVec::new(), data: ByteString::new() }
    }

    /// Adds an address.
    #[must_use]
    pub fn with_address(mut self, address: impl Into<ByteString>) -> Self {
        self.addresses.push(address.into());
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<ByteString>, value: impl Into<ByteString>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the payload.
    #[must_use]
    pub fn with_data(mut self, data: impl Into<ByteString>) -> Self {
        self.data = data.into();
        self
    }

    /// The value of the last header of this name, which is the one that clients see.
    pub fn header(&self, name: &str) -> Option<&ByteString> {
        self.headers.iter().rev().find(|(n, _)| n == name).map(|(_, value)| value)
    }

    /// Bytes of the message that the frame was read from, or would be written as: what holding any of its texts keeps
    /// alive.
    pub fn message_len(&self) -> usize {
        /// Size, reserved, type and the two counts.
        const FIXED: usize = 9;
        /// The length before each text.
        const EACH: usize = 2;
        let addresses: usize = self.addresses.iter().map(|address| EACH + address.len()).sum();
        let headers = self.headers.iter().map(|(name, value)| 2 * EACH + name.len() + value.len());
        FIXED + addresses + headers.sum::<usize>() + self.data.len()
    }

    /// About how many bytes the frame takes in memory, its message included. Texts of no length are not free.
    pub fn memory(&self) -> usize {
        let texts = 1 + self.addresses.len() + 2 * self.headers.len();
        self.message_len() + texts * size_of::<ByteString>()
    }

    /// Reads one frame from one message of at most `max` bytes. Nothing is copied: the strings of the result are
    /// slices of `message`, each checked to be UTF-8 once.
    pub fn decode(message: Bytes, max: usize) -> Result<Self, DecodeError> {
        codec::decode(message, max)
    }

    /// Writes the frame into a buffer of exactly its size.
    pub fn encode(&self) -> Result<Bytes, EncodeError> {
        codec::encode_frame(self)
    }
}

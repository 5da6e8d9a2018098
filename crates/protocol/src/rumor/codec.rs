//! Bytes to frames and back.

use bytes::{BufMut, Bytes, BytesMut};
use bytestring::ByteString;
use smallvec::SmallVec;

use super::frame::{Frame, FrameType};

/// Why a message is not a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecodeError {
    /// A field runs past the end of the message.
    Truncated,
    /// The size field is not the length of what follows it.
    SizeMismatch,
    /// A field is not valid UTF-8 on its own.
    BadUtf8,
    /// The message is longer than the reader accepts.
    TooLarge,
}

impl DecodeError {
    /// The short name of the reason, as logs and close frames give it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Truncated => "truncated",
            Self::SizeMismatch => "size_mismatch",
            Self::BadUtf8 => "bad_utf8",
            Self::TooLarge => "too_large",
        }
    }
}

impl std::fmt::Display for DecodeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::error::Error for DecodeError {}

/// Why a frame cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EncodeError {
    /// An address, header name or header value is longer than 65,535 bytes.
    StringTooLong,
    /// More than 255 addresses.
    TooManyAddresses,
    /// More than 255 headers.
    TooManyHeaders,
    /// The whole does not fit the 32-bit size field.
    TooLarge,
}

impl EncodeError {
    /// The short name of the reason.
    pub fn name(self) -> &'static str {
        match self {
            Self::StringTooLong => "string_too_long",
            Self::TooManyAddresses => "too_many_addresses",
            Self::TooManyHeaders => "too_many_headers",
            Self::TooLarge => "too_large",
        }
    }
}

impl std::fmt::Display for EncodeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::error::Error for EncodeError {}

/// Bytes before the first address: size, reserved, type, count of addresses.
const PREFIX: usize = 8;
/// Bytes of the size field, which does not count itself.
const SIZE_FIELD: usize = 4;

pub(super) fn decode(message: Bytes, max: usize) -> Result<Frame, DecodeError> {
    if message.len() > max {
        return Err(DecodeError::TooLarge);
    }
    if message.len() < PREFIX {
        return Err(DecodeError::Truncated);
    }
    let size = u32::from_be_bytes([message[0], message[1], message[2], message[3]]);
    if usize::try_from(size).ok() != Some(message.len() - SIZE_FIELD) {
        // A message too short for its header count is truncated whatever its size field says.
        return Err(if message.len() == PREFIX { DecodeError::Truncated } else { DecodeError::SizeMismatch });
    }
    let kind = FrameType::from_wire(message[6]);
    let address_count = usize::from(message[7]);
    let mut reader = Reader { message: &message, at: PREFIX };

    // Counts are a hostile peer's word: the vectors grow with what is really there.
    let mut addresses = SmallVec::new();
    for _ in 0..address_count {
        addresses.push(reader.string()?);
    }
    let header_count = usize::from(reader.byte()?);
    let mut headers = SmallVec::new();
    for _ in 0..header_count {
        headers.push((reader.string()?, reader.string()?));
    }
    let data = utf8(message.slice(reader.at..))?;
    Ok(Frame { kind, addresses, headers, data })
}

/// A cursor over a message whose every read is checked.
struct Reader<'a> {
    message: &'a Bytes,
    at: usize,
}

impl Reader<'_> {
    fn byte(&mut self) -> Result<u8, DecodeError> {
        let byte = *self.message.get(self.at).ok_or(DecodeError::Truncated)?;
        self.at += 1;
        Ok(byte)
    }

    fn string(&mut self) -> Result<ByteString, DecodeError> {
        let length = usize::from(u16::from_be_bytes([self.byte()?, self.byte()?]));
        let end = self.at + length;
        if end > self.message.len() {
            return Err(DecodeError::Truncated);
        }
        let field = self.message.slice(self.at..end);
        self.at = end;
        utf8(field)
    }
}

fn utf8(field: Bytes) -> Result<ByteString, DecodeError> {
    ByteString::try_from(field).map_err(|_| DecodeError::BadUtf8)
}

/// Writes a frame from borrowed parts into a buffer of exactly its size, in one pass.
pub fn encode(
    kind: FrameType,
    addresses: &[&str],
    headers: &[(&str, &str)],
    data: &str,
) -> Result<Bytes, EncodeError> {
    encode_with(kind, addresses, headers, data.len(), |out| out.put_slice(data.as_bytes()))
}

/// Writes a frame whose payload of `data_len` bytes is appended by `data`.
pub(crate) fn encode_with(
    kind: FrameType,
    addresses: &[&str],
    headers: &[(&str, &str)],
    data_len: usize,
    data: impl FnOnce(&mut BytesMut),
) -> Result<Bytes, EncodeError> {
    write(kind, addresses.iter().copied(), headers.iter().copied(), data_len, data)
}

pub(super) fn encode_frame(frame: &Frame) -> Result<Bytes, EncodeError> {
    write(
        frame.kind,
        frame.addresses.iter().map(|a| &**a),
        frame.headers.iter().map(|(n, v)| (&**n, &**v)),
        frame.data.len(),
        |out| out.put_slice(frame.data.as_bytes()),
    )
}

fn write<'a>(
    kind: FrameType,
    addresses: impl ExactSizeIterator<Item = &'a str> + Clone,
    headers: impl ExactSizeIterator<Item = (&'a str, &'a str)> + Clone,
    data_len: usize,
    data: impl FnOnce(&mut BytesMut),
) -> Result<Bytes, EncodeError> {
    let address_count = u8::try_from(addresses.len()).map_err(|_| EncodeError::TooManyAddresses)?;
    let header_count = u8::try_from(headers.len()).map_err(|_| EncodeError::TooManyHeaders)?;
    let mut total = PREFIX + 1 + data_len;
    for text in addresses.clone().chain(headers.clone().flat_map(|(name, value)| [name, value])) {
        u16::try_from(text.len()).map_err(|_| EncodeError::StringTooLong)?;
        total += 2 + text.len();
    }
    let size = u32::try_from(total - SIZE_FIELD).map_err(|_| EncodeError::TooLarge)?;

    let mut out = BytesMut::with_capacity(total);
    out.put_u32(size);
    out.put_u16(0);
    out.put_u8(kind.to_wire());
    out.put_u8(address_count);
    for address in addresses {
        put_string(&mut out, address);
    }
    out.put_u8(header_count);
    for (name, value) in headers {
        put_string(&mut out, name);
        put_string(&mut out, value);
    }
    data(&mut out);
    debug_assert_eq!(out.len(), total, "the payload has the length that was announced");
    Ok(out.freeze())
}

/// The length was checked to fit while the total was added up.
fn put_string(out: &mut BytesMut, text: &str) {
    out.put_u16(text.len() as u16);
    out.put_slice(text.as_bytes());
}

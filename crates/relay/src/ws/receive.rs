//! Bytes from a client to messages.

use std::io::Cursor;

use bytes::Bytes;
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{CloseCode, Control, Data, OpCode};

/// What a client sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Incoming {
    /// A binary message, whole and unmasked.
    Binary(Bytes),
    /// A text message, known to be UTF-8. Nobody who speaks the relay's protocol sends one.
    Text(Bytes),
    /// A ping, with the payload that the pong has to repeat.
    Ping(Bytes),
    /// A pong.
    Pong,
    /// The peer closes, with its code if it gave one.
    Close(Option<u16>),
}

/// Why what a client sent is not WebSocket, or more of it than is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReceiveError {
    /// The framing rules are broken.
    Protocol,
    /// Text that is not UTF-8.
    BadUtf8,
    /// A message longer than the limit.
    TooLarge,
}

/// The longest frame header a client can send.
const MAX_HEADER: usize = 14;
/// The longest payload of a control frame.
const MAX_CONTROL: u64 = 125;
/// How much is set aside for a payload of which little has arrived. A length is only a claim: memory follows what
/// really came.
const FIRST_ALLOCATION: usize = 8 * 1024;

/// Takes messages out of the bytes of one connection. Between reads it holds no more than what has arrived of an
/// unfinished message.
#[derive(Debug)]
pub(crate) struct Receiver {
    max_message: usize,
    stage: Stage,
    /// The beginning of a message that comes in several frames: whether it is text, and what has come so far.
    fragments: Option<Box<(bool, Vec<u8>)>>,
}

#[derive(Debug)]
enum Stage {
    /// Waiting for a header, of which this much is here.
    Header { bytes: [u8; MAX_HEADER], len: u8 },
    /// Waiting for the rest of a payload.
    Payload(Box<Payload>),
}

#[derive(Debug)]
struct Payload {
    opcode: OpCode,
    is_final: bool,
    mask: [u8; 4],
    length: usize,
    data: Vec<u8>,
}

impl Receiver {
    /// A receiver of messages of at most `max_message` bytes.
    pub(crate) fn new(max_message: usize) -> Self {
        Self { max_message, stage: NO_HEADER, fragments: None }
    }

    /// The next message that ends in `input`, which is advanced past what was used. `None` means that all of `input`
    /// is used up. After an error nothing more may be asked.
    pub(crate) fn next(&mut self, input: &mut &[u8]) -> Result<Option<Incoming>, ReceiveError> {
        loop {
            let mut payload = match std::mem::replace(&mut self.stage, NO_HEADER) {
                Stage::Payload(payload) => *payload,
                Stage::Header { bytes, len } => match self.header(bytes, usize::from(len), input)? {
                    Some(payload) => payload,
                    None => return Ok(None),
                },
            };
            payload.take(input);
            if payload.data.len() < payload.length {
                self.stage = Stage::Payload(Box::new(payload));
                return Ok(None);
            }
            if let Some(message) = self.frame(payload)? {
                return Ok(Some(message));
            }
        }
    }

    /// Reads a header from what was kept of it and what has come.
    fn header(
        &mut self,
        mut kept: [u8; MAX_HEADER],
        kept_len: usize,
        input: &mut &[u8],
    ) -> Result<Option<Payload>, ReceiveError> {
        let added = input.len().min(MAX_HEADER - kept_len);
        let parsed = if kept_len == 0 {
            parse_header(input)?
        } else {
            kept[kept_len..kept_len + added].copy_from_slice(&input[..added]);
            parse_header(&kept[..kept_len + added])?
        };
        let Some((header, length, used)) = parsed else {
            if kept_len == 0 {
                kept[..added].copy_from_slice(&input[..added]);
            }
            *input = &input[added..];
            // A header of the longest kind parses, so that what is kept is always shorter and fits.
            self.stage = Stage::Header { bytes: kept, len: (kept_len + added) as u8 };
            return Ok(None);
        };
        *input = &input[used - kept_len..];
        self.check(&header, length).map(Some)
    }

    fn check(&self, header: &FrameHeader, length: u64) -> Result<Payload, ReceiveError> {
        let mask = header.mask.ok_or(ReceiveError::Protocol)?;
        if header.rsv1 || header.rsv2 || header.rsv3 {
            return Err(ReceiveError::Protocol);
        }
        match header.opcode {
            OpCode::Control(_) if !header.is_final || length > MAX_CONTROL => {
                return Err(ReceiveError::Protocol);
            }
            OpCode::Data(Data::Continue) if self.fragments.is_none() => return Err(ReceiveError::Protocol),
            OpCode::Data(Data::Text | Data::Binary) if self.fragments.is_some() => {
                return Err(ReceiveError::Protocol);
            }
            _ => {}
        }
        let before = self.fragments.as_ref().map_or(0, |fragments| fragments.1.len());
        let length = usize::try_from(length)
            .ok()
            .filter(|length| *length <= self.max_message - before.min(self.max_message))
            .ok_or(ReceiveError::TooLarge)?;
        Ok(Payload { opcode: header.opcode, is_final: header.is_final, mask, length, data: Vec::new() })
    }

    /// What a whole frame means.
    fn frame(&mut self, frame: Payload) -> Result<Option<Incoming>, ReceiveError> {
        let is_final = frame.is_final;
        let (is_text, data) = match frame.opcode {
            OpCode::Control(Control::Ping) => return Ok(Some(Incoming::Ping(frame.data.into()))),
            OpCode::Control(Control::Pong) => return Ok(Some(Incoming::Pong)),
            OpCode::Control(_) => return close(&frame.data).map(Some),
            OpCode::Data(Data::Continue) => match self.fragments.take() {
                Some(mut fragments) => {
                    fragments.1.extend_from_slice(&frame.data);
                    *fragments
                }
                None => return Err(ReceiveError::Protocol),
            },
            OpCode::Data(kind) => (kind == Data::Text, frame.data),
        };
        if !is_final {
            self.fragments = Some(Box::new((is_text, data)));
            return Ok(None);
        }
        if !is_text {
            return Ok(Some(Incoming::Binary(data.into())));
        }
        std::str::from_utf8(&data).map_err(|_| ReceiveError::BadUtf8)?;
        Ok(Some(Incoming::Text(data.into())))
    }
}

const NO_HEADER: Stage = Stage::Header { bytes: [0; MAX_HEADER], len: 0 };

impl Payload {
    /// Moves what belongs to this payload out of the input, unmasked.
    fn take(&mut self, input: &mut &[u8]) {
        let missing = self.length - self.data.len();
        let (mine, rest) = input.split_at(missing.min(input.len()));
        *input = rest;
        if self.data.capacity() == 0 {
            // The usual message is all here and gets a buffer of exactly its size.
            self.data.reserve_exact(self.length.min(mine.len().max(FIRST_ALLOCATION)));
        }
        let start = self.data.len();
        self.data.extend_from_slice(mine);
        unmask(&mut self.data[start..], self.mask, start);
    }
}

/// Takes the mask off a part of a payload that begins `offset` bytes into it.
fn unmask(data: &mut [u8], mask: [u8; 4], offset: usize) {
    let mut key = mask;
    key.rotate_left(offset % 4);
    // Whole blocks of a fixed size are what the compiler turns into vector instructions.
    let block: [u8; 32] = std::array::from_fn(|i| key[i % 4]);
    let mut blocks = data.chunks_exact_mut(32);
    for bytes in &mut blocks {
        for (byte, key) in bytes.iter_mut().zip(&block) {
            *byte ^= key;
        }
    }
    for (byte, key) in blocks.into_remainder().iter_mut().zip(block) {
        *byte ^= key;
    }
}

/// The header at the beginning of `bytes`, the length it announces and its own; `None` if it is not all there.
fn parse_header(bytes: &[u8]) -> Result<Option<(FrameHeader, u64, usize)>, ReceiveError> {
    let mut cursor = Cursor::new(bytes);
    let parsed = FrameHeader::parse(&mut cursor).map_err(|_| ReceiveError::Protocol)?;
    // The position never exceeds the length of the slice.
    Ok(parsed.map(|(header, length)| (header, length, cursor.position() as usize)))
}

fn close(payload: &[u8]) -> Result<Incoming, ReceiveError> {
    let code = match payload {
        [] => return Ok(Incoming::Close(None)),
        [_] => return Err(ReceiveError::Protocol),
        [high, low, reason @ ..] => {
            std::str::from_utf8(reason).map_err(|_| ReceiveError::BadUtf8)?;
            u16::from_be_bytes([*high, *low])
        }
    };
    if CloseCode::from(code).is_allowed() {
        Ok(Incoming::Close(Some(code)))
    } else {
        Err(ReceiveError::Protocol)
    }
}

#[cfg(test)]
#[path = "receive_tests.rs"]
mod tests;

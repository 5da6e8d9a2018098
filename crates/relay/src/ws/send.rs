//! Messages to a client to bytes.

use std::collections::VecDeque;
use std::io::{self, IoSlice};

use bytes::Bytes;
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{CloseCode, Control, Data, OpCode};

/// What is yet to be written to one client, in order. Payloads are shared with whoever else receives them; a queue of
/// its own copies would cost each receiver the whole message.
#[derive(Debug, Default)]
pub(crate) struct SendQueue {
    frames: VecDeque<(OpCode, Bytes)>,
    /// Bytes of all frames with their headers, what is written of the first included.
    bytes: usize,
    /// Bytes of the first frame, header included, that are written already.
    written: usize,
}

/// How far a write came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// The queue is empty.
    Done,
    /// The socket takes no more for now.
    Blocked,
}

/// The longest header of a frame without a mask.
const MAX_HEADER: usize = 10;
/// Payloads from here on are written from where they are; shorter ones are cheaper to copy together first.
const LARGE: usize = 4 * 1024;
/// Large frames that one write takes.
const LARGE_AT_ONCE: usize = 8;
/// A queue that has held more frames than this gives its memory back once it is empty.
const KEEP_CAPACITY: usize = 4;

impl SendQueue {
    /// Bytes that wait.
    pub(crate) fn len(&self) -> usize {
        self.bytes - self.written
    }

    /// Queues a binary message.
    pub(crate) fn push_binary(&mut self, payload: Bytes) {
        self.push(OpCode::Data(Data::Binary), payload);
    }

    /// Queues a ping.
    pub(crate) fn push_ping(&mut self) {
        self.push(OpCode::Control(Control::Ping), Bytes::new());
    }

    /// Queues the answer to a ping, which repeats its payload.
    pub(crate) fn push_pong(&mut self, payload: Bytes) {
        self.push(OpCode::Control(Control::Pong), payload);
    }

    /// Queues a close frame. `None` closes without a code.
    pub(crate) fn push_close(&mut self, code: Option<u16>, reason: &str) {
        let mut payload = Vec::new();
        if let Some(code) = code.filter(|code| CloseCode::from(*code).is_allowed()) {
            payload.extend_from_slice(&code.to_be_bytes());
            payload.extend_from_slice(reason.as_bytes());
            debug_assert!(payload.len() <= 125, "close reasons are short constants");
        }
        self.push(OpCode::Control(Control::Close), payload.into());
    }

    /// Queues any frame.
    pub(crate) fn push(&mut self, opcode: OpCode, payload: Bytes) {
        self.bytes += header_len(payload.len()) + payload.len();
        self.frames.push_back((opcode, payload));
    }

    /// Drops all frames that are not begun. What is begun must be finished, or the peer cannot read what follows.
    pub(crate) fn clear_unsent(&mut self) {
        self.frames.truncate(usize::from(self.written > 0));
        self.bytes = self.frames.iter().map(|(_, payload)| header_len(payload.len()) + payload.len()).sum();
    }

    /// Writes as much as the socket takes. `write` is a non-blocking write of several pieces; `scratch` is where short
    /// frames are put together.
    pub(crate) fn write_to(
        &mut self,
        scratch: &mut [u8],
        mut write: impl FnMut(&[IoSlice<'_>]) -> io::Result<usize>,
    ) -> io::Result<Progress> {
        while let Some((_, first)) = self.frames.front() {
            let offered = if first.len() >= LARGE {
                self.write_large(&mut write)
            } else {
                self.write_small(scratch, &mut write)
            };
            match offered {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => self.advance(count),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Progress::Blocked),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        if self.frames.capacity() > KEEP_CAPACITY {
            self.frames = VecDeque::new();
        }
        Ok(Progress::Done)
    }

    fn write_small(
        &self,
        scratch: &mut [u8],
        write: &mut impl FnMut(&[IoSlice<'_>]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let mut filled = 0;
        for (opcode, payload) in &self.frames {
            let end = filled + header_len(payload.len()) + payload.len();
            if payload.len() >= LARGE || end > scratch.len() {
                break;
            }
            let header = put_header(*opcode, payload.len(), &mut scratch[filled..]);
            scratch[filled + header..end].copy_from_slice(payload);
            filled = end;
        }
        write(&[IoSlice::new(&scratch[self.written..filled])])
    }

    fn write_large(&self, write: &mut impl FnMut(&[IoSlice<'_>]) -> io::Result<usize>) -> io::Result<usize> {
        let mut headers = [[0; MAX_HEADER]; LARGE_AT_ONCE];
        let mut slices = [IoSlice::new(&[]); 2 * LARGE_AT_ONCE];
        let mut count = 0;
        let large = self.frames.iter().take_while(|(_, payload)| payload.len() >= LARGE);
        for ((opcode, payload), header) in large.zip(&mut headers) {
            let len = put_header(*opcode, payload.len(), header);
            slices[count] = IoSlice::new(&header[..len]);
            slices[count + 1] = IoSlice::new(payload);
            count += 2;
        }
        let mut slices = &mut slices[..count];
        IoSlice::advance_slices(&mut slices, self.written);
        write(slices)
    }

    /// Forgets what was written.
    fn advance(&mut self, count: usize) {
        self.written += count;
        while let Some((_, payload)) = self.frames.front() {
            let frame = header_len(payload.len()) + payload.len();
            if self.written < frame {
                break;
            }
            self.written -= frame;
            self.bytes -= frame;
            self.frames.pop_front();
        }
    }
}

/// Bytes of the header of a frame without a mask.
fn header_len(payload: usize) -> usize {
    match payload {
        0..=125 => 2,
        126..=0xffff => 4,
        _ => MAX_HEADER,
    }
}

/// Writes a header to the beginning of `out`, which has room for it; tells its length.
fn put_header(opcode: OpCode, payload: usize, mut out: &mut [u8]) -> usize {
    let header = FrameHeader { opcode, ..FrameHeader::default() };
    header.format(payload as u64, &mut out).expect("the buffer has room for a header");
    header_len(payload)
}

#[cfg(test)]
#[path = "send_tests.rs"]
mod tests;

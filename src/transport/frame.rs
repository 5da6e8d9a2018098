//! Writing WebSocket messages as a client does: one frame each, masked.
//!
//! In one pass from the message to the buffer that the socket is written from: the library under us would copy each
//! message through a buffer that every link keeps for good.
#![forbid(unsafe_code)]

use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

/// Two bytes, a length of eight, and the mask.
const MAX_HEADER_BYTES: usize = 14;

/// Appends a message of a kind. The mask must be one that nobody can foresee.
pub(super) fn append(out: &mut Vec<u8>, kind: Data, message: &[u8], mask: [u8; 4]) {
    let header = FrameHeader { opcode: OpCode::Data(kind), mask: Some(mask), ..FrameHeader::default() };
    out.reserve(MAX_HEADER_BYTES + message.len());
    if header.format(message.len() as u64, out).is_err() {
        unreachable!("a vector takes everything");
    }
    let begin = out.len();
    out.extend_from_slice(message);
    apply(&mut out[begin..], mask);
}

fn apply(bytes: &mut [u8], mask: [u8; 4]) {
    let mut words = bytes.chunks_exact_mut(4);
    for word in &mut words {
        word.iter_mut().zip(mask).for_each(|(byte, mask)| *byte ^= mask);
    }
    words.into_remainder().iter_mut().zip(mask).for_each(|(byte, mask)| *byte ^= mask);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_as_the_standard_has_them() {
        let table: [(usize, &[u8]); 5] = [
            (0, &[0x82, 0x80]),
            (125, &[0x82, 0x80 | 125]),
            (126, &[0x82, 0x80 | 126, 0, 126]),
            (65_535, &[0x82, 0x80 | 126, 0xff, 0xff]),
            (65_536, &[0x82, 0x80 | 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ];
        for (length, head) in table {
            let message: Vec<u8> = (0..length).map(|index| (index % 251) as u8).collect();
            let mask = [1, 2, 3, 250];
            let mut out = vec![9];
            append(&mut out, Data::Binary, &message, mask);
            let (begin, masked) = out.split_at(1 + head.len() + 4);
            assert_eq!(begin, [&[9], head, &mask].concat());
            let unmasked: Vec<u8> =
                masked.iter().enumerate().map(|(index, byte)| byte ^ mask[index % 4]).collect();
            assert_eq!(unmasked, message, "{length}");
        }
    }
}

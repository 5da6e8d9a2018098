//! The frames that a relay sends.

use bytes::Bytes;
use otc_protocol::rumor::{FrameType, encode, header};

/// The answer to PING; nothing in it ever differs.
pub(crate) fn pong() -> Bytes {
    Bytes::from_static(&[0, 0, 0, 5, 0, 0, 8, 0, 0])
}

/// The answer to a request. `reason` is told to the client, in words.
pub(crate) fn status(
    connection: &str,
    transaction: &str,
    code: u16,
    reason: Option<&str>,
    data: &str,
) -> Bytes {
    let code = code.to_string();
    let head = [(header::TRANSACTION_ID, transaction), (header::STATUS, &code)];
    match reason {
        None => frame(FrameType::Status, connection, &head, data),
        Some(reason) => {
            let headers = [head[0], head[1], (header::REASON, shortened(reason))];
            frame(FrameType::Status, connection, &headers, data)
        }
    }
}

/// A message. `from` is a connection id, the relay's own address, or `""` for a signal that a server originates.
pub(crate) fn message(address: &str, transaction: &str, from: &str, data: &str) -> Bytes {
    let headers = [
        (header::CONTENT_TYPE, header::RAPTOR_CONTENT_TYPE),
        (header::TRANSACTION_ID, transaction),
        (header::FROM_ADDRESS, from),
    ];
    frame(FrameType::Message, address, &headers, data)
}

fn frame(kind: FrameType, address: &str, headers: &[(&str, &str)], data: &str) -> Bytes {
    // Ids were checked when their owner entered, a transaction id was read from a frame, and reasons are cut: nothing
    // here is near the 64 KiB of a field.
    encode(kind, &[address], headers, data).expect("every field is short")
}

/// Longest reason that is sent, in bytes.
const LONGEST_REASON: usize = 200;

/// A text cut to a length fit for a header and for a line of a log.
pub(crate) fn shortened(text: &str) -> &str {
    let end =
        text.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|end| *end <= LONGEST_REASON).last();
    &text[..end.unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use otc_protocol::rumor::Frame;

    use super::*;

    #[test]
    fn pong_is_the_frame_it_claims_to_be() {
        assert_eq!(pong(), Frame::new(FrameType::Pong).encode().expect("it is short"));
    }

    #[test]
    fn long_reasons_are_cut_between_characters() {
        assert_eq!(shortened("short"), "short");
        assert_eq!(shortened(""), "");
        let long = "é".repeat(150);
        assert_eq!(shortened(&long).len(), 200);
        let odd = format!("a{long}");
        assert_eq!(shortened(&odd).len(), 199);
    }
}

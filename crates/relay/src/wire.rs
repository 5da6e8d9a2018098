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

/// The transaction id of an acknowledgement; `None` for any other message, well formed or not.
///
/// Every delivery is acknowledged, so that this is what a relay reads most. It is read in place: a frame would cost
/// more than all that its acknowledgement causes.
pub(crate) fn acknowledged(message: &[u8]) -> Option<&str> {
    const STATUS: u8 = 9;
    let (size, rest) = message.split_first_chunk::<4>()?;
    let [_, _, STATUS, addresses, rest @ ..] = rest else { return None };
    if usize::try_from(u32::from_be_bytes(*size)).ok()? != message.len() - 4 {
        return None;
    }
    let mut rest = rest;
    for _ in 0..*addresses {
        field(&mut rest)?;
    }
    let (headers, mut rest) = rest.split_first()?;
    let mut transaction = None;
    for _ in 0..*headers {
        match (field(&mut rest)?, field(&mut rest)?) {
            (header::STATUS, _) => return None,
            (header::TRANSACTION_ID, id) => transaction = Some(id),
            _ => {}
        }
    }
    std::str::from_utf8(rest).ok()?;
    transaction
}

fn field<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    let (length, after) = rest.split_first_chunk::<2>()?;
    let (field, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    *rest = after;
    std::str::from_utf8(field).ok()
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
    use proptest::prelude::*;

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

    /// What the frame decoder makes of an acknowledgement.
    fn by_decoding(message: &[u8]) -> Option<String> {
        let frame = Frame::decode(Bytes::copy_from_slice(message), usize::MAX).ok()?;
        let acknowledges = frame.kind == FrameType::Status && frame.header(header::STATUS).is_none();
        frame.header(header::TRANSACTION_ID).filter(|_| acknowledges).map(ToString::to_string)
    }

    fn text() -> impl Strategy<Value = String> {
        prop_oneof![Just(header::TRANSACTION_ID.to_owned()), Just(header::STATUS.to_owned()), "[a-zé]{0,3}"]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn acknowledgements_are_read_as_the_decoder_reads_them(
            kind in prop_oneof![4 => Just(9_u8), 1 => any::<u8>()],
            addresses in prop::collection::vec(text(), 0..3),
            headers in prop::collection::vec((text(), text()), 0..4),
            data in text(),
            damage in prop::option::of((any::<prop::sample::Index>(), any::<u8>())),
            cut in prop::option::of(any::<prop::sample::Index>()),
        ) {
            let mut frame = Frame::new(FrameType::from_wire(kind)).with_data(data);
            frame.addresses.extend(addresses.into_iter().map(Into::into));
            frame.headers.extend(headers.into_iter().map(|(name, value)| (name.into(), value.into())));
            let mut message = frame.encode().expect("it is small").to_vec();
            if let Some((at, byte)) = damage {
                let at = at.index(message.len());
                message[at] = byte;
            }
            if let Some(at) = cut {
                message.truncate(at.index(message.len()));
            }
            prop_assert_eq!(acknowledged(&message).map(str::to_owned), by_decoding(&message));
        }
    }
}

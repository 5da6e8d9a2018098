use super::*;

const MASK: [u8; 4] = [0x12, 0x34, 0x56, 0x78];

/// A frame as a client sends it.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![first];
    match payload.len() {
        length @ 0..=125 => out.push(0x80 | length as u8),
        length @ 126..=0xffff => {
            out.push(0x80 | 126);
            out.extend_from_slice(&(length as u16).to_be_bytes());
        }
        length => {
            out.push(0x80 | 127);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(&MASK);
    out.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, key)| byte ^ key));
    out
}

/// Everything that comes out when the bytes arrive in pieces of this length.
fn receive(bytes: &[u8], piece: usize) -> Result<Vec<Incoming>, ReceiveError> {
    let mut receiver = Receiver::new(1000);
    let mut out = Vec::new();
    for mut input in bytes.chunks(piece) {
        while let Some(message) = receiver.next(&mut input)? {
            out.push(message);
        }
        assert!(input.is_empty(), "what was asked for all is used up");
    }
    Ok(out)
}

const BINARY: u8 = 0x82;
const TEXT: u8 = 0x81;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;
const PONG: u8 = 0x8a;

#[test]
fn messages_come_out_whole_however_the_bytes_are_cut() {
    let long: Vec<u8> = (0..700_u16).map(|i| i as u8).collect();
    let bytes = [
        frame(BINARY, b""),
        frame(BINARY, b"hello"),
        frame(PING, b"ping"),
        frame(BINARY, &long),
        frame(TEXT, "bad idea \u{20ac}".as_bytes()),
        frame(PONG, b""),
        frame(CLOSE, &[0x03, 0xe8, b'b', b'y', b'e']),
    ]
    .concat();
    let expected = vec![
        Incoming::Binary(Bytes::new()),
        Incoming::Binary(Bytes::from_static(b"hello")),
        Incoming::Ping(Bytes::from_static(b"ping")),
        Incoming::Binary(long.into()),
        Incoming::Text(Bytes::from_static("bad idea \u{20ac}".as_bytes())),
        Incoming::Pong,
        Incoming::Close(Some(1000)),
    ];
    for piece in 1..bytes.len() + 1 {
        assert_eq!(receive(&bytes, piece).as_ref(), Ok(&expected), "pieces of {piece}");
    }
}

#[test]
fn a_message_in_several_frames_is_put_together_around_control_frames() {
    let bytes = [
        frame(0x02, b"one "),
        frame(PING, b"?"),
        frame(0x00, b""),
        frame(0x00, b"two "),
        frame(0x80, b"three"),
    ]
    .concat();
    let expected = vec![
        Incoming::Ping(Bytes::from_static(b"?")),
        Incoming::Binary(Bytes::from_static(b"one two three")),
    ];
    for piece in 1..bytes.len() + 1 {
        assert_eq!(receive(&bytes, piece).as_ref(), Ok(&expected), "pieces of {piece}");
    }
}

#[test]
fn what_breaks_the_framing_rules_is_refused() {
    let mut unmasked = frame(BINARY, b"x");
    unmasked[1] &= 0x7f;
    let cases: [(&str, Vec<u8>, ReceiveError); 13] = [
        ("unmasked", unmasked, ReceiveError::Protocol),
        ("reserved bit", frame(BINARY | 0x40, b"x"), ReceiveError::Protocol),
        ("reserved opcode", frame(0x83, b"x"), ReceiveError::Protocol),
        ("reserved control opcode", frame(0x8b, b""), ReceiveError::Protocol),
        ("control frame in parts", frame(0x09, b""), ReceiveError::Protocol),
        ("long control frame", frame(PING, &[0; 126]), ReceiveError::Protocol),
        ("continuation of nothing", frame(0x80, b"x"), ReceiveError::Protocol),
        (
            "new message inside another",
            [frame(0x02, b"x"), frame(BINARY, b"y")].concat(),
            ReceiveError::Protocol,
        ),
        ("close with half a code", frame(CLOSE, &[3]), ReceiveError::Protocol),
        ("close with a code that nobody may send", frame(CLOSE, &[0x03, 0xed]), ReceiveError::Protocol),
        ("text that is not UTF-8", frame(TEXT, &[0xff]), ReceiveError::BadUtf8),
        ("too large", frame(BINARY, &[0; 1001]), ReceiveError::TooLarge),
        (
            "too large in parts",
            [frame(0x02, &[0; 600]), frame(0x80, &[0; 401])].concat(),
            ReceiveError::TooLarge,
        ),
    ];
    for (what, bytes, error) in cases {
        for piece in [1, bytes.len()] {
            assert_eq!(receive(&bytes, piece), Err(error), "{what}");
        }
    }
}

#[test]
fn a_claimed_length_costs_nothing_until_the_bytes_arrive() {
    let mut receiver = Receiver::new(256 * 1024 * 1024);
    let mut header = &[BINARY, 0x80 | 127, 0, 0, 0, 0, 0x0f, 0, 0, 0, 1, 2, 3, 4, 5][..];
    assert_eq!(receiver.next(&mut header), Ok(None));
    let Stage::Payload(payload) = &receiver.stage else { panic!("a payload has begun") };
    assert_eq!(payload.length, 0x0f00_0000);
    assert!(payload.data.capacity() <= FIRST_ALLOCATION);
}

#[test]
fn masks_come_off_at_any_offset_and_length() {
    for offset in 0..9 {
        for length in [0, 1, 3, 4, 31, 32, 33, 100] {
            let mut data = vec![0_u8; length];
            unmask(&mut data, MASK, offset);
            let expected: Vec<u8> = (0..length).map(|i| MASK[(offset + i) % 4]).collect();
            assert_eq!(data, expected, "offset {offset}, length {length}");
        }
    }
}

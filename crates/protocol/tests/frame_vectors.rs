//! Frames against the test vectors.

mod support;

use bytes::Bytes;
use otc_protocol::limits::MAX_CLIENT_INBOUND_FRAME;
use otc_protocol::rumor::{self, DecodeError, EncodeError, Frame, FrameType};
use ring::digest;
use serde_json::Value;
use support::{count, list, load, name, repeated, text, unhex};

fn decode(message: Vec<u8>) -> Result<Frame, DecodeError> {
    Frame::decode(Bytes::from(message), MAX_CLIENT_INBOUND_FRAME)
}

/// The message of a vector, from `hex` or `hex_rle`.
fn message(vector: &Value) -> Vec<u8> {
    match &vector["hex_rle"] {
        Value::Null => unhex(text(vector, "hex")),
        runs => {
            let runs = runs.as_array().expect("a list of runs");
            runs.iter().flat_map(|run| unhex(run[0].as_str().expect("hex")).repeat(count(&run[1]))).collect()
        }
    }
}

/// The text of a field, which may be given as a repetition elsewhere and is `null` then.
fn field(value: &Value, repeat: &Value) -> String {
    match value {
        Value::Null => repeated(repeat),
        value => value.as_str().expect("a text").to_owned(),
    }
}

/// The `[string, n]` of a `[index, string, n]`.
fn of_index(repeat: &Value) -> Value {
    match repeat.as_array() {
        Some(parts) => Value::from(parts[1..].to_vec()),
        None => Value::Null,
    }
}

/// The frame that a vector describes.
fn frame(vector: &Value) -> Frame {
    let kind = vector["type"].as_u64().and_then(|kind| u8::try_from(kind).ok()).expect("a type");
    let mut frame = Frame::new(FrameType::from_wire(kind));
    let address_repeat = of_index(&vector["address_repeat"]);
    for address in vector["addresses"].as_array().expect("addresses") {
        frame = frame.with_address(field(address, &address_repeat));
    }
    let value_repeat = of_index(&vector["header_value_repeat"]);
    for header in vector["headers"].as_array().expect("headers") {
        frame = frame.with_header(header[0].as_str().expect("a name"), field(&header[1], &value_repeat));
    }
    frame.with_data(field(&vector["data"], &vector["data_repeat"]))
}

/// Checks a frame in both directions, byte for byte.
fn check(vector: &Value, label: &str) {
    let (message, frame) = (message(vector), frame(vector));
    assert_eq!(decode(message.clone()).as_ref(), Ok(&frame), "{label}");
    assert_eq!(frame.encode().expect(label), message, "{label}");
    let addresses: Vec<&str> = frame.addresses.iter().map(|address| &**address).collect();
    let headers: Vec<(&str, &str)> = frame.headers.iter().map(|(name, value)| (&**name, &**value)).collect();
    let encoded = rumor::encode(frame.kind, &addresses, &headers, &frame.data).expect(label);
    assert_eq!(encoded, message, "{label}");
}

#[test]
fn valid_frames_are_read_and_written_byte_for_byte() {
    for vector in list(&load("frames"), "valid") {
        let message = message(vector);
        assert_eq!(message.len(), count(&vector["length"]), "{}", name(vector));
        let sha256 = digest::digest(&digest::SHA256, &message);
        assert_eq!(sha256.as_ref(), unhex(text(vector, "sha256")), "{}: the vector is damaged", name(vector));
        check(vector, name(vector));
    }
}

#[test]
fn tolerated_frames_are_read_and_what_is_written_for_them_reads_the_same() {
    for vector in list(&load("frames"), "tolerated") {
        let (name, frame) = (name(vector), frame(vector));
        assert_eq!(decode(message(vector)).as_ref(), Ok(&frame), "{name}");
        let encoded = frame.encode().expect(name);
        assert_eq!(decode(encoded.to_vec()), Ok(frame), "{name}");
        assert_eq!(encoded[4..6], [0, 0], "{name}: reserved bytes are written as zero");
    }
}

#[test]
fn of_headers_with_one_name_the_last_counts_and_all_are_kept() {
    let frames = load("frames");
    let vector = list(&frames, "tolerated").iter().find(|vector| name(vector) == "duplicate-header-key");
    let frame = decode(message(vector.expect("the vector"))).expect("a frame");
    assert_eq!(frame.header("STATUS").map(|value| &**value), Some("200"));
    assert_eq!(frame.headers.len(), 2);
}

#[test]
fn malformed_frames_are_refused_for_the_stated_reason() {
    for vector in list(&load("frames"), "malformed") {
        let error = decode(message(vector)).expect_err(name(vector));
        assert_eq!(error.name(), text(vector, "error"), "{}", name(vector));
    }
}

#[test]
fn frames_beyond_the_readers_limit_are_refused_unread() {
    let frame = Frame::new(FrameType::Message).with_data("x".repeat(100)).encode().expect("a frame");
    assert_eq!(Frame::decode(frame.clone(), frame.len() - 1).unwrap_err().name(), "too_large");
    assert!(Frame::decode(frame.clone(), frame.len()).is_ok());
}

#[test]
fn frames_that_do_not_fit_the_format_are_not_written() {
    for vector in list(&load("frames"), "encode_errors") {
        let address =
            vector["address_repeat"].is_array().then(|| repeated(&of_index(&vector["address_repeat"])));
        let addresses = match vector["address_count"].as_u64() {
            Some(_) => vec!["a"; count(&vector["address_count"])],
            None => address.iter().map(String::as_str).collect(),
        };
        let value = vector["header_value_repeat"]
            .is_array()
            .then(|| repeated(&of_index(&vector["header_value_repeat"])));
        let headers = match vector["header_count"].as_u64() {
            Some(_) => vec![("k", "v"); count(&vector["header_count"])],
            None => value.iter().map(|value| ("k", value.as_str())).collect(),
        };
        assert!(!addresses.is_empty() || !headers.is_empty(), "{}: nothing to refuse", name(vector));
        let error: EncodeError =
            rumor::encode(FrameType::Message, &addresses, &headers, "").expect_err(name(vector));
        assert_eq!(error.name(), text(vector, "error"), "{}", name(vector));
    }
}

#[test]
fn the_frames_of_the_transcripts_are_read_and_written_byte_for_byte() {
    let frames = load("frames");
    let known = list(&frames, "valid");
    let mut checked = 0;
    for transcript in list(&load("transcripts"), "transcripts") {
        for step in list(transcript, "frames") {
            match (step[0].as_str().expect("a direction"), &step[1]) {
                ("c2s" | "s2c", Value::String(frame)) => {
                    assert!(known.iter().any(|vector| name(vector) == frame), "no frame {frame}");
                }
                ("c2s" | "s2c", vector) => {
                    check(vector, name(transcript));
                    checked += 1;
                }
                ("open" | "close", _) => {}
                (other, _) => panic!("{}: step {other}", name(transcript)),
            }
        }
    }
    assert!(checked > 0, "transcripts have frames of their own");
}

//! The recorded exchange of a stock client, spoken with the hub.

use bytes::Bytes;
use otc_protocol::rumor::{Frame, FrameType, header};
use serde_json::Value;

use crate::harness::*;

fn testdata(name: &str) -> Value {
    let path = format!("{}/../protocol/testdata/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The message of a step: a frame of its own, or the name of one.
fn message(step: &Value, frames: &Value) -> Bytes {
    let frame = match step.as_str() {
        Some(name) => {
            let valid = frames["valid"].as_array().expect("a list");
            valid.iter().find(|frame| frame["name"] == name).unwrap_or_else(|| panic!("{name} is a frame"))
        }
        None => step,
    };
    let hex = frame["hex"].as_str().expect("a whole message");
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex")).collect()
}

/// What must be alike in a recorded frame and in ours: all but the ids, times and addresses that a relay chooses.
fn likeness(frame: &Frame, requests: &[String]) -> (String, Vec<String>, Vec<(String, String)>) {
    let headers = frame.headers.iter().map(|(name, value)| {
        let chosen = match &**name {
            header::TRANSACTION_ID => !requests.contains(&value.to_string()),
            header::FROM_ADDRESS => value.starts_with("symphony."),
            _ => false,
        };
        (name.to_string(), if chosen { "chosen".to_owned() } else { value.to_string() })
    });
    let addresses = frame.addresses.iter().map(ToString::to_string).collect();
    (gist_without_ids(frame), addresses, headers.collect())
}

fn gist_without_ids(frame: &Frame) -> String {
    if frame.data.is_empty() { format!("{:?}", frame.kind) } else { gist(frame) }
}

#[test]
fn the_recorded_exchange_of_a_stock_client_goes_as_recorded() {
    let (transcripts, frames) = (testdata("transcripts"), testdata("frames"));
    let transcript = &transcripts["transcripts"][0];
    assert_eq!(transcript["name"], "join-signal-leave");
    let mut world = World::new();
    let peer = world.open(Some("socket-of-the-transcript"), false);
    let (mut requests, mut expected) = (Vec::new(), Vec::new());
    for step in transcript["frames"].as_array().expect("a list") {
        let (direction, what) = (step[0].as_str().unwrap_or_default(), &step[1]);
        if direction == "close" {
            break;
        }
        let bytes = message(what, &frames);
        let frame = Frame::decode(bytes.clone(), 1 << 20).expect("recorded frames are well formed");
        if direction == "c2s" {
            if frame.kind == FrameType::Message {
                requests.push(id_of(&frame).to_owned());
            }
            world.send_raw(peer, bytes);
        } else {
            expected.push(frame);
        }
    }
    let alike = |frames: Vec<Frame>| {
        // The answer to a signal may come before or after the signal itself; the state in the answer to create is what
        // later clients need and this one does not look at.
        let mut alike: Vec<_> = frames
            .into_iter()
            .map(|frame| match frame.header(header::STATUS) {
                Some(_) => likeness(&frame.with_data(""), &requests),
                None => likeness(&frame, &requests),
            })
            .collect();
        alike.sort();
        alike
    };
    assert_eq!(alike(world.frames(peer)), alike(expected));
    assert_eq!(world.hub.stats().left, 1);
}

//! A relay that means harm: what it sends must not cost more memory than the limits say.

use otc_protocol::raptor::{self, Channel};
use otc_protocol::rumor::Frame;

use super::harness::*;
use crate::session::*;

/// A frame whose message is mostly something that nobody reads.
fn padded(frame: Frame, bytes: usize) -> Frame {
    (0..bytes / 60_000 + 1).fold(frame, |frame, _| frame.with_header("X", "x".repeat(60_000)))
}

#[test]
fn frames_kept_before_the_state_count_with_everything_they_hold() {
    let mut h = Harness::with(SessionConfig { early_bytes: 1_000_000, ..Default::default() });
    let link = h.connect_to_create();
    for sent in 1..=4 {
        let frame = padded(h.created("b"), 240_000);
        h.tell(link, &frame);
        assert_eq!(h.session.state() == StateName::Idle, sent == 4, "after {sent} frames");
    }
    let (error, message) = h.take_error();
    assert_eq!(error, SessionError::UnexpectedResponse);
    assert!(message.contains("too much came before it"), "{message}");
}

#[test]
fn frames_of_nothing_but_empty_fields_count_as_what_they_take_in_memory() {
    let mut h = Harness::with(SessionConfig { early_bytes: 1_000_000, ..Default::default() });
    let link = h.connect_to_create();
    let empty = (0..254).fold(h.created("b"), |frame, _| frame.with_address(""));
    let empty = (0..250).fold(empty, |frame, _| frame.with_header("", ""));
    for _ in 0..50 {
        h.tell(link, &empty);
    }
    assert_eq!(h.session.state(), StateName::Idle);
}

#[test]
fn a_signal_waits_for_its_callback_without_what_was_sent_beside_it() {
    let mut h = Harness::new();
    let link = h.join_among(&["b"]);
    let frames = [
        padded(h.signal("b", "small"), 1_000_000),
        h.message("b", format!(r#"{{"method":"signal","uri":"/v2/partner/{API_KEY}/session/{SESSION}/signal/x","content":{{"data":"small"}},"junk":"{}"}}"#, "x".repeat(1_000_000))),
    ];
    for frame in frames {
        let bytes = frame.encode().unwrap();
        let range = bytes.as_ptr_range();
        h.tell_bytes(link, bytes.clone());
        match &*h.take_events() {
            [Event::SignalReceived { data, kind, .. }] => {
                assert_eq!(&**data, "small");
                assert!(!range.contains(&data.as_ptr()) && !range.contains(&kind.as_ptr()));
            }
            other => panic!("a signal was expected, not {other:?}"),
        }
    }
}

#[test]
fn events_weigh_at_least_what_they_keep_alive() {
    let long = "x".repeat(100_000);
    let mut h = Harness::new();
    let link = h.join_among(&["b"]);
    let channel = Channel { id: long.clone(), kind: long.clone(), ..Channel::default() };
    let stream = |id: &str, connection: &str| raptor::Stream {
        id: id.to_owned(),
        name: long.clone(),
        connection: connection.to_owned(),
        channels: vec![channel.clone()],
        ..raptor::Stream::default()
    };
    let payloads = [
        (raptor::Event::encode_stream_created(API_KEY, SESSION, &stream("t", "b")), 300_000),
        (raptor::Event::encode_stream_created(API_KEY, SESSION, &stream("u", &long)), 400_000),
        (raptor::Event::encode_stream_deleted(API_KEY, SESSION, "t", "r"), 300_000),
    ];
    for (payload, least) in payloads {
        let frame = h.message("b", payload);
        h.tell(link, &frame);
        let [event] = &*h.take_events() else { panic!("one event") };
        assert!(event.weight() >= least, "{}", event.weight());
    }
    let frame = h.signal(&"b".repeat(60_000), "x");
    h.tell(link, &frame);
    let [event] = &*h.take_events() else { panic!("one event") };
    assert!(event.weight() >= 60_000, "the id of an unknown sender: {}", event.weight());
}

#[test]
fn streams_of_unknown_clients_count_with_the_ids_of_these() {
    let mut h = Harness::with(SessionConfig { roster_bytes: 1_000_000, ..Default::default() });
    let link = h.join();
    for number in 0..20 {
        let stream = raptor::Stream {
            id: number.to_string(),
            connection: format!("{number}{}", "x".repeat(100_000)),
            ..raptor::Stream::default()
        };
        let frame = h.message("b", raptor::Event::encode_stream_created(API_KEY, SESSION, &stream));
        h.tell(link, &frame);
    }
    assert_eq!(h.session.state(), StateName::Idle);
}

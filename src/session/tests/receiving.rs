//! What arrives: signals and their senders, acknowledgements, repeats, and what makes no sense.

use bytes::Bytes;
use otc_protocol::rumor::{Frame, FrameType, header};

use super::harness::*;
use crate::session::*;

fn content(content: &str) -> String {
    format!(
        r#"{{"method":"signal","uri":"/v2/partner/{API_KEY}/session/{SESSION}/signal/x","content":{content}}}"#
    )
}

/// The kind and data that the program is told for this content.
fn told(content_json: &str) -> (String, String) {
    let mut h = Harness::new();
    let link = h.join_among(&["b"]);
    let frame = h.message("b", content(content_json));
    h.tell(link, &frame);
    match &*h.take_events() {
        [Event::SignalReceived { kind, data, .. }] => (kind.to_string(), data.to_string()),
        other => panic!("a signal was expected, not {other:?}"),
    }
}

#[test]
fn absent_type_and_data_are_empty() {
    for absent in ["{}", r#"{"type":"","data":""}"#, r#"{"type":null}"#] {
        assert_eq!(told(absent), (String::new(), String::new()), "{absent}");
    }
}

#[test]
fn strings_arrive_as_they_were_meant() {
    assert_eq!(told(r#"{"type":"t","data":"plain é"}"#), ("t".into(), "plain é".into()));
    assert_eq!(told(r#"{"data":"a\"\\\n\u00e9\ud83d\ude00"}"#).1, "a\"\\\né\u{1F600}");
    assert_eq!(told(r#"{"data":"a\u0000b"}"#).1, "a\0b");
}

#[test]
fn data_that_is_no_string_arrives_as_compact_json() {
    let cases = [
        ("7", "7"),
        ("1.50", "1.50"),
        ("true", "true"),
        ("null", "null"),
        (r#"{ "a" : [ 1, "x y" ] }"#, r#"{"a":[1,"x y"]}"#),
    ];
    for (json, expected) in cases {
        assert_eq!(told(&format!(r#"{{"data":{json}}}"#)).1, expected);
    }
}

#[test]
fn texts_are_slices_of_the_message_they_came_in() {
    let mut h = Harness::new();
    let link = h.join_among(&["b"]);
    let frame = h.message("b", content(r#"{"type":"greeting","data":"hello"}"#));
    let bytes = frame.encode().unwrap();
    let range = bytes.as_ptr_range();
    h.tell_bytes(link, bytes.clone());
    match &*h.take_events() {
        [Event::SignalReceived { kind, data, .. }] => {
            assert!(range.contains(&kind.as_ptr()) && range.contains(&data.as_ptr()));
        }
        other => panic!("a signal was expected, not {other:?}"),
    }
}

#[test]
fn the_sender_is_the_known_connection_or_the_own_one() {
    let mut h = Harness::new();
    let link = h.join_among(&["b"]);
    let own = h.own_id();
    let frames = [h.signal("b", "x"), h.signal(&own, "y")];
    for frame in &frames {
        h.tell(link, frame);
    }
    let events = h.take_events();
    let senders: Vec<_> = events
        .iter()
        .map(|event| match event {
            Event::SignalReceived { from: Some(from), .. } => from.clone(),
            other => panic!("a signal was expected, not {other:?}"),
        })
        .collect();
    assert_eq!((&*senders[0].id, &*senders[0].data), ("b", "name=b"));
    assert!(std::sync::Arc::ptr_eq(&senders[1], &h.session.own_connection().unwrap()));
}

#[test]
fn a_sender_that_is_not_known_is_told_at_once_by_its_id_alone() {
    let mut h = Harness::new();
    let link = h.join();
    let frame = h.signal("stranger", "x");
    h.tell(link, &frame);
    match &*h.take_events() {
        [Event::SignalReceived { from: Some(from), .. }] => {
            assert_eq!((&*from.id, &*from.data, from.creation_time), ("stranger", "", 0));
            assert_eq!(&*from.session_id, SESSION);
        }
        other => panic!("a signal was expected, not {other:?}"),
    }
}

#[test]
fn signals_of_the_server_have_no_sender() {
    let mut h = Harness::new();
    let link = h.join();
    let empty = h.signal("", "empty");
    let symphony = h.signal(SYMPHONY, "symphony");
    let mut absent = h.signal("", "absent");
    absent.headers.retain(|(name, _)| name != header::FROM_ADDRESS);
    for frame in [&empty, &symphony, &absent] {
        h.tell(link, frame);
    }
    assert_eq!(
        h.take_names(),
        ["signal empty from server", "signal symphony from server", "signal absent from server"]
    );
}

#[test]
fn each_frame_is_acknowledged_to_where_it_came_from() {
    let mut h = Harness::new();
    let link = h.join_among(&["b"]);
    let own = h.own_id();
    let frame = h.signal("b", "x");
    h.tell(link, &frame);
    let acks = h.take_sent(link);
    let [ack] = &*acks else { panic!("one acknowledgement was expected, not {acks:?}") };
    assert_eq!(ack.kind, FrameType::Status);
    assert_eq!(ack.addresses.iter().map(|a| &**a).collect::<Vec<_>>(), ["b"]);
    let headers: Vec<_> = ack.headers.iter().map(|(name, value)| (&**name, &**value)).collect();
    assert_eq!(
        headers,
        [(header::TRANSACTION_ID, &*transaction_of(&frame)), (header::FROM_ADDRESS, &*own)],
        "without a status, which would make it a reply"
    );
    assert_eq!(ack.data, "");
}

#[test]
fn frames_of_the_server_are_acknowledged_to_where_they_were_addressed() {
    let mut h = Harness::new();
    let link = h.join();
    let frame = h.signal("", "x").with_address("second");
    h.tell(link, &frame);
    let ack = h.take_sent(link).remove(0);
    assert_eq!(ack.addresses.iter().map(|a| &**a).collect::<Vec<_>>(), ["topic", "second"]);
}

#[test]
fn an_event_can_be_polled_before_its_acknowledgement() {
    let mut h = Harness::new();
    let link = h.join_among(&["b"]);
    let frame = h.signal("b", "x");
    h.session.handle_message(link, frame.encode().unwrap(), h.now);
    assert!(matches!(h.session.poll_event(), Some(Event::SignalReceived { .. })));
    assert_eq!(h.session.poll_event(), None);
    assert!(matches!(h.session.poll_action(), Some(Action::Send { .. })));
}

#[test]
fn a_frame_that_comes_again_is_acknowledged_again_and_told_once() {
    let mut h = Harness::new();
    let link = h.join_among(&["b"]);
    let frame = h.signal("b", "x");
    h.tell(link, &frame);
    h.tell(link, &frame);
    assert_eq!(h.take_names(), ["signal x from b"]);
    assert_eq!(h.take_kinds(link), [FrameType::Status, FrameType::Status]);
    assert_eq!(h.session.counters().duplicates, 1);
}

#[test]
fn frames_without_a_transaction_id_are_told_each_time_and_not_acknowledged() {
    let mut h = Harness::new();
    let link = h.join_among(&["b"]);
    let mut frame = h.signal("b", "x");
    frame.headers.retain(|(name, _)| name != header::TRANSACTION_ID);
    h.tell(link, &frame);
    h.tell(link, &frame);
    assert_eq!(h.take_names(), ["signal x from b", "signal x from b"]);
    assert_eq!(h.take_sent(link), []);
}

#[test]
fn neither_status_nor_pong_is_acknowledged() {
    let mut h = Harness::new();
    let link = h.join();
    h.tell(link, &status("relay-77", "200"));
    h.tell(link, &Frame::new(FrameType::Pong).with_header(header::TRANSACTION_ID, "relay-78"));
    assert_eq!(h.take_sent(link), []);
}

#[test]
fn frames_of_types_that_mean_nothing_are_acknowledged_and_passed_over() {
    let mut h = Harness::new();
    let link = h.join_among(&["b"]);
    for kind in [FrameType::Subscribe, FrameType::Disconnect, FrameType::Ping, FrameType::Unknown(42)] {
        let frame = Frame { kind, ..h.signal("b", "x") };
        h.tell(link, &frame);
        assert_eq!(h.take_kinds(link), [FrameType::Status], "{kind:?}");
        let bare = Frame::new(kind);
        h.tell(link, &bare);
        assert_eq!(h.take_kinds(link), [], "{kind:?}");
    }
    assert_eq!(h.take_names(), [""; 0]);
}

#[test]
fn repeats_are_recognised_over_more_frames_than_a_relay_may_replay() {
    let mut h = Harness::new();
    let link = h.join_among(&["b"]);
    let frames: Vec<Bytes> = (0..16_400).map(|_| h.signal("b", "x").encode().unwrap()).collect();
    for frame in &frames {
        h.session.handle_message(link, frame.clone(), h.now);
    }
    h.pump();
    assert_eq!(h.take_events().len(), 16_400);
    for frame in &frames {
        h.session.handle_message(link, frame.clone(), h.now);
    }
    h.pump();
    assert_eq!(h.take_events().len(), 0);
    assert_eq!(h.session.counters().duplicates, 16_400);
}

#[test]
fn messages_that_make_no_sense_are_acknowledged_logged_and_passed_over() {
    let payloads = [
        String::new(),
        "what?".into(),
        "[]".into(),
        r#"{"method":"signal"}"#.into(),
        content("7"),
        content(r#"{"type":7}"#),
        r#"{"method":"created","uri":"/v2/partner/1/session/2/connection/c","content":{}}"#.into(),
    ];
    let mut h = Harness::new();
    let link = h.join_among(&["b"]);
    for payload in &payloads {
        let frame = h.message("b", payload.clone());
        h.tell(link, &frame);
        assert_eq!(h.take_kinds(link), [FrameType::Status], "{payload}");
    }
    assert_eq!(h.session.counters().malformed, payloads.len() as u64);
    // It goes on.
    let frame = h.signal("b", "still here");
    h.tell(link, &frame);
    assert_eq!(h.take_names(), ["signal still here from b"]);
}

#[test]
fn methods_and_resources_that_nobody_knows_are_passed_over() {
    let mut h = Harness::new();
    let link = h.join();
    for (method, uri) in
        [("offer", "/v2/partner/1/session/2/stream/s"), ("updated", "/v2/moon/1"), ("read", "/")]
    {
        let frame = h.message(SYMPHONY, format!(r#"{{"method":"{method}","uri":"{uri}","content":[]}}"#));
        h.tell(link, &frame);
        assert_eq!(h.take_kinds(link), [FrameType::Status]);
    }
    assert_eq!(h.take_names(), [""; 0]);
    assert_eq!(h.session.counters().malformed, 0);
}

#[test]
fn a_message_that_is_no_frame_ends_the_session_instead_of_leaving_a_hole() {
    let good = Frame::new(FrameType::Pong).encode().unwrap();
    let cases = [
        (Bytes::new(), "truncated"),
        (good.slice(..8), "truncated"),
        (Bytes::from([good.as_ref(), b"x"].concat()), "size_mismatch"),
        (Bytes::from_static(b"\0\0\0\x06\0\0\x02\0\0\xff"), "bad_utf8"),
    ];
    for (bytes, reason) in cases {
        let mut h = Harness::new();
        let link = h.join();
        h.tell_bytes(link, bytes);
        match &*h.take_events() {
            [Event::Error { error: SessionError::ConnectionDropped, message }, Event::Disconnected] => {
                assert!(message.contains(reason) && message.contains(URL), "{message}");
            }
            other => panic!("the end was expected, not {other:?}"),
        }
        assert_eq!(h.take_actions().pop(), Some(Action::CloseLink { link, code: Some(1002) }));
    }
}

#[test]
fn a_message_that_is_too_large_ends_the_session() {
    let mut h = Harness::with(SessionConfig { max_frame: 1_000, ..Default::default() });
    let link = h.join();
    h.tell_bytes(link, Bytes::from(vec![0; 1_001]));
    assert_eq!(h.take_names(), ["error ConnectionDropped", "disconnected"]);
}

#[test]
fn what_was_received_is_counted() {
    let mut h = Harness::new();
    let link = h.join_among(&["b"]);
    for n in 0..3 {
        let frame = h.signal("b", &n.to_string());
        h.tell(link, &frame);
    }
    assert_eq!(h.session.counters().signals_received, 3);
}

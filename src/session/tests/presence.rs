//! Who is here: connections, streams, recordings; and what suppression leaves of it.

use otc_protocol::raptor::{self, Channel};

use super::harness::*;
use crate::session::*;

fn stream(id: &str, owner: &str) -> raptor::Stream {
    let channel = |id: &str, kind: &str, active| Channel {
        id: id.into(),
        kind: kind.into(),
        active,
        ..Default::default()
    };
    raptor::Stream {
        id: id.into(),
        name: "camera one".into(),
        creation_time: 5,
        connection: owner.into(),
        channels: vec![
            channel("a", "audio", true),
            Channel { width: 640, height: 480, ..channel("v", "video", true) },
        ],
    }
}

fn stream_created(h: &mut Harness, stream: &raptor::Stream) -> otc_protocol::rumor::Frame {
    h.message(SYMPHONY, raptor::Event::encode_stream_created(API_KEY, SESSION, stream))
}

fn stream_deleted(h: &mut Harness, id: &str) -> otc_protocol::rumor::Frame {
    h.message(SYMPHONY, raptor::Event::encode_stream_deleted(API_KEY, SESSION, id, "clientDisconnected"))
}

fn update(h: &mut Harness, uri: &str, content: &str) -> otc_protocol::rumor::Frame {
    let uri = format!("/v2/partner/{API_KEY}/session/{SESSION}/{uri}");
    h.message(SYMPHONY, format!(r#"{{"method":"updated","uri":"{uri}","content":{content}}}"#))
}

#[test]
fn others_are_told_once_when_they_come_and_once_when_they_go() {
    let mut h = Harness::new();
    let link = h.join_among(&["a"]);
    for frame in [h.created("a"), h.created("b"), h.created("b"), h.deleted("a", "clientDisconnected")] {
        h.tell(link, &frame);
    }
    for frame in [h.deleted("a", "clientDisconnected"), h.deleted("nobody", "clientDisconnected")] {
        h.tell(link, &frame);
    }
    assert_eq!(h.take_names(), ["created b", "dropped a"]);
}

#[test]
fn the_same_object_is_told_when_a_connection_comes_sends_and_goes() {
    let mut h = Harness::new();
    let link = h.join();
    for frame in [h.created("b"), h.signal("b", "x"), h.deleted("b", "clientDisconnected")] {
        h.tell(link, &frame);
    }
    match &*h.take_events() {
        [
            Event::ConnectionCreated(came),
            Event::SignalReceived { from: Some(sent), .. },
            Event::ConnectionDropped(went),
        ] => {
            assert_eq!((&*came.id, &*came.data, &*came.session_id), ("b", "name=b", SESSION));
            assert!(std::sync::Arc::ptr_eq(came, sent) && std::sync::Arc::ptr_eq(came, went));
        }
        other => panic!("three events were expected, not {other:?}"),
    }
}

#[test]
fn a_connection_listed_twice_is_told_once() {
    let mut h = Harness::new();
    let link = h.connect_to_create();
    let own = h.own_id();
    h.accept_create(link, &state_of(["b", &own, "b", &own]));
    assert_eq!(h.take_names(), ["connected", "created b"]);
}

#[test]
fn the_own_removal_ends_the_session_in_order() {
    let mut h = Harness::new();
    let link = h.join_among(&["b"]);
    let own = h.own_id();
    let removal = h.deleted(&own, "forceDisconnected");
    h.tell(link, &removal);
    assert_eq!(h.take_names(), ["disconnected"]);
    assert_eq!(h.session.state(), StateName::Idle);
    assert_eq!(transaction_of(&h.take_sent(link)[0]), transaction_of(&removal), "it is acknowledged");
    assert_eq!(h.take_actions().pop(), Some(Action::CloseLink { link, code: None }));
    assert!(h.log.iter().any(|record| record.text.contains("forceDisconnected")));
    h.close(link, 1000);
    assert_eq!(h.take_names(), [""; 0]);
}

#[test]
fn streams_of_others_are_told_with_their_owner_and_tracks() {
    let mut h = Harness::new();
    let link = h.join_among(&["b"]);
    let created = stream_created(&mut h, &stream("s", "b"));
    h.tell(link, &created);
    let events = h.take_events();
    let [Event::StreamReceived(stream)] = &*events else { panic!("a stream was expected, not {events:?}") };
    assert_eq!((&*stream.id, &*stream.name, stream.creation_time), ("s", "camera one", 5));
    assert_eq!((&*stream.connection.id, &*stream.connection.data), ("b", "name=b"));
    assert!(stream.has_audio_track() && stream.has_audio() && stream.has_video_track() && stream.has_video());
    assert!(!stream.has_captions());
    assert_eq!((stream.video_width(), stream.video_height()), (640, 480));
    assert_eq!(stream.video_type(), VideoType::Camera);
    for _ in 0..2 {
        let deleted = stream_deleted(&mut h, "s");
        h.tell(link, &deleted);
    }
    assert_eq!(h.take_names(), ["stream dropped s"]);
}

#[test]
fn a_stream_without_video_has_neither_size_nor_tracks() {
    let mut h = Harness::new();
    let link = h.join();
    let created = stream_created(&mut h, &raptor::Stream { channels: Vec::new(), ..stream("s", "stranger") });
    h.tell(link, &created);
    let events = h.take_events();
    let [Event::StreamReceived(stream)] = &*events else { panic!("a stream was expected, not {events:?}") };
    assert_eq!(&*stream.connection.id, "stranger");
    assert!(
        !stream.has_audio_track() && !stream.has_video_track() && !stream.has_audio() && !stream.has_video()
    );
    assert_eq!((stream.video_width(), stream.video_height()), (0, 0));
}

#[test]
fn own_streams_are_not_told() {
    let mut h = Harness::new();
    let link = h.join();
    let own = h.own_id();
    let created = stream_created(&mut h, &stream("s", &own));
    h.tell(link, &created);
    assert_eq!(h.take_names(), [""; 0]);
}

#[test]
fn each_property_of_a_stream_that_changes_is_told_once() {
    let mut h = Harness::new();
    let link = h.join_among(&["b"]);
    let mut published = stream("s", "b");
    published.channels.push(Channel { id: "c".into(), kind: "captions".into(), ..Default::default() });
    let created = stream_created(&mut h, &published);
    h.tell(link, &created);
    h.take_events();
    let cases: [(&str, &str, &[&str]); 9] = [
        ("stream/s/channel/a", r#"{"active":false}"#, &["audio false"]),
        ("stream/s/channel/a", r#"{"active":false}"#, &[]),
        ("stream/s/channel/v", r#"{"active":false}"#, &["video false"]),
        ("stream/s/channel/c", r#"{"active":true}"#, &["captions true"]),
        ("stream/s/channel/v", r#"{"width":320,"height":240}"#, &["size 320x240"]),
        ("stream/s/channel/v", r#"{"source":"screen"}"#, &["type Screen"]),
        (
            "stream/s/channel/v",
            r#"{"active":true,"width":1,"source":"custom"}"#,
            &["video true", "size 1x240", "type Custom"],
        ),
        ("stream/s/channel/nobody", r#"{"active":false}"#, &[]),
        ("stream/other/channel/v", r#"{"active":false}"#, &[]),
    ];
    for (uri, content, expected) in cases {
        let frame = update(&mut h, uri, content);
        h.tell(link, &frame);
        assert_eq!(h.take_names(), expected, "{uri} {content}");
    }
}

#[test]
fn a_stream_told_earlier_stays_as_it_was_when_it_changes() {
    let mut h = Harness::new();
    let link = h.join_among(&["b"]);
    for frame in [
        stream_created(&mut h, &stream("s", "b")),
        update(&mut h, "stream/s/channel/a", r#"{"active":false}"#),
    ] {
        h.tell(link, &frame);
    }
    match &*h.take_events() {
        [Event::StreamReceived(before), Event::StreamHasAudioChanged { stream: now, .. }] => {
            assert!(before.has_audio() && !now.has_audio());
        }
        other => panic!("two events were expected, not {other:?}"),
    }
}

#[test]
fn a_stream_that_is_renamed_is_dropped_under_its_new_name() {
    let mut h = Harness::new();
    let link = h.join_among(&["b"]);
    for frame in [stream_created(&mut h, &stream("s", "b")), update(&mut h, "stream/s", r#"{"name":"new"}"#)]
    {
        h.tell(link, &frame);
    }
    assert_eq!(h.take_names(), ["stream s"]);
    let deleted = stream_deleted(&mut h, "s");
    h.tell(link, &deleted);
    match &*h.take_events() {
        [Event::StreamDropped(stream)] => assert_eq!(stream.name, "new"),
        other => panic!("the end of the stream was expected, not {other:?}"),
    }
}

#[test]
fn absurd_sizes_of_video_are_bounded() {
    let mut h = Harness::new();
    let link = h.join_among(&["b"]);
    for frame in [
        stream_created(&mut h, &stream("s", "b")),
        update(&mut h, "stream/s/channel/v", r#"{"width":99999999999,"height":-7}"#),
    ] {
        h.tell(link, &frame);
    }
    assert_eq!(h.take_names(), ["stream s", "size 2147483647x0"]);
}

#[test]
fn the_streams_of_a_connection_go_before_it() {
    let mut h = Harness::new();
    let link = h.join_among(&["b", "c"]);
    for published in [stream("s2", "b"), stream("t", "c"), stream("s1", "b")] {
        let frame = stream_created(&mut h, &published);
        h.tell(link, &frame);
    }
    h.take_events();
    let deleted = h.deleted("b", "networkDisconnected");
    h.tell(link, &deleted);
    assert_eq!(h.take_names(), ["stream dropped s1", "stream dropped s2", "dropped b"]);
}

#[test]
fn recordings_are_told_when_they_start_and_when_they_stop() {
    let mut h = Harness::new();
    let link = h.join();
    let archive = |h: &mut Harness, method: &str, status: &str| {
        let uri = format!("/v2/partner/{API_KEY}/session/{SESSION}/archive/r");
        let content = format!(r#"{{"id":"r","name":"n","status":"{status}"}}"#);
        h.message(SYMPHONY, format!(r#"{{"method":"{method}","uri":"{uri}","content":{content}}}"#))
    };
    let cases: [(&str, &str, &[&str]); 7] = [
        ("updated", "stopped", &[]),
        ("created", "started", &["archive started r"]),
        ("created", "started", &[]),
        ("updated", "paused", &[]),
        ("updated", "stopped", &["archive stopped r"]),
        ("updated", "available", &[]),
        ("created", "", &["archive started r"]),
    ];
    for (method, status, expected) in cases {
        let frame = archive(&mut h, method, status);
        h.tell(link, &frame);
        assert_eq!(h.take_names(), expected, "{method} {status}");
    }
}

#[test]
fn suppression_leaves_others_out_and_tells_senders_by_their_id_alone() {
    let mut h = Harness::with(SessionConfig { connection_events_suppressed: true, ..Default::default() });
    let link = h.join_among(&["b"]);
    for frame in
        [h.created("c"), h.signal("b", "x"), h.deleted("b", "clientDisconnected"), h.deleted("c", "x")]
    {
        h.tell(link, &frame);
    }
    match &*h.take_events() {
        [Event::SignalReceived { from: Some(from), .. }] => assert_eq!((&*from.id, &*from.data), ("b", "")),
        other => panic!("a signal was expected, not {other:?}"),
    }
    assert_eq!(h.send_with("y", Target::Connection("b"), true), Ok(()), "nobody is known to have left");
}

#[test]
fn suppression_does_not_hide_the_own_removal() {
    let mut h = Harness::with(SessionConfig { connection_events_suppressed: true, ..Default::default() });
    let link = h.join();
    let own = h.own_id();
    let removal = h.deleted(&own, "forceDisconnected");
    h.tell(link, &removal);
    assert_eq!(h.take_names(), ["disconnected"]);
}

#[test]
fn a_relay_that_tells_of_more_clients_than_can_be_is_left() {
    let mut h = Harness::with(SessionConfig { roster_bytes: 10_000, ..Default::default() });
    let link = h.join();
    for n in 0..100 {
        let frame = h.created(&format!("client-{n}"));
        h.tell(link, &frame);
    }
    let names = h.take_names();
    assert!(names.len() < 80, "it ended early: {}", names.len());
    assert_eq!(names[names.len() - 2..], ["error ConnectionDropped", "disconnected"]);
}

//! What the readers of messages make of input that no vector has.

use bytes::Bytes;
use otc_protocol::limits::SignalLimitError;
use otc_protocol::raptor::{
    DecodeError, Event, Extension, Request, Resource, SessionState, Signal, SignalMessage, SignalPayload,
    StreamAction, StreamUpdate, Uri,
};
use otc_protocol::rumor::Frame;

const P: &str = "/v2/partner/100/session/S";

fn request(payload: &str) -> Result<Request<'_>, DecodeError> {
    Request::decode(payload, "S")
}

fn signal_payload(content: &str) -> String {
    format!(r#"{{"method":"signal","uri":"{P}/signal/G","content":{content}}}"#)
}

/// Reads the content as a signal and hands it to `check`.
fn with_signal<T>(content: &str, check: impl FnOnce(Signal<'_>) -> T) -> T {
    let payload = signal_payload(content);
    match request(&payload) {
        Ok(Request::Signal { content, .. }) => check(content),
        other => panic!("{content}: {other:?}"),
    }
}

/// What a relay sends for a signal that it received.
fn forwarded(content: &str) -> String {
    let encoded = with_signal(content, |signal| {
        let kind = signal.kind.as_deref().unwrap_or("");
        SignalMessage { kind, ..chat(signal.payload()) }.encode().expect("a frame")
    });
    Frame::decode(encoded, usize::MAX).expect("a frame").data.to_string()
}

fn chat(data: SignalPayload<'_>) -> SignalMessage<'_> {
    SignalMessage {
        address: "a",
        transaction: "t",
        from: "f",
        partner: "100",
        session: "S",
        to: None,
        id: "G",
        kind: "chat",
        data,
    }
}

#[test]
fn halves_of_surrogate_pairs_pass_through_a_relay_and_native_clients_get_replacement_characters() {
    let content = r#"{"type":"t","data":"a\ud800b"}"#;
    assert_eq!(forwarded(content), signal_payload(content));
    with_signal(content, |signal| {
        assert_eq!(signal.data_text(), "a\u{fffd}b");
        assert_eq!(signal.check_wire(), Ok(()));
    });
    let content = r#"{"data":{"k":["\udfff"]}}"#;
    assert_eq!(forwarded(content), signal_payload(content));
    with_signal(content, |signal| assert_eq!(signal.data_text(), r#"{"k":["\udfff"]}"#));
}

#[test]
fn a_half_of_a_surrogate_pair_in_some_text_does_not_cost_the_state_of_a_session() {
    let state =
        r#"{"connection":[{"id":"C","data":"\ud83d"}],"stream":[{"id":"T","name":"x\udc00"}],"archive":[]}"#;
    let state = SessionState::decode(state).expect("a state");
    assert_eq!(state.connection[0].data, "\u{fffd}");
    assert_eq!(state.stream[0].name, "x\u{fffd}");
    let deleted =
        format!(r#"{{"method":"deleted","uri":"{P}/connection/C","content":{{}},"reason":"\ud83d"}}"#);
    let Ok(Event::ConnectionDeleted { reason, .. }) = Event::decode(&deleted) else { panic!("{deleted}") };
    assert_eq!(reason, "\u{fffd}");
}

#[test]
fn a_byte_order_mark_at_the_start_of_data_is_kept() {
    with_signal("{\"data\":\"\u{feff}x\"}", |signal| assert_eq!(signal.data_text(), "\u{feff}x"));
    assert_eq!(forwarded("{\"data\":\"\u{feff}x\"}"), signal_payload("{\"data\":\"\u{feff}x\"}"));
}

#[test]
fn only_type_and_data_are_passed_on() {
    // A client must not be able to hide a sender, or a load beyond the limits, in what the relay does not look at.
    let content = format!(
        r#"{{"junk":"{}","data" : [ 1 , "a b" ],"connection":{{"id":"C"}},"type":"t"}}"#,
        "x".repeat(100_000)
    );
    assert_eq!(forwarded(&content), signal_payload(r#"{"type":"t","data":[1,"a b"]}"#));
}

#[test]
fn absent_empty_and_null_parts_of_a_signal_are_told_apart_where_it_matters() {
    for (content, kind, text, forward) in [
        ("{}", None, "", "{}"),
        ("null", None, "", "{}"),
        (r#"{"type":"","data":""}"#, None, "", r#"{"data":""}"#),
        (r#"{"type":null,"data":null}"#, None, "null", r#"{"data":null}"#),
        (r#"{"type":"t","data":-1.50e1}"#, Some("t"), "-1.50e1", r#"{"type":"t","data":-1.50e1}"#),
        (r#"{"data":false}"#, None, "false", r#"{"data":false}"#),
        (r#"{"data":"\u0000"}"#, None, "\0", r#"{"data":"\u0000"}"#),
        ("{\"data\" : { \"a\" : \" \" } }", None, "{\"a\":\" \"}", "{\"data\":{\"a\":\" \"}}"),
    ] {
        with_signal(content, |signal| {
            assert_eq!(signal.kind.as_deref(), kind, "{content}");
            assert_eq!(signal.data_text(), text, "{content}");
        });
        assert_eq!(forwarded(content), signal_payload(forward), "{content}");
    }
    let absent = format!(r#"{{"method":"signal","uri":"{P}/signal/G"}}"#);
    assert!(matches!(request(&absent), Ok(Request::Signal { content: Signal { data: None, .. }, .. })));
}

#[test]
fn contents_of_the_wrong_shape_are_refused_by_name() {
    for content in [
        "7",
        "\"x\"",
        "[]",
        r#"["t","d"]"#,
        r#"{"type":7}"#,
        r#"{"type":["t"]}"#,
        r#"{"type":"a","type":"b"}"#,
        r#"{"data":1,"data":2}"#,
    ] {
        let payload = signal_payload(content);
        let error = request(&payload).expect_err(content);
        assert_eq!(error, DecodeError::BadContent { what: "signal" }, "{content}");
    }
    let create = format!(r#"{{"method":"create","uri":"{P}/connection/C","content":[]}}"#);
    assert_eq!(request(&create).unwrap_err(), DecodeError::BadContent { what: "connection create" });
}

#[test]
fn what_is_not_an_object_with_one_method_and_one_uri_is_no_message() {
    for payload in [
        "",
        "null",
        "[]",
        r#"["read","/v2/partner/100/session/S"]"#,
        "{}",
        r#"{"method":"read"}"#,
        r#"{"uri":"/v2"}"#,
        r#"{"method":1,"uri":"/v2"}"#,
        r#"{"method":"read","uri":null}"#,
        r#"{"method":"read","method":"read","uri":"/v2"}"#,
        r#"{"method":"read","uri":"/v2","content":{}"#,
        r#"{"method":"read","uri":"/v2"} x"#,
        "\u{feff}{\"method\":\"read\",\"uri\":\"/v2\"}",
    ] {
        assert_eq!(request(payload).unwrap_err(), DecodeError::BadEnvelope, "{payload}");
        assert_eq!(Event::decode(payload).unwrap_err(), DecodeError::BadEnvelope, "{payload}");
    }
}

#[test]
fn deep_nesting_neither_overflows_the_stack_nor_passes_the_limits() {
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    with_signal(&format!(r#"{{"data":{deep}}}"#), |signal| {
        assert_eq!(signal.check_wire(), Err(SignalLimitError::DataTooLong));
    });
    with_signal(&format!(r#"{{"junk":{deep}}}"#), |signal| assert!(signal.data.is_none()));
    let create =
        format!(r#"{{"method":"create","uri":"{P}/connection/C","content":{{"userAgent":{deep}}}}}"#);
    let Ok(Request::CreateConnection { content, .. }) = request(&create) else { panic!("a create") };
    assert_eq!(content.user_agent, "", "what is no text is passed over, however deep it is");
    for mute in [&deep, &format!(r#"{{"active":{deep}}}"#)] {
        let state = SessionState::decode(&format!(r#"{{"connection":[],"mute":{mute}}}"#));
        assert_eq!(state, Some(SessionState::default()));
    }
    let entry = format!(r#"{{"connection":[{deep}]}}"#);
    assert_eq!(SessionState::decode(&entry), None, "where something must be, depth is an error");
}

#[test]
fn a_request_must_name_the_session_of_its_sender() {
    let other = r#"{"method":"read","uri":"/v2/partner/100/session/T","content":{}}"#;
    assert_eq!(request(other).unwrap_err(), DecodeError::OtherSession);
    let none = r#"{"method":"create","uri":"/v2/connection/C","content":{}}"#;
    assert!(matches!(request(none), Ok(Request::Other { .. })));
    let other_partner = r#"{"method":"signal","uri":"/v2/partner/200/session/S/signal/G","content":{}}"#;
    assert!(matches!(request(other_partner), Ok(Request::Signal { to: None, .. })));
}

#[test]
fn escaped_uris_are_understood() {
    let uri = r"\/v2\/partner\/100\/session\/S\/connection\/\u0043\/signal\/G";
    let payload = format!(r#"{{"method":"signal","uri":"{uri}","content":{{"data":"d"}}}}"#);
    let request = request(&payload).unwrap();
    let Request::Signal { to, content } = request else { panic!("{request:?}") };
    assert_eq!((to.as_deref(), &*content.data_text()), (Some("C"), "d"));
}

#[test]
fn unknown_methods_and_resources_are_no_errors() {
    for (method, uri) in [
        ("update", P.to_owned()),
        ("offer", format!("{P}/stream/T/subscriber/B")),
        ("create", format!("{P}/connection")),
        ("delete", format!("{P}/stream")),
        ("update", format!("{P}/stream/T/channel")),
        ("signal", format!("{P}/signals/G")),
        ("read", "nonsense".into()),
        ("read", String::new()),
    ] {
        let payload = format!(r#"{{"method":"{method}","uri":"{uri}","content":{{}}}}"#);
        let decoded = request(&payload);
        assert!(
            matches!(&decoded, Ok(Request::Other { method: m, uri: u }) if m == method && *u == uri),
            "{decoded:?}"
        );
        assert!(matches!(Event::decode(&payload), Ok(Event::Other { .. })), "{payload}");
    }
}

#[test]
fn a_uri_of_very_many_pairs_names_nothing_and_costs_nothing() {
    let uri = format!("{P}{}", "/stream/T".repeat(20_000));
    let parsed = Uri::parse(&uri);
    assert_eq!((parsed.resource, parsed.params.len()), (Resource::Other(""), 0));
}

#[test]
fn stream_requests_keep_their_content_as_sent() {
    for (method, uri, expected) in [
        ("create", "stream/T", StreamAction::Create),
        ("delete", "stream/T", StreamAction::Delete),
        ("update", "stream/T", StreamAction::Update),
        ("update", "stream/T/channel/H", StreamAction::UpdateChannel { channel: "H".into() }),
    ] {
        let payload = format!(r#"{{"method":"{method}","uri":"{P}/{uri}","content":{{"name" : "\ud800"}}}}"#);
        let Ok(Request::Stream { action, stream, content }) = request(&payload) else { panic!("{payload}") };
        assert_eq!((action, &*stream), (expected, "T"));
        assert_eq!(content.map(|raw| raw.get()), Some(r#"{"name" : "\ud800"}"#));
    }
}

#[test]
fn the_state_of_a_session_is_read_leniently() {
    let state = SessionState::decode(
        r#" {"connection":[{"id":"C","creationTime":"1700000000000","data":null,"permissions":["a",7]},
             {"id":"D","creationTime":1700000000000.7,"extra":[{}]}],
             "stream":[{"id":"T","connectionId":"C","channel":[{"id":"v","type":"video","width":640.0,"active":true}]}],
             "archives":[{"id":"A","status":"started"}],"mute":{"active":true},"otc_x":{"version":1,"more":2}} "#,
    )
    .expect("a state");
    assert_eq!(state.connection.len(), 2);
    assert_eq!(state.connection[0].creation_time, 1_700_000_000_000);
    assert_eq!((&*state.connection[0].data, &*state.connection[0].permissions), ("", &["a".to_owned()][..]));
    assert_eq!(state.connection[1].creation_time, 1_700_000_000_000);
    assert_eq!(state.stream[0].connection, "C");
    assert_eq!((state.stream[0].channels[0].width, state.stream[0].channels[0].active), (640, true));
    assert_eq!(state.archive[0].status, "started");
    assert!(state.mute);
    assert_eq!(state.otc_x, Some(Extension { version: 1 }));

    let odd = SessionState::decode(r#"{"connection":[],"stream":[],"archive":[],"otc_x":"new"}"#).unwrap();
    assert_eq!(odd, SessionState::default());
}

#[test]
fn what_is_not_the_state_of_a_session_is_not_read_as_an_empty_one() {
    for payload in ["", "[]", "null", r#"{"connection":{}}"#, r#"{"connection":[{}]}"#, r#"{"stream":7}"#] {
        assert_eq!(SessionState::decode(payload), None, "{payload}");
    }
}

/// About a megabyte of the same, again and again.
fn many(item: &str) -> String {
    vec![item; 1_000_000 / (item.len() + 1)].join(",")
}

#[test]
fn whatever_stands_in_a_field_costs_little_more_than_its_text() {
    let junk = format!("[{}]", many("0"));
    let event = |method: &str, uri: &str, content: String| {
        format!(r#"{{"method":"{method}","uri":"{P}/{uri}","content":{content}}}"#)
    };
    for payload in [
        event("created", "connection/C", format!(r#"{{"id":"C","data":{junk}}}"#)),
        event("created", "connection/C", format!(r#"{{"id":"C","creationTime":{junk}}}"#)),
        event("created", "connection/C", format!(r#"{{"id":"C","permissions":{junk}}}"#)),
        event("created", "connection/C", format!(r#"{{"id":"C","permissions":[{}]}}"#, many(r#""""#))),
        event("created", "stream/T", format!(r#"{{"id":"T","channel":[{}]}}"#, many("{}"))),
        event("updated", "stream/T/channel/H", format!(r#"{{"active":{junk}}}"#)),
        event("read", "", format!(r#"{{"connection":[{}]}}"#, many(r#"{"id":""}"#))),
        event("read", "", format!(r#"{{"archive":[{}]}}"#, many("{}"))),
        event("read", "", format!(r#"{{"mute":{junk},"otc_x":{junk}}}"#)),
        event("signal", "signal/G", format!(r#"{{"type":{junk},"data":{junk}}}"#)),
    ] {
        let taken = allocation_counter::measure(|| drop(Event::decode(&payload)));
        // The largest is a list of as many things as there may be.
        let most = 12 * u64::try_from(payload.len()).unwrap();
        assert!(taken.bytes_max <= most, "{taken:?} for {} bytes of {:.90}", payload.len(), payload);
    }
}

#[test]
fn lists_longer_than_any_that_is_known_are_refused() {
    let state = |count: usize| format!(r#"{{"connection":[{}]}}"#, vec![r#"{"id":"C"}"#; count].join(","));
    assert_eq!(SessionState::decode(&state(65_536)).expect("a state").connection.len(), 65_536);
    assert_eq!(SessionState::decode(&state(65_537)), None);
}

#[test]
fn changes_of_streams_tell_only_what_changed() {
    let event = |uri: &str, content: &str| {
        let payload = format!(r#"{{"method":"updated","uri":"{P}/{uri}","content":{content}}}"#);
        match Event::decode(&payload) {
            Ok(Event::StreamUpdated { stream, update }) => (stream, update),
            other => panic!("{payload}: {other:?}"),
        }
    };
    let channel = |active, width| StreamUpdate::Channel {
        channel: "H".into(),
        active,
        width,
        height: None,
        source: None,
    };
    assert_eq!(event("stream/T/channel/H", r#"{"active":false}"#), ("T".into(), channel(Some(false), None)));
    assert_eq!(event("stream/T/channel/H", r#"{"width":320.5}"#), ("T".into(), channel(None, Some(320))));
    assert_eq!(event("stream/T/channel/H", r#"{"active":"yes"}"#), ("T".into(), channel(None, None)));
    let renamed = StreamUpdate::Stream { name: Some("n".into()) };
    assert_eq!(event("stream/T", r#"{"name":"n"}"#), ("T".into(), renamed));
}

#[test]
fn a_deletion_without_a_reason_is_an_orderly_leave_and_one_inside_the_content_does_not_count() {
    for (payload, expected) in [
        (format!(r#"{{"method":"deleted","uri":"{P}/connection/C"}}"#), "clientDisconnected"),
        (
            format!(r#"{{"method":"deleted","uri":"{P}/connection/C","content":{{"reason":"x"}}}}"#),
            "clientDisconnected",
        ),
        (format!(r#"{{"method":"deleted","uri":"{P}/connection/C","reason":7}}"#), "clientDisconnected"),
        (format!(r#"{{"method":"deleted","uri":"{P}/connection/C","reason":"y"}}"#), "y"),
    ] {
        let Ok(Event::ConnectionDeleted { connection, reason }) = Event::decode(&payload) else {
            panic!("{payload}")
        };
        assert_eq!((&*connection, &*reason), ("C", expected), "{payload}");
    }
}

#[test]
fn a_signal_is_written_into_a_buffer_of_its_size() {
    let text = "\u{1}\"\\é😀\n";
    let message = SignalMessage { to: Some("C"), ..chat(SignalPayload::Text(text)) };
    let bytes: Bytes = message.encode().unwrap();
    let frame = Frame::decode(bytes.clone(), bytes.len()).unwrap();
    assert_eq!(
        frame.data,
        format!(
            r#"{{"method":"signal","uri":"{P}/connection/C/signal/G","content":{{"type":"chat","data":"\u0001\"\\é😀\n"}}}}"#
        )
    );
    drop(frame);
    let length = bytes.len();
    assert_eq!(bytes.try_into_mut().expect("the only owner").capacity(), length);
}

#[test]
fn passing_a_signal_on_takes_one_buffer_and_copies_no_text() {
    let data = "x".repeat(8192);
    let arrived = chat(SignalPayload::Text(&data)).encode().unwrap();
    let length = u64::try_from(arrived.len()).unwrap();
    let mut sent = Bytes::new();
    let taken = allocation_counter::measure(|| {
        let frame = Frame::decode(arrived.clone(), usize::MAX).unwrap();
        let Ok(Request::Signal { content, .. }) = Request::decode(&frame.data, "S") else {
            panic!("a signal")
        };
        content.check_wire().unwrap();
        sent = chat(content.payload()).encode().unwrap();
    });
    assert_eq!(sent, arrived);
    // The buffer, and the little that counts the references to the message that arrived.
    assert!(taken.count_total <= 2 && taken.bytes_total < length + 100, "{taken:?} for {length} bytes");
}

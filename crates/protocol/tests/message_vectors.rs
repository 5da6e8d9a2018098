//! Messages, URIs and signal limits against the test vectors.

mod support;

use std::collections::BTreeMap;

use bytes::Bytes;
use otc_protocol::limits::{MAX_CLIENT_INBOUND_FRAME, MAX_SIGNAL_TYPE_BYTES, SignalLimitError};
use otc_protocol::raptor::{
    Connection, CreateConnection, Event, Request, SessionState, Signal, SignalMessage, SignalPayload, Uri,
};
use otc_protocol::rumor::{Frame, header};
use serde_json::{Value, json};
use support::{list, load, name, repeated, text, unhex};

const SESSION: &str = "1_MX4xMDB-fjE3MDAwMDAwMDAwMDB-YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4fn4";
const ALICE: &str = "11111111-1111-4111-8111-111111111111";
const BOB: &str = "22222222-2222-4222-8222-222222222222";

#[test]
fn uris_are_read_as_the_vectors_say() {
    for vector in list(&load("uris"), "uris") {
        let uri = Uri::parse(text(vector, "uri"));
        assert_eq!(uri.resource.name(), text(vector, "resource"), "{}", uri.resource.name());
        let params: BTreeMap<&str, &str> = uri.params.iter().copied().collect();
        assert_eq!(json!(params), vector["params"], "{}", text(vector, "uri"));
    }
}

/// A frame of the vectors.
fn frame(name_of_frame: &str) -> (Frame, Vec<u8>) {
    let frames = load("frames");
    let vector = list(&frames, "valid").iter().find(|vector| name(vector) == name_of_frame);
    let message = unhex(text(vector.expect(name_of_frame), "hex"));
    (Frame::decode(Bytes::from(message.clone()), MAX_CLIENT_INBOUND_FRAME).expect("a frame"), message)
}

#[test]
fn requests_of_the_vectors_are_understood() {
    let read = |name: &str| frame(name).0.data;
    let data = read("message-connection-create");
    let request = Request::decode(&data, SESSION).unwrap();
    let Request::CreateConnection { connection, content } = request else { panic!("{request:?}") };
    assert_eq!(connection, ALICE);
    assert_eq!(content.client_version.as_deref(), Some("js-2.7.6"));
    assert_eq!(content.capabilities, Some(vec!["renegotiation".to_owned()]));
    assert!(!content.connection_events_suppressed);

    assert!(matches!(Request::decode(&read("message-session-read"), SESSION), Ok(Request::ReadSession)));
    let data = read("message-force-disconnect");
    let request = Request::decode(&data, SESSION).unwrap();
    assert!(matches!(&request, Request::DeleteConnection { connection } if connection == BOB), "{request:?}");
}

#[test]
fn signals_of_the_vectors_are_understood() {
    let expected = [
        ("message-signal-broadcast", None, Some("chat"), "hello"),
        ("message-signal-to-connection", Some(BOB), Some("chat"), "psst"),
        ("message-signal-to-session-object", Some(SESSION), None, "for all"),
        ("message-signal-empty-content", None, None, ""),
        ("message-signal-unicode", None, Some("chat"), "héllo 世界 😀"),
        ("message-signal-json-escapes", None, None, "é😀\"\\\n"),
        ("message-signal-object-data", None, None, r#"{"a":[1,2,{"b":null}]}"#),
    ];
    for (name, to, kind, data) in expected {
        let payload = frame(name).0.data;
        let request = Request::decode(&payload, SESSION).unwrap();
        let Request::Signal { to: found, content } = request else { panic!("{name}: {request:?}") };
        assert_eq!(found.as_deref(), to, "{name}");
        assert_eq!(content.kind.as_deref(), kind, "{name}");
        assert_eq!(content.data_text(), data, "{name}");
        assert_eq!(content.check_wire(), Ok(()), "{name}");
    }
}

#[test]
fn signals_are_written_as_in_the_vectors() {
    let message = |data| SignalMessage {
        address: "symphony.relay.example",
        transaction: "00000004-aaaa-4aaa-8aaa-aaaaaaaaaaaa",
        from: ALICE,
        partner: "100",
        session: SESSION,
        to: None,
        id: "33333333-3333-4333-8333-333333333333",
        kind: "chat",
        data: SignalPayload::Text(data),
    };
    let written = [
        ("message-signal-broadcast", message("hello")),
        (
            "message-signal-to-connection",
            SignalMessage {
                transaction: "00000005-aaaa-4aaa-8aaa-aaaaaaaaaaaa",
                to: Some(BOB),
                id: "44444444-4444-4444-8444-444444444444",
                ..message("psst")
            },
        ),
        (
            "message-signal-empty-content",
            SignalMessage {
                transaction: "00000007-aaaa-4aaa-8aaa-aaaaaaaaaaaa",
                id: "66666666-6666-4666-8666-666666666666",
                kind: "",
                data: SignalPayload::None,
                ..message("")
            },
        ),
        (
            "message-signal-unicode",
            SignalMessage {
                transaction: "00000008-aaaa-4aaa-8aaa-aaaaaaaaaaaa",
                id: "77777777-7777-4777-8777-777777777777",
                ..message("héllo 世界 😀")
            },
        ),
        (
            "message-signal-from-rest",
            SignalMessage {
                address: &Uri::for_session("100", SESSION),
                transaction: "00000017-aaaa-4aaa-8aaa-aaaaaaaaaaaa",
                from: "",
                id: "bbbbbbbb-1111-4111-8111-bbbbbbbbbbbb",
                kind: "sys",
                ..message("maintenance")
            },
        ),
    ];
    for (name, message) in written {
        assert_eq!(message.encode().unwrap(), frame(name).1, "{name}");
    }
}

#[test]
fn signals_are_passed_on_as_their_sender_spelt_them() {
    for name in ["message-signal-json-escapes", "message-signal-object-data"] {
        let (frame, bytes) = frame(name);
        let Ok(Request::Signal { content, .. }) = Request::decode(&frame.data, SESSION) else {
            panic!("{name}")
        };
        let uri = uri_of(&frame);
        let message = SignalMessage {
            address: &frame.addresses[0],
            transaction: frame.header(header::TRANSACTION_ID).unwrap(),
            from: ALICE,
            partner: "100",
            session: SESSION,
            to: None,
            id: Uri::parse(&uri).param("signal").unwrap(),
            kind: "",
            data: content.payload(),
        };
        assert_eq!(message.encode().unwrap(), bytes, "{name}");
    }
}

fn uri_of(frame: &Frame) -> String {
    text(&serde_json::from_str(&frame.data).unwrap(), "uri").to_owned()
}

#[test]
fn events_of_the_vectors_are_understood_and_written_alike() {
    let alice = Connection {
        id: ALICE.into(),
        creation_time: 1_700_000_000_000,
        data: "name=one".into(),
        permissions: ["publish", "subscribe", "signal"].map(String::from).into(),
    };
    let state = SessionState { id: SESSION.into(), connection: vec![alice], ..SessionState::default() };
    let data = frame("message-session-read-response").0.data;
    let Ok(Event::SessionState(found)) = Event::decode(&data) else { panic!("{data}") };
    assert_eq!(*found, state);
    assert_eq!(Event::encode_session_state("100", SESSION, &state), *data);

    let bob = Connection {
        id: BOB.into(),
        creation_time: 1_700_000_001_000,
        data: String::new(),
        permissions: vec!["subscribe".into()],
    };
    let data = frame("message-connection-created").0.data;
    let Ok(Event::ConnectionCreated(found)) = Event::decode(&data) else { panic!("{data}") };
    assert_eq!(found, bob);
    assert_eq!(Event::encode_connection_created("100", SESSION, &bob), *data);

    let data = frame("message-connection-deleted").0.data;
    let Ok(Event::ConnectionDeleted { connection, reason }) = Event::decode(&data) else { panic!("{data}") };
    assert_eq!((&*connection, &*reason), (BOB, "networkDisconnected"));
    assert_eq!(Event::encode_connection_deleted("100", SESSION, BOB, "networkDisconnected"), *data);

    for (name, kind, text) in
        [("message-signal-delivery", "chat", "hi"), ("message-signal-from-rest", "sys", "maintenance")]
    {
        let data = frame(name).0.data;
        let Ok(Event::Signal(signal)) = Event::decode(&data) else { panic!("{data}") };
        assert_eq!((signal.kind.as_deref(), &*signal.data_text()), (Some(kind), text), "{name}");
    }
}

#[test]
fn requests_are_written_as_in_the_vectors() {
    let content = CreateConnection {
        user_agent: "spec-vector/1.0".into(),
        client_version: Some("js-2.7.6".into()),
        capabilities: Some(vec!["renegotiation".into()]),
        connection_events_suppressed: false,
    };
    let written = [
        ("message-connection-create", Request::encode_create_connection("100", SESSION, ALICE, &content)),
        ("message-session-read", Request::encode_read_session("100", SESSION)),
        ("message-force-disconnect", Request::encode_delete_connection("100", SESSION, BOB)),
    ];
    for (name, payload) in written {
        assert_eq!(payload, *frame(name).0.data, "{name}");
    }
}

/// What the vectors of signal validation mean here.
///
/// They describe JavaScript clients, whose checks are not those of this library: JavaScript measures data by its JSON
/// encoding and refuses the empty type and null; C callers are measured in bytes, and for them empty means absent.
/// Two things follow for both ends. What JavaScript lets through must never be refused on arrival. And the rules for
/// types (length, characters, length first) are the same everywhere.
#[test]
fn signals_that_javascript_clients_send_are_accepted_and_types_obey_the_same_rules() {
    for vector in list(&load("signal_validation"), "signals") {
        let input = vector["input"].as_object().expect("an object");
        let expanded = |field: &str| input.get(field).map(expand);
        let content: serde_json::Map<String, Value> =
            ["type", "data"].iter().filter_map(|f| Some(((*f).to_owned(), expanded(f)?))).collect();
        let payload = json!({
            "method": "signal",
            "uri": format!("{}/signal/s", Uri::for_session("100", SESSION)),
            "content": content,
        })
        .to_string();
        let Ok(Request::Signal { content: signal, .. }) = Request::decode(&payload, SESSION) else {
            panic!("{}", name(vector))
        };
        let checked = signal.check_wire();
        match vector["expect"].as_u64().expect("a code") {
            0 => assert_eq!(checked, Ok(()), "{}", name(vector)),
            _ => check_refused(vector, &signal, checked),
        }
    }
}

fn check_refused(vector: &Value, signal: &Signal<'_>, checked: Result<(), SignalLimitError>) {
    let kind = signal.kind.as_deref().unwrap_or("");
    let expected = match vector["input"].get("type") {
        Some(Value::String(_) | Value::Object(_)) if kind.len() > MAX_SIGNAL_TYPE_BYTES => {
            Err(SignalLimitError::TypeTooLong)
        }
        Some(Value::String(_) | Value::Object(_)) if !kind.is_empty() => Err(SignalLimitError::TypeInvalid),
        // Empty or null types, and data that is long only as JavaScript measures it.
        _ => Ok(()),
    };
    assert_eq!(checked, expected, "{}", name(vector));
}

fn expand(value: &Value) -> Value {
    match value.get("repeat") {
        Some(repeat) => Value::String(repeated(repeat)),
        None => value.clone(),
    }
}

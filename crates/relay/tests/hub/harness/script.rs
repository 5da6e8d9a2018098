//! The frames that clients send.

use otc_protocol::rumor::{Frame, FrameType, header};
use serde_json::{Value, json};

use super::{PARTNER, SESSION};

/// The topic of the session.
pub(crate) fn topic() -> String {
    topic_of(SESSION)
}

/// The topic of any session.
pub(crate) fn topic_of(session: &str) -> String {
    format!("/v2/partner/{PARTNER}/session/{session}")
}

/// The URI of a connection.
pub(crate) fn connection_uri(id: &str) -> String {
    format!("{}/connection/{id}", topic())
}

pub(crate) fn connect(id: &str) -> Frame {
    Frame::new(FrameType::Connect)
        .with_header(header::UNIQUE_ID, id.to_owned())
        .with_header(header::TRANSACTION_ID, "connect")
        .with_header(header::NOTIFY_DISCONNECT_ADDRESS, "symphony.any")
}

pub(crate) fn subscribe() -> Frame {
    Frame::new(FrameType::Subscribe).with_address(topic())
}

pub(crate) fn ping() -> Frame {
    Frame::new(FrameType::Ping)
}

pub(crate) fn disconnect() -> Frame {
    Frame::new(FrameType::Disconnect)
}

/// A request with any body.
pub(crate) fn request(transaction: &str, body: &Value) -> Frame {
    raw_request(transaction, &body.to_string())
}

/// A request with any payload.
pub(crate) fn raw_request(transaction: &str, payload: &str) -> Frame {
    Frame::new(FrameType::Message)
        .with_address("symphony.any")
        .with_header(header::CONTENT_TYPE, header::RAPTOR_CONTENT_TYPE)
        .with_header(header::TRANSACTION_ID, transaction.to_owned())
        .with_header(header::FROM_ADDRESS, "whoever")
        .with_data(payload.to_owned())
}

/// Connection create, with what the client says of itself.
pub(crate) fn create(transaction: &str, token: &str, id: &str, content: &Value) -> Frame {
    create_at(transaction, token, &connection_uri(id), content)
}

/// Connection create at any URI.
pub(crate) fn create_at(transaction: &str, token: &str, uri: &str, content: &Value) -> Frame {
    request(transaction, &json!({ "method": "create", "uri": uri, "content": content }))
        .with_header(header::TOKEN_AUTH, token.to_owned())
}

pub(crate) fn read(transaction: &str) -> Frame {
    request(transaction, &json!({ "method": "read", "uri": topic(), "content": {} }))
}

/// A signal to everyone.
pub(crate) fn signal(transaction: &str, kind: &str, data: &str) -> Frame {
    let uri = format!("{}/signal/of-{transaction}", topic());
    request(
        transaction,
        &json!({ "method": "signal", "uri": uri, "content": { "type": kind, "data": data } }),
    )
}

/// A signal to one connection.
pub(crate) fn signal_to(transaction: &str, to: &str, kind: &str, data: &str) -> Frame {
    let uri = format!("{}/signal/of-{transaction}", connection_uri(to));
    request(
        transaction,
        &json!({ "method": "signal", "uri": uri, "content": { "type": kind, "data": data } }),
    )
}

/// Force disconnect.
pub(crate) fn remove(transaction: &str, id: &str) -> Frame {
    request(transaction, &json!({ "method": "delete", "uri": connection_uri(id), "content": {} }))
}

/// The acknowledgement of a message.
pub(crate) fn acknowledge(message: &Frame) -> Frame {
    Frame::new(FrameType::Status)
        .with_address(message.addresses[0].clone())
        .with_header(header::TRANSACTION_ID, super::id_of(message).to_owned())
        .with_header(header::FROM_ADDRESS, "whoever")
}

/// What a message says, shortly: `created A`, `deleted A clientDisconnected`, `signal hello`, `state A B`.
pub(crate) fn gist(frame: &Frame) -> String {
    use otc_protocol::raptor::Event;
    let from = frame.header(header::FROM_ADDRESS).map_or("", |from| &**from);
    match frame.kind {
        FrameType::Pong => return "pong".to_owned(),
        FrameType::Status => {
            let code = frame.header(header::STATUS).map_or("?", |code| &**code);
            return format!("status {} {code}", super::id_of(frame));
        }
        _ => {}
    }
    match Event::decode(&frame.data).expect("the harness has checked it") {
        Event::ConnectionCreated(connection) => format!("created {}", connection.id),
        Event::ConnectionDeleted { connection, reason } => format!("deleted {connection} {reason}"),
        Event::Signal(signal) => format!("signal {} from {from}", signal.data_text()),
        Event::SessionState(state) => {
            let ids: Vec<String> = state.connection.into_iter().map(|connection| connection.id).collect();
            format!("state {}", ids.join(" "))
        }
        Event::StreamCreated(stream) => format!("stream {} of {}", stream.id, stream.connection),
        Event::StreamDeleted { stream, reason } => format!("stream {stream} ended {reason}"),
        Event::StreamUpdated { stream, update } => format!("stream {stream} {update:?}"),
        other => format!("{other:?}"),
    }
}

/// The gists of several.
pub(crate) fn gists(frames: &[Frame]) -> Vec<String> {
    frames.iter().map(gist).collect()
}

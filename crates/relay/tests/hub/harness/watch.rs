//! What must be true of every frame and every log line, whatever a test is about.

use std::collections::HashSet;

use bytes::Bytes;
use otc_protocol::raptor::{Event, SessionState};
use otc_protocol::rumor::{Frame, FrameType, header};
use otc_relay::io::PeerId;
use otc_relay::notice::Notice;

use super::TOKEN_SECRET;

/// Looks at everything that leaves the hub.
#[derive(Default)]
pub(crate) struct Watch {
    secrets: Vec<String>,
    /// Messages by socket: no transaction id may be used for two of them.
    used: HashSet<(PeerId, String)>,
}

impl Watch {
    /// A text that must never be logged.
    pub(crate) fn keep_secret(&mut self, text: &str) {
        self.secrets.push(text.to_owned());
    }

    /// Checks a message on its way to a client.
    pub(crate) fn check(&mut self, peer: PeerId, message: Bytes) -> Frame {
        let length = message.len();
        let frame = Frame::decode(message, 16 << 20).expect("what leaves the hub is a frame");
        assert_eq!(frame.encode().map(|bytes| bytes.len()), Ok(length));
        let names: Vec<&str> = frame.headers.iter().map(|(name, _)| &**name).collect();
        match frame.kind {
            FrameType::Message => {
                assert_eq!(
                    names,
                    [header::CONTENT_TYPE, header::TRANSACTION_ID, header::FROM_ADDRESS],
                    "spelt exactly as clients match them"
                );
                assert_eq!(frame.headers[0].1, header::RAPTOR_CONTENT_TYPE);
                assert_eq!(frame.addresses.len(), 1);
                let id = frame.headers[1].1.to_string();
                assert!(!id.is_empty());
                // The answer to session read carries an id that its client chose.
                let fresh = frame.data.starts_with("{\"method\":\"read\"") || self.used.insert((peer, id));
                assert!(fresh, "a client would take the second message for a repeat");
                check_message(&frame);
            }
            FrameType::Status => {
                assert!(names.starts_with(&[header::TRANSACTION_ID, header::STATUS]), "{names:?}");
                let code = &frame.headers[1].1;
                assert!(code.len() == 3 && code.bytes().all(|digit| digit.is_ascii_digit()), "{code}");
                assert_eq!(frame.addresses.len(), 1);
            }
            FrameType::Pong => assert_eq!(frame, Frame::new(FrameType::Pong)),
            other => panic!("clients would take {other:?} for a message"),
        }
        frame
    }

    /// Checks a log line.
    pub(crate) fn check_notice(&self, notice: &Notice) {
        let line = format!("{notice} {notice:?}");
        assert!(!notice.to_string().contains('\n'), "{line}");
        assert!(!line.contains(TOKEN_SECRET), "a token was logged: {line}");
        for secret in &self.secrets {
            assert!(!line.contains(secret), "a socket id was logged: {line}");
        }
    }
}

fn check_message(frame: &Frame) {
    match Event::decode(&frame.data) {
        Ok(Event::SessionState(state)) => check_state(&state),
        Ok(Event::Other { method, uri }) => panic!("clients do not know {method} {uri}"),
        Ok(_) => {}
        Err(error) => panic!("{error}: {}", frame.data),
    }
    let value: serde_json::Value = serde_json::from_str(&frame.data).expect("messages are JSON");
    assert!(value["uri"].is_string());
    if value["method"] == "read" {
        for list in ["connection", "stream", "archive"] {
            assert!(value["content"][list].is_array(), "{list} is a list, or clients break");
        }
    }
}

/// Checks a state: the streams in it belong to connections in it.
pub(crate) fn check_state(state: &SessionState) {
    assert!(!state.connection.is_empty(), "whoever reads it is in it");
    for stream in &state.stream {
        assert!(state.connection.iter().any(|connection| connection.id == stream.connection));
    }
}

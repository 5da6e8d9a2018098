//! Events: what is read and written again reads the same.

use otc_protocol::raptor::{Event, SessionState};

/// Checks one input.
///
/// # Panics
///
/// When something reads wrongly.
pub fn check(input: &[u8]) {
    let Ok(input) = std::str::from_utf8(input) else { return };
    if let Some(state) = SessionState::decode(input) {
        check_state(&state);
    }
    match Event::decode(input) {
        Ok(Event::SessionState(state)) => check_state(&state),
        Ok(Event::ConnectionCreated(connection)) => {
            let payload = Event::encode_connection_created("1", "S", &connection);
            match Event::decode(&payload) {
                Ok(Event::ConnectionCreated(again)) => assert_eq!(again, connection),
                // An id with separators in it makes another URI.
                _ => assert!(connection.id.contains('/') || connection.id.is_empty()),
            }
        }
        Ok(Event::StreamCreated(stream)) => {
            let payload = Event::encode_stream_created("1", "S", &stream);
            match Event::decode(&payload) {
                Ok(Event::StreamCreated(again)) => assert_eq!(again, stream),
                _ => assert!(stream.id.contains('/') || stream.id.is_empty()),
            }
        }
        Ok(Event::ConnectionDeleted { connection, reason }) if !connection.is_empty() => {
            let payload = Event::encode_connection_deleted("1", "S", &connection, &reason);
            match Event::decode(&payload) {
                Ok(Event::ConnectionDeleted { connection: id, reason: why }) => {
                    assert_eq!((id, why), (connection, reason));
                }
                other => panic!("{other:?}"),
            }
        }
        Ok(Event::Signal(signal)) => {
            let _ = (signal.data_text(), signal.check_wire());
        }
        _ => {}
    }
}

fn check_state(state: &SessionState) {
    match Event::decode(&Event::encode_session_state("1", "S", state)) {
        Ok(Event::SessionState(again)) => assert_eq!(*again, *state),
        other => panic!("{other:?}"),
    }
}

//! Requests: signals survive being passed on, create requests survive being written again.

use otc_protocol::raptor::{Request, Signal, SignalMessage};
use otc_protocol::rumor::Frame;

const SESSION: &str = "S";

/// Checks one input.
///
/// # Panics
///
/// When something reads wrongly.
pub fn check(input: &[u8]) {
    let Ok(input) = std::str::from_utf8(input) else { return };
    match Request::decode(input, SESSION) {
        Ok(Request::Signal { to, content }) => pass_on(to.as_deref(), &content),
        Ok(Request::CreateConnection { content, .. }) => {
            let payload = Request::encode_create_connection("1", SESSION, "C", &content);
            match Request::decode(&payload, SESSION) {
                Ok(Request::CreateConnection { connection, content: again }) => {
                    assert_eq!((&*connection, again), ("C", content));
                }
                other => panic!("{other:?}"),
            }
        }
        _ => {}
    }
}

fn pass_on(to: Option<&str>, signal: &Signal<'_>) {
    let kind = signal.kind.as_deref().unwrap_or("");
    let message = SignalMessage {
        address: "a",
        transaction: "t",
        from: "f",
        partner: "1",
        session: SESSION,
        // A segment of a URI, which can hold anything but the separator.
        to: to.filter(|to| !to.is_empty()),
        id: "G",
        kind,
        data: signal.payload(),
    };
    let bytes = message.encode().expect("nothing is too long");
    let frame = Frame::decode(bytes.clone(), bytes.len()).expect("a frame");
    match Request::decode(&frame.data, SESSION) {
        Ok(Request::Signal { to: again, content }) => {
            assert_eq!(again.as_deref(), message.to);
            assert_eq!(content.kind, signal.kind);
            assert_eq!(content.data_text(), signal.data_text());
            assert_eq!(content.check_wire(), signal.check_wire());
        }
        other => panic!("{other:?} for {:?}", frame.data),
    }
}

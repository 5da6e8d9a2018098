//! What is read before it is known who sent it, as checks for any input. For fuzzing, and of no use otherwise.

use crate::http::input::{SignalBody, bearer, form, mute, nothing};
use crate::http::route::{Route, decode, query_value, route};
use crate::ws::{Incoming, Receiver};

/// A REST call: path and query on the first line, then the body, which is read in every way there is.
///
/// # Panics
///
/// When something reads wrongly.
pub fn rest(input: &[u8]) {
    let (head, body) = match input.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&input[..end], &input[end + 1..]),
        None => (input, &[][..]),
    };
    if let Ok(head) = std::str::from_utf8(head) {
        let (path, query) = head.split_once('?').unwrap_or((head, ""));
        if let Route::SessionInfo { session } = route(path) {
            assert!(!session.is_empty() && !session.contains('/'), "{path}");
        }
        for name in ["token", "socketId", "reconnect", "hint", "client_version", ""] {
            let value = query_value(query, name);
            assert!(value.is_none() || query.contains(name), "{query}");
        }
        let decoded = decode(query);
        assert!(decoded.len() <= 3 * query.len());
        assert!(bearer(query).is_none_or(|token| !token.starts_with(' ')));
    }
    let _ = (mute(body), nothing(body), form(&String::from_utf8_lossy(body)));
    if let Ok(read) = SignalBody::read(body) {
        let again = serde_json::json!({"type": read.kind, "data": read.data}).to_string();
        assert_eq!(SignalBody::read(again.as_bytes()), Ok(read));
    }
}

/// What a client sends on its WebSocket, read at once and in pieces: both must see the same messages. The first byte
/// says how large the pieces are.
///
/// # Panics
///
/// When they do not, or when more is kept than has come.
pub fn websocket(input: &[u8]) {
    const LONGEST: usize = 4096;
    let Some((piece, bytes)) = input.split_first() else { return };
    let mut whole = Vec::new();
    let error = read(&mut Receiver::new(LONGEST), bytes, &mut whole);
    let mut pieces = Vec::new();
    let mut receiver = Receiver::new(LONGEST);
    let mut broken = false;
    for piece in bytes.chunks(usize::from(*piece).max(1)) {
        if !broken {
            broken = read(&mut receiver, piece, &mut pieces);
        }
    }
    assert_eq!((&whole, error), (&pieces, broken));
    let longest = whole.iter().map(|message| match message {
        Incoming::Binary(data) | Incoming::Text(data) | Incoming::Ping(data) => data.len(),
        Incoming::Pong | Incoming::Close(_) => 0,
    });
    assert!(longest.max().unwrap_or(0) <= LONGEST.min(bytes.len()));
}

/// Reads all messages; says whether an error ended that.
fn read(receiver: &mut Receiver, mut bytes: &[u8], messages: &mut Vec<Incoming>) -> bool {
    loop {
        match receiver.next(&mut bytes) {
            Ok(Some(message)) => messages.push(message),
            Ok(None) => return false,
            Err(_) => return true,
        }
    }
}

//! WebSocket framing: read at once or in pieces, it is the same.

pub use otc_relay::fuzzing::websocket as check;

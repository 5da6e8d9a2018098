//! WebSocket, the server's side of it, without any I/O: bytes in, messages out, and the other way round.
//!
//! A ready-made stream keeps a read buffer and a write buffer for every connection, which is most of what an idle
//! connection costs, and its write buffer keeps the size of the largest burst it ever held. Here a connection owns
//! neither: what arrives is read into a buffer that the whole shard shares and only an unfinished message is kept
//! ([`Receiver`]); what leaves is a queue of references to payloads that all receivers share ([`SendQueue`]). The frame
//! headers themselves are read and written by tungstenite.

mod handshake;
mod receive;
mod send;

pub(crate) use handshake::accept;
pub(crate) use receive::{Incoming, ReceiveError, Receiver};
pub(crate) use send::{Progress, SendQueue};

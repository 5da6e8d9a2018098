//! All rooms and sockets of one shard, as one pure state machine.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use otc_protocol::limits::SignalLimitError;
use otc_protocol::raptor::SignalPayload;

use crate::authority::Authority;
use crate::io::{CloseSeen, Now, Opened, Output, PeerId};
use crate::limits::Limits;
use crate::notice::Notice;
use crate::stats::Stats;

/// The address that the relay speaks from and clients send their requests to. Session info must announce this one:
/// clients take a sender whose address begins with `symphony.` for the server.
pub const SYMPHONY_ADDRESS: &str = "symphony.otc-relay";

/// All rooms and sockets of one shard.
///
/// Inputs are the `peer_*` methods, what servers ask for (`server_signal` and its neighbours) and `handle_timeout`.
/// After each input, or each batch of inputs, call `poll_output` until it is empty and act on what it gives in that
/// order, then `poll_notice` until it is empty, then arrange to call `handle_timeout` at `poll_timeout`.
///
/// The hub has no clock and no randomness of its own: the same inputs and seed give the same outputs.
pub struct Hub;

/// What a server wants to know of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionInfo {
    /// The connection id.
    pub id: Arc<str>,
    /// When it entered, in milliseconds since 1970.
    pub created_at_ms: u64,
    /// Whether it has a socket now; without one it is within its grace window.
    pub linked: bool,
    /// The connection data of its token.
    pub data: String,
}

/// What a server wants to know of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamInfo {
    /// The stream id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `camera`, `screen` or `custom`; `None` without video.
    pub video_type: Option<String>,
    /// Who publishes it.
    pub connection: Arc<str>,
}

/// What an operator wants to know of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionSummary {
    /// The session id.
    pub session: Arc<str>,
    /// The project: an API key or application id.
    pub partner: Arc<str>,
    /// Clients in it.
    pub connections: usize,
    /// When its first client entered, in milliseconds since 1970.
    pub opened_at_ms: u64,
    /// Signals accepted since then.
    pub signals: u64,
    /// Whether servers have muted it.
    pub muted: bool,
}

/// Why a server's wish was not granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerError {
    /// Nobody is in the session.
    NoSession,
    /// The connection is not in the session.
    NoConnection,
    /// The stream is not in the session.
    NoStream,
    /// The signal is over a limit.
    Signal(SignalLimitError),
}

impl Hub {
    /// A hub without rooms. `seed` makes its ids unlike those of other hubs and of earlier runs.
    pub fn new(limits: Arc<Limits>, authority: Arc<dyn Authority>, seed: [u8; 32]) -> Self {
        let _ = (limits, authority, seed);
        Self
    }

    /// A WebSocket was opened.
    pub fn peer_opened(&mut self, peer: PeerId, opened: Opened, now: Now) {
        let _ = (peer, opened, now);
    }

    /// A binary message arrived, whole. Pass on messages of up to a few times [`Limits::frame_bytes`]: a request that
    /// is too large but well formed is answered.
    pub fn peer_message(&mut self, peer: PeerId, message: Bytes, now: Now) {
        let _ = (peer, message, now);
    }

    /// A text message arrived, which no client of this protocol sends.
    pub fn peer_text(&mut self, peer: PeerId, now: Now) {
        let _ = (peer, now);
    }

    /// A message arrived that was too large to be read at all, or broke the WebSocket protocol.
    pub fn peer_unreadable(&mut self, peer: PeerId, now: Now) {
        let _ = (peer, now);
    }

    /// Something else arrived that shows life: a WebSocket ping or pong, part of a message.
    pub fn peer_activity(&mut self, peer: PeerId, now: Now) {
        let _ = (peer, now);
    }

    /// The socket ended. Not to be called for a socket that the hub closed (it does no harm).
    pub fn peer_closed(&mut self, peer: PeerId, seen: CloseSeen, now: Now) {
        let _ = (peer, seen, now);
    }

    /// Time passed. Call at [`Hub::poll_timeout`], or later.
    pub fn handle_timeout(&mut self, now: Now) {
        let _ = now;
    }

    /// When to call [`Hub::handle_timeout`]; `None` while nothing waits for time.
    pub fn poll_timeout(&self) -> Option<Instant> {
        None
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Option<Output> {
        None
    }

    /// The next thing to log.
    pub fn poll_notice(&mut self) -> Option<Notice> {
        None
    }

    /// Counters and gauges.
    pub fn stats(&self) -> Stats {
        Stats::default()
    }

    /// Sends a signal that the server originates: to everyone in the session, or to one connection. Says how many
    /// receivers it was queued for.
    pub fn server_signal(
        &mut self,
        session: &str,
        to: Option<&str>,
        kind: &str,
        data: SignalPayload<'_>,
        now: Now,
    ) -> Result<usize, ServerError> {
        let _ = (session, to, kind, data, now);
        Err(ServerError::NoSession)
    }

    /// Removes a client from its session.
    pub fn force_disconnect(&mut self, session: &str, connection: &str, now: Now) -> Result<(), ServerError> {
        let _ = (session, connection, now);
        Err(ServerError::NoSession)
    }

    /// Who is in a session, in the order of their entering.
    pub fn connections(&self, session: &str) -> Result<Vec<ConnectionInfo>, ServerError> {
        let _ = session;
        Err(ServerError::NoSession)
    }

    /// What is published in a session.
    pub fn streams(&self, session: &str) -> Result<Vec<StreamInfo>, ServerError> {
        let _ = session;
        Err(ServerError::NoSession)
    }

    /// Mutes a session, or lifts that. It is kept and shown in later states of the session; clients that are there
    /// are not told, for the wire form of it is not known.
    pub fn set_mute(&mut self, session: &str, active: bool) -> Result<(), ServerError> {
        let _ = (session, active);
        Err(ServerError::NoSession)
    }

    /// Mutes one stream. Checks that it is there, and no more: its publisher cannot be told.
    pub fn mute_stream(&mut self, session: &str, stream: &str) -> Result<(), ServerError> {
        let _ = (session, stream);
        Err(ServerError::NoSession)
    }

    /// All sessions that somebody is in, in the order of their opening.
    pub fn sessions(&self) -> Vec<SessionSummary> {
        Vec::new()
    }

    /// From now on refuses clients of sessions that nobody is in.
    pub fn drain(&mut self) {}

    /// Ends everything: every socket is closed with `code`, every room forgotten. Use 1011 (see
    /// [`close::GONE`](crate::io::close::GONE)) unless the state survives.
    pub fn shutdown(&mut self, code: u16, now: Now) {
        let _ = (code, now);
    }
}

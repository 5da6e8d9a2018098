//! What servers and operators ask for.

use std::sync::Arc;

use bytes::Bytes;
use otc_protocol::limits::{self, SignalLimitError};
use otc_protocol::raptor::{Connection, Event, SignalPayload};

use super::{Hub, SYMPHONY_ADDRESS};
use crate::ids::MemberKey;
use crate::io::{Now, Output, PeerId, close};
use crate::member::Link;
use crate::room::{Departure, Room};
use crate::wire;

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

impl SessionSummary {
    fn of(room: &Room) -> Self {
        Self {
            session: Arc::clone(&room.session),
            partner: Arc::clone(&room.partner),
            connections: room.members().len(),
            opened_at_ms: room.opened_ms,
            signals: room.signals,
            muted: room.muted,
        }
    }
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

impl std::fmt::Display for ServerError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoSession => f.write_str("nobody is in the session"),
            Self::NoConnection => f.write_str("the connection is not in the session"),
            Self::NoStream => f.write_str("the stream is not in the session"),
            Self::Signal(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ServerError {}

impl Hub {
    /// Sends a signal that the server originates: to everyone in the session, or to one connection. Says how many
    /// receivers it was queued for. It is measured as callers of REST are, in bytes of UTF-8.
    pub fn server_signal(
        &mut self,
        session: &str,
        to: Option<&str>,
        kind: &str,
        data: SignalPayload<'_>,
        now: Now,
    ) -> Result<usize, ServerError> {
        limits::check_type(kind.as_bytes()).map_err(ServerError::Signal)?;
        let length = match data {
            SignalPayload::None => 0,
            SignalPayload::Text(text) => text.len(),
            SignalPayload::Json(value) => value.text().len(),
        };
        if length > limits::MAX_SIGNAL_DATA_BYTES {
            return Err(ServerError::Signal(SignalLimitError::DataTooLong));
        }
        let room =
            self.names.get(session).and_then(|id| self.rooms.get_mut(id)).ok_or(ServerError::NoSession)?;
        let receivers = room.server_signal(to, kind, data, &mut self.ctx);
        self.end_overflowed(now);
        receivers.map_err(|_| ServerError::NoConnection)
    }

    /// Removes a client from its session.
    pub fn force_disconnect(&mut self, session: &str, connection: &str, now: Now) -> Result<(), ServerError> {
        let room = self.room(session)?;
        let number = room.number(connection).ok_or(ServerError::NoConnection)?;
        let key = MemberKey { room: room.id, number };
        self.remove_by_force(key, now);
        self.end_overflowed(now);
        Ok(())
    }

    /// Who is in a session, in the order of their entering.
    pub fn connections(&self, session: &str) -> Result<Vec<ConnectionInfo>, ServerError> {
        let members = self.room(session)?.members().iter();
        Ok(members
            .map(|member| ConnectionInfo {
                id: Arc::clone(&member.id),
                created_at_ms: member.entered_ms,
                linked: member.link != Link::Away,
                data: serde_json::from_str::<Connection>(&member.object).map(|c| c.data).unwrap_or_default(),
            })
            .collect())
    }

    /// What is published in a session.
    pub fn streams(&self, session: &str) -> Result<Vec<StreamInfo>, ServerError> {
        Ok(self.room(session)?.stream_infos())
    }

    /// Mutes a session, or lifts that. It is kept and shown in later states of the session; clients that are there
    /// are not told, for the wire form of it is not known.
    pub fn set_mute(&mut self, session: &str, active: bool) -> Result<(), ServerError> {
        let id = self.room(session)?.id;
        if let Some(room) = self.rooms.get_mut(&id) {
            room.muted = active;
        }
        Ok(())
    }

    /// Mutes one stream. Checks that it is there, and no more: its publisher cannot be told.
    pub fn mute_stream(&mut self, session: &str, stream: &str) -> Result<(), ServerError> {
        let known = self.room(session)?.stream_infos().iter().any(|info| info.id == stream);
        if known { Ok(()) } else { Err(ServerError::NoStream) }
    }

    /// All sessions that somebody is in, in the order of their opening.
    pub fn sessions(&self) -> Vec<SessionSummary> {
        self.rooms.values().map(SessionSummary::of).collect()
    }

    /// A session.
    pub fn session(&self, session: &str) -> Result<SessionSummary, ServerError> {
        self.room(session).map(SessionSummary::of)
    }

    pub(super) fn room(&self, session: &str) -> Result<&Room, ServerError> {
        self.names.get(session).and_then(|id| self.rooms.get(id)).ok_or(ServerError::NoSession)
    }

    /// Removes a member: it is told, then its socket is closed. One that cannot be told now is told when it comes back.
    pub(super) fn remove_by_force(&mut self, key: MemberKey, now: Now) {
        let Some(room) = self.rooms.get_mut(&key.room) else { return };
        let (partner, session) = (Arc::clone(&room.partner), Arc::clone(&room.session));
        let Some(member) = room.member(key.number) else { return };
        if let Some(socket_id) = &member.socket_id {
            let reason = Departure::Removed.reason();
            let news = Event::encode_connection_deleted(&partner, &session, &member.id, reason);
            let seq = self.ctx.ids.next();
            let farewell = wire::message(&member.id, &self.ctx.ids.text(seq), SYMPHONY_ADDRESS, &news);
            self.departed.insert(socket_id, Some(farewell), &self.ctx, now);
        }
        self.remove_member(key, Departure::Removed, Some((close::NORMAL, "removed from the session")), now);
    }

    /// Tells a client that came back what happened while it could not be told.
    pub(super) fn tell_departed(&mut self, peer: PeerId, farewell: Bytes) {
        self.ctx.send(peer, farewell);
        self.ctx.output(Output::Close { peer, code: close::NORMAL, reason: "removed from the session" });
        self.forget(peer);
    }
}

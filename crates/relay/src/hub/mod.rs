//! All rooms and sockets of one shard, as one pure state machine.

mod admit;
mod departed;
mod frames;
mod links;
mod look;
mod server;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

use crate::authority::Authority;
use crate::context::Context;
use crate::ids::{MemberKey, RoomId};
use crate::io::{CloseSeen, Now, Opened, Output, PeerId, close};
use crate::limits::Limits;
use crate::notice::Notice;
use crate::peer::{Peer, Phase};
use crate::room::{Departure, Room};
use crate::stats::Stats;
use crate::timer::{Timer, Timers};

use departed::Departed;
pub use look::ClientSummary;
pub use server::{ConnectionInfo, ServerError, SessionSummary, StreamInfo};

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
pub struct Hub {
    ctx: Context,
    authority: Arc<dyn Authority>,
    /// Never iterated but to be sorted: its order is not the same in two runs. The same goes for the other two.
    peers: HashMap<PeerId, Peer>,
    rooms: BTreeMap<RoomId, Room>,
    /// Rooms by session id.
    names: HashMap<Arc<str>, RoomId>,
    /// Members by socket id, of those that have one.
    sockets: HashMap<Arc<str>, MemberKey>,
    departed: Departed,
    timers: Timers,
    next_room: u64,
    next_peer: u64,
    /// Members without a socket.
    away: u64,
    draining: bool,
}

impl Hub {
    /// A hub without rooms. `seed` makes its ids unlike those of other hubs and of earlier runs, and is a secret.
    pub fn new(limits: Arc<Limits>, authority: Arc<dyn Authority>, seed: [u8; 32]) -> Self {
        Self {
            ctx: Context::new(limits, seed),
            authority,
            peers: HashMap::new(),
            rooms: BTreeMap::new(),
            names: HashMap::new(),
            sockets: HashMap::new(),
            departed: Departed::default(),
            timers: Timers::default(),
            next_room: 0,
            next_peer: 0,
            away: 0,
            draining: false,
        }
    }

    /// A WebSocket was opened.
    pub fn peer_opened(&mut self, peer: PeerId, opened: Opened, now: Now) {
        // An id that is in use would be its owner's mistake; the socket before it can only be gone.
        self.peer_closed(peer, CloseSeen::Lost, now);
        self.next_peer += 1;
        let state = Peer::new(&opened, self.next_peer, &self.ctx.limits, now);
        let socket_id = state.socket_id.clone().filter(|_| opened.reconnect);
        self.peers.insert(peer, state);
        match socket_id.and_then(|socket_id| self.owner(&socket_id, now)) {
            Some(Owner::Member(member)) => {
                self.resume(peer, member, now);
            }
            Some(Owner::Departed(Some(farewell))) => self.tell_departed(peer, farewell),
            Some(Owner::Departed(None)) => self.refuse_resume(peer),
            None => self.arm(peer, now),
        }
        self.end_overflowed(now);
    }

    fn owner(&mut self, socket_id: &Arc<str>, now: Now) -> Option<Owner> {
        match self.sockets.get(socket_id) {
            Some(&member) => Some(Owner::Member(member)),
            None => self.departed.find(socket_id, &self.ctx, now).map(Owner::Departed),
        }
    }

    /// A binary message arrived, whole. Pass on messages of up to a few times [`Limits::frame_bytes`]: a request that
    /// is too large but well formed is answered.
    pub fn peer_message(&mut self, peer: PeerId, message: Bytes, now: Now) {
        self.read_message(peer, message, now);
        self.end_overflowed(now);
    }

    /// A text message arrived, which no client of this protocol sends.
    pub fn peer_text(&mut self, peer: PeerId, now: Now) {
        if self.peers.contains_key(&peer) {
            self.ctx.stats.rejected.text += 1;
            self.end_unreadable(peer, "text message", now);
            self.end_overflowed(now);
        }
    }

    /// A message arrived that was too large to be read at all, or broke the WebSocket protocol.
    pub fn peer_unreadable(&mut self, peer: PeerId, now: Now) {
        if self.peers.contains_key(&peer) {
            self.ctx.stats.rejected.undecodable += 1;
            self.end_unreadable(peer, "message that cannot be read", now);
            self.end_overflowed(now);
        }
    }

    /// A message arrives that is far larger than any may be, so that it is not taken in.
    pub fn peer_oversized(&mut self, peer: PeerId, now: Now) {
        if self.peers.contains_key(&peer) {
            self.ctx.stats.rejected.too_large += 1;
            self.end_unreadable(peer, "message is far too large", now);
            self.end_overflowed(now);
        }
    }

    /// Something else arrived that shows life: a WebSocket ping or pong, part of a message.
    pub fn peer_activity(&mut self, peer: PeerId, now: Now) {
        if let Some(peer) = self.peers.get_mut(&peer) {
            peer.heard(now);
        }
    }

    /// Whether a socket is the link of a client in a session.
    pub fn is_in_session(&self, peer: PeerId) -> bool {
        self.peers.get(&peer).is_some_and(|peer| matches!(peer.phase, Phase::Bound(_)))
    }

    /// The socket ended. Not to be called for a socket that the hub closed (it does no harm).
    pub fn peer_closed(&mut self, peer: PeerId, seen: CloseSeen, now: Now) {
        let Some(Some(member)) = self.forget(peer) else { return };
        match seen {
            CloseSeen::Code(Some(close::NORMAL | close::GOING_AWAY)) => {
                self.remove_member(member, Departure::Left, None, now);
            }
            CloseSeen::Code(_) | CloseSeen::Lost => self.lose_link(member, now),
        }
        self.end_overflowed(now);
    }

    /// Time passed. Call at [`Hub::poll_timeout`], or later.
    pub fn handle_timeout(&mut self, now: Now) {
        while let Some(timer) = self.timers.take_due(now.mono) {
            match timer {
                Timer::Peer(peer) => self.look_after(peer, now),
                Timer::Member(member) => self.look_after_member(member, now),
            }
            self.end_overflowed(now);
        }
    }

    /// When to call [`Hub::handle_timeout`]; `None` while nothing waits for time.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.ctx.poll_output()
    }

    /// The next thing to log.
    pub fn poll_notice(&mut self) -> Option<Notice> {
        self.ctx.poll_notice()
    }

    /// Counters and gauges.
    pub fn stats(&self) -> Stats {
        Stats {
            peers: self.peers.len() as u64,
            sessions: self.rooms.len() as u64,
            connections: self.rooms.values().map(|room| room.members().len() as u64).sum(),
            connections_away: self.away,
            ..self.ctx.stats
        }
    }

    /// From now on refuses clients of sessions that nobody is in.
    pub fn drain(&mut self) {
        self.draining = true;
    }

    /// Ends everything: every socket is closed with `code`, every room forgotten. Use 1011 (see
    /// [`close::GONE`](crate::io::close::GONE)) unless the state survives.
    pub fn shutdown(&mut self, code: u16, _now: Now) {
        let mut peers: Vec<PeerId> = self.peers.drain().map(|(id, _)| id).collect();
        peers.sort_unstable();
        for peer in peers {
            self.ctx.output(Output::Close { peer, code, reason: "the relay is shutting down" });
        }
        self.rooms.clear();
        self.names.clear();
        self.sockets.clear();
        self.departed = Departed::default();
        self.timers = Timers::default();
        self.away = 0;
        self.ctx.stats.kept_messages = 0;
        self.ctx.stats.kept_bytes = 0;
    }
}

/// Whose a socket id is.
enum Owner {
    Member(MemberKey),
    /// Nobody's any more; removed clients get the message that says so.
    Departed(Option<Bytes>),
}

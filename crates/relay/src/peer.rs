//! One socket: what it has shown so far, and how long it may stay as it is.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::ids::MemberKey;
use crate::io::{Now, Opened};
use crate::limits::Limits;

/// A socket.
#[derive(Debug)]
pub(crate) struct Peer {
    /// The secret that identifies its client over all its sockets.
    pub(crate) socket_id: Option<Arc<str>>,
    pub(crate) phase: Phase,
    /// Sockets in the order of their opening.
    pub(crate) opened: u64,
    /// Where its timer is set.
    pub(crate) armed: Option<Instant>,
    /// When the present phase began.
    since: Instant,
    last_heard: Instant,
    /// Pings sent since then.
    pings: u32,
    /// When the last of them was sent.
    pinged: Instant,
}

/// What a socket is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Phase {
    /// It claims to resume something that is not here. Until it shows that it belongs to a client that never got
    /// through, it gets no answer to anything, for any answer would prove a resume.
    Unproven,
    /// It has not entered a session yet.
    Joining {
        /// The connection id that CONNECT announced.
        connection: Option<Arc<str>>,
        /// Frames read so far.
        frames: u32,
    },
    /// It is the link of a member.
    Bound(MemberKey),
    /// It said goodbye, and will be closed.
    Leaving,
}

/// However it is configured, a socket is not pinged without pause.
const SHORTEST_PING: Duration = Duration::from_millis(1);

/// A hub that is so much behind its own deadlines stood still. Deadlines on a grid and turns with much to do are late by less.
const STANDSTILL: Duration = Duration::from_secs(1);

/// How many times the usual number of pings a hub sends that is late again and again, before it gives a silent socket up.
const PATIENCE: u32 = 3;

/// How many pings are sent into a silence that lasts to its limit: at least one.
fn pings_in(silence: Duration, interval: Duration) -> u32 {
    let fit = silence.as_nanos().div_ceil(interval.as_nanos()).saturating_sub(1);
    u32::try_from(fit).unwrap_or(u32::MAX / PATIENCE).clamp(1, u32::MAX / PATIENCE)
}

/// What has to be done about a socket now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    /// Nothing; look again then.
    At(Instant),
    /// There is nothing to resume.
    Unknown,
    /// It never created.
    CreateTimeout,
    /// It said goodbye, and its client has not closed it.
    Left,
    /// Ask whether it still lives.
    Ping,
    /// It is dead.
    Silent,
}

impl Peer {
    /// A socket that just opened.
    pub(crate) fn new(opened: &Opened, order: u64, limits: &Limits, now: Now) -> Self {
        let socket_id = opened.socket_id.as_deref();
        Self {
            // A longer one is nobody's: its client cannot be resumed, like those that send none.
            socket_id: socket_id.filter(|id| !id.is_empty() && id.len() <= limits.id_bytes).map(Arc::from),
            phase: if opened.reconnect {
                Phase::Unproven
            } else {
                Phase::Joining { connection: None, frames: 0 }
            },
            opened: order,
            armed: None,
            since: now.mono.checked_sub(opened.waited).unwrap_or(now.mono),
            last_heard: now.mono,
            pings: 0,
            pinged: now.mono,
        }
    }

    /// How long it has been in the present phase; for one that has not entered a session, how long it is open.
    pub(crate) fn age(&self, now: Now) -> Duration {
        now.mono.saturating_duration_since(self.since)
    }

    /// Something was read.
    pub(crate) fn heard(&mut self, now: Now) {
        self.last_heard = now.mono;
        self.pings = 0;
    }

    /// A ping was sent.
    pub(crate) fn pinged(&mut self, now: Now) {
        self.pings += 1;
        self.pinged = now.mono;
    }

    /// Starts another phase. Joining counts from the opening, whatever came before.
    pub(crate) fn enter(&mut self, phase: Phase, now: Now) {
        if !matches!(phase, Phase::Joining { .. }) {
            self.since = now.mono;
        }
        self.phase = phase;
    }

    /// What is due.
    pub(crate) fn due(&self, limits: &Limits, now: Now) -> Due {
        let at = |limit, due| {
            let deadline = self.since + limit;
            if now.mono < deadline { Due::At(deadline) } else { due }
        };
        match self.phase {
            Phase::Unproven => at(limits.unknown_resume_timeout, Due::Unknown),
            Phase::Joining { .. } => at(limits.create_timeout, Due::CreateTimeout),
            Phase::Leaving => at(limits.leave_timeout, Due::Left),
            Phase::Bound(_) => self.liveness(limits, now),
        }
    }

    /// Nobody is given up without having been asked and having had time to answer, nor by a hub that is late: while it
    /// stood still it sent no pings and read no answers, and what it missed may wait in the socket.
    fn liveness(&self, limits: &Limits, now: Now) -> Due {
        let interval = limits.ping_interval.max(SHORTEST_PING);
        if self.pings == 0 {
            let ping = self.last_heard + interval;
            return if now.mono >= ping { Due::Ping } else { Due::At(ping) };
        }
        // So many pings fit into the silence, and so much of it is left after the last.
        let usual = pings_in(limits.silence_limit, interval);
        let answer = limits.silence_limit.saturating_sub(interval * usual).max(SHORTEST_PING);
        let (dead, ping) =
            ((self.last_heard + limits.silence_limit).max(self.pinged + answer), self.pinged + interval);
        let late = now.mono.saturating_duration_since(dead) >= STANDSTILL;
        if now.mono >= dead && !(late && self.pings < PATIENCE * usual) {
            Due::Silent
        } else if now.mono >= ping.min(dead) {
            Due::Ping
        } else {
            Due::At(ping.min(dead))
        }
    }
}

//! Everything of a shard but reading: what the hub decides reaches the sockets here.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use slab::Slab;
use tokio::sync::Notify;

use super::Shard;
use super::closing::Closing;
use super::link::{Hold, Link, Phase};
use super::timer::{Due, Timers};
use crate::clock;
use crate::config::LinkConfig;
use crate::hub::Hub;
use crate::io::{CloseSeen, Now, Opened, Output, PeerId, close};
use crate::meters::{Limited, Meters};
use crate::notice::{Level, Notice};
use crate::stream::Writer;
use crate::ws::{Incoming, Progress, ReceiveError, Receiver};

/// What one read takes at most, and what small messages are put together in. One each a shard.
pub(super) const BUFFER: usize = 64 * 1024;
/// Messages of one turn after which what they led to is carried out before the turn ends. Each may lead to one output
/// for every client of a session, and those must not pile up.
const MOST_IN_A_TURN: usize = 256;
/// How often a socket is looked at that does not take its output.
const SLOW_READ: Duration = Duration::from_secs(1);

/// The close code for a socket that does not take its output. Clients understand it as: come back soon.
const TRY_AGAIN: u16 = 1013;

/// The hub of a shard, its sockets and their timers.
pub(crate) struct Engine {
    hub: Hub,
    links: Slab<Link>,
    /// Tells peers apart that had the same place one after the other.
    generation: u32,
    /// Those to write to at the end of the turn.
    dirty: Vec<PeerId>,
    timers: Timers,
    write_buffer: Box<[u8]>,
    /// Something happened in this turn of the loop.
    stirred: bool,
    /// Messages that came in this turn.
    messages: usize,
    waker: Option<Waker>,
    /// Told when the last link has gone.
    empty: Arc<Notify>,
    output_soft: usize,
    output_hard: usize,
    close_timeout: Duration,
    meters: Arc<Meters>,
    /// When the first message of the present turn was read.
    turn_began: Option<Instant>,
}

impl Engine {
    pub(super) fn new(hub: Hub, config: &LinkConfig, meters: Arc<Meters>) -> Self {
        Self {
            hub,
            links: Slab::new(),
            generation: 0,
            dirty: Vec::new(),
            timers: Timers::default(),
            write_buffer: vec![0; BUFFER].into(),
            stirred: false,
            messages: 0,
            waker: None,
            empty: Arc::new(Notify::new()),
            output_soft: config.output_soft,
            output_hard: config.output_hard,
            close_timeout: config.close_timeout,
            meters,
            turn_began: None,
        }
    }

    /// Does something with the hub.
    pub(super) fn call<T>(&mut self, work: impl FnOnce(&mut Hub, Now) -> T) -> T {
        self.stir();
        work(&mut self.hub, clock::now())
    }

    /// Takes in a socket.
    pub(super) fn open(&mut self, socket: Writer, opened: Opened, now: Now) -> PeerId {
        self.generation = self.generation.wrapping_add(1);
        let entry = self.links.vacant_entry();
        // Far fewer sockets fit into a process than into 32 bits.
        let peer = PeerId(u64::from(self.generation) << 32 | entry.key() as u64);
        entry.insert(Link::new(peer, socket));
        self.hub.peer_opened(peer, opened, now);
        self.stir();
        peer
    }

    /// The socket of a peer, unless it is gone.
    pub(super) fn link(&mut self, peer: PeerId) -> Option<&mut Link> {
        self.links.get_mut(place(peer)).filter(|link| link.peer == peer)
    }

    /// Whether a peer has entered a session.
    pub(super) fn is_in_session(&self, peer: PeerId) -> bool {
        self.hub.is_in_session(peer)
    }

    /// Bytes that wait for the sockets to take them.
    pub(super) fn output_bytes(&self) -> u64 {
        self.links.iter().map(|(_, link)| link.queue.len() as u64).sum()
    }

    /// Whether to read from a socket now.
    pub(super) fn may_read(&mut self, peer: PeerId) -> bool {
        self.link(peer).is_some_and(|link| {
            link.hold == Hold::No && matches!(link.phase, Phase::Open | Phase::Closing | Phase::Discarding)
        })
    }

    /// Takes what was read from a socket.
    pub(super) fn received(&mut self, peer: PeerId, receiver: &mut Receiver, mut bytes: &[u8], now: Now) {
        let mut told = false;
        if let Some(closing) = self.link(peer).and_then(|link| link.closing.as_mut()) {
            closing.heard(now.mono);
        }
        self.turn_began.get_or_insert(now.mono);
        let readable = |link: &mut Link| !link.deaf && matches!(link.phase, Phase::Open | Phase::Closing);
        while self.link(peer).is_some_and(readable) {
            match receiver.next(&mut bytes) {
                Ok(Some(message)) => {
                    told |= self.message(peer, message, now);
                    self.messages += 1;
                    if self.messages >= MOST_IN_A_TURN {
                        self.settle(now);
                    }
                }
                Ok(None) => break,
                Err(error) => self.broken(peer, error, now),
            }
        }
        if !told && self.known(peer) {
            self.hub.peer_activity(peer, now);
        }
        self.slow_down(peer, now);
        self.stir();
    }

    /// Handles one message; tells whether the hub has seen it.
    fn message(&mut self, peer: PeerId, message: Incoming, now: Now) -> bool {
        let known = self.known(peer);
        match message {
            Incoming::Binary(frame) if known => self.hub.peer_message(peer, frame, now),
            Incoming::Text(_) if known => self.hub.peer_text(peer, now),
            Incoming::Ping(payload) => {
                if let Some(link) = self.link(peer).filter(|link| link.phase == Phase::Open) {
                    link.queue.push_pong(payload);
                    self.soil(peer);
                }
                return false;
            }
            Incoming::Close(code) => self.closed_by_peer(peer, code, now),
            Incoming::Binary(_) | Incoming::Text(_) | Incoming::Pong => return false,
        }
        true
    }

    fn closed_by_peer(&mut self, peer: PeerId, code: Option<u16>, now: Now) {
        self.forget(peer, CloseSeen::Code(code), now);
        if let Some(link) = self.link(peer) {
            if link.phase == Phase::Open {
                link.queue.clear_unsent();
                link.queue.push_close(code, "");
            }
            link.phase = Phase::Discarding;
            self.begin_closing(peer, now);
        }
    }

    /// What a peer sends cannot be read any further. The hub decides what becomes of it; nothing more is taken from it.
    fn broken(&mut self, peer: PeerId, error: ReceiveError, now: Now) {
        tracing::debug!(?error, "a socket sent what cannot be read");
        let Some(link) = self.link(peer) else { return };
        link.deaf = true;
        if link.phase != Phase::Open {
            link.phase = Phase::Discarding;
        } else if link.known_to_hub {
            match error {
                ReceiveError::TooLarge => self.hub.peer_oversized(peer, now),
                ReceiveError::Protocol | ReceiveError::BadUtf8 => self.hub.peer_unreadable(peer, now),
            }
        }
    }

    /// Queues a close frame.
    fn close(&mut self, peer: PeerId, code: u16, reason: &str, now: Now) {
        let soft = self.output_soft;
        let Some(link) = self.link(peer).filter(|link| link.phase == Phase::Open) else { return };
        if link.queue.len() > soft {
            // What is queued would outlast the time that closing may take, and the reason would never arrive.
            link.queue.clear_unsent();
        }
        link.queue.push_close(Some(code), reason);
        link.phase = if link.deaf { Phase::Discarding } else { Phase::Closing };
        link.hold = Hold::No;
        link.wake();
        self.begin_closing(peer, now);
    }

    /// Gives a socket its time to close, unless it has it already.
    fn begin_closing(&mut self, peer: PeerId, now: Now) {
        let timeout = self.close_timeout;
        if let Some(link) = self.link(peer)
            && link.closing.is_none()
        {
            let closing = link.closing.insert(Box::new(Closing::new(now.mono)));
            let deadline = closing.deadline(timeout);
            self.timers.set(deadline, peer, Due::Close);
        }
        self.soil(peer);
    }

    /// The time of a socket to close may be over.
    fn end_closing(&mut self, peer: PeerId, now: Now) {
        let timeout = self.close_timeout;
        let Some(link) = self.link(peer) else { return };
        let Some(closing) = &mut link.closing else { return };
        if link.blocked {
            // After all this time. A socket that has just come is blocked, too, until the first look at it.
            closing.waits();
        }
        let deadline = closing.deadline(timeout);
        if deadline > now.mono {
            return self.timers.set(deadline, peer, Due::Close);
        }
        self.meters.limited(Limited::CloseTimeout, now.mono, |left_out| {
            tracing::info!(left_out, "a socket did not close in time");
        });
        self.lost(peer, now);
    }

    /// The peer says no more. Many say their last and end in one breath: what that led to is still written, as far as the
    /// socket takes it now. What others are to be told waits for the end of the turn: many may leave in it.
    pub(super) fn ended(&mut self, peer: PeerId, now: Now) {
        while let Some(output) = self.hub.poll_output() {
            self.carry_out(output, now);
        }
        self.flush(peer, now);
        self.lost(peer, now);
    }

    /// The socket is at its end.
    pub(super) fn lost(&mut self, peer: PeerId, now: Now) {
        self.forget(peer, CloseSeen::Lost, now);
        if let Some(link) = self.link(peer) {
            link.phase = Phase::Ended;
            link.wake();
        }
    }

    /// Tells the hub, once, that a peer is gone.
    fn forget(&mut self, peer: PeerId, seen: CloseSeen, now: Now) {
        if let Some(link) = self.link(peer).filter(|link| link.known_to_hub) {
            link.known_to_hub = false;
            self.hub.peer_closed(peer, seen, now);
            self.stir();
        }
    }

    fn known(&mut self, peer: PeerId) -> bool {
        self.link(peer).is_some_and(|link| link.known_to_hub)
    }

    /// Lets go of a socket whose task has ended.
    pub(super) fn remove(&mut self, peer: PeerId) {
        if self.link(peer).is_none() {
            return;
        }
        self.forget(peer, CloseSeen::Lost, clock::now());
        self.links.remove(place(peer));
        if self.links.is_empty() {
            // A slab never shrinks by itself.
            self.links = Slab::new();
            self.empty.notify_one();
        }
    }

    /// Stops reading from a peer that does not take its output.
    fn slow_down(&mut self, peer: PeerId, now: Now) {
        let soft = self.output_soft;
        let Some(link) = self.link(peer) else { return };
        if link.queue.len() > soft && link.phase == Phase::Open && link.hold == Hold::No {
            let until = now.mono + SLOW_READ;
            link.hold = Hold::Output(until);
            self.timers.set(until, peer, Due::Read);
            self.meters.limited(Limited::OutputSoft, now.mono, |left_out| {
                tracing::info!(limit = soft, left_out, "a socket is not read: it does not take its output");
            });
        }
    }

    /// The socket takes more again.
    pub(super) fn unblocked(&mut self, peer: PeerId, now: Now) {
        if let Some(link) = self.link(peer) {
            link.blocked = false;
            self.flush(peer, now);
        }
    }

    /// Has a socket written to at the end of the turn.
    fn soil(&mut self, peer: PeerId) {
        if let Some(link) = self.link(peer)
            && !std::mem::replace(&mut link.dirty, true)
        {
            self.dirty.push(peer);
        }
        self.stir();
    }

    /// Asks for an end of the turn.
    fn stir(&mut self) {
        if !std::mem::replace(&mut self.stirred, true)
            && let Some(waker) = &self.waker
        {
            waker.wake_by_ref();
        }
    }

    /// The end of a turn: what the hub has decided is handed to the sockets, then each is written to once.
    fn settle(&mut self, now: Now) {
        loop {
            while let Some(output) = self.hub.poll_output() {
                self.carry_out(output, now);
            }
            if self.dirty.is_empty() {
                break;
            }
            for peer in std::mem::take(&mut self.dirty) {
                if let Some(link) = self.link(peer) {
                    link.dirty = false;
                    self.flush(peer, now);
                }
            }
        }
        while let Some(notice) = self.hub.poll_notice() {
            log(&notice, &self.meters, now);
        }
        if let Some(began) = self.turn_began.take() {
            self.meters.turnaround.add(clock::now().mono.saturating_duration_since(began));
        }
        self.stirred = false;
        self.messages = 0;
    }

    fn carry_out(&mut self, output: Output, now: Now) {
        match output {
            Output::Send { peer, message } => self.send(peer, message, now),
            Output::Ping { peer } => {
                if let Some(link) = self.link(peer).filter(|link| link.phase == Phase::Open) {
                    link.queue.push_ping();
                    self.soil(peer);
                }
            }
            Output::Close { peer, code, reason } => {
                if let Some(link) = self.link(peer) {
                    link.known_to_hub = false;
                }
                self.close(peer, code, reason, now);
            }
            Output::PauseReading { peer, until } => {
                if let Some(link) = self.link(peer).filter(|link| link.phase == Phase::Open) {
                    link.hold = Hold::Pause(until);
                    self.timers.set(until, peer, Due::Read);
                }
            }
        }
    }

    fn send(&mut self, peer: PeerId, message: bytes::Bytes, now: Now) {
        let hard = self.output_hard;
        let Some(link) = self.link(peer).filter(|link| link.phase == Phase::Open) else { return };
        link.queue.push_binary(message);
        if link.queue.len() <= hard {
            return self.soil(peer);
        }
        link.queue.clear_unsent();
        self.meters.limited(Limited::OutputHard, now.mono, |left_out| {
            tracing::warn!(limit = hard, left_out, "socket closed: it does not take its output");
        });
        self.forget(peer, CloseSeen::Lost, now);
        self.close(peer, TRY_AGAIN, "output is not taken", now);
    }

    /// Writes what a socket takes.
    fn flush(&mut self, peer: PeerId, now: Now) {
        let mut buffer = std::mem::take(&mut self.write_buffer);
        let soft = self.output_soft;
        let Some(link) = self.link(peer).filter(|link| !link.blocked && link.phase != Phase::Ended) else {
            self.write_buffer = buffer;
            return;
        };
        let socket = &link.socket;
        let written = link.queue.write_to(&mut buffer, |pieces| socket.try_write(pieces));
        let progress = written.and_then(|progress| match progress {
            Progress::Done if !socket.try_flush()? => Ok(Progress::Blocked),
            progress => Ok(progress),
        });
        match progress {
            Ok(Progress::Done) if link.phase == Phase::Discarding => {
                // Nothing will be said or heard any more; the peer sees the end and closes.
                link.socket.finish();
            }
            Ok(Progress::Done) => {}
            Ok(Progress::Blocked) => {
                link.blocked = true;
                link.wake();
            }
            Err(_) => self.lost(peer, now),
        }
        if let Some(link) = self.link(peer)
            && matches!(link.hold, Hold::Output(_))
            && link.queue.len() <= soft
        {
            link.hold = Hold::No;
            link.wake();
        }
        self.write_buffer = buffer;
    }

    /// Deadlines that have come.
    fn handle_timeouts(&mut self, now: Now) {
        while let Some((peer, due)) = self.timers.pop(now.mono) {
            let Some(link) = self.link(peer) else { continue };
            match (due, link.hold) {
                (Due::Close, _) if link.phase != Phase::Ended => self.end_closing(peer, now),
                (Due::Read, Hold::Pause(until) | Hold::Output(until)) if until <= now.mono => {
                    link.hold = Hold::No;
                    link.wake();
                }
                (Due::Read | Due::Close, _) => {}
            }
        }
        if self.hub.poll_timeout().is_some_and(|at| at <= now.mono) {
            self.hub.handle_timeout(now);
        }
    }

    fn next_timeout(&self) -> Option<Instant> {
        [self.timers.next(), self.hub.poll_timeout()].into_iter().flatten().min()
    }

    /// Says goodbye to everyone. The result is ready once all sockets are closed.
    pub(super) fn shutdown(&mut self, now: Now) -> impl Future<Output = ()> + use<> {
        self.hub.shutdown(close::GONE, now);
        self.stir();
        // Not the one before: that remembers if the last link had gone at any earlier time.
        self.empty = Arc::new(Notify::new());
        let empty = Arc::clone(&self.empty);
        let none = self.links.is_empty();
        async move {
            if !none {
                empty.notified().await;
            }
        }
    }
}

/// Writes down what the hub has to say.
fn log(notice: &Notice, meters: &Meters, now: Now) {
    let session = notice.session.as_deref();
    let connection = notice.connection.as_deref();
    match notice.level() {
        Level::Debug => tracing::debug!(session, connection, "{notice}"),
        Level::Info => tracing::info!(session, connection, "{notice}"),
        // What anybody can cause.
        Level::Limit => meters.log(notice.kind(), now.mono, |left_out| {
            let left_out = Some(left_out).filter(|count| *count > 0);
            tracing::info!(session, connection, left_out, "{notice}");
        }),
        Level::Warn => meters.log(notice.kind(), now.mono, |left_out| {
            let left_out = Some(left_out).filter(|count| *count > 0);
            tracing::warn!(session, connection, left_out, "{notice}");
        }),
    }
}

/// The place of a peer's link.
fn place(peer: PeerId) -> usize {
    (peer.0 & u64::from(u32::MAX)) as usize
}

/// The engine's task. It is woken when something happened, and because tasks take their turns in the order in which
/// they are woken it runs after all sockets that had something to read: one turn, one write a socket.
pub(super) async fn drive(shard: Rc<Shard>) {
    let mut alarm = pin!(tokio::time::sleep(Duration::MAX));
    let mut armed = None;
    poll_fn(|cx| {
        let mut engine = shard.engine.borrow_mut();
        let engine = &mut *engine;
        if engine.waker.as_ref().is_none_or(|waker| !waker.will_wake(cx.waker())) {
            engine.waker = Some(cx.waker().clone());
        }
        loop {
            let now = clock::now();
            let due = engine.next_timeout().is_some_and(|at| at <= now.mono);
            if due {
                engine.handle_timeouts(now);
            }
            if due || engine.stirred {
                engine.settle(now);
            }
            let Some(next) = engine.next_timeout() else { return Poll::<()>::Pending };
            // A later deadline than the one armed is found out when that comes: rearming costs more than a wake-up.
            if armed.is_none_or(|at| next < at) {
                armed = Some(next);
                alarm.as_mut().reset(next.into());
            }
            match alarm.as_mut().poll(cx) {
                Poll::Ready(()) => armed = None,
                Poll::Pending => return Poll::Pending,
            }
        }
    })
    .await;
}

//! A client in a room: who it is, by which socket it is reached, and what it has yet to get.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use otc_protocol::planted::{self, Bug};
use otc_protocol::token::Role;

use crate::budget::Budget;
use crate::context::Context;
use crate::ids::{MemberKey, Seq};
use crate::io::{Now, Output, PeerId};
use crate::kept::{Kept, Message};
use crate::limits::Limits;
use crate::notice::NoticeEvent;
use crate::remembered::{Remembered, Reply, RequestKey};
use crate::wire;

/// A client in a room.
pub(crate) struct Member {
    pub(crate) key: MemberKey,
    /// The connection id.
    pub(crate) id: Arc<str>,
    /// The secret by which it resumes; `None` if it cannot.
    pub(crate) socket_id: Option<Arc<str>>,
    pub(crate) role: Role,
    /// What it says it is, fit to be shown; empty if it does not say.
    pub(crate) client: Box<str>,
    /// When it entered, in milliseconds since 1970.
    pub(crate) entered_ms: u64,
    /// Signals accepted from it.
    pub(crate) signals: u64,
    /// The JSON that describes it to clients.
    pub(crate) object: Box<str>,
    /// It wants no news of others.
    pub(crate) suppressed: bool,
    pub(crate) link: Link,
    /// Where its timer is set.
    pub(crate) deadline: Option<Instant>,
    /// For a client that reads the session's state and has not done so: the place of the answer, before everything
    /// that is held for it meanwhile.
    read_slot: Option<Seq>,
    kept: Kept,
    overflowed: bool,
    requests: Remembered,
    /// Unacknowledged answers to session read: those carry the client's transaction ids.
    reads: Vec<(RequestKey, Seq)>,
    answer: Option<Answer>,
    budget: Budget,
    /// Until when it is not read, so that others can catch up.
    held_back: Option<Instant>,
}

/// A burst is what is more than this part of what is kept for a client at most, beyond what may be sent in the long run: by
/// default 512 signals, which is what a client of this library has on its way.
const BURST_PART: u32 = 32;
/// How long one is not read that is behind itself: among what is not read are its own acknowledgements. Clients of this
/// library send no more than a window without having acknowledged what came before.
const SHORT_BREAK: Duration = Duration::from_millis(10);
/// The longest pause. A client that hears nothing for ten seconds looks for another link.
const LONGEST_BREAK: Duration = Duration::from_secs(1);

/// How a member is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Link {
    /// Not at all: it is within its grace window.
    Away,
    /// By a socket that resumed, on which nothing is sent before the client's first word: it may not have the answer
    /// to its create, and then wants that one first.
    Held(PeerId),
    /// By a socket.
    Open(PeerId),
}

/// The answer to a create that may have to be repeated.
struct Answer {
    /// The payload of the STATUS: a part of the frame that was sent.
    payload: Bytes,
    /// An acknowledgement of anything behind this place shows that the client has the answer: it was sent before, on
    /// the same socket. `None` while it was not sent on the present socket.
    sent_before: Option<Seq>,
}

/// What a newcomer is.
pub(crate) struct Newcomer {
    pub(crate) key: MemberKey,
    pub(crate) id: Arc<str>,
    pub(crate) socket_id: Option<Arc<str>>,
    pub(crate) peer: PeerId,
    pub(crate) role: Role,
    pub(crate) client: Box<str>,
    pub(crate) entered_ms: u64,
    pub(crate) object: Box<str>,
    pub(crate) suppressed: bool,
    pub(crate) reads_session: bool,
}

impl Link {
    /// The socket.
    pub(crate) fn peer(self) -> Option<PeerId> {
        match self {
            Self::Away => None,
            Self::Held(peer) | Self::Open(peer) => Some(peer),
        }
    }
}

impl Member {
    pub(crate) fn new(newcomer: Newcomer, ctx: &mut Context) -> Self {
        let Newcomer {
            key,
            id,
            socket_id,
            peer,
            role,
            client,
            entered_ms,
            object,
            suppressed,
            reads_session,
        } = newcomer;
        Self {
            key,
            id,
            socket_id,
            role,
            client,
            entered_ms,
            signals: 0,
            object,
            suppressed,
            link: Link::Open(peer),
            deadline: None,
            read_slot: reads_session.then(|| ctx.ids.next()),
            kept: Kept::default(),
            overflowed: false,
            requests: Remembered::default(),
            reads: Vec::new(),
            answer: None,
            budget: Budget::default(),
            held_back: None,
        }
    }

    /// Whether it may come back on another socket.
    pub(crate) fn is_resumable(&self) -> bool {
        self.socket_id.is_some()
    }

    /// Whether it is told of others. A client that has not read the session's state yet gets all news with that.
    pub(crate) fn hears_news(&self) -> bool {
        !self.suppressed && !self.awaits_state()
    }

    /// Whether it has yet to read the session's state.
    pub(crate) fn awaits_state(&self) -> bool {
        self.read_slot.is_some()
    }

    /// Queues a message behind all others, and sends it if it can be sent.
    pub(crate) fn deliver(&mut self, message: &Message, ctx: &mut Context) {
        let live = match self.link {
            Link::Open(peer) if !self.awaits_state() => Some(peer),
            _ => None,
        };
        if let Some(peer) = live {
            ctx.send(peer, message.bytes.clone());
        }
        let away = self.link == Link::Away && planted::is(Bug::NothingKeptWhileAway);
        if (self.is_resumable() || live.is_none()) && !away {
            self.keep(message.clone(), Kept::push, ctx);
        }
    }

    fn keep(&mut self, message: Message, put: fn(&mut Kept, Message), ctx: &mut Context) {
        let full = self.kept.len() >= ctx.limits.kept_messages;
        if self.overflowed || (full && planted::is(Bug::SilentOverflow)) {
            return;
        }
        ctx.stats.kept_messages += 1;
        ctx.stats.kept_bytes += message.bytes.len() as u64;
        put(&mut self.kept, message);
        if self.kept.len() > ctx.limits.kept_messages || self.kept.bytes() > ctx.limits.kept_bytes {
            self.overflowed = true;
            ctx.overflowed.push_back(self.key);
        }
    }

    /// Whether it has yet to acknowledge more than half of what may be kept for it, and has a link to do so.
    pub(crate) fn is_behind(&self, limits: &Limits) -> bool {
        let (messages, bytes) = self.kept();
        self.link != Link::Away && (messages > limits.kept_messages / 2 || bytes > limits.kept_bytes / 2)
    }

    /// How much time of the rate it owes for a burst, unless it is not read anyway.
    pub(crate) fn owed(&self, limits: &Limits, now: Now) -> Option<Duration> {
        let each = Duration::from_secs(1).checked_div(limits.requests_per_second).unwrap_or_default();
        let burst = each.saturating_mul(u32::try_from(limits.kept_messages).unwrap_or(u32::MAX)) / BURST_PART;
        let owed = self.budget.ahead(now.mono).saturating_sub(burst);
        let paused = self.held_back.is_some_and(|until| now.mono < until) || self.budget.pauses(now.mono);
        Some(owed).filter(|owed| !owed.is_zero() && !paused)
    }

    /// It sent a part of a burst to some who are behind: reading from it pauses until the burst has been paid for. What
    /// clients send at once is read much faster than acknowledgements come back, and those who are sent more than is kept for
    /// them are ended. Who never sends more than may be sent in the long run does not wait for anybody.
    pub(crate) fn hold_back(&mut self, owed: Duration, ctx: &mut Context, now: Now) {
        let Some(peer) = self.link.peer() else { return };
        let most = if self.is_behind(&ctx.limits) { SHORT_BREAK } else { LONGEST_BREAK };
        let until = now.mono + owed.min(most);
        self.held_back = Some(until);
        ctx.stats.waits += 1;
        ctx.output(Output::PauseReading { peer, until });
    }

    /// How much is kept: messages and bytes.
    pub(crate) fn kept(&self) -> (usize, usize) {
        (self.kept.len(), self.kept.bytes())
    }

    /// Lets go of all that is kept.
    pub(crate) fn drop_kept(&mut self, ctx: &mut Context) {
        ctx.stats.kept_messages -= self.kept.len() as u64;
        ctx.stats.kept_bytes -= self.kept.bytes() as u64;
        self.kept.clear();
    }

    /// The client acknowledged a transaction. Says whether that meant anything.
    pub(crate) fn acknowledge(&mut self, transaction: &str, ctx: &mut Context) -> bool {
        let Some(seq) = ctx.ids.seq(transaction).or_else(|| self.read_seq(transaction, ctx)) else {
            return false;
        };
        let before = self.kept();
        if !self.kept.acknowledge(seq) {
            return false;
        }
        ctx.stats.acknowledged += 1;
        ctx.stats.kept_messages -= (before.0 - self.kept.len()) as u64;
        ctx.stats.kept_bytes -= (before.1 - self.kept.bytes()) as u64;
        if planted::is(Bug::AckForgetsAll) {
            self.drop_kept(ctx);
        }
        self.reads.retain(|(_, at)| *at != seq);
        if self.answer.as_ref().is_some_and(|answer| answer.sent_before.is_some_and(|before| seq > before)) {
            self.answer = None;
        }
        true
    }

    /// Whether the answer to this session read waits to be acknowledged.
    pub(crate) fn is_reading(&self, transaction: &str, ctx: &Context) -> bool {
        self.read_seq(transaction, ctx).is_some()
    }

    fn read_seq(&self, transaction: &str, ctx: &Context) -> Option<Seq> {
        if self.reads.is_empty() {
            return None;
        }
        let key = ctx.hasher.key(transaction);
        self.reads.iter().find(|(read, _)| *read == key).map(|(_, seq)| *seq)
    }

    /// How a request was answered, if it was made before.
    pub(crate) fn recall(&self, key: RequestKey, ctx: &Context) -> Option<Reply> {
        self.requests.find(key, &ctx.hasher).filter(|_| !planted::is(Bug::ForgottenRequests))
    }

    /// Remembers a request and its answer.
    pub(crate) fn remember(&mut self, key: RequestKey, reply: Reply, ctx: &Context) {
        self.requests.insert(key, reply, ctx.limits.remembered_requests, &ctx.hasher);
    }

    /// Answers a request.
    pub(crate) fn send_status(
        &self,
        transaction: &str,
        code: u16,
        reason: Option<&str>,
        data: &str,
        ctx: &mut Context,
    ) {
        if let Some(peer) = self.link.peer() {
            ctx.send(peer, wire::status(&self.id, transaction, code, reason, data));
        }
    }

    /// Answers the create by the state of the session, for the first time; without it for a client that reads it.
    pub(crate) fn send_first_answer(&mut self, transaction: &str, state: &str, ctx: &mut Context) {
        let frame = wire::status(&self.id, transaction, 200, None, state);
        if self.is_resumable() && !state.is_empty() {
            let payload = frame.slice(frame.len() - state.len()..);
            self.answer = Some(Answer { payload, sent_before: Some(ctx.ids.last()) });
        }
        if let Some(peer) = self.link.peer() {
            ctx.send(peer, frame);
        }
    }

    /// Answers a repeated create as it was answered before. The state is left out once the client has shown that it
    /// has it.
    pub(crate) fn send_answer_again(&mut self, transaction: &str, ctx: &mut Context) {
        // What is sent behind the answer on this socket: on a held one everything, on an open one what is yet to come.
        let sent_before = if matches!(self.link, Link::Held(_)) { Seq(0) } else { ctx.ids.last() };
        let payload = self.answer.as_mut().map(|answer| {
            answer.sent_before = Some(sent_before);
            answer.payload.clone()
        });
        let payload = payload.unwrap_or_default();
        let state = std::str::from_utf8(&payload).unwrap_or_default();
        self.send_status(transaction, 200, None, state, ctx);
    }

    /// Whether the present socket has yet to show that the client has the answer to its create.
    pub(crate) fn awaits_first_word(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| answer.sent_before.is_none())
    }

    /// The client said something else than a client without the answer to its create would say first on a socket.
    pub(crate) fn note_first_word(&mut self) {
        self.answer.take_if(|answer| answer.sent_before.is_none());
    }

    /// Answers session read by `state`, a whole frame.
    pub(crate) fn answer_read(&mut self, key: RequestKey, state: Bytes, ctx: &mut Context) {
        let first = self.read_slot.take();
        let seq = first.unwrap_or_else(|| ctx.ids.next());
        if self.is_resumable() {
            self.reads.push((key, seq));
        }
        let message = Message { seq, bytes: state };
        if first.is_none() {
            return self.deliver(&message, ctx);
        }
        self.keep(message, Kept::push_front, ctx);
        self.send_kept(ctx);
        if !self.is_resumable() {
            self.drop_kept(ctx);
        }
    }

    /// Reaches the client by another socket from now on. What it has missed is sent by [`Member::release`].
    pub(crate) fn bind(&mut self, peer: PeerId) {
        self.link = if self.answer.is_some() { Link::Held(peer) } else { Link::Open(peer) };
        self.budget.forget_pause();
        self.held_back = None;
        if let Some(answer) = &mut self.answer {
            answer.sent_before = None;
        }
    }

    /// Sends what was not acknowledged, in order, and holds nothing back from now on. Says how much it was.
    pub(crate) fn release(&mut self, ctx: &mut Context) -> usize {
        if let Link::Held(peer) = self.link {
            self.link = Link::Open(peer);
        }
        if self.awaits_state() { 0 } else { self.send_kept(ctx) }
    }

    fn send_kept(&mut self, ctx: &mut Context) -> usize {
        let Some(peer) = self.link.peer() else { return 0 };
        let mut count = 0;
        if planted::is(Bug::ReplayedBackwards) {
            let messages: Vec<_> = self.kept.iter().cloned().collect();
            messages.into_iter().rev().for_each(|message| ctx.send(peer, message));
            return self.kept.len();
        }
        for message in self.kept.iter() {
            let renamed = planted::is(Bug::ReplayedRenamed).then(|| planted::renamed(message.clone()));
            ctx.send(peer, renamed.unwrap_or_else(|| message.clone()));
            count += 1;
        }
        count
    }

    /// Takes what a request costs out of the client's budget; reading pauses when it is overdrawn.
    pub(crate) fn charge(&mut self, cost: u32, session: &Arc<str>, ctx: &mut Context, now: Now) {
        let Some(pause) = self.budget.charge(cost, &ctx.limits, now.mono) else { return };
        let Some(peer) = self.link.peer() else { return };
        ctx.stats.pauses += 1;
        ctx.output(Output::PauseReading { peer, until: pause.until });
        if pause.first {
            let event = NoticeEvent::Paused { pause: pause.until.saturating_duration_since(now.mono) };
            ctx.note(Some(session), Some(&self.id), event);
        }
    }
}

//! One link of a session, from being opened to being closed.
//!
//! The task owns the writes: messages wait in a queue, are handed to the link one after the other and flushed
//! together, and a write that has begun is never given up half way.
#![forbid(unsafe_code)]

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::session::{LinkId, LinkLoss, OpenFailure};
use crate::transport::{Hop, Incoming, Link, Progress, ProxyStep, TransportError};

use super::driver::Input;

/// Most messages read before what they led to is told and written.
const READ_BATCH: usize = 64;

/// Most bytes of messages read before that, but for the message that goes beyond it: what was read is held until then,
/// whether its program keeps up or not.
const READ_BATCH_BYTES: usize = 1024 * 1024;

/// Most bytes handed to the link before they are flushed and reported as sent.
const WRITE_BATCH_BYTES: usize = 256 * 1024;

/// A link that takes no byte for so long while there are some to write is lost. Longer than a relay pauses a client
/// that sends too much.
const WRITE_STALL_LIMIT: Duration = Duration::from_secs(15);

/// How long a close that the machine asked for may take, writing out included. Shorter than the time the machine gives
/// itself for leaving.
const CLOSE_LIMIT: Duration = Duration::from_secs(2);

type Opening<L> = Pin<Box<dyn Future<Output = Result<L, TransportError>> + Send>>;

/// A link and what it is in the middle of.
pub(super) struct LinkTask<L> {
    id: LinkId,
    stage: Stage<L>,
}

enum Stage<L> {
    Opening(Opening<L>, Progress),
    Open(OpenLink<L>),
}

struct OpenLink<L> {
    link: L,
    queue: VecDeque<Bytes>,
    queued_bytes: usize,
    /// Messages that the link took since it was last flushed.
    taken: usize,
    /// Bytes received when they were last looked at.
    received: u64,
    /// Since when nothing can be written, and how many bytes had been then.
    stalled: Option<(Instant, u64)>,
    closing: Option<Closing>,
}

struct Closing {
    code: Option<u16>,
    deadline: Instant,
    /// Whether the machine waits to hear of it.
    report: bool,
}

impl<L: Link> LinkTask<L> {
    /// A link that is about to be opened.
    pub(super) fn open(id: LinkId, opening: Opening<L>, progress: Progress) -> Self {
        Self { id, stage: Stage::Opening(opening, progress) }
    }

    /// How far it is, unless it is open.
    pub(super) fn progress(&self) -> Option<&Progress> {
        match &self.stage {
            Stage::Opening(_, progress) => Some(progress),
            Stage::Open(_) => None,
        }
    }

    pub(super) fn id(&self) -> LinkId {
        self.id
    }

    /// Bytes that wait to be written.
    pub(super) fn unwritten_bytes(&self) -> usize {
        match &self.stage {
            Stage::Opening(..) => 0,
            Stage::Open(open) => open.queued_bytes,
        }
    }

    /// When to look again even though nothing moved.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let Stage::Open(open) = &self.stage else { return None };
        let stall = open.stalled.map(|(since, _)| since + WRITE_STALL_LIMIT);
        stall.into_iter().chain(open.closing.as_ref().map(|closing| closing.deadline)).min()
    }

    /// Queues a message. Ignored unless the link is open.
    pub(super) fn send(&mut self, message: Bytes) {
        if let Stage::Open(open) = &mut self.stage
            && open.closing.is_none()
        {
            open.queued_bytes += message.len();
            open.queue.push_back(message);
        }
    }

    /// Begins to close after everything that is queued. Returns whether there is anything to close.
    pub(super) fn close(&mut self, code: Option<u16>, now: Instant) -> bool {
        let Stage::Open(open) = &mut self.stage else { return false };
        open.closing.get_or_insert(Closing { code, deadline: now + CLOSE_LIMIT, report: false }).report =
            true;
        true
    }

    /// Takes what has arrived. Sets `again` when there may be more. Returns whether the link is to be kept.
    pub(super) fn receive(
        &mut self,
        cx: &mut Context<'_>,
        now: Instant,
        pause: bool,
        inputs: &mut Vec<Input>,
        again: &mut bool,
    ) -> bool {
        if let Stage::Opening(opening, _) = &mut self.stage {
            match opening.as_mut().poll(cx) {
                Poll::Pending => return true,
                Poll::Ready(Err(error)) => {
                    let loss =
                        LinkLoss::OpenFailed { kind: open_failure(&error), message: error.to_string() };
                    inputs.push(Input::Lost(self.id, loss));
                    return false;
                }
                Poll::Ready(Ok(link)) => {
                    inputs.push(Input::Opened(self.id));
                    self.stage = Stage::Open(OpenLink::new(link));
                }
            }
        }
        match &mut self.stage {
            Stage::Open(open) if !pause && open.closing.is_none() => {
                open.receive(self.id, cx, now, inputs, again)
            }
            _ => true,
        }
    }

    /// Writes what is queued. Returns whether the link is to be kept.
    pub(super) fn write(&mut self, cx: &mut Context<'_>, now: Instant, inputs: &mut Vec<Input>) -> bool {
        let Stage::Open(open) = &mut self.stage else { return true };
        let flushed = match open.flush(self.id, cx, inputs) {
            Ok(flushed) => flushed,
            Err(error) => {
                if open.closing.as_ref().is_none_or(|closing| closing.report) {
                    inputs.push(Input::Lost(self.id, loss(&error)));
                }
                return false;
            }
        };
        if open.closing.is_some() {
            return open.close(self.id, flushed, cx, now, inputs);
        }
        if flushed || !open.has_stalled(now) {
            return true;
        }
        let message = format!("nothing could be written for {} s", WRITE_STALL_LIMIT.as_secs());
        inputs.push(Input::Lost(self.id, LinkLoss::Failed { message }));
        false
    }
}

impl<L: Link> OpenLink<L> {
    fn new(link: L) -> Self {
        let queue = VecDeque::new();
        Self { link, queue, queued_bytes: 0, taken: 0, received: 0, stalled: None, closing: None }
    }

    fn receive(
        &mut self,
        id: LinkId,
        cx: &mut Context<'_>,
        now: Instant,
        inputs: &mut Vec<Input>,
        again: &mut bool,
    ) -> bool {
        let before = inputs.len();
        let mut bytes = 0;
        for _ in 0..READ_BATCH {
            match self.link.poll_receive(cx) {
                Poll::Ready(Ok(Incoming::Message(message))) => {
                    bytes += message.len();
                    inputs.push(Input::Message(id, message));
                    if bytes >= READ_BATCH_BYTES {
                        break;
                    }
                }
                Poll::Ready(Ok(Incoming::Activity)) => inputs.push(Input::Activity(id)),
                Poll::Ready(Ok(Incoming::Closed { code, reason })) => {
                    inputs.push(Input::Lost(id, LinkLoss::Closed { code, reason }));
                    // What waits to be written has no reader any more; only the answer to the close goes out.
                    self.queue.clear();
                    self.closing = Some(Closing { code, deadline: now + CLOSE_LIMIT, report: false });
                    return true;
                }
                Poll::Ready(Err(error)) => {
                    inputs.push(Input::Lost(id, loss(&error)));
                    return false;
                }
                Poll::Pending => {
                    // A large message takes its time on a slow link: its parts are signs of life.
                    let received = self.link.traffic().received;
                    if received != self.received && inputs.len() == before {
                        inputs.push(Input::Activity(id));
                    }
                    self.received = received;
                    return true;
                }
            }
        }
        *again = true;
        true
    }

    /// Hands over and flushes as much as the link takes. Returns whether that was all.
    fn flush(
        &mut self,
        id: LinkId,
        cx: &mut Context<'_>,
        inputs: &mut Vec<Input>,
    ) -> Result<bool, TransportError> {
        loop {
            let mut bytes = 0;
            while bytes < WRITE_BATCH_BYTES && !self.queue.is_empty() {
                match self.link.poll_ready(cx)? {
                    Poll::Pending => return Ok(false),
                    Poll::Ready(()) => {}
                }
                let Some(message) = self.queue.pop_front() else { break };
                bytes += message.len();
                self.queued_bytes -= message.len();
                self.taken += 1;
                self.link.start_send(message)?;
            }
            if self.taken == 0 {
                self.stalled = None;
                return Ok(true);
            }
            match self.link.poll_flush(cx)? {
                Poll::Pending => return Ok(false),
                Poll::Ready(()) => inputs.push(Input::Sent(id, std::mem::take(&mut self.taken))),
            }
            if self.queue.is_empty() {
                // A burst's memory is not kept for an idle link.
                self.queue = VecDeque::new();
            }
        }
    }

    /// Goes on closing. Returns whether there is more of it.
    fn close(
        &mut self,
        id: LinkId,
        flushed: bool,
        cx: &mut Context<'_>,
        now: Instant,
        inputs: &mut Vec<Input>,
    ) -> bool {
        let Some(closing) = &self.closing else { return true };
        let late = closing.deadline <= now;
        if !late && (!flushed || self.link.poll_close(cx, closing.code).is_pending()) {
            return true;
        }
        if closing.report {
            inputs.push(Input::Lost(id, LinkLoss::Closed { code: None, reason: String::new() }));
        }
        false
    }

    /// Whether a blocked link has moved nothing for too long.
    fn has_stalled(&mut self, now: Instant) -> bool {
        let sent = self.link.traffic().sent;
        match self.stalled {
            Some((since, then)) if then == sent => now.saturating_duration_since(since) >= WRITE_STALL_LIMIT,
            _ => {
                self.stalled = Some((now, sent));
                false
            }
        }
    }
}

fn loss(error: &TransportError) -> LinkLoss {
    let message = error.to_string();
    match error.hop {
        Hop::Rules => LinkLoss::Violation { message },
        _ => LinkLoss::Failed { message },
    }
}

/// The machine's word for where something failed.
pub(super) fn open_failure(error: &TransportError) -> OpenFailure {
    match error.hop {
        _ if error.interrupted => OpenFailure::Interrupted,
        Hop::Resolve => OpenFailure::Resolve,
        Hop::Setting | Hop::Connect => OpenFailure::Connect,
        Hop::Proxy(ProxyStep::Login) => OpenFailure::ProxyLogin,
        Hop::Proxy(_) => OpenFailure::Proxy,
        Hop::Tls => OpenFailure::Tls,
        Hop::Answer | Hop::Upgrade(_) | Hop::Rules => OpenFailure::Upgrade,
        Hop::Http | Hop::Link => OpenFailure::Interrupted,
    }
}

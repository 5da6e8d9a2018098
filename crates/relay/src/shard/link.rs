//! One socket of a shard.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use bytes::Bytes;
use tokio::io::ReadBuf;

use super::Shard;
use super::closing::Closing;
use super::engine::Engine;
use crate::clock;
use crate::io::PeerId;
use crate::sockets::SocketPermit;
use crate::stream::{Reader, Writer};
use crate::ws::{Receiver, SendQueue};

/// The writing side of a socket, and where it stands.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) peer: PeerId,
    pub(super) socket: Writer,
    pub(super) queue: SendQueue,
    pub(super) phase: Phase,
    pub(super) hold: Hold,
    /// The socket takes no more for now; the socket's task waits until it does.
    pub(super) blocked: bool,
    /// It is among those to be written to at the end of the turn.
    pub(super) dirty: bool,
    /// The hub considers the peer to be there.
    pub(super) known_to_hub: bool,
    /// What the peer sends cannot be read any more.
    pub(super) deaf: bool,
    /// Since it is being closed. Boxed: most sockets are not.
    pub(super) closing: Option<Box<Closing>>,
    pub(super) waker: Option<Waker>,
}

/// Where a socket stands between opening and closing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Messages go both ways.
    Open,
    /// A close frame of ours is queued or sent; the peer's is awaited.
    Closing,
    /// The peer's bytes mean nothing any more: it broke the rules, or has closed. A close frame of ours is queued or
    /// sent; the end of what the peer sends is awaited, because a socket that is closed with something unread is reset,
    /// and then the peer may never see that frame.
    Discarding,
    /// Over. The task lets go of it.
    Ended,
}

/// Why a socket is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hold {
    /// It is read.
    No,
    /// The hub wants a pause until then.
    Pause(Instant),
    /// Much output waits for it: the next look is then, or when the output has gone.
    Output(Instant),
}

impl Link {
    pub(super) fn new(peer: PeerId, socket: Writer) -> Self {
        Self {
            peer,
            socket,
            queue: SendQueue::default(),
            phase: Phase::Open,
            hold: Hold::No,
            blocked: false,
            dirty: false,
            known_to_hub: true,
            deaf: false,
            closing: None,
            waker: None,
        }
    }

    /// Has the socket's task look at it again.
    pub(super) fn wake(&self) {
        if let Some(waker) = &self.waker {
            waker.wake_by_ref();
        }
    }
}

/// Reads that one look at a socket makes before others get their turn.
const READS_AT_ONCE: usize = 4;

/// The task of one socket: it reads, and waits for the socket to take more. It lives as long as the socket does.
pub(super) struct LinkTask {
    shard: Rc<Shard>,
    peer: PeerId,
    socket: Reader,
    receiver: Receiver,
    read_ahead: Bytes,
    permit: SocketPermit,
}

impl LinkTask {
    pub(super) fn new(
        shard: Rc<Shard>,
        peer: PeerId,
        socket: Reader,
        read_ahead: Bytes,
        max_message: usize,
        permit: SocketPermit,
    ) -> Self {
        Self { shard, peer, socket, receiver: Receiver::new(max_message), read_ahead, permit }
    }
}

impl Future for LinkTask {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Self { shard, peer, socket, receiver, read_ahead, permit } = self.get_mut();
        let peer = *peer;
        let mut engine = shard.engine.borrow_mut();
        let engine = &mut *engine;
        if let Some(link) = engine.link(peer)
            && link.waker.as_ref().is_none_or(|waker| !waker.will_wake(cx.waker()))
        {
            link.waker = Some(cx.waker().clone());
        }
        if !read_ahead.is_empty() {
            engine.received(peer, receiver, &std::mem::take(read_ahead), clock::now());
        }
        while let Some(link) = engine.link(peer).filter(|link| link.blocked) {
            match link.socket.poll_ready(cx) {
                Poll::Ready(Ok(())) => engine.unblocked(peer, clock::now()),
                Poll::Ready(Err(_)) => engine.lost(peer, clock::now()),
                Poll::Pending => break,
            }
        }
        let mut drained = false;
        let mut buffer = shard.read_buffer.borrow_mut();
        for _ in 0..READS_AT_ONCE {
            drained =
                !engine.may_read(peer) || read(engine, peer, socket, receiver, &mut buffer, cx).is_pending();
            if drained {
                break;
            }
        }
        if permit.is_half_open() && engine.is_in_session(peer) {
            permit.known();
        }
        match engine.link(peer) {
            Some(link) if link.phase != Phase::Ended => {
                if !drained {
                    cx.waker().wake_by_ref();
                }
                Poll::Pending
            }
            _ => Poll::Ready(()),
        }
    }
}

/// Reads once and hands on what came. Pending means that nothing is left for now.
fn read(
    engine: &mut Engine,
    peer: PeerId,
    socket: &mut Reader,
    receiver: &mut Receiver,
    buffer: &mut [u8],
    cx: &mut Context<'_>,
) -> Poll<()> {
    let mut read = ReadBuf::new(buffer);
    let outcome = socket.poll_read(cx, &mut read);
    match outcome {
        Poll::Ready(Ok(())) if !read.filled().is_empty() => {
            engine.received(peer, receiver, read.filled(), clock::now());
        }
        Poll::Ready(Ok(())) => engine.ended(peer, clock::now()),
        Poll::Ready(Err(_)) => engine.lost(peer, clock::now()),
        Poll::Pending => {}
    }
    outcome.map(|_| ())
}

impl Drop for LinkTask {
    /// Whatever ended the task, its socket and its peer go with it.
    fn drop(&mut self) {
        if let Ok(mut engine) = self.shard.engine.try_borrow_mut() {
            engine.remove(self.peer);
        }
    }
}

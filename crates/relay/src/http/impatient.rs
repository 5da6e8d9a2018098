//! A socket whose peer must take what it is sent.
//!
//! HTTP's own limits are about what a client sends. One that asks and never reads would hold its socket for as long as it
//! likes: its answers fill the buffers on the way, and then nothing moves any more.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use crate::stream::Stream;

/// Whose turn it is on a connection. A peer owes a request from the start, or from the first byte of one; once it is
/// being answered it owes nothing, and may keep the connection for later.
#[derive(Debug, Clone)]
pub(crate) struct Turn(Arc<AtomicBool>);

impl Turn {
    /// Whether the peer owes a request, or the rest of one.
    pub(crate) fn is_peers(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self, peers: bool) {
        self.0.store(peers, Ordering::Relaxed);
    }
}

/// A stream whose writes fail when none gets on for a while.
#[derive(Debug)]
pub(crate) struct Impatient {
    stream: Stream,
    turn: Turn,
    patience: Duration,
    /// Until when the write that is under way has to get on.
    limit: Option<Pin<Box<Sleep>>>,
}

impl Impatient {
    pub(crate) fn new(stream: Stream, patience: Duration) -> Self {
        Self { stream, turn: Turn(Arc::new(AtomicBool::new(true))), patience, limit: None }
    }

    /// Whose turn it is, to look at from outside.
    pub(crate) fn turn(&self) -> Turn {
        self.turn.clone()
    }

    /// The stream, which from here on may take its time.
    pub(crate) fn into_inner(self) -> Stream {
        self.stream
    }

    /// What came of an attempt to write, or an error if it has been under way for too long.
    fn bounded<T>(&mut self, cx: &mut Context<'_>, outcome: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            self.limit = None;
            return outcome;
        }
        let patience = self.patience;
        let limit = self.limit.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        ready!(limit.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the peer does not take its answer")))
    }
}

impl AsyncRead for Impatient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.turn.set(true);
        }
        outcome
    }
}

impl AsyncWrite for Impatient {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.turn.set(false);
        let outcome = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.bounded(cx, outcome)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_flush(cx);
        self.bounded(cx, outcome)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.bounded(cx, outcome)
    }
}

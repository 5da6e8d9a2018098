//! A connected socket as the layers above read and write it.
//!
//! Most links are idle most of the time, so that no buffer belongs to one: reading goes through a buffer that all
//! links of a thread share, and what waits to be written is held only until it is written.
#![forbid(unsafe_code)]

use std::cell::{Cell, RefCell};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::Traffic;

/// How much is read at once: some hundred usual signals.
const READ_BYTES: usize = 32 * 1024;

/// How much may wait to be written before no more is taken.
pub(super) const WRITE_BYTES: usize = 64 * 1024;

thread_local! {
    static READ_BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BYTES].into());
    /// A write buffer that no link needs now.
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// A TCP socket that counts, and that has no vectored writes. To a proxy it may have TLS of its own.
///
/// Plain writes go out with the flag that keeps a dead socket from raising SIGPIPE in the host program; vectored ones
/// cannot carry it. So this type offers none, and everything, TLS included, is layered upon it.
pub(super) struct Socket {
    stream: Under,
    traffic: Traffic,
}

enum Under {
    Tcp(TcpStream),
    Tls(Box<TlsStream<Socket>>),
}

impl Socket {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream: Under::Tcp(stream), traffic: Traffic::default() }
    }

    /// A socket whose bytes are secured as far as a proxy.
    pub(super) fn secure(stream: TlsStream<Socket>) -> Self {
        Self { stream: Under::Tls(Box::new(stream)), traffic: Traffic::default() }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(match &mut self.stream {
            Under::Tcp(stream) => Pin::new(stream).poll_read(cx, buf),
            Under::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        })?;
        self.traffic.received += (buf.filled().len() - before) as u64;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(match &mut self.stream {
            Under::Tcp(stream) => Pin::new(stream).poll_write(cx, bytes),
            Under::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        })?;
        self.traffic.sent += written as u64;
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Under::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            Under::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Under::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Under::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

/// A socket with or without TLS, read ahead and written together.
pub(super) struct Wire {
    io: Io,
    /// Read and not yet asked for.
    ahead: Bytes,
    /// To be written from `written` on. Without memory of its own when there is nothing.
    out: Vec<u8>,
    written: usize,
}

enum Io {
    Plain(Socket),
    /// Boxed: the state of TLS is far larger than a socket.
    Tls(Box<TlsStream<Socket>>),
}

impl Wire {
    pub(super) fn plain(socket: Socket) -> Self {
        Self::new(Io::Plain(socket))
    }

    pub(super) fn secure(stream: TlsStream<Socket>) -> Self {
        Self::new(Io::Tls(Box::new(stream)))
    }

    fn new(io: Io) -> Self {
        Self { io, ahead: Bytes::new(), out: Vec::new(), written: 0 }
    }

    pub(super) fn traffic(&self) -> Traffic {
        match &self.io {
            Io::Plain(socket) => socket.traffic,
            Io::Tls(stream) => stream.get_ref().0.traffic,
        }
    }

    /// Gives back what was read too much, to be read again.
    pub(super) fn put_back(&mut self, bytes: Bytes) {
        let rest = std::mem::replace(&mut self.ahead, bytes);
        if !rest.is_empty() {
            self.ahead = [&*self.ahead, &*rest].concat().into();
        }
    }

    /// Whether so much waits to be written that it should be written before more is added.
    pub(super) fn is_full(&self) -> bool {
        self.out.len() - self.written >= WRITE_BYTES
    }

    /// Where to append what is to be written.
    pub(super) fn out(&mut self) -> &mut Vec<u8> {
        if self.out.capacity() == 0 {
            self.out = SPARE.take();
        }
        &mut self.out
    }

    /// Hands what waits to the socket. Ready when nothing waits any more.
    pub(super) fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.written < self.out.len() {
            let waiting = &self.out[self.written..];
            let taken = match &mut self.io {
                Io::Plain(socket) => ready!(Pin::new(socket).poll_write(cx, waiting))?,
                Io::Tls(stream) => ready!(Pin::new(stream).poll_write(cx, waiting))?,
            };
            if taken == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.written += taken;
        }
        self.written = 0;
        let mut spare = std::mem::take(&mut self.out);
        if (1..=2 * WRITE_BYTES).contains(&spare.capacity()) {
            spare.clear();
            SPARE.set(spare);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.ahead.is_empty() {
            READ_BUFFER.with_borrow_mut(|shared| {
                let mut shared = ReadBuf::new(shared);
                ready!(match &mut this.io {
                    Io::Plain(socket) => Pin::new(socket).poll_read(cx, &mut shared),
                    Io::Tls(stream) => Pin::new(stream).poll_read(cx, &mut shared),
                })?;
                let (now, later) = shared.filled().split_at(shared.filled().len().min(buf.remaining()));
                buf.put_slice(now);
                this.ahead = Bytes::copy_from_slice(later);
                Poll::Ready(Ok(()))
            })
        } else {
            let now = this.ahead.len().min(buf.remaining());
            buf.put_slice(&this.ahead[..now]);
            this.ahead.advance(now);
            if this.ahead.is_empty() {
                this.ahead = Bytes::new();
            }
            Poll::Ready(Ok(()))
        }
    }
}

impl AsyncWrite for Wire {
    /// Takes all or nothing: what is appended between two calls by [`Wire::out`] must not end up inside a frame.
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.is_full() {
            ready!(this.poll_drain(cx))?;
        }
        this.out().extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_drain(cx))?;
        match &mut this.io {
            Io::Plain(socket) => Pin::new(socket).poll_flush(cx),
            Io::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_drain(cx))?;
        match &mut this.io {
            Io::Plain(socket) => Pin::new(socket).poll_shutdown(cx),
            Io::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

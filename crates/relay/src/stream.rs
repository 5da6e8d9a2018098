//! Sockets of clients, in the clear or within TLS: first as something to speak HTTP on, then as the two sides of a link.

use std::cell::RefCell;
use std::io::{self, IoSlice, Read, Write};
use std::mem::MaybeUninit;
use std::net::Shutdown;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use rustls::ServerConnection;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio_rustls::server::TlsStream;

/// A socket on which HTTP is spoken.
#[derive(Debug)]
pub(crate) enum Stream {
    /// As it is.
    Plain(TcpStream),
    /// Within TLS.
    Tls(Box<TlsStream<TcpStream>>),
}

/// A socket on its way from one thread to another.
#[derive(Debug)]
pub(crate) struct Parcel {
    tcp: std::net::TcpStream,
    tls: Option<Box<ServerConnection>>,
}

/// The state of TLS that both sides of a link share. A link belongs to one thread.
type Session = Option<Rc<RefCell<ServerConnection>>>;

/// The reading side of a link.
#[derive(Debug)]
pub(crate) struct Reader {
    half: OwnedReadHalf,
    tls: Session,
}

/// The writing side of a link.
#[derive(Debug)]
pub(crate) struct Writer {
    half: OwnedWriteHalf,
    tls: Session,
}

impl Stream {
    /// Whether nobody on the way can read along.
    pub(crate) fn is_secure(&self) -> bool {
        matches!(self, Self::Tls(_))
    }

    /// Gets it ready for another thread.
    pub(crate) fn pack(self) -> io::Result<Parcel> {
        let (tcp, tls) = self.into_parts();
        Ok(Parcel { tcp: tcp.into_std()?, tls })
    }

    /// Takes it apart into what reads and what writes.
    pub(crate) fn into_link(self) -> (Reader, Writer) {
        let (tcp, tls) = self.into_parts();
        link(tcp, tls)
    }

    fn into_parts(self) -> (TcpStream, Option<Box<ServerConnection>>) {
        match self {
            Self::Plain(tcp) => (tcp, None),
            Self::Tls(stream) => {
                let (tcp, tls) = stream.into_inner();
                (tcp, Some(Box::new(tls)))
            }
        }
    }
}

impl Parcel {
    /// Takes it apart on the thread that it was sent to.
    pub(crate) fn into_link(self) -> io::Result<(Reader, Writer)> {
        Ok(link(TcpStream::from_std(self.tcp)?, self.tls))
    }
}

fn link(tcp: TcpStream, tls: Option<Box<ServerConnection>>) -> (Reader, Writer) {
    let tls = tls.map(|tls| Rc::new(RefCell::new(*tls)));
    let (read, write) = tcp.into_split();
    (Reader { half: read, tls: tls.clone() }, Writer { half: write, tls })
}

/// Bytes that are read at a time to be decrypted: a record and a bit.
const RECORD: usize = 17 * 1024;

impl Reader {
    /// Reads what is there; nothing in `buffer` means the end.
    pub(crate) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Some(tls) = &self.tls else { return Pin::new(&mut self.half).poll_read(cx, buffer) };
        let mut tls = tls.borrow_mut();
        loop {
            match tls.reader().read(buffer.initialize_unfilled()) {
                Ok(count) => {
                    buffer.advance(count);
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
            let mut record = [MaybeUninit::uninit(); RECORD];
            let mut record = ReadBuf::uninit(&mut record);
            ready!(Pin::new(&mut self.half).poll_read(cx, &mut record))?;
            let mut rest = record.filled();
            // The end of the socket is told as nothing.
            tls.read_tls(&mut rest)?;
            process(&mut tls, self.half.as_ref())?;
            while !rest.is_empty() {
                // More than a record came at once: what was decrypted has to make room.
                let unfilled = buffer.initialize_unfilled();
                match tls.reader().read(unfilled) {
                    // The peer has said that this is all.
                    Ok(0) => break,
                    Ok(count) => buffer.advance(count),
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(error) => return Poll::Ready(Err(error)),
                }
                if tls.read_tls(&mut rest)? == 0 {
                    break;
                }
                process(&mut tls, self.half.as_ref())?;
            }
            if !buffer.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl Writer {
    /// Ready when the socket takes more.
    pub(crate) fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.half.as_ref().poll_write_ready(cx)
    }

    /// Writes what the socket takes now.
    pub(crate) fn try_write(&self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        let Some(tls) = &self.tls else {
            return match pieces {
                [piece] => self.half.try_write(piece),
                pieces => self.half.try_write_vectored(pieces),
            };
        };
        let mut tls = tls.borrow_mut();
        push(&mut tls, self.half.as_ref())?;
        let count = tls.writer().write_vectored(pieces)?;
        match push(&mut tls, self.half.as_ref()) {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
            // What the socket did not take is with TLS now, and goes first the next time.
            _ => Ok(count),
        }
    }

    /// Writes what TLS holds back; whether that is all.
    pub(crate) fn try_flush(&self) -> io::Result<bool> {
        let Some(tls) = &self.tls else { return Ok(true) };
        match push(&mut tls.borrow_mut(), self.half.as_ref()) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Says that nothing more will be written.
    pub(crate) fn finish(&self) {
        if let Some(tls) = &self.tls {
            let mut tls = tls.borrow_mut();
            tls.send_close_notify();
            // Whoever takes nothing any more does without it.
            let _ = push(&mut tls, self.half.as_ref());
        }
        let _ = SockRef::from(self.half.as_ref()).shutdown(Shutdown::Write);
    }
}

/// Deciphers what was read, and answers what needs an answer.
fn process(tls: &mut ServerConnection, socket: &TcpStream) -> io::Result<()> {
    let outcome = tls.process_new_packets();
    if tls.wants_write() {
        // An alert, mostly. What the socket does not take now goes with the next write.
        let _ = push(tls, socket);
    }
    outcome.map(|_| ()).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// Writes what TLS has ready. An error of the kind "would block" if the socket did not take it all.
fn push(tls: &mut ServerConnection, socket: &TcpStream) -> io::Result<()> {
    while tls.wants_write() {
        tls.write_tls(&mut Unblocking(socket))?;
    }
    Ok(())
}

/// A socket to write to without waiting.
struct Unblocking<'a>(&'a TcpStream);

impl Write for Unblocking<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_write(bytes)
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.try_write_vectored(pieces)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Hands a call on to whichever stream it is.
macro_rules! with {
    ($stream:expr, $inner:ident => $call:expr) => {
        match $stream.get_mut() {
            Stream::Plain($inner) => {
                let $inner = Pin::new($inner);
                $call
            }
            Stream::Tls($inner) => {
                let $inner = Pin::new($inner.as_mut());
                $call
            }
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        with!(self, stream => stream.poll_read(cx, buffer))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        with!(self, stream => stream.poll_write(cx, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        with!(self, stream => stream.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        with!(self, stream => stream.poll_shutdown(cx))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        with!(self, stream => stream.poll_write_vectored(cx, pieces))
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }
}

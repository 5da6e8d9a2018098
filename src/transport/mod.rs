//! Moves opaque messages to and from a relay. Knows nothing of sessions.
//!
//! [`Connector`] fetches the answer that comes before a session and opens links; a [`Link`] carries messages. The
//! product's pair is in [`websocket`]; tests of the layers above use an in-memory one.
#![forbid(unsafe_code)]

pub mod address;
mod blocking;
mod dial;
mod error;
mod frame;
mod http;
#[cfg(test)]
pub mod memory;
mod progress;
pub mod proxy;
mod socket;
#[cfg(test)]
mod test_servers;
mod tls;
mod upgrade;
pub mod websocket;

use std::future::Future;
use std::task::{Context, Poll};

use bytes::Bytes;

pub(crate) use error::short_line;
pub use error::{Hop, ProxyStep, TransportError};
pub use progress::Progress;
pub use tls::TlsCache;

/// Opens what a session needs on the network.
///
/// The futures own what they need, do nothing before they are polled, and leave nothing behind when dropped. They
/// have no time limits of their own: whoever polls them has, and finds in the [`Progress`] what they wait for.
pub trait Connector: Send + Sync + 'static {
    /// What [`open_link`](Self::open_link) opens.
    type Link: Link;

    /// Asks the API server where a session is. Any HTTP answer is an `Ok`.
    fn fetch_session_info(
        &self,
        request: InfoRequest,
        progress: Progress,
    ) -> impl Future<Output = Result<HttpAnswer, TransportError>> + Send + 'static;

    /// Opens a link to `url`, `ws:` or `wss:`.
    fn open_link(
        &self,
        url: &str,
        progress: Progress,
    ) -> impl Future<Output = Result<Self::Link, TransportError>> + Send + 'static;
}

/// What a request for session info says.
#[derive(Clone, PartialEq, Eq)]
pub struct InfoRequest {
    /// The session as the program gave it, any text.
    pub session_id: String,
    /// The token as the program gave it, any text. A secret.
    pub token: String,
}

/// An HTTP answer, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpAnswer {
    /// The status code.
    pub status: u16,
    /// The whole body.
    pub body: Bytes,
}

/// One link: a socket with messages on it, in both directions at once.
///
/// All methods must be called from one task. The methods that take a [`Context`] wake that task when it is worth
/// calling them again. No method loses data when its caller stops half way. After an error a link is of no use.
pub trait Link: Send + Unpin + 'static {
    /// What arrives next.
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Result<Incoming, TransportError>>;

    /// Whether [`start_send`](Self::start_send) may be called.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>>;

    /// Takes one message for sending. Only after [`poll_ready`](Self::poll_ready) said so.
    fn start_send(&mut self, message: Bytes) -> Result<(), TransportError>;

    /// Ready when all that was taken has been handed to the network.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>>;

    /// Writes out what was taken, then a close with this code; ready when the other side has closed as well. What
    /// still arrives is thrown away. The code of the first call counts.
    fn poll_close(&mut self, cx: &mut Context<'_>, code: Option<u16>) -> Poll<Result<(), TransportError>>;

    /// Bytes that went over the network so far, to see whether anything moves at all.
    fn traffic(&self) -> Traffic;
}

/// What a link receives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incoming {
    /// A message.
    Message(Bytes),
    /// A sign of life that carries nothing, already answered if it wants an answer.
    Activity,
    /// The other side closed. Nothing comes after it.
    Closed {
        /// The code it gave.
        code: Option<u16>,
        /// The words it gave, or `""`.
        reason: String,
    },
}

/// Bytes moved over a link, framing included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traffic {
    /// Read from the network.
    pub received: u64,
    /// Accepted by the network.
    pub sent: u64,
}

//! The product's transport: session info over HTTP, links over WebSocket, both with or without TLS.
#![forbid(unsafe_code)]

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::{Sink, Stream};
use hyper::header::HeaderValue;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{Error as WsError, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::frame::coding::Data;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::address::{Address, Family, path_segment, shown_text};
use super::dial::{dial, reason};
use super::error::short_line;
use super::frame;
use super::http;
use super::proxy::{Proxies, Proxy};
use super::socket::{Socket, Wire};
use super::tls::TlsCache;
use super::upgrade::upgrade;
use super::{Connector, Hop, HttpAnswer, Incoming, InfoRequest, Link, Progress, Traffic, TransportError};

/// The buffer that a link always holds for what it reads. Three usual signals: larger reads are split up in memory.
const READ_BUFFER_BYTES: usize = 1024;

/// Most bytes of answers to pings that may wait in a link whose other side does not read.
const MAX_ANSWER_BYTES: usize = 4 * 1024;

/// Where and how a [`WebSocketConnector`] connects.
#[derive(Debug, Clone)]
pub struct Route {
    /// The API server; or what is wrong with the environment variable that should have named it.
    pub api: Result<Address, TransportError>,
    /// Whether `api` is the built-in default, which a failure should mention.
    pub api_is_default: bool,
    /// The IP proxy that every URL is appended to.
    pub ip_proxy: Option<Address>,
    /// The proxies that lead to hosts.
    pub proxies: Proxies,
    /// A file of certificates to trust beside the system's.
    pub ca_file: Option<PathBuf>,
    /// The largest message that is taken.
    pub max_message_bytes: usize,
}

/// Opens links for one session.
pub struct WebSocketConnector {
    shared: Arc<Shared>,
}

struct Shared {
    route: Route,
    tls: Arc<TlsCache>,
}

impl WebSocketConnector {
    /// A connector. Opens nothing.
    pub fn new(route: Route, tls: Arc<TlsCache>) -> Self {
        Self { shared: Arc::new(Shared { route, tls }) }
    }
}

impl Connector for WebSocketConnector {
    type Link = WebSocketLink;

    fn fetch_session_info(
        &self,
        request: InfoRequest,
        progress: Progress,
    ) -> impl Future<Output = Result<HttpAnswer, TransportError>> + Send + 'static {
        let shared = self.shared.clone();
        async move { shared.fetch(&request, &progress).await.map_err(|error| shared.explain(error)) }
    }

    fn open_link(
        &self,
        url: &str,
        progress: Progress,
    ) -> impl Future<Output = Result<WebSocketLink, TransportError>> + Send + 'static {
        let shared = self.shared.clone();
        let address = Address::parse(url, Family::WebSocket).map_err(|allowed| {
            TransportError::new(Hop::Setting, shown_text(url), format!("expected {allowed}"))
        });
        async move { shared.open(address?, &progress).await }
    }
}

impl Shared {
    async fn fetch(&self, request: &InfoRequest, progress: &Progress) -> Result<HttpAnswer, TransportError> {
        let api = self.route.api.as_ref().map_err(Clone::clone)?;
        let address =
            self.proxied(api.join(&format!("/session/{}?extended=true", path_segment(&request.session_id))));
        let headers = info_headers(&request.token).ok_or_else(|| {
            TransportError::new(Hop::Setting, address.shown(), "the token has control characters")
        })?;
        let proxy = self.route.proxies.choose(&address)?;
        let exchange = async {
            let wire = self.reach(&address, proxy, progress).await?;
            progress.set(format!("the HTTP answer of {}", address.shown()));
            http::get(wire, &address, headers).await
        };
        exchange.await.map_err(|error| error.through(proxy.map(Proxy::shown)))
    }

    async fn open(&self, address: Address, progress: &Progress) -> Result<WebSocketLink, TransportError> {
        let address = self.proxied(address);
        let proxy = self.route.proxies.choose(&address)?;
        let exchange = async {
            let wire = self.reach(&address, proxy, progress).await?;
            progress.set(format!("the WebSocket handshake with {}", address.shown()));
            upgrade(wire, &address).await
        };
        let wire = exchange.await.map_err(|error| error.through(proxy.map(Proxy::shown)))?;
        let limit = Some(self.route.max_message_bytes);
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(0)
            .max_write_buffer_size(MAX_ANSWER_BYTES)
            .max_message_size(limit)
            .max_frame_size(limit);
        let stream = WebSocketStream::from_raw_socket(wire, Role::Client, Some(config)).await;
        let shown = address.shown().into();
        Ok(WebSocketLink { stream, shown, proxy: proxy.map(|proxy| proxy.shown().into()), closing: false })
    }

    fn proxied(&self, address: Address) -> Address {
        match &self.route.ip_proxy {
            Some(proxy) => address.through_ip_proxy(proxy),
            None => address,
        }
    }

    /// A connected socket to the host of `address`, secured if the address says so.
    async fn reach(
        &self,
        address: &Address,
        proxy: Option<&Proxy>,
        progress: &Progress,
    ) -> Result<Wire, TransportError> {
        let (shown, ca_file) = (address.shown(), self.route.ca_file.as_deref());
        let socket = match proxy {
            Some(proxy) => proxy.open(address, &self.tls, ca_file, progress).await?,
            None => Socket::new(dial(address.host(), address.port(), &shown, progress).await?),
        };
        if !address.secure() {
            return Ok(Wire::plain(socket));
        }
        progress.set(format!("the TLS handshake with {shown}"));
        Ok(Wire::secure(self.tls.handshake(socket, address.host(), &shown, ca_file).await?))
    }

    /// Whoever never chose an address needs to hear how to choose one.
    fn explain(&self, mut error: TransportError) -> TransportError {
        if self.route.api_is_default && matches!(error.hop, Hop::Resolve | Hop::Connect) {
            error.cause.push_str(
                "; this is the default address: set OTC_API_URL, or the session's API URL, to yours",
            );
        }
        error
    }
}

/// Both names of the token's header, because servers know one or the other. `None`: the token cannot be in a header.
fn info_headers(token: &str) -> Option<Vec<(&'static str, HeaderValue)>> {
    let mut token = HeaderValue::from_bytes(token.as_bytes()).ok()?;
    token.set_sensitive(true);
    Some(vec![
        ("x-tb-token-auth", token.clone()),
        ("x-opentok-auth", token),
        ("x-tb-version", HeaderValue::from_static("1")),
        ("x-tb-client-version", HeaderValue::from_static(concat!("otc-", env!("CARGO_PKG_VERSION")))),
    ])
}

/// An open WebSocket.
pub struct WebSocketLink {
    stream: WebSocketStream<Wire>,
    /// The address, for messages.
    shown: Box<str>,
    /// The proxy on the way, for messages.
    proxy: Option<Box<str>>,
    /// Whether a close was queued.
    closing: bool,
}

impl WebSocketLink {
    fn failure(&self, error: &WsError) -> TransportError {
        let shown = &*self.shown;
        let error = match error {
            WsError::Io(error) => TransportError::interrupted(Hop::Link, shown, reason(error)),
            WsError::Protocol(ProtocolError::ResetWithoutClosingHandshake)
            | WsError::ConnectionClosed
            | WsError::AlreadyClosed => {
                TransportError::interrupted(Hop::Link, shown, "ended without a close")
            }
            error => TransportError::new(Hop::Rules, shown, error),
        };
        error.through(self.proxy.as_deref())
    }
}

impl Link for WebSocketLink {
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Result<Incoming, TransportError>> {
        Poll::Ready(match ready!(Pin::new(&mut self.stream).poll_next(cx)) {
            // It is a slice of the buffer it was read into, which may be as large as the largest message that ever came:
            // who keeps a part of it is not to keep all of that.
            Some(Ok(Message::Binary(message))) => Ok(Incoming::Message(Bytes::copy_from_slice(&message))),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Ok(Incoming::Activity),
            Some(Ok(Message::Close(frame))) => {
                // The answer to it is queued already.
                self.closing = true;
                let (code, reason) =
                    frame.map(|frame| (frame.code.into(), short_line(&frame.reason))).unzip();
                Ok(Incoming::Closed { code, reason: reason.unwrap_or_default() })
            }
            Some(Ok(Message::Text(_))) => {
                Err(TransportError::new(Hop::Rules, &*self.shown, "a text message"))
            }
            Some(Err(error)) => Err(self.failure(&error)),
            None => Err(self.failure(&WsError::ConnectionClosed)),
        })
    }

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        let wire = self.stream.get_mut();
        if wire.is_full() {
            ready!(wire.poll_drain(cx)).map_err(|error| self.failure(&WsError::Io(error)))?;
        }
        Poll::Ready(Ok(()))
    }

    fn start_send(&mut self, message: Bytes) -> Result<(), TransportError> {
        if self.closing {
            return Err(self.failure(&WsError::AlreadyClosed));
        }
        frame::append(self.stream.get_mut().out(), Data::Binary, &message, rand::random());
        Ok(())
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Pin::new(&mut self.stream).poll_flush(cx).map_err(|error| self.failure(&error))
    }

    fn poll_close(&mut self, cx: &mut Context<'_>, code: Option<u16>) -> Poll<Result<(), TransportError>> {
        if !self.closing {
            self.closing = true;
            let frame = code.map(|code| CloseFrame { code: code.into(), reason: Utf8Bytes::from_static("") });
            Pin::new(&mut self.stream)
                .start_send(Message::Close(frame))
                .map_err(|error| self.failure(&error))?;
        }
        if let Poll::Ready(Err(error)) = Pin::new(&mut self.stream).poll_flush(cx) {
            return Poll::Ready(Err(self.failure(&error)));
        }
        // What still arrives is read and dropped: closing a socket with unread data would reset it, and the reset can
        // overtake what was just written.
        while let Some(Ok(_)) = ready!(Pin::new(&mut self.stream).poll_next(cx)) {}
        Poll::Ready(Ok(()))
    }

    fn traffic(&self) -> Traffic {
        self.stream.get_ref().traffic()
    }
}

/// What conformance suites need of a link and the product does not.
#[cfg(any(test, feature = "conformance"))]
#[path = "conformance.rs"]
mod conformance;

#[cfg(test)]
#[path = "websocket_tests.rs"]
mod tests;

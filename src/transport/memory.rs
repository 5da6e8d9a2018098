//! Links in memory, for tests of the layers above: the test holds the other end, and a script of faults.
#![forbid(unsafe_code)]

use std::collections::VecDeque;
use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};

use super::{Connector, Hop, HttpAnswer, Incoming, InfoRequest, Link, Progress, Traffic, TransportError};

/// A connector, and the other side of everything it opens.
pub fn network() -> (MemoryConnector, MemoryNetwork) {
    let (infos, asked) = mpsc::unbounded_channel();
    let (opens, opening) = mpsc::unbounded_channel();
    (MemoryConnector { infos, opens }, MemoryNetwork { asked, opening })
}

/// Opens links in memory.
pub struct MemoryConnector {
    infos: mpsc::UnboundedSender<AskedInfo>,
    opens: mpsc::UnboundedSender<OpeningLink>,
}

/// What a [`MemoryConnector`] was asked for, to be answered by the test.
pub struct MemoryNetwork {
    asked: mpsc::UnboundedReceiver<AskedInfo>,
    opening: mpsc::UnboundedReceiver<OpeningLink>,
}

impl MemoryNetwork {
    /// The next request for session info.
    pub async fn info(&mut self) -> AskedInfo {
        self.asked.recv().await.expect("the connector is alive")
    }

    /// The next link that is being opened.
    pub async fn link(&mut self) -> OpeningLink {
        self.opening.recv().await.expect("the connector is alive")
    }
}

/// A request for session info.
pub struct AskedInfo {
    /// What it says.
    pub request: InfoRequest,
    answer: oneshot::Sender<Result<HttpAnswer, TransportError>>,
}

impl AskedInfo {
    /// Answers with a status and a body.
    pub fn answer(self, status: u16, body: impl Into<Bytes>) {
        let _ = self.answer.send(Ok(HttpAnswer { status, body: body.into() }));
    }

    /// Fails at a hop.
    pub fn fail(self, error: TransportError) {
        let _ = self.answer.send(Err(error));
    }

    /// Waits until nobody wants the answer any more.
    pub async fn cancelled(mut self) {
        self.answer.closed().await;
    }
}

/// A link that is being opened.
pub struct OpeningLink {
    /// Where to.
    pub url: String,
    answer: oneshot::Sender<Result<MemoryLink, TransportError>>,
}

impl OpeningLink {
    /// Opens it. The script is followed from here on.
    pub fn accept(self, script: Script) -> PeerEnd {
        let shared = Arc::new(Mutex::new(Shared { script, ..Shared::default() }));
        let (closed, on_closed) = oneshot::channel();
        let link = MemoryLink { shared: shared.clone(), _closed: closed };
        let _ = self.answer.send(Ok(link));
        PeerEnd { shared, on_closed: Some(on_closed) }
    }

    /// Fails at a hop.
    pub fn refuse(self, error: TransportError) {
        let _ = self.answer.send(Err(error));
    }

    /// Waits until nobody wants the link any more.
    pub async fn abandoned(mut self) {
        self.answer.closed().await;
    }
}

/// Faults of a link, decided when it is opened.
#[derive(Debug, Clone, Copy, Default)]
pub struct Script {
    /// Breaks when the client has written so many messages; the last of them is lost.
    pub cut_after_written: Option<u64>,
    /// Panics when the client reads, as a defect of the transport would.
    pub panic_on_read: bool,
}

#[derive(Default)]
struct Shared {
    script: Script,
    to_client: VecDeque<Incoming>,
    to_peer: VecDeque<Bytes>,
    unflushed: VecDeque<Bytes>,
    written: u64,
    flushes: usize,
    traffic: Traffic,
    /// The peer takes nothing: writes do not get through.
    stalled: bool,
    cut: bool,
    /// What the peer did that is against the rules.
    violation: Option<String>,
    /// The client's close, with its code.
    close: Option<Option<u16>>,
    client: Option<Waker>,
    peer: Option<Waker>,
}

impl Shared {
    fn wake_client(&mut self) {
        if let Some(waker) = self.client.take() {
            waker.wake();
        }
    }

    fn wake_peer(&mut self) {
        if let Some(waker) = self.peer.take() {
            waker.wake();
        }
    }

    fn cut(&mut self) {
        self.cut = true;
        self.wake_client();
        self.wake_peer();
    }
}

/// The client's end.
pub struct MemoryLink {
    shared: Arc<Mutex<Shared>>,
    /// Tells the peer when it is dropped.
    _closed: oneshot::Sender<()>,
}

fn broken() -> TransportError {
    TransportError::interrupted(Hop::Link, "memory", "cut")
}

impl Link for MemoryLink {
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Result<Incoming, TransportError>> {
        let mut shared = self.shared.lock();
        assert!(!shared.script.panic_on_read, "a defect of the transport, made on purpose");
        if let Some(incoming) = shared.to_client.pop_front() {
            if let Incoming::Message(message) = &incoming {
                shared.traffic.received += message.len() as u64;
            }
            return Poll::Ready(Ok(incoming));
        }
        if let Some(violation) = shared.violation.take() {
            return Poll::Ready(Err(TransportError::new(Hop::Rules, "memory", violation)));
        }
        if shared.cut {
            return Poll::Ready(Err(broken()));
        }
        shared.client = Some(cx.waker().clone());
        Poll::Pending
    }

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        let mut shared = self.shared.lock();
        if shared.cut {
            return Poll::Ready(Err(broken()));
        }
        if shared.stalled {
            shared.client = Some(cx.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }

    fn start_send(&mut self, message: Bytes) -> Result<(), TransportError> {
        self.shared.lock().unflushed.push_back(message);
        Ok(())
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        let mut shared = self.shared.lock();
        shared.flushes += 1;
        while !shared.stalled && !shared.cut {
            let Some(message) = shared.unflushed.pop_front() else { return Poll::Ready(Ok(())) };
            shared.written += 1;
            shared.traffic.sent += message.len() as u64;
            if shared.script.cut_after_written == Some(shared.written) {
                shared.cut();
            } else {
                shared.to_peer.push_back(message);
                shared.wake_peer();
            }
        }
        if shared.cut {
            return Poll::Ready(Err(broken()));
        }
        shared.client = Some(cx.waker().clone());
        Poll::Pending
    }

    fn poll_close(&mut self, cx: &mut Context<'_>, code: Option<u16>) -> Poll<Result<(), TransportError>> {
        if self.poll_flush(cx)?.is_pending() {
            return Poll::Pending;
        }
        let mut shared = self.shared.lock();
        shared.close.get_or_insert(code);
        shared.wake_peer();
        // The peer answers a close at once.
        Poll::Ready(Ok(()))
    }

    fn traffic(&self) -> Traffic {
        self.shared.lock().traffic
    }
}

impl Connector for MemoryConnector {
    type Link = MemoryLink;

    fn fetch_session_info(
        &self,
        request: InfoRequest,
        progress: Progress,
    ) -> impl Future<Output = Result<HttpAnswer, TransportError>> + Send + 'static {
        let (answer, answered) = oneshot::channel();
        progress.set("the test's answer");
        let _ = self.infos.send(AskedInfo { request, answer });
        async { answered.await.unwrap_or_else(|_| Err(broken())) }
    }

    fn open_link(
        &self,
        url: &str,
        progress: Progress,
    ) -> impl Future<Output = Result<MemoryLink, TransportError>> + Send + 'static {
        let (answer, answered) = oneshot::channel();
        progress.set("the test's relay");
        let _ = self.opens.send(OpeningLink { url: url.to_owned(), answer });
        async { answered.await.unwrap_or_else(|_| Err(broken())) }
    }
}

/// The relay's end of a link.
pub struct PeerEnd {
    shared: Arc<Mutex<Shared>>,
    on_closed: Option<oneshot::Receiver<()>>,
}

/// What the relay's end sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// A message.
    Message(Bytes),
    /// The client closed.
    Closed(Option<u16>),
    /// The link is cut.
    Cut,
}

impl PeerEnd {
    /// Sends a message.
    pub fn send(&self, message: Bytes) {
        self.push(Incoming::Message(message));
    }

    /// Sends a sign of life that carries nothing.
    pub fn ping(&self) {
        self.push(Incoming::Activity);
    }

    /// Closes.
    pub fn close(&self, code: u16, reason: &str) {
        self.push(Incoming::Closed { code: Some(code), reason: reason.to_owned() });
    }

    fn push(&self, incoming: Incoming) {
        let mut shared = self.shared.lock();
        shared.to_client.push_back(incoming);
        shared.wake_client();
    }

    /// Lets part of a large message arrive: bytes, but nothing whole.
    pub fn trickle(&self, bytes: u64) {
        let mut shared = self.shared.lock();
        shared.traffic.received += bytes;
        shared.wake_client();
    }

    /// Does what the rules of a link forbid.
    pub fn violate(&self, what: &str) {
        let mut shared = self.shared.lock();
        shared.violation = Some(what.to_owned());
        shared.wake_client();
    }

    /// Breaks the link in both directions.
    pub fn cut(&self) {
        self.shared.lock().cut();
    }

    /// Takes nothing from the client any more, or does again.
    pub fn stall(&self, stalled: bool) {
        let mut shared = self.shared.lock();
        shared.stalled = stalled;
        shared.wake_client();
    }

    /// How many messages the client has not read.
    pub fn unread(&self) -> usize {
        self.shared.lock().to_client.len()
    }

    /// How often the client flushed.
    pub fn flushes(&self) -> usize {
        self.shared.lock().flushes
    }

    /// What comes from the client next.
    pub async fn receive(&mut self) -> Seen {
        std::future::poll_fn(|cx| self.poll_receive(cx)).await
    }

    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Seen> {
        let mut shared = self.shared.lock();
        if let Some(message) = shared.to_peer.pop_front() {
            return Poll::Ready(Seen::Message(message));
        }
        if let Some(code) = shared.close {
            return Poll::Ready(Seen::Closed(code));
        }
        if shared.cut {
            return Poll::Ready(Seen::Cut);
        }
        shared.peer = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Waits until the client has dropped its end.
    pub async fn dropped(&mut self) {
        if let Some(on_closed) = self.on_closed.take() {
            let _ = on_closed.await;
        }
    }
}

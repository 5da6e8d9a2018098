//! A scripted client: says what a test tells it to, frame by frame.

use std::net::SocketAddr;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use otc_protocol::limits::MAX_CLIENT_INBOUND_FRAME;
use otc_protocol::raptor::Uri;
use otc_protocol::rumor::{Frame, FrameType, header};
use otc_protocol::token::Role;
use otc_relay::Relay;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::support::{KEY, request, soon, token};

/// What generations of clients say of themselves. The first two are told their session only when they read it, the
/// others with the answer to create; all but the first can resume.
pub(crate) const FAMILIES: [(&str, Option<&str>); 4] =
    [("A", None), ("B", Some("js-2.7.6")), ("C", Some("js-2.35.2")), ("native", Some("otc-0.1.0"))];

/// Whatever a WebSocket can be spoken on.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}
pub(crate) type Wire = Box<dyn Duplex>;

pub(crate) struct Client {
    socket: WebSocketStream<Wire>,
    pub(crate) id: String,
    pub(crate) session: String,
    /// How many transaction ids are used up.
    pub(crate) transactions: u32,
}

/// What came instead of a frame.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    Closed(Option<u16>),
    Lost,
}

/// The URL of the WebSocket, as session info tells it.
pub(crate) async fn messaging_url(relay: &Relay, session: &str, token: &str) -> String {
    let path = format!("/session/{session}?extended=true");
    let answer = request(relay, "GET", &path, &[("X-TB-TOKEN-AUTH", token)], "").await;
    answer.json()[0]["messaging_url"].as_str().expect("a URL").to_owned()
}

impl Client {
    /// Opens a WebSocket and says nothing.
    pub(crate) async fn open(relay: &Relay, url: &str, session: &str, id: &str) -> Self {
        let tcp = TcpStream::connect(relay.address()).await.expect("the relay listens");
        tcp.set_nodelay(true).expect("a TCP socket");
        Self::over(Box::new(tcp), url, session, id).await
    }

    /// The same on a socket that is open.
    pub(crate) async fn over(wire: Wire, url: &str, session: &str, id: &str) -> Self {
        let (socket, _) =
            soon("the upgrade", tokio_tungstenite::client_async(url, wire)).await.expect("a WebSocket");
        Self { socket, id: id.to_owned(), session: session.to_owned(), transactions: 0 }
    }

    /// Opens a WebSocket of a relay at an address.
    pub(crate) async fn open_at(address: SocketAddr, session: &str, id: &str) -> Self {
        let wire = TcpStream::connect(address).await.expect("the relay listens");
        let url = format!("ws://{address}/rumorwebsocketsv2?socketId={id}.{session}&attempt=1");
        Self::over(Box::new(wire), &url, session, id).await
    }

    /// Enters a session of a relay at an address.
    pub(crate) async fn enter_at(address: SocketAddr, session: &str, id: &str) -> Self {
        let mut client = Self::open_at(address, session, id).await;
        let create = client.hello(&token(session, Role::Publisher, ""), Some("otc-0.1.0")).await;
        assert_eq!(client.status_of(&create).await, "200");
        client
    }

    /// Enters a session the way a native client does, and waits until it is in. Its socket id follows from
    /// both, so that it can be resumed.
    pub(crate) async fn enter(relay: &Relay, session: &str, id: &str, role: Role) -> Self {
        let token = token(session, role, &format!("name={id}"));
        let url = messaging_url(relay, session, &token).await;
        let mut client =
            Self::open(relay, &format!("{url}&socketId={id}.{session}&attempt=1"), session, id).await;
        client.hello(&token, Some("otc-0.1.0")).await;
        let status = client.frame().await;
        assert_eq!(status.header(header::STATUS).map(|s| &**s), Some("200"), "{status:?}");
        client.until("created", id).await;
        client
    }

    /// CONNECT, SUBSCRIBE and create, as every client sends them at once.
    pub(crate) async fn hello(&mut self, token: &str, version: Option<&str>) -> String {
        self.hello_as(KEY, token, version).await
    }

    /// The same in a session of another project or application.
    pub(crate) async fn hello_as(&mut self, partner: &str, token: &str, version: Option<&str>) -> String {
        self.send(Frame::new(FrameType::Connect).with_header(header::UNIQUE_ID, self.id.clone())).await;
        self.send(Frame::new(FrameType::Subscribe).with_address(Uri::for_session(partner, &self.session)))
            .await;
        let mut content = json!({"userAgent": "test"});
        if let Some(version) = version {
            content["clientVersion"] = version.into();
            content["capabilities"] = json!([]);
        }
        let uri = Uri::for_connection(partner, &self.session, &self.id);
        let message = json!({"method": "create", "uri": uri, "content": content});
        self.request_with(message, &[(header::TOKEN_AUTH, token)]).await
    }

    pub(crate) async fn read_session(&mut self) -> String {
        let uri = Uri::for_session(KEY, &self.session);
        self.request_with(json!({"method": "read", "uri": uri, "content": {}}), &[]).await
    }

    /// Sends a signal; returns its transaction id.
    pub(crate) async fn signal(&mut self, to: Option<&str>, data: &str) -> String {
        let uri = Uri::for_signal(KEY, &self.session, to, "any");
        self.request_with(
            json!({"method": "signal", "uri": uri, "content": {"type": "t", "data": data}}),
            &[],
        )
        .await
    }

    pub(crate) async fn request_with(&mut self, message: Value, headers: &[(&str, &str)]) -> String {
        self.transactions += 1;
        let transaction = format!("{}-{}", self.id, self.transactions);
        self.request_as(&transaction, message, headers).await;
        transaction
    }

    /// Sends a request under a transaction id of the test's choice.
    pub(crate) async fn request_as(&mut self, transaction: &str, message: Value, headers: &[(&str, &str)]) {
        let mut frame = Frame::new(FrameType::Message).with_address("symphony");
        for (name, value) in headers {
            frame = frame.with_header(*name, *value);
        }
        let frame = frame
            .with_header(header::CONTENT_TYPE, header::RAPTOR_CONTENT_TYPE)
            .with_header(header::TRANSACTION_ID, transaction)
            .with_header(header::FROM_ADDRESS, self.id.clone())
            .with_data(message.to_string());
        self.send(frame).await;
    }

    pub(crate) async fn send(&mut self, frame: Frame) {
        self.send_raw(Message::Binary(frame.encode().expect("a frame of a test"))).await;
    }

    pub(crate) async fn send_raw(&mut self, message: Message) {
        soon("the relay reads", self.socket.send(message)).await.expect("the socket is open");
    }

    /// Acknowledges a message.
    pub(crate) async fn acknowledge(&mut self, message: &Frame) {
        let transaction = message.header(header::TRANSACTION_ID).expect("messages have one").clone();
        let ack = Frame::new(FrameType::Status)
            .with_header(header::TRANSACTION_ID, transaction)
            .with_header(header::FROM_ADDRESS, self.id.clone());
        self.send(ack).await;
    }

    /// The next frame, or how the socket ended.
    pub(crate) async fn next(&mut self) -> Result<Frame, End> {
        soon("a frame", async {
            loop {
                return match self.socket.next().await {
                    Some(Ok(Message::Binary(bytes))) => {
                        Ok(Frame::decode(bytes, MAX_CLIENT_INBOUND_FRAME).expect("the relay sends frames"))
                    }
                    Some(Ok(Message::Close(close))) => Err(End::Closed(close.map(|close| close.code.into()))),
                    Some(Ok(Message::Text(_))) => panic!("the relay sends no text"),
                    // Pings of the relay while nothing else happens.
                    Some(Ok(_)) => continue,
                    Some(Err(_)) | None => Err(End::Lost),
                };
            }
        })
        .await
    }

    /// The next WebSocket message of any kind.
    pub(crate) async fn next_raw(&mut self) -> Option<Result<Message, Error>> {
        soon("a WebSocket message", self.socket.next()).await
    }

    pub(crate) async fn frame(&mut self) -> Frame {
        self.next().await.expect("a frame")
    }

    /// The next message; everything else is skipped.
    pub(crate) async fn message(&mut self) -> (Frame, Value) {
        loop {
            let frame = self.frame().await;
            if frame.kind == FrameType::Message {
                let message = serde_json::from_str(&frame.data).expect("messages are JSON");
                return (frame, message);
            }
        }
    }

    /// The next message, which must be of this method and about this connection.
    pub(crate) async fn until(&mut self, method: &str, connection: &str) -> Value {
        let (frame, message) = self.message().await;
        let uri = message["uri"].as_str().expect("a URI").to_owned();
        assert_eq!(message["method"], json!(method), "{uri}");
        assert_eq!(Uri::parse(&uri).connection(), Some(connection), "{method}");
        self.acknowledge(&frame).await;
        message
    }

    /// The data and sender of the next message, which must be a signal.
    pub(crate) async fn next_signal(&mut self) -> (String, String) {
        let (frame, message) = self.message().await;
        assert_eq!(message["method"], json!("signal"), "{message}");
        self.acknowledge(&frame).await;
        let from = frame.header(header::FROM_ADDRESS).expect("signals say who sent them");
        (message["content"]["data"].as_str().expect("text").to_owned(), from.to_string())
    }

    /// The status of a request; messages before it are skipped.
    pub(crate) async fn status_of(&mut self, transaction: &str) -> String {
        loop {
            let frame = self.frame().await;
            if frame.kind == FrameType::Status
                && frame.header(header::TRANSACTION_ID).is_some_and(|id| id == transaction)
            {
                return frame.header(header::STATUS).expect("replies have a status").to_string();
            }
        }
    }

    /// How the socket ends; frames before that are skipped.
    pub(crate) async fn end(&mut self) -> End {
        loop {
            if let Err(end) = self.next().await {
                return end;
            }
        }
    }

    /// Ends the TCP connection without a word.
    pub(crate) fn cut(self) {
        drop(self);
    }

    /// Leaves as clients do.
    pub(crate) async fn leave(mut self) {
        self.send(Frame::new(FrameType::Disconnect)).await;
        let _ = soon("closing", self.socket.close(None)).await;
        while let Some(Ok(_)) = soon("the end", self.socket.next()).await {}
    }

    /// Writes bytes that are no WebSocket frame of the library's making.
    pub(crate) async fn write_bytes(&mut self, bytes: &[u8]) {
        use tokio::io::AsyncWriteExt;
        self.socket.get_mut().write_all(bytes).await.expect("the socket is open");
    }
}

/// A frame as one message, for sending what is not quite one.
pub(crate) fn binary(bytes: &'static [u8]) -> Message {
    Message::Binary(Bytes::from_static(bytes))
}

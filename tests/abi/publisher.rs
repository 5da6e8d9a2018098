//! A client that publishes a stream, as far as the relay is concerned. The library carries no media, so that this one speaks
//! the wire protocol itself.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use otc_protocol::raptor::{CreateConnection, Request};
use otc_protocol::rumor::{Frame, FrameType, header};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

/// Only a hang reaches it.
const LIMIT: Duration = Duration::from_secs(60);

const RELAY: &str = "symphony.relay";

/// A client in a session.
pub(crate) struct Publisher {
    link: WebSocketStream<TcpStream>,
    topic: String,
    id: &'static str,
    asked: u32,
}

impl Publisher {
    /// Joins a session.
    pub(crate) async fn join(address: &str, key: &str, session: &str, token: &str) -> Self {
        let info = session_info(address, session, token).await;
        let url = info[0]["messaging_url"].as_str().expect("a place to meet");
        let stream = TcpStream::connect(address).await.expect("the relay is there");
        let url = format!("{url}&socketId=publisher&attempt=1");
        let (link, _) = tokio_tungstenite::client_async(url, stream).await.expect("a WebSocket");
        let topic = format!("/v2/partner/{key}/session/{session}");
        let mut publisher = Self { link, topic, id: "00000000-0000-4000-8000-000000000001", asked: 0 };
        let hello = Frame::new(FrameType::Connect)
            .with_header("uniqueId", publisher.id)
            .with_header("notifyDisconnectAddress", RELAY);
        publisher.send(hello).await;
        let content = CreateConnection::default();
        let create = Request::encode_create_connection(key, session, publisher.id, &content);
        publisher.ask(create, Some(token)).await;
        publisher
    }

    /// The id of its connection.
    pub(crate) fn id(&self) -> &'static str {
        self.id
    }

    /// Creates, changes or deletes something of a stream, and waits until that is done.
    pub(crate) async fn tell(&mut self, method: &str, path: &str, content: &Value) {
        let uri = format!("{}/stream/{path}", self.topic);
        self.ask(serde_json::json!({ "method": method, "uri": uri, "content": content }).to_string(), None)
            .await;
    }

    async fn ask(&mut self, payload: String, token: Option<&str>) {
        self.asked += 1;
        let transaction = format!("publisher-{}", self.asked);
        let mut frame = Frame::new(FrameType::Message)
            .with_address(RELAY)
            .with_header(header::CONTENT_TYPE, header::RAPTOR_CONTENT_TYPE)
            .with_header(header::TRANSACTION_ID, transaction.clone())
            .with_header(header::FROM_ADDRESS, self.id)
            .with_data(payload.clone());
        if let Some(token) = token {
            frame = frame.with_header(header::TOKEN_AUTH, token);
        }
        self.send(frame).await;
        let answer = loop {
            let message = timeout(LIMIT, self.link.next()).await.expect("an answer comes");
            let Message::Binary(bytes) = message.expect("the link stays").expect("a message") else {
                continue;
            };
            let frame = Frame::decode(bytes, 1 << 20).expect("a frame");
            let is_answer = frame.kind == FrameType::Status
                && frame.header(header::TRANSACTION_ID).is_some_and(|id| **id == *transaction);
            if is_answer {
                break frame;
            }
        };
        assert_eq!(answer.header(header::STATUS).map(|status| &**status), Some("200"), "{payload}");
    }

    async fn send(&mut self, frame: Frame) {
        let bytes = frame.encode().expect("a frame");
        self.link.send(Message::Binary(bytes)).await.expect("the link stays");
    }
}

async fn session_info(address: &str, session: &str, token: &str) -> Value {
    let mut stream = TcpStream::connect(address).await.expect("the relay is there");
    let request = format!(
        "GET /session/{session}?extended=true HTTP/1.1\r\nHost: {address}\r\nX-TB-TOKEN-AUTH: {token}\r\n\
         Connection: close\r\n\r\n"
    );
    stream.write_all(Bytes::from(request).as_ref()).await.expect("the relay reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("the relay answers");
    let (_, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}"))
}

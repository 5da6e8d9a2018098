//! A link as conformance suites want it: every message comes back, text too, which the product neither sends nor takes.
//!
//! Reading, writing, masking, answers to pings and the closing are the link's own.
#![forbid(unsafe_code)]

use std::future::poll_fn;

use bytes::Bytes;
use futures_util::StreamExt as _;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::Data;

use super::super::frame;
use super::{Link as _, TransportError, WebSocketLink, WsError};

impl WebSocketLink {
    /// Sends back what arrives, until the other side closes.
    pub async fn echo(mut self) -> Result<(), TransportError> {
        loop {
            let message = match self.stream.next().await {
                Some(Ok(message)) => message,
                Some(Err(error)) => return Err(self.failure(&error)),
                None => return Ok(()),
            };
            match message {
                Message::Binary(message) => self.send(Data::Binary, &message).await?,
                Message::Text(message) => self.send(Data::Text, message.as_bytes()).await?,
                Message::Close(_) => {
                    self.closing = true;
                    return poll_fn(|cx| self.poll_close(cx, None)).await;
                }
                Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {
                    poll_fn(|cx| self.poll_flush(cx)).await?;
                }
            }
        }
    }

    /// The first message that comes. The link is dropped then.
    pub async fn first(mut self) -> Result<Bytes, TransportError> {
        loop {
            match self.stream.next().await {
                Some(Ok(message @ (Message::Binary(_) | Message::Text(_)))) => return Ok(message.into_data()),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(self.failure(&error)),
                None => return Err(self.failure(&WsError::ConnectionClosed)),
            }
        }
    }

    async fn send(&mut self, kind: Data, message: &[u8]) -> Result<(), TransportError> {
        poll_fn(|cx| self.poll_ready(cx)).await?;
        frame::append(self.stream.get_mut().out(), kind, message, rand::random());
        poll_fn(|cx| self.poll_flush(cx)).await
    }
}

//! A WebSocket server that sends back what it gets, made of the relay's own framing: what conformance suites talk to.
//!
//! `cargo run -p otc-relay --example ws_echo -- 127.0.0.1:9001`, then point the suite's client at that address. Text
//! that is not UTF-8 and broken frames are answered with the codes of the standard here; the relay itself says 1011,
//! because of what its clients make of the others.

#[allow(dead_code, reason = "the relay uses all of it")]
#[path = "../src/ws/mod.rs"]
mod ws;

use std::io;

use bytes::Bytes;
use http_body_util::Empty;
use hyper::body::Incoming as Body;
use hyper::header::{self, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tungstenite::protocol::frame::coding::{Data, OpCode};
use ws::{Incoming, Progress, ReceiveError, Receiver, SendQueue};

/// The largest message that conformance suites send.
const MAX_MESSAGE: usize = 64 << 20;

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".to_owned());
    let listener = TcpListener::bind(&address).await?;
    println!("echoing on ws://{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(
            http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(upgrade)).with_upgrades(),
        );
    }
}

async fn upgrade(mut request: Request<Body>) -> Result<Response<Empty<Bytes>>, std::convert::Infallible> {
    let mut response = Response::new(Empty::new());
    let Ok(accept) = ws::accept(&request) else {
        *response.status_mut() = StatusCode::BAD_REQUEST;
        return Ok(response);
    };
    let upgraded = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let Ok(parts) = upgraded.await.map(|upgraded| upgraded.downcast::<TokioIo<TcpStream>>()) else {
            return;
        };
        if let Ok(parts) = parts {
            // A peer that breaks off is no concern of a server that only echoes.
            let _ = echo(&parts.io.into_inner(), &parts.read_buf).await;
        }
    });
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    Ok(response)
}

async fn echo(socket: &TcpStream, read_ahead: &[u8]) -> io::Result<()> {
    let (mut receiver, mut queue) = (Receiver::new(MAX_MESSAGE), SendQueue::default());
    let mut open = answer(&mut receiver, &mut queue, read_ahead);
    let (mut buffer, mut scratch) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    loop {
        while queue.write_to(&mut scratch, |pieces| socket.try_write_vectored(pieces))? == Progress::Blocked {
            socket.writable().await?;
        }
        if !open {
            return Ok(());
        }
        socket.readable().await?;
        match socket.try_read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => open = answer(&mut receiver, &mut queue, &buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

/// Queues the answers to what was read; false once the socket is to be closed.
fn answer(receiver: &mut Receiver, queue: &mut SendQueue, mut bytes: &[u8]) -> bool {
    loop {
        match receiver.next(&mut bytes) {
            Ok(None) => return true,
            Ok(Some(Incoming::Binary(data))) => queue.push_binary(data),
            Ok(Some(Incoming::Text(data))) => queue.push(OpCode::Data(Data::Text), data),
            Ok(Some(Incoming::Ping(data))) => queue.push_pong(data),
            Ok(Some(Incoming::Pong)) => {}
            Ok(Some(Incoming::Close(code))) => {
                queue.push_close(code, "");
                return false;
            }
            Err(error) => {
                let code = match error {
                    ReceiveError::Protocol => 1002,
                    ReceiveError::BadUtf8 => 1007,
                    ReceiveError::TooLarge => 1009,
                };
                queue.push_close(Some(code), "");
                return false;
            }
        }
    }
}

//! The WebSocket itself: what is taken, what is refused, how it ends.

use std::time::Duration;

use otc_protocol::rumor::{Frame, FrameType};
use otc_protocol::token::Role;
use otc_relay::Relay;
use serde_json::json;
use tokio_tungstenite::tungstenite::{Bytes, Message};

use crate::client::{Client, End, binary, messaging_url};
use crate::support::{exchange, session, soon, start, token};

async fn open(relay: &Relay) -> Client {
    let session = session(1);
    let url = messaging_url(relay, &session, &token(&session, Role::Publisher, "")).await;
    Client::open(relay, &format!("{url}&socketId=s"), &session, "a").await
}

#[tokio::test]
async fn a_ping_of_either_kind_is_answered() {
    let relay = start(|_| ());
    let mut client = open(&relay).await;
    client.send_raw(Message::Ping(Bytes::from_static(b"payload"))).await;
    let answer = client.next_raw().await.unwrap().unwrap();
    assert_eq!(answer, Message::Pong(Bytes::from_static(b"payload")));
    client.send(Frame::new(FrameType::Ping)).await;
    assert_eq!(client.frame().await, Frame::new(FrameType::Pong));
}

#[tokio::test]
async fn what_cannot_be_read_is_closed_for_good() {
    let relay = start(|_| ());
    let long: &'static [u8] = &[0; 2 * 1024 * 1024];
    let cases: [(&str, Message); 4] = [
        ("text", Message::Text("hello".into())),
        ("no frame", binary(b"\0\0\0\x01\0\0\x02")),
        ("a size that is wrong", binary(b"\0\0\0\x06\0\0\x07\0\0")),
        ("far too large", binary(long)),
    ];
    for (what, message) in cases {
        let mut client = open(&relay).await;
        client.send_raw(message).await;
        assert_eq!(client.end().await, End::Closed(Some(1011)), "{what}");
    }
}

#[tokio::test]
async fn what_breaks_the_websocket_rules_is_closed() {
    let relay = start(|_| ());
    for (what, bytes) in [
        ("unmasked", &[0x82, 0x01, 0x00][..]),
        ("reserved bits", &[0xf2, 0x80, 0, 0, 0, 0]),
        ("fragmented ping", &[0x09, 0x80, 0, 0, 0, 0]),
        ("continuation of nothing", &[0x80, 0x80, 0, 0, 0, 0]),
    ] {
        let mut client = open(&relay).await;
        client.write_bytes(bytes).await;
        assert_eq!(client.end().await, End::Closed(Some(1011)), "{what}");
    }
}

#[tokio::test]
async fn a_close_is_answered_with_the_same_code() {
    let relay = start(|_| ());
    for code in [None, Some(1000_u16), Some(4010)] {
        let mut client = open(&relay).await;
        let close = code.map(|code| tokio_tungstenite::tungstenite::protocol::CloseFrame {
            code: code.into(),
            reason: "".into(),
        });
        client.send_raw(Message::Close(close)).await;
        assert_eq!(client.end().await, End::Closed(code));
    }
}

#[tokio::test]
async fn a_socket_that_never_enters_is_closed() {
    let relay = start(|config| config.limits.create_timeout = Duration::from_millis(100));
    let mut client = open(&relay).await;
    assert_eq!(client.end().await, End::Closed(Some(1000)));
}

#[tokio::test]
async fn frames_sent_together_with_the_upgrade_are_read() {
    let relay = start(|_| ());
    let mut bytes = b"GET /rumorwebsocketsv2?hint=0&socketId=s HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\n\
        Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        .to_vec();
    // A text message, which is answered with a close.
    bytes.extend_from_slice(&[0x81, 0x80, 1, 2, 3, 4]);
    let answer = soon("an answer", exchange_lossy(&relay, &bytes)).await;
    let head = String::from_utf8_lossy(&answer);
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    assert!(
        head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        "the accept key of the standard's example: {head}"
    );
    let close = &answer[answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap() + 4..];
    assert_eq!(close[..1], [0x88]);
    assert_eq!(close[2..4], 1011_u16.to_be_bytes());
}

/// Sends bytes and reads until the relay closes.
async fn exchange_lossy(relay: &Relay, bytes: &[u8]) -> Vec<u8> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut socket = tokio::net::TcpStream::connect(relay.address()).await.unwrap();
    socket.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    let _ = socket.read_to_end(&mut answer).await;
    answer
}

#[tokio::test]
async fn upgrades_that_are_none_are_refused() {
    let relay = start(|_| ());
    let upgrade =
        "GET /rumorwebsocketsv2 HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n";
    for (what, headers) in [
        ("wrong version", "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"),
        ("no version", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"),
        ("no key", "Sec-WebSocket-Version: 13\r\n"),
        ("a short key", "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: c2hvcnQ=\r\n"),
        (
            "a key that is no base64",
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25j!Q==\r\n",
        ),
        (
            "a body",
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nContent-Length: 1\r\n\r\nx",
        ),
    ] {
        let request = format!("{upgrade}{headers}\r\n");
        let answer = exchange(&relay, request.as_bytes()).await;
        assert_eq!(answer.status, 426, "{what}");
    }
    let good = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let older = format!("{upgrade}{good}\r\n").replace("HTTP/1.1", "HTTP/1.0");
    assert_eq!(exchange(&relay, older.as_bytes()).await.status, 426, "WebSockets begin with HTTP/1.1");
}

#[tokio::test]
async fn a_client_that_takes_nothing_costs_a_bound_and_disturbs_nobody() {
    let relay = start(|config| {
        config.set("limits.kept_bytes", "4MiB").unwrap();
        config.set("link.output_soft", "64KiB").unwrap();
        config.set("link.output_hard", "8MiB").unwrap();
        config.set("link.close_timeout", "100ms").unwrap();
    });
    let session = session(1);
    let mut a = Client::enter(&relay, &session, "a", Role::Publisher).await;
    // It reads nothing from here on, and acknowledges nothing.
    let idle = Client::enter(&relay, &session, "idle", Role::Publisher).await;
    a.until("created", "idle").await;
    let data = "x".repeat(8000);
    let deleted = loop {
        a.signal(None, &data).await;
        let (frame, message) = a.message().await;
        a.acknowledge(&frame).await;
        if message["method"] == json!("deleted") {
            break message;
        }
        assert_eq!(message["method"], json!("signal"));
    };
    assert_eq!(deleted["reason"], json!("networkDisconnected"));
    let stats = relay.stats().await;
    assert!(stats.iter().all(|stats| stats.kept_bytes < 5 << 20), "{stats:?}");
    drop(idle);
    a.signal(None, "on we go").await;
    loop {
        let (data, _) = a.next_signal().await;
        if data == "on we go" {
            break;
        }
    }
}

//! Clients that mean harm, one at a time: how each ends, what the log says of it, and that nobody else notices.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::mpsc;

use otc_protocol::raptor::Uri;
use otc_protocol::rumor::{Frame, FrameType, header};
use otc_protocol::token::Role;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

use crate::client::{Client, End, binary};
use crate::program::{Running, program};
use crate::support::{KEY, PATIENCE, SECRET, session, soon, token};

/// A relay with its log, and two honest clients, who are to notice nothing.
struct Scene {
    _relay: Running,
    log: mpsc::Receiver<String>,
    address: SocketAddr,
    honest: [Client; 2],
    count: u32,
}

impl Scene {
    /// Of the test of this name.
    async fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("hostile-{name}.toml"));
        let settings = format!(
            "listen = \"127.0.0.1:0\"\n[[project]]\napi_key = \"{KEY}\"\napi_secret = [\"{SECRET}\"]\n\
             [limits]\ncreate_timeout = \"3s\"\n[http]\nhead_timeout = \"3s\"\nbody_timeout = \"3s\"\n"
        );
        std::fs::write(&path, settings).expect("a place for files of tests");
        let mut relay = Running::start(program().args(["serve", "--config"]).arg(&path));
        let line = relay.line();
        let address = line.rsplit('/').next().and_then(|text| text.parse().ok()).expect(&line);
        let log = relay.log();
        let mut one = Client::enter_at(address, &session(9), "one").await;
        let mut other = Client::enter_at(address, &session(9), "other").await;
        one.until("created", "one").await;
        one.until("created", "other").await;
        other.until("created", "other").await;
        Self { _relay: relay, log, address, honest: [one, other], count: 0 }
    }

    /// The log says so next, of all that it says of clients that mean harm, and the honest ones go on.
    async fn told(&mut self, attack: &str, wanted: &str) {
        loop {
            let line = self.log.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|_| panic!("{attack}: no line says {wanted:?}"));
            if line.contains(wanted) {
                break;
            }
            // An attacker of before need not answer the close.
            let harmless = ["session opened", "session closed", "listening", "did not close in time"];
            assert!(harmless.iter().any(|text| line.contains(text)), "{attack}: {line:?}, not {wanted:?}");
        }
        self.count += 1;
        let data = format!("{} {attack}", self.count);
        let [one, other] = &mut self.honest;
        one.signal(Some("other"), &data).await;
        assert_eq!(other.next_signal().await, (data, "one".to_owned()), "{attack}");
    }

    async fn admitted(&mut self) -> Client {
        self.count += 1;
        Client::enter_at(self.address, &session(1), &format!("c{}", self.count)).await
    }

    async fn stranger(&mut self, query: &str) -> Client {
        self.count += 1;
        let id = format!("s{}", self.count);
        let wire = TcpStream::connect(self.address).await.expect("the relay listens");
        let url = format!("ws://{}/rumorwebsocketsv2?socketId={id}&attempt=1{query}", self.address);
        Client::over(Box::new(wire), &url, &session(1), &id).await
    }
}

enum Attack {
    Message(Message),
    Bytes(Vec<u8>),
}

/// A frame of the WebSocket that claims to be this long, and its beginning.
fn claim(length: u64) -> Vec<u8> {
    [&[0x82, 0xff][..], &length.to_be_bytes(), &[0; 4], &[7; 64]].concat()
}

#[tokio::test]
async fn whoever_breaks_the_rules_of_the_link_is_closed_with_a_code_and_a_line() {
    let mut scene = Scene::new("link").await;
    let deep = Message::Text("[".repeat(100_000).into());
    let large = Frame::new(FrameType::Ping).with_data("x".repeat(400_000)).encode().expect("a frame");
    // A frame of a hundred million headers, an address beyond the end, a list of addresses that claims everything.
    let frames: [&'static [u8]; 3] = [
        &[0x01, 0x05, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        &[0x01, 0x02, 0xff, 0xfe, b'a'],
        &[0xff; 64],
    ];
    let mut attacks = vec![
        ("text", Attack::Message(Message::Text("hello".into())), "text message"),
        ("deep text", Attack::Message(deep), "text message"),
        ("nothing", Attack::Message(binary(b"")), "message that is not a frame"),
        ("large", Attack::Message(Message::Binary(large)), "frame that is too large"),
        ("reserved bits", Attack::Bytes(vec![0xff; 32]), "message that cannot be read"),
        ("not masked", Attack::Bytes(vec![0x82, 0x01, 0x00]), "message that cannot be read"),
        ("no beginning", Attack::Bytes(vec![0x80, 0x80, 0, 0, 0, 0]), "message that cannot be read"),
        ("long ping", Attack::Bytes(vec![0x89, 0xfe, 0x01, 0x00, 0, 0, 0, 0]), "message that cannot be read"),
        ("a gigabyte", Attack::Bytes(claim(1 << 30)), "message is far too large"),
        ("all there is", Attack::Bytes(claim(i64::MAX as u64)), "message is far too large"),
    ];
    for bytes in frames {
        attacks.push(("not a frame", Attack::Message(binary(bytes)), "message that is not a frame"));
    }
    for (name, attack, reason) in attacks {
        let mut client = scene.admitted().await;
        match attack {
            Attack::Message(message) => client.send_raw(message).await,
            Attack::Bytes(bytes) => client.write_bytes(&bytes).await,
        }
        assert_eq!(client.end().await, End::Closed(Some(1011)), "{name}");
        scene.told(name, &format!("closed with 1011: {reason}")).await;
    }
}

#[tokio::test]
async fn whoever_does_not_join_as_clients_do_is_closed_with_a_code_and_a_line() {
    let mut scene = Scene::new("joining").await;

    let mut hasty = scene.stranger("").await;
    for _ in 0..70 {
        hasty.send(Frame::new(FrameType::Ping)).await;
    }
    assert_eq!(hasty.end().await, End::Closed(Some(1000)));
    scene.told("hasty", "closed with 1000: too many frames before create").await;

    let mut silent = scene.stranger("").await;
    assert_eq!(silent.end().await, End::Closed(Some(1000)));
    scene.told("silent", "closed with 1000: no create in time").await;

    let mut unreadable = scene.stranger("").await;
    unreadable.send_raw(binary(b"\xff")).await;
    assert_eq!(unreadable.end().await, End::Closed(Some(1011)));
    scene.told("unreadable", "closed with 1011: message that is not a frame").await;

    let mut forged = scene.stranger("").await;
    let create = forged.hello(&token(&session(2), Role::Moderator, ""), Some("otc-0.1.0")).await;
    assert_eq!(forged.status_of(&create).await, "403");
    assert_eq!(forged.end().await, End::Closed(Some(1000)));
    scene.told("forged", "create refused with 403: ").await;
    scene.told("forged", "closed with 1000: create was refused").await;

    let mut unknown = scene.stranger("&reconnect=true").await;
    unknown.send(Frame::new(FrameType::Ping)).await;
    assert_eq!(unknown.end().await, End::Closed(Some(1011)));
    scene.told("unknown", "nothing to resume").await;
}

#[tokio::test]
async fn what_is_refused_is_told_with_its_status() {
    let mut scene = Scene::new("requests").await;
    let mut client = scene.admitted().await;
    let here = Uri::for_signal(KEY, &session(1), None, "x").to_string();
    let elsewhere = Uri::for_signal(KEY, &session(9), None, "x").to_string();
    let signal =
        |uri: &str, content: Value| json!({"method": "signal", "uri": uri, "content": content}).to_string();
    let victim = Uri::for_connection(KEY, &session(9), "one").to_string();
    let requests = [
        ("bad JSON", "{".to_owned(), 400),
        ("deep JSON", "[".repeat(100_000), 400),
        ("wrong types", r#"{"method":7,"uri":[]}"#.to_owned(), 400),
        ("wrong content", signal(&here, json!(7)), 400),
        ("type", signal(&here, json!({"type": "a b"})), 400),
        ("long data", signal(&here, json!({"data": "x".repeat(300_000)})), 413),
        ("another session", signal(&elsewhere, json!({"data": "x"})), 403),
        ("another's client", json!({"method": "delete", "uri": victim, "content": {}}).to_string(), 403),
        ("nobody", signal(&Uri::for_signal(KEY, &session(1), Some("x"), "x").to_string(), json!({})), 404),
    ];
    for (number, (name, payload, status)) in requests.into_iter().enumerate() {
        let transaction = format!("t{number}");
        let frame = Frame::new(FrameType::Message)
            .with_header(header::TRANSACTION_ID, transaction.clone())
            .with_data(payload);
        client.send(frame).await;
        assert_eq!(client.status_of(&transaction).await, status.to_string(), "{name}");
        scene.told(name, &format!("request refused with {status}: ")).await;
    }
    client.signal(Some(&client.id.clone()), "still here").await;
    assert_eq!(client.next_signal().await.0, "still here");
}

#[tokio::test]
async fn whoever_dawdles_over_http_is_ended_with_a_line() {
    let mut scene = Scene::new("http").await;
    let attacks: [(&str, &[u8], &[&str]); 3] = [
        ("half a head", b"GET /session/1_abc HTTP/1.1\r\nX-TB-TOKEN-AUTH: ", &["head_timeout"]),
        ("a head without end", &[b'x'; 100_000], &["head_too_large"]),
        (
            "half a body",
            b"POST /session/create HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\n\r\np2p",
            &["REST call refused", "body_timeout"],
        ),
    ];
    for (name, bytes, lines) in attacks {
        let mut socket = TcpStream::connect(scene.address).await.expect("the relay listens");
        // One that is ended early need not take it all.
        let _ = soon("the relay reads", socket.write_all(bytes)).await;
        let _ = soon(name, socket.read_to_end(&mut Vec::new())).await;
        for line in lines {
            scene.told(name, line).await;
        }
    }
}

//! Clients that mean harm, over real sockets: what they do costs little, ends for them, and disturbs nobody else.

use std::time::Duration;

use otc_protocol::raptor::Uri;
use otc_protocol::rumor::{Frame, FrameType, header};
use otc_protocol::token::Role;
use otc_relay::Relay;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{Bytes, Message};

use crate::client::{Client, End, messaging_url};
use crate::support::{KEY, PATIENCE, session, soon, start, token};

/// Two honest clients, who are to notice nothing.
struct Bystanders {
    one: Client,
    other: Client,
    count: u32,
}

impl Bystanders {
    async fn enter(relay: &Relay) -> Self {
        let session = session(9);
        let mut one = Client::enter(relay, &session, "one", Role::Publisher).await;
        let other = Client::enter(relay, &session, "other", Role::Publisher).await;
        one.until("created", "other").await;
        Self { one, other, count: 0 }
    }

    async fn notice_nothing(&mut self) {
        self.count += 1;
        let data = format!("{}", self.count);
        self.one.signal(Some("other"), &data).await;
        assert_eq!(self.other.next_signal().await, (data, "one".to_owned()));
    }
}

/// What this process has in memory, in MiB. Always 0 with OTC_TEST_UNMEASURED, for runs under tools that multiply it.
fn resident() -> usize {
    if std::env::var_os("OTC_TEST_UNMEASURED").is_some() {
        return 0;
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0");
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap_or(0) / 1024
}

async fn open_sockets(relay: &Relay, wanted: usize) {
    let reached = async {
        while relay.open_sockets() != wanted {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    if tokio::time::timeout(PATIENCE, reached).await.is_err() {
        panic!("{} sockets are open, not {wanted}", relay.open_sockets());
    }
}

const UPGRADE: &str = "GET /rumorwebsocketsv2?hint=0&socketId=s HTTP/1.1\r\nHost: a\r\n\
    Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

#[tokio::test]
async fn thousands_of_half_open_sockets_cost_little_and_end_by_themselves() {
    const EACH: usize = 300;
    let relay = start(|config| {
        config.set("http.head_timeout", "4s").unwrap();
        config.set("http.body_timeout", "4s").unwrap();
        config.limits.create_timeout = Duration::from_secs(4);
    });
    let mut bystanders = Bystanders::enter(&relay).await;
    let before = resident();
    // The beginning of a frame that claims a megabyte.
    let claim = [UPGRADE.as_bytes(), &[0x82, 0xff, 0, 0, 0, 0, 0, 0x10, 0, 0, 1, 2, 3, 4, 5]].concat();
    let beginnings: [&[u8]; 6] = [
        b"",
        b"GET /session/1_abc HTTP/1.1\r\nX-TB-TOKEN-AUTH: ",
        b"POST /session/create HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\np2p",
        UPGRADE.as_bytes(),
        &claim,
        b"POST /v2/project/1/session/2/signal HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n",
    ];
    let mut sockets = Vec::new();
    for beginning in beginnings {
        for _ in 0..EACH {
            let mut socket = TcpStream::connect(relay.address()).await.expect("the relay listens");
            socket.write_all(beginning).await.expect("the relay reads");
            sockets.push(socket);
        }
        bystanders.notice_nothing().await;
    }
    let grown = resident().saturating_sub(before);
    assert!(grown < 64, "{} sockets take {grown} MiB", sockets.len());
    open_sockets(&relay, 2).await;
    bystanders.notice_nothing().await;
}

#[tokio::test]
async fn answers_that_nobody_reads_do_not_hold_a_socket_for_ever() {
    let relay = start(|config| {
        config.set("http.head_timeout", "300ms").unwrap();
        config.set("http.body_timeout", "300ms").unwrap();
    });
    let mut bystanders = Bystanders::enter(&relay).await;
    let mut socket = TcpStream::connect(relay.address()).await.expect("the relay listens");
    let requests = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n".repeat(1_000);
    // Until the relay has stopped reading, because its answers do not go out.
    while tokio::time::timeout(Duration::from_secs(1), socket.write_all(requests.as_bytes()))
        .await
        .is_ok_and(|written| written.is_ok())
    {}
    open_sockets(&relay, 2).await;
    bystanders.notice_nothing().await;
    drop(socket);
}

#[tokio::test]
async fn floods_below_the_messages_are_answered_or_ended_and_disturb_nobody() {
    let relay = start(|_| ());
    let mut bystanders = Bystanders::enter(&relay).await;
    let session = session(1);
    let url = messaging_url(&relay, &session, &token(&session, Role::Publisher, "")).await;
    // Pings whose answers are never read.
    let mut deaf = Client::open(&relay, &format!("{url}&socketId=deaf"), &session, "deaf").await;
    let ping = [0x89, 0x84, 0, 0, 0, 0, b'p', b'i', b'n', b'g'].repeat(1_000);
    let before = resident();
    let mut sent = 0;
    while sent < 200 && tokio::time::timeout(Duration::from_secs(1), deaf.write_bytes(&ping)).await.is_ok() {
        sent += 1;
    }
    bystanders.notice_nothing().await;
    // Frames before create.
    let mut hasty = Client::open(&relay, &format!("{url}&socketId=hasty"), &session, "hasty").await;
    for _ in 0..70 {
        hasty.send(Frame::new(FrameType::Ping)).await;
    }
    assert_eq!(hasty.end().await, End::Closed(Some(1000)));
    bystanders.notice_nothing().await;
    // Fragments without end.
    let mut endless = Client::open(&relay, &format!("{url}&socketId=endless"), &session, "endless").await;
    let piece = [&[0x02, 0xfe, 0x40, 0x00, 0, 0, 0, 0][..], &[0; 0x4000]].concat();
    endless.write_bytes(&piece).await;
    let piece = [&[0x00, 0xfe, 0x40, 0x00, 0, 0, 0, 0][..], &[0; 0x4000]].concat();
    for _ in 0..70 {
        endless.write_bytes(&piece).await;
    }
    assert_eq!(endless.end().await, End::Closed(Some(1011)));
    bystanders.notice_nothing().await;
    assert!(resident() < before + 64, "from {before} MiB to {} MiB", resident());
}

#[tokio::test]
async fn nobody_acts_as_somebody_else() {
    let relay = start(|_| ());
    let (session, elsewhere) = (session(1), session(2));
    let mut victim = Client::enter(&relay, &session, "victim", Role::Publisher).await;
    let mut thief = Client::enter(&relay, &session, "thief", Role::Publisher).await;
    victim.until("created", "thief").await;
    let mut other = Client::enter(&relay, &elsewhere, "other", Role::Publisher).await;

    // In another's name: the relay says who it was.
    let forged = json!({"method": "signal", "uri": Uri::for_signal(KEY, &session, None, "x"),
        "content": {"type": "t", "data": "forged"}});
    let sent = thief.request_with(forged, &[(header::FROM_ADDRESS, "victim")]).await;
    assert_eq!(thief.status_of(&sent).await, "200");
    assert_eq!(victim.next_signal().await, ("forged".to_owned(), "thief".to_owned()));

    // Into another session, at somebody there, and against somebody here.
    for (message, status) in [
        (
            json!({"method": "create", "uri": Uri::for_connection(KEY, &elsewhere, "other"), "content": {}}),
            "403",
        ),
        (
            json!({"method": "delete", "uri": Uri::for_connection(KEY, &elsewhere, "other"), "content": {}}),
            "403",
        ),
        (
            json!({"method": "delete", "uri": Uri::for_connection(KEY, &session, "victim"), "content": {}}),
            "403",
        ),
        (signal(&session, Some("other"), "astray"), "404"),
        (json!({"method": "read", "uri": Uri::for_session(KEY, &elsewhere), "content": {}}), "403"),
    ] {
        let sent = thief.request_with(message.clone(), &[]).await;
        assert_eq!(thief.status_of(&sent).await, status, "{message}");
    }

    // A second client under the same connection id.
    let url = messaging_url(&relay, &session, &token(&session, Role::Publisher, "")).await;
    let mut double = Client::open(&relay, &format!("{url}&socketId=double"), &session, "victim").await;
    let create = double.hello(&token(&session, Role::Publisher, ""), Some("otc-0.1.0")).await;
    assert_eq!(double.status_of(&create).await, "409");
    assert_eq!(double.end().await, End::Closed(Some(1000)));

    // A token of another session.
    let mut stranger = Client::open(&relay, &format!("{url}&socketId=stranger"), &session, "stranger").await;
    let create = stranger.hello(&token(&elsewhere, Role::Moderator, ""), Some("otc-0.1.0")).await;
    assert_eq!(stranger.status_of(&create).await, "403");
    assert_eq!(stranger.end().await, End::Closed(Some(1000)));

    // Nobody heard of any of it.
    let sent = other.signal(None, "here").await;
    assert_eq!(other.next_signal().await, ("here".to_owned(), "other".to_owned()));
    assert_eq!(other.status_of(&sent).await, "200");
    victim.signal(Some("victim"), "still here").await;
    assert_eq!(victim.next_signal().await.0, "still here");
}

fn signal(session: &str, to: Option<&str>, data: &str) -> Value {
    json!({"method": "signal", "uri": Uri::for_signal(KEY, session, to, "x"), "content": {"data": data}})
}

#[tokio::test]
async fn what_an_admitted_client_makes_up_is_refused_and_what_it_repeats_counts_once() {
    let relay = start(|_| ());
    let mut bystanders = Bystanders::enter(&relay).await;
    let session = session(1);
    let mut client = Client::enter(&relay, &session, "c", Role::Publisher).await;
    let deep = "[".repeat(100_000);
    let uri = Uri::for_signal(KEY, &session, None, "x");
    let payloads = [
        (String::new(), "400"),
        ("{".to_owned(), "400"),
        ("[]".to_owned(), "400"),
        (deep.clone(), "400"),
        (r#"{"method":7,"uri":[]}"#.to_owned(), "400"),
        (json!({"method": "signal", "uri": uri, "content": 7}).to_string(), "400"),
        (json!({"method": "signal", "uri": uri, "content": {"type": "a b"}}).to_string(), "400"),
        (json!({"method": "signal", "uri": uri, "content": {"type": "t".repeat(129)}}).to_string(), "413"),
        (json!({"method": "signal", "uri": uri, "content": {"data": "x".repeat(8_193)}}).to_string(), "413"),
        (
            json!({"method": "signal", "uri": uri, "content": {"data": "x".repeat(300_000)}}).to_string(),
            "413",
        ),
    ];
    for (number, (payload, status)) in payloads.iter().enumerate() {
        let transaction = format!("made-up-{number}");
        let frame = Frame::new(FrameType::Message)
            .with_address("symphony")
            .with_header(header::TRANSACTION_ID, transaction.clone())
            .with_data(payload.clone());
        client.send(frame).await;
        assert_eq!(client.status_of(&transaction).await, *status, "{:.80}", payload);
    }
    bystanders.notice_nothing().await;
    // The same transaction id again, with something else in it: the first answer, and no effect.
    for data in ["once", "again", "and again"] {
        client.request_as("replayed", signal(&session, None, data), &[]).await;
        if data == "once" {
            assert_eq!(client.next_signal().await.0, "once");
        } else {
            assert_eq!(client.status_of("replayed").await, "200");
        }
    }
    // Acknowledgements of what was never sent, and frames of no meaning.
    for kind in [FrameType::Status, FrameType::Pong, FrameType::Unknown(77), FrameType::Unsubscribe] {
        let frame =
            Frame::new(kind).with_address("x".repeat(60_000)).with_header(header::TRANSACTION_ID, "none");
        client.send(frame).await;
    }
    client.send_raw(Message::Ping(Bytes::from_static(b"still there?"))).await;
    client.signal(None, "end").await;
    assert_eq!(soon("the last signal", client.next_signal()).await.0, "end");
    bystanders.notice_nothing().await;
}

//! Servers that mean harm, over real sockets: each ends in one honest error or is passed over, costs bounded memory,
//! tells no secret, and leaves other sessions alone.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use otc::log::{self, Level};
use otc::runtime::{DEFAULT_CALLBACK_QUEUE_BYTES, Observer, SessionSettings};
use otc::session::{Event, SessionError, StateName};
use otc_protocol::rumor::{Frame, FrameType, header};
use parking_lot::{Condvar, Mutex};
use serde_json::json;

use crate::hostile_server::{Server, Visitor, websocket};
use crate::support::{Client, LIMIT, TestRelay, session};

/// What must never be told to anybody.
const TOKEN: &str = "T1==a-token-that-is-a-secret";

/// Everything that was logged since the first look.
static LOGGED: LazyLock<Arc<Mutex<Vec<String>>>> = LazyLock::new(|| {
    let lines: Arc<Mutex<Vec<String>>> = Arc::default();
    let sink = lines.clone();
    log::set_level(Level::Debug);
    log::set_sink(Some(Arc::new(move |_, line: &str| {
        sink.lock().push(line.to_owned());
        MORE_LOGGED.notify_all();
    })));
    lines
});

/// Another line is there. Lines are written beside the events that they tell of, before or after them.
static MORE_LOGGED: Condvar = Condvar::new();

/// Two clients of an honest relay, who are to notice nothing.
struct Bystanders {
    one: Client,
    other: Client,
    _relay: TestRelay,
}

impl Bystanders {
    fn new() -> Self {
        let relay = TestRelay::start();
        let session = session();
        let one = Client::joined(&relay.url(), &session, "");
        let other = Client::joined(&relay.url(), &session, "");
        one.expect_created();
        other.expect_created();
        Self { one, other, _relay: relay }
    }

    #[track_caller]
    fn notice_nothing(&self, during: &str) {
        self.one.send("", during).expect("connected");
        assert_eq!(self.one.expect_signal().1, during);
        assert_eq!(self.other.expect_signal().1, during);
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

#[track_caller]
fn expect_failure(client: &Client, what: &str) -> (SessionError, String) {
    let (error, message) = client.expect_error();
    assert!(!message.trim().is_empty() && !message.contains('\n'), "{what}: {message:?}");
    assert!(message.len() < 2_000, "{what}: {message}");
    assert!(!message.contains(TOKEN), "{what}: {message}");
    (error, message)
}

/// No secret was logged, and nothing at length.
#[track_caller]
fn expect_decent_log(socket_ids: &[String]) {
    let lines = LOGGED.lock();
    assert!(!lines.is_empty());
    for line in lines.iter() {
        assert!(line.len() < 2_000 && !line.contains(TOKEN), "{line}");
        assert!(!socket_ids.iter().any(|id| line.contains(id)), "{line}");
    }
}

fn client_of(server: &Server) -> Client {
    let client = Client::with("S", |settings| {
        settings.api_url = Some(server.url());
        settings.config.info_pauses = [Duration::from_millis(1); 2];
        settings.config.reconnect_pause = Duration::from_millis(1);
    });
    client.session.connect(TOKEN).expect("idle");
    client
}

type Case = (&'static str, fn(&mut Visitor) -> io::Result<()>, SessionError);

fn endless(visitor: &mut Visitor, start: &str, piece: &[u8]) -> io::Result<()> {
    visitor.say(start)?;
    loop {
        visitor.say(piece)?;
    }
}

#[test]
fn session_info_of_any_shape_ends_in_one_honest_error() {
    use SessionError::{AuthorizationFailure, ConnectionRefused, NoMessagingServer, UnexpectedResponse};
    let deep = |v: &mut Visitor| v.answer_json(&"[".repeat(100_000));
    let cases: [Case; 19] = [
        ("no HTTP", |v| v.say("\x16\x03\x01 hello\r\n\r\n"), UnexpectedResponse),
        ("a head without end", |v| endless(v, "HTTP/1.1 200 OK\r\nX: ", &[b'x'; 65_536]), UnexpectedResponse),
        (
            "headers without end",
            |v| endless(v, "HTTP/1.1 200 OK\r\n", b"X-Y: z\r\n".repeat(1000).as_slice()),
            UnexpectedResponse,
        ),
        (
            "a body of any length",
            |v| endless(v, "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", &[b' '; 65_536]),
            UnexpectedResponse,
        ),
        (
            "a body without end",
            |v| endless(v, "HTTP/1.1 200 OK\r\n\r\n", &[b'['; 65_536]),
            UnexpectedResponse,
        ),
        (
            "a chunk of impossible size",
            |v| v.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n"),
            UnexpectedResponse,
        ),
        ("deep JSON", deep, UnexpectedResponse),
        ("no JSON", |v| v.answer_json("<html>"), UnexpectedResponse),
        (
            "not UTF-8",
            |v| v.say(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n[\"\xff\""),
            UnexpectedResponse,
        ),
        ("a number", |v| v.answer_json("7"), UnexpectedResponse),
        ("an empty list", |v| v.answer_json("[]"), UnexpectedResponse),
        ("wrong types", |v| v.answer_json(r#"[{"session_id":7,"messaging_url":[]}]"#), UnexpectedResponse),
        ("an error without a code", |v| v.answer_json(r#"[{"error":{}}]"#), UnexpectedResponse),
        (
            "an error that repeats the token over several lines",
            |v| {
                let words = format!("no\r\n{TOKEN}\u{1b}[31m{}", "x".repeat(10_000));
                let error = json!([{"error": {"code": 403, "errorMessage": {"message": words}}}]);
                v.answer_json(&error.to_string())
            },
            AuthorizationFailure,
        ),
        (
            "a file for an address",
            |v| {
                let info = json!([{"session_id": "S", "messaging_url": "file:///etc/passwd"}]);
                v.answer_json(&info.to_string())
            },
            UnexpectedResponse,
        ),
        ("no address", |v| v.answer_json(r#"[{"session_id":"S","messaging_url":null}]"#), NoMessagingServer),
        (
            "an address of a hundred kilobytes",
            |v| {
                let url = format!("ws://{}/", "x".repeat(100_000));
                v.answer_json(&json!([{"session_id": "S", "messaging_url": url}]).to_string())
            },
            ConnectionRefused,
        ),
        (
            "another API key",
            |v| v.answer_json(r#"[{"session_id":"S","partner_id":"7","messaging_url":"ws://x"}]"#),
            AuthorizationFailure,
        ),
        (
            "elsewhere",
            |v| v.say("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"),
            SessionError::ConnectionFailed,
        ),
    ];
    LazyLock::force(&LOGGED);
    let bystanders = Bystanders::new();
    let before = resident();
    for (what, answer, expected) in cases {
        let server = Server::start(answer);
        let client = client_of(&server);
        let (error, message) = expect_failure(&client, what);
        assert_eq!(error, expected, "{what}: {message}");
        client.expect_nothing();
        assert_eq!(client.session.state(), StateName::Idle, "{what}");
        bystanders.notice_nothing(what);
    }
    assert!(resident() < before + 64, "from {before} MiB to {} MiB", resident());
    expect_decent_log(&[]);
}

#[test]
fn an_answer_of_any_shape_to_the_upgrade_ends_in_one_honest_error() {
    let cases: [Case; 7] = [
        ("no HTTP", |v| v.say("hello\r\n\r\n"), SessionError::ConnectionRefused),
        (
            "a head without end",
            |v| endless(v, "HTTP/1.1 101 Switching\r\nX: ", &[b'x'; 65_536]),
            SessionError::ConnectionRefused,
        ),
        (
            "a page",
            |v| v.say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
            SessionError::ConnectionRefused,
        ),
        (
            "the key of another",
            |v| {
                v.say(
                    "HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                     Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
                )
            },
            SessionError::ConnectionRefused,
        ),
        (
            "an upgrade to something else",
            |v| v.say("HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"),
            SessionError::ConnectionRefused,
        ),
        (
            "an upgrade, and then text",
            |v| v.upgrade().and_then(|()| v.say(websocket(0x81, b"hello"))),
            SessionError::ConnectionFailed,
        ),
        (
            "a frame longer than any",
            |v| v.upgrade().and_then(|()| v.say([&[0x82, 127][..], &(1_u64 << 62).to_be_bytes()].concat())),
            SessionError::ConnectionFailed,
        ),
    ];
    LazyLock::force(&LOGGED);
    let bystanders = Bystanders::new();
    let before = resident();
    let ids = Arc::new(Mutex::new(Vec::new()));
    for (what, answer, expected) in cases {
        let seen = ids.clone();
        let server = Server::start(move |visitor| {
            if visitor.asks_for_info() {
                return visitor.give_info();
            }
            seen.lock().push(socket_id(visitor));
            answer(visitor)?;
            visitor.await_close();
            Ok(())
        });
        let client = client_of(&server);
        let (error, message) = expect_failure(&client, what);
        assert_eq!(error, expected, "{what}: {message}");
        client.expect_nothing();
        bystanders.notice_nothing(what);
    }
    assert!(resident() < before + 64, "from {before} MiB to {} MiB", resident());
    let ids = ids.lock();
    assert!(!ids.is_empty() && ids.iter().all(|id| id.len() == 36), "{ids:?}");
    expect_decent_log(&ids);
}

fn socket_id(visitor: &Visitor) -> String {
    let after = visitor.head.split("socketId=").nth(1).unwrap_or_default();
    after.chars().take_while(|c| c.is_ascii_hexdigit() || *c == '-').collect()
}

#[test]
fn what_cannot_be_read_ends_a_session_with_the_code_that_says_so() {
    let frame = |bytes: &[u8]| websocket(0x82, bytes);
    let cases: [(&str, Vec<u8>); 12] = [
        ("text", websocket(0x81, b"hello")),
        ("three bytes", frame(b"\0\0\0")),
        ("a size that is wrong", frame(b"\0\0\0\x06\0\0\x02\0\0")),
        ("more addresses than there are", frame(b"\0\0\0\x05\0\0\x02\xff\0")),
        ("a header longer than the frame", frame(b"\0\0\0\x08\0\0\x02\0\x01\xff\xffx")),
        ("not UTF-8", frame(b"\0\0\0\x06\0\0\x02\0\0\xff")),
        ("masked", vec![0x82, 0x81, 1, 2, 3, 4, 5]),
        ("reserved bits", vec![0xf2, 0]),
        ("an opcode that is none", vec![0x83, 0]),
        ("a ping in pieces", vec![0x09, 0]),
        ("a continuation of nothing", vec![0x80, 0]),
        ("a close without sense", websocket(0x88, b"\x00")),
    ];
    LazyLock::force(&LOGGED);
    let bystanders = Bystanders::new();
    for (what, bytes) in cases {
        let (sender, closes) = channel();
        let sender = Mutex::new(sender);
        let server = Server::start(move |visitor| {
            if visitor.asks_for_info() {
                return visitor.give_info();
            }
            visitor.admit()?;
            visitor.say(&bytes)?;
            let _ = sender.lock().send(visitor.await_close());
            Ok(())
        });
        let client = client_of(&server);
        client.expect(&Event::Connected);
        let (error, message) = expect_failure(&client, what);
        assert_eq!(error, SessionError::ConnectionDropped, "{what}: {message}");
        client.expect(&Event::Disconnected);
        let code = closes.recv_timeout(LIMIT).expect("the link ends");
        assert!(matches!(code, None | Some(1002 | 1003 | 1007)), "{what}: {code:?}");
        bystanders.notice_nothing(what);
    }
    expect_decent_log(&[]);
}

#[test]
fn what_makes_no_sense_is_passed_over_and_the_session_goes_on() {
    LazyLock::force(&LOGGED);
    let server = Server::start(|visitor| {
        if visitor.asks_for_info() {
            return visitor.give_info();
        }
        let own = visitor.admit()?;
        let uri = |what: &str| format!("/v2/partner/100/session/S/{what}");
        let deep = "[".repeat(200_000);
        for data in [
            "",
            "{",
            "[]",
            "7",
            &deep,
            r#"{"method":7,"uri":[]}"#,
            r#"{"method":"created","uri":"/v2/connection/b","content":7}"#,
            &json!({"method": "created", "uri": uri("connection/b"), "content": {"id": 7}}).to_string(),
            &json!({"method": "created", "uri": uri("connection/x"), "content": {"id": own}}).to_string(),
            &json!({"method": "deleted", "uri": uri("connection/nobody")}).to_string(),
            &json!({"method": "updated", "uri": uri("stream/none"), "content": {"name": "n"}}).to_string(),
            &json!({"method": "read", "uri": uri(""), "content": {"connection": []}}).to_string(),
            &json!({"method": "offer", "uri": uri("stream/T"), "content": {"sdp": "x"}}).to_string(),
            &json!({"method": "signal", "uri": format!("/v2{}", "/a/b".repeat(50_000)), "content": {}})
                .to_string(),
        ] {
            visitor.tell("b", data)?;
        }
        for transaction in ["", "nobody's", &"x".repeat(60_000)] {
            for status in ["200", "abc", "", "99999999999"] {
                visitor.answer(transaction, status, &deep)?;
            }
        }
        for kind in [0, 1, 3, 4, 5, 6, 7, 8, 200] {
            let frame = Frame::new(FrameType::from_wire(kind))
                .with_header(header::TRANSACTION_ID, format!("k{kind}"));
            visitor.send(&frame)?;
        }
        for _ in 0..20_000 {
            visitor.say(websocket(0x89, b"ping"))?;
            visitor.say(websocket(0x02, b""))?;
            visitor.say(websocket(0x80, &Frame::new(FrameType::Pong).encode().expect("a pong")))?;
        }
        // The same id again says nothing new, whatever it says.
        for data in ["first", "again"] {
            visitor.tell_signal("b", data)?;
        }
        visitor.await_close();
        Ok(())
    });
    let before = resident();
    let client = client_of(&server);
    client.expect(&Event::Connected);
    assert_eq!(client.expect_signal(), (String::new(), "first".into(), "b".into()));
    assert_eq!(client.expect_signal().1, "again");
    client.expect_nothing();
    assert!(resident() < before + 64, "from {before} MiB to {} MiB", resident());
    expect_decent_log(&[]);
}

#[test]
fn a_flood_of_nonsense_does_not_flood_the_log() {
    const FLOOD: usize = 20_000;
    LazyLock::force(&LOGGED);
    let server = Server::start(|visitor| {
        if visitor.asks_for_info() {
            return visitor.give_info();
        }
        visitor.admit()?;
        for _ in 0..FLOOD {
            visitor.tell("b", "no JSON")?;
        }
        visitor.tell_signal("b", "after the flood")?;
        visitor.await_close();
        Ok(())
    });
    let client = client_of(&server);
    client.expect(&Event::Connected);
    assert_eq!(client.expect_signal().1, "after the flood");
    assert_eq!(client.session.counters().malformed, FLOOD as u64);
    client.session.disconnect().expect("connected");
    client.expect(&Event::Disconnected);
    let told = |lines: &[String], words: &str| lines.iter().filter(|line| line.contains(words)).count();
    // Other tests of this process log a few lines of their own.
    let mut lines = LOGGED.lock();
    while told(&lines, "left out of the log: ") == 0 {
        let late = MORE_LOGGED.wait_for(&mut lines, LIMIT).timed_out();
        assert!(!late, "what is missing is told");
    }
    assert!(told(&lines, "a message of the relay was passed over") < 200);
}

#[test]
fn fragments_without_end_end_the_session_before_they_fill_the_memory() {
    const LARGEST: usize = 16 * 1024 * 1024;
    let sent = Arc::new(AtomicUsize::new(0));
    let count = sent.clone();
    let server = Server::start(move |visitor| {
        if visitor.asks_for_info() {
            return visitor.give_info();
        }
        visitor.admit()?;
        let piece = vec![b'x'; 65_536];
        visitor.say(websocket(0x02, &piece))?;
        loop {
            visitor.say(websocket(0x00, &piece))?;
            count.fetch_add(piece.len(), Ordering::Relaxed);
        }
    });
    let before = resident();
    let client = client_of(&server);
    client.expect(&Event::Connected);
    assert_eq!(expect_failure(&client, "fragments").0, SessionError::ConnectionDropped);
    client.expect(&Event::Disconnected);
    let sent = sent.load(Ordering::Relaxed);
    // What the system holds of a connection comes on top.
    assert!((LARGEST / 2..4 * LARGEST).contains(&sent), "{sent} bytes");
    assert!(resident() < before + 128, "from {before} MiB to {} MiB", resident());
}

/// Tells nothing of before until it is let go.
struct Held {
    go: Mutex<Receiver<()>>,
    told: Mutex<Sender<Event>>,
}

impl Observer for Held {
    fn notify(&self, event: Event) {
        if matches!(event, Event::SignalReceived { .. }) {
            let _ = self.go.lock().recv();
        }
        let _ = self.told.lock().send(event);
    }
}

/// A client that has entered, and what lets its callbacks return when it is dropped. That is named after the client, to be
/// dropped before it even if a test fails: the client's delete waits for the callback.
fn held_client(server: &Server, queue: usize) -> (Client, Sender<()>) {
    let (go, wait) = channel();
    let (told, events) = channel();
    let observer = Arc::new(Held { go: Mutex::new(wait), told: Mutex::new(told) });
    let settings = SessionSettings {
        api_url: Some(server.url()),
        callback_queue_bytes: queue,
        ..SessionSettings::default()
    };
    let client = Client::observed("S", settings, observer, events);
    client.session.connect(TOKEN).expect("idle");
    client.expect(&Event::Connected);
    (client, go)
}

#[test]
fn a_flood_stops_where_the_program_does_not_keep_up() {
    const QUEUE: usize = 4 * 1024 * 1024;
    let written = Arc::new(AtomicUsize::new(0));
    let (count, data) = (written.clone(), "x".repeat(8_000));
    let (stand, stands) = channel();
    let stand = Mutex::new(stand);
    let server = Server::start(move |visitor| {
        if visitor.asks_for_info() {
            return visitor.give_info();
        }
        visitor.admit()?;
        // Long enough to be sure that nothing moves any more.
        visitor.socket.set_write_timeout(Some(Duration::from_secs(3)))?;
        while visitor.tell_signal("b", &data).is_ok() {
            count.fetch_add(data.len(), Ordering::Relaxed);
        }
        let _ = stand.lock().send(());
        visitor.await_close();
        Ok(())
    });
    let before = resident();
    let (client, go) = held_client(&server, QUEUE);
    // It stands still when the program's queue and the system's buffers are full.
    stands.recv_timeout(LIMIT).expect("the client stops reading");
    let written = written.load(Ordering::Relaxed);
    assert!((QUEUE / 2..64 * 1024 * 1024).contains(&written), "{written} bytes were taken");
    assert!(resident() < before + 64, "from {before} MiB to {} MiB", resident());
    drop(go);
    client.session.disconnect().expect("connected");
    while client.next() != Event::Disconnected {}
}

#[test]
fn what_came_before_a_small_signal_is_not_kept_while_the_signal_waits() {
    const PAIRS: usize = 300;
    // Both of the sizes at which a buffer may be left over for what comes next.
    for data in ["small", &"x".repeat(8_000)] {
        let (junk, data) = ("x".repeat(512 * 1024), data.to_owned());
        let (done, all_read) = channel();
        let done = Mutex::new(done);
        let server = Server::start(move |visitor| {
            if visitor.asks_for_info() {
                return visitor.give_info();
            }
            visitor.admit()?;
            for _ in 0..PAIRS {
                visitor.tell("b", &junk)?;
                visitor.tell_signal("b", &data)?;
                for _ in 0..2 {
                    // PINGs may come between the acknowledgements.
                    while visitor.read_frame()?.kind != FrameType::Status {}
                }
            }
            let _ = done.lock().send(());
            visitor.await_close();
            Ok(())
        });
        let before = resident();
        let (client, go) = held_client(&server, DEFAULT_CALLBACK_QUEUE_BYTES);
        all_read.recv_timeout(LIMIT).expect("the client reads on: its queue is far from full");
        assert_eq!(client.session.counters().signals_received, PAIRS as u64);
        assert!(resident() < before + 64, "from {before} MiB to {} MiB", resident());
        drop(go);
        (0..PAIRS).for_each(|_| assert!(matches!(client.next(), Event::SignalReceived { .. })));
        client.session.disconnect().expect("connected");
        client.expect(&Event::Disconnected);
    }
}

#[test]
fn a_relay_that_asks_for_long_answers_and_reads_none_of_them_is_read_no_further() {
    const FRAMES: usize = 4_000;
    let written = Arc::new(AtomicUsize::new(0));
    let count = written.clone();
    let (stand, stands) = channel();
    let stand = Mutex::new(stand);
    let server = Server::start(move |visitor| {
        if visitor.asks_for_info() {
            return visitor.give_info();
        }
        visitor.admit()?;
        // Long enough to be sure that nothing moves any more.
        visitor.socket.set_write_timeout(Some(Duration::from_secs(3)))?;
        for number in 0..FRAMES {
            // What a frame is called is what its acknowledgement has to say.
            let name = format!("{number}{}", "x".repeat(60_000));
            if visitor.tell_under(&name, "b", "{}").is_err() {
                break;
            }
            count.fetch_add(name.len(), Ordering::Relaxed);
        }
        let _ = stand.lock().send(());
        visitor.await_close();
        Ok(())
    });
    let before = resident();
    let client = client_of(&server);
    client.expect(&Event::Connected);
    stands.recv_timeout(LIMIT).expect("the server has tried");
    let written = written.load(Ordering::Relaxed);
    assert!(written < 64 * 1024 * 1024, "{written} bytes were taken");
    assert!(resident() < before + 64, "from {before} MiB to {} MiB", resident());
}

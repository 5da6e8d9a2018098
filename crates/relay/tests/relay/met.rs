//! Every limit, met: the program counts it under the metric that the documents name and writes a line that can be seen
//! with the log as it is by default.

use std::net::SocketAddr;
use std::sync::mpsc;

use otc_protocol::raptor::Uri;
use otc_protocol::rumor::{Frame, FrameType};
use otc_protocol::token::Role;
use otc_relay::config::Setting;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::certificates::{Authority, Files};
use crate::client::{Client, End};
use crate::program::{Running, program};
use crate::support::{KEY, PATIENCE, SECRET, exchange_with, request_at, rest_jwt, session, soon, token};

/// A relay whose log and metrics are looked at.
struct Watched {
    log: mpsc::Receiver<String>,
    address: SocketAddr,
    admin: SocketAddr,
    _running: Running,
}

impl Watched {
    fn start(settings: &[(&str, &str)]) -> Self {
        let mut command = program();
        command.args(["serve", "--api-key", KEY, "--api-secret", SECRET, "--listen", "127.0.0.1:0"]);
        command.args(["--set", "admin=127.0.0.1:0", "--set", "shards=1"]);
        for (key, value) in settings {
            command.arg("--set").arg(format!("{key}={value}"));
        }
        let mut running = Running::start(&mut command);
        let address = |line: String| -> SocketAddr {
            let (_, address) = line.split_once("://").unwrap_or_else(|| panic!("no URL in {line}"));
            address.parse().expect(&line)
        };
        let (main, admin) = (address(running.line()), address(running.line()));
        Self { log: running.log(), address: main, admin, _running: running }
    }

    /// Waits until the limit has been counted.
    async fn counted(&self, series: &str) {
        let name = format!("otc_relay_{series} ");
        soon(series, async {
            loop {
                let metrics = request_at(self.admin, "GET", "/metrics", &[], "").await.body;
                let value = metrics.lines().find_map(|line| line.strip_prefix(&name));
                let value = value.unwrap_or_else(|| panic!("no {series} in {metrics}"));
                if value.parse::<f64>().expect(value) >= 1.0 {
                    break;
                }
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    /// Waits until a line of the log has these words.
    fn written(&self, words: &str) {
        let mut seen = Vec::new();
        while !seen.last().is_some_and(|line: &String| line.contains(words)) {
            match self.log.recv_timeout(PATIENCE) {
                Ok(line) => seen.push(line),
                Err(_) => panic!("the log does not say {words:?}: {seen:#?}"),
            }
        }
    }

    /// Waits until the limit has been counted and written down.
    async fn met(&self, key: &str, words: &str) {
        self.counted(metric(key)).await;
        self.written(words);
    }

    async fn send(&self, text: &str) -> Vec<u8> {
        exchange_with(self.address, text.as_bytes()).await
    }

    async fn rest(&self, body: &str) -> u16 {
        let path = format!("/v2/project/{KEY}/session/{}/signal", session(1));
        request_at(self.address, "POST", &path, &[("X-OPENTOK-AUTH", &rest_jwt())], body).await.status
    }

    async fn enter(&self, id: &str) -> Client {
        Client::enter_at(self.address, &session(1), id).await
    }

    async fn open(&self, id: &str, query: &str) -> Client {
        let wire = TcpStream::connect(self.address).await.expect("the relay listens");
        let url = format!("ws://{}/rumorwebsocketsv2?socketId={id}.{}{query}", self.address, session(1));
        Client::over(Box::new(wire), &url, &session(1), id).await
    }
}

/// The metric of a limit.
fn metric(key: &str) -> &'static str {
    let setting = Setting::all().iter().find(|setting| setting.key == key);
    setting.and_then(|setting| setting.metric).unwrap_or_else(|| panic!("{key} is no limit"))
}

/// Fails unless these are all the limits of a section.
fn all_of(section: &str, keys: &[&str]) {
    let limits = Setting::all().iter().filter(|setting| setting.metric.is_some()).map(|setting| setting.key);
    let missing: Vec<&str> = limits.filter(|key| key.starts_with(section) && !keys.contains(key)).collect();
    assert!(missing.is_empty(), "no test meets {missing:?}");
}

#[tokio::test]
async fn limits_of_http_are_counted_and_written_down_when_they_are_met() {
    let path = format!("/v2/project/{KEY}/session/{}/signal", session(1));
    let slow = format!(
        "POST {path} HTTP/1.1\r\nHost: a\r\nX-OPENTOK-AUTH: {}\r\nContent-Length: 9\r\n\r\n{{",
        rest_jwt()
    );
    let large = format!("GET /x HTTP/1.1\r\nHost: a\r\nX-Long: {}\r\n\r\n", "x".repeat(40_000));

    let relay = Watched::start(&[("http.head_timeout", "100ms")]);
    relay.send("GET /x HTTP/1.1\r\nHost").await;
    relay.met("http.head_timeout", "reason=\"head_timeout\"").await;

    let relay = Watched::start(&[("http.max_head", "8KiB")]);
    assert!(relay.send(&large).await.starts_with(b"HTTP/1.1 431 "));
    relay.met("http.max_head", "reason=\"head_too_large\"").await;

    let relay = Watched::start(&[("http.body_timeout", "100ms")]);
    assert!(relay.send(&slow).await.starts_with(b"HTTP/1.1 408 "));
    relay.met("http.body_timeout", "reason=\"body_timeout\"").await;

    // A body that nobody asked for is held to the same.
    let relay = Watched::start(&[("http.body_timeout", "100ms")]);
    let answer = relay.send("POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx").await;
    assert!(answer.starts_with(b"HTTP/1.1 404 "));
    relay.met("http.body_timeout", "reason=\"body_timeout\"").await;

    let relay = Watched::start(&[("http.max_body", "1KiB")]);
    assert_eq!(relay.rest(&"x".repeat(2000)).await, 413);
    relay.met("http.max_body", "reason=\"body_too_large\"").await;

    let relay = Watched::start(&[("http.max_url", "1KiB")]);
    let long = format!("/session/{}", "x".repeat(1100));
    assert_eq!(request_at(relay.address, "GET", &long, &[], "").await.status, 414);
    relay.met("http.max_url", "reason=\"url_too_long\"").await;

    for (key, other) in
        [("http.rest_per_second", "http.rest_burst"), ("http.rest_burst", "http.rest_per_second")]
    {
        let relay = Watched::start(&[(key, "1"), (other, "1")]);
        while relay.rest("{\"data\": \"x\"}").await != 429 {}
        relay.met(key, "reason=\"rest_rate\"").await;
    }
    all_of(
        "http.",
        &[
            "http.head_timeout",
            "http.max_head",
            "http.body_timeout",
            "http.max_body",
            "http.max_url",
            "http.rest_per_second",
            "http.rest_burst",
        ],
    );
}

#[tokio::test]
async fn limits_of_sockets_are_counted_and_written_down_when_they_are_met() {
    let files = Files::new("limits-met", &Authority::new().issue());
    let (certificate, key) = (files.certificate.to_str().unwrap(), files.key.to_str().unwrap());
    let relay = Watched::start(&[
        ("tls.handshake_timeout", "100ms"),
        ("tls.certificate", certificate),
        ("tls.key", key),
    ]);
    relay.send("").await;
    relay.met("tls.handshake_timeout", "TLS handshake failed").await;
    all_of("tls.", &["tls.handshake_timeout"]);

    for (key, words) in [
        ("link.max_sockets", "too many open sockets"),
        ("link.max_half_open", "too many sockets that show no token"),
        ("link.max_half_open_per_address", "too many sockets of one address"),
    ] {
        let relay = Watched::start(&[(key, "1"), ("link.proxies", "")]);
        let _first = TcpStream::connect(relay.address).await.expect("the relay listens");
        relay.send("").await;
        relay.met(key, words).await;
    }

    let relay = Watched::start(&[("link.max_admin_sockets", "4")]);
    let mut held = Vec::new();
    for _ in 0..5 {
        held.push(TcpStream::connect(relay.admin).await.expect("the relay listens"));
    }
    relay.met("link.max_admin_sockets", "too many connections to the admin listener").await;

    // One that asks and asks, and reads no answer. Those to what is not understood are not kept for it, so that it is the
    // socket that overflows.
    for (key, settings, words) in [
        ("link.output_soft", &[("link.output_soft", "4KiB")][..], "a socket is not read"),
        (
            "link.output_hard",
            &[("link.output_soft", "4KiB"), ("limits.kept_bytes", "64KiB"), ("link.output_hard", "68KiB")],
            "does not take its output",
        ),
    ] {
        let relay = Watched::start(settings);
        let mut client = relay.enter("a").await;
        let unknown = json!({"method": "x", "uri": Uri::for_session(KEY, &client.session), "content": {}});
        // It ends with the socket, or with the test.
        let asking = tokio::spawn(async move {
            for number in 0_u64.. {
                client.request_as(&format!("{number:0240}"), unknown.clone(), &[]).await;
            }
        });
        relay.met(key, words).await;
        asking.abort();
    }

    let relay = Watched::start(&[("link.close_timeout", "100ms"), ("limits.create_timeout", "100ms")]);
    // It is told to go and does not.
    let client = relay.open("a", "").await;
    relay.met("limits.create_timeout", "no create in time").await;
    relay.met("link.close_timeout", "did not close in time").await;
    drop(client);
    all_of(
        "link.",
        &[
            "link.max_sockets",
            "link.max_half_open",
            "link.max_half_open_per_address",
            "link.output_soft",
            "link.output_hard",
            "link.close_timeout",
            "link.max_admin_sockets",
        ],
    );
}

/// A description of a stream.
fn stream(client: &Client, content: Value) -> Value {
    let uri = format!("/v2/partner/{KEY}/session/{}/stream/s", client.session);
    json!({"method": "create", "uri": uri, "content": content})
}

/// Those that clients meet in time.
const IN_TIME: [&str; 7] = [
    "limits.create_timeout",
    "limits.unknown_resume_timeout",
    "limits.resume_hold",
    "limits.ping_interval",
    "limits.silence_limit",
    "limits.leave_timeout",
    "limits.grace_window",
];

#[tokio::test]
async fn limits_of_time_are_counted_and_written_down_when_they_are_met() {
    let relay = Watched::start(&[("limits.unknown_resume_timeout", "100ms")]);
    let mut client = relay.open("a", "&reconnect=true").await;
    assert_eq!(client.end().await, End::Closed(Some(1011)));
    relay.met("limits.unknown_resume_timeout", "nothing to resume").await;

    let relay = Watched::start(&[("limits.resume_hold", "100ms")]);
    relay.enter("a").await.cut();
    relay.counted("links_lost_total").await;
    let _client = relay.open("a", "&reconnect=true").await;
    relay.met("limits.resume_hold", "it gets what it missed").await;

    let relay = Watched::start(&[("limits.ping_interval", "100ms"), ("limits.silence_limit", "300ms")]);
    let _client = relay.enter("a").await;
    // Nobody minds being asked: that is counted only.
    relay.counted(metric("limits.ping_interval")).await;
    relay.met("limits.silence_limit", "nothing heard for too long").await;

    let relay = Watched::start(&[("limits.leave_timeout", "100ms")]);
    let mut client = relay.enter("a").await;
    client.send(Frame::new(FrameType::Disconnect)).await;
    relay.met("limits.leave_timeout", "did not close its socket").await;

    let relay = Watched::start(&[("limits.grace_window", "100ms")]);
    relay.enter("a").await.cut();
    relay.met("limits.grace_window", "did not come back in time").await;
}

#[tokio::test]
async fn limits_of_number_and_size_are_counted_and_written_down_when_they_are_met() {
    let relay = Watched::start(&[("limits.frames_before_create", "3")]);
    let mut client = relay.open("a", "").await;
    for _ in 0..5 {
        client.send(Frame::new(FrameType::Ping)).await;
    }
    relay.met("limits.frames_before_create", "closed with 1000").await;

    let relay = Watched::start(&[("limits.frame_bytes", "64KiB")]);
    let mut client = relay.enter("a").await;
    let sent = client.signal(None, &"x".repeat(70_000)).await;
    assert_eq!(client.status_of(&sent).await, "413");
    relay.met("limits.frame_bytes", "refused with 413").await;
    let relay = Watched::start(&[("limits.frame_bytes", "64KiB")]);
    let mut client = relay.enter("a").await;
    client.signal(None, &"x".repeat(5 * 64 * 1024)).await;
    assert_eq!(client.end().await, End::Closed(Some(1011)));
    relay.met("limits.frame_bytes", "closed with 1011: message is far too large").await;

    let relay = Watched::start(&[("limits.signal_payload_bytes", "8KiB")]);
    let mut client = relay.enter("a").await;
    let sent = client.signal(None, &"\u{e9}".repeat(8_000)).await;
    assert_eq!(client.status_of(&sent).await, "413");
    relay.met("limits.signal_payload_bytes", "refused with 413").await;

    let relay = Watched::start(&[("limits.id_bytes", "36")]);
    let mut client = relay.enter("a").await;
    let read = json!({"method": "read", "uri": Uri::for_session(KEY, &client.session), "content": {}});
    client.request_as(&"x".repeat(37), read, &[]).await;
    relay.met("limits.id_bytes", "transaction id is too long").await;

    let relay = Watched::start(&[("limits.remembered_requests", "512")]);
    let mut client = relay.enter("a").await;
    let read = json!({"method": "read", "uri": Uri::for_session(KEY, &client.session), "content": {}});
    for _ in 0..2 {
        client.request_as("the same", read.clone(), &[]).await;
    }
    // Nobody minds: that is counted only.
    relay.counted(metric("limits.remembered_requests")).await;

    for (key, value) in [("limits.kept_messages", "16"), ("limits.kept_bytes", "64KiB")] {
        let relay = Watched::start(&[(key, value)]);
        let mut client = relay.enter("a").await;
        let _idle = relay.enter("b").await;
        for _ in 0..20 {
            client.signal(Some("b"), &"x".repeat(8_000)).await;
        }
        relay.met(key, "unacknowledged").await;
    }

    for key in ["limits.requests_per_second", "limits.request_burst", "limits.longest_pause"] {
        let relay = Watched::start(&[
            ("limits.requests_per_second", "1"),
            ("limits.request_burst", "1"),
            ("limits.longest_pause", "100ms"),
        ]);
        let mut client = relay.enter("a").await;
        for _ in 0..3 {
            client.signal(None, "x").await;
        }
        relay.met(key, "sends too fast").await;
    }

    let relay = Watched::start(&[("limits.connections_per_session", "1")]);
    let _first = relay.enter("a").await;
    let mut second = relay.open("b", "").await;
    let create = second.hello(&token(&session(1), Role::Publisher, ""), Some("otc-0.1.0")).await;
    assert_eq!(second.status_of(&create).await, "410");
    relay.met("limits.connections_per_session", "refused with 410").await;

    let relay = Watched::start(&[("limits.streams_per_connection", "0")]);
    let mut client = relay.enter("a").await;
    let create = client.request_with(stream(&client, json!({})), &[]).await;
    assert_eq!(client.status_of(&create).await, "403");
    relay.met("limits.streams_per_connection", "refused with 403").await;

    let relay = Watched::start(&[("limits.stream_bytes", "1KiB")]);
    let mut client = relay.enter("a").await;
    let create = client.request_with(stream(&client, json!({"name": "x".repeat(2000)})), &[]).await;
    assert_eq!(client.status_of(&create).await, "413");
    relay.met("limits.stream_bytes", "refused with 413").await;

    let here = [
        "limits.frames_before_create",
        "limits.frame_bytes",
        "limits.signal_payload_bytes",
        "limits.id_bytes",
        "limits.remembered_requests",
        "limits.kept_messages",
        "limits.kept_bytes",
        "limits.requests_per_second",
        "limits.request_burst",
        "limits.longest_pause",
        "limits.connections_per_session",
        "limits.streams_per_connection",
        "limits.stream_bytes",
    ];
    all_of("limits.", &[&here[..], &IN_TIME].concat());
}

#[tokio::test]
async fn connections_that_are_merely_not_used_any_more_meet_no_limit() {
    let relay = Watched::start(&[("http.head_timeout", "100ms")]);
    // Answered, kept open, never used again: closed without a word.
    let answer = relay.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(answer.starts_with(b"HTTP/1.1 404 "));
    let metrics = request_at(relay.admin, "GET", "/metrics", &[], "").await.body;
    assert!(metrics.contains("\notc_relay_limited_total{reason=\"head_timeout\"} 0\n"), "{metrics}");
    // Answered, and then slow.
    let mut socket = TcpStream::connect(relay.address).await.expect("the relay listens");
    socket.write_all(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("it reads");
    let mut answer = [0; 12];
    soon("an answer", tokio::io::AsyncReadExt::read_exact(&mut socket, &mut answer))
        .await
        .expect("it answers");
    socket.write_all(b"GET /x HTTP/1.1\r\n").await.expect("it reads");
    relay.met("http.head_timeout", "reason=\"head_timeout\"").await;
}

#[tokio::test]
async fn a_body_has_the_time_that_is_set_and_no_more() {
    // The second socket is given three quarters of twice the time of the body: it ends between the one and the other.
    let relay = Watched::start(&[("http.body_timeout", "400ms"), ("http.head_timeout", "600ms")]);
    let path = format!("/v2/project/{KEY}/session/{}/signal", session(1));
    let head = format!("POST {path} HTTP/1.1\r\nHost: a\r\nX-OPENTOK-AUTH: {}\r\n", rest_jwt());
    for request in [
        format!("{head}Content-Length: 9\r\n\r\n{{"),
        "POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx".to_owned(),
    ] {
        let (slow, silent) = (relay.send(&request), relay.send(""));
        tokio::pin!(slow, silent);
        let answer = tokio::select! {
            biased;
            answer = &mut slow => answer,
            _ = &mut silent => panic!("the body has more time than it should: {request}"),
        };
        assert!(answer.starts_with(b"HTTP/1.1 4"));
        silent.await;
    }
}

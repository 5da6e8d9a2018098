//! Limits as an operator meets them: each can be set, is counted, and is described; and what the edge refuses.

use otc_protocol::token::Role;
use otc_relay::config::Setting;
use otc_relay::{Config, Relay};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{Client, End, messaging_url};
use crate::support::{KEY, request, request_at, rest_jwt, session, soon, start, token};

fn start_watched(adjust: impl FnOnce(&mut Config)) -> Relay {
    start(|config| {
        config.set("admin", "127.0.0.1:0").unwrap();
        config.set("shards", "1").unwrap();
        adjust(config);
    })
}

async fn metrics(relay: &Relay) -> String {
    request_at(relay.admin_address().expect("an admin listener"), "GET", "/metrics", &[], "").await.body
}

/// The value of a series.
fn value(metrics: &str, series: &str) -> f64 {
    let line = metrics
        .lines()
        .find_map(|line| line.strip_prefix("otc_relay_")?.strip_prefix(series)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {series} in {metrics}")).parse().expect(series)
}

/// Waits until a series has a value.
async fn until(relay: &Relay, series: &str, wanted: f64) {
    soon(series, async {
        while value(&metrics(relay).await, series) < wanted {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// Settings of the sections of limits that limit nothing.
const NO_LIMITS: [&str; 3] = ["http.allowed_origins", "link.proxies", "limits.subscriber_may_signal"];

#[tokio::test]
async fn every_limit_has_a_metric_and_a_row_in_the_documents() {
    let metrics = metrics(&start_watched(|_| ())).await;
    let document = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/relay.md");
    let document = std::fs::read_to_string(document).expect("the document");
    let defaults = Config::default();
    for setting in Setting::all() {
        let section = setting.key.split_once('.').map_or("", |(section, _)| section);
        let limits = ["http", "link", "limits"].contains(&section) && !NO_LIMITS.contains(&setting.key);
        let Some(metric) = setting.metric else {
            assert!(!limits, "{} has no metric", setting.key);
            continue;
        };
        value(&metrics, metric);
        let row = format!("| `{}` | {} | `{metric}` |", setting.key, setting.get(&defaults));
        assert!(document.contains(&row), "docs/relay.md lacks: {row}");
    }
}

#[tokio::test]
async fn histograms_add_up() {
    let relay = start_watched(|_| ());
    let session = session(1);
    let mut a = Client::enter(&relay, &session, "a", Role::Publisher).await;
    a.signal(None, "x").await;
    a.next_signal().await;
    a.cut();
    until(&relay, "connections_away", 1.0).await;
    let url = messaging_url(&relay, &session, &token(&session, Role::Publisher, "")).await;
    let url = format!("{url}&socketId=a.{session}&reconnect=true&attempt=2");
    let _a = Client::open(&relay, &url, &session, "a").await;
    until(&relay, "resumes_total", 1.0).await;
    let metrics = metrics(&relay).await;
    for (series, least) in [
        ("join_seconds{}", 1.0),
        ("away_seconds{}", 1.0),
        ("turnaround_seconds{}", 2.0),
        ("admission_seconds{}", 3.0),
        ("tls_handshake_seconds{}", 0.0),
        ("http_request_seconds{for=\"session_info\"}", 2.0),
        ("http_request_seconds{for=\"websocket\"}", 2.0),
        ("http_request_seconds{for=\"rest\"}", 0.0),
    ] {
        let (name, label) = series.split_once('{').unwrap();
        let label = label.trim_end_matches('}');
        let whole = if label.is_empty() { String::new() } else { format!("{{{label}}}") };
        let comma = if label.is_empty() { "" } else { "," };
        let bucket = format!("otc_relay_{name}_bucket{{{label}{comma}le=");
        let counts: Vec<f64> = metrics
            .lines()
            .filter(|line| line.starts_with(&bucket))
            .map(|line| line.rsplit(' ').next().unwrap().parse().unwrap())
            .collect();
        let count = value(&metrics, &format!("{name}_count{whole}"));
        assert!(
            counts.len() == 21 && counts.is_sorted() && counts.last() == Some(&count),
            "{series}: {counts:?}"
        );
        assert!(count >= least, "{series}: {count}");
        assert_eq!(value(&metrics, &format!("{name}_sum{whole}")) > 0.0, count > 0.0, "{series}");
    }
}

#[tokio::test]
async fn requests_over_a_limit_are_answered_and_counted() {
    let relay = start_watched(|config| {
        for (key, value) in [
            ("http.max_url", "1KiB"),
            ("http.max_body", "1KiB"),
            ("http.body_timeout", "100ms"),
            ("http.head_timeout", "100ms"),
            ("http.allowed_origins", "https://app.example"),
        ] {
            config.set(key, value).unwrap();
        }
    });
    let session = session(1);
    let path = format!("/v2/project/{KEY}/session/{session}/signal");
    let auth = rest_jwt();
    let auth = ("X-OPENTOK-AUTH", &*auth);

    let long = format!("/session/{}", "x".repeat(1100));
    assert_eq!(request(&relay, "GET", &long, &[], "").await.status, 414);
    assert_eq!(request(&relay, "POST", &path, &[auth], &"x".repeat(2000)).await.status, 413);
    let origin = ("Origin", "https://other.example");
    assert_eq!(request(&relay, "GET", "/session/x", &[origin], "").await.status, 403);
    assert_eq!(request(&relay, "GET", &format!("/session/{session}"), &[], "").await.status, 403);
    assert_eq!(request(&relay, "GET", &path, &[("X-OPENTOK-AUTH", "x")], "").await.status, 403);
    let head = format!("GET /x HTTP/1.1\r\nHost: relay\r\nX-Long: {}\r\n\r\n", "x".repeat(40_000));
    assert!(raw(&relay, &head).await.starts_with("HTTP/1.1 431 "));
    let slow = format!(
        "POST {path} HTTP/1.1\r\nHost: relay\r\n{}: {}\r\nContent-Length: 9\r\n\r\n{{",
        auth.0, auth.1
    );
    assert!(raw(&relay, &slow).await.starts_with("HTTP/1.1 408 "));
    raw(&relay, "GET /x HTTP/1.1\r\nHost").await;

    let metrics = metrics(&relay).await;
    for reason in [
        "url_too_long",
        "body_too_large",
        "origin",
        "session_info_token",
        "rest_credential",
        "head_too_large",
        "body_timeout",
    ] {
        assert_eq!(value(&metrics, &format!("limited_total{{reason=\"{reason}\"}}")), 1.0, "{reason}");
    }
    assert!(value(&metrics, "limited_total{reason=\"head_timeout\"}") >= 1.0);
    assert_eq!(value(&metrics, "http_answers_total{for=\"rest\",status=\"413\"}"), 1.0);
    assert_eq!(value(&metrics, "http_answers_total{for=\"rest\",status=\"403\"}"), 1.0);
    assert_eq!(value(&metrics, "http_answers_total{for=\"session_info\",status=\"403\"}"), 2.0);
}

/// Sends text and reads until the relay closes.
async fn raw(relay: &Relay, text: &str) -> String {
    let mut socket = TcpStream::connect(relay.address()).await.expect("the relay listens");
    socket.write_all(text.as_bytes()).await.expect("the relay reads");
    let mut answer = Vec::new();
    // What was not read of the request may turn the end into a reset.
    let _ = soon("an end", socket.read_to_end(&mut answer)).await;
    String::from_utf8(answer).expect("text")
}

#[tokio::test]
async fn a_stranger_holds_its_share_of_sockets_and_whoever_shows_a_token_is_none() {
    let relay = start_watched(|config| {
        config.set("link.proxies", "").unwrap();
        config.set("link.max_half_open_per_address", "3").unwrap();
    });
    let session = session(1);
    // In a session, on a connection that has shown a token, on one that has shown a key: not counted.
    let mut clients = Vec::new();
    for id in ["a", "b", "c", "d"] {
        clients.push(Client::enter(&relay, &session, id, Role::Publisher).await);
    }
    let mut kept = Vec::new();
    let good = [("X-TB-TOKEN-AUTH", token(&session, Role::Publisher, "")), ("X-OPENTOK-AUTH", rest_jwt())];
    for path in [format!("/session/{session}"), format!("/v2/project/{KEY}/session/{session}/connection")] {
        let head: String = good.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let mut socket = TcpStream::connect(relay.address()).await.unwrap();
        socket
            .write_all(format!("GET {path} HTTP/1.1\r\nHost: relay\r\n{head}\r\n").as_bytes())
            .await
            .unwrap();
        let mut answer = [0; 12];
        soon("an answer", socket.read_exact(&mut answer)).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200");
        kept.push(socket);
    }
    soon("nobody is a stranger", async {
        while value(&metrics(&relay).await, "sockets_half_open") > 0.0 {
            tokio::task::yield_now().await;
        }
    })
    .await;

    // One says nothing, one speaks HTTP without a token, one is a WebSocket that enters no session.
    let silent = TcpStream::connect(relay.address()).await.unwrap();
    let mut curious = TcpStream::connect(relay.address()).await.unwrap();
    curious.write_all(b"GET /x HTTP/1.1\r\nHost: relay\r\n\r\n").await.unwrap();
    let url = format!("ws://{}/rumorwebsocketsv2", relay.address());
    let idle = Client::open(&relay, &url, &session, "e").await;
    until(&relay, "sockets_half_open", 3.0).await;
    let mut fourth = TcpStream::connect(relay.address()).await.unwrap();
    let mut nothing = Vec::new();
    let _ = soon("an end", fourth.read_to_end(&mut nothing)).await;
    assert!(nothing.is_empty());
    let counted = metrics(&relay).await;
    assert_eq!(value(&counted, "sockets_refused_total{limit=\"half_open_per_address\"}"), 1.0);
    assert_eq!(value(&counted, "sockets"), 9.0);

    drop((silent, curious));
    idle.cut();
    soon("places come back", async {
        while value(&metrics(&relay).await, "sockets_half_open") > 0.0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let _fifth = Client::enter(&relay, &session, "f", Role::Publisher).await;
}

#[tokio::test]
async fn strangers_do_not_take_all_places() {
    let relay = start_watched(|config| {
        config.set("link.max_half_open", "2").unwrap();
        config.set("limits.create_timeout", "100ms").unwrap();
    });
    let url = format!("ws://{}/rumorwebsocketsv2", relay.address());
    let mut first = Client::open(&relay, &url, &session(1), "a").await;
    let _second = TcpStream::connect(relay.address()).await.unwrap();
    until(&relay, "sockets_half_open", 2.0).await;
    let mut third = TcpStream::connect(relay.address()).await.unwrap();
    let _ = soon("an end", third.read(&mut [0; 1])).await;
    assert_eq!(value(&metrics(&relay).await, "sockets_refused_total{limit=\"half_open\"}"), 1.0);
    assert_eq!(first.end().await, End::Closed(Some(1000)), "there is a time to enter a session");
    first.cut();
    let metrics = metrics(&relay).await;
    assert_eq!(value(&metrics, "rejections_total{reason=\"create_timeout\"}"), 1.0);
}

#[tokio::test]
async fn two_programs_that_answer_each_other_for_ever_are_slowed_down_and_disturb_nobody() {
    const RATE: u32 = 200;
    let relay = start_watched(|config| {
        config.limits.requests_per_second = RATE;
        config.limits.request_burst = 50;
    });
    let echo = session(1);
    let mut one = Client::enter(&relay, &echo, "one", Role::Publisher).await;
    let two = Client::enter(&relay, &echo, "two", Role::Publisher).await;
    one.until("created", "two").await;
    // Each answers whatever comes with two signals, so that they would fill any line.
    one.signal(Some("two"), "and you?").await;
    let programs = [(one, "two"), (two, "one")].map(|(mut program, other)| {
        tokio::spawn(async move {
            loop {
                program.next_signal().await;
                program.signal(Some(other), "and you?").await;
                program.signal(Some(other), "and you?").await;
            }
        })
    });
    until(&relay, "pauses_total", 5.0).await;

    let other = session(2);
    let mut a = Client::enter(&relay, &other, "a", Role::Publisher).await;
    let mut b = Client::enter(&relay, &other, "b", Role::Publisher).await;
    a.until("created", "b").await;
    for number in 0..40 {
        a.signal(Some("b"), &number.to_string()).await;
        assert_eq!(b.next_signal().await.0, number.to_string());
        b.signal(Some("a"), &number.to_string()).await;
        assert_eq!(a.next_signal().await.0, number.to_string());
    }
    let counted = metrics(&relay).await;
    assert_eq!(value(&counted, "connections"), 4.0, "nobody was ended");
    assert_eq!(value(&counted, "rejections_total{reason=\"kept_overflow\"}"), 0.0);
    until(&relay, "pauses_total", value(&counted, "pauses_total") + 1.0).await;
    programs.iter().for_each(|program| program.abort());
}

#[tokio::test]
async fn a_full_session_refuses_the_next_client() {
    let relay = start_watched(|config| config.limits.connections_per_session = 2);
    let session = session(1);
    let _a = Client::enter(&relay, &session, "a", Role::Publisher).await;
    let _b = Client::enter(&relay, &session, "b", Role::Publisher).await;
    let token = token(&session, Role::Publisher, "");
    let url = messaging_url(&relay, &session, &token).await;
    let mut c = Client::open(&relay, &format!("{url}&socketId=c&attempt=1"), &session, "c").await;
    let create = c.hello(&token, Some("otc-0.1.0")).await;
    assert_eq!(c.status_of(&create).await, "410");
    assert_eq!(value(&metrics(&relay).await, "rejections_total{reason=\"session_full\"}"), 1.0);
}

//! The admin listener.

use std::time::Duration;

use otc_protocol::token::Role;
use otc_relay::{Config, Relay, bind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{Client, messaging_url};
use crate::support::{Answer, KEY, PATIENCE, SECRET, request, request_at, session, soon, start, token};

const TOKEN: &str = "the-admin-token-of-the-tests";

async fn get(relay: &Relay, path: &str, headers: &[(&str, &str)]) -> Answer {
    request_at(relay.admin_address().expect("an admin listener"), "GET", path, headers, "").await
}

/// The value of a series.
fn value(metrics: &str, series: &str) -> u64 {
    let line = metrics.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {series} in {metrics}")).parse().expect(series)
}

#[tokio::test]
async fn there_is_no_admin_listener_unless_asked_for_and_its_paths_are_not_on_the_public_one() {
    let relay = start(|_| ());
    assert_eq!(relay.admin_address(), None);
    for path in ["/health", "/ready", "/metrics", "/status"] {
        assert_eq!(request(&relay, "GET", path, &[], "").await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn metrics_count_what_happens_over_all_shards() {
    let relay = start(|config| {
        config.set("admin", "127.0.0.1:0").unwrap();
        config.set("shards", "2").unwrap();
    });
    let mut clients = Vec::new();
    for number in 0..3 {
        let mut a = Client::enter(&relay, &session(number), "a", Role::Publisher).await;
        a.signal(None, "said in confidence").await;
        assert_eq!(a.next_signal().await.0, "said in confidence");
        clients.push(a);
    }
    let url = messaging_url(&relay, &session(1), &token(&session(1), Role::Publisher, "")).await;
    let mut refused = Client::open(&relay, &url, &session(1), "b").await;
    let create = refused.hello("nonsense", None).await;
    assert_eq!(refused.status_of(&create).await, "403");
    let answer = get(&relay, "/metrics", &[]).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let metrics = &answer.body;
    assert_eq!(value(metrics, "otc_relay_sessions"), 3);
    assert_eq!(value(metrics, "otc_relay_connections"), 3);
    assert_eq!(value(metrics, "otc_relay_joins_total"), 3);
    assert_eq!(value(metrics, "otc_relay_signals_total{source=\"client\"}"), 3);
    assert_eq!(value(metrics, "otc_relay_deliveries_total"), 3);
    assert_eq!(value(metrics, "otc_relay_rejections_total{reason=\"token\"}"), 1);
    assert_eq!(value(metrics, "otc_relay_draining"), 0);
    for line in metrics.lines().filter(|line| !line.starts_with('#')) {
        let series = line.split([' ', '{']).next().unwrap();
        let histogram = ["_bucket", "_sum", "_count"].iter().find_map(|end| series.strip_suffix(end));
        let is_histogram = |name: &&str| metrics.contains(&format!("# TYPE {name} histogram\n"));
        let name = histogram.filter(is_histogram).unwrap_or(series);
        for what in ["# HELP", "# TYPE"] {
            assert_eq!(metrics.matches(&format!("{what} {name} ")).count(), 1, "{what} of {name}");
        }
    }
    for private in ["confidence", SECRET, &session(1)] {
        assert!(!metrics.contains(private), "{private}");
    }
}

#[tokio::test]
async fn status_tells_the_same_as_json() {
    let relay = start(|config| config.set("admin", "127.0.0.1:0").unwrap());
    let _a = Client::enter(&relay, &session(1), "a", Role::Publisher).await;
    let status = get(&relay, "/status", &[]).await.json();
    assert_eq!(status["state"], "running");
    assert_eq!(status["sessions"], 1);
    assert_eq!(status["connections"], 1);
    assert_eq!(status["rejected"]["token"], 0);
    assert_eq!(status["version"], env!("CARGO_PKG_VERSION"));
}

#[tokio::test]
async fn metrics_and_status_need_the_token_and_health_does_not() {
    let relay = start(|config| {
        config.set("admin", "127.0.0.1:0").unwrap();
        config.set("admin_token", TOKEN).unwrap();
    });
    let good = format!("Bearer {TOKEN}");
    for path in ["/metrics", "/status"] {
        for wrong in ["", "Bearer", "Bearer ", "Bearer guess", &format!("Basic {TOKEN}"), TOKEN] {
            let answer = get(&relay, path, &[("Authorization", wrong)]).await;
            assert_eq!(answer.status, 401, "{path} {wrong}");
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
            assert!(!answer.body.contains(TOKEN));
        }
        assert_eq!(get(&relay, path, &[]).await.status, 401);
        assert_eq!(get(&relay, path, &[("Authorization", &good)]).await.status, 200);
        let lower = format!("bearer {TOKEN}");
        assert_eq!(get(&relay, path, &[("Authorization", &lower)]).await.status, 200);
    }
    for path in ["/health", "/ready"] {
        assert_eq!(get(&relay, path, &[]).await.status, 200, "{path}");
    }
    assert_eq!(get(&relay, "/nothing", &[("Authorization", &good)]).await.status, 404);
    let address = relay.admin_address().unwrap();
    assert_eq!(request_at(address, "POST", "/metrics", &[], "").await.status, 405);
}

#[tokio::test]
async fn a_draining_relay_lives_and_is_not_ready() {
    let relay = start(|config| {
        config.set("admin", "127.0.0.1:0").unwrap();
        config.drain = Duration::from_secs(3600);
    });
    let a = Client::enter(&relay, &session(1), "a", Role::Publisher).await;
    let address = relay.admin_address().unwrap();
    assert_eq!(get(&relay, "/ready", &[]).await.status, 200);
    // A second look at the same relay after it was handed over to its end.
    let stop = tokio::spawn(relay.stop());
    tokio::time::timeout(PATIENCE, async {
        while request_at(address, "GET", "/ready", &[], "").await.status != 503 {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("it is not ready any more");
    assert_eq!(request_at(address, "GET", "/health", &[], "").await.status, 200);
    let metrics = request_at(address, "GET", "/metrics", &[], "").await.body;
    assert_eq!(value(&metrics, "otc_relay_draining"), 1);
    assert_eq!(value(&metrics, "otc_relay_connections"), 1);
    a.leave().await;
    soon("the end", stop).await.unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn sockets_over_the_limit_are_counted() {
    let relay = start(|config| {
        config.set("admin", "127.0.0.1:0").unwrap();
        config.set("shards", "1").unwrap();
        config.link.max_sockets = 1;
    });
    let _first = TcpStream::connect(relay.address()).await.unwrap();
    let mut second = TcpStream::connect(relay.address()).await.unwrap();
    // It is closed before anything is read of it: an end, or a reset.
    let _ = soon("its end", second.read(&mut [0; 1])).await;
    let metrics = get(&relay, "/metrics", &[]).await.body;
    assert_eq!(value(&metrics, "otc_relay_sockets_refused_total{limit=\"max_sockets\"}"), 1);
    assert_eq!(value(&metrics, "otc_relay_sockets"), 1);
}

#[tokio::test]
async fn whoever_has_asked_is_answered_however_many_come_behind_it() {
    let mut config = Config::default();
    config.keys.set_project(KEY, &[SECRET]).expect("the project of the tests is fine");
    config.link.max_admin_sockets = 4;
    let admin = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = admin.local_addr().expect("bound");
    // All of them are there before the first is accepted.
    let mut first = TcpStream::connect(address).await.expect("it listens");
    first
        .write_all(b"GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .await
        .expect("it is open");
    let mut crowd = Vec::new();
    for _ in 0..100 {
        crowd.push(TcpStream::connect(address).await.expect("it listens"));
    }
    let _relay =
        Relay::start_on(bind("127.0.0.1:0").expect("a free port"), Some(admin), config).expect("it starts");
    let mut answer = String::new();
    soon("an answer", first.read_to_string(&mut answer)).await.expect("an answer and the end");
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[tokio::test]
async fn whoever_fills_the_admin_listener_does_not_keep_others_out() {
    let relay = start(|config| config.set("admin", "127.0.0.1:0").unwrap());
    let admin = relay.admin_address().expect("an admin listener");
    // Sockets that say nothing, those that begin a request, and those that were answered and stay.
    let mut held = Vec::new();
    for number in 0..200_usize {
        let mut socket = TcpStream::connect(admin).await.expect("the relay listens");
        let said: &[u8] =
            [b"", &b"GET /health HTTP/1.1\r\nHost"[..], b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n"]
                [number % 3];
        let _ = socket.write_all(said).await;
        held.push(socket);
        if number % 10 == 9 {
            assert_eq!(request_at(admin, "GET", "/health", &[], "").await.status, 200, "after {number}");
        }
    }
    let metrics = request_at(admin, "GET", "/metrics", &[], "").await.body;
    let name = "otc_relay_sockets_refused_total{limit=\"max_admin_sockets\"} ";
    let gone = metrics.lines().find_map(|line| line.strip_prefix(name)).expect(name);
    assert!(gone.parse::<usize>().expect(gone) >= 200 - 64, "{gone}");
    // The first to come has gone, the last is still there.
    let mut rest = Vec::new();
    let _ = soon("the first is closed", held[0].read_to_end(&mut rest)).await;
    held[198].write_all(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("the last is open");
    let mut answer = [0; 12];
    soon("the last is answered", held[198].read_exact(&mut answer)).await.expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 200");
}

//! A relay to test, HTTP requests, and time limits.

use std::future::Future;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use otc_protocol::session_id;
use otc_protocol::token::{JwtParams, RestJwtParams, Role, Secret, Signer, T1Params};
use otc_protocol::token::{mint_jwt, mint_rest_jwt, mint_t1};
use otc_relay::{Config, Relay, bind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The project of the tests.
pub(crate) const KEY: &str = "100";
pub(crate) const SECRET: &str = "a secret of the tests";

/// How long anything may take before a test fails. Nothing waits for it to pass.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The outcome of something that must happen soon.
pub(crate) async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(outcome) => outcome,
        Err(_) => panic!("{what}: nothing happened within {PATIENCE:?}"),
    }
}

/// A relay for one project on a free port.
pub(crate) fn start(adjust: impl FnOnce(&mut Config)) -> Relay {
    let mut config = Config::default();
    config.keys.set_project(KEY, &[SECRET]).expect("the project of the tests is fine");
    adjust(&mut config);
    let listener = bind("127.0.0.1:0").expect("a free port");
    Relay::start(listener, config).expect("the relay starts")
}

#[allow(clippy::disallowed_methods, reason = "tokens are made at some time")]
pub(crate) fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs()
}

/// A session id of the project. Different numbers give different sessions.
pub(crate) fn session(number: u8) -> String {
    session_id::mint(KEY, 1_700_000_000_000, &[number; 18])
}

/// A good token.
pub(crate) fn token(session: &str, role: Role, data: &str) -> String {
    t1(session, role, data, now_s(), now_s() + 3600, SECRET)
}

/// Any token.
pub(crate) fn t1(session: &str, role: Role, data: &str, made: u64, ends: u64, secret: &str) -> String {
    mint_t1(&T1Params {
        partner_id: KEY,
        secret: &Secret::new(secret),
        session_id: session,
        role,
        connection_data: data,
        create_time: made,
        expire_time: ends,
        nonce: "1",
    })
}

/// A good token of the JWT kind.
pub(crate) fn jwt(session: &str) -> String {
    mint_jwt(&JwtParams {
        signer: Signer::Project { api_key: KEY, secret: &Secret::new(SECRET) },
        session_id: session,
        role: Role::Publisher,
        connection_data: "",
        create_time: now_s(),
        expire_time: now_s() + 60,
        jti: "1",
    })
}

/// A good REST credential.
pub(crate) fn rest_jwt() -> String {
    mint_rest_jwt(&RestJwtParams {
        signer: Signer::Project { api_key: KEY, secret: &Secret::new(SECRET) },
        create_time: now_s(),
        expire_time: now_s() + 180,
        jti: "1",
    })
}

/// An HTTP answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }
}

/// One HTTP request on a connection of its own.
pub(crate) async fn request(
    relay: &Relay,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    request_at(relay.address(), method, path, headers, body).await
}

/// One HTTP request to an address, on a connection of its own.
pub(crate) async fn request_at(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let mut text = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        text.push_str(&format!("Host: {address}\r\n"));
    }
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() || method == "POST" {
        text.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    text.push_str("\r\n");
    text.push_str(body);
    parse(&exchange_at(address, text.as_bytes()).await)
}

/// Sends bytes and reads the answer until the relay closes.
pub(crate) async fn exchange(relay: &Relay, bytes: &[u8]) -> Answer {
    parse(&exchange_text(relay, bytes).await)
}

/// Sends bytes and gives all that comes until the relay closes.
pub(crate) async fn exchange_text(relay: &Relay, bytes: &[u8]) -> String {
    exchange_at(relay.address(), bytes).await
}

/// Sends bytes to an address and reads until the end, however it comes.
pub(crate) async fn exchange_with(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut socket = TcpStream::connect(address).await.expect("the relay listens");
    let _ = socket.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ = soon("an end", socket.read_to_end(&mut answer)).await;
    answer
}

async fn exchange_at(address: SocketAddr, bytes: &[u8]) -> String {
    let answer = soon("an HTTP answer", async {
        let mut socket = TcpStream::connect(address).await.expect("the relay listens");
        socket.write_all(bytes).await.expect("the relay reads");
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).await.expect("the relay answers");
        answer
    })
    .await;
    String::from_utf8(answer).expect("text")
}

pub(crate) fn parse(text: &str) -> Answer {
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no HTTP answer: {text:?}"));
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    Answer { status: status.expect("a status line"), headers, body: body.to_owned() }
}

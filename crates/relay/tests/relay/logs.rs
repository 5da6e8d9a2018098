//! What the log says, and what it never says, whatever happens and however much of it is asked for.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use otc_protocol::raptor::Uri;
use otc_protocol::rumor::{Frame, FrameType, header};
use otc_protocol::token::{PrivateKey, RestJwtParams, Role, Signer, mint_rest_jwt};
use serde_json::json;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

use crate::client::Client;
use crate::program::{Running, program};
use crate::support::{KEY, PATIENCE, SECRET, exchange_with, now_s, request_at, rest_jwt, session, t1, token};

/// Stands in everything that must stay private.
const PRIVATE: &str = "c4n4ry";
const ADMIN_TOKEN: &str = "c4n4ry-of-the-admin-listener";
const APPLICATION: &str = "0a1b2c3d-0000-4000-8000-00000000abcd";
/// How each token begins; the beginning of this alone is in messages.
const TOKEN_BEGINS: &str = "T1==cGFydG5lcl9pZD";

fn serve(extra: &[&str]) -> (Running, SocketAddr) {
    let args = ["serve", "--api-key", KEY, "--api-secret", SECRET, "--listen", "127.0.0.1:0"];
    let running = Running::start(program().args(args).args(extra));
    let line = running.line();
    let address = line.strip_prefix("otc-relay listening on http://").expect(&line).parse().expect(&line);
    (running, address)
}

/// The same from a file, with an application, and with an admin listener whose token must stay private, too. Gives where
/// the file is and where both listen.
fn serve_all(name: &str, extra: &[&str]) -> (Running, PathBuf, [SocketAddr; 2]) {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, file(&format!("\"{SECRET}\""))).expect("a place for files of tests");
    let running = Running::start(program().args(["serve", "--config"]).arg(&path).args(extra));
    let address = |line: String| line.rsplit('/').next().and_then(|text| text.parse().ok()).expect(&line);
    let addresses = [running.line(), running.line()].map(address);
    (running, path, addresses)
}

/// A file of settings with these lines for the secrets of the project.
fn file(secrets: &str) -> String {
    let keys = Path::new(env!("CARGO_MANIFEST_DIR")).join("../protocol/testdata/keys");
    let public = std::fs::read_to_string(keys.join("application_public.pem")).expect("a key of the tests");
    format!(
        "listen = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\nadmin_token = \"{ADMIN_TOKEN}\"\n[[project]]\n\
         api_key = \"{KEY}\"\napi_secret = [{secrets}]\n[[application]]\nid = \"{APPLICATION}\"\n\
         public_key = \"\"\"\n{public}\"\"\"\n"
    )
}

async fn open(address: SocketAddr, session: &str, id: &str, query: &str) -> Client {
    let wire = TcpStream::connect(address).await.expect("the relay listens");
    let url = format!("ws://{address}/rumorwebsocketsv2?socketId={PRIVATE}-{id}&attempt={PRIVATE}{query}");
    Client::over(Box::new(wire), &url, session, id).await
}

async fn enter(address: SocketAddr, session: &str, id: &str) -> Client {
    let mut client = open(address, session, id, "").await;
    let token = token(session, Role::Publisher, &format!("name={PRIVATE}"));
    let create = client.hello(&token, Some("otc-0.1.0")).await;
    assert_eq!(client.status_of(&create).await, "200");
    client
}

/// A conversation with everything in it that can go well.
async fn converse(address: SocketAddr, session: &str) {
    let mut a = enter(address, session, "a").await;
    let mut b = enter(address, session, "b").await;
    let sent = a.signal(None, &format!("{PRIVATE} said")).await;
    assert_eq!(a.status_of(&sent).await, "200");
    b.cut();
    let sent = a.signal(Some("b"), &format!("{PRIVATE} missed")).await;
    assert_eq!(a.status_of(&sent).await, "200");
    b = open(address, session, "b", "&reconnect=true").await;
    b.transactions = 1000;
    let sent = b.signal(None, PRIVATE).await;
    assert_eq!(b.status_of(&sent).await, "200");
    let path = format!("/v2/project/{KEY}/session/{session}");
    let credential = rest_jwt();
    let headers = [("X-OPENTOK-AUTH", &*credential)];
    let body = json!({"type": PRIVATE, "data": PRIVATE}).to_string();
    assert_eq!(request_at(address, "POST", &format!("{path}/signal"), &headers, &body).await.status, 204);
    let path = format!("{path}/connection/b");
    assert_eq!(request_at(address, "DELETE", &path, &headers, "").await.status, 204);
    b.end().await;
    a.leave().await;
}

/// Everything that can go wrong and is told to somebody.
async fn blunder(address: SocketAddr, session: &str) {
    let uri = |rest: &str| format!("/v2/partner/{KEY}/session/{session}/{rest}");
    let wrong = t1(session, Role::Publisher, PRIVATE, 1, 2, SECRET);
    let forged = t1(session, Role::Publisher, PRIVATE, 1, u64::MAX / 2, PRIVATE);
    for bad in
        [&*wrong, &*forged, PRIVATE, &format!("T1=={PRIVATE}"), &format!("{PRIVATE}.{PRIVATE}.{PRIVATE}")]
    {
        let mut client = open(address, session, "c", "").await;
        let create = client.hello(bad, None).await;
        assert_eq!(client.status_of(&create).await, "403");
        request_at(address, "GET", &format!("/session/{session}"), &[("X-TB-TOKEN-AUTH", bad)], "").await;
        request_at(address, "GET", &format!("/session/{session}?token={bad}"), &[], "").await;
        for name in ["X-OPENTOK-AUTH", "X-TB-PARTNER-AUTH"] {
            let path = format!("/v2/project/{KEY}/session/{session}/signal");
            request_at(address, "POST", &path, &[(name, bad)], PRIVATE).await;
        }
        let bearer = format!("Bearer {bad}");
        request_at(address, "POST", "/session/create", &[("Authorization", &bearer)], PRIVATE).await;
    }
    let mut client = enter(address, session, "d").await;
    let many = PRIVATE.repeat(40_000);
    for message in [
        json!({"method": PRIVATE, "uri": uri(PRIVATE), "content": PRIVATE}),
        json!({"method": "signal", "uri": uri("signal"), "content": {"type": format!("{PRIVATE} {PRIVATE}")}}),
        json!({"method": "signal", "uri": uri("signal"), "content": {"type": 5, "data": PRIVATE}}),
        json!({"method": "signal", "uri": uri("signal"), "content": {"data": many}}),
        json!({"method": "signal", "uri": uri(&format!("connection/{PRIVATE}/signal/x")), "content": {"data": PRIVATE}}),
        json!({"method": "create", "uri": uri(&format!("stream/{PRIVATE}")), "content": [PRIVATE]}),
        json!([PRIVATE]),
    ] {
        client.request_with(message, &[(header::TOKEN_AUTH, PRIVATE)]).await;
    }
    client.send(Frame::new(FrameType::Message).with_data(PRIVATE)).await;
    client.send(Frame::new(FrameType::from_wire(6)).with_address(PRIVATE).with_data(PRIVATE)).await;
    client.send_raw(Message::Text(PRIVATE.into())).await;
    client.end().await;
    let mut client = enter(address, session, "e").await;
    client.send_raw(Message::Binary(PRIVATE.as_bytes().into())).await;
    client.end().await;
    let mut client = enter(address, session, "f").await;
    client.write_bytes(&[0xff; 32]).await;
    client.end().await;
    let mut stranger = open(address, session, "g", "&reconnect=true").await;
    stranger.send(Frame::new(FrameType::Ping)).await;
    stranger.end().await;
    for text in [
        format!("GET /session/x?token={PRIVATE} HTTP/9\r\n\r\n"),
        format!("{PRIVATE} / HTTP/1.1\r\n{PRIVATE}\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nX-Long: {}\r\n\r\n", PRIVATE.repeat(10_000)),
    ] {
        exchange_with(address, text.as_bytes()).await;
    }
    assert!(Uri::parse(&uri("signal")).session().is_some(), "what went wrong was not the address");
}

/// An application that does what a project does, and the admin listener asked with good tokens and with others.
async fn administrate(public: SocketAddr, admin: SocketAddr) {
    let keys = Path::new(env!("CARGO_MANIFEST_DIR")).join("../protocol/testdata/keys");
    let key = std::fs::read_to_string(keys.join("application_private.pem")).expect("a key of the tests");
    let key = PrivateKey::from_pem(&key).expect("a key of the tests");
    let credential = mint_rest_jwt(&RestJwtParams {
        signer: Signer::Application { id: APPLICATION, key: &key },
        create_time: now_s(),
        expire_time: now_s() + 60,
        jti: PRIVATE,
    });
    let bearer = format!("Bearer {credential}");
    let session = otc_protocol::session_id::mint(APPLICATION, 1_700_000_000_000, &[1; 18]);
    let path = format!("/v2/project/{APPLICATION}/session/{session}/stream");
    for (value, status) in [(&*bearer, 200), (&bearer[..bearer.len() - 9], 403), (&credential, 403)] {
        let answer = request_at(public, "GET", &path, &[("Authorization", value)], "").await;
        assert_eq!(answer.status, status, "{}", answer.body);
    }
    let good = format!("Bearer {ADMIN_TOKEN}");
    let bad = format!("Bearer {ADMIN_TOKEN}-and-more");
    for path in
        ["/status", "/metrics", "/api/overview", "/api/sessions?search=c4n4ry", "/api/sessions/c4n4ry"]
    {
        for (value, good) in [(&*good, true), (&bad, false), (ADMIN_TOKEN, false)] {
            let answer = request_at(admin, "GET", path, &[("Authorization", value)], "").await;
            assert_eq!(answer.status != 401, good, "{path}");
        }
    }
    for text in [
        format!("GET /?token={ADMIN_TOKEN} HTTP/1.1\r\n\r\n"),
        format!("{ADMIN_TOKEN} / HTTP/1.1\r\n{ADMIN_TOKEN}\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nAuthorization: Bearer {}\r\n\r\n", ADMIN_TOKEN.repeat(1_000)),
    ] {
        exchange_with(admin, text.as_bytes()).await;
    }
}

/// Has the relay read its file again, which holds these lines now, and waits until it said so.
fn reload(
    running: &Running,
    log: &mpsc::Receiver<String>,
    path: &Path,
    text: &str,
    told: &str,
) -> Vec<String> {
    std::fs::write(path, text).expect("a place for files of tests");
    running.signal("HUP");
    let mut lines = Vec::new();
    while !lines.last().is_some_and(|line: &String| line.contains(told)) {
        let line = log.recv_timeout(PATIENCE);
        lines.push(line.unwrap_or_else(|_| panic!("no line says {told}: {lines:#?}")));
    }
    lines
}

#[tokio::test]
async fn nothing_private_reaches_a_log_however_much_is_asked_for() {
    for format in ["text", "json"] {
        let name = format!("private-{format}.toml");
        let (mut running, path, [address, admin]) =
            serve_all(&name, &["--log", "trace", "--log-format", format]);
        let lines = running.log();
        converse(address, &session(1)).await;
        blunder(address, &session(2)).await;
        administrate(address, admin).await;
        let secrets = format!("\"{PRIVATE}-next\", \"{SECRET}\"");
        let mut log = reload(&running, &lines, &path, &file(&secrets), "applications reloaded");
        let wrong = [
            format!("\"{PRIVATE}\", 7"),
            format!("\"{PRIVATE}\"\"{PRIVATE}\""),
            format!("\"{PRIVATE}\"]\n{PRIVATE} = [\"{PRIVATE}\""),
        ];
        for secrets in wrong {
            log.extend(reload(&running, &lines, &path, &file(&secrets), "not reloaded"));
        }
        running.signal("TERM");
        assert_eq!(running.end().0, Some(0));
        log.extend(lines.iter());
        let log = log.join("\n");
        for known in [
            "session opened",
            "joined",
            "resumed",
            "link lost",
            "REST call refused",
            "session info refused",
            "refused with 403",
            "closed with 1011",
            "stopping",
        ] {
            assert!(log.contains(known), "{format}: the log tells of {known}: {log}");
        }
        for private in [PRIVATE, SECRET, TOKEN_BEGINS, "eyJ"] {
            let line = log.lines().find(|line| line.contains(private));
            assert!(line.is_none(), "{format}: {private} in {line:?}");
        }
        if format == "json" {
            for line in log.lines() {
                let record: serde_json::Value = serde_json::from_str(line).expect(line);
                assert!(record["message"].is_string() && record["level"].is_string(), "{line}");
            }
        }
    }
}

#[tokio::test]
async fn a_flood_of_refusals_is_a_few_lines() {
    let (running, address) = serve(&[]);
    let path = format!("/session/{}", session(1));
    for _ in 0..200 {
        assert_eq!(request_at(address, "GET", &path, &[("X-TB-TOKEN-AUTH", "x")], "").await.status, 403);
    }
    running.signal("TERM");
    let (_, log) = running.end();
    let lines = log.lines().filter(|line| line.contains("session info refused")).count();
    // Each shard has 20, and one a second more.
    let shards = std::thread::available_parallelism().map_or(1, usize::from);
    assert!((1..200.min(40 * shards)).contains(&lines), "{lines} lines: {log}");
}

#[cfg(unix)]
#[test]
fn a_relay_without_descriptors_does_not_fill_the_log() {
    // Far fewer than there will be sockets.
    let script = "ulimit -n 40 && exec \"$@\"";
    let serve = ["serve", "--api-key", KEY, "--api-secret", SECRET, "--listen", "127.0.0.1:0"];
    let mut command = std::process::Command::new("sh");
    command.args(["-c", script, "sh"]).arg(program().get_program()).args(serve);
    command.args(["--set", "admin=127.0.0.1:0", "--set", "shards=1"]);
    let mut running = Running::start(&mut command);
    let log = running.log();
    let addresses = [running.line(), running.line()]
        .map(|line| line.rsplit('/').next().and_then(|text| text.parse::<SocketAddr>().ok()).expect(&line));
    let connect = |address| std::net::TcpStream::connect(address).expect("the system takes it");
    let mut held: Vec<_> = (0..40).map(|_| connect(addresses[0])).collect();
    for listener in ["accepting failed", "accepting on the admin listener failed"] {
        let lines =
            std::iter::from_fn(|| log.recv_timeout(PATIENCE).ok()).filter(|line| line.contains(listener));
        let left_out = lines.take(40).find(|line| line.contains("left_out=") && !line.contains("left_out=0"));
        assert!(left_out.is_some(), "none of many is left out: {listener}");
        // By now there are no descriptors left for this one.
        held.push(connect(addresses[1]));
    }
}

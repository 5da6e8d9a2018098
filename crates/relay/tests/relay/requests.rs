//! Requests that are made up to be understood in more than one way, and what is left of them.

use otc_protocol::token::Role;
use serde_json::json;

use crate::client::Client;
use crate::support::{KEY, exchange, exchange_text, request, rest_jwt, session, start, token};

/// The status lines of everything that came back, as numbers.
fn statuses(answers: &str) -> Vec<&str> {
    answers.split("HTTP/1.").skip(1).map(|answer| &answer[2..5]).collect()
}

#[tokio::test]
async fn a_body_whose_end_could_be_meant_in_two_ways_hides_no_second_request() {
    let relay = start(|_| ());
    let (credential, session) = (rest_jwt(), session(1));
    let hidden = "GET /favicon.ico HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n\r\n";
    for (what, framing, body, status) in [
        ("two lengths", "Content-Length: 2\r\nContent-Length: 3\r\n", "{}", "400"),
        ("a list of lengths", "Content-Length: 2, 3\r\n", "{}", "400"),
        ("a signed length", "Content-Length: +2\r\n", "{}", "400"),
        ("an unknown coding", "Transfer-Encoding: xchunked\r\n", "{}", "400"),
        ("a coding after chunks", "Transfer-Encoding: chunked, identity\r\n", "2\r\n{}\r\n0\r\n\r\n", "400"),
        ("a space in a name", "Content-Length : 2\r\n", "{}", "400"),
        ("a folded line", "X-Folded: a\r\n Content-Length: 2\r\n", "{}", "400"),
        // Chunks are what counts, and the connection ends with them.
        (
            "chunks and a length",
            "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
            "2\r\n{}\r\n0\r\n\r\n",
            "404",
        ),
    ] {
        let request = format!(
            "POST /v2/project/{KEY}/session/{session}/signal HTTP/1.1\r\nHost: relay\r\nX-OPENTOK-AUTH: \
             {credential}\r\n{framing}\r\n{body}{hidden}"
        );
        let answers = exchange_text(&relay, request.as_bytes()).await;
        assert_eq!(statuses(&answers), [status], "{what}: {answers}");
    }
    let request = format!(
        "POST /v2/project/{KEY}/session/{session}/signal HTTP/1.0\r\nX-OPENTOK-AUTH: {credential}\r\n\
         Transfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n{hidden}"
    );
    let answers = exchange_text(&relay, request.as_bytes()).await;
    assert_eq!(statuses(&answers), ["400"], "chunks before there were any: {answers}");
}

#[tokio::test]
async fn requests_that_come_at_once_are_answered_one_by_one_in_their_order() {
    let relay = start(|_| ());
    let (credential, session) = (rest_jwt(), session(1));
    let mut client = Client::enter(&relay, &session, "a", Role::Publisher).await;
    let mut text = String::new();
    for number in 0..20 {
        let body = json!({ "data": number.to_string() }).to_string();
        let last = if number == 19 { "Connection: close\r\n" } else { "" };
        text += &format!(
            "POST /v2/project/{KEY}/session/{session}/signal HTTP/1.1\r\nHost: relay\r\nX-OPENTOK-AUTH: \
             {credential}\r\nContent-Length: {}\r\n{last}\r\n{body}",
            body.len()
        );
    }
    let answers = exchange_text(&relay, text.as_bytes()).await;
    assert_eq!(statuses(&answers), ["204"; 20], "{answers}");
    for number in 0..20 {
        assert_eq!(client.next_signal().await, (number.to_string(), String::new()));
    }
}

#[tokio::test]
async fn a_request_names_one_host() {
    let relay = start(|_| ());
    let session = session(1);
    let token = token(&session, Role::Publisher, "");
    let ask = |version: &str, hosts: &str| {
        let text = format!(
            "GET /session/{session} HTTP/{version}\r\n{hosts}X-TB-TOKEN-AUTH: {token}\r\nConnection: close\r\n\r\n"
        );
        let relay = &relay;
        async move { exchange(relay, text.as_bytes()).await }
    };
    assert_eq!(ask("1.1", "Host: relay.example\r\n").await.status, 200);
    for (what, hosts) in [("none", ""), ("two", "Host: relay.example\r\nHost: evil.example\r\n")] {
        let answer = ask("1.1", hosts).await;
        assert_eq!(answer.status, 400, "{what}: {}", answer.body);
        assert_eq!(answer.json()["message"], "a request has one Host header", "{what}");
    }
    // Whoever names another host in the request line is sent where its Host header says, and nowhere else.
    let text = format!(
        "GET http://evil.example/session/{session} HTTP/1.1\r\nHost: relay.example\r\nX-TB-TOKEN-AUTH: {token}\r\n\
         Connection: close\r\n\r\n"
    );
    let answer = exchange(&relay, text.as_bytes()).await;
    assert!(answer.body.contains("ws://relay.example/") && !answer.body.contains("evil"), "{}", answer.body);
    for bad in ["a/b", "a@b", "a b", "a?b", "a#b", "a\\b", "a<b", "é", "a:b", "a:1:2", "[::1", ""] {
        for header in ["Host", "X-Forwarded-Host"] {
            let host = if header == "Host" { String::new() } else { "Host: /\r\n".to_owned() };
            let answer = ask("1.1", &format!("{host}{header}: {bad}\r\n")).await;
            assert_eq!(answer.status, 400, "{header}: {bad}: {}", answer.body);
        }
    }
}

#[tokio::test]
async fn methods_that_nobody_means_do_nothing() {
    let relay = start(|_| ());
    let session = session(1);
    let (rest, info) = (format!("/v2/project/{KEY}/session/{session}/signal"), format!("/session/{session}"));
    for path in [&*rest, &info, "/session/create", "/rumorwebsocketsv2", "/logging/ClientEvent"] {
        for method in ["CONNECT", "TRACE", "PATCH", "PROPFIND", "get"] {
            let credential = rest_jwt();
            let headers = [("X-OPENTOK-AUTH", &*credential), ("X-Canary", "c4n4ry")];
            let answer = request(&relay, method, path, &headers, "").await;
            assert_eq!(answer.status, 405, "{method} {path}: {}", answer.body);
            assert!(answer.header("allow").is_some(), "{method} {path}");
            assert!(!answer.body.contains("c4n4ry") && !answer.body.contains(&credential), "{method} {path}");
        }
    }
    let answer = request(&relay, "CONNECT", "elsewhere.example:443", &[], "").await;
    assert_eq!(answer.status, 404, "the relay is no proxy");
}

#[tokio::test]
async fn paths_mean_what_they_say_however_they_are_written() {
    let relay = start(|_| ());
    let (credential, session) = (rest_jwt(), session(1));
    let _a = Client::enter(&relay, &session, "a:b~c", Role::Publisher).await;
    let base = format!("/v2/project/{KEY}/session/{session}");
    let headers = [("X-OPENTOK-AUTH", &*credential)];
    let send = |to: &str| {
        let path = format!("{base}/connection/{to}/signal");
        let (relay, headers) = (&relay, &headers);
        async move { request(relay, "POST", &path, headers, "{\"data\":\"x\"}").await.status }
    };
    // A caller may escape what it need not.
    for good in ["a:b~c", "a%3Ab~c", "a%3ab%7Ec", "%61:b~c"] {
        assert_eq!(send(good).await, 204, "{good}");
    }
    for absent in ["a", "A:b~c", "11111111-1111-4111-8111-111111111111"] {
        assert_eq!(send(absent).await, 404, "{absent}");
    }
    for no_id in [
        "a%2Fb",
        "%00",
        "a%20b",
        "a+b",
        "%",
        "%zz",
        "a%C3%A9",
        "%ff",
        "a%0D%0Ab",
        "%22",
        "..%2F..",
        &"x".repeat(256),
    ] {
        assert_eq!(send(no_id).await, 400, "{no_id}");
        let removed = request(&relay, "DELETE", &format!("{base}/connection/{no_id}"), &headers, "").await;
        assert_eq!(removed.status, 400, "{no_id}: {}", removed.body);
        let stream = request(&relay, "GET", &format!("{base}/stream/{no_id}"), &headers, "").await;
        assert_eq!(stream.status, 400, "{no_id}: {}", stream.body);
        let muted = request(&relay, "POST", &format!("{base}/stream/{no_id}/mute"), &headers, "").await;
        assert_eq!(muted.status, 400, "{no_id}: {}", muted.body);
    }
    for (path, status) in [
        // One segment that can be a host stands before a path, no more of them and nothing else.
        (format!("/relay.example{base}/stream"), 200),
        (format!("/relay.example/other.example{base}/stream"), 404),
        (format!("/a%2Fb{base}/stream"), 404),
        (format!("{base}/stream?x=%00&x=1&&=&%"), 200),
        (format!("{base}/../{session}/stream"), 404),
        (format!("{base}%2Fstream"), 404),
        (base.replace("/v2/", "/%76%32/") + "/stream", 404),
        (base.replace("/v2/", "/V2/") + "/stream", 404),
        (base.replace("1_", "1%5F") + "/stream", 400),
        (base.replace(KEY, "%31%30%30") + "/stream", 403),
    ] {
        assert_eq!(request(&relay, "GET", &path, &headers, "").await.status, status, "{path}");
    }
}

#[tokio::test]
async fn json_that_is_odd_is_refused_or_means_what_it_says() {
    let relay = start(|_| ());
    let (credential, session) = (rest_jwt(), session(1));
    let mut client = Client::enter(&relay, &session, "a", Role::Publisher).await;
    let path = format!("/v2/project/{KEY}/session/{session}/signal");
    let headers = [("X-OPENTOK-AUTH", &*credential)];
    for wrong in [
        r#"{"data":1e999}"#,
        r#"{"data":12345678901234567890123456789012345678901234567890}"#,
        r#"{"data":"\ud800"}"#,
        r#"{"data":"x"}{"data":"y"}"#,
        "\u{feff}{\"data\":\"x\"}",
        r#"{"data":{"$serde_json::private::RawValue":"\"x\""}}"#,
        r#"{"type":{"$serde_json::private::Number":"1"}}"#,
        "callback({\"data\":\"x\"})",
        "data=x",
        "NaN",
        "{\"data\":\"a\nb\"}",
    ] {
        let answer = request(&relay, "POST", &path, &headers, wrong).await;
        assert_eq!((answer.status, answer.json()["code"].clone()), (400, json!(400)), "{wrong}");
    }
    let deep = format!("{{\"more\":{}{}}}", "[".repeat(50_000), "]".repeat(50_000));
    assert_eq!(request(&relay, "POST", &path, &headers, &deep).await.status, 400);
    // The last of two counts, as everywhere in this protocol.
    let twice = r#"{"data":"first","data":"last","more":[1e5,{"data":"inner"}]}"#;
    assert_eq!(request(&relay, "POST", &path, &headers, twice).await.status, 204);
    assert_eq!(client.next_signal().await.0, "last", "and nothing else was sent");
}

#[tokio::test]
async fn whoever_asks_first_is_told_before_it_sends_its_body() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let relay = start(|_| ());
    let (credential, session) = (rest_jwt(), session(1));
    let _a = Client::enter(&relay, &session, "a", Role::Publisher).await;
    let head = |credential: &str| {
        format!(
            "POST /v2/project/{KEY}/session/{session}/signal HTTP/1.1\r\nHost: relay\r\nX-OPENTOK-AUTH: {credential}\r\n\
             Expect: 100-continue\r\nContent-Length: 12\r\nConnection: close\r\n\r\n"
        )
    };
    let refused = exchange(&relay, head("nonsense").as_bytes()).await;
    assert_eq!(refused.status, 403, "without having to send it");
    let mut socket = tokio::net::TcpStream::connect(relay.address()).await.unwrap();
    socket.write_all(head(&credential).as_bytes()).await.unwrap();
    let mut go_on = [0; 25];
    crate::support::soon("100", socket.read_exact(&mut go_on)).await.unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    socket.write_all(b"{\"data\":\"x\"}").await.unwrap();
    let mut rest = String::new();
    crate::support::soon("the answer", socket.read_to_string(&mut rest)).await.unwrap();
    assert_eq!(statuses(&rest), ["204"], "{rest}");
}

#[tokio::test]
async fn an_upgrade_where_none_belongs_is_a_request_like_any_other() {
    let relay = start(|_| ());
    let (credential, session) = (rest_jwt(), session(1));
    let text = format!(
        "GET /v2/project/{KEY}/session/{session}/stream HTTP/1.1\r\nHost: relay\r\nX-OPENTOK-AUTH: {credential}\r\n\
         Connection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    let answer = exchange(&relay, text.as_bytes()).await;
    assert_eq!((answer.status, &*answer.body), (200, "{\"count\":0,\"items\":[]}"));
}

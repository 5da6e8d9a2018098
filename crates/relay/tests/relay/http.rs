//! Session info, and what else clients ask for over HTTP.

use otc_protocol::token::Role;
use otc_relay::hub::SYMPHONY_ADDRESS;
use otc_relay::{Config, Relay};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Answer, KEY, SECRET, exchange, jwt, now_s, request, session, soon, start, t1, token};

async fn session_info(relay: &Relay, session: &str, headers: &[(&str, &str)]) -> Answer {
    request(relay, "GET", &format!("/session/{session}?extended=true"), headers, "").await
}

/// Element 0 of a session info answer.
fn first(answer: &Answer) -> Value {
    let body = answer.json();
    assert_eq!(body.as_array().map(Vec::len), Some(1), "an array of one: {body}");
    body[0].clone()
}

#[tokio::test]
async fn session_info_tells_where_the_session_is() {
    let relay = start(|_| ());
    let session = session(1);
    let token = token(&session, Role::Publisher, "");
    let answer = session_info(&relay, &session, &[("X-TB-TOKEN-AUTH", &token)]).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let info = first(&answer);
    assert_eq!(info["session_id"], json!(session));
    assert_eq!(info["partner_id"], json!(KEY), "a string: clients compare strictly");
    assert_eq!(info["symphony_address"], json!(SYMPHONY_ADDRESS));
    assert_eq!(info["properties"]["reconnection"], json!(true));
    let url = info["messaging_url"].as_str().unwrap();
    let place = format!("ws://{}/rumorwebsocketsv2?hint=", relay.address());
    assert!(url.starts_with(&place), "{url}");
    let info = otc_protocol::session_info::decode(answer.body.as_bytes()).unwrap();
    assert_eq!(info.partner_id.as_deref(), Some(KEY));
}

#[tokio::test]
async fn the_token_is_taken_from_either_header_or_the_query_and_may_be_of_any_kind() {
    let relay = start(|_| ());
    let session = session(1);
    let token = token(&session, Role::Subscriber, "name=one two");
    for name in ["X-TB-TOKEN-AUTH", "X-OPENTOK-AUTH", "x-tb-token-auth"] {
        assert_eq!(session_info(&relay, &session, &[(name, &token)]).await.status, 200, "{name}");
    }
    let path = format!("/session/{session}?extended=true&format=json&token={}", token.replace('=', "%3D"));
    assert_eq!(request(&relay, "GET", &path, &[], "").await.status, 200);
    assert_eq!(session_info(&relay, &session, &[("X-OPENTOK-AUTH", &jwt(&session))]).await.status, 200);
}

#[tokio::test]
async fn errors_reach_native_clients_as_status_and_browser_clients_in_the_body() {
    let relay = start(|_| ());
    let good = session(1);
    let (now, foreign) = (now_s(), otc_protocol::session_id::mint("200", 0, &[1; 18]));
    let t = |session: &str, made, ends, secret| t1(session, Role::Publisher, "", made, ends, secret);
    let cases = [
        ("no token", good.clone(), String::new(), 403, "no token"),
        ("no token at all", good.clone(), "nonsense".to_owned(), 403, "not a token"),
        ("expired", good.clone(), t(&good, now - 100, now - 10, SECRET), 403, "expired 1"),
        ("wrong secret", good.clone(), t(&good, now, now + 10, "guess"), 403, "signature"),
        ("other session", good.clone(), t(&session(2), now, now + 10, SECRET), 403, "another session"),
        ("other project", foreign.clone(), t(&foreign, now, now + 10, SECRET), 403, "another project"),
        ("no session id", "nonsense".to_owned(), t("nonsense", now, now + 10, SECRET), 400, "session id"),
    ];
    for (what, session, token, code, words) in cases {
        let as_native = [("X-TB-TOKEN-AUTH", &*token), ("X-TB-CLIENT-VERSION", "otc-0.1.0")];
        let native = session_info(&relay, &session, &as_native).await;
        assert_eq!(native.status, code, "{what}");
        let error = &first(&native)["error"];
        assert_eq!(error["code"], json!(code), "{what}");
        let message = error["errorMessage"]["message"].as_str().unwrap();
        assert!(message.contains(words), "{what}: {message}");
        assert!(token.is_empty() || !native.body.contains(&token), "{what}: the token is not repeated");
        for browser in [
            &[("X-TB-TOKEN-AUTH", &*token), ("X-TB-CLIENT-VERSION", "js-2.35.2")][..],
            &[("X-TB-TOKEN-AUTH", &*token), ("Origin", "https://app.example")],
            &[("X-TB-TOKEN-AUTH", &*token), ("User-Agent", "Mozilla/5.0 (X11)")],
        ] {
            let answer = session_info(&relay, &session, browser).await;
            // The words tell how long ago, so what natives are told may have changed meanwhile.
            let later = session_info(&relay, &session, &as_native).await;
            assert_eq!(answer.status, 200, "{what}");
            let bodies = [&native.body, &later.body];
            assert!(bodies.contains(&&answer.body), "{what}: {} is none of {bodies:?}", answer.body);
        }
    }
}

#[tokio::test]
async fn clients_are_sent_to_the_host_they_came_to() {
    let relay = start(|_| ());
    let session = session(1);
    let token = token(&session, Role::Publisher, "");
    for (headers, place) in [
        (&[("Host", "relay.example")][..], "ws://relay.example/"),
        (&[("Host", "relay.example:8443")], "ws://relay.example:8443/"),
        (&[("Host", "[::1]:8080")], "ws://[::1]:8080/"),
        (&[("Host", "inner:80"), ("X-Forwarded-Proto", "https")], "wss://inner:80/"),
        (
            &[
                ("Host", "inner:80"),
                ("X-Forwarded-Proto", "https, http"),
                ("X-Forwarded-Host", "a.example, inner"),
            ],
            "wss://a.example/",
        ),
    ] {
        let headers: Vec<_> = headers.iter().copied().chain([("X-TB-TOKEN-AUTH", &*token)]).collect();
        let answer = session_info(&relay, &session, &headers).await;
        let url = first(&answer)["messaging_url"].as_str().unwrap().to_owned();
        assert!(url.starts_with(place), "{url} for {headers:?}");
    }
    let answer = session_info(&relay, &session, &[("Host", "a\"b"), ("X-TB-TOKEN-AUTH", &token)]).await;
    assert_eq!(answer.status, 400);
}

#[tokio::test]
async fn a_configured_address_wins_over_the_host_header() {
    let relay = start(|config: &mut Config| config.set("public_url", "https://relay.example/otc").unwrap());
    let session = session(1);
    let token = token(&session, Role::Publisher, "");
    let answer = session_info(&relay, &session, &[("X-TB-TOKEN-AUTH", &token)]).await;
    let url = first(&answer)["messaging_url"].as_str().unwrap().to_owned();
    assert!(url.starts_with("wss://relay.example/otc/rumorwebsocketsv2?hint="), "{url}");
}

#[tokio::test]
async fn paths_with_the_host_of_a_proxied_service_before_them_are_understood() {
    let relay = start(|_| ());
    let session = session(1);
    let token = token(&session, Role::Publisher, "");
    for host in ["anvil.opentok.com", "127.0.0.1:8080", "localhost"] {
        let path = format!("/{host}/session/{session}?extended=true");
        let answer = request(&relay, "GET", &path, &[("X-TB-TOKEN-AUTH", &token)], "").await;
        assert_eq!(answer.status, 200, "{host}");
        let path = format!("/{host}/rumorwebsocketsv2");
        assert_eq!(request(&relay, "GET", &path, &[], "").await.status, 426, "{host}");
    }
}

#[tokio::test]
async fn browsers_may_ask_from_any_page_unless_origins_are_named() {
    let asked = "x-opentok-auth,x-tb-version,x-new";
    let preflight = [
        ("Origin", "https://app.example"),
        ("Access-Control-Request-Method", "GET"),
        ("Access-Control-Request-Headers", asked),
    ];
    let relay = start(|_| ());
    for path in ["/session/any?extended=true", "/v2/project/100/session/x/signal", "/logging/ClientEvent"] {
        let answer = request(&relay, "OPTIONS", path, &preflight, "").await;
        assert_eq!(answer.status, 204);
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        assert_eq!(answer.header("access-control-allow-headers"), Some(asked));
        assert!(answer.header("access-control-allow-methods").unwrap().contains("GET"));
    }
    let session = session(1);
    let token = token(&session, Role::Publisher, "");
    let headers = [("X-TB-TOKEN-AUTH", &*token), ("Origin", "https://app.example")];
    let answer = session_info(&relay, &session, &headers).await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));

    let relay = start(|config| config.set("http.allowed_origins", "https://app.example").unwrap());
    let answer = session_info(&relay, &session, &headers).await;
    assert_eq!(
        (answer.status, answer.header("access-control-allow-origin")),
        (200, Some("https://app.example"))
    );
    assert_eq!(answer.header("vary"), Some("Origin"));
    let headers = [("X-TB-TOKEN-AUTH", &*token), ("Origin", "https://evil.example")];
    let answer = session_info(&relay, &session, &headers).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (403, None));
    // Programs that are no browser have no origin.
    assert_eq!(session_info(&relay, &session, &[("X-TB-TOKEN-AUTH", &token)]).await.status, 200);
}

#[tokio::test]
async fn what_browser_clients_ask_for_besides_is_answered_harmlessly() {
    let relay = start(|_| ());
    let answer = request(&relay, "GET", "/project/100/config.json", &[("X-TB-TOKEN-AUTH", "any")], "").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "{}"));
    for path in
        ["/logging/ClientEvent", "/prod/logging/ClientEvent", "/hlg.tokbox.com/prod/logging/ClientEvent"]
    {
        let answer = request(&relay, "POST", path, &[], "{\"action\":\"Connect\"}").await;
        assert_eq!((answer.status, answer.body.as_str()), (204, ""), "{path}");
    }
}

#[tokio::test]
async fn paths_and_methods_that_do_not_exist_are_told_in_json() {
    let relay = start(|_| ());
    let answer = request(&relay, "GET", "/favicon.ico", &[], "").await;
    assert_eq!((answer.status, answer.json()["code"].clone()), (404, json!(404)));
    let answer = request(&relay, "DELETE", "/session/abc", &[], "").await;
    assert_eq!((answer.status, answer.header("allow")), (405, Some("GET")));
    assert_eq!(answer.json()["code"], json!(405));
    let answer = request(&relay, "GET", "/rumorwebsocketsv2", &[], "").await;
    assert_eq!((answer.status, answer.header("sec-websocket-version")), (426, Some("13")));
}

#[tokio::test]
async fn heads_and_urls_that_are_too_long_are_refused() {
    let relay = start(|_| ());
    let answer = request(&relay, "GET", &format!("/session/{}", "a".repeat(9000)), &[], "").await;
    assert_eq!(answer.status, 414);
    let headers = [("X-Filler", &*"a".repeat(20_000))];
    assert_eq!(request(&relay, "GET", "/session/a", &headers, "").await.status, 431);
    let garbage = exchange(&relay, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n").await;
    assert_eq!(garbage.status, 400, "a TLS client hello, for instance");
}

#[tokio::test]
async fn a_request_that_dawdles_is_closed() {
    let relay = start(|config| config.set("http.head_timeout", "200ms").unwrap());
    for beginning in ["", "GET /session/abc HTTP/1.1\r\nHost: ", "GET"] {
        let mut socket = TcpStream::connect(relay.address()).await.unwrap();
        socket.write_all(beginning.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        let _ = soon("the end of a slow request", socket.read_to_end(&mut rest)).await;
    }
    let mut socket = TcpStream::connect(relay.address()).await.unwrap();
    socket.write_all(b"GET /favicon.ico HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    let mut rest = Vec::new();
    soon("the end of an idle connection", socket.read_to_end(&mut rest)).await.unwrap();
    assert!(rest.starts_with(b"HTTP/1.1 404"), "the request itself was answered");
}

#[tokio::test]
async fn sockets_beyond_the_limit_are_closed_and_places_come_back() {
    let relay = start(|config| config.set("link.max_sockets", "2").unwrap());
    let first = TcpStream::connect(relay.address()).await.unwrap();
    let second = TcpStream::connect(relay.address()).await.unwrap();
    soon("two sockets are taken", async {
        while relay.open_sockets() < 2 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let mut third = TcpStream::connect(relay.address()).await.unwrap();
    let mut nothing = Vec::new();
    let _ = soon("the third is closed", third.read_to_end(&mut nothing)).await;
    assert!(nothing.is_empty());
    drop((first, second));
    soon("places come back", async {
        while relay.open_sockets() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(request(&relay, "GET", "/favicon.ico", &[], "").await.status, 404);
}

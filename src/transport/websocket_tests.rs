//! The product's transport against real servers on loopback, good and bad ones.
#![forbid(unsafe_code)]

use futures_util::{SinkExt as _, StreamExt as _};
use http_body_util::Full;
use hyper::{Response, StatusCode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::super::test_servers::*;
use super::*;

async fn open(url: &str) -> Result<WebSocketLink, TransportError> {
    in_time(connector(route("http://unused")).open_link(url, Progress::default())).await
}

async fn refused(url: &str) -> TransportError {
    match open(url).await {
        Ok(_) => panic!("{url} opened"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn session_info_is_asked_for_as_servers_expect() {
    let (seen, mut requests) = tokio::sync::mpsc::unbounded_channel();
    let address = http_server(move |request| {
        let header = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let headers =
            ["accept", "host", "x-tb-token-auth", "x-opentok-auth", "x-tb-version", "x-tb-client-version"];
        let headers: Vec<_> = headers.into_iter().map(header).collect();
        seen.send((request.method().clone(), request.uri().to_string(), headers)).expect("the test waits");
        Response::new(Full::from("[{}]"))
    })
    .await;
    let answer = fetch(route(&format!("http://{address}/base/"))).await.expect("an answer");
    assert_eq!((answer.status, &*answer.body), (200, &b"[{}]"[..]));
    let (method, uri, headers) = requests.recv().await.expect("a request");
    assert_eq!((method.as_str(), uri.as_str()), ("GET", "/base/session/1_a%2Fb?extended=true"));
    let token = "T1==secret";
    let version = concat!("otc-", env!("CARGO_PKG_VERSION"));
    let host = address.to_string();
    let expected = ["application/json", &host, token, token, "1", version];
    assert_eq!(headers, expected.map(|value| Some(value.to_owned())));
}

#[tokio::test]
async fn any_answer_is_an_answer() {
    for status in [201, 302, 403, 404, 500, 503] {
        let address = http_server(move |_| {
            let answer = Response::builder().status(status).header("location", "http://127.0.0.1:1/");
            answer.body(Full::from(vec![b'x'; 200_000])).expect("an answer")
        })
        .await;
        let answer = fetch(route(&format!("http://{address}"))).await.expect("an answer");
        assert_eq!((answer.status, answer.body.len()), (status, 200_000));
    }
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_not_read() {
    let announced = http_server(|_| Response::new(Full::from(vec![b'x'; 10 << 20]))).await;
    let endless = raw_server(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        while stream.write_all(&[b'x'; 4096]).await.is_ok() {}
    })
    .await;
    for address in [announced, endless] {
        let error = fetch(route(&format!("http://{address}"))).await.expect_err("too long");
        assert_eq!(error.hop, Hop::Answer);
        assert_words(&error, &["unusable HTTP answer", "/session/1_a%2Fb", "longer than 256 KiB"]);
    }
}

#[tokio::test]
async fn an_endless_head_is_not_read() {
    let address = raw_server(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nX: ").await;
        while stream.write_all(&[b'x'; 4096]).await.is_ok() {}
    })
    .await;
    let error = fetch(route(&format!("http://{address}"))).await.expect_err("too long");
    assert_eq!(error.hop, Hop::Answer);
}

#[tokio::test]
async fn what_is_not_http_is_told() {
    let address = raw_server(|mut stream| async move {
        let _ = stream.write_all(b"SSH-2.0-server\r\n\r\n").await;
    })
    .await;
    let (config, _) = certificate(&["localhost"], false);
    for address in [address, https_server(config).await] {
        let error = fetch(route(&format!("http://{address}"))).await.expect_err("not HTTP");
        assert_eq!((error.hop, error.interrupted), (Hop::Answer, false));
        assert_words(&error, &["it does not speak HTTP; is https:// meant?"]);
        let error = refused(&format!("ws://{address}")).await;
        assert_eq!((error.hop, error.interrupted), (Hop::Upgrade(None), false));
        assert_words(&error, &["it does not speak HTTP"]);
    }
}

#[tokio::test]
async fn a_server_that_breaks_off_is_told_as_such() {
    let silent = raw_server(|_| async {}).await;
    let halfway = raw_server(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf").await;
    })
    .await;
    for address in [silent, halfway] {
        let error = fetch(route(&format!("http://{address}"))).await.expect_err("no answer");
        assert_eq!((error.hop, error.interrupted), (Hop::Http, true), "{error}");
    }
}

#[tokio::test]
async fn nothing_listening_is_told_with_the_address_and_for_the_default_with_the_remedy() {
    let (listener, address) = listen().await;
    drop(listener);
    let mut route = route(&format!("http://{address}"));
    let error = fetch(route.clone()).await.expect_err("nothing listens");
    assert_eq!((error.hop, error.interrupted), (Hop::Connect, false));
    assert_words(&error, &["cannot connect to http://127.0.0.1:", "Connection refused"]);
    assert!(!error.to_string().contains("OTC_API_URL"));
    route.api_is_default = true;
    let error = fetch(route).await.expect_err("nothing listens");
    assert_words(&error, &["Connection refused", "set OTC_API_URL"]);
    let error = refused(&format!("ws://{address}/x?socketId=secret")).await;
    assert_words(&error, &["cannot connect to ws://127.0.0.1:", "/x: "]);
}

#[tokio::test]
async fn a_name_without_an_address_is_told() {
    let error = fetch(route("http://no-such-host.invalid")).await.expect_err("no such name");
    assert_eq!(error.hop, Hop::Resolve);
    assert_words(&error, &["cannot look up the host of http://no-such-host.invalid/session/1_a%2Fb"]);
}

#[tokio::test]
async fn a_bad_environment_variable_and_a_token_for_no_header_never_reach_the_network() {
    let failure = TransportError::new(Hop::Setting, "OTC_API_URL", "allowed is another");
    let bad = Route { api: Err(failure.clone()), ..route("http://unused") };
    assert_eq!(fetch(bad).await, Err(failure));
    let request = InfoRequest { session_id: "1".to_owned(), token: "secret\r\nX: y".to_owned() };
    let error = in_time(connector(route("http://unused")).fetch_session_info(request, Progress::default()))
        .await
        .expect_err("no header");
    assert_eq!(error.hop, Hop::Setting);
    assert_words(&error, &["control characters"]);
}

#[tokio::test]
async fn messages_go_both_ways_and_a_close_ends_it() {
    let address = websocket_server(|mut stream| async move {
        while let Some(Ok(message)) = stream.next().await {
            if message.is_binary() {
                stream.send(message).await.expect("the client reads");
            }
        }
    })
    .await;
    let mut link = open(&format!("ws://{address}/path?query=secret")).await.expect("a link");
    for size in [0, 1, 125, 126, 65_535, 64 * 1024] {
        let message = vec![7; size];
        send(&mut link, &message).await.expect("the server reads");
        assert_eq!(receive(&mut link).await, Ok(Incoming::Message(Bytes::from(message))));
    }
    let traffic = link.traffic();
    assert!(traffic.sent > 128 * 1024 && traffic.received > 128 * 1024, "{traffic:?}");
    in_time(std::future::poll_fn(|cx| link.poll_close(cx, Some(1000)))).await.expect("the server closes too");
}

#[tokio::test]
async fn the_handshake_offers_nothing_that_is_not_wanted() {
    let (seen, mut heads) = tokio::sync::mpsc::unbounded_channel();
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a client");
        seen.send(read_head(&mut stream).await).expect("the test waits");
    });
    let error = refused(&format!("ws://{address}/rumor?socketId=secret")).await;
    assert!(error.interrupted, "{error}");
    let head = heads.recv().await.expect("a head").to_ascii_lowercase();
    assert!(head.starts_with("get /rumor?socketid=secret http/1.1\r\n"), "{head}");
    assert!(head.contains(&format!("host: {address}\r\n")), "{head}");
    assert!(!head.contains("sec-websocket-extensions") && !head.contains("sec-websocket-protocol"), "{head}");
}

#[tokio::test]
async fn a_refused_upgrade_is_told_with_its_status() {
    for status in [200, 301, 403, 404, 410, 426, 503] {
        let address = http_server(move |_| {
            let status = StatusCode::from_u16(status).expect("a status");
            Response::builder().status(status).body(Full::from("secret words")).expect("an answer")
        })
        .await;
        let error = refused(&format!("ws://{address}/x")).await;
        assert_eq!((error.hop, error.interrupted), (Hop::Upgrade(Some(status)), false));
        assert_words(&error, &["WebSocket handshake failed with ws://127.0.0.1:", &format!("HTTP {status}")]);
    }
}

#[tokio::test]
async fn an_answer_that_opens_something_else_is_refused() {
    let table = [
        ("Upgrade: h2c\r\nConnection: Upgrade", "no upgrade to WebSocket"),
        ("Upgrade: websocket", "no upgrade to WebSocket"),
        ("Upgrade: websocket\r\nConnection: Upgrade", "the key of another request"),
        (
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x",
            "the key of another request",
        ),
    ];
    for (headers, word) in table {
        let address = raw_server(move |mut stream| async move {
            let answer = format!("HTTP/1.1 101 Switching Protocols\r\n{headers}\r\n\r\n");
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.read_u8().await;
        })
        .await;
        let error = refused(&format!("ws://{address}/x")).await;
        assert_eq!((error.hop, error.interrupted), (Hop::Upgrade(None), false), "{error}");
        assert_words(&error, &[word]);
    }
}

#[tokio::test]
async fn frames_that_come_with_the_answer_are_read() {
    let (listener, address) = listen().await;
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a client");
        let head = read_head(&mut stream).await;
        let key = head
            .lines()
            .find_map(|line| line.split_once(": ").filter(|(name, _)| *name == "sec-websocket-key"));
        let accept = derive_accept_key(key.expect("a key").1.as_bytes());
        let mut answer = format!(
            "HTTP/1.1 101 x\r\nUpgrade: WebSocket\r\nConnection: keep-alive, upgrade\r\n\
             Sec-WebSocket-Accept: {accept}\r\n\r\n"
        )
        .into_bytes();
        // Two whole messages and the beginning of a third.
        answer.extend_from_slice(b"\x82\x03one\x82\x03two\x82\x05th");
        stream.write_all(&answer).await.expect("the client reads");
        stream
    });
    let mut link = open(&format!("ws://{address}/x")).await.expect("a link");
    for word in ["one", "two"] {
        assert_eq!(receive(&mut link).await, Ok(Incoming::Message(Bytes::from_static(word.as_bytes()))));
    }
    let mut stream = server.await.expect("no panic");
    stream.write_all(b"ree").await.expect("the client reads");
    assert_eq!(receive(&mut link).await, Ok(Incoming::Message(Bytes::from_static(b"three"))));
}

#[tokio::test]
async fn a_burst_of_any_size_is_read_whole() {
    let sizes: Vec<usize> = (0..200).map(|number| number * 331 % 5_000).collect();
    let sent = sizes.clone();
    let address = websocket_server(move |mut stream| {
        let sizes = sent.clone();
        async move {
            for size in sizes {
                stream.feed(Message::Binary(vec![size as u8; size].into())).await.expect("the client reads");
            }
            stream.flush().await.expect("the client reads");
            while let Some(Ok(_)) = stream.next().await {}
        }
    })
    .await;
    let mut link = open(&format!("ws://{address}/x")).await.expect("a link");
    for size in sizes {
        assert_eq!(receive(&mut link).await, Ok(Incoming::Message(vec![size as u8; size].into())));
    }
}

#[tokio::test]
async fn pings_are_answered_between_messages_however_much_is_being_written() {
    const PINGS: usize = 300;
    let address = websocket_server(|mut stream| async move {
        // Pings while the client cannot write: it has filled the socket, for nobody reads here.
        for number in 0..PINGS {
            stream.feed(Message::Ping(vec![number as u8; 100].into())).await.expect("the client reads");
        }
        stream.flush().await.expect("the client reads");
        let (mut pongs, mut messages) = (0, 0);
        while let Some(Ok(message)) = stream.next().await {
            match message {
                Message::Pong(_) => pongs += 1,
                Message::Binary(message) => {
                    assert_eq!(message, vec![messages as u8; 20_000]);
                    messages += 1;
                }
                other => panic!("unexpected {other:?}"),
            }
            if messages == 200 {
                break;
            }
        }
        assert!(pongs > 0, "no ping was answered");
        let _ = stream.send(Message::binary(Bytes::from_static(b"all"))).await;
        while let Some(Ok(_)) = stream.next().await {}
    })
    .await;
    let mut link = open(&format!("ws://{address}/x")).await.expect("a link");
    let mut written = 0;
    let all = std::future::poll_fn(|cx| {
        loop {
            match link.poll_receive(cx) {
                Poll::Ready(Ok(Incoming::Message(message))) => return Poll::Ready(message),
                Poll::Ready(Ok(_)) => continue,
                Poll::Ready(Err(error)) => panic!("{error}"),
                Poll::Pending => {}
            }
            while written < 200 && link.poll_ready(cx).is_ready() {
                link.start_send(vec![written as u8; 20_000].into()).expect("an open link");
                written += 1;
            }
            if link.poll_flush(cx).is_pending() || written == 200 {
                return Poll::Pending;
            }
        }
    });
    assert_eq!(in_time(all).await, "all");
}

#[tokio::test]
async fn an_address_that_is_no_websocket_is_told() {
    for url in ["", "http://host/x", "ws://", "ws://user@host", "relay.example:80"] {
        assert_eq!(refused(url).await.hop, Hop::Setting, "{url}");
    }
}

#[tokio::test]
async fn through_an_ip_proxy_every_url_is_appended_to_its_own() {
    let (seen, mut uris) = tokio::sync::mpsc::unbounded_channel();
    let address = http_server(move |request| {
        seen.send(request.uri().to_string()).expect("the test waits");
        Response::builder().status(404).body(Full::default()).expect("an answer")
    })
    .await;
    let proxy = Address::parse(&format!("http://{address}/in"), Family::Http).expect("a URL");
    let route = Route { ip_proxy: Some(proxy), ..route("https://api.example:8443") };
    fetch(route.clone()).await.expect("an answer");
    assert_eq!(uris.recv().await.expect("a request"), "/in/api.example:8443/session/1_a%2Fb?extended=true");
    let opened =
        in_time(connector(route).open_link("wss://relay.example/rumor?socketId=1", Progress::default()))
            .await;
    assert!(opened.is_err(), "the proxy refuses");
    assert_eq!(uris.recv().await.expect("a request"), "/in/relay.example/rumor?socketId=1");
}

/// Has the server do something on the link and returns what the client sees, one after the other.
async fn seen_of(messages: Vec<Message>) -> Vec<Result<Incoming, TransportError>> {
    let address = websocket_server(move |mut stream| {
        let messages = messages.clone();
        async move {
            for message in messages {
                let _ = stream.send(message).await;
            }
            while let Some(Ok(_)) = stream.next().await {}
        }
    })
    .await;
    let mut link = open(&format!("ws://{address}/x?socketId=secret")).await.expect("a link");
    let mut seen = Vec::new();
    loop {
        seen.push(receive(&mut link).await);
        if matches!(seen.last(), Some(Err(_) | Ok(Incoming::Closed { .. }))) {
            return seen;
        }
    }
}

fn close(code: u16, reason: &str) -> Message {
    Message::Close(Some(CloseFrame { code: code.into(), reason: reason.to_owned().into() }))
}

#[tokio::test]
async fn pings_are_signs_of_life_and_a_close_tells_its_code() {
    let message = Bytes::from_static(b"message");
    let seen = seen_of(vec![
        Message::Ping(Bytes::from_static(b"p")),
        Message::Binary(message.clone()),
        close(1011, "gone\nfor good"),
    ])
    .await;
    let closed = Incoming::Closed { code: Some(1011), reason: "gone for good".to_owned() };
    assert_eq!(seen, [Ok(Incoming::Activity), Ok(Incoming::Message(message)), Ok(closed)]);
    let seen = seen_of(vec![Message::Close(None)]).await;
    assert_eq!(seen, [Ok(Incoming::Closed { code: None, reason: String::new() })]);
}

#[tokio::test]
async fn what_the_rules_forbid_is_told_as_such() {
    let too_large = Message::Binary(vec![0; 64 * 1024 + 1].into());
    for message in [Message::text("secret"), too_large] {
        let seen = seen_of(vec![message]).await;
        let [Err(error)] = &seen[..] else { panic!("unexpected {seen:?}") };
        assert_eq!(error.hop, Hop::Rules);
        assert_words(error, &["broken WebSocket rules by ws://127.0.0.1:"]);
    }
}

#[tokio::test]
async fn an_end_without_a_close_is_a_lost_link() {
    let address = websocket_server(|stream| async move { drop(stream) }).await;
    let mut link = open(&format!("ws://{address}/x")).await.expect("a link");
    let error = receive(&mut link).await.expect_err("the server is gone");
    assert_eq!((error.hop, error.interrupted), (Hop::Link, true));
}

#[tokio::test]
async fn a_link_of_a_conformance_suite_sends_back_what_arrives() {
    let (listener, address) = listen().await;
    let server = async {
        let (socket, _) = listener.accept().await.expect("a client");
        let mut server = tokio_tungstenite::accept_async(socket).await.expect("a WebSocket");
        for message in [Message::text("text"), Message::binary(vec![7; 70_000])] {
            server.send(message.clone()).await.expect("open");
            assert_eq!(server.next().await.expect("open").expect("a message"), message);
        }
        server.close(None).await.expect("open");
        while let Some(Ok(_)) = server.next().await {}
    };
    let client = async {
        let route = Route { max_message_bytes: 1 << 20, ..route("http://unused") };
        let link = connector(route).open_link(&format!("ws://{address}"), Progress::default()).await;
        link.expect("a link").echo().await.expect("an orderly end");
    };
    in_time(async { tokio::join!(server, client) }).await;
}

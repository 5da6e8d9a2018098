//! The proxies, spoken to byte by byte as their standards say.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;

/// A server that says what it hears.
async fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (mut read, mut write) = stream.split();
            let _ = tokio::io::copy(&mut read, &mut write).await;
        }
    });
    address
}

/// Says the words and returns the first `length` bytes of what comes back.
async fn talk(stream: &mut TcpStream, words: &[u8], length: usize) -> Vec<u8> {
    stream.write_all(words).await.expect("the proxy reads");
    let mut answer = vec![0; length];
    stream.read_exact(&mut answer).await.expect("the proxy answers");
    answer
}

#[tokio::test]
async fn an_http_proxy_opens_a_way_to_those_it_knows() {
    let echo = echo().await;
    let rules = Rules {
        credentials: Some(("ada".to_owned(), "secret".to_owned())),
        hosts: vec![("echo.example".to_owned(), echo)],
        ..Rules::new(Kind::Http)
    };
    let proxy = ForwardProxy::start(rules).await.expect("a proxy");
    let mut stranger = TcpStream::connect(proxy.address()).await.expect("a link");
    let answer = talk(&mut stranger, b"CONNECT echo.example:7 HTTP/1.1\r\n\r\n", 12).await;
    assert_eq!(answer, b"HTTP/1.1 407");
    let mut ada = TcpStream::connect(proxy.address()).await.expect("a link");
    let request = b"CONNECT echo.example:7 HTTP/1.1\r\nProxy-Authorization: Basic YWRhOnNlY3JldA==\r\n\r\n";
    let established = b"HTTP/1.1 200 Connection established\r\nVia: 1.1 tests\r\n\r\n";
    assert_eq!(talk(&mut ada, request, established.len()).await, established);
    assert_eq!(talk(&mut ada, b"hello", 5).await, b"hello");
    assert_eq!(proxy.asked(), ["echo.example:7"]);
}

#[tokio::test]
async fn a_socks_proxy_opens_a_way_to_those_it_knows() {
    let echo = echo().await;
    let credentials = Some(("ada".to_owned(), "secret".to_owned()));
    let proxy =
        ForwardProxy::start(Rules { credentials, ..Rules::new(Kind::Socks5) }).await.expect("a proxy");
    let mut stranger = TcpStream::connect(proxy.address()).await.expect("a link");
    assert_eq!(talk(&mut stranger, &[5, 1, 0], 2).await, [5, 0xFF]);
    let mut ada = TcpStream::connect(proxy.address()).await.expect("a link");
    assert_eq!(talk(&mut ada, &[5, 2, 0, 2], 2).await, [5, 2]);
    assert_eq!(talk(&mut ada, b"\x01\x03ada\x06secret", 2).await, [1, 0]);
    let [high, low] = echo.port().to_be_bytes();
    let reply = talk(&mut ada, &[5, 1, 0, 1, 127, 0, 0, 1, high, low], 12).await;
    assert_eq!(reply, b"\x05\x00\x00\x03\x05tests\0\0");
    assert_eq!(talk(&mut ada, b"hello", 5).await, b"hello");
}

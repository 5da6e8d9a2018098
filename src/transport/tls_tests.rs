//! Certificates, good and bad ones, against real servers on loopback.
#![forbid(unsafe_code)]

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use http_body_util::Full;
use hyper::Response;
use tokio_rustls::TlsAcceptor;

use super::super::test_servers::*;
use super::super::websocket::Route;
use super::super::{Connector as _, HttpAnswer, Incoming, Link as _, Progress};
use super::*;

async fn fetch_secure(names: &[&str], expired: bool, ca: Option<&str>) -> Result<HttpAnswer, TransportError> {
    let (config, own_ca) = certificate(names, expired);
    let address = https_server(config).await;
    let name = format!("{}-{expired}-{}.pem", names.join("+"), ca.map_or(0, str::len));
    let file = TempFile::new(&name, ca.unwrap_or(&own_ca));
    let route =
        Route { ca_file: Some(file.0.clone()), ..route(&format!("https://localhost:{}", address.port())) };
    fetch(route).await
}

#[tokio::test]
async fn a_certificate_of_the_own_ca_is_trusted() {
    let answer = fetch_secure(&["localhost"], false, None).await.expect("an answer");
    assert_eq!(&*answer.body, b"[]");
}

#[tokio::test]
async fn certificates_that_do_not_fit_are_refused_and_told_why() {
    let (_, stranger) = certificate(&["localhost"], false);
    let table = [
        (fetch_secure(&["other.example"], false, None).await, "not valid for name"),
        (fetch_secure(&["localhost"], true, None).await, "expired"),
        (fetch_secure(&["localhost"], false, Some(&stranger)).await, ""),
    ];
    for (result, word) in table {
        let error = result.expect_err("not to be trusted");
        assert_eq!((error.hop, error.interrupted), (Hop::Tls, false), "{error}");
        assert_words(&error, &["TLS handshake failed with https://localhost:", "certificate", word]);
    }
}

#[tokio::test]
async fn a_ca_file_that_cannot_be_used_is_told() {
    let error =
        fetch_secure(&["localhost"], false, Some("no certificate")).await.expect_err("no certificate");
    assert_words(&error, &["CA file", "a PEM file is expected"]);
    let (listener, address) = listen().await;
    let missing = Some(PathBuf::from("/no/such/file.pem"));
    let route = Route { ca_file: missing, ..route(&format!("https://{address}")) };
    let error = fetch(route).await.expect_err("no file");
    assert_eq!(error.hop, Hop::Tls);
    assert_words(&error, &["CA file \"/no/such/file.pem\"", "No such file"]);
    drop(listener);
}

#[tokio::test]
async fn a_server_without_tls_is_told() {
    let plain = http_server(|_| Response::new(Full::default())).await;
    let error = fetch(route(&format!("https://{plain}"))).await.expect_err("no TLS there");
    assert_eq!(error.hop, Hop::Tls);
}

#[tokio::test]
async fn messages_go_both_ways_over_tls() {
    let (config, ca) = certificate(&["localhost"], false);
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a client");
        let stream = TlsAcceptor::from(config).accept(stream).await.expect("a TLS handshake");
        let mut stream = tokio_tungstenite::accept_async(stream).await.expect("a handshake");
        while let Some(Ok(message)) = stream.next().await {
            if message.is_binary() {
                stream.send(message).await.expect("the client reads");
            }
        }
    });
    let file = TempFile::new("both-ways.pem", &ca);
    let route = Route { ca_file: Some(file.0.clone()), ..route("http://unused") };
    let url = format!("wss://localhost:{}/x", address.port());
    let mut link = in_time(connector(route).open_link(&url, Progress::default())).await.expect("a link");
    for size in [1, 20_000, 64 * 1024] {
        let message = vec![7; size];
        send(&mut link, &message).await.expect("the server reads");
        assert_eq!(receive(&mut link).await, Ok(Incoming::Message(Bytes::from(message))));
    }
    assert!(link.traffic().received > 80_000);
}

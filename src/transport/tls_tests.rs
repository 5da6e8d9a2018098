//! Certificates, good and bad ones, against real servers on loopback.
#![forbid(unsafe_code)]

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use http_body_util::Full;
use hyper::Response;
use rustls::ServerConfig;
use tokio_rustls::TlsAcceptor;

use super::super::test_servers::*;
use super::super::websocket::Route;
use super::super::{Connector as _, HttpAnswer, Incoming, Link as _, Progress};
use super::*;

async fn fetch_secure(names: &[&str], expired: bool, ca: Option<&str>) -> Result<HttpAnswer, TransportError> {
    let (config, own_ca) = certificate(names, expired);
    let name = format!("{}-{expired}-{}.pem", names.join("+"), ca.map_or(0, str::len));
    fetch_trusting(config, &name, ca.unwrap_or(&own_ca)).await
}

/// Asks a server with this certificate, trusting this text in a file of this name.
async fn fetch_trusting(
    config: Arc<ServerConfig>,
    file: &str,
    trusted: &str,
) -> Result<HttpAnswer, TransportError> {
    let address = https_server(config).await;
    let file = TempFile::new(file, trusted);
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
    let localhost = &["localhost"];
    let (_, stranger) = certificate(localhost, false);
    let strange = |(config, _): (Arc<ServerConfig>, String)| (config, stranger.clone());
    let early = certificate_with(localhost, |params, now| {
        params.not_before = (now + 2 * DAY + DAY / 2).into();
        params.not_after = (now + 9 * DAY).into();
    });
    let of_clients = certificate_with(localhost, |params, _| {
        params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
    });
    let many: Vec<String> = (0..8).map(|number| format!("host{number}.example")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let authority = || rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let table = [
        (
            "name",
            certificate(&["other.example", "10.0.0.1"], false),
            "the certificate is for other.example, 10.0.0.1 and not for localhost",
        ),
        ("names", certificate(&many, false), "host3.example, host4.example, others and not for localhost"),
        ("nameless", certificate(&[], false), "it has no names (subjectAltName)"),
        ("expired", certificate(localhost, true), "the certificate expired 1 day ago; is the clock"),
        ("early", early, "not valid yet (it will be in 2 days); is the clock"),
        ("clients", of_clients, "not one for servers"),
        (
            "stranger",
            strange(certificate(localhost, false)),
            "not signed by an authority that is trusted here",
        ),
        ("self", strange(self_signed(localhost, rcgen::IsCa::ExplicitNoCa)), "OTC_CA_FILE can name a file"),
        ("ca", self_signed(localhost, authority()), "that of an authority, made to sign others"),
        ("ca-strange", strange(self_signed(localhost, authority())), "needs basicConstraints=CA:FALSE"),
    ];
    for (file, (config, trusted), words) in table {
        let result = fetch_trusting(config, &format!("unfit-{file}.pem"), &trusted).await;
        let error = result.expect_err("not to be trusted");
        assert_eq!((error.hop, error.interrupted), (Hop::Tls, false), "{error}");
        assert_words(&error, &["TLS handshake failed with https://localhost:", words]);
        assert!(!error.cause.contains("Error") && error.cause.is_ascii(), "words for people: {error}");
    }
}

#[tokio::test]
async fn a_certificate_that_signs_itself_is_trusted_when_it_is_no_authority() {
    for is_ca in [rcgen::IsCa::NoCa, rcgen::IsCa::ExplicitNoCa] {
        let (config, own) = self_signed(&["localhost"], is_ca);
        let answer = fetch_trusting(config, "signs-itself.pem", &own).await.expect("an answer");
        assert_eq!(&*answer.body, b"[]");
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

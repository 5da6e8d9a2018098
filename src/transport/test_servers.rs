//! Servers on loopback, good and bad ones, and what tests do with them.
#![forbid(unsafe_code)]

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming as Body;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::WebSocketStream;

use super::address::{Address, Family};
use super::proxy::Proxies;
use super::websocket::{Route, WebSocketConnector, WebSocketLink};
use super::{Connector as _, HttpAnswer, Incoming, InfoRequest, Link as _, Progress, TransportError};

/// Only a hang reaches it.
pub(super) const LIMIT: Duration = Duration::from_secs(30);

pub(super) async fn in_time<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, future).await.expect("it takes no time")
}

pub(super) async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    (listener, address)
}

pub(super) fn route(api: &str) -> Route {
    Route {
        api: Ok(Address::parse(api, Family::Http).expect("an API URL")),
        api_is_default: false,
        ip_proxy: None,
        proxies: Proxies::default(),
        ca_file: None,
        max_message_bytes: 64 * 1024,
    }
}

pub(super) fn connector(route: Route) -> WebSocketConnector {
    WebSocketConnector::new(route, Arc::default())
}

/// An HTTP server that answers each request by `answer`.
pub(super) async fn http_server(
    answer: impl Fn(Request<Body>) -> Response<Full<Bytes>> + Clone + Send + 'static,
) -> SocketAddr {
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let answer = answer.clone();
            let service = service_fn(move |request| {
                let answer = answer(request);
                async move { Ok::<_, Infallible>(answer) }
            });
            tokio::spawn(
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
            );
        }
    });
    address
}

/// A server that reads a request and then does as it pleases.
pub(super) async fn raw_server<F: Future<Output = ()> + Send + 'static>(
    then: impl Fn(TcpStream) -> F + Clone + Send + Sync + 'static,
) -> SocketAddr {
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let then = then.clone();
            tokio::spawn(async move {
                read_head(&mut stream).await;
                then(stream).await;
            });
        }
    });
    address
}

pub(super) async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(head).expect("a head is text")
}

/// A WebSocket server; `serve` gets each connection.
pub(super) async fn websocket_server<F: Future<Output = ()> + Send + 'static>(
    serve: impl Fn(WebSocketStream<TcpStream>) -> F + Clone + Send + Sync + 'static,
) -> SocketAddr {
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let serve = serve.clone();
            tokio::spawn(async move {
                let stream = tokio_tungstenite::accept_async(stream).await.expect("a handshake");
                serve(stream).await;
            });
        }
    });
    address
}

pub(super) fn assert_words(error: &TransportError, words: &[&str]) {
    let text = error.to_string();
    assert!(words.iter().all(|word| text.contains(word)), "{text} lacks one of {words:?}");
    assert!(!text.contains("secret") && !text.contains('\n'), "{text}");
}

pub(super) async fn fetch(route: Route) -> Result<HttpAnswer, TransportError> {
    let request = InfoRequest { session_id: "1_a/b".to_owned(), token: "T1==secret".to_owned() };
    in_time(connector(route).fetch_session_info(request, Progress::default())).await
}

pub(super) async fn receive(link: &mut WebSocketLink) -> Result<Incoming, TransportError> {
    in_time(std::future::poll_fn(|cx| link.poll_receive(cx))).await
}

pub(super) async fn send(link: &mut WebSocketLink, message: &[u8]) -> Result<(), TransportError> {
    in_time(std::future::poll_fn(|cx| link.poll_ready(cx))).await?;
    link.start_send(Bytes::copy_from_slice(message))?;
    in_time(std::future::poll_fn(|cx| link.poll_flush(cx))).await
}

/// A certificate for these names, signed by an authority of its own, whose PEM comes with it.
pub(super) fn certificate(names: &[&str], expired: bool) -> (Arc<ServerConfig>, String) {
    certificate_with(names, |params, now| {
        if expired {
            params.not_after = (now - DAY).into();
        }
    })
}

pub(super) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// As [`certificate`], for one that `adjust` makes different from the usual; it is told what time it is.
pub(super) fn certificate_with(
    names: &[&str],
    adjust: impl FnOnce(&mut rcgen::CertificateParams, SystemTime),
) -> (Arc<ServerConfig>, String) {
    let ca_key = rcgen::KeyPair::generate().expect("a key");
    let mut ca = rcgen::CertificateParams::new(Vec::new()).expect("parameters");
    ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca_pem = ca.self_signed(&ca_key).expect("a certificate").pem();
    let issuer = rcgen::Issuer::new(ca, ca_key);
    let (key, params) = pair_params(names, adjust);
    let certificate = params.signed_by(&key, &issuer).expect("a certificate");
    (server_config(&certificate, &key), ca_pem)
}

/// A certificate that signs itself, and its PEM.
pub(super) fn self_signed(names: &[&str], is_ca: rcgen::IsCa) -> (Arc<ServerConfig>, String) {
    let (key, params) = pair_params(names, |params, _| params.is_ca = is_ca);
    let certificate = params.self_signed(&key).expect("a certificate");
    (server_config(&certificate, &key), certificate.pem())
}

fn pair_params(
    names: &[&str],
    adjust: impl FnOnce(&mut rcgen::CertificateParams, SystemTime),
) -> (rcgen::KeyPair, rcgen::CertificateParams) {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = rcgen::CertificateParams::new(names).expect("parameters");
    // Whatever the machine's clock says, the tests are about its relation to the certificate.
    #[allow(clippy::disallowed_methods, reason = "certificates are about the time of day")]
    let now = SystemTime::now();
    params.not_before = (now - 30 * DAY).into();
    params.not_after = (now + DAY).into();
    adjust(&mut params, now);
    (rcgen::KeyPair::generate().expect("a key"), params)
}

fn server_config(certificate: &rcgen::Certificate, key: &rcgen::KeyPair) -> Arc<ServerConfig> {
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .expect("a pair");
    Arc::new(config)
}

/// An HTTPS server that answers one request after the other.
pub(super) async fn https_server(config: Arc<ServerConfig>) -> SocketAddr {
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = TlsAcceptor::from(config.clone());
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let service =
                    service_fn(|_| async { Ok::<_, Infallible>(Response::new(Full::<Bytes>::from("[]"))) });
                let _ = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    });
    address
}

/// A file that is removed at the end of the test.
pub(super) struct TempFile(pub(super) PathBuf);

impl TempFile {
    pub(super) fn new(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("otc-{}-{name}", std::process::id()));
        std::fs::write(&path, text).expect("a temporary file");
        Self(path)
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

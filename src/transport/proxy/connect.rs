//! The way through an HTTP proxy: CONNECT.
#![forbid(unsafe_code)]

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper::header::{HOST, HeaderMap, HeaderValue, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, USER_AGENT};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;

use super::super::http::{AGENT, MAX_HEAD_BYTES, innermost};
use super::super::socket::Socket;
use super::super::{Hop, TransportError};
use super::{Address, Credentials, ProxyStep};

/// Asks the proxy behind `socket` for a way to the host of `target`.
pub(super) async fn tunnel(
    socket: Socket,
    target: &Address,
    credentials: Option<&Credentials>,
) -> Result<Socket, TransportError> {
    let request = request(target, credentials).ok_or_else(|| refused("the host makes no HTTP request"))?;
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(MAX_HEAD_BYTES)
        .handshake(TokioIo::new(socket))
        .await
        .map_err(failure)?;
    let mut connection = connection.with_upgrades();
    let exchange = async {
        let answer = sender.send_request(request).await.map_err(failure)?;
        check(&answer, credentials.is_some())?;
        hyper::upgrade::on(answer).await.map_err(failure)
    };
    tokio::pin!(exchange);
    let upgraded = tokio::select! {
        biased;
        upgraded = &mut exchange => upgraded?,
        // The connection ends by giving its socket away, or by breaking; the exchange tells which.
        _ = &mut connection => exchange.await?,
    };
    let parts =
        upgraded.downcast::<TokioIo<Socket>>().map_err(|_| refused("the socket is of another kind"))?;
    if !parts.read_buf.is_empty() {
        return Err(refused("it sent data that nobody had asked for"));
    }
    Ok(parts.io.into_inner())
}

fn request(target: &Address, credentials: Option<&Credentials>) -> Option<Request<Empty<Bytes>>> {
    let authority = target.host_and_port();
    let mut request = Request::connect(&authority).header(HOST, &authority).header(USER_AGENT, AGENT);
    if let Some(credentials) = credentials {
        request = request.header(PROXY_AUTHORIZATION, basic(credentials)?);
    }
    request.body(Empty::new()).ok()
}

fn basic(Credentials { user, password }: &Credentials) -> Option<HeaderValue> {
    let words = BASE64_STANDARD.encode([user, &b":"[..], password].concat());
    let mut value = HeaderValue::try_from(format!("Basic {words}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Whether the answer opens the way; else why not.
fn check<T>(answer: &Response<T>, named: bool) -> Result<(), TransportError> {
    let status = answer.status();
    match status {
        _ if status.is_success() => Ok(()),
        // The second is wrong here, and yet what some proxies say to a wrong password.
        StatusCode::PROXY_AUTHENTICATION_REQUIRED | StatusCode::UNAUTHORIZED => {
            let cause = format!("HTTP {status}: {}", wanted(answer.headers(), named));
            Err(TransportError::new(Hop::Proxy(ProxyStep::Login), "", cause))
        }
        _ => Err(refused(format!("HTTP {status}"))),
    }
}

/// What a proxy wants that asks who is there.
fn wanted(headers: &HeaderMap, named: bool) -> String {
    let offers = headers.get_all(PROXY_AUTHENTICATE).iter().filter_map(|offer| offer.to_str().ok());
    let mut schemes: Vec<&str> = offers.filter_map(|offer| offer.split_ascii_whitespace().next()).collect();
    schemes.dedup();
    if schemes.is_empty() || schemes.iter().any(|scheme| scheme.eq_ignore_ascii_case("basic")) {
        let words = if named {
            "it refuses this user name and password"
        } else {
            "it wants a user name and a password"
        };
        return words.to_owned();
    }
    format!("it wants {}, and only Basic is supported", schemes.join(" or "))
}

fn refused(cause: impl std::fmt::Display) -> TransportError {
    TransportError::new(Hop::Proxy(ProxyStep::Tunnel), "", cause)
}

fn failure(error: hyper::Error) -> TransportError {
    let cause = innermost(&error);
    if error.is_parse() {
        refused(format!("its answer is not HTTP ({cause})"))
    } else {
        TransportError::interrupted(Hop::Proxy(ProxyStep::Tunnel), "", cause)
    }
}

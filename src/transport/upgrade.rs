//! The WebSocket handshake, as far as it is HTTP.
#![forbid(unsafe_code)]

use bytes::Bytes;
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, HOST, HeaderMap, HeaderName, UPGRADE, USER_AGENT};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::address::Address;
use super::http::{AGENT, MAX_HEAD_BYTES, failure};
use super::socket::Wire;
use super::{Hop, TransportError};

const KEY: HeaderName = HeaderName::from_static("sec-websocket-key");
const ACCEPT: HeaderName = HeaderName::from_static("sec-websocket-accept");
const VERSION: HeaderName = HeaderName::from_static("sec-websocket-version");
const EXTENSIONS: HeaderName = HeaderName::from_static("sec-websocket-extensions");
const PROTOCOL: HeaderName = HeaderName::from_static("sec-websocket-protocol");

/// Asks for a WebSocket. What comes back carries frames; those that came with the answer are read first.
pub(super) async fn upgrade(wire: Wire, address: &Address) -> Result<Wire, TransportError> {
    let refused = |cause: String| TransportError::new(Hop::Upgrade(None), address.shown(), cause);
    let failed = |error: hyper::Error| match failure(address, &error) {
        broken if broken.interrupted => TransportError { hop: Hop::Upgrade(None), ..broken },
        answered => refused(answered.cause),
    };
    let key = generate_key();
    let request = request(address, &key).ok_or_else(|| {
        TransportError::new(Hop::Setting, address.shown(), "it does not make an HTTP request")
    })?;
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(MAX_HEAD_BYTES)
        .handshake(TokioIo::new(wire))
        .await
        .map_err(failed)?;
    let mut connection = connection.with_upgrades();
    let exchange = async {
        let answer = sender.send_request(request).await.map_err(failed)?;
        check(&answer, &key)
            .map_err(|(status, cause)| TransportError { hop: Hop::Upgrade(status), ..refused(cause) })?;
        hyper::upgrade::on(answer).await.map_err(failed)
    };
    tokio::pin!(exchange);
    let upgraded = tokio::select! {
        biased;
        upgraded = &mut exchange => upgraded?,
        // The connection ends by giving its socket away, or by breaking; the exchange tells which.
        _ = &mut connection => exchange.await?,
    };
    let parts = upgraded
        .downcast::<TokioIo<Wire>>()
        .map_err(|_| refused("the socket is of another kind".to_owned()))?;
    let mut wire = parts.io.into_inner();
    wire.put_back(parts.read_buf);
    Ok(wire)
}

fn request(address: &Address, key: &str) -> Option<Request<Empty<Bytes>>> {
    Request::get(address.path_and_query())
        .header(HOST, address.authority())
        .header(CONNECTION, "Upgrade")
        .header(UPGRADE, "websocket")
        .header(VERSION, "13")
        .header(KEY, key)
        .header(USER_AGENT, AGENT)
        .body(Empty::new())
        .ok()
}

/// Whether the answer opens a WebSocket; else the status of a refusal, and why.
fn check<T>(answer: &Response<T>, key: &str) -> Result<(), (Option<u16>, String)> {
    let status = answer.status();
    if status != StatusCode::SWITCHING_PROTOCOLS {
        return Err((Some(status.as_u16()), format!("HTTP {status}")));
    }
    let headers = answer.headers();
    let wrong = |what: &str| Err((None, format!("the answer has {what}")));
    if !names(headers, &UPGRADE, "websocket") || !names(headers, &CONNECTION, "upgrade") {
        return wrong("no upgrade to WebSocket");
    }
    if headers
        .get(ACCEPT)
        .is_none_or(|accept| accept.as_bytes() != derive_accept_key(key.as_bytes()).as_bytes())
    {
        return wrong("the key of another request");
    }
    if headers.contains_key(EXTENSIONS) || headers.contains_key(PROTOCOL) {
        return wrong("an extension or protocol that was not offered");
    }
    Ok(())
}

/// Whether a header lists a word.
fn names(headers: &HeaderMap, header: &HeaderName, word: &str) -> bool {
    let values = headers.get_all(header).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|listed| listed.trim().eq_ignore_ascii_case(word))
}

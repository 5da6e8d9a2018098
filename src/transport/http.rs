//! One HTTP request on one socket.
#![forbid(unsafe_code)]

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty, LengthLimitError, Limited};
use hyper::Request;
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, CONNECTION, HOST, HeaderValue, USER_AGENT};
use hyper_util::rt::TokioIo;

use super::address::Address;
use super::socket::Wire;
use super::{Hop, HttpAnswer, TransportError};

/// Most bytes of a status line and its headers.
pub(super) const MAX_HEAD_BYTES: usize = 64 * 1024;

/// Longest body. Session info takes 1 to 3 KiB.
const MAX_BODY_BYTES: usize = 256 * 1024;

/// What the library calls itself in HTTP.
pub(super) const AGENT: &str = concat!("otc/", env!("CARGO_PKG_VERSION"));

/// Sends a GET and reads the answer. Redirects are answers like others.
pub(super) async fn get(
    wire: Wire,
    address: &Address,
    headers: Vec<(&'static str, HeaderValue)>,
) -> Result<HttpAnswer, TransportError> {
    let failed = |error: hyper::Error| failure(address, &error);
    let request = request(address, headers)?;
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(MAX_HEAD_BYTES)
        .handshake(TokioIo::new(wire))
        .await
        .map_err(failed)?;
    let exchange = async {
        let answer = sender.send_request(request).await.map_err(failed)?;
        let status = answer.status().as_u16();
        let body = Limited::new(answer.into_body(), MAX_BODY_BYTES)
            .collect()
            .await
            .map_err(|error| body_failure(address, &*error))?;
        Ok(HttpAnswer { status, body: body.to_bytes() })
    };
    tokio::pin!(exchange, connection);
    tokio::select! {
        biased;
        answer = &mut exchange => answer,
        // The connection may end before the answer has been taken from it; its own failure is told through it too.
        _ = &mut connection => exchange.await,
    }
}

fn request(
    address: &Address,
    headers: Vec<(&'static str, HeaderValue)>,
) -> Result<Request<Empty<Bytes>>, TransportError> {
    let mut request = Request::get(address.path_and_query())
        .header(HOST, address.authority())
        .header(CONNECTION, "close")
        .header(USER_AGENT, AGENT)
        .header(ACCEPT, "application/json");
    for (name, value) in headers {
        request = request.header(name, value);
    }
    request
        .body(Empty::new())
        .map_err(|_| TransportError::new(Hop::Setting, address.shown(), "it does not make an HTTP request"))
}

/// What went wrong in an exchange with `address`.
pub(super) fn failure(address: &Address, error: &hyper::Error) -> TransportError {
    let cause = innermost(error);
    if error.is_parse() {
        let shown = address.shown();
        // What begins like no answer at all. A server of TLS answers plain text with an alert.
        let cause = match cause == "invalid HTTP version parsed" {
            true if shown.starts_with("http://") => "it does not speak HTTP; is https:// meant?".to_owned(),
            true => "it does not speak HTTP".to_owned(),
            false => cause,
        };
        TransportError::new(Hop::Answer, shown, cause)
    } else {
        TransportError::interrupted(Hop::Http, address.shown(), cause)
    }
}

fn body_failure(address: &Address, error: &(dyn std::error::Error + 'static)) -> TransportError {
    if error.is::<LengthLimitError>() {
        let cause = format!("longer than {} KiB", MAX_BODY_BYTES / 1024);
        return TransportError::new(Hop::Answer, address.shown(), cause);
    }
    match error.downcast_ref::<hyper::Error>() {
        // Chunks that are none: the server speaks something else, and would again.
        Some(error) if is_nonsense(error) => {
            TransportError::new(Hop::Answer, address.shown(), innermost(error))
        }
        Some(error) => failure(address, error),
        None => TransportError::interrupted(Hop::Http, address.shown(), error),
    }
}

/// Whether a body cannot be read for what it says, rather than for how it ended.
fn is_nonsense(error: &hyper::Error) -> bool {
    use std::io::ErrorKind::{InvalidData, InvalidInput};
    let cause = first_cause(error).downcast_ref::<std::io::Error>();
    cause.is_some_and(|error| matches!(error.kind(), InvalidData | InvalidInput))
}

/// The words of the first cause: hyper's own only say that there was one.
pub(super) fn innermost(error: &hyper::Error) -> String {
    let cause = first_cause(error);
    match cause.downcast_ref::<std::io::Error>() {
        Some(error) => super::dial::reason(error),
        None => cause.to_string(),
    }
}

fn first_cause(error: &hyper::Error) -> &(dyn std::error::Error + 'static) {
    let mut cause: &(dyn std::error::Error + 'static) = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause
}

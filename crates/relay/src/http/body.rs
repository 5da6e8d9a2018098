//! Reading the body of a request.

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::StatusCode;
use hyper::body::{Body, Incoming};

use crate::config::HttpConfig;

/// How much of a body that is not wanted is read, as a multiple of what is taken. There are programs that die of a
/// connection that closes on them, and read an answer.
const SWALLOWED: usize = 16;

/// Why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyError {
    /// Longer than what is taken.
    TooLarge,
    /// It did not come in time.
    TooSlow,
    /// The connection broke.
    Broken,
}

impl BodyError {
    /// What to answer.
    pub(crate) fn describe(self) -> (StatusCode, &'static str) {
        match self {
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "the request body is too long"),
            Self::TooSlow => (StatusCode::REQUEST_TIMEOUT, "the request body took too long"),
            Self::Broken => (StatusCode::BAD_REQUEST, "the request body broke off"),
        }
    }
}

/// Reads a whole body within the limits.
pub(crate) async fn read(body: &mut Incoming, limits: &HttpConfig) -> Result<Bytes, BodyError> {
    let read = read_to(body, limits.max_body);
    tokio::time::timeout(limits.body_timeout, read).await.unwrap_or(Err(BodyError::TooSlow))
}

/// Reads what is left of a body that nobody wanted, within the limits, so that its sender is not hung up on.
pub(crate) async fn finish(body: &mut Incoming, limits: &HttpConfig) {
    if !body.is_end_stream() {
        let most = limits.max_body.saturating_mul(SWALLOWED);
        let swallow = swallow(body, most);
        // Whoever is as slow as that is hung up on.
        let _ = tokio::time::timeout(limits.body_timeout, swallow).await;
    }
}

async fn read_to(body: &mut Incoming, most: usize) -> Result<Bytes, BodyError> {
    let mut read = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| BodyError::Broken)?.into_data() else { continue };
        if read.len() + data.len() > most {
            return Err(BodyError::TooLarge);
        }
        read.extend_from_slice(&data);
    }
    Ok(read.freeze())
}

async fn swallow(body: &mut Incoming, most: usize) {
    let mut total = 0_usize;
    while let Some(Ok(frame)) = body.frame().await {
        total += frame.data_ref().map_or(0, Bytes::len);
        if total > most {
            return;
        }
    }
}

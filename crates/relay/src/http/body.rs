//! Reading the body of a request.

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::StatusCode;
use hyper::body::Incoming;

use crate::config::HttpConfig;

/// How much of a body that is too long is still read, as a multiple of what is taken. There are programs that die of a
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
pub(crate) async fn read(body: Incoming, limits: &HttpConfig) -> Result<Bytes, BodyError> {
    let read = read_to(body, limits.max_body);
    tokio::time::timeout(limits.body_timeout, read).await.unwrap_or(Err(BodyError::TooSlow))
}

async fn read_to(mut body: Incoming, most: usize) -> Result<Bytes, BodyError> {
    let mut read = BytesMut::new();
    let mut total = 0_usize;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| BodyError::Broken)?.into_data() else { continue };
        total = total.saturating_add(data.len());
        if total <= most {
            read.extend_from_slice(&data);
        } else if total > most.saturating_mul(SWALLOWED) {
            break;
        }
    }
    if total > most { Err(BodyError::TooLarge) } else { Ok(read.freeze()) }
}

//! Reading the body of a request.

use std::time::Instant;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use hyper::{Request, StatusCode};

use crate::clock;
use crate::config::HttpConfig;
use crate::meters::Limited;

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

    /// The limit that was met, if it is one.
    pub(crate) fn limited(self) -> Option<Limited> {
        match self {
            Self::TooLarge => Some(Limited::BodyTooLarge),
            Self::TooSlow => Some(Limited::BodyTimeout),
            Self::Broken => None,
        }
    }
}

/// Until when the body of a request has to be there. It is one moment for all that is done with the body: whoever was
/// too slow for its answer gets no more time to be hung up on.
#[derive(Debug, Clone, Copy)]
struct Deadline(Instant);

/// Starts the time that the body of a request may take.
pub(crate) fn expect(request: &mut Request<Incoming>, now: Instant, limits: &HttpConfig) {
    request.extensions_mut().insert(Deadline(now + limits.body_timeout));
}

/// Reads a whole body within the limits.
pub(crate) async fn read(request: &mut Request<Incoming>, limits: &HttpConfig) -> Result<Bytes, BodyError> {
    let deadline = deadline(request, limits);
    in_time(deadline, read_to(request.body_mut(), limits.max_body)).await
}

/// Reads what is left of a body that nobody wanted, within the limits, so that its sender is not hung up on. Whoever
/// is slower or has more than that is.
pub(crate) async fn finish(request: &mut Request<Incoming>, limits: &HttpConfig) -> Result<(), BodyError> {
    if request.body().is_end_stream() {
        return Ok(());
    }
    let deadline = deadline(request, limits);
    in_time(deadline, swallow(request.body_mut(), limits.max_body.saturating_mul(SWALLOWED))).await
}

fn deadline(request: &Request<Incoming>, limits: &HttpConfig) -> Instant {
    request.extensions().get().map_or_else(|| clock::now().mono + limits.body_timeout, |Deadline(at)| *at)
}

async fn in_time<T>(
    deadline: Instant,
    work: impl Future<Output = Result<T, BodyError>>,
) -> Result<T, BodyError> {
    tokio::time::timeout_at(deadline.into(), work).await.unwrap_or(Err(BodyError::TooSlow))
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

async fn swallow(body: &mut Incoming, most: usize) -> Result<(), BodyError> {
    let mut total = 0_usize;
    while let Some(frame) = body.frame().await {
        total += frame.map_err(|_| BodyError::Broken)?.data_ref().map_or(0, Bytes::len);
        if total > most {
            return Err(BodyError::TooLarge);
        }
    }
    Ok(())
}

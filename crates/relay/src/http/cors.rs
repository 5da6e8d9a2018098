//! What browsers need before they let a page talk to another host.

use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::{Response, StatusCode};

use super::answer::{self, Answer};

/// The headers that clients of all generations send.
const HEADERS: &str = "accept, authorization, content-type, x-opentok-auth, x-tb-client-version, x-tb-connectionid, \
                       x-tb-partner-auth, x-tb-token-auth, x-tb-version";
const METHODS: &str = "GET, POST, DELETE, OPTIONS";
/// How long a browser may remember the answer, in seconds: a day, beyond which browsers cut it anyway.
const MAX_AGE: &str = "86400";

/// Whether a page of the origin in these headers may use the relay. Programs that are no browser send none.
pub(crate) fn allows(headers: &HeaderMap, allowed_origins: &[String]) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    allowed_origins.is_empty() || allowed_origins.iter().any(|allowed| origin == allowed.as_str())
}

/// The answer to a preflight.
pub(crate) fn preflight(request: &HeaderMap) -> Answer {
    let mut answer = answer::empty(StatusCode::NO_CONTENT);
    let headers = answer.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(METHODS));
    // Newer clients send headers that nobody here has heard of; none of them matters.
    let asked = request.get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        asked.unwrap_or_else(|| HeaderValue::from_static(HEADERS)),
    );
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(MAX_AGE));
    answer
}

/// Lets the page that asked read the answer. No cookies are involved, so that nothing is gained by it but what the
/// page could ask for from anywhere.
pub(crate) fn open<B>(answer: &mut Response<B>, request_origin: Option<&HeaderValue>, any_origin: bool) {
    let headers = answer.headers_mut();
    match request_origin {
        Some(origin) if !any_origin => {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers.insert(header::VARY, HeaderValue::from_static("Origin"));
        }
        _ => {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        }
    }
}

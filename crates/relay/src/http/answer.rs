//! Answers.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::{Response, StatusCode};
use serde::Serialize;

/// An answer, whole.
pub(crate) type Answer = Response<Full<Bytes>>;

/// Some server SDKs compare the whole header: a charset after it makes them read the body as XML.
pub(crate) const JSON: &str = "application/json";
pub(crate) const XML: &str = "text/xml";

/// A mark on answers to whoever has shown a good token or key. It is for the relay itself, and not sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trusted;

/// Marks an answer with what it is about, for the relay itself.
pub(crate) fn marked(mut answer: Answer, mark: impl Clone + Send + Sync + 'static) -> Answer {
    answer.extensions_mut().insert(mark);
    answer
}

/// An answer without a body.
pub(crate) fn empty(status: StatusCode) -> Answer {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = status;
    answer
}

/// An answer with a body.
pub(crate) fn body(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}

/// An answer of JSON.
pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Answer {
    let text =
        serde_json::to_vec(value).expect("answers hold nothing but strings, numbers and lists of them");
    body(status, JSON, text)
}

/// What a server SDK reads of a failed call. The body is never empty: there are programs that die of that.
pub(crate) fn error(status: StatusCode, message: &str, as_xml: bool) -> Answer {
    coded(status, i32::from(status.as_u16()), message, as_xml)
}

/// The answer to a caller whose credential is not good. The vendor's service gives this kind of error a code of its own.
pub(crate) fn no_credential(message: &str, as_xml: bool) -> Answer {
    coded(StatusCode::FORBIDDEN, -1, message, as_xml)
}

fn coded(status: StatusCode, code: i32, message: &str, as_xml: bool) -> Answer {
    #[derive(Serialize)]
    struct Body<'a> {
        code: i32,
        message: &'a str,
        description: &'a str,
    }
    if as_xml {
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<errorPayload><code>{code}</code><message>{}</message></errorPayload>",
            escape_xml(message)
        );
        return body(status, XML, text);
    }
    json(status, &Body { code, message, description: message })
}

/// The answer to a method that a path does not take.
pub(crate) fn not_allowed(allowed: &'static str) -> Answer {
    let message = format!("this path takes {allowed}");
    let mut answer = error(StatusCode::METHOD_NOT_ALLOWED, &message, false);
    answer.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
    answer
}

/// How the sender of a request wants its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Accepts {
    /// JSON by name.
    pub(crate) json: bool,
    /// XML by name.
    pub(crate) xml: bool,
}

impl Accepts {
    /// Reads the Accept headers.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let names = |what: &str| {
            headers
                .get_all(header::ACCEPT)
                .iter()
                .filter_map(|value| value.to_str().ok())
                .any(|value| value.to_ascii_lowercase().contains(what))
        };
        Self { json: names("application/json"), xml: names("text/xml") || names("application/xml") }
    }
}

/// Text for between tags.
pub(crate) fn escape_xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

//! A page to look at: live sessions, who is in them, how much is said, which limits were met; in development mode a
//! playground as well. The page itself holds no data and is open. What it shows comes from `/api/…`, which takes the
//! admin token.

mod data;
mod playground;

use hyper::body::Incoming;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, StatusCode};

use super::{Admin, refuse};
use crate::http::answer::{self, Answer};
use crate::http::route::decode;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// What the page consists of: path, content type, text.
const FILES: [(&str, &str, &str); 10] = [
    ("/", HTML, include_str!("index.html")),
    ("/page/style.css", CSS, include_str!("style.css")),
    ("/page/icon.svg", SVG, include_str!("icon.svg")),
    ("/page/main.js", SCRIPT, include_str!("main.js")),
    ("/page/admin.js", SCRIPT, include_str!("admin.js")),
    ("/page/watch.js", SCRIPT, include_str!("watch.js")),
    ("/page/chart.js", SCRIPT, include_str!("chart.js")),
    ("/page/playground.js", SCRIPT, include_str!("playground.js")),
    ("/page/client.js", SCRIPT, include_str!("client.js")),
    ("/page/frames.js", SCRIPT, include_str!("frames.js")),
];

/// Answers a request for the page or for what it shows; `None` for everything else.
pub(super) async fn answer(admin: &Admin, request: &Request<Incoming>) -> Option<Answer> {
    let path = request.uri().path();
    let mut answer = match path.strip_prefix("/api/") {
        Some(path) => api(admin, path, request).await,
        None => file(path, request.method())?,
    };
    secure(&mut answer, &playground::reachable(admin, request.headers()));
    Some(answer)
}

fn file(path: &str, method: &Method) -> Option<Answer> {
    let (_, content_type, text) = FILES.iter().find(|(name, ..)| *name == path)?;
    Some(match *method {
        Method::GET | Method::HEAD => answer::body(StatusCode::OK, content_type, *text),
        _ => answer::not_allowed("GET, HEAD"),
    })
}

/// Has the browser load and ask nothing but the relay. `clients` are the addresses that the playground's clients use.
fn secure(answer: &mut Answer, clients: &[String]) {
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src {}; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'",
        [&["'self'".to_owned()], clients].concat().join(" ")
    );
    let headers = answer.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

async fn api(admin: &Admin, path: &str, request: &Request<Incoming>) -> Answer {
    if let Some(refusal) = refusal(admin, request.headers()) {
        return refusal;
    }
    let query = request.uri().query().unwrap_or_default();
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    match path.split_once('/').unwrap_or((path, "")) {
        ("overview" | "sessions", _) if !reads => answer::not_allowed("GET, HEAD"),
        ("overview", "") => data::overview(admin).await,
        ("sessions", "") => data::sessions(admin, query).await,
        ("sessions", session) => data::session(admin, &decode(session), query).await,
        ("playground", what) => playground::answer(admin, what, query, request),
        _ => answer::error(StatusCode::NOT_FOUND, "there is nothing at this path", false),
    }
}

/// Why the sender of a request may not see what the page shows, if it may not.
fn refusal(admin: &Admin, headers: &HeaderMap) -> Option<Answer> {
    let config = &admin.shared.config;
    if config.admin_token.is_some() {
        return (!admin.admits(headers)).then(refuse);
    }
    // Without a token the listener is on loopback, where everybody is who can log in to this machine.
    let forbidden = |message| Some(answer::error(StatusCode::FORBIDDEN, message, false));
    if config.development.is_none() {
        return forbidden("set admin_token to see what this relay does");
    }
    // A page from elsewhere whose name was made to lead here must not read this.
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    match crate::config::is_loopback_host(host) {
        true => None,
        false => forbidden("open this page by its address, such as http://127.0.0.1:9090/"),
    }
}

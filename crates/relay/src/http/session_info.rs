//! The request that every client begins with: where is this session, and may I come in?

use std::borrow::Cow;

use hyper::header::{self, HeaderMap};
use hyper::{StatusCode, Uri};
use otc_protocol::session_info::{self, Details, SessionInfo};
use otc_protocol::{session_id, token};

use super::answer::{self, Answer, Trusted};
use super::route::{SOCKET_PATH, query_value};
use crate::clock;
use crate::config::{Config, PublicUrl};
use crate::hub::SYMPHONY_ADDRESS;
use crate::meters::Limited;
use crate::server::Shared;
use crate::shard::{Shard, hint};

/// Why a client gets no session.
struct Refusal {
    code: StatusCode,
    message: String,
}

/// Answers session info.
pub(crate) fn answer(shard: &Shard, session: &str, uri: &Uri, headers: &HeaderMap, secure: bool) -> Answer {
    let began = clock::now().mono;
    let admitted = admit(&shard.shared, session, uri, headers, secure);
    let now = clock::now().mono;
    shard.meters().admission.add(now.saturating_duration_since(began));
    match admitted {
        Ok(found) => answer::marked(answer::body(StatusCode::OK, answer::JSON, found), Trusted),
        Err(refusal) => {
            let code = refusal.code.as_u16();
            shard.meters().limited(Limited::Token, now, |left_out| {
                tracing::info!(code, reason = refusal.message, left_out, "session info refused");
            });
            let body = session_info::encode_refusal(code, &refusal.message);
            let in_band = reads_errors_in_band(uri, headers);
            answer::body(if in_band { StatusCode::OK } else { refusal.code }, answer::JSON, body)
        }
    }
}

fn admit(
    shared: &Shared,
    session: &str,
    uri: &Uri,
    headers: &HeaderMap,
    secure: bool,
) -> Result<String, Refusal> {
    let refuse = |code, message: String| Refusal { code, message };
    let id =
        session_id::decode(session).map_err(|error| refuse(StatusCode::BAD_REQUEST, error.to_string()))?;
    let token = token_of(uri, headers)
        .ok_or_else(|| refuse(StatusCode::FORBIDDEN, "no token: send X-TB-TOKEN-AUTH".to_owned()))?;
    let now = clock::now();
    let claims = token::verify_client(&token, session, None, &*shared.keys.get(), now.unix_ms / 1000)
        .map_err(|error| refuse(StatusCode::FORBIDDEN, error.to_string()))?;
    let place = place(&shared.config, headers, secure)
        .ok_or_else(|| refuse(StatusCode::BAD_REQUEST, "the Host header names no host".to_owned()))?;
    let info = SessionInfo {
        session_id: session.to_owned(),
        partner_id: Some(claims.partner_id),
        messaging_url: Some(place.websocket(&format!("{SOCKET_PATH}?hint={}", hint(session)))),
        symphony_address: Some(SYMPHONY_ADDRESS.to_owned()),
        reconnection: true,
    };
    let details = Details {
        host: place.host(),
        create_time_ms: id.create_time_ms().unwrap_or(now.unix_ms),
        segment_id: &clock::uuid(),
    };
    Ok(session_info::encode(&info, &details))
}

/// The token, from the headers of older and newer clients or, where a client cannot set any, from the query. Bytes that
/// no token has are replaced, so that it is refused for what it is and not taken for none.
fn token_of<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<Cow<'a, str>> {
    let header = |name| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let present = |token: &Cow<'_, str>| !token.is_empty();
    header("x-tb-token-auth")
        .filter(present)
        .or_else(|| header("x-opentok-auth").filter(present))
        .or_else(|| query_value(uri.query().unwrap_or_default(), "token").filter(present))
}

/// Where to send the client for the WebSocket: to the configured address, else to the one it came to. What a client
/// claims in these headers only changes its own answer.
fn place(config: &Config, headers: &HeaderMap, secure: bool) -> Option<PublicUrl> {
    if let Some(url) = &config.public_url {
        return Some(url.clone());
    }
    // Proxies in a row append; the first value is what the client saw.
    let first = |name: &str| {
        let value = headers.get(name)?.to_str().ok()?;
        value.split(',').next().map(str::trim).filter(|value| !value.is_empty())
    };
    let secure = match first("x-forwarded-proto") {
        Some(scheme) => scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("wss"),
        None => secure,
    };
    let host = first("x-forwarded-host").or_else(|| first(header::HOST.as_str()))?;
    PublicUrl::of_host(secure, host)
}

/// Whether the client reads errors from a body with HTTP status 200. Browser clients do, and take any other status
/// for a broken network; native ones read the status.
fn reads_errors_in_band(uri: &Uri, headers: &HeaderMap) -> bool {
    let version = headers.get("x-tb-client-version").and_then(|value| value.to_str().ok());
    let in_query = || query_value(uri.query().unwrap_or_default(), "client_version");
    match version.map(str::to_owned).or_else(|| in_query().map(|version| version.into_owned())) {
        Some(version) => version.starts_with("js-"),
        None => is_browser(headers),
    }
}

fn is_browser(headers: &HeaderMap) -> bool {
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    headers.contains_key(header::ORIGIN) || agent.is_some_and(|agent| agent.starts_with("Mozilla/"))
}

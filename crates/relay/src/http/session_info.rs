//! The request that every client begins with: where is this session, and may I come in?

use hyper::header::{self, HeaderMap};
use hyper::{StatusCode, Uri};
use otc_protocol::session_id;
use otc_protocol::token;
use serde_json::{Value, json};

use super::answer::{self, Answer};
use super::route::{SOCKET_PATH, query_value};
use crate::clock;
use crate::config::{Config, PublicUrl};
use crate::hub::SYMPHONY_ADDRESS;
use crate::server::Shared;
use crate::shard::hint;

/// Why a client gets no session.
struct Refusal {
    code: StatusCode,
    message: String,
}

/// Answers session info.
pub(crate) fn answer(shared: &Shared, session: &str, uri: &Uri, headers: &HeaderMap, secure: bool) -> Answer {
    match admit(shared, session, uri, headers, secure) {
        Ok(found) => answer::json(StatusCode::OK, &json!([found])),
        Err(refusal) => {
            tracing::info!(code = refusal.code.as_u16(), reason = refusal.message, "session info refused");
            let code = refusal.code.as_u16();
            let body = json!([{"error": {"code": code, "errorMessage": {"message": refusal.message}}}]);
            let in_band = reads_errors_in_band(uri, headers);
            answer::json(if in_band { StatusCode::OK } else { refusal.code }, &body)
        }
    }
}

fn admit(
    shared: &Shared,
    session: &str,
    uri: &Uri,
    headers: &HeaderMap,
    secure: bool,
) -> Result<Value, Refusal> {
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
    let host = place.host();
    let partner = claims.partner_id;
    let created = id.create_time_ms().unwrap_or(now.unix_ms).to_string();
    Ok(json!({
        "session_id": session,
        "partner_id": partner,
        "project_id": partner,
        "session_status": "INFLIGHT",
        "status_invalid": null,
        "create_dt": created,
        "session_segment_id": clock::uuid(),
        "messaging_server_url": host,
        "messaging_url": place.websocket(&format!("{SOCKET_PATH}?hint={}", hint(session))),
        "media_server_hostname": host,
        "symphony_address": SYMPHONY_ADDRESS,
        "ice_server": null,
        "ice_servers": [],
        "ice_credential_expiration": 86_100,
        "properties": {
            "p2p": {"preference": {"value": "enabled"}},
            "reconnection": true,
            "renegotiation": false,
            "clientLogging": false,
        },
    }))
}

/// The token, from the headers of older and newer clients or, where a client cannot set any, from the query.
fn token_of(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let header =
        |name| headers.get(name).and_then(|value| value.to_str().ok()).filter(|token| !token.is_empty());
    header("x-tb-token-auth").or_else(|| header("x-opentok-auth")).map(str::to_owned).or_else(|| {
        query_value(uri.query().unwrap_or_default(), "token")
            .filter(|token| !token.is_empty())
            .map(|token| token.into_owned())
    })
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

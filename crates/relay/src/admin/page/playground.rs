//! The playground's sessions and tokens, in development mode only.

use hyper::body::Incoming;
use hyper::header::{self, HeaderMap};
use hyper::{Method, Request, StatusCode};
use otc_protocol::session_id;
use otc_protocol::token::{Role, T1Params, mint_t1};
use serde_json::json;

use super::super::Admin;
use crate::clock;
use crate::config::{Development, PublicUrl};
use crate::http::answer::{self, Answer};
use crate::http::route::query_value;

/// How long a token of the playground is good: a day.
const GOOD_FOR_S: u64 = 24 * 3600;
/// The longest name of a client, in characters.
const LONGEST_NAME: usize = 40;

/// Answers a wish of the playground: `session`, or `token` for one.
pub(super) fn answer(admin: &Admin, what: &str, query: &str, request: &Request<Incoming>) -> Answer {
    let nothing = || answer::error(StatusCode::NOT_FOUND, "there is nothing at this path", false);
    let Some(project) = &admin.shared.config.development else { return nothing() };
    if request.method() != Method::POST {
        return answer::not_allowed("POST");
    }
    if !is_own_page(request.headers()) {
        return answer::error(
            StatusCode::FORBIDDEN,
            "pages of this origin may not use the playground",
            false,
        );
    }
    match what {
        "session" => session(admin, project, request.headers()),
        "token" => match token(project, query) {
            Ok(token) => answer::json(StatusCode::OK, &json!({ "token": token })),
            Err(message) => answer::error(StatusCode::BAD_REQUEST, &message, false),
        },
        _ => nothing(),
    }
}

/// Whether a request comes from the page itself, or from a program that is no browser.
fn is_own_page(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    origin.zip(host).is_some_and(|((_, origin), host)| origin == host)
}

fn session(admin: &Admin, project: &Development, headers: &HeaderMap) -> Answer {
    let Some(url) = client_url(admin, headers) else {
        return answer::error(StatusCode::BAD_REQUEST, "the Host header names no host", false);
    };
    let session = session_id::mint(&project.api_key, clock::now().unix_ms, &clock::random::<18>());
    let found = json!({ "api_url": url.to_string(), "api_key": project.api_key, "session": session });
    answer::json(StatusCode::OK, &found)
}

fn token(project: &Development, query: &str) -> Result<String, String> {
    let session = query_value(query, "session").unwrap_or_default();
    let belongs = session_id::decode(&session).is_ok_and(|id| id.partner == project.api_key);
    if !belongs {
        return Err("session: allowed is the id of a session of this project".to_owned());
    }
    let role = query_value(query, "role").unwrap_or("publisher".into());
    let role = Role::from_name(&role)
        .ok_or("role: allowed are subscriber, publisher, publisheronly and moderator")?;
    let name = query_value(query, "name").unwrap_or_default();
    if name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(format!("name: allowed are up to {LONGEST_NAME} characters"));
    }
    let create_time = clock::unix_s();
    Ok(mint_t1(&T1Params {
        partner_id: &project.api_key,
        secret: &project.secret,
        session_id: &session,
        role,
        connection_data: &format!("name={name}"),
        create_time,
        expire_time: create_time + GOOD_FOR_S,
        nonce: &clock::uuid(),
    }))
}

/// Where the clients of the playground find the relay: where clients are sent to anyway, else where it listens, under
/// the name that the page was opened by if it listens everywhere.
fn client_url(admin: &Admin, headers: &HeaderMap) -> Option<PublicUrl> {
    if let Some(url) = &admin.shared.config.public_url {
        return Some(url.clone());
    }
    let (address, secure) = (admin.shared.address, admin.shared.tls.is_some());
    if !address.ip().is_unspecified() {
        return PublicUrl::of_host(secure, &address.to_string());
    }
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let page = PublicUrl::of_host(false, host)?;
    PublicUrl::of_host(secure, &format!("{}:{}", page.host(), address.port()))
}

/// The origins that the page has to be allowed to connect to.
pub(super) fn reachable(admin: &Admin, headers: &HeaderMap) -> Vec<String> {
    if admin.shared.config.development.is_none() {
        return Vec::new();
    }
    let url = client_url(admin, headers);
    url.map_or(Vec::new(), |url| vec![url.origin(), url.websocket_origin()])
}

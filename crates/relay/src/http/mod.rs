//! The HTTP side of a relay: session info for clients, the REST interface for servers, and the door to the WebSocket.

pub(crate) mod answer;
mod body;
mod cors;
pub(crate) mod impatient;
pub(crate) mod input;
mod operation;
mod rate;
mod rest;
pub(crate) mod route;
mod session_info;

use std::cell::Cell;
use std::convert::Infallible;
use std::rc::Rc;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::Upgraded;
use hyper::{Method, Request, StatusCode, Version};
use hyper_util::rt::{TokioIo, TokioTimer};

use crate::clock;
use crate::io::Opened;
use crate::meters::{Limited, Meters, Purpose};
use crate::server::Phase;
use crate::shard::{Arrival, Shard};
use crate::sockets::SocketPermit;
use crate::stream::Stream;
use crate::ws;
pub(crate) use rate::Rate;

use answer::{Answer, Trusted};
use body::BodyError;
use impatient::{Impatient, Turn};
use route::{Route, query_value, route};

/// The place of a socket among the open ones. The connection has it until a WebSocket takes it over.
type Permit = Rc<Cell<Option<SocketPermit>>>;

/// Serves the requests of one socket until it closes or becomes a WebSocket.
pub(crate) async fn serve(shard: Rc<Shard>, stream: Stream, permit: SocketPermit) {
    let secure = stream.is_secure();
    let permit: Permit = Rc::new(Cell::new(Some(permit)));
    let mut phase = shard.shared.phase();
    let limits = &shard.shared.config.http;
    let service = service_fn(|request| {
        let (shard, permit) = (Rc::clone(&shard), Rc::clone(&permit));
        async move { Ok::<_, Infallible>(respond(shard, request, permit, secure).await) }
    });
    let stream = Impatient::new(stream, limits.body_timeout);
    let turn = stream.turn();
    let mut connection = std::pin::pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head_timeout)
            .max_buf_size(limits.max_head)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades()
    );
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        _ = phase.wait_for(|phase| *phase == Phase::Closing) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tell_end(&error, &turn, shard.meters());
    }
}

/// Writes down why a connection ended, and counts it if it met a limit.
pub(crate) fn tell_end(error: &hyper::Error, turn: &Turn, meters: &Meters) {
    let limited = match error {
        error if error.is_parse_too_large() => Some(Limited::HeadTooLarge),
        // One that was kept open after an answer and is not used any more ends like all of its kind.
        error if error.is_timeout() && turn.is_peers() => Some(Limited::HeadTimeout),
        _ => None,
    };
    match limited {
        Some(limited) => meters.limited(limited, clock::now().mono, |left_out| {
            tracing::info!(reason = limited.name(), left_out, "HTTP connection ended");
        }),
        // Mostly a peer that went away; nothing of what it sent is in the text.
        None => tracing::debug!(%error, "HTTP connection ended"),
    }
}

/// Answers a request, and lets pages read the answer if they may.
async fn respond(shard: Rc<Shard>, mut request: Request<Incoming>, permit: Permit, secure: bool) -> Answer {
    let began = clock::now().mono;
    let purpose = purpose(request.uri().path());
    let limits = &shard.shared.config.http;
    body::expect(&mut request, began, limits);
    let origins = &limits.allowed_origins;
    let origin = request.headers().get(header::ORIGIN).cloned();
    let mut answer = if cors::allows(request.headers(), origins) {
        let mut answer = dispatch(&shard, &mut request, &permit, secure).await;
        cors::open(&mut answer, origin.as_ref(), origins.is_empty());
        answer
    } else {
        let answer =
            answer::error(StatusCode::FORBIDDEN, "pages of this origin may not use the relay", false);
        answer::marked(answer, Limited::Origin)
    };
    let (meters, now, status) = (shard.meters(), clock::now().mono, answer.status().as_u16());
    meters.answered(purpose, status, now.saturating_duration_since(began));
    let met = answer.extensions().get::<Limited>().copied();
    if let Some(limited) = met {
        meters.limited(limited, now, |left_out| {
            tracing::info!(reason = limited.name(), status, left_out, "HTTP request refused");
        });
    }
    if answer.extensions().get::<Trusted>().is_some() {
        let mut held = permit.take();
        held.iter_mut().for_each(SocketPermit::known);
        permit.set(held);
    }
    // Whoever asks first whether the body is wanted has its answer.
    if !request.headers().contains_key(header::EXPECT) {
        let unread = body::finish(&mut request, limits).await.err().and_then(BodyError::limited);
        if let Some(limited) = unread.filter(|limited| Some(*limited) != met) {
            meters.limited(limited, clock::now().mono, |left_out| {
                tracing::info!(reason = limited.name(), status, left_out, "HTTP request not read to its end");
            });
        }
    }
    // Answers depend on tokens and on who asks.
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

async fn dispatch(
    shard: &Rc<Shard>,
    request: &mut Request<Incoming>,
    permit: &Permit,
    secure: bool,
) -> Answer {
    let config = &shard.shared.config;
    if request.uri().path_and_query().is_some_and(|url| url.as_str().len() > config.http.max_url) {
        let answer = answer::error(StatusCode::URI_TOO_LONG, "the URL is too long", false);
        return answer::marked(answer, Limited::UrlTooLong);
    }
    if request.version() == Version::HTTP_11 && request.headers().get_all(header::HOST).iter().count() != 1 {
        // Two of them are taken for one by whoever stands before the relay, and for the other here.
        return answer::error(StatusCode::BAD_REQUEST, "a request has one Host header", false);
    }
    if request.method() == Method::OPTIONS {
        return cors::preflight(request.headers());
    }
    let path = request.uri().path().to_owned();
    match (request.method(), route(&path)) {
        (&Method::GET, Route::SessionInfo { session }) => {
            session_info::answer(shard, session, request.uri(), request.headers(), secure)
        }
        (&Method::GET, Route::Socket) => upgrade(shard, request, Rc::clone(permit)),
        (&Method::GET, Route::ProjectConfig) => answer::body(StatusCode::OK, answer::JSON, "{}"),
        // Clients report every few seconds. It is taken, so that their consoles stay clean, and dropped.
        (&Method::POST, Route::Logging) => answer::empty(StatusCode::NO_CONTENT),
        (&Method::POST, Route::CreateSession) => rest::create_session(shard, request).await,
        (_, Route::Rest(path)) => rest::call(shard, path, request).await,
        (_, Route::Unknown) => answer::error(StatusCode::NOT_FOUND, "there is nothing at this path", false),
        (_, Route::CreateSession | Route::Logging) => answer::not_allowed("POST"),
        (_, Route::SessionInfo { .. } | Route::Socket | Route::ProjectConfig) => answer::not_allowed("GET"),
    }
}

/// What a request is for, by its path.
fn purpose(path: &str) -> Purpose {
    match route(path) {
        Route::SessionInfo { .. } => Purpose::SessionInfo,
        Route::Socket => Purpose::Socket,
        Route::CreateSession | Route::Rest(_) => Purpose::Rest,
        Route::ProjectConfig | Route::Logging | Route::Unknown => Purpose::Other,
    }
}

/// Answers the request for a WebSocket, and moves the socket to its shard once the answer is out.
fn upgrade(shard: &Rc<Shard>, request: &mut Request<Incoming>, permit: Permit) -> Answer {
    let accept = match ws::accept(request) {
        Ok(accept) => accept,
        Err(error) => {
            let mut answer = answer::error(StatusCode::UPGRADE_REQUIRED, error.message(), false);
            let headers = answer.headers_mut();
            headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
            headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
            return answer;
        }
    };
    let query = request.uri().query().unwrap_or_default();
    let opened = Opened {
        socket_id: query_value(query, "socketId").filter(|id| !id.is_empty()).map(|id| id.into_owned()),
        reconnect: query_value(query, "reconnect").as_deref() == Some("true"),
        ..Opened::default()
    };
    let hint = query_value(query, "hint").map(|hint| hint.into_owned());
    let upgraded = hyper::upgrade::on(request);
    let shard = Rc::clone(shard);
    tokio::task::spawn_local(async move {
        let Ok(upgraded) = upgraded.await else { return };
        let (Some((stream, read_ahead)), Some(permit)) = (socket_of(upgraded), permit.take()) else { return };
        shard.place(Arrival { stream, read_ahead, opened, permit }, hint.as_deref()).await;
    });
    let mut answer = answer::empty(StatusCode::SWITCHING_PROTOCOLS);
    let headers = answer.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    answer
}

/// The socket below an HTTP connection, and what was read of it beyond the request.
fn socket_of(upgraded: Upgraded) -> Option<(Stream, Bytes)> {
    let parts = upgraded.downcast::<TokioIo<Impatient>>().ok()?;
    // Even an empty rest keeps the whole buffer that requests were read into.
    let read_ahead = if parts.read_buf.is_empty() { Bytes::new() } else { parts.read_buf };
    Some((parts.io.into_inner().into_inner(), read_ahead))
}

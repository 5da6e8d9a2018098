//! The admin listener: whether the relay lives, whether it takes new clients, and what it does. It has a thread of its
//! own, so that it answers while the shards are busy, and while the relay drains.

mod metrics;
mod page;
mod places;
mod status;

use std::convert::Infallible;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::body::Incoming;
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use ring::hmac;
use tokio::net::{TcpListener, TcpStream};

use crate::clock;
use crate::gate::Gate;
use crate::http::answer::{self, Answer};
use crate::http::impatient::Impatient;
use crate::http::tell_end;
use crate::server::{Phase, Shared};
use crate::sockets::Full;
use crate::stream::Stream;
use places::{Entry, Guest, Places};
pub(crate) use status::Totals;

/// How long accepting rests after it failed.
const ACCEPT_REST: Duration = Duration::from_millis(100);

/// What the admin listener answers from.
struct Admin {
    shared: Arc<Shared>,
    /// Under which tokens are compared.
    key: hmac::Key,
    started: Instant,
    places: Rc<Places>,
}

/// Runs the admin listener on the present thread until the relay closes.
pub(crate) fn run(shared: Arc<Shared>, listener: std::net::TcpListener, gate: Gate) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build_local(tokio::runtime::LocalOptions::default())?;
    if !gate.pass() {
        return Ok(());
    }
    let admin = Rc::new(Admin {
        key: hmac::Key::new(hmac::HMAC_SHA256, &clock::random::<32>()),
        started: clock::now().mono,
        places: Places::new(shared.config.link.max_admin_sockets),
        shared,
    });
    runtime.block_on(async move {
        let listener = TcpListener::from_std(listener)?;
        let mut phase = admin.shared.phase();
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                _ = phase.wait_for(|phase| *phase == Phase::Closing) => return Ok(()),
            };
            // Whoever has come is listened to before the next one may take its place.
            tokio::task::yield_now().await;
            match accepted {
                Ok((stream, from)) => match admin.places.enter(from.ip()) {
                    Entry::Free(guest) => {
                        drop(tokio::task::spawn_local(serve(Rc::clone(&admin), guest, stream)))
                    }
                    Entry::InPlaceOf(guest, gone) => {
                        admin.tell_full(gone);
                        tokio::task::spawn_local(serve(Rc::clone(&admin), guest, stream));
                    }
                    Entry::Full => admin.tell_full(from.ip()),
                },
                Err(error) => {
                    admin.shared.admin_meters().log("accepting", clock::now().mono, |left_out| {
                        tracing::warn!(%error, left_out, "accepting on the admin listener failed");
                    });
                    tokio::time::sleep(ACCEPT_REST).await;
                }
            }
        }
    })
}

async fn serve(admin: Rc<Admin>, guest: Guest, socket: TcpStream) {
    let served = async {
        match admin.welcome(socket).await {
            Ok(stream) => serve_stream(&admin, &guest, stream).await,
            Err(error) => tracing::debug!(%error, "TLS handshake with the admin listener failed"),
        }
    };
    tokio::select! {
        () = served => {}
        () = guest.lost() => {}
    }
}

async fn serve_stream(admin: &Rc<Admin>, guest: &Guest, stream: Stream) {
    let service = service_fn(|request| {
        let admin = Rc::clone(admin);
        async move { Ok::<_, Infallible>(guest.keeping(admin.respond(&request)).await) }
    });
    let stream = Impatient::new(stream, admin.shared.config.http.body_timeout);
    let turn = stream.turn();
    let ended = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(admin.shared.config.http.head_timeout)
        .max_buf_size(admin.shared.config.http.max_head)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = ended {
        tell_end(&error, &turn, admin.shared.admin_meters());
    }
}

impl Admin {
    /// Writes down that somebody from there had to go, or found no place.
    fn tell_full(&self, from: IpAddr) {
        self.shared.sockets.count(Full::Admin);
        self.shared.admin_meters().log(Full::Admin.name(), clock::now().mono, |left_out| {
            let limit = self.shared.config.link.max_admin_sockets;
            tracing::warn!(%from, limit, left_out, "too many connections to the admin listener");
        });
    }

    /// Makes the TLS handshake, if there is to be one.
    async fn welcome(&self, socket: TcpStream) -> std::io::Result<Stream> {
        let config = &self.shared.config.tls;
        match &self.shared.tls {
            Some(tls) if config.admin => tls.accept(socket, config.handshake_timeout).await,
            _ => Ok(Stream::Plain(socket)),
        }
    }

    async fn respond(&self, request: &Request<Incoming>) -> Answer {
        let mut answer = match page::answer(self, request).await {
            Some(answer) => answer,
            None => match (request.method(), request.uri().path()) {
                (&Method::GET | &Method::HEAD, path) => self.get(path, request.headers()).await,
                _ => answer::not_allowed("GET"),
            },
        };
        answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        answer
    }

    async fn get(&self, path: &str, headers: &HeaderMap) -> Answer {
        const TEXT: &str = "text/plain; charset=utf-8";
        match path {
            // Whoever watches over processes has no token, and learns nothing here that a connection does not tell.
            "/health" => answer::body(StatusCode::OK, TEXT, "ok\n"),
            "/ready" if *self.shared.phase().borrow() == Phase::Running => {
                answer::body(StatusCode::OK, TEXT, "ready\n")
            }
            "/ready" => answer::body(StatusCode::SERVICE_UNAVAILABLE, TEXT, "draining\n"),
            "/metrics" | "/status" if !self.admits(headers) => refuse(),
            "/metrics" => {
                answer::body(StatusCode::OK, metrics::CONTENT_TYPE, metrics::render(&self.totals().await))
            }
            "/status" => answer::json(StatusCode::OK, &self.totals().await.to_json()),
            _ => answer::error(StatusCode::NOT_FOUND, "there is nothing at this path", false),
        }
    }

    /// Whether the sender of a request has the token, if there is one. Without one the listener is on loopback.
    fn admits(&self, headers: &HeaderMap) -> bool {
        let Some(token) = &self.shared.config.admin_token else { return true };
        let given = headers.get(header::AUTHORIZATION).map_or(&b""[..], HeaderValue::as_bytes);
        given.split_at_checked(7).is_some_and(|(scheme, given)| {
            scheme.eq_ignore_ascii_case(b"bearer ") && token.is(given.trim_ascii(), &self.key)
        })
    }

    async fn totals(&self) -> Totals {
        let draining = *self.shared.phase().borrow() != Phase::Running;
        let uptime = clock::now().mono.duration_since(self.started);
        Totals::collect(&self.shared, draining, uptime).await
    }
}

fn refuse() -> Answer {
    let message = "send the admin token: Authorization: Bearer";
    let mut answer = answer::error(StatusCode::UNAUTHORIZED, message, false);
    answer.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    answer
}

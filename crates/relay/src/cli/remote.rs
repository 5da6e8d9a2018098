//! Asking a relay something over HTTP.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, AUTHORIZATION, CONNECTION, CONTENT_TYPE, HOST};
use hyper::{Method, Request, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::Failure;
use super::trust::{Authorities, CaArgs};

/// How long connecting may take, and then the answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// More than any answer of a relay: a list of 15,000 connections takes 2 MiB.
const MAX_ANSWER: usize = 16 << 20;

/// A relay somewhere.
pub(super) struct Remote {
    /// As it was given, without a slash at the end.
    url: String,
    secure: bool,
    host: String,
    port: u16,
    path: String,
    authorities: Authorities,
    /// What to say when nobody answers.
    hint: &'static str,
    runtime: tokio::runtime::Runtime,
}

/// An answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
}

/// What a request shows to be let in.
pub(super) enum Credential<'a> {
    None,
    /// A token for `X-OPENTOK-AUTH`.
    Project(&'a str),
    /// A token for `Authorization`.
    Bearer(&'a str),
}

impl Remote {
    /// The relay at a URL; `flag` is where the URL was given.
    pub(super) fn new(
        flag: &'static str,
        url: &str,
        ca: &CaArgs,
        hint: &'static str,
    ) -> Result<Self, Failure> {
        let wrong = || {
            let shown: String = url.chars().flat_map(char::escape_debug).take(80).collect();
            Failure::Usage(format!("{flag} \"{shown}\": allowed is http://host:port or https://host:port"))
        };
        let uri: Uri = url.trim_end_matches('/').parse().map_err(|_| wrong())?;
        let secure = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(wrong()),
        };
        let authority =
            uri.authority().filter(|authority| !authority.as_str().contains('@')).ok_or_else(wrong)?;
        if uri.query().is_some() || authority.host().is_empty() {
            return Err(wrong());
        }
        let authorities = ca.read((!secure).then_some(flag))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        Ok(Self {
            url: url.trim_end_matches('/').to_owned(),
            secure,
            host: authority.host().trim_matches(['[', ']']).to_owned(),
            port: authority.port_u16().unwrap_or(if secure { 443 } else { 80 }),
            path: uri.path().trim_end_matches('/').to_owned(),
            authorities,
            hint,
            runtime: runtime.map_err(|error| Failure::Failed(format!("cannot start: {error}")))?,
        })
    }

    /// Its URL.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Makes a request and waits for the answer.
    pub(super) fn ask(
        &self,
        method: Method,
        path: &str,
        credential: &Credential<'_>,
        body: Option<String>,
    ) -> Result<Answer, Failure> {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.path))
            .header(HOST, format!("{host}:{}", self.port))
            .header(ACCEPT, "application/json")
            .header(CONNECTION, "close");
        request = match credential {
            Credential::None => request,
            Credential::Project(token) => request.header("X-OPENTOK-AUTH", *token),
            Credential::Bearer(token) => request.header(AUTHORIZATION, format!("Bearer {token}")),
        };
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let request = request
            .body(Full::new(Bytes::from(body.unwrap_or_default())))
            .map_err(|_| Failure::Usage("this does not make an HTTP request".to_owned()))?;
        let outcome = self.runtime.block_on(async {
            let exchange = tokio::time::timeout(2 * PATIENCE, self.exchange(request));
            exchange.await.unwrap_or_else(|_| Err(self.nobody("no answer in time")))
        });
        outcome.map_err(|cause| Failure::Failed(format!("no answer from {}: {cause}", self.url)))
    }

    /// That there is perhaps no relay at all.
    fn nobody(&self, cause: &str) -> String {
        format!("{cause} ({})", self.hint)
    }

    async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<Answer, String> {
        let connecting = tokio::time::timeout(PATIENCE, TcpStream::connect((self.host.as_str(), self.port)));
        let socket = connecting.await.map_err(|_| self.nobody("it does not accept the connection"))?;
        let socket = socket.map_err(|error| self.nobody(&error.to_string()))?;
        if !self.secure {
            return speak(socket, request, "it does not speak HTTP; is https:// meant?").await;
        }
        let name = ServerName::try_from(self.host.clone()).map_err(|_| "no name for TLS".to_owned())?;
        let connector = TlsConnector::from(self.authorities.client()?);
        let connected = connector.connect(name, socket).await;
        let stream = connected.map_err(|error| self.authorities.explain(&error, &self.host))?;
        speak(stream, request, "it does not speak HTTP").await
    }
}

/// Makes a request; `no_http` is what to say of whoever says something else than HTTP.
async fn speak(
    socket: impl AsyncRead + AsyncWrite + Unpin + Send,
    request: Request<Full<Bytes>>,
    no_http: &str,
) -> Result<Answer, String> {
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(socket)).await.map_err(|error| error.to_string())?;
    let described = |error: hyper::Error| match error.is_parse() || error.is_incomplete_message() {
        true => no_http.to_owned(),
        false => error.to_string(),
    };
    let exchange = async {
        let answer = sender.send_request(request).await.map_err(described)?;
        let status = answer.status().as_u16();
        let body = Limited::new(answer.into_body(), MAX_ANSWER).collect().await;
        let body = body.map_err(|error| error.to_string())?.to_bytes();
        Ok(Answer { status, body: String::from_utf8_lossy(&body).into_owned() })
    };
    tokio::pin!(exchange, connection);
    tokio::select! {
        biased;
        answer = &mut exchange => answer,
        // The connection may end before the answer has been taken from it.
        _ = &mut connection => exchange.await,
    }
}

//! What the calls of the REST interface do.

use std::rc::Rc;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::{Method, Request, StatusCode};
use otc_protocol::limits::{self, SignalLimitError};
use otc_protocol::raptor::SignalPayload;
use serde_json::{Value, json};

use super::answer::{self, Answer};
use super::body::{self, BodyError};
use super::input::{self, SignalBody};
use super::rest::Failure;
use super::route::{RestPath, Target, decode};
use crate::clock;
use crate::hub::{Hub, ServerError, StreamInfo};
use crate::ids;
use crate::io::Now;
use crate::shard::{Shard, shard_of};

/// Does what a call asks for. Its caller is known to be the session's project.
pub(crate) async fn perform(
    shard: &Rc<Shard>,
    path: RestPath<'_>,
    request: &mut Request<Incoming>,
) -> Result<Answer, Failure> {
    let call = Call { shard, path };
    match (request.method(), path.target) {
        (&Method::POST, Target::Signal) => call.signal(None, request).await,
        (&Method::POST, Target::ConnectionSignal(to)) => call.signal(Some(to), request).await,
        (&Method::DELETE, Target::Connection(connection)) => call.force_disconnect(connection).await,
        (&Method::GET, Target::Connections) => call.connections().await,
        (&Method::GET, Target::Streams) => call.streams().await,
        (&Method::GET, Target::Stream(stream)) => call.stream(stream).await,
        (&Method::POST, Target::Mute) => call.mute(request).await,
        (&Method::POST, Target::StreamMute(stream)) => call.mute_stream(stream, request).await,
        (_, Target::Signal | Target::ConnectionSignal(_) | Target::Mute | Target::StreamMute(_)) => {
            Ok(answer::not_allowed("POST"))
        }
        (_, Target::Connection(_)) => Ok(answer::not_allowed("DELETE")),
        (_, Target::Connections | Target::Streams | Target::Stream(_)) => Ok(answer::not_allowed("GET")),
    }
}

struct Call<'a> {
    shard: &'a Rc<Shard>,
    path: RestPath<'a>,
}

impl Call<'_> {
    /// Has the hub of the session's shard do something.
    async fn hub<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Hub, &str, Now) -> T + Send + 'static,
    ) -> Result<T, Failure> {
        const GONE: Failure = Failure::of(StatusCode::SERVICE_UNAVAILABLE, "the relay is stopping");
        let session = self.path.session.to_owned();
        let shards = &self.shard.shared.shards;
        let shard = &shards[shard_of(&session, shards.len())];
        shard.call(move |hub, now| work(hub, &session, now)).await.ok_or(GONE)
    }

    /// The id of a connection or stream in the path. One that nobody can have is a mistake of the caller's.
    fn id(&self, segment: &str) -> Result<String, Failure> {
        const NO_ID: Failure =
            Failure::of(StatusCode::BAD_REQUEST, "the id in the path is not of a connection or stream");
        let id = decode(segment);
        if ids::is_usable(&id, self.shard.shared.limits.id_bytes) { Ok(id.into_owned()) } else { Err(NO_ID) }
    }

    async fn body(&self, request: &mut Request<Incoming>) -> Result<Bytes, Failure> {
        Ok(body::read(request, &self.shard.shared.config.http).await?)
    }

    async fn signal(&self, to: Option<&str>, request: &mut Request<Incoming>) -> Result<Answer, Failure> {
        let SignalBody { kind, data } = SignalBody::read(&self.body(request).await?).map_err(wrong)?;
        limits::check_type(kind.as_bytes())?;
        limits::check_data(data.as_deref().unwrap_or_default().as_bytes())?;
        let to = to.map(|to| self.id(to)).transpose()?;
        self.hub(move |hub, session, now| {
            let data = data.as_deref().map_or(SignalPayload::None, SignalPayload::Text);
            hub.server_signal(session, to.as_deref(), &kind, data, now)
        })
        .await??;
        Ok(answer::empty(StatusCode::NO_CONTENT))
    }

    async fn force_disconnect(&self, connection: &str) -> Result<Answer, Failure> {
        let connection = self.id(connection)?;
        self.hub(move |hub, session, now| hub.force_disconnect(session, &connection, now)).await??;
        Ok(answer::empty(StatusCode::NO_CONTENT))
    }

    async fn connections(&self) -> Result<Answer, Failure> {
        let found = or_none(self.hub(|hub, session, _| hub.connections(session)).await?)?;
        let items: Vec<Value> = found
            .iter()
            .map(|connection| {
                json!({
                    "connectionId": &*connection.id,
                    "connectionState": if connection.linked { "Connected" } else { "Connecting" },
                    "createdAt": connection.created_at_ms,
                })
            })
            .collect();
        let list = json!({
            "count": items.len(),
            "projectId": self.path.project,
            "sessionId": self.path.session,
            "items": items,
        });
        Ok(answer::json(StatusCode::OK, &list))
    }

    async fn streams(&self) -> Result<Answer, Failure> {
        let found = or_none(self.hub(|hub, session, _| hub.streams(session)).await?)?;
        let items: Vec<Value> = found.iter().map(stream_item).collect();
        Ok(answer::json(StatusCode::OK, &json!({"count": items.len(), "items": items})))
    }

    async fn stream(&self, id: &str) -> Result<Answer, Failure> {
        let id = self.id(id)?;
        let found = self.hub(|hub, session, _| hub.streams(session)).await??;
        let stream = found.iter().find(|stream| stream.id == id).ok_or(ServerError::NoStream)?;
        Ok(answer::json(StatusCode::OK, &stream_item(stream)))
    }

    async fn mute(&self, request: &mut Request<Incoming>) -> Result<Answer, Failure> {
        let active = input::mute(&self.body(request).await?).map_err(wrong)?;
        self.hub(move |hub, session, _| hub.set_mute(session, active)).await??;
        Ok(self.project())
    }

    async fn mute_stream(&self, stream: &str, request: &mut Request<Incoming>) -> Result<Answer, Failure> {
        input::nothing(&self.body(request).await?).map_err(wrong)?;
        let stream = self.id(stream)?;
        self.hub(move |hub, session, _| hub.mute_stream(session, &stream)).await??;
        Ok(self.project())
    }

    /// What the calls that mute are answered with: the project, as some SDKs make an object of it.
    fn project(&self) -> Answer {
        let project = self.path.project;
        answer::json(
            StatusCode::OK,
            &json!({
                "id": project,
                "projectId": project,
                "applicationId": project,
                "status": "ACTIVE",
                "name": "",
                "environment": "standard",
                "createdAt": clock::now().unix_ms,
            }),
        )
    }
}

fn stream_item(stream: &StreamInfo) -> Value {
    json!({
        "id": stream.id,
        "videoType": stream.video_type.as_deref().unwrap_or_default(),
        "name": stream.name,
        "layoutClassList": [],
    })
}

/// A body that is not what its call takes.
fn wrong(message: &'static str) -> Failure {
    Failure::of(StatusCode::BAD_REQUEST, message)
}

/// A list of what is in a session is empty when nobody is there: the session exists by its id.
fn or_none<T>(found: Result<Vec<T>, ServerError>) -> Result<Vec<T>, Failure> {
    match found {
        Err(ServerError::NoSession) => Ok(Vec::new()),
        found => Ok(found?),
    }
}

impl From<ServerError> for Failure {
    fn from(error: ServerError) -> Self {
        match error {
            ServerError::NoSession => Self::NO_SESSION,
            ServerError::NoConnection => {
                Self::of(StatusCode::NOT_FOUND, "this connection is not in the session")
            }
            ServerError::NoStream => Self::of(StatusCode::NOT_FOUND, "this stream is not in the session"),
            ServerError::Signal(error) => error.into(),
        }
    }
}

impl From<SignalLimitError> for Failure {
    fn from(error: SignalLimitError) -> Self {
        let status = match error {
            SignalLimitError::TypeTooLong | SignalLimitError::DataTooLong => StatusCode::PAYLOAD_TOO_LARGE,
            SignalLimitError::TypeInvalid => StatusCode::BAD_REQUEST,
        };
        Self { status, message: error.to_string().into() }
    }
}

impl From<BodyError> for Failure {
    fn from(error: BodyError) -> Self {
        let (status, message) = error.describe();
        Self::of(status, message)
    }
}

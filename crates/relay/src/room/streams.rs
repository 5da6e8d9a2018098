//! Published media, as far as its clients must be told of it. Nothing here looks into it.

use serde_json::{Map, Value};

use otc_protocol::raptor::{Event, StreamAction, Uri};

use super::{Room, json};
use crate::context::Context;
use crate::hub::StreamInfo;
use crate::ids;
use crate::io::Now;
use crate::rejection::{Kind, Rejection};

/// A stream. What its publisher said of it is kept as it came, for its readers know more of it than a relay.
pub(super) struct Stream {
    id: String,
    /// The number of the member that publishes it.
    pub(super) owner: u64,
    object: Map<String, Value>,
}

impl Stream {
    /// The JSON that describes it to clients.
    pub(super) fn json(&self) -> String {
        json(&self.object)
    }

    fn info(&self, room: &Room) -> Option<StreamInfo> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let channels = self.object.get("channel").and_then(Value::as_array);
        let video = channels.into_iter().flatten().find(|channel| channel["type"] == "video");
        Some(StreamInfo {
            id: self.id.clone(),
            name: self.object.get("name").and_then(text).unwrap_or_default(),
            video_type: video.map(|channel| text(&channel["source"]).unwrap_or_else(|| "camera".to_owned())),
            connection: room.members[room.index(self.owner)?].id.clone(),
        })
    }
}

impl Room {
    /// The streams, in the order of their publication.
    pub(crate) fn stream_infos(&self) -> Vec<StreamInfo> {
        self.streams.iter().filter_map(|stream| stream.info(self)).collect()
    }

    /// Deals with what a member wants of a stream.
    pub(super) fn stream_request(
        &mut self,
        at: usize,
        action: StreamAction,
        id: &str,
        content: &str,
        ctx: &mut Context,
        now: Now,
    ) -> Result<(), Rejection> {
        if content.len() > ctx.limits.stream_bytes {
            return Err(too_large());
        }
        match action {
            StreamAction::Create => self.create_stream(at, id, read(content)?, ctx, now),
            StreamAction::Delete => self.delete_stream(at, id, ctx),
            StreamAction::Update => {
                let changes = read(content)?;
                self.change_stream(at, id, ctx, |object| {
                    object.extend(without_identity(changes.clone()));
                    Ok(())
                })?;
                let uri = Uri::for_stream(&self.partner, &self.session, id);
                self.tell_update(&uri, &changes, at, ctx);
                Ok(())
            }
            StreamAction::UpdateChannel { channel } => {
                let changes = read(content)?;
                self.change_stream(at, id, ctx, |object| {
                    let channels = object.get_mut("channel").and_then(Value::as_array_mut);
                    let known = channels.into_iter().flatten().find(|known| known["id"] == *channel);
                    let known = known.and_then(Value::as_object_mut).ok_or_else(no_channel)?;
                    known.extend(without_identity(changes.clone()));
                    Ok(())
                })?;
                let uri = Uri::for_stream(&self.partner, &self.session, id) + "/channel/" + &channel;
                self.tell_update(&uri, &changes, at, ctx);
                Ok(())
            }
        }
    }

    /// Changes the description of a member's own stream, unless it becomes too large by that.
    fn change_stream(
        &mut self,
        at: usize,
        id: &str,
        ctx: &Context,
        change: impl FnOnce(&mut Map<String, Value>) -> Result<(), Rejection>,
    ) -> Result<(), Rejection> {
        let number = self.members[at].key.number;
        let stream = self.streams.iter_mut().find(|stream| stream.id == id).ok_or_else(no_stream)?;
        if stream.owner != number {
            return Err(Rejection::new(Kind::Forbidden, "the stream is published by another connection"));
        }
        let mut object = stream.object.clone();
        change(&mut object)?;
        if json(&object).len() > ctx.limits.stream_bytes {
            return Err(too_large());
        }
        stream.object = object;
        Ok(())
    }

    fn create_stream(
        &mut self,
        at: usize,
        id: &str,
        mut object: Map<String, Value>,
        ctx: &mut Context,
        now: Now,
    ) -> Result<(), Rejection> {
        let member = &self.members[at];
        let owner = member.key.number;
        if !member.role.permissions().contains(&"publish") {
            let reason = format!("role {} may not publish", member.role.name());
            return Err(Rejection::new(Kind::Forbidden, reason));
        }
        if !ids::is_usable(id, ctx.limits.id_bytes) {
            return Err(Rejection::new(
                Kind::Malformed,
                "stream id has a character or length that is not allowed",
            ));
        }
        if self.streams.iter().any(|stream| stream.id == id) {
            return Err(Rejection::new(Kind::Conflict, "stream id is in use"));
        }
        if self.streams.iter().filter(|stream| stream.owner == owner).count()
            >= ctx.limits.streams_per_connection
        {
            return Err(Rejection::new(
                Kind::TooManyStreams,
                "the connection publishes as many streams as it may",
            ));
        }
        object.remove("connectionId");
        object.insert("id".to_owned(), id.into());
        object.insert("creationTime".to_owned(), now.unix_ms.into());
        object.insert("connection".to_owned(), serde_json::json!({ "id": &*member.id }));
        if !object.get("name").is_some_and(Value::is_string) {
            object.insert("name".to_owned(), "".into());
        }
        if !object.get("channel").is_some_and(Value::is_array) {
            object.insert("channel".to_owned(), Value::Array(Vec::new()));
        }
        let uri = Uri::for_stream(&self.partner, &self.session, id);
        let news = message("created", &uri, &object);
        self.streams.push(Stream { id: id.to_owned(), owner, object });
        self.tell(&news, Some(owner), ctx);
        Ok(())
    }

    fn delete_stream(&mut self, at: usize, id: &str, ctx: &mut Context) -> Result<(), Rejection> {
        let member = &self.members[at];
        let found = self.streams.iter().position(|stream| stream.id == id).ok_or_else(no_stream)?;
        let own = self.streams[found].owner == member.key.number;
        if !own && !member.role.permissions().contains(&"forceunpublish") {
            let reason = format!("role {} may not end others' streams", member.role.name());
            return Err(Rejection::new(Kind::Forbidden, reason));
        }
        // An owner knows from the answer; one whose stream is ended by somebody else has to be told.
        let (reason, except) =
            if own { ("clientDisconnected", Some(member.key.number)) } else { ("forceUnpublished", None) };
        self.streams.remove(found);
        self.tell_stream_deleted(id, reason, except, ctx);
        Ok(())
    }

    /// Ends all streams of a member that goes.
    pub(super) fn end_streams_of(&mut self, owner: u64, reason: &str, ctx: &mut Context) {
        while let Some(at) = self.streams.iter().position(|stream| stream.owner == owner) {
            let stream = self.streams.remove(at);
            self.tell_stream_deleted(&stream.id, reason, Some(owner), ctx);
        }
    }

    fn tell_stream_deleted(&mut self, id: &str, reason: &str, except: Option<u64>, ctx: &mut Context) {
        let news = Event::encode_stream_deleted(&self.partner, &self.session, id, reason);
        self.tell(&news, except, ctx);
    }

    fn tell_update(&mut self, uri: &str, changes: &Map<String, Value>, at: usize, ctx: &mut Context) {
        let number = self.members[at].key.number;
        self.tell(&message("updated", uri, changes), Some(number), ctx);
    }
}

/// Identity and ownership are the relay's to state.
fn without_identity(mut changes: Map<String, Value>) -> Map<String, Value> {
    for name in ["id", "connection", "connectionId", "creationTime", "channel"] {
        changes.remove(name);
    }
    changes
}

fn read(content: &str) -> Result<Map<String, Value>, Rejection> {
    serde_json::from_str(content)
        .map_err(|_| Rejection::new(Kind::Malformed, "description of the stream is not a JSON object"))
}

fn message(method: &str, uri: &str, content: &Map<String, Value>) -> String {
    format!("{{\"method\":\"{method}\",\"uri\":{},\"content\":{}}}", json(uri), json(content))
}

fn too_large() -> Rejection {
    Rejection::new(Kind::TooLarge, "description of the stream is too large")
}

fn no_stream() -> Rejection {
    Rejection::new(Kind::NotFound, "the stream is not in the session")
}

fn no_channel() -> Rejection {
    Rejection::new(Kind::NotFound, "the channel is not in the stream")
}

//! Who and what a session currently holds.
#![forbid(unsafe_code)]

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::Arc;

use otc_protocol::raptor::{self, Channel, StreamUpdate};

use super::dedup::Recent;
use super::event::Event;

/// A client in a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// The connection id.
    pub id: String,
    /// When it entered, in milliseconds since 1970; 0 when not known.
    pub creation_time: i64,
    /// The connection data of its token; `""` for none, or when not known.
    pub data: String,
    /// The session it is in.
    pub session_id: Arc<str>,
}

/// Where the video of a stream comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum VideoType {
    /// A camera; also what is assumed when nothing is told.
    #[default]
    Camera,
    /// A screen.
    Screen,
    /// Anything else.
    Custom,
}

/// Published media, as far as signaling knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    /// The stream id.
    pub id: String,
    /// The name its publisher gave it, `""` for none.
    pub name: String,
    /// When it was published, in milliseconds since 1970; 0 when not known.
    pub creation_time: i64,
    /// Who publishes it.
    pub connection: Arc<Connection>,
    pub(super) channels: Vec<Channel>,
}

impl Stream {
    /// A stream without tracks, for tests of other layers.
    #[cfg(test)]
    pub(crate) fn for_tests(id: &str, name: &str, connection: Arc<Connection>) -> Self {
        let (id, name) = (id.to_owned(), name.to_owned());
        Self { id, name, creation_time: 0, connection, channels: Vec::new() }
    }

    /// Whether it has an audio track.
    pub fn has_audio_track(&self) -> bool {
        self.of_kind("audio").next().is_some()
    }

    /// Whether it sends audio now.
    pub fn has_audio(&self) -> bool {
        self.of_kind("audio").any(|channel| channel.active)
    }

    /// Whether it has a video track.
    pub fn has_video_track(&self) -> bool {
        self.of_kind("video").next().is_some()
    }

    /// Whether it sends video now.
    pub fn has_video(&self) -> bool {
        self.of_kind("video").any(|channel| channel.active)
    }

    /// Whether it sends captions now.
    pub fn has_captions(&self) -> bool {
        self.of_kind("captions").any(|channel| channel.active)
    }

    /// Width of the video in pixels, 0 when not known.
    pub fn video_width(&self) -> i32 {
        self.of_kind("video").next().map_or(0, |channel| pixels(channel.width))
    }

    /// Height of the video in pixels, 0 when not known.
    pub fn video_height(&self) -> i32 {
        self.of_kind("video").next().map_or(0, |channel| pixels(channel.height))
    }

    /// Where the video comes from.
    pub fn video_type(&self) -> VideoType {
        match self.of_kind("video").next().and_then(|channel| channel.source.as_deref()) {
            Some("screen") => VideoType::Screen,
            Some("custom") => VideoType::Custom,
            _ => VideoType::Camera,
        }
    }

    /// About how many bytes it keeps alive; of its owner, only what may be known by nothing but this stream.
    pub(super) fn weight(&self) -> usize {
        let channel = |channel: &Channel| {
            let source = channel.source.as_ref().map_or(0, String::len);
            ENTRY_COST + channel.id.len() + channel.kind.len() + source
        };
        let channels: usize = self.channels.iter().map(channel).sum();
        ENTRY_COST + self.id.len() + self.name.len() + self.connection.id.len() + channels
    }

    fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Channel> {
        self.channels.iter().filter(move |channel| channel.kind == kind)
    }
}

/// A count of pixels from the wire: never negative, never beyond what C can hold.
fn pixels(count: i64) -> i32 {
    i32::try_from(count.max(0)).unwrap_or(i32::MAX)
}

/// What the own role allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Capabilities {
    /// Publishing streams.
    pub publish: bool,
    /// Subscribing to streams.
    pub subscribe: bool,
    /// Sending signals.
    pub signal: bool,
    /// Muting others.
    pub force_mute: bool,
    /// Removing others.
    pub force_disconnect: bool,
    /// Ending others' streams.
    pub force_unpublish: bool,
}

/// Everyone and everything in the session but the own connection.
pub(super) struct Roster {
    session_id: Arc<str>,
    connections: BTreeSet<ById<Connection>>,
    streams: BTreeSet<ById<Stream>>,
    /// The ids of recordings that run.
    archives: BTreeSet<String>,
    /// The ids of connections that left.
    departed: Recent,
    bytes: usize,
}

impl Roster {
    pub(super) fn new(session_id: Arc<str>, departed: Recent) -> Self {
        Self {
            session_id,
            connections: BTreeSet::new(),
            streams: BTreeSet::new(),
            archives: BTreeSet::new(),
            departed,
            bytes: 0,
        }
    }

    /// About how many bytes it holds.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn connection(&self, id: &str) -> Option<&Arc<Connection>> {
        self.connections.get(id).map(|entry| &entry.0)
    }

    /// A connection of which nothing but its id is known.
    pub(super) fn stranger(&self, id: &str) -> Arc<Connection> {
        Arc::new(Connection {
            id: id.to_owned(),
            creation_time: 0,
            data: String::new(),
            session_id: self.session_id.clone(),
        })
    }

    /// A connection as the relay describes it.
    pub(super) fn describe(&self, told: raptor::Connection) -> Arc<Connection> {
        Arc::new(Connection {
            id: told.id,
            creation_time: told.creation_time,
            data: told.data,
            session_id: self.session_id.clone(),
        })
    }

    /// Adds a connection; nothing if it is there already.
    pub(super) fn enter(&mut self, told: raptor::Connection) -> Option<Arc<Connection>> {
        if self.connections.contains(&*told.id) {
            return None;
        }
        self.departed.remove(&told.id);
        let connection = self.describe(told);
        self.bytes += connection_cost(&connection);
        self.connections.insert(ById(connection.clone()));
        Some(connection)
    }

    /// Removes a connection; nothing if it is not there. Its streams go before it.
    pub(super) fn leave(&mut self, id: &str) -> Option<(Vec<Arc<Stream>>, Arc<Connection>)> {
        let ById(connection) = self.connections.take(id)?;
        self.bytes -= connection_cost(&connection);
        self.departed.insert(id);
        let owned: Vec<String> = self
            .streams
            .iter()
            .filter(|entry| entry.0.connection.id == id)
            .map(|entry| entry.0.id.clone())
            .collect();
        let streams = owned.iter().filter_map(|stream| self.unpublish(stream)).collect();
        Some((streams, connection))
    }

    /// Whether this connection was here and left.
    pub(super) fn has_left(&self, id: &str) -> bool {
        self.departed.contains(id)
    }

    /// Adds a stream; nothing if it is there already.
    pub(super) fn publish(&mut self, told: raptor::Stream, owner: Arc<Connection>) -> Option<Arc<Stream>> {
        if self.streams.contains(&*told.id) {
            return None;
        }
        let stream = Arc::new(Stream {
            id: told.id,
            name: told.name,
            creation_time: told.creation_time,
            connection: owner,
            channels: told.channels,
        });
        self.bytes += stream.weight();
        self.streams.insert(ById(stream.clone()));
        Some(stream)
    }

    /// Removes a stream; nothing if it is not there.
    pub(super) fn unpublish(&mut self, id: &str) -> Option<Arc<Stream>> {
        let ById(stream) = self.streams.take(id)?;
        self.bytes -= stream.weight();
        Some(stream)
    }

    /// Changes a stream; nothing if it is not there. Returns it as it was and as it is.
    pub(super) fn update(&mut self, id: &str, update: StreamUpdate) -> Option<(Arc<Stream>, Arc<Stream>)> {
        let before = self.unpublish(id)?;
        let mut now = before.clone();
        apply(Arc::make_mut(&mut now), update);
        self.bytes += now.weight();
        self.streams.insert(ById(now.clone()));
        Some((before, now))
    }

    /// Notes that a recording runs. Returns whether that is news.
    pub(super) fn archive_started(&mut self, id: &str) -> bool {
        let news = !self.archives.contains(id);
        if news {
            self.bytes += ENTRY_COST + id.len();
            self.archives.insert(id.to_owned());
        }
        news
    }

    /// Notes that a recording ended. Returns whether it ran.
    pub(super) fn archive_stopped(&mut self, id: &str) -> bool {
        let ran = self.archives.remove(id);
        if ran {
            self.bytes -= ENTRY_COST + id.len();
        }
        ran
    }
}

/// What an entry costs beside its texts.
const ENTRY_COST: usize = 160;

fn connection_cost(connection: &Connection) -> usize {
    ENTRY_COST + connection.id.len() + connection.data.len()
}

fn apply(stream: &mut Stream, update: StreamUpdate) {
    match update {
        StreamUpdate::Stream { name } => {
            if let Some(name) = name {
                stream.name = name;
            }
        }
        StreamUpdate::Channel { channel, active, width, height, source } => {
            let Some(found) = stream.channels.iter_mut().find(|other| other.id == channel) else { return };
            found.active = active.unwrap_or(found.active);
            found.width = width.unwrap_or(found.width);
            found.height = height.unwrap_or(found.height);
            if source.is_some() {
                found.source = source;
            }
        }
    }
}

/// What a program is told about the change of a stream, one event for each property that is not as it was.
pub(super) fn changes(before: &Stream, now: &Arc<Stream>) -> impl Iterator<Item = Event> {
    let stream = || now.clone();
    let audio = (before.has_audio() != now.has_audio())
        .then(|| Event::StreamHasAudioChanged { stream: stream(), has_audio: now.has_audio() });
    let video = (before.has_video() != now.has_video())
        .then(|| Event::StreamHasVideoChanged { stream: stream(), has_video: now.has_video() });
    let captions = (before.has_captions() != now.has_captions())
        .then(|| Event::StreamHasCaptionsChanged { stream: stream(), has_captions: now.has_captions() });
    let (width, height) = (now.video_width(), now.video_height());
    let size = ((before.video_width(), before.video_height()) != (width, height))
        .then(|| Event::StreamVideoDimensionsChanged { stream: stream(), width, height });
    let source = (before.video_type() != now.video_type())
        .then(|| Event::StreamVideoTypeChanged { stream: stream(), video_type: now.video_type() });
    [audio, video, captions, size, source].into_iter().flatten()
}

/// A shared object that a set finds by its id.
struct ById<T>(Arc<T>);

trait HasId {
    fn id(&self) -> &str;
}

impl HasId for Connection {
    fn id(&self) -> &str {
        &self.id
    }
}

impl HasId for Stream {
    fn id(&self) -> &str {
        &self.id
    }
}

impl<T: HasId> Borrow<str> for ById<T> {
    fn borrow(&self) -> &str {
        self.0.id()
    }
}

impl<T: HasId> PartialEq for ById<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0.id() == other.0.id()
    }
}

impl<T: HasId> Eq for ById<T> {}

impl<T: HasId> PartialOrd for ById<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: HasId> Ord for ById<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.id().cmp(other.0.id())
    }
}

//! Who and what a session currently holds.
#![forbid(unsafe_code)]

use std::sync::Arc;

use otc_protocol::raptor::Channel;

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

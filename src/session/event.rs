//! What goes in and out of a [`Session`](super::Session): what the program asks, what the driver is to do, what the
//! program is told.
#![forbid(unsafe_code)]

use std::sync::Arc;

use bytes::Bytes;
use bytestring::ByteString;

use super::error::SessionError;
use super::roster::{Connection, Stream, VideoType};

/// Names one link of a session. Never reused within a session, so that what an old link still says can be told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u64);

/// Names one session info request. Never reused within a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InfoId(pub u64);

/// Whom a signal is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'a> {
    /// Everyone in the session, the sender included.
    Everyone,
    /// The connection with this id, which may be the own one.
    Connection(&'a str),
}

/// A signal as the program hands it over. Nothing of it has been checked yet.
#[derive(Debug, Clone, Copy)]
pub struct OutgoingSignal<'a> {
    /// The type, as raw bytes; empty means absent.
    pub kind: &'a [u8],
    /// The data, as raw bytes; empty means absent.
    pub data: &'a [u8],
    /// Whom it is for.
    pub target: Target<'a>,
    /// Whether to keep it until the relay has answered, across lost links.
    pub retry: bool,
}

/// What the driver is to do next. Actions are to be carried out in the order in which they are polled.
#[derive(Clone, PartialEq, Eq)]
pub enum Action {
    /// Ask the relay where the session is. Answer with [`handle_session_info`](super::Session::handle_session_info).
    FetchSessionInfo {
        /// Names the request.
        id: InfoId,
        /// The session to ask for.
        session_id: String,
        /// The token to show. Never to be logged.
        token: String,
    },
    /// Forget a request: its answer is not wanted any more.
    CancelSessionInfo {
        /// Names the request.
        id: InfoId,
    },
    /// Open a WebSocket. Answer with [`handle_link_opened`](super::Session::handle_link_opened) or
    /// [`handle_link_lost`](super::Session::handle_link_lost).
    OpenLink {
        /// Names the link.
        link: LinkId,
        /// Where to, with its query. The query is a secret: never to be logged.
        url: String,
    },
    /// Write one binary message, and report it with [`handle_sent`](super::Session::handle_sent).
    Send {
        /// On which link.
        link: LinkId,
        /// One encoded frame.
        message: Bytes,
    },
    /// Write out what was sent on this link, then close it, then report it as lost. The driver does that in the
    /// background and bounds it in time; other links do not wait for it.
    CloseLink {
        /// Which link.
        link: LinkId,
        /// The close code; `None` closes without one.
        code: Option<u16>,
    },
    /// Drop a link at once: what is unwritten is thrown away, nothing is waited for. Nothing needs to be reported.
    AbandonLink {
        /// Which link; it may still be opening.
        link: LinkId,
    },
}

/// Without the token and the query of the URL, which are secrets.
impl std::fmt::Debug for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let secret = format_args!("..");
        match self {
            Self::FetchSessionInfo { id, session_id, .. } => f
                .debug_struct("FetchSessionInfo")
                .field("id", id)
                .field("session_id", session_id)
                .field("token", &secret)
                .finish(),
            Self::CancelSessionInfo { id } => f.debug_struct("CancelSessionInfo").field("id", id).finish(),
            Self::OpenLink { link, .. } => {
                f.debug_struct("OpenLink").field("link", link).field("url", &secret).finish()
            }
            Self::Send { link, message } => {
                f.debug_struct("Send").field("link", link).field("bytes", &message.len()).finish()
            }
            Self::CloseLink { link, code } => {
                f.debug_struct("CloseLink").field("link", link).field("code", code).finish()
            }
            Self::AbandonLink { link } => f.debug_struct("AbandonLink").field("link", link).finish(),
        }
    }
}

/// What the program is told, in the order in which it happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The session is joined. The own connection is known from here on.
    Connected,
    /// The session has ended. Nothing follows until it is connected again.
    Disconnected,
    /// Another client is present.
    ConnectionCreated(Arc<Connection>),
    /// Another client has left.
    ConnectionDropped(Arc<Connection>),
    /// Another client publishes a stream.
    StreamReceived(Arc<Stream>),
    /// A stream has ended.
    StreamDropped(Arc<Stream>),
    /// A stream began or ceased to send audio.
    StreamHasAudioChanged {
        /// The stream as it is now.
        stream: Arc<Stream>,
        /// Whether it sends audio now.
        has_audio: bool,
    },
    /// A stream began or ceased to send video.
    StreamHasVideoChanged {
        /// The stream as it is now.
        stream: Arc<Stream>,
        /// Whether it sends video now.
        has_video: bool,
    },
    /// A stream began or ceased to send captions.
    StreamHasCaptionsChanged {
        /// The stream as it is now.
        stream: Arc<Stream>,
        /// Whether it sends captions now.
        has_captions: bool,
    },
    /// The video of a stream changed its size.
    StreamVideoDimensionsChanged {
        /// The stream as it is now.
        stream: Arc<Stream>,
        /// Pixels.
        width: i32,
        /// Pixels.
        height: i32,
    },
    /// The video of a stream comes from another kind of source.
    StreamVideoTypeChanged {
        /// The stream as it is now.
        stream: Arc<Stream>,
        /// The kind of source now.
        video_type: VideoType,
    },
    /// A signal. Its texts are slices of the frame they came in, unless they held escapes.
    SignalReceived {
        /// The type, `""` when absent.
        kind: ByteString,
        /// The data, `""` when absent; for data that is not a string, its compact JSON.
        data: ByteString,
        /// Who sent it; `None` exactly when the server did.
        from: Option<Arc<Connection>>,
    },
    /// The link is lost and is being sought again. Once per loss.
    ReconnectionStarted,
    /// The relay accepted the resume. Once per [`Event::ReconnectionStarted`], unless the session ends instead.
    Reconnected,
    /// A recording began.
    ArchiveStarted {
        /// The archive id.
        id: String,
        /// Its name, `""` for none.
        name: String,
    },
    /// A recording ended.
    ArchiveStopped {
        /// The archive id.
        id: String,
    },
    /// Connecting failed, or an established session is about to end by a fault.
    Error {
        /// What kind of failure.
        error: SessionError,
        /// One line for people: the hop, the address without secrets, the cause.
        message: String,
    },
    /// The session was muted, or ceased to be.
    MuteForced {
        /// Whether it is muted now.
        active: bool,
    },
}

impl Event {
    /// What the message of a signal may hold beside the texts that are told: addresses, ids, names. Usual ones have
    /// some 500 bytes of it. A signal whose message holds more is copied out of it.
    pub(super) const SIGNAL_FRAME: usize = 768;

    /// About how many bytes the event keeps alive: the measure of the callback queue.
    pub fn weight(&self) -> usize {
        /// What queueing an event costs beside its texts.
        const BASE: usize = 128;
        BASE + match self {
            Self::SignalReceived { kind, data, from } => {
                // The sender may be known by nothing but this signal.
                Self::SIGNAL_FRAME + kind.len() + data.len() + from.as_ref().map_or(0, |from| from.id.len())
            }
            Self::ConnectionCreated(connection) | Self::ConnectionDropped(connection) => {
                connection.id.len() + connection.data.len()
            }
            Self::StreamReceived(stream)
            | Self::StreamDropped(stream)
            | Self::StreamHasAudioChanged { stream, .. }
            | Self::StreamHasVideoChanged { stream, .. }
            | Self::StreamHasCaptionsChanged { stream, .. }
            | Self::StreamVideoDimensionsChanged { stream, .. }
            | Self::StreamVideoTypeChanged { stream, .. } => stream.weight(),
            Self::ArchiveStarted { id, name } => id.len() + name.len(),
            Self::ArchiveStopped { id } => id.len(),
            Self::Error { message, .. } => message.len(),
            Self::Connected
            | Self::Disconnected
            | Self::ReconnectionStarted
            | Self::Reconnected
            | Self::MuteForced { .. } => 0,
        }
    }
}

/// How grave a log record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// The session suffered.
    Error,
    /// Something went wrong that the program may want to know.
    Warn,
    /// Milestones.
    Info,
    /// For finding faults.
    Debug,
}

/// One line for the log. Never holds tokens, socket ids or what signals say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRecord {
    /// How grave.
    pub level: LogLevel,
    /// One line.
    pub text: String,
}

//! What a hub has to say to whoever reads logs. Never holds a token, a socket id or what a signal said.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How much a notice matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Everyday events of single clients.
    Debug,
    /// Everyday events of sessions.
    Info,
    /// A limit was met as clients of good faith meet it, too.
    Limit,
    /// A client was refused, ended or limited.
    Warn,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The session concerned, if it is known.
    pub session: Option<Arc<str>>,
    /// The connection concerned, if it is known.
    pub connection: Option<Arc<str>>,
    /// What happened.
    pub event: NoticeEvent,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoticeEvent {
    /// The first client entered a session.
    SessionOpened,
    /// The last client left a session.
    SessionClosed,
    /// A client entered.
    Joined {
        /// The client library, as it names itself; shortened.
        client: String,
        /// Whether it can resume.
        resumable: bool,
    },
    /// A client is gone.
    Left {
        /// The reason that the others were told.
        reason: &'static str,
    },
    /// A client lost its link and has a while to come back.
    LinkLost,
    /// A client came back.
    Resumed {
        /// Messages sent again.
        replayed: usize,
    },
    /// A client did not come back in time.
    NotBack,
    /// A client that came back said nothing for a while, and was sent what it had missed all the same.
    HoldOver,
    /// A client said goodbye and did not close its socket.
    NotClosed,
    /// A socket wanted to resume what is not here.
    ResumeRefused,
    /// A request was refused.
    Refused {
        /// What was asked for.
        request: &'static str,
        /// The status it was answered with.
        status: u16,
        /// Why, in words.
        reason: String,
    },
    /// A socket was closed for what it did or did not do.
    Closed {
        /// The close code.
        code: u16,
        /// Why.
        reason: &'static str,
    },
    /// A client left too much unacknowledged and was ended.
    KeptOverflow {
        /// Messages kept.
        messages: usize,
        /// Their bytes.
        bytes: usize,
    },
    /// A client sends faster than it may.
    Paused {
        /// For how long nothing is read from it.
        pause: Duration,
    },
}

impl Notice {
    /// A word for what kind of thing it is, as far as it matters for how often it is written down.
    pub fn kind(&self) -> &'static str {
        match self.event {
            NoticeEvent::SessionOpened => "session opened",
            NoticeEvent::SessionClosed => "session closed",
            NoticeEvent::Joined { .. } => "joined",
            NoticeEvent::Left { reason } | NoticeEvent::Closed { reason, .. } => reason,
            NoticeEvent::LinkLost => "link lost",
            NoticeEvent::Resumed { .. } => "resumed",
            NoticeEvent::NotBack => "not back",
            NoticeEvent::HoldOver => "hold over",
            NoticeEvent::NotClosed => "not closed",
            NoticeEvent::ResumeRefused => "nothing to resume",
            NoticeEvent::Refused { request, .. } => request,
            NoticeEvent::KeptOverflow { .. } => "kept overflow",
            NoticeEvent::Paused { .. } => "paused",
        }
    }

    /// How much it matters.
    pub fn level(&self) -> Level {
        match self.event {
            NoticeEvent::SessionOpened | NoticeEvent::SessionClosed => Level::Info,
            NoticeEvent::Joined { .. }
            | NoticeEvent::Left { .. }
            | NoticeEvent::LinkLost
            | NoticeEvent::Resumed { .. } => Level::Debug,
            NoticeEvent::NotBack | NoticeEvent::HoldOver | NoticeEvent::NotClosed => Level::Limit,
            NoticeEvent::ResumeRefused
            | NoticeEvent::Refused { .. }
            | NoticeEvent::Closed { .. }
            | NoticeEvent::KeptOverflow { .. }
            | NoticeEvent::Paused { .. } => Level::Warn,
        }
    }
}

impl fmt::Display for Notice {
    /// The event as one line of text; session and connection are fields beside it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.event {
            NoticeEvent::SessionOpened => f.write_str("session opened"),
            NoticeEvent::SessionClosed => f.write_str("session closed"),
            NoticeEvent::Joined { client, resumable: true } => write!(f, "joined ({client})"),
            NoticeEvent::Joined { client, resumable: false } => write!(f, "joined ({client}), cannot resume"),
            NoticeEvent::Left { reason } => write!(f, "left: {reason}"),
            NoticeEvent::LinkLost => f.write_str("link lost"),
            NoticeEvent::Resumed { replayed } => write!(f, "resumed, {replayed} messages sent again"),
            NoticeEvent::NotBack => f.write_str("did not come back in time"),
            NoticeEvent::HoldOver => f.write_str("came back and said nothing: it gets what it missed"),
            NoticeEvent::NotClosed => f.write_str("said goodbye and did not close its socket"),
            NoticeEvent::ResumeRefused => f.write_str("nothing to resume"),
            NoticeEvent::Refused { request, status, reason } => {
                write!(f, "{request} refused with {status}: {reason}")
            }
            NoticeEvent::Closed { code, reason } => write!(f, "closed with {code}: {reason}"),
            NoticeEvent::KeptOverflow { messages, bytes } => {
                write!(f, "ended with {messages} messages ({bytes} bytes) unacknowledged")
            }
            NoticeEvent::Paused { pause } => {
                write!(f, "sends too fast, not read for {} ms", pause.as_millis())
            }
        }
    }
}

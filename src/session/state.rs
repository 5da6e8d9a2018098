//! The states of a session. Each owns what is valid in it, and each way from one to another has a name.
#![forbid(unsafe_code)]

use std::time::{Duration, Instant};

use bytes::Bytes;
use otc_protocol::rumor::Frame;

use super::StateName;
use super::config::SessionConfig;
use super::error::SessionError;
use super::event::{InfoId, LinkId};
use super::join::Join;

/// Where a session stands.
#[derive(Default)]
pub(super) enum State {
    /// Not joined, and nothing under way.
    #[default]
    Idle,
    /// Connecting: asking the relay where the session is.
    Fetching(Fetching),
    /// Connecting: seeking a link, or waiting on one for the session's state.
    Joining(Box<Joining>),
    /// Joined, with a link.
    Connected(Connected),
    /// Joined, and seeking a link, or waiting on one for the proof that the relay accepted it.
    Reconnecting(Reconnecting),
    /// Leaving.
    Disconnecting(Disconnecting),
}

impl State {
    pub(super) fn name(&self) -> StateName {
        match self {
            Self::Idle => StateName::Idle,
            Self::Fetching(_) | Self::Joining(_) => StateName::Connecting,
            Self::Connected(_) => StateName::Connected,
            Self::Reconnecting(_) => StateName::Reconnecting,
            Self::Disconnecting(_) => StateName::Disconnecting,
        }
    }

    /// The next attempt is made. Returns the join it is made for, and whether it is the first of all.
    pub(super) fn seeks(&mut self, link: LinkId) -> Option<(&Join, bool)> {
        match self {
            Self::Joining(joining) => {
                joining.way = Way::Opening(link);
                joining.attempts += 1;
                Some((&joining.join, joining.attempts == 1))
            }
            Self::Reconnecting(reconnecting) => {
                reconnecting.way = Way::Opening(link);
                reconnecting.attempts = reconnecting.attempts.saturating_add(1);
                Some((&reconnecting.join, false))
            }
            Self::Disconnecting(leaving) => {
                leaving.way = Way::Opening(link);
                Some((&leaving.join, false))
            }
            Self::Idle | Self::Fetching(_) | Self::Connected(_) => None,
        }
    }

    /// The join that the program knows of.
    pub(super) fn membership(&self) -> Option<&Join> {
        match self {
            Self::Idle | Self::Fetching(_) | Self::Joining(_) => None,
            Self::Connected(Connected { join, .. })
            | Self::Reconnecting(Reconnecting { join, .. })
            | Self::Disconnecting(Disconnecting { join, .. }) => Some(join),
        }
    }

    /// The join, if requests of the program may be added to it.
    pub(super) fn membership_mut(&mut self) -> Option<&mut Join> {
        match self {
            Self::Connected(Connected { join, .. }) | Self::Reconnecting(Reconnecting { join, .. }) => {
                Some(join)
            }
            _ => None,
        }
    }

    /// The join and the link that its requests may go out on.
    pub(super) fn outlet(&mut self) -> Option<(&mut Join, &mut Live)> {
        match self {
            Self::Connected(Connected { join, link })
            | Self::Reconnecting(Reconnecting { join, way: Way::Open(link), .. })
            | Self::Disconnecting(Disconnecting { join, way: Way::Open(link), stage: Stage::Draining }) => {
                Some((join, link))
            }
            _ => None,
        }
    }

    /// The link that is open.
    pub(super) fn live(&mut self) -> Option<&mut Live> {
        match self {
            Self::Connected(Connected { link, .. }) => Some(link),
            Self::Joining(joining) => joining.way.live(),
            Self::Reconnecting(Reconnecting { way, .. }) | Self::Disconnecting(Disconnecting { way, .. }) => {
                way.live()
            }
            Self::Idle | Self::Fetching(_) => None,
        }
    }

    /// What there is of a link, in the states that seek one.
    pub(super) fn way(&mut self) -> Option<&mut Way> {
        match self {
            Self::Joining(joining) => Some(&mut joining.way),
            Self::Reconnecting(Reconnecting { way, .. }) | Self::Disconnecting(Disconnecting { way, .. }) => {
                Some(way)
            }
            Self::Idle | Self::Fetching(_) | Self::Connected(_) => None,
        }
    }

    /// The link, open or opening.
    pub(super) fn link(&self) -> Option<LinkId> {
        match self {
            Self::Connected(Connected { link, .. }) => Some(link.id),
            Self::Joining(joining) => joining.way.link(),
            Self::Reconnecting(Reconnecting { way, .. }) | Self::Disconnecting(Disconnecting { way, .. }) => {
                way.link()
            }
            Self::Idle | Self::Fetching(_) => None,
        }
    }
}

/// A link that is open.
pub(super) struct Live {
    pub(super) id: LinkId,
    pub(super) opened_at: Instant,
    /// When something last arrived, or when reading was last resumed.
    pub(super) last_heard: Instant,
    /// Since when it is being read without a pause.
    pub(super) reading_since: Instant,
    /// How many messages were given to the driver.
    pub(super) handed_out: u64,
    /// How many of them it wrote.
    pub(super) written: u64,
    /// Whether anything but an answer to PING arrived.
    pub(super) fruitful: bool,
}

impl Live {
    fn new(id: LinkId, now: Instant) -> Self {
        Self {
            id,
            opened_at: now,
            last_heard: now,
            reading_since: now,
            handed_out: 0,
            written: 0,
            fruitful: false,
        }
    }
}

/// How far the search for a link has come.
pub(super) enum Way {
    /// The next attempt is due later.
    Waiting,
    /// An attempt is under way.
    Opening(LinkId),
    /// There is one.
    Open(Live),
}

impl Way {
    /// The attempt succeeded.
    pub(super) fn opened(&mut self, link: LinkId, now: Instant) {
        *self = Self::Open(Live::new(link, now));
    }

    pub(super) fn link(&self) -> Option<LinkId> {
        match self {
            Self::Waiting => None,
            Self::Opening(link) => Some(*link),
            Self::Open(live) => Some(live.id),
        }
    }

    fn live(&mut self) -> Option<&mut Live> {
        match self {
            Self::Open(live) => Some(live),
            Self::Waiting | Self::Opening(_) => None,
        }
    }
}

/// Why connecting failed, or will if nothing better comes.
pub(super) struct Cause {
    pub(super) error: SessionError,
    pub(super) message: String,
    /// Whether it says what is wrong, rather than only that nothing came.
    pub(super) definite: bool,
}

impl Cause {
    pub(super) fn new(error: SessionError, message: String) -> Self {
        Self { error, message, definite: true }
    }

    pub(super) fn vague(error: SessionError, message: String) -> Self {
        Self { error, message, definite: false }
    }
}

/// Connecting, first half.
pub(super) struct Fetching {
    pub(super) token: String,
    /// How many requests were made.
    pub(super) tries: usize,
    /// The request under way; none during a pause.
    pub(super) request: Option<InfoId>,
    /// The last failure that says what is wrong.
    pub(super) cause: Option<Cause>,
}

impl Fetching {
    /// Session info is here.
    pub(super) fn informed(self, join: Box<Join>, greeting: [Bytes; 3], config: &SessionConfig) -> Joining {
        Joining {
            join,
            token: self.token,
            greeting,
            way: Way::Waiting,
            attempts: 0,
            was_open: false,
            create: Ask::new(config.create_limit),
            read: None,
            early: Early::default(),
            cause: None,
        }
    }
}

/// Connecting, second half.
pub(super) struct Joining {
    pub(super) join: Box<Join>,
    /// Kept only to be struck out of what the relay says.
    pub(super) token: String,
    /// CONNECT, SUBSCRIBE and create, as they are sent on each link.
    pub(super) greeting: [Bytes; 3],
    pub(super) way: Way,
    pub(super) attempts: u32,
    /// Whether there was a link already.
    pub(super) was_open: bool,
    pub(super) create: Ask,
    /// Session read, once it turned out to be needed.
    pub(super) read: Option<Ask>,
    pub(super) early: Early,
    /// The last failure that says what is wrong.
    pub(super) cause: Option<Cause>,
}

impl Joining {
    /// The session's state is here, on this link.
    pub(super) fn joined(self: Box<Self>) -> Result<(Connected, Early), Box<Self>> {
        match self.way {
            Way::Open(link) => Ok((Connected { join: self.join, link }, self.early)),
            way => Err(Box::new(Self { way, ..*self })),
        }
    }

    /// The program does not want it any more.
    pub(super) fn given_up(self) -> Disconnecting {
        Disconnecting { join: self.join, way: self.way, stage: Stage::Telling }
    }
}

/// A request of the handshake, whose limit counts only the time on open links.
pub(super) struct Ask {
    pub(super) left: Duration,
    pub(super) answered: bool,
}

impl Ask {
    pub(super) fn new(limit: Duration) -> Self {
        Self { left: limit, answered: false }
    }
}

/// Frames that arrived before the session's state.
#[derive(Default)]
pub(super) struct Early {
    pub(super) frames: Vec<Frame>,
    pub(super) bytes: usize,
}

/// Joined, with a link.
pub(super) struct Connected {
    pub(super) join: Box<Join>,
    pub(super) link: Live,
}

impl Connected {
    /// The link is gone; `attempt` is the number of the first attempt to find another.
    pub(super) fn lost(self, attempt: u32, now: Instant) -> Reconnecting {
        Reconnecting { join: self.join, way: Way::Waiting, attempts: attempt, lost_at: now }
    }

    /// The program wants to leave.
    pub(super) fn leaves(self) -> Disconnecting {
        Disconnecting { join: self.join, way: Way::Open(self.link), stage: Stage::Draining }
    }
}

/// Joined, without a link that is known to be accepted.
pub(super) struct Reconnecting {
    pub(super) join: Box<Join>,
    pub(super) way: Way,
    pub(super) attempts: u32,
    pub(super) lost_at: Instant,
}

impl Reconnecting {
    /// The relay accepted the resume.
    pub(super) fn resumed(self) -> Result<Connected, Self> {
        match self.way {
            Way::Open(link) => Ok(Connected { join: self.join, link }),
            way => Err(Self { way, ..self }),
        }
    }

    /// The program wants to leave.
    pub(super) fn given_up(self) -> Disconnecting {
        Disconnecting { join: self.join, way: self.way, stage: Stage::Telling }
    }
}

/// Leaving.
pub(super) struct Disconnecting {
    pub(super) join: Box<Join>,
    pub(super) way: Way,
    pub(super) stage: Stage,
}

/// How far leaving has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// What is in the outbox is being written.
    Draining,
    /// Waiting for a link to say goodbye on.
    Telling,
    /// Goodbye is said; waiting for the end of the link.
    Closing,
}

//! The client core: a pure state machine without I/O, clock, threads or randomness of its own.
#![forbid(unsafe_code)]

mod config;
mod error;
mod event;
mod roster;

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use otc_protocol::session_info::SessionInfo;

pub use config::SessionConfig;
pub use error::{CommandError, InfoFailure, LinkLoss, OpenFailure, SendError, SessionError};
pub use event::{Action, Event, InfoId, LinkId, LogLevel, LogRecord, OutgoingSignal, Target};
pub use roster::{Capabilities, Connection, Stream, VideoType};

/// Which session, and as whose program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The API key or application id.
    pub api_key: String,
    /// The session id.
    pub session_id: String,
    /// The address of the relay as messages for people show it, without secrets. Not used otherwise.
    pub relay: String,
}

/// The state of a session, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StateName {
    /// Not joined, and nothing under way.
    Idle,
    /// Joining.
    Connecting,
    /// Joined.
    Connected,
    /// Joined, and seeking a link.
    Reconnecting,
    /// Leaving.
    Disconnecting,
}

/// What a session counted since it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Signals accepted for sending.
    pub signals_accepted: u64,
    /// Signals that the relay refused.
    pub signals_refused: u64,
    /// Signals that were accepted and thrown away without an answer: at the end of a session, or without retry at the
    /// loss of a link.
    pub signals_dropped: u64,
    /// Signals received and reported.
    pub signals_received: u64,
    /// Frames that arrived again and were not reported again.
    pub duplicates: u64,
    /// Messages that could not be understood and were passed over.
    pub malformed: u64,
    /// Links lost while joined.
    pub losses: u64,
    /// Losses that ended in a resume.
    pub resumes: u64,
}

/// One session of one client.
///
/// The machine is driven from outside:
///
/// * **commands** come from the program: [`connect`](Self::connect), [`disconnect`](Self::disconnect),
///   [`delete`](Self::delete), [`send_signal`](Self::send_signal), [`force_disconnect`](Self::force_disconnect); and
///   [`fail`](Self::fail) from whoever caught a panic.
/// * **`handle_*`** methods take what the driver saw: [`handle_session_info`](Self::handle_session_info),
///   [`handle_link_opened`](Self::handle_link_opened), [`handle_link_lost`](Self::handle_link_lost),
///   [`handle_message`](Self::handle_message), [`handle_activity`](Self::handle_activity),
///   [`handle_sent`](Self::handle_sent), [`handle_timeout`](Self::handle_timeout),
///   [`handle_suspension`](Self::handle_suspension); and [`set_reading_paused`](Self::set_reading_paused).
/// * **`poll_*`** methods give what comes of it: [`poll_event`](Self::poll_event), [`poll_action`](Self::poll_action),
///   [`poll_log`](Self::poll_log), [`poll_timeout`](Self::poll_timeout).
/// * **getters** change nothing.
///
/// After any number of commands and `handle_*` calls the driver polls: first events until there are none, and puts
/// them safely into the callback queue; then actions until there are none, or until it has enough to write; then the
/// log; then asks `poll_timeout` when to call `handle_timeout`. Events come first because an action may be the
/// acknowledgement of the frame that an event came from, and an acknowledged frame is not sent again.
///
/// Time is what the caller says it is and never goes back. What concerns a link or request that is not the current
/// one is ignored, so the driver needs no care about what still arrives from old ones.
pub struct Session {
    config: SessionConfig,
}

impl Session {
    /// A session that is idle. `seed` feeds every id and every jitter: two machines with the same seed and the same
    /// inputs do the same. It must be unguessable, because the ids are.
    pub fn new(_identity: Identity, config: SessionConfig, _seed: [u8; 32]) -> Self {
        Self { config }
    }

    /// Starts joining. The outcome is [`Event::Connected`] or one [`Event::Error`].
    pub fn connect(&mut self, _token: String, _now: Instant) -> Result<(), CommandError> {
        Ok(())
    }

    /// Starts leaving; one [`Event::Disconnected`] follows, and nothing else. Accepted and without effect while
    /// leaving already.
    pub fn disconnect(&mut self, _now: Instant) -> Result<(), CommandError> {
        Err(CommandError::NotConnected)
    }

    /// Ends everything silently: no event follows. What is in the outbox is still written out and the relay is told,
    /// as on disconnect; [`is_finished`](Self::is_finished) says when that is over.
    pub fn delete(&mut self, _now: Instant) {}

    /// Accepts a signal for sending, or says why not. The checks are made in a fixed order; the first that fails
    /// decides.
    pub fn send_signal(&mut self, _signal: OutgoingSignal<'_>, _now: Instant) -> Result<(), SendError> {
        Err(SendError::NotConnected)
    }

    /// Asks the relay to remove another client. The relay's answer is only logged.
    pub fn force_disconnect(&mut self, _connection: &str, _now: Instant) -> Result<(), CommandError> {
        Err(CommandError::NotConnected)
    }

    /// Ends the session because of a defect that was caught: [`SessionError::Internal`], and [`Event::Disconnected`]
    /// if it was joined. `detail` goes into the message.
    pub fn fail(&mut self, _detail: &str, _now: Instant) {}

    /// The answer to [`Action::FetchSessionInfo`].
    pub fn handle_session_info(
        &mut self,
        _id: InfoId,
        _answer: Result<SessionInfo, InfoFailure>,
        _now: Instant,
    ) {
    }

    /// A link is open.
    pub fn handle_link_opened(&mut self, _link: LinkId, _now: Instant) {}

    /// A link ended, or could not be opened.
    pub fn handle_link_lost(&mut self, _link: LinkId, _loss: LinkLoss, _now: Instant) {}

    /// A binary message arrived.
    pub fn handle_message(&mut self, _link: LinkId, _message: Bytes, _now: Instant) {}

    /// Something other than a binary message arrived: a WebSocket ping, or part of a large message.
    pub fn handle_activity(&mut self, _link: LinkId, _now: Instant) {}

    /// The next `count` messages of this link's [`Action::Send`]s were written.
    pub fn handle_sent(&mut self, _link: LinkId, _count: usize, _now: Instant) {}

    /// The time that [`poll_timeout`](Self::poll_timeout) named has come. Harmless at any other time.
    pub fn handle_timeout(&mut self, _now: Instant) {}

    /// The machine was asleep for so long, and `now` does not show it. Counts as silence of the link.
    pub fn handle_suspension(&mut self, _asleep: Duration, _now: Instant) {}

    /// The driver stops reading the link, or reads again. Its own pause is not the peer's silence.
    pub fn set_reading_paused(&mut self, _paused: bool, _now: Instant) {}

    /// The next event for the program.
    pub fn poll_event(&mut self) -> Option<Event> {
        None
    }

    /// The next thing for the driver to do.
    pub fn poll_action(&mut self) -> Option<Action> {
        None
    }

    /// The next line for the log.
    pub fn poll_log(&mut self) -> Option<LogRecord> {
        None
    }

    /// When to call [`handle_timeout`](Self::handle_timeout), if at all.
    pub fn poll_timeout(&self) -> Option<Instant> {
        None
    }

    /// The state, by name.
    pub fn state(&self) -> StateName {
        StateName::Idle
    }

    /// The own connection: set before [`Event::Connected`], kept after the end, a new object for each join.
    pub fn own_connection(&self) -> Option<Arc<Connection>> {
        None
    }

    /// What the own role allows; nothing unless joined.
    pub fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    /// What was counted.
    pub fn counters(&self) -> Counters {
        Counters::default()
    }

    /// The settings.
    pub fn config(&self) -> &SessionConfig {
        &self.config
    }

    /// Whether the session was deleted and nothing is left to do: the driver may go.
    pub fn is_finished(&self) -> bool {
        false
    }
}

//! The client core: a pure state machine without I/O, clock, threads or randomness of its own.
//!
//! ```text
//!   idle ──connect──> fetching ──session info──> joining ──the session's state──> connected
//!                         │                         │                             │      ▲
//!                         └────────failure──────────┴──> idle                  loss      proof
//!                                                                                 ▼      │
//!   idle <──link ended, or time is up── disconnecting <──disconnect── any       reconnecting
//!   idle <──────────── removed, refused, given up ──────────────────────────────────┘
//! ```
//!
//! [`Session`] says how it is driven. Its states and the ways between them are in `state`, what happens on them in
//! `connecting`, `established` and `leaving`; `receiving` takes frames apart and `news` tells what they mean,
//! `sending` accepts requests. What one membership owns is in `join`: the `roster` of who is here, the `outbox` of what
//! is not answered, the memory (`dedup`) of what was seen.
#![forbid(unsafe_code)]

mod config;
mod connecting;
mod dedup;
mod error;
mod established;
mod event;
mod ids;
mod join;
mod leaving;
mod news;
mod outbox;
mod output;
mod receiving;
mod reconnect;
mod restraint;
mod roster;
mod sending;
mod state;
mod text;
mod timer;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use otc_protocol::planted::{self, Bug};
use otc_protocol::session_info::SessionInfo;

use ids::Ids;
use outbox::Window;
use output::Output;
use restraint::{Repeated, Restraint};
use state::State;
use timer::{Timer, Timers};

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
///   [`handle_suspension`](Self::handle_suspension); and [`set_reading_paused`](Self::set_reading_paused) and
///   [`set_waiting_for`](Self::set_waiting_for).
/// * **`poll_*`** methods give what comes of it: [`poll_event`](Self::poll_event), [`poll_action`](Self::poll_action),
///   [`poll_log`](Self::poll_log), [`poll_timeout`](Self::poll_timeout).
/// * **getters** change nothing.
///
/// After any number of commands and `handle_*` calls the driver polls: first events until there are none, and puts
/// them safely into the callback queue; then actions until there are none; then the log; then asks `poll_timeout` when
/// to call `handle_timeout`. Events come first because an action may be the acknowledgement of the frame that an event
/// came from, and an acknowledged frame is not sent again. What is polled for sending and not yet written is bounded by
/// the outbox and `SessionConfig::backlog_count`; `handle_sent` must be called, because limits are measured from it.
///
/// Time is what the caller says it is and never goes back. What concerns a link or request that is not the current
/// one is ignored, so the driver needs no care about what still arrives from old ones.
pub struct Session {
    identity: Identity,
    /// The session id as the connections of this session share it.
    session_id: Arc<str>,
    config: SessionConfig,
    ids: Ids,
    state: State,
    timers: Timers,
    output: Output,
    restraint: Restraint,
    counters: Counters,
    own: Option<Arc<Connection>>,
    /// Whether the driver does not read.
    paused: bool,
    /// What the driver waits for on the network, told when a timer rings.
    waiting_for: String,
    /// Whether the program asked for the end: then it hears of nothing.
    deleted: bool,
    /// Whether [`Event::Connected`] was told and [`Event::Disconnected`] was not.
    told_connected: bool,
    /// Whether disconnect was accepted and [`Event::Disconnected`] was not told.
    owes_disconnected: bool,
}

impl Session {
    /// A session that is idle. `seed` feeds every id and every jitter: two machines with the same seed and the same
    /// inputs do the same. It must be unguessable, because the ids are.
    pub fn new(identity: Identity, config: SessionConfig, seed: [u8; 32]) -> Self {
        Self {
            session_id: identity.session_id.as_str().into(),
            identity,
            config: config.sane(),
            ids: Ids::new(seed),
            state: State::Idle,
            timers: Timers::default(),
            output: Output::default(),
            restraint: Restraint::default(),
            counters: Counters::default(),
            own: None,
            paused: false,
            waiting_for: String::new(),
            deleted: false,
            told_connected: false,
            owes_disconnected: false,
        }
    }

    /// Starts joining. The outcome is [`Event::Connected`] or one [`Event::Error`]. Refused unless idle.
    pub fn connect(&mut self, token: String, now: Instant) -> Result<(), CommandError> {
        if self.deleted || self.state() != StateName::Idle {
            return Err(CommandError::IllegalState);
        }
        self.start_connecting(token, now);
        Ok(())
    }

    /// Starts leaving; one [`Event::Disconnected`] follows, and nothing else: events that were not polled yet are
    /// forgotten. Accepted and without effect while leaving already; refused when idle.
    ///
    /// While connected, signals in the outbox are written out first. While connecting or reconnecting, the session is
    /// given up; if the relay may hold the connection for present, it is told, at most one more link being tried.
    pub fn disconnect(&mut self, now: Instant) -> Result<(), CommandError> {
        if self.deleted { Err(CommandError::NotConnected) } else { self.leave(now) }
    }

    /// Ends everything silently: no event follows. What is in the outbox is still written out and the relay is told,
    /// as on disconnect; [`is_finished`](Self::is_finished) says when that is over.
    pub fn delete(&mut self, now: Instant) {
        // Refused when idle, and then there is nothing to end.
        let _ = self.leave(now);
        self.deleted = true;
        self.output.forget_events();
    }

    /// Accepts a signal for sending, or says why not. The checks are made in a fixed order; the first that fails
    /// decides: the target's id is not empty; the type is short enough and of allowed characters; the data is short
    /// enough; it is UTF-8; the session is connected, or reconnecting and the signal to be kept; the target is not
    /// known to have left; there is room in the outbox.
    pub fn send_signal(&mut self, signal: OutgoingSignal<'_>, _now: Instant) -> Result<(), SendError> {
        self.accept_signal(signal)
    }

    /// Asks the relay to remove another client. Kept until answered; the answer is only logged.
    pub fn force_disconnect(&mut self, connection: &str, _now: Instant) -> Result<(), CommandError> {
        self.accept_removal(connection)
    }

    /// Ends the session because of a defect that was caught: [`SessionError::Internal`], then [`Event::Disconnected`]
    /// if it was joined; only the latter if it was leaving. `detail` goes into the message.
    pub fn fail(&mut self, detail: &str, _now: Instant) {
        self.fail_now(detail);
    }

    /// The answer to [`Action::FetchSessionInfo`].
    pub fn handle_session_info(
        &mut self,
        id: InfoId,
        answer: Result<SessionInfo, InfoFailure>,
        now: Instant,
    ) {
        self.info_answered(id, answer, now);
    }

    /// A link is open.
    pub fn handle_link_opened(&mut self, link: LinkId, now: Instant) {
        self.opened(link, now);
    }

    /// A link ended, or could not be opened.
    pub fn handle_link_lost(&mut self, link: LinkId, loss: LinkLoss, now: Instant) {
        self.link_lost(link, loss, now);
    }

    /// A binary message arrived.
    pub fn handle_message(&mut self, link: LinkId, message: Bytes, now: Instant) {
        if self.hears(link, now) {
            self.message_arrived(link, message, now);
        }
    }

    /// Something other than a binary message arrived: a WebSocket ping, or part of a large message.
    pub fn handle_activity(&mut self, link: LinkId, now: Instant) {
        if self.hears(link, now)
            && let Some(live) = self.state.live()
        {
            live.last_heard = now;
        }
    }

    /// The next `count` messages of this link's [`Action::Send`]s were written.
    pub fn handle_sent(&mut self, link: LinkId, count: usize, now: Instant) {
        self.written(link, count, now);
    }

    /// What the request or the opening link under way waits for just now, in words: part of the message should the next
    /// [`handle_timeout`](Self::handle_timeout) give it up. `""` if that is not known.
    pub fn set_waiting_for(&mut self, waiting_for: String) {
        self.waiting_for = waiting_for;
    }

    /// The time that [`poll_timeout`](Self::poll_timeout) named has come. Harmless at any other time.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(timer) = self.timers.take_due(now) {
            match timer {
                Timer::InfoAnswer => self.info_late(now),
                Timer::InfoRetry => self.fetch_info(now),
                Timer::Connect => self.connecting_late(),
                Timer::Open => self.open_late(now),
                Timer::Create | Timer::Read => self.joining_late(timer),
                Timer::Ping => self.ping(now),
                Timer::Silence => self.check_silence(now),
                Timer::Request => self.check_requests(now),
                Timer::Attempt => self.seek(now),
                Timer::GiveUp => self.give_up(now),
                Timer::Drain => self.say_goodbye(),
                Timer::Leave => self.leave_at_once(),
            }
        }
        self.waiting_for = String::new();
    }

    /// The machine was asleep for so long, and `now` does not show it. Counts as silence of the link, and towards the
    /// limits of connecting, seeking and leaving.
    pub fn handle_suspension(&mut self, asleep: Duration, now: Instant) {
        self.slept(asleep, now);
    }

    /// The driver stops reading the link, or reads again. Its own pause is not the peer's silence, nor are requests
    /// expected to be answered meanwhile.
    pub fn set_reading_paused(&mut self, paused: bool, now: Instant) {
        self.reading_paused(paused, now);
    }

    /// The next event for the program.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.output.next_event()
    }

    /// The next thing for the driver to do.
    pub fn poll_action(&mut self) -> Option<Action> {
        if let Some(action) = self.output.next_action() {
            if let Action::Send { link, .. } = &action
                && let Some(live) = self.state.live().filter(|live| live.id == *link)
            {
                live.handed_out += 1;
            }
            return Some(action);
        }
        // Whoever leaves acknowledges nothing any more, and never sends again what it sends now.
        let leaving = matches!(self.state, State::Disconnecting(_));
        let open = leaving || planted::is(Bug::EndlessWindow);
        let window = if open { Window::OPEN } else { self.config.window() };
        let (join, live) = self.state.outlet()?;
        let message = join.outbox.hand_out(live.handed_out + 1, window)?;
        live.handed_out += 1;
        Some(Action::Send { link: live.id, message })
    }

    /// The next line for the log.
    pub fn poll_log(&mut self) -> Option<LogRecord> {
        self.output.next_log()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout), if at all.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// The state, by name.
    pub fn state(&self) -> StateName {
        self.state.name()
    }

    /// The own connection: set before [`Event::Connected`], kept after the end, a new object for each join.
    pub fn own_connection(&self) -> Option<Arc<Connection>> {
        self.own.clone()
    }

    /// What the own role allows; nothing unless joined.
    pub fn capabilities(&self) -> Capabilities {
        self.state
            .membership()
            .filter(|_| self.told_connected)
            .map(|join| join.capabilities)
            .unwrap_or_default()
    }

    /// The version of the extension protocol that the relay announced in this join, if it knows it.
    pub fn extension(&self) -> Option<u32> {
        self.state.membership().and_then(|join| join.extension)
    }

    /// How many requests wait for answers, and their bytes.
    pub fn outbox_usage(&self) -> (usize, usize) {
        self.state.membership().map_or((0, 0), |join| (join.outbox.len(), join.outbox.bytes()))
    }

    /// What was counted.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// The settings.
    pub fn config(&self) -> &SessionConfig {
        &self.config
    }

    /// Whether the session was deleted and nothing is left to do but the actions not polled yet: then the driver may
    /// go.
    pub fn is_finished(&self) -> bool {
        self.deleted && self.state() == StateName::Idle
    }

    /// Whether something that arrived on a link now is to be listened to.
    fn hears(&mut self, link: LinkId, now: Instant) -> bool {
        if self.state.live().is_none_or(|live| live.id != link) {
            return false;
        }
        // What comes after too long a silence comes on a link that is lost, even if the timer was late to say so.
        let silent = self.is_silent(now);
        if silent {
            self.check_silence(now);
        }
        !silent
    }

    fn tell(&mut self, event: Event) {
        if !self.deleted {
            self.output.event(event);
        }
    }

    fn log(&mut self, level: LogLevel, text: String) {
        self.output.log(level, text);
    }

    /// Logs what a relay can bring about as often as it likes, within bounds.
    fn log_repeated(&mut self, kind: Repeated, level: LogLevel, now: Instant, text: impl FnOnce() -> String) {
        if self.restraint.lets_through(kind, now) {
            self.output.log(level, text());
        }
    }

    /// Says how much of that was left out of the log: all of it, or what may be said `now`.
    fn log_left_out(&mut self, now: Option<Instant>) {
        for (kind, left_out) in self.restraint.take_left_out(now) {
            self.output.log(LogLevel::Warn, format!("left out of the log: {left_out} {}", kind.words()));
        }
    }
}

//! A client machine of any kind.

use std::time::{Duration, Instant};

use bytes::Bytes;
use otc::session::{
    Action, Event, Identity, InfoFailure, InfoId, LinkId, LinkLoss, OutgoingSignal, SendError, Session,
    SessionConfig, SessionError, StateName, Target,
};
use otc_protocol::session_info::SessionInfo;

use super::dice::Dice;
use super::plan::{Kind, Role, Setup};
use super::stock::Stock;

/// The API key of everybody.
pub(super) const API_KEY: &str = "100";

/// What the relay sends to the client of a session.
pub(super) fn session_id(session: usize) -> String {
    format!("1_session{session}")
}

pub(super) enum Machine {
    Native(Box<Session>),
    Stock(Box<Stock>),
}

/// Calls the method of either; they have the same shape.
macro_rules! either {
    ($machine:expr, $name:ident => $native:expr, $stock:expr) => {
        match $machine {
            Machine::Native($name) => $native,
            Machine::Stock($name) => $stock,
        }
    };
}

impl Machine {
    pub(super) fn new(role: &Role, setup: &Setup, dice: &mut Dice, now: Instant) -> Self {
        let session_id = session_id(role.session);
        if role.kind != Kind::Native {
            let resumes = role.kind == Kind::FamilyB;
            return Self::Stock(Box::new(Stock::new(resumes, session_id, dice.range(0, u64::MAX - 1), now)));
        }
        let identity = Identity { api_key: API_KEY.to_owned(), session_id, relay: "http://relay".to_owned() };
        let config = SessionConfig {
            connection_events_suppressed: !role.sees_connections,
            outbox_count: setup.outbox,
            outbox_bytes: setup.outbox_bytes,
            window_count: setup.on_the_way,
            dedup_count: setup.seen,
            ..SessionConfig::default()
        };
        Self::Native(Box::new(Session::new(identity, config, dice.seed())))
    }

    pub(super) fn connect(&mut self, token: String, now: Instant) -> bool {
        either!(self, m => m.connect(token, now).is_ok(), m.connect(token, now))
    }

    pub(super) fn disconnect(&mut self, now: Instant) -> bool {
        either!(self, m => m.disconnect(now).is_ok(), m.disconnect(now))
    }

    pub(super) fn delete(&mut self, now: Instant) {
        either!(self, m => m.delete(now), m.delete(now));
    }

    /// Sends a signal; the status is the number that C programs get.
    pub(super) fn send(
        &mut self,
        kind: &str,
        data: &str,
        to: Option<&str>,
        retry: bool,
        now: Instant,
    ) -> i32 {
        let session = match self {
            Self::Native(session) => session,
            Self::Stock(stock) => return stock.send(kind, data, to, retry),
        };
        let target = to.map_or(Target::Everyone, Target::Connection);
        let signal = OutgoingSignal { kind: kind.as_bytes(), data: data.as_bytes(), target, retry };
        match session.send_signal(signal, now) {
            Ok(()) => 0,
            Err(SendError::NotConnected) => 1010,
            Err(SendError::TargetLeft | SendError::OutboxFull) => 1550,
            Err(SendError::InvalidTarget | SendError::NotUtf8) => 1011,
            Err(SendError::TypeTooLong) => 1414,
            Err(SendError::TypeInvalid) => 1461,
            Err(SendError::DataTooLong) => 1413,
        }
    }

    pub(super) fn force_disconnect(&mut self, connection: &str, now: Instant) -> bool {
        either!(self, m => m.force_disconnect(connection, now).is_ok(), { let _ = m; false })
    }

    pub(super) fn session_info(
        &mut self,
        id: InfoId,
        answer: Result<SessionInfo, InfoFailure>,
        now: Instant,
    ) {
        either!(self, m => m.handle_session_info(id, answer, now), m.session_info(id, answer.ok(), now));
    }

    pub(super) fn link_opened(&mut self, link: LinkId, now: Instant) {
        either!(self, m => m.handle_link_opened(link, now), m.link_opened(link, now));
    }

    pub(super) fn link_lost(&mut self, link: LinkId, loss: LinkLoss, now: Instant) {
        either!(self, m => m.handle_link_lost(link, loss, now), m.link_lost(link, &loss, now));
    }

    pub(super) fn message(&mut self, link: LinkId, message: Bytes, now: Instant) {
        either!(self, m => m.handle_message(link, message, now), m.message(link, message, now));
    }

    pub(super) fn poll_event(&mut self) -> Option<Event> {
        either!(self, m => m.poll_event(), m.poll_event())
    }

    pub(super) fn poll_action(&mut self) -> Option<Action> {
        either!(self, m => m.poll_action(), m.poll_action())
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        either!(self, m => m.poll_timeout(), m.poll_timeout())
    }

    pub(super) fn timeout(&mut self, now: Instant) {
        either!(self, m => m.handle_timeout(now), m.timeout(now));
    }

    // What stock clients take no notice of.

    pub(super) fn activity(&mut self, link: LinkId, now: Instant) {
        if let Self::Native(session) = self {
            session.handle_activity(link, now);
        }
    }

    pub(super) fn sent(&mut self, link: LinkId, count: usize, now: Instant) {
        if let Self::Native(session) = self {
            session.handle_sent(link, count, now);
        }
    }

    pub(super) fn suspended(&mut self, asleep: Duration, now: Instant) {
        if let Self::Native(session) = self {
            session.handle_suspension(asleep, now);
        }
    }

    pub(super) fn reading_paused(&mut self, paused: bool, now: Instant) {
        if let Self::Native(session) = self {
            session.set_reading_paused(paused, now);
        }
    }

    pub(super) fn poll_log(&mut self) -> Option<String> {
        let Self::Native(session) = self else { return None };
        session.poll_log().map(|record| format!("{:?} {}", record.level, record.text))
    }

    /// Whether a stock client neither uses this link nor will close it.
    pub(super) fn has_forgotten(&self, link: LinkId) -> bool {
        matches!(self, Self::Stock(stock) if !stock.uses(link))
    }

    /// What a stock client would fail at.
    pub(super) fn take_complaints(&mut self) -> Vec<String> {
        if let Self::Stock(stock) = self { stock.take_complaints() } else { Vec::new() }
    }

    pub(super) fn state(&self) -> StateName {
        either!(self, m => m.state(), m.state())
    }

    /// How many signals were thrown away so far.
    pub(super) fn dropped(&self) -> u64 {
        either!(self, m => m.counters().signals_dropped, m.dropped())
    }

    /// How many repeats were recognised.
    pub(super) fn duplicates(&self) -> u64 {
        either!(self, m => m.counters().duplicates, m.duplicates())
    }

    /// How many requests wait for answers.
    pub(super) fn waiting(&self) -> usize {
        either!(self, m => m.outbox_usage().0, m.waiting())
    }

    pub(super) fn is_finished(&self) -> bool {
        either!(self, m => m.is_finished(), m.is_finished())
    }

    pub(super) fn own_connection(&self) -> Option<String> {
        either!(self, m => m.own_connection().map(|connection| connection.id.clone()), Some(m.own().to_owned()))
    }
}

/// The number that C programs see.
pub(super) fn code(error: SessionError) -> i32 {
    match error {
        SessionError::AuthorizationFailure => 1004,
        SessionError::InvalidSession => 1005,
        SessionError::ConnectionFailed => 1006,
        SessionError::StateFailed => 1020,
        SessionError::ConnectionTimedOut => 1021,
        SessionError::ConnectionDropped => 1022,
        SessionError::ConnectionRefused => 1023,
        SessionError::BlockedCountry => 1026,
        SessionError::ConnectionLimitExceeded => 1027,
        SessionError::NoMessagingServer => 1503,
        SessionError::Internal => 2000,
        SessionError::UnexpectedResponse => 2001,
    }
}

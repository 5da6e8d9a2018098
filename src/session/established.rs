//! From joined to the end: keeping the link, losing it, seeking another.
#![forbid(unsafe_code)]

use std::mem;
use std::time::{Duration, Instant};

use otc_protocol::planted::{self, Bug};
use otc_protocol::rumor::FrameType;

use super::Session;
use super::error::{LinkLoss, OpenFailure, SessionError};
use super::event::{Action, Event, LinkId, LogLevel};
use super::join::{Join, bare};
use super::reconnect;
use super::restraint::Repeated;
use super::state::{Connected, Reconnecting, Stage, State, Way};
use super::text::{seconds, waiting_for};
use super::timer::Timer;

/// A resumed link that broke sooner and brought nothing is fruitless.
const FRUITFUL_AFTER: Duration = Duration::from_secs(1);

/// How a session ends.
pub(super) enum Ending {
    /// By the relay's will: removed, or closed in order.
    Orderly(String),
    /// By a fault.
    Fault(String),
}

impl Session {
    /// Makes the next attempt to open a link.
    pub(super) fn seek(&mut self, now: Instant) {
        let link = self.ids.next_link();
        let Some((join, first)) = self.state.seeks(link) else { return };
        let url = join.link_url(first, &mut self.ids);
        self.output.action(Action::OpenLink { link, url });
        self.timers.set(Timer::Open, now + self.config.socket_limit);
    }

    /// Makes the next attempt when it is due, which may be at once.
    pub(super) fn schedule_attempt(&mut self, now: Instant) {
        let attempts = match &self.state {
            State::Joining(joining) => {
                // The attempt that led to the first link does not count: the next one is the first to seek another.
                if joining.was_open { joining.attempts - 1 } else { joining.attempts }
            }
            State::Reconnecting(reconnecting) => reconnecting.attempts,
            _ => return,
        };
        let pause = reconnect::pause(&self.config, attempts, self.ids.jitter());
        if pause.is_zero() {
            self.seek(now);
        } else {
            self.timers.set(Timer::Attempt, now + pause);
        }
    }

    /// The link that was being opened is open.
    pub(super) fn opened(&mut self, link: LinkId, now: Instant) {
        let Some(way) = self.state.way() else { return };
        if !matches!(way, Way::Opening(opening) if *opening == link) {
            return;
        }
        way.opened(link, now);
        self.timers.clear(Timer::Open);
        self.timers.set(Timer::Ping, now + self.config.ping_interval);
        self.timers.set(Timer::Silence, now + self.config.silence_limit);
        match &self.state {
            State::Joining(_) => self.greet(now),
            // Whatever comes back proves that the relay accepted the resume; this makes sure that something does.
            State::Reconnecting(_) => self.output.send(link, bare(FrameType::Ping)),
            State::Disconnecting(_) => self.say_goodbye(),
            State::Idle | State::Fetching(_) | State::Connected(_) => {}
        }
    }

    /// The link did not open in time.
    pub(super) fn open_late(&mut self, now: Instant) {
        let Some(Way::Opening(link)) = self.state.way() else { return };
        let link = *link;
        self.output.action(Action::AbandonLink { link });
        let address = match &self.state {
            State::Joining(joining) => joining.join.address(),
            state => state.membership().map(Join::address).unwrap_or_default(),
        };
        let message = format!(
            "{address} did not open within {}{}",
            seconds(self.config.socket_limit),
            waiting_for(&self.waiting_for)
        );
        self.link_lost(link, LinkLoss::OpenFailed { kind: OpenFailure::TimedOut, message }, now);
    }

    /// The current link ended, or could not be opened.
    pub(super) fn link_lost(&mut self, link: LinkId, loss: LinkLoss, now: Instant) {
        if self.state.link() != Some(link) {
            return;
        }
        self.output.forget_sends(link);
        match &self.state {
            State::Joining(_) => self.joining_lost(loss, now),
            State::Connected(_) => self.connected_lost(loss, now),
            State::Reconnecting(_) => self.attempt_lost(loss, now),
            State::Disconnecting(_) => self.left(),
            State::Idle | State::Fetching(_) => {}
        }
    }

    /// The session gives a link up by itself.
    fn drop_link(&mut self, why: String, now: Instant) {
        let Some(link) = self.state.link() else { return };
        self.output.action(Action::AbandonLink { link });
        self.link_lost(link, LinkLoss::Failed { message: why }, now);
    }

    fn connected_lost(&mut self, loss: LinkLoss, now: Instant) {
        let State::Connected(connected) = mem::take(&mut self.state) else { return };
        let resumable = connected.join.resumable();
        self.counters.losses += 1;
        let why = loss.describe("");
        if let Some(ending) = ending(&loss, &why, resumable) {
            return self.finish(connected.join, ending);
        }
        self.clear_link_timers();
        self.log_repeated(Repeated::Link, LogLevel::Warn, now, || format!("{why}; reconnecting"));
        let Connected { mut join, link } = connected;
        let brief = now.saturating_duration_since(link.opened_at) < FRUITFUL_AFTER;
        join.fruitless = if brief && !link.fruitful { join.fruitless.saturating_add(1) } else { 0 };
        let first = reconnect::first_attempt(&self.config, join.fruitless);
        self.counters.signals_dropped += join.outbox.rewind() as u64;
        self.state = State::Reconnecting(Connected { join, link }.lost(first, now));
        self.tell(Event::ReconnectionStarted);
        self.timers.set(Timer::GiveUp, now + self.config.give_up_limit);
        self.schedule_attempt(now);
    }

    /// An attempt failed, or its link ended before the relay proved that it accepted the resume.
    fn attempt_lost(&mut self, loss: LinkLoss, now: Instant) {
        let State::Reconnecting(mut reconnecting) = mem::take(&mut self.state) else { return };
        let why = loss.describe("");
        let was_open = matches!(reconnecting.way, Way::Open(_));
        if was_open && let Some(ending) = ending(&loss, &why, true) {
            return self.finish(reconnecting.join, ending);
        }
        self.clear_link_timers();
        self.log_repeated(Repeated::Link, LogLevel::Info, now, || {
            format!("reconnecting, attempt {}: {why}", reconnecting.attempts)
        });
        // Nothing was added that is not to be kept.
        reconnecting.join.outbox.rewind();
        reconnecting.way = Way::Waiting;
        self.state = State::Reconnecting(reconnecting);
        self.schedule_attempt(now);
    }

    /// A frame arrived on the new link: the relay accepted the resume.
    pub(super) fn resumed(&mut self, now: Instant) {
        let State::Reconnecting(reconnecting) = mem::take(&mut self.state) else { return };
        let (attempts, lost_at) = (reconnecting.attempts, reconnecting.lost_at);
        match reconnecting.resumed() {
            Ok(connected) => self.state = State::Connected(connected),
            Err(reconnecting) => {
                self.state = State::Reconnecting(reconnecting);
                return;
            }
        }
        self.timers.clear(Timer::GiveUp);
        self.counters.resumes += 1;
        let took = seconds(now.saturating_duration_since(lost_at));
        self.log_repeated(Repeated::Link, LogLevel::Info, now, || {
            format!("resumed after {took}, attempt {attempts}")
        });
        self.tell(Event::Reconnected);
        if planted::is(Bug::DoubleReconnected) && attempts > 1 {
            self.tell(Event::Reconnected);
        }
    }

    /// No link was found for too long.
    pub(super) fn give_up(&mut self, now: Instant) {
        let State::Reconnecting(Reconnecting { way, .. }) = &self.state else { return };
        if self.paused && matches!(way, Way::Open(_)) {
            // The proof may be there already: it is us who do not read.
            self.timers.set(Timer::GiveUp, now + self.config.silence_limit);
            return;
        }
        let State::Reconnecting(Reconnecting { join, way, .. }) = mem::take(&mut self.state) else { return };
        if let Some(link) = way.link() {
            self.output.action(Action::AbandonLink { link });
            self.output.forget_sends(link);
        }
        let limit = seconds(self.config.give_up_limit);
        self.finish(join, Ending::Fault(format!("no way back to the relay within {limit}")));
    }

    /// The session is over, and its link is gone or left to others.
    pub(super) fn finish(&mut self, join: Box<Join>, ending: Ending) {
        self.state = State::Idle;
        self.timers.clear_all();
        let address = join.address();
        self.account_for(&join);
        match ending {
            Ending::Orderly(why) => self.log(LogLevel::Info, format!("session ended: {why} ({address})")),
            Ending::Fault(why) => {
                let message = format!("session lost: {why} ({address})");
                self.log(LogLevel::Warn, message.clone());
                if planted::is(Bug::ErrorAfterEnd) {
                    self.tell(Event::Disconnected);
                }
                self.tell(Event::Error { error: SessionError::ConnectionDropped, message });
            }
        }
        self.told_connected = false;
        self.tell(Event::Disconnected);
    }

    /// Ends an established session from this side of a link that is still open.
    pub(super) fn hang_up(&mut self, ending: Ending) {
        let link = self.state.link();
        match mem::take(&mut self.state) {
            State::Connected(Connected { join, .. }) | State::Reconnecting(Reconnecting { join, .. }) => {
                if let Some(link) = link {
                    self.output.action(Action::CloseLink { link, code: None });
                }
                self.finish(join, ending);
            }
            other => self.state = other,
        }
    }

    /// Counts and logs what will never be answered.
    pub(super) fn account_for(&mut self, join: &Join) {
        self.log_left_out(None);
        let signals = join.outbox.signals();
        if signals > 0 && !planted::is(Bug::UncountedLoss) {
            self.counters.signals_dropped += signals as u64;
            self.log(
                LogLevel::Warn,
                format!("signals without an answer at the end of the session: {signals}"),
            );
        }
    }

    pub(super) fn ping(&mut self, now: Instant) {
        self.log_left_out(Some(now));
        let Some(link) = self.state.live().map(|live| live.id) else { return };
        self.timers.set(Timer::Ping, now + self.config.ping_interval);
        self.output.send(link, bare(FrameType::Ping));
        self.check_backlog(now);
        // A quiet moment: what a burst left behind can go.
        self.output.trim();
        if let Some((join, _)) = self.state.outlet() {
            join.outbox.trim();
        }
        self.watch_requests(now);
    }

    /// Makes sure that somebody looks when a request has been unanswered for too long.
    fn watch_requests(&mut self, now: Instant) {
        let Some((join, _)) = self.state.outlet() else { return };
        if join.outbox.waiting_since().is_some() && self.timers.get(Timer::Request).is_none() {
            self.timers.set(Timer::Request, now + self.config.request_limit);
        }
    }

    /// Ends the link if its peer sends and does not read: what it is owed must not grow without end.
    pub(super) fn check_backlog(&mut self, now: Instant) {
        let most = self.config.backlog_count + self.config.outbox_count;
        let waiting = self.output.backlog();
        let Some(live) = self.state.live() else { return };
        let unwritten = waiting + usize::try_from(live.handed_out - live.written).unwrap_or(usize::MAX);
        if unwritten > most && !matches!(self.state, State::Disconnecting(_)) {
            self.drop_link("the relay does not read".to_owned(), now);
        }
    }

    /// Whether nothing was heard for too long.
    pub(super) fn is_silent(&mut self, now: Instant) -> bool {
        // Leaving has a limit of its own, and a pause of ours is not the peer's silence.
        let counts = !self.paused && !matches!(self.state, State::Disconnecting(_));
        let counts = counts && !planted::is(Bug::SilenceUnnoticed);
        let limit = self.config.silence_limit;
        counts && self.state.live().is_some_and(|live| live.last_heard + limit <= now)
    }

    /// Ends the link if nothing was heard for too long, else looks again when that could be. Returns whether it did.
    pub(super) fn check_silence(&mut self, now: Instant) {
        if planted::is(Bug::SilenceUnnoticed) {
            return;
        }
        if self.is_silent(now) {
            let limit = seconds(self.config.silence_limit);
            return self.drop_link(format!("nothing heard for {limit}"), now);
        }
        if matches!(self.state, State::Disconnecting(_)) {
            return;
        }
        let Some(live) = self.state.live() else { return };
        // Moved only when it fires, not with each frame.
        let from = if self.paused { now } else { live.last_heard };
        self.timers.set(Timer::Silence, from + self.config.silence_limit);
    }

    /// The machine was asleep, unseen by the clock.
    pub(super) fn slept(&mut self, asleep: Duration, now: Instant) {
        for timer in [Timer::Connect, Timer::GiveUp, Timer::Leave] {
            self.timers.advance(timer, asleep, now);
        }
        let long = asleep >= self.config.silence_limit;
        let Some(live) = self.state.live() else { return };
        match live.last_heard.checked_sub(asleep) {
            Some(heard) => live.last_heard = heard,
            None if long => return self.drop_link("the machine was asleep".to_owned(), now),
            None => {}
        }
        self.check_silence(now);
    }

    /// The driver stopped reading, or reads again.
    pub(super) fn reading_paused(&mut self, paused: bool, now: Instant) {
        let resumed = self.paused && !paused;
        self.paused = paused;
        if !resumed {
            return;
        }
        let Some(live) = self.state.live() else { return };
        live.last_heard = now;
        live.reading_since = now;
        let limit = self.config.silence_limit;
        self.timers.set(Timer::Silence, now + limit);
        // A resume may wait for its proof, which we did not read. The relay heard our PINGs all the time: should the
        // link prove lost now, the time to seek another begins now, for the relay as for us.
        if self.timers.get(Timer::GiveUp).is_some() {
            self.timers.set(Timer::GiveUp, now + self.config.give_up_limit);
        }
    }

    /// Ends the link if a request has been unanswered for too long, else looks again when that could be.
    pub(super) fn check_requests(&mut self, now: Instant) {
        let limit = self.config.request_limit;
        let paused = self.paused;
        let Some((join, live)) = self.state.outlet() else { return };
        let Some(since) = join.outbox.waiting_since() else { return };
        let due = if paused { now + limit } else { since.max(live.reading_since) + limit };
        if due > now {
            self.timers.set(Timer::Request, due);
        } else if !matches!(self.state, State::Disconnecting(_)) {
            self.drop_link(format!("a request had no answer for {}", seconds(limit)), now);
        }
    }

    /// The driver wrote messages of the current link.
    pub(super) fn written(&mut self, link: LinkId, count: usize, now: Instant) {
        let Some(live) = self.state.live().filter(|live| live.id == link) else { return };
        live.written = live.written.saturating_add(count as u64).min(live.handed_out);
        let Some((join, live)) = self.state.outlet() else { return };
        join.outbox.note_written(live.written, now);
        let drained = join.outbox.all_written();
        self.watch_requests(now);
        if drained && matches!(&self.state, State::Disconnecting(leaving) if leaving.stage == Stage::Draining)
        {
            self.say_goodbye();
        }
    }

    /// Forgets what time could have brought about on the link that is gone.
    pub(super) fn clear_link_timers(&mut self) {
        for timer in [
            Timer::Open,
            Timer::Create,
            Timer::Read,
            Timer::Ping,
            Timer::Silence,
            Timer::Request,
            Timer::Attempt,
        ] {
            self.timers.clear(timer);
        }
    }
}

/// Whether the loss of an open link is the end of the session.
fn ending(loss: &LinkLoss, why: &str, resumable: bool) -> Option<Ending> {
    match loss {
        LinkLoss::Closed { code: Some(1000 | 1001), .. } => Some(Ending::Orderly(why.to_owned())),
        LinkLoss::Closed { code: Some(1011), .. } | LinkLoss::Violation { .. } => {
            Some(Ending::Fault(why.to_owned()))
        }
        _ if !resumable => Some(Ending::Fault(format!("{why}, and the relay resumes nothing"))),
        _ => None,
    }
}

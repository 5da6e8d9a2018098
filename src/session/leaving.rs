//! Leaving: with a drain, with a goodbye, or because of a defect.
#![forbid(unsafe_code)]

use std::mem;
use std::time::Instant;

use otc_protocol::rumor::FrameType;

use super::Session;
use super::error::{CommandError, SessionError};
use super::event::{Action, Event, LogLevel};
use super::join::bare;
use super::state::{Disconnecting, Fetching, Stage, State, Way};
use super::text::foreign;
use super::timer::Timer;

impl Session {
    /// Starts leaving, whatever is going on.
    pub(super) fn leave(&mut self, now: Instant) -> Result<(), CommandError> {
        match &self.state {
            State::Idle => return Err(CommandError::NotConnected),
            State::Disconnecting(_) => return Ok(()),
            State::Fetching(_) | State::Joining(_) | State::Connected(_) | State::Reconnecting(_) => {}
        }
        // From here on the program hears of nothing but the end.
        self.output.forget_events();
        self.owes_disconnected = true;
        self.timers.clear_all();
        self.timers.set(Timer::Leave, now + self.config.leave_limit);
        match mem::take(&mut self.state) {
            State::Fetching(Fetching { request, .. }) => {
                if let Some(id) = request {
                    self.output.action(Action::CancelSessionInfo { id });
                }
                self.left();
            }
            State::Joining(joining) => {
                let known_to_relay = joining.was_open;
                self.state = State::Disconnecting(joining.given_up());
                if known_to_relay {
                    self.tell_relay(now);
                } else {
                    self.leave_at_once();
                }
            }
            State::Connected(connected) => {
                self.state = State::Disconnecting(connected.leaves());
                self.drain(now);
            }
            State::Reconnecting(reconnecting) => {
                self.state = State::Disconnecting(reconnecting.given_up());
                self.tell_relay(now);
            }
            State::Idle | State::Disconnecting(_) => {}
        }
        Ok(())
    }

    /// Waits until the outbox is written, if it is not, before saying goodbye.
    fn drain(&mut self, now: Instant) {
        let Some((join, _)) = self.state.outlet() else { return };
        if join.outbox.all_written() {
            self.say_goodbye();
        } else {
            self.timers.set(Timer::Drain, now + self.config.drain_limit);
        }
    }

    /// Says goodbye on the link there is, which nothing proves to be alive, or makes one quiet try to get one.
    fn tell_relay(&mut self, now: Instant) {
        self.timers.set(Timer::Leave, now + self.config.farewell_limit);
        let State::Disconnecting(Disconnecting { way, .. }) = &self.state else { return };
        match way {
            Way::Open(_) => self.say_goodbye(),
            Way::Opening(_) => {}
            Way::Waiting => {
                self.seek(now);
                self.timers.clear(Timer::Open);
            }
        }
    }

    /// Sends DISCONNECT and closes.
    pub(super) fn say_goodbye(&mut self) {
        let State::Disconnecting(leaving) = &mut self.state else { return };
        let Way::Open(live) = &leaving.way else { return };
        if leaving.stage == Stage::Closing {
            return;
        }
        let link = live.id;
        leaving.stage = Stage::Closing;
        for timer in [Timer::Drain, Timer::Ping, Timer::Silence, Timer::Request] {
            self.timers.clear(timer);
        }
        self.output.send(link, bare(FrameType::Disconnect));
        self.output.action(Action::CloseLink { link, code: None });
    }

    /// Leaves without telling the relay, or without waiting any longer for the end of the link.
    pub(super) fn leave_at_once(&mut self) {
        if let Some(link) = self.state.link() {
            self.output.action(Action::AbandonLink { link });
            self.output.forget_sends(link);
        }
        self.left();
    }

    /// Leaving is over.
    pub(super) fn left(&mut self) {
        if let State::Disconnecting(leaving) = mem::take(&mut self.state) {
            self.account_for(&leaving.join);
        }
        self.timers.clear_all();
        self.log(LogLevel::Info, "left the session".to_owned());
        self.told_connected = false;
        self.owes_disconnected = false;
        self.tell(Event::Disconnected);
    }

    /// Gives up what there is of a link, telling the relay if there is something to tell it on.
    pub(super) fn part_from(&mut self, way: &Way) {
        match way {
            Way::Waiting => {}
            Way::Opening(link) => self.output.action(Action::AbandonLink { link: *link }),
            Way::Open(live) => {
                self.output.send(live.id, bare(FrameType::Disconnect));
                self.output.action(Action::CloseLink { link: live.id, code: None });
            }
        }
    }

    /// Ends everything because of a defect. It trusts the state as little as possible: the defect may have struck in
    /// the middle of a transition.
    pub(super) fn fail_now(&mut self, detail: &str) {
        self.state = State::Idle;
        self.timers.clear_all();
        if let Some(id) = self.ids.last_info() {
            self.output.action(Action::CancelSessionInfo { id });
        }
        if let Some(link) = self.ids.last_link() {
            self.output.forget_sends(link);
            self.output.action(Action::AbandonLink { link });
        }
        let message = format!("internal error of the library: {}", foreign(detail, ""));
        self.log(LogLevel::Error, message.clone());
        let leaving = mem::take(&mut self.owes_disconnected);
        let connected = mem::take(&mut self.told_connected);
        if !leaving {
            self.tell(Event::Error { error: SessionError::Internal, message });
        }
        if leaving || connected {
            self.tell(Event::Disconnected);
        }
    }
}

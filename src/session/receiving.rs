//! What frames from the relay bring about.
#![forbid(unsafe_code)]

use std::time::Instant;

use bytes::Bytes;
use otc_protocol::planted::{self, Bug};
use otc_protocol::raptor;
use otc_protocol::rumor::{Frame, FrameType, header};

use super::Session;
use super::error::LinkLoss;
use super::event::{Action, LinkId, LogLevel};
use super::join::{CREATE, READ};
use super::outbox::RequestKind;
use super::restraint::Repeated;
use super::state::{Connected, State};
use super::text::because;

impl Session {
    /// A message arrived on the current link.
    pub(super) fn message_arrived(&mut self, link: LinkId, message: Bytes, now: Instant) {
        let frame = match Frame::decode(message, self.config.max_frame) {
            Ok(frame) => frame,
            Err(error) => {
                self.counters.malformed += 1;
                let message = format!("a message is not a frame, {error}");
                return self.violated(link, message, now);
            }
        };
        if let Some(live) = self.state.live() {
            live.last_heard = now;
            live.fruitful |= frame.kind != FrameType::Pong;
        }
        if matches!(self.state, State::Reconnecting(_)) {
            self.resumed(now);
        }
        self.receive(frame, now);
        self.check_backlog(now);
    }

    /// The relay broke the protocol: the same would come again on every link.
    fn violated(&mut self, link: LinkId, message: String, now: Instant) {
        self.output.action(Action::CloseLink { link, code: Some(1002) });
        self.link_lost(link, LinkLoss::Violation { message }, now);
    }

    /// A frame that is this session's business now.
    pub(super) fn receive(&mut self, frame: Frame, now: Instant) {
        match frame.kind {
            FrameType::Pong => {}
            FrameType::Status => self.status_arrived(&frame, now),
            _ => match &self.state {
                State::Joining(_) => self.arrived_while_joining(frame, now),
                State::Connected(_) => self.arrived(&frame, now),
                // Nobody is to hear of it any more, and what is not acknowledged was not delivered.
                State::Idle | State::Fetching(_) | State::Reconnecting(_) | State::Disconnecting(_) => {}
            },
        }
    }

    /// The answer to a request.
    fn status_arrived(&mut self, frame: &Frame, now: Instant) {
        let Some(transaction) = frame.header(header::TRANSACTION_ID) else { return };
        let text = frame.header(header::STATUS);
        let code = text.and_then(|text| text.trim().parse::<u16>().ok());
        let accepted = text.is_some_and(|text| text.starts_with('2'));
        let reason = frame.header(header::REASON).map_or("", |reason| reason);
        match &mut self.state {
            State::Joining(joining) => match joining.join.transaction_number(transaction) {
                Some(CREATE) if accepted => self.create_accepted(&frame.data, now),
                Some(CREATE) if joining.create.answered => {}
                Some(READ) if accepted || joining.read.is_none() => {}
                Some(CREATE | READ) => self.join_refused(code, reason),
                _ => {}
            },
            State::Connected(Connected { join, .. }) => {
                let Some(number) = join.request_number(transaction) else { return };
                // What is not in the outbox any more was a signal that was not kept.
                let kind = join.outbox.answered(number).unwrap_or(RequestKind::Signal);
                if !accepted {
                    self.request_refused(kind, code, reason, now);
                }
            }
            State::Disconnecting(leaving) => {
                if let Some(number) = leaving.join.transaction_number(transaction) {
                    leaving.join.outbox.answered(number);
                }
            }
            State::Idle | State::Fetching(_) | State::Reconnecting(_) => {}
        }
    }

    fn request_refused(&mut self, kind: RequestKind, code: Option<u16>, reason: &str, now: Instant) {
        let why = || {
            let code = code.map_or("no status".to_owned(), |code| code.to_string());
            format!("{code}{}", because(reason, ""))
        };
        match kind {
            RequestKind::Signal => {
                self.counters.signals_refused += 1;
                let so_far = self.counters.signals_refused;
                self.log_repeated(Repeated::RefusedSignal, LogLevel::Warn, now, || {
                    format!("relay refused a signal, {}; {so_far} refused so far", why())
                });
            }
            RequestKind::Removal => {
                self.log_repeated(Repeated::RefusedRemoval, LogLevel::Warn, now, || {
                    format!("relay refused to remove a client, {}", why())
                });
            }
        }
    }

    /// A frame before the session's state: that state, or something to be kept until it is here.
    fn arrived_while_joining(&mut self, frame: Frame, now: Instant) {
        let State::Joining(joining) = &mut self.state else { return };
        let number = frame.header(header::TRANSACTION_ID).and_then(|id| joining.join.transaction_number(id));
        if frame.kind == FrameType::Message && number == Some(READ) && joining.read.is_some() {
            return self.state_arrived(&frame, now);
        }
        joining.early.bytes += frame.memory();
        joining.early.frames.push(frame);
        if joining.early.frames.len() > self.config.early_count
            || joining.early.bytes > self.config.early_bytes
        {
            self.state_not_understood("too much came before it");
        }
    }

    /// The answer to session read.
    fn state_arrived(&mut self, frame: &Frame, now: Instant) {
        match raptor::Event::decode(&frame.data) {
            Ok(raptor::Event::SessionState(state)) => {
                let State::Joining(joining) = &mut self.state else { return };
                if let Some(id) = frame.header(header::TRANSACTION_ID) {
                    joining.join.seen.insert(id);
                    if let Ok(message) = joining.join.acknowledgement(frame, id)
                        && let Some(link) = joining.way.link()
                    {
                        self.output.send(link, message);
                    }
                }
                self.joined(*state, now);
            }
            Ok(_) => self.state_not_understood("it is another message"),
            Err(error) => self.state_not_understood(&error.to_string()),
        }
    }

    /// A frame while joined: acknowledged, passed over if it was here before, else passed on.
    fn arrived(&mut self, frame: &Frame, now: Instant) {
        let State::Connected(Connected { join, link }) = &mut self.state else { return };
        if let Some(id) = frame.header(header::TRANSACTION_ID) {
            // A message that carries the id of a request answers it, as a STATUS does.
            if let Some(number) = join.transaction_number(id) {
                join.outbox.answered(number);
            }
            let news = join.seen.insert(id);
            let skipped = planted::is(Bug::SkippedAck) && id.ends_with('5');
            if let Ok(message) = join.acknowledgement(frame, id)
                && !skipped
            {
                self.output.send(link.id, message);
            }
            if !news && !planted::is(Bug::ForgottenRepeat) {
                self.counters.duplicates += 1;
                return;
            }
        }
        // Frames of other types mean nothing to a client; they are acknowledged all the same, or they would come for ever.
        if frame.kind != FrameType::Message {
            return;
        }
        match raptor::Event::decode(&frame.data) {
            Ok(event) => self.news(frame, event, now),
            Err(error) => {
                self.counters.malformed += 1;
                self.log_repeated(Repeated::Malformed, LogLevel::Warn, now, || {
                    format!("a message of the relay was passed over: {error}")
                });
            }
        }
    }
}

//! What messages of the relay mean to the program.
#![forbid(unsafe_code)]

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use bytestring::ByteString;
use otc_protocol::raptor::{self, Archive, SessionState, Signal, StreamUpdate};
use otc_protocol::rumor::{Frame, header};

use super::Session;
use super::established::Ending;
use super::event::{Event, LogLevel};
use super::join::Join;
use super::restraint::Repeated;
use super::roster::{Capabilities, Connection, changes};
use super::state::{Connected, State};
use super::text::foreign;

impl Session {
    /// Tells who and what was there at the moment of joining.
    pub(super) fn announce(&mut self, state: SessionState) {
        let State::Connected(Connected { join, .. }) = &mut self.state else { return };
        let (own, others): (Vec<_>, Vec<_>) =
            state.connection.into_iter().partition(|told| told.id == join.connection_id);
        let own = own.into_iter().next();
        join.capabilities = own.as_ref().map(|told| capabilities(&told.permissions)).unwrap_or_default();
        join.extension = state.otc_x.map(|extension| extension.version);
        self.own = Some(match own {
            Some(told) => join.roster.describe(told),
            None => join.roster.stranger(&join.connection_id),
        });
        self.told_connected = true;
        self.log(LogLevel::Info, format!("joined; others here: {}", others.len()));
        self.tell(Event::Connected);
        for told in others {
            self.entered(told);
        }
        for told in state.stream {
            self.published(told);
        }
        for told in state.archive {
            self.recorded(told);
        }
        if state.mute {
            self.tell(Event::MuteForced { active: true });
        }
        self.check_roster();
    }

    /// A message that is not a repeat.
    pub(super) fn news(&mut self, frame: &Frame, event: raptor::Event<'_>, now: Instant) {
        match event {
            raptor::Event::Signal(signal) => self.signalled(frame, &signal),
            raptor::Event::ConnectionCreated(told) => self.entered(told),
            raptor::Event::ConnectionDeleted { connection, reason } => self.exited(&connection, &reason),
            raptor::Event::StreamCreated(told) => self.published(told),
            raptor::Event::StreamDeleted { stream, .. } => self.unpublished(&stream),
            raptor::Event::StreamUpdated { stream, update } => self.stream_changed(&stream, update),
            raptor::Event::Archive { archive, created } => {
                // News of a recording that does not say how it stands means that it runs.
                let status =
                    if created && archive.status.is_empty() { "started".to_owned() } else { archive.status };
                self.recorded(Archive { status, ..archive });
            }
            raptor::Event::SessionState(_) => {}
            raptor::Event::Other { method, .. } => {
                self.log_repeated(Repeated::Unknown, LogLevel::Debug, now, || {
                    format!("passed over a message: {}", foreign(&method, ""))
                });
            }
        }
        self.check_roster();
    }

    fn signalled(&mut self, frame: &Frame, signal: &Signal<'_>) {
        let State::Connected(Connected { join, .. }) = &self.state else { return };
        let from = sender(join, self.own.as_ref(), frame);
        self.counters.signals_received += 1;
        let (kind, data) = (signal.kind.clone().unwrap_or_default(), signal.data_text());
        // A slice keeps the whole message alive: not if that is mostly something else.
        let sliced = frame.message_len() <= Event::SIGNAL_FRAME + kind.len() + data.len();
        let text = |text| if sliced { slice(&frame.data, text) } else { ByteString::from(text.into_owned()) };
        self.tell(Event::SignalReceived { kind: text(kind), data: text(data), from });
    }

    fn entered(&mut self, told: raptor::Connection) {
        let suppressed = self.config.connection_events_suppressed;
        let Some(join) = self.state.membership_mut() else { return };
        if told.id == join.connection_id {
            if !told.permissions.is_empty() {
                join.capabilities = capabilities(&told.permissions);
            }
        } else if !suppressed
            && !join.is_relay(&told.id)
            && let Some(connection) = join.roster.enter(told)
        {
            self.tell(Event::ConnectionCreated(connection));
        }
    }

    fn exited(&mut self, id: &str, reason: &str) {
        let Some(join) = self.state.membership_mut() else { return };
        if id == join.connection_id {
            let reason = foreign(reason, "");
            return self.hang_up(Ending::Orderly(format!("removed by the relay, {reason}")));
        }
        let Some((streams, connection)) = join.roster.leave(id) else { return };
        for stream in streams {
            self.tell(Event::StreamDropped(stream));
        }
        self.tell(Event::ConnectionDropped(connection));
    }

    fn published(&mut self, told: raptor::Stream) {
        let Some(join) = self.state.membership_mut() else { return };
        if told.connection == join.connection_id {
            return;
        }
        let owner = match join.roster.connection(&told.connection) {
            Some(connection) => connection.clone(),
            None => join.roster.stranger(&told.connection),
        };
        if let Some(stream) = join.roster.publish(told, owner) {
            self.tell(Event::StreamReceived(stream));
        }
    }

    fn unpublished(&mut self, id: &str) {
        let Some(join) = self.state.membership_mut() else { return };
        if let Some(stream) = join.roster.unpublish(id) {
            self.tell(Event::StreamDropped(stream));
        }
    }

    fn stream_changed(&mut self, id: &str, update: StreamUpdate) {
        let Some(join) = self.state.membership_mut() else { return };
        let Some((before, now)) = join.roster.update(id, update) else { return };
        for event in changes(&before, &now) {
            self.tell(event);
        }
    }

    /// A recording stands at a status. One that is paused still runs; one that has any other status is over.
    fn recorded(&mut self, archive: Archive) {
        let Some(join) = self.state.membership_mut() else { return };
        match &*archive.status {
            "" | "paused" => {}
            "started" => {
                if join.roster.archive_started(&archive.id) {
                    self.tell(Event::ArchiveStarted { id: archive.id, name: archive.name });
                }
            }
            _ => {
                if join.roster.archive_stopped(&archive.id) {
                    self.tell(Event::ArchiveStopped { id: archive.id });
                }
            }
        }
    }

    /// Ends the session if the relay tells of more than can be believed.
    fn check_roster(&mut self) {
        let limit = self.config.roster_bytes;
        if self.state.membership().is_some_and(|join| join.roster.bytes() > limit) {
            self.hang_up(Ending::Fault(format!("the relay tells of more than {limit} bytes of clients")));
        }
    }
}

/// Who sent a signal: nobody when the server itself did, which it says by an empty address. A frame without any
/// sender is taken as the server's too: relays stamp what clients send, so no client can have sent it.
fn sender(join: &Join, own: Option<&Arc<Connection>>, frame: &Frame) -> Option<Arc<Connection>> {
    let from = frame.header(header::FROM_ADDRESS).map_or("", |from| from);
    if join.is_relay(from) {
        None
    } else if from == join.connection_id {
        own.cloned()
    } else {
        Some(join.roster.connection(from).cloned().unwrap_or_else(|| join.roster.stranger(from)))
    }
}

/// The text as a slice of the frame that it was read from. It is copied only if it held escapes.
fn slice(frame: &ByteString, text: Cow<'_, str>) -> ByteString {
    match text {
        Cow::Borrowed(text) if frame.as_bytes().as_ptr_range().contains(&text.as_ptr()) => {
            frame.slice_ref(text)
        }
        text => ByteString::from(text.into_owned()),
    }
}

fn capabilities(permissions: &[String]) -> Capabilities {
    let may = |name: &str| permissions.iter().any(|permission| permission == name);
    Capabilities {
        publish: may("publish"),
        subscribe: may("subscribe"),
        signal: may("signal"),
        force_mute: may("forcemute"),
        force_disconnect: may("forcedisconnect"),
        force_unpublish: may("forceunpublish"),
    }
}

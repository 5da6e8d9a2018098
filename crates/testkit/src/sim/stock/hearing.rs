//! What a stock client makes of what it is sent.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use otc::session::{Connection, Event, LinkId, SessionError};
use otc_protocol::raptor::{Event as News, Request, SessionState};
use otc_protocol::rumor::{Frame, FrameType, encode, header};

use super::{API_KEY, Link, MAX_FRAME, Phase, Stock};

impl Stock {
    pub(in super::super) fn message(&mut self, link: LinkId, message: Bytes, now: Instant) {
        if self.link != Link::Open(link) || matches!(self.phase, Phase::Idle | Phase::Leaving) {
            return;
        }
        self.last_heard = now;
        let frame = match Frame::decode(message, MAX_FRAME) {
            Ok(frame) => frame,
            Err(error) => return self.complaints.push(format!("a frame that is none: {error}")),
        };
        let id = frame.header(header::TRANSACTION_ID).map(|id| id.to_string());
        if let Some(id) = &id
            && frame.kind != FrameType::Pong
        {
            self.queue.retain(|(queued, _)| queued != id);
        }
        match frame.kind {
            FrameType::Pong => {}
            FrameType::Status => self.answered(&frame, id.as_deref().unwrap_or_default()),
            FrameType::Message => {
                if self.resumes
                    && let Some(id) = &id
                {
                    self.acknowledge(&frame, id);
                    if !self.seen.insert(id.clone()) {
                        self.duplicates += 1;
                        return;
                    }
                }
                self.news(frame, id.as_deref());
            }
            kind => self.complaints.push(format!("a frame of type {kind:?}")),
        }
    }

    fn acknowledge(&mut self, frame: &Frame, id: &str) {
        let addresses: Vec<&str> = frame.addresses.iter().map(|address| &**address).collect();
        let headers = [(header::TRANSACTION_ID, id), (header::FROM_ADDRESS, &*self.own)];
        let ack = encode(FrameType::Status, &addresses, &headers, "").unwrap_or_default();
        self.put(ack);
    }

    fn answered(&mut self, frame: &Frame, id: &str) {
        let Some(status) = frame.header(header::STATUS).map(|status| status.to_string()) else {
            return self.complaints.push("a STATUS without a status".to_owned());
        };
        if self.phase != Phase::Joining {
            return;
        }
        let good = status.starts_with('2');
        if id == self.create && good {
            let payload = Request::encode_read_session(API_KEY, &self.session);
            let frame = self.request(&self.read, &[], &payload);
            if !self.seen.contains("read sent") {
                self.seen.insert("read sent".to_owned());
                self.queue.push_back((self.read.clone(), frame.clone()));
                self.put(frame);
            }
        } else if id == self.create || (id == self.read && !good) {
            let error = match &*status {
                "403" => SessionError::AuthorizationFailure,
                "410" => SessionError::ConnectionLimitExceeded,
                _ => SessionError::ConnectionFailed,
            };
            self.say_goodbye();
            self.end(Some(error));
        } else if id == self.read {
            self.complaints.push("session read answered by a STATUS".to_owned());
        }
    }

    fn news(&mut self, frame: Frame, id: Option<&str>) {
        let data = frame.data.clone();
        let news = match News::decode(&data) {
            Ok(news) => news,
            Err(error) => return self.complaints.push(format!("a message that is none: {error}")),
        };
        match news {
            News::SessionState(state) if id == Some(&*self.read) => self.joined(*state),
            News::ConnectionCreated(_) | News::ConnectionDeleted { .. } if self.phase == Phase::Joining => {}
            News::ConnectionCreated(told) => self.entered(told.id),
            News::ConnectionDeleted { connection, .. } if connection == self.own => self.end(None),
            News::ConnectionDeleted { connection, .. } => match self.roster.remove(&connection) {
                Some(connection) => self.tell(Event::ConnectionDropped(connection)),
                None => self.complaints.push("deleted of somebody unknown".to_owned()),
            },
            News::Signal(_) => self.signalled(frame),
            _ => self.complaints.push(format!("an unexpected message: {data}")),
        }
    }

    fn joined(&mut self, state: SessionState) {
        if self.phase != Phase::Joining {
            return self.complaints.push("a second state".to_owned());
        }
        if !state.connection.iter().any(|connection| connection.id == self.own) {
            self.complaints.push("a state without the client itself".to_owned());
        }
        self.phase = Phase::Joined;
        self.tell(Event::Connected);
        for connection in state.connection {
            self.entered(connection.id);
        }
        self.release();
    }

    fn entered(&mut self, id: String) {
        if id == self.own || self.roster.contains_key(&id) {
            return;
        }
        let connection = Arc::new(Connection {
            id: id.clone(),
            creation_time: 0,
            data: String::new(),
            session_id: self.session.as_str().into(),
        });
        self.roster.insert(id, connection.clone());
        self.tell(Event::ConnectionCreated(connection));
        self.release();
    }

    /// Signals of senders that are not known yet are held until they are.
    fn signalled(&mut self, frame: Frame) {
        let Some(from) = frame.header(header::FROM_ADDRESS).map(|from| from.to_string()) else {
            return self.complaints.push("a signal without a sender header".to_owned());
        };
        let known = from.is_empty() || from == self.own || self.roster.contains_key(&from);
        if self.phase != Phase::Joined || !known || self.held.iter().any(|(held, _)| *held == from) {
            return self.held.push((from, frame));
        }
        self.report(&from, &frame);
    }

    fn release(&mut self) {
        for (from, frame) in std::mem::take(&mut self.held) {
            if from.is_empty() || from == self.own || self.roster.contains_key(&from) {
                self.report(&from, &frame);
            } else {
                self.held.push((from, frame));
            }
        }
    }

    fn report(&mut self, from: &str, frame: &Frame) {
        let Ok(News::Signal(signal)) = News::decode(&frame.data) else { return };
        let from = match from {
            "" => None,
            from if from == self.own => self.own_object(),
            from => self.roster.get(from).cloned(),
        };
        let kind = signal.kind.as_deref().unwrap_or_default().into();
        let data = signal.data_text().into_owned().into();
        self.tell(Event::SignalReceived { kind, data, from });
    }

    fn own_object(&self) -> Option<Arc<Connection>> {
        Some(Arc::new(Connection {
            id: self.own.clone(),
            creation_time: 0,
            data: String::new(),
            session_id: self.session.as_str().into(),
        }))
    }
}

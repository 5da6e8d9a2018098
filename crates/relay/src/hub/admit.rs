//! How a socket becomes the link of a member.

use std::sync::Arc;

use otc_protocol::planted::{self, Bug};
use otc_protocol::raptor::{CreateConnection, Envelope, Request, Uri};
use otc_protocol::rumor::{Frame, FrameType, header};
use otc_protocol::session_id;

use super::Hub;
use crate::authority::Admission;
use crate::family;
use crate::ids::{self, MemberKey, RoomId};
use crate::io::{Now, PeerId, close};
use crate::notice::NoticeEvent;
use crate::peer::Phase;
use crate::rejection::{Kind, Rejection};
use crate::room::{Entry, Room};
use crate::wire;

/// A create, read and checked as far as that goes without knowing who is there.
struct Create {
    connection: Arc<str>,
    session: String,
    partner: Option<String>,
    content: CreateConnection,
}

/// What a create comes to.
enum Entrance {
    /// The client enters.
    New(Create, Admission),
    /// The client is in already, by this very identity.
    Again(MemberKey),
}

impl Hub {
    /// A frame of a socket that has not entered a session.
    pub(super) fn frame_before_create(&mut self, id: PeerId, frame: &Frame, oversized: bool, now: Now) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        if peer.phase == Phase::Unproven {
            let proves = frame.kind == FrameType::Connect || is_create(frame);
            if !proves && !planted::is(Bug::UnknownResumed) {
                return self.refuse_resume(id);
            }
            peer.enter(Phase::Joining { connection: None, frames: 0 }, now);
            self.arm(id, now);
        }
        let Some(peer) = self.peers.get_mut(&id) else { return };
        let Phase::Joining { connection, frames } = &mut peer.phase else { return };
        *frames += 1;
        if *frames > self.ctx.limits.frames_before_create {
            self.ctx.stats.rejected.create_flood += 1;
            return self.close(id, close::NORMAL, "too many frames before create");
        }
        match frame.kind {
            FrameType::Connect => {
                // An unusable id is found out at create, which can be answered; a long one need not be kept for that.
                let announced = frame.header(header::UNIQUE_ID).filter(|id| !id.is_empty());
                let longest = self.ctx.limits.id_bytes;
                *connection = announced.map(|id| Arc::from(if id.len() <= longest { &**id } else { "" }));
            }
            FrameType::Ping => self.ctx.send(id, wire::pong()),
            FrameType::Disconnect => self.say_goodbye(id, now),
            FrameType::Message => self.message_before_create(id, frame, oversized, now),
            _ => {}
        }
    }

    fn message_before_create(&mut self, id: PeerId, frame: &Frame, oversized: bool, now: Now) {
        if oversized {
            return self.refuse_create(id, frame, &Rejection::new(Kind::TooLarge, "message is too large"));
        }
        if !is_create(frame) {
            let rejection = Rejection::new(Kind::NotAdmitted, "connection was not created");
            return self.reject(id, frame, "request", &rejection);
        }
        match self.entrance(id, frame, now) {
            Ok(Entrance::New(create, admission)) => self.enter(id, frame, create, admission, now),
            Ok(Entrance::Again(member)) => self.create_again(id, frame, member, now),
            Err(rejection) => self.refuse_create(id, frame, &rejection),
        }
    }

    /// Decides about a create.
    fn entrance(&self, id: PeerId, frame: &Frame, now: Now) -> Result<Entrance, Rejection> {
        let Some(peer) = self.peers.get(&id) else { return Err(unusable("the socket is gone")) };
        let Phase::Joining { connection: announced, .. } = &peer.phase else {
            return Err(unusable("the socket cannot create"));
        };
        let create = self.read_create(frame, announced.as_deref())?;
        let token = frame.header(header::TOKEN_AUTH).filter(|token| !token.is_empty());
        let token = token.ok_or_else(|| Rejection::new(Kind::Token, "there is no token"))?;
        let admission = self
            .authority
            .verify(token, &create.session, create.partner.as_deref(), now)
            .map_err(|refusal| Rejection::new(Kind::Token, refusal.message))?;

        if peer.socket_id.as_ref().is_some_and(|socket_id| self.departed.contains(socket_id, &self.ctx)) {
            return Err(Rejection::new(Kind::Conflict, "this client has left the session"));
        }
        let owner = peer.socket_id.as_ref().and_then(|socket_id| self.sockets.get(socket_id)).copied();
        let room = self.names.get(&*create.session).and_then(|room| self.rooms.get(room));
        let Some(room) = room else {
            return match owner {
                Some(_) => Err(Rejection::new(Kind::Conflict, "this client is in another session")),
                None if self.draining => Err(Rejection::new(Kind::Draining, "the relay is shutting down")),
                None => Ok(Entrance::New(create, admission)),
            };
        };
        if !session_id::same_partner(&room.partner, &admission.partner) {
            return Err(Rejection::new(Kind::Token, "the session belongs to another project"));
        }
        let taken = room.number(&create.connection).map(|number| MemberKey { room: room.id, number });
        match (taken, owner) {
            (Some(taken), Some(owner)) if taken == owner => Ok(Entrance::Again(owner)),
            (Some(_), _) => Err(Rejection::new(Kind::Conflict, "connection id is in use")),
            (None, Some(_)) => Err(Rejection::new(Kind::Conflict, "this client is in the session already")),
            (None, None) if room.members().len() >= self.ctx.limits.connections_per_session => {
                Err(Rejection::new(Kind::SessionFull, "session is full"))
            }
            (None, None) => Ok(Entrance::New(create, admission)),
        }
    }

    fn read_create(&self, frame: &Frame, announced: Option<&str>) -> Result<Create, Rejection> {
        let envelope = Envelope::decode(&frame.data).map_err(|error| unusable(&error.to_string()))?;
        let uri = Uri::parse(&envelope.uri);
        let session = uri.session().ok_or_else(|| unusable("create names no session"))?;
        let request = Request::decode(&frame.data, session).map_err(|error| unusable(&error.to_string()))?;
        let Request::CreateConnection { connection, content } = request else {
            return Err(unusable("create names no connection"));
        };
        // What CONNECT announced is who the client is; the URI says so only where CONNECT was lost.
        if announced.is_some_and(|announced| announced != connection) {
            return Err(unusable("create names another connection than CONNECT"));
        }
        let usable = ids::is_usable(&connection, self.ctx.limits.id_bytes)
            && *connection != *session
            && !connection.starts_with("symphony.");
        if !usable {
            return Err(unusable("connection id has a character or length that is not allowed"));
        }
        Ok(Create {
            connection: Arc::from(&*connection),
            session: session.to_owned(),
            partner: uri.partner().map(str::to_owned),
            content,
        })
    }

    fn enter(&mut self, id: PeerId, frame: &Frame, create: Create, admission: Admission, now: Now) {
        let Some(peer) = self.peers.get(&id) else { return };
        let socket_id = peer.socket_id.clone();
        self.ctx.stats.join_time.add(peer.age(now));
        let room_id = self.room_for(&create, &admission, now);
        let Some(room) = self.rooms.get_mut(&room_id) else { return };
        let content = &create.content;
        let client = content.client_version.as_deref().map(printable);
        let entry = Entry {
            peer: id,
            id: Arc::clone(&create.connection),
            socket_id: socket_id.clone(),
            role: admission.role,
            client: client.as_deref().unwrap_or_default().into(),
            connection_data: admission.connection_data,
            transaction: transaction(frame),
            suppressed: content.connection_events_suppressed,
            reads_session: family::reads_session(content.client_version.as_deref()),
            extension: content.capabilities.iter().flatten().any(|capability| capability == EXTENSION_NAME),
        };
        let member = room.enrol(entry, &mut self.ctx, now);
        let event = NoticeEvent::Joined {
            client: client.unwrap_or_else(|| "unknown client".to_owned()),
            resumable: socket_id.is_some(),
        };
        self.ctx.note(Some(&room.session), Some(&create.connection), event);
        if let Some(socket_id) = socket_id {
            self.sockets.insert(socket_id, member);
        }
        self.set_phase(id, Phase::Bound(member), now);
    }

    fn room_for(&mut self, create: &Create, admission: &Admission, now: Now) -> RoomId {
        if let Some(&room) = self.names.get(&*create.session) {
            return room;
        }
        let session: Arc<str> = Arc::from(&*create.session);
        let id = RoomId(self.next_room);
        self.next_room += 1;
        let partner = Arc::from(&*admission.partner);
        self.rooms.insert(id, Room::new(id, Arc::clone(&session), partner, now));
        self.ctx.note(Some(&session), None, NoticeEvent::SessionOpened);
        self.names.insert(session, id);
        id
    }

    /// A create on a new socket by a client that is in already: the answer was lost with an earlier socket. It is
    /// repeated, and what was not acknowledged follows.
    fn create_again(&mut self, id: PeerId, frame: &Frame, member: MemberKey, now: Now) {
        if self.resume(id, member, now) {
            self.frame_of_member(id, member, frame, false, now);
        }
    }

    fn refuse_create(&mut self, id: PeerId, frame: &Frame, rejection: &Rejection) {
        self.reject(id, frame, "create", rejection);
        // Any other code but 1001 and 1011 makes clients come back at once, and 1011 would not show them the status.
        self.close(id, close::NORMAL, "create was refused");
    }

    /// Answers a message of a socket that is in no room.
    fn reject(&mut self, id: PeerId, frame: &Frame, request: &'static str, rejection: &Rejection) {
        rejection.count(&mut self.ctx.stats.rejected);
        let reason = wire::shortened(&rejection.reason);
        let status = rejection.status();
        let event = NoticeEvent::Refused { request, status, reason: reason.to_owned() };
        self.ctx.note(None, None, event);
        if let Some(transaction) = transaction(frame) {
            let address = match self.peers.get(&id).map(|peer| &peer.phase) {
                Some(Phase::Joining { connection: Some(connection), .. }) => Arc::clone(connection),
                _ => Arc::from(frame.header(header::FROM_ADDRESS).map_or("", |from| &**from)),
            };
            self.ctx.send(id, wire::status(&address, transaction, status, Some(reason), ""));
        }
    }
}

/// How a client that knows our extensions says so, among its capabilities.
const EXTENSION_NAME: &str = "otc-x/1";

pub(super) fn transaction(frame: &Frame) -> Option<&str> {
    frame.header(header::TRANSACTION_ID).filter(|id| !id.is_empty()).map(|id| &**id)
}

/// Whether this is a connection create, whatever it may be worth.
pub(super) fn is_create(frame: &Frame) -> bool {
    frame.kind == FrameType::Message
        && Envelope::decode(&frame.data).is_ok_and(|envelope| {
            envelope.method == "create"
                && Uri::parse(&envelope.uri).resource == otc_protocol::raptor::Resource::Connection
        })
}

/// What a client says of itself, fit for a line of a log and of the page: on one line, and in the direction of the rest.
fn printable(text: &str) -> String {
    let breaks = |c: char| {
        c.is_control()
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    wire::shortened(text).chars().map(|c| if breaks(c) { '?' } else { c }).collect()
}

fn unusable(reason: &str) -> Rejection {
    Rejection::new(Kind::Create, reason.to_owned())
}

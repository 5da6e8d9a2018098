//! Who is in a session, and what each of them must be told.

mod requests;
mod streams;

use std::collections::HashMap;
use std::sync::Arc;

use otc_protocol::planted::{self, Bug};
use otc_protocol::raptor::{Connection, Event, Extension, Uri};
use otc_protocol::token::Role;

use crate::context::Context;
use crate::hub::SYMPHONY_ADDRESS;
use crate::ids::{MemberKey, RoomId};
use crate::io::{Now, PeerId};
use crate::kept::Message;
use crate::member::{Member, Newcomer};
use crate::remembered::Reply;
use crate::slack::Tighten;
use crate::wire;

use streams::Stream;

/// The extension that is announced to clients that announce it.
const EXTENSION: Extension = Extension { version: 1 };

/// Room for what a state without streams holds beside its connections and its id, in bytes.
const REST_OF_STATE: usize = 128;

/// A session with somebody in it.
///
/// There is one writer, so that everything that happens here has one order, and every member is told in that order.
pub(crate) struct Room {
    pub(crate) id: RoomId,
    pub(crate) session: Arc<str>,
    pub(crate) partner: Arc<str>,
    /// When the first client entered, in milliseconds since 1970.
    pub(crate) opened_ms: u64,
    /// Signals accepted.
    pub(crate) signals: u64,
    /// Servers have muted it.
    pub(crate) muted: bool,
    /// The address of what is for everyone: the URI of the session.
    topic: String,
    /// In the order of entering, which is the order of their numbers. Boxed, so that a leave moves pointers only.
    #[expect(clippy::vec_box, reason = "a member is large and the one before it may leave")]
    members: Vec<Box<Member>>,
    /// The numbers of members by connection id. Never iterated.
    numbers: HashMap<Arc<str>, u64>,
    streams: Vec<Stream>,
    next_number: u64,
}

/// What a client wants that enters.
pub(crate) struct Entry<'a> {
    pub(crate) peer: PeerId,
    pub(crate) id: Arc<str>,
    pub(crate) socket_id: Option<Arc<str>>,
    pub(crate) role: Role,
    /// What the client says it is, fit to be shown; empty if it does not say.
    pub(crate) client: Box<str>,
    pub(crate) connection_data: String,
    /// The transaction id of its create, if it has one.
    pub(crate) transaction: Option<&'a str>,
    pub(crate) suppressed: bool,
    pub(crate) reads_session: bool,
    pub(crate) extension: bool,
}

/// Why a member is no longer one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Departure {
    /// It left by itself.
    Left,
    /// It was lost and did not come back, or cannot be kept.
    Lost,
    /// A moderator or a server removed it.
    Removed,
}

impl Departure {
    /// The reason as clients are told it.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Left => "clientDisconnected",
            Self::Lost => "networkDisconnected",
            Self::Removed => "forceDisconnected",
        }
    }
}

impl Room {
    pub(crate) fn new(id: RoomId, session: Arc<str>, partner: Arc<str>, now: Now) -> Self {
        Self {
            id,
            topic: Uri::for_session(&partner, &session),
            session,
            partner,
            opened_ms: now.unix_ms,
            signals: 0,
            muted: false,
            members: Vec::new(),
            numbers: HashMap::new(),
            streams: Vec::new(),
            next_number: 0,
        }
    }

    /// The members, in the order of entering.
    pub(crate) fn members(&self) -> &[Box<Member>] {
        &self.members
    }

    /// The member of this number.
    pub(crate) fn member(&mut self, number: u64) -> Option<&mut Member> {
        self.index(number).map(|at| &mut *self.members[at])
    }

    /// The number of the member with this connection id.
    pub(crate) fn number(&self, connection: &str) -> Option<u64> {
        self.numbers.get(connection).copied()
    }

    fn index(&self, number: u64) -> Option<usize> {
        self.members.binary_search_by_key(&number, |member| member.key.number).ok()
    }

    /// Lets a client in: it gets the state of the session, itself included, as the answer to its create, then the news
    /// of itself, then everything that happens from here on. One that reads the state gets all that when it does. The
    /// others get the same news at the same point.
    pub(crate) fn enrol(&mut self, entry: Entry<'_>, ctx: &mut Context, now: Now) -> MemberKey {
        let key = MemberKey { room: self.id, number: self.next_number };
        self.next_number += 1;
        let connection = Connection {
            id: entry.id.to_string(),
            creation_time: i64::try_from(now.unix_ms).unwrap_or(i64::MAX),
            data: entry.connection_data,
            permissions: entry.role.permissions().iter().map(|right| (*right).to_owned()).collect(),
        };
        let newcomer = Newcomer {
            key,
            id: Arc::clone(&entry.id),
            socket_id: entry.socket_id,
            peer: entry.peer,
            role: entry.role,
            client: entry.client,
            entered_ms: now.unix_ms,
            object: json(&connection).into_boxed_str(),
            suppressed: entry.suppressed,
            reads_session: entry.reads_session,
        };
        self.members.push(Box::new(Member::new(newcomer, ctx)));
        self.numbers.insert(entry.id, key.number);

        let at = self.members.len() - 1;
        if let Some(transaction) = entry.transaction {
            // Some clients that can read the state do not when they find it here, and then miss what is held for them.
            let state = if entry.reads_session { String::new() } else { self.state(at, entry.extension) };
            self.members[at].send_first_answer(transaction, &state, ctx);
            self.members[at].remember(ctx.hasher.key(transaction), Reply::Create, ctx);
        }
        let news = Event::encode_connection_created(&self.partner, &self.session, &connection);
        let message = self.news(&news, ctx);
        for member in &mut self.members {
            let own = member.key == key && !member.awaits_state();
            if own || (member.hears_news() && !planted::is(Bug::LateCreated)) {
                member.deliver(&message, ctx);
            }
        }
        if planted::is(Bug::LateCreated) {
            planted::hold(&news);
        }
        ctx.stats.joins += 1;
        key
    }

    /// Takes a member out and tells the others; one that is removed is told as well, and it is up to the caller to
    /// close its socket then.
    pub(crate) fn remove(
        &mut self,
        number: u64,
        departure: Departure,
        ctx: &mut Context,
    ) -> Option<Box<Member>> {
        let at = self.index(number)?;
        let reason = departure.reason();
        self.end_streams_of(number, reason, ctx);
        let mut member = self.members.remove(at);
        self.numbers.remove(&member.id);
        self.members.tighten();
        self.numbers.tighten();
        let news = Event::encode_connection_deleted(&self.partner, &self.session, &member.id, reason);
        if departure == Departure::Removed {
            self.tell_removed(&member, &news, ctx);
        }
        if !(planted::is(Bug::SilentExpiry) && departure == Departure::Lost) {
            self.tell(&news, None, ctx);
        }
        member.drop_kept(ctx);
        let counter = match departure {
            Departure::Left => &mut ctx.stats.left,
            Departure::Lost => &mut ctx.stats.lost,
            Departure::Removed => &mut ctx.stats.removed,
        };
        *counter += 1;
        Some(member)
    }

    fn tell_removed(&self, member: &Member, news: &str, ctx: &mut Context) {
        if let Some(peer) = member.link.peer() {
            let seq = ctx.ids.next();
            ctx.send(peer, wire::message(&member.id, &ctx.ids.text(seq), SYMPHONY_ADDRESS, news));
        }
    }

    /// Takes the price of one request out of a member's budget.
    pub(crate) fn charge(&mut self, number: u64, ctx: &mut Context, now: Now) {
        if let Some(at) = self.index(number) {
            self.members[at].charge(1, &self.session, ctx, now);
        }
    }

    /// Tells what happened to everyone who wants to know, but one.
    pub(super) fn tell(&mut self, news: &str, except: Option<u64>, ctx: &mut Context) {
        let message = self.news(news, ctx);
        for member in &mut self.members {
            if member.hears_news() && Some(member.key.number) != except {
                member.deliver(&message, ctx);
            }
        }
    }

    fn news(&self, news: &str, ctx: &mut Context) -> Message {
        let seq = ctx.ids.next();
        let bytes = wire::message(&self.topic, &ctx.ids.text(seq), SYMPHONY_ADDRESS, news);
        Message { seq, bytes }
    }

    /// The state of the session as the member at this index is to see it.
    fn state(&self, at: usize, extension: bool) -> String {
        let reader = &self.members[at];
        let sees = |number: u64| !reader.suppressed || number == reader.key.number;
        let connections = || self.members.iter().filter(|m| sees(m.key.number)).map(|m| &*m.object);
        let streams = self.streams.iter().filter(|stream| sees(stream.owner)).map(Stream::json);
        // Large sessions make for megabytes, which should not be moved about while they grow.
        let length: usize = connections().map(|object| object.len() + 1).sum();
        let mut state = String::with_capacity(length + self.session.len() + REST_OF_STATE);
        state.push_str("{\"id\":");
        state.push_str(&json(&*self.session));
        state.push_str(",\"connection\":[");
        push_list(&mut state, connections());
        state.push_str("],\"stream\":[");
        push_list(&mut state, streams);
        state.push_str("],\"archive\":[]");
        if self.muted {
            state.push_str(",\"mute\":true");
        }
        if extension {
            state.push_str(",\"otc_x\":");
            state.push_str(&json(&EXTENSION));
        }
        state.push('}');
        state
    }
}

fn push_list<T: AsRef<str>>(out: &mut String, items: impl Iterator<Item = T>) {
    for (at, item) in items.enumerate() {
        if at > 0 {
            out.push(',');
        }
        out.push_str(item.as_ref());
    }
}

fn json<T: serde::Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).expect("strings, numbers and maps with string keys are always representable")
}

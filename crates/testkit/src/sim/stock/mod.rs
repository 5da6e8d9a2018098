//! Stock clients of two generations, as far as their session behaviour is known.
//!
//! *Family A* neither acknowledges nor resumes: a lost link ends its session. *Family B* does both: it resends what
//! was not answered on every link, acknowledges and recognises repeats, and tries again every 500 ms for 60 s. Both
//! read the session's state by a request of its own, and fail loudly at things that a relay must never send; here
//! that is a complaint.

mod hearing;

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use otc::session::{Action, Connection, Event, InfoId, LinkId, LinkLoss, SessionError, StateName};
use otc_protocol::raptor::{CreateConnection, Request, SignalMessage, SignalPayload, Uri};
use otc_protocol::rumor::{Frame, FrameType, encode, header};
use otc_protocol::session_info::SessionInfo;

use super::dice::Dice;
use super::machine::API_KEY;

const PAUSE: Duration = Duration::from_millis(500);
const OPEN_LIMIT: Duration = Duration::from_secs(15);
/// Real ones wait for ever; a run must come to rest.
const INFO_LIMIT: Duration = Duration::from_secs(20);
const GIVE_UP: Duration = Duration::from_secs(60);
const MAX_FRAME: usize = 16 * 1024 * 1024;

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Idle,
    /// Not connected for the program yet.
    Joining,
    /// Connected for the program, with or without a link.
    Joined,
    Leaving,
}

/// Its link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    None,
    Opening(LinkId),
    Open(LinkId),
}

pub(super) struct Stock {
    resumes: bool,
    session: String,
    dice: Dice,
    token: String,
    phase: Phase,
    link: Link,
    url: String,
    symphony: String,
    socket_id: String,
    own: String,
    ever_open: bool,
    create: String,
    read: String,
    /// Requests without an answer, in order; what each link begins with.
    queue: VecDeque<(String, Bytes)>,
    /// Whether CONNECT is still to be sent.
    connect: Option<Bytes>,
    seen: HashSet<String>,
    roster: BTreeMap<String, Arc<Connection>>,
    /// Signals of senders that are not known yet, or that came before the state.
    held: Vec<(String, Frame)>,
    next_link: u64,
    next_info: u64,
    last_heard: Instant,
    ping_at: Option<Instant>,
    attempt_at: Option<Instant>,
    open_until: Option<Instant>,
    lost_at: Option<Instant>,
    leave_at: Option<Instant>,
    info_until: Option<Instant>,
    deleted: bool,
    dropped: u64,
    duplicates: u64,
    events: VecDeque<Event>,
    actions: VecDeque<Action>,
    complaints: Vec<String>,
}

impl Stock {
    pub(super) fn new(resumes: bool, session: String, seed: u64, now: Instant) -> Self {
        Self {
            resumes,
            session,
            dice: Dice::new(seed, 3),
            token: String::new(),
            phase: Phase::Idle,
            link: Link::None,
            url: String::new(),
            symphony: String::new(),
            socket_id: String::new(),
            own: String::new(),
            ever_open: false,
            create: String::new(),
            read: String::new(),
            queue: VecDeque::new(),
            connect: None,
            seen: HashSet::new(),
            roster: BTreeMap::new(),
            held: Vec::new(),
            next_link: 0,
            next_info: 0,
            last_heard: now,
            ping_at: None,
            attempt_at: None,
            open_until: None,
            lost_at: None,
            leave_at: None,
            info_until: None,
            deleted: false,
            dropped: 0,
            duplicates: 0,
            events: VecDeque::new(),
            actions: VecDeque::new(),
            complaints: Vec::new(),
        }
    }

    fn id(&mut self) -> String {
        format!(
            "{:032x}",
            u128::from(self.dice.range(0, u64::MAX - 1)) << 64 | u128::from(self.dice.range(0, u64::MAX - 1))
        )
    }

    fn ping_interval(&self) -> Duration {
        Duration::from_secs(if self.resumes { 5 } else { 9 })
    }

    fn silence_limit(&self) -> Duration {
        Duration::from_millis(if self.resumes { 9_900 } else { 44_900 })
    }

    pub(super) fn connect(&mut self, token: String, now: Instant) -> bool {
        if self.phase != Phase::Idle || self.deleted {
            return false;
        }
        self.phase = Phase::Joining;
        self.token = token;
        (self.socket_id, self.own, self.create, self.read) = (self.id(), self.id(), self.id(), self.id());
        self.ever_open = false;
        self.queue.clear();
        self.seen.clear();
        self.roster.clear();
        self.held.clear();
        self.next_info += 1;
        self.info_until = Some(now + INFO_LIMIT);
        self.actions.push_back(Action::FetchSessionInfo {
            id: InfoId(self.next_info),
            session_id: self.session.clone(),
            token: self.token.clone(),
        });
        true
    }

    pub(super) fn session_info(&mut self, id: InfoId, answer: Option<SessionInfo>, now: Instant) {
        if self.phase != Phase::Joining || id != InfoId(self.next_info) {
            return;
        }
        self.info_until = None;
        let Some(info) = answer else { return self.end(Some(SessionError::ConnectionFailed)) };
        self.url = info.messaging_url.unwrap_or_default();
        self.symphony = info.symphony_address.unwrap_or_default();
        let content = CreateConnection {
            user_agent: "stock".to_owned(),
            client_version: self.resumes.then(|| "js-2.7.6".to_owned()),
            capabilities: self.resumes.then(Vec::new),
            connection_events_suppressed: false,
        };
        let transaction = self.id();
        let mut headers = vec![(header::UNIQUE_ID, &*self.own)];
        if self.resumes {
            headers.push((header::TRANSACTION_ID, &*transaction));
        }
        headers.push((header::NOTIFY_DISCONNECT_ADDRESS, &*self.symphony));
        self.connect = encode(FrameType::Connect, &[], &headers, "").ok();
        let create = Request::encode_create_connection(API_KEY, &self.session, &self.own, &content);
        let frame = self.request(&self.create, &[(header::TOKEN_AUTH, &*self.token)], &create);
        self.queue.push_back((self.create.clone(), frame));
        self.seek(now);
    }

    fn request(&self, id: &str, extra: &[(&str, &str)], payload: &str) -> Bytes {
        let common = [
            (header::CONTENT_TYPE, header::RAPTOR_CONTENT_TYPE),
            (header::TRANSACTION_ID, id),
            (header::FROM_ADDRESS, &*self.own),
        ];
        encode(FrameType::Message, &[&*self.symphony], &[extra, &common].concat(), payload)
            .unwrap_or_default()
    }

    fn seek(&mut self, now: Instant) {
        self.next_link += 1;
        let link = LinkId(self.next_link);
        self.link = Link::Opening(link);
        self.open_until = Some(now + OPEN_LIMIT);
        self.attempt_at = None;
        let mut url = self.url.clone();
        if self.resumes {
            let again = if self.next_link_is_first() { "" } else { "&reconnect=true" };
            let attempt = self.id();
            url = format!("{url}&socketId={}{again}&attempt={attempt}", self.socket_id);
        }
        self.actions.push_back(Action::OpenLink { link, url });
    }

    fn next_link_is_first(&self) -> bool {
        !self.ever_open && self.lost_at.is_none()
    }

    pub(super) fn link_opened(&mut self, link: LinkId, now: Instant) {
        if self.link != Link::Opening(link) {
            return;
        }
        self.link = Link::Open(link);
        self.open_until = None;
        self.last_heard = now;
        self.ping_at = Some(now + self.ping_interval());
        let first = !std::mem::replace(&mut self.ever_open, true);
        if let Some(connect) = self.connect.take() {
            self.put(connect);
        }
        if first {
            let topic = Uri::for_session(API_KEY, &self.session);
            if let Ok(subscribe) = encode(FrameType::Subscribe, &[&topic], &[], "") {
                self.put(subscribe);
            }
        }
        for (_, frame) in self.queue.clone() {
            self.put(frame);
        }
        // It believes itself back before the relay has said anything.
        if self.lost_at.take().is_some() && self.phase == Phase::Joined {
            self.tell(Event::Reconnected);
        }
    }

    fn put(&mut self, message: Bytes) {
        if let Link::Open(link) = self.link {
            self.actions.push_back(Action::Send { link, message });
        }
    }

    pub(super) fn link_lost(&mut self, link: LinkId, loss: &LinkLoss, now: Instant) {
        if self.link != Link::Opening(link) && self.link != Link::Open(link) {
            return;
        }
        let was_open = matches!(self.link, Link::Open(_));
        self.link = Link::None;
        (self.ping_at, self.open_until) = (None, None);
        let code = if let LinkLoss::Closed { code, .. } = loss { *code } else { None };
        match (self.phase, code) {
            (Phase::Idle, _) => {}
            (Phase::Leaving, _) => self.end(None),
            (Phase::Joined, Some(1000 | 1001)) => self.end(None),
            (Phase::Joining, Some(1000 | 1001 | 1011)) => self.end(Some(SessionError::ConnectionFailed)),
            (Phase::Joining, _) if !self.resumes => self.end(Some(SessionError::ConnectionFailed)),
            (Phase::Joined, Some(1011)) => self.end(Some(SessionError::ConnectionDropped)),
            (Phase::Joined, _) if !self.resumes => self.end(Some(SessionError::ConnectionDropped)),
            (phase, _) => self.missed(phase, was_open, now),
        }
    }

    /// There is no link; another is sought, unless it has been for too long.
    fn missed(&mut self, phase: Phase, was_open: bool, now: Instant) {
        let fresh = self.lost_at.is_none();
        let since = *self.lost_at.get_or_insert(now);
        if phase == Phase::Joined && was_open && fresh {
            self.tell(Event::ReconnectionStarted);
        }
        if now >= since + GIVE_UP {
            let error = if phase == Phase::Joined {
                SessionError::ConnectionDropped
            } else {
                SessionError::ConnectionFailed
            };
            return self.end(Some(error));
        }
        self.attempt_at = Some(if was_open { now } else { now + PAUSE });
    }

    pub(super) fn timeout(&mut self, now: Instant) {
        let due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        if due(self.info_until) {
            return self.end(Some(SessionError::ConnectionFailed));
        }
        if due(self.leave_at) {
            self.abandon();
            return self.end(None);
        }
        if due(self.open_until)
            && let Link::Opening(link) = self.link
        {
            self.actions.push_back(Action::AbandonLink { link });
            let loss = LinkLoss::Failed { message: "did not open".to_owned() };
            self.link_lost(link, &loss, now);
        }
        if due(self.ping_at)
            && let Link::Open(link) = self.link
        {
            if now >= self.last_heard + self.silence_limit() {
                self.actions.push_back(Action::AbandonLink { link });
                let loss = LinkLoss::Failed { message: "silence".to_owned() };
                self.link_lost(link, &loss, now);
            } else {
                self.ping_at = Some(now + self.ping_interval());
                self.put(encode(FrameType::Ping, &[], &[], "").unwrap_or_default());
            }
        }
        if due(self.attempt_at) {
            self.seek(now);
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        let due = [self.ping_at, self.attempt_at, self.open_until, self.leave_at, self.info_until];
        due.into_iter().flatten().min()
    }

    pub(super) fn send(&mut self, kind: &str, data: &str, to: Option<&str>, retry: bool) -> i32 {
        const NOT_CONNECTED: i32 = 1010;
        let open = matches!(self.link, Link::Open(_));
        let takes = open || (retry && self.resumes);
        if self.phase != Phase::Joined || !takes {
            return NOT_CONNECTED;
        }
        let (id, signal) = (self.id(), self.id());
        let message = SignalMessage {
            address: &self.symphony,
            transaction: &id,
            from: &self.own,
            partner: API_KEY,
            session: &self.session,
            to,
            id: &signal,
            kind,
            data: SignalPayload::Text(data),
        };
        let Ok(frame) = message.encode() else { return NOT_CONNECTED };
        if retry {
            self.queue.push_back((id, frame.clone()));
        }
        self.put(frame);
        0
    }

    pub(super) fn disconnect(&mut self, now: Instant) -> bool {
        match self.phase {
            Phase::Idle => return false,
            Phase::Leaving => return true,
            Phase::Joining | Phase::Joined => {}
        }
        self.phase = Phase::Leaving;
        self.events.clear();
        if matches!(self.link, Link::Open(_)) {
            self.say_goodbye();
            self.ping_at = None;
            self.leave_at = Some(now + Duration::from_secs(3));
        } else {
            self.abandon();
            self.end(None);
        }
        true
    }

    pub(super) fn delete(&mut self, now: Instant) {
        self.disconnect(now);
        self.deleted = true;
        self.events.clear();
    }

    fn say_goodbye(&mut self) {
        if let Link::Open(link) = self.link {
            self.put(encode(FrameType::Disconnect, &[], &[], "").unwrap_or_default());
            self.actions.push_back(Action::CloseLink { link, code: None });
        }
    }

    fn abandon(&mut self) {
        if let Link::Opening(link) | Link::Open(link) = self.link {
            self.actions.push_back(Action::AbandonLink { link });
        }
        self.link = Link::None;
    }

    fn end(&mut self, error: Option<SessionError>) {
        let known = self.phase != Phase::Joining;
        if error.is_some() && matches!(self.link, Link::Opening(_)) {
            self.abandon();
        }
        // A removed client does not close its socket; the relay does.
        self.link = Link::None;
        self.phase = Phase::Idle;
        self.dropped += self.queue.len() as u64;
        self.queue.clear();
        (self.ping_at, self.attempt_at, self.open_until) = (None, None, None);
        (self.lost_at, self.leave_at, self.info_until) = (None, None, None);
        if let Some(error) = error {
            self.tell(Event::Error { error, message: "the stock client gave up".to_owned() });
        }
        if known {
            self.tell(Event::Disconnected);
        }
    }

    fn tell(&mut self, event: Event) {
        if !self.deleted {
            self.events.push_back(event);
        }
    }

    pub(super) fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    pub(super) fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    pub(super) fn take_complaints(&mut self) -> Vec<String> {
        std::mem::take(&mut self.complaints)
    }

    pub(super) fn state(&self) -> StateName {
        match (self.phase, self.link) {
            (Phase::Idle, _) => StateName::Idle,
            (Phase::Joining, _) => StateName::Connecting,
            (Phase::Joined, Link::Open(_)) => StateName::Connected,
            (Phase::Joined, _) => StateName::Reconnecting,
            (Phase::Leaving, _) => StateName::Disconnecting,
        }
    }

    pub(super) fn uses(&self, link: LinkId) -> bool {
        self.link == Link::Opening(link) || self.link == Link::Open(link)
    }

    pub(super) fn own(&self) -> &str {
        &self.own
    }

    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }

    pub(super) fn duplicates(&self) -> u64 {
        self.duplicates
    }

    pub(super) fn waiting(&self) -> usize {
        self.queue.len()
    }

    pub(super) fn is_finished(&self) -> bool {
        self.deleted && self.phase == Phase::Idle
    }
}

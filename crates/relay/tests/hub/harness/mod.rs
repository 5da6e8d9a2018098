//! A hub, sockets, and a clock that moves when told to.

mod client;
mod script;
mod watch;

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use otc_protocol::rumor::{Frame, FrameType, header};
use otc_protocol::token::Role;
use otc_relay::authority::{Admission, Authority, Refusal};
use otc_relay::hub::Hub;
use otc_relay::io::{CloseSeen, Now, Opened, Output, PeerId};
use otc_relay::limits::Limits;
use otc_relay::notice::Notice;
use proptest::test_runner::Config as ProptestConfig;

pub(crate) use client::{Client, Join};
pub(crate) use script::*;
use watch::Watch;

/// The session of most tests.
pub(crate) const SESSION: &str = "1_MX4xMDB-fjE3MDAwMDAwMDAwMDB-YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4fn4";
/// Its project.
pub(crate) const PARTNER: &str = "100";
/// What stands in every token, and nowhere else.
pub(crate) const TOKEN_SECRET: &str = "token-of-the-test";
/// The time at which tests begin, in milliseconds since 1970.
pub(crate) const START_MS: u64 = 1_700_000_000_000;

/// The token in recorded exchanges.
const RECORDED_TOKEN: &str = "T1==dG9rZW4=";

/// Tokens are `token-of-the-test role;connection data`, or the recorded one; any other is no good.
struct Doorman;

impl Authority for Doorman {
    fn verify(
        &self,
        token: &str,
        session: &str,
        partner: Option<&str>,
        _: Now,
    ) -> Result<Admission, Refusal> {
        let refusal = |name, message: &str| Refusal { name, message: message.to_owned() };
        let token =
            if token == RECORDED_TOKEN { &crate::harness::token("publisher", "name=one") } else { token };
        let rest = token.strip_prefix(TOKEN_SECRET).ok_or_else(|| refusal("bad_format", "not a token"))?;
        let (role, data) = rest.trim_start().split_once(';').unwrap_or((rest.trim_start(), ""));
        let role = Role::from_name(role).ok_or_else(|| refusal("expired", "expired 12 s ago"))?;
        assert!(!session.is_empty());
        let partner = partner.unwrap_or(PARTNER).to_owned();
        Ok(Admission { partner, role, connection_data: data.to_owned() })
    }
}

/// A token for a role, with connection data.
pub(crate) fn token(role: &str, data: &str) -> String {
    format!("{TOKEN_SECRET} {role};{data}")
}

/// What a socket saw.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "nearly all are frames")]
pub(crate) enum Seen {
    Frame(Frame),
    Ping,
    Close(u16),
    Pause(Duration),
}

/// A hub and all that surrounds it.
pub(crate) struct World {
    pub(crate) hub: Hub,
    start: Instant,
    passed: Duration,
    next_peer: u64,
    inboxes: BTreeMap<PeerId, Vec<Seen>>,
    watch: Watch,
    notices: Vec<Notice>,
    outputs: DefaultHasher,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    /// A world with other limits than the default ones.
    #[expect(clippy::disallowed_methods, reason = "a test counts from any moment")]
    pub(crate) fn with(change: impl FnOnce(&mut Limits)) -> Self {
        let mut limits = Limits::default();
        change(&mut limits);
        Self {
            hub: Hub::new(Arc::new(limits), Arc::new(Doorman), [7; 32]),
            start: Instant::now(),
            passed: Duration::ZERO,
            next_peer: 1,
            inboxes: BTreeMap::new(),
            watch: Watch::default(),
            notices: Vec::new(),
            outputs: DefaultHasher::new(),
        }
    }

    pub(crate) fn now(&self) -> Now {
        Now { mono: self.start + self.passed, unix_ms: START_MS + self.passed.as_millis() as u64 }
    }

    /// Opens a socket.
    pub(crate) fn open(&mut self, socket_id: Option<&str>, reconnect: bool) -> PeerId {
        self.open_with(Opened { socket_id: socket_id.map(str::to_owned), reconnect, ..Opened::default() })
    }

    /// Brings a socket that has been open for a while.
    pub(crate) fn open_after(&mut self, waited: Duration) -> PeerId {
        self.open_with(Opened { waited, ..Opened::default() })
    }

    fn open_with(&mut self, opened: Opened) -> PeerId {
        let peer = PeerId(self.next_peer);
        self.next_peer += 1;
        self.inboxes.insert(peer, Vec::new());
        if let Some(id) = opened.socket_id.as_deref().filter(|id| !id.is_empty()) {
            self.watch.keep_secret(id);
        }
        self.hub.peer_opened(peer, opened, self.now());
        self.collect();
        peer
    }

    /// Sends a frame over a socket.
    pub(crate) fn send(&mut self, peer: PeerId, frame: &Frame) {
        self.send_raw(peer, frame.encode().expect("test frames are small"));
    }

    /// Sends a message over a socket, frame or not.
    pub(crate) fn send_raw(&mut self, peer: PeerId, message: Bytes) {
        self.hub.peer_message(peer, message, self.now());
        self.collect();
    }

    /// Ends a socket from the client's side.
    pub(crate) fn end(&mut self, peer: PeerId, seen: CloseSeen) {
        self.hub.peer_closed(peer, seen, self.now());
        self.collect();
    }

    /// Does something else with the hub.
    pub(crate) fn call<T>(&mut self, work: impl FnOnce(&mut Hub, Now) -> T) -> T {
        let now = self.now();
        let result = work(&mut self.hub, now);
        self.collect();
        result
    }

    /// Lets time pass, with every deadline met on the way.
    pub(crate) fn pass(&mut self, time: Duration) {
        let until = self.passed + time;
        let mut turns = 0;
        while let Some(at) = self.hub.poll_timeout().filter(|at| *at <= self.start + until) {
            self.passed = self.passed.max(at.saturating_duration_since(self.start));
            self.hub.handle_timeout(self.now());
            self.collect();
            turns += 1;
            assert!(turns < 100_000, "the hub asks for the same moment without end");
        }
        self.passed = until;
    }

    /// Lets seconds pass.
    pub(crate) fn pass_s(&mut self, seconds: u64) {
        self.pass(Duration::from_secs(seconds));
    }

    /// Lets seconds pass in which nobody runs the hub, as on a machine that stands still; then it sees to what is overdue.
    pub(crate) fn stand_still_s(&mut self, seconds: u64) {
        self.passed += Duration::from_secs(seconds);
        self.pass(Duration::ZERO);
    }

    /// Everything that a socket saw since it was asked last.
    pub(crate) fn take(&mut self, peer: PeerId) -> Vec<Seen> {
        std::mem::take(self.inboxes.get_mut(&peer).expect("the socket was opened here"))
    }

    /// The frames that a socket saw since it was asked last.
    pub(crate) fn frames(&mut self, peer: PeerId) -> Vec<Frame> {
        let seen = self.take(peer);
        seen.into_iter()
            .filter_map(|seen| match seen {
                Seen::Frame(frame) => Some(frame),
                _ => None,
            })
            .collect()
    }

    /// The one frame that a socket saw since it was asked last.
    pub(crate) fn frame(&mut self, peer: PeerId) -> Frame {
        let frames = self.frames(peer);
        let [frame] = &frames[..] else { panic!("one frame expected, seen: {frames:#?}") };
        frame.clone()
    }

    /// The code by which a socket was closed; `None` if it is open.
    pub(crate) fn closed(&mut self, peer: PeerId) -> Option<u16> {
        self.inboxes[&peer].iter().find_map(|seen| match seen {
            Seen::Close(code) => Some(*code),
            _ => None,
        })
    }

    /// The status of the answer to a transaction, taken out of what a socket saw.
    pub(crate) fn status(&mut self, peer: PeerId, transaction: &str) -> Option<u16> {
        let inbox = self.inboxes.get_mut(&peer).expect("the socket was opened here");
        let at = inbox.iter().position(|seen| match seen {
            Seen::Frame(frame) => frame.kind == FrameType::Status && id_of(frame) == transaction,
            _ => false,
        })?;
        let Seen::Frame(frame) = inbox.remove(at) else { return None };
        frame.header(header::STATUS).and_then(|code| code.parse().ok())
    }

    /// What was logged since it was asked last.
    pub(crate) fn take_notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    /// A number that stands for everything that the hub put out so far.
    pub(crate) fn fingerprint(&self) -> u64 {
        self.outputs.finish()
    }

    fn collect(&mut self) {
        while let Some(output) = self.hub.poll_output() {
            let now = self.start + self.passed;
            let (peer, seen) = match output {
                Output::Send { peer, message } => (peer, Seen::Frame(self.watch.check(peer, message))),
                Output::Ping { peer } => (peer, Seen::Ping),
                Output::Close { peer, code, reason } => {
                    assert!(!reason.is_empty() && reason.len() <= 123, "a close frame holds 123 bytes");
                    (peer, Seen::Close(code))
                }
                Output::PauseReading { peer, until } => (peer, Seen::Pause(until - now)),
            };
            format!("{peer:?} {seen:?}").hash(&mut self.outputs);
            let inbox = self.inboxes.get_mut(&peer).expect("outputs are for sockets that were opened");
            let closed = matches!(inbox.last(), Some(Seen::Close(_)));
            assert!(!closed, "nothing comes after close, but {seen:?} did");
            inbox.push(seen);
        }
        while let Some(notice) = self.hub.poll_notice() {
            self.watch.check_notice(&notice);
            self.notices.push(notice);
        }
    }
}

/// The transaction id of a frame, `""` if it has none.
pub(crate) fn id_of(frame: &Frame) -> &str {
    frame.header(header::TRANSACTION_ID).map_or("", |id| &**id)
}

/// How random scripts are tried: `usual` of them, or as many as `PROPTEST_CASES` says.
pub(crate) fn tries(usual: u32) -> ProptestConfig {
    let asked = std::env::var_os("PROPTEST_CASES").is_some();
    let config =
        ProptestConfig { failure_persistence: None, max_shrink_iters: 20_000, ..ProptestConfig::default() };
    if asked { config } else { ProptestConfig { cases: usual, ..config } }
}

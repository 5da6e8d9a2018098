//! The promise: over a network that cuts, stalls and refuses, each signal arrives exactly once and in order, both
//! ways.
//!
//! The peer is a relay that keeps its half of the promise: it remembers requests, and keeps frames until they are
//! acknowledged.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use otc_protocol::raptor::Request;
use otc_protocol::rumor::{Frame, FrameType, header};

use super::chance::{Chance, Judge, for_seeds};
use super::harness::*;
use crate::session::*;

/// The relay's view of one client.
#[derive(Default)]
struct Relay {
    own_id: String,
    /// What each request was answered.
    answers: HashMap<String, Frame>,
    /// The data of signals, each when it first arrived.
    accepted: Vec<String>,
    /// Frames that were not acknowledged.
    unacknowledged: Vec<Frame>,
    next_transaction: u64,
    next_signal: u64,
}

impl Relay {
    /// What the client is to get for this frame.
    fn hears(&mut self, frame: &Frame) -> Vec<Frame> {
        match frame.kind {
            FrameType::Connect => {
                self.own_id = frame.header(header::UNIQUE_ID).expect("it names itself").to_string();
                Vec::new()
            }
            FrameType::Ping => vec![Frame::new(FrameType::Pong)],
            FrameType::Status => {
                let id = transaction_of(frame);
                self.unacknowledged.retain(|kept| transaction_of(kept) != id);
                Vec::new()
            }
            FrameType::Message => self.answers(frame),
            _ => Vec::new(),
        }
    }

    fn answers(&mut self, frame: &Frame) -> Vec<Frame> {
        let id = transaction_of(frame);
        if let Some(answer) = self.answers.get(&id) {
            return vec![answer.clone()];
        }
        let mut answer = status(&id, "200");
        let mut out = Vec::new();
        match Request::decode(&frame.data, SESSION) {
            Ok(Request::CreateConnection { .. }) => {
                let state = state_of([&*self.own_id, "b"]);
                answer = answer.with_data(serde_json::to_string(&state).expect("a state is JSON"));
            }
            Ok(Request::Signal { content, .. }) => {
                let data = content.data_text().into_owned();
                let own_id = self.own_id.clone();
                out.push(self.keep(&own_id, &data));
                self.accepted.push(data);
            }
            other => panic!("no client sends {other:?} here"),
        }
        self.answers.insert(id, answer.clone());
        // The answer may come before or after the client's own copy.
        if self.accepted.len().is_multiple_of(2) {
            out.push(answer);
        } else {
            out.insert(0, answer);
        }
        out
    }

    /// Another client's signal.
    fn another(&mut self) -> Frame {
        self.next_signal += 1;
        self.keep("b", &format!("b{}", self.next_signal - 1))
    }

    fn keep(&mut self, from: &str, data: &str) -> Frame {
        self.next_transaction += 1;
        let frame = message(&format!("r{}", self.next_transaction), from, signal_payload(data));
        self.unacknowledged.push(frame.clone());
        frame
    }
}

struct World {
    session: Session,
    now: std::time::Instant,
    chance: Chance,
    relay: Relay,
    judge: Judge,
    received: Vec<(String, String)>,
    accepted: u64,
    /// A link that was asked for and is neither open nor refused.
    opening: Option<LinkId>,
    /// The link that the client believes in, and whether bytes still travel on it.
    link: Option<(LinkId, bool)>,
    up: VecDeque<Bytes>,
    down: VecDeque<Frame>,
    written: usize,
}

impl World {
    fn new(seed: u64) -> Self {
        let config = SessionConfig {
            // Far beyond what a run lasts: here nobody gives up.
            give_up_limit: Duration::from_secs(36_000),
            connect_limit: Duration::from_secs(36_000),
            create_limit: Duration::from_secs(36_000),
            outbox_count: 50,
            ..Default::default()
        };
        let harness = Harness::seeded(config, [seed as u8; 32]);
        let (mut session, now) = (harness.session, harness.now);
        session.connect(TOKEN.into(), now).unwrap();
        let mut judge = Judge::new();
        judge.connected();
        Self {
            session,
            now,
            chance: Chance::new(seed),
            relay: Relay::default(),
            judge,
            received: Vec::new(),
            accepted: 0,
            opening: None,
            link: None,
            up: VecDeque::new(),
            down: VecDeque::new(),
            written: 0,
        }
    }

    fn pump(&mut self) {
        while let Some(event) = self.session.poll_event() {
            self.judge.hears(&event).unwrap();
            if let Event::SignalReceived { data, from, .. } = event {
                self.received.push((from.expect("clients sign").id.clone(), data.to_string()));
            }
        }
        while let Some(action) = self.session.poll_action() {
            match action {
                Action::FetchSessionInfo { id, .. } => {
                    self.session.handle_session_info(id, Ok(info()), self.now);
                }
                Action::OpenLink { link, .. } => self.opening = Some(link),
                Action::Send { link, message } => match self.link {
                    Some((current, alive)) if current == link => {
                        self.written += 1;
                        if alive {
                            self.up.push_back(message);
                        }
                    }
                    other => panic!("a message for {link:?} while there is {other:?}"),
                },
                Action::AbandonLink { link } => {
                    self.link.take_if(|(current, _)| *current == link);
                    self.opening.take_if(|opening| *opening == link);
                }
                other => panic!("not expected here: {other:?}"),
            }
        }
        while self.session.poll_log().is_some() {}
        assert!(self.session.outbox_usage().0 <= 50);
    }

    fn write(&mut self) {
        if let Some((link, _)) = self.link {
            self.session.handle_sent(link, std::mem::take(&mut self.written), self.now);
        }
    }

    fn carry_up(&mut self) {
        if let Some(message) = self.up.pop_front() {
            let frame = Frame::decode(message, usize::MAX).expect("the session sends frames");
            let answers = self.relay.hears(&frame);
            self.down.extend(answers);
        }
    }

    fn carry_down(&mut self) {
        if let Some((link, _)) = self.link
            && let Some(frame) = self.down.pop_front()
        {
            self.session.handle_message(link, frame.encode().unwrap(), self.now);
        }
    }

    fn open(&mut self) {
        let Some(link) = self.opening.take() else { return };
        self.up.clear();
        self.written = 0;
        self.link = Some((link, true));
        // A resume: all that was not acknowledged, in its order, and then what comes.
        self.down = self.relay.unacknowledged.clone().into();
        self.session.handle_link_opened(link, self.now);
    }

    fn refuse(&mut self) {
        if let Some(link) = self.opening.take() {
            let loss = LinkLoss::OpenFailed { kind: OpenFailure::Interrupted, message: "cut".into() };
            self.session.handle_link_lost(link, loss, self.now);
        }
    }

    /// The link breaks: part of what was under way still arrives, the rest never does.
    fn cut(&mut self) {
        if self.link.is_none() {
            return;
        }
        for _ in 0..self.chance.below(5) {
            self.carry_up();
        }
        self.up.clear();
        self.down.clear();
        if self.chance.percent(70) {
            if let Some((link, _)) = self.link.take() {
                let loss = LinkLoss::Closed { code: None, reason: String::new() };
                self.session.handle_link_lost(link, loss, self.now);
            }
        } else if let Some((_, alive)) = &mut self.link {
            // Nobody is told: the silence has to be noticed.
            *alive = false;
        }
    }

    fn pass(&mut self, most: Duration) {
        let end = self.now + most;
        match self.session.poll_timeout() {
            Some(at) if at <= end => {
                self.now = self.now.max(at);
                self.session.handle_timeout(self.now);
            }
            _ => self.now = end,
        }
    }

    fn send(&mut self) {
        let data = self.accepted.to_string();
        let signal =
            OutgoingSignal { kind: b"", data: data.as_bytes(), target: Target::Everyone, retry: true };
        if self.session.send_signal(signal, self.now).is_ok() {
            self.accepted += 1;
        }
    }

    fn another(&mut self) {
        if self.relay.own_id.is_empty() {
            return;
        }
        let frame = self.relay.another();
        if let Some((_, true)) = self.link {
            self.down.push_back(frame);
        }
    }

    fn step(&mut self) {
        match self.chance.below(100) {
            0..20 => self.send(),
            20..30 => self.another(),
            30..55 => self.carry_up(),
            55..80 => self.carry_down(),
            80..86 => self.write(),
            86..93 => self.open(),
            93..95 => self.refuse(),
            95..97 => self.cut(),
            _ => {
                let most = Duration::from_millis(self.chance.below(3_000));
                self.pass(most);
            }
        }
        self.pump();
    }

    /// A network that works, for as long as it takes.
    fn heal(&mut self) {
        for _ in 0..100_000 {
            let at_rest = self.session.outbox_usage().0 == 0
                && self.relay.unacknowledged.is_empty()
                && self.session.state() == StateName::Connected
                && self.up.is_empty()
                && self.down.is_empty();
            if at_rest {
                return;
            }
            self.open();
            self.pump();
            self.carry_up();
            self.carry_down();
            self.pump();
            self.write();
            if self.up.is_empty() && self.down.is_empty() {
                self.pass(Duration::from_secs(1));
                self.pump();
            }
        }
        panic!("it never comes to rest: {:?}", self.session.state());
    }
}

#[test]
fn each_signal_arrives_exactly_once_and_in_order_over_any_losses() {
    for_seeds(300, |seed| {
        let mut world = World::new(seed);
        world.pump();
        for _ in 0..600 {
            world.step();
        }
        world.heal();
        let sent: Vec<String> = (0..world.accepted).map(|n| n.to_string()).collect();
        assert_eq!(world.relay.accepted, sent, "what the relay got");
        let from = |id: &str| -> Vec<String> {
            world.received.iter().filter(|(from, _)| from == id).map(|(_, data)| data.clone()).collect()
        };
        assert_eq!(from(&world.relay.own_id), sent, "what came back");
        let others: Vec<String> = (0..world.relay.next_signal).map(|n| format!("b{n}")).collect();
        assert_eq!(from("b"), others, "what another client sent");
        assert_eq!(world.session.counters().signals_dropped, 0);
    });
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let run = |seed| {
        let mut world = World::new(seed);
        world.pump();
        for _ in 0..600 {
            world.step();
        }
        (world.received, world.relay.accepted, world.relay.own_id)
    };
    assert_eq!(run(11), run(11));
    assert_ne!(run(11), run(12));
}

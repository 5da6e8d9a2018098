//! Anything at any time: whatever program, network and relay do, the machine keeps its rules.

use std::cell::Cell;
use std::time::Duration;

use bytes::Bytes;
use otc_protocol::raptor;
use otc_protocol::rumor::{Frame, FrameType, header};

use super::chance::{Chance, Judge, for_seeds};
use super::harness::*;
use crate::session::*;

const OUTBOX: usize = 20;

/// A session, a judge, and what can be known of its links from outside.
struct Chaos {
    h: Harness,
    chance: Chance,
    judge: Judge,
    deleted: bool,
    latest_info: InfoId,
    latest_link: LinkId,
    /// Links that may be written on.
    open: Vec<LinkId>,
    /// Transaction ids that the session used.
    used: Vec<String>,
    own_id: String,
    /// The transaction id of the latest create.
    create: String,
    /// Whether it ever got as far as joining.
    joined: bool,
}

impl Chaos {
    fn new(seed: u64) -> Self {
        let config = SessionConfig {
            outbox_count: OUTBOX,
            outbox_bytes: 100_000,
            early_count: 10,
            backlog_count: 200,
            connection_events_suppressed: seed.is_multiple_of(5),
            ..Default::default()
        };
        Self {
            h: Harness::seeded(config, [seed as u8; 32]),
            chance: Chance::new(seed),
            judge: Judge::new(),
            deleted: false,
            latest_info: InfoId(0),
            latest_link: LinkId(0),
            open: Vec::new(),
            used: Vec::new(),
            own_id: String::new(),
            create: String::new(),
            joined: false,
        }
    }

    fn pump(&mut self) {
        let mut rounds = 0;
        while let Some(event) = self.h.session.poll_event() {
            self.judge.hears(&event).unwrap();
            self.joined |= event == Event::Connected;
        }
        while let Some(action) = self.h.session.poll_action() {
            rounds += 1;
            assert!(rounds < 10_000, "ever more actions");
            match action {
                Action::FetchSessionInfo { id, .. } => {
                    assert!(id > self.latest_info, "ids are never used again");
                    self.latest_info = id;
                }
                Action::OpenLink { link, .. } => {
                    assert!(link > self.latest_link, "ids are never used again");
                    self.latest_link = link;
                }
                Action::Send { link, message } => {
                    assert!(self.open.contains(&link), "written on a link that is not open: {link:?}");
                    let frame = Frame::decode(message, usize::MAX).expect("the session sends frames");
                    if let Some(id) = frame.header(header::UNIQUE_ID) {
                        self.own_id = id.to_string();
                    }
                    if method_of(&frame) == "create" {
                        self.create = transaction_of(&frame);
                    }
                    self.used.extend(frame.header(header::TRANSACTION_ID).map(ToString::to_string));
                }
                Action::CloseLink { link, .. } | Action::AbandonLink { link } => {
                    self.open.retain(|open| *open != link);
                }
                Action::CancelSessionInfo { .. } => {}
            }
        }
        while let Some(record) = self.h.session.poll_log() {
            assert!(!record.text.contains('\n') && !record.text.contains(TOKEN));
        }
        self.check();
    }

    fn check(&self) {
        let session = &self.h.session;
        let (count, bytes) = session.outbox_usage();
        assert!(count <= OUTBOX && bytes <= 100_000);
        let idle = session.state() == StateName::Idle;
        assert_eq!(session.poll_timeout().is_none(), idle, "stuck, or not at rest: {:?}", session.state());
        assert_eq!(session.is_finished(), self.deleted && idle);
        if idle {
            assert!(self.judge.is_settled(), "at rest with something owed");
        }
    }

    fn step(&mut self) {
        if self.chance.percent(50) {
            self.sensible();
        } else {
            self.anything();
        }
        self.pump();
    }

    /// What leads on.
    fn sensible(&mut self) {
        let link = self.latest_link;
        let is_open = self.open.contains(&link);
        match self.h.session.state() {
            StateName::Connecting if !is_open && self.chance.percent(50) => {
                self.h.session.handle_session_info(self.latest_info, Ok(info()), self.h.now);
            }
            StateName::Connecting | StateName::Reconnecting if !is_open => self.open(link),
            StateName::Connecting => {
                let state = serde_json::to_string(&state_of([&*self.own_id, "b", "c"])).unwrap();
                let answer = status(&self.create, "200").with_data(state);
                self.h.session.handle_message(link, answer.encode().unwrap(), self.h.now);
            }
            StateName::Reconnecting => {
                let pong = Frame::new(FrameType::Pong).encode().unwrap();
                self.h.session.handle_message(link, pong, self.h.now);
            }
            StateName::Connected | StateName::Disconnecting if is_open => {
                self.h.session.handle_sent(link, 3, self.h.now);
                let frame = self.h.signal("b", "sensible").encode().unwrap();
                self.h.session.handle_message(link, frame, self.h.now);
            }
            _ => self.pass(),
        }
    }

    fn open(&mut self, link: LinkId) {
        self.h.session.handle_link_opened(link, self.h.now);
        if link == self.latest_link && !self.open.contains(&link) {
            self.open.push(link);
        }
    }

    fn anything(&mut self) {
        match self.chance.below(24) {
            0 | 1 => {
                if self.h.session.connect(TOKEN.into(), self.h.now).is_ok() {
                    self.judge.connected();
                }
            }
            2 if self.chance.percent(20) => {
                if self.h.session.disconnect(self.h.now).is_ok() {
                    self.judge.left();
                }
            }
            3 if self.chance.percent(2) => {
                self.h.session.delete(self.h.now);
                self.judge.deleted();
                self.deleted = true;
            }
            4 | 5 => self.send(),
            6 => {
                let _ = self.h.session.force_disconnect("b", self.h.now);
            }
            7 | 8 => self.answer_info(),
            9..=11 => {
                // The real one, or one that is long gone.
                let link = self.some_link();
                self.open(link);
            }
            12 if self.chance.percent(40) => self.lose(),
            13..=18 => self.tell(),
            19 => {
                let link = self.some_link();
                let count = self.chance.below(5) as usize;
                self.h.session.handle_sent(link, count, self.h.now);
            }
            20 => {
                let link = self.some_link();
                self.h.session.handle_activity(link, self.h.now);
            }
            21 => {
                let paused = self.chance.percent(20);
                self.h.session.set_reading_paused(paused, self.h.now);
            }
            22 if self.chance.percent(10) => {
                let asleep = Duration::from_millis(self.chance.below(20_000));
                self.h.session.handle_suspension(asleep, self.h.now);
            }
            _ => self.pass(),
        }
    }

    /// Mostly the latest link, sometimes any.
    fn some_link(&mut self) -> LinkId {
        if self.chance.percent(85) {
            self.latest_link
        } else {
            LinkId(self.chance.below(self.latest_link.0 + 2))
        }
    }

    fn send(&mut self) {
        let length = *self.chance.pick(&[0, 1, 100, 8192, 8193]);
        let data = vec![b'x'; length];
        let target = *self.chance.pick(&[Target::Everyone, Target::Connection("b"), Target::Connection("c")]);
        let retry = self.chance.percent(70);
        let signal = OutgoingSignal { kind: b"t", data: &data, target, retry };
        let result = self.h.session.send_signal(signal, self.h.now);
        let joined = match self.h.session.state() {
            StateName::Connected => true,
            StateName::Reconnecting => retry,
            _ => false,
        };
        match result {
            Ok(()) => assert!(joined && length <= 8192),
            Err(SendError::DataTooLong) => assert_eq!(length, 8193),
            Err(SendError::NotConnected) => assert!(!joined),
            Err(SendError::TargetLeft | SendError::OutboxFull) => assert!(joined),
            Err(other) => panic!("not expected: {other:?}"),
        }
    }

    fn answer_info(&mut self) {
        let id = if self.chance.percent(90) { self.latest_info } else { InfoId(self.chance.below(9)) };
        let answer = match self.chance.below(10) {
            0 => Err(InfoFailure::Refused { code: 503, reason: "busy".into() }),
            1 => Err(InfoFailure::Unreachable { kind: OpenFailure::Connect, message: "refused".into() }),
            2 => Err(InfoFailure::NotUnderstood { detail: "html".into() }),
            3 => Ok(otc_protocol::session_info::SessionInfo { reconnection: false, ..info() }),
            _ => Ok(info()),
        };
        self.h.session.handle_session_info(id, answer, self.h.now);
    }

    fn lose(&mut self) {
        let link = self.some_link();
        let code = *self.chance.pick(&[None, Some(1000), Some(1006), Some(1006), Some(1011), Some(1012)]);
        let loss = match self.chance.below(6) {
            0 => LinkLoss::Failed { message: "reset".into() },
            1 => LinkLoss::OpenFailed { kind: OpenFailure::Upgrade, message: "410".into() },
            2 if self.chance.percent(20) => LinkLoss::Violation { message: "text".into() },
            _ => LinkLoss::Closed { code, reason: "bye\nbye".into() },
        };
        self.h.session.handle_link_lost(link, loss, self.h.now);
        self.open.retain(|open| *open != link);
    }

    fn tell(&mut self) {
        let link = self.some_link();
        if !self.open.contains(&link) {
            // A driver hands over messages only of links that it opened.
            return;
        }
        let message = if self.chance.percent(2) {
            let length = self.chance.below(40) as usize;
            Bytes::from(self.chance.bytes(length))
        } else {
            self.frame().encode().expect("the test's frames are frames")
        };
        self.h.session.handle_message(link, message, self.h.now);
    }

    /// Anything a relay might say, sensible or not.
    fn frame(&mut self) -> Frame {
        let own = self.own_id.clone();
        let who = (*self.chance.pick(&["b", "c", "d", "", SYMPHONY])).to_owned();
        let who = if self.chance.percent(5) { own.clone() } else { who };
        match self.chance.below(12) {
            0 => Frame::new(FrameType::Pong),
            1 | 2 => {
                let id = if self.used.is_empty() { "x".into() } else { self.chance.pick(&self.used).clone() };
                let code = *self.chance.pick(&["200", "200", "200", "403", "404", "", "9999999"]);
                let payload = match self.chance.below(3) {
                    0 => String::new(),
                    1 => serde_json::to_string(&state_of([&*own, "b", "c"])).unwrap(),
                    _ => "{\"connection\":7}".into(),
                };
                status(&id, code).with_data(payload)
            }
            3 => {
                let id = if self.used.is_empty() { "x".into() } else { self.chance.pick(&self.used).clone() };
                let state = state_of([&*own, "b"]);
                message(&id, SYMPHONY, raptor::Event::encode_session_state(API_KEY, SESSION, &state))
            }
            4 => self.h.created(&who),
            5 => self.h.deleted(&who, "clientDisconnected"),
            6 => self.h.message("b", "not a message"),
            7 => Frame { kind: FrameType::Unknown(77), ..self.h.signal("b", "x") },
            8 => message("again and again", "b", signal_payload("same")),
            _ => self.h.signal(&who, "data"),
        }
    }

    fn pass(&mut self) {
        let far = *self.chance.pick(&[0, 1, 100, 1_000, 5_000, 20_000]);
        let end = self.h.now + Duration::from_millis(far);
        if self.chance.percent(90) {
            for _ in 0..1_000 {
                match self.h.session.poll_timeout() {
                    Some(at) if at <= end => {
                        self.h.now = self.h.now.max(at);
                        self.h.session.handle_timeout(self.h.now);
                        self.pump();
                    }
                    _ => break,
                }
            }
        }
        // Sometimes the timer is late.
        self.h.now = end;
        self.h.session.handle_timeout(end);
    }

    /// The network goes away for good.
    fn settle(&mut self) {
        self.h.session.set_reading_paused(false, self.h.now);
        for _ in 0..1_000 {
            self.pump();
            for link in std::mem::take(&mut self.open) {
                self.h.session.handle_link_lost(
                    link,
                    LinkLoss::Failed { message: "gone".into() },
                    self.h.now,
                );
                self.pump();
            }
            let Some(at) = self.h.session.poll_timeout() else { return };
            self.h.now = self.h.now.max(at);
            self.h.session.handle_timeout(self.h.now);
        }
        panic!("it never comes to rest: {:?}", self.h.session.state());
    }
}

#[test]
fn the_rules_hold_whatever_happens() {
    let (joined, resumed) = (Cell::new(0), Cell::new(0));
    let seeds = for_seeds(400, |seed| {
        let mut chaos = Chaos::new(seed);
        for _ in 0..500 {
            chaos.step();
        }
        chaos.settle();
        assert_eq!(chaos.h.session.state(), StateName::Idle);
        assert!(chaos.judge.is_settled());
        joined.set(joined.get() + u64::from(chaos.joined));
        resumed.set(resumed.get() + chaos.h.session.counters().resumes);
    });
    // Chaos that never gets anywhere would prove nothing.
    assert!(joined.get() >= seeds / 2 && resumed.get() >= seeds / 2);
}

#[test]
fn the_judge_objects_to_broken_stories() {
    let error = |error| Event::Error { error, message: String::new() };
    let dropped = || error(SessionError::ConnectionDropped);
    let stories: [&[Event]; 8] = [
        &[Event::Connected, Event::Connected],
        &[Event::Disconnected],
        &[Event::Connected, Event::Reconnected],
        &[Event::Connected, Event::ReconnectionStarted, Event::ReconnectionStarted],
        &[Event::Connected, Event::Disconnected, Event::Disconnected],
        &[error(SessionError::ConnectionRefused), Event::Disconnected],
        &[Event::Connected, dropped(), Event::Reconnected],
        &[Event::Connected, Event::ReconnectionStarted, Event::MuteForced { active: true }],
    ];
    for story in stories {
        let mut judge = Judge::new();
        judge.connected();
        assert!(story.iter().any(|event| judge.hears(event).is_err()), "{story:?}");
    }
}

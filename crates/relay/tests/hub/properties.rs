//! Random scripts: whatever happens to links, who stays gets everything once and in the one order of the session.
//!
//! A failure prints the script that led to it, made as short as possible; `PROPTEST_CASES` sets how many are tried.

use std::collections::{BTreeSet, HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use otc_protocol::rumor::{Frame, FrameType, header};
use otc_relay::io::{CloseSeen, PeerId};
use otc_relay::limits::Limits;
use proptest::prelude::*;

use crate::harness::*;

/// Places for clients; each may be taken by several, one after the other.
const SLOTS: usize = 5;
/// Longer than any grace window here.
const LONG: u64 = 200;

#[derive(Debug, Clone)]
enum Step {
    /// A client opens its first socket. What it sends may be lost.
    Join { slot: usize, lost: bool },
    /// A client that reads the session's state does so.
    Read { slot: usize },
    /// A client sends a signal to everyone, or to another place. It may be lost, and everything behind it as well.
    Signal { slot: usize, to: Option<usize>, lost: bool },
    /// A client takes some of what has arrived, and acknowledges it or fails to.
    Take { slot: usize, count: usize, acknowledge: bool },
    /// The link breaks: what is under way is lost. The relay notices, or does not.
    Cut { slot: usize, noticed: bool },
    /// A client comes back, and repeats what was not answered.
    Return { slot: usize },
    /// A client leaves.
    Leave { slot: usize },
    /// A server sends a signal to everyone.
    Announce,
    /// A server removes a client.
    Remove { slot: usize },
    /// Time passes, in seconds.
    Pass { seconds: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    let slot = || 0..SLOTS;
    prop_oneof![
        4 => (slot(), prop::bool::weighted(0.2)).prop_map(|(slot, lost)| Step::Join { slot, lost }),
        3 => slot().prop_map(|slot| Step::Read { slot }),
        9 => (slot(), prop::option::weighted(0.3, slot()), prop::bool::weighted(0.1))
            .prop_map(|(slot, to, lost)| Step::Signal { slot, to, lost }),
        8 => (slot(), 0..12_usize, prop::bool::weighted(0.8))
            .prop_map(|(slot, count, acknowledge)| Step::Take { slot, count, acknowledge }),
        4 => (slot(), any::<bool>()).prop_map(|(slot, noticed)| Step::Cut { slot, noticed }),
        6 => slot().prop_map(|slot| Step::Return { slot }),
        1 => slot().prop_map(|slot| Step::Leave { slot }),
        1 => Just(Step::Announce),
        1 => slot().prop_map(|slot| Step::Remove { slot }),
        2 => (0..40_u64).prop_map(|seconds| Step::Pass { seconds }),
    ]
}

/// Something in the order of the session.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Happening {
    gist: String,
    /// For whom, if not for everyone.
    only: Option<String>,
}

/// A client as it sees itself.
struct Model {
    id: &'static str,
    socket_id: Option<String>,
    reads: bool,
    /// Its link as far as it knows.
    peer: Option<PeerId>,
    /// What it sends is lost from some point on.
    swallowed: bool,
    inbox: VecDeque<Frame>,
    seen: HashSet<String>,
    unanswered: VecDeque<Frame>,
    /// What it made of what arrived.
    log: Vec<String>,
    /// Where in the order of the session its state was taken, once it was.
    state_at: Option<usize>,
    has_state: bool,
    over: bool,
}

/// The same text for as long as the tests run. Every run takes the same few.
fn lasting(text: String) -> &'static str {
    static KNOWN: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    match known.get(&*text) {
        Some(found) => found,
        None => {
            let kept: &'static str = Box::leak(text.into_boxed_str());
            known.insert(kept);
            kept
        }
    }
}

struct Run {
    world: World,
    witness: Client,
    order: Vec<Happening>,
    slots: Vec<Option<Model>>,
    finished: Vec<Model>,
    next: usize,
    /// Signals that reached the relay; any further arrival is a repeat.
    reached: HashSet<String>,
    /// Signals whose sender was told that they are accepted.
    accepted: BTreeSet<String>,
}

impl Run {
    fn new() -> Self {
        let mut world = World::with(|limits| {
            *limits = Limits { grace_window: std::time::Duration::from_secs(60), ..Limits::default() };
        });
        let witness = Join::new("W").enter(&mut world);
        let order = vec![Happening { gist: "created W".to_owned(), only: None }];
        let slots = (0..SLOTS).map(|_| None).collect();
        Self {
            world,
            witness,
            order,
            slots,
            finished: Vec::new(),
            next: 0,
            accepted: BTreeSet::new(),
            reached: HashSet::new(),
        }
    }

    /// Reads what the witness saw and what reached the clients' side of their links.
    fn settle(&mut self) {
        for gist in self.witness.hear(&mut self.world).into_iter().filter(|gist| gist != "pong") {
            self.order.push(Happening { gist, only: None });
        }
        for model in self.slots.iter_mut().flatten() {
            let Some(peer) = model.peer else { continue };
            for seen in self.world.take(peer) {
                match seen {
                    Seen::Frame(frame) if !model.swallowed => model.inbox.push_back(frame),
                    Seen::Close(1012) => model.peer = None,
                    Seen::Close(_) => (model.peer, model.over) = (None, true),
                    _ => {}
                }
            }
        }
    }

    fn is_member(&self, id: &str) -> bool {
        let (created, deleted) = (format!("created {id}"), format!("deleted {id} "));
        let has = |text: &str| self.order.iter().any(|happening| happening.gist.starts_with(text));
        has(&created) && !has(&deleted)
    }

    /// Sends a request of a client and notes what it came to.
    fn send(&mut self, slot: usize, frame: &Frame, new: bool) {
        let Some(model) = self.slots[slot].as_mut() else { return };
        if new {
            model.unanswered.push_back(frame.clone());
        }
        let Some(peer) = model.peer.filter(|_| !model.swallowed) else { return };
        if id_of(frame) == "r" && model.state_at.is_none() {
            // The state is taken when the request first arrives, at what has happened by then.
            model.state_at = Some(self.order.len() - 1);
        }
        self.world.send(peer, frame);
        self.settle();
    }

    fn run(&mut self, step: &Step) {
        match *step {
            Step::Join { slot, lost } => self.join(slot, lost),
            Step::Read { slot } => {
                let ready =
                    self.slots[slot].as_ref().is_some_and(|m| m.reads && m.has_state && m.state_at.is_none());
                if ready
                    && !self.slots[slot]
                        .as_ref()
                        .is_some_and(|m| m.unanswered.iter().any(|f| id_of(f) == "r"))
                {
                    self.read(slot);
                }
            }
            Step::Signal { slot, to, lost } => self.signal(slot, to, lost),
            Step::Take { slot, count, acknowledge } => self.take(slot, count, acknowledge),
            Step::Cut { slot, noticed } => self.cut(slot, noticed),
            Step::Return { slot } => self.come_back(slot),
            Step::Leave { slot } => {
                if let Some(mut model) = self.slots[slot].take() {
                    if let Some(peer) = model.peer.filter(|_| !model.swallowed) {
                        self.world.send(peer, &disconnect());
                        self.world.end(peer, CloseSeen::Code(None));
                    }
                    model.over = true;
                    self.finished.push(model);
                    self.settle();
                }
            }
            Step::Announce => {
                let data = self.name();
                let data = otc_protocol::raptor::SignalPayload::Text(&data);
                let sent = self.world.call(|hub, now| hub.server_signal(SESSION, None, "", data, now));
                assert!(sent.is_ok());
                self.settle();
            }
            Step::Remove { slot } => {
                if let Some(id) = self.slots[slot].as_ref().map(|model| model.id) {
                    let _ = self.world.call(|hub, now| hub.force_disconnect(SESSION, id, now));
                    self.settle();
                }
            }
            Step::Pass { seconds } => self.pass(seconds),
        }
    }

    /// The witness must not fall silent.
    fn pass(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.world.pass_s(1);
            self.witness.send(&mut self.world, &ping());
        }
        self.settle();
    }

    fn name(&mut self) -> String {
        self.next += 1;
        format!("n{}", self.next)
    }

    fn join(&mut self, slot: usize, lost: bool) {
        if self.slots[slot].as_ref().is_some_and(|model| !model.over) {
            return;
        }
        self.finished.extend(self.slots[slot].take());
        let name = self.name();
        let id = lasting(format!("c{name}"));
        // Two places for our own clients, one each for the older families, one for a client that cannot resume.
        let join = match slot {
            0 | 1 => Join::new(id),
            2 => Join::new(id).version("js-2.7.6"),
            3 => Join::new(id).family_a(),
            _ => Join { socket_id: None, ..Join::new(id) },
        };
        let peer = self.world.open(join.socket_id.as_deref(), false);
        self.slots[slot] = Some(Model {
            id,
            socket_id: join.socket_id.clone(),
            reads: matches!(slot, 2 | 3),
            peer: Some(peer),
            swallowed: lost,
            inbox: VecDeque::new(),
            seen: HashSet::new(),
            unanswered: VecDeque::new(),
            log: Vec::new(),
            state_at: None,
            has_state: false,
            over: false,
        });
        self.send(slot, &connect(id), false);
        self.send(slot, &join.create(), true);
    }

    fn read(&mut self, slot: usize) {
        self.send(slot, &read("r"), true);
    }

    fn signal(&mut self, slot: usize, to: Option<usize>, lost: bool) {
        let to = match to {
            None => None,
            Some(to) => match &self.slots[to] {
                Some(model) => Some(model.id),
                None => return,
            },
        };
        let joined =
            self.slots[slot].as_ref().is_some_and(|m| m.has_state && (!m.reads || m.state_at.is_some()));
        if !joined || self.slots[slot].as_ref().is_some_and(|model| model.over) {
            return;
        }
        let name = self.name();
        let frame = match to {
            None => signal(&name, "", &name),
            Some(to) => signal_to(&name, to, "", &name),
        };
        if let Some(model) = self.slots[slot].as_mut() {
            model.swallowed |= lost;
        }
        self.note_directed(slot, &frame, to);
        self.send(slot, &frame, true);
    }

    /// The witness does not see directed signals: they take their place in the order when they first arrive.
    fn note_directed(&mut self, slot: usize, frame: &Frame, to: Option<&str>) {
        let Some(model) = &self.slots[slot] else { return };
        let reaches = model.peer.is_some() && !model.swallowed && self.is_member(model.id);
        if !reaches || !self.reached.insert(id_of(frame).to_owned()) {
            return;
        }
        if let Some(to) = to.filter(|to| self.is_member(to)) {
            let gist = format!("signal {} from {}", id_of(frame), model.id);
            self.order.push(Happening { gist, only: Some(to.to_owned()) });
        }
    }

    fn take(&mut self, slot: usize, count: usize, acknowledge_it: bool) {
        for _ in 0..count {
            let Some(model) = self.slots[slot].as_mut() else { return };
            let Some(frame) = model.inbox.pop_front() else { return };
            model.unanswered.retain(|request| id_of(request) != id_of(&frame));
            if frame.kind == FrameType::Status {
                if id_of(&frame).starts_with("create-") {
                    assert_eq!(frame.header(header::STATUS).map(|code| &**code), Some("200"));
                    model.has_state = true;
                } else if frame.header(header::STATUS).is_some_and(|code| code == "200") {
                    self.accepted.insert(id_of(&frame).to_owned());
                }
                continue;
            }
            if frame.kind != FrameType::Message {
                continue;
            }
            if acknowledge_it {
                self.send(slot, &acknowledge(&frame), false);
            }
            let Some(model) = self.slots[slot].as_mut() else { return };
            if model.socket_id.is_some() && !model.seen.insert(id_of(&frame).to_owned()) {
                continue;
            }
            model.log.push(gist(&frame));
        }
    }

    fn cut(&mut self, slot: usize, noticed: bool) {
        let Some(model) = self.slots[slot].as_mut() else { return };
        let Some(peer) = model.peer.take() else { return };
        model.inbox.clear();
        model.swallowed = false;
        if noticed {
            self.world.end(peer, CloseSeen::Lost);
        }
        if model.socket_id.is_none() {
            model.over = true;
        }
        self.settle();
    }

    fn come_back(&mut self, slot: usize) {
        let Some(id) = self.slots[slot].as_ref().map(|model| model.id) else { return };
        let gone = self.order.iter().any(|happening| happening.gist.starts_with(&format!("deleted {id} ")));
        let Some(model) = self.slots[slot].as_mut() else { return };
        if model.over || model.peer.is_some() || model.socket_id.is_none() {
            return;
        }
        if gone && !model.has_state {
            // It would enter a second time under its name, which this script could not tell from the first.
            model.over = true;
            return;
        }
        let peer = self.world.open(model.socket_id.as_deref(), true);
        (model.peer, model.swallowed) = (Some(peer), false);
        model.inbox.clear();
        let (id, repeats) = (model.id, model.unanswered.clone());
        let entering = repeats.iter().any(|request| id_of(request).starts_with("create-"));
        self.settle();
        if entering {
            self.send(slot, &connect(id), false);
        } else {
            self.send(slot, &ping(), false);
        }
        for request in repeats {
            let value: serde_json::Value = serde_json::from_str(&request.data).expect("requests are JSON");
            let uri = value["uri"].as_str().unwrap_or_default();
            let to = uri.split("/connection/").nth(1).and_then(|rest| rest.split('/').next());
            if value["method"] == "signal" {
                self.note_directed(slot, &request, to);
            }
            self.send(slot, &request, false);
        }
    }

    /// Brings everyone back and lets everything arrive.
    fn finish(&mut self) {
        for slot in 0..SLOTS {
            if self.slots[slot].as_ref().is_some_and(|model| model.swallowed) {
                self.cut(slot, true);
            }
            self.come_back(slot);
        }
        self.pass(3);
        for _ in 0..2 {
            for slot in 0..SLOTS {
                self.take(slot, usize::MAX, true);
                self.run(&Step::Read { slot });
                self.take(slot, usize::MAX, true);
            }
        }
        for slot in 0..SLOTS {
            if let Some(model) = self.slots[slot].take() {
                self.finished.push(model);
            }
        }
    }

    /// What a client should have made of the order of the session.
    fn expected(&self, model: &Model) -> Vec<String> {
        let own = format!("created {}", model.id);
        let Some(entered) = self.order.iter().position(|happening| happening.gist == own) else {
            return Vec::new();
        };
        let concerns = |h: &&Happening| h.only.as_deref().is_none_or(|only| only == model.id);
        let since = |at: usize| self.order[at..].iter().filter(concerns).map(|h| h.gist.clone());
        let mut expected: Vec<String> = if !model.reads {
            since(entered).collect()
        } else if let Some(state_at) = model.state_at {
            let held = self.order[entered..=state_at].iter().filter(concerns).map(|h| h.gist.clone());
            let held = held.filter(|gist| gist.starts_with("signal "));
            model.log.first().cloned().into_iter().chain(held).chain(since(state_at + 1)).collect()
        } else {
            Vec::new()
        };
        let end = format!("deleted {} ", model.id);
        if let Some(end) = expected.iter().position(|gist| gist.starts_with(&end)) {
            // One that was removed may have been told.
            expected.truncate(end + 1);
        }
        expected
    }

    fn judge(&self) {
        for model in &self.finished {
            let expected = self.expected(model);
            let got = &model.log;
            let farewell =
                got.len() > expected.len() && got.last().is_some_and(|gist| gist.contains("force"));
            assert!(
                expected.starts_with(got) || farewell || told_of_removal(got, &expected),
                "{} got\n{got:#?}\nof\n{expected:#?}",
                model.id
            );
            if !model.over && model.socket_id.is_some() && model.peer.is_some() {
                assert_eq!(*got, expected, "{} is here and has everything", model.id);
                assert!(model.unanswered.is_empty(), "{} has every answer", model.id);
            }
        }
        let mut once = HashSet::new();
        for happening in &self.order {
            assert!(once.insert(&happening.gist), "{} happened twice", happening.gist);
        }
        for name in self.accepted.iter().filter(|name| name.starts_with('n')) {
            let prefix = format!("signal {name} from ");
            assert!(self.order.iter().any(|h| h.gist.starts_with(&prefix)), "{name} was accepted and lost");
        }
    }
}

/// One that was removed while it was away is told that only: what came before is not of interest any more.
fn told_of_removal(got: &[String], expected: &[String]) -> bool {
    got.split_last()
        .is_some_and(|(last, rest)| last.ends_with("forceDisconnected") && expected.starts_with(rest))
}

proptest! {
    #![proptest_config(tries(150))]

    #[test]
    fn who_stays_gets_everything_once_and_in_order(steps in prop::collection::vec(step(), 1..120)) {
        let mut run = Run::new();
        for step in &steps {
            run.run(step);
        }
        run.finish();
        run.judge();

        // When all are gone, nothing is left of them.
        run.witness.send(&mut run.world, &disconnect());
        run.world.pass_s(LONG);
        let stats = run.world.hub.stats();
        prop_assert_eq!((stats.peers, stats.sessions, stats.connections, stats.connections_away), (0, 0, 0, 0));
        prop_assert_eq!((stats.kept_messages, stats.kept_bytes), (0, 0));
        prop_assert_eq!(stats.joins, stats.left + stats.lost + stats.removed);
        prop_assert_eq!(run.world.hub.poll_timeout(), None);
    }

    #[test]
    fn the_same_inputs_give_the_same_outputs_to_the_byte(steps in prop::collection::vec(step(), 1..60)) {
        let fingerprints = [(), ()].map(|()| {
            let mut run = Run::new();
            for step in &steps {
                run.run(step);
            }
            run.finish();
            run.world.fingerprint()
        });
        prop_assert_eq!(fingerprints[0], fingerprints[1]);
    }
}

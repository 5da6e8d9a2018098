//! The relay: its hub, and what moves bytes for it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use otc_protocol::raptor::SignalPayload;
use otc_protocol::token::Role;
use otc_relay::authority::{Admission, Authority, Refusal};
use otc_relay::hub::Hub;
use otc_relay::io::{CloseSeen, Now, Output, PeerId, close};
use otc_relay::limits::Limits;
use otc_relay::notice::NoticeEvent;

use super::coverage::Feature;
use super::dice::Dice;
use super::machine::{API_KEY, session_id};
use super::plan::{Aim, Micros, Outage, SECOND, Setup};
use super::wire::{Item, Side, Way};
use super::world::{Happening, OpenTrouble, World};
use crate::history::{ServerSent, What};

/// How long the relay's side waits for a client to answer its close.
const CLOSE_LIMIT: Micros = 2 * SECOND;

pub(super) struct Relay {
    pub(super) hub: Hub,
    pub(super) is_up: bool,
    limits: Arc<Limits>,
    peers: BTreeMap<PeerId, u64>,
    next_peer: u64,
    timer: Option<Micros>,
    /// Until when a wire is not read, and whether only because its client does not read.
    unread: BTreeMap<u64, (Micros, bool)>,
}

/// Takes the role's name for a token.
struct Roles;

impl Authority for Roles {
    fn verify(&self, token: &str, _: &str, _: Option<&str>, _: Now) -> Result<Admission, Refusal> {
        let role = match token {
            "moderator" => Role::Moderator,
            "publisher" => Role::Publisher,
            "subscriber" => Role::Subscriber,
            _ => return Err(Refusal { name: "malformed", message: "the token is no token".to_owned() }),
        };
        Ok(Admission { partner: API_KEY.to_owned(), role, connection_data: String::new() })
    }
}

impl Relay {
    pub(super) fn new(setup: &Setup, dice: &mut Dice) -> Self {
        let mut limits = Limits {
            kept_messages: setup.kept,
            remembered_requests: setup.remembered,
            // A replay must fit into the queue, or a client that has missed much could never catch up.
            kept_bytes: (setup.edge_queue / 4 * 3).min(Limits::default().kept_bytes),
            connections_per_session: setup.room,
            ..Limits::default()
        };
        if let Some((per_second, burst)) = setup.rate {
            limits.requests_per_second = per_second;
            limits.request_burst = burst;
        }
        let limits = Arc::new(limits);
        Self {
            hub: Hub::new(limits.clone(), Arc::new(Roles), dice.seed()),
            is_up: true,
            limits,
            peers: BTreeMap::new(),
            next_peer: 0,
            timer: None,
            unread: BTreeMap::new(),
        }
    }

    pub(super) fn next_peer(&mut self) -> PeerId {
        self.next_peer += 1;
        PeerId(self.next_peer)
    }
}

impl World {
    pub(super) fn relay_now(&self) -> Now {
        Now { mono: self.instant(self.now), unix_ms: 1_700_000_000_000 + self.now / 1000 }
    }

    pub(super) fn wire_arrives(&mut self, number: u64) {
        let Some(wire) = self.wires.get(&number) else { return };
        let (client, link, gone) = (wire.client, wire.link, wire.at_client == Side::Gone);
        let travel = self.delay();
        match self.trouble_of(client) {
            _ if gone => {}
            // Only the machine's own limit ends this.
            Some(Outage::Silent) => self.count(Feature::Silent),
            Some(trouble) => {
                let how = if trouble == Outage::Wrong { OpenTrouble::Wrong } else { OpenTrouble::Refused };
                self.arrange(self.now + travel, Happening::OpenFails { client, link, how });
            }
            None => {
                let now = self.relay_now();
                let Some(wire) = self.wires.get_mut(&number) else { return };
                wire.at_relay = Side::Open;
                self.count_old_link(number, client);
                let Some(wire) = self.wires.get_mut(&number) else { return };
                let (peer, opened) = (wire.peer, wire.opened.clone());
                self.relay.peers.insert(peer, number);
                self.relay.hub.peer_opened(peer, opened, now);
                self.arrange(self.now + travel, Happening::Opens(number));
                self.pump_relay();
                return self.kick(number, Way::Up);
            }
        }
        if let Some(wire) = self.wires.get_mut(&number) {
            wire.at_relay = Side::Gone;
        }
        self.forget_if_over(number);
    }

    pub(super) fn relay_timer(&mut self) {
        self.relay.timer = None;
        if self.relay.is_up {
            let now = self.relay_now();
            self.relay.hub.handle_timeout(now);
            self.pump_relay();
        }
    }

    /// Everything that is to be done after something was put into the hub.
    pub(super) fn pump_relay(&mut self) {
        let mut written = Vec::new();
        let mut overflowed = Vec::new();
        while let Some(output) = self.relay.hub.poll_output() {
            match output {
                Output::Send { peer, message } => {
                    self.relay_sends(peer, Item::Message(message), &mut written, &mut overflowed);
                }
                Output::Ping { peer } => self.relay_sends(peer, Item::Ping, &mut written, &mut overflowed),
                Output::Close { peer, code, reason } => {
                    self.note(|| format!("relay closes {peer:?} with {code}: {reason}"));
                    self.relay_closes(peer, code, &mut written);
                }
                Output::PauseReading { peer, until } => {
                    let until = self.micros(until);
                    if let Some(number) = self.relay.peers.get(&peer).copied() {
                        self.relay.unread.insert(number, (until, false));
                        self.arrange(until, Happening::RelayReads(number));
                    }
                }
            }
        }
        self.take_notices();
        for number in written {
            self.write(number, Way::Down);
        }
        for peer in overflowed {
            self.relay_drops(peer);
        }
        self.arrange_relay_timer();
    }

    fn relay_closes(&mut self, peer: PeerId, code: u16, written: &mut Vec<u64>) {
        let Some(number) = self.relay.peers.remove(&peer) else { return };
        self.relay.unread.remove(&number);
        let soft = self.soft_limit();
        let Some(wire) = self.wires.get_mut(&number) else { return };
        if wire.down.backlog_bytes > soft {
            // It would outlast the time that closing may take.
            wire.down.forget_backlog();
        }
        wire.down.queue(Item::Close(Some(code)));
        wire.at_relay = Side::Closing;
        written.push(number);
        self.arrange(self.now + CLOSE_LIMIT, Happening::CloseBound(number, Way::Down));
    }

    /// What may wait for one socket before little more is read from it.
    fn soft_limit(&self) -> usize {
        (self.plan.setup.edge_queue / 8).min(1 << 20)
    }

    /// Reads no more for a while from a client that does not take its output.
    fn slow_down(&mut self, number: u64) {
        let soft = self.soft_limit();
        let Some(wire) = self.wires.get(&number).filter(|wire| wire.at_relay == Side::Open) else { return };
        if wire.down.backlog_bytes > soft && !self.relay.unread.contains_key(&number) {
            let until = self.now + SECOND;
            self.count(Feature::ReadingSlowed);
            self.relay.unread.insert(number, (until, true));
            self.arrange(until, Happening::RelayReads(number));
        }
    }

    /// The time for which a wire was not to be read may be over.
    pub(super) fn relay_reads(&mut self, number: u64) {
        if self.relay.unread.get(&number).is_some_and(|(until, _)| *until <= self.now) {
            self.relay.unread.remove(&number);
        }
        self.kick(number, Way::Up);
    }

    fn relay_sends(
        &mut self,
        peer: PeerId,
        item: Item,
        written: &mut Vec<u64>,
        overflowed: &mut Vec<PeerId>,
    ) {
        let Some(&number) = self.relay.peers.get(&peer) else {
            return self.complain("output for nobody", &format!("{peer:?} {item:?}"));
        };
        let Some(wire) = self.wires.get_mut(&number) else { return };
        wire.down.queue(item);
        if !written.contains(&number) {
            written.push(number);
        }
        if wire.down.backlog_bytes > self.plan.setup.edge_queue && !overflowed.contains(&peer) {
            overflowed.push(peer);
        }
    }

    fn take_notices(&mut self) {
        while let Some(notice) = self.relay.hub.poll_notice() {
            self.note(|| format!("relay logs: {:?} {:?}", notice.connection, notice.event));
            // The relay says that it broke its half of the promise, as it must at a limit.
            if matches!(notice.event, NoticeEvent::KeptOverflow { .. }) {
                if self.plan.setup.kept > 1000 && self.plan.setup.edge_queue > 1_000_000 {
                    self.complain("kept overflow", "though the limit is large");
                }
                let id = notice.connection.as_deref().unwrap_or("").to_owned();
                let who = self.clients.iter().find(|c| c.machine.own_connection().as_ref() == Some(&id));
                let who = who.map(|c| c.name.clone()).unwrap_or_default();
                self.record(&who, What::Fault { what: "the relay kept too much".to_owned(), may_end: true });
            }
        }
    }

    fn arrange_relay_timer(&mut self) {
        let Some(due) = self.relay.hub.poll_timeout() else { return };
        let at = self.micros(due).max(self.now);
        if self.relay.timer.is_none_or(|arranged| arranged > at) {
            self.relay.timer = Some(at);
            self.arrange(at, Happening::RelayTimer);
        }
    }

    /// The relay gives a socket up that does not take its output, and tells the hub.
    fn relay_drops(&mut self, peer: PeerId) {
        const TRY_AGAIN: u16 = 1013;
        let Some(&number) = self.relay.peers.get(&peer) else { return };
        let waiting = self.wires.get(&number).map_or(0, |wire| wire.down.backlog_bytes);
        self.note(|| format!("relay drops {peer:?}: {waiting} bytes wait"));
        self.count(Feature::EdgeOverflow);
        if let Some(client) = self.wires.get(&number).map(|wire| wire.client) {
            self.excuse_family_a(client, "dropped by the relay");
        }
        let mut written = Vec::new();
        self.relay_closes(peer, TRY_AGAIN, &mut written);
        self.write(number, Way::Down);
        let now = self.relay_now();
        self.relay.hub.peer_closed(peer, CloseSeen::Lost, now);
        self.pump_relay();
    }

    /// The relay's side of a wire is gone.
    fn relay_lets_go(&mut self, number: u64) {
        let delay = self.delay();
        let Some(wire) = self.wires.get_mut(&number) else { return };
        if wire.at_relay == Side::Gone {
            return;
        }
        wire.at_relay = Side::Gone;
        if self.dice.percent(50) {
            let lost = wire.down.sever(self.now, &mut self.dice, delay);
            self.coverage.note_many(Feature::Swallowed, lost as u64);
        }
        wire.down.finish(self.now + delay);
        self.relay.unread.remove(&number);
        self.kick(number, Way::Down);
        self.forget_if_over(number);
    }

    /// Something came out of a pipe at the relay.
    fn relay_gets(&mut self, number: u64, item: Item) {
        let now = self.relay_now();
        let Some(wire) = self.wires.get_mut(&number) else { return };
        let (peer, side) = (wire.peer, wire.at_relay);
        let over = matches!(item, Item::Close(_) | Item::End);
        if side != Side::Gone {
            self.count_old_word(number, over);
        }
        // The real driver hands messages in until the socket has closed; the hub knows which still count.
        if side == Side::Closing
            && let Item::Message(message) = &item
        {
            self.relay.hub.peer_message(peer, message.clone(), now);
        }
        if side == Side::Open {
            let Some(wire) = self.wires.get_mut(&number) else { return };
            let hub = &mut self.relay.hub;
            match item {
                Item::Message(message) => hub.peer_message(peer, message, now),
                Item::Ping => {
                    wire.down.queue(Item::Pong);
                    hub.peer_activity(peer, now);
                }
                Item::Pong => hub.peer_activity(peer, now),
                Item::Close(code) => {
                    self.relay.peers.remove(&peer);
                    wire.down.queue(Item::Close(code));
                    hub.peer_closed(peer, CloseSeen::Code(code), now);
                    self.write(number, Way::Down);
                }
                Item::End => {
                    self.relay.peers.remove(&peer);
                    hub.peer_closed(peer, CloseSeen::Lost, now);
                }
            }
        }
        if over {
            self.relay_lets_go(number);
        }
        self.slow_down(number);
        self.pump_relay();
    }

    /// Writes what there is room for, and returns how many messages were written.
    pub(super) fn write(&mut self, number: u64, way: Way) -> usize {
        let (shortest, longest) = self.plan.setup.delay;
        let (now, dice) = (self.now, &mut self.dice);
        let Some(wire) = self.wires.get_mut(&number) else { return 0 };
        let pipe = wire.pipe(way);
        let written = pipe.write(now, || dice.range(shortest, longest));
        let blocked = !pipe.backlog.is_empty();
        if blocked {
            self.count(if way == Way::Up { Feature::ClientBlocked } else { Feature::RelayBlocked });
        }
        self.kick(number, way);
        written
    }

    /// Arranges for the next delivery of a pipe, unless its reader does not read.
    pub(super) fn kick(&mut self, number: u64, way: Way) {
        if !self.is_read(number, way) {
            return;
        }
        let Some(wire) = self.wires.get_mut(&number) else { return };
        let pipe = wire.pipe(way);
        let Some(next) = pipe.next() else { return };
        if pipe.due.is_none_or(|due| due > next) {
            pipe.due = Some(next);
            self.arrange(next, Happening::Deliver(number, way));
        }
    }

    /// Whether the reader of a pipe takes anything out of it now.
    fn is_read(&self, number: u64, way: Way) -> bool {
        let Some(wire) = self.wires.get(&number) else { return false };
        match way {
            Way::Up => wire.at_relay != Side::Opening && !self.relay.unread.contains_key(&number),
            Way::Down => {
                let client = &self.clients[wire.client];
                let reads = wire.at_client == Side::Gone || !(client.paused || client.frozen.is_some());
                wire.at_client != Side::Opening && reads
            }
        }
    }

    pub(super) fn deliver(&mut self, number: u64, way: Way) {
        if let Some(wire) = self.wires.get_mut(&number) {
            wire.pipe(way).due = None;
        }
        while self.is_read(number, way)
            && let Some(pipe) = self.wires.get_mut(&number).map(|wire| wire.pipe(way))
            && let (held_up, Some(item)) = (pipe.is_held_up(), pipe.take(self.now))
        {
            if let Item::Message(message) = &item {
                self.count(Feature::Delivered);
                if held_up {
                    self.count(Feature::HeldUp);
                }
                self.digest(message);
            }
            self.trace_item(number, way, &item);
            match way {
                Way::Up => self.relay_gets(number, item),
                Way::Down => self.client_gets(number, item),
            }
        }
        // Reading made room for the writer.
        match way {
            Way::Up => {
                let client = self.wires.get(&number).map(|wire| wire.client);
                if let Some(client) = client.filter(|client| self.clients[*client].frozen.is_none()) {
                    self.drain(client);
                }
            }
            Way::Down => {
                self.write(number, Way::Down);
                let soft = self.soft_limit();
                let taken = self.wires.get(&number).is_some_and(|wire| wire.down.backlog_bytes <= soft);
                if taken && self.relay.unread.get(&number).is_some_and(|(_, output)| *output) {
                    self.relay.unread.remove(&number);
                    self.kick(number, Way::Up);
                }
            }
        }
        self.kick(number, way);
    }

    fn trace_item(&mut self, number: u64, way: Way, item: &Item) {
        if !self.is_traced() {
            return;
        }
        let text = match item {
            Item::Message(message) => super::rest::describe(message),
            other => format!("{other:?}"),
        };
        let arrow = if way == Way::Up { "->" } else { "<-" };
        let client = self.wires.get(&number).map_or(0, |wire| wire.client);
        self.note(|| format!("wire {number}: c{client} {arrow} {text}"));
    }

    /// A side has waited long enough for the other to close.
    pub(super) fn close_bound(&mut self, number: u64, way: Way) {
        let Some(wire) = self.wires.get(&number) else { return };
        match way {
            Way::Up if wire.at_client == Side::Closing => {
                let client = wire.client;
                self.when_awake(client, Happening::CloseBound(number, way), |world, client| {
                    let loss = otc::session::LinkLoss::Closed { code: None, reason: String::new() };
                    world.client_loses(number, loss);
                    world.drain(client);
                });
            }
            Way::Down if wire.at_relay == Side::Closing => self.relay_lets_go(number),
            _ => {}
        }
    }

    pub(super) fn forget_if_over(&mut self, number: u64) {
        if self.wires.get(&number).is_some_and(super::wire::Wire::is_over) {
            self.wires.remove(&number);
        }
    }

    /// A REST caller sends a signal.
    pub(super) fn server_sends(&mut self, session: usize, aim: Aim) {
        let place = (0..self.players.len()).find(|place| self.plan.setup.clients[*place].session == session);
        let Some(client) = place.map(|place| self.players[place]) else { return };
        let Some(to) = self.choose(client, aim) else { return };
        if !self.relay.is_up {
            return;
        }
        self.sent += 1;
        self.count(if to.is_some() { Feature::ServerToOne } else { Feature::ServerToAll });
        let data = format!("rest#{}", self.sent);
        let id = session_id(session);
        let now = self.relay_now();
        let payload = SignalPayload::Text(&data);
        let accepted = self.relay.hub.server_signal(&id, to.as_deref(), "rest", payload, now).is_ok();
        let sent = ServerSent { session: id, kind: "rest".to_owned(), data, to, accepted };
        self.record("rest", What::ServerSent(sent));
        self.pump_relay();
    }

    /// The relay ends, and comes back later.
    pub(super) fn restart(&mut self, clean: bool, time: Micros) {
        if !self.relay.is_up {
            return;
        }
        self.record("", What::Forgotten);
        self.count_restart(clean);
        if clean {
            let now = self.relay_now();
            self.relay.hub.shutdown(close::GONE, now);
            self.pump_relay();
        }
        self.relay.is_up = false;
        self.relay.peers.clear();
        let numbers: Vec<u64> = self.wires.keys().copied().collect();
        for number in numbers {
            // After a clean end the sockets are given the time to write out what they have.
            let closing = self.wires.get(&number).is_some_and(|wire| wire.at_relay == Side::Closing);
            if !(clean && closing) {
                self.relay_lets_go(number);
            }
        }
        self.relay.unread.clear();
        self.arrange(self.now + time, Happening::RelayBack);
    }

    pub(super) fn relay_back(&mut self) {
        if !self.relay.is_up {
            self.count_relay();
            let seed = self.dice.seed();
            self.relay.hub = Hub::new(self.relay.limits.clone(), Arc::new(Roles), seed);
            self.relay.is_up = true;
            self.relay.timer = None;
        }
    }

    /// How long the relay waits for a lost client.
    pub(super) fn grace(&self) -> Duration {
        self.relay.limits.grace_window
    }
}

//! The end of a run: it must come to rest, and nothing may be left over.

use bytes::Bytes;
use otc::session::{LinkLoss, StateName};
use otc_protocol::rumor::{Frame, FrameType, header};

use super::machine::session_id;
use super::plan::{Micros, Outage, SECOND};
use super::wire::{Health, Side, Way, Wire};
use super::world::{Happening, World};
use crate::history::What;

/// How long a run may take to come to rest, beyond the grace window: noticing silence at the relay takes 30 s,
/// connecting takes up to 30 s.
const REST_LIMIT: Micros = 150 * SECOND;
/// How often to look whether it has.
const LOOK: Micros = 2 * SECOND;
/// A run that looks at rest must stay so for as long: longer than a PING interval and the relay's own pings.
const CALM: Micros = 12 * SECOND;

impl World {
    /// Ends every fault, and waits until nothing is under way.
    pub(super) fn come_to_rest(&mut self) {
        self.heal();
        let limit = self.now + self.grace().as_micros() as Micros + REST_LIMIT;
        let mut calm_since = None;
        while self.now < limit {
            self.drive_until(self.now + LOOK);
            if let Some(why) = self.unrest() {
                calm_since = None;
                if self.now >= limit {
                    self.complain("no rest", &why);
                }
                continue;
            }
            let since = *calm_since.get_or_insert(self.now);
            if self.now - since >= CALM {
                break;
            }
        }
        self.record("", What::Settled);
    }

    fn heal(&mut self) {
        self.note(|| "every fault is over".to_owned());
        self.healed = true;
        for outage in &mut self.outages {
            *outage = (0, Outage::Refused);
        }
        for wire in self.wires.values_mut() {
            wire.up.stalled_until = 0;
            wire.down.stalled_until = 0;
        }
        let numbers: Vec<u64> = self.wires.keys().copied().collect();
        for number in numbers {
            self.kick(number, Way::Up);
            self.kick(number, Way::Down);
        }
        for client in 0..self.clients.len() {
            if let Some((until, ..)) = &mut self.clients[client].frozen {
                *until = self.now;
                self.arrange(self.now, Happening::Thaws(client));
            }
            self.clients[client].paused_until = self.now;
            self.arrange(self.now, Happening::ReadsAgain(client));
        }
        self.relay_back();
        self.forget_corpses();
    }

    /// Stock clients that were removed leave it to the relay to close their sockets. One that was cut off unseen just
    /// then is never closed: in the end the system gives it up.
    fn forget_corpses(&mut self) {
        let forgotten = |wire: &Wire| {
            wire.at_client == Side::Open
                && wire.down.health == Health::Dead
                && self.clients[wire.client].machine.has_forgotten(wire.link)
        };
        let corpses: Vec<u64> =
            self.wires.iter().filter(|(_, wire)| forgotten(wire)).map(|(number, _)| *number).collect();
        for number in corpses {
            self.client_loses(number, LinkLoss::Failed { message: "given up by the system".to_owned() });
        }
    }

    /// What is still under way.
    fn unrest(&self) -> Option<String> {
        for client in &self.clients {
            let state = client.machine.state();
            let at_rest = matches!(state, StateName::Idle | StateName::Connected);
            if !at_rest || client.machine.waiting() > 0 || client.links.len() > 1 {
                let waiting = client.machine.waiting();
                let links = client.links.len();
                return Some(format!("{} is {state:?}, {waiting} requests wait, {links} links", client.name));
            }
        }
        for (number, wire) in &self.wires {
            if wire.at_client != Side::Open || wire.at_relay != Side::Open {
                return Some(format!("wire {number} is {:?} and {:?}", wire.at_client, wire.at_relay));
            }
            if wire.up.health != Health::Flowing || wire.down.health != Health::Flowing {
                return Some(format!("nobody has noticed that wire {number} is broken"));
            }
            if !wire.up.backlog.is_empty() || !wire.down.backlog.is_empty() {
                return Some(format!("wire {number} has something to write"));
            }
        }
        let connected =
            self.clients.iter().filter(|client| client.machine.state() == StateName::Connected).count();
        let kept = self.relay.hub.stats().kept_messages;
        if kept > 0 {
            return Some(format!("{kept} messages are not acknowledged"));
        }
        let mut members = 0;
        for session in self.sessions() {
            let Ok(listed) = self.relay.hub.connections(&session) else { continue };
            if let Some(absent) = listed.iter().find(|connection| !connection.linked) {
                return Some(format!("the relay waits for {}", absent.id));
            }
            members += listed.len();
        }
        (members != connected).then(|| format!("{connected} clients are connected, the relay has {members}"))
    }

    fn sessions(&self) -> Vec<String> {
        let most = self.plan.setup.clients.iter().map(|role| role.session).max().unwrap_or(0);
        (0..=most).map(session_id).collect()
    }

    /// Everybody leaves, and then nothing may be left.
    pub(super) fn say_goodbye(&mut self) {
        if !self.complaints.is_empty() {
            return;
        }
        self.note(|| "everybody leaves".to_owned());
        for client in 0..self.clients.len() {
            self.leaves(client);
        }
        self.drive_until(self.now + 12 * SECOND);
        for client in 0..self.clients.len() {
            let c = &self.clients[client];
            let state = c.machine.state();
            if state != StateName::Idle || c.machine.poll_timeout().is_some() {
                let name = c.name.clone();
                self.complain("left over", &format!("{name} is {state:?}, or waits for something"));
            }
        }
        for session in self.sessions() {
            if let Ok(listed) = self.relay.hub.connections(&session) {
                self.complain("left over", &format!("the relay has {} clients in {session}", listed.len()));
            }
        }
        if self.relay.hub.poll_timeout().is_some() {
            self.complain("left over", "the relay waits for something");
        }
        if !self.wires.is_empty() {
            let left = self.wires.len();
            self.complain("left over", &format!("{left} sockets"));
        }
    }
}

/// A message in a few words.
pub(super) fn describe(message: &Bytes) -> String {
    let Ok(frame) = Frame::decode(message.clone(), usize::MAX) else { return "not a frame".to_owned() };
    let id = frame.header(header::TRANSACTION_ID).map_or("", |id| &id[id.len().saturating_sub(6)..]);
    match frame.kind {
        FrameType::Status => match frame.header(header::STATUS) {
            Some(status) => format!("STATUS {status} for {id}"),
            None => format!("ACK of {id}"),
        },
        FrameType::Message => {
            let data: String = frame.data.chars().take(150).collect();
            format!("MESSAGE {id} {data}")
        }
        kind => format!("{kind:?}"),
    }
}

//! A program with its session.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use otc::session::{InfoId, LinkId, StateName};

use super::coverage::Feature;
use super::dice::Dice;
use super::machine::{Machine, session_id};
use super::plan::{Aim, Kind, Micros, Role, Setup, may_end};
use super::world::{Happening, World};
use crate::history::{Joining, Sent, What};

/// A program and its session object. A program that deletes its session goes on as another client.
pub(super) struct Client {
    /// Its place in the plan.
    pub(super) place: usize,
    pub(super) name: String,
    pub(super) role: Role,
    pub(super) machine: Machine,
    /// The wires of its links.
    pub(super) links: BTreeMap<LinkId, u64>,
    pub(super) infos: BTreeSet<InfoId>,
    /// When its timer is arranged for.
    pub(super) timer: Option<Micros>,
    /// How long its clock stood still.
    pub(super) slept: Micros,
    /// Until when its machine is suspended, since when, and whether its clock shows it.
    pub(super) frozen: Option<(Micros, Micros, bool)>,
    /// Until when its program takes no callbacks.
    pub(super) paused_until: Micros,
    pub(super) paused: bool,
    /// Others that it was told of, and those that it was told to have left.
    pub(super) known: Vec<String>,
    pub(super) departed: Vec<String>,
    pub(super) own: Option<String>,
    /// Signals that were thrown away before this join.
    pub(super) dropped_before: u64,
    pub(super) in_join: bool,
    /// Whether this join came to be connected.
    pub(super) joined: bool,
    pub(super) deleted: bool,
}

impl Client {
    pub(super) fn new(place: usize, generation: usize, setup: &Setup, dice: &mut Dice, now: Instant) -> Self {
        let role = setup.clients[place];
        let name = if generation == 0 { format!("c{place}") } else { format!("c{place}.{generation}") };
        Self {
            place,
            name,
            role,
            machine: Machine::new(&role, setup, dice, now),
            links: BTreeMap::new(),
            infos: BTreeSet::new(),
            timer: None,
            slept: 0,
            frozen: None,
            paused_until: 0,
            paused: false,
            known: Vec::new(),
            departed: Vec::new(),
            own: None,
            dropped_before: 0,
            in_join: false,
            joined: false,
            deleted: false,
        }
    }

    /// The token that its program uses, which the simulated authority reads.
    fn token(&self) -> String {
        match (self.role.moderator, self.role.may_signal) {
            (true, _) => "moderator",
            (false, true) => "publisher",
            (false, false) => "subscriber",
        }
        .to_owned()
    }

    fn may_signal(&self) -> bool {
        self.role.moderator || self.role.may_signal
    }
}

impl World {
    pub(super) fn joins(&mut self, client: usize, good: bool) {
        let now = self.client_now(client);
        let c = &mut self.clients[client];
        if c.machine.state() != StateName::Idle || c.deleted {
            return;
        }
        let joining = Joining {
            may_signal: c.may_signal(),
            sees_connections: c.role.sees_connections,
            resumes: c.role.kind != Kind::FamilyA,
            reads_state: c.role.kind != Kind::Native,
            ..Joining::new(session_id(c.role.session))
        };
        let token = if good { c.token() } else { "nonsense".to_owned() };
        c.dropped_before = c.machine.dropped();
        (c.in_join, c.joined) = (true, false);
        c.known.clear();
        c.departed.clear();
        let name = c.name.clone();
        if !good {
            self.record(&name, What::Fault { what: "bad token".to_owned(), may_end: false });
        }
        self.record(&name, What::Joining(joining));
        if !self.clients[client].machine.connect(token, now) {
            self.complain("refused connect", &name);
        }
        self.drain(client);
    }

    pub(super) fn leaves(&mut self, client: usize) {
        let now = self.client_now(client);
        let name = self.clients[client].name.clone();
        if self.clients[client].deleted {
            return;
        }
        self.count_end(client, Feature::Leaves, Feature::LeavesUnlinked);
        self.record(&name, What::DisconnectAsked);
        let accepted = self.clients[client].machine.disconnect(now);
        self.record(&name, What::DisconnectReturned { status: if accepted { 0 } else { 1010 } });
        self.drain(client);
    }

    pub(super) fn deletes(&mut self, client: usize) {
        let now = self.client_now(client);
        let (place, name) = (self.clients[client].place, self.clients[client].name.clone());
        self.count_end(client, Feature::Deletes, Feature::DeletesUnlinked);
        self.clients[client].machine.delete(now);
        self.clients[client].deleted = true;
        self.record(&name, What::Deleted);
        self.drain(client);
        let generation = self.clients.iter().filter(|c| c.place == place).count();
        let successor = Client::new(place, generation, &self.plan.setup, &mut self.dice, now);
        let name = successor.name.clone();
        self.players[place] = self.clients.len();
        self.clients.push(successor);
        // What stands in the way of one program stands in the way of the next on the same machine.
        let left = self.outages[place].0.saturating_sub(self.now);
        if left > 0 {
            self.record(&name, What::Fault { what: "outage".to_owned(), may_end: may_end(left) });
        }
    }

    pub(super) fn sends(&mut self, client: usize, count: usize, aim: Aim, retry: bool, size: usize) {
        for _ in 0..count {
            let now = self.client_now(client);
            let Some(to) = self.choose(client, aim) else { return };
            self.sent += 1;
            let c = &mut self.clients[client];
            // Types and data of every shape that is allowed, data unique.
            let kind = ["", "t", "a-b.c_d~E9"][self.sent as usize % 3];
            let data = format!("{}#{}{}", c.name, self.sent, "\u{e9}\"\n".repeat(size / 4));
            let state = c.machine.state();
            let status = c.machine.send(kind, &data, to.as_deref(), retry, now);
            let name = c.name.clone();
            let is_in = matches!(state, StateName::Connected | StateName::Reconnecting);
            if status == 0 && !is_in {
                self.complain("false success", &format!("{name} sends while {state:?}"));
            }
            if status == 1010
                && (state == StateName::Connected || (state == StateName::Reconnecting && retry))
            {
                self.complain("false refusal", &format!("{name} sends while {state:?}"));
            }
            self.count_send(client, to.as_deref(), retry, status, state);
            if data.len() > 1024 {
                self.count(Feature::Large);
            }
            self.record(
                &name,
                What::Sent(Sent { kind: kind.to_owned(), data, to, retry, status: Some(status) }),
            );
            if self.dice.percent(30) {
                self.drain(client);
            }
        }
        self.drain(client);
    }

    /// The target of a signal: inside `Some`, `None` is everyone. Outside, there is nobody to send to.
    pub(super) fn choose(&mut self, client: usize, aim: Aim) -> Option<Option<String>> {
        let c = &self.clients[client];
        let list = match aim {
            Aim::All => return Some(None),
            Aim::Self_ => return c.own.clone().map(Some),
            Aim::Somebody => &c.known,
            Aim::Departed => &c.departed,
        };
        (!list.is_empty()).then(|| Some(self.dice.pick(list).clone()))
    }

    pub(super) fn rejoins(&mut self, place: usize) {
        if self.plan.setup.rejoin && !self.healed {
            self.when_awake(self.players[place], Happening::Rejoins(place), |world, client| {
                if world.clients[client].machine.state() == StateName::Idle {
                    world.count(Feature::Rejoins);
                }
                world.joins(client, true);
            });
        }
    }
}

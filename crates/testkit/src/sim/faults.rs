//! The steps of a plan.

use super::coverage::Feature;
use super::plan::{Cut, Kind, Micros, Outage, Step, may_end};
use super::wire::{Health, Side, Way};
use super::world::{Happening, OpenTrouble, World};
use crate::history::What;
use otc::session::StateName;

impl World {
    pub(super) fn step(&mut self, number: usize) {
        if self.healed {
            return;
        }
        let step = self.plan.steps[number].1.clone();
        // A program whose machine is suspended does nothing, and does it later.
        if let Some(place) = actor(&step)
            && let Some((until, ..)) = self.clients[self.players[place]].frozen
        {
            return self.arrange(until, Happening::Step(number));
        }
        self.note(|| format!("STEP {step:?}"));
        match step {
            Step::Join(place) => self.joins(self.players[place], true),
            Step::JoinBadly(place) => self.joins(self.players[place], false),
            Step::Leave(place) => self.leaves(self.players[place]),
            Step::Delete(place) => self.deletes(self.players[place]),
            Step::Send { client, count, aim, retry, size } => {
                self.sends(self.players[client], count, aim, retry, size);
            }
            Step::Server { session, aim } => self.server_sends(session, aim),
            Step::Remove { by, client } => self.remove(by, client),
            Step::Cut { client, how } => self.cut(client, how),
            Step::Stall { client, up, down, time } => self.stall(client, up, down, time),
            Step::Outage { client, how, time } => self.outage(client, how, time),
            Step::SlowReader { client, time } => self.slow_reader(client, time),
            Step::Freeze { client, time, seen } => self.freeze(client, time, seen),
            Step::Restart { clean, time } => self.restart(clean, time),
        }
    }

    fn fault(&mut self, place: Option<usize>, what: &str, may_end: bool) {
        let who = place.map(|place| self.clients[self.players[place]].name.clone()).unwrap_or_default();
        self.record(&who, What::Fault { what: what.to_owned(), may_end });
        for concerned in 0..self.players.len() {
            if place.is_none_or(|place| place == concerned) {
                self.excuse_family_a(self.players[concerned], what);
            }
        }
    }

    /// Clients that cannot resume end with their link, whatever it was that broke it.
    pub(super) fn excuse_family_a(&mut self, client: usize, what: &str) {
        if self.clients[client].role.kind == Kind::FamilyA {
            let name = self.clients[client].name.clone();
            self.record(&name, What::Fault { what: format!("{what}, and no resume"), may_end: true });
        }
    }

    fn remove(&mut self, by: Option<usize>, place: usize) {
        let victim = &self.clients[self.players[place]];
        let (Some(id), session) = (victim.own.clone(), victim.role.session) else { return };
        self.record("", What::Removal { connection_id: id.clone() });
        match by.map(|by| self.players[by]) {
            Some(moderator) => {
                let now = self.client_now(moderator);
                let same_session = self.clients[moderator].role.session == session;
                if same_session && self.clients[moderator].frozen.is_none() {
                    self.clients[moderator].machine.force_disconnect(&id, now);
                    self.drain(moderator);
                }
            }
            None if self.relay.is_up => {
                let now = self.relay_now();
                // It may be gone already.
                let session = super::machine::session_id(session);
                if self.relay.hub.force_disconnect(&session, &id, now).is_ok() {
                    self.removed_by_server += 1;
                }
                self.pump_relay();
            }
            None => {}
        }
    }

    /// The wires of these clients, old ones that linger on included.
    fn wires_of(&self, place: Option<usize>) -> Vec<u64> {
        let concerned = |client: usize| place.is_none_or(|place| self.clients[client].place == place);
        self.wires.iter().filter(|(_, wire)| concerned(wire.client)).map(|(number, _)| *number).collect()
    }

    fn cut(&mut self, place: Option<usize>, how: Cut) {
        self.fault(place, &format!("cut {how:?}"), false);
        for number in self.wires_of(place) {
            self.cut_wire(number, how);
        }
    }

    pub(super) fn cut_wire(&mut self, number: u64, how: Cut) {
        let delay = if how == Cut::Rst { 0 } else { self.delay() };
        let Some(wire) = self.wires.get_mut(&number) else { return };
        if wire.at_client == Side::Opening {
            let (client, link) = (wire.client, wire.link);
            if how != Cut::Silence && how != Cut::KeepClient {
                let how = OpenTrouble::Interrupted;
                self.arrange(self.soon(), Happening::OpenFails { client, link, how });
                self.count(Feature::CutOpening);
            }
            return;
        }
        let alive = wire.up.health == Health::Flowing && wire.down.health == Health::Flowing;
        let open = wire.at_client == Side::Open && wire.at_relay == Side::Open;
        let mut lost = 0;
        for way in [Way::Up, Way::Down] {
            let told = match how {
                Cut::Fin | Cut::Rst => true,
                Cut::KeepClient => way == Way::Up,
                Cut::KeepRelay => way == Way::Down,
                Cut::Silence => false,
            };
            let pipe = wire.pipe(way);
            if told {
                lost += pipe.sever(self.now, &mut self.dice, delay);
            } else if pipe.health == Health::Flowing {
                lost += pipe.flight.len();
                pipe.health = Health::Dead;
            }
        }
        self.coverage.note_many(Feature::Swallowed, lost as u64);
        if alive && open {
            self.count(match how {
                Cut::Fin => Feature::CutFin,
                Cut::Rst => Feature::CutRst,
                Cut::KeepClient => Feature::CutUnseenByClient,
                Cut::KeepRelay => Feature::CutUnseenByRelay,
                Cut::Silence => Feature::CutUnseen,
            });
        }
        self.kick(number, Way::Up);
        self.kick(number, Way::Down);
    }

    fn stall(&mut self, place: usize, up: bool, down: bool, time: Micros) {
        self.fault(Some(place), "stall", false);
        let until = self.now + time;
        for number in self.wires_of(Some(place)) {
            let Some(wire) = self.wires.get_mut(&number) else { continue };
            for (way, stalled) in [(Way::Up, up), (Way::Down, down)] {
                if stalled {
                    let pipe = wire.pipe(way);
                    pipe.stalled_until = pipe.stalled_until.max(until);
                }
            }
        }
    }

    fn outage(&mut self, place: Option<usize>, how: Outage, time: Micros) {
        self.fault(place, &format!("outage {how:?}"), may_end(time));
        let until = self.now + time;
        for concerned in 0..self.outages.len() {
            if place.is_none_or(|place| place == concerned) {
                self.outages[concerned] = (until, how);
            }
        }
        let cut = if how == Outage::Silent { Cut::Silence } else { Cut::Rst };
        for number in self.wires_of(place) {
            self.cut_wire(number, cut);
        }
    }

    fn slow_reader(&mut self, place: usize, time: Micros) {
        self.fault(Some(place), "slow reader", false);
        let client = self.players[place];
        let until = self.now + time;
        let c = &mut self.clients[client];
        c.paused_until = c.paused_until.max(until);
        if !c.paused {
            c.paused = true;
            if c.machine.state() == StateName::Connected {
                self.coverage.note(Feature::SlowReaders);
            }
            let now = self.client_now(client);
            self.clients[client].machine.reading_paused(true, now);
            self.drain(client);
        }
        self.arrange(until, Happening::ReadsAgain(client));
    }

    fn freeze(&mut self, place: usize, time: Micros, seen: bool) {
        self.fault(Some(place), "suspended", may_end(time));
        let client = self.players[place];
        let until = self.now + time;
        if self.clients[client].machine.state() != StateName::Idle {
            self.count(if seen { Feature::SuspendedSeen } else { Feature::Suspended });
        }
        self.clients[client].frozen = Some((until, self.now, seen));
        self.arrange(until, Happening::Thaws(client));
    }
}

/// Whose program makes this step, if one does.
fn actor(step: &Step) -> Option<usize> {
    match step {
        Step::Join(place) | Step::JoinBadly(place) | Step::Leave(place) | Step::Delete(place) => Some(*place),
        Step::Send { client, .. } | Step::SlowReader { client, .. } | Step::Freeze { client, .. } => {
            Some(*client)
        }
        _ => None,
    }
}

//! Where [`Coverage`](super::coverage::Coverage) is counted, as far as it takes a look around.

use otc::session::{Event, StateName};

use super::coverage::Feature;
use super::machine::session_id;
use super::plan::Kind;
use super::wire::Side;
use super::world::World;

impl World {
    /// A wire reached the relay.
    pub(super) fn count_old_link(&mut self, number: u64, client: usize) {
        let older = self.wires.range(..number).filter(|(_, wire)| wire.client == client);
        if older.filter(|(_, wire)| wire.at_relay == Side::Open).count() > 0 {
            self.count(Feature::OldLinkAlive);
        }
    }

    /// Something came to the relay; it may have come by an old link.
    pub(super) fn count_old_word(&mut self, number: u64, is_end: bool) {
        let client = self.wires.get(&number).map(|wire| wire.client);
        let mut newer = self.wires.range(number + 1..);
        if newer.any(|(_, wire)| Some(wire.client) == client && wire.at_relay == Side::Open) {
            self.count(if is_end { Feature::OldLinkEnded } else { Feature::OldLinkSpoke });
        }
    }

    /// A program is told something.
    pub(super) fn count_told(&mut self, client: usize, event: &Event) {
        let c = &mut self.clients[client];
        let kind = c.role.kind;
        match event {
            Event::Connected => {
                c.joined = true;
                let suppressed = !c.role.sees_connections;
                self.count(Feature::Joins);
                match kind {
                    Kind::FamilyA => self.count(Feature::FamilyA),
                    Kind::FamilyB => self.count(Feature::FamilyB),
                    Kind::Native if suppressed => self.count(Feature::Suppressed),
                    Kind::Native => {}
                }
            }
            Event::ReconnectionStarted => self.count(Feature::Episodes),
            Event::Reconnected => {
                self.count(Feature::Resumes);
                if kind == Kind::FamilyB {
                    self.count(Feature::FamilyBResumes);
                }
            }
            Event::Error { .. } if c.joined => self.count(Feature::EndsInError),
            Event::Error { .. } => self.count(Feature::JoinsFailed),
            _ => {}
        }
    }

    /// A program ends its session, one way or another.
    pub(super) fn count_end(&mut self, client: usize, linked: Feature, unlinked: Feature) {
        match self.clients[client].machine.state() {
            StateName::Connected => self.count(linked),
            StateName::Reconnecting => self.count(unlinked),
            StateName::Connecting => self.count(Feature::JoinsCancelled),
            StateName::Idle | StateName::Disconnecting => {}
        }
    }

    /// A program called send while its session was in `state`.
    pub(super) fn count_send(
        &mut self,
        client: usize,
        to: Option<&str>,
        retry: bool,
        status: i32,
        state: StateName,
    ) {
        let c = &self.clients[client];
        let departed = to.is_some_and(|to| c.departed.iter().any(|id| id == to));
        if !matches!(state, StateName::Connected | StateName::Reconnecting) {
            return;
        }
        self.count(match to {
            None => Feature::ToAll,
            Some(to) if c.own.as_deref() == Some(to) => Feature::ToSelf,
            Some(_) if departed => Feature::ToDeparted,
            Some(_) => Feature::ToOne,
        });
        let full = self.clients[client].machine.waiting() >= self.plan.setup.outbox;
        match status {
            0 if state == StateName::Reconnecting => self.count(Feature::Queued),
            0 if !retry => self.count(Feature::WithoutRetry),
            1010 => self.count(Feature::RefusedUnlinked),
            1550 if full => self.count(Feature::OutboxFull),
            1550 if !departed => self.count(Feature::OutboxBytesFull),
            _ => {}
        }
    }

    /// The relay is about to lose its memory.
    pub(super) fn count_restart(&mut self, clean: bool) {
        let most = self.plan.setup.clients.iter().map(|role| role.session).max().unwrap_or(0);
        let members: usize = (0..=most)
            .filter_map(|session| self.relay.hub.connections(&session_id(session)).ok())
            .map(|listed| listed.len())
            .sum();
        if members > 0 {
            self.count(if clean { Feature::RestartsClean } else { Feature::RestartsKilled });
        }
        self.coverage.note_many(Feature::SessionsForgotten, members as u64);
    }

    /// What the relay counted; to be asked once of each that was.
    pub(super) fn count_relay(&mut self) {
        let stats = self.relay.hub.stats();
        let by_server = std::mem::take(&mut self.removed_by_server);
        for (feature, times) in [
            (Feature::KeptOverflow, stats.rejected.kept_overflow),
            (Feature::RateLimited, stats.pauses),
            (Feature::WaitedForOthers, stats.waits),
            (Feature::SessionFull, stats.rejected.session_full),
            (Feature::RelayResumes, stats.resumes),
            (Feature::ResumesRefused, stats.resumes_refused),
            (Feature::Replayed, stats.replayed),
            (Feature::Repeats, stats.repeats),
            (Feature::TokensRefused, stats.rejected.token),
            (Feature::GraceEnded, stats.lost.saturating_sub(stats.rejected.kept_overflow)),
            (Feature::SilenceNoticed, stats.rejected.silent),
            (Feature::Forbidden, stats.rejected.forbidden),
            (Feature::RemovedByServer, by_server),
            (Feature::RemovedByModerator, stats.removed.saturating_sub(by_server)),
        ] {
            self.coverage.note_many(feature, times);
        }
    }

    /// What the clients counted.
    pub(super) fn count_clients(&mut self) {
        for client in &self.clients {
            self.coverage.note_many(Feature::GivenUp, client.machine.dropped());
            self.coverage.note_many(Feature::Duplicates, client.machine.duplicates());
        }
    }
}

//! Sockets that come, break, come back and go, and what that means for their members.

use std::time::Instant;

use otc_protocol::planted::{self, Bug};

use super::Hub;
use crate::ids::MemberKey;
use crate::io::{Now, Output, PeerId, close};
use crate::member::Link;
use crate::notice::NoticeEvent;
use crate::peer::{Due, Phase};
use crate::room::Departure;
use crate::slack::Tighten;
use crate::timer::Timer;

impl Hub {
    /// Closes a socket that is nobody's link, and forgets it.
    pub(super) fn close(&mut self, id: PeerId, code: u16, reason: &'static str) {
        if self.forget(id).is_some() {
            self.ctx.output(Output::Close { peer: id, code, reason });
            self.ctx.note(None, None, NoticeEvent::Closed { code, reason });
        }
    }

    /// Forgets a socket. Says whose link it was.
    pub(super) fn forget(&mut self, id: PeerId) -> Option<Option<MemberKey>> {
        let peer = self.peers.remove(&id)?;
        self.peers.tighten();
        if let Some(at) = peer.armed {
            self.timers.clear(at, Timer::Peer(id));
        }
        match peer.phase {
            Phase::Bound(member) => Some(Some(member)),
            _ => Some(None),
        }
    }

    /// Ends a socket for what came over it. Its client does not come back, so that its member is gone as well.
    pub(super) fn end_unreadable(&mut self, id: PeerId, reason: &'static str, now: Now) {
        let Some(peer) = self.peers.get(&id) else { return };
        if let Phase::Bound(member) = peer.phase {
            self.note_closed(member, close::GONE, reason);
            self.remove_member(member, Departure::Lost, Some((close::GONE, reason)), now);
        } else {
            self.close(id, close::GONE, reason);
        }
    }

    pub(super) fn refuse_resume(&mut self, id: PeerId) {
        self.ctx.stats.resumes_refused += 1;
        self.ctx.note(None, None, NoticeEvent::ResumeRefused);
        self.ctx.output(Output::Close { peer: id, code: close::GONE, reason: "nothing to resume" });
        self.forget(id);
    }

    /// Starts another phase of a socket.
    pub(super) fn set_phase(&mut self, id: PeerId, phase: Phase, now: Now) {
        if let Some(peer) = self.peers.get_mut(&id) {
            peer.enter(phase, now);
            self.arm(id, now);
        }
    }

    /// Sets the timer of a socket to when it has to be looked after next.
    pub(super) fn arm(&mut self, id: PeerId, now: Now) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        let at = match peer.due(&self.ctx.limits, now) {
            Due::At(at) if matches!(peer.phase, Phase::Bound(_)) => self.timers.on_grid(at),
            Due::At(at) => at,
            _ => now.mono,
        };
        if peer.armed == Some(at) {
            return;
        }
        if let Some(before) = peer.armed.replace(at) {
            self.timers.clear(before, Timer::Peer(id));
        }
        self.timers.set(at, Timer::Peer(id));
    }

    /// The timer of a socket has come.
    pub(super) fn look_after(&mut self, id: PeerId, now: Now) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        peer.armed = None;
        match peer.due(&self.ctx.limits, now) {
            Due::At(_) => {}
            Due::Ping => {
                peer.pinged(now);
                self.ctx.stats.pings += 1;
                self.ctx.output(Output::Ping { peer: id });
            }
            Due::Unknown => return self.refuse_resume(id),
            Due::CreateTimeout => {
                self.ctx.stats.rejected.create_timeout += 1;
                return self.close(id, close::NORMAL, "no create in time");
            }
            Due::Left => {
                self.ctx.stats.goodbye_timeouts += 1;
                self.ctx.note(None, None, NoticeEvent::NotClosed);
                return self.close_quietly(id, close::NORMAL, "goodbye");
            }
            Due::Silent => return self.end_silent(id, now),
        }
        self.arm(id, now);
    }

    fn close_quietly(&mut self, id: PeerId, code: u16, reason: &'static str) {
        if self.forget(id).is_some() {
            self.ctx.output(Output::Close { peer: id, code, reason });
        }
    }

    /// A socket on which nothing arrives is dead to us; should its client be alive, it may resume.
    fn end_silent(&mut self, id: PeerId, now: Now) {
        const REASON: &str = "nothing heard for too long";
        self.ctx.stats.rejected.silent += 1;
        let bound = self.peers.get(&id).map(|peer| peer.phase.clone());
        if let Some(Phase::Bound(member)) = bound {
            self.note_closed(member, close::RESTART, REASON);
        }
        let owner = self.forget(id).flatten();
        self.ctx.output(Output::Close { peer: id, code: close::RESTART, reason: REASON });
        if let Some(member) = owner {
            self.lose_link(member, now);
        }
    }

    /// A client says that it leaves: it closes its socket next, or the relay does a little later.
    pub(super) fn say_goodbye(&mut self, id: PeerId, now: Now) {
        self.set_phase(id, Phase::Leaving, now);
    }

    /// The link of a member is gone, without a word from its client.
    pub(super) fn lose_link(&mut self, key: MemberKey, now: Now) {
        self.ctx.stats.links_lost += 1;
        let deadline = now.mono + self.ctx.limits.grace_window;
        let Some(room) = self.rooms.get_mut(&key.room) else { return };
        let Some(member) = room.member(key.number) else { return };
        if !member.is_resumable() {
            return self.remove_member(key, Departure::Lost, None, now);
        }
        member.link = Link::Away;
        self.away += 1;
        let id = member.id.clone();
        self.ctx.note(Some(&room.session), Some(&id), NoticeEvent::LinkLost);
        self.set_member_timer(key, Some(deadline));
    }

    /// Makes a socket the link of a member, in place of an earlier one. Says whether it did: a socket that opened
    /// before the present link is a leftover.
    pub(super) fn resume(&mut self, id: PeerId, key: MemberKey, now: Now) -> bool {
        let Some(opened) = self.peers.get(&id).map(|peer| peer.opened) else { return false };
        let Some(member) = self.rooms.get_mut(&key.room).and_then(|room| room.member(key.number)) else {
            return false;
        };
        match member.link.peer() {
            None => {
                self.away -= 1;
                let left = member.deadline.map(|deadline| deadline.saturating_duration_since(now.mono));
                let away = left.map(|left| self.ctx.limits.grace_window.saturating_sub(left));
                self.ctx.stats.away_time.add(away.unwrap_or_default());
            }
            Some(old) if self.peers.get(&old).is_some_and(|peer| peer.opened > opened) => {
                self.close_quietly(id, close::RESTART, "replaced by a newer socket");
                return false;
            }
            Some(_) if planted::is(Bug::OldLinkCounts) => {}
            Some(old) => {
                self.forget(old);
                let reason = "replaced by a newer socket";
                self.ctx.output(Output::Close { peer: old, code: close::RESTART, reason });
            }
        }
        let hold = now.mono + self.ctx.limits.resume_hold;
        let Some(member) = self.rooms.get_mut(&key.room).and_then(|room| room.member(key.number)) else {
            return false;
        };
        member.bind(id);
        let held = matches!(member.link, Link::Held(_));
        self.ctx.stats.resumes += 1;
        self.set_phase(id, Phase::Bound(key), now);
        self.set_member_timer(key, held.then_some(hold));
        if !held {
            self.release(key);
        }
        true
    }

    /// Sends a member what it has missed.
    pub(super) fn release(&mut self, key: MemberKey) {
        let Some(room) = self.rooms.get_mut(&key.room) else { return };
        let Some(member) = room.member(key.number) else { return };
        let replayed = member.release(&mut self.ctx);
        let id = member.id.clone();
        self.ctx.stats.replayed += replayed as u64;
        self.ctx.note(Some(&room.session), Some(&id), NoticeEvent::Resumed { replayed });
        self.set_member_timer(key, None);
    }

    /// The timer of a member has come.
    pub(super) fn look_after_member(&mut self, key: MemberKey, now: Now) {
        let Some(member) = self.rooms.get_mut(&key.room).and_then(|room| room.member(key.number)) else {
            return;
        };
        member.deadline = None;
        match member.link {
            Link::Away => {
                self.note_of(key, NoticeEvent::NotBack);
                self.remove_member(key, Departure::Lost, None, now);
            }
            Link::Held(_) => {
                self.ctx.stats.resume_holds += 1;
                self.note_of(key, NoticeEvent::HoldOver);
                self.release(key);
            }
            Link::Open(_) => {}
        }
    }

    fn set_member_timer(&mut self, key: MemberKey, deadline: Option<Instant>) {
        let Some(member) = self.rooms.get_mut(&key.room).and_then(|room| room.member(key.number)) else {
            return;
        };
        if planted::is(Bug::OldGrace) && (deadline.is_none() || member.deadline.is_some()) {
            return;
        }
        if let Some(before) = std::mem::replace(&mut member.deadline, deadline) {
            self.timers.clear(before, Timer::Member(key));
        }
        if let Some(at) = deadline {
            self.timers.set(at, Timer::Member(key));
        }
    }

    /// Takes a member out of its room, tells the others, and closes its socket if told with what.
    pub(super) fn remove_member(
        &mut self,
        key: MemberKey,
        departure: Departure,
        close: Option<(u16, &'static str)>,
        now: Now,
    ) {
        let Some(room) = self.rooms.get_mut(&key.room) else { return };
        let Some(member) = room.remove(key.number, departure, &mut self.ctx) else { return };
        let session = room.session.clone();
        let event = NoticeEvent::Left { reason: departure.reason() };
        self.ctx.note(Some(&session), Some(&member.id), event);
        if room.members().is_empty() {
            self.rooms.remove(&key.room);
            self.names.remove(&session);
            self.names.tighten();
            self.ctx.note(Some(&session), None, NoticeEvent::SessionClosed);
        }
        if let Some(at) = member.deadline {
            self.timers.clear(at, Timer::Member(key));
        }
        if member.link == Link::Away {
            self.away -= 1;
        }
        if let Some(socket_id) = &member.socket_id {
            self.sockets.remove(socket_id);
            self.sockets.tighten();
            self.departed.insert(socket_id, None, &self.ctx, now);
        }
        let Some(peer) = member.link.peer() else { return };
        match close {
            Some((code, reason)) => self.close_quietly(peer, code, reason),
            None => self.say_goodbye(peer, now),
        }
    }

    pub(super) fn note_closed(&mut self, key: MemberKey, code: u16, reason: &'static str) {
        self.note_of(key, NoticeEvent::Closed { code, reason });
    }

    /// Takes down what happened to a member.
    fn note_of(&mut self, key: MemberKey, event: NoticeEvent) {
        let Some(room) = self.rooms.get_mut(&key.room) else { return };
        let Some(id) = room.member(key.number).map(|member| member.id.clone()) else { return };
        self.ctx.note(Some(&room.session), Some(&id), event);
    }

    /// Ends the members that left too much unacknowledged. That may make further ones overflow.
    pub(super) fn end_overflowed(&mut self, now: Now) {
        while let Some(key) = self.ctx.overflowed.pop_front() {
            let Some(room) = self.rooms.get_mut(&key.room) else { continue };
            let Some(member) = room.member(key.number) else { continue };
            let ((messages, bytes), id) = (member.kept(), member.id.clone());
            self.ctx.stats.rejected.kept_overflow += 1;
            let event = NoticeEvent::KeptOverflow { messages, bytes };
            self.ctx.note(Some(&room.session), Some(&id), event);
            let close = (close::GONE, "too much is not acknowledged");
            self.remove_member(key, Departure::Lost, Some(close), now);
        }
    }
}

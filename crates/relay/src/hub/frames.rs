//! Messages that sockets bring, up to the point where it is clear what they ask for.

use bytes::Bytes;
use otc_protocol::rumor::{Frame, FrameType, header};

use super::Hub;
use super::admit::{is_create, transaction};
use crate::ids::MemberKey;
use crate::io::{Now, PeerId};
use crate::member::Link;
use crate::peer::Phase;
use crate::room::Departure;
use crate::wire;

/// The value of the header by which a DISCONNECT says that its client is about to come back.
const COMING_BACK: &str = "1";

impl Hub {
    pub(super) fn read_message(&mut self, id: PeerId, message: Bytes, now: Now) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        peer.heard(now);
        self.ctx.stats.frames_in += 1;
        let phase = &peer.phase;
        let oversized = message.len() > self.ctx.limits.frame_bytes;
        if let (&Phase::Bound(member), false) = (phase, oversized)
            && self.quick_acknowledgement(member, &message)
        {
            return;
        }
        let frame = match Frame::decode(message, usize::MAX) {
            Ok(frame) if oversized && frame.kind != FrameType::Message => {
                self.ctx.stats.rejected.too_large += 1;
                return self.end_unreadable(id, "frame that is too large", now);
            }
            Ok(frame) => frame,
            Err(_) => {
                self.ctx.stats.rejected.undecodable += 1;
                return self.end_unreadable(id, "message that is not a frame", now);
            }
        };
        match self.peers.get(&id).map(|peer| &peer.phase) {
            Some(&Phase::Bound(member)) => self.frame_of_member(id, member, &frame, oversized, now),
            Some(Phase::Unproven | Phase::Joining { .. }) => {
                self.frame_before_create(id, &frame, oversized, now)
            }
            Some(Phase::Leaving) | None => {}
        }
    }

    /// A frame of a socket that is the link of a member.
    pub(super) fn frame_of_member(
        &mut self,
        id: PeerId,
        key: MemberKey,
        frame: &Frame,
        oversized: bool,
        now: Now,
    ) {
        let held = self.hear_first_word(key, frame);
        match frame.kind {
            FrameType::Message => {
                self.charge(key, now);
                let Some(room) = self.rooms.get_mut(&key.room) else { return };
                if let Some(removed) = room.request(key.number, frame, oversized, &mut self.ctx, now) {
                    self.remove_by_force(MemberKey { number: removed, ..key }, now);
                }
            }
            FrameType::Status => self.acknowledgement(key, frame, now),
            FrameType::Ping => {
                self.charge(key, now);
                self.ctx.send(id, wire::pong());
            }
            FrameType::Disconnect => self.disconnect(id, key, frame, now),
            // CONNECT and SUBSCRIBE arrive again when their first socket broke; the rest mean nothing.
            FrameType::Connect
            | FrameType::Subscribe
            | FrameType::Unsubscribe
            | FrameType::Pong
            | FrameType::Unknown(_) => self.charge(key, now),
        }
        if held {
            self.release(key);
        }
    }

    /// On a socket that resumed, the first word shows whether the client has the answer to its create: one that has
    /// not repeats the create, with nothing but CONNECT and SUBSCRIBE before it. Until then nothing is sent; the
    /// answer goes first. Says whether what is held is to be sent after this frame.
    fn hear_first_word(&mut self, key: MemberKey, frame: &Frame) -> bool {
        let Some(member) = self.rooms.get_mut(&key.room).and_then(|room| room.member(key.number)) else {
            return false;
        };
        if !member.awaits_first_word() {
            return false;
        }
        let held = matches!(member.link, Link::Held(_));
        match frame.kind {
            FrameType::Message | FrameType::Status | FrameType::Ping | FrameType::Disconnect => {}
            _ => return false,
        }
        if is_create(frame) {
            return held;
        }
        member.note_first_word();
        if held {
            self.release(key);
        }
        false
    }

    /// Deals with a message if it acknowledges something, and says whether it did.
    fn quick_acknowledgement(&mut self, key: MemberKey, message: &[u8]) -> bool {
        let Some(transaction) = wire::acknowledged(message) else { return false };
        self.rooms.get_mut(&key.room).and_then(|room| room.member(key.number)).is_some_and(|member| {
            !member.awaits_first_word() && member.acknowledge(transaction, &mut self.ctx)
        })
    }

    fn acknowledgement(&mut self, key: MemberKey, frame: &Frame, now: Now) {
        let meant = frame.header(header::STATUS).is_none()
            && self.rooms.get_mut(&key.room).and_then(|room| room.member(key.number)).is_some_and(|member| {
                transaction(frame).is_some_and(|id| member.acknowledge(id, &mut self.ctx))
            });
        if !meant {
            self.charge(key, now);
        }
    }

    /// Whatever a client sends has its price, but acknowledgements of what it was sent.
    fn charge(&mut self, key: MemberKey, now: Now) {
        if let Some(room) = self.rooms.get_mut(&key.room) {
            room.charge(key.number, &mut self.ctx, now);
        }
    }

    fn disconnect(&mut self, id: PeerId, key: MemberKey, frame: &Frame, now: Now) {
        self.say_goodbye(id, now);
        if frame.header(header::RECONNECT).is_some_and(|value| value == COMING_BACK) {
            self.lose_link(key, now);
        } else {
            self.remove_member(key, Departure::Left, None, now);
        }
    }
}

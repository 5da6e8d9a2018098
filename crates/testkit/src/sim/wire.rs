//! A WebSocket between a client and the relay: two pipes that keep order, fill up, stall and break.

use std::collections::VecDeque;

use bytes::Bytes;
use otc::session::LinkId;
use otc_relay::io::{Opened, PeerId};

use super::dice::Dice;
use super::plan::Micros;

/// Which way something goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    /// To the relay.
    Up,
    /// To the client.
    Down,
}

/// What travels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Item {
    Message(Bytes),
    Ping,
    Pong,
    Close(Option<u16>),
    /// The end of the stream, with or without a close before it.
    End,
}

impl Item {
    fn len(&self) -> usize {
        match self {
            Self::Message(message) => message.len() + 8,
            _ => 4,
        }
    }
}

/// What is left of a pipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Health {
    Flowing,
    /// Its end is under way; what is written now vanishes.
    Severed,
    /// Nothing arrives any more, not even an end; what is written fills it up.
    Dead,
}

/// One direction of a wire.
#[derive(Debug)]
pub(super) struct Pipe {
    /// Queued by the writer and not written yet.
    pub(super) backlog: VecDeque<Item>,
    pub(super) backlog_bytes: usize,
    /// Written, with the time of arrival.
    pub(super) flight: VecDeque<(Micros, Item)>,
    flight_bytes: usize,
    window: usize,
    pub(super) stalled_until: Micros,
    last_arrival: Micros,
    pub(super) health: Health,
    /// When the next delivery is due, if one is arranged.
    pub(super) due: Option<Micros>,
}

impl Pipe {
    fn new(window: usize) -> Self {
        Self {
            backlog: VecDeque::new(),
            backlog_bytes: 0,
            flight: VecDeque::new(),
            flight_bytes: 0,
            window,
            stalled_until: 0,
            last_arrival: 0,
            health: Health::Flowing,
            due: None,
        }
    }

    /// Queues something for writing.
    pub(super) fn queue(&mut self, item: Item) {
        self.backlog_bytes += item.len();
        self.backlog.push_back(item);
    }

    /// Writes what there is room for. Returns how many messages were written.
    pub(super) fn write(&mut self, now: Micros, mut delay: impl FnMut() -> Micros) -> usize {
        let mut messages = 0;
        while self.flight_bytes < self.window
            && let Some(item) = self.backlog.pop_front()
        {
            self.backlog_bytes -= item.len();
            messages += usize::from(matches!(item, Item::Message(_)));
            if self.health != Health::Severed {
                self.push(item, now + delay());
            }
        }
        messages
    }

    fn push(&mut self, item: Item, at: Micros) {
        self.last_arrival = self.last_arrival.max(at);
        self.flight_bytes += item.len();
        self.flight.push_back((self.last_arrival, item));
    }

    /// When the next item can be taken out, if nothing else changes.
    pub(super) fn next(&self) -> Option<Micros> {
        let (at, _) = self.flight.front().filter(|_| self.health != Health::Dead)?;
        Some((*at).max(self.stalled_until))
    }

    /// Whether the next item would have come out earlier but for a stall.
    pub(super) fn is_held_up(&self) -> bool {
        self.flight.front().is_some_and(|(at, _)| *at < self.stalled_until)
    }

    /// Takes the next item out, if it has arrived.
    pub(super) fn take(&mut self, now: Micros) -> Option<Item> {
        if self.next()? > now {
            return None;
        }
        let (_, item) = self.flight.pop_front()?;
        self.flight_bytes -= item.len();
        Some(item)
    }

    /// Whether the end of the stream has reached the reader's machine, be it read or not.
    pub(super) fn ended(&self, now: Micros) -> bool {
        self.health == Health::Severed
            && self.stalled_until <= now
            && self.flight.back().is_none_or(|(at, item)| *item == Item::End && *at <= now)
    }

    /// Cuts the pipe: a part of what is under way still arrives, then the end does. A message that is cut in the
    /// middle is lost whole. Returns how many items are lost.
    pub(super) fn sever(&mut self, now: Micros, dice: &mut Dice, delay: Micros) -> usize {
        if self.health != Health::Flowing {
            return 0;
        }
        let kept = dice.range(0, self.flight.len() as u64) as usize;
        let lost = self.flight.len() - kept;
        self.flight.truncate(kept);
        self.finish(now + delay);
        lost
    }

    /// Forgets what was not written.
    pub(super) fn forget_backlog(&mut self) {
        self.backlog.clear();
        self.backlog_bytes = 0;
    }

    /// Ends the pipe after everything that was written; what was not written is forgotten.
    pub(super) fn finish(&mut self, at: Micros) {
        self.forget_backlog();
        if self.health != Health::Flowing {
            return;
        }
        self.flight_bytes = self.flight.iter().map(|(_, item)| item.len()).sum();
        self.last_arrival = self.flight.back().map_or(at, |(last, _)| *last);
        self.push(Item::End, at);
        self.health = Health::Severed;
    }
}

/// What one side has of a wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// On its way.
    Opening,
    /// In use.
    Open,
    /// This side has asked for the end and waits for the other.
    Closing,
    /// Gone.
    Gone,
}

/// A WebSocket.
#[derive(Debug)]
pub(super) struct Wire {
    pub(super) client: usize,
    pub(super) link: LinkId,
    pub(super) peer: PeerId,
    pub(super) opened: Opened,
    pub(super) at_client: Side,
    pub(super) at_relay: Side,
    pub(super) up: Pipe,
    pub(super) down: Pipe,
}

impl Wire {
    pub(super) fn new(client: usize, link: LinkId, peer: PeerId, opened: Opened, window: usize) -> Self {
        Self {
            client,
            link,
            peer,
            opened,
            at_client: Side::Opening,
            at_relay: Side::Opening,
            up: Pipe::new(window),
            down: Pipe::new(window),
        }
    }

    pub(super) fn pipe(&mut self, way: Way) -> &mut Pipe {
        match way {
            Way::Up => &mut self.up,
            Way::Down => &mut self.down,
        }
    }

    /// Whether neither side has it any more.
    pub(super) fn is_over(&self) -> bool {
        self.at_client == Side::Gone && self.at_relay == Side::Gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &'static str) -> Item {
        Item::Message(Bytes::from_static(text.as_bytes()))
    }

    #[test]
    fn order_is_kept_whatever_the_delays() {
        let mut pipe = Pipe::new(1000);
        pipe.queue(message("a"));
        pipe.queue(message("b"));
        let mut delays = [9, 1].into_iter();
        assert_eq!(pipe.write(0, || delays.next().unwrap()), 2);
        assert_eq!(pipe.take(8), None);
        assert_eq!(pipe.take(9), Some(message("a")));
        assert_eq!(pipe.take(9), Some(message("b")));
    }

    #[test]
    fn full_pipe_blocks_its_writer_until_it_is_read() {
        let mut pipe = Pipe::new(5);
        (0..3).for_each(|_| pipe.queue(message("abc")));
        assert_eq!(pipe.write(0, || 0), 1);
        assert_eq!(pipe.write(0, || 0), 0);
        assert!(pipe.take(0).is_some());
        assert_eq!(pipe.write(0, || 0), 1);
    }

    #[test]
    fn severed_pipe_delivers_a_beginning_and_the_end() {
        for seed in 0..20 {
            let mut pipe = Pipe::new(1000);
            for text in ["a", "b", "c"] {
                pipe.queue(message(text));
            }
            pipe.write(0, || 5);
            pipe.sever(1, &mut Dice::new(seed, 0), 2);
            pipe.queue(message("late"));
            assert_eq!(pipe.write(1, || 0), 1, "the writer does not know yet");
            let got: Vec<Item> = std::iter::from_fn(|| pipe.take(10)).collect();
            assert_eq!(got.last(), Some(&Item::End));
            assert_eq!(got[..got.len() - 1], [message("a"), message("b"), message("c")][..got.len() - 1]);
            assert!(pipe.ended(10));
        }
    }

    #[test]
    fn dead_pipe_delivers_nothing() {
        let mut pipe = Pipe::new(1000);
        pipe.queue(message("a"));
        pipe.write(0, || 0);
        pipe.health = Health::Dead;
        assert_eq!(pipe.take(99), None);
        pipe.finish(99);
        assert_eq!(pipe.take(99), None);
    }
}

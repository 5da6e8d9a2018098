//! What happens to a socket later.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;

use crate::io::PeerId;
use crate::slack::Tighten;

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    /// When a socket may be read again.
    Read,
    /// When a socket that is being closed has had its time.
    Close,
}

/// Deadlines of sockets. They are never taken back: whoever sets one checks, when it comes, whether it still matters.
#[derive(Debug, Default)]
pub(super) struct Timers {
    heap: BinaryHeap<Reverse<(Instant, u64, Due)>>,
}

impl Timers {
    /// Sets a deadline.
    pub(super) fn set(&mut self, at: Instant, peer: PeerId, due: Due) {
        self.heap.push(Reverse((at, peer.0, due)));
    }

    /// The earliest.
    pub(super) fn next(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse((at, ..))| *at)
    }

    /// Takes one that has come.
    pub(super) fn pop(&mut self, now: Instant) -> Option<(PeerId, Due)> {
        self.next().filter(|at| *at <= now)?;
        let due = self.heap.pop();
        self.heap.tighten();
        due.map(|Reverse((_, peer, due))| (PeerId(peer), due))
    }
}

//! Deadlines of many, of which the next is always at hand.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::ids::MemberKey;
use crate::io::PeerId;

/// What a deadline is for. A peer or a member has at most one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// To look after a socket: it has to create, to prove itself, to be pinged, or it is dead.
    Peer(PeerId),
    /// To give up a member that has been away for its grace window, or to wait no longer for its first word.
    Member(MemberKey),
}

/// All deadlines of a hub. Setting, clearing and taking cost O(log n), looking O(log n) as well.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    set: BTreeSet<(Instant, Timer)>,
    epoch: Option<Instant>,
}

/// Deadlines that need not be exact are put on a grid, so that thousands of idle sockets wake their shard a few times
/// a second and not thousands of times.
const GRID: Duration = Duration::from_millis(250);

impl Timers {
    /// Sets a deadline.
    pub(crate) fn set(&mut self, at: Instant, timer: Timer) {
        self.set.insert((at, timer));
    }

    /// Clears a deadline that was set.
    pub(crate) fn clear(&mut self, at: Instant, timer: Timer) {
        self.set.remove(&(at, timer));
    }

    /// The earliest deadline.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.set.first().map(|(at, _)| *at)
    }

    /// Takes a deadline that is due.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<Timer> {
        self.next().filter(|at| *at <= now)?;
        self.set.pop_first().map(|(_, timer)| timer)
    }

    /// A moment on the grid, `at` or a little later.
    pub(crate) fn on_grid(&mut self, at: Instant) -> Instant {
        let epoch = *self.epoch.get_or_insert(at);
        let since = at.saturating_duration_since(epoch).as_nanos();
        let steps = since.div_ceil(GRID.as_nanos());
        epoch
            + Duration::from_millis(u64::try_from(steps).unwrap_or(u64::MAX / 1000) * GRID.as_millis() as u64)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "a test counts from any moment")]

    use super::*;

    #[test]
    fn deadlines_come_in_order_and_cleared_ones_do_not_come() {
        let (mut timers, now) = (Timers::default(), Instant::now());
        let at = |ms| now + Duration::from_millis(ms);
        let peer = |n| Timer::Peer(PeerId(n));
        timers.set(at(30), peer(3));
        timers.set(at(10), peer(1));
        timers.set(at(20), peer(2));
        timers.clear(at(20), peer(2));
        assert_eq!(timers.next(), Some(at(10)));
        assert_eq!(timers.take_due(at(9)), None);
        assert_eq!(timers.take_due(at(30)), Some(peer(1)));
        assert_eq!(timers.take_due(at(30)), Some(peer(3)));
        assert_eq!((timers.take_due(at(30)), timers.next()), (None, None));
    }

    #[test]
    fn the_grid_never_makes_a_deadline_earlier_and_brings_neighbours_together() {
        let (mut timers, now) = (Timers::default(), Instant::now());
        assert_eq!(timers.on_grid(now), now);
        let mut seen = BTreeSet::new();
        for ms in 1..=1000 {
            let exact = now + Duration::from_millis(ms);
            let at = timers.on_grid(exact);
            assert!(at >= exact && at - exact < GRID);
            seen.insert(at);
        }
        assert_eq!(seen.len(), 4);
    }
}

//! How much a client may ask of the relay in a time.

use std::time::{Duration, Instant};

use crate::limits::Limits;

/// A token bucket, kept as the moment at which it will be full again.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    full_at: Option<Instant>,
    paused_until: Option<Instant>,
}

/// A pause that has to be made.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Pause {
    /// When it ends.
    pub(crate) until: Instant,
    /// Whether the client behaved for a while before.
    pub(crate) first: bool,
}

/// A client that was not paused for so long behaves.
const BEHAVED: Duration = Duration::from_secs(10);

impl Budget {
    /// Takes `cost` out of the bucket. When it is overdrawn, reading must pause, unless it does already.
    pub(crate) fn charge(&mut self, cost: u32, limits: &Limits, now: Instant) -> Option<Pause> {
        if limits.requests_per_second == 0 {
            return None;
        }
        let each = Duration::from_secs(1) / limits.requests_per_second;
        let burst = each * limits.request_burst;
        // What was already read when the pause began is paid for by that pause, or a client that once sent a great
        // deal would be stopped for every single request ever after.
        let full_at = self.full_at.map_or(now, |at| at.max(now)) + each * cost;
        let full_at = full_at.min(now + burst + limits.longest_pause);
        self.full_at = Some(full_at);

        let overdrawn = full_at.saturating_duration_since(now + burst);
        if overdrawn.is_zero() || self.pauses(now) {
            return None;
        }
        let first = self.paused_until.is_none_or(|until| now >= until + BEHAVED);
        let until = now + overdrawn;
        self.paused_until = Some(until);
        Some(Pause { until, first })
    }

    /// By how much time it is ahead of what it may ask in the long run.
    pub(crate) fn ahead(&self, now: Instant) -> Duration {
        self.full_at.map_or(Duration::ZERO, |at| at.saturating_duration_since(now))
    }

    /// Whether a pause is being made.
    pub(crate) fn pauses(&self, now: Instant) -> bool {
        self.paused_until.is_some_and(|until| now < until)
    }

    /// The client has a new socket, which is being read.
    pub(crate) fn forget_pause(&mut self) {
        self.paused_until = None;
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "a test counts from any moment")]

    use super::*;

    const EACH: Duration = Duration::from_millis(100);

    fn limits() -> Limits {
        Limits { requests_per_second: 10, request_burst: 5, ..Limits::default() }
    }

    #[test]
    fn a_burst_passes_and_then_each_request_has_to_wait_its_turn() {
        let (mut budget, limits, mut now) = (Budget::default(), limits(), Instant::now());
        for _ in 0..5 {
            assert_eq!(budget.charge(1, &limits, now), None);
        }
        assert_eq!(budget.charge(1, &limits, now), Some(Pause { until: now + EACH, first: true }));
        assert_eq!(budget.charge(1, &limits, now), None, "one pause at a time");
        now += EACH;
        let pause = budget.charge(1, &limits, now);
        assert_eq!(
            pause,
            Some(Pause { until: now + 2 * EACH, first: false }),
            "what came meanwhile is paid for"
        );
        now += 2 * EACH;
        for _ in 0..100 {
            let pause = budget.charge(1, &limits, now).expect("it stays at its limit");
            assert_eq!(pause.until, now + EACH);
            now = pause.until;
        }
    }

    #[test]
    fn no_pause_is_longer_than_the_longest() {
        let (mut budget, limits, now) = (Budget::default(), limits(), Instant::now());
        let pause = budget.charge(1_000_000, &limits, now);
        assert_eq!(pause, Some(Pause { until: now + limits.longest_pause, first: true }));
        let later = now + limits.longest_pause;
        let pause = budget.charge(1, &limits, later);
        assert_eq!(pause, Some(Pause { until: later + EACH, first: false }), "it is paid back in one pause");
    }

    #[test]
    fn a_client_below_its_rate_is_never_paused_and_zero_means_no_limit() {
        let (mut budget, limits, mut now) = (Budget::default(), limits(), Instant::now());
        for _ in 0..1000 {
            assert_eq!(budget.charge(1, &limits, now), None);
            now += EACH;
        }
        let unlimited = Limits { requests_per_second: 0, ..limits };
        assert_eq!(budget.charge(1_000_000, &unlimited, now), None);
    }
}

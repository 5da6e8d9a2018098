//! How often the log may say the same kind of thing, when it is the relay that decides how often it happens.
#![forbid(unsafe_code)]

use std::time::{Duration, Instant};

/// How many lines of a kind are written before the first is left out: enough to see what is wrong.
const BURST: u32 = 20;

/// As [`BURST`], of lines about links: those of some five outages, each with its attempts to the last.
const LINK_BURST: u32 = 100;

/// How long until one more line of a kind may be written. A relay that never stops costs the log some 360 lines an
/// hour and kind.
const INTERVAL: Duration = Duration::from_secs(10);

/// What a relay can bring about as often as it likes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeated {
    /// A message that cannot be understood.
    Malformed,
    /// A message of a kind that means nothing to this client.
    Unknown,
    /// A signal that is refused.
    RefusedSignal,
    /// A removal that is refused.
    RefusedRemoval,
    /// A link that is lost, sought or found again.
    Link,
}

impl Repeated {
    const ALL: [Self; 5] =
        [Self::Malformed, Self::Unknown, Self::RefusedSignal, Self::RefusedRemoval, Self::Link];

    fn burst(self) -> u32 {
        match self {
            Self::Malformed | Self::Unknown | Self::RefusedSignal | Self::RefusedRemoval => BURST,
            Self::Link => LINK_BURST,
        }
    }

    /// What was left out of the log, in words.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Malformed => "messages of the relay that were passed over",
            Self::Unknown => "messages of the relay that mean nothing here",
            Self::RefusedSignal => "signals that the relay refused",
            Self::RefusedRemoval => "removals that the relay refused",
            Self::Link => "lines about links that were lost, sought or found again",
        }
    }
}

/// Lets some lines of each kind through and counts the rest.
#[derive(Default)]
pub(super) struct Restraint {
    counts: [Count; Repeated::ALL.len()],
}

#[derive(Default, Clone, Copy)]
struct Count {
    /// Lines written and not yet made up for by time.
    used: u32,
    /// Since when time makes up for the first of them.
    since: Option<Instant>,
    left_out: u64,
}

impl Restraint {
    /// Whether a line of this kind may be written now. If not, it counts as left out.
    pub(super) fn lets_through(&mut self, kind: Repeated, now: Instant) -> bool {
        let count = &mut self.counts[kind as usize];
        count.recover(now);
        if count.used == kind.burst() {
            count.left_out += 1;
            return false;
        }
        count.used += 1;
        true
    }

    /// What was left out, by kind, and how often. It is told once: what is returned is forgotten. With `now`, only what
    /// may be told by then.
    pub(super) fn take_left_out(&mut self, now: Option<Instant>) -> Vec<(Repeated, u64)> {
        let mut told = Vec::new();
        for kind in Repeated::ALL {
            let count = &mut self.counts[kind as usize];
            if count.left_out == 0 {
                continue;
            }
            if let Some(now) = now {
                count.recover(now);
                if count.used == kind.burst() {
                    continue;
                }
                count.used += 1;
            }
            told.push((kind, std::mem::take(&mut count.left_out)));
        }
        told
    }
}

impl Count {
    /// Time has passed.
    fn recover(&mut self, now: Instant) {
        let since = self.since.get_or_insert(now);
        if self.used == 0 {
            *since = now;
            return;
        }
        let passed = now.saturating_duration_since(*since).as_nanos() / INTERVAL.as_nanos();
        let recovered = u32::try_from(passed).unwrap_or(u32::MAX).min(self.used);
        self.used -= recovered;
        *since += INTERVAL * recovered;
    }
}

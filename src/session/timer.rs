//! Timers as data.
#![forbid(unsafe_code)]

use std::time::{Duration, Instant};

/// Everything that time can bring about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timer {
    /// When to stop waiting for a session info answer.
    InfoAnswer,
    /// When to ask for session info again.
    InfoRetry,
    /// When to stop connecting altogether.
    Connect,
    /// When to stop waiting for a link to open.
    Open,
    /// When to stop waiting for the answer to create.
    Create,
    /// When to stop waiting for the answer to session read.
    Read,
    /// When to send the next PING.
    Ping,
    /// When to look whether the link has been silent for too long.
    Silence,
    /// When to look whether a request has been unanswered for too long.
    Request,
    /// When to try the next link.
    Attempt,
    /// When to stop seeking a link.
    GiveUp,
    /// When to stop waiting for signals to be written.
    Drain,
    /// When to stop waiting for the end of a link.
    Leave,
}

const ALL: [Timer; 13] = [
    Timer::InfoAnswer,
    Timer::InfoRetry,
    Timer::Connect,
    Timer::Open,
    Timer::Create,
    Timer::Read,
    Timer::Ping,
    Timer::Silence,
    Timer::Request,
    Timer::Attempt,
    Timer::GiveUp,
    Timer::Drain,
    Timer::Leave,
];

/// When each timer fires, if it is set.
#[derive(Default)]
pub(super) struct Timers {
    deadlines: [Option<Instant>; ALL.len()],
}

impl Timers {
    pub(super) fn set(&mut self, timer: Timer, at: Instant) {
        self.deadlines[timer as usize] = Some(at);
    }

    pub(super) fn get(&self, timer: Timer) -> Option<Instant> {
        self.deadlines[timer as usize]
    }

    pub(super) fn clear(&mut self, timer: Timer) -> Option<Instant> {
        self.deadlines[timer as usize].take()
    }

    pub(super) fn clear_all(&mut self) {
        self.deadlines = Default::default();
    }

    /// The earliest deadline.
    pub(super) fn next(&self) -> Option<Instant> {
        self.deadlines.iter().flatten().min().copied()
    }

    /// Clears and returns the earliest timer that is due.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<Timer> {
        let due = |timer: &Timer| self.get(*timer).filter(|at| *at <= now).map(|at| (at, *timer));
        let (_, timer) = ALL.iter().filter_map(due).min_by_key(|(at, _)| *at)?;
        self.clear(timer);
        Some(timer)
    }

    /// Brings a timer forward.
    pub(super) fn advance(&mut self, timer: Timer, by: Duration, now: Instant) {
        if let Some(at) = self.get(timer) {
            self.set(timer, at.checked_sub(by).unwrap_or(now));
        }
    }
}

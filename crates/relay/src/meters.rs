//! What a shard counts beside its hub: the work at its edge, where there are clocks, sockets and HTTP.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::durations::{BOUNDS_US, Durations, class, micros};

/// The meters of one shard. Only its thread writes to them, so that nothing waits for anything.
#[derive(Debug, Default)]
pub(crate) struct Meters {
    /// From the reading of the first message of a turn until all that the turn led to was handed to the sockets.
    pub(crate) turnaround: Timings,
    /// The checking of a token.
    pub(crate) admission: Timings,
    /// TLS handshakes that came to a good end.
    pub(crate) handshake: Timings,
    /// HTTP requests, by what they were for.
    pub(crate) http: [Timings; Purpose::NAMES.len()],
    /// HTTP answers, by what they were for and their status.
    answers: Mutex<BTreeMap<(Purpose, u16), u64>>,
    /// What was limited or refused here, by reason.
    limited: [AtomicU64; Limited::NAMES.len()],
    /// Log records that were left out.
    pub(crate) muted: AtomicU64,
    gate: Mutex<HashMap<&'static str, Allowance>>,
}

/// What an HTTP request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Purpose {
    SessionInfo,
    Socket,
    Rest,
    Other,
}

/// What is limited at the edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limited {
    /// A TLS handshake failed.
    Handshake,
    /// A TLS handshake took too long.
    HandshakeTimeout,
    /// A request's head was too large.
    HeadTooLarge,
    /// A request's head took too long.
    HeadTimeout,
    /// A URL was too long.
    UrlTooLong,
    /// A body was too large.
    BodyTooLarge,
    /// A body took too long.
    BodyTimeout,
    /// A page of an origin that may not use the relay.
    Origin,
    /// A token that is no good, at session info.
    Token,
    /// A credential of the REST interface that is no good.
    Credential,
    /// Too many REST calls.
    RestRate,
    /// A socket was not read for a while because it does not take its output.
    OutputSoft,
    /// A socket was ended because it does not take its output.
    OutputHard,
    /// A socket did not close in time.
    CloseTimeout,
}

impl Purpose {
    /// Their names, as they are counted.
    pub(crate) const NAMES: [&'static str; 4] = ["session_info", "websocket", "rest", "other"];

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

impl Limited {
    /// Their names, as they are counted.
    pub(crate) const NAMES: [&'static str; 14] = [
        "tls_handshake",
        "tls_handshake_timeout",
        "head_too_large",
        "head_timeout",
        "url_too_long",
        "body_too_large",
        "body_timeout",
        "origin",
        "session_info_token",
        "rest_credential",
        "rest_rate",
        "output_soft",
        "output_hard",
        "close_timeout",
    ];

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

/// Durations that are counted on one thread and looked at from another.
#[derive(Debug, Default)]
pub(crate) struct Timings {
    counts: [AtomicU64; BOUNDS_US.len() + 1],
    sum_us: AtomicU64,
}

impl Timings {
    /// Counts one.
    pub(crate) fn add(&self, duration: Duration) {
        let us = micros(duration);
        self.counts[class(us)].fetch_add(1, Ordering::Relaxed);
        self.sum_us.fetch_add(us, Ordering::Relaxed);
    }

    /// Those so far.
    pub(crate) fn get(&self) -> Durations {
        Durations {
            counts: std::array::from_fn(|index| self.counts[index].load(Ordering::Relaxed)),
            sum_us: self.sum_us.load(Ordering::Relaxed),
        }
    }
}

impl Meters {
    /// Counts an HTTP answer.
    pub(crate) fn answered(&self, purpose: Purpose, status: u16, took: Duration) {
        self.http[purpose as usize].add(took);
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        *answers.entry((purpose, status)).or_default() += 1;
    }

    /// HTTP answers so far.
    pub(crate) fn answers(&self) -> BTreeMap<(Purpose, u16), u64> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Counts something that was limited, and has it logged unless there was much of it lately.
    pub(crate) fn limited(&self, what: Limited, now: Instant, log: impl FnOnce(u64)) {
        self.limited[what as usize].fetch_add(1, Ordering::Relaxed);
        self.log(what.name(), now, log);
    }

    /// What was limited so far, in the order of [`Limited::NAMES`].
    pub(crate) fn limits_met(&self) -> [u64; Limited::NAMES.len()] {
        std::array::from_fn(|index| self.limited[index].load(Ordering::Relaxed))
    }

    /// Has something logged unless there was much of its kind lately. `log` is told how many it stands for that were
    /// left out.
    pub(crate) fn log(&self, kind: &'static str, now: Instant, log: impl FnOnce(u64)) {
        let mut gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = gate.entry(kind).or_insert_with(|| Allowance::new(now)).pass(now);
        drop(gate);
        match passed {
            Some(left_out) => log(left_out),
            None => drop(self.muted.fetch_add(1, Ordering::Relaxed)),
        }
    }
}

/// Log records of one kind that may be written at once.
const LINES_AT_ONCE: u32 = 20;
/// How long one of them takes to grow back.
const LINE_EVERY: Duration = Duration::from_secs(1);

/// How much of one kind may be logged: what anybody can cause must not fill a disk.
#[derive(Debug)]
struct Allowance {
    lines: u32,
    since: Instant,
    left_out: u64,
}

impl Allowance {
    fn new(now: Instant) -> Self {
        Self { lines: LINES_AT_ONCE, since: now, left_out: 0 }
    }

    /// Whether a record may be written now, and how many it stands for that were left out.
    fn pass(&mut self, now: Instant) -> Option<u64> {
        let grown = now.saturating_duration_since(self.since).as_secs() / LINE_EVERY.as_secs();
        if grown > 0 {
            self.lines =
                self.lines.saturating_add(u32::try_from(grown).unwrap_or(u32::MAX)).min(LINES_AT_ONCE);
            self.since = now;
        }
        if self.lines == 0 {
            self.left_out += 1;
            return None;
        }
        self.lines -= 1;
        Some(std::mem::take(&mut self.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_one_kind_is_written_now_and_then_and_the_rest_is_counted() {
        let (meters, start) = (Meters::default(), crate::clock::now().mono);
        let mut written = Vec::new();
        for number in 0..1000_u32 {
            meters.log("flood", start + Duration::from_millis(u64::from(number) * 10), |left_out| {
                written.push(left_out);
            });
        }
        assert_eq!(written.len(), 29, "20 at once and one for each of 9 whole seconds: {written:?}");
        assert_eq!(written[..20], [0; 20]);
        assert_eq!(written[21..], [99; 8]);
        assert_eq!(meters.muted.load(Ordering::Relaxed), 1000 - 29);
        let mut other = 0;
        meters.log("other", start, |_| other += 1);
        assert_eq!(other, 1, "one kind does not hide another");
        let mut later = Vec::new();
        meters.log("flood", start + Duration::from_secs(3600), |left_out| later.push(left_out));
        assert!(later[0] > 0, "what was left out is told by the next: {later:?}");
    }

    #[test]
    fn names_belong_to_what_they_name() {
        assert_eq!(Purpose::Other.name(), "other");
        assert_eq!(Limited::HeadTimeout.name(), "head_timeout");
        assert_eq!(Limited::OutputHard.name(), "output_hard");
        assert_eq!(Limited::CloseTimeout.name(), "close_timeout");
    }
}

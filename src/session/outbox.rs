//! Requests that were accepted and are not answered yet.
#![forbid(unsafe_code)]

use std::collections::VecDeque;
use std::time::Instant;

use bytes::Bytes;
use otc_protocol::planted::{self, Bug};

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RequestKind {
    /// The delivery of a signal.
    Signal,
    /// The removal of a client.
    Removal,
}

/// A request and how far it has come on the current link.
struct Entry {
    /// Its transaction number. Numbers grow along the outbox.
    number: u64,
    /// The frame, with the transaction id that it keeps on every link.
    frame: Bytes,
    kind: RequestKind,
    /// Whether it is kept until answered; otherwise only until written, and never beyond its link.
    retry: bool,
    /// As which message of the link it was handed out.
    position: u64,
    /// When it was written.
    written_at: Option<Instant>,
}

/// A bounded queue of requests in the order of the calls.
///
/// On each link all of them are handed out again from the first, with the transaction ids that they had, so that the
/// relay tells repeats from news.
#[derive(Default)]
pub(super) struct Outbox {
    entries: VecDeque<Entry>,
    bytes: usize,
    /// The first number that was not handed out on this link.
    to_hand_out: u64,
    /// The first number that was not written on this link.
    to_write: u64,
}

impl Outbox {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds a request at the end. `number` must be greater than all before; the bounds are the caller's to keep.
    pub(super) fn push(&mut self, number: u64, frame: Bytes, kind: RequestKind, retry: bool) {
        self.bytes += frame.len();
        self.entries.push_back(Entry { number, frame, kind, retry, position: 0, written_at: None });
    }

    /// Hands out the next request for the link; it will be the link's message number `position`.
    pub(super) fn hand_out(&mut self, position: u64) -> Option<Bytes> {
        let at = self.index_from(self.to_hand_out);
        let entry = self.entries.get_mut(at)?;
        entry.position = position;
        self.to_hand_out = entry.number + 1;
        Some(entry.frame.clone())
    }

    /// Notes that the link's messages up to `position` were written. What is not to be kept leaves.
    pub(super) fn note_written(&mut self, position: u64, now: Instant) {
        let mut at = self.index_from(self.to_write);
        while let Some(entry) = self.entries.get_mut(at) {
            if entry.number >= self.to_hand_out || entry.position > position {
                break;
            }
            self.to_write = entry.number + 1;
            entry.written_at = Some(now);
            if entry.retry && !planted::is(Bug::WrittenIsDelivered) {
                at += 1;
            } else {
                self.take(at);
            }
        }
    }

    /// Notes the answer to a request, which leaves. `None` if it is not here.
    pub(super) fn answered(&mut self, number: u64) -> Option<RequestKind> {
        let at = self.index_from(number);
        self.entries.get(at).filter(|entry| entry.number == number)?;
        Some(self.take(at))
    }

    /// Forgets how far everything had come on the link that is gone. Returns how many requests left because they were
    /// not to be kept.
    pub(super) fn rewind(&mut self) -> usize {
        let before = self.entries.len();
        self.entries.retain(|entry| entry.retry);
        if planted::is(Bug::ResentOutOfOrder) && self.entries.len() > 1 {
            let first = self.entries[0].frame.clone();
            self.entries[0].frame = std::mem::replace(&mut self.entries[1].frame, first);
        }
        for entry in &mut self.entries {
            entry.position = 0;
            entry.written_at = None;
        }
        self.bytes = self.entries.iter().map(|entry| entry.frame.len()).sum();
        self.to_hand_out = 0;
        self.to_write = 0;
        before - self.entries.len()
    }

    /// Whether everything in it was written on this link.
    pub(super) fn all_written(&self) -> bool {
        self.index_from(self.to_write) == self.entries.len()
    }

    /// When the request that waits longest for its answer was written.
    pub(super) fn waiting_since(&self) -> Option<Instant> {
        self.entries.front().and_then(|entry| entry.written_at)
    }

    /// How many signals are in it.
    pub(super) fn signals(&self) -> usize {
        self.entries.iter().filter(|entry| entry.kind == RequestKind::Signal).count()
    }

    /// Gives back memory that a burst left behind.
    pub(super) fn trim(&mut self) {
        if self.entries.is_empty() && self.entries.capacity() > 0 {
            self.entries = VecDeque::new();
        }
    }

    fn take(&mut self, at: usize) -> RequestKind {
        let Some(entry) = self.entries.remove(at) else { return RequestKind::Signal };
        self.bytes -= entry.frame.len();
        entry.kind
    }

    /// The index of the first request of at least this number. Mostly it is the first or the end.
    fn index_from(&self, number: u64) -> usize {
        match (self.entries.front(), self.entries.back()) {
            (Some(first), _) if number <= first.number => 0,
            (_, Some(last)) if number <= last.number => {
                self.entries.partition_point(|entry| entry.number < number)
            }
            _ => self.entries.len(),
        }
    }
}

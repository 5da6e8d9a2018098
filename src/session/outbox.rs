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
    /// The frame, with the transaction id that it keeps on every link. Empty once it cannot be needed any more.
    frame: Bytes,
    /// How large the frame is, or was.
    size: usize,
    kind: RequestKind,
    /// Whether it is kept until answered; otherwise only until written, and never beyond its link.
    retry: bool,
    /// As which message of the link it was handed out.
    position: u64,
    /// When it was written.
    written_at: Option<Instant>,
}

impl Entry {
    /// Whether it was written and is not kept: then it is here only because its answer is yet to come.
    fn is_spent(&self) -> bool {
        !self.retry && self.written_at.is_some()
    }
}

/// How much may be on its way to the relay without an answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    /// Requests, counted by their numbers from the first that is not answered.
    pub(super) count: u64,
    /// Bytes of their frames; a single request may have more.
    pub(super) bytes: usize,
}

impl Window {
    /// Everything at once.
    pub(super) const OPEN: Self = Self { count: u64::MAX, bytes: usize::MAX };
}

/// A bounded queue of requests in the order of the calls.
///
/// On each link all of them are handed out again from the first, with the transaction ids that they had, so that the
/// relay tells repeats from news. It remembers so many, and no more: a request must not be handed out while one that is
/// further back than that has no answer, whether or not what lies between them is kept.
#[derive(Default)]
pub(super) struct Outbox {
    entries: VecDeque<Entry>,
    /// Bytes of the frames that are held.
    bytes: usize,
    /// How many entries are spent.
    spent: usize,
    /// Bytes that were handed out on this link and are not answered.
    under_way: usize,
    /// The first number that was not handed out on this link.
    to_hand_out: u64,
    /// The first number that was not written on this link.
    to_write: u64,
}

impl Outbox {
    /// How many requests are held; those that are spent are not.
    pub(super) fn len(&self) -> usize {
        self.entries.len() - self.spent
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds a request at the end. `number` must be greater than all before; the bounds are the caller's to keep.
    pub(super) fn push(&mut self, number: u64, frame: Bytes, kind: RequestKind, retry: bool) {
        let size = frame.len();
        self.bytes += size;
        self.entries.push_back(Entry { number, frame, size, kind, retry, position: 0, written_at: None });
    }

    /// Hands out the next request for the link, if the window has room for it; it will be the link's message number
    /// `position`.
    pub(super) fn hand_out(&mut self, position: u64, window: Window) -> Option<Bytes> {
        let at = self.index_from(self.to_hand_out);
        let first = self.entries.front()?.number;
        let entry = self.entries.get_mut(at)?;
        let fits = entry.number - first < window.count && self.under_way + entry.size <= window.bytes;
        if at > 0 && !fits {
            return None;
        }
        self.under_way += entry.size;
        entry.position = position;
        self.to_hand_out = entry.number + 1;
        Some(entry.frame.clone())
    }

    /// Notes that the link's messages up to `position` were written. What is not to be kept is spent.
    pub(super) fn note_written(&mut self, position: u64, now: Instant) {
        let mut at = self.index_from(self.to_write);
        while let Some(entry) = self.entries.get_mut(at) {
            if entry.number >= self.to_hand_out || entry.position > position {
                break;
            }
            self.to_write = entry.number + 1;
            entry.written_at = Some(now);
            if entry.retry && planted::is(Bug::WrittenIsDelivered) {
                self.take(at);
                continue;
            }
            if !entry.retry {
                self.bytes -= entry.size;
                entry.frame = Bytes::new();
                self.spent += 1;
            }
            at += 1;
        }
    }

    /// Notes the answer to a request, which leaves. `None` if it is not here.
    pub(super) fn answered(&mut self, number: u64) -> Option<RequestKind> {
        let at = self.index_from(number);
        self.entries.get(at).filter(|entry| entry.number == number)?;
        Some(self.take(at))
    }

    /// Forgets how far everything had come on the link that is gone. Returns how many requests left that were not
    /// written, because they were not to be kept.
    pub(super) fn rewind(&mut self) -> usize {
        let before = self.len();
        self.entries.retain(|entry| entry.retry);
        if planted::is(Bug::ResentOutOfOrder) && self.entries.len() > 1 {
            let first = self.entries[0].frame.clone();
            self.entries[0].frame = std::mem::replace(&mut self.entries[1].frame, first);
        }
        for entry in &mut self.entries {
            entry.position = 0;
            entry.written_at = None;
        }
        self.bytes = self.entries.iter().map(|entry| entry.size).sum();
        self.spent = 0;
        self.under_way = 0;
        self.to_hand_out = 0;
        self.to_write = 0;
        before - self.entries.len()
    }

    /// Whether everything in it was written on this link.
    pub(super) fn all_written(&self) -> bool {
        self.index_from(self.to_write) == self.entries.len()
    }

    /// When the request was written whose answer is waited for the longest: of those that are kept, unless others wait
    /// to be handed out behind one that is spent.
    pub(super) fn waiting_since(&self) -> Option<Instant> {
        let blocked = self.index_from(self.to_hand_out) < self.entries.len();
        self.entries.iter().find(|entry| blocked || !entry.is_spent()).and_then(|entry| entry.written_at)
    }

    /// How many signals are held.
    pub(super) fn signals(&self) -> usize {
        self.entries.iter().filter(|entry| entry.kind == RequestKind::Signal && !entry.is_spent()).count()
    }

    /// Gives back memory that a burst left behind.
    pub(super) fn trim(&mut self) {
        if self.entries.is_empty() && self.entries.capacity() > 0 {
            self.entries = VecDeque::new();
        }
    }

    fn take(&mut self, at: usize) -> RequestKind {
        let Some(entry) = self.entries.remove(at) else { return RequestKind::Signal };
        if entry.is_spent() {
            self.spent -= 1;
        } else {
            self.bytes -= entry.size;
        }
        if entry.number < self.to_hand_out {
            self.under_way -= entry.size;
        }
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

//! Clients that were removed while they could not be told.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

use crate::io::Now;
use crate::limits::Limits;

/// Removed clients by socket id, with what they would have been told. A client that lost its link just before it was
/// removed, or whose link broke with the news on it, comes back as if nothing had happened: without this it would
/// learn that its session is unknown, instead of that it was removed.
#[derive(Default)]
pub(super) struct Departed {
    farewells: HashMap<Arc<str>, Bytes>,
    /// In the order of removal, which is that of the ends of their grace windows.
    order: VecDeque<(Instant, Arc<str>)>,
}

/// So many are remembered at most; beyond it the oldest are told less.
const MOST: usize = 4096;

impl Departed {
    /// Remembers a removed client for as long as it may try to come back.
    pub(super) fn insert(&mut self, socket_id: &Arc<str>, farewell: Bytes, limits: &Limits, now: Now) {
        self.forget_old(now);
        if self.order.len() >= MOST {
            self.forget_oldest();
        }
        self.farewells.insert(Arc::clone(socket_id), farewell);
        self.order.push_back((now.mono + limits.grace_window, Arc::clone(socket_id)));
    }

    /// What the client with this socket id has to be told, if it was removed and is not too late. It is told once.
    pub(super) fn take(&mut self, socket_id: &str, now: Now) -> Option<Bytes> {
        self.forget_old(now);
        self.farewells.remove(socket_id)
    }

    fn forget_old(&mut self, now: Now) {
        while self.order.front().is_some_and(|(until, _)| *until <= now.mono) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((_, socket_id)) = self.order.pop_front() {
            self.farewells.remove(&socket_id);
        }
    }
}

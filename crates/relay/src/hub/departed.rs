//! Clients that are gone and may not know it yet.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use otc_protocol::planted::{self, Bug};

use crate::io::Now;
use crate::limits::Limits;

/// Clients that are gone, by socket id, with what removed ones would have been told.
///
/// A client that lost its link just before it was removed, or whose link broke with the news on it, comes back as if
/// nothing had happened: without this it would learn that its session is unknown, instead of that it was removed. And
/// a client that is gone before it knows that it ever entered repeats its create, or had one under way on a socket that
/// was held up: without this it would enter again under an id that the others have been told is gone.
#[derive(Default)]
pub(super) struct Departed {
    farewells: HashMap<Arc<str>, Option<Bytes>>,
    /// In the order of departure, which is that of the ends of their grace windows.
    order: VecDeque<(Instant, Arc<str>)>,
}

/// So many are remembered at most; beyond it the oldest are strangers.
const MOST: usize = 16_384;

impl Departed {
    /// Remembers a client for as long as it may try to come back. What it is to be told is as it was said first.
    pub(super) fn insert(
        &mut self,
        socket_id: &Arc<str>,
        farewell: Option<Bytes>,
        limits: &Limits,
        now: Now,
    ) {
        self.forget_old(now);
        let forgotten = planted::is(Bug::ReturnOfTheGone) && farewell.is_none();
        if forgotten || self.farewells.contains_key(socket_id) {
            return;
        }
        if self.order.len() >= MOST {
            self.forget_oldest();
        }
        self.farewells.insert(Arc::clone(socket_id), farewell);
        self.order.push_back((now.mono + limits.grace_window, Arc::clone(socket_id)));
    }

    /// Whether the client with this socket id is gone, and what it has to be told if it was removed.
    pub(super) fn find(&mut self, socket_id: &str, now: Now) -> Option<Option<Bytes>> {
        self.forget_old(now);
        self.farewells.get(socket_id).cloned()
    }

    /// Whether the client with this socket id is gone.
    pub(super) fn contains(&self, socket_id: &str) -> bool {
        self.farewells.contains_key(socket_id)
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

//! Clients that are gone and may not know it yet.

use std::collections::{HashMap, VecDeque};
use std::time::Instant;

use bytes::Bytes;
use otc_protocol::planted::{self, Bug};

use crate::context::Context;
use crate::io::Now;
use crate::remembered::RequestKey;
use crate::slack::Tighten;

/// Clients that are gone, by socket id, with what removed ones would have been told.
///
/// A client that lost its link just before it was removed, or whose link broke with the news on it, comes back as if
/// nothing had happened: without this it would learn that its session is unknown, instead of that it was removed. And
/// a client that is gone before it knows that it ever entered repeats its create, or had one under way on a socket that
/// was held up: without this it would enter again under an id that the others have been told is gone.
///
/// Socket ids are remembered by their keys: the texts lie among all that a client had, and a few bytes that stay there
/// for a while keep the allocator from giving back the rest.
#[derive(Default)]
pub(super) struct Departed {
    farewells: HashMap<RequestKey, Option<Bytes>>,
    /// In the order of departure, which is that of the ends of their grace windows.
    order: VecDeque<(Instant, RequestKey)>,
}

/// So many are remembered at most; beyond it the oldest are strangers.
const MOST: usize = 16_384;

impl Departed {
    /// Remembers a client for as long as it may try to come back. What it is to be told is as it was said first.
    pub(super) fn insert(&mut self, socket_id: &str, farewell: Option<Bytes>, ctx: &Context, now: Now) {
        let key = ctx.hasher.key(socket_id);
        self.forget_old(now);
        let forgotten = planted::is(Bug::ReturnOfTheGone) && farewell.is_none();
        if forgotten || self.farewells.contains_key(&key) {
            return;
        }
        if self.order.len() >= MOST {
            self.forget_oldest();
        }
        self.farewells.insert(key, farewell);
        self.order.push_back((now.mono + ctx.limits.grace_window, key));
    }

    /// Whether the client with this socket id is gone, and what it has to be told if it was removed.
    pub(super) fn find(&mut self, socket_id: &str, ctx: &Context, now: Now) -> Option<Option<Bytes>> {
        self.forget_old(now);
        self.farewells.get(&ctx.hasher.key(socket_id)).cloned()
    }

    /// Whether the client with this socket id is gone.
    pub(super) fn contains(&self, socket_id: &str, ctx: &Context) -> bool {
        self.farewells.contains_key(&ctx.hasher.key(socket_id))
    }

    fn forget_old(&mut self, now: Now) {
        while self.order.front().is_some_and(|(until, _)| *until <= now.mono) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((_, key)) = self.order.pop_front() {
            self.farewells.remove(&key);
            self.farewells.tighten();
            self.order.tighten();
        }
    }
}

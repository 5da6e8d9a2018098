//! What a session's observer has yet to be told, and the end of telling it.
//!
//! Events are delivered one at a time and in order, on callback threads, with no lock held.
#![forbid(unsafe_code)]

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::session::Event;
use crate::sync::{AtomicBool, Condvar, Mutex, MutexGuard, Ordering};

use super::pool::{Pool, Work};
use super::{Observer, on_callback_thread};

/// Whose mailbox it is.
pub(super) trait Owner: Send + Sync {
    /// The mailbox was congested and now has room again.
    fn has_room(&self);

    /// The observer panicked.
    fn observer_panicked(&self);
}

/// The queue of one session.
pub(super) struct Mailbox {
    state: Mutex<State>,
    /// Signalled when a thread stops telling and someone waits for that.
    ended: Condvar,
    /// Holds more than it should: nothing should be added that can wait.
    congested: AtomicBool,
    limit_bytes: usize,
    pool: Arc<Pool>,
    owner: Weak<dyn Owner>,
}

struct State {
    queue: VecDeque<Event>,
    bytes: usize,
    /// How many events at the front are of earlier episodes: joins that have ended.
    earlier: usize,
    /// The pool has it or is going to.
    scheduled: bool,
    /// A thread is telling events, and holds the observer.
    running: bool,
    /// Gone when closed.
    observer: Option<Arc<dyn Observer>>,
    /// How many wait for the thread to stop telling.
    waiters: usize,
}

/// Most events that are delivered before others that wait for a thread have their turn.
const BATCH: usize = 64;

/// From one warning about a callback that does not return to the next.
const WARNING_INTERVAL: Duration = Duration::from_secs(5);

impl Mailbox {
    pub(super) fn new(
        observer: Arc<dyn Observer>,
        limit_bytes: usize,
        pool: Arc<Pool>,
        owner: Weak<dyn Owner>,
    ) -> Arc<Self> {
        let state = State {
            queue: VecDeque::new(),
            bytes: 0,
            earlier: 0,
            scheduled: false,
            running: false,
            observer: Some(observer),
            waiters: 0,
        };
        Arc::new(Self {
            state: Mutex::new(state),
            ended: Condvar::new(),
            congested: AtomicBool::new(false),
            limit_bytes,
            pool,
            owner,
        })
    }

    /// Adds events in order. They are queued, in the sense that a relay may forget them, when this returns.
    pub(super) fn extend(self: &Arc<Self>, events: impl Iterator<Item = Event>) {
        let mut state = self.state.lock();
        if state.observer.is_none() {
            drop(state);
            // Drawn all the same: their source is to be emptied.
            events.for_each(drop);
            return;
        }
        for event in events {
            state.bytes += event.weight();
            state.queue.push_back(event);
        }
        if state.bytes > self.limit_bytes {
            self.congested.store(true, Ordering::Release);
        }
        let schedule = !state.scheduled && !state.queue.is_empty();
        state.scheduled |= schedule;
        drop(state);
        if schedule {
            self.pool.submit(self.clone());
        }
    }

    /// Whether it holds more than it should; [`Owner::has_room`] tells when that is over.
    pub(super) fn is_congested(&self) -> bool {
        self.congested.load(Ordering::Acquire)
    }

    /// A new join begins: what is queued now belongs to earlier ones.
    pub(super) fn begin_episode(&self) {
        let mut state = self.state.lock();
        state.earlier = state.queue.len();
    }

    /// The program has left: it is told no more of what happened before. Only how earlier joins ended is kept.
    pub(super) fn purge(&self) {
        let mut state = self.state.lock();
        let (mut kept, mut purged) = (VecDeque::new(), Vec::new());
        for (position, event) in std::mem::take(&mut state.queue).into_iter().enumerate() {
            let is_end = matches!(event, Event::Error { .. } | Event::Disconnected);
            if position < state.earlier && is_end { kept.push_back(event) } else { purged.push(event) }
        }
        state.earlier = kept.len();
        state.bytes = kept.iter().map(Event::weight).sum();
        state.queue = kept;
        self.relieve(state);
        drop(purged);
    }

    /// Ends telling. No callback starts once this has returned. If the caller may wait, none is running either;
    /// inside a callback, of whatever session, nobody waits, because two callbacks could wait for each other.
    pub(super) fn close(&self) {
        let mut state = self.state.lock();
        let dropped = (std::mem::take(&mut state.queue), state.observer.take());
        state.bytes = 0;
        state.earlier = 0;
        self.congested.store(false, Ordering::Release);
        drop(state);
        drop(dropped);
        if !on_callback_thread() {
            self.wait_for_callback();
        }
    }

    fn wait_for_callback(&self) {
        let mut waited = Duration::ZERO;
        let mut state = self.state.lock();
        while state.running {
            state.waiters += 1;
            let timed_out = self.ended.wait_for(&mut state, WARNING_INTERVAL).timed_out();
            state.waiters -= 1;
            if timed_out && state.running {
                waited += WARNING_INTERVAL;
                MutexGuard::unlocked(&mut state, || {
                    crate::log::warning!(
                        "delete has been waiting {waited:?} for a callback of the session to return"
                    );
                });
            }
        }
    }

    /// Takes the next event.
    fn next(&self, state: &mut MutexGuard<'_, State>) -> Option<Event> {
        if self.pool.is_stopped() || state.observer.is_none() {
            return None;
        }
        let event = state.queue.pop_front()?;
        state.bytes = state.bytes.saturating_sub(event.weight());
        state.earlier = state.earlier.saturating_sub(1);
        Some(event)
    }

    /// Tells the owner when there is room again.
    fn relieve(&self, state: MutexGuard<'_, State>) {
        let relieved = state.bytes <= self.limit_bytes / 2 && self.congested.swap(false, Ordering::AcqRel);
        drop(state);
        if relieved && let Some(owner) = self.owner.upgrade() {
            owner.has_room();
        }
    }

    fn deliver(&self, observer: &dyn Observer, event: Event) {
        if catch_unwind(AssertUnwindSafe(|| observer.notify(event))).is_err()
            && let Some(owner) = self.owner.upgrade()
        {
            owner.observer_panicked();
        }
    }
}

impl Work for Mailbox {
    fn run(self: Arc<Self>) -> bool {
        let mut state = self.state.lock();
        let observer = state.observer.clone();
        state.running = true;
        for _ in 0..BATCH {
            let Some(event) = self.next(&mut state) else { break };
            self.relieve(state);
            if let Some(observer) = &observer {
                self.deliver(&**observer, event);
            }
            state = self.state.lock();
        }
        drop(state);
        // Before anyone is let go who waits for the end: the observer is gone then, too.
        drop(observer);
        let mut state = self.state.lock();
        state.running = false;
        if state.waiters > 0 {
            self.ended.notify_all();
        }
        let more = !state.queue.is_empty() && state.observer.is_some() && !self.pool.is_stopped();
        state.scheduled = more;
        if state.queue.is_empty() {
            // An idle session holds no queue.
            state.queue = VecDeque::new();
        }
        more
    }
}

#[cfg(test)]
#[path = "mailbox_tests.rs"]
mod tests;

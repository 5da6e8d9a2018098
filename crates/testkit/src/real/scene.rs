//! What is known of a run while it goes on: one lock, under which everything is recorded and judged.

use std::collections::{HashSet, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::c_api::Told;
use crate::checker::{Checker, Rules, Verdict};
use crate::history::{Record, What};

/// Only a hang reaches it.
const LIMIT: Duration = Duration::from_secs(60);

/// How many records are kept to be shown when something is wrong.
const TAIL: usize = 400;

/// Waking others for each signal would be most of the work: they are woken when this many fewer are awaited.
const FEW: i64 = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Idle,
    Connecting,
    Connected,
    Reconnecting,
}

/// What a client was told.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) name: String,
    pub(super) phase: Phase,
    pub(super) id: String,
    pub(super) others: HashSet<String>,
    /// Signals that are on their way to it.
    pub(super) awaited: i64,
    /// How often its link was cut.
    pub(super) cuts: u64,
}

pub(super) struct State {
    checker: Checker,
    tail: VecDeque<Record>,
    records: u64,
    pub(super) clients: Vec<Known>,
    pub(super) sent: u64,
    /// The codes of the errors that were told, in order.
    pub(super) errors: Vec<i32>,
}

impl State {
    pub(super) fn record(&mut self, who: &str, what: What) {
        let record = Record { at_us: self.records, who: who.to_owned(), what };
        self.records += 1;
        self.checker.record(&record);
        if self.tail.len() == TAIL {
            self.tail.pop_front();
        }
        self.tail.push_back(record);
    }

    /// Whether every client is connected and nothing is on its way.
    pub(super) fn is_calm(&self) -> bool {
        self.clients.iter().all(|known| known.phase == Phase::Connected && known.awaited == 0)
    }
}

pub(super) struct Scene {
    state: Mutex<State>,
    changed: Condvar,
}

impl Scene {
    pub(super) fn new() -> Self {
        let state = State {
            checker: Checker::new(Rules::default()),
            tail: VecDeque::new(),
            records: 0,
            clients: Vec::new(),
            sent: 0,
            errors: Vec::new(),
        };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a client; its number.
    pub(super) fn enter(&self, name: &str) -> usize {
        let mut state = self.lock();
        state.clients.push(Known {
            name: name.to_owned(),
            phase: Phase::Idle,
            id: String::new(),
            others: HashSet::new(),
            awaited: 0,
            cuts: 0,
        });
        state.clients.len() - 1
    }

    pub(super) fn record(&self, who: &str, what: What) {
        self.lock().record(who, what);
    }

    /// Notes how often the link of a client was cut.
    pub(super) fn cut(&self, place: usize, cuts: u64) {
        self.lock().clients[place].cuts = cuts;
        self.changed.notify_all();
    }

    /// Lets everyone who waits look again, because of something that is not part of the state.
    pub(super) fn wake(&self) {
        // Whoever is just about to wait holds the lock.
        drop(self.lock());
        self.changed.notify_all();
    }

    /// Waits until the state is so; false if that takes longer than only a hang does.
    pub(super) fn wait(&self, until: impl Fn(&State) -> bool) -> bool {
        self.wait_at_most(LIMIT, until)
    }

    pub(super) fn wait_at_most(&self, limit: Duration, until: impl Fn(&State) -> bool) -> bool {
        self.wait_locked(limit, until).1
    }

    /// Waits until the state is so, and records that everything has settled before anything can change that. Should it
    /// never be so, the verdict says what is missing.
    pub(super) fn settle(&self, until: impl Fn(&State) -> bool) {
        self.wait_locked(LIMIT, until).0.record("", What::Settled);
    }

    fn wait_locked(&self, limit: Duration, until: impl Fn(&State) -> bool) -> (MutexGuard<'_, State>, bool) {
        let waited = self.changed.wait_timeout_while(self.lock(), limit, |state| !until(state));
        let (state, result) = waited.unwrap_or_else(PoisonError::into_inner);
        (state, !result.timed_out())
    }

    pub(super) fn told(&self, place: usize, told: Told) {
        let mut state = self.lock();
        if let Told::Error { code, .. } = told {
            state.errors.push(code);
        }
        let known = &mut state.clients[place];
        let what = match told {
            Told::Connected(id) => {
                known.phase = Phase::Connected;
                known.id.clone_from(&id);
                What::Connected { connection_id: id }
            }
            Told::Created(id) => {
                known.others.insert(id.clone());
                What::ConnectionCreated { connection_id: id, data: None }
            }
            Told::Dropped(id) => {
                known.others.remove(&id);
                What::ConnectionDropped { connection_id: id }
            }
            Told::Signal { kind, data, from } => {
                known.awaited -= 1;
                What::Signal { kind, data, from }
            }
            Told::ReconnectionStarted => {
                known.phase = Phase::Reconnecting;
                What::ReconnectionStarted
            }
            Told::Reconnected => {
                known.phase = Phase::Connected;
                What::Reconnected
            }
            Told::Disconnected => {
                known.phase = Phase::Idle;
                What::Disconnected
            }
            Told::Error { code, message } => {
                if known.phase == Phase::Connecting {
                    known.phase = Phase::Idle;
                }
                What::Error { code, message }
            }
        };
        let name = known.name.clone();
        // Whoever waits while signals arrive waits until there are few or none left.
        let worth_a_look = !matches!(what, What::Signal { .. }) || known.awaited % FEW == 0;
        state.record(&name, what);
        drop(state);
        if worth_a_look {
            self.changed.notify_all();
        }
    }

    /// The verdict, and the last records as lines.
    pub(super) fn finish(&self) -> (Verdict, Vec<String>) {
        let mut state = self.lock();
        let verdict = std::mem::take(&mut state.checker).finish();
        (verdict, state.tail.iter().map(Record::to_line).collect())
    }
}

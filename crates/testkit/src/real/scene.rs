//! What is known of a run while it goes on: one lock, under which everything is recorded and judged.

use std::collections::{HashSet, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use otc::session::Event;

use crate::checker::{Checker, Rules, Verdict};
use crate::history::{Record, What};
use crate::sim::code;

/// Only a hang reaches it.
const LIMIT: Duration = Duration::from_secs(60);

/// How many records are kept to be shown when something is wrong.
const TAIL: usize = 400;

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
}

pub(super) struct State {
    checker: Checker,
    tail: VecDeque<Record>,
    records: u64,
    pub(super) clients: Vec<Known>,
    pub(super) sent: u64,
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
        });
        state.clients.len() - 1
    }

    pub(super) fn record(&self, who: &str, what: What) {
        self.lock().record(who, what);
    }

    /// Waits until the state is so; false if that takes longer than only a hang does.
    pub(super) fn wait(&self, until: impl Fn(&State) -> bool) -> bool {
        self.wait_at_most(LIMIT, until)
    }

    pub(super) fn wait_at_most(&self, limit: Duration, until: impl Fn(&State) -> bool) -> bool {
        let waited = self.changed.wait_timeout_while(self.lock(), limit, |state| !until(state));
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    pub(super) fn told(&self, place: usize, event: Event) {
        let mut state = self.lock();
        let known = &mut state.clients[place];
        let what = match event {
            Event::Connected => {
                known.phase = Phase::Connected;
                What::Connected { connection_id: known.id.clone() }
            }
            Event::ConnectionCreated(connection) => {
                known.others.insert(connection.id.clone());
                What::ConnectionCreated { connection_id: connection.id.clone(), data: None }
            }
            Event::ConnectionDropped(connection) => {
                known.others.remove(&connection.id);
                What::ConnectionDropped { connection_id: connection.id.clone() }
            }
            Event::SignalReceived { kind, data, from } => {
                known.awaited -= 1;
                let from = from.map(|from| from.id.clone());
                What::Signal { kind: kind.to_string(), data: data.to_string(), from }
            }
            Event::ReconnectionStarted => {
                known.phase = Phase::Reconnecting;
                What::ReconnectionStarted
            }
            Event::Reconnected => {
                known.phase = Phase::Connected;
                What::Reconnected
            }
            Event::Disconnected => {
                known.phase = Phase::Idle;
                What::Disconnected
            }
            Event::Error { error, message } => {
                if known.phase == Phase::Connecting {
                    known.phase = Phase::Idle;
                }
                What::Error { code: code(error), message }
            }
            // Nothing here publishes, records or mutes; should it be told all the same, the checker says so.
            other => What::Refused { cmd: format!("unexpected {other:?}"), status: 0, data: None },
        };
        let name = known.name.clone();
        state.record(&name, what);
        drop(state);
        self.changed.notify_all();
    }

    /// The verdict, and the last records as lines.
    pub(super) fn finish(&self) -> (Verdict, Vec<String>) {
        let mut state = self.lock();
        let verdict = std::mem::take(&mut state.checker).finish();
        (verdict, state.tail.iter().map(Record::to_line).collect())
    }
}

//! Callback threads: as many as there is work for, up to a limit, and none when there is none for a while.
#![forbid(unsafe_code)]

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::sync::{AtomicBool, Condvar, JoinHandle, Mutex, MutexGuard, Ordering};

use super::threads;

/// Most callback threads. Programs with more sessions than that share them; only callbacks that block notice.
pub(super) const MAX_CALLBACK_THREADS: usize = 64;

/// How long a thread without work stays. Long enough that a chat does not start a thread for each line.
pub(super) const IDLE_STAY: Duration = Duration::from_secs(10);

/// Room for what a host's callback may put on its stack: what a thread of the host itself usually has.
const STACK_BYTES: usize = 8 * 1024 * 1024;

/// Something with callbacks to run.
pub(super) trait Work: Send + Sync {
    /// Runs some. Returns whether there are more, for which it is then called again; until it returned false it must
    /// not be submitted again.
    fn run(self: Arc<Self>) -> bool;
}

/// The callback threads and what waits for them.
pub(super) struct Pool {
    state: Mutex<State>,
    /// Signalled when the last thread is about to end.
    empty: Condvar,
    max: usize,
    idle_stay: Duration,
    /// Set once: no callback starts any more.
    stopped: AtomicBool,
    /// The system refused a thread: someone should try again.
    starved: AtomicBool,
}

struct State {
    ready: VecDeque<Arc<dyn Work>>,
    /// Threads without work, the one that worked last on top: the others reach the end of their stay.
    idle: Vec<Arc<Condvar>>,
    threads: Vec<(u64, JoinHandle<()>)>,
    /// Threads that run or are being started.
    count: usize,
    next_id: u64,
}

impl Pool {
    pub(super) fn new(max: usize, idle_stay: Duration) -> Arc<Self> {
        let state =
            State { ready: VecDeque::new(), idle: Vec::new(), threads: Vec::new(), count: 0, next_id: 0 };
        Arc::new(Self {
            state: Mutex::new(state),
            empty: Condvar::new(),
            max,
            idle_stay,
            stopped: AtomicBool::new(false),
            starved: AtomicBool::new(false),
        })
    }

    /// Has `work` run on a thread, soon.
    pub(super) fn submit(self: &Arc<Self>, work: Arc<dyn Work>) {
        let mut state = self.state.lock();
        if self.is_stopped() {
            return;
        }
        state.ready.push_back(work);
        self.staff(state);
    }

    /// Tries again to start a thread if the system refused one when it was needed. Not to be called with a lock held.
    pub(super) fn nudge(self: &Arc<Self>) {
        if self.starved.load(Ordering::Relaxed) && self.starved.swap(false, Ordering::Relaxed) {
            crate::log::warning!("the system refused a callback thread: callbacks are late");
            self.staff(self.state.lock());
        }
    }

    /// Whether callbacks must not start any more.
    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    /// From here on no callback starts. Those that run are left to end.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
        let (abandoned, idle) = {
            let mut state = self.state.lock();
            (std::mem::take(&mut state.ready), std::mem::take(&mut state.idle))
        };
        for seat in idle {
            seat.notify_one();
        }
        drop(abandoned);
    }

    /// After [`stop`](Self::stop): waits for the threads to end, until `deadline`. Those that are still inside a
    /// callback then are let go. Returns whether all have ended.
    pub(super) fn join(&self, deadline: Instant) -> bool {
        let mut state = self.state.lock();
        while state.count > 0 {
            if self.empty.wait_until(&mut state, deadline).timed_out() {
                break;
            }
        }
        let all_ended = state.count == 0;
        let threads = std::mem::take(&mut state.threads);
        drop(state);
        for (_, thread) in threads {
            if all_ended || thread.is_finished() {
                // It ends without waiting for anything: this is short.
                drop(thread.join());
            }
        }
        all_ended
    }

    /// Waits until there is no thread. Returns whether that came true in time.
    #[cfg(test)]
    pub(super) fn wait_until_empty(&self, limit: Duration) -> bool {
        let mut state = self.state.lock();
        !self.empty.wait_while_for(&mut state, |state| state.count > 0, limit).timed_out()
    }

    /// How many threads there are.
    #[cfg(test)]
    pub(super) fn threads(&self) -> usize {
        self.state.lock().count
    }

    /// Finds a thread for what was put into the queue: one that has nothing to do, else a new one, else the next that
    /// is done with its own.
    fn staff(self: &Arc<Self>, mut state: MutexGuard<'_, State>) {
        if let Some(seat) = state.idle.pop() {
            drop(state);
            seat.notify_one();
            return;
        }
        if state.count >= self.max || state.ready.is_empty() {
            return;
        }
        let id = state.next_id;
        state.next_id += 1;
        state.count += 1;
        let pool = self.clone();
        // Under the lock, so that the thread finds its handle when it ends.
        match threads::spawn("otc-callback", STACK_BYTES, move || pool.serve(id)) {
            Ok(thread) => state.threads.push((id, thread)),
            Err(_) => {
                state.count -= 1;
                // Not logged here, where a session may be locked.
                self.starved.store(true, Ordering::Relaxed);
            }
        }
    }

    /// The life of one thread.
    fn serve(self: Arc<Self>, id: u64) {
        while let Some(work) = self.next(id) {
            if work.clone().run() {
                // At the end of the queue: whoever has much to tell does not keep others waiting.
                self.state.lock().ready.push_back(work);
            }
        }
    }

    /// The next work; `None`: the thread has been struck off and must end.
    fn next(&self, id: u64) -> Option<Arc<dyn Work>> {
        let seat = Arc::new(Condvar::new());
        let mut state = self.state.lock();
        loop {
            if self.is_stopped() {
                self.leave(state, id);
                return None;
            }
            if let Some(work) = state.ready.pop_front() {
                return Some(work);
            }
            state.idle.push(seat.clone());
            let timed_out = seat.wait_for(&mut state, self.idle_stay).timed_out();
            let still_idle = state.idle.iter().position(|other| Arc::ptr_eq(other, &seat));
            if let Some(index) = still_idle {
                state.idle.remove(index);
                if timed_out && state.ready.is_empty() {
                    self.leave(state, id);
                    return None;
                }
            }
        }
    }

    fn leave(&self, mut state: MutexGuard<'_, State>, id: u64) {
        state.count -= 1;
        // While stopping, the handle stays for whoever joins.
        if !self.is_stopped() {
            state.threads.retain(|(other, _)| *other != id);
        }
        if state.count == 0 {
            self.empty.notify_all();
        }
    }
}

//! The same names as the library's, with the checker behind them.
#![allow(dead_code, reason = "the library's names, of which its parts need different ones")]

use std::cell::Cell;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, LockResult, PoisonError};
use std::time::{Duration, Instant};

use shuttle::rand::Rng;
pub(crate) use shuttle::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

thread_local! {
    /// Whether waits with a limit may end by it. All threads of a scenario are one thread of the system.
    static TIME_PASSES: Cell<bool> = const { Cell::new(false) };
}

/// From here on waits with a limit sometimes end by it; without, only by what they wait for, which shows what would be
/// waited for in vain.
pub(crate) fn let_time_pass(passes: bool) {
    TIME_PASSES.set(passes);
}

fn limit_is_reached() -> bool {
    TIME_PASSES.get() && shuttle::rand::thread_rng().gen_bool(0.3)
}

fn unpoisoned<T>(result: LockResult<T>) -> T {
    result.unwrap_or_else(PoisonError::into_inner)
}

pub(crate) struct Mutex<T>(shuttle::sync::Mutex<T>);

pub(crate) struct MutexGuard<'a, T> {
    mutex: &'a Mutex<T>,
    /// `None` only while the lock is given up for a moment.
    held: Option<shuttle::sync::MutexGuard<'a, T>>,
}

impl<T> Mutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(shuttle::sync::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        MutexGuard { mutex: self, held: Some(unpoisoned(self.0.lock())) }
    }
}

impl<T: Default> Default for Mutex<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> MutexGuard<'_, T> {
    pub(crate) fn unlocked<R>(guard: &mut Self, body: impl FnOnce() -> R) -> R {
        guard.held = None;
        let result = body();
        guard.held = Some(unpoisoned(guard.mutex.0.lock()));
        result
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.held.as_ref().expect("locked")
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.held.as_mut().expect("locked")
    }
}

pub(crate) struct Condvar(shuttle::sync::Condvar);

pub(crate) struct WaitTimeoutResult(bool);

impl WaitTimeoutResult {
    pub(crate) fn timed_out(&self) -> bool {
        self.0
    }
}

impl Condvar {
    pub(crate) const fn new() -> Self {
        Self(shuttle::sync::Condvar::new())
    }

    pub(crate) fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
        let held = guard.held.take().expect("locked");
        guard.held = Some(unpoisoned(self.0.wait(held)));
    }

    pub(crate) fn wait_for<T>(&self, guard: &mut MutexGuard<'_, T>, _: Duration) -> WaitTimeoutResult {
        if limit_is_reached() {
            MutexGuard::unlocked(guard, shuttle::thread::yield_now);
            return WaitTimeoutResult(true);
        }
        self.wait(guard);
        WaitTimeoutResult(false)
    }

    pub(crate) fn wait_until<T>(&self, guard: &mut MutexGuard<'_, T>, _: Instant) -> WaitTimeoutResult {
        self.wait_for(guard, Duration::ZERO)
    }

    pub(crate) fn notify_one(&self) {
        self.0.notify_one();
    }

    pub(crate) fn notify_all(&self) {
        self.0.notify_all();
    }
}

pub(crate) struct RwLock<T>(shuttle::sync::RwLock<T>);

impl<T> RwLock<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(shuttle::sync::RwLock::new(value))
    }

    pub(crate) fn read(&self) -> shuttle::sync::RwLockReadGuard<'_, T> {
        unpoisoned(self.0.read())
    }

    pub(crate) fn write(&self) -> shuttle::sync::RwLockWriteGuard<'_, T> {
        unpoisoned(self.0.write())
    }
}

/// A thread to wait for.
pub(crate) struct JoinHandle<T> {
    pub(crate) thread: shuttle::thread::JoinHandle<T>,
    pub(crate) finished: Arc<AtomicBool>,
}

impl<T> JoinHandle<T> {
    pub(crate) fn is_finished(&self) -> bool {
        self.finished.load(Ordering::SeqCst)
    }

    pub(crate) fn join(self) -> std::thread::Result<T> {
        self.thread.join()
    }
}

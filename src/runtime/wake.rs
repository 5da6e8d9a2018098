//! Wakes a session's task from other threads, once for a burst.
#![forbid(unsafe_code)]

use std::task::{Context, Waker};

use crate::sync::{AtomicBool, Mutex, Ordering};

/// A flag with the waker of the one task that looks at it.
#[derive(Default)]
pub(super) struct Wake {
    pending: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

impl Wake {
    /// Makes the task run. Cheap when it is going to anyway.
    pub(super) fn wake(&self) {
        if self.pending.swap(true, Ordering::AcqRel) {
            return;
        }
        let waker = self.waker.lock().take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// For the task, before it looks at what others did: from here on a [`wake`](Self::wake) makes it run again.
    pub(super) fn arm(&self, cx: &Context<'_>) {
        let mut waker = self.waker.lock();
        if !waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            *waker = Some(cx.waker().clone());
        }
        drop(waker);
        self.pending.store(false, Ordering::Release);
    }

    /// For the task: whether it was woken since it armed.
    pub(super) fn is_pending(&self) -> bool {
        self.pending.load(Ordering::Acquire)
    }
}

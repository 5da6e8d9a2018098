//! Work that blocks, on threads of the runtime that are there for it.
#![forbid(unsafe_code)]

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `work` on such a thread. An error: the system has no thread left for it, or `work` panicked.
pub(super) async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
    // The runtime panics when the system refuses it its first thread. That is no defect, and passes.
    let started = catch_unwind(AssertUnwindSafe(|| tokio::task::spawn_blocking(work)));
    match started {
        Ok(running) => running.await.map_err(|_| io::Error::other("interrupted")),
        Err(_) => Err(io::Error::other("the system has no thread left for it")),
    }
}

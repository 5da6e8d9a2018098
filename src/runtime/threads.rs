//! The library's own threads: named, and deaf to signals that come from outside.
#![forbid(unsafe_code)]

use std::cell::Cell;
use std::io;
use std::thread::{Builder, JoinHandle};

thread_local! {
    static OURS: Cell<bool> = const { Cell::new(false) };
}

/// Whether the calling thread is one of the library's.
pub(super) fn is_ours() -> bool {
    OURS.try_with(Cell::get).unwrap_or(false)
}

/// Marks the calling thread as the library's. It must have been started by one that is, or by [`spawn`], so that it
/// inherited its signal mask.
pub(super) fn adopt() {
    let _ = OURS.try_with(|ours| ours.set(true));
}

/// Starts a thread that blocks signals, so that the host's handlers run on the host's threads. The signals by which a
/// thread's own faults are told stay as they are: a fault in a callback of the host reaches the host's handler, which no
/// other thread could run for it.
pub(super) fn spawn(
    name: &str,
    stack_bytes: usize,
    body: impl FnOnce() + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    let builder = Builder::new().name(name.to_owned()).stack_size(stack_bytes);
    with_signals_blocked(|| {
        builder.spawn(move || {
            adopt();
            body();
        })
    })
}

/// A new thread inherits the mask of its maker: blocking signals before it exists leaves no moment without.
#[cfg(unix)]
fn with_signals_blocked<T>(start: impl FnOnce() -> T) -> T {
    use nix::sys::signal::{SigSet, SigmaskHow, Signal};
    const FAULTS: [Signal; 7] = [
        Signal::SIGABRT,
        Signal::SIGBUS,
        Signal::SIGFPE,
        Signal::SIGILL,
        Signal::SIGSEGV,
        Signal::SIGSYS,
        Signal::SIGTRAP,
    ];
    let mut blocked = SigSet::all();
    FAULTS.iter().for_each(|fault| blocked.remove(*fault));
    // Added to what is blocked already: a host that waits for such a signal on a thread of its own has blocked it.
    let before = blocked.thread_swap_mask(SigmaskHow::SIG_BLOCK);
    let result = start();
    if let Ok(before) = before {
        let _ = before.thread_set_mask();
    }
    result
}

#[cfg(not(unix))]
fn with_signals_blocked<T>(start: impl FnOnce() -> T) -> T {
    start()
}

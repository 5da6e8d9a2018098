//! The parts that are checked, from the library's sources, and what they stand on.
#![allow(dead_code, reason = "not every scenario needs every function")]

#[path = "../../../src/runtime/mailbox.rs"]
mod mailbox;
#[path = "../../../src/runtime/pool.rs"]
mod pool;
#[path = "../../../src/ffi/table.rs"]
mod table;
#[path = "../../../src/runtime/wake.rs"]
mod wake;

pub mod scenarios;

use crate::session::Event;

/// As in the library.
pub(crate) trait Observer: Send + Sync + 'static {
    /// One event.
    fn notify(&self, event: Event);
}

/// As in the library, without its log.
fn on_callback_thread() -> bool {
    threads::is_ours()
}

/// As in the library, on the checker's threads.
mod threads {
    use std::cell::Cell;
    use std::io;
    use std::sync::Arc;

    use crate::sync::{AtomicBool, JoinHandle, Ordering};

    shuttle::thread_local! {
        static OURS: Cell<bool> = const { Cell::new(false) };
    }

    pub(super) fn is_ours() -> bool {
        OURS.with(Cell::get)
    }

    pub(super) fn spawn(
        name: &str,
        _: usize,
        body: impl FnOnce() + Send + 'static,
    ) -> io::Result<JoinHandle<()>> {
        let finished = Arc::new(AtomicBool::new(false));
        let flag = finished.clone();
        let builder = shuttle::thread::Builder::new().name(name.to_owned());
        let thread = builder.spawn(move || {
            OURS.with(|ours| ours.set(true));
            body();
            flag.store(true, Ordering::SeqCst);
        })?;
        Ok(JoinHandle { thread, finished })
    }
}

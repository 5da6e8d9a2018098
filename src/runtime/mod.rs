//! Everything that runs: the library's life, its threads, and the sessions on them.
//!
//! One I/O thread serves all sessions; it starts with the first connect and sleeps when nothing moves. Observers are
//! called on callback threads, which come and go with the work. A process that forked must not use the library in
//! the child: threads do not survive a fork.
#![forbid(unsafe_code)]

mod handle;
mod settings;

pub use handle::SessionHandle;
pub use settings::{Options, SessionSettings, SettingError, check_api_url, check_proxy_url};

use crate::session::Event;

/// Is told what happens in a session.
pub trait Observer: Send + Sync + 'static {
    /// One event. Called on a callback thread, one call at a time for each session, in the order of the events. It
    /// may call any function of the library. A panic ends the session with
    /// [`SessionError::Internal`](crate::session::SessionError::Internal).
    fn notify(&self, event: Event);
}

/// How [`destroy`] went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DestroyOutcome {
    /// The library is still in use by another [`init`].
    StillInUse,
    /// All sessions have ended and all threads are gone.
    Done,
    /// All sessions have ended, but callbacks were still running after the time limit: their threads go when the
    /// callbacks return.
    CallbacksStillRunning,
    /// Nothing was done: the caller is inside a callback, which cannot wait for itself.
    InsideCallback,
    /// Nothing was done: the library is not initialised.
    NotInitialised,
}

/// Why [`SessionHandle::new`] failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewSessionError {
    /// The library is not initialised.
    NotInitialised,
    /// A setting cannot be used.
    Setting(SettingError),
}

/// Makes the library ready, or counts one more user of it. Starts nothing yet and does not block.
pub fn init() {}

/// Gives up one [`init`]. The last one ends every session silently, tells the relays (at most 2 s in all), and joins
/// the library's threads. Fails inside a callback.
pub fn destroy() -> DestroyOutcome {
    DestroyOutcome::NotInitialised
}

/// Whether the library is initialised.
pub fn is_initialised() -> bool {
    false
}

/// Whether the calling thread must not wait for callbacks: it is running one, or a log sink, or belongs to the library.
pub fn on_callback_thread() -> bool {
    false
}

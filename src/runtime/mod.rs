//! Everything that runs: the library's life, its threads, and the sessions on them.
//!
//! One I/O thread serves all sessions; it starts with the first connect and sleeps when nothing moves. Observers are
//! called on callback threads, which come and go with the work. A process that forked must not use the library in
//! the child: threads do not survive a fork.
#![forbid(unsafe_code)]

mod clock;
mod core;
mod driver;
mod engine;
mod handle;
mod links;
mod mailbox;
mod pool;
#[cfg(test)]
mod scripted_relay;
mod settings;
mod threads;
mod wake;

use std::sync::Arc;

use parking_lot::Mutex;

pub use handle::SessionHandle;
pub use settings::{
    DEFAULT_API_URL, DEFAULT_CALLBACK_QUEUE_BYTES, ForwardProxy, Options, SessionSettings, SettingError,
    check_api_url, check_ca_file, check_proxy_url,
};

use crate::session::Event;

use engine::Engine;

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
    /// The system gives no random numbers.
    NoRandomness,
}

impl std::fmt::Display for NewSessionError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotInitialised => f.write_str("the library is not initialised"),
            Self::Setting(error) => error.fmt(f),
            Self::NoRandomness => f.write_str("the system gives no random numbers"),
        }
    }
}

impl std::error::Error for NewSessionError {}

impl From<SettingError> for NewSessionError {
    fn from(error: SettingError) -> Self {
        Self::Setting(error)
    }
}

/// The library of this process.
struct Library {
    /// How often it was initialised and not destroyed.
    users: usize,
    engine: Option<Arc<Engine>>,
}

static LIBRARY: Mutex<Library> = Mutex::new(Library { users: 0, engine: None });

/// Makes the library ready, or counts one more user of it. Starts nothing yet and does not block.
pub fn init() {
    let mut library = LIBRARY.lock();
    library.users += 1;
    library.engine.get_or_insert_with(Engine::new);
}

/// Gives up one [`init`]. The last one ends every session silently, tells the relays (at most 2 s in all), and joins
/// the library's threads. Fails inside a callback.
pub fn destroy() -> DestroyOutcome {
    if on_callback_thread() {
        crate::log::error!("the library cannot be destroyed inside a callback");
        return DestroyOutcome::InsideCallback;
    }
    let engine = {
        let mut library = LIBRARY.lock();
        match library.users {
            0 => return DestroyOutcome::NotInitialised,
            1 => library.users = 0,
            _ => {
                library.users -= 1;
                return DestroyOutcome::StillInUse;
            }
        }
        // Taken out, so that an init from now on begins a new life beside the one that ends.
        library.engine.take()
    };
    match engine {
        Some(engine) if !engine.shut_down() => DestroyOutcome::CallbacksStillRunning,
        _ => DestroyOutcome::Done,
    }
}

/// Whether the library is initialised.
pub fn is_initialised() -> bool {
    LIBRARY.lock().users > 0
}

/// Whether the calling thread must not wait for callbacks: it is running one, or a log sink, or belongs to the library.
pub fn on_callback_thread() -> bool {
    threads::is_ours() || crate::log::inside_sink()
}

fn engine() -> Option<Arc<Engine>> {
    LIBRARY.lock().engine.clone()
}

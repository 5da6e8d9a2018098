//! What an opening is waiting for.
#![forbid(unsafe_code)]

use std::sync::Arc;

use parking_lot::Mutex;

/// What a request or a link that is being opened waits for just now, so that whoever loses patience can say where it
/// got stuck. Clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Progress(Arc<Mutex<String>>);

impl Progress {
    /// Goes on to wait for something else: words that fit behind "waiting for", without secrets.
    pub(super) fn set(&self, waiting_for: impl Into<String>) {
        *self.0.lock() = super::error::short_line(&waiting_for.into());
    }

    /// What is waited for; empty before anything has begun.
    pub fn waiting_for(&self) -> String {
        self.0.lock().clone()
    }
}

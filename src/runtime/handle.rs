//! A session as the rest of the program holds it.
#![forbid(unsafe_code)]

use std::sync::Arc;

use crate::session::{
    Capabilities, CommandError, Connection, Counters, OutgoingSignal, SendError, StateName,
};

use super::settings::Options;
use super::{NewSessionError, Observer};

/// A session. Clones are the same session; it ends with [`delete`](Self::delete), not with the last clone.
///
/// All methods may be called from any thread, callbacks included. None blocks on the network or, apart from `delete`,
/// on callbacks.
#[derive(Clone)]
pub struct SessionHandle;

impl SessionHandle {
    /// A session that is idle. Starts no thread and opens nothing.
    pub fn new(_options: Options, _observer: Arc<dyn Observer>) -> Result<Self, NewSessionError> {
        Err(NewSessionError::NotInitialised)
    }

    /// Starts joining with this token.
    pub fn connect(&self, _token: &str) -> Result<(), CommandError> {
        Err(CommandError::IllegalState)
    }

    /// Starts leaving. Events that wait for a callback are dropped: only `Disconnected` follows.
    pub fn disconnect(&self) -> Result<(), CommandError> {
        Err(CommandError::NotConnected)
    }

    /// Accepts a signal for sending, or says why not.
    pub fn send_signal(&self, _signal: OutgoingSignal<'_>) -> Result<(), SendError> {
        Err(SendError::NotConnected)
    }

    /// Asks the relay to remove another client.
    pub fn force_disconnect(&self, _connection: &str) -> Result<(), CommandError> {
        Err(CommandError::NotConnected)
    }

    /// The own connection: set before `Connected` is told, kept after the end, a new object for each join.
    pub fn own_connection(&self) -> Option<Arc<Connection>> {
        None
    }

    /// What the own role allows.
    pub fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    /// What was counted.
    pub fn counters(&self) -> Counters {
        Counters::default()
    }

    /// The state, by name.
    pub fn state(&self) -> StateName {
        StateName::Idle
    }

    /// Ends the session because a defect was caught in a call of it: `SessionError::Internal`, and `Disconnected` if it
    /// was joined. Must not panic itself.
    pub fn fail(&self, _detail: &str) {}

    /// Ends the session silently. Once this returns no callback of it runs or will run, unless the caller is inside a
    /// callback itself (of any session): then a running one may finish, and none starts. The relay is told in the
    /// background. Deleting again does nothing.
    pub fn delete(&self) {}
}

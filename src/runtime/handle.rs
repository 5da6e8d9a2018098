//! A session as the rest of the program holds it.
#![forbid(unsafe_code)]

use std::sync::Arc;

use crate::session::{
    Capabilities, CommandError, Connection, Counters, Identity, OutgoingSignal, SendError, Session, StateName,
};
use crate::transport::Connector;
use crate::transport::websocket::WebSocketConnector;

use super::clock::now;
use super::core::Core;
use super::driver::Driver;
use super::engine::Engine;
use super::settings::{Environment, Options};
use super::{NewSessionError, Observer};

/// A session. Clones are the same session; it ends with [`delete`](Self::delete), not with the last clone.
///
/// All methods may be called from any thread, callbacks included. None blocks on the network or, apart from `delete`,
/// on callbacks. Should one panic, the session may be half changed: whoever catches that must call
/// [`fail`](Self::fail).
#[derive(Clone)]
pub struct SessionHandle {
    core: Arc<Core>,
}

impl SessionHandle {
    /// A session that is idle. Starts no thread and opens nothing.
    pub fn new(options: Options, observer: Arc<dyn Observer>) -> Result<Self, NewSessionError> {
        let engine = super::engine().ok_or(NewSessionError::NotInitialised)?;
        let route = options.settings.route(&Environment::of_process())?;
        let relay = match &route.api {
            Ok(api) => api.shown(),
            Err(error) => error.url.clone(),
        };
        let connector = WebSocketConnector::new(route, engine.tls().clone());
        Self::with_connector(options, relay, observer, engine, connector)
    }

    /// A session on any kind of links.
    pub(super) fn with_connector(
        options: Options,
        relay: String,
        observer: Arc<dyn Observer>,
        engine: Arc<Engine>,
        connector: impl Connector,
    ) -> Result<Self, NewSessionError> {
        let Options { api_key, session_id, settings } = options;
        let identity = Identity { api_key, session_id, relay };
        let session = Session::new(identity, settings.config, seed()?);
        let connector = Arc::new(connector);
        let launch = Box::new(move |handle: &tokio::runtime::Handle, core: Arc<Core>| {
            drop(handle.spawn(Driver::new(core, connector.clone())));
        });
        let core = Core::new(session, observer, settings.callback_queue_bytes, engine, launch);
        Ok(Self { core })
    }

    /// Starts joining with this token. An illegal state: joined or joining already, deleted, or the library was
    /// destroyed.
    pub fn connect(&self, token: &str) -> Result<(), CommandError> {
        self.core.connect(token)
    }

    /// Starts leaving. Events that wait for a callback are dropped: only `Disconnected` follows.
    pub fn disconnect(&self) -> Result<(), CommandError> {
        self.core.disconnect()
    }

    /// Accepts a signal for sending, or says why not.
    pub fn send_signal(&self, signal: OutgoingSignal<'_>) -> Result<(), SendError> {
        self.core.change(|_, machine| machine.session.send_signal(signal, now()))
    }

    /// Asks the relay to remove another client.
    pub fn force_disconnect(&self, connection: &str) -> Result<(), CommandError> {
        self.core.change(|_, machine| machine.session.force_disconnect(connection, now()))
    }

    /// The own connection: set before `Connected` is told, kept after the end, a new object for each join.
    pub fn own_connection(&self) -> Option<Arc<Connection>> {
        self.core.look(Session::own_connection)
    }

    /// What the own role allows.
    pub fn capabilities(&self) -> Capabilities {
        self.core.look(Session::capabilities)
    }

    /// What was counted.
    pub fn counters(&self) -> Counters {
        self.core.look(Session::counters)
    }

    /// The state, by name.
    pub fn state(&self) -> StateName {
        self.core.look(Session::state)
    }

    /// Ends the session because a defect was caught around it:
    /// [`SessionError::Internal`](crate::session::SessionError::Internal) is told, then `Disconnected` if it was
    /// joined. Does not panic.
    pub fn fail(&self, detail: &str) {
        self.core.fail(detail);
    }

    /// Ends the session silently. Once this returns no callback of it runs or will run, unless the caller is inside a
    /// callback itself (of any session): then a running one may finish, and none starts. The relay is told in the
    /// background. Deleting again does nothing.
    pub fn delete(&self) {
        self.core.abandon();
        self.core.mailbox.close();
    }
}

/// What the ids of a session are made from: they must not be guessed.
fn seed() -> Result<[u8; 32], NewSessionError> {
    use ring::rand::{SecureRandom as _, SystemRandom};
    let mut seed = [0; 32];
    SystemRandom::new().fill(&mut seed).map_err(|_| NewSessionError::NoRandomness)?;
    Ok(seed)
}

//! A program with one session, which records whatever it does and is told.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use otc::runtime::{Observer, Options, SessionHandle, SessionSettings};
use otc::session::{Event, OutgoingSignal, SendError, Target};

use super::scene::{Phase, Scene};
use super::{API_KEY, token};
use crate::history::{Joining, Sent, What};

struct Teller {
    scene: Arc<Scene>,
    place: usize,
    handle: Arc<OnceLock<SessionHandle>>,
}

impl Observer for Teller {
    fn notify(&self, event: Event) {
        if event == Event::Connected {
            let own = self.handle.get().and_then(SessionHandle::own_connection);
            self.scene.lock().clients[self.place].id = own.map_or(String::new(), |own| own.id.clone());
        }
        self.scene.told(self.place, event);
    }
}

pub(super) struct Client {
    pub(super) place: usize,
    name: String,
    session: String,
    scene: Arc<Scene>,
    handle: Arc<OnceLock<SessionHandle>>,
}

impl Client {
    /// A client that has not joined yet.
    pub(super) fn new(scene: &Arc<Scene>, name: &str, session: &str, api_url: String) -> Self {
        let place = scene.enter(name);
        let handle = Arc::new(OnceLock::new());
        let observer = Arc::new(Teller { scene: scene.clone(), place, handle: handle.clone() });
        let mut settings = SessionSettings { api_url: Some(api_url), ..SessionSettings::default() };
        // Links that fall silent are to be noticed soon, and the next try is not to wait.
        settings.config.info_pauses = [Duration::from_millis(1), Duration::from_millis(50)];
        settings.config.reconnect_pause = Duration::from_millis(20);
        settings.config.ping_interval = Duration::from_millis(500);
        settings.config.silence_limit = Duration::from_millis(2_000);
        let options = Options { api_key: API_KEY.to_owned(), session_id: session.to_owned(), settings };
        let made = SessionHandle::new(options, observer).expect("the library is initialised");
        assert!(handle.set(made).is_ok(), "it is set once");
        Self { place, name: name.to_owned(), session: session.to_owned(), scene: scene.clone(), handle }
    }

    fn handle(&self) -> &SessionHandle {
        self.handle.get().expect("set when made")
    }

    /// Joins; once more if a fault is in the way. False if that fails too.
    pub(super) fn join(&self) -> bool {
        for _ in 0..3 {
            {
                let mut state = self.scene.lock();
                state.record(&self.name, What::Joining(Joining::new(&self.session)));
                let known = &mut state.clients[self.place];
                known.phase = Phase::Connecting;
                known.others.clear();
                self.handle().connect(&token(&self.session)).expect("idle");
            }
            let place = self.place;
            self.scene.wait(|state| state.clients[place].phase != Phase::Connecting);
            if self.scene.lock().clients[place].phase != Phase::Idle {
                return true;
            }
        }
        false
    }

    pub(super) fn id(&self) -> String {
        self.scene.lock().clients[self.place].id.clone()
    }

    /// Sends, to everyone or to the client at a place; whether it was accepted.
    pub(super) fn send(&self, data: String, to: Option<usize>) -> bool {
        // Nothing can be told of the signal before it is recorded: that waits for the lock.
        let mut state = self.scene.lock();
        let id = to.map(|place| state.clients[place].id.clone());
        let target = id.as_deref().map_or(Target::Everyone, Target::Connection);
        let signal = OutgoingSignal { kind: b"", data: data.as_bytes(), target, retry: true };
        let status = match self.handle().send_signal(signal) {
            Ok(()) => 0,
            Err(SendError::NotConnected) => 1010,
            Err(_) => 1550,
        };
        let accepted = status == 0;
        if accepted {
            state.sent += 1;
            for (place, known) in state.clients.iter_mut().enumerate() {
                known.awaited += i64::from(to.is_none_or(|to| to == place));
            }
        }
        let sent = Sent { kind: String::new(), data, to: id, retry: true, status: Some(status) };
        state.record(&self.name, What::Sent(sent));
        accepted
    }

    /// Leaves, and waits until that is told.
    pub(super) fn leave(&self) {
        self.scene.record(&self.name, What::DisconnectAsked);
        let _ = self.handle().disconnect();
        let place = self.place;
        self.scene.wait(|state| state.clients[place].phase == Phase::Idle);
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.handle().delete();
        self.scene.record(&self.name, What::Deleted);
    }
}

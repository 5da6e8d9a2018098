//! A program with one session, which records whatever it does and is told.

use std::sync::Arc;

use super::c_api::{Session, Times};
use super::scene::{Phase, Scene};
use super::{API_KEY, token};
use crate::history::{Joining, Sent, What};

/// How often a join is tried, should a fault be in the way.
const TRIES: usize = 3;

pub(super) struct Client {
    pub(super) place: usize,
    name: String,
    session_id: String,
    scene: Arc<Scene>,
    /// There until it is dropped.
    session: Option<Session>,
}

impl Client {
    /// A client that has not joined yet.
    pub(super) fn new(scene: &Arc<Scene>, name: &str, session_id: &str, api_url: &str, times: Times) -> Self {
        let place = scene.enter(name);
        let teller = scene.clone();
        let tell = move |told| teller.told(place, told);
        let session = Some(Session::new(API_KEY, session_id, api_url, times, tell));
        Self {
            place,
            name: name.to_owned(),
            session_id: session_id.to_owned(),
            scene: scene.clone(),
            session,
        }
    }

    fn session(&self) -> &Session {
        self.session.as_ref().expect("there until it is dropped")
    }

    /// Joins; again if a fault is in the way. False if that fails too.
    pub(super) fn join(&self) -> bool {
        (0..TRIES).any(|_| self.try_to_join())
    }

    /// Joins, or is told that it failed.
    pub(super) fn try_to_join(&self) -> bool {
        {
            let mut state = self.scene.lock();
            state.record(&self.name, What::Joining(Joining::new(&self.session_id)));
            let known = &mut state.clients[self.place];
            known.phase = Phase::Connecting;
            known.awaited = 0;
            known.others.clear();
        }
        assert_eq!(self.session().connect(&token(&self.session_id)), 0, "{} is idle", self.name);
        let place = self.place;
        self.scene.wait(|state| state.clients[place].phase != Phase::Connecting);
        self.scene.lock().clients[place].phase != Phase::Idle
    }

    pub(super) fn id(&self) -> String {
        self.scene.lock().clients[self.place].id.clone()
    }

    pub(super) fn phase(&self) -> Phase {
        self.scene.lock().clients[self.place].phase
    }

    /// Sends, to everyone or to the client at a place; whether it was accepted.
    pub(super) fn send(&self, data: String, to: Option<usize>) -> bool {
        // Nothing can be told of the signal before it is recorded: that waits for the lock.
        let mut state = self.scene.lock();
        let id = to.map(|place| state.clients[place].id.clone());
        let Some(status) = self.session().send(&data, id.as_deref(), true) else { return false };
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
        let _ = self.session().disconnect();
        let place = self.place;
        self.scene.wait(|state| state.clients[place].phase == Phase::Idle);
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // Only once delete has returned can nothing be told any more.
        drop(self.session.take());
        self.scene.record(&self.name, What::Deleted);
    }
}

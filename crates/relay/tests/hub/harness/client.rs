//! A client that enters, leaves, loses its link and comes back.

use otc_protocol::raptor::SessionState;
use otc_protocol::rumor::{Frame, FrameType, header};
use otc_relay::io::{CloseSeen, PeerId};
use serde_json::{Value, json};

use super::script::{acknowledge, connect, create, gists, subscribe};
use super::watch::check_state;
use super::{World, id_of, token};

/// How a client enters.
#[derive(Clone)]
pub(crate) struct Join {
    pub(crate) id: &'static str,
    pub(crate) socket_id: Option<String>,
    pub(crate) role: &'static str,
    pub(crate) data: &'static str,
    pub(crate) content: Value,
}

impl Join {
    /// As our own client enters.
    pub(crate) fn new(id: &'static str) -> Self {
        Self {
            id,
            socket_id: Some(format!("socket-of-{id}")),
            role: "publisher",
            data: "",
            content: json!({ "userAgent": "test", "clientVersion": "otc-0.1.0", "capabilities": ["otc-x/1"] }),
        }
    }

    pub(crate) fn role(self, role: &'static str) -> Self {
        Self { role, ..self }
    }

    pub(crate) fn data(self, data: &'static str) -> Self {
        Self { data, ..self }
    }

    /// As the stock client of this version enters; families A and B read the session afterwards.
    pub(crate) fn version(mut self, version: &str) -> Self {
        self.content["clientVersion"] = version.into();
        self
    }

    /// As clients enter that say nothing of themselves and cannot resume.
    pub(crate) fn family_a(self) -> Self {
        Self { content: json!({ "userAgent": "old" }), socket_id: None, ..self }
    }

    /// Without news of others.
    pub(crate) fn suppressed(mut self) -> Self {
        self.content["connectionEventsSuppressed"] = true.into();
        self
    }

    /// The create that this client sends.
    pub(crate) fn create(&self) -> Frame {
        create(&self.transaction(), &token(self.role, self.data), self.id, &self.content)
    }

    pub(crate) fn transaction(&self) -> String {
        format!("create-{}", self.id)
    }

    /// Opens a socket and sends what a client sends at once.
    pub(crate) fn begin(&self, world: &mut World) -> PeerId {
        let peer = world.open(self.socket_id.as_deref(), false);
        self.introduce(world, peer);
        peer
    }

    /// Sends what a client sends at once.
    pub(crate) fn introduce(&self, world: &mut World, peer: PeerId) {
        world.send(peer, &connect(self.id));
        world.send(peer, &subscribe());
        world.send(peer, &self.create());
    }

    /// Enters, and gives the state that it got and the client.
    pub(crate) fn enter_with_state(&self, world: &mut World) -> (Client, SessionState) {
        let (client, answer) = self.answered(world);
        let state = SessionState::decode(&answer.data).expect("the answer to create is the state");
        check_state(&state);
        (client, state)
    }

    /// Enters.
    pub(crate) fn enter(&self, world: &mut World) -> Client {
        self.answered(world).0
    }

    /// Enters, and gives the answer.
    fn answered(&self, world: &mut World) -> (Client, Frame) {
        let peer = self.begin(world);
        let mut frames = world.frames(peer);
        assert!(!frames.is_empty(), "{} got no answer", self.id);
        let answer = frames.remove(0);
        assert_eq!((answer.kind, id_of(&answer)), (FrameType::Status, &*self.transaction()));
        assert_eq!(answer.header(header::STATUS).map(|code| &**code), Some("200"), "{answer:?}");
        let mut client = Client { socket_id: self.socket_id.clone(), peer };
        let version = self.content["clientVersion"].as_str();
        if version.is_none_or(|version| version.starts_with("js-2.7")) {
            assert_eq!(gists(&frames), Vec::<String>::new());
        } else {
            assert_eq!(gists(&frames), [format!("created {}", self.id)]);
        }
        client.acknowledge(world, &frames);
        (client, answer)
    }
}

/// A client that has entered.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    socket_id: Option<String>,
    pub(crate) peer: PeerId,
}

impl Client {
    /// Sends a frame.
    pub(crate) fn send(&self, world: &mut World, frame: &Frame) {
        world.send(self.peer, frame);
    }

    /// Makes a request and gives its status.
    pub(crate) fn ask(&self, world: &mut World, frame: &Frame) -> u16 {
        world.send(self.peer, frame);
        world.status(self.peer, id_of(frame)).expect("every request has an answer")
    }

    /// Takes what arrived, acknowledges the messages in it, and gives their gists.
    pub(crate) fn hear(&mut self, world: &mut World) -> Vec<String> {
        let frames = world.frames(self.peer);
        self.acknowledge(world, &frames);
        gists(&frames)
    }

    /// Takes what arrived without acknowledging it.
    pub(crate) fn peek(&self, world: &mut World) -> Vec<Frame> {
        world.frames(self.peer)
    }

    /// Acknowledges the messages among some frames.
    pub(crate) fn acknowledge(&mut self, world: &mut World, frames: &[Frame]) {
        for frame in frames.iter().filter(|frame| frame.kind == FrameType::Message) {
            world.send(self.peer, &acknowledge(frame));
        }
    }

    /// Loses the link, as the relay sees it.
    pub(crate) fn lose(&self, world: &mut World) {
        world.end(self.peer, CloseSeen::Lost);
    }

    /// Opens another socket, without a word.
    pub(crate) fn come_back(&mut self, world: &mut World) {
        self.peer = world.open(self.socket_id.as_deref(), true);
    }

    /// The code by which the socket was closed.
    pub(crate) fn closed(&self, world: &mut World) -> Option<u16> {
        world.closed(self.peer)
    }
}

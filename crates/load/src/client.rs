//! One client, as small as it can be: thousands of them share a thread.

use std::collections::{HashSet, VecDeque};
use std::io::{self, Write};

use bytes::Bytes;
use mio::net::TcpStream;

/// Where a client stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Without a socket.
    Away,
    /// Its socket is connecting.
    Opening,
    /// It asked for a WebSocket.
    Upgrading,
    /// It asked to enter the session, or waits for the first word after a return.
    Joining,
    /// In the session.
    Live,
    /// It said goodbye and reads on until the relay closes: a socket that is closed with something unread in it is
    /// reset, and takes the goodbye with it.
    Leaving,
}

/// How a socket ended without being asked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// The relay closed it with this code.
    Closed(Option<u16>),
    /// The relay refused the create with this status.
    Refused(String),
    /// Anything else.
    Lost(String),
}

/// A client.
#[derive(Debug)]
pub(crate) struct Client {
    /// Its session, by its place in the fleet.
    pub(crate) way: usize,
    pub(crate) stage: Stage,
    pub(crate) socket: Option<TcpStream>,
    /// The beginning of what is not all here yet.
    pub(crate) tail: Vec<u8>,
    /// What the socket has not taken yet.
    pub(crate) out: Vec<u8>,
    pub(crate) dirty: bool,
    /// It reads nothing.
    pub(crate) deaf: bool,
    /// It was let into the session once.
    pub(crate) entered: bool,
    /// It wants no news of others.
    pub(crate) suppressed: bool,
    pub(crate) attempt: u32,
    pub(crate) next_request: u32,
    /// Requests without an answer, to be repeated after a return.
    pub(crate) unanswered: VecDeque<(u32, Bytes)>,
    /// The ids of messages it got, for clients that are to be cut: what was not acknowledged comes again.
    pub(crate) seen: HashSet<Box<str>>,
    /// News of clients that entered.
    pub(crate) created: u32,
    /// News of clients that are gone.
    pub(crate) deleted: u32,
}

impl Client {
    pub(crate) fn new(way: usize) -> Self {
        Self {
            way,
            stage: Stage::Away,
            socket: None,
            tail: Vec::new(),
            out: Vec::new(),
            dirty: false,
            deaf: false,
            entered: false,
            suppressed: false,
            attempt: 0,
            next_request: 1,
            unanswered: VecDeque::new(),
            seen: HashSet::new(),
            created: 0,
            deleted: 0,
        }
    }

    /// Writes what the socket takes.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        let Some(socket) = &mut self.socket else { return Ok(()) };
        let mut written = 0;
        while written < self.out.len() {
            match socket.write(&self.out[written..]) {
                Ok(count) => written += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        if written == self.out.len() {
            // An idle client holds no memory for what it once said.
            self.out = Vec::new();
        } else {
            self.out.drain(..written);
        }
        Ok(())
    }

    /// Forgets its socket and what was on it.
    pub(crate) fn put_away(&mut self) {
        self.socket = None;
        self.stage = Stage::Away;
        self.tail = Vec::new();
        self.out = Vec::new();
    }
}

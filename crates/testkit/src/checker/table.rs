//! What the checker knows: clients, joins, messages.

use std::collections::{HashMap, HashSet};

/// How far a join is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Connecting,
    Connected,
    Reconnecting,
    /// An error was reported; disconnected is to follow.
    Failed,
    Over,
}

/// Whether a signal was accepted for sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Accepted {
    Yes,
    /// The program does not say; it would have said no.
    Presumed,
    /// The program said no to one of several, and not to which.
    Doubtful,
    No,
}

impl Accepted {
    pub(super) fn surely(self) -> bool {
        matches!(self, Self::Yes | Self::Presumed)
    }
}

/// One life of a session object, from connect to its end.
#[derive(Debug)]
pub(super) struct Join {
    pub(super) who: String,
    pub(super) session: String,
    pub(super) source: usize,
    pub(super) may_signal: bool,
    pub(super) sees_connections: bool,
    pub(super) resumes: bool,
    pub(super) reads_state: bool,
    pub(super) phase: Phase,
    pub(super) started: usize,
    pub(super) connected: Option<usize>,
    pub(super) id: Option<u32>,
    /// From when on others may have been told that it left.
    pub(super) maybe_gone: Option<usize>,
    /// The last thing before it was connected that may have made the relay forget it: then it entered anew.
    pub(super) shaken: Option<usize>,
    pub(super) leave_asked: bool,
    pub(super) leave_returned: bool,
    pub(super) deleted: bool,
    pub(super) gave_up: Option<u64>,
    pub(super) episodes: u32,
    /// When the last episode began.
    pub(super) episode: usize,
    pub(super) roster: HashMap<u32, Seen>,
    pub(super) received: Vec<u32>,
    pub(super) has: Bits,
    /// By source: the index of the last signal from it.
    pub(super) last: HashMap<usize, u32>,
}

impl Join {
    /// Whether it is a member to this day.
    pub(super) fn lasts(&self) -> bool {
        self.connected.is_some()
            && matches!(self.phase, Phase::Connected | Phase::Reconnecting)
            && !self.leave_asked
    }
}

/// When a join was told of another client.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub(super) created: usize,
    pub(super) dropped: Option<usize>,
}

/// Somebody who sends: a join, or a REST caller.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) who: String,
    pub(super) session: String,
    pub(super) join: Option<usize>,
    pub(super) sent: Vec<u32>,
}

/// A signal.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) source: usize,
    /// Its place among those of its source.
    pub(super) index: u32,
    /// The record of the call.
    pub(super) at: usize,
    pub(super) to: Option<u32>,
    pub(super) kind: Box<str>,
    pub(super) retry: bool,
    pub(super) accepted: Accepted,
    /// Whether anybody got it.
    pub(super) arrived: bool,
}

/// A session object.
#[derive(Debug, Default)]
pub(super) struct Actor {
    pub(super) join: Option<usize>,
    pub(super) deleted: bool,
    /// Whether it asked to leave when there was nothing to leave.
    pub(super) leaves_nothing: bool,
    /// The latest fault that concerns it alone, and the latest that may end its session.
    fault: Option<usize>,
    ending_fault: Option<usize>,
}

/// Everything together.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) joins: Vec<Join>,
    pub(super) sources: Vec<Source>,
    pub(super) messages: Vec<Message>,
    by_data: HashMap<Box<str>, u32>,
    pub(super) actors: HashMap<String, Actor>,
    connections: HashMap<Box<str>, u32>,
    names: Vec<Box<str>>,
    pub(super) by_connection: HashMap<u32, usize>,
    servers: HashMap<(String, String), usize>,
    removed: HashSet<u32>,
    fault: Option<usize>,
    ending_fault: Option<usize>,
    /// When the relay last lost its memory.
    pub(super) forgotten: Option<usize>,
}

impl Table {
    /// The number that stands for this connection id.
    pub(super) fn connection(&mut self, id: &str) -> u32 {
        if let Some(number) = self.connections.get(id) {
            return *number;
        }
        let number = self.names.len() as u32;
        self.connections.insert(id.into(), number);
        self.names.push(id.into());
        number
    }

    pub(super) fn connection_name(&self, number: u32) -> &str {
        &self.names[number as usize]
    }

    /// Whom a connection belongs to, as far as known.
    pub(super) fn owner(&self, connection: u32) -> &str {
        match self.by_connection.get(&connection) {
            Some(join) => &self.joins[*join].who,
            None => self.connection_name(connection),
        }
    }

    pub(super) fn server_source(&mut self, who: &str, session: &str) -> usize {
        let key = (who.to_owned(), session.to_owned());
        if let Some(source) = self.servers.get(&key) {
            return *source;
        }
        let source = self.add_source(who, session, None);
        self.servers.insert(key, source);
        source
    }

    pub(super) fn add_source(&mut self, who: &str, session: &str, join: Option<usize>) -> usize {
        self.sources.push(Source {
            who: who.to_owned(),
            session: session.to_owned(),
            join,
            sent: Vec::new(),
        });
        self.sources.len() - 1
    }

    /// Enters a message; false if its data is taken.
    pub(super) fn enter_message(&mut self, data: &str, message: Message) -> bool {
        let number = self.messages.len() as u32;
        if self.by_data.contains_key(data) {
            return false;
        }
        self.by_data.insert(data.into(), number);
        self.sources[message.source].sent.push(number);
        self.messages.push(message);
        true
    }

    pub(super) fn message(&self, data: &str) -> Option<u32> {
        self.by_data.get(data).copied()
    }

    /// The data of a message. Slow: for verdicts only.
    pub(super) fn data_of(&self, message: u32) -> String {
        let found = self.by_data.iter().find(|(_, number)| **number == message);
        found.map_or_else(String::new, |(data, _)| super::brief(data))
    }

    pub(super) fn fault(&mut self, who: &str, may_end: bool, at: usize) {
        let (fault, ending) = if who.is_empty() {
            (&mut self.fault, &mut self.ending_fault)
        } else {
            let actor = self.actors.entry(who.to_owned()).or_default();
            (&mut actor.fault, &mut actor.ending_fault)
        };
        *fault = Some(at);
        if !may_end {
            return;
        }
        *ending = Some(at);
        for join in self.joins.iter_mut().filter(|join| join.phase != Phase::Over) {
            if who.is_empty() || join.who == who {
                join.maybe_gone.get_or_insert(at);
                if join.connected.is_none() {
                    join.shaken = Some(at);
                }
            }
        }
    }

    /// Whether something happened since `from` that may end the session of `who`.
    pub(super) fn may_end_since(&self, who: &str, from: usize) -> bool {
        let own = self.actors.get(who).and_then(|actor| actor.ending_fault);
        self.ending_fault.max(own).is_some_and(|at| at >= from)
    }

    /// Whether anything unkind ever happened to `who`.
    pub(super) fn had_fault(&self, who: &str) -> bool {
        self.fault.is_some() || self.actors.get(who).is_some_and(|actor| actor.fault.is_some())
    }

    pub(super) fn removal(&mut self, id: &str, at: usize) {
        let connection = self.connection(id);
        self.removed.insert(connection);
        if let Some(join) = self.by_connection.get(&connection) {
            self.joins[*join].maybe_gone.get_or_insert(at);
        }
    }

    pub(super) fn is_removed(&self, connection: Option<u32>) -> bool {
        connection.is_some_and(|connection| self.removed.contains(&connection))
    }
}

/// A set of small numbers.
#[derive(Debug, Default)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    /// Adds a number; false if it was there.
    pub(super) fn insert(&mut self, number: u32) -> bool {
        let (word, bit) = (number as usize / 64, 1_u64 << (number % 64));
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        let fresh = self.0[word] & bit == 0;
        self.0[word] |= bit;
        fresh
    }

    pub(super) fn contains(&self, number: u32) -> bool {
        self.0.get(number as usize / 64).is_some_and(|word| word & (1 << (number % 64)) != 0)
    }
}

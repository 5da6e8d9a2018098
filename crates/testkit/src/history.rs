//! What happened in a run: who sent what, who was told what, and what the world did meanwhile.
//!
//! A history is a list of [`Record`]s in one order. Whoever records must keep one rule, on which the checker builds:
//! *a call is recorded before it can have an effect, and a report is recorded after it happened*. So a record that
//! stands before another never tells of something later. A simulation keeps it by itself; a driver of real programs
//! keeps it by recording a command before writing it and a report after reading it.
//!
//! The data of each signal must be unique in its history: it is what identifies the signal.
//!
//! As text, a history is one JSON object a line. The events that a session reports are spelt the way the scriptable
//! C program `otc_peer` prints them, so its output needs only the time and the name of the program added.

use std::io::{BufRead, Write};

use serde::{Deserialize, Serialize};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// When, in microseconds from the start of the run. For readers only: the order of the records is what counts.
    #[serde(default)]
    pub at_us: u64,
    /// To or by whom: a session object by the name the run gave it, or a REST caller. Empty: the world.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub who: String,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum What {
    /// The program called connect, successfully. A session object may do so again after an end.
    Joining(Joining),
    /// The program sent a signal.
    Sent(Sent),
    /// The program is about to call disconnect.
    DisconnectAsked,
    /// Disconnect returned this status.
    DisconnectReturned {
        /// 0 is success.
        status: i32,
    },
    /// Delete returned. Nothing may be reported from here on.
    Deleted,

    /// The session is connected under this id.
    Connected {
        /// The own connection.
        connection_id: String,
    },
    /// Another client is there.
    ConnectionCreated {
        /// Which.
        connection_id: String,
        /// Its connection data, when the recorder kept it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        data: Option<String>,
    },
    /// Another client is gone.
    ConnectionDropped {
        /// Which.
        connection_id: String,
    },
    /// A signal arrived.
    Signal {
        /// Its type, `""` when it has none.
        #[serde(default, rename = "type")]
        kind: String,
        /// Its data.
        #[serde(default)]
        data: String,
        /// The sender; `None`: the server.
        #[serde(default)]
        from: Option<String>,
    },
    /// The link is lost; an episode begins.
    ReconnectionStarted,
    /// The episode ended well.
    Reconnected,
    /// The session is over.
    Disconnected,
    /// The session failed.
    Error {
        /// The number that C programs see.
        code: i32,
        /// One line for people.
        #[serde(default)]
        message: String,
    },
    /// A command to a C program was refused.
    Refused {
        /// The command.
        cmd: String,
        /// Why.
        status: i32,
        /// The data of the refused signal, when the program says which.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        data: Option<String>,
    },
    /// At its end the session counted this many unanswered signals that it gave up.
    GaveUp {
        /// How many.
        signals: u64,
    },

    /// A REST caller sent a signal.
    ServerSent(ServerSent),
    /// Somebody is about to remove this client from its session.
    Removal {
        /// Whom.
        connection_id: String,
    },
    /// The world does something unkind, to `who` or to everybody.
    Fault {
        /// In words.
        what: String,
        /// Whether a session may end because of it. Most faults must be survived.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        may_end: bool,
    },
    /// The relay lost its memory. Every session that was established must end because of it: to go on would be to
    /// hide a hole.
    Forgotten,
    /// Nothing is under way any more: every fault is over, every grace window too, and everything that was to arrive
    /// has arrived. Only then can something missing be called lost.
    Settled,
}

/// How a session object joins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joining {
    /// The session.
    pub session: String,
    /// Whether its role may signal. What it sends otherwise is accepted and then refused by the relay.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub may_signal: bool,
    /// Whether it is told of other clients.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub sees_connections: bool,
    /// Whether the join is bound by the promise of resume. Clients of the family without resume are not: they lose
    /// what was under way when a link breaks.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub resumes: bool,
    /// Whether it takes the session's state later than it enters, as stock clients do. What came from clients that
    /// are gone by then is lost to it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reads_state: bool,
}

impl Joining {
    /// An ordinary client of this session.
    pub fn new(session: impl Into<String>) -> Self {
        Self {
            session: session.into(),
            may_signal: true,
            sees_connections: true,
            resumes: true,
            reads_state: false,
        }
    }
}

/// A call that sends a signal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// Its type, `""` for none.
    #[serde(default, rename = "type")]
    pub kind: String,
    /// Its data, unique in the history.
    pub data: String,
    /// The connection it is for; `None`: everyone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Whether it is kept for a resume.
    pub retry: bool,
    /// What the call returned; 0 is success. `None`: not seen; then it counts as accepted unless refused later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<i32>,
}

/// A signal that a REST caller sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerSent {
    /// The session.
    pub session: String,
    /// Its type, `""` for none.
    #[serde(default, rename = "type")]
    pub kind: String,
    /// Its data, unique in the history.
    pub data: String,
    /// The connection it is for; `None`: everyone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Whether the server said that it was taken.
    pub accepted: bool,
}

/// The records of a run, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// The records.
    pub records: Vec<Record>,
}

impl History {
    /// Adds a record.
    pub fn push(&mut self, at_us: u64, who: &str, what: What) {
        self.records.push(Record { at_us, who: who.to_owned(), what });
    }

    /// Writes one line of JSON for each record.
    pub fn write_lines(&self, mut out: impl Write) -> std::io::Result<()> {
        for record in &self.records {
            writeln!(out, "{}", record.to_line())?;
        }
        Ok(())
    }

    /// Reads what [`Self::write_lines`] wrote. Empty lines are skipped.
    pub fn read_lines(input: impl BufRead) -> Result<Self, ReadError> {
        let mut history = Self::default();
        for (index, line) in input.lines().enumerate() {
            let line = line.map_err(|e| ReadError { line: index + 1, why: e.to_string() })?;
            if line.trim().is_empty() {
                continue;
            }
            let record = serde_json::from_str(&line)
                .map_err(|e| ReadError { line: index + 1, why: format!("{e} in {line:?}") })?;
            history.records.push(record);
        }
        Ok(history)
    }
}

impl Record {
    /// The record as one line of JSON, without the line end.
    pub fn to_line(&self) -> String {
        serde_json::to_string(self).expect("records hold only strings, numbers and booleans")
    }
}

/// A line that is no record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError {
    /// Its number, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: String,
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.why)
    }
}

impl std::error::Error for ReadError {}

/// Reads the two sides of a conversation with the scriptable C program.
#[derive(Debug, Default)]
pub struct PeerReader {
    asked_to_leave: bool,
}

impl PeerReader {
    /// What a line from the program's standard output tells. `None`: nothing that a history holds.
    pub fn event(&mut self, line: &str) -> Result<Option<What>, serde_json::Error> {
        let value: serde_json::Value = serde_json::from_str(line)?;
        let known = value.get("event").and_then(|name| name.as_str()).is_some_and(|name| {
            const REPORTED: [&str; 9] = [
                "connected",
                "connection_created",
                "connection_dropped",
                "signal",
                "reconnection_started",
                "reconnected",
                "disconnected",
                "error",
                "refused",
            ];
            REPORTED.contains(&name)
        });
        if known { serde_json::from_value(value).map(Some) } else { Ok(None) }
    }

    /// What a line to the program's standard input asks for; record it before the line is written.
    pub fn command(&mut self, line: &str) -> Result<Option<What>, serde_json::Error> {
        #[derive(Deserialize)]
        struct Command {
            cmd: String,
            #[serde(default, rename = "type")]
            kind: String,
            #[serde(default)]
            data: String,
            #[serde(default)]
            to: Option<String>,
            #[serde(default = "yes")]
            retry_after_reconnect: bool,
        }
        let command: Command = serde_json::from_str(line)?;
        Ok(match command.cmd.as_str() {
            "signal" => Some(What::Sent(Sent {
                kind: command.kind,
                data: command.data,
                to: command.to,
                retry: command.retry_after_reconnect,
                status: None,
            })),
            "disconnect" | "quit" => {
                let first = !std::mem::replace(&mut self.asked_to_leave, true);
                first.then_some(What::DisconnectAsked)
            }
            _ => None,
        })
    }
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_yes(value: &bool) -> bool {
    *value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> History {
        let mut history = History::default();
        history.push(0, "a", What::Joining(Joining { may_signal: false, ..Joining::new("S") }));
        history.push(5, "a", What::Connected { connection_id: "c1".into() });
        let sent =
            Sent { kind: "t".into(), data: "\u{e9}\"1".into(), to: None, retry: true, status: Some(0) };
        history.push(6, "a", What::Sent(sent));
        history.push(7, "a", What::Signal { kind: "t".into(), data: "\u{e9}\"1".into(), from: None });
        history.push(8, "", What::Fault { what: "relay restart".into(), may_end: true });
        history.push(9, "a", What::Error { code: 1022, message: "gone".into() });
        history.push(9, "a", What::Disconnected);
        history.push(10, "", What::Settled);
        history
    }

    #[test]
    fn history_survives_being_written_and_read() {
        let mut text = Vec::new();
        sample().write_lines(&mut text).unwrap();
        assert_eq!(History::read_lines(text.as_slice()).unwrap(), sample());
    }

    #[test]
    fn bad_line_is_named() {
        let error = History::read_lines("{\"event\":\"settled\"}\n\nnonsense\n".as_bytes()).unwrap_err();
        assert_eq!(error.line, 3);
        assert!(error.to_string().contains("nonsense"), "{error}");
    }

    #[test]
    fn peer_program_lines_become_records() {
        let mut reader = PeerReader::default();
        assert_eq!(
            reader
                .event(r#"{"event":"connection_created","connection_id":"x","data":"d","creation_time":7}"#)
                .unwrap(),
            Some(What::ConnectionCreated { connection_id: "x".into(), data: Some("d".into()) })
        );
        assert_eq!(
            reader.event(r#"{"event":"signal","type":"","data":"1","from":null}"#).unwrap(),
            Some(What::Signal { kind: String::new(), data: "1".into(), from: None })
        );
        assert_eq!(reader.event(r#"{"event":"something_new"}"#).unwrap(), None);
        assert!(reader.event("not json").is_err());
    }

    #[test]
    fn peer_program_commands_become_records() {
        let mut reader = PeerReader::default();
        let sent =
            reader.command(r#"{"cmd":"signal","data":"7","to":"x","retry_after_reconnect":false}"#).unwrap();
        let expected =
            Sent { kind: String::new(), data: "7".into(), to: Some("x".into()), retry: false, status: None };
        assert_eq!(sent, Some(What::Sent(expected)));
        assert_eq!(reader.command(r#"{"cmd":"disconnect"}"#).unwrap(), Some(What::DisconnectAsked));
        assert_eq!(reader.command(r#"{"cmd":"quit"}"#).unwrap(), None, "leaving is asked for once");
    }
}

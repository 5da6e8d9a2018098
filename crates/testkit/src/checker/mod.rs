//! The one judge of histories.
//!
//! What it holds a history to is what the library promises, no more and no less:
//!
//! * A signal arrives at most once, unaltered, with its true sender, only where it was sent to, only while the
//!   receiver is a member; signals of one sender arrive in the order of the calls, and any two receivers see what
//!   they have in common in the same order.
//! * A signal is *owed* when it was accepted with retry by a session that lasted to the end, or by one that ended
//!   and did not count it among those it gave up; or accepted without retry by one that never lost its link; or once
//!   it has arrived at anybody. What is owed reaches every member that was there before it was sent (or that the
//!   sender had been told of) and lasted to the end.
//! * A session that ended may miss a tail, never something in between.
//! * Events come once, in their places, and what happened is reported: connected first; other clients once each,
//!   before their signals; one outcome for each episode; an error before the end it explains; nothing after the end.
//! * A session ends only if asked to, or by something that may end it, and says so honestly.
//!
//! It reads records one at a time, so that a long run need not be kept in memory.

mod finish;
mod life;
mod table;
mod verdict;

#[cfg(test)]
mod tests;

use crate::history::{History, Record, ServerSent, What};

pub use verdict::{Rule, Tally, Verdict, Violation};

use table::{Accepted, Message, Source, Table};

/// What differs between kinds of runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Ends and errors need a fault in the history that allows them. Default true.
    pub ends_need_a_cause: bool,
    /// All receivers see one order, whoever sent. Default true: a relay has one writer for each session.
    pub one_order: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self { ends_need_a_cause: true, one_order: true }
    }
}

/// Judges a whole history by the default rules.
pub fn judge(history: &History) -> Verdict {
    let mut checker = Checker::new(Rules::default());
    for record in &history.records {
        checker.record(record);
    }
    checker.finish()
}

/// Judges a history while it is made.
#[derive(Debug, Default)]
pub struct Checker {
    rules: Rules,
    table: Table,
    verdict: Verdict,
    /// The number of the record that is being read.
    at: usize,
    /// Whether signals were sent or arrived since everything was judged last.
    unjudged: bool,
}

impl Checker {
    /// A checker that has seen nothing.
    pub fn new(rules: Rules) -> Self {
        Self { rules, ..Self::default() }
    }

    /// Takes the next record.
    pub fn record(&mut self, record: &Record) {
        self.verdict.tally.records += 1;
        let who = record.who.as_str();
        self.unjudged |= matches!(record.what, What::Sent(_) | What::ServerSent(_) | What::Signal { .. });
        match &record.what {
            What::ServerSent(sent) => self.server_sent(who, sent),
            What::Fault { may_end, .. } => {
                self.verdict.tally.faults += 1;
                self.table.fault(who, *may_end, self.at);
            }
            What::Forgotten => {
                self.verdict.tally.faults += 1;
                self.table.fault(who, true, self.at);
                self.table.forgotten = Some(self.at);
            }
            What::Removal { connection_id } => self.table.removal(connection_id, self.at),
            What::Settled => {
                finish::settled(self);
                self.judge_order(true);
            }
            what => self.of_session(who, what),
        }
        self.at += 1;
    }

    /// The verdict. What is missing can be called missing only where the history says that everything had settled.
    pub fn finish(mut self) -> Verdict {
        if self.unjudged {
            self.judge_order(false);
        }
        self.verdict.tally.joins =
            self.table.joins.iter().filter(|join| join.connected.is_some()).count() as u64;
        self.verdict
    }

    /// The verdict so far; what is missing at the end is not in it.
    pub fn so_far(&self) -> &Verdict {
        &self.verdict
    }

    fn judge_order(&mut self, settled: bool) {
        finish::holes(self, settled);
        if self.rules.one_order {
            finish::one_order(self);
        }
        self.unjudged = false;
    }

    fn server_sent(&mut self, who: &str, sent: &ServerSent) {
        let source = self.table.server_source(who, &sent.session);
        self.verdict.tally.sent += u64::from(sent.accepted);
        let accepted = if sent.accepted { Accepted::Yes } else { Accepted::No };
        let to = sent.to.as_deref().map(|id| self.table.connection(id));
        self.enter_message(source, &sent.data, &sent.kind, to, true, accepted);
    }

    fn enter_message(
        &mut self,
        source: usize,
        data: &str,
        kind: &str,
        to: Option<u32>,
        retry: bool,
        accepted: Accepted,
    ) {
        let message = Message {
            source,
            index: self.table.sources[source].sent.len() as u32,
            at: self.at,
            to,
            kind: kind.into(),
            retry,
            accepted,
            arrived: false,
        };
        if !self.table.enter_message(data, message) {
            let who = self.table.sources[source].who.clone();
            self.blame(Rule::BadHistory, &who, format!("two signals have the data {}", brief(data)));
        }
    }

    fn blame(&mut self, rule: Rule, who: &str, text: String) {
        self.verdict.add(Violation { rule, record: self.at, who: who.to_owned(), text });
    }
}

/// Data as it stands in a verdict: enough to find it, not all 8 KB of it.
fn brief(data: &str) -> String {
    const SHOWN: usize = 40;
    if data.chars().count() <= SHOWN {
        return format!("{data:?}");
    }
    let start: String = data.chars().take(SHOWN).collect();
    format!("{start:?}...")
}

impl Source {
    fn label(&self) -> &str {
        if self.who.is_empty() { "the server" } else { &self.who }
    }
}

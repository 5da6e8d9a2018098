//! The rules that show at once: what may be reported when.

use super::table::{Accepted, Join, Phase, Seen};
use super::{Checker, Rule, brief};
use crate::history::{Joining, Sent, What};

/// What an established session may end with: the relay is lost or refused the resume.
const CONNECTION_DROPPED: i32 = 1022;
/// A defect of the library, caught.
const INTERNAL: i32 = 2000;
/// What connecting may fail with.
const CONNECT_CODES: [i32; 11] = [1004, 1005, 1006, 1020, 1021, 1023, 1026, 1027, 1503, 2000, 2001];

impl Checker {
    /// A record of a session object.
    pub(super) fn of_session(&mut self, who: &str, what: &What) {
        if let What::Joining(joining) = what {
            return self.joining(who, joining);
        }
        let actor = self.table.actors.entry(who.to_owned()).or_default();
        let deleted = actor.deleted;
        if matches!(what, What::Deleted) {
            actor.deleted = true;
        }
        let is_in = actor.join.is_some_and(|join| self.table.joins[join].phase != Phase::Over);
        match what {
            What::DisconnectAsked => actor.leaves_nothing = !is_in,
            What::DisconnectReturned { status: 0 } if actor.leaves_nothing => {
                let text = "disconnect succeeded where there was nothing to leave".to_owned();
                return self.blame(Rule::FalseSuccess, who, text);
            }
            _ => {}
        }
        let Some(join) = actor.join else {
            match what {
                What::Deleted
                | What::DisconnectAsked
                | What::DisconnectReturned { .. }
                | What::Refused { .. } => {}
                What::Sent(sent) if sent.status != Some(0) => {}
                What::Sent(_) => {
                    self.blame(Rule::FalseSuccess, who, "sent before it ever connected".to_owned())
                }
                _ => self.blame(Rule::OutOfPlace, who, format!("{} before connect", name(what))),
            }
            return;
        };
        match what {
            What::Sent(sent) => return self.sent(join, sent),
            What::DisconnectAsked => return self.leave_asked(join),
            What::DisconnectReturned { status } => {
                self.table.joins[join].leave_returned = *status == 0;
                self.table.joins[join].leave_asked = *status == 0;
                return;
            }
            What::Deleted => return self.deleted(join),
            What::Refused { cmd, data, .. } => return self.refused(join, cmd, data.as_deref()),
            What::GaveUp { signals } => {
                self.table.joins[join].gave_up = Some(*signals);
                return;
            }
            _ => {}
        }
        if deleted {
            return self.blame(Rule::AfterEnd, who, format!("{} after delete", name(what)));
        }
        self.reported(join, what);
    }

    fn joining(&mut self, who: &str, joining: &Joining) {
        let actor = self.table.actors.entry(who.to_owned()).or_default();
        let (previous, deleted) = (actor.join, actor.deleted);
        actor.join = Some(self.table.joins.len());
        if deleted {
            self.blame(Rule::BadHistory, who, "connects after it was deleted".to_owned());
        }
        if previous.is_some_and(|join| self.table.joins[join].phase != Phase::Over) {
            self.blame(Rule::BadHistory, who, "connects while connected".to_owned());
        }
        let source = self.table.add_source(who, &joining.session, Some(self.table.joins.len()));
        self.table.joins.push(Join {
            who: who.to_owned(),
            session: joining.session.clone(),
            source,
            may_signal: joining.may_signal,
            sees_connections: joining.sees_connections,
            resumes: joining.resumes,
            reads_state: joining.reads_state,
            phase: Phase::Connecting,
            started: self.at,
            connected: None,
            id: None,
            maybe_gone: None,
            shaken: None,
            leave_asked: false,
            leave_returned: false,
            deleted: false,
            gave_up: None,
            episodes: 0,
            episode: 0,
            roster: Default::default(),
            received: Vec::new(),
            has: Default::default(),
            last: Default::default(),
        });
    }

    fn sent(&mut self, join: usize, sent: &Sent) {
        let accepted = match sent.status {
            None => Accepted::Presumed,
            Some(0) => Accepted::Yes,
            Some(_) => Accepted::No,
        };
        let to = sent.to.as_deref().map(|id| self.table.connection(id));
        let join = &self.table.joins[join];
        let (source, who) = (join.source, join.who.clone());
        if accepted == Accepted::Yes {
            self.verdict.tally.sent += 1;
            if join.phase == Phase::Over || join.leave_returned || join.deleted {
                let text = format!("signal {} was accepted after the end", brief(&sent.data));
                self.blame(Rule::FalseSuccess, &who, text);
            }
        }
        self.enter_message(source, &sent.data, &sent.kind, to, sent.retry, accepted);
    }

    fn leave_asked(&mut self, join: usize) {
        let join = &mut self.table.joins[join];
        if join.phase != Phase::Over {
            join.leave_asked = true;
            join.maybe_gone.get_or_insert(self.at);
        }
    }

    fn deleted(&mut self, join: usize) {
        let join = &mut self.table.joins[join];
        join.deleted = true;
        join.phase = Phase::Over;
        join.maybe_gone.get_or_insert(self.at);
    }

    fn refused(&mut self, join: usize, cmd: &str, data: Option<&str>) {
        match (cmd, data.and_then(|data| self.table.message(data))) {
            ("signal", Some(message)) => self.table.messages[message as usize].accepted = Accepted::No,
            ("signal", None) => {
                for message in &self.table.sources[self.table.joins[join].source].sent {
                    let message = &mut self.table.messages[*message as usize];
                    if message.accepted == Accepted::Presumed && !message.arrived {
                        message.accepted = Accepted::Doubtful;
                    }
                }
            }
            ("disconnect", _) => self.table.joins[join].leave_asked = false,
            _ => {}
        }
    }

    /// Something that the library reported.
    fn reported(&mut self, join: usize, what: &What) {
        let state = &self.table.joins[join];
        let who = state.who.clone();
        if state.phase == Phase::Over {
            let text = match what {
                What::Disconnected => "disconnected a second time, or after connecting had failed".to_owned(),
                _ => format!("{} after the end", name(what)),
            };
            return self.blame(Rule::AfterEnd, &who, text);
        }
        if state.leave_returned && !matches!(what, What::Disconnected) {
            return self.blame(Rule::AfterEnd, &who, format!("{} after disconnect returned", name(what)));
        }
        match (state.phase, what) {
            (_, What::Disconnected) => self.disconnected(join),
            (Phase::Failed, _) => {
                self.blame(Rule::OutOfPlace, &who, format!("{} between error and disconnected", name(what)));
            }
            (_, What::Error { code, message }) => self.error(join, *code, message),
            (Phase::Connecting, What::Connected { connection_id }) => self.connected(join, connection_id),
            (Phase::Connecting, _) => {
                self.blame(Rule::OutOfPlace, &who, format!("{} before connected", name(what)));
            }
            (_, What::Connected { .. }) => self.blame(Rule::EventTwice, &who, "connected twice".to_owned()),
            (Phase::Reconnecting, What::Reconnected) => {
                self.resumed(join);
            }
            (Phase::Reconnecting, _) => {
                self.blame(Rule::OutOfPlace, &who, format!("{} while there is no link", name(what)));
            }
            (_, What::Reconnected) => {
                self.blame(Rule::EventTwice, &who, "reconnected without an episode".to_owned());
            }
            (_, What::ReconnectionStarted) => {
                self.table.joins[join].phase = Phase::Reconnecting;
                self.table.joins[join].episodes += 1;
                self.table.joins[join].episode = self.at;
            }
            (_, What::ConnectionCreated { connection_id, .. }) => self.created(join, connection_id),
            (_, What::ConnectionDropped { connection_id }) => self.dropped(join, connection_id),
            (_, What::Signal { kind, data, from }) => self.signal(join, kind, data, from.as_deref()),
            _ => self.blame(Rule::BadHistory, &who, format!("{} has no place here", name(what))),
        }
    }

    fn resumed(&mut self, join: usize) {
        let forgotten = self.table.forgotten;
        let state = &mut self.table.joins[join];
        state.phase = Phase::Connected;
        let (who, connected, episode) = (state.who.clone(), state.connected, state.episode);
        // Stock clients call themselves reconnected before the relay has said anything.
        let proven = !state.reads_state;
        self.verdict.tally.resumes += 1;
        if proven && forgotten.is_some_and(|at| at < episode && connected < Some(at)) {
            self.blame(Rule::FalseSuccess, &who, "resumed at a relay that had forgotten it".to_owned());
        }
    }

    fn connected(&mut self, join: usize, id: &str) {
        let connection = self.table.connection(id);
        let state = &mut self.table.joins[join];
        state.phase = Phase::Connected;
        state.connected = Some(self.at);
        state.id = Some(connection);
        let who = state.who.clone();
        if self.table.by_connection.insert(connection, join).is_some() {
            self.blame(Rule::EventTwice, &who, format!("connection id {id} was somebody's before"));
        }
    }

    fn error(&mut self, join: usize, code: i32, message: &str) {
        let state = &mut self.table.joins[join];
        let (who, started, established) = (state.who.clone(), state.started, state.connected.is_some());
        state.phase = if established { Phase::Failed } else { Phase::Over };
        // The relay may have given it up long before it knew.
        state.maybe_gone = Some(0);
        let id = state.id;
        self.verdict.tally.failures += 1;
        let known = if established { code == CONNECTION_DROPPED } else { CONNECT_CODES.contains(&code) };
        if code == INTERNAL {
            self.blame(Rule::DishonestError, &who, format!("a defect inside the library: {message}"));
        } else if !known {
            let when = if established { "an established session" } else { "connecting" };
            self.blame(Rule::DishonestError, &who, format!("{when} ended with code {code}: {message}"));
        }
        if message.trim().is_empty() || message.contains('\n') {
            self.blame(Rule::DishonestError, &who, format!("error {code} says {message:?}: not one line"));
        }
        let cause = if established {
            self.table.may_end_since(&who, started) || self.table.is_removed(id)
        } else {
            self.table.had_fault(&who)
        };
        if self.rules.ends_need_a_cause && !cause {
            self.blame(Rule::NeedlessEnd, &who, format!("error {code} without a cause: {message}"));
        }
    }

    fn disconnected(&mut self, join: usize) {
        let state = &mut self.table.joins[join];
        let before = std::mem::replace(&mut state.phase, Phase::Over);
        if !state.leave_asked {
            state.maybe_gone = Some(0);
        }
        let (who, started, asked, id) = (state.who.clone(), state.started, state.leave_asked, state.id);
        // Cancelling a connect is the one way to be disconnected without ever having been connected.
        if before == Phase::Connecting && !asked {
            return self.blame(Rule::OutOfPlace, &who, "disconnected before connected".to_owned());
        }
        let cause = asked
            || before == Phase::Failed
            || self.table.is_removed(id)
            || self.table.may_end_since(&who, started);
        if self.rules.ends_need_a_cause && !cause {
            self.blame(Rule::NeedlessEnd, &who, "disconnected, and nobody asked for it".to_owned());
        }
    }

    fn created(&mut self, join: usize, id: &str) {
        let connection = self.table.connection(id);
        let at = self.at;
        let state = &mut self.table.joins[join];
        let who = state.who.clone();
        let seen = state.roster.get(&connection).copied();
        let (own, sees) = (state.id == Some(connection), state.sees_connections);
        state.roster.entry(connection).or_insert(Seen { created: at, dropped: None });
        let owner = self.table.owner(connection).to_owned();
        if own {
            self.blame(Rule::EventTwice, &who, "the own connection was announced".to_owned());
        } else if !sees {
            self.blame(Rule::OutOfPlace, &who, format!("told of {owner}, though it wanted no such events"));
        } else if seen.is_some() {
            self.blame(Rule::EventTwice, &who, format!("connection created for {owner} twice"));
        }
    }

    fn dropped(&mut self, join: usize, id: &str) {
        let connection = self.table.connection(id);
        let at = self.at;
        let who = self.table.joins[join].who.clone();
        let owner = self.table.owner(connection).to_owned();
        match self.table.joins[join].roster.get_mut(&connection) {
            None => {
                self.blame(Rule::OutOfPlace, &who, format!("connection dropped for {owner}, never created"))
            }
            Some(Seen { dropped: Some(_), .. }) => {
                self.blame(Rule::EventTwice, &who, format!("connection dropped for {owner} twice"));
            }
            Some(seen) => seen.dropped = Some(at),
        }
    }

    fn signal(&mut self, join: usize, kind: &str, data: &str, from: Option<&str>) {
        self.verdict.tally.arrived += 1;
        let from = from.map(|id| self.table.connection(id));
        let state = &self.table.joins[join];
        let who = state.who.clone();
        let Some(number) = self.table.message(data) else {
            return self.blame(Rule::Invented, &who, format!("signal {} was never sent", brief(data)));
        };
        let message = &self.table.messages[number as usize];
        let source = &self.table.sources[message.source];
        let sender = source.join.map(|join| &self.table.joins[join]);
        let mut wrong = Vec::new();
        let say = |text: &str| format!("signal {} of {} {text}", brief(data), source.label());
        if source.session != state.session {
            wrong.push((Rule::WrongSession, say(&format!("belongs to session {}", source.session))));
        }
        if message.to.is_some() && message.to != state.id {
            let target = message.to.map_or("", |to| self.table.owner(to));
            wrong.push((Rule::WrongClient, say(&format!("was for {target}"))));
        }
        if sender.is_some_and(|sender| sender.id != from) || (sender.is_none() && from.is_some()) {
            wrong.push((Rule::WrongSender, say("came under another name")));
        }
        if *message.kind != *kind {
            wrong.push((Rule::Altered, say(&format!("has the type {kind:?} instead of {:?}", message.kind))));
        }
        if message.accepted == Accepted::No || sender.is_some_and(|sender| !sender.may_signal) {
            wrong.push((Rule::RefusedYetDelivered, say("was refused")));
        }
        if let Some(text) = unknown_sender(state, from) {
            wrong.push((Rule::SenderUnknown, say(text)));
        }
        let (source, index) = (message.source, message.index);
        if state.has.contains(number) {
            wrong.push((Rule::Doubled, say("arrived twice")));
        } else if state.last.get(&source).is_some_and(|last| *last > index) {
            wrong.push((Rule::Reordered, say("came after a later one")));
        }
        for (rule, text) in wrong {
            self.blame(rule, &who, text);
        }
        self.table.messages[number as usize].arrived = true;
        let state = &mut self.table.joins[join];
        if state.has.insert(number) {
            state.received.push(number);
            let last = state.last.entry(source).or_insert(index);
            *last = index.max(*last);
        }
    }
}

/// What is wrong with being told of a signal from this sender now.
fn unknown_sender(join: &Join, from: Option<u32>) -> Option<&'static str> {
    let from = from?;
    if join.id == Some(from) || !join.sees_connections {
        return None;
    }
    match join.roster.get(&from) {
        None => Some("came before its sender was reported"),
        Some(Seen { dropped: Some(_), .. }) => Some("came after its sender was reported gone"),
        Some(_) => None,
    }
}

/// The name of a record in a verdict.
fn name(what: &What) -> &'static str {
    match what {
        What::Connected { .. } => "connected",
        What::ConnectionCreated { .. } => "connection created",
        What::ConnectionDropped { .. } => "connection dropped",
        What::Signal { .. } => "a signal",
        What::ReconnectionStarted => "reconnection started",
        What::Reconnected => "reconnected",
        What::Disconnected => "disconnected",
        What::Error { .. } => "an error",
        _ => "this record",
    }
}

//! The rules that show at the end: what is missing.

use std::collections::BTreeMap;

use super::table::{Join, Message, Phase, Table};
use super::{Checker, Rule};

/// What must hold once nothing is under way.
pub(super) fn settled(checker: &mut Checker) {
    unfinished(checker);
    outlived(checker);
    lost(checker);
    presence(checker);
}

fn unfinished(checker: &mut Checker) {
    let mut found = Vec::new();
    for join in &checker.table.joins {
        let text = match join.phase {
            Phase::Over => continue,
            Phase::Connected if !join.leave_asked => continue,
            Phase::Connecting => "is still connecting",
            Phase::Reconnecting => "has an episode without an outcome",
            Phase::Failed => "had an error and was never disconnected",
            Phase::Connected => "asked to leave and was never disconnected",
        };
        let rule = if join.phase == Phase::Connecting { Rule::Unsettled } else { Rule::EventMissing };
        found.push((rule, join.who.clone(), text.to_owned()));
    }
    for (rule, who, text) in found {
        checker.blame(rule, &who, text);
    }
}

/// Sessions that went on although the relay had lost its memory of them: there is a hole in them, told or not.
fn outlived(checker: &mut Checker) {
    let Some(forgotten) = checker.table.forgotten else { return };
    let older = |join: &&Join| join.lasts() && join.connected.is_some_and(|at| at < forgotten);
    let found: Vec<String> = checker.table.joins.iter().filter(older).map(|join| join.who.clone()).collect();
    for who in found {
        let text = "goes on, though the relay has forgotten it".to_owned();
        checker.blame(Rule::FalseSuccess, &who, text);
    }
}

/// Signals that were owed and did not arrive.
fn lost(checker: &mut Checker) {
    let table = &checker.table;
    let members = by_session(table);
    let retries = retry_counts(table);
    let mut found = Vec::new();
    let mut owed = 0;
    for (number, message) in table.messages.iter().enumerate() {
        let source = &table.sources[message.source];
        let Some(why) = owed_because(table, message, &retries[number]) else { continue };
        for join in members.get(source.session.as_str()).into_iter().flatten() {
            let receiver = &table.joins[*join];
            if !receiver.lasts() || !is_target(receiver, message) || !was_there(table, receiver, message) {
                continue;
            }
            owed += 1;
            if !receiver.has.contains(number as u32) {
                let data = table.data_of(number as u32);
                let text = format!("signal {data} of {} never arrived, though {why}", source.label());
                found.push((receiver.who.clone(), text));
            }
        }
    }
    checker.verdict.tally.owed += owed;
    for (who, text) in found {
        checker.blame(Rule::Lost, &who, text);
    }
}

/// For each message: how many of its source's accepted retry messages come after it.
fn retry_counts(table: &Table) -> Vec<u64> {
    let mut after = vec![0; table.messages.len()];
    for source in &table.sources {
        let mut count = 0;
        for number in source.sent.iter().rev() {
            after[*number as usize] = count;
            let message = &table.messages[*number as usize];
            count += u64::from(message.retry && message.accepted.surely());
        }
    }
    after
}

/// Why every member must get this message, if they must.
fn owed_because(table: &Table, message: &Message, later: &u64) -> Option<&'static str> {
    if message.arrived {
        return Some("others got it");
    }
    if !message.accepted.surely() {
        return None;
    }
    let Some(join) = table.sources[message.source].join else {
        return Some("the server took it");
    };
    let sender = &table.joins[join];
    if !sender.may_signal || !sender.resumes {
        return None;
    }
    if sender.lasts() {
        if message.retry {
            return Some("its sender was told that it is accepted, and lasted");
        }
        return (sender.episodes == 0).then_some("its sender never lost its link");
    }
    match sender.gave_up {
        Some(count) if message.retry && *later >= count => {
            Some("its sender did not count it among those it gave up")
        }
        _ => None,
    }
}

fn is_target(receiver: &Join, message: &Message) -> bool {
    message.to.is_none() || message.to == receiver.id
}

/// Whether the receiver was surely a member when the message was sent.
fn was_there(table: &Table, receiver: &Join, message: &Message) -> bool {
    if receiver.connected.is_some_and(|at| at < message.at) {
        return true;
    }
    let Some(sender) = table.sources[message.source].join.map(|join| &table.joins[join]) else {
        return false;
    };
    let told = receiver.id.and_then(|id| sender.roster.get(&id));
    let gone_before = receiver.reads_state
        && sender.maybe_gone.is_some_and(|gone| receiver.connected.is_none_or(|at| gone < at));
    let stands = |created: usize| created < message.at && receiver.shaken.is_none_or(|at| at < created);
    told.is_some_and(|seen| stands(seen.created)) && !gone_before
}

/// Who is told of whom.
fn presence(checker: &mut Checker) {
    let table = &checker.table;
    let mut found = Vec::new();
    for members in by_session(table).values() {
        for join in members {
            let observer = &table.joins[*join];
            if !observer.lasts() || !observer.sees_connections {
                continue;
            }
            for other in members.iter().filter(|other| *other != join) {
                found.extend(told_rightly(observer, &table.joins[*other]));
            }
            found.extend(strangers(table, observer, members));
        }
    }
    for (rule, who, text) in found {
        checker.blame(rule, &who, text);
    }
}

/// What is wrong with what `observer`, who lasts, was told of `other`.
fn told_rightly(observer: &Join, other: &Join) -> Option<(Rule, String, String)> {
    let (id, there) = (other.id?, other.connected?);
    let here = observer.connected?;
    let seen = observer.roster.get(&id);
    let blame = |rule, text: &str| Some((rule, observer.who.clone(), format!("{text} {}", other.who)));
    match seen {
        // It surely was a member at a time when the observer was one.
        None if other.maybe_gone.is_none_or(|gone| gone > here.max(there)) => {
            blame(Rule::EventMissing, "was never told of")
        }
        None => None,
        Some(seen) if other.lasts() => match seen.dropped {
            Some(_) => blame(Rule::Invented, "was told that it left, though it is there:"),
            None => None,
        },
        Some(seen) if seen.dropped.is_none() => blame(Rule::EventMissing, "was never told of the end of"),
        Some(_) => None,
    }
}

/// Connections that were announced and belong to nobody who ever connected.
fn strangers(table: &Table, observer: &Join, members: &[usize]) -> Vec<(Rule, String, String)> {
    let mut found = Vec::new();
    // A client that failed before it was told its own id may have been seen by others.
    let unnamed = members.iter().any(|join| table.joins[*join].id.is_none());
    for (connection, seen) in &observer.roster {
        let name = table.connection_name(*connection);
        match table.by_connection.get(connection) {
            Some(owner) if table.joins[*owner].session == observer.session => {}
            Some(owner) => {
                let text = format!("was told of {}, who is in another session", table.joins[*owner].who);
                found.push((Rule::WrongSession, observer.who.clone(), text));
            }
            None if !unnamed => {
                found.push((
                    Rule::Invented,
                    observer.who.clone(),
                    format!("was told of {name}, who is nobody"),
                ));
            }
            None if seen.dropped.is_none() => {
                let text = format!("was never told of the end of {name}, which never came to be");
                found.push((Rule::EventMissing, observer.who.clone(), text));
            }
            None => {}
        }
    }
    // The roster is a hash map; verdicts are the same for the same history.
    found.sort();
    found
}

/// Signals that are missing before a later one of the same sender that arrived.
pub(super) fn holes(checker: &mut Checker, settled: bool) {
    let table = &checker.table;
    let mut found = Vec::new();
    for receiver in &table.joins {
        let mut last: Vec<_> = receiver.last.iter().collect();
        last.sort();
        for (source, last) in last {
            for number in table.sources[*source].sent.iter().take(*last as usize) {
                let message = &table.messages[*number as usize];
                let promised = message.arrived || (message.retry && message.accepted.surely());
                if promised
                    && !receiver.has.contains(*number)
                    && is_target(receiver, message)
                    && was_there(table, receiver, message)
                    // Reported as lost already.
                    && !(settled && receiver.lasts() && owed_because(table, message, &0).is_some())
                {
                    let sender = table.sources[*source].label();
                    let data = table.data_of(*number);
                    let text = format!("signal {data} of {sender} is missing before later ones that arrived");
                    found.push((receiver.who.clone(), text));
                }
            }
        }
    }
    for (who, text) in found {
        checker.blame(Rule::Hole, &who, text);
    }
}

/// Two receivers see what they have in common in the same order, and between the first and the last of it the same
/// signals to all.
pub(super) fn one_order(checker: &mut Checker) {
    let table = &checker.table;
    let mut found = Vec::new();
    for members in by_session(table).values() {
        for (place, first) in members.iter().enumerate() {
            for second in &members[place + 1..] {
                found.extend(differ(table, &table.joins[*first], &table.joins[*second]));
            }
        }
    }
    for (rule, who, text) in found {
        checker.blame(rule, &who, text);
    }
}

/// The first difference between what two receivers saw.
fn differ(table: &Table, first: &Join, second: &Join) -> Option<(Rule, String, String)> {
    // What was sent before a client took the session's state may be lost to it.
    let late = |join: &Join| join.connected.filter(|_| join.reads_state).unwrap_or(0);
    let from = late(first).max(late(second));
    let common_part = |own: &Join, other: &Join| -> Vec<u32> {
        let message = |number: &u32| &table.messages[*number as usize];
        let broadcast = |number: &&u32| message(number).to.is_none() && message(number).at >= from;
        let all: Vec<u32> = own.received.iter().filter(broadcast).copied().collect();
        let start = all.iter().position(|number| other.has.contains(*number));
        let end = all.iter().rposition(|number| other.has.contains(*number));
        start.zip(end).map_or(Vec::new(), |(start, end)| all[start..=end].to_vec())
    };
    let left = common_part(first, second);
    let right = common_part(second, first);
    let (l, r) = left.iter().zip(&right).find(|(l, r)| l != r)?;
    let (rule, who, other, number, text) = if !second.has.contains(*l) {
        (Rule::Hole, second, first, *l, "is missing; it came between signals that both have, at")
    } else if !first.has.contains(*r) {
        (Rule::Hole, first, second, *r, "is missing; it came between signals that both have, at")
    } else {
        (Rule::Reordered, second, first, *l, "came in another order than at")
    };
    Some((rule, who.who.clone(), format!("signal {} {text} {}", table.data_of(number), other.who)))
}

/// The joins of each session, in order.
fn by_session(table: &Table) -> BTreeMap<&str, Vec<usize>> {
    let mut sessions: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (number, join) in table.joins.iter().enumerate() {
        sessions.entry(&join.session).or_default().push(number);
    }
    sessions
}

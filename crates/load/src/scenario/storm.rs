//! All clients cut at once: they come back and nothing is lost, while signals go on.

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

use super::traffic::{Stream, Traffic};
use super::{Size, join, live, since, spread, wait};
use crate::client::End;
use crate::clock;
use crate::fleet::Fleet;
use crate::place::Place;
use crate::report::Report;

/// How often all are cut.
const ROUNDS: u32 = 3;
/// After this a client whose try failed tries again, as native clients do.
const AGAIN: Duration = Duration::from_millis(500);
/// Those who send in each session.
const SENDERS: usize = 2;

pub(super) fn run(place: &Place, size: Size, report: &mut Report) -> io::Result<()> {
    let mut fleet = Fleet::new(place)?;
    fleet.remembers = true;
    let sessions = spread(&mut fleet, size)?;
    let all = 0..size.clients;
    join(&mut fleet, all.clone(), size.at_once, report)?;
    let streams = sessions
        .iter()
        .flat_map(|session| session.clone().take(SENDERS).map(|from| Stream::to_all(from, session.len(), 0)));
    let mut traffic = Traffic::new(streams.collect(), size.bytes);
    let mut tries_failed = 0;
    for round in 1..=ROUNDS {
        traffic.run(&mut fleet, size.rate, size.time, report, |_, _| Ok(true))?;
        let back = u64::from(round) * size.clients as u64;
        all.clone().for_each(|client| fleet.cut(client));
        let cut = clock::now();
        for client in all.clone() {
            fleet.open(client)?;
        }
        let mut again: VecDeque<(Instant, usize)> = VecDeque::new();
        let mut last = None;
        let mut patience = clock::now() + super::PATIENCE;
        while last.is_none() && clock::now() < patience {
            // Signals go on meanwhile.
            let pause = Duration::from_millis(20);
            traffic.run(&mut fleet, size.rate, pause, report, |fleet, _| {
                let now = clock::now();
                for (client, end) in std::mem::take(&mut fleet.ends) {
                    if matches!(end, End::Refused(_) | End::Closed(Some(1000 | 1001 | 1011))) {
                        return Err(io::Error::other(format!("client {client} cannot come back: {end:?}")));
                    }
                    tries_failed += 1;
                    again.push_back((now + AGAIN, client));
                }
                while again.front().is_some_and(|(at, _)| *at <= now) {
                    if let Some((_, client)) = again.pop_front() {
                        fleet.open(client)?;
                        patience = now + super::PATIENCE;
                    }
                }
                if fleet.counts.resumed >= back && last.is_none() {
                    last = Some(since(cut));
                }
                Ok(last.is_none())
            })?;
        }
        let there = live(&fleet, all.clone());
        report.check(
            format!("round {round}: {there} of {} clients came back", size.clients),
            there == size.clients,
        );
        report.figure(format!("round {round}: all are back after"), last.unwrap_or(f64::NAN), "s");
    }
    traffic.finish(&mut fleet, report)?;
    traffic.latencies[0].note("delivery, storms included", report);
    let gone = fleet.counts.deleted;
    report.check(format!("{gone} news that somebody left"), gone == 0);
    let unanswered = |fleet: &mut Fleet| {
        all.clone().map(|client| fleet.client(client).unanswered.len() as u64).sum::<u64>()
    };
    let answered = wait(&mut fleet, report, "answers", |fleet| (u64::from(unanswered(fleet) == 0), 1))?;
    let refused = fleet.counts.refused;
    report.check(format!("every signal was answered, {refused} refused"), answered && refused == 0);
    if let Some(resumes) = place.metric("resumes_total")? {
        let cuts = u64::from(ROUNDS) * size.clients as u64;
        report.check(format!("the relay counts {resumes} resumes after {cuts} cuts"), resumes >= cuts);
        report.figure("messages replayed", place.metric("replayed_messages_total")?.unwrap_or(0) as f64, "");
    }
    report.figure("messages that came again and were recognised", fleet.counts.repeats as f64, "");
    report.figure("tries to come back that failed", f64::from(tries_failed), "");
    Ok(())
}

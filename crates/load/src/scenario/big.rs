//! One session in which each client is told of each.

use std::io;

use super::{Size, deserted, join, memory, nobody_ended, rest, since, wait};
use crate::clock;
use crate::fleet::Fleet;
use crate::place::Place;
use crate::report::Report;

/// What memory may differ by between two rounds, beside a tenth.
const SLACK_KIB: u64 = 8 * 1024;
/// What an empty relay may hold more than before it was ever used.
const LEFT_KIB: u64 = 32 * 1024;

pub(super) fn run(place: &Place, size: Size, report: &mut Report) -> io::Result<()> {
    let mut fleet = Fleet::new(place)?;
    let clients = size.clients as u64;
    let expected = clients * (clients + 1) / 2;
    let empty = memory(place);
    let mut kept = Vec::new();
    for round in ["first", "second", "third"] {
        let all = fleet.add_session(size.clients)?;
        fleet.counts.created = 0;
        let began = clock::now();
        let cpu = super::cpu(place);
        join(&mut fleet, all.clone(), size.at_once, report)?;
        wait(&mut fleet, report, "news of joins", |fleet| (fleet.counts.created, expected))?;
        let took = since(began);
        nobody_ended(&fleet)?;
        let told = fleet.counts.created;
        report.check(format!("{round} round: {told} of {expected} news of joins"), told == expected);
        let each = all.clone().all(|client| {
            u64::from(fleet.client(client).created) <= clients && fleet.client(client).created > 0
        });
        report.check(format!("{round} round: everyone was told of itself and of those after it"), each);
        report.figure(format!("{round} round: all are in and told of each other"), took, "s");
        report.figure(format!("{round} round: news"), expected as f64 / took, "/s");
        if let (Some(before), Some(after)) = (cpu, super::cpu(place)) {
            let each = (after - before).as_secs_f64() * 1e6 / expected as f64;
            report.figure(format!("{round} round: processor time a news"), each, "us");
        }
        if let Some(memory) = memory(place) {
            report.figure(format!("{round} round: memory, with all in"), memory.rss as f64 / 1024.0, "MiB");
            report.figure(format!("{round} round: memory, most so far"), memory.peak as f64 / 1024.0, "MiB");
        }
        // Half of them leave, and the others are told; then the rest goes at once.
        let middle = all.start + all.len() / 2;
        fleet.counts.deleted = 0;
        let began = clock::now();
        let (leaving, staying) = (middle - all.start, all.end - middle);
        (all.start..middle).for_each(|client| fleet.leave(client));
        let expected = (leaving * staying) as u64;
        wait(&mut fleet, report, "news of leaves", |fleet| (fleet.counts.deleted, expected))?;
        let told = fleet.counts.deleted;
        report.check(format!("{round} round: {told} of {expected} news of leaves"), told == expected);
        report.figure(format!("{round} round: news of leaves"), expected as f64 / since(began), "/s");
        (middle..all.end).for_each(|client| fleet.leave(client));
        let gone = deserted(&mut fleet, place, report)?;
        report.check(format!("{round} round: the relay knows that all have left"), gone);
        rest(&mut fleet, size.given_back())?;
        if let Some(memory) = memory(place) {
            report.figure(
                format!("{round} round: memory after they left"),
                memory.rss as f64 / 1024.0,
                "MiB",
            );
            kept.push(memory.rss);
        }
    }
    if let (Some(empty), [first, later @ ..]) = (empty, &kept[..])
        && size.judge_times
    {
        let most = first + first / 10 + SLACK_KIB;
        report
            .check("later rounds leave no more memory than the first", later.iter().all(|kib| *kib <= most));
        let most = empty.rss + LEFT_KIB;
        let given_back = kept.iter().all(|kib| *kib <= most);
        report.check("what a round took is given back, but for 32 MiB", given_back);
    }
    Ok(())
}

//! Many connections that say nothing: what they cost while they are there and after they left.

use std::io;
use std::time::Duration;

use super::{Size, cpu, join, leave, live, memory, nobody_ended, rest, seconds, spread};
use crate::fleet::Fleet;
use crate::place::Place;
use crate::report::Report;

/// What memory may differ by between two rounds, beside a tenth: what the relay remembers of those who left, for a
/// while.
const SLACK_KIB: u64 = 4 * 1024;

pub(super) fn run(place: &Place, size: Size, report: &mut Report) -> io::Result<()> {
    let mut fleet = Fleet::new(place)?;
    let empty = memory(place);
    let (mut peaks, mut left) = (Vec::new(), Vec::new());
    for round in ["first", "second"] {
        let sessions = spread(&mut fleet, size)?;
        let all = sessions[0].start..sessions[sessions.len() - 1].end;
        let first = all.start + all.len() / 10;
        // The first tenth pays for what is shared; the slope is what each further connection costs.
        let early = join(&mut fleet, all.start..first, size.at_once, report)?;
        let tenth = memory(place);
        let late = join(&mut fleet, first..all.end, size.at_once, report)?;
        rest(&mut fleet, Duration::from_secs(1))?;
        report.figure(format!("{round} round: joins"), size.clients as f64 / seconds(early + late), "/s");
        if let (Some(empty), Some(tenth), Some(full)) = (empty, tenth, memory(place)) {
            let each = |from: u64, clients: usize| (full.rss as f64 - from as f64) / clients as f64;
            report.figure(format!("{round} round: memory of the relay"), full.rss as f64 / 1024.0, "MiB");
            if peaks.is_empty() {
                report.figure("memory an idle connection", each(empty.rss, size.clients), "KiB");
                report.figure("the same, slope", each(tenth.rss, all.end - first), "KiB");
            }
            peaks.push(full.rss);
        }
        let before = cpu(place);
        rest(&mut fleet, size.time)?;
        if let (Some(before), Some(after)) = (before, cpu(place)) {
            let used = (after - before).as_secs_f64() * 1000.0 / seconds(size.time);
            report.figure(format!("{round} round: processor time while idle"), used, "ms/s");
        }
        nobody_ended(&fleet)?;
        let there = live(&fleet, all.clone());
        report.check(
            format!("{round} round: {there} of {} clients are in", size.clients),
            there == size.clients,
        );
        let told: u64 = fleet.counts.created;
        let pairs = |clients: usize| (clients * (clients + 1) / 2) as u64;
        let expected: u64 = sessions.iter().map(|clients| pairs(clients.len())).sum();
        report.check(format!("{round} round: {told} of {expected} news of joins"), told == expected);
        fleet.counts.created = 0;
        let gone = leave(&mut fleet, all.clone(), place, report)?;
        report.check(format!("{round} round: the relay knows that all have left"), gone);
        rest(&mut fleet, size.given_back())?;
        if let Some(after) = memory(place) {
            left.push(after.rss);
            report.figure(format!("{round} round: memory after they left"), after.rss as f64 / 1024.0, "MiB");
        }
    }
    for (rounds, what) in [(peaks, "needs"), (left, "leaves")] {
        if let [first, second] = *rounds
            && size.judge_times
        {
            let most = first + first / 10 + SLACK_KIB;
            report.check(format!("the second round {what} no more memory than the first"), second <= most);
        }
    }
    Ok(())
}

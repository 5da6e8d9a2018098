//! A client that stops reading: what it costs, how it ends, and what the others notice.

use std::io;
use std::time::Duration;

use super::traffic::{Stream, Traffic};
use super::{Size, join, memory, rest, wait};
use crate::client::{End, Stage};
use crate::fleet::Fleet;
use crate::place::Place;
use crate::report::Report;

/// What the relay may need for one such client, by its defaults: what it keeps for it, what waits in its socket, and
/// what the others have not acknowledged meanwhile.
const MOST_KIB: u64 = (32 + 40 + 16) * 1024;

pub(super) fn run(place: &Place, size: Size, report: &mut Report) -> io::Result<()> {
    let mut fleet = Fleet::new(place)?;
    // The same traffic in two sessions. In the first there is one client more, and that one stops reading.
    let members = (size.clients / 2).max(2);
    let with = fleet.add_session(members + 1)?;
    let without = fleet.add_session(members)?;
    let slow = with.end - 1;
    join(&mut fleet, with.start..without.end, size.at_once, report)?;
    rest(&mut fleet, Duration::from_millis(200))?;
    let before = memory(place);
    let news = fleet.counts.deleted;
    fleet.set_deaf(slow, true);
    let streams = vec![Stream::to_all(with.start, members, 0), Stream::to_all(without.start, members, 1)];
    let mut traffic = Traffic::new(streams, size.bytes);
    if !size.judge_times {
        traffic.most = size.window;
    }
    // What it reads at last is no loss of the others'.
    traffic.ignore(slow);
    let others = members as u64;
    traffic
        .run(&mut fleet, size.rate, size.time, report, |fleet, _| Ok(fleet.counts.deleted - news < others))?;
    let told = wait(&mut fleet, report, "the others are told", |fleet| {
        traffic.take(fleet);
        (fleet.counts.deleted - news, others)
    })?;
    report.check("the others were told that it is gone", told);
    let ended = memory(place);
    fleet.set_deaf(slow, false);
    wait(&mut fleet, report, "its link ends", |fleet| {
        traffic.take(fleet);
        (fleet.ends.len() as u64, 1)
    })?;
    let end = fleet.ends.first().cloned();
    report.check(
        format!("its link was closed with 1011, nobody else's: {:?}", fleet.ends),
        fleet.ends.len() == 1 && end == Some((slow, End::Closed(Some(1011)))),
    );
    if let Some(overflows) = place.metric("rejections_total{reason=\"kept_overflow\"}")? {
        report.check("the relay counts it as kept_overflow", overflows == 1);
    }
    traffic.finish(&mut fleet, report)?;
    let there = (with.start..without.end).filter(|client| fleet.client(*client).stage == Stage::Live).count();
    report.check(format!("{there} others are still in"), there == 2 * members);
    traffic.latencies[0].note("beside it", report);
    traffic.latencies[1].note("elsewhere", report);
    let (beside, elsewhere) = (&traffic.latencies[0], &traffic.latencies[1]);
    report.figure("p50, beside it to elsewhere", beside.quantile(0.5) / elsewhere.quantile(0.5), "times");
    report.figure("p99, beside it to elsewhere", beside.quantile(0.99) / elsewhere.quantile(0.99), "times");
    if let (Some(before), Some(ended), Some(after)) = (before, ended, memory(place)) {
        let more = |kib: u64| kib.saturating_sub(before.rss) as f64 / 1024.0;
        report.figure("memory that it cost, most", more(ended.peak), "MiB");
        report.figure("memory after it was ended", more(after.rss), "MiB");
        if size.judge_times {
            let bounded = ended.peak.saturating_sub(before.rss) <= MOST_KIB;
            report.check("its memory was bounded", bounded);
            let calm = beside.quantile(0.5) <= 3.0 * elsewhere.quantile(0.5);
            report.check("the others' median stays within three times that of a session without it", calm);
        }
    }
    Ok(())
}

//! Two programs that answer each other for ever: they are slowed down, and others notice nothing.

use std::io;

use super::traffic::{Stream, Traffic};
use super::{Size, join, nobody_ended, seconds, spread};
use crate::fleet::Fleet;
use crate::place::Place;
use crate::report::Report;

/// Signals that the two have on their way at a time.
const BALLS: usize = 32;
/// What they say: no traffic of others looks like it.
const BALL: &str = "echo";

pub(super) fn run(place: &Place, size: Size, report: &mut Report) -> io::Result<()> {
    let mut fleet = Fleet::new(place)?;
    let sessions = spread(&mut fleet, size)?;
    let pair = fleet.add_session(2)?;
    join(&mut fleet, 0..pair.end, size.at_once, report)?;
    let streams = sessions.iter().map(|session| Stream::to_all(session.start, session.len(), 0)).collect();
    let mut traffic = Traffic::new(streams, size.bytes);
    traffic.run(&mut fleet, size.rate, size.time, report, |fleet, _| nobody_ended(fleet).map(|()| true))?;
    traffic.latencies[0].note("without them", report);
    let without = traffic.latencies[0].quantile(0.5);

    let other = |client: usize| if client == pair.start { pair.start + 1 } else { pair.start };
    for _ in 0..BALLS {
        fleet.signal(pair.start, Some(pair.start + 1), BALL);
    }
    // Time for the burst that each may make, and then to see their pace.
    let (mut answers, mut beside) = (0_u64, 0.0);
    for part in ["in their burst", "in the long run"] {
        let before = answers;
        traffic.forget_times();
        traffic.run(&mut fleet, size.rate, size.time, report, |fleet, _| {
            for delivery in std::mem::take(&mut fleet.deliveries) {
                fleet.signal(delivery.client, Some(other(delivery.client)), BALL);
                answers += 1;
            }
            nobody_ended(fleet).map(|()| true)
        })?;
        let pace = (answers - before) as f64 / seconds(size.time);
        report.figure(format!("answers of the two, {part}"), pace, "/s");
        traffic.latencies[0].note(&format!("beside them, {part}"), report);
        beside = traffic.latencies[0].quantile(0.5);
    }
    report.figure("p50, beside them in the long run to without", beside / without, "times");
    traffic.finish(&mut fleet, report)?;
    report.check("they answered each other", answers > 2 * BALLS as u64);
    if let Some(pauses) = place.metric("pauses_total")? {
        report.figure("pauses", pauses as f64, "");
        report.check("the relay paused reading from them", pauses > 0);
    }
    if size.judge_times {
        let calm = beside <= 3.0 * without;
        report.check("in the long run the others' median stays within three times that without them", calm);
    }
    Ok(())
}

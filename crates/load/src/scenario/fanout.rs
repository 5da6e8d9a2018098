//! Signals to one and to many, in sessions of several sizes.

use std::io;

use super::traffic::{Stream, Traffic};
use super::{Size, cpu, join, leave, nobody_ended, since};
use crate::clock;
use crate::fleet::Fleet;
use crate::place::Place;
use crate::report::Report;

/// Clients of a session that is kept busy, and such sessions.
const BUSY: (usize, usize) = (50, 4);

pub(super) fn run(place: &Place, size: Size, report: &mut Report) -> io::Result<()> {
    directed(place, size, report)?;
    for members in [2, 10, 100, 1_000] {
        if members <= size.clients {
            broadcast(place, size, members, report)?;
        }
    }
    busy(place, size, report)
}

/// Pairs that send to each other.
fn directed(place: &Place, size: Size, report: &mut Report) -> io::Result<()> {
    let mut streams = Vec::new();
    let mut fleet = Fleet::new(place)?;
    for _ in 0..(size.clients / 20).max(1) {
        let pair = fleet.add_session(2)?;
        streams.push(Stream::to_one(pair.start, pair.start + 1, 0));
        streams.push(Stream::to_one(pair.start + 1, pair.start, 0));
    }
    steady(place, size, fleet, streams, "to one", report)
}

/// One sender in each of some sessions of this size.
fn broadcast(place: &Place, size: Size, members: usize, report: &mut Report) -> io::Result<()> {
    let mut streams = Vec::new();
    let mut fleet = Fleet::new(place)?;
    for _ in 0..(size.clients / members / 5).max(1) {
        let session = fleet.add_session(members)?;
        streams.push(Stream::to_all(session.start, members, 0));
    }
    steady(place, size, fleet, streams, &format!("to all of {members}"), report)
}

fn steady(
    place: &Place,
    size: Size,
    mut fleet: Fleet,
    streams: Vec<Stream>,
    name: &str,
    report: &mut Report,
) -> io::Result<()> {
    let all = 0..streams.iter().map(|stream| stream.from + 1).max().unwrap_or(0);
    let all = 0..all.end + streams.last().map_or(0, |stream| stream.receivers as usize - 1);
    // News of joins is not what is measured here.
    fleet.suppress_news(all.clone());
    join(&mut fleet, all.clone(), size.at_once, report)?;
    let mut traffic = Traffic::new(streams, size.bytes);
    let (began, before) = (clock::now(), cpu(place));
    traffic.run(&mut fleet, size.rate, size.time, report, |fleet, _| nobody_ended(fleet).map(|()| true))?;
    let (took, after) = (since(began), cpu(place));
    traffic.finish(&mut fleet, report)?;
    report.figure(format!("{name}: deliveries"), traffic.expected as f64 / took, "/s");
    traffic.latencies[0].note(name, report);
    if let (Some(before), Some(after)) = (before, after) {
        let each = (after - before).as_secs_f64() * 1e6 / traffic.expected as f64;
        report.figure(format!("{name}: processor time a delivery"), each, "us");
    }
    leave(&mut fleet, all, place, report)?;
    Ok(())
}

/// Everyone sends to everyone, as fast as it is answered.
fn busy(place: &Place, size: Size, report: &mut Report) -> io::Result<()> {
    let mut fleet = Fleet::new(place)?;
    let (members, sessions) = BUSY;
    let mut streams = Vec::new();
    for _ in 0..sessions {
        let session = fleet.add_session(members)?;
        streams.extend(session.map(|from| Stream::to_all(from, members, 0)));
    }
    let all = 0..members * sessions;
    fleet.suppress_news(all.clone());
    join(&mut fleet, all.clone(), size.at_once, report)?;
    let mut traffic = Traffic::new(streams, size.bytes);
    let (began, before) = (clock::now(), cpu(place));
    traffic.saturate(&mut fleet, size.window, size.time, report)?;
    let (took, received, after) = (since(began), traffic.received, cpu(place));
    traffic.finish(&mut fleet, report)?;
    nobody_ended(&fleet)?;
    report.figure(
        format!("busy, {sessions} sessions of {members}: deliveries"),
        received as f64 / took,
        "/s",
    );
    if let (Some(before), Some(after)) = (before, after) {
        let each = (after - before).as_secs_f64() * 1e6 / received as f64;
        report.figure("busy: processor time a delivery", each, "us");
    }
    leave(&mut fleet, all, place, report)?;
    Ok(())
}

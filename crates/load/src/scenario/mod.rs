//! What is done to a relay, and what has to hold.

mod big;
mod echo;
mod fanout;
mod idle;
mod slow;
mod storm;
mod traffic;

use std::io;
use std::ops::Range;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::client::{End, Stage};
use crate::clock;
use crate::fleet::Fleet;
use crate::place::Place;
use crate::process;
use crate::report::Report;

/// How long nothing may come of what was begun: longer than a relay waits for lost clients.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long it takes at most until the relay's allocator has given back what it does not need, and a little.
const GIVEN_BACK: Duration = Duration::from_secs(12);

/// Something to do to a relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scenario {
    /// Many connections that say nothing.
    Idle,
    /// One session in which each is told of each.
    Big,
    /// Signals to one and to many, in sessions of several sizes.
    Fanout,
    /// A client that stops reading.
    Slow,
    /// All clients cut at once.
    Storm,
    /// Two programs that answer each other for ever.
    Echo,
}

/// How much of it.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Clients.
    pub clients: usize,
    /// Sessions that they are spread over.
    pub sessions: usize,
    /// How long each part lasts.
    pub time: Duration,
    /// Deliveries a second that are asked for.
    pub rate: u32,
    /// Bytes of a signal's data.
    pub bytes: usize,
    /// Clients on their way in at a time.
    pub at_once: usize,
    /// Signals of one sender that are on their way while the relay is kept busy.
    pub window: usize,
    /// Times and memory are judged as well: what a busy machine cannot promise.
    pub judge_times: bool,
}

impl Size {
    /// How long to wait before memory is looked at that was given back.
    fn given_back(self) -> Duration {
        if self.judge_times { GIVEN_BACK } else { Duration::ZERO }
    }
}

impl Scenario {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Idle, Self::Big, Self::Fanout, Self::Slow, Self::Storm, Self::Echo];

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Big => "big",
            Self::Fanout => "fanout",
            Self::Slow => "slow",
            Self::Storm => "storm",
            Self::Echo => "echo",
        }
    }

    /// The size that it is meant for.
    pub fn full(self) -> Size {
        let size = Size {
            clients: 10_000,
            sessions: 1_000,
            time: Duration::from_secs(10),
            rate: 20_000,
            bytes: 64,
            at_once: 256,
            window: 16,
            judge_times: true,
        };
        match self {
            Self::Idle => Size { time: Duration::from_secs(20), ..size },
            Self::Big => Size { clients: 3_000, sessions: 1, ..size },
            Self::Fanout => Size { clients: 1_000, sessions: 1, time: Duration::from_secs(5), ..size },
            Self::Slow => {
                Size { clients: 20, sessions: 2, rate: 8_000, bytes: 8_000, time: PATIENCE, ..size }
            }
            Self::Storm => Size { clients: 5_000, sessions: 100, time: Duration::from_secs(3), ..size },
            Self::Echo => Size { clients: 100, sessions: 10, rate: 5_000, ..size },
        }
    }

    /// A few seconds of it, for the tests.
    pub fn small(self) -> Size {
        let size = Size {
            time: Duration::from_millis(500),
            rate: 500,
            window: 1,
            judge_times: false,
            ..self.full()
        };
        match self {
            Self::Idle | Self::Storm => Size { clients: 200, sessions: 10, ..size },
            Self::Big => Size { clients: 200, ..size },
            Self::Fanout => Size { clients: 100, ..size },
            Self::Slow => Size { rate: 2_000, time: PATIENCE, ..size },
            Self::Echo => Size { clients: 20, sessions: 2, ..size },
        }
    }

    /// Settings of the relay that it needs beside the defaults. Comparisons between sessions mean something only if
    /// they are on one shard, and a client that was ended has to find time to read why.
    pub fn settings(self) -> &'static [&'static str] {
        match self {
            Self::Slow => &["shards=1", "link.close_timeout=30s"],
            Self::Echo => &["shards=1"],
            _ => &[],
        }
    }

    /// Does it.
    pub fn run(self, place: &Place, size: Size, report: &mut Report) -> io::Result<()> {
        match self {
            Self::Idle => idle::run(place, size, report),
            Self::Big => big::run(place, size, report),
            Self::Fanout => fanout::run(place, size, report),
            Self::Slow => slow::run(place, size, report),
            Self::Storm => storm::run(place, size, report),
            Self::Echo => echo::run(place, size, report),
        }
    }
}

/// Has clients enter, so many at a time, and waits until all are in. Says how long that took.
fn join(
    fleet: &mut Fleet,
    clients: Range<usize>,
    at_once: usize,
    report: &mut Report,
) -> io::Result<Duration> {
    let began = clock::now();
    let all = clients.len() as u64;
    let before = fleet.counts.joined;
    let mut waiting = clients;
    let mut news = (0, began);
    while fleet.counts.joined - before < all {
        while fleet.opening() < at_once
            && let Some(client) = waiting.next()
        {
            fleet.open(client)?;
        }
        fleet.turn(clock::now() + Duration::from_millis(100))?;
        nobody_ended(fleet)?;
        let joined = fleet.counts.joined - before;
        report.progress(|| format!("{joined} of {all} clients are in"));
        let now = clock::now();
        if joined > news.0 {
            news = (joined, now);
        }
        if now.duration_since(news.1) > PATIENCE {
            return Err(io::Error::other(format!("only {joined} of {all} clients got in")));
        }
    }
    Ok(began.elapsed())
}

/// An error if a socket ended.
fn nobody_ended(fleet: &Fleet) -> io::Result<()> {
    match fleet.ends.first() {
        None => Ok(()),
        Some((client, End::Refused(status))) => {
            Err(io::Error::other(format!("client {client} was refused with status {status}")))
        }
        Some((client, end)) => Err(io::Error::other(format!("client {client} lost its link: {end:?}"))),
    }
}

/// Lets things happen until a condition holds. Says whether it came to hold, which `progress` shows the way to: when
/// that number rests for too long it is given up.
fn wait(
    fleet: &mut Fleet,
    report: &mut Report,
    what: &str,
    mut progress: impl FnMut(&mut Fleet) -> (u64, u64),
) -> io::Result<bool> {
    let mut news = (None, clock::now());
    loop {
        let (have, want) = progress(fleet);
        if have >= want {
            return Ok(true);
        }
        let now = clock::now();
        if news.0 != Some(have) {
            news = (Some(have), now);
        }
        if now.duration_since(news.1) > PATIENCE {
            return Ok(false);
        }
        report.progress(|| format!("{what}: {have} of {want}"));
        fleet.turn(now + Duration::from_millis(100))?;
    }
}

/// Lets things happen for a while.
fn rest(fleet: &mut Fleet, time: Duration) -> io::Result<()> {
    let until = clock::now() + time;
    while clock::now() < until {
        fleet.turn(until)?;
    }
    Ok(())
}

/// Has all clients leave in order, and waits until the relay has noticed.
fn leave(fleet: &mut Fleet, clients: Range<usize>, place: &Place, report: &mut Report) -> io::Result<bool> {
    for client in clients {
        fleet.leave(client);
    }
    deserted(fleet, place, report)
}

/// Waits until the relay knows of no clients and has closed their sockets. It is asked by another thread: a relay that is busy telling of those who
/// leave answers late, and its clients must go on reading meanwhile.
fn deserted(fleet: &mut Fleet, place: &Place, report: &mut Report) -> io::Result<bool> {
    if place.admin.is_none() {
        return Ok(true);
    }
    let (answer, answers) = mpsc::channel();
    let asked = place.clone();
    let asking = thread::spawn(move || -> io::Result<()> {
        loop {
            let of = |name: &str| asked.metric(name).map(Option::unwrap_or_default);
            let left = of("connections")? + of("peers")?;
            if answer.send(left).is_err() || left == 0 {
                return Ok(());
            }
        }
    });
    let (mut most, mut left) = (1, None);
    let gone = wait(fleet, report, "clients are gone", |_| {
        left = answers.try_iter().last().or(left);
        most = most.max(left.unwrap_or(0));
        (left.map_or(0, |left| most - left), most)
    })?;
    drop(answers);
    asking.join().map_err(|_| io::Error::other("asking the relay failed"))??;
    Ok(gone)
}

/// Memory of the relay, in KiB, if it may be looked at: now, and the most that ever was.
fn memory(place: &Place) -> Option<process::Memory> {
    place.pid.and_then(|pid| process::memory(pid).ok())
}

/// Processor time of the relay.
fn cpu(place: &Place) -> Option<Duration> {
    place.pid.and_then(|pid| process::cpu(pid).ok())
}

/// How many clients are in.
fn live(fleet: &Fleet, clients: Range<usize>) -> usize {
    clients.filter(|client| fleet.client(*client).stage == Stage::Live).count()
}

/// Spreads clients over sessions. Says who is in which.
fn spread(fleet: &mut Fleet, size: Size) -> io::Result<Vec<Range<usize>>> {
    let sessions = size.sessions.clamp(1, size.clients.max(1));
    (0..sessions)
        .map(|at| {
            let share = |at: usize| at * size.clients / sessions;
            fleet.add_session(share(at + 1) - share(at))
        })
        .collect()
}

/// The time in seconds.
fn seconds(time: Duration) -> f64 {
    time.as_secs_f64()
}

/// The time since a moment, in seconds.
fn since(began: Instant) -> f64 {
    seconds(began.elapsed())
}

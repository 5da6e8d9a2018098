//! Signals at a steady pace, and what became of each of them.

use std::collections::HashMap;
use std::io;
use std::time::{Duration, Instant};

use super::wait;
use crate::clock;
use crate::fleet::Fleet;
use crate::latency::Latency;
use crate::report::Report;

/// Signals of one client.
#[derive(Debug, Clone)]
pub(super) struct Stream {
    pub(super) from: usize,
    /// The receiver; `None` for everyone in the session.
    pub(super) to: Option<usize>,
    /// How many get each signal.
    pub(super) receivers: u64,
    /// What its times are counted under.
    pub(super) group: usize,
    /// Signals sent.
    pub(super) sent: u32,
}

impl Stream {
    /// Signals to all so many clients of a session.
    pub(super) fn to_all(from: usize, receivers: usize, group: usize) -> Self {
        Self { from, to: None, receivers: receivers as u64, group, sent: 0 }
    }

    /// Signals to one client.
    pub(super) fn to_one(from: usize, to: usize, group: usize) -> Self {
        Self { from, to: Some(to), receivers: 1, group, sent: 0 }
    }
}

/// What went wrong.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Faults {
    pub(super) lost: u64,
    /// Came twice, or after a later one.
    pub(super) doubled_or_late: u64,
}

/// Streams of signals.
pub(super) struct Traffic {
    pub(super) streams: Vec<Stream>,
    bytes: usize,
    epoch: Instant,
    /// The number of the next signal by receiver and stream.
    next: HashMap<(usize, usize), u32>,
    /// Deliveries that are to come, all in all.
    pub(super) expected: u64,
    pub(super) received: u64,
    pub(super) faults: Faults,
    pub(super) latencies: Vec<Latency>,
    turn: usize,
    /// Signals of one stream that may wait for their answers. A machine that falls behind is not pressed any further.
    pub(super) most: usize,
    /// Whose deliveries do not count.
    ignored: Option<usize>,
}

/// What a signal says of itself.
struct Mark {
    stream: usize,
    number: u32,
    due: Duration,
}

impl Mark {
    fn parse(data: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(data).ok()?;
        let mut words = text.split(' ');
        let stream = words.next()?.parse().ok()?;
        let number = words.next()?.parse().ok()?;
        let due = Duration::from_nanos(words.next()?.parse().ok()?);
        Some(Self { stream, number, due })
    }
}

impl Traffic {
    pub(super) fn new(streams: Vec<Stream>, bytes: usize) -> Self {
        let groups = streams.iter().map(|stream| stream.group + 1).max().unwrap_or(0);
        Self {
            streams,
            bytes,
            epoch: clock::now(),
            next: HashMap::new(),
            expected: 0,
            received: 0,
            faults: Faults::default(),
            latencies: (0..groups).map(|_| Latency::new()).collect(),
            turn: 0,
            most: usize::MAX,
            ignored: None,
        }
    }

    /// Forgets the times so far.
    pub(super) fn forget_times(&mut self) {
        self.latencies.iter_mut().for_each(|latency| *latency = Latency::new());
    }

    /// Sends at a pace of so many deliveries a second, the streams in turn, for a while. `meanwhile` is asked after
    /// each turn whether to go on, and handed what it does not know.
    pub(super) fn run(
        &mut self,
        fleet: &mut Fleet,
        rate: u32,
        time: Duration,
        report: &mut Report,
        mut meanwhile: impl FnMut(&mut Fleet, &mut Report) -> io::Result<bool>,
    ) -> io::Result<()> {
        let began = clock::now();
        let end = began + time;
        let mut due = began;
        loop {
            let now = clock::now();
            if now >= end {
                return Ok(());
            }
            let mut until = due;
            while due <= now {
                let next = &self.streams[self.turn % self.streams.len()];
                if fleet.client(next.from).unanswered.len() >= self.most {
                    until = now + Duration::from_millis(10);
                    break;
                }
                let receivers = self.send(fleet, due);
                due += Duration::from_secs(1) * receivers as u32 / rate.max(1);
            }
            fleet.turn(until.max(due).min(end))?;
            self.take(fleet);
            report.progress(|| {
                format!(
                    "{} deliveries, {} s of {} s",
                    self.received,
                    began.elapsed().as_secs(),
                    time.as_secs()
                )
            });
            if !meanwhile(fleet, report)? {
                return Ok(());
            }
        }
    }

    /// Sends as fast as the relay answers, with so many signals of each stream on their way, for a while.
    pub(super) fn saturate(
        &mut self,
        fleet: &mut Fleet,
        window: usize,
        time: Duration,
        report: &mut Report,
    ) -> io::Result<()> {
        let end = clock::now() + time;
        loop {
            let now = clock::now();
            if now >= end {
                return Ok(());
            }
            for at in 0..self.streams.len() {
                while fleet.client(self.streams[at].from).unanswered.len() < window {
                    self.turn = at;
                    self.send(fleet, now);
                }
            }
            fleet.turn(end)?;
            self.take(fleet);
            report.progress(|| format!("{} deliveries", self.received));
        }
    }

    /// Sends the next signal of the stream whose turn it is. Says how many get it.
    fn send(&mut self, fleet: &mut Fleet, due: Instant) -> u64 {
        let at = self.turn % self.streams.len();
        self.turn = at + 1;
        let stream = &mut self.streams[at];
        stream.sent += 1;
        let mut data = format!("{at} {} {} ", stream.sent, due.duration_since(self.epoch).as_nanos());
        data.extend(std::iter::repeat_n('x', self.bytes.saturating_sub(data.len())));
        fleet.signal(stream.from, stream.to, &data);
        self.expected += stream.receivers;
        stream.receivers
    }

    /// Counts nothing that this client gets.
    pub(super) fn ignore(&mut self, client: usize) {
        self.ignored = Some(client);
    }

    /// Takes the deliveries of a turn. What is not of these streams stays.
    pub(super) fn take(&mut self, fleet: &mut Fleet) {
        fleet.deliveries.retain(|delivery| {
            let Some(mark) = Mark::parse(&delivery.data) else { return true };
            let Some(stream) = self.streams.get(mark.stream) else { return true };
            if self.ignored == Some(delivery.client) {
                return false;
            }
            self.received += 1;
            self.latencies[stream.group].record(self.epoch + mark.due, delivery.at);
            let next = self.next.entry((delivery.client, mark.stream)).or_insert(1);
            if mark.number < *next {
                self.faults.doubled_or_late += 1;
            } else {
                self.faults.lost += u64::from(mark.number - *next);
                *next = mark.number + 1;
            }
            false
        });
    }

    /// Waits for what is still on its way, and notes whether everything came: once, and in order.
    pub(super) fn finish(&mut self, fleet: &mut Fleet, report: &mut Report) -> io::Result<()> {
        wait(fleet, report, "deliveries", |fleet| {
            self.take(fleet);
            (self.received, self.expected)
        })?;
        self.take(fleet);
        let Faults { lost, doubled_or_late } = self.faults;
        let (received, expected) = (self.received, self.expected);
        report.check(
            format!(
                "{received} of {expected} deliveries came; {lost} gaps, {doubled_or_late} doubled or late"
            ),
            received == expected && expected > 0 && self.faults == Faults::default(),
        );
        Ok(())
    }
}
